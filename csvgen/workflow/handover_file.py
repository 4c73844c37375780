"""A hand-over as one file, for who has no folder of ours before them: packed to go out, and read strictly when it comes back.

What is signed and checked is in `handover`; here is only the wrapping. What comes back was written by another organisation, or by
whoever stood between: nothing of it becomes a file before its name and its size were looked at.
"""

from __future__ import annotations

import io
import re
import secrets
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from csvgen.audit.ledger import Ledger
from csvgen.canonical import Digest
from csvgen.clock import Clock
from csvgen.errors import BadInput
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.people import Account
from csvgen.model.signature import DocumentRecord
from csvgen.signature.handover import ANSWER
from csvgen.workflow.handover import hand_over
from csvgen.workflow.state import ProjectState

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
_FILES, _BYTES = 200, 200_000_000
"""More than any hand-over has: a record with its readable files, and the same again with one signature more."""
_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Handed:
    """One hand-over of a record, as the audit trail tells of it."""

    digest: str
    """What is told to the signer by another channel."""
    to: str
    at: str
    by: str
    answered: bool
    here: bool
    """Whether the folder is still here to be taken away."""


def signers(state: ProjectState, directory: Directory, document_id: str) -> tuple[Account, ...]:
    """People of other organisations whom a record can be handed over to now, by role; the act itself looks at the rest."""
    approval = state.latest(document_id)
    station = approval.awaiting if approval is not None else None
    if station is None or station.by != "electronic":
        return ()
    return tuple(a for a in directory.accounts() if a.kind == "external" and a.state == "active" and station.role in a.roles)


def handed_over(state: ProjectState, ledger: Ledger, document: DocumentRecord) -> tuple[Handed, ...]:
    """Every hand-over of a revision, oldest first."""
    found: list[Handed] = []
    answered = set()
    for event in ledger.events(record_id=f"{document.id} r{document.revision}"):
        facts = {c.field: c.new for c in event.changes}
        if event.action == "sign" and "handover" in facts:
            answered.add(facts["handover"])
        if event.action == "hand-over":
            digest = facts["handover"]
            found.append(Handed(digest, facts["to"], event.at, event.printed_name, False, _place(state, digest).is_dir()))
    return tuple(Handed(h.digest, h.to, h.at, h.by, h.digest in answered, h.here) for h in found)


def hand_over_here(
    state: ProjectState, directory: Directory, clock: Clock, actor: Actor, document_id: str, person: str
) -> Digest:
    """As `hand_over`, into the output of the project, under the digest. Raises Refused where the record does not wait for this person."""
    making = _folder(state) / f".making-{secrets.token_hex(8)}"
    handed = hand_over(state, directory, clock, actor, document_id, person, making)
    making.rename(_place(state, str(handed)))
    return handed


def packed(state: ProjectState, ledger: Ledger, document: DocumentRecord, digest: str) -> tuple[str, bytes]:
    """Name and bytes of a hand-over of this revision as one ZIP. Raises BadInput where there is none of this digest."""
    one = next((h for h in handed_over(state, ledger, document) if h.digest == digest and h.here), None)
    if one is None:
        raise BadInput("there is no such hand-over of this record here", hint="hand it over again: csvgen handover export")
    place, name = _place(state, one.digest), f"{document.id}-r{document.revision}-{one.to}"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in place.iterdir() if p.is_file()):
            entry = zipfile.ZipInfo(f"{name}/{path.name}", _DAY)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return f"{name}.zip", out.getvalue()


@contextmanager
def unpacked(data: bytes) -> Iterator[Path]:
    """The folder of a hand-over that came back as a ZIP, for as long as the block lasts. Raises BadInput for anything else than one."""
    found = _read(data)
    with tempfile.TemporaryDirectory(prefix="csvgen-handover-") as temporary:
        folder = Path(temporary)
        (folder / ANSWER).mkdir()
        for parts, body in found.items():
            folder.joinpath(*parts).write_bytes(body)
        if not any(parts[0] == ANSWER for parts in found):
            (folder / ANSWER).rmdir()
        yield folder


def _read(data: bytes) -> dict[tuple[str, ...], bytes]:
    """Path inside the hand-over -> bytes; flat but for the answer, with or without one folder around it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir()]
            if len(entries) > _FILES or sum(e.file_size for e in entries) > _BYTES:  # no entry gives more than it says it holds
                raise BadInput("this holds more than any hand-over")
            names = _names([e.filename for e in entries])
            found = {name: archive.read(entry) for name, entry in zip(names, entries, strict=True)}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError):
        raise BadInput(
            "this is no ZIP that can be read", hint="send back the folder of the hand-over with its answer, as one ZIP"
        ) from None
    if not found:
        raise BadInput("this ZIP is empty")
    return found


def _names(names: list[str]) -> list[tuple[str, ...]]:
    """Raises BadInput for a name that is no plain one, stands twice, or lies deeper than a hand-over is."""
    parts = [tuple(n.split("/")) for n in names]
    tops = {p[0] for p in parts}
    if len(tops) == 1 and tops != {ANSWER} and _NAME.fullmatch(min(tops)) and all(len(p) > 1 for p in parts):
        parts = [p[1:] for p in parts]
    odd = next(
        (p for p in parts if not all(_NAME.fullmatch(x) for x in p) or (p[:-1] not in ((), (ANSWER,))) or p == (ANSWER,)), None
    )
    if odd is not None or len({tuple(x.casefold() for x in p) for p in parts}) != len(parts):
        raise BadInput(
            "this ZIP holds a file that belongs to no hand-over", hint="send back the folder as it is, with its answer"
        )
    return parts


def _folder(state: ProjectState) -> Path:
    return state.config.output / state.spec.system.id / "handovers"


def _place(state: ProjectState, digest: str) -> Path:
    return _folder(state) / Digest(digest).hex
