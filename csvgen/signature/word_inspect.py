"""What the signatures of an Office file say, and whether they hold. Believes nothing that SignedInfo does not cover.

Stricter than Word and LibreOffice on purpose: they accept a changed content type, an added relationship and an added
part; here the first breaks the signature and the other two make it incomplete.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from csvgen.canonical import Digest, read_canonical
from csvgen.clock import parsed
from csvgen.crypto import certificates
from csvgen.crypto.keys import fingerprint
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError, NotIntact
from csvgen.signature import office, signer, xml, xmldsig
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.opc import Package, is_relationships
from csvgen.signature.xml import Element

_NEEDED = (office.PACKAGE_OBJECT, office.OFFICE_OBJECT, office.SIGNED_PROPERTIES)
_LEAVES = {f"{{{xml.DS}}}SignatureValue", f"{{{xml.DS}}}X509Certificate"}
_FRAME = {f"{{{xml.XADES}}}QualifyingProperties"} | {
    f"{{{xml.DS}}}{tag}" for tag in ("Signature", "SignatureValue", "KeyInfo", "X509Data", "X509Certificate", "Object")
}
"""What stands around the signed elements in a signature part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSignature:
    """One signature. Texts are what the signature covers; empty where it covers none."""

    part: str
    printed_name: str = ""
    """Common name of the signer's certificate; who vouches for it is `trusted`."""
    person: str = ""
    fingerprint: Digest | None = None
    """Digest of the signer's certificate (DER)."""
    claimed: dt.datetime | None = None
    """Signing time as the signer claims it, to the second, UTC."""
    comments: str = ""
    """What Word shows as the purpose of the signature."""
    role: str = ""
    meaning: str = ""
    line_id: str = ""
    """Id of the visible signature line it fills, or empty."""
    manifestation: Manifestation | None = None
    """The whole manifestation as csvgen put it in; None in a signature made by another program."""
    intact: bool = False
    """The signature value and every digest hold and nothing contradicts; the reasons why not are in `problems`."""
    complete: bool = False
    """Every part and relationship that can be signed is signed; what is not is in `unsigned_parts`."""
    trusted: bool | None = None
    """Whether a given root vouches for the certificate at the claimed time; None when no root was given."""
    unsigned_parts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Why this signature is not to be relied on, apart from trust."""
        left_out = tuple(f"does not cover {part}" for part in self.unsigned_parts)
        unread = () if self.intact or self.problems else ("could not be read",)
        return (*self.problems, *left_out, *unread)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordInspection:
    """An Office file and all its signatures."""

    signatures: tuple[WordSignature, ...] = ()
    """In the order in which the file lists them; the format protects neither their order nor their number."""
    unsigned_parts: tuple[str, ...] = ()
    """Parts and relationships that at least one signature does not cover."""
    problems: tuple[str, ...] = ()
    """What is wrong with the file as a whole; a file that cannot be read has nothing else."""

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that speaks against the file, apart from trust and from signatures that are not there."""
        return (*self.problems, *(f"{s.printed_name or s.part}: {fault}" for s in self.signatures for fault in s.faults))


def inspect(docx: bytes, trust: Trust) -> WordInspection:
    """Check all signatures of a .docx or .xlsx. Never raises, whatever the bytes: what is odd is a problem."""
    try:
        package = Package.read(docx)
        parts = package.signature_parts()
    except NotIntact as problem:
        return WordInspection(problems=(_words(problem),))
    except Exception as problem:  # noqa: BLE001 - a hostile file may fail anywhere inside the XML library
        return WordInspection(problems=(f"the file cannot be read ({type(problem).__name__})",))
    signatures = tuple(_Reading(package, part).result(trust) for part in parts)
    lines = [s.line_id.upper() for s in signatures if s.line_id]
    twice = {line for line in lines if lines.count(line) > 1}
    return WordInspection(
        signatures=signatures,
        unsigned_parts=tuple(sorted({part for s in signatures for part in s.unsigned_parts})),
        problems=tuple(f"the signature line {line} is filled by more than one signature" for line in sorted(twice)),
    )


def _words(problem: CsvgenError) -> str:
    return f"{problem.where}: {problem.message}" if problem.where else problem.message


