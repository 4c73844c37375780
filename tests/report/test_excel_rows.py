"""The rows of a sheet as text: each is the row openpyxl writes, and no sheet waits until all are made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import pytest
from lxml import etree
from openpyxl import Workbook

from csvgen.report import excel
from csvgen.report.excel_rows import LINK, Body
from csvgen.report.excel_sheets import Grid, Item, words
from csvgen.report.excel_text import cell_text, row_height

from .sample import HOSTILE

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STYLES = ("csv cell", "csv word", "csv code")
WIDTHS = (12.0, 30.0, 20.0)
TOP = 2


def book_with(fill):
    """What `fill` gives, and the first sheet of a workbook with our styles as openpyxl writes it."""
    book = Workbook(write_only=True)
    for style in excel._styles():
        book.add_named_style(style)
    sheet = book.create_sheet("S")
    sheet.append(["title"])
    sheet.append(["head"])
    told = fill(sheet)
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        return told, archive.read("xl/worksheets/sheet1.xml")


def grid_of(rows: Sequence[Sequence[Item | str]]) -> Grid:
    return Grid("S", "S", ("A", "B", "C"), WIDTHS, STYLES, rows)


def ours(rows) -> tuple[Body, bytes]:
    """The rows to be put in, and the sheet with the one row in their place."""

    def fill(sheet):
        body = Body.of(sheet, grid_of(rows), TOP)
        sheet.append([excel._place(sheet)])
        return body

    return book_with(fill)


def by_openpyxl(rows) -> bytes:
    def cell(sheet, item, style):
        if isinstance(item, str):
            return excel._text(sheet, item, style, "")
        return excel._text(sheet, item.text, LINK, "", item.target(TOP))

    def fill(sheet):
        Body.of(sheet, grid_of(rows), TOP)  # the same styles, under the same numbers
        for n, row in enumerate(rows, TOP + 1):
            sheet.row_dimensions[n].height = row_height([words(item) for item in row], WIDTHS)
            sheet.append([cell(sheet, item, style) for item, style in zip(row, STYLES, strict=True)])

    return book_with(fill)[1]


def canonical(sheet: bytes) -> bytes:
    return etree.tostring(etree.fromstring(sheet), method="c14n", exclusive=True)


@pytest.mark.parametrize("linked", [False, True])
def test_rows_written_as_text_are_the_rows_openpyxl_writes(linked):
    rows = [(text, text, Item(text, "It's", n) if linked else "") for n, text in enumerate((*HOSTILE, " \t", ""), 1)]
    body, sheet = ours(rows)
    written = b"".join(body.around(sheet))
    assert canonical(written) == canonical(by_openpyxl(rows))
    assert written.count(b"<hyperlink ") == (len(rows) if linked else 0)
    read = [t.text for t in etree.fromstring(written).iter(f"{MAIN}t")]
    assert read[2::3] == [cell_text(text, "") for text, _, _ in rows]


def test_a_sheet_goes_out_while_its_rows_are_read():
    class Rows(Sequence):
        read = 0

        def __len__(self):
            return 5000

        def __getitem__(self, n):
            if n >= len(self):
                raise IndexError
            self.read = n
            return (str(n), "b", "c")

    rows = Rows()
    body, sheet = ours(rows)
    seen = [rows.read for _ in body.around(sheet)]
    assert seen[0] == 0
    assert 0 < seen[1] < seen[2] < seen[3] < len(rows) - 1
