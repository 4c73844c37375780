"""Checks of the signed PDF and Word files: the same record, the same signers, in the same order, and nothing added."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed
from csvgen.crypto.trust import Trust
from csvgen.model.signature import DocumentRecord, Rendition
from csvgen.signature.record import Signature
from csvgen.signature.routing import all_trusted
from csvgen.verification.checks import Checks

if TYPE_CHECKING:
    from csvgen.verification.evidence import Material

PDF = "application/pdf"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def check_documents(folder: Path, material: Material, trust: Trust, checks: Checks) -> None:
    """One check for the PDF files, one for the Word files, one for their trust."""
    faults: dict[str, list[str]] = {PDF: [], WORD: []}
    counted = {PDF: 0, WORD: 0}
    untrusted: list[str] = []
    unknown: list[str] = []
    for approval in material.approvals:
        for rendition in approval.document.renditions:
            if rendition.media_type not in faults:
                continue
            data = (folder / "documents" / rendition.file).read_bytes()
            check = pdf_faults if rendition.media_type == PDF else word_faults
            found, trusted = check(data, approval.document, rendition, approval.signatures, trust)
            faults[rendition.media_type] += [f"documents/{rendition.file}: {f}" for f in found]
            counted[rendition.media_type] += len(approval.signatures)
            if trusted is None:
                unknown.append(f"documents/{rendition.file}")
            if trusted is False:
                untrusted.append(f"documents/{rendition.file}: a signer is not vouched for by a trusted root")
    checks.add(
        "PDF files carry exactly the signatures of their records",
        faults[PDF],
        f"{counted[PDF]} signatures, intact and valid, each file covered to its end",
    )
    checks.add(
        "Word files carry exactly the signatures of their records",
        faults[WORD],
        f"{counted[WORD]} signatures, intact and valid, every part covered",
    )
    if trust.roots and (untrusted or not unknown):
        checks.add(
            "signers of the documents are trusted",
            untrusted,
            "every certificate in PDF and Word files is vouched for by a trusted root",
        )
    else:
        why = f"revocation of a signer is not known: {', '.join(unknown)}" if trust.roots else "no trust root was given (--trust)"
        checks.unknown("signers of the documents are trusted", why)


def pdf_faults(
    data: bytes,
    document: DocumentRecord,
    rendition: Rendition,
    signatures: tuple[Signature, ...],
    trust: Trust,
) -> tuple[list[str], bool | None]:
    """What is wrong with a PDF, and whether its signers are trusted."""
    from csvgen.signature.pdf_inspect import inspect

    seen = inspect(data, trust)
    faults = list(seen.faults)
    if seen.unsigned_length is None or digest_bytes(data[: seen.unsigned_length]) != rendition.sha256:
        faults.append("does not begin with the document that the record names")
    people = [s for s in seen.signatures if not s.is_seal]
    if len(seen.signatures) - len(people) != 1:
        faults.append("does not carry exactly one seal of the recording system")
    if not seen.whole_file:
        faults.append("the last signature does not cover the whole file")
    faults += _same(
        [(s.person, str(s.fingerprint), s.claimed) for s in people],
        [(s.record.person, str(s.record.certificate), parsed(s.record.signed).replace(microsecond=0)) for s in signatures],
        document,
    )
    return faults, all_trusted([s.trusted for s in seen.signatures])


def word_faults(
    data: bytes,
    document: DocumentRecord,
    rendition: Rendition,
    signatures: tuple[Signature, ...],
    trust: Trust,
) -> tuple[list[str], bool | None]:
    """What is wrong with a Word file, and whether its signers are trusted."""
    from csvgen.signature.word import without_signatures
    from csvgen.signature.word_inspect import inspect

    seen = inspect(data, trust)
    faults = list(seen.faults)
    if not seen.problems and without_signatures(data) != rendition.sha256:
        faults.append("is not the document that the record names")
    faults += _same(
        [(s.person, str(s.fingerprint), s.claimed) for s in seen.signatures],
        [(s.record.person, str(s.record.certificate), parsed(s.record.signed).replace(microsecond=0)) for s in signatures],
        document,
    )
    for signature, record in zip(seen.signatures, signatures, strict=False):
        shown = signature.manifestation
        if shown is not None and (shown.meaning, shown.record_digest) != (record.record.meaning, document.digest):
            faults.append(f"shows another meaning or record for {record.record.printed_name} than was signed")
    return faults, all_trusted([s.trusted for s in seen.signatures])


def _same(found: Sequence[tuple[object, ...]], wanted: Sequence[tuple[object, ...]], document: DocumentRecord) -> list[str]:
    if list(found) == list(wanted):
        return []
    has, should = ", ".join(str(f[0]) for f in found), ", ".join(str(w[0]) for w in wanted)
    compared = "person, certificate and time compared"
    return [f"carries the signatures of {has or 'nobody'}; its record {document.id} those of {should or 'nobody'} ({compared})"]
