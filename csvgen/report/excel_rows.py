"""The rows of a sheet as text, put into the workbook while it is packed: what lies in memory does not grow with them.

openpyxl makes the workbook, its styles, tables and links, and writes one row in the place of all; a row has no look of its own that a
style does not say. Each text goes through `cell_text` and `escaped`: it is a string for Excel and no markup for XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from csvgen.report.excel_sheets import Grid, words
from csvgen.report.excel_text import SURELY_FITS, cell_text, held, line_heights
from csvgen.report.text import escaped

SLOT = "\ue000"
"""Text of the row, and of the link, that stands for all. No other text holds it: hidden characters are written as their numbers."""
LINK = "csv link"
FORMULA = ("=", "+", "-", "@")
"""What a text may not begin with without being marked as text."""
_PLACE = "(?:\ue000|&#57344;)"
_ROW = re.compile(rf"<row (?:(?!<row ).)*?{_PLACE}.*?</row>", re.DOTALL)
_WAY = re.compile(rf"<hyperlink [^>]*?{_PLACE}[^>]*?/>")
_MANY = 1000
"""Rows that are handed on together."""


@dataclass(frozen=True, slots=True)
class Body:
    """The rows of one sheet: what they say, the number of the row above them, and what the workbook calls their styles."""

    grid: Grid
    top: int
    styles: Mapping[tuple[str, bool], int]
    """Name of a style, and whether its cell is marked as text -> number."""

    @classmethod
    def of(cls, sheet: Any, grid: Grid, top: int) -> Body:
        """The rows of a sheet of a workbook that is not saved yet."""
        names = dict.fromkeys((*grid.styles, LINK))
        return cls(grid, top, {(name, quoted): _number(sheet, name, quoted) for name in names for quoted in (False, True)})

    def around(self, sheet: bytes) -> Iterator[bytes]:
        """The sheet as openpyxl wrote it, with all rows and links in the places of the one.

        Raises BadInput for a text that no cell can hold, naming sheet and cell.
        """
        links: list[str] = []
        before, after = _ROW.split(sheet.decode("utf-8"))
        yield before.encode("utf-8")
        some: list[str] = []
        for row in self._rows(links):
            some.append(row)
            if len(some) == _MANY:
                yield "".join(some).encode("utf-8")
                some.clear()
        yield "".join(some).encode("utf-8")
        until, rest = _WAY.split(after)
        yield (until if links else until.removesuffix("<hyperlinks>")).encode("utf-8")
        yield "".join(links).encode("utf-8")
        yield (rest if links else rest.removeprefix("</hyperlinks>")).encode("utf-8")

    def _rows(self, links: list[str]) -> Iterator[str]:
        """Each row; `links` grows by those of its cells."""
        height = line_heights(self.grid.widths)
        letters = [get_column_letter(n) for n in range(1, len(self.grid.titles) + 1)]
        columns = list(zip(letters, self.grid.styles, strict=True))
        for n, row in enumerate(self.grid.rows, self.top + 1):
            texts = [words(item) for item in row]
            cells = []
            for (letter, style), item, text in zip(columns, row, texts, strict=True):
                target = "" if isinstance(item, str) else item.target(self.top)
                if target:
                    links.append(f'<hyperlink ref="{letter}{n}" location="{escaped(target)}"/>')
                inside = held(text) if len(text) <= SURELY_FITS else cell_text(text, f"{self.grid.name}!{letter}{n}")
                number = self.styles[LINK if target else style, inside.startswith(FORMULA)]
                space = ' xml:space="preserve"' if inside != inside.strip() else ""
                cells.append(f'<c r="{letter}{n}" s="{number}" t="inlineStr"><is><t{space}>{escaped(inside)}</t></is></c>')
            yield f'<row r="{n}" ht="{height(texts):g}" customHeight="1">{"".join(cells)}</row>'


def _number(sheet: Any, style: str, quoted: bool) -> int:
    cell = WriteOnlyCell(sheet)
    cell.style = style
    cell.quotePrefix = quoted
    return int(cell.style_id)
