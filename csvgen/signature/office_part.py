"""One signature of an Office package as the XML that Word and LibreOffice read.

XMLDSig objects as in ISO/IEC 29500-2 clause 13 and [MS-OFFCRYPTO] 2.5 (package object, Office object, two pictures for a
signature line), XAdES 1.3.2 with an implied policy (EPES) as Office writes it. The order of elements is the schemas'.

The standard wants the same ids in every signature part. LibreOffice (measured: 7.4.7, 25.2.3) looks ids up over all parts
at once, so that a third signature of that form reads as invalid there. With `Order.unique_ids` the first two signatures of
a file have the ids of the standard, and each further one has them with its number behind, much as LibreOffice itself writes
them. The price: LibreOffice shows the pictures of the first two signature lines only, and a reader that insists on the ids
of the standard may not know the third signature.

Each signature also says what it stands on (`Ground`), so that no byte of a file csvgen signed is open to change.
"""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
from dataclasses import dataclass
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import Encoding

from csvgen.canonical import Digest, canonical_json, digest_bytes
from csvgen.crypto.keys import Credential
from csvgen.crypto.timestamps import TimeAuthority
from csvgen.errors import Refused
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.signature import xml, xmldsig
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.opc import Package, is_relationships
from csvgen.signature.xml import Element

SIGNATURE_ID = "idPackageSignature"
PACKAGE_OBJECT = "idPackageObject"
OFFICE_OBJECT = "idOfficeObject"
SIGNED_PROPERTIES = "idSignedProperties"
IMAGES, VALID_IMAGE, INVALID_IMAGE = "idSigLnImgs", "idValidSigLnImg", "idInvalidSigLnImg"
_BY_THE_STANDARD = 2
"""So many signatures of one file with the ids of the standard are read rightly by everyone."""
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_COMMENTS, _TEXT = 255, 100
"""[MS-OFFCRYPTO] 2.5.2.5: most characters of SignatureComments and of SignatureText."""
_NO_PROVIDER = "{00000000-0000-0000-0000-000000000000}"
_COMMITMENTS = {
    "authored": "http://uri.etsi.org/01903/v1.2.2#ProofOfCreation",
    "approved": "http://uri.etsi.org/01903/v1.2.2#ProofOfApproval",
}
"""The meanings for which Office has a commitment type of its own; any other keeps its own name, never a wrong one."""


@dataclass(frozen=True, slots=True)
class Line:
    """A visible signature line to fill: its id in the document and its two pictures (PNG)."""

    id: str
    valid: bytes
    invalid: bytes


