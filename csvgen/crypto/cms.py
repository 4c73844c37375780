"""Detached CMS signatures (RFC 5652 with CAdES-BES attributes) over exact bytes.

CMS rather than JWS for JSON records, because an inspector can check it with tools found everywhere and nothing of ours:

    openssl cms -verify -binary -inform DER -in 01-someone.p7s -content 01-someone.json -CAfile root.pem -purpose any

pyHanko builds and checks the structures. On top of its check stands a strict profile (`profile`): one signer, one
certificate, SHA-256 with ECDSA, no unsigned attribute, DER only.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from csvgen.crypto.keys import Credential
from csvgen.crypto.profile import DETACHED, outside_profile
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
        odd = outside_profile(signature, DETACHED)
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
