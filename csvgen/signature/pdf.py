"""Signatures in PDF files: a seal of the system first, then one approval after another, each an incremental update.

PAdES B-B (ETSI EN 319 142-1): the claimed time is the signer's own, and nothing opens a network connection. With a time-stamp
authority a stamp follows each signature, and the file is B-LTA (`pdf_archive`). The bytes of the file that is signed stay as they
are; a signature only appends, so the unsigned file is a prefix of every signed form of it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from csvgen.crypto import certificates, cms
from csvgen.crypto.keys import Credential
from csvgen.crypto.material import Fetch, over_http
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.crypto.trust import Trust
from csvgen.errors import Refused
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.signature import signer
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.pdf_archive import stamp
from csvgen.signature.pdf_content import refuse_deceptive
from csvgen.signature.pdf_inspect import Coverage, PdfInspection, PdfSignature, inspect, unsigned_length
from csvgen.signature.pdf_write import appending, fault_of_the_file, fields
from csvgen.signature.stamp import appearance

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

__all__ = ["SEAL_FIELD", "SEAL_REASON", "Coverage", "PdfInspection", "PdfSignature", "inspect", "seal", "sign"]

SEAL_FIELD = "seal"
SEAL_REASON = "Seal of a system: it shows that the document is as the system made it. It is not a person's signature."
_SPARE = 2048
"""Bytes reserved for a signature beside its certificate: attributes and names, and a value of up to 512 bytes (RSA-4096)."""


def seal(pdf: bytes, credential: Credential, moment: dt.datetime) -> bytes:
    """The file with an invisible certification by a system that allows nothing but filling in the signature fields.

    DocMDP with P=2 (ISO 32000-1, 12.8.2.2); it has to be the first signature. Raises Refused for a person's certificate,
    one that is not valid at `moment`, or a file that is signed already; BadInput for a file that is no sound PDF.
    """
    signer.refuse_unfit_system(credential, moment)
    with fault_of_the_file():
        writer = appending(pdf)
        if any(name == SEAL_FIELD or value is not None for name, value, _ in fields(writer)):
            raise Refused("a seal has to be the first signature, and this file is signed already", hint="seal the unsigned file")
        refuse_deceptive(pdf)
        name = certificates.common_name(credential.certificate)
        signed = _signed(writer, credential, _Words(SEAL_FIELD, name, SEAL_REASON, moment), picture=None)
    return _checked(pdf, signed)


def sign(
    pdf: bytes,
    credential: Credential,
    *,
    field: str,
    manifestation: Manifestation,
    moment: dt.datetime,
    authority: TimeAuthority | None = None,
    trust: Trust = Trust.none,
    fetch: Fetch = over_http,
    words: Wording = IN_ENGLISH,
) -> bytes:
    """The file with a person's signature in its empty field `field`, visible in the box of that field in the `words` of its language.

    The signature in the last empty field locks the document: only time stamps may follow. With an `authority` a time stamp follows at
    once, with what proves the signature later (see `pdf_archive.stamp`, which `trust` and `fetch` are for).

    Raises Refused for an unfit certificate (see `signer`), an unknown field, a field signed already or out of its turn, a box too
    small, or a file whose earlier signatures do not hold; BadInput for a file that is no sound PDF; NoTimeStamp or NoAnswer when
    there is an authority and it or a revocation service does not answer: then nothing is signed.
    """
    signer.refuse_unfit_person(credential, manifestation, moment)
    with fault_of_the_file():
        writer = appending(pdf)
        width, height = _box(writer, field)
        last = _in_turn(writer, field)
        refuse_deceptive(pdf[: unsigned_length(pdf)])
    picture = appearance(manifestation, width, height, words)
    with fault_of_the_file():
        said = _Words(field, manifestation.printed_name, manifestation.statement(words=words), moment)
        signed = _signed(writer, credential, said, picture=picture, last=last)
    # A stamp ends with a look at the whole file; two looks would find the same.
    return _checked(pdf, signed) if authority is None else stamp(signed, authority, trust=trust, fetch=fetch)


def _box(writer: IncrementalPdfFileWriter, field: str) -> tuple[float, float]:
    """Width and height of an empty signature field, in points. Raises Refused when there is no such field."""
    from pyhanko.pdf_utils.form_tools import annot_width_height, get_single_field_annot

    found = {name: (value, reference) for name, value, reference in fields(writer)}
    if field not in found:
        empty = [name for name, (value, _) in found.items() if value is None]
        raise Refused(
            f"the document has no signature field {field!r}",
            hint=f"its empty fields are {', '.join(empty)}" if empty else "it has no empty signature field",
        )
    value, reference = found[field]
    if value is not None:
        raise Refused(f"the signature field {field!r} is signed already", hint="each signature has a field of its own")
    width, height = annot_width_height(get_single_field_annot(reference.get_object()))
    return float(width), float(height)


def _in_turn(writer: IncrementalPdfFileWriter, field: str) -> bool:
    """Whether `field` is the last one to be signed. Raises Refused when one before it in the form is still empty."""
    empty = [name for name, value, _ in fields(writer) if value is None]
    if empty[0] != field:
        raise Refused(
            f"the field {field!r} is not to be signed before {empty[0]!r}", hint="signatures follow the order of the form"
        )
    return empty == [field]


@dataclass(frozen=True, slots=True)
class _Words:
    """What the signature dictionary says."""

    field: str
    name: str
    reason: str
    moment: dt.datetime


def _signed(
    writer: IncrementalPdfFileWriter, credential: Credential, words: _Words, *, picture: bytes | None, last: bool = False
) -> bytes:
    """Append one signature; without a picture it is a certification in a new invisible field; the last one locks the document.

    The low-level interface of pyHanko is used because it takes the time from us, not from the clock.
    """
    from pyhanko.pdf_utils.form_tools import get_single_field_annot
    from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.ades.api import CAdESSignedAttrSpec
    from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
    from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
    from pyhanko.sign.signers.pdf_byterange import SignatureObject
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    certify = picture is None
    writer.ensure_output_version(version=(1, 7))  # type: ignore[no-untyped-call]
    writer.register_extension(ESIC_EXTENSION_1)
    embedder = PdfCMSEmbedder(SigFieldSpec(words.field) if certify else None)
    steps = embedder.write_cms(words.field, writer, existing_fields_only=not certify)
    field = next(steps).get_object()
    if picture is not None:
        shown = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(picture)))
        widget = get_single_field_annot(field)
        widget["/AP"] = DictionaryObject({pdf_name("/N"): shown})  # type: ignore[no-untyped-call]
        writer.update_container(widget)
    at = words.moment.astimezone(dt.UTC).replace(microsecond=0)
    room = 2 * (len(credential.certificate.public_bytes(Encoding.DER)) + _SPARE)  # in hexadecimal digits
    signature = SignatureObject(
        timestamp=at, subfilter=SigSeedSubFilter.PADES, name=words.name, reason=words.reason, bytes_reserved=room
    )
    protection = SigMDPSetup(
        md_algorithm="sha256",
        certify=certify,
        docmdp_perms=MDPPerm.FILL_FORMS if certify else None,
        field_lock=FieldMDPSpec(FieldMDPAction.ALL) if last else None,
    )
    steps.send(SigObjSetup(sig_placeholder=signature, mdp_setup=protection))
    prepared, out = steps.send(SigIOSetup(md_algorithm="sha256"))
    # The signer's certificate alone: what is signed with one certificate has no unprotected byte, see `crypto.profile`.
    hand = cms.simple_signer(Credential(credential.holder, credential.certificate))
    attributes = PdfCMSSignedAttributes(cades_signed_attrs=CAdESSignedAttrSpec())
    made = hand.async_sign(prepared.document_digest, "sha256", use_pades=True, signed_attr_settings=attributes)
    steps.send(asyncio.run(made))
    return bytes(out.getvalue())


def _checked(pdf: bytes, signed: bytes) -> bytes:
    """The signed file, after a look at it with other eyes: nothing leaves that would not verify."""
    if problems := inspect(signed, Trust.none).faults:
        raise Refused(f"the file would not verify with this signature: {problems[0]}", hint="start from the unsigned file again")
    if not signed.startswith(pdf):
        raise AssertionError("a signature changed the bytes it signs")
    return signed