@dataclass(frozen=True, slots=True)
class Ground:
    """What a signature of csvgen stands on, beside the parts that Office signs; signed as a qualifier of its commitment."""

    document: Digest
    """The file without any signature: all parts, document properties and content types included."""
    packing: Digest
    """How its parts are packed in the archive."""
    earlier: tuple[Digest, ...]
    """The signature parts that were there before, in their order: none of them can be taken out or moved."""
    stamped: bool
    """Whether a time stamp belongs to the signature; it cannot be signed, for it comes after, but it cannot be taken off."""

    @classmethod
    def of(cls, package: Package, earlier: tuple[str, ...], *, stamped: bool) -> Ground:
        before = tuple(digest_bytes(package.parts[part]) for part in earlier)
        return cls(package.digest_without_signatures(), package.packing(), before, stamped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be signed as what."""

    number: int
    """Which signature of the file this is, from 1."""
    package: Package
    manifestation: Manifestation
    moment: dt.datetime
    line: Line | None
    authority: TimeAuthority | None
    """Who puts a time stamp on the signature (XAdES-T), if anybody."""
    ground: Ground
    unique_ids: bool
    """Whether the third and each further signature of a file has ids of its own."""
    words: Wording = IN_ENGLISH
    """Of the language of the document."""

    @property
    def suffix(self) -> str:
        """What stands behind the ids of this signature."""
        return f"_{self.number}" if self.unique_ids and self.number > _BY_THE_STANDARD else ""

    @property
    def when(self) -> str:
        """The signing time as Office writes it: UTC, to the second."""
        return self.moment.astimezone(dt.UTC).strftime(TIME_FORMAT)


def signature_xml(order: Order, credential: Credential) -> bytes:
    """The signature part over every part of the package that can be signed.

    Raises Refused where Office's limits are exceeded, NoTimeStamp when the authority gives none.
    """
    root = xml.new(xml.DS, "Signature", Id=SIGNATURE_ID)
    info = xml.add(root, "SignedInfo")
    value = xml.add(root, "SignatureValue")
    # The signer's certificate alone, as Office writes it: there are readers which take the last one of a chain for the signer's.
    holder = xml.add(xml.add(root, "KeyInfo"), "X509Data")
    xml.add(holder, "X509Certificate", xmldsig.encode(credential.certificate.public_bytes(Encoding.DER)))

    objects = [_package_object(root, order), _office_object(root, order)]
    properties = _signed_properties(root, credential, order)
    if order.line:
        objects += _images(root, order.line, order.suffix)

    xml.add(info, "CanonicalizationMethod", Algorithm=xmldsig.C14N)
    xml.add(info, "SignatureMethod", Algorithm=xmldsig.method(credential.certificate))
    for element in objects:
        xmldsig.add_reference(info, f"#{element.get('Id')}", xml.sha256(element), kind=xmldsig.OBJECT)
    uri = f"#{properties.get('Id')}"
    xmldsig.add_reference(info, uri, xml.sha256(properties), kind=xmldsig.SIGNED_PROPERTIES, canonical=True)
    value.text = xmldsig.sign_value(info, credential)
    if order.authority:
        _add_token(properties.getparent(), order.authority.stamp(xml.canonical(value)))
    return xml.document(root)


def _add_token(holder: Element, token: bytes) -> None:
    """XAdES-T (ETSI TS 101 903, 7.3): the time stamp over SignatureValue in canonical form."""
    properties = xml.add(xml.add(holder, "UnsignedProperties"), "UnsignedSignatureProperties")
    stamp = xml.add(properties, "SignatureTimeStamp")
    xml.add(stamp, "CanonicalizationMethod", namespace=xml.DS, Algorithm=xmldsig.C14N)
    xml.add(stamp, "EncapsulatedTimeStamp", xmldsig.encode(token))


def rebuilt(info: Element, value: bytes, certificate: bytes, signed: dict[str, Element], token: bytes | None) -> bytes:
    """A signature part made anew from what is protected in it, to be compared with the one that was found.

    `value` and `token` by their bytes, `certificate` in DER, `signed` the elements SignedInfo covers by the plain form of
    their ids, in any order. Everything around them is as `signature_xml` makes it.
    """
    root = xml.new(xml.DS, "Signature", Id=SIGNATURE_ID)
    root.append(_copied(info))
    xml.add(root, "SignatureValue", xmldsig.encode(value))
    xml.add(xml.add(xml.add(root, "KeyInfo"), "X509Data"), "X509Certificate", xmldsig.encode(certificate))
    root.extend(_copied(signed[name]) for name in (PACKAGE_OBJECT, OFFICE_OBJECT))
    holder = _properties_holder(root)
    holder.append(_copied(signed[SIGNED_PROPERTIES]))
    if token is not None:
        _add_token(holder, token)
    root.extend(_copied(signed[name]) for name in (IMAGES, VALID_IMAGE, INVALID_IMAGE) if name in signed)
    return xml.document(root)


def _copied(element: Element) -> Element:
    """The element without the text behind it."""
    made = copy.deepcopy(element)
    made.tail = None
    return made


def _properties_holder(root: Element) -> Element:
    return xml.add(xml.add(root, "Object"), "QualifyingProperties", namespace=xml.XADES, prefix="xd", Target=f"#{SIGNATURE_ID}")


def _package_object(root: Element, order: Order) -> Element:
    """The manifest of parts and relationships, and the signature time."""
    package = order.package
    found = xml.add(root, "Object", Id=PACKAGE_OBJECT + order.suffix)
    manifest = xml.add(found, "Manifest")
    for part in package.must_be_signed():
        uri = f"{part}?ContentType={package.content_type(part)}"
        if is_relationships(part):
            ids = package.signed_ids(part)
            chosen = hashlib.sha256(package.transformed(part, ids)).digest()
            xmldsig.add_reference(manifest, uri, chosen, relationships=ids)
        else:
            xmldsig.add_reference(manifest, uri, package.sha256(part))
    time = xml.add(
        _property(found, f"idSignatureTime{order.suffix}"), "SignatureTime", namespace=xml.PACKAGE_SIGNATURE, prefix="mdssi"
    )
    xml.add(time, "Format", "YYYY-MM-DDThh:mm:ssTZD")
    xml.add(time, "Value", order.when)
    return found


def _property(parent: Element, name: str) -> Element:
    return xml.add(xml.add(parent, "SignatureProperties"), "SignatureProperty", Id=name, Target=f"#{SIGNATURE_ID}")


def _office_object(root: Element, order: Order) -> Element:
    """What Office shows in its signature dialogue; every element is required, in this order."""
    name = order.manifestation.printed_name if order.line else ""
    if len(name) > _TEXT:
        raise Refused(f"a signature line shows a name of at most {_TEXT} characters")
    found = xml.add(root, "Object", Id=OFFICE_OBJECT + order.suffix)
    details = xml.add(_property(found, f"idOfficeV1Details{order.suffix}"), "SignatureInfoV1", namespace=xml.OFFICE)
    for tag, text in (
        ("SetupID", order.line.id if order.line else ""),
        ("SignatureText", name),
        ("SignatureImage", ""),
        ("SignatureComments", order.manifestation.statement(_COMMENTS, order.words)),
        ("WindowsVersion", "10.0"),
        ("OfficeVersion", "16.0"),
        ("ApplicationVersion", "16.0"),
        ("Monitors", "1"),
        ("HorizontalResolution", "1280"),
        ("VerticalResolution", "800"),
        ("ColorDepth", "32"),
        ("SignatureProviderId", _NO_PROVIDER),
        ("SignatureProviderUrl", ""),
        ("SignatureProviderDetails", "9"),
        ("SignatureType", "2" if order.line else "1"),
    ):
        xml.add(details, tag, text)
    return found


def _images(root: Element, line: Line, suffix: str) -> list[Element]:
    """The two pictures, and of them what SignedInfo has to refer to.

    Readers look for pictures by the plain id. With a suffix they keep it, but stand in an object of their own that has one.
    """
    holder = xml.add(root, "Object", Id=IMAGES + suffix) if suffix else root
    pictures = ((VALID_IMAGE, line.valid), (INVALID_IMAGE, line.invalid))
    made = [xml.add(holder, "Object", xmldsig.encode(picture), Id=name) for name, picture in pictures]
    return [holder] if suffix else made


def _signed_properties(root: Element, credential: Credential, order: Order) -> Element:
    """XAdES: time, certificate, role, commitment.

    The last two qualifiers are the ground the signature stands on and the manifestation, whole, as canonical JSON.
    """
    found = xml.add(_properties_holder(root), "SignedProperties", Id=SIGNED_PROPERTIES + order.suffix)
    signature = xml.add(found, "SignedSignatureProperties")
    xml.add(signature, "SigningTime", order.when)
    cert = xml.add(xml.add(signature, "SigningCertificate"), "Cert")
    cert_digest = xml.add(cert, "CertDigest")
    der = credential.certificate.public_bytes(Encoding.DER)
    xml.add(cert_digest, "DigestMethod", namespace=xml.DS, Algorithm=xmldsig.SHA256)
    xml.add(cert_digest, "DigestValue", xmldsig.encode(hashlib.sha256(der).digest()), namespace=xml.DS)
    issuer = xml.add(cert, "IssuerSerial")
    xml.add(issuer, "X509IssuerName", credential.certificate.issuer.rfc4514_string(), namespace=xml.DS)
    xml.add(issuer, "X509SerialNumber", str(credential.certificate.serial_number), namespace=xml.DS)
    xml.add(xml.add(signature, "SignaturePolicyIdentifier"), "SignaturePolicyImplied")
    xml.add(xml.add(xml.add(signature, "SignerRole"), "ClaimedRoles"), "ClaimedRole", order.manifestation.role)

    shown = order.manifestation
    commitment = xml.add(xml.add(found, "SignedDataObjectProperties"), "CommitmentTypeIndication")
    kind = xml.add(commitment, "CommitmentTypeId")
    xml.add(kind, "Identifier", _COMMITMENTS.get(shown.meaning, f"urn:csvgen:meaning:{quote(shown.meaning)}"))
    xml.add(kind, "Description", shown.meaning)
    xml.add(commitment, "AllSignedDataObjects")
    qualifiers = xml.add(commitment, "CommitmentTypeQualifiers")
    xml.add(qualifiers, "CommitmentTypeQualifier", shown.statement(_COMMENTS, order.words))
    for whole in (order.ground, shown):
        xml.add(qualifiers, "CommitmentTypeQualifier", canonical_json(whole).decode("utf-8").strip())
    return found
