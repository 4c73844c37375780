"""Rows of any table as entries: the header is found, columns are mapped, and a cell without a field becomes an attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csvgen.diagnostics import Location
from csvgen.exchange.columns import distinct, mapped
from csvgen.exchange.readers.base import Columns, Found, Options
from csvgen.exchange.readers.prose import obliges

_SEARCHED = 30
"""A header stands within so many rows."""


@dataclass(frozen=True, slots=True)
class Row:
    place: Location
    cells: tuple[str, ...]
    merged: frozenset[int] = frozenset()
    """Cells that are the lower part of a merged cell and repeat its text."""


def read_rows(rows: Sequence[Row], options: Options, found: Found, section: str = "") -> bool:
    """Put the entries and leftovers of one table into `found`; False, with nothing put, when it has no header of requirements."""
    rows = [row for row in rows if any(cell.strip() for cell in row.cells)]
    at = _header(rows, options)
    if at is None:
        return False
    header = distinct(rows[at].cells)
    fields, source = mapped(header, options.columns, options.remembered)
    found.columns.append(Columns(place=rows[at].place, header=header, fields=fields, source=source))
    for row in rows[:at]:
        put = found.leftover if any(map(obliges, row.cells)) else found.aside
        put(row.place, _shown(row.cells), "a line above the header of the table")
    found.aside(rows[at].place, _shown(rows[at].cells), "the header of the table")
    group: list[Row] = []
    id_column = next((i for i, column in enumerate(header) if fields.get(column) == "id"), None)
    for row in rows[at + 1 :]:
        if distinct(row.cells) == header:
            _flush(group, header, fields, section, found)
            found.aside(row.place, _shown(row.cells), "the header of the table again")
        elif id_column is not None and id_column in row.merged and group:
            group.append(row)
        elif (alone := _alone(row, len(header))) and not _is_entry(row, header, fields):
            _flush(group, header, fields, section, found)
            if row.cells[0].strip() and not obliges(alone):
                section = alone
                found.aside(row.place, alone, "a heading inside the table")
            else:
                found.leftover(row.place, alone, "a row without an id: it may go on what stands above it, or be a requirement")
        else:
            _flush(group, header, fields, section, found)
            group.append(row)
    _flush(group, header, fields, section, found)
    return True


def _header(rows: Sequence[Row], options: Options) -> int | None:
    """Index of the row that names an id or a text column."""
    for index, row in enumerate(rows[:_SEARCHED]):
        names = distinct(row.cells)
        fields = set(mapped(names, options.columns, options.remembered)[0].values())
        known = names in options.remembered or any(c in names for c in options.columns)
        if (known and fields) or "statement" in fields or {"id", "title"} <= fields:
            return index
    return None


def _alone(row: Row, width: int) -> str:
    """The text of a row that says one thing only: alone in its row, or merged over all of it."""
    said = [c.strip() for c in row.cells if c.strip()]
    alone = len(said) == 1 and width > 1
    over_all = len(said) > 1 and len(said) == len(row.cells) and len(set(said)) == 1
    return said[0] if alone or over_all else ""


def _is_entry(row: Row, header: tuple[str, ...], fields: Mapping[str, str]) -> bool:
    """Whether a row with one text has it where an id or a requirement stands, and looks like one."""
    for name, cell in zip(header, row.cells, strict=False):
        if cell.strip() and fields.get(name) == "id":
            return any(c.isdigit() for c in cell) and " " not in cell.strip()
        if cell.strip() and fields.get(name) == "statement":
            return len(set(row.cells)) > 1 or len(header) == 1
    return False


def _flush(group: list[Row], header: tuple[str, ...], fields: Mapping[str, str], section: str, found: Found) -> None:
    """The rows of one requirement as its entry."""
    if not group:
        return
    width = max(len(row.cells) for row in group)
    names = (*header, *(f"Column {n}" for n in range(len(header) + 1, width + 1)))
    cells = {name: _joined(group, index) for index, name in enumerate(names)}
    given = {field: cells[column] for column, field in fields.items() if cells.get(column, "").strip()}
    attributes = {name: cell for name, cell in cells.items() if name not in fields}
    place = group[0].place
    if not {"id", "statement"} & set(given):
        found.leftover(place, _shown(tuple(cells.values())), "a row without an id and without a requirement text")
    else:
        if len(group) > 1:
            last = group[-1].place.line
            found.aside(
                place, cells[names[0]], f"merged cells: the rows {place.line} to {last} are one requirement of several lines"
            )
        if section:
            attributes.setdefault("Section", section)
        found.entry(place, given, attributes)
    group.clear()


def _joined(group: Sequence[Row], index: int) -> str:
    """The text of one column over the rows of a requirement; the repeats of a merged cell count once."""
    parts = [r.cells[index] for n, r in enumerate(group) if index < len(r.cells) and (not n or index not in r.merged)]
    return "\n".join(p for p in parts if p.strip())


def _shown(cells: Sequence[str]) -> str:
    return " | ".join(cell.strip() for cell in cells if cell.strip())
