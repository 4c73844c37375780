"""Blocks of a report as strips of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from csvgen.model.picture import Picture
from csvgen.model.report import (
    ApprovalPage,
    Bullets,
    Column,
    Contents,
    Facts,
    Paragraph,
    SignatureSlot,
    Table,
    Timeline,
    TimelineEntry,
)
from csvgen.report import look, outline
from csvgen.report.fonts import Face
from csvgen.report.outline import Entry, Outline, Part
from csvgen.report.pdf_page import Ink, Strip, Type, nothing, text_lines
from csvgen.report.pdf_picture import paint
from csvgen.report.pdf_table import Cell, Row, begun, edges, goes_on, head_strip, table
from csvgen.report.pdf_tags import ITSELF, Node, Tags
from csvgen.report.picture_layout import HIGHEST, laid
from csvgen.report.text import BLANK, is_digest, one_line

BODY = Type(Face.SANS, look.BODY)
STRONG = Type(Face.BOLD, look.BODY)
LABEL = Type(Face.SANS, look.LABEL)
CAPTION = Type(Face.BOLD, look.LABEL, look.SOFT)
_SOFT_LABEL = Type(Face.SANS, look.LABEL, look.SOFT)
_MEANING = Type(Face.SANS, look.LABEL, look.ACCENT)
_DIGEST = Type(Face.MONO, look.LABEL * look.MONO)
_MARK = Type(Face.SANS, look.BODY, look.SOFT)
_ABOVE = 48.0
"""The heading above a timeline, and the gap to it."""
_PARAGRAPHS = {
    "body": (BODY, 0.0, 0.0, ""),
    "note": (BODY, 12.0, 0.0, look.ACCENT),
    "warning": (STRONG, 12.0, 0.0, look.ALARM),
    "mono": (Type(Face.MONO, look.BODY * look.MONO), 12.0, 0.0, ""),
    "quote": (Type(Face.ITALIC, look.BODY), 24.0, 24.0, ""),
}
"""Type, indents from left and right, colour of the bar."""
_LIST_INDENT = 22.0
_FACT_SHARE = 0.28
_PAGE_SHARE = 0.07
"""Of a table: the column of page numbers."""
_MUCH, _ENDS = 0.35, 2
"""Part of a page up to which a list of facts is not cut, and how many rows stay together at the ends of a longer one."""
_RAIL = 9.0
"""From the left edge of the timeline to its rail."""
_CORNERS = {
    "approval": ((0, 1.25), (1.25, 0), (0, -1.25), (-1.25, 0)),
    "deviation": ((0, 1.2), (1.2, -1), (-1.2, -1)),
    "record": ((-1, 1), (1, 1), (1, -1), (-1, -1)),
}
"""Signs of the timeline; a run is a circle."""


@dataclass(frozen=True, slots=True)
class Setter:
    """Sets blocks as strips: `total` points wide, on pages with `room` points of height."""

    plan: Outline
    total: float
    room: float
    tags: Tags

    @property
    def measure(self) -> float:
        """Width of running text."""
        return min(self.total, look.MEASURE)

    def part(self, part: Part) -> Iterator[Strip]:
        """The strips of one block, its own title and caption included."""
        line = goes_on(self.plan.words.say(outline.CONTINUED, what=part.within)) if part.within else None
        strips = self._strips(part, line)
        if line is not None and part.within != part.label:  # a caption begins its table, but goes on with its case
            strips = (s if s.head or (s.paint is nothing and not s.keep) else s._replace(head=line) for s in strips)
        yield from self._kept(list(strips), is_table=isinstance(part.block, Table)) if part.keep else strips

    def _kept(self, strips: list[Strip], *, is_table: bool) -> Iterator[Strip]:
        """Kept with what follows: all of it, or the end of a table and of what takes much of a page."""
        low = not is_table and sum(strip.height for strip in strips) <= _MUCH * self.room
        start = 0 if low else len(strips) - 1 - _ENDS
        yield from (strip._replace(keep=True) if n >= start else strip for n, strip in enumerate(strips))

    def _strips(self, part: Part, line: Strip | None) -> Iterator[Strip]:
        block = part.block
        if part.title:
            yield from self.heading(part.title)
        match block:
            case Paragraph():
                yield from self.paragraph(block)
            case Bullets():
                yield from self._bullets(block)
            case Facts():
                yield from self.facts(block.rows)
            case Table():
                yield from self._table(block, part.label, line)
            case Picture():
                yield from self._picture(block, part.label)
            case ApprovalPage():
                yield from self._approval(block)
            case Timeline():
                yield from self._timeline(block)
            case Contents():
                yield from self._contents()

    def heading(self, entry: Entry) -> Iterator[Strip]:
        """A heading with its number, bookmark and destination, kept with what follows."""
        size = look.HEADINGS[entry.level - 1]
        top_level = entry.level == 1
        kind = Type(Face.BOLD, size, look.ACCENT if top_level else look.INK)
        shift = kind.width(f"{entry.number}  ") if entry.number else 0.0
        above = look.BLOCK_GAP + size * (1.0 if top_level else 0.4)
        lines = kind.wrap(entry.text, self.total - shift)
        tag = self.tags.heading(entry.level)
        first, *rest = text_lines(lines, kind, indent=shift, before=above, keep=True, key=entry.key, tag=tag)

        def paint(ink: Ink, x: float, top: float) -> None:
            ink.mark(entry.key, f"{entry.number}  {entry.text}".strip(), entry.level, top)
            if entry.number:
                ink.text(x, top - kind.drop, entry.number, kind)
            first.paint(ink, x, top)

        yield first._replace(paint=paint)
        yield from rest
        yield Strip(3.0 if top_level else 1.0, nothing, keep=True)

    def paragraph(self, block: Paragraph) -> Iterator[Strip]:
        """Running text of one of the five styles."""
        kind, left, right, bar = _PARAGRAPHS[block.style]
        lines = kind.wrap(block.text, self.measure - left - right)
        yield from text_lines(lines, kind, indent=left, before=look.PARAGRAPH_GAP, bar=bar, tag=self.tags.root.add("P"))

    def facts(self, rows: Sequence[tuple[str, str]]) -> Iterator[Strip]:
        """Name and value pairs as wide as the page, each pair one row; a short list stays on one page."""
        left = _FACT_SHARE * self.measure
        places = (-look.PAD, left, self.total)  # names stand flush with the text around the table
        yield Strip(look.PARAGRAPH_GAP, nothing, keep=True)
        strips: list[Strip] = []
        tag = self.tags.list_of_facts(len(rows))
        for name, value in rows or ((self.plan.words.say(outline.NO_ITEMS), BLANK),):
            kind = _DIGEST if is_digest(value) else LABEL
            line = tag.add("TR") if tag else None
            said = (line.add("TH", scope="Row"), line.add("TD")) if line else (None, None)
            names = Cell(begun(_SOFT_LABEL.wrap(name, left - look.PAD)), _SOFT_LABEL, tag=said[0])
            values = Cell(begun(kind.wrap(value, self.total - left - 2 * look.PAD)), kind, tag=said[1])
            strips += Row((names, values), places).strips(self.room)
        together = sum(strip.height for strip in strips) <= _MUCH * self.room
        last = len(strips) - 1
        yield from (strip._replace(keep=together or n == 0 or n == last - 1) for n, strip in enumerate(strips[:-1]))
        yield strips[-1]
        yield Strip(look.PARAGRAPH_GAP, nothing)

    def _bullets(self, block: Bullets) -> Iterator[Strip]:
        tag = self.tags.root.add("L")
        for n, item in enumerate(block.items, 1):
            lines = BODY.wrap(item, self.measure - _LIST_INDENT)
            before = look.PARAGRAPH_GAP if n == 1 else look.PARAGRAPH_GAP / 2
            entry = tag.add("LI")
            label, text = entry.add("Lbl"), entry.add("LBody")
            first, *rest = text_lines(lines, BODY, indent=_LIST_INDENT, before=before, tag=text)
            mark = f"{n}." if block.numbered else "•"
            opens = n == 1 < len(block.items)  # an item does not stand alone before a page break
            yield first._replace(paint=partial(_paint_item, first, mark, label), tag=ITSELF, keep=first.keep or opens)
            yield from (line._replace(keep=True) for line in rest) if opens else rest

    def _table(self, block: Table, label: str, line: Strip | None) -> Iterator[Strip]:
        yield Strip(look.BLOCK_GAP, nothing, keep=True)
        tag = None if self.tags.is_bulk(block) else self.tags.root.add("Table")
        if label:
            lines = CAPTION.wrap(f"{label}  {block.caption}", self.measure)
            said = self.tags.root.add("P") if tag is None else tag.add("Caption")
            yield from text_lines(lines, CAPTION, keep=True, tag=said)
            yield Strip(3.0, nothing, keep=True)
        yield from table(self._paged(block), self.total, self.room, self.plan.anchors, tag, line)
        yield Strip(look.BLOCK_GAP, nothing)

    def _paged(self, block: Table) -> Table:
        """A table that leads to other parts of the document, with the column for their page numbers."""
        if not any(column.kind == "place" for column in block.columns):
            return block
        page = Column(self.plan.words.say(outline.PAGE_HEAD), _PAGE_SHARE, "page")
        return replace(block, columns=(*block.columns, page), rows=tuple([(*row, "") for row in block.rows]))

    def _picture(self, block: Picture, label: str) -> Iterator[Strip]:
        yield Strip(look.BLOCK_GAP, nothing, keep=True)
        lines = CAPTION.wrap(f"{label}  {block.caption}", self.measure)
        yield from text_lines(lines, CAPTION, keep=True, tag=self.tags.root.add("P"))
        if block.shows is None:
            yield from self.paragraph(Paragraph(block.empty))
        else:
            yield Strip(3.0, nothing, keep=True)
            shown = laid(block, self.measure, min(HIGHEST, 0.85 * self.room), self.plan.words)
            yield Strip(shown.height, partial(paint, shown), tag=self.tags.root.add("Figure", alt=block.alt))
        yield Strip(look.BLOCK_GAP, nothing)

    def _approval(self, block: ApprovalPage) -> Iterator[Strip]:
        if not block.slots:
            yield from self.paragraph(Paragraph(self.plan.words.say(outline.NO_SLOTS)))
            return
        lines = BODY.wrap(self.plan.words.say(outline.APPROVAL_NOTE), self.measure)
        yield from text_lines(lines, BODY, before=look.PARAGRAPH_GAP, keep=True, tag=self.tags.root.add("P"))
        yield Strip(look.BLOCK_GAP, nothing, keep=True)
        tag = self.tags.root.add("Table")
        right = look.BOX[0] + 2 * look.PAD
        places = edges((self.measure - right, right))
        head = head_strip(self.plan.words.all(outline.APPROVAL_HEAD), places, tag.add("TR"))
        yield head
        pen = self.plan.words.all(outline.PAPER_LINES)
        for slot in block.slots:
            yield _slot_strip(slot, places, head, tag.add("TR"), pen)
        yield Strip(look.BLOCK_GAP, nothing)

    def _timeline(self, block: Timeline) -> Iterator[Strip]:
        if not block.entries:
            yield from self.paragraph(Paragraph(self.plan.words.say(outline.NO_ENTRIES)))
            return
        inset = 2 * _RAIL
        widths = [inset, *(share * (self.total - inset) for share in outline.TIMELINE_SHARES)]
        tag = self.tags.root.add("Table")
        head = head_strip(("", *self.plan.words.all(outline.TIMELINE_HEAD)), edges(widths), tag.add("TR"))
        room = self.room - head.height - _ABOVE
        heights = {size: sum(_timeline_row(e, widths, size).height for e in block.entries) for size in look.TIMELINE}
        size = next((size for size, height in heights.items() if height <= room), look.TIMELINE[0])
        yield Strip(look.PARAGRAPH_GAP, nothing, keep=True)
        yield head
        last, whole = len(block.entries) - 1, heights[size] <= room
        for n, entry in enumerate(block.entries):
            parts = list(_timeline_row(entry, widths, size, tag.add("TR")).strips(self.room - head.height, head))
            # On one page, if one page can hold it; else no row or two alone on the last.
            together = whole or n > last - look.TOGETHER
            for k, strip in enumerate(parts):
                ends = (n == 0 and k == 0, n == last and k == len(parts) - 1)
                paint = partial(_paint_entry, strip, "" if k else entry.kind, (*ends, size))
                yield strip._replace(paint=paint, keep=together and not ends[1])
        yield Strip(look.BLOCK_GAP, nothing)

    def _contents(self) -> Iterator[Strip]:
        if not self.plan.contents:
            yield from self.paragraph(Paragraph(self.plan.words.say(outline.NO_HEADINGS)))
            return
        tag = self.tags.root.add("TOC")
        for entry in self.plan.contents:
            top_level = entry.level == 1
            left, indent = (0.0, 22.0) if top_level else (22.0, 56.0)
            to = tag.add("TOCI").add("Reference").add("Link")
            line = _ContentsLine(entry, STRONG if top_level else BODY, left, indent, self.measure, to)
            yield from line.strips(4.5 if top_level else 0.8)


def _paint_item(first: Strip, mark: str, label: Node, ink: Ink, x: float, top: float) -> None:
    """The first line of a list item with its mark before it."""
    with ink.tagged(label):
        ink.right(x + _LIST_INDENT - 6.0, top - _MARK.drop, mark, _MARK)
    ink.strip(first, x, top)


def _slot_strip(slot: SignatureSlot, places: tuple[float, ...], head: Strip, line: Node, pen: Sequence[str]) -> Strip:
    """One row of the approval page: who answers for what, and an empty box for the signature."""
    limit = places[1] - 2 * look.PAD
    texts = ((f"{slot.number}  {slot.role}", STRONG), (slot.meaning, _MEANING), (slot.statement, LABEL))
    who, where = line.add("TD"), line.add("TD")
    cells = [Cell(kind.wrap(text, limit), kind, tag=who) for text, kind in texts]
    height = max(sum(cell.height + 2.0 for cell in cells), look.BOX[1]) + 2 * look.PAD + 4.0

    def paint(ink: Ink, x: float, top: float) -> None:
        y = top - look.PAD - 2.0
        for cell in cells:
            cell.paint(ink, x + look.PAD, y)
            y -= cell.height + 2.0
        left, upper = x + places[1] + look.PAD, top - look.PAD - 2.0
        box = (left, upper - look.BOX[1], left + look.BOX[0], upper)
        with ink.tagged(None):
            ink.frame(box, look.SOFT, 0.75)
            ink.line((x, top - height, x + places[-1], top - height), look.RULE, 0.5)
        if slot.field:
            ink.boxes[slot.field] = (ink.page, box)
            where.fields.append(slot.field)
        else:
            with ink.tagged(where):
                _blank_lines(ink, box, pen)

    return Strip(height, paint, head=head, tag=ITSELF)


def _blank_lines(ink: Ink, box: tuple[float, float, float, float], pen: Sequence[str]) -> None:
    """Lines for a pen: a label, and nothing behind it."""
    left, bottom, right, top = box
    pitch = (top - bottom - look.PAD) / len(pen)
    for n, label in enumerate(pen, 1):
        y = top - n * pitch + 2.0
        ink.text(left + look.PAD, y + 2.0, label, LABEL)
        if n > 1:
            ink.line((left + look.PAD, y, right - look.PAD, y), look.SOFT, 0.5)


def _timeline_row(entry: TimelineEntry, widths: Sequence[float], size: float, line: Node | None = None) -> Row:
    plain, strong = Type(Face.SANS, size), Type(Face.BOLD, size)
    texts = (("", plain), (entry.when, plain), (entry.kind, strong), (entry.what, plain), (entry.who, plain))
    pairs = zip(texts, widths, strict=True)
    return Row(
        tuple(
            Cell(kind.wrap(text, width - 2 * look.PAD), kind, tag=line.add("TD") if n and line is not None else None)
            for n, ((text, kind), width) in enumerate(pairs)
        ),
        edges(widths),
        pad=look.TIGHT,
    )


def _paint_entry(strip: Strip, kind: str, ends: tuple[bool, bool, float], ink: Ink, x: float, top: float) -> None:
    """A row of the timeline with its rail and a sign for its kind: the sign differs in shape, not only in colour.

    `ends`: whether the rail begins and whether it ends here, and the type size; the rest of a row that was cut has no kind and no sign.
    """
    strip.paint(ink, x, top)
    with ink.tagged(None):
        _paint_rail(strip, kind, ends, ink, (x, top))


def _paint_rail(strip: Strip, kind: str, ends: tuple[bool, bool, float], ink: Ink, corner: tuple[float, float]) -> None:
    x, top = corner
    first, last, size = ends
    middle, y, r = x + _RAIL, top - look.TIGHT - size * look.LEAD / 2, 3.0
    ink.line((middle, y if first else top, middle, y if last else top - strip.height), look.ACCENT, 0.8)
    if not kind:
        return
    shape = ink.canvas.beginPath()
    if kind == "run":
        shape.circle(middle, y, r)
    else:
        start, *others = ((middle + r * dx, y + r * dy) for dx, dy in _CORNERS[kind])
        shape.moveTo(*start)
        for point in others:
            shape.lineTo(*point)
        shape.close()
    colour = look.ALARM if kind == "deviation" else look.ACCENT
    ink.shape(shape, colour, colour if kind in {"approval", "deviation"} else look.PAPER)


@dataclass(frozen=True, slots=True)
class _ContentsLine:
    """An entry of the contents: number at `left`, text at `indent`, page number at `right`, a dotted line between."""

    entry: Entry
    kind: Type
    left: float
    indent: float
    right: float
    tag: Node

    def strips(self, before: float) -> Iterator[Strip]:
        lines = self.kind.wrap(one_line(self.entry.text), self.right - self.indent - 40.0)
        last = len(lines) - 1
        for n, line in enumerate(text_lines(lines, self.kind, indent=self.indent, before=before, tag=self.tag)):
            yield line._replace(paint=partial(self._paint, line, lines[n], (n == 0, n == last)), keep=n < last)

    def _paint(self, line: Strip, text: str, ends: tuple[bool, bool], ink: Ink, x: float, top: float) -> None:
        y = top - self.kind.drop
        first, last = ends
        if first:
            ink.text(x + self.left, y, self.entry.number, self.kind)
        line.paint(ink, x, top)
        if last:
            number = str(ink.places[self.entry.key])
            ink.right(x + self.right, y, number, self.kind)
            start, stop = x + self.indent + self.kind.width(text) + 6, x + self.right - self.kind.width(number) - 6
            if stop > start:
                ink.line((start, y + 1, stop, y + 1), look.RULE, 0.6, (0.6, 2.4))
        ink.link(self.entry.key, (x + self.left, top - line.height, x + self.right, top), self.tag)
