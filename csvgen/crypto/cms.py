"""Detached CMS signatures (RFC 5652 with CAdES-BES attributes) over exact bytes.

CMS rather than JWS for JSON records, because an inspector can check it with tools found everywhere and nothing of ours:

    openssl cms -verify -binary -inform DER -in 01-someone.p7s -content 01-someone.json -CAfile root.pem -purpose any

pyHanko builds and checks the structures. On top of its check stands a strict profile: one signer, one certificate,
SHA-256 with ECDSA, no unsigned attribute, DER only. In that profile every byte of the file is either signed, part of a
certificate, or a constant, so that no byte can change unseen.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from csvgen.crypto.keys import Credential
from csvgen.errors import NotIntact

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner


@dataclass(frozen=True)
class Signer:
    """Who signed, as far as mathematics can tell; trust is a question of its own (`certificates.trusted`)."""

    certificate: x509.Certificate
    claimed: dt.datetime
    """Signing time as claimed inside the signature. Only a time stamp by somebody else would prove it."""


def simple_signer(credential: Credential) -> SimpleSigner:
    """The credential as pyHanko wants it; shared with the PDF signatures."""
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    registry = SimpleCertificateStore()
    registry.register_multiple([asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in credential.chain])
    key = credential.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(credential.certificate.public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=registry,
        embed_roots=False,
    )


def sign(data: bytes, credential: Credential, moment: dt.datetime) -> bytes:
    """A detached CMS (DER) over `data`, with `moment` (to the second) as the claimed signing time."""
    from pyhanko.sign.ades.api import CAdESSignedAttrSpec
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    settings = PdfCMSSignedAttributes(signing_time=moment.replace(microsecond=0), cades_signed_attrs=CAdESSignedAttrSpec())
    signer = simple_signer(Credential(credential.key, credential.certificate))
    made = asyncio.run(signer.async_sign_general_data(data, "sha256", detached=True, signed_attr_settings=settings))
    return bytes(made.dump())


def verify(data: bytes, signature: bytes, where: str) -> Signer:
    """Check a detached signature over `data`. Raises NotIntact for anything outside the profile or not signed so."""
    from asn1crypto import cms
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    try:
        info = cms.ContentInfo.load(signature, strict=True)
        signed = info["content"]
        odd = _outside_profile(info, signed)
        if odd:
            raise NotIntact(f"the signature file is outside the profile: {odd}", where=where)
        signer_info = signed["signer_infos"][0]
        certificate = signed["certificates"][0].chosen
        intact, valid = validate_sig_integrity(
            signer_info, certificate, expected_content_type="data", actual_digest=hashlib.sha256(data).digest()
        )
        attributes = {a["type"].native: a["values"] for a in signer_info["signed_attrs"]}
        claimed = attributes["signing_time"][0].native
        loaded = x509.load_der_x509_certificate(certificate.dump())
    except NotIntact:
        raise
    except Exception as problem:  # a damaged file can fail anywhere inside the ASN.1 library
        raise NotIntact(f"the signature file cannot be read ({type(problem).__name__})", where=where) from None
    if not intact:
        raise NotIntact("the signed record was changed: its digest is not the one that was signed", where=where)
    if not valid:
        raise NotIntact("the signature value does not belong to this signer and record", where=where)
    return Signer(loaded, claimed)


_ATTRIBUTES = ["cms_algorithm_protection", "content_type", "message_digest", "signing_certificate_v2", "signing_time"]


def _outside_profile(info: Any, signed: Any) -> str:
    """What in the structure is neither constant nor protected, or an empty string.

    The structure is built a second time from its three protected parts (certificate, signed attributes, value) and must
    give the very same bytes. The certificate is bound whole by the signed attribute signing-certificate-v2.
    """
    from asn1crypto import cms

    if info["content_type"].native != "signed_data":
        return "not signed data"
    certificates, signers = signed["certificates"], signed["signer_infos"]
    if len(signers) != 1 or len(certificates) != 1 or certificates[0].name != "certificate":
        return "not exactly one signer with one certificate"
    signer, certificate = signers[0], certificates[0].chosen
    by_type = {a["type"].native: a["values"] for a in signer["signed_attrs"]}
    if sorted(by_type) != _ATTRIBUTES or len(signer["signed_attrs"]) != len(_ATTRIBUTES):
        return "signed attributes"
    if by_type["signing_certificate_v2"][0]["certs"][0]["cert_hash"].native != hashlib.sha256(certificate.dump()).digest():
        return "signing certificate"
    sha256 = {"algorithm": "sha256"}
    issuer_and_serial = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    signer_again = _settled(
        cms.SignerInfo,
        version="v1",
        sid={"issuer_and_serial_number": issuer_and_serial},
        digest_algorithm=sha256,
        signed_attrs=signer["signed_attrs"],
        signature_algorithm={"algorithm": "sha256_ecdsa"},
        signature=signer["signature"],
    )
    signed_again = _settled(
        cms.SignedData,
        version="v1",
        digest_algorithms=[sha256],
        encap_content_info={"content_type": "data"},
        certificates=[certificate],
        signer_infos=[signer_again],
    )
    again = cms.ContentInfo({"content_type": "signed_data", "content": signed_again}).dump()
    return "" if again == info.dump() else "encoding"


def _settled(kind: Any, **fields: Any) -> Any:
    """Encode and read back: a value asn1crypto still holds as changed is encoded anew, with all its children, at every look."""
    return kind.load(kind(fields).dump())
