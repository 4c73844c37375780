"""The one form of CMS that csvgen believes, beside a record or inside a PDF, and nothing beside it.

A CMS has room for bytes that no signature protects: copies of certificates, unsigned attributes, padding. Of random
changes there, pyHanko and poppler each notice about one in three. In this profile every byte of the container is signed,
part of the certificate (which a signed attribute binds whole), or a constant, so that no byte can change unseen. A
signature outside the profile may still be a good one; it is reported as such a problem, never passed in silence.
"""

from __future__ import annotations

import hashlib

DETACHED = ("cms_algorithm_protection", "content_type", "message_digest", "signing_certificate_v2", "signing_time")
"""Signed attributes of a record's signature: CAdES-BES (ETSI EN 319 122-1) with the claimed time."""

PADES = ("content_type", "message_digest", "signing_certificate_v2")
"""Signed attributes inside a PDF: PAdES B-B (ETSI EN 319 142-1), where the time stands in the signature dictionary."""

_SEQUENCE, _SET, _TAG_0 = 0x30, 0x31, 0xA0
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("300b06092a864886f70d010701")
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_VERSION_1 = bytes.fromhex("020101")


def outside_profile(contents: bytes, attributes: tuple[str, ...], *, padded: bool = False) -> str:
    """What in a signature (DER; with `padded`, zero bytes behind) is neither constant nor protected, or an empty string."""
    try:
        return _outside_profile(contents, attributes, padded=padded)
    except Exception as problem:  # noqa: BLE001 - a damaged structure can fail anywhere inside the ASN.1 library
        return f"a structure that cannot be read ({type(problem).__name__})"


def _outside_profile(contents: bytes, attributes: tuple[str, ...], *, padded: bool) -> str:
    """Read the three protected parts, build the structure around them once more, and compare."""
    from asn1crypto import cms

    signed = cms.ContentInfo.load(contents)["content"]
    if len(signed["signer_infos"]) != 1 or len(signed["certificates"]) != 1:
        return "not exactly one signer with one certificate"
    signer, certificate = signed["signer_infos"][0], signed["certificates"][0].chosen
    values = {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}
    if tuple(sorted(values)) != attributes or len(signer["signed_attrs"]) != len(attributes):
        return "other signed attributes"
    der: bytes = certificate.dump()
    if values["signing_certificate_v2"][0]["certs"][0]["cert_hash"].native != hashlib.sha256(der).digest():
        return "a certificate other than the one signed with"
    subject = certificate["tbs_certificate"]
    signer_again = _der(
        _SEQUENCE,
        _VERSION_1,
        _der(_SEQUENCE, subject["issuer"].dump(), subject["serial_number"].dump()),
        _SHA256,
        signer["signed_attrs"].dump(),
        _ECDSA_SHA256,
        signer["signature"].dump(),
    )
    signed_again = _der(_SEQUENCE, _VERSION_1, _der(_SET, _SHA256), _DATA, _der(_TAG_0, der), _der(_SET, signer_again))
    again = _der(_SEQUENCE, _SIGNED_DATA, _der(_TAG_0, signed_again))
    if padded:
        again = again.ljust(len(contents), b"\0")
    return "" if contents == again else "bytes that nobody signed"


def _der(tag: int, *parts: bytes) -> bytes:
    """One DER value (X.690, 8.1 and 10.1)."""
    content = b"".join(parts)
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8 or 1, "big")
    length = size if len(content) < 0x80 else bytes([0x80 | len(size)]) + size  # noqa: PLR2004 - from here on the long form
    return bytes([tag]) + length + content
