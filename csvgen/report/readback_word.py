"""A Word file read back: every text in its body, in order, as a reader of the file meets it.

Text is taken wherever it stands, so hidden runs, text boxes and the like are differences and not gaps in the reading.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from csvgen.errors import NotIntact
from csvgen.report import form_read
from csvgen.report.readback import Grid, Line, Piece, Reading, plain

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT = {f"{_W}t": None, f"{_W}tab": " ", f"{_W}br": " ", f"{_W}cr": " ", f"{_W}noBreakHyphen": "-", f"{_W}p": " "}
_REMOVED = {f"{_W}del", f"{_W}moveFrom"}


def read(data: bytes, where: str = "") -> Reading:
    """Lines and tables of a Word file. Raises NotIntact for what is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            body = _root(archive.read("word/document.xml"))[0]
            around = [_root(archive.read(n)) for n in sorted(names) if n.startswith(("word/header", "word/footer"))]
    except (zipfile.BadZipFile, KeyError, IndexError, etree.XMLSyntaxError, RuntimeError) as odd:
        raise NotIntact(f"not a Word file that can be read ({type(odd).__name__})", where=where) from None
    lines = (
        p for part in around for p in part.iter(f"{_W}p") if p.find(f".//{_W}fldSimple") is None
    )  # no page number: Word counts them
    furniture = tuple(t for p in lines if (t := plain(_text(p))))
    if not form_read.is_form(body):
        return Reading(furniture, tuple(_pieces(body)))
    form, inside = form_read.read(body, around)
    return Reading(furniture, tuple(_pieces(inside)), form=form)


def _root(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def _pieces(body: Iterable[Any]) -> Iterator[Piece]:
    for child in body:
        if child.tag == f"{_W}tbl":
            yield _grid(child)
        elif child.tag != f"{_W}sectPr" and (text := plain(_text(child))):
            marked = child.find(f"{_W}bookmarkStart") is not None
            yield Line(text, leads=child.find(f"{_W}hyperlink") is not None, heading=marked)


def _grid(table: Any) -> Grid:
    rows: list[tuple[str, ...]] = []
    titles: tuple[str, ...] = ()
    over = ""
    for row in table.iterchildren(f"{_W}tr"):
        cells = tuple(plain(_text(cell)) for cell in row.iterchildren(f"{_W}tc"))
        properties = row.find(f"{_W}trPr")
        head = not rows and properties is not None and properties.find(f"{_W}tblHeader") is not None
        if head and titles == ():
            titles = cells
        elif head and len(cells) == 1 and len(titles) > 1 and not over:
            over = cells[0]
        else:
            rows.append(cells)
    return Grid(titles, tuple(rows), over=over)


def _text(element: Any) -> str:
    """All text below an element, what tracked changes removed left out: no reader shows it as part of the document."""
    found: list[str] = []
    for node in element.iter(*_TEXT):
        if node.tag == f"{_W}t" and not any(a.tag in _REMOVED for a in node.iterancestors()):
            found.append(node.text or "")
        elif node.tag != f"{_W}t" and node.getparent() is not None and node.getparent().tag != f"{_W}tabs":
            found.append(" ")
    return "".join(found)
