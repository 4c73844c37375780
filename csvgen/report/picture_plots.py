"""Plots laid out: control charts of individual values, and calibrations with what is left between signal and line.

A reading beyond an approved limit is a triangle, one beyond a limit computed from the readings a square, any other a circle. Limits that
were approved are dashed, the mean is drawn through, computed limits are dotted; each has its name and value beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from csvgen.model.picture import Control, Curve
from csvgen.report import look
from csvgen.report.fonts import Face, width
from csvgen.report.picture_marks import INKS, PITCH, SIZE, Area, Laid, Mark, Rule, Shape, Words
from csvgen.report.text import wrap
from csvgen.report.wording import IN_ENGLISH, Wording

_CHART, _PLOT, _REST = 80.0, 130.0, 54.0
"""Heights of a control chart (three and more stand on a page), of a calibration and of its residuals."""
_DOTS = 5.0


@dataclass(frozen=True, slots=True)
class _Frame:
    """A rectangle of the picture and the numbers at its edges."""

    left: float
    top: float
    wide: float
    high: float
    across: tuple[Decimal, Decimal]
    """Number at the left edge, and at the right one."""
    up: tuple[Decimal, Decimal]
    """Number at the lower edge, and at the upper one."""

    def x(self, value: Decimal) -> float:
        return self.left + self.wide * _part(value, *self.across)

    def y(self, value: Decimal) -> float:
        return self.top + self.high * (1 - _part(value, *self.up))

    @property
    def right(self) -> float:
        return self.left + self.wide


def _part(value: Decimal, low: Decimal, high: Decimal) -> float:
    return float((value - low) / (high - low))


def _spread(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The least and the greatest value with some room on both sides."""
    low, high = min(values), max(values)
    spare = (high - low) / 10 or abs(high) / 10 or Decimal(1)
    return low - spare, high + spare


# ------------------------------------------------------------------ control charts


def control(shows: Control, total: float, words: Wording = IN_ENGLISH) -> Laid:
    """Readings in the order of time between their limits."""
    values = [Decimal(r.value) for r in shows.readings]
    lines = [*shows.limits, (words.say("mean"), shows.centre), *shows.process]
    names = [f"{name} {value}" for name, value in lines]
    edges = [format(value, "f") for value in dict.fromkeys((min(values), max(values)))]
    left = max(width(text, Face.SANS, SIZE) for text in edges) + 12.0
    right = total - max(width(name, Face.SANS, SIZE) for name in names) - 12.0
    titles = wrap(_titled(shows.quantity, shows.unit), right - left, Face.BOLD, SIZE)
    bounds = _spread([*values, *(Decimal(value) for _, value in lines)])
    last = Decimal(len(values) + 1)
    frame = _Frame(left, (len(titles) + 1) * PITCH, right - left, _CHART, (Decimal(0), last), bounds)
    marks: list[Mark] = [Words(left, SIZE + 1.0 + n * PITCH, line, Face.BOLD) for n, line in enumerate(titles)]
    marks += _box(frame, edges)
    heights = _apart([frame.y(Decimal(value)) for _, value in lines])
    through, *others = (len(shows.limits), *(n for n in range(len(lines)) if n != len(shows.limits)))
    for n in (through, *others):  # the mean first: a limit at the same height is seen upon it, dash by dash
        kind = "mean" if n == through else "approved" if n < through else "computed"
        marks += _line(frame, frame.y(Decimal(lines[n][1])), kind)
    marks += [Words(right + 5.0, height + 2.5, name) for height, name in zip(heights, names, strict=True)]
    places = [(frame.x(Decimal(n)), frame.y(value)) for n, value in enumerate(values, 1)]
    marks += [Rule(*one, *other, look.SOFT, 0.5) for one, other in itertools.pairwise(places)]
    for (x, y), reading, number in zip(places, shows.readings, values, strict=True):
        marks.append(_point(x, y, holds=reading.holds, within=_within(number, shows.process)))
    y = frame.top + _CHART + PITCH + 2.0
    for place, reading, anchor in ((1, shows.readings[0], "left"), (len(values), shows.readings[-1], "right")):
        for line in wrap(f"{place}: {reading.label}", frame.wide, Face.SANS, SIZE):
            marks.append(Words(left if anchor == "left" else right, y, line, ink=look.SOFT, anchor=anchor))
            y += PITCH
    return Laid(total, y - PITCH + 4.0, tuple(marks))


def _titled(quantity: str, unit: str) -> str:
    return f"{quantity}, {unit}" if unit else quantity


def _within(value: Decimal, process: Sequence[tuple[str, str]]) -> bool:
    bounds = [Decimal(text) for _, text in process]
    return not bounds or min(bounds) <= value <= max(bounds)


def _apart(heights: Sequence[float]) -> list[float]:
    """The same heights, moved down where two names would stand on each other."""
    found = list(heights)
    order = sorted(range(len(found)), key=lambda n: found[n])
    for above, below in itertools.pairwise(order):
        found[below] = max(found[below], found[above] + PITCH)
    return found


