"""The structure tree written into a PDF, with what ties links and signature fields to it (ISO 32000-1, 14.7.4)."""

from __future__ import annotations

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from csvgen.report.pdf_tags import Node, Tags

_EXTENSION = (
    '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
    'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema'
    "</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    "<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>"
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer'
    "</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>PDF/UA part"
    "</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>"
    '</rdf:Description><rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
    "<pdfuaid:part>1</pdfuaid:part></rdf:Description>"
)
"""PDF/A wants every property declared that its own list does not have; pdfuaid is one."""


def structure(pdf: pikepdf.Pdf, tags: Tags, fields: dict[str, pikepdf.Object]) -> None:
    """Write the tree. `fields`: signature field -> its widget, which has to be on its page already."""
    _Writer(pdf, tags, fields).write()
    if not tags.bulk:
        _claim(pdf)


def _claim(pdf: pikepdf.Pdf) -> None:
    data = pdf.Root.Metadata.read_bytes()
    end = data.rindex(b"</rdf:RDF>")
    pdf.Root.Metadata = pdf.make_stream(
        data[:end] + _EXTENSION.encode("ascii") + data[end:], Type=Name.Metadata, Subtype=Name.XML
    )  # fmt: skip


class _Writer:
    def __init__(self, pdf: pikepdf.Pdf, tags: Tags, fields: dict[str, pikepdf.Object]) -> None:
        self._pdf, self._tags, self._fields = pdf, tags, fields
        self._pages = [page.obj for page in pdf.pages]
        self._root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        self._parents: dict[int, dict[int, pikepdf.Object]] = {}
        self._single: list[tuple[pikepdf.Object, pikepdf.Object]] = []
        """Annotation and its element, in the order of the tree."""
        self._annotations = [(page, note) for page in self._pages for note in page.get("/Annots", ()) if note.Subtype == "/Link"]

    def write(self) -> None:
        self._root.K = self._element(self._tags.root, self._root)
        numbers: Any = Array()
        for number in sorted(self._parents):
            self._pages[number].StructParents = number
            found = self._parents[number]
            numbers.extend([number, self._pdf.make_indirect(Array([found[n] for n in range(len(found))]))])
        key = len(self._pages)
        for annotation, element in self._single:
            annotation.StructParent = key
            numbers.extend([key, element])
            key += 1
        for page in self._pages:
            page.Tabs = Name.S
        self._root.ParentTree = self._pdf.make_indirect(Dictionary(Nums=numbers))
        self._root.ParentTreeNextKey = key
        self._pdf.Root.StructTreeRoot = self._root
        self._pdf.Root.MarkInfo = Dictionary(Marked=True)

    def _element(self, node: Node, parent: pikepdf.Object) -> pikepdf.Object:
        made = self._pdf.make_indirect(Dictionary(S=Name(f"/{node.role}"), P=parent))
        self._describe(node, made)
        kids: list[Any] = []
        own: int | None = None
        for kid in node.kids:
            if isinstance(kid, Node):
                kids.append(self._element(kid, made))
                continue
            at, number = kid
            self._parents.setdefault(at, {})[number] = made
            if own is None:
                own, made.Pg = at, self._pages[at]
            kids.append(number if at == own else Dictionary(Type=Name.MCR, Pg=self._pages[at], MCID=number))
        for number in node.links:
            page, annotation = self._annotations[number]
            kids.append(Dictionary(Type=Name.OBJR, Obj=annotation, Pg=page))
            self._single.append((annotation, made))
        kids += [self._form(self._fields[name], made) for name in node.fields]
        # An element is listed in an array also where it is the only one: pyHanko takes no other for a part of the tree.
        made.K = kids[0] if len(kids) == 1 and isinstance(kids[0], int) else Array(kids)
        return made

    def _describe(self, node: Node, made: pikepdf.Object) -> None:
        if node.alt:
            made.Alt = String(node.alt)
        if node.scope or node.span > 1:
            made.A = Dictionary(O=Name.Table)
            if node.scope:
                made.A.Scope = Name(f"/{node.scope}")
            if node.span > 1:
                made.A.ColSpan = node.span

    def _form(self, widget: pikepdf.Object, parent: pikepdf.Object) -> pikepdf.Object:
        made = self._pdf.make_indirect(Dictionary(S=Name.Form, P=parent, Pg=widget.P, Alt=widget.TU))
        made.K = Dictionary(Type=Name.OBJR, Obj=widget, Pg=widget.P)
        self._single.append((widget, made))
        return made
