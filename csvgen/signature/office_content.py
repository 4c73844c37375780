"""What an Office file may hold that is to be signed: nothing that could show something else than was signed.

Programs choose what they show: an alternative, a linked file, a macro's work, a field computed anew. Under one signature they
would show several documents. So a file is taken by a list of what is allowed: kinds of relationships and of parts, each part
reached from the document and only once; and in the parts none of what `Kind.odd` names. Office signs much of this and warns of
some (active content, ISO/IEC 29500-2, 13.2.4.5); here it is refused when signing and reported when reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from csvgen.signature import opc, xml
from csvgen.signature.opc import Package, Relationship
from csvgen.signature.xml import Element

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = f"{xml.RELATIONSHIPS}/metadata"
MAIN = f"{_OFFICE}/officeDocument"
LINK = f"{_OFFICE}/hyperlink"
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff"})
"""Pictures every reader draws alike: no SVG, no metafiles."""
_DOCUMENT = "application/vnd.openxmlformats-officedocument"
_EVERYWHERE: Mapping[str, frozenset[str]] = {
    f"{_OFFICE}/extended-properties": frozenset({f"{_DOCUMENT}.extended-properties+xml"}),
    f"{_OFFICE}/custom-properties": frozenset({f"{_DOCUMENT}.custom-properties+xml"}),
    f"{_PACKAGE}/core-properties": frozenset({"application/vnd.openxmlformats-package.core-properties+xml"}),
    # as LibreOffice spells it
    "http://schemas.openxmlformats.org/officedocument/2006/relationships/metadata/core-properties": frozenset(
        {"application/vnd.openxmlformats-package.core-properties+xml"}
    ),
    f"{_PACKAGE}/thumbnail": IMAGES,
    f"{_OFFICE}/theme": frozenset({f"{_DOCUMENT}.theme+xml"}),
    f"{_OFFICE}/image": IMAGES,
    f"{_OFFICE}/customXml": frozenset({"application/xml"}),
    f"{_OFFICE}/customXmlProps": frozenset({f"{_DOCUMENT}.customXmlProperties+xml"}),
    opc.TO_ORIGIN: frozenset({opc.ORIGIN_TYPE}),
    opc.TO_SIGNATURE: frozenset({opc.SIGNATURE_TYPE}),
}
_SCHEMES = {"http", "https", "mailto"}
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_INCLUDE = "http://www.w3.org/2001/XInclude"
_VML = "urn:schemas-microsoft-com:vml"
_VML_OFFICE = "urn:schemas-microsoft-com:office:office"
_VML_EXCEL = "urn:schemas-microsoft-com:office:excel"
_FETCHING = {"src", "href", "althref"}
"""Attributes by which a VML shape names a file without any relationship."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Word documents, or Excel workbooks: what may be in them."""

    name: str
    main: str
    """Content type of the main part."""
    parts: Mapping[str, frozenset[str]]
    """Type of a relationship -> content types of the parts it may lead to; beside those every Office file may have."""
    odd: Callable[[str, Element], Iterator[str]]
    """What in a part (its name, its root) could show something else than was signed."""

    def accepted(self, relationship: str) -> frozenset[str] | None:
        return frozenset({self.main}) if relationship == MAIN else self.parts.get(relationship) or _EVERYWHERE.get(relationship)


def office_parts(vendor: str, **kinds: str) -> dict[str, frozenset[str]]:
    """Relationship types of ISO/IEC 29500-1 with the content type of their parts, by the last words of both."""
    return {f"{_OFFICE}/{name}": frozenset({f"{_DOCUMENT}.{vendor}.{kind}+xml"}) for name, kind in kinds.items()}


def refusals(package: Package, kind: Kind) -> tuple[str, ...]:
    """What keeps the file from being signed, each with its place; empty for a file every reader shows alike.

    Raises NotIntact for parts that are not well-formed or whose lists cannot be read.
    """
    found = [*_structure(package, kind)]
    for part in package.parts:
        if _is_xml(package, part) and not part.startswith(opc.FOLDER) and part != opc.CONTENT_TYPES:
            root = xml.parse(package.parts[part], part)
            found += [f"{part}: {what}" for what in dict.fromkeys((*_anywhere(root), *kind.odd(part, root)))]
    return tuple(found)


