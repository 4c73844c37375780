"""Time and long life for signed PDF files: PAdES B-LTA by document time stamps (docs/decisions/0007-pdf-long-term.md).

Each stamp is one revision: certificates and revocation information of the signers and of the authority in the document security
store, and behind them a document time stamp over every byte of the file so far, containers included (ETSI EN 319 142-1, 5.4 and
6.3). The signatures stay as they are. From then on the file proves by itself who signed and when, to whoever brings the roots.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from csvgen.clock import shown, stored
from csvgen.crypto.material import Fetch, Material, gather, over_http
from csvgen.crypto.timestamps import NoTimeStamp, TimeAuthority
from csvgen.crypto.trust import Trust
from csvgen.errors import Refused
from csvgen.signature.pdf_inspect import inspect
from csvgen.signature.pdf_policy import STAMP_FIELD
from csvgen.signature.pdf_time import store_of
from csvgen.signature.pdf_token import Token, read_token
from csvgen.signature.pdf_write import appending, fault_of_the_file, fields

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

_SPARE = 512
"""Bytes left in a container beside the token seen in the rehearsal: another time, serial number or ECDSA value may be longer."""
_TRIES = 3


def stamp(pdf: bytes, authority: TimeAuthority, *, trust: Trust = Trust.none, fetch: Fetch = over_http) -> bytes:
    """The signed file with one more revision: what proves its signatures later, and a time stamp over all of it.

    `trust` gives authorities between and revocation lists that are at hand; what certificates name by address is fetched. Raises
    NoTimeStamp or NoAnswer when an authority does not answer, Refused for a file without a sound signature or with a revoked signer.
    Nothing is given back half done.
    """
    with fault_of_the_file():
        signers = _signers(pdf)
    if not signers:
        raise Refused("there is nothing to put a time stamp over: this file is not signed")
    token = read_token(authority.stamp_digest(bytes(32)))
    for _ in range(_TRIES):
        believed = Trust((*trust.roots, *authority.roots), trust.crls, intermediates=(*trust.intermediates, *token.others))
        material = gather([*signers, token.certificate], believed, fetch)
        with fault_of_the_file():
            stamped, made = _stamped(pdf, authority, material, token)
        if made.certificate == token.certificate:
            return _checked(pdf, stamped)
        token = made  # the authority has several certificates and used another one; what proves that one has to be there first
    raise NoTimeStamp("no time stamp: it signs each token with another certificate", where=authority.url)


def renew(
    pdf: bytes, authority: TimeAuthority, *, trust: Trust = Trust.none, fetch: Fetch = over_http, moment: dt.datetime
) -> bytes:
    """The file with a further time stamp, so that the proof of time does not end with the certificate of the last one.

    Raises Refused when there is no stamp yet, or when it is too late: after the end of that certificate nobody can vouch for it.
    """
    end = due(pdf)
    if end is None:
        raise Refused("this file has no time stamp that could be renewed", hint="a file signed without a time-stamp authority")
    if moment >= end:
        raise Refused(
            f"it is too late: the certificate of the last time stamp ended at {shown(stored(end))}",
            hint="the proof of time ended with it; the audit trail and its anchors still tell when the file was signed",
        )
    return stamp(pdf, authority, trust=trust, fetch=fetch)


def due(pdf: bytes) -> dt.datetime | None:
    """When the certificate of the newest time stamp ends, UTC: `renew` before that. None for a file without time stamps."""
    stamps = inspect(pdf, Trust.none).time_stamps
    return stamps[-1].expires if stamps else None


def _signers(pdf: bytes) -> list[x509.Certificate]:
    """Certificates of all signers and of the authorities of earlier stamps, with what the store holds of those above them."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    signed = [x509.load_der_x509_certificate(e.signer_cert.dump()) for e in reader.embedded_signatures]
    return [*signed, *store_of(reader)[0].intermediates] if signed else []


def _stamped(pdf: bytes, authority: TimeAuthority, material: Material, rehearsed: Token) -> tuple[bytes, Token]:
    """Append the revision; gives back the file and the token in it."""
    from pyhanko.sign.fields import SigFieldSpec
    from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
    from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
    from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

    writer = appending(pdf)
    _store(writer, material)
    writer.register_extension(ESIC_EXTENSION_1)
    taken = {str(name) for name, _, _ in fields(writer)}
    name = next(n for n in (f"{STAMP_FIELD}{k}" for k in range(1, len(taken) + 2)) if n not in taken)
    steps = PdfCMSEmbedder(SigFieldSpec(name)).write_cms(name, writer)
    next(steps)
    room = 2 * (len(rehearsed.container) + _SPARE)  # in hexadecimal digits
    steps.send(SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=room)))  # type: ignore[no-untyped-call]
    prepared, out = steps.send(SigIOSetup(md_algorithm="sha256"))
    token = read_token(authority.stamp_digest(prepared.document_digest))
    steps.send(token.container)
    return bytes(out.getvalue()), token


def _store(writer: IncrementalPdfFileWriter, material: Material) -> None:
    """Put into the security store what is not there yet."""
    from asn1crypto import crl, ocsp
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in material.certificates],
        crls=[crl.CertificateList.load(c.public_bytes(Encoding.DER)) for c in material.crls],
        ocsps=[ocsp.OCSPResponse.load(o) for o in material.ocsps],
    )


def _checked(pdf: bytes, stamped: bytes) -> bytes:
    """The stamped file, after a look at all its signatures with other eyes: nothing leaves that would not verify."""
    if problems := inspect(stamped, Trust.none).faults:
        raise Refused(f"the file would not verify with this time stamp: {problems[0]}", hint="start from the unsigned file again")
    if not stamped.startswith(pdf):
        raise AssertionError("a time stamp changed the bytes it is over")
    return stamped
