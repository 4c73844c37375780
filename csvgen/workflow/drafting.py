"""Drafting beside what people signed: which approvals a change touches, what has to be signed again, and adopting a file on record."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.config import Config
from csvgen.crypto.trust import trust_at
from csvgen.errors import BadInput
from csvgen.model.audit import Actor
from csvgen.model.base import PHASES, Phase
from csvgen.model.settings import Station
from csvgen.model.spec import DocumentKind, ProtocolSettings
from csvgen.protocol.adopt import Adopted, adopt
from csvgen.protocol.draft import draft
from csvgen.protocol.files import LOCK, Standing, alone, read_lock
from csvgen.signature.approvals import DOCUMENT, Approval, read_approval
from csvgen.templates import Templates
from csvgen.workflow.gates import protocol_kind
from csvgen.workflow.state import CODES, read_state

if TYPE_CHECKING:  # drafting opens no records; adopting is handed them
    from csvgen.audit.ledger import Ledger


@dataclass(frozen=True)
class Touched:
    """One protocol that people signed, or were asked to, and whose feature files drafting would change."""

    kind: DocumentKind
    document: str
    revision: int
    standing: str
    """``approved``, ``signed by 1 of 2``, ``not signed yet``, ``withdrawn``, ``declined``, ``damaged``."""
    signed: tuple[str, ...]
    again: tuple[Station, ...]
    """What its next revision needs, in order; empty when no case changes, so that the words of the scripts stay as they are."""
    kept: bool
    """Its feature files lie beside its record, to the byte."""
    cases: tuple[str, ...]

    @property
    def told(self) -> tuple[str, ...]:
        """For people, line by line."""
        name = f"{self.document} r{self.revision}"
        by = f" ({', '.join(self.signed)})" if self.signed else ""
        lines = [f"touches {name}, {self.standing}{by}"]
        if not self.again:
            return (*lines, "  no case changes its words; whether its record still holds: csvgen status")
        where = (
            f"csvgen show {self.document} --revision {self.revision} --features FOLDER" if self.kept else "said.json beside it"
        )
        stations = ", ".join(f"{s.meaning} by {s.role}" for s in self.again)
        lines.append(f"  {name} stays as it was signed: {where}")
        lines.append(f"  to be signed again, as r{self.revision + 1}: csvgen report {self.kind}, then {stations}")
        return tuple(lines)

    def content(self) -> dict[str, object]:
        """For JSON."""
        return {
            "document": self.document, "revision": self.revision, "standing": self.standing, "signed": list(self.signed),
            "sign_again": [{"meaning": s.meaning, "role": s.role} for s in self.again], "kept": self.kept, "cases": list(self.cases),
        }  # fmt: skip


def touched(
    config: Config, system: str, prefix: str, settings: ProtocolSettings, found: Collection[Standing]
) -> tuple[Touched, ...]:
    """The protocols with a published revision among whose files something would change."""
    return tuple(t for phase in PHASES if (t := _touched(config, system, prefix, settings, phase, found)) is not None)


def _touched(
    config: Config, system: str, prefix: str, settings: ProtocolSettings, phase: Phase, found: Collection[Standing]
) -> Touched | None:
    moving = [s for s in found if not s.settled and s.path.startswith(f"{phase}/")]
    kind = protocol_kind(phase)
    document = f"{prefix}-{CODES[kind]}"
    folder = config.approvals(system) / document
    revisions = [read_approval(p.parent) for p in sorted(folder.glob(f"r*/{DOCUMENT}"))] if moving else []
    if not revisions:
        return None
    newest = max(revisions, key=lambda a: a.document.revision)
    cases = tuple(sorted({i for s in moving for i in (*s.change.added, *s.change.removed, *s.change.changed)}))
    return Touched(
        kind=kind,
        document=document,
        revision=newest.document.revision,
        standing=_standing(newest, config),
        signed=tuple(f"{s.record.meaning} by {s.record.printed_name}" for s in newest.signatures),
        again=settings.route(kind).stations if cases else (),
        kept=newest.document.features is not None,
        cases=cases,
    )


def _standing(approval: Approval, config: Config) -> str:
    if approval.problems:
        return "damaged"
    if approval.ended:
        return approval.ended
    if approval.standing(trust_at(config.trust), trust_at(config.trust.with_name("external.pem"))).approved:
        return "approved"
    done, of = len(approval.done), len(approval.document.signatures)
    return f"signed by {done} of {of}" if done else "not signed yet"


def adopt_file(config: Config, system: str, ledger: Ledger, actor: Actor, named: Path, reason: str) -> Adopted:
    """Adopt one edited feature file: file, lock and audit event become true together. Raises as `csvgen.protocol.adopt.adopt`."""
    folder = config.protocol_folder(system)
    spec = read_state(config, system).spec
    path = _below(folder, named)
    with alone(folder):
        made = adopt(folder, path, reason, draft(spec, read_lock(folder), Templates(config.templates, str)))
        with ledger.change(actor) as change:
            facts = {
                "before": made.before, "feature": change.file(folder / path, made.text), "lock": change.file(folder / LOCK, made.lock),
                "cases": ", ".join(made.cases), **({"left out": ", ".join(made.left_out)} if made.left_out else {}),
            }  # fmt: skip
            change.note("adopt", f"{system}/{path}", reason=reason, facts=facts)
    return made


def _below(folder: Path, named: Path) -> str:
    """A file as the lock names it: given below the folder of protocols, or as a path from here."""
    for path in (folder / named, named):
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return path.resolve().relative_to(folder.resolve()).as_posix()
    raise BadInput(
        f"there is no feature file {str(named)!r} of this system", where=str(folder), hint="csvgen draft --check names them"
    )