def _box(frame: _Frame, edges: Sequence[str]) -> Iterator[Mark]:
    """The frame with its numbers on the left."""
    yield Area(frame.left, frame.top, frame.wide, frame.high, "", look.RULE)
    heights = _apart([frame.y(Decimal(text)) for text in edges])
    for text, height in zip(edges, heights, strict=True):
        at = frame.y(Decimal(text))
        yield Rule(frame.left - 3.0, at, frame.left, at, look.SOFT)
        yield Words(frame.left - 6.0, height + 2.5, text, ink=look.SOFT, anchor="right")


def _line(frame: _Frame, y: float, kind: str) -> Iterator[Mark]:
    if kind == "computed":
        steps = int(frame.wide / _DOTS)
        yield from (Rule(frame.left + n * _DOTS, y, frame.left + n * _DOTS + 1.2, y, look.INK, 0.8) for n in range(steps))
        return
    if kind == "mean":
        yield Rule(frame.left, y, frame.right, y, look.ACCENT, 0.8)
    else:
        yield Rule(frame.left, y, frame.right, y, look.ALARM, 1.2, dashed=True)


def _point(x: float, y: float, *, holds: bool, within: bool = True) -> Shape:
    """A circle; a triangle beyond an approved limit, a square beyond a computed one."""
    if not holds:
        return Shape(((x, y - 4.0), (x + 3.6, y + 3.0), (x - 3.6, y + 3.0)), INKS["bad"], INKS["bad"])
    if not within:
        corners = ((x - 2.8, y - 2.8), (x + 2.8, y - 2.8), (x + 2.8, y + 2.8), (x - 2.8, y + 2.8))
        return Shape(corners, look.PAPER, INKS["open"])
    return Shape(((x, y),), look.ACCENT, look.ACCENT, 2.2)


# ------------------------------------------------------------------ calibrations


def curve(shows: Curve, total: float, words: Wording = IN_ENGLISH) -> Laid:
    """Signals over their levels with the line, and below it the residuals about zero."""
    points = [tuple(map(Decimal, point)) for point in shows.points]
    levels, signals, line = ([p[n] for p in points] for n in range(3))
    rest = [signal - fitted for signal, fitted in zip(signals, line, strict=True)]
    across, up = _spread(levels), _spread([*signals, *line])
    most = max(map(abs, rest)) or Decimal(1)
    ends = [format(v, "f") for v in dict.fromkeys((min(signals), max(signals)))]
    odd = [_signed(v) for v in dict.fromkeys((-most, Decimal(0), most))]
    left = max(width(text, Face.SANS, SIZE) for text in (*ends, *odd)) + 12.0
    titles = wrap(
        words.say("{signal} over {level}; r² {value}", signal=shows.signal, level=shows.level, value=shows.r_squared),
        total - left - 12.0,
        Face.BOLD,
        SIZE,
    )
    main = _Frame(left, (len(titles) + 1) * PITCH, total - left - 12.0, _PLOT, across, up)
    lower = _Frame(left, main.top + _PLOT + 3 * PITCH + 6.0, main.wide, _REST, across, (-most * 6 / 5, most * 6 / 5))
    marks: list[Mark] = [Words(left, SIZE + 1.0 + n * PITCH, text, Face.BOLD) for n, text in enumerate(titles)]
    marks += _box(main, ends)
    fitted = sorted(zip(levels, line, strict=True))
    for one, other in itertools.pairwise(fitted):
        marks.append(Rule(main.x(one[0]), main.y(one[1]), main.x(other[0]), main.y(other[1]), look.ACCENT, 0.9))
    marks += [_hollow(main.x(x), main.y(y)) for x, y in zip(levels, signals, strict=True)]
    for value, anchor in ((min(levels), "left"), (max(levels), "right")):
        marks.append(Rule(main.x(value), main.top + _PLOT, main.x(value), main.top + _PLOT + 3.0, look.SOFT))
        marks.append(Words(main.x(value), main.top + _PLOT + PITCH + 2.0, format(value, "f"), ink=look.SOFT, anchor=anchor))
    marks.append(Words(left, lower.top - 5.0, words.say("residuals: signal less line"), Face.BOLD))
    marks += _box(lower, odd)
    marks.append(Rule(lower.left, lower.y(Decimal(0)), lower.right, lower.y(Decimal(0)), look.ACCENT, 0.8))
    for x, y in zip(levels, rest, strict=True):
        marks.append(Rule(lower.x(x), lower.y(Decimal(0)), lower.x(x), lower.y(y), look.SOFT, 0.5))
        marks.append(_hollow(lower.x(x), lower.y(y)))
    return Laid(total, lower.top + _REST + 4.0, tuple(marks))


def _signed(value: Decimal) -> str:
    """A residual to three significant digits with its sign."""
    short = format(value, ".3g") if value else "0"
    return format(Decimal(short), "f") if abs(value.adjusted()) < 7 else short  # noqa: PLR2004 - longer is no longer read at a glance


def _hollow(x: float, y: float) -> Shape:
    return Shape(((x, y),), look.PAPER, look.INK, 2.0)
