"""A workbook read back by openpyxl: the text and the cached numbers of a sheet, as a program that computes nothing shows them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

from csvgen.errors import NotIntact

Sheet = list[tuple[str, ...]]


def read(data: bytes, names: Sequence[str], where: str = "") -> Mapping[str, Sheet]:
    """Rows of the named sheets, those that are there and can be seen. Raises NotIntact for what is no workbook."""
    from openpyxl import load_workbook  # heavy, and only wanted where there is a workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            seen = [n for n in names if n in book.sheetnames and book[n].sheet_state == "visible"]
            return {name: [_row(row) for row in book[name].iter_rows(values_only=True)] for name in seen}
        finally:
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError, OSError) as odd:
        raise NotIntact(f"not a workbook that can be read ({type(odd).__name__})", where=where) from None


def names(data: bytes, where: str = "") -> list[str]:
    """Every sheet, hidden ones too. Raises NotIntact for what is no workbook."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True)
        try:
            return list(book.sheetnames)
        finally:
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError, OSError) as odd:
        raise NotIntact(f"not a workbook that can be read ({type(odd).__name__})", where=where) from None


def _row(values: Sequence[object]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in values)


def columns(sheet: Sheet, titles: Sequence[str]) -> Sheet | None:
    """What stands under these titles, row by row; None where no row has them all."""
    for number, row in enumerate(sheet):
        if all(title in row for title in titles):
            places = [row.index(title) for title in titles]
            return [tuple(r[p] if p < len(r) else "" for p in places) for r in sheet[number + 1 :]]
    return None
