"""What a workbook holds beside the values of its cells: pieces of rich text, formats that change what is shown, drawings, margins."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.readers.raised import lowered, raised, resolved

_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DIGITS = 11
"""Excel shows no more of a number without a format."""
_WHITE_INDEX = (1, 9)
_MARGINS = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")


def pieces(cell: Any, value: Any) -> tuple[str, list[tuple[str, str]]]:
    """The text of a cell as it is seen and valid, raised figures visible; and what is left out of it, each with why."""
    parts = value if isinstance(value, list) else [value]
    text, left = "", []
    for part in parts:
        said = part if isinstance(part, str) else part.text
        why = unseen(cell, getattr(part, "font", cell.font))
        if why and said.strip():
            left.append((why, said))
            continue
        shift = getattr(getattr(part, "font", cell.font), "vertAlign", None)
        text += raised(said) if shift == "superscript" else lowered(said) if shift == "subscript" else said
    return resolved(text) if text and any(c in text for c in "\x01\x02\x03") else text, left


def unseen(cell: Any, font: Any) -> str:
    """Why text of this font in a cell is not valid or not seen; empty for any other."""
    if getattr(font, "strike", False):
        return "struck-out"
    form = cell.number_format or ""
    if form.count(";") == 3 and not form.rpartition(";")[2].strip():  # noqa: PLR2004 - the fourth section is that of text
        return "hidden"
    return "white" if _is_white(getattr(font, "color", None)) and not _on_colour(cell) else ""


def _is_white(colour: Any) -> bool:
    if colour is None:
        return False
    if colour.type == "theme":
        return bool(colour.theme == 0 and not colour.tint)
    if colour.type == "indexed":
        return colour.indexed in _WHITE_INDEX
    return str(colour.rgb).upper()[-6:] == "FFFFFF"


def _on_colour(cell: Any) -> bool:
    """Whether white text can be seen: the cell is filled, or is in the coloured header of a table."""
    fill = cell.fill
    if fill is not None and fill.fill_type not in (None, "none") and not (fill.fill_type == "solid" and _is_white(fill.fgColor)):
        return True
    tables = getattr(cell.parent, "tables", {}).values()
    return any(re.sub(r"\D", "", t.ref.partition(":")[0]) == str(cell.row) for t in tables)


# ------------------------------------------------------------------ numbers, dates, times


def adds_to_text(form: str) -> bool:
    """Whether a format shows a text with something around it; blanks, fillers and colours are nothing."""
    said = re.sub(r"_.|\*.|\[[^\]]*\]", "", form.rpartition(";")[2]).strip()
    return "@" in said and said != "@"


def number_text(value: Any, form: str) -> tuple[str, bool]:
    """A value as text, nothing of it lost; and whether the cell shows something else."""
    form = form or "General"
    if isinstance(value, bool):
        return str(value).upper(), False
    if isinstance(value, int | float):
        places = re.fullmatch(r"0(?:\.(0+))?", form)
        if places and float(fixed := f"{value:.{len(places[1] or '')}f}") == value:
            return fixed, False
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15  # noqa: PLR2004
        said = str(int(value)) if whole else repr(value)
        return said, form not in {"General", "@"} or len(said.lstrip("-")) > _DIGITS
    if isinstance(value, dt.datetime):
        said = value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    elif isinstance(value, dt.timedelta):
        seconds = round(value.total_seconds())
        said = f"{'-' if seconds < 0 else ''}{abs(seconds) // 3600}:{abs(seconds) // 60 % 60:02}:{abs(seconds) % 60:02}"
    else:
        said = value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
    return said, True


# ------------------------------------------------------------------ drawings and margins


def margins(sheet: Any) -> Iterator[tuple[str, str]]:
    """Name and text of each header and footer of a page."""
    for name in _MARGINS:
        margin = getattr(sheet, name, None)
        for side in ("left", "center", "right"):
            if said := getattr(getattr(margin, side, None), "text", None):
                yield name, str(said)


def drawn(members: Mapping[str, bytes]) -> dict[str, list[tuple[int, str, str]]]:
    """Name of a sheet -> row, text and kind of what is drawn on it and is no picture."""
    book = members.get("xl/workbook.xml")
    if book is None:
        return {}
    links = _links(members, "xl/workbook.xml")
    found: dict[str, list[tuple[int, str, str]]] = {}
    for sheet in _xml(book).iter("{*}sheet"):
        path = links.get(sheet.get(_REL, ""), "")
        for target in _links(members, path).values():
            if "/drawings/drawing" in target and target in members:
                found.setdefault(sheet.get("name", ""), []).extend(_shapes(_xml(members[target])))
    return found


def _shapes(drawing: Any) -> Iterator[tuple[int, str, str]]:
    for anchor in drawing:
        row = anchor.find("{*}from/{*}row")
        number = int(row.text) + 1 if row is not None and (row.text or "").isdigit() else 0
        for shape in anchor.iter("{*}sp"):
            lines = ("".join(t.text or "" for t in p.iter("{*}t")) for p in shape.iter("{*}p"))
            if text := "\n".join(lines).strip():
                yield number, text, "a text box is not imported"
        for frame in anchor.iter("{*}graphicFrame"):
            name = frame.find(".//{*}cNvPr")
            yield number, (name.get("name", "") if name is not None else "") or "chart", "a chart or diagram is not read"


def _links(members: Mapping[str, bytes], path: str) -> dict[str, str]:
    """Id of a relationship of a part -> path of what it leads to."""
    folder, name = posixpath.split(path)
    content = members.get(f"{folder}/_rels/{name}.rels")
    if content is None:
        return {}
    return {
        r.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, r.get("Target", ""))).lstrip("/")
        for r in _xml(content)
        if r.get("TargetMode") != "External"
    }


def _xml(data: bytes) -> Any:
    from lxml import etree

    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError as problem:
        raise Unreadable(f"damaged XML: {problem}") from None
