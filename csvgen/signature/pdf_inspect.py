"""What the signatures of a PDF say, and whether they hold.

Asked of each signature, apart from each other: do digest and value hold, does it cover its revision as a whole, is everything
appended since nothing but further signatures and time stamps (`pdf_policy`), is its time proven (`pdf_time`), and is the signer
believed at that time. What is found is told in the values of `pdf_found`.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography import x509

from csvgen.crypto import certificates
from csvgen.crypto.keys import fingerprint
from csvgen.crypto.profile import PADES, OutsideProfile, outside_profile
from csvgen.crypto.trust import Trust
from csvgen.signature.pdf_found import Container, Coverage, PdfInspection, PdfSignature, PdfTimeStamp, shown
from csvgen.signature.pdf_policy import STAMP_FIELD, Protection, allowed, of
from csvgen.signature.pdf_time import believed, store_of, with_time
from csvgen.signature.pdf_token import Token, strict_token

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

__all__ = ["Coverage", "PdfInspection", "PdfSignature", "PdfTimeStamp", "inspect", "shown", "unsigned_length"]

logging.getLogger("pyhanko").addHandler(logging.NullHandler())  # what it finds is told in the inspection, not on the terminal
_REVISION_END = re.compile(rb"%%EOF(?:\n|\r\n?)?\Z")
_COVERAGE = {
    "ENTIRE_FILE": Coverage.FILE,
    "ENTIRE_REVISION": Coverage.REVISION,
    "CONTIGUOUS_BLOCK_FROM_START": Coverage.PART,
}

_Kind = TypeVar("_Kind", bound=Container)


@dataclass
class _Read:
    """One filled field on its way through the inspection."""

    found: PdfSignature | PdfTimeStamp
    embedded: EmbeddedPdfSignature | None = None
    certificate: x509.Certificate | None = None
    protection: Protection | None = None


def inspect(pdf: bytes, trust: Trust, *, times: Trust | None = None, moment: dt.datetime | None = None) -> PdfInspection:
    """Check all signatures of a PDF. Never raises, whatever the bytes: what is odd is a problem.

    `times` says whom to believe about time, where that is not `trust`: a public time-stamp authority's root should vouch for nobody
    else. `moment` is when the question is asked: a time stamp whose authority's certificate has run out by then proves nothing, if no
    newer one stands over it. Without it, each stamp is taken as of its own time.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    if not pdf.startswith(b"%PDF-"):
        return PdfInspection(problems=("this is not a PDF",))
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        return _inspected(pdf, reader, trust, times or trust, moment)
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


def _inspected(pdf: bytes, reader: PdfFileReader, trust: Trust, times: Trust, moment: dt.datetime | None) -> PdfInspection:
    from pyhanko.sign.fields import enumerate_sig_fields

    fields = [(str(name), value, reference) for name, value, reference in enumerate_sig_fields(reader)]
    read = sorted((_field(pdf, reader, field) for field in fields if field[1] is not None), key=lambda r: r.found.revision)
    fine = allowed(reader, [r.protection for r in read if r.protection is not None])
    store, problems = store_of(reader)
    stamps = believed(
        [(_allowed(r.found, fine), r.certificate) for r in read if isinstance(r.found, PdfTimeStamp)],
        times.plus(store),
        moment,
    )
    vouching = trust.plus(store)
    signatures = tuple(
        with_time(_allowed(r.found, fine), r.certificate, stamps, vouching) for r in read if isinstance(r.found, PdfSignature)
    )
    last = max((*signatures, *stamps), key=lambda c: c.revision, default=None)
    return PdfInspection(
        signatures=signatures,
        time_stamps=stamps,
        unsigned_length=_unsigned_length(pdf, reader, [r.found.revision for r in read]),
        whole_file=last is not None and last.coverage is Coverage.FILE,
        unsigned_fields=tuple(name for name, value, _ in fields if value is None),
        problems=(*_problems(pdf, [(n, v is not None) for n, v, _ in fields], signatures, last), *problems),
    )


