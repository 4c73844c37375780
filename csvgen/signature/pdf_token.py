"""A time-stamp token as it stands in a PDF: the protected parts of what an authority gave, and nothing beside them.

A token of RFC 3161 is a CMS with the same room for bytes that nobody signed as any other (see `crypto.profile`): copies of
certificates, unsigned attributes, several spellings of one algorithm. Inside a PDF nothing else protects the last token, so
before it is put there it is built anew from what its signature protects, with one spelling for the rest; certificates of the
authorities above go into the security store, which the token is over. The result is an ordinary token, and read back it has to
be this one container to the last byte.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from csvgen.crypto.certificates import common_name
from csvgen.crypto.der import OCTETS, OID, SEQUENCE, SET, TAG_0, body, der, inside, values
from csvgen.crypto.profile import OutsideProfile

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_CERTIFICATE_V1 = bytes.fromhex("060b2a864886f70d010910020c")
_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
_VERSION_1, _VERSION_3 = bytes.fromhex("020101"), bytes.fromhex("020103")
_NULL = bytes.fromhex("0500")
_SHA256 = bytes.fromhex("0609608648016503040201")
_DIGESTS = {
    _SHA256: ("sha256", hashes.SHA256(), b"\x0b", b"\x02"),
    bytes.fromhex("0609608648016503040202"): ("sha384", hashes.SHA384(), b"\x0c", b"\x03"),
    bytes.fromhex("0609608648016503040203"): ("sha512", hashes.SHA512(), b"\x0d", b"\x04"),
}
"""Identifier of a digest -> its name, the function, and the last bytes of the RSA and ECDSA algorithms that go with it (RFC 5754)."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says, in a container without an unprotected byte. Whether anybody believes its authority is not asked here."""

    container: bytes
    """DER of the one container these parts can have."""
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    """Certificates the authority sent along; they are no part of `container`."""
    moment: dt.datetime
    """UTC."""
    imprint: bytes
    """SHA-256 of the bytes the token is over."""
    accuracy: dt.timedelta
    valid: bool
    """The signature value is this certificate's over this time."""

    @property
    def authority(self) -> str:
        """Name of the authority by its certificate."""
        return common_name(self.certificate) or self.certificate.subject.rfc4514_string()


def read_token(token: bytes, *, padded: bool = False) -> Token:
    """Read a token (DER; with `padded`, zero bytes behind). Raises OutsideProfile for what is none, or of another kind."""
    try:
        return _read(token, padded=padded)
    except OutsideProfile:
        raise
    except Exception as problem:  # noqa: BLE001 - a damaged structure can fail anywhere inside the ASN.1 library
        raise OutsideProfile(f"a structure that cannot be read ({type(problem).__name__})") from None


def strict_token(contents: bytes) -> Token:
    """The token in /Contents of a document time stamp. Raises OutsideProfile when a byte of it is neither constant nor protected."""
    found = read_token(contents, padded=True)
    if contents != found.container.ljust(len(contents), b"\0"):
        raise OutsideProfile("bytes that nobody signed")
    return found


def _read(token: bytes, *, padded: bool) -> Token:
    (whole,) = values(token, padded=padded)
    kind, explicit = inside(whole)
    (signed_data,) = inside(explicit)
    _, _, content, *rest = inside(signed_data)
    certificates = [c for part in rest if part[0] == TAG_0 for c in inside(part)]
    content_kind, explicit_info = inside(content)
    (octets,) = inside(explicit_info)
    info = body(octets)
    (signer,) = inside(rest[-1])
    _, _, digest, attributes, _, value, *_ = inside(signer)
    if (kind, content_kind, octets[0]) != (_SIGNED_DATA, _TST_INFO, OCTETS):
        raise OutsideProfile("something else than a time-stamp token")
    found = _attributes(attributes)
    certificate = _signed_with(found, certificates)
    read = x509.load_der_x509_certificate(certificate)
    named = inside(digest)[0]
    if named not in _DIGESTS:
        raise OutsideProfile("another digest than SHA-256, SHA-384 or SHA-512")
    moment, imprint, accuracy = _told(info)
    signed = der(SET, *inside(attributes))
    return Token(
        container=_container(certificate, info, attributes, named, _algorithm(read, named), body(value)),
        certificate=read,
        others=tuple(x509.load_der_x509_certificate(c) for c in certificates if c != certificate and c[0] == SEQUENCE),
        moment=moment,
        imprint=imprint,
        accuracy=accuracy,
        valid=_holds(read, named, found, info, signed, body(value)),
    )


