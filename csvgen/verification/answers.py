"""Every signature with its own answers: intact, valid, trusted, whole, time proven. What cannot be read is INVALID with its reason."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvgen.clock import parsed, stored
from csvgen.crypto import certificates, cms
from csvgen.crypto.der import body
from csvgen.crypto.profile import DETACHED, OutsideProfile, parts
from csvgen.crypto.trust import Judgement, Trust
from csvgen.diagnostics import one_line
from csvgen.errors import CsvgenError, NotIntact
from csvgen.model.signature import DocumentRecord
from csvgen.model.verification import Answer, SignatureAnswers
from csvgen.report.wording import languages, wording
from csvgen.signature import record as signature_record
from csvgen.signature.manifestation import MEANING

if TYPE_CHECKING:
    from csvgen.signature.pdf_inspect import PdfSignature
    from csvgen.signature.word import OfficeSignature

NAME = re.compile(r"(?:\d\d-[a-z0-9.-]+|withdrawn)\.json")
_CLAIMED = ("printed_name", "person", "role", "meaning", "signed")
NO_TIME_STAMP = "only the clock of the signer's system tells the time"


def record_files(folder: Path) -> list[Path]:
    """The signature records of one revision of a record, those that cannot be read too."""
    return sorted(p for p in folder.iterdir() if NAME.fullmatch(p.name) and p.is_file() and not p.is_symlink())


def of_record(path: Path, subject: str, document: DocumentRecord | None, trust: Trust, external: Trust) -> SignatureAnswers:
    """A signature record with the .p7s beside it; `document` is the record it lies with, where there is one."""
    signed = path.read_bytes()
    try:
        container = path.with_suffix(".p7s").read_bytes()
    except OSError:
        return _claims(signed, subject, "its .p7s is missing", intact=None, valid=None)
    try:
        found = signature_record.read(signed, container, path.name)
    except CsvgenError as problem:
        intact = _same_digest(signed, container)
        return _claims(signed, subject, problem.message, intact=intact, valid=False if intact else None)
    record = found.record
    whole, reasons = None, ["the record it stands on is not here"]
    if document is not None:
        whole = (record.record, record.revision, record.record_digest) == (document.id, document.revision, document.digest)
        reasons = [] if whole else [f"it stands on {record.record} r{record.revision}, not on what it lies with"]
    judged = found.judged(trust, external)
    return SignatureAnswers(
        subject=subject, form="record", printed_name=record.printed_name, person=record.person, role=record.role,
        meaning=record.meaning, signed=record.signed, intact=Answer.YES, valid=Answer.YES, trusted=Answer.of(judged.trusted),
        whole=Answer.of(whole), reasons=(*reasons, *_why(judged), NO_TIME_STAMP),
    )  # fmt: skip


def absent(subject: str, name: str) -> SignatureAnswers:
    """A signature record that the sealed manifest names and that is not there: excised, and shown as such (21 CFR 11.70)."""
    reason = "the manifest names this signature record, and it is not here"
    person = name.removesuffix(".json")[3:]
    return SignatureAnswers(subject=subject, form="record", person=person, intact=Answer.NO, reasons=(reason,))


def of_seal(signed: bytes, container: bytes, subject: str, form: str, trust: Trust) -> SignatureAnswers:
    """The seal of a recording system: nobody's signature, and shown as what it is."""
    try:
        signer = cms.verify(signed, container, subject)
    except NotIntact as problem:
        intact = _same_digest(signed, container)
        return SignatureAnswers(
            subject=subject, form=form, intact=Answer.of(intact), valid=Answer.NO if intact else Answer.UNKNOWN,
            reasons=(problem.message,),
        )  # fmt: skip
    judged = trust.judge(signer.certificate, signer.claimed)
    person = certificates.is_person(signer.certificate)
    return SignatureAnswers(
        subject=subject, form=form, printed_name=certificates.common_name(signer.certificate), meaning="seal",
        signed=stored(signer.claimed), intact=Answer.YES, valid=Answer.of(not person), trusted=Answer.of(judged.trusted),
        whole=Answer.YES, reasons=(*(("the certificate is a person's; a seal must be a system's",) if person else ()), *_why(judged)),
    )  # fmt: skip