class _Reading:
    """The reading of one signature part; collects problems instead of stopping at the first."""

    def __init__(self, package: Package, part: str) -> None:
        self.package = package
        self.part = part
        self.problems: list[str] = []
        self.found: dict[str, object] = {}
        self.unsigned: list[str] | None = None

    def result(self, trust: Trust) -> WordSignature:
        try:
            self._read(trust)
        except CsvgenError as problem:
            self.problems.append(_words(problem))
        except Exception as problem:  # noqa: BLE001 - a hostile part may fail anywhere inside the libraries
            self.problems.append(f"the signature cannot be read ({type(problem).__name__})")
        whole = self.unsigned is not None
        return WordSignature(
            part=self.part,
            intact=whole and not self.problems,
            complete=self.unsigned == [],
            unsigned_parts=tuple(self.unsigned or ()),
            problems=tuple(self.problems),
            **self.found,  # type: ignore[arg-type]
        )

    def _read(self, trust: Trust) -> None:
        root = xml.parse(self.package.parts[self.part], self.part)
        info, value, holder = _skeleton(root)
        certificate = _certificate(holder)
        self.found |= {
            "printed_name": certificates.common_name(certificate),
            "person": certificates.person_id(certificate),
            "fingerprint": fingerprint(certificate),
        }
        if not xmldsig.value_holds(info, value, certificate):
            self.problems.append("the signature value does not belong to this signer and content")
        covered = self._covered(root, info)
        if missing := [name for name in _NEEDED if name not in covered]:
            raise NotIntact(f"the signature does not cover {', '.join(missing)}")
        self._texts(covered[office.SIGNED_PROPERTIES], covered[office.OFFICE_OBJECT], certificate)
        claimed = self.found.get("claimed")
        self.found["trusted"] = signer.trusted(certificate, trust, claimed if isinstance(claimed, dt.datetime) else None)
        if not certificates.is_person(certificate):
            self.problems.append("the certificate is a system's; a system can never sign for a person")
        self._images(covered)
        self._parts(covered[office.PACKAGE_OBJECT])

    def _covered(self, root: Element, info: Element) -> dict[str, Element]:
        """Elements that SignedInfo covers, by the plain form of their id (LibreOffice puts a suffix behind each)."""
        by_id: dict[str, Element] = {}
        for element in root.iter(etree.Element):
            if (name := element.get("Id")) is not None:
                if name in by_id:
                    raise NotIntact(f"two elements of the id {name!r}")
                by_id[name] = element
        covered: dict[str, Element] = {}
        for reference in xml.children(info, xml.DS, "Reference"):
            name = reference.get("URI", "").removeprefix("#")
            if name not in by_id or any(t != xmldsig.C14N for t in xmldsig.transforms(reference)):
                raise NotIntact(f"the signature refers to {reference.get('URI')!r} in an unsupported way")
            if not xmldsig.digest_holds(reference, xml.canonical(by_id[name])):
                self.problems.append(f"{name} was changed after signing")
            plain = name.partition("_")[0]
            if plain in covered:
                raise NotIntact(f"the signature covers two elements called {plain}")
            covered[plain] = by_id[name]
        self.problems += _loose(root, list(covered.values()))
        return covered

    def _texts(self, properties: Element, details: Element, certificate: x509.Certificate) -> None:
        """What the signature says, taken from covered elements only, and whether it agrees with itself."""
        when = xml.text_of(properties, ".//x:SigningTime")
        try:
            self.found["claimed"] = dt.datetime.strptime(when, office.TIME_FORMAT).replace(tzinfo=dt.UTC)
        except ValueError:
            self.problems.append(f"{when!r} is not a signing time")
        self.found |= {
            "comments": xml.text_of(details, ".//o:SignatureComments"),
            "line_id": xml.text_of(details, ".//o:SetupID"),
            "role": xml.text_of(properties, ".//x:ClaimedRole"),
            "meaning": xml.text_of(properties, ".//x:CommitmentTypeId/x:Description"),
        }
        bound = xml.text_of(properties, ".//x:SigningCertificate/x:Cert/x:CertDigest/d:DigestValue")
        der = certificate.public_bytes(Encoding.DER)
        if xmldsig.decode(bound, "the digest of the certificate") != hashlib.sha256(der).digest():
            self.problems.append("the certificate is not the one that was signed with")
        qualifiers = properties.findall(f".//{{{xml.XADES}}}CommitmentTypeQualifier")
        text = qualifiers[-1].text or "" if qualifiers else ""
        if text.startswith("{"):
            self._manifestation(text)

    def _manifestation(self, text: str) -> None:
        content = read_canonical(text.encode("utf-8") + b"\n", "the manifestation")
        try:
            shown = Manifestation(**{**content, "record_digest": Digest(content["record_digest"])})
        except (CsvgenError, KeyError, TypeError, ValueError):
            self.problems.append("the manifestation is not of a form known here")
            return
        self.found["manifestation"] = shown
        said = (self.found["printed_name"], self.found["role"], self.found["meaning"], self.found.get("claimed"))
        if said != (shown.printed_name, shown.role, shown.meaning, parsed(shown.signed).replace(microsecond=0)):
            self.problems.append("name, role, meaning or time of the manifestation are not those of the signature")

    def _images(self, covered: dict[str, Element]) -> None:
        """A filled signature line shows the pictures in the signature: both have to be covered."""
        kind = xml.text_of(covered[office.OFFICE_OBJECT], ".//o:SignatureType")
        together = [e.get("Id", "") for e in covered[office.IMAGES]] if office.IMAGES in covered else []
        pictures = sorted(name for name in (*covered, *together) if name in {office.VALID_IMAGE, office.INVALID_IMAGE})
        needed = ("2", [office.INVALID_IMAGE, office.VALID_IMAGE]) if self.found["line_id"] else ("1", [])
        if (kind, pictures) != needed:
            self.problems.append("the signature line and its pictures do not fit together")

    def _parts(self, package_object: Element) -> None:
        """Check every part and relationship of the manifest, and list what it leaves out."""
        manifests = xml.children(package_object, xml.DS, "Manifest")
        if len(manifests) != 1:
            raise NotIntact("the signature has no manifest of parts")
        covered: set[str] = set()
        unsigned: list[str] = []
        for reference in xml.children(manifests[0], xml.DS, "Reference"):
            part, _, kind = reference.get("URI", "").partition("?ContentType=")
            covered.add(part)
            unsigned += self._part(reference, part, kind)
        self.unsigned = sorted([*unsigned, *(set(self.package.must_be_signed()) - covered)])

    def _part(self, reference: Element, part: str, kind: str) -> list[str]:
        """Check one part of the manifest; gives back the relationships in it that ought to be covered and are not."""
        if part not in self.package.parts:
            self.problems.append(f"{part} is missing")
            return []
        if kind != self.package.content_type(part):
            self.problems.append(f"the content type of {part} was changed after signing")
        used = xmldsig.transforms(reference)
        left_out: list[str] = []
        if is_relationships(part) and used == [xmldsig.RELATIONSHIP_TRANSFORM, xmldsig.C14N]:
            ids = [e.get("SourceId", "") for e in reference.iter(f"{{{xml.PACKAGE_SIGNATURE}}}RelationshipReference")]
            content = self.package.transformed(part, ids)
            left_out = [f"{part} ({name})" for name in self.package.signed_ids(part) if name not in ids]
        elif not used:
            content = self.package.parts[part]
        else:
            self.problems.append(f"{part} is signed in an unsupported way")
            return []
        if not xmldsig.digest_holds(reference, content):
            self.problems.append(f"{part} was changed after signing")
        return left_out


