"""The readable files of a record when somebody signs: read as what they claim to be, signed all together or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.canonical import Digest, digest_bytes, read_canonical
from csvgen.clock import parsed
from csvgen.config import Config
from csvgen.crypto.keys import Credential
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.model.signature import DocumentRecord, Rendition, SignatureRecord
from csvgen.report.neutral import ENDING
from csvgen.report.wording import IN_ENGLISH, Wording, wording

if TYPE_CHECKING:
    from csvgen.crypto.timestamps import TimeAuthority
    from csvgen.signature.manifestation import Manifestation

PDF = "application/pdf"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIGNED = (PDF, WORD, EXCEL)
"""Media types into which signatures are put. Every other rendition is bound by its digest alone."""


def unsigned_digest(data: bytes, media_type: str) -> Digest | None:
    """Digest of a file as it was before any signature was put into it; None for a file that is not of its kind."""
    if media_type == PDF:
        from csvgen.signature.pdf_inspect import unsigned_length

        length = unsigned_length(data)  # signing inspects the rest, before anything leaves
        return None if length is None else digest_bytes(data[:length])
    if media_type == WORD:
        from csvgen.signature import word

        return word.without_signatures(data)
    if media_type == EXCEL:
        from csvgen.signature import excel

        return excel.without_signatures(data)
    return digest_bytes(data)


def refused(data: bytes, media_type: str) -> str:
    """What would keep a drawn Office file from being signed, or an empty string: found while it is composed, not when people wait."""
    if media_type not in (WORD, EXCEL):
        return ""
    from csvgen.signature import excel, word

    return next(iter((word if media_type == WORD else excel).refusals(data)), "")


def read_signed(folder: Path, document: DocumentRecord) -> dict[Path, bytes]:
    """The files that are signed, by path. Raises NotIntact for one that is not the file that the record names, or is missing."""
    found: dict[Path, bytes] = {}
    for rendition in document.renditions:
        if rendition.media_type not in SIGNED or document.kind == "handwritten":
            continue
        path = folder / rendition.file
        found[path] = _read(path, rendition)
    return found


def _read(path: Path, rendition: Rendition) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise NotIntact("this rendition is missing; nobody may sign what cannot be read", where=path.name)
    data = path.read_bytes()
    if unsigned_digest(data, rendition.media_type) != rendition.sha256:
        raise NotIntact("this is not the file that the document record names; nobody may sign it", where=path.name)
    return data


def text_file(document: DocumentRecord) -> str:
    """Name of the file that keeps the text a document was drawn from."""
    return f"{document.id}-r{document.revision}{ENDING}"


def words_of(folder: Path, document: DocumentRecord) -> Wording:
    """The words of the language a document is in, as its kept text says; English where it keeps none.

    Raises NotIntact for a text that is not the one the record names.
    """
    path = folder / text_file(document)
    if document.text is None or not path.is_file():
        return IN_ENGLISH
    data = path.read_bytes()
    if digest_bytes(data) != document.text:
        raise NotIntact(
            "this is not the text that the document record names; nobody may sign what was drawn from it", where=path.name
        )
    if b'"language":"' not in data:  # canonical JSON: a quote within a text is written as \"
        return IN_ENGLISH
    said = read_canonical(data, path.name)
    carried = dict(said.get("words", ()))
    return Wording(said["language"], carried) if carried else wording(said["language"])


def manifestation_of(record: SignatureRecord) -> Manifestation:
    """What a signature record shows wherever it is shown."""
    from csvgen.signature.manifestation import Manifestation

    return Manifestation(
        printed_name=record.printed_name, role=record.role, meaning=record.meaning, reason=record.why, signed=record.signed,
        record_id=record.record, revision=record.revision, record_digest=Digest(record.record_digest), demonstration=record.demonstration,
    )  # fmt: skip


def sign_files(
    files: Mapping[Path, bytes],
    document: DocumentRecord,
    record: SignatureRecord,
    credential: Credential,
    authority: TimeAuthority | None = None,
    trust: Trust = Trust.none,
    words: Wording = IN_ENGLISH,
) -> dict[Path, bytes]:
    """Every file with the signature of its station in it. Raises what the signers of `csvgen.signature` raise; changes nothing.

    With an `authority` each signature gets a time stamp; `trust` holds the revocation lists that are at hand. `words`: see `words_of`.
    """
    from csvgen.report.lines import signature_line_id
    from csvgen.signature import excel, pdf, word

    shown, moment, field = manifestation_of(record), parsed(record.signed), f"signature-{record.number}"
    line = signature_line_id(document.id, document.revision, field)
    signed: dict[Path, bytes] = {}
    for path, data in files.items():
        if path.suffix == ".pdf":
            signed[path] = pdf.sign(
                data, credential, field=field, manifestation=shown, moment=moment, authority=authority, trust=trust, words=words
            )
        else:
            office = excel if path.suffix == ".xlsx" else word
            signed[path] = office.sign(
                data, credential, line_id=line, manifestation=shown, moment=moment, authority=authority, words=words
            )
    return signed


def authority_for(files: Mapping[Path, bytes], config: Config) -> TimeAuthority | None:
    """The time-stamp authority of the project, when there is one and there are files to stamp."""
    if not files or not config.time_stamps:
        return None
    from csvgen.crypto.timestamps import time_authority

    return time_authority(config)
