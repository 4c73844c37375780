"""The readable files of a record, for whoever reads it on a screen: each is what the record names, or it is not given."""

from __future__ import annotations

from pathlib import Path

from csvgen.canonical import Digest, digest_bytes
from csvgen.errors import BadInput, NotIntact
from csvgen.model.signature import Rendition
from csvgen.signature.approvals import Approval
from csvgen.workflow.renditions import SIGNED, unsigned_digest
from csvgen.workflow.state import ProjectState, documents_folder


def revision(state: ProjectState, document_id: str, number: int = 0) -> Approval:
    """A revision of a record, the newest without a number. Raises BadInput where there is none."""
    found = [a for a in state.approvals if a.document.id == document_id and number in (0, a.document.revision)]
    if not found:
        raise BadInput(f"there is no record {document_id!r}" + (f" revision {number}" if number else ""), hint="csvgen status")
    return found[-1]


def rendition(state: ProjectState, approval: Approval, number: int) -> tuple[Rendition, bytes, Digest]:
    """One readable file of a revision, counted from 1, and the digest of it as it lies there, signatures included.

    Raises BadInput where there is no such file, NotIntact where it is not the one the record names.
    """
    document = approval.document
    if not 0 < number <= len(document.renditions):
        raise BadInput(f"{document.id} r{document.revision} has no file {number}")
    named = document.renditions[number - 1]
    path = _place(state, approval, named)
    if path.is_symlink() or not path.is_file():
        raise NotIntact("the file is missing", where=named.file)
    data = path.read_bytes()
    signed = named.media_type in SIGNED and document.kind != "handwritten"
    if (unsigned_digest(data, named.media_type) if signed else digest_bytes(data)) != named.sha256:
        raise NotIntact("this is not the file that the record names; it is not given", where=named.file)
    return named, data, digest_bytes(data)


def _place(state: ProjectState, approval: Approval, named: Rendition) -> Path:
    if approval.document.kind == "procedure":
        return state.config.root / named.file
    if approval.document.kind == "handwritten" and approval.folder is not None:
        return approval.folder / named.file
    return documents_folder(state, approval.document) / named.file
