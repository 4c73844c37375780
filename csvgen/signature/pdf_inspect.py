"""What the signatures of a PDF say, and whether they hold.

The mathematics alone prove little in a PDF: anyone can append an update that draws over a signed page, and common tools
still call every signature valid. So three things are asked of each signature, apart from each other: do digest and value
hold, does it cover its revision as a whole, and is everything appended since nothing but further signatures in fields that
were there before. The last is pyHanko's difference analysis with the shortest list of permitted changes that lets csvgen's
own signatures pass; document properties, annotations and form texts are not on it.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cryptography import x509

from csvgen.canonical import Digest
from csvgen.crypto import certificates
from csvgen.crypto.keys import fingerprint
from csvgen.crypto.profile import PADES, outside_profile
from csvgen.crypto.trust import Trust
from csvgen.signature import signer

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import StandardDiffPolicy
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature


logging.getLogger("pyhanko").addHandler(logging.NullHandler())  # what it finds is told in the inspection, not on the terminal
_REVISION_END = re.compile(rb"%%EOF(?:\n|\r\n?)?\Z")


class Coverage(StrEnum):
    """How much of the file a signature is over."""

    FILE = "the whole file"
    REVISION = "its revision and all before it"
    PART = "a part only"
    UNCLEAR = "unclear"


_COVERAGE = {
    "ENTIRE_FILE": Coverage.FILE,
    "ENTIRE_REVISION": Coverage.REVISION,
    "CONTIGUOUS_BLOCK_FROM_START": Coverage.PART,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    """One signature, in the words of the file; who vouches for them is `trusted`."""

    field: str
    revision: int
    """Number of the revision it was appended with; the unsigned file is revision 0."""
    printed_name: str = ""
    """Common name of the signer's certificate."""
    person: str = ""
    """Id of the person the certificate was issued to; empty for a system."""
    is_seal: bool = False
    """A certification by a system: nobody's signature."""
    claimed: dt.datetime | None = None
    """Signing time as the signer claims it, to the second, UTC."""
    reason: str = ""
    fingerprint: Digest | None = None
    """Digest of the signer's certificate (DER)."""
    intact: bool = False
    """The signed bytes are those that were signed."""
    valid: bool = False
    """The signature value is this certificate's over them."""
    coverage: Coverage = Coverage.UNCLEAR
    changes_allowed: bool = False
    """What was appended after it is nothing but further signatures in fields it left empty."""
    trusted: bool | None = None
    """Whether a given root vouches for the certificate at the claimed time; None when no root was given."""
    problems: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Why this signature is not to be relied on, apart from trust."""
        found = {
            "the signed bytes were changed": not self.intact,
            "the signature value does not belong to this signer and file": not self.valid,
            f"it covers {self.coverage}": self.coverage not in {Coverage.FILE, Coverage.REVISION},
            "the file was changed after it in a way it does not allow": not self.changes_allowed,
        }
        return (*(text for text, wrong in found.items() if wrong), *self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfInspection:
    """A PDF and all its signatures."""

    signatures: tuple[PdfSignature, ...] = ()
    """In the order in which they were made, that is by revision."""
    unsigned_length: int | None = None
    """Length in bytes of the file before its first signature: the digest of so many first bytes is that of the unsigned
    file. The whole length when nothing is signed; None when it cannot be told."""
    whole_file: bool = False
    """The last signature covers every byte of the file."""
    unsigned_fields: tuple[str, ...] = ()
    """Signature fields still empty, in the order of the form."""
    problems: tuple[str, ...] = ()
    """What is wrong with the file as a whole; a file that cannot be read has nothing else."""

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that speaks against the file, apart from trust and from signatures that are not there."""
        return (*self.problems, *(f"{s.field}: {fault}" for s in self.signatures for fault in s.faults))


