"""Detached CMS signatures (RFC 5652 with CAdES-BES attributes) over exact bytes.

CMS rather than JWS for JSON records, because an inspector can check it with tools found everywhere and nothing of ours:

    openssl cms -verify -binary -inform DER -in 01-someone.p7s -content 01-someone.json -CAfile root.pem -purpose any

pyHanko builds the structures. They are read back in one strict profile (`profile`): one signer, one certificate, SHA-256,
no unsigned attribute, DER only; what is left to check then is one digest and one signature value.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from csvgen.crypto.der import body
from csvgen.crypto.keys import Credential, signed_by
from csvgen.crypto.profile import DETACHED, OutsideProfile, parts
from csvgen.errors import NotIntact

_DATA = bytes.fromhex("06092a864886f70d010701")
"""Content type of a signature over plain data."""
_LONGEST_VALUE = 1024
"""Bytes of a signature by the longest key accepted (RSA, 8192 bits): what room has to be kept for."""

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer as SigningHand


@dataclass(frozen=True)
class Signer:
    """Who signed, as far as mathematics can tell; trust is a question of its own (`trust.Trust`)."""

    certificate: x509.Certificate
    claimed: dt.datetime
    """Signing time as claimed inside the signature. Only a time stamp by somebody else would prove it."""


def simple_signer(credential: Credential) -> SigningHand:
    """The credential as pyHanko wants it; shared with the PDF signatures. The key stays where it is."""
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.signers import Signer as SigningHand
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class Hand(SigningHand):
        """Hands what is to be signed to the credential: it may be a token."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            if digest_algorithm != "sha256":
                raise AssertionError("every signature here is over SHA-256")
            return bytes(_LONGEST_VALUE) if dry_run else credential.sign(data)

    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple([asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in credential.chain])
    certificate = asn1_x509.Certificate.load(credential.certificate.public_bytes(Encoding.DER))
    return Hand(signing_cert=certificate, cert_registry=registry, embed_roots=False)


def load_library() -> None:
    """Load pyHanko now, while a person types, rather than when they wait for their signature."""
    import pyhanko.sign.signers  # noqa: F401


def sign(data: bytes, credential: Credential, moment: dt.datetime) -> bytes:
    """A detached CMS (DER) over `data`, with `moment` (to the second) as the claimed signing time."""
    from pyhanko.sign.ades.api import CAdESSignedAttrSpec
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    settings = PdfCMSSignedAttributes(signing_time=moment.replace(microsecond=0), cades_signed_attrs=CAdESSignedAttrSpec())
    signer = simple_signer(Credential(credential.holder, credential.certificate))
    made = asyncio.run(signer.async_sign_general_data(data, "sha256", detached=True, signed_attr_settings=settings))
    return bytes(made.dump())


def verify(data: bytes, signature: bytes, where: str) -> Signer:
    """Check a detached signature over `data`. Raises NotIntact for anything outside the profile or not signed so."""
    from asn1crypto import core

    try:
        found = parts(signature, DETACHED)
        certificate = x509.load_der_x509_certificate(found.certificate)
        claimed = core.load(found.attributes["signing_time"], strict=True).native
    except OutsideProfile as odd:
        raise NotIntact(f"the signature file is outside the profile: {odd}", where=where) from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise NotIntact(f"the signature file cannot be read ({type(problem).__name__})", where=where) from None
    if not isinstance(claimed, dt.datetime):
        raise NotIntact("the claimed signing time is no time", where=where)
    if found.attributes["content_type"] != _DATA or body(found.attributes["message_digest"]) != hashlib.sha256(data).digest():
        raise NotIntact("the signed record was changed: its digest is not the one that was signed", where=where)
    if not signed_by(certificate, found.signed, found.value):
        raise NotIntact("the signature value does not belong to this signer and record", where=where)
    return Signer(certificate, claimed)
