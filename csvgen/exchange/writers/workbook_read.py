"""A workbook made by `csvgen.exchange.writers.workbook`, read back after somebody edited it: `read`.

Numbers, dates, formulas and merged cells are refused with their place: each of them means that what is shown is not what was
typed, or that rows have values nobody sees.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from csvgen.diagnostics import Location, one_line
from csvgen.errors import BadInput
from csvgen.exchange.cells import unflat
from csvgen.exchange.changes import FIELDS, Base
from csvgen.exchange.export import FORMAT, Own, base
from csvgen.exchange.model import Entry, Leftover
from csvgen.exchange.readers.base import unpacked
from csvgen.exchange.readers.workbook_parts import unseen
from csvgen.exchange.writers.workbook import ABOUT, COLUMNS, CRITERIA, CRITERIA_COLUMNS, PARTS, REQUIREMENTS

_MOST = 60_000_000
"""Bytes of all sheets and texts, unpacked. openpyxl needs some fifty times as much memory."""
_MOST_ROWS, _MOST_COLUMNS = 100_000, 200
"""One cell far away makes a sheet of billions of empty ones."""
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_RUN = re.compile(rb"<(?:\w+:)?(?:strike|vertAlign)\b(?![^>]*val=\"(?:0|false|baseline)\")")
"""Looks of a piece of a cell; those of whole cells stand in the styles."""
_SAYS = {
    "n": "a number", "b": "a truth value", "d": "a date", "f": "a formula", "e": "an error",
}  # fmt: skip

Row = tuple[int, dict[str, str]]


def is_ours(book: Any) -> bool:
    """Whether a workbook is one of ours: by the format on its sheet About, or the title of the last column."""
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if REQUIREMENTS not in sheets:
        return False
    about = sheets.get(ABOUT)
    return (about is not None and about["B2"].value == FORMAT) or any(c.value == FORMAT for c in sheets[REQUIREMENTS][1])


def opened(data: bytes, name: str) -> Any:
    """The workbook, after its size was found to be sane. Raises BadInput."""
    parts = unpacked(data, name)
    size = sum(len(content) for part, content in parts.items() if part.startswith("xl/"))
    if size > _MOST:
        raise BadInput(f"{size} bytes of sheets; the limit is {_MOST}", where=name, hint="split the file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # extensions of Excel that openpyxl leaves out do not matter here
            return load_workbook(io.BytesIO(data))
    except Exception as problem:  # noqa: BLE001 - openpyxl raises whatever a damaged part leads it to
        raise BadInput(f"not a workbook that can be read: {one_line(str(problem))[:200]}", where=name) from None


def only_plain(data: bytes, name: str) -> None:
    """Raises BadInput for a workbook with pieces of cells that plain text cannot say."""
    parts = unpacked(data, name)
    texts = (
        content for part, content in parts.items() if part == "xl/sharedStrings.xml" or part.startswith("xl/worksheets/sheet")
    )
    if any(_RUN.search(content) for content in texts):
        message = "a cell holds a piece of text that is struck out, raised or lowered; plain text cannot say that"
        raise BadInput(message, where=name, hint="delete the struck-out piece; write 10^3 for a raised figure")


def read(data: bytes, name: str) -> Own:
    """The entries of a workbook of ours, edited or not. Raises BadInput with file, sheet and cell."""
    book = opened(data, name)
    if not is_ours(book):
        raise BadInput(f"this workbook has no mark {FORMAT}", where=name)
    only_plain(data, name)
    return read_book(book, name)


def read_book(book: Any, name: str) -> Own:
    """As `read`, of a workbook that is open."""
    header, rows = _rows(book, REQUIREMENTS, name)
    if "id" not in header:
        raise BadInput("there is no column 'id'", where=f"{name} {REQUIREMENTS}!1")
    criteria = _criteria(book, name)
    leftovers: list[Leftover] = []
    entries: list[Entry] = []
    bases: dict[str, Base] = {}
    risks: dict[str, tuple[str, Location]] = {}
    for number, cells in rows:
        place = Location(f"{name} {REQUIREMENTS}", number, 1)
        values = {f: unflat(f, cells[f], _where(name, REQUIREMENTS, header, f, number)) for f in FIELDS if cells.get(f)}
        fields = {f: v for f, v in values.items() if v is not None}
        if mine := (criteria or {}).get(str(fields.get("id", ""))):
            fields["criteria"] = [c for _, c in mine]
        places = {f: Location(_where(name, REQUIREMENTS, header, f, number)) for f in values}
        entries.append(Entry(fields=fields, place=place, places=places))
        if "risks" in cells:
            risks[entries[-1].id] = cells["risks"], Location(_where(name, REQUIREMENTS, header, "risks", number))
        if (found := base(cells.get(FORMAT, ""))) is not None:
            bases[entries[-1].id] = found
        leftovers += _unknown(place, cells, frozenset(COLUMNS))
    names = {e.id for e in entries}
    for owner, parts in (criteria or {}).items():
        if owner not in names:
            why = f"there is no row of {owner} on {REQUIREMENTS}"
            leftovers += (
                Leftover(place=Location(f"{name} {CRITERIA}", n, 1), text=str(c.get("title", "")), why=why) for n, c in parts
            )
    columns = tuple(f for f in FIELDS if f in header or (f == "criteria" and criteria is not None))
    system = str(book[ABOUT]["B3"].value or "") if ABOUT in {s.title for s in book.worksheets} else ""
    return Own(
        source=name, reader="csvgen workbook", entries=tuple(entries), leftovers=tuple(leftovers), system=system,
        columns=columns, bases=bases, risks=risks,
    )  # fmt: skip


def _criteria(book: Any, name: str) -> dict[str, list[tuple[int, dict[str, Any]]]] | None:
    """Id of a requirement -> its criteria with their rows, in their order; None without the sheet."""
    if CRITERIA not in {s.title for s in book.worksheets}:
        return None
    header, rows = _rows(book, CRITERIA, name)
    if missing := [c for c in CRITERIA_COLUMNS if c not in header]:
        raise BadInput(
            f"there is no column {missing[0]!r}", where=f"{name} {CRITERIA}!1", hint="keep all columns, or delete the whole sheet"
        )
    found: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for number, cells in rows:
        owner = cells["requirement"].strip()
        if not owner:
            where = _where(name, CRITERIA, header, "requirement", number)
            raise BadInput("this criterion names no requirement", where=where)
        values = {p: unflat(p, cells[p], _where(name, CRITERIA, header, p, number)) for p in PARTS if cells[p]}
        found.setdefault(owner, []).append((number, {p: v for p, v in values.items() if v is not None}))
    return found


def _rows(book: Any, title: str, name: str) -> tuple[list[str], list[Row]]:
    """Names of the columns, and each row that is not empty with its number: column -> text."""
    sheet = book[title]
    if sheet.merged_cells.ranges:
        area = min(str(r) for r in sheet.merged_cells.ranges)
        raise BadInput("these cells are merged", where=f"{name} {title}!{area}", hint="unmerge them and fill each cell")
    if sheet.max_row > _MOST_ROWS or sheet.max_column > _MOST_COLUMNS:
        raise BadInput(
            f"{sheet.max_row} rows, {sheet.max_column} columns; the limits are {_MOST_ROWS} and {_MOST_COLUMNS}", where=f"{name} {title}",
            hint="delete the cells far away",
        )  # fmt: skip
    lines = list(_texts(sheet, title, name))
    header = [cell.strip() for cell in lines[0]] if lines else []
    twice = [c for c in header if c and header.count(c) > 1]
    if twice:
        raise BadInput(f"the column {twice[0]!r} stands here twice", where=f"{name} {title}!1")
    rows = [
        (n, {c: cell for c, cell in zip(header, line, strict=True) if c})
        for n, line in enumerate(lines[1:], 2)
        if any(cell.strip() for cell in line)
    ]
    return header, rows


def _texts(sheet: Any, title: str, name: str) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        line = []
        for cell in row:
            if cell.value is None:
                line.append("")
            elif cell.data_type in {"s", "inlineStr", "str"} and isinstance(cell.value, str):
                if why := unseen(cell, cell.font):
                    raise BadInput(
                        f"this cell holds {why} text: {one_line(cell.value)[:60]}", where=f"{name} {title}!{cell.coordinate}",
                        hint="delete that text, or give it the look of the rest",
                    )  # fmt: skip
                line.append(_ESCAPE.sub(lambda m: chr(int(m[1], 16)), cell.value))
            else:
                what = _SAYS.get(cell.data_type, "no text")
                raise BadInput(
                    f"this cell holds {what}, not text: {one_line(str(cell.value))[:60]}", where=f"{name} {title}!{cell.coordinate}",
                    hint="format the cell as text and type its value again",
                )  # fmt: skip
        yield line


def _where(name: str, sheet: str, header: list[str], column: str, row: int) -> str:
    return f"{name} {sheet}!{get_column_letter(header.index(column) + 1)}{row}"


def _unknown(place: Location, cells: dict[str, str], known: frozenset[str]) -> Iterator[Leftover]:
    for column, text in cells.items():
        if column not in known and text.strip():
            yield Leftover(place=place, text=text, why=f"there is no field {column!r}")
