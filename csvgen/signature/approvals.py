"""Approvals as files beside the protocols, so that a fresh clone in CI sees them without any database.

approvals/<document id>/r<revision>/document.json       the record that is signed
                                    content.json        what it says, where no other file does
                                    said.json           what a composed document says, part by part
                                    features.json       of a protocol: its feature files to the byte
                                    code.json           of a protocol: the step code its steps resolve to
                                    01-<person>.json    signature record
                                    01-<person>.p7s     detached CMS over it
                                    withdrawn.json/.p7s the signature by which the revision was withdrawn
                                    scan-...            scan of a page signed by hand (records of kind handwritten)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from csvgen.canonical import Digest, canonical_json, digest_bytes, digest_file, read_canonical
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.approved_code import ApprovedCode
from csvgen.model.base import first_fault
from csvgen.model.signature import DECLINED, WITHDRAWN, DocumentRecord, RequiredSignature
from csvgen.signature import record, routing
from csvgen.signature.handwritten import Handwritten
from csvgen.signature.record import Signature
from csvgen.signature.routing import Standing

_NAME = re.compile(r"(\d\d)-([a-z0-9.-]+)\.json")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".svg", ".webp", ".heic")
DOCUMENT, CONTENT, SAID, FEATURES, CODE = "document.json", "content.json", "said.json", "features.json", "code.json"


@dataclass(frozen=True)
class Invalid:
    """A signature that does not verify, or not any more. It is shown as INVALID wherever signatures are shown (RR-M07)."""

    name: str
    """Stem of its files."""
    problem: str
    claims: Mapping[str, str]
    """What its record claims of itself, believed by nobody: printed_name, role, meaning, signed."""

    @property
    def told(self) -> str:
        """One line of it, as it may be printed; texts are hostile until the renderer made them one line."""
        who = self.claims.get("printed_name") or self.name
        what = self.claims.get("meaning") or "unknown meaning"
        return f"INVALID signature {self.name} (claims {what} by {who} at {self.claims.get('signed') or 'an unknown time'})"


@dataclass(frozen=True)
class Approval:
    """One revision of a document with the signatures it carries."""

    document: DocumentRecord
    signatures: tuple[Signature, ...]
    content: Any = None
    """What content.json says; None where there is none."""
    problems: tuple[str, ...] = ()
    """Files that could not be read as what they claim to be."""
    invalid: tuple[Invalid, ...] = ()
    """Signatures among them."""
    withdrawn: Signature | None = None
    folder: Path | None = field(default=None, compare=False)
    paper: tuple[Approval, ...] = ()
    """Records of signatures by hand on this revision, of kind handwritten."""

    @cached_property
    def said(self) -> Any:
        """What the composed document said, part by part; None where no such file belongs to the record."""
        if self.document.said is None or self.folder is None or any(SAID in p for p in self.problems):
            return None
        return read_canonical((self.folder / SAID).read_bytes(), SAID)

    @cached_property
    def features(self) -> Mapping[str, str]:
        """Path -> text of the feature files this revision of a protocol was made from. Empty where the record binds none."""
        if self.document.features is None or self.folder is None:
            return {}
        data = (self.folder / FEATURES).read_bytes()
        if digest_bytes(data) != self.document.features:
            raise NotIntact("not the file that the document record names", where=str(self.folder / FEATURES))
        found: dict[str, str] = read_canonical(data, FEATURES)["features"]
        return found

    @cached_property
    def code(self) -> ApprovedCode | None:
        """The step code this revision of a protocol was approved with; None where the record binds none. Raises NotIntact for other bytes."""
        if self.document.code is None or self.folder is None:
            return None
        path = self.folder / CODE
        try:
            data = path.read_bytes()
            if digest_bytes(data) != self.document.code:
                raise NotIntact("not the file that the document record names", where=str(path))
            return ApprovedCode.model_validate(read_canonical(data, CODE))
        except (OSError, ValidationError):
            raise NotIntact("this is no list of step code", where=str(path)) from None

    def standing(self, trust: Trust, external: Trust | None = None) -> Standing:
        """`external` as in `Signature.judged`. A withdrawn revision is never complete."""
        found = routing.standing(self.document, self.signatures, trust, external, self._by_hand(trust))
        problems = (*self.problems, *(self._withdrawal_faults()), *found.problems)
        return replace(found, complete=found.complete and not problems and self.withdrawn is None, problems=problems)

    def _by_hand(self, trust: Trust) -> dict[int, bool | None]:
        """Stations that signed on paper, and whose copy was verified by signature: number -> trusted."""
        done: dict[int, bool | None] = {}
        for sheet in self.paper:
            said = Handwritten.model_validate(sheet.content)
            station, found = self.document.station(said.number), sheet.standing(trust)
            if station is not None and not said.problem(self.document, station) and found.complete:
                done[said.number] = found.trusted
        return done

    def _withdrawal_faults(self) -> tuple[str, ...]:
        if self.withdrawn is None:
            return ()
        r, d = self.withdrawn.record, self.document
        right = (r.record, r.revision, r.record_digest, r.meaning) == (d.id, d.revision, d.digest, WITHDRAWN)
        return () if right else ("the withdrawal stands on another record",)

    @property
    def done(self) -> frozenset[int]:
        """Numbers of the stations that signed, electronically or on paper."""
        signed = {s.record.number for s in self.signatures if s.record.meaning != DECLINED}
        return frozenset(signed | self._by_hand(Trust.none).keys())

    @property
    def awaiting(self) -> RequiredSignature | None:
        """The station this revision waits for; None when all have signed, or its way has ended."""
        return None if self.ended else routing.awaiting(self.document, self.done)

    @property
    def ended(self) -> str:
        """``declined`` or ``withdrawn``, or an empty string while the revision is alive."""
        if self.withdrawn is not None:
            return WITHDRAWN
        return DECLINED if any(s.record.meaning == DECLINED for s in self.signatures) else ""

    @property
    def completed(self) -> str:
        """Time of the last required signature, or an empty string."""
        if self.ended or routing.awaiting(self.document, self.done) is not None:
            return ""
        return max((*(s.record.signed for s in self.signatures), *(p.completed for p in self.paper)), default="")


def folder_of(root: Path, document: DocumentRecord) -> Path:
    return root / document.id / f"r{document.revision}"


def document_file(document: DocumentRecord) -> bytes:
    return canonical_json(document)


def load(root: Path) -> tuple[Approval, ...]:
    """Every revision of every document below `root`, in order of id and revision. Faults of signatures and contents are in `problems`.

    Raises NotIntact, naming the file, when a document record itself cannot be read: nobody could say what it was.
    """
    found = [read_approval(path.parent) for path in sorted(root.glob(f"*/r*/{DOCUMENT}"))] if root.is_dir() else []
    sheets: dict[str, list[Approval]] = {}
    for approval in found:
        if approval.document.kind == "handwritten" and approval.content:
            sheets.setdefault(str(approval.content["record_digest"]), []).append(approval)
    found = [replace(a, paper=tuple(sheets[d])) if (d := str(a.document.digest)) in sheets else a for a in found]
    return tuple(sorted(found, key=lambda a: (a.document.id, a.document.revision)))


def read_approval(folder: Path) -> Approval:
    """One folder, without what was signed on paper. Raises NotIntact only when the document record itself cannot be read."""
    where = folder / DOCUMENT
    try:
        data = where.read_bytes()
        document = DocumentRecord.model_validate(read_canonical(data, str(where)))
    except ValidationError as problem:
        raise NotIntact(f"not a document record of a format known here: {first_fault(problem)}", where=str(where)) from None
    if document_file(document) != data:
        raise NotIntact("the document record leaves out what it must say; nothing is filled in for it", where=str(where))
    problems: list[str] = []
    content = _content(folder, document, problems)
    if (document.id, f"r{document.revision}") != (folder.parent.name, folder.name):
        problems.append(f"{where}: says it is {document.id} revision {document.revision}")
    belonging = (DOCUMENT, CONTENT, *_files_beside(folder, document, problems))
    signatures: list[Signature] = []
    invalid: list[Invalid] = []
    withdrawn = None
    for path in sorted(folder.iterdir()):
        if path.name in belonging or path.suffix == ".p7s":
            continue
        if not _NAME.fullmatch(path.name) and path.stem != WITHDRAWN:
            problems.append(f"{path}: {_stranger(path)}")
            continue
        try:
            signature = record.read(path.read_bytes(), path.with_suffix(".p7s").read_bytes(), str(path))
        except (NotIntact, FileNotFoundError) as problem:
            problems.append(str(problem))
            invalid.append(Invalid(path.stem, str(problem).split("\n", 1)[0], _claims(path)))
            continue
        name = WITHDRAWN if signature.record.meaning == WITHDRAWN else signature.name
        if name != path.stem:
            problems.append(f"{path}: holds signature {name}")
        if path.stem == WITHDRAWN:
            withdrawn = signature
        else:
            signatures.append(signature)
    lonely = {p.stem for p in folder.glob("*.p7s")} - {p.stem for p in folder.glob("*.json")}
    problems += [f"{folder / name}.p7s: its record is missing" for name in sorted(lonely)]
    invalid += [Invalid(name, "its record is missing", {}) for name in sorted(lonely)]
    return Approval(document, tuple(signatures), content, tuple(problems), tuple(invalid), withdrawn, folder)


def _content(folder: Path, document: DocumentRecord, problems: list[str]) -> Any:
    if not (folder / CONTENT).exists():
        if document.kind == "handwritten":
            problems.append(f"{folder / CONTENT}: is missing")
        return None
    data = (folder / CONTENT).read_bytes()
    if digest_bytes(data) != document.content:
        problems.append(f"{folder / CONTENT}: not the content that the document record names")
        return None
    content = read_canonical(data, str(folder / CONTENT))
    if document.kind == "handwritten":
        try:
            Handwritten.model_validate(content)
        except ValidationError:
            problems.append(f"{folder / CONTENT}: not a handwritten signature of a format known here")
            return None
    return content


def _files_beside(folder: Path, document: DocumentRecord, problems: list[str]) -> tuple[str, ...]:
    """Names of further files that belong to the record by their digest; wrong ones are problems."""
    bound = {SAID: document.said, FEATURES: document.features, CODE: document.code}
    named = {name: Digest(sha256) for name, sha256 in bound.items() if sha256 is not None}
    if document.kind == "handwritten":
        named |= {r.file: Digest(r.sha256) for r in document.renditions}
    for name, sha256 in named.items():
        path = folder / name
        if path.parent != folder or not path.is_file() or path.is_symlink() or digest_file(path) != sha256:
            problems.append(f"{path}: not the file that the document record names")
    return tuple(named)


def _stranger(path: Path) -> str:
    picture = path.suffix.lower() in _PICTURES
    return "a picture is never a signature (RR-L07)" if picture else "does not belong here"


def _claims(path: Path) -> dict[str, str]:
    try:
        said = json.loads(path.read_bytes())
    except (ValueError, OSError, RecursionError):
        return {}
    names = ("printed_name", "role", "meaning", "signed")
    return {n: said[n][:200] for n in names if isinstance(said.get(n), str)} if isinstance(said, dict) else {}


def latest(approvals: tuple[Approval, ...], document_id: str) -> Approval | None:
    """The newest revision of a document."""
    return max((a for a in approvals if a.document.id == document_id), key=lambda a: a.document.revision, default=None)
