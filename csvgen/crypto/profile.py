"""The one form of CMS that csvgen believes, beside a record or inside a PDF, and nothing beside it.

A CMS has room for bytes that no signature protects: copies of certificates, unsigned attributes, padding. Of random
changes there, pyHanko and poppler each notice about one in three. In this profile every byte of the container is signed,
part of the certificate (which a signed attribute binds whole), or a constant, so that no byte can change unseen. A
signature outside the profile may still be a good one; it is reported as such a problem, never passed in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from csvgen.crypto.der import OCTETS, SEQUENCE, SET, TAG_0, body, der, inside, values
from csvgen.crypto.keys import Algorithm, algorithm
from csvgen.errors import Refused

DETACHED = ("cms_algorithm_protection", "content_type", "message_digest", "signing_certificate_v2", "signing_time")
"""Signed attributes of a record's signature: CAdES-BES (ETSI EN 319 122-1) with the claimed time."""

PADES = ("content_type", "message_digest", "signing_certificate_v2")
"""Signed attributes inside a PDF: PAdES B-B (ETSI EN 319 142-1), where the time stands in the signature dictionary."""

_NAMES = {
    "06092a864886f70d010903": "content_type",
    "06092a864886f70d010904": "message_digest",
    "06092a864886f70d010905": "signing_time",
    "06092a864886f70d010934": "cms_algorithm_protection",
    "060b2a864886f70d010910022f": "signing_certificate_v2",
}
"""DER of the identifier -> name. asn1crypto's own table is not used: pyHanko adds to it, and a table used before is fixed."""

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("300b06092a864886f70d010701")
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_SIGNATURE = {
    Algorithm.ECDSA_P256: _ECDSA_SHA256,
    Algorithm.ECDSA_P384: _ECDSA_SHA256,
    Algorithm.RSA: bytes.fromhex("300d06092a864886f70d01010b0500"),  # sha256WithRSAEncryption (RFC 4055, 5)
}
"""The one spelling of the signature algorithm for each kind of key."""
_VERSION_1 = bytes.fromhex("020101")


class OutsideProfile(ValueError):
    """The container holds something that is neither constant nor protected. The text says what."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The three protected parts of a signature. Whether they belong together is for the mathematics to say."""

    certificate: bytes
    """DER."""
    signed: bytes
    """The signed attributes as they are signed: a DER SET (RFC 5652, 5.4)."""
    attributes: Mapping[str, bytes]
    """Name of each signed attribute -> its one value, DER."""
    value: bytes
    """Signature over `signed`: ECDSA in DER, or RSA PKCS#1 v1.5."""


def outside_profile(contents: bytes, attributes: tuple[str, ...], *, padded: bool = False) -> str:
    """What in a signature (DER; with `padded`, zero bytes behind) is neither constant nor protected, or an empty string."""
    try:
        parts(contents, attributes, padded=padded)
    except OutsideProfile as problem:
        return str(problem)
    return ""


def parts(contents: bytes, attributes: tuple[str, ...], *, padded: bool = False) -> Parts:
    """Read the protected parts, build the container around them once more, and compare. Raises OutsideProfile."""
    try:
        return _parts(contents, attributes, padded=padded)
    except OutsideProfile:
        raise
    except Refused as problem:
        raise OutsideProfile(problem.message) from None
    except Exception as problem:  # noqa: BLE001 - a damaged structure can fail anywhere inside the ASN.1 library
        raise OutsideProfile(f"a structure that cannot be read ({type(problem).__name__})") from None


def _parts(contents: bytes, wanted: tuple[str, ...], *, padded: bool) -> Parts:
    (whole,) = values(contents, padded=padded)
    _, explicit = inside(whole)
    (signed_data,) = inside(explicit)
    _, _, _, certificates, signers = inside(signed_data)
    if len(inside(certificates)) != 1 or len(inside(signers)) != 1:
        raise OutsideProfile("not exactly one signer with one certificate")
    (certificate,) = inside(certificates)
    (signer,) = inside(signers)
    _, _, _, attributes, _, value = inside(signer)
    found = _attributes(attributes)
    if tuple(sorted(found)) != wanted or len(inside(attributes)) != len(wanted):
        raise OutsideProfile("other signed attributes")
    if _certificate_hash(found["signing_certificate_v2"]) != hashlib.sha256(certificate).digest():
        raise OutsideProfile("a certificate other than the one signed with")
    _, serial, _, issuer, *_ = inside(inside(certificate)[0])
    signature = _SIGNATURE[algorithm(x509.load_der_x509_certificate(certificate))]
    if "cms_algorithm_protection" in found and found["cms_algorithm_protection"] != der(
        SEQUENCE, _SHA256, b"\xa1" + signature[1:]
    ):
        raise OutsideProfile("other algorithms than those it was signed with")
    signed, made = der(TAG_0, *inside(attributes)), der(OCTETS, body(value))
    again = _container(certificate, der(SEQUENCE, issuer, serial), signed, signature, made)
    if padded:
        again = again.ljust(len(contents), b"\0")
    if contents != again:
        raise OutsideProfile("bytes that nobody signed")
    return Parts(certificate, der(SET, *inside(attributes)), found, body(value))


def _container(certificate: bytes, issuer_and_serial: bytes, attributes: bytes, signature: bytes, value: bytes) -> bytes:
    """The one container these parts can have."""
    signer = der(SEQUENCE, _VERSION_1, issuer_and_serial, _SHA256, attributes, signature, value)
    signed = der(SEQUENCE, _VERSION_1, der(SET, _SHA256), _DATA, der(TAG_0, certificate), der(SET, signer))
    return der(SEQUENCE, _SIGNED_DATA, der(TAG_0, signed))


def _attributes(attributes: bytes) -> dict[str, bytes]:
    found = {}
    for attribute in inside(attributes):
        kind, found_values = inside(attribute)
        if len(inside(found_values)) != 1:
            raise OutsideProfile("a signed attribute without exactly one value")
        found[_NAMES.get(kind.hex(), kind.hex())] = inside(found_values)[0]
    return found


def _certificate_hash(value: bytes) -> bytes:
    """SHA-256 in a signing-certificate-v2 attribute (RFC 5035, 4); the default hash algorithm is the one that stands unsaid."""
    (certificates,) = inside(value)
    (identifier,) = inside(certificates)
    first = inside(identifier)[0]
    return body(first) if first[0] == OCTETS else b""
