"""Excel workbooks: every sheet, hidden or not; merged cells; formulas by their last computed value.

A value is taken as it is stored, with nothing of it lost; where the cell shows something else, that is said.
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
from typing import Any

from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Found, Options, Unreadable, unpacked
from csvgen.exchange.readers.prose import obliges
from csvgen.exchange.readers.table import Row, read_rows
from csvgen.exchange.readers.workbook_parts import adds_to_text, drawn, margins, number_text, pieces, unseen

MAX_CELLS = 2_000_000
"""Of one sheet, empty ones between others counted."""


def read(data: bytes, name: str, options: Options) -> Read:
    """An .xlsx file. Raises Unreadable for what is no workbook, or one built to be too large."""
    members = unpacked(data, name)
    formulas, values = _opened(data, name, computed=False), _opened(data, name, computed=True)
    found, drawings = Found(name, "excel"), drawn(members)
    for sheet in formulas.sheetnames:
        part = f"sheet {sheet}"
        if not hasattr(formulas[sheet], "iter_rows"):
            found.aside(found.place(0, part), sheet, "a sheet that is a chart")
            continue
        for row, text, why in drawings.get(sheet, []):
            found.leftover(found.place(row, part), text, why)
        _Sheet(formulas[sheet], values[sheet], part, found).read(options)
    return found.read()


def _opened(data: bytes, name: str, *, computed: bool) -> Any:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # parts of a workbook that are not cells
            return load_workbook(io.BytesIO(data), data_only=computed, keep_links=False, rich_text=not computed)
    except Exception as problem:  # noqa: BLE001 - the library raises whatever a damaged file makes it stumble on
        raise Unreadable(f"not an Excel workbook that can be opened: {problem}", where=name) from None


class _Sheet:
    def __init__(self, sheet: Any, values: Any, part: str, found: Found) -> None:
        self._sheet, self._values, self._part, self._found = sheet, values, part, found
        self._otherwise: list[tuple[int, int, str, str]] = []
        """Cells that show something else than was taken: row, column from 0, text, why."""

    def read(self, options: Options) -> None:
        sheet, found, part = self._sheet, self._found, self._part
        if sheet.max_row * sheet.max_column > MAX_CELLS:
            message = (
                f"this sheet reaches over {sheet.max_row} rows and {sheet.max_column} columns; the limit is {MAX_CELLS} cells"
            )
            raise Unreadable(message, where=str(found.place(0, part).file), hint="remove what stands far from the table")
        for name, text in margins(sheet):
            found.aside(found.place(0, f"{part} {name}"), text, "a header or footer")
        rows = self._rows()
        if not rows:
            found.aside(found.place(0, part), sheet.title, "a sheet with nothing in it")
            return
        if sheet.sheet_state != "visible":
            found.aside(found.place(0, part), sheet.title, "a hidden sheet; it is read all the same")
        self._hidden(len(rows))
        for picture in getattr(sheet, "_images", []):
            found.leftover(found.place(picture.anchor._from.row + 1, part), "picture", "a picture is not read")  # noqa: SLF001 - its place is nowhere else
        understood = read_rows(rows, options, found)
        self._shown_otherwise(dict(enumerate(found.columns[-1].header)) if understood else {}, found)
        if not understood:
            content = any(obliges(cell) for row in rows for cell in row.cells)
            why = (
                "no header names a column for the requirement text: say --map COLUMN=statement"
                if content
                else "a sheet without requirements"
            )
            for row in rows:
                if shown := " | ".join(c for c in row.cells if c.strip()):
                    (found.leftover if content else found.aside)(row.place, shown, why)

    def _shown_otherwise(self, header: dict[int, str], found: Found) -> None:
        """A number whose format changes it is only a remark, unless an id or a requirement is made of it."""
        for row, column, text, why in self._otherwise:
            field = found.columns[-1].fields.get(header[column], "") if column in header else ""
            matters = field in {"id", "statement"} and row > found.columns[-1].place.line
            (found.leftover if matters else found.aside)(found.place(row, self._part), text, why)

    def _rows(self) -> list[Row]:
        below, beside = self._merges()
        rows = []
        for cells in self._sheet.iter_rows():
            texts, merged = [], set()
            for index, cell in enumerate(cells):
                at = (cell.row, index + 1)
                if at in below:
                    merged.add(index)
                    texts.append(self._text(self._sheet.cell(*below[at]), quiet=True))
                else:
                    texts.append("" if at in beside else self._text(cell))
            if any(t.strip() for t in texts):
                rows.append(Row(self._found.place(cells[0].row, self._part), tuple(texts), frozenset(merged)))
        return rows

    def _merges(self) -> tuple[dict[tuple[int, int], tuple[int, int]], set[tuple[int, int]]]:
        """Cells below the first of a merge, with where their text stands; and those beside it, which stay empty."""
        below, beside = {}, set()
        for area in self._sheet.merged_cells.ranges:
            for row in range(area.min_row, area.max_row + 1):
                for column in range(area.min_col, area.max_col + 1):
                    if column > area.min_col:
                        beside.add((row, column))
                    elif row > area.min_row:
                        below[row, column] = (area.min_row, area.min_col)
        return below, beside

    def _text(self, cell: Any, *, quiet: bool = False) -> str:
        """What a reader of the sheet sees in a cell; everything that is not plain text is said."""

        def say(text: str, why: str, *, lost: bool = False) -> None:
            if not quiet:
                put = self._found.leftover if lost else self._found.aside
                put(self._found.place(cell.row, self._part), f"{cell.coordinate}: {text}", why)

        value = self._value(cell, say)
        if value is None:
            return ""
        if isinstance(value, str | list):
            return self._words(cell, value, say)
        shown, otherwise = number_text(value, cell.number_format)
        if why := unseen(cell, cell.font):
            say(shown, f"holds {why} text; it is not imported", lost=True)
            return ""
        if otherwise and not quiet:
            kind, form = _KINDS.get(type(value), "a value"), cell.number_format
            self._otherwise.append(
                (cell.row, cell.column - 1, f"{cell.coordinate}: {shown}", f"{kind} with the format {form}; value taken: {shown}")
            )
        elif not otherwise:
            say(shown, f"{_KINDS.get(type(value), 'a value')}, taken as {shown}")
        return shown

    def _value(self, cell: Any, say: Any) -> Any:
        """The value of a cell, of a formula the computed one; None when there is none."""
        if getattr(cell, "comment", None) is not None:
            say(cell.comment.text, "a comment of a cell is not imported", lost=True)
        value = cell.value
        if value is None:
            return None
        if getattr(cell, "data_type", "") == "f":
            computed = self._values[cell.coordinate].value
            if computed is None:
                say(
                    str(getattr(value, "text", value)),
                    "a formula whose result is not in the file: open and save it in Excel",
                    lost=True,
                )
                return None
            say(str(getattr(value, "text", value)), "a formula; its last computed value was taken")
            value = computed
        if link := getattr(cell, "hyperlink", None):
            address = link.target or link.location or ""
            if address and address != value:
                say(address, "the address of a link; the words of the cell were read")
        return value

    def _words(self, cell: Any, value: Any, say: Any) -> str:
        """The text of a cell without what is struck out or cannot be seen."""
        if isinstance(value, str) and value.startswith("#") and getattr(cell, "data_type", "") == "e":
            say(value, "an error value")
        text, left = pieces(cell, value)
        for why, piece in left:
            say(piece, f"holds {why} text; it is not imported", lost=True)
        form = cell.number_format or "General"
        if text.strip() and adds_to_text(form):
            say(text, f"a text with the format {form}; text taken: {text}", lost=True)
        return text

    def _hidden(self, rows: int) -> None:
        place, sheet = self._found.place, self._sheet
        for number, dimension in list(sheet.row_dimensions.items())[: MAX_CELLS // max(rows, 1)]:
            if dimension.hidden:
                self._found.aside(place(number, self._part), f"row {number}", "a hidden row; it is read all the same")
        for letter, dimension in sheet.column_dimensions.items():
            if dimension.hidden:
                self._found.aside(place(0, self._part), f"column {letter}", "a hidden column; it is read all the same")


_KINDS: dict[type, str] = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    dt.datetime: "a date",
    dt.date: "a date",
    dt.time: "a time",
    dt.timedelta: "a duration",
}
