"""Tables of a PDF: one strip for each row, the head repeated on each page, every cell wrapped.

Rows are measured once, when they are made; a row that is taller than a page, or so high that its page before would stay empty for it, is
cut between lines, no other row is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from csvgen.model.report import Column, Table
from csvgen.report import look
from csvgen.report.fonts import Face
from csvgen.report.fonts.further import Further, in_use
from csvgen.report.outline import fragments, leads, place
from csvgen.report.pdf_page import LEAST, Ink, Strip, Type
from csvgen.report.pdf_tags import ITSELF, Node
from csvgen.report.text import BLANK, column_widths
from csvgen.report.together import kept

HEAD = Type(Face.BOLD, look.CELL)
_NOTE = Type(Face.ITALIC, look.CELL, look.SOFT)
_TYPES = {
    "text": Type(Face.SANS, look.CELL),
    "id": Type(Face.SANS, look.CELL),
    "place": Type(Face.SANS, look.CELL),
    "page": Type(Face.SANS, look.CELL, look.ACCENT),
    "verdict": Type(Face.BOLD, look.CELL),
    "mono": Type(Face.MONO, look.CELL * look.MONO),
}
_HIGH, _REST = 0.35, 48.0
"""Part of a page from which on a row may be cut, and points of it that go on below at least."""
_AGAIN = Type(Face.BOLD, look.CELL, look.SOFT)
_HEIGHT = attrgetter("height")


class Cell(NamedTuple):
    """Lines of one type, in a column; as many as there are words in a report, hence no dataclass."""

    lines: tuple[str, ...]
    kind: Type
    wash: str = ""
    """Colour behind them, or none."""
    anchors: Mapping[str, str] | None = None
    """Where its words may lead, or None."""
    tag: Node | None = None
    """What it is when it is read aloud; None where the whole table is not."""
    place: str = ""
    """The heading whose page number it tells, and leads to; the number is known when the page is drawn."""

    @property
    def height(self) -> float:
        """Height of all lines."""
        return len(self.lines) * self.kind.pitch

    def paint(self, ink: Ink, x: float, top: float) -> None:
        """Draw the lines; left edge and top of the first are given."""
        y = top - self.kind.drop
        if self.place:
            if self.lines:
                self._paint_page(ink, x, y)
        elif self.anchors and any(leads(line, self.anchors) for line in self.lines):
            for line in self.lines:
                self._paint_linked(ink, x, y, line, self.anchors)
                y -= self.kind.pitch
        elif self.tag is None and ink.tags.in_artifact:  # a bulk listing: some hundred thousand lines
            self._paint_lines(ink, x, y)
        else:
            with ink.tagged(self.tag):
                self._paint_lines(ink, x, y)

    def _paint_page(self, ink: Ink, x: float, y: float) -> None:
        number = str(ink.places[self.place])
        tag = self.tag.add("Link") if self.tag else self.tag
        with ink.tagged(tag):
            ink.text(x, y, number, self.kind)
        ink.link(self.place, (x, y - 2, x + self.kind.width(number), y + self.kind.size), tag)

    def _paint_lines(self, ink: Ink, x: float, y: float) -> None:
        for line in self.lines:
            ink.text(x, y, line, self.kind)
            y -= self.kind.pitch

    def _paint_linked(self, ink: Ink, x: float, y: float, line: str, anchors: Mapping[str, str]) -> None:
        linked = _inked(self.kind, look.ACCENT)
        for piece, key in fragments(line, anchors):
            extent = self.kind.width(piece)
            tag = self.tag.add("Link") if self.tag and key else self.tag
            with ink.tagged(tag):
                ink.text(x, y, piece, linked if key else self.kind)
            if key:
                ink.link(key, (x, y - 2, x + extent, y + self.kind.size), tag)
            x += extent


@dataclass(frozen=True, slots=True)
class Row:
    """Cells side by side, with a rule below."""

    cells: tuple[Cell, ...]
    edges: tuple[float, ...]
    """Left edges of the columns and the right edge of the last, from the left edge of the table."""
    is_head: bool = False
    is_open: bool = False
    """The row goes on below: no rule."""
    pad: float = look.PAD
    """Above and below the text."""
    height: float = field(init=False)
    """Of the tallest cell with its padding."""
    _deepest: float = field(init=False)
    """From the top of the text to the first baseline, which all cells share."""

    def __post_init__(self) -> None:
        deepest = max([cell.kind.drop for cell in self.cells])
        object.__setattr__(self, "_deepest", deepest)
        object.__setattr__(
            self, "height", max([len(c.lines) * c.kind.pitch + deepest - c.kind.drop for c in self.cells]) + 2 * self.pad
        )

    def paint(self, ink: Ink, x: float, top: float) -> None:
        """Draw the row; the left edge of the table and the top of the row are given."""
        bottom, right, deepest = top - self.height, x + self.edges[-1], self._deepest
        with ink.tagged(None):
            if self.is_head:
                ink.fill((x, bottom, right, top), look.WASH)
            for cell, left, end in zip(self.cells, self.edges[:-1], self.edges[1:], strict=True):
                if cell.wash:
                    ink.fill((x + left, bottom, x + end, top), cell.wash)
            if not self.is_open:
                colour, thick = (look.ACCENT, 1.0) if self.is_head else (look.RULE, 0.5)
                ink.line((x, bottom, right, bottom), colour, thick)
        for cell, left in zip(self.cells, self.edges, strict=False):
            again = self.is_head and cell.tag is not None and cell.tag.kids  # a head that is drawn anew is not read anew
            seen = cell._replace(tag=None) if again else cell
            seen.paint(ink, x + left + look.PAD, top - self.pad - deepest + cell.kind.drop)

    def strips(self, room: float, head: Strip | None = None, *, keep: bool = False) -> Iterator[Strip]:
        """The row as one strip, or as several if it is taller than `room` points; `keep`: on one page with the next."""
        tag = ITSELF if any(cell.tag is not None for cell in self.cells) else None
        for part in (self,) if self.height <= room else self._cut(room, room):
            yield Strip(part.height, part.paint, head=head, tag=tag, keep=keep)

    def flowing(self, room: float, head: Strip, *, keep: bool) -> Strip:
        """The row as one strip; one that takes much of the `room` of a page begins below what stands before it."""
        tag = ITSELF if any(cell.tag is not None for cell in self.cells) else None
        cut = partial(self._begun, room, head) if self.height > max(_HIGH * room, LEAST + _REST) else None
        return Strip(self.height, self.paint, head=head, tag=tag, keep=keep, cut=cut)

    def _begun(self, room: float, head: Strip, left: float) -> Iterator[Strip]:
        tag = ITSELF if any(cell.tag is not None for cell in self.cells) else None
        first = min(left, room, max(self.height - _REST, LEAST))  # no line or two alone on the next page
        for part in self._cut(room if left < LEAST or self.height <= left else first, room):
            yield Strip(part.height, part.paint, head=head, tag=tag)

    def _cut(self, first: float, room: float) -> Iterator[Row]:
        """The row in parts, the first no higher than `first`, the others than `room`."""
        starts = [0] * len(self.cells)
        name, n = self.cells[0], 0
        while n == 0 or any(start < len(cell.lines) for start, cell in zip(starts, self.cells, strict=True)):
            space = (room if n else first) - 2 * self.pad - self._deepest
            counts = [max(int((space + cell.kind.drop) / cell.kind.pitch), 1) for cell in self.cells]
            triples = zip(self.cells, starts, counts, strict=True)
            cells = [cell._replace(lines=cell.lines[start : start + count]) for cell, start, count in triples]
            if n and not cells[0].lines and len(name.lines) <= counts[0]:  # every page says which row it goes on with
                cells[0] = Cell(name.lines, _inked(name.kind, look.SOFT))
            starts = [start + count for start, count in zip(starts, counts, strict=True)]
            goes_on = any(start < len(cell.lines) for start, cell in zip(starts, self.cells, strict=True))
            yield replace(self, cells=tuple(cells), is_open=goes_on)
            n += 1


@cache
def _inked(kind: Type, ink: str) -> Type:
    return replace(kind, ink=ink)


def edges(widths: Sequence[float]) -> tuple[float, ...]:
    """Left edges of columns, and the right edge of the last."""
    found = [0.0]
    for extent in widths:
        found.append(found[-1] + extent)
    return tuple(found)


def head_strip(titles: Sequence[str], places: tuple[float, ...], line: Node | None) -> Strip:
    """The head of a table: titles wrapped into columns that begin at `places`. A column without a title is only drawn."""
    return _silent_head(tuple(titles), places, in_use()) if line is None else _head(titles, places, line)


@lru_cache(maxsize=64)
def _silent_head(titles: tuple[str, ...], places: tuple[float, ...], _fonts: tuple[Further, ...]) -> Strip:
    """A head that is not read aloud: the same one above the steps of every case."""
    return _head(titles, places, None)


def _head(titles: Sequence[str], places: tuple[float, ...], line: Node | None) -> Strip:
    widths = (end - left - 2 * look.PAD for left, end in pairwise(places))
    cells = tuple(
        Cell(HEAD.wrap(title, width), HEAD, tag=line.add("TH", scope="Column") if line and title else None)
        for title, width in zip(titles, widths, strict=True)
    )
    row = Row(cells, places, is_head=True)
    return Strip(row.height, row.paint, keep=True, tag=ITSELF)


def goes_on(text: str) -> Strip:
    """The line at the top of a page that begins inside of something: it says inside of what, and is not read aloud again."""

    def paint(ink: Ink, x: float, top: float) -> None:
        with ink.tagged(None):
            ink.text(x, top - _AGAIN.drop, text, _AGAIN)

    return Strip(_AGAIN.pitch + 3.0, paint, tag=ITSELF)


def _below(line: Strip | None, head: Strip) -> Strip:
    """The head of a table as it is drawn again, below the line that says what the page goes on with."""
    if line is None:
        return head

    def paint(ink: Ink, x: float, top: float) -> None:
        line.paint(ink, x, top)
        head.paint(ink, x, top - line.height)

    return Strip(line.height + head.height, paint, keep=True, tag=ITSELF)


def table(
    block: Table, total: float, room: float, anchors: Mapping[str, str], tag: Node | None, line: Strip | None = None
) -> Iterator[Strip]:
    """Head and rows of a table as strips, `total` points wide, on pages with `room` points of height; `tag`: its element.

    `line`: stands above the head on every page but the first.
    """
    widths = column_widths(block.columns, total)
    places = edges(widths)
    head = head_strip([column.title for column in block.columns], places, tag.add("TR") if tag else None)
    yield head
    head = _below(line, head)
    room -= head.height
    if not block.rows:
        said = tag.add("TR").add("TD", span=len(block.columns)) if tag else None
        note = Cell(_NOTE.wrap(block.empty, total - 2 * look.PAD), _NOTE, tag=said)
        yield from Row((note,), (0.0, total)).strips(room, head)
    for row, keep in kept(_rows(block, widths, places, anchors, tag), len(block.rows), _HEIGHT, room, script=not block.caption):
        yield row.flowing(room, head, keep=keep)


def _rows(
    block: Table, widths: Sequence[float], places: tuple[float, ...], anchors: Mapping[str, str], tag: Node | None
) -> Iterator[Row]:
    led = any(column.kind == "page" for column in block.columns)
    for texts in block.rows:
        if led:
            yield Row(tuple(_led(block, texts, widths, anchors, tag.add("TR") if tag else None)), places)
            continue
        triples = zip(block.columns, texts, widths, strict=True)
        line = tag.add("TR") if tag else None
        cells = (_cell(column, text, width, anchors, line.add("TD") if line else None) for column, text, width in triples)
        yield Row(tuple(cells), places)


def begun(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of a cell from the first that holds anything: all cells of a row begin on one base line."""
    if lines[0].strip(" "):
        return lines
    first = next((n for n, line in enumerate(lines) if line.strip(" ")), 0)
    return lines[first:] if first else lines


def _cell(column: Column, text: str, extent: float, anchors: Mapping[str, str], tag: Node | None) -> Cell:
    kind = _TYPES[column.kind]
    lines = begun(kind.wrap(text, extent - 2 * look.PAD))
    if column.kind == "verdict":
        tone = look.tone(text)
        return Cell(lines, _inked(kind, tone.ink), tone.wash, tag=tag)
    return Cell(lines, kind, anchors=anchors if column.kind in ("id", "place") else None, tag=tag)


def _led(
    block: Table, texts: tuple[str, ...], widths: Sequence[float], anchors: Mapping[str, str], line: Node | None
) -> Iterator[Cell]:
    """The cells of a row with an id that has a part of its own in the document, and of the page on which that stands."""
    at = next(n for n, column in enumerate(block.columns) if column.kind == "place")
    key = place(texts, at, anchors)
    for n, (column, text, width) in enumerate(zip(block.columns, texts, widths, strict=True)):
        tag = line.add("TD") if line else None
        if column.kind == "page":
            yield Cell(("0",), _TYPES["page"], tag=tag, place=key) if key else Cell((BLANK,), _TYPES["text"], tag=tag)
        else:
            yield _cell(column, text, width, {text: key} if n == at and key else anchors, tag)
