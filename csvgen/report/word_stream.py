"""The body of a Word file written piece by piece, so that what lies in memory does not grow with the rows of its tables.

lxml makes every piece and writes it as it would inside the whole document: names and prefixes are those of the reference. The rows
of a table are not built one by one: a row and a run are written once, with slots, and each slot is filled with a text that went
through `escaped`. A tree of 20,000 rows took lxml 5 s to join to the document, and more for each row the more there were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from lxml import etree

from csvgen.report.text import escaped
from csvgen.report.word_xml import SPACES, Element, link, paragraph, row, run

SLOT = "\ue000"
"""Where text is put in. No text of a document holds it: `text.shown` writes private characters as their numbers."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table whose further rows are text."""

    table: Element
    rows: Iterator[str]


class Stream:
    """Writes what stands in the body of a document."""

    def __init__(self, body: Element) -> None:
        """`body` stands in its document and is empty."""
        self._root, self._body = body.getparent(), body
        spaces = {**SPACES, **{prefix: space for prefix, space in self._root.nsmap.items() if prefix}}
        etree.cleanup_namespaces(self._root, top_nsmap=spaces, keep_ns_prefixes=list(spaces))  # named once, not in each piece
        body.text = SLOT
        self._before, self._after = map(len, self._whole().split(SLOT))
        body.text = None
        self._runs: dict[str, list[str]] = {}
        self._links: dict[str, list[str]] = {}

    def write(self, pieces: Iterable[Element | Listing], out: IO[bytes]) -> None:
        """Write pieces one after another; none is kept."""
        for piece in pieces:
            if not isinstance(piece, Listing):
                out.write(self.text(piece).encode())
                continue
            piece.table[-1].tail = SLOT
            before, after = self.text(piece.table).split(SLOT)
            out.write(before.encode())
            for line in piece.rows:  # one by one: a spooled file looks at its size after each write
                out.write(line.encode())
            out.write(after.encode())

    def text(self, piece: Element) -> str:
        """A piece as it is written in the body of this document."""
        self._body.append(piece)
        whole = self._whole()
        self._body.remove(piece)
        return whole[self._before : len(whole) - self._after]

    def run(self, text: str, style: str = "") -> str:
        """`word_xml.run` as text."""
        if style not in self._runs:
            self._runs[style] = self.text(run(f"{SLOT}\n{SLOT}", style)).split(SLOT)
        opened, between, closed = self._runs[style]
        return opened + (between.join(map(escaped, text.split("\n"))) if "\n" in text else escaped(text)) + closed

    def link(self, name: str, text: str, style: str) -> str:
        """`word_xml.link` around one run, as text."""
        if style not in self._links:
            self._links[style] = self.text(link(SLOT, run(SLOT, style))).split(SLOT)
        opened, between, closed = self._links[style]
        return opened + escaped(name) + between + escaped(text) + closed

    def _whole(self) -> str:
        return str(etree.tostring(self._root, encoding="unicode"))


class Rows:
    """Rows of one table, each cell one paragraph."""

    def __init__(self, stream: Stream, widths: Sequence[float], styles: Sequence[str]) -> None:
        """`widths` in points; `styles`: the paragraph style of each column, by id."""
        self._parts = {keep: _parts(stream, widths, styles, keep=keep) for keep in (False, True)}

    def filled(self, cells: Iterable[str], *, keep: bool = False) -> str:
        """A row with these runs in its cells; `keep` leaves it on one page with the next."""
        first, *rest = self._parts[keep]
        return first + "".join([runs + after for runs, after in zip(cells, rest, strict=True)])


def _parts(stream: Stream, widths: Sequence[float], styles: Sequence[str], *, keep: bool) -> list[str]:
    cells = [paragraph(style, keep=keep) for style in styles]
    for cell in cells:
        cell[0].tail = SLOT
    return stream.text(row(widths, ([cell] for cell in cells))).split(SLOT)
