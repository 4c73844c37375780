"""The body of a Word file written piece by piece, so that what lies in memory does not grow with the rows of its tables.

lxml makes every piece and writes it as it would inside the whole document: names and prefixes are those of the reference. The rows
of a table are not built one by one: a row and a run are written once, with slots, and each slot is filled with a text that went
through `escaped`. A tree of 20,000 rows took lxml 5 s to join to the document, and more for each row the more there were.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO

from lxml import etree

from csvgen.report.text import escaped
from csvgen.report.word_xml import SPACES, Element, bookmark, field, link, paragraph, row, run, spanning, tab, table

SLOT = "\ue000"
"""Where text is put in. No text of a document holds it: `text.shown` writes private characters as their numbers."""


Widths = tuple[float, ...]
"""Of columns, in points."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table, row by row."""

    opened: str
    rows: Iterable[str]
    closed: str


Piece = Element | str | Listing
"""What may stand in a body; text is XML."""


class Stream:
    """Writes what stands in the body of a document. What comes often is cut once into the texts around its slots."""

    def __init__(self, body: Element) -> None:
        """`body` stands in its document and is empty."""
        self._root, self._body = body.getparent(), body
        spaces = {**SPACES, **{prefix: space for prefix, space in self._root.nsmap.items() if prefix}}
        etree.cleanup_namespaces(self._root, top_nsmap=spaces, keep_ns_prefixes=list(spaces))  # named once, not in each piece
        body.text = SLOT
        self._before, self._after = map(len, self._whole().split(SLOT))
        body.text = None
        self._moulds: dict[Hashable, list[str]] = {}

    def write(self, pieces: Iterable[Piece], out: IO[bytes]) -> None:
        """Write pieces one after another; none is kept."""
        for piece in pieces:
            if not isinstance(piece, Listing):
                out.write((piece if isinstance(piece, str) else self.text(piece)).encode())
                continue
            out.write(piece.opened.encode())
            for line in piece.rows:  # one by one: a spooled file looks at its size after each write
                out.write(line.encode())
            out.write(piece.closed.encode())

    def text(self, piece: Element) -> str:
        """A piece as it is written in the body of this document."""
        self._body.append(piece)
        whole = self._whole()
        self._body.remove(piece)
        return whole[self._before : len(whole) - self._after]

    def run(self, text: str, style: str = "") -> str:
        """`word_xml.run` as text."""
        opened, between, closed = self._cut(("run", style), lambda: run(f"{SLOT}\n{SLOT}", style))
        return opened + (between.join(map(escaped, text.split("\n"))) if "\n" in text else escaped(text)) + closed

    def link(self, name: str, runs: str) -> str:
        """`word_xml.link` around runs, as text."""
        opened, between, closed = self._cut("link", lambda: _holding(link(SLOT)))
        return opened + escaped(name) + between + runs + closed

    def bookmark(self, number: int, name: str, runs: str) -> str:
        """`word_xml.bookmark` around runs, as text."""
        begins = self._cut("begins", lambda: bookmark(SLOT, SLOT)[0])
        ends = self._cut("ends", lambda: bookmark(SLOT, SLOT)[1])
        return filled(begins, (str(number), escaped(name))) + runs + filled(ends, (str(number),))

    def field(self, instruction: str, result: str) -> str:
        """`word_xml.field` as text."""
        return filled(self._cut("field", lambda: field(SLOT, SLOT)), (escaped(instruction), escaped(result)))

    def tab(self) -> str:
        """`word_xml.tab` as text."""
        return self._cut("tab", tab)[0]

    def paragraph(self, style: str, runs: str, *, fresh: bool = False, unnumbered: bool = False, keep: bool = False) -> str:
        """`word_xml.paragraph` around runs, as text."""
        opened, closed = self._cut(
            ("paragraph", style, fresh, unnumbered, keep),
            lambda: _open(paragraph(style, fresh=fresh, unnumbered=unnumbered, keep=keep)),
        )
        return opened + runs + closed

    def row(self, widths: Widths, styles: tuple[str, ...], *, keep: bool = False, leads: bool = False) -> list[str]:
        """A row cut where the runs of its cells are put in: `widths` in points, `styles` of the paragraphs by id.

        `keep` leaves it on one page with the next. `leads`: its table as a whole stays with what comes after it. LibreOffice does that
        only where the row itself may be cut; then each of its paragraphs stays whole, which in Word comes to the same.
        """
        cells = ([_open(paragraph(style, keep=keep or leads, whole=leads))] for style in styles)
        return self._cut(("row", widths, styles, keep, leads), lambda: row(widths, cells, cut=leads))

    def listing(
        self, style: str, widths: Widths, rows: Iterable[str], head: tuple[str, ...] = (), words: str = "", again: tuple[str, str] = ("", "")
    ) -> Listing:  # fmt: skip
        """A table of a style, its rows put in one by one; `head`: titles of its columns, each a paragraph of the style `words`.

        `again`: a text that every page repeats below the titles, and the style of its paragraph; a page that begins inside says by it of what.
        """
        text, label = again

        def made() -> Element:
            empty = table(style, widths, head=bool(head))
            if head:
                empty.append(row(widths, ([paragraph(words, run(title), keep=True)] for title in head), head=True))
            if text:
                empty.append(spanning(row((sum(widths),), [[paragraph(label, run(SLOT), keep=True)]], head=True), len(widths)))
            empty[-1].tail = SLOT
            return empty

        *opened, closed = self._cut(("table", style, widths, head, words, label if text else ""), made)
        return Listing(escaped(text).join(opened), rows, closed)

    def around(self, made: Element, rows: Iterable[str]) -> Listing:
        """A table that has its head already, with rows put in below."""
        made[-1].tail = SLOT
        opened, _, closed = self.text(made).rpartition(SLOT)
        return Listing(opened, rows, closed)

    def _cut(self, name: Hashable, make: Callable[[], Element]) -> list[str]:
        found = self._moulds.get(name)
        if found is None:
            found = self._moulds[name] = self.text(make()).split(SLOT)
        return found

    def _whole(self) -> str:
        return str(etree.tostring(self._root, encoding="unicode"))


def filled(parts: Sequence[str], slots: Iterable[str]) -> str:
    """Cut text with something in each of its slots."""
    first, *rest = parts
    return first + "".join([inside + after for inside, after in zip(slots, rest, strict=True)])


def _holding(made: Element) -> Element:
    made.text = SLOT
    return made


def _open(made: Element) -> Element:
    made[0].tail = SLOT
    return made
