"""XML signatures (W3C XMLDSig core) in the one profile csvgen makes and believes: ECDSA on P-256, SHA-256, Canonical XML 1.0.

Any other algorithm is reported as unsupported, which is not the same as broken, and never the same as valid.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from csvgen.crypto.keys import Credential
from csvgen.errors import NotIntact
from csvgen.signature import xml
from csvgen.signature.xml import Element

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
OBJECT = f"{xml.DS}Object"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
RELATIONSHIP_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
_SIZE = 32
"""Bytes of each of the two numbers of a P-256 signature."""


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
    parent: Element, uri: str, content: bytes, *, kind: str = "", canonical: bool = False, relationships: Sequence[str] = ()
) -> None:
    """Append a Reference with the SHA-256 of `content`.

    `canonical` says that content is in canonical form; `relationships` names the ids the relationships transform keeps.
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
    xml.add(reference, "DigestValue", encode(hashlib.sha256(content).digest()))


def digest_holds(reference: Element, content: bytes) -> bool:
    """Whether a Reference is over exactly this content. Raises NotIntact for another digest than SHA-256."""
    methods, values = xml.children(reference, xml.DS, "DigestMethod"), xml.children(reference, xml.DS, "DigestValue")
    if len(methods) != 1 or len(values) != 1 or methods[0].get("Algorithm") != SHA256:
        raise NotIntact(f"the reference to {reference.get('URI')!r} uses an unsupported digest")
    return decode(values[0].text or "", "a digest") == hashlib.sha256(content).digest()


def transforms(reference: Element) -> list[str]:
    """Algorithms of the transforms of a Reference, in order."""
    found = [t for group in xml.children(reference, xml.DS, "Transforms") for t in xml.children(group, xml.DS, "Transform")]
    return [t.get("Algorithm", "") for t in found]


def sign_value(signed_info: Element, credential: Credential) -> str:
    """The signature over SignedInfo as XMLDSig wants it: the two numbers side by side, not DER (RFC 4050, 3.3)."""
    r, s = decode_dss_signature(credential.key.sign(xml.canonical(signed_info), ec.ECDSA(hashes.SHA256())))
    return encode(r.to_bytes(_SIZE, "big") + s.to_bytes(_SIZE, "big"))


def value_holds(signed_info: Element, value: str, certificate: x509.Certificate) -> bool:
    """Whether `value` is this certificate's signature over SignedInfo. Raises NotIntact for an unsupported algorithm."""
    key = certificate.public_key()
    methods = [e.get("Algorithm") for e in xml.elements(signed_info)[:2]]
    if methods != [C14N, ECDSA] or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotIntact("the signature uses an algorithm that is not supported here (ECDSA P-256 with SHA-256 is)")
    raw = decode(value, "the signature value")
    if len(raw) != 2 * _SIZE:
        return False
    r, s = int.from_bytes(raw[:_SIZE], "big"), int.from_bytes(raw[_SIZE:], "big")
    try:
        key.verify(encode_dss_signature(r, s), xml.canonical(signed_info), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