def _problems(
    pdf: bytes, fields: Sequence[tuple[str, bool]], signatures: Sequence[PdfSignature], last: Container | None
) -> list[str]:
    """What is wrong with the file as a whole."""
    names = [name for name, _ in fields]
    problems = [f"the form lists the field {name!r} twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if any(s.is_seal for s in signatures[1:]):
        problems.append("the seal is not the first signature")
    problems += _out_of_order(fields, signatures)
    if last is not None and last.coverage is not Coverage.FILE:
        problems.append("something was appended after the last signature")
    if _REVISION_END.search(pdf) is None:
        problems.append("the file does not end where its last revision ends")
    return problems


def _out_of_order(fields: Sequence[tuple[str, bool]], signatures: Sequence[PdfSignature]) -> list[str]:
    """The form lists the places to sign in the order of the route; PDF itself knows no order, so the revisions have to show it."""
    made = [s.field for s in signatures if not s.is_seal]
    wanted = [name for name, filled in fields if name in made or not filled]
    if made == wanted[: len(made)]:
        return []
    return [f"the fields were signed in the order {', '.join(made)}; the form asks for {', '.join(wanted)}"]


def _allowed(found: _Kind, fine: frozenset[int]) -> _Kind:
    covers = found.coverage in {Coverage.FILE, Coverage.REVISION}
    return replace(found, changes_allowed=covers and found.revision in fine)


def _field(pdf: bytes, reader: PdfFileReader, field: tuple[str, Any, Any]) -> _Read:
    """One filled field; what cannot be read of it leaves it as it is built: neither intact nor valid."""
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

    name, value, reference = field
    revision = reader.xrefs.total_revisions
    # Only what says that it is a time stamp, in a field made for one, is taken for one; anything else has to be a signature.
    is_stamp = _type_of(value) == "/DocTimeStamp" and name.startswith(STAMP_FIELD)
    found = PdfTimeStamp(field=name, revision=revision) if is_stamp else PdfSignature(field=name, revision=revision)
    read = _Read(found)
    looks: Sequence[Callable[[_Read, bytes], None]] = (_stamp,) if is_stamp else (_words, _mathematics)
    try:
        read.embedded = EmbeddedPdfSignature(reader, reference, name)
        read.found = replace(read.found, revision=read.embedded.signed_revision)
        for look in (*looks, _cover):
            look(read, pdf)
    except Exception as problem:  # noqa: BLE001 - a hostile signature may fail anywhere inside the libraries
        told = f"it cannot be read ({type(problem).__name__}: {str(problem)[:200]})"
        read.found = replace(read.found, problems=(*read.found.problems, told))
    return read


def _type_of(value: Any) -> str:
    try:
        return str(of(value.get_object(), "/Type", ""))
    except Exception:  # noqa: BLE001 - then it is no time stamp
        return ""


def _words(read: _Read, _pdf: bytes) -> None:
    """Who, when and why, and whether dictionary and certificate agree about it."""
    embedded = _embedded(read)
    read.certificate = certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
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
    assert isinstance(read.found, PdfSignature)
    read.found = replace(
        read.found,
        printed_name=name,
        person=certificates.person_id(certificate),
        is_seal=certifies and not person,
        claimed=claimed,
        reason=str(dictionary.get("/Reason", "")),
        fingerprint=fingerprint(certificate),
        problems=tuple(text for text, so in wrong.items() if so),
    )


def _embedded(read: _Read) -> EmbeddedPdfSignature:
    assert read.embedded is not None
    return read.embedded


def _is_certification(embedded: EmbeddedPdfSignature) -> bool:
    """Whether the catalogue of the file names this signature as its certification (ISO 32000-1, 12.8.4)."""
    permissions = of(embedded.reader.root, "/Perms", {})
    return "/DocMDP" in permissions and permissions.get_value_as_reference("/DocMDP") == embedded.sig_object.container_ref


def _mathematics(read: _Read, _pdf: bytes) -> None:
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    embedded = _embedded(read)
    intact, valid = validate_sig_integrity(
        embedded.signer_info,
        embedded.signer_cert,
        expected_content_type="data",
        actual_digest=embedded.compute_digest(),
    )
    odd = outside_profile(embedded.pkcs7_content, PADES, padded=True)
    told = (f"its container is outside the profile checked here: {odd}",) if odd else ()
    read.found = replace(read.found, intact=intact, valid=valid, problems=(*read.found.problems, *told))


def _stamp(read: _Read, _pdf: bytes) -> None:
    """A document time stamp: the token in its one form, over these very bytes."""
    embedded = _embedded(read)
    try:
        token: Token = strict_token(embedded.pkcs7_content)
    except OutsideProfile as odd:
        read.found = replace(read.found, problems=(f"its token is outside the profile checked here: {odd}",))
        return
    kind = embedded.sig_object.get("/SubFilter")
    told = () if kind == "/ETSI.RFC3161" else ("it is not a time stamp of RFC 3161",)
    read.certificate = token.certificate
    assert isinstance(read.found, PdfTimeStamp)
    read.found = replace(
        read.found,
        authority=token.authority,
        moment=token.moment,
        accuracy=token.accuracy,
        expires=token.certificate.not_valid_after_utc,
        fingerprint=fingerprint(token.certificate),
        intact=token.imprint == embedded.compute_digest("sha256"),
        valid=token.valid,
        problems=told,
    )


def _cover(read: _Read, pdf: bytes) -> None:
    """What the signature is over, and what it allows behind it."""
    embedded = _embedded(read)
    if embedded.reader.xrefs.hybrid_xrefs_present:
        raise ValueError("it has two tables of contents that old and new programs read differently")
    coverage = embedded.evaluate_signature_coverage()
    start, length, behind, rest = (int(number) for number in embedded.byte_range)
    left_out = pdf[length:behind]
    container = b"<" + embedded.pkcs7_content.hex().upper().encode("ascii") + b">"
    # The bytes left out are the container of this very signature, and the others reach to the end of a revision.
    whole = start == 0 and min(length, rest) > 0 and left_out.upper() == container and _REVISION_END.search(pdf[: behind + rest])
    respelled = ("its container is not spelled as it was written",) if left_out != container else ()
    level = embedded.docmdp_level
    read.protection = Protection(read.found.revision, level.value if level is not None else None, embedded.fieldmdp)
    read.found = replace(
        read.found,
        coverage=_COVERAGE.get(coverage.name, Coverage.UNCLEAR) if whole else Coverage.UNCLEAR,
        problems=(*read.found.problems, *respelled),
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