def inspect(pdf: bytes, trust: Trust) -> PdfInspection:
    """Check all signatures of a PDF. Never raises, whatever the bytes: what is odd is a problem."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    if not pdf.startswith(b"%PDF-"):
        return PdfInspection(problems=("this is not a PDF",))
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        return _inspected(pdf, reader, trust)
    except Exception as problem:  # noqa: BLE001 - a hostile file may fail anywhere inside the PDF library
        return PdfInspection(problems=(f"the file cannot be read ({type(problem).__name__}: {str(problem)[:200]})",))


def unsigned_length(pdf: bytes) -> int | None:
    """Length in bytes of the file before its first signature, as `PdfInspection` tells it, without judging any signature.

    For whoever asks which document this is and has the file inspected as well; None when it cannot be told.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        filled = [(ref, name) for name, value, ref in enumerate_sig_fields(reader) if value is not None]
        return _unsigned_length(pdf, reader, [EmbeddedPdfSignature(reader, *field).signed_revision for field in filled])
    except Exception:  # noqa: BLE001 - as in `inspect`
        return None


def _inspected(pdf: bytes, reader: PdfFileReader, trust: Trust) -> PdfInspection:
    from pyhanko.sign.fields import enumerate_sig_fields

    filled: list[tuple[str, Any]] = []
    empty: list[str] = []
    for name, value, reference in enumerate_sig_fields(reader):
        if value is None:
            empty.append(name)
        else:
            filled.append((name, reference))
    policy = _policy()
    found = [_signature(pdf, reader, field, policy, trust) for field in filled]
    signatures = tuple(sorted(found, key=lambda s: s.revision))
    names = [name for name, _ in filled] + empty
    problems = [f"the form lists the field {name!r} twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if any(s.is_seal for s in signatures[1:]):
        problems.append("the seal is not the first signature")
    whole = bool(signatures) and signatures[-1].coverage is Coverage.FILE
    if signatures and not whole:
        problems.append("something was appended after the last signature")
    if _REVISION_END.search(pdf) is None:
        problems.append("the file does not end where its last revision ends")
    return PdfInspection(
        signatures=signatures,
        unsigned_length=_unsigned_length(pdf, reader, [s.revision for s in signatures]),
        whole_file=whole,
        unsigned_fields=tuple(empty),
        problems=tuple(problems),
    )


def _policy() -> StandardDiffPolicy:
    """What may follow a signature: a signature in a field that was empty, with what the form and the catalogue need for it."""
    from pyhanko.sign import diff_analysis as diff

    properties = diff.CatalogModificationRule({"/AcroForm", "/Extensions", "/Version"})  # type: ignore[no-untyped-call]
    harmless = diff.ModificationLevel.LTA_UPDATES
    structure = [rule.as_qualified(harmless) for rule in (diff.XrefStreamRule(), diff.ObjectStreamRule())]
    form = diff.FormUpdatingRule([diff.SigFieldModificationRule(allow_in_place_appearance_stream_changes=False)])
    return diff.StandardDiffPolicy(global_rules=[properties, *structure], form_rule=form)


def _signature(
    pdf: bytes, reader: PdfFileReader, field: tuple[str, Any], policy: StandardDiffPolicy, trust: Trust
) -> PdfSignature:
    """One signature; what cannot be read of it leaves it as it is built: neither intact nor valid."""
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

    name, reference = field
    read = PdfSignature(field=name, revision=reader.xrefs.total_revisions)
    try:
        embedded = EmbeddedPdfSignature(reader, reference, name)
        read = replace(read, revision=embedded.signed_revision)
        read = _with_words(read, embedded, trust)
        read = _with_mathematics(read, embedded)
        read = _with_cover(read, embedded, pdf, policy)
    except Exception as problem:  # noqa: BLE001 - a hostile signature may fail anywhere inside the libraries
        told = f"it cannot be read ({type(problem).__name__}: {str(problem)[:200]})"
        return replace(read, problems=(*read.problems, told))
    return read


def _with_words(read: PdfSignature, embedded: EmbeddedPdfSignature, trust: Trust) -> PdfSignature:
    """Who, when and why, and whether dictionary and certificate agree about it."""
    certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
    dictionary = embedded.sig_object
    claimed = embedded.self_reported_timestamp
    claimed = claimed.astimezone(dt.UTC) if claimed is not None and claimed.tzinfo is not None else None
    name = certificates.common_name(certificate)
    certifies = _is_certification(embedded)
    person = certificates.is_person(certificate)
    wrong = {
        "it claims no signing time": claimed is None,
        "it shows another name than its certificate": str(dictionary.get("/Name", "")) != name,
        "a person's certificate was used as a seal": person and certifies,
        "a system's certificate was used to sign; a system can never sign for a person": not person and not certifies,
        "it is not a PAdES signature": (dictionary.get("/SubFilter"), embedded.sig_object_type)
        != ("/ETSI.CAdES.detached", "/Sig"),
    }
    return replace(
        read,
        printed_name=name,
        person=certificates.person_id(certificate),
        is_seal=certifies and not person,
        claimed=claimed,
        reason=str(dictionary.get("/Reason", "")),
        fingerprint=fingerprint(certificate),
        trusted=signer.trusted(certificate, trust, claimed),
        problems=tuple(text for text, so in wrong.items() if so),
    )


def _is_certification(embedded: EmbeddedPdfSignature) -> bool:
    """Whether the catalogue of the file names this signature as its certification (ISO 32000-1, 12.8.4)."""
    permissions = embedded.reader.root.get("/Perms", {})
    return "/DocMDP" in permissions and permissions.get_value_as_reference("/DocMDP") == embedded.sig_object.container_ref


def _with_mathematics(read: PdfSignature, embedded: EmbeddedPdfSignature) -> PdfSignature:
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    intact, valid = validate_sig_integrity(
        embedded.signer_info,
        embedded.signer_cert,
        expected_content_type="data",
        actual_digest=embedded.compute_digest(),
    )
    odd = outside_profile(embedded.pkcs7_content, PADES, padded=True)
    told = (f"its container is outside the profile checked here: {odd}",) if odd else ()
    return replace(read, intact=intact, valid=valid, problems=(*read.problems, *told))


def _with_cover(read: PdfSignature, embedded: EmbeddedPdfSignature, pdf: bytes, policy: StandardDiffPolicy) -> PdfSignature:
    """What the signature is over, and whether what follows is allowed."""
    embedded.compute_integrity_info(diff_policy=policy)  # type: ignore[no-untyped-call]
    status = embedded.summarise_integrity_info()
    start, length, behind, rest = (int(number) for number in embedded.byte_range)
    left_out = pdf[length:behind]
    container = b"<" + embedded.pkcs7_content.hex().upper().encode("ascii") + b">"
    # The bytes left out are the container of this very signature, and the others reach to the end of a revision.
    whole = start == 0 and min(length, rest) > 0 and left_out.upper() == container and _REVISION_END.search(pdf[: behind + rest])
    respelled = ("its container is not spelled as it was written",) if left_out != container else ()
    return replace(
        read,
        coverage=_COVERAGE.get(status["coverage"].name, Coverage.UNCLEAR) if whole else Coverage.UNCLEAR,
        changes_allowed=status["docmdp_ok"] is True,
        problems=(*read.problems, *respelled),
    )


def _unsigned_length(pdf: bytes, reader: PdfFileReader, signed: Sequence[int]) -> int | None:
    """End of the revision before the first signature: behind the line feed of its end-of-file mark."""
    if not signed:
        return len(pdf)
    before = min(signed) - 1
    if before < 0:
        return None
    table = reader.xrefs.get_xref_container_info(before)
    end = re.compile(rb"startxref\s+\d+\s+%%EOF\n").search(pdf, table.end_location)
    return end.end() if end else None