def _structure(package: Package, kind: Kind) -> Iterator[str]:
    """Parts and relationships: every part reached from the package, by relationships of known types to parts of the right type."""
    reached = {opc.CONTENT_TYPES}
    waiting = [opc.ROOT_RELATIONSHIPS]
    while waiting:
        rels = waiting.pop()
        if rels in reached or rels not in package.parts:
            continue
        reached.add(rels)
        for relationship in package.relationships(rels):
            if problem := _relationship(package, kind, rels, relationship):
                yield f"{rels} ({relationship.id}): {problem}"
            elif relationship.mode == "Internal":
                part = opc.target_of(rels, relationship.target)
                reached.add(part)
                folder, _, name = part.rpartition("/")
                waiting.append(f"{folder}/_rels/{name}.rels")
    mains = (
        [r for r in package.relationships(opc.ROOT_RELATIONSHIPS) if r.type == MAIN] if opc.ROOT_RELATIONSHIPS in reached else []
    )
    if len(mains) != 1:
        yield f"this is no {kind.name}: it has {len(mains)} main parts"
    for part in sorted(set(package.parts) - reached):
        if not part.startswith(opc.FOLDER):
            yield f"{part}: nothing leads to this part"


def _relationship(package: Package, kind: Kind, rels: str, relationship: Relationship) -> str:
    if relationship.mode == "External":
        scheme = urlsplit(relationship.target).scheme.lower()
        return "" if relationship.type == LINK and scheme in _SCHEMES else "leads out of the file"
    part, accepted = opc.target_of(rels, relationship.target), kind.accepted(relationship.type)
    wrong = {
        f"has the unknown mode {relationship.mode!r}": relationship.mode != "Internal",
        "leads to a second main part": relationship.type == MAIN and rels != opc.ROOT_RELATIONSHIPS,
        f"is of a kind that is not signed: {relationship.type.rpartition('/')[2]}": accepted is None,
        f"leads to {part}, which is not there": part not in package.parts,
    }
    problem = next((text for text, so in wrong.items() if so), "")
    if problem or package.content_type(part) in (accepted or ()):
        return problem
    return f"leads to {part}, a part of another type: {package.content_type(part)}"


def _is_xml(package: Package, part: str) -> bool:
    kind = package.content_type(part) if part != opc.CONTENT_TYPES else "xml"
    return kind.endswith(("xml", "vmlDrawing"))


def _anywhere(root: Element) -> Iterator[str]:
    """What is refused in every XML part; large parts are searched by lxml, not by a loop of ours."""
    if any(True for _ in root.itersiblings()) or any(True for _ in root.itersiblings(preceding=True)):
        yield "instructions or comments around the document"
    if root.getroottree().docinfo.xml_version != "1.0":
        yield "another XML than 1.0"
    if next(root.iter(etree.ProcessingInstruction), None) is not None:
        yield "instructions to a program"
    if (found := next(root.iter(f"{{{_COMPATIBILITY}}}*"), None)) is not None:
        yield f"alternatives among which a reader chooses ({etree.QName(found).localname})"
    if _HAS_PROCESS_CONTENT(root):
        yield "content that a reader may or may not show"
    if next(root.iter(f"{{{_INCLUDE}}}*"), None) is not None:
        yield "text included from elsewhere"
    for node in root.iter(*(f"{{{space}}}*" for space in _SHAPES)):
        yield from _shape(etree.QName(node).namespace, etree.QName(node).localname, node)


_HAS_PROCESS_CONTENT = etree.XPath("boolean(//@mc:ProcessContent)", namespaces={"mc": _COMPATIBILITY})
_SHAPES = (_VML, _VML_OFFICE, _VML_EXCEL)


def _shape(space: str, name: str, node: Element) -> Iterator[str]:
    if _FETCHING & {etree.QName(attribute).localname.lower() for attribute in node.attrib}:
        yield "a shape that shows or leads to another file"
    if name == "OLEObject" or (space == _VML_EXCEL and name.startswith("Fml")):
        yield "a shape that shows what a program computes"
    style = node.get("style", "").replace(" ", "").lower()
    if "visibility:hidden" in style or "mso-hide" in style:
        yield "a hidden shape"
