"""Approvals as files beside the protocols, so that a fresh clone in CI sees them without any database.

approvals/<document id>/r<revision>/document.json       the record that is signed
                                    content.json        what it says, where no other file does
                                    01-<person>.json    signature record
                                    01-<person>.p7s     detached CMS over it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from pydantic import ValidationError

from csvgen.canonical import canonical_json, digest_bytes, read_canonical
from csvgen.errors import NotIntact
from csvgen.model.signature import DocumentRecord
from csvgen.signature import record
from csvgen.signature.record import Signature
from csvgen.signature.routing import Standing, standing

_NAME = re.compile(r"(\d\d)-([a-z0-9.-]+)\.json")
DOCUMENT = "document.json"
CONTENT = "content.json"


@dataclass(frozen=True)
class Approval:
    """One revision of a document with the signatures it carries."""

    document: DocumentRecord
    signatures: tuple[Signature, ...]
    content: Any = None
    """What content.json says; None where there is none."""
    problems: tuple[str, ...] = ()
    """Files that could not be read as what they claim to be."""

    def standing(self, roots: tuple[x509.Certificate, ...]) -> Standing:
        found = standing(self.document, self.signatures, roots)
        if not self.problems:
            return found
        return Standing(complete=False, missing=found.missing, problems=(*self.problems, *found.problems), trusted=found.trusted)

    @property
    def completed(self) -> str:
        """Time of the last required signature, or an empty string."""
        done = len(self.signatures) >= len(self.document.signatures)
        return self.signatures[-1].record.signed if done and self.signatures else ""


def folder_of(root: Path, document: DocumentRecord) -> Path:
    return root / document.id / f"r{document.revision}"


def document_file(document: DocumentRecord) -> bytes:
    return canonical_json(document)


def load(root: Path) -> tuple[Approval, ...]:
    """Every revision of every document below `root`, in order of id and revision. Faults of signatures and contents are in `problems`.

    Raises NotIntact, naming the file, when a document record itself cannot be read: nobody could say what it was.
    """
    found = [read_approval(path.parent) for path in sorted(root.glob(f"*/r*/{DOCUMENT}"))] if root.is_dir() else []
    return tuple(sorted(found, key=lambda a: (a.document.id, a.document.revision)))


def read_approval(folder: Path) -> Approval:
    """One folder. Raises NotIntact only when the document record itself cannot be read."""
    where = folder / DOCUMENT
    try:
        document = DocumentRecord.model_validate(read_canonical(where.read_bytes(), str(where)))
    except ValidationError as problem:
        raise NotIntact(
            f"not a document record of a format known here: {problem.error_count()} faults", where=str(where)
        ) from None
    signatures: list[Signature] = []
    problems: list[str] = []
    content = None
    if (folder / CONTENT).exists():
        data = (folder / CONTENT).read_bytes()
        if digest_bytes(data) != document.content:
            problems.append(f"{folder / CONTENT}: not the content that the document record names")
        else:
            content = read_canonical(data, str(folder / CONTENT))
    if (document.id, f"r{document.revision}") != (folder.parent.name, folder.name):
        problems.append(f"{where}: says it is {document.id} revision {document.revision}")
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None:
            if path.name not in (DOCUMENT, CONTENT) and path.suffix != ".p7s":
                problems.append(f"{path}: does not belong here")
            continue
        try:
            signed = path.with_suffix(".p7s").read_bytes()
            signature = record.read(path.read_bytes(), signed, str(path))
            if f"{signature.name}.json" != path.name:
                problems.append(f"{path}: holds signature {signature.name}")
            signatures.append(signature)
        except (NotIntact, FileNotFoundError) as problem:
            problems.append(str(problem))
    lonely = {p.stem for p in folder.glob("*.p7s")} - {p.stem for p in folder.glob("*.json")}
    problems += [f"{folder / name}.p7s: its record is missing" for name in sorted(lonely)]
    return Approval(document, tuple(signatures), content, tuple(problems))


def latest(approvals: tuple[Approval, ...], document_id: str) -> Approval | None:
    """The newest revision of a document."""
    return max((a for a in approvals if a.document.id == document_id), key=lambda a: a.document.revision, default=None)
