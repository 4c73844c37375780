"""CSV (RFC 4180): one row a requirement, columns named as the fields, UTF-8, every cell in quotes.

A cell that a spreadsheet could take for a formula gets an apostrophe in front (and so does one that begins with an
apostrophe); reading back takes one away. The last column says what each requirement was when it was exported.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from csvgen.diagnostics import Location
from csvgen.errors import BadInput
from csvgen.exchange.cells import flat, unflat
from csvgen.exchange.changes import FIELDS, Base
from csvgen.exchange.export import FORMAT, Export, Own, base, exported
from csvgen.exchange.model import Entry, Leftover
from csvgen.exchange.readers.base import utf8

BOM = b"\xef\xbb\xbf"
COLUMNS = (*FIELDS, "risks", FORMAT)
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")
"""What the first character of a formula can be (OWASP, CSV Injection), and the mark itself."""
_LONGEST = 10_000_000


def write(export: Export, *, bom: bool = False) -> bytes:
    """The table. With `bom`, Excel opens it as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for h in export.requirements:
        cells = (*(flat(f, h.fields.get(f)) for f in FIELDS), flat("impact", list(export.threats[h.id])), exported(h))
        writer.writerow([_guarded(cell) for cell in cells])
    return (BOM if bom else b"") + out.getvalue().encode("utf-8")


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def read(data: bytes, name: str) -> Own:
    """The entries of a file `write` made, edited or not, with commas or semicolons. Raises BadInput with file and line."""
    text = utf8(data, name)
    head = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=head.count)
    before = csv.field_size_limit(_LONGEST)
    try:
        return _read(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), name)
    finally:
        csv.field_size_limit(before)


def _read(reader: Any, name: str) -> Own:
    line = 1
    entries: list[Entry] = []
    leftovers: list[Leftover] = []
    bases: dict[str, Base] = {}
    risks: dict[str, tuple[str, Location]] = {}
    header: list[str] = []
    try:
        for row in reader:
            start, line = line, reader.line_num + 1
            if not header:
                header = [cell.strip() for cell in row]
                _check(header, name)
                continue
            if not any(cell.strip() for cell in row):
                continue
            where = f"{name}:{start}"
            if len(row) < len(header) or any(
                cell.strip() for cell in row[len(header) :]
            ):  # a cell that is not there is not empty
                raise BadInput(
                    f"this row has {len(row)} cells; there are {len(header)} columns",
                    where=where,
                    hint="an empty cell still has its comma",
                )
            cells = {column: cell.removeprefix("'") for column, cell in zip(header, row, strict=False) if column}
            values = {f: unflat(f, cells[f], f"{where} {f}") for f in FIELDS if f in cells}
            entry = Entry(
                fields={f: v for f, v in values.items() if v is not None},
                place=Location(name, start, 1),
                places={f: Location(f"{name}:{start} column {f}") for f in values},
            )
            if "risks" in cells:
                risks[entry.id] = cells["risks"], Location(f"{name}:{start} column risks")
            entries.append(entry)
            if (found := base(cells.get(FORMAT, ""))) is not None:
                bases[entry.id] = found
            unknown = ((c, v) for c, v in cells.items() if c not in COLUMNS and v.strip())
            leftovers += (Leftover(place=entry.place, text=v, why=f"there is no field {c!r}") for c, v in unknown)
    except csv.Error as problem:
        raise BadInput(f"not a table as RFC 4180 says: {problem}", where=f"{name}:{line}") from None
    columns = tuple(f for f in FIELDS if f in header)
    return Own(
        source=name, reader="csvgen csv", entries=tuple(entries), leftovers=tuple(leftovers), columns=columns, bases=bases, risks=risks
    )  # fmt: skip


def _check(header: list[str], name: str) -> None:
    twice = [c for c in header if c and header.count(c) > 1]
    if twice:
        raise BadInput(f"the column {twice[0]!r} stands here twice", where=f"{name}:1")
    if "id" not in header:
        raise BadInput("there is no column 'id'", where=f"{name}:1")