def _container(certificate: bytes, info: bytes, attributes: bytes, digest: bytes, algorithm: bytes, value: bytes) -> bytes:
    _, serial, _, issuer, *_ = inside(inside(certificate)[0])
    digest = der(SEQUENCE, digest)
    issuer_and_serial, signed = der(SEQUENCE, issuer, serial), der(TAG_0, *inside(attributes))
    signer = der(SEQUENCE, _VERSION_1, issuer_and_serial, digest, signed, algorithm, der(OCTETS, value))
    content = der(SEQUENCE, _TST_INFO, der(TAG_0, der(OCTETS, info)))
    data = der(SEQUENCE, _VERSION_3, der(SET, digest), content, der(TAG_0, certificate), der(SET, signer))
    return der(SEQUENCE, _SIGNED_DATA, der(TAG_0, data))


def _attributes(attributes: bytes) -> dict[bytes, bytes]:
    """Identifier of each signed attribute -> its one value."""
    found: dict[bytes, bytes] = {}
    for attribute in inside(attributes):
        kind, content = inside(attribute)
        if kind in found:
            raise OutsideProfile("a signed attribute that stands there twice")
        (found[kind],) = inside(content)
    if found.get(_CONTENT_TYPE) != _TST_INFO:
        raise OutsideProfile("a signature over something else than a time")
    return found


def _signed_with(attributes: dict[bytes, bytes], certificates: list[bytes]) -> bytes:
    """The certificate that the signed attributes name by digest (RFC 3161, 2.4.2; RFC 5816)."""
    v2 = _CERTIFICATE_V2 in attributes
    if not v2 and _CERTIFICATE_V1 not in attributes:
        raise OutsideProfile("a signature that does not name its certificate")
    first = inside(inside(inside(attributes[_CERTIFICATE_V2 if v2 else _CERTIFICATE_V1])[0])[0])
    name = "sha256" if v2 else "sha1"
    if v2 and first[0][0] == SEQUENCE:  # the digest is named, not left to the default
        name, first = _DIGESTS[inside(first[0])[0]][0], first[1:]
    for certificate in certificates:
        if hashlib.new(name, certificate, usedforsecurity=False).digest() == body(first[0]):
            return certificate
    raise OutsideProfile("a certificate other than the one signed with")


def _algorithm(certificate: x509.Certificate, digest: bytes) -> bytes:
    """The one spelling of the signature algorithm of this key with this digest."""
    _, _, rsa_end, ecdsa_end = _DIGESTS[digest]
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return der(SEQUENCE, der(OID, bytes.fromhex("2a864886f70d0101") + rsa_end), _NULL)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return der(SEQUENCE, der(OID, bytes.fromhex("2a8648ce3d0403") + ecdsa_end))
    raise OutsideProfile("another key than RSA or ECDSA")


def _told(info: bytes) -> tuple[dt.datetime, bytes, dt.timedelta]:
    """Time, digest and accuracy in the TSTInfo (RFC 3161, 2.4.2)."""
    from asn1crypto import tsp

    read = tsp.TSTInfo.load(info, strict=True)
    imprint = read["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].dotted != "2.16.840.1.101.3.4.2.1":
        raise OutsideProfile("a time stamp that is not over a SHA-256")
    accuracy = read["accuracy"].native or {}
    off = dt.timedelta(
        seconds=accuracy.get("seconds") or 0,
        milliseconds=accuracy.get("millis") or 0,
        microseconds=accuracy.get("micros") or 0,
    )
    moment: dt.datetime = read["gen_time"].native
    return moment.astimezone(dt.UTC), bytes(imprint["hashed_message"].native), off


def _holds(
    certificate: x509.Certificate, digest: bytes, attributes: dict[bytes, bytes], info: bytes, signed: bytes, value: bytes
) -> bool:
    """Whether digest and signature value are right."""
    name, function, _, _ = _DIGESTS[digest]
    named = attributes.get(_MESSAGE_DIGEST)
    if named is None or body(named) != hashlib.new(name, info).digest():
        return False
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, signed, padding.PKCS1v15(), function)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, signed, ec.ECDSA(function))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
