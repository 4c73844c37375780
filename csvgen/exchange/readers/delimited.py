"""CSV and its relatives: comma, semicolon, tab or bar; cells of several lines; UTF-8, UTF-16 and, said so, Windows-1252."""

from __future__ import annotations

import csv
import io
from collections import Counter

from csvgen.exchange.model import Read
from csvgen.exchange.readers.base import Found, Options, Unreadable, text_of
from csvgen.exchange.readers.table import Row, read_rows

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MAX_CELL = 200_000
_SAMPLE = 200
"""Rows that decide the delimiter."""


def read(data: bytes, name: str, options: Options) -> Read:
    """A delimited text file. Raises Unreadable for damaged quoting, huge cells and files without a delimiter."""
    found = Found(name, "csv")
    text, encoding = text_of(data, name)
    if encoding != "utf-8-sig":
        found.aside(found.place(), encoding, f"the file was read as {encoding}, not UTF-8; look at letters with accents")
    first, _, rest = text.partition("\n")
    skipped = 0
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:
        delimiter, text, skipped = first.strip()[-1], rest, 1
        found.aside(found.place(1), first, "names the delimiter")
    else:
        delimiter = sniffed(text, name)
    rows = [Row(found.place(line + skipped), tuple(cells)) for line, cells in records(text, delimiter, name, skipped)]
    if not any(any(c.strip() for c in row.cells) for row in rows):
        raise Unreadable("there is nothing in this file", where=name)
    if not read_rows(rows, options, found):
        for row in rows:
            found.leftover(
                row.place, " | ".join(row.cells), "no header names a column for the requirement text: say --map COLUMN=statement"
            )
    return found.read()


def records(text: str, delimiter: str, name: str, skipped: int = 0) -> list[tuple[int, list[str]]]:
    """First line and cells of each record."""
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            found.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as problem:
        hint = "a cell that holds quotes is quoted as a whole, its quotes doubled"
        raise Unreadable(f"not delimited text from here on: {problem}", where=f"{name}:{line + skipped}", hint=hint) from None
    return found


def sniffed(text: str, name: str) -> str:
    """The delimiter under which most rows have the same number of cells, at least two."""
    best: tuple[float, int, str] = (0.0, 0, "")
    for delimiter in DELIMITERS:
        counts: Counter[int] = Counter()
        try:
            for index, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)):
                if index >= _SAMPLE:
                    break
                if cells:
                    counts[len(cells)] += 1
        except csv.Error:
            continue
        if not counts:
            continue
        width, rows = max(counts.items(), key=lambda item: (item[0] > 1, item[1]))
        if width > 1:
            best = max(best, (round(rows / counts.total(), 2), width, delimiter))
    if best[2]:
        return best[2]
    if text.strip() and len(text.splitlines()[0]) < MAX_CELL:
        return ","  # a table of one column
    raise Unreadable("this is no table: no comma, semicolon, tab or bar divides its lines", where=name)
