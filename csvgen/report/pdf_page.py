"""Pages: strips of a fixed height, stacked; and the ink that draws them.

A document is a list of strips: a text line, a table row, a row of the approval page. `paginate` stacks them on pages in one
pass over the list, so the work grows with the number of strips and with nothing else (platypus copies the rest of a table
at every page break). All page numbers are known before the first page is drawn; no second pass is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, NamedTuple

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from csvgen.report import look
from csvgen.report.fonts import Face, path, pieces, width
from csvgen.report.fonts.further import in_use
from csvgen.report.pdf_code import Speller, number
from csvgen.report.pdf_tags import Node, Tags
from csvgen.report.text import one_line, wrap

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points from the lower left corner of the page."""


@dataclass(frozen=True, slots=True)
class Type:
    """How text is set: face, size in points, colour."""

    face: Face
    size: float
    ink: str = look.INK
    pitch: float = field(init=False, compare=False)
    """Height of a line."""
    drop: float = field(init=False, compare=False)
    """From the top of a line to its baseline: the type sits in the middle of its line."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pitch", self.size * look.LEAD)
        object.__setattr__(self, "drop", self.pitch / 2 + self.size * 0.34)

    def wrap(self, text: str, limit: float) -> tuple[str, ...]:
        """Text cut into lines of at most `limit` points."""
        return wrap(text, limit, self.face, self.size)

    def width(self, text: str) -> float:
        """Width of one line."""
        return width(text, self.face, self.size)


class Strip(NamedTuple):
    """A piece that is cut only where it is very high. A document has some hundred thousand, and a named tuple is made in half the time of a frozen dataclass."""

    height: float
    paint: Callable[[Ink, float, float], None]
    """Draws it: ink, left edge, top edge (points from the bottom of the page)."""
    before: float = 0.0
    """Space above, left out at the top of a page."""
    keep: bool = False
    """Stays on one page with the next strip."""
    fresh: bool = False
    """Starts a page."""
    head: Strip | None = None
    """Drawn again above this strip where it opens a page: the head of its table."""
    key: str = ""
    """Destination it carries."""
    tag: Node | None = None
    """What it belongs to when it is read aloud; an artifact if None."""
    cut: Callable[[float], Iterable[Strip]] | None = None
    """Of one that is very high: the same in parts, the first no higher than asked for."""


Page = tuple[tuple[float, Strip], ...]
"""Strips of a page with the distance of each from the top of the body."""


def nothing(ink: Ink, x: float, top: float) -> None:
    """Draw nothing: a strip of white space, which never opens a page."""


def reserved(ink: Ink, x: float, top: float) -> None:
    """Draw nothing either, but keep the room also at the top of a page."""


LEAST = 80.0
"""Points that a page must have left for the beginning of what is cut."""


_BARELY = 0.25
"""A page that is no fuller is not left for a page break: a few lines of contents on a second page, say."""


def paginate(strips: Iterable[Strip], height: float) -> list[Page]:
    """Stack strips on pages of a body height in points. Strips kept together share a page if one page can hold them."""
    stack = _Stack(height)
    for group in _groups(strips):
        need = sum(LEAST if strip.cut else strip.height + strip.before for strip in group)
        if (group[0].fresh and stack.y > _BARELY * height) or not stack.holds(need):
            stack.turn(group[0].head)
        for strip in group:
            stack.put(strip)
    stack.turn(None)
    return stack.pages


class _Stack:
    """Pages being filled from top to bottom."""

    def __init__(self, height: float) -> None:
        self.pages: list[Page] = []
        self._height = height + 0.01  # sums of binary fractions
        self._page: list[tuple[float, Strip]] = []
        self.y = 0.0
        self._bare = True
        """Nothing stands on the page yet but a head drawn again."""

    def holds(self, need: float) -> bool:
        """Whether the page in hand has so much room; an empty one holds anything."""
        return not self._page or self.y + need <= self._height

    def turn(self, head: Strip | None) -> None:
        """Begin a page, with the head of the table that goes on there."""
        if self._page:
            self.pages.append(tuple(self._page))
        self._page = [(0.0, head)] if head else []
        self.y = head.height if head else 0.0
        self._bare = True

    def put(self, strip: Strip) -> None:
        """Put a strip below the last, or on top of a new page; white space is dropped there. One that no page can hold begins here."""
        if strip.cut is not None:
            for part in strip.cut(self._height - self.y):
                self.put(part)
            return
        fits = self.holds(strip.before + strip.height)
        if strip.paint is nothing and (not fits or self._bare):
            return
        if not fits:
            self.turn(strip.head)
        self.y += 0.0 if self._bare else strip.before
        self._bare = False
        self._page.append((self.y, strip))
        self.y += strip.height


def _groups(strips: Iterable[Strip]) -> Iterator[list[Strip]]:
    group: list[Strip] = []
    for strip in strips:
        group.append(strip)
        if not strip.keep:
            yield group
            group = []
    if group:
        yield group


def register_fonts() -> None:
    """Make the bundled faces known to ReportLab under their own names; again costs nothing.

    Pages are packed and not spelled in letters beside: the last pass would unpack them and pack them anew.
    """
    rl_config.useA85 = 0
    known = set(pdfmetrics.getRegisteredFontNames())
    for face in Face:
        if face.value not in known:
            pdfmetrics.registerFont(TTFont(face.value, str(path(face))))
    for font in in_use():
        if font.name not in known:
            pdfmetrics.registerFont(TTFont(font.name, str(font.file)))


@cache
def rgb(colour: str) -> tuple[float, float, float]:
    """Six hex digits as three parts of one."""
    return (int(colour[:2], 16) / 255, int(colour[2:4], 16) / 255, int(colour[4:], 16) / 255)


class _Inks(dict[str, tuple[float, float, float]]):
    """Colour of the look -> parts of one in the theme of a document; asked for each line of text."""

    def __init__(self, inks: Mapping[str, str]) -> None:
        super().__init__()
        self._inks = inks

    def __missing__(self, colour: str) -> tuple[float, float, float]:
        found = self[colour] = rgb(self._inks.get(colour, colour))
        return found


_BOOKMARKED = 2
"""Levels of headings that have a bookmark: chapters, and requirements or records in them."""
_LONGEST = 90
"""Characters of a bookmark; the heading on the page is whole."""


def marked(title: str) -> str:
    """A title as a bookmark: of a long one the words that fit, and an ellipsis."""
    if len(title) <= _LONGEST:
        return title
    words = title[: _LONGEST - 1].rpartition(" ")[0].rstrip(" ,;:(")
    return f"{words or title[: _LONGEST - 2]} …"


@dataclass(slots=True)
class Ink:
    """The pen of one document: draws on the page in hand and remembers where signature boxes and bookmarks fell."""

    canvas: Canvas
    places: Mapping[str, int]
    """Destination -> page number, from 1."""
    page: int = 0
    boxes: dict[str, tuple[int, Box]] = field(default_factory=dict)
    """Signature field -> page number and box."""
    marks: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Destination -> page number and height."""
    depth: int = -1
    """Level of the last bookmark, from 0."""
    tags: Tags = field(default_factory=Tags)
    links: int = 0
    """Links drawn so far."""
    inks: Mapping[str, str] = field(default_factory=dict)
    """Colour of the look -> that of a theme."""
    _speller: Speller = field(init=False)
    _rgb: _Inks = field(init=False)

    def __post_init__(self) -> None:
        self._rgb = _Inks(self.inks)
        self._speller = Speller(self.canvas)

    def done(self) -> None:
        """Let go of the canvas and all its pages: from here on only what is remembered of them is asked for."""
        del self.canvas, self._speller

    def rgb(self, colour: str) -> tuple[float, float, float]:
        """A colour of the look as three parts of one, in the theme of the document."""
        return self._rgb[colour]

    def tagged(self, node: Node | None) -> AbstractContextManager[None]:
        """What is drawn inside belongs to `node`, or to none."""
        return self.tags.around(self.canvas, self.page - 1, node)

    def strip(self, strip: Strip, x: float, top: float) -> None:
        """Draw a strip as what it is."""
        if strip.paint is not nothing and strip.paint is not reserved:
            with self.tagged(strip.tag):
                strip.paint(self, x, top)

    def text(self, x: float, y: float, text: str, kind: Type) -> None:
        """One line of printable text, left edge and baseline given."""
        if self._speller.draw(x, y, text, kind.face, kind.size, self._rgb[kind.ink]):
            return
        pen: Any = self.canvas.beginText(x, y)
        pen.setFont(kind.face.value, kind.size)
        pen.setFillColorRGB(*self.rgb(kind.ink))
        if text.isascii() or not in_use():
            pen.textOut(text)
        else:
            for name, piece in pieces(text, kind.face):
                pen.setFont(name, kind.size)
                pen.textOut(piece)
        self.canvas.drawText(pen)

    def right(self, x: float, y: float, text: str, kind: Type) -> None:
        """One line that ends at `x`."""
        self.text(x - kind.width(text), y, text, kind)

    def centred(self, x: float, y: float, text: str, kind: Type) -> None:
        """One line with its middle at `x`."""
        self.text(x - kind.width(text) / 2, y, text, kind)

    def line(self, points: tuple[float, float, float, float], colour: str, thick: float, dash: Sequence[float] = ()) -> None:
        """A straight line from x, y to x, y."""
        if not dash:
            self._speller.line(points, self._rgb[colour], thick)
            return
        self.canvas.setStrokeColorRGB(*self.rgb(colour))
        self.canvas.setLineWidth(thick)
        self.canvas.setDash(list(dash))
        self.canvas.line(*points)

    def fill(self, box: Box, colour: str) -> None:
        """A box of one colour."""
        left, bottom, right, top = box
        self._speller.fill(left, bottom, right - left, top - bottom, self._rgb[colour])

    def frame(self, box: Box, colour: str, thick: float, dash: Sequence[float] = ()) -> None:
        """The outline of a box."""
        left, bottom, right, top = box
        self.canvas.setStrokeColorRGB(*self.rgb(colour))
        self.canvas.setLineWidth(thick)
        self.canvas.setDash(list(dash))
        self.canvas.rect(left, bottom, right - left, top - bottom, stroke=1, fill=0)

    def shape(self, path: Any, edge: str, fill: str) -> None:
        """A path of the canvas with its outline."""
        self.canvas.setStrokeColorRGB(*self.rgb(edge))
        self.canvas.setFillColorRGB(*self.rgb(fill))
        self.canvas.setLineWidth(0.9)
        self.canvas.setDash([])
        self.canvas.drawPath(path, stroke=1, fill=1)

    def across(self, size: tuple[float, float], word: str) -> None:
        """A pale word across the page, under everything that is drawn later."""
        kind = Type(Face.BOLD, 120.0, look.RULE)
        self.canvas.saveState()
        self.canvas.translate(size[0] / 2, size[1] / 2)
        self.canvas.rotate(45)
        self.text(-kind.width(word) / 2, -kind.size / 3, word, kind)
        self.canvas.restoreState()

    def link(self, key: str, box: Box, node: Node | None = None) -> None:
        """Make a box lead to a destination of this document; `node`: the element that is its text."""
        edges = " ".join(map(number, box))  # spelled here, for ReportLab spells each number of each of many thousand boxes anew
        self.canvas.linkRect(one_line(key), key, f"[ {edges} ]", relative=0, Border="[ 0 0 0 ]")
        if node is not None:
            node.links.append(self.links)
        self.links += 1

    def mark(self, key: str, title: str, level: int, top: float) -> None:
        """Set a destination, and in the two highest levels a bookmark, at a height of this page; `level` counts from 1.

        Cases are led to by the table of results and by the contents: whoever checks a signature against later changes walks every way
        through the tree of bookmarks, which doubles with each level. Only chapters are open in it.
        """
        self.marks[key] = (self.page, top + look.PARAGRAPH_GAP)
        self.canvas.bookmarkHorizontalAbsolute(key, top + look.PARAGRAPH_GAP)
        if level > _BOOKMARKED:
            return
        self.depth = min(level - 1, self.depth + 1)  # a reader's tree has no gaps
        self.canvas.addOutlineEntry(marked(one_line(title)), key, level=self.depth, closed=self.depth > 0)

    def turn(self, size: tuple[float, float]) -> None:
        """Begin the next page."""
        if self.page:
            self.canvas.showPage()
        self.page += 1
        self.canvas.setPageSize(size)


def text_lines(
    lines: Sequence[str],
    kind: Type,
    *,
    indent: float = 0.0,
    before: float = 0.0,
    keep: bool = False,
    bar: str = "",
    key: str = "",
    tag: Node | None = None,
) -> list[Strip]:
    """Lines of a paragraph as strips: at least two lines stay together at either end, all of them with `keep`.

    `bar`: colour of a bar down the left side; `key`: destination of the first line; `tag`: what the lines belong to.
    """
    last = len(lines) - 1

    def paint(line: str, ink: Ink, x: float, top: float) -> None:
        if bar:
            ink.fill((x, top - kind.pitch - 0.2, x + 2.2, top + 0.2), bar)
        ink.text(x + indent, top - kind.drop, line, kind)

    strips = []
    for n, line in enumerate(lines):
        together = keep or (n < last and n in {0, last - 1})
        space, mark = (before, key) if n == 0 else (0.0, "")
        strips.append(Strip(kind.pitch, partial(paint, line), space, keep=together, key=mark, tag=tag))
    return strips