def _skeleton(root: Element) -> tuple[Element, str, Element]:
    """SignedInfo, the signature value and KeyInfo, each where the schema has it."""
    names = [etree.QName(element).localname for element in xml.elements(root)]
    foreign = any(etree.QName(e).namespace != xml.DS for e in (root, *xml.elements(root)))
    if foreign or names[:3] != ["SignedInfo", "SignatureValue", "KeyInfo"] or set(names[3:]) - {"Object"}:
        raise NotIntact("this is not an XML signature")
    info, value, holder = xml.elements(root)[:3]
    return info, value.text or "", holder


def _certificate(holder: Element) -> x509.Certificate:
    found = list(holder.iter(f"{{{xml.DS}}}X509Certificate"))
    if len(found) != 1:
        raise NotIntact(f"the signature names {len(found)} certificates, not one")
    try:
        return x509.load_der_x509_certificate(xmldsig.decode(found[0].text or "", "the certificate"))
    except ValueError:
        raise NotIntact("the certificate cannot be read") from None


def _loose(root: Element, covered: list[Element]) -> list[str]:
    """Content of the signature part that nobody signed: forged objects, comments, stray text."""
    signed = {*covered, *xml.children(root, xml.DS, "SignedInfo")}
    problems = []
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element in signed:
            continue
        texts = [] if element.tag in _LEAVES else [element.text, *(child.tail for child in element)]
        if element.tag not in _FRAME or set(element.attrib) - {"Id", "Target"} or any((t or "").strip() for t in texts):
            problems.append(f"the signature part holds content that nobody signed: {element.tag}")
        else:
            waiting += xml.elements(element)
    if any(not isinstance(node.tag, str) for node in root.iter()) or root.getprevious() is not None or root.getnext() is not None:
        problems.append("the signature part holds comments or instructions that nobody signed")
    return problems
