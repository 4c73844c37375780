"""Checks of the signed PDF and Word files: the same record, the same signers, in the same order, and nothing added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed
from csvgen.crypto.trust import Trust
from csvgen.model.signature import DocumentRecord, Rendition
from csvgen.model.verification import SignatureAnswers
from csvgen.signature.record import Signature
from csvgen.signature.routing import all_trusted
from csvgen.verification import answers
from csvgen.verification.checks import Checks
from csvgen.verification.outside import Outside

if TYPE_CHECKING:
    from csvgen.verification.evidence import Material

PDF = "application/pdf"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Believed = tuple[Trust, Trust | None]
"""Whom to believe about signers, and about time where that is somebody else."""
_FORMS = {PDF: "PDF", WORD: "Word", EXCEL: "Excel"}


@dataclass(frozen=True)
class Seen:
    """One signed file: what is wrong with it, whether its signers are trusted, and each signature with its answers."""

    faults: tuple[str, ...]
    trusted: bool | None
    signatures: tuple[SignatureAnswers, ...]


def check_documents(folder: Path, material: Material, trust: Trust, outside: Outside, checks: Checks) -> None:
    """One check for the PDF files, one for the Word files, one for signed workbooks if there are any, one for their trust."""
    faults: dict[str, list[str]] = {media_type: [] for media_type in _FORMS}
    counted = dict.fromkeys(_FORMS, 0)
    untrusted: list[str] = []
    unknown: list[str] = []
    for approval in material.approvals:
        for rendition in approval.document.renditions:
            if rendition.media_type not in faults:
                continue
            name = f"documents/{rendition.file}"
            data = (folder / name).read_bytes()
            check = pdf_faults if rendition.media_type == PDF else office_faults
            believed = (_vouching(approval.signatures, trust, outside.external), outside.times)
            seen = check(data, approval.document, rendition, approval.signatures, believed)
            checks.signed(seen.signatures)
            faults[rendition.media_type] += [f"{name}: {f}" for f in seen.faults]
            counted[rendition.media_type] += len(approval.signatures)
            if seen.trusted is None:
                unknown.append(name)
            if seen.trusted is False:
                untrusted.append(f"{name}: a signer is not vouched for by a trusted root")
    for media_type, form in _FORMS.items():
        if media_type == EXCEL and not counted[EXCEL]:
            continue  # matrices were not signed before 0.2.0
        covered = "each file covered to its end" if media_type == PDF else "every part covered"
        good = f"{counted[media_type]} signatures, intact and valid, {covered}"
        checks.add(f"{form} files carry exactly the signatures of their records", faults[media_type], good)
    name = "signers of the documents are trusted"
    if trust.roots and (untrusted or not unknown):
        checks.add(name, untrusted, "every certificate in signed documents is vouched for by a trusted root")
    else:
        no_root = "no trust root was given (--trust)"
        checks.unknown(name, f"revocation of a signer is not known: {', '.join(unknown)}" if trust.roots else no_root)


def _vouching(signatures: tuple[Signature, ...], trust: Trust, external: Trust) -> Trust:
    """Where somebody of another organisation signed, their authority is asked too.

    That it vouches for nobody of ours is the record's to say: it binds each certificate, and the file must carry these and no others.
    """
    if not any(s.record.signer == "external" for s in signatures):
        return trust
    return replace(trust.plus(external), roots=(*trust.roots, *external.roots))


def of_document(path: Path, name: str, trust: Trust, times: Trust | None) -> list[SignatureAnswers]:
    """The signatures of a document by its content, without knowing its record; none where there is no such file."""
    if not path.is_file() or path.is_symlink():
        return []
    data = path.read_bytes()
    if data.startswith(b"%PDF-"):
        from csvgen.signature.pdf_inspect import inspect as inspect_pdf

        return [answers.of_pdf(name, s) for s in inspect_pdf(data, trust, times=times).signatures]
    office, form = _office(EXCEL if path.suffix == ".xlsx" else WORD)
    return [answers.of_office(name, form, s) for s in office.inspect(data, trust, times=times).signatures]


def pdf_faults(
    data: bytes, document: DocumentRecord, rendition: Rendition, signatures: tuple[Signature, ...], believed: Believed
) -> Seen:
    """What is wrong with a PDF, and whether its signers are trusted."""
    from csvgen.signature.pdf_inspect import inspect

    seen = inspect(data, believed[0], times=believed[1])
    faults = list(seen.faults)
    if seen.unsigned_length is None or digest_bytes(data[: seen.unsigned_length]) != rendition.sha256:
        faults.append("does not begin with the document that the record names")
    people = [s for s in seen.signatures if not s.is_seal]
    if len(seen.signatures) - len(people) != 1:
        faults.append("does not carry exactly one seal of the recording system")
    if not seen.whole_file:
        faults.append("the last signature does not cover the whole file")
    faults += _same([(str(s.fingerprint), s.claimed, s.printed_name) for s in people], signatures, document)
    told = tuple(answers.of_pdf(f"documents/{rendition.file}", s) for s in seen.signatures)
    return Seen(tuple(faults), all_trusted([s.trusted for s in seen.signatures]), told)


def office_faults(
    data: bytes, document: DocumentRecord, rendition: Rendition, signatures: tuple[Signature, ...], believed: Believed
) -> Seen:
    """What is wrong with a Word or Excel file, and whether its signers are trusted."""
    office, form = _office(rendition.media_type)
    seen = office.inspect(data, believed[0], times=believed[1])
    faults = list(seen.faults)
    if not seen.problems and office.without_signatures(data) != rendition.sha256:
        faults.append("is not the document that the record names")
    faults += _same([(str(s.fingerprint), s.claimed, s.printed_name) for s in seen.signatures], signatures, document)
    for signature, record in zip(seen.signatures, signatures, strict=False):
        shown = signature.manifestation
        if shown is not None and (shown.meaning, shown.record_digest) != (record.record.meaning, document.digest):
            faults.append(f"shows another meaning or record for {record.record.printed_name} than was signed")
    told = tuple(answers.of_office(f"documents/{rendition.file}", form, s) for s in seen.signatures)
    return Seen(tuple(faults), all_trusted([s.trusted for s in seen.signatures]), told)


def _office(media_type: str) -> tuple[ModuleType, str]:
    """The room that reads a kind of Office file; loaded only where there is one."""
    from csvgen.signature import excel, word

    return (excel if media_type == EXCEL else word), _FORMS[media_type]


def _same(found: Sequence[tuple[object, ...]], signatures: tuple[Signature, ...], document: DocumentRecord) -> list[str]:
    """The certificate decides who signed: names and ids in it may be anybody's choice."""
    records = [s.record for s in signatures]
    wanted = [(str(r.certificate), parsed(r.signed).replace(microsecond=0), r.printed_name) for r in records]
    if list(found) == wanted:
        return []
    has, should = ", ".join(str(f[-1]) for f in found), ", ".join(r.person for r in records)
    compared = "certificate, time and name compared"
    return [f"carries the signatures of {has or 'nobody'}; its record {document.id} those of {should or 'nobody'} ({compared})"]
