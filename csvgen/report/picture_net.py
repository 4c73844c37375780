"""A flow laid out: places in layers from top to bottom, ways as numbered arrows, and what goes each way listed below.

A way leads from a layer to the next one straight; any other (back, within a layer, past one) goes round on the right, each on a
lane of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from csvgen.model.picture import Net, Place
from csvgen.report import look
from csvgen.report.fonts import Face
from csvgen.report.picture_marks import PITCH, SIZE, Area, Laid, Mark, Rule, Shape, Words, arrow
from csvgen.report.text import wrap

_GAP_X, _GAP_Y, _LANE, _TURN, _PAD = 16.0, 34.0, 13.0, 4.0, 5.0
_WIDEST, _AT_ONCE = 150.0, 4
"""Points a box is wide at most, and boxes side by side at most."""
_MARK = 5.6


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    wide: float
    high: float


def net(shows: Net, total: float) -> Laid:
    """The flow within `total` points of width."""
    layers = _layers(shows)
    level = {p.id: n for n, layer in enumerate(layers) for p in layer}
    straight = [level[w.target] - level[w.source] == 1 for w in shows.ways]
    round_about = straight.count(False)
    pitch = min(_LANE, 0.35 * total / max(round_about, 1))
    lanes = pitch * round_about + (6.0 if round_about else 0.0)
    room = total - lanes
    most = max(map(len, layers))
    wide = min(_WIDEST, (room - _GAP_X * (most - 1)) / most)
    gap = _GAP_Y + _TURN * 2 * round_about
    boxes, marks, y = dict[str, _Box](), list[Mark](), 2.0 + (gap / 2 if round_about else 0.0)
    for layer in layers:
        texts = {p.id: _texts(p, wide) for p in layer}
        high = max(map(len, texts.values())) * PITCH + 2 * _PAD
        x = (room - len(layer) * wide - (len(layer) - 1) * _GAP_X) / 2
        for place in layer:
            boxes[place.id] = _Box(x, y, wide, high)
            marks.append(Area(x, y, wide, high, look.WASH if not place.outside else look.PAPER, look.ACCENT, place.outside))
            for k, (line, face) in enumerate(texts[place.id]):
                ink = look.INK if face is Face.BOLD else look.SOFT
                marks.append(Words(x + wide / 2, y + _PAD + SIZE + k * PITCH - 1.0, line, face, ink, anchor="middle"))
            x += wide + _GAP_X
        y += high + gap
    marks += _ways(shows, boxes, straight, (room + 6.0, pitch))
    return _listed(shows, total, y - (gap - 12.0 if not round_about else gap / 2), marks)


def _texts(place: Place, wide: float) -> list[tuple[str, Face]]:
    lines = [(line, Face.BOLD) for line in wrap(place.name, wide - 2 * _PAD, Face.BOLD, SIZE)]
    return lines + [(line, Face.SANS) for line in wrap(place.about, wide - 2 * _PAD, Face.SANS, SIZE)]


def _layers(shows: Net) -> list[list[Place]]:
    """Each place below all it gets something from, as far as nothing goes round in a circle; a full layer goes on in the next."""
    depth = _deepest(shows) or _cut(shows)
    found: list[list[Place]] = []
    for level in sorted(set(depth.values())):
        layer = [p for p in shows.places if depth[p.id] == level]
        found += [layer[n : n + _AT_ONCE] for n in range(0, len(layer), _AT_ONCE)]
    return found


def _deepest(shows: Net) -> dict[str, int]:
    """Each place one below the lowest it gets something from; empty where the ways go round in a circle."""
    depth = {p.id: 0 for p in shows.places}
    for _ in shows.places:
        lower = {w.target: depth[w.source] + 1 for w in shows.ways if w.source != w.target and depth[w.target] <= depth[w.source]}
        if not lower:
            return _sunk(shows, depth)
        depth |= lower
    return {}


def _sunk(shows: Net, depth: dict[str, int]) -> dict[str, int]:
    """The same with each place that gets nothing as low as where it sends to allows: its arrows are short."""
    fed = {w.target for w in shows.ways}
    sends = {p.id: [depth[w.target] for w in shows.ways if w.source == p.id] for p in shows.places if p.id not in fed}
    return depth | {name: min(to) - 1 for name, to in sends.items() if to}


def _cut(shows: Net) -> dict[str, int]:
    """The same for a flow that goes round: a way back to a place named earlier does not push it down."""
    order = {p.id: n for n, p in enumerate(shows.places)}
    depth = dict.fromkeys(order, 0)
    for place in shows.places:
        for way in shows.ways:
            if way.source == place.id and order.get(way.target, -1) > order[place.id]:
                depth[way.target] = max(depth[way.target], depth[place.id] + 1)
    return depth


def _ways(shows: Net, boxes: dict[str, _Box], straight: list[bool], lanes: tuple[float, float]) -> Iterator[Mark]:
    """Lines, heads and numbers; `lanes`: where the first lane is and how far the next is from it."""
    out, into = _ports(shows, source=True), _ports(shows, source=False)
    turns = 0
    for n, way in enumerate(shows.ways):
        one, other = boxes[way.source], boxes[way.target]
        x, to_x = one.x + one.wide * out[n], other.x + other.wide * into[n]
        y, to_y = one.y + one.high, other.y
        if straight[n]:
            part = 1.0 - 3.0 / max(((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5, 3.0)
            yield Rule(x, y, x + (to_x - x) * part, y + (to_y - y) * part, look.INK, 0.8)
            yield arrow(x, y, to_x, to_y, look.INK)
            yield from _number(n, (x + to_x) / 2, (y + to_y) / 2 - 2.0)
            continue
        turns += 1
        lane, below, above = lanes[0] + lanes[1] * (turns - 1), y + 6.0 + _TURN * turns, to_y - 8.0 - _TURN * turns
        corners = ((x, y), (x, below), (lane, below), (lane, above), (to_x, above), (to_x, to_y - 3.0))
        for (from_x, from_y), (next_x, next_y) in pairwise(corners):
            yield Rule(from_x, from_y, next_x, next_y, look.INK, 0.8)
        yield arrow(to_x, above, to_x, to_y, look.INK)
        yield from _number(n, lane, (below + above) / 2 + (turns % 2 - 0.5) * 2 * _MARK)


def _ports(shows: Net, *, source: bool) -> dict[int, float]:
    """Where on the lower or upper edge of its box each way begins or ends, as a part of the width."""
    found: dict[int, float] = {}
    for place in shows.places:
        own = [n for n, w in enumerate(shows.ways) if (w.source if source else w.target) == place.id]
        found |= {n: (k + 1) / (len(own) + 1) for k, n in enumerate(own)}
    return found


def _number(n: int, x: float, y: float) -> Iterator[Mark]:
    yield Shape(((x, y),), look.PAPER, look.INK, _MARK)
    yield Words(x, y + 2.4, str(n + 1), Face.BOLD, size=6.5, anchor="middle")


def _listed(shows: Net, total: float, y: float, marks: list[Mark]) -> Laid:
    """Below the boxes: number, what goes and how."""
    for n, way in enumerate(shows.ways):
        lines = wrap(f"{way.what}. {way.how}", total - 20.0, Face.SANS, SIZE)
        marks.append(Words(12.0, y + SIZE, f"{n + 1}", Face.BOLD, anchor="right"))
        marks += [Words(18.0, y + SIZE + k * PITCH, line) for k, line in enumerate(lines)]
        y += len(lines) * PITCH + 1.5
    return Laid(total, y + 2.0, tuple(marks))
