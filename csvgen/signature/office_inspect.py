"""What the signatures of an Office file say, and whether they hold. Believes nothing that SignedInfo does not cover.

Stricter than Word and LibreOffice on purpose: they accept a changed content type, an added relationship and an added
part; here the first breaks the signature and the other two make it incomplete. A file that csvgen signed has one form
only: archive, lists and signature parts are made anew from what is signed and compared with what is there.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from csvgen.canonical import Digest, digest_bytes, read_canonical
from csvgen.clock import parsed, stored
from csvgen.crypto import certificates
from csvgen.crypto.keys import fingerprint
from csvgen.crypto.timestamps import NotTrusted, verify_token
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError, NotIntact
from csvgen.signature import office_part, xml, xmldsig
from csvgen.signature.manifestation import Manifestation
from csvgen.signature.office_content import Kind, refusals
from csvgen.signature.office_found import OfficeInspection, OfficeSignature
from csvgen.signature.office_part import Ground
from csvgen.signature.opc import Package, is_relationships
from csvgen.signature.xml import Element

_NEEDED = (office_part.PACKAGE_OBJECT, office_part.OFFICE_OBJECT, office_part.SIGNED_PROPERTIES)
_LEAVES = {f"{{{xml.DS}}}SignatureValue", f"{{{xml.DS}}}X509Certificate"}
_FRAME = {f"{{{xml.XADES}}}QualifyingProperties"} | {
    f"{{{xml.DS}}}{tag}" for tag in ("Signature", "SignatureValue", "KeyInfo", "X509Data", "X509Certificate", "Object")
}
"""What stands around the signed elements in a signature part."""
_TOKEN = {f"{{{xml.DS}}}CanonicalizationMethod"} | {
    f"{{{xml.XADES}}}{tag}"
    for tag in ("UnsignedProperties", "UnsignedSignatureProperties", "SignatureTimeStamp", "EncapsulatedTimeStamp")
}
"""What stands around a time stamp, which no signature can cover."""
_OURS = 2
"""Qualifiers csvgen adds: the ground and the manifestation."""
_SKEW = dt.timedelta(minutes=5)
"""How far the signer's clock may be ahead of the authority's."""


def inspect(data: bytes, trust: Trust, kind: Kind, times: Trust | None = None) -> OfficeInspection:
    """Check all signatures of an Office file. Never raises, whatever the bytes: what is odd is a problem."""
    try:
        package = Package.read(data)
        parts = package.signature_parts()
        problems = refusals(package, kind)
    except NotIntact as problem:
        return OfficeInspection(problems=(_words(problem),))
    except Exception as problem:  # noqa: BLE001 - a hostile file may fail anywhere inside the XML library
        return OfficeInspection(problems=(f"the file cannot be read ({type(problem).__name__})",))
    signatures = tuple(_Reading(package, parts, number).result(trust, times or trust) for number in range(len(parts)))
    lines = [s.line_id.upper() for s in signatures if s.line_id]
    twice = {line for line in lines if lines.count(line) > 1}
    problems += tuple(f"the signature line {line} is filled by more than one signature" for line in sorted(twice))
    if any(s.ground for s in signatures):
        problems += _form(package, data)
    return OfficeInspection(
        signatures=signatures,
        unsigned_parts=tuple(sorted({part for s in signatures for part in s.unsigned_parts})),
        problems=problems,
    )


def _form(package: Package, data: bytes) -> tuple[str, ...]:
    """Where a file that csvgen signed differs from the one form it has."""
    try:
        found = tuple(f"{part} was written anew after signing" for part in package.put_together_otherwise())
    except NotIntact as problem:
        return (_words(problem),)
    return found if package.to_bytes() == data else (*found, "the archive was packed anew after signing")


def _words(problem: CsvgenError) -> str:
    return f"{problem.where}: {problem.message}" if problem.where else problem.message


class _Reading:
    """The reading of one signature part; collects problems instead of stopping at the first."""

    def __init__(self, package: Package, parts: tuple[str, ...], number: int) -> None:
        self.package = package
        self.parts = parts
        self.part = parts[number]
        self.earlier = parts[:number]
        self.problems: list[str] = []
        self.found: dict[str, object] = {}
        self.unsigned: list[str] | None = None

    def result(self, trust: Trust, times: Trust) -> OfficeSignature:
        try:
            self._read(trust, times)
        except CsvgenError as problem:
            self.problems.append(_words(problem))
        except Exception as problem:  # noqa: BLE001 - a hostile part may fail anywhere inside the libraries
            self.problems.append(f"the signature cannot be read ({type(problem).__name__})")
        whole = self.unsigned is not None
        return OfficeSignature(
            part=self.part,
            intact=whole and not self.problems,
            complete=self.unsigned == [],
            unsigned_parts=tuple(self.unsigned or ()),
            problems=tuple(self.problems),
            **self.found,  # type: ignore[arg-type]
        )

    def _read(self, trust: Trust, times: Trust) -> None:
        root = xml.parse(self.package.parts[self.part], self.part)
        info, value, holder = _skeleton(root)
        certificate = _certificate(holder)
        self.found |= {
            "printed_name": certificates.common_name(certificate),
            "person": certificates.person_id(certificate),
            "fingerprint": fingerprint(certificate),
        }
        if not xmldsig.value_holds(info, value.text or "", certificate):
            self.problems.append("the signature value does not belong to this signer and content")
        covered = self._covered(root, info)
        if missing := [name for name in _NEEDED if name not in covered]:
            raise NotIntact(f"the signature does not cover {', '.join(missing)}")
        self._texts(covered[office_part.SIGNED_PROPERTIES], covered[office_part.OFFICE_OBJECT], certificate)
        self.problems += _loose(root, list(covered.values()), stamped="ground" in self.found)
        token = self._token(root, value, times)
        self._trust(certificate, trust)
        if not certificates.is_person(certificate):
            self.problems.append("the certificate is a system's; a system can never sign for a person")
        self._images(covered)
        self._parts(covered[office_part.PACKAGE_OBJECT])
        if isinstance(ground := self.found.get("ground"), Ground):
            self._stands(ground, token)
            raw, der = xmldsig.decode(value.text or "", "the value"), certificate.public_bytes(Encoding.DER)
            if office_part.rebuilt(info, raw, der, covered, token) != self.package.parts[self.part]:
                self.problems.append("the signature part holds bytes that nobody signed")

    def _stands(self, ground: Ground, token: bytes | None) -> None:
        """Whether everything else is as it was when the signature was made, down to what Office leaves open."""
        if self.package.digest_without_signatures() != ground.document:
            self.problems.append("the document, its properties or its content types are not those that were signed")
        if self.package.packing() != ground.packing:
            self.problems.append("a part is packed in another way than when it was signed")
        if tuple(digest_bytes(self.package.parts[part]) for part in self.earlier) != ground.earlier:
            self.problems.append(f"it was made after {len(ground.earlier)} others, which are not here as they were")
        if ground.stamped is not (token is not None):
            self.problems.append(
                "its time stamp was taken off" if ground.stamped else "a time stamp was put on that does not belong to it"
            )

    def _token(self, root: Element, value: Element, times: Trust) -> bytes | None:
        """The time stamp over the signature value, where there is exactly one; it proves something only if a root vouches for it."""
        found = root.findall(f".//{{{xml.XADES}}}UnsignedProperties")
        if not found:
            return None
        text = xml.text_of(found[0], "x:UnsignedSignatureProperties/x:SignatureTimeStamp/x:EncapsulatedTimeStamp")
        token = xmldsig.decode(text, "the time stamp")
        try:
            stamp = verify_token(token, xml.canonical(value), roots=times.roots)
        except NotTrusted as problem:
            self.found["proof"] = f"a time stamp that proves nothing: {problem.message}"
            return token
        claimed = self.found.get("claimed")
        if isinstance(claimed, dt.datetime) and stamp.moment < claimed - _SKEW:
            self.problems.append(f"it claims {stored(claimed)}, but was there at {stored(stamp.moment)} already")
        self.found |= {"proven": stamp.moment, "proof": f"time stamp of {stamp.authority}, {stored(stamp.moment)}"}
        return token

    def _trust(self, certificate: x509.Certificate, trust: Trust) -> None:
        """Trusted only as of the claimed time and, where it is proven, as of that too."""
        proven = self.found.get("proven")
        times = [t for t in (self.found.get("claimed"), proven) if isinstance(t, dt.datetime)]
        judged = [trust.judge(certificate, time, proven=proven is not None) for time in times]
        worst = next((j for j in judged if j.trusted is not True), judged[-1] if judged else None)
        if worst is None:
            self.found |= {"trusted": False if trust.roots else None, "distrust": "it names no time"}
        else:
            self.found |= {"trusted": worst.trusted, "distrust": worst.reason}

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
            if not xmldsig.digest_holds(reference, xml.sha256(by_id[name])):
                self.problems.append(f"{name} was changed after signing")
            plain = name.partition("_")[0]
            if plain in covered:
                raise NotIntact(f"the signature covers two elements called {plain}")
            covered[plain] = by_id[name]
        return covered

    def _texts(self, properties: Element, details: Element, certificate: x509.Certificate) -> None:
        """What the signature says, taken from covered elements only, and whether it agrees with itself."""
        when = xml.text_of(properties, ".//x:SigningTime")
        try:
            self.found["claimed"] = dt.datetime.strptime(when, office_part.TIME_FORMAT).replace(tzinfo=dt.UTC)
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
        found = properties.findall(f".//{{{xml.XADES}}}CommitmentTypeQualifier")
        ours = [text for element in found if (text := element.text or "").startswith("{")]
        if len(ours) > _OURS:
            self.problems.append("the signature says more of csvgen's than csvgen knows")
        elif ours:
            self._manifestation(ours[-1])
            self._ground(ours[:-1])

    def _ground(self, texts: list[str]) -> None:
        for text in texts:
            content = read_canonical(text.encode("utf-8") + b"\n", "the ground of the signature")
            try:
                earlier = tuple(Digest(d) for d in content.pop("earlier"))
                document, packing = Digest(content.pop("document")), Digest(content.pop("packing"))
                self.found["ground"] = Ground(document, packing, earlier, stamped=content.pop("stamped"))
                unknown = bool(content)
            except (AttributeError, KeyError, TypeError, ValueError):
                unknown = True
            if unknown:
                self.problems.append("what the signature stands on is not of a form known here")

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
        kind = xml.text_of(covered[office_part.OFFICE_OBJECT], ".//o:SignatureType")
        together = [e.get("Id", "") for e in covered[office_part.IMAGES]] if office_part.IMAGES in covered else []
        pictures = sorted(name for name in (*covered, *together) if name in {office_part.VALID_IMAGE, office_part.INVALID_IMAGE})
        needed = ("2", [office_part.INVALID_IMAGE, office_part.VALID_IMAGE]) if self.found["line_id"] else ("1", [])
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
            sha256 = hashlib.sha256(self.package.transformed(part, ids)).digest()
            left_out = [f"{part} ({name})" for name in self.package.signed_ids(part) if name not in ids]
        elif not used:
            sha256 = self.package.sha256(part)
        else:
            self.problems.append(f"{part} is signed in an unsupported way")
            return []
        if not xmldsig.digest_holds(reference, sha256):
            self.problems.append(f"{part} was changed after signing")
        return left_out


def _skeleton(root: Element) -> tuple[Element, Element, Element]:
    """SignedInfo, the signature value and KeyInfo, each where the schema has it."""
    names = [etree.QName(element).localname for element in xml.elements(root)]
    foreign = any(etree.QName(e).namespace != xml.DS for e in (root, *xml.elements(root)))
    if foreign or names[:3] != ["SignedInfo", "SignatureValue", "KeyInfo"] or set(names[3:]) - {"Object"}:
        raise NotIntact("this is not an XML signature")
    info, value, holder = xml.elements(root)[:3]
    return info, value, holder


def _certificate(holder: Element) -> x509.Certificate:
    found = list(holder.iter(f"{{{xml.DS}}}X509Certificate"))
    if len(found) != 1:
        raise NotIntact(f"the signature names {len(found)} certificates, not one")
    try:
        return x509.load_der_x509_certificate(xmldsig.decode(found[0].text or "", "the certificate"))
    except ValueError:
        raise NotIntact("the certificate cannot be read") from None


def _loose(root: Element, covered: list[Element], *, stamped: bool) -> list[str]:
    """Content of the signature part that nobody signed: forged objects, comments, stray text.

    A time stamp may stand there in a part that is compared whole with what `office_part.rebuilt` makes of it.
    """
    frame, leaves = (_FRAME | _TOKEN, _LEAVES | {f"{{{xml.XADES}}}EncapsulatedTimeStamp"}) if stamped else (_FRAME, _LEAVES)
    signed = {*covered, *xml.children(root, xml.DS, "SignedInfo")}
    problems = []
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element in signed:
            continue
        texts = [] if element.tag in leaves else [element.text, *(child.tail for child in element)]
        if (
            element.tag not in frame
            or set(element.attrib) - {"Id", "Target", *(("Algorithm",) if stamped else ())}
            or any((t or "").strip() for t in texts)
        ):
            problems.append(f"the signature part holds content that nobody signed: {element.tag}")
        else:
            waiting += xml.elements(element)
    if any(not isinstance(node.tag, str) for node in root.iter()) or root.getprevious() is not None or root.getnext() is not None:
        problems.append("the signature part holds comments or instructions that nobody signed")
    return problems
