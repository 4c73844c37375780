"""XML signatures (W3C XMLDSig core) in the one profile csvgen makes and believes: ECDSA or RSA, SHA-256, Canonical XML 1.0.

Any other algorithm is reported as unsupported, which is not the same as broken, and never the same as valid.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from csvgen.crypto import keys
from csvgen.crypto.keys import Algorithm, Credential
from csvgen.errors import NotIntact, Refused
from csvgen.signature import xml
from csvgen.signature.xml import Element

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
OBJECT = f"{xml.DS}Object"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
RELATIONSHIP_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"


def encode(data: bytes) -> str:
    """Base64 on one line."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str, what: str) -> bytes:
    """Base64 in its one spelling, but for white space, as XML tools break lines. Raises NotIntact."""
    packed = "".join(text.split())
    try:
        data = base64.b64decode(packed.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if encode(data) != packed:
        raise NotIntact(f"{what} is not base64")
    return data


def add_reference(
    parent: Element, uri: str, sha256: bytes, *, kind: str = "", canonical: bool = False, relationships: Sequence[str] = ()
) -> None:
    """Append a Reference to content with this SHA-256 (32 bytes).

    `canonical` says that the content was in canonical form; `relationships` names the ids the relationships transform keeps.
    """
    reference = xml.add(parent, "Reference", **({"Type": kind} if kind else {}), URI=uri)
    if canonical or relationships:
        transforms = xml.add(reference, "Transforms")
        if relationships:
            chosen = xml.add(transforms, "Transform", Algorithm=RELATIONSHIP_TRANSFORM)
            for name in relationships:
                xml.add(
                    chosen, "RelationshipReference", namespace=xml.PACKAGE_SIGNATURE, prefix="mdssi", SourceId=name
                )  # each declares its namespace itself, as Office writes it
        xml.add(transforms, "Transform", Algorithm=C14N)
    xml.add(reference, "DigestMethod", Algorithm=SHA256)
    xml.add(reference, "DigestValue", encode(sha256))


def digest_holds(reference: Element, sha256: bytes) -> bool:
    """Whether a Reference is to content with this SHA-256. Raises NotIntact for another digest than SHA-256."""
    methods, values = xml.children(reference, xml.DS, "DigestMethod"), xml.children(reference, xml.DS, "DigestValue")
    if len(methods) != 1 or len(values) != 1 or methods[0].get("Algorithm") != SHA256:
        raise NotIntact(f"the reference to {reference.get('URI')!r} uses an unsupported digest")
    return decode(values[0].text or "", "a digest") == sha256


def transforms(reference: Element) -> list[str]:
    """Algorithms of the transforms of a Reference, in order."""
    found = [t for group in xml.children(reference, xml.DS, "Transforms") for t in xml.children(group, xml.DS, "Transform")]
    return [t.get("Algorithm", "") for t in found]


def method(certificate: x509.Certificate) -> str:
    """The signature algorithm of a certificate's key. Raises NotIntact for a key that is not supported."""
    try:
        return RSA if keys.algorithm(certificate) is Algorithm.RSA else ECDSA
    except Refused as problem:
        raise NotIntact(f"not supported: {problem.message}") from None


def sign_value(signed_info: Element, credential: Credential) -> str:
    """The signature over SignedInfo as XMLDSig wants it: of ECDSA the two numbers side by side, not DER (RFC 4050, 3.3)."""
    made, size = credential.sign(xml.canonical(signed_info)), _size(credential.certificate)
    if not size:
        return encode(made)
    r, s = decode_dss_signature(made)
    return encode(r.to_bytes(size, "big") + s.to_bytes(size, "big"))


def value_holds(signed_info: Element, value: str, certificate: x509.Certificate) -> bool:
    """Whether `value` is this certificate's signature over SignedInfo. Raises NotIntact for an unsupported algorithm."""
    if [e.get("Algorithm") for e in xml.elements(signed_info)[:2]] != [C14N, method(certificate)]:
        raise NotIntact("the signature uses an algorithm that is not supported here: SHA-256 with the signer's kind of key is")
    raw, size = decode(value, "the signature value"), _size(certificate)
    if size:
        if len(raw) != 2 * size:
            return False
        raw = encode_dss_signature(int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big"))
    return keys.signed_by(certificate, xml.canonical(signed_info), raw)


def _size(certificate: x509.Certificate) -> int:
    """Bytes of each of the two numbers of an ECDSA signature; 0 for RSA."""
    key = certificate.public_key()
    return (key.curve.key_size + 7) // 8 if isinstance(key, ec.EllipticCurvePublicKey) else 0
