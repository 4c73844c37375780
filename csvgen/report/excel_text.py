"""Text and bytes at the border to Excel: what a cell, a page margin and a sheet name can hold, and the last pass."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence

from lxml import etree

from csvgen.canonical import normalised_zip
from csvgen.errors import BadInput
from csvgen.report.fonts import Face
from csvgen.report.text import BLANK, lines_needed, one_line, shown, visible

CELL_LIMIT = 32_767
"""UTF-16 units in one cell (Excel specifications and limits)."""
_GROWS = 10
"""A character takes so many units at most: those that are hidden are written as ``[U+10FFFF]``."""
SURELY_FITS = CELL_LIMIT // _GROWS
"""Characters that a cell holds whatever they are."""
_DECODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_MARGIN_LIMIT = 70
"""Characters in one of three parts of a page margin; all of them with their codes must stay below 255."""
_NAME_LIMIT = 31
_TYPE = 10.0
_POINTS_PER_CHARACTER = 5.25
"""Columns are counted in digits of the default font, 7 pixels each at 96 dpi."""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TERMS = "http://purl.org/dc/terms/"


def cell_text(text: str, where: str) -> str:
    """Text as a cell holds it: hidden characters made visible, and what Excel would decode (``_x0041_``) kept as it is
    written (ECMA-376 Part 1, 22.9.2.19). Blank becomes a dash. Raises BadInput for text Excel would cut.
    """
    if len(text) > SURELY_FITS:
        found = visible(text)
        if len(found.encode("utf-16-le", "surrogatepass")) // 2 > CELL_LIMIT:
            raise BadInput(
                f"this text has {len(found)} characters; a cell holds {CELL_LIMIT}", where=where,
                hint="shorten it, or read it in the PDF",
            )  # fmt: skip
    return held(text)


def held(text: str) -> str:
    """`cell_text` of a text that is known to fit."""
    found = visible(text) if text.strip() else BLANK
    return _DECODED.sub("_x005F_", found) if "_x" in found else found


def margin_text(text: str) -> str:
    """Text for a header or footer of a printed page: ``&`` begins a code there, twice it is itself."""
    found = visible(one_line(text))
    return (found if len(found) <= _MARGIN_LIMIT else f"{found[: _MARGIN_LIMIT - 1]}…").replace("&", "&&")


def sheet_name(name: str, used: set[str]) -> str:
    """A name Excel accepts, like the one given, and not yet used; it is put among the used ones."""
    base = re.sub(r"[\[\]:*?/\\]", " ", visible(one_line(name))).strip(" '")[:_NAME_LIMIT].strip(" '") or "Sheet"
    found, n = base, 1
    while found.lower() in used:
        n += 1
        found = f"{base[: _NAME_LIMIT - 5]} ({n})"
    used.add(found.lower())
    return found


def row_height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Height of a row in points that shows all lines of its cells; widths in characters. Excel shows 409 points at most.

    Not every reader measures wrapped text when it opens a file, so the height is written.
    """
    return line_heights(widths)(texts)


def line_heights(widths: Sequence[float]) -> Callable[[Sequence[str]], float]:
    """`row_height` for many rows of the same widths."""
    rooms = [room * _POINTS_PER_CHARACTER - 6 for room in widths]

    def height(texts: Sequence[str]) -> float:
        lines = max([lines_needed(shown(text), room, Face.SANS, _TYPE) for text, room in zip(texts, rooms, strict=True)])
        return min(lines * 12.75 + 4, 409.0)

    return height


def finished(data: bytes, cached: Mapping[str, str], date: dt.datetime | None) -> bytes:
    """A saved workbook with the dates of its record, the values of the formulas of its first sheet, and bytes that depend on
    nothing else.
    """
    return normalised_zip(finished_parts(data, cached, date).items(), first="[Content_Types].xml")


def finished_parts(data: bytes, cached: Mapping[str, str], date: dt.datetime | None) -> dict[str, bytes]:
    """The parts of the workbook with the dates of its record and the values of the formulas of its first sheet."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["docProps/core.xml"] = _dated(parts["docProps/core.xml"], date)
    parts["xl/styles.xml"] = _ordered_fonts(parts["xl/styles.xml"])
    if cached:
        parts["xl/worksheets/sheet1.xml"] = _valued(parts["xl/worksheets/sheet1.xml"], cached)
    return parts


_FONT = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family", "charset", "scheme",
)  # fmt: skip
"""Parts of a font in the order in which Office writes them; its own validator takes no other (openpyxl writes another)."""


def _ordered_fonts(styles: bytes) -> bytes:
    root = etree.fromstring(styles)
    for font in root.iter(f"{{{_MAIN}}}font"):
        font[:] = sorted(font, key=lambda part: _FONT.index(etree.QName(part).localname))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _dated(core: bytes, date: dt.datetime | None) -> bytes:
    root = etree.fromstring(core)
    for name in ("created", "modified"):
        for element in root.findall(f"{{{_TERMS}}}{name}"):
            if date:
                element.text = date.strftime("%Y-%m-%dT%H:%M:%SZ")
            else:
                root.remove(element)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _valued(sheet: bytes, cached: Mapping[str, str]) -> bytes:
    root = etree.fromstring(sheet)
    for cell in root.iter(f"{{{_MAIN}}}c"):
        if cell.find(f"{{{_MAIN}}}f") is not None:
            value = cell.find(f"{{{_MAIN}}}v")
            value = etree.SubElement(cell, f"{{{_MAIN}}}v") if value is None else value
            value.text = cached[cell.get("r")]
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