def of_pdf(name: str, seen: PdfSignature) -> SignatureAnswers:
    """A signature in a PDF. It covers the whole document if nothing but further signatures came after it."""
    whole = seen.coverage.name in ("FILE", "REVISION") and seen.changes_allowed
    return SignatureAnswers(
        subject=f"{name}, {seen.field}", form="PDF", printed_name=seen.printed_name, person=seen.person,
        meaning=_meaning(seen), signed=_stamp(seen.claimed), intact=Answer.of(seen.intact),
        valid=Answer.of(seen.valid and not seen.problems), trusted=Answer.of(seen.trusted), whole=Answer.of(whole),
        time_proven=_proven(seen), reasons=(*seen.faults, *_times(seen)),
    )  # fmt: skip


def _meaning(seen: PdfSignature) -> str:
    """The reason that csvgen writes begins with the meaning; that of another program is shown as it stands."""
    first, _, _ = seen.reason.partition(";")
    begins = (wording(language).say(MEANING, meaning="") for language in ("", *languages()[1:]))
    begin = next((b for b in begins if first.startswith(b)), "")
    return "seal" if seen.is_seal else one_line(first.removeprefix(begin))[:100]


def of_office(name: str, form: str, seen: OfficeSignature) -> SignatureAnswers:
    """A signature in a Word or Excel file."""
    return SignatureAnswers(
        subject=f"{name}, {seen.part}", form=form, printed_name=seen.printed_name, person=seen.person, role=seen.role,
        meaning=seen.meaning, signed=_stamp(seen.claimed), intact=Answer.of(seen.intact), valid=Answer.of(seen.intact),
        trusted=Answer.of(seen.trusted), whole=Answer.of(seen.complete), time_proven=_proven(seen),
        reasons=(*seen.faults, *_times(seen)),
    )  # fmt: skip


def _proven(seen: Any) -> Answer:
    """A time stamp that holds is yes; one that is there and does not hold is among the problems of the signature."""
    return Answer.YES if getattr(seen, "proven", None) is not None else Answer.UNKNOWN


def _times(seen: Any) -> tuple[str, ...]:
    distrust = str(getattr(seen, "distrust", "") or getattr(seen, "doubt", ""))
    said = str(getattr(seen, "proof", "")) or ("" if getattr(seen, "proven", None) else NO_TIME_STAMP)
    return tuple(text for text in (distrust, said) if text)


def _why(judged: Judgement) -> tuple[str, ...]:
    if judged.trusted:
        return ()
    return (f"{judged.reason} (--trust)" if judged.trusted is None and judged.root is None else judged.reason,)


def _stamp(moment: dt.datetime | None) -> str:
    return stored(moment) if moment is not None else ""


def _same_digest(signed: bytes, container: bytes) -> bool | None:
    """Whether the container speaks of these bytes at all; None when it cannot be read."""
    try:
        found = parts(container, DETACHED)
        return body(found.attributes["message_digest"]) == hashlib.sha256(signed).digest()
    except (OutsideProfile, ValueError, TypeError, KeyError):
        return None


def _claims(signed: bytes, subject: str, reason: str, *, intact: bool | None, valid: bool | None) -> SignatureAnswers:
    """What a signature that does not hold says of itself: whoever reads it must see whose name was on it."""
    try:
        value = json.loads(signed)
    except (ValueError, RecursionError):
        value = None
    said = {name: one_line(str(value.get(name, "")))[:200] if isinstance(value, dict) else "" for name in _CLAIMED}
    try:
        parsed(said["signed"])
    except ValueError:
        said["signed"] = ""
    return SignatureAnswers(
        subject=subject, form="record", printed_name=said["printed_name"], person=said["person"], role=said["role"],
        meaning=said["meaning"], signed=said["signed"], intact=Answer.of(intact),
        valid=Answer.NO if valid is None and intact is None else Answer.of(valid), reasons=(reason,),
    )  # fmt: skip
