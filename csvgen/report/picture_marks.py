"""Pictures laid out as marks: lines, areas, shapes and words at their places. PDF and Word draw the same marks.

Lengths are points; `y` runs downwards from the upper edge of the picture. No colour says anything alone: a part of a bar has its
word and number beside it and a hatching of its own, a cell says its level, a reading outside of its limits has another shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from csvgen.report import look
from csvgen.report.fonts import Face, width
from csvgen.report.text import one_line

SIZE = 7.5
PITCH = SIZE * 1.3
INKS = {"good": look.GOOD.ink, "bad": look.BAD.ink, "open": look.OPEN.ink, "quiet": look.QUIET.ink}
WASHES = {"good": "E6F1E9", "bad": look.BAD.wash, "open": look.OPEN.wash, "quiet": look.WASH}


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    x: float
    y: float
    to_x: float
    to_y: float
    ink: str = look.INK
    thick: float = 0.6
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle; no fill or no edge where the colour is empty."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    edge: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A polygon, or a circle if it has one corner and a radius."""

    corners: tuple[tuple[float, float], ...]
    fill: str
    edge: str
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `y` is its baseline, `x` its left end, its middle or its right end."""

    x: float
    y: float
    text: str
    face: Face = Face.SANS
    ink: str = look.INK
    size: float = SIZE
    anchor: str = "left"

    def __post_init__(self) -> None:
        if "\n" in self.text:  # a picture has no second line for it
            object.__setattr__(self, "text", one_line(self.text))

    @property
    def left(self) -> float:
        """The left end, wherever it is anchored."""
        return self.x - width(self.text, self.face, self.size) * {"left": 0.0, "middle": 0.5, "right": 1.0}[self.anchor]


@dataclass(frozen=True, slots=True)
class Photo:
    """An image, the only mark that is none of lines and words; it fills its rectangle."""

    x: float
    y: float
    width: float
    height: float
    png: bytes


Mark = Rule | Area | Shape | Words | Photo


@dataclass(frozen=True, slots=True)
class Laid:
    """A picture with everything at its place."""

    width: float
    height: float
    marks: tuple[Mark, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Every text in the order in which it is drawn."""
        return tuple(mark.text for mark in self.marks if isinstance(mark, Words))

    def coloured(self, inks: Mapping[str, str]) -> Laid:
        """The same picture in other colours."""
        return replace(self, marks=tuple(_coloured(mark, inks) for mark in self.marks)) if inks else self

    def within(self, height: float) -> Laid:
        """The same picture, made smaller as a whole if it is higher than `height`."""
        part = height / self.height
        return self if part >= 1 else Laid(self.width * part, height, tuple(_smaller(mark, part) for mark in self.marks))


def _coloured(mark: Mark, inks: Mapping[str, str]) -> Mark:
    if isinstance(mark, Rule | Words):
        return replace(mark, ink=inks.get(mark.ink, mark.ink))
    if isinstance(mark, Photo):
        return mark  # evidence is shown in its own colours
    return replace(mark, fill=inks.get(mark.fill, mark.fill), edge=inks.get(mark.edge, mark.edge))


def _smaller(mark: Mark, part: float) -> Mark:
    match mark:
        case Rule():
            ends = {name: getattr(mark, name) * part for name in ("x", "y", "to_x", "to_y")}
            return replace(mark, **ends)
        case Area() | Photo():
            return replace(mark, x=mark.x * part, y=mark.y * part, width=mark.width * part, height=mark.height * part)
        case Shape():
            return replace(mark, corners=tuple((x * part, y * part) for x, y in mark.corners), radius=mark.radius * part)
        case Words():
            return replace(mark, x=mark.x * part, y=mark.y * part, size=mark.size * part)


def hatched(x: float, y: float, wide: float, high: float, tone: str) -> Iterator[Mark]:
    """A box of a tone: full for good, crossed by slanting lines for bad, by upright ones for open, empty for quiet."""
    ink = INKS[tone]
    yield Area(x, y, wide, high, ink if tone == "good" else WASHES[tone] if tone != "quiet" else look.PAPER, ink)
    if tone == "bad":
        at = -high + 2.5
        while at < wide:
            start, end = max(at, 0.0), min(at + high, wide)
            if end > start:
                yield Rule(x + start, y + high - (start - at), x + end, y + high - (end - at), ink, 0.7)
            at += 3.5
    if tone == "open":
        at = 2.5
        while at < wide:
            yield Rule(x + at, y, x + at, y + high, ink, 0.5)
            at += 3.0


def arrow(x: float, y: float, to_x: float, to_y: float, ink: str) -> Shape:
    """The head of an arrow that ends at `to_x`, `to_y` and came from the other point."""
    length = max(((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5, 0.001)
    dx, dy = (to_x - x) / length, (to_y - y) / length
    base_x, base_y = to_x - 5.5 * dx, to_y - 5.5 * dy
    return Shape(((to_x, to_y), (base_x - 2.4 * dy, base_y + 2.4 * dx), (base_x + 2.4 * dy, base_y - 2.4 * dx)), ink, ink)
