"""The one form of an RFC 3161 token that csvgen believes, and its signature.

CMS has room for bytes that nobody signed (see `profile`), so a token is built again from its protected parts and compared: one
signer, signed attributes only, certificates that a digest or an issuer's signature is over, algorithms from a closed list. What
stays open are two spellings of the same algorithm: parameters absent or NULL (RFC 5754), and the two names of RSA.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from csvgen.crypto.der import INTEGER, OCTETS, SEQUENCE, SET, TAG_0, body, der, inside, values
from csvgen.crypto.profile import OutsideProfile

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_CERTIFICATE_IDS = {
    bytes.fromhex("060b2a864886f70d010910020c"): "sha1",
    bytes.fromhex("060b2a864886f70d010910022f"): "sha256",
}
"""signingCertificate (RFC 3161, 2.4.2) and signingCertificateV2 (RFC 5816): attribute -> digest that stands unsaid."""

_NULL = bytes.fromhex("0500")
_DIGESTS = {
    bytes.fromhex("0609608648016503040201"): "sha256",
    bytes.fromhex("0609608648016503040202"): "sha384",
    bytes.fromhex("0609608648016503040203"): "sha512",
}
_SCHEMES = {
    "sha256": (bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06082a8648ce3d040302")),
    "sha384": (bytes.fromhex("06092a864886f70d01010c"), bytes.fromhex("06082a8648ce3d040303")),
    "sha512": (bytes.fromhex("06092a864886f70d01010d"), bytes.fromhex("06082a8648ce3d040304")),
}
"""Digest -> RSA (PKCS #1 v1.5) and ECDSA with it."""
_HASHES: dict[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_RSA = bytes.fromhex("06092a864886f70d010101")
"""RSA, the digest left to the field beside it."""
_V1, _V3 = der(INTEGER, b"\x01"), der(INTEGER, b"\x03")


@dataclass(frozen=True, slots=True)
class Token:
    """The protected parts of a token. Whether root, time and data fit is for `timestamps` to say."""

    authority: x509.Certificate
    others: tuple[x509.Certificate, ...]
    """Certificates that came along."""
    info: bytes
    """TSTInfo, DER: what is signed."""
    digest: str
    """Its digest algorithm, as hashlib calls it."""
    stated: bytes
    """Digest of `info` as the signed attributes tell it."""
    attributes: bytes
    """Signed attributes as they are signed: a DER SET (RFC 5652, 5.4)."""
    value: bytes
    spelled: tuple[bytes, bytes, tuple[bytes, ...]]
    """How digest, signature algorithm and certificates are written in this token, DER."""

    @property
    def plain(self) -> tuple[bytes, bytes, tuple[bytes, ...]]:
        """The one spelling without a choice: no parameters but RSA's NULL, the certificate of the authority alone."""
        kind = next(k for k, name in _DIGESTS.items() if name == self.digest)
        rsa_scheme, ecdsa_scheme = _SCHEMES[self.digest]
        is_rsa = isinstance(self.authority.public_key(), rsa.RSAPublicKey)
        algorithm = der(SEQUENCE, rsa_scheme, _NULL) if is_rsa else der(SEQUENCE, ecdsa_scheme)
        return der(SEQUENCE, kind), algorithm, (self.authority.public_bytes(Encoding.DER),)


def take_apart(data: bytes, *, padded: bool = False) -> Token:
    """The protected parts of any token (DER; with `padded`, zero bytes behind), whatever unprotected bytes stand beside them.

    Raises OutsideProfile for what is no token, or one whose signature no closed list knows.
    """
    try:
        return _taken_apart(data, padded=padded)
    except OutsideProfile:
        raise
    except Exception as problem:  # noqa: BLE001 - a damaged structure can fail anywhere inside the ASN.1 library
        raise OutsideProfile(f"a structure that cannot be read ({type(problem).__name__})") from None


def read_token(data: bytes) -> Token:
    """Take a token apart in which every byte is accounted for. Raises OutsideProfile."""
    token = take_apart(data)
    if data != container(token, token.spelled):
        raise OutsideProfile("bytes that nobody signed")
    return token


def container(token: Token, spelling: tuple[bytes, bytes, tuple[bytes, ...]]) -> bytes:
    """The token built around its protected parts, without anything unsigned, in the given spelling (see `Token.spelled`)."""
    digest, algorithm, certificates = spelling
    _, serial, _, issuer, *_ = inside(inside(token.authority.public_bytes(Encoding.DER))[0])
    signed = der(TAG_0, *inside(token.attributes))
    signer = der(SEQUENCE, _V1, der(SEQUENCE, issuer, serial), digest, signed, algorithm, der(OCTETS, token.value))
    content = der(SEQUENCE, _TST_INFO, der(TAG_0, der(OCTETS, token.info)))
    parts = der(SEQUENCE, _V3, der(SET, digest), content, der(TAG_0, *map(_certificate, certificates)), der(SET, signer))
    return der(SEQUENCE, _SIGNED_DATA, der(TAG_0, parts))


def _taken_apart(data: bytes, *, padded: bool) -> Token:
    (whole,) = values(data, padded=padded)
    kind, explicit = inside(whole)
    (signed_data,) = inside(explicit)
    _, _, content, *rest = inside(signed_data)
    certificates = tuple(c for part in rest if part[0] == TAG_0 for c in inside(part))
    (signer,) = inside(rest[-1])
    _, _, digest, attributes, algorithm, value, *_ = inside(signer)
    content_kind, explicit_info = inside(content)
    (info,) = inside(explicit_info)
    if (kind, content_kind, info[0]) != (_SIGNED_DATA, _TST_INFO, OCTETS):
        raise OutsideProfile("something else than a time-stamp token")
    named = _attributes(attributes)
    leaf = _signed_with(named, certificates)
    return Token(
        authority=x509.load_der_x509_certificate(leaf),
        others=tuple(x509.load_der_x509_certificate(c) for c in certificates if c != leaf and c[0] == SEQUENCE),
        info=body(info),
        digest=_known(digest, algorithm),
        stated=body(named[_MESSAGE_DIGEST]),
        attributes=der(SET, *inside(attributes)),
        value=body(value),
        spelled=(digest, algorithm, certificates),
    )


def check_signature(token: Token) -> None:
    """The mathematics alone. Raises OutsideProfile or InvalidSignature."""
    if hashlib.new(token.digest, token.info).digest() != token.stated:
        raise OutsideProfile("another time than the one that was signed")
    key, digest = token.authority.public_key(), _HASHES[token.digest]
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(token.value, token.attributes, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(token.value, token.attributes, ec.ECDSA(digest))
    else:
        raise OutsideProfile("a key that is neither RSA nor ECDSA")


def _certificate(raw: bytes) -> bytes:
    """A certificate built again from what its issuer signed: the outer algorithm is the inner one, no unused bits."""
    content, _, value = inside(raw)
    algorithm = inside(content)[2]
    return der(SEQUENCE, content, algorithm, der(value[0], b"\x00" + body(value)[1:]))


def _attributes(attributes: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for attribute in inside(attributes):
        kind, content = inside(attribute)
        if kind in found:
            raise OutsideProfile("a signed attribute that stands there twice")
        (found[kind],) = inside(content)
    if found.get(_CONTENT_TYPE) != _TST_INFO or _MESSAGE_DIGEST not in found:
        raise OutsideProfile("a signature over something else than a time")
    return found


def _signed_with(attributes: dict[bytes, bytes], certificates: Iterable[bytes]) -> bytes:
    """The certificate that the signed attributes name by digest."""
    named = [(kind, attributes[kind]) for kind in _CERTIFICATE_IDS if kind in attributes]
    if not named:
        raise OutsideProfile("a signature that does not name its certificate")
    kind, value = named[-1]
    digest_name = _CERTIFICATE_IDS[kind]
    first = inside(inside(inside(value)[0])[0])
    if first[0][0] == SEQUENCE:  # the digest is named, not left to the default
        digest_name, first = _DIGESTS[inside(first[0])[0]], first[1:]
    for certificate in certificates:
        if hashlib.new(digest_name, certificate, usedforsecurity=False).digest() == body(first[0]):
            return certificate
    raise OutsideProfile("a certificate other than the one signed with")


def _known(digest: bytes, algorithm: bytes) -> str:
    """Name of the digest. Digest and signature algorithm come from a closed list, their parameters absent or NULL (RFC 5754)."""
    (kind, *parameters), (scheme, *more) = inside(digest), inside(algorithm)
    if kind not in _DIGESTS or parameters not in ([], [_NULL]) or digest != der(SEQUENCE, kind, *parameters):
        raise OutsideProfile("another digest than SHA-256, SHA-384 or SHA-512")
    rsa_scheme, ecdsa_scheme = _SCHEMES[_DIGESTS[kind]]
    fits = (scheme in {rsa_scheme, _RSA} and more in ([], [_NULL])) or (scheme == ecdsa_scheme and not more)
    if not fits or algorithm != der(SEQUENCE, scheme, *more):
        raise OutsideProfile("another signature algorithm than RSA or ECDSA")
    return _DIGESTS[kind]
