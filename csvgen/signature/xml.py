"""XML of unknown origin, read without surprises, and its canonical form.

lxml's canonical form of an element *inside* a document is wrong when the default namespace comes from an ancestor: it
writes ``xmlns=""`` on descendants. Signing and verifying with it agree with each other and with nobody else. `canonical`
therefore always canonicalises the root of a document of its own; tests hold it against xmlsec1 and LibreOffice.
"""

from __future__ import annotations

import hashlib
from typing import Any

from lxml import etree

from csvgen.errors import NotIntact

DS = "http://www.w3.org/2000/09/xmldsig#"
PACKAGE_SIGNATURE = "http://schemas.openxmlformats.org/package/2006/digital-signature"
OFFICE = "http://schemas.microsoft.com/office/2006/digsig"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
NAMESPACES = {"d": DS, "p": PACKAGE_SIGNATURE, "o": OFFICE, "x": XADES}
_ENCODINGS = {"UTF-8", "UTF-16", "ASCII", "US-ASCII"}
"""What ISO/IEC 29500-2 allows, and the part of UTF-8 that has a name of its own."""
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_XML = "{http://www.w3.org/XML/1998/namespace}"

Element = Any
"""An lxml element; lxml ships no types."""


def parse(data: bytes, where: str) -> Element:
    """The root element. Raises NotIntact for anything but well-formed XML without a document type and without entities."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise NotIntact(f"not well-formed XML: {problem}", where=where) from None
    info = root.getroottree().docinfo
    if info.doctype or next(root.iter(etree.Entity), None) is not None:
        raise NotIntact("XML with a document type declaration is not accepted", where=where)
    if (info.encoding or "UTF-8").upper() not in _ENCODINGS:
        raise NotIntact(f"XML of a package is UTF-8 or UTF-16, not {info.encoding}", where=where)
    return root


def canonical(element: Element) -> bytes:
    """Canonical XML 1.0, inclusive, without comments, of an element with the namespaces it inherits.

    Raises NotIntact where an ancestor carries an ``xml:`` attribute, which the element would have to inherit too.
    """
    if any(name.startswith(_XML) for ancestor in element.iterancestors() for name in ancestor.attrib):
        raise NotIntact("an xml: attribute around signed content is not supported")
    alone = parse(etree.tostring(element, with_tail=False), "")
    return bytes(etree.tostring(alone, method="c14n", exclusive=False, with_comments=False))


def sha256(element: Element) -> bytes:
    """SHA-256 (32 bytes) of the canonical form of an element."""
    return hashlib.sha256(canonical(element)).digest()


def document(root: Element) -> bytes:
    """A whole XML part: its declaration and its canonical form, so that one content has one spelling."""
    return _DECLARATION + bytes(etree.tostring(root, method="c14n", exclusive=False, with_comments=False))


def new(namespace: str, tag: str, prefix: str | None = None, **attributes: str) -> Element:
    """A new root element that declares its namespace under `prefix`."""
    return etree.Element(f"{{{namespace}}}{tag}", attributes, nsmap={prefix: namespace})


def add(
    parent: Element, tag: str, text: str = "", *, namespace: str = "", prefix: str | None = None, **attributes: str
) -> Element:
    """Append an element, in the namespace of its parent or in a given one declared under `prefix`."""
    home = namespace or etree.QName(parent).namespace
    child = etree.SubElement(parent, f"{{{home}}}{tag}", attributes, nsmap={prefix: namespace} if namespace else None)
    child.text = text or None
    return child


def children(parent: Element, namespace: str, tag: str) -> list[Element]:
    """Child elements of one name."""
    return list(parent.iterchildren(f"{{{namespace}}}{tag}"))


def elements(parent: Element) -> list[Element]:
    """Child elements only: no comments, no processing instructions."""
    return [child for child in parent if isinstance(child.tag, str)]


def text_of(where: Element, path: str) -> str:
    """Text of the first element at an XPath over `NAMESPACES`, or an empty string."""
    found = where.xpath(path, namespaces=NAMESPACES)
    return str(found[0].xpath("string()")).strip() if found else ""
