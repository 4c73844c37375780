"""WordprocessingML in small pieces: runs, paragraphs, fields, links, tables, signature lines (ECMA-376 Part 1, 17).

Every text goes in as an lxml text node, so no text can become markup. Lengths come in points and leave as twentieths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree

Element = Any
"""An lxml element."""

SPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
}
_XML = "http://www.w3.org/XML/1998/namespace"
_DECLARED = {prefix: SPACES[prefix] for prefix in ("w", "r", "v", "o")}
_PICTURE = "_x0000_t75"
_EMU = 12700
"""English metric units in a point."""
_OFFICE_ITSELF = "{00000000-0000-0000-0000-000000000000}"
"""The signature provider that means: Office itself."""


def qn(name: str) -> str:
    """``w:p`` as lxml spells it."""
    prefix, _, local = name.partition(":")
    return f"{{{_XML if prefix == 'xml' else SPACES[prefix]}}}{local}" if local else name


def el(name: str, attributes: Mapping[str, str] | None = None, *children: Element) -> Element:
    """An element with prefixed names, for example ``el("w:jc", {"w:val": "right"})``."""
    made = etree.Element(qn(name), {qn(key): value for key, value in (attributes or {}).items()}, nsmap=_DECLARED)
    made.extend(children)
    return made


def twips(points: float) -> str:
    """Points as twentieths of a point."""
    return str(round(points * 20))


def run(text: str, style: str = "") -> Element:
    """Text with its line ends as line breaks; `style` is the id of a character style."""
    made = el("w:r")
    if style:
        made.append(el("w:rPr", None, el("w:rStyle", {"w:val": style})))
    for n, line in enumerate(text.split("\n")):
        if n:
            made.append(el("w:br"))
        piece = el("w:t", {"xml:space": "preserve"})
        piece.text = line
        made.append(piece)
    return made


def tab() -> Element:
    """A run that is one tab."""
    return el("w:r", None, el("w:tab"))


def field(instruction: str, result: str) -> Element:
    """A field with its result written beside it: right without anybody updating it."""
    return el("w:fldSimple", {"w:instr": f" {instruction} "}, run(result))


def link(name: str, *runs: Element) -> Element:
    """Runs that lead to a bookmark of this document."""
    return el("w:hyperlink", {"w:anchor": name, "w:history": "1"}, *runs)


def bookmark(number: int | str, name: str, *runs: Element) -> list[Element]:
    """Runs with a bookmark around them; `number` is unique in the document."""
    start = el("w:bookmarkStart", {"w:id": str(number), "w:name": name})
    return [start, *runs, el("w:bookmarkEnd", {"w:id": str(number)})]


def paragraph(
    style: str, *children: Element, fresh: bool = False, unnumbered: bool = False, keep: bool = False, whole: bool = False
) -> Element:
    """A paragraph of a style (by id).

    `fresh` starts a page; `keep` stays on one page with the next; `whole` is not cut at the end of a page; `unnumbered` switches a
    numbering of the style off.
    """
    properties = el("w:pPr", None, el("w:pStyle", {"w:val": style}))
    if keep:
        properties.append(el("w:keepNext"))
    if whole:
        properties.append(el("w:keepLines"))
    if fresh:
        properties.append(el("w:pageBreakBefore"))
    if unnumbered:
        properties.append(el("w:numPr", None, el("w:ilvl", {"w:val": "0"}), el("w:numId", {"w:val": "0"})))
    return el("w:p", None, properties, *children)


def section(page: Element) -> Element:
    """A `w:sectPr` ends a section as part of its last paragraph."""
    return el("w:p", None, el("w:pPr", None, el("w:spacing", {"w:before": "0", "w:after": "0"}), page))


def table(style: str, widths: Sequence[float], *, head: bool) -> Element:
    """An empty table of fixed layout; `widths` in points; `head`: its first row looks like one."""
    look = {"w:val": "0420" if head else "0400", "w:firstRow": "1" if head else "0", "w:noVBand": "1"}
    look |= dict.fromkeys(("w:lastRow", "w:firstColumn", "w:lastColumn", "w:noHBand"), "0")
    properties = el(
        "w:tblPr", None,
        el("w:tblStyle", {"w:val": style}),
        el("w:tblW", {"w:w": twips(sum(widths)), "w:type": "dxa"}),
        el("w:tblLayout", {"w:type": "fixed"}),
        el("w:tblLook", look),
    )  # fmt: skip
    columns = (el("w:gridCol", {"w:w": twips(width)}) for width in widths)
    return el("w:tbl", None, properties, el("w:tblGrid", None, *columns))


def row(
    widths: Sequence[float], cells: Iterable[Sequence[Element]], *, head: bool = False, height: float = 0.0, cut: bool = False
) -> Element:
    """A row that stays on one page unless it may be `cut`; a head row is repeated on each. Each cell is a sequence of paragraphs."""
    properties = el("w:trPr")
    if not cut:
        properties.append(el("w:cantSplit"))
    if height:
        properties.append(el("w:trHeight", {"w:val": twips(height), "w:hRule": "atLeast"}))
    if head:
        properties.append(el("w:tblHeader"))
    made = el("w:tr", None, *([properties] if len(properties) else []))
    for width, paragraphs in zip(widths, cells, strict=True):
        size = el("w:tcPr", None, el("w:tcW", {"w:w": twips(width), "w:type": "dxa"}))
        made.append(el("w:tc", None, size, *paragraphs))
    return made


def spanning(made: Element, columns: int) -> Element:
    """The only cell of a row, made to span so many columns."""
    made.find(qn("w:tc")).find(qn("w:tcPr")).append(el("w:gridSpan", {"w:val": str(columns)}))
    return made


def signature_line(
    picture: str, guid: str, size: tuple[float, float], *, signer: str, title: str, instructions: str
) -> Element:  # fmt: skip
    """The shape of an Office signature line (ECMA-376 Part 4, `o:signatureline`); `picture` is its relationship id."""
    width, height = size
    line = el(
        "o:signatureline",
        {
            "v:ext": "edit", "id": guid, "provid": _OFFICE_ITSELF, "o:suggestedsigner": signer, "o:suggestedsigner2": title,
            "signinginstructions": instructions, "signinginstructionsset": "t", "allowcomments": "t", "issignatureline": "t",
        },
    )  # fmt: skip
    locks = dict.fromkeys(("ungrouping", "rotation", "cropping", "verticies", "text", "grouping"), "t")
    return el(
        "v:shape",
        {"id": f"line_{guid.strip('{}')}", "type": f"#{_PICTURE}", "alt": "Signature line: " + signer,
         "style": f"width:{width:g}pt;height:{height:g}pt"},
        el("v:imagedata", {"r:id": picture, "o:title": ""}),
        el("o:lock", {"v:ext": "edit", **locks}),
        line,
    )  # fmt: skip


def drawing(picture: str, number: int, size: tuple[float, float], name: str, alt: str) -> Element:
    """A run with a picture in the line of text (ECMA-376 Part 1, 20.4.2.8); `picture` is its relationship id, `size` points.

    `number` is unique in the document; `alt` is what is read aloud instead of it.
    """
    extent = {"cx": str(round(size[0] * _EMU)), "cy": str(round(size[1] * _EMU))}
    named = {"id": str(number), "name": name, "descr": alt}
    fill = el("pic:blipFill", None, el("a:blip", {"r:embed": picture}), el("a:stretch", None, el("a:fillRect")))
    where = el("a:xfrm", None, el("a:off", {"x": "0", "y": "0"}), el("a:ext", extent))
    shape = el("pic:spPr", None, where, el("a:prstGeom", {"prst": "rect"}, el("a:avLst")))
    about = el("pic:nvPicPr", None, el("pic:cNvPr", {"id": "0", "name": name}), el("pic:cNvPicPr"))
    data = el("a:graphicData", {"uri": SPACES["pic"]}, el("pic:pic", None, about, fill, shape))
    inline = el(
        "wp:inline", dict.fromkeys(("distT", "distB", "distL", "distR"), "0"),
        el("wp:extent", extent), el("wp:docPr", named), el("wp:cNvGraphicFramePr"), el("a:graphic", None, data),
    )  # fmt: skip
    return el("w:r", None, el("w:drawing", None, inline))


def shape_kind() -> Element:
    """The picture shape all signature lines refer to; a document says it once, before the first."""
    look = {"coordsize": "21600,21600", "o:spt": "75", "o:preferrelative": "t", "filled": "f", "stroked": "f"}
    return el("v:shapetype", {"id": _PICTURE, **look})


def pictures(*shapes: Element) -> Element:
    """A run that holds VML shapes."""
    return el("w:r", None, el("w:pict", None, *shapes))
