"""A report as its reader sees it: rows of cells under headings, page by page; from HTML and from PDF.

Read by the standard library and by pypdf, so that who drew a report is not also who reads it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import groupby

from csvgen.errors import BadInput
from csvgen.ports import RecordCopy

Row = tuple[str, ...]
"""Cells from left to right; a line of text is a row of one cell."""
_SAME_LINE = 2.0
"""Points by which the base lines of one row may differ."""
NUMBERED = re.compile(r"\bpage\s+(\d+)\s+of\s+(\d+)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in a report."""

    sections: Mapping[str, tuple[Row, ...]]
    """Heading -> the rows below it, in order; a form whose headings are text like any other is one section without name."""
    pages: tuple[str, ...]
    """Text of each page; empty for a form that has none."""

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(" | ".join(row) for rows in self.sections.values() for row in rows)

    @property
    def numbers(self) -> tuple[str, ...]:
        """What each page says of itself, ``1 of 3``; of a page that says it not once, how often it does."""
        found = [NUMBERED.findall(page) for page in self.pages]
        return tuple(" of ".join(each[0]) if len(each) == 1 else f"({len(each)} numbers)" for each in found)


def read(report: RecordCopy) -> Reading:
    """Read the form for people. Raises BadInput for a form that is neither HTML, PDF nor plain text."""
    if report.human_type == "application/pdf":
        return _pdf(report.human)
    text = report.human.decode("utf-8", "replace")
    if report.human_type == "text/html":
        return _html(text)
    if report.human_type.startswith("text/"):
        return Reading({"": tuple((line,) for line in text.splitlines() if line.strip())}, ())
    raise BadInput(f"a report of the type {report.human_type} cannot be read here")


def shown(reading: Reading, item: str) -> list[str]:
    """The values a report shows for an item.

    ``Batch`` is a row of two cells that begins with it, under the first heading, or under any where that has no such row;
    ``Signatures: Meaning`` names the heading; ``Result of potency`` is the cell under the column Result in the row of potency.
    """
    heading, colon, label = item.partition(": ")
    if not colon or heading not in reading.sections:
        heading, label = next(iter(reading.sections), ""), item
    rows = reading.sections.get(heading, ())
    if found := [row[1] for row in rows if len(row) == 2 and row[0] == label]:  # noqa: PLR2004 - label and value
        return found
    column, _, of = label.partition(" of ")
    heads = [n for n, row in enumerate(rows) if column in row and of not in row]
    return [
        row[rows[head].index(column)]
        for head in heads
        for row in rows[head + 1 :]
        if of and row[0] == of and len(row) == len(rows[head])
    ]


# ------------------------------------------------------------ HTML


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: dict[str, list[list[str]]] = {}
        self._heading = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - base class
        if tag in ("h1", "h2", "h3"):
            self._heading = ""
        elif tag in ("tr", "p", "li"):
            self.sections.setdefault(self._heading, []).append([] if tag == "tr" else [""])
        elif tag in ("td", "th") and self.sections.get(self._heading):
            self.sections[self._heading][-1].append("")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if {"style", "script", "title"} & set(self._open):
            return
        if {"h1", "h2", "h3"} & set(self._open):
            self._heading += data
        elif rows := self.sections.get(self._heading):
            rows[-1][-1:] = [rows[-1][-1] + data] if rows[-1] else [data]


def _html(text: str) -> Reading:
    page = _Page()
    page.feed(text)
    page.close()
    sections = {
        heading: tuple(row for cells in rows if any(row := tuple(" ".join(cell.split()) for cell in cells)))
        for heading, rows in page.sections.items()
    }
    return Reading(sections, ())


# ------------------------------------------------------------ PDF


def _pdf(data: bytes) -> Reading:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pages = [_lines(page) for page in PdfReader(io.BytesIO(data)).pages]
    except PyPdfError as problem:
        raise BadInput(f"the PDF cannot be read: {problem}") from None
    return Reading({"": tuple(row for page in pages for row in page)}, tuple("\n".join(map(" ".join, page)) for page in pages))


def _lines(page: object) -> list[Row]:
    """The rows of a page from top to bottom: what stands at one height, from left to right."""
    found: list[tuple[float, float, str]] = []

    def visit(text: str, matrix: list[float], place: list[float], _font: object, _size: float) -> None:
        if words := " ".join(text.split()):
            found.append((matrix[5] + place[5], matrix[4] + place[4], words))

    page.extract_text(visitor_text=visit)  # type: ignore[attr-defined]
    ordered = sorted(found, key=lambda piece: -piece[0])
    heights: list[float] = []
    for height, _, _ in ordered:
        heights.append(heights[-1] if heights and heights[-1] - height < _SAME_LINE else height)
    numbered = zip(heights, ordered, strict=True)
    return [
        tuple(words for _, words in sorted((left, words) for _, (_, left, words) in pieces))
        for _, pieces in groupby(numbered, key=lambda piece: piece[0])
    ]
