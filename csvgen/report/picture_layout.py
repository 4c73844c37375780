"""Where everything of a picture goes: bars and heat maps. Flows, plots and images have files of their own (`picture_net`, `picture_plots`, `picture_shots`)."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.model.picture import Bars, Control, Curve, Heat, Net, Panel, Picture, Shots
from csvgen.report import look
from csvgen.report.fonts import Face, width
from csvgen.report.picture_marks import PITCH, SIZE, WASHES, Area, Laid, Mark, Rule, Words, hatched
from csvgen.report.picture_net import net
from csvgen.report.picture_plots import control, curve
from csvgen.report.picture_shots import shots
from csvgen.report.text import wrap
from csvgen.report.wording import IN_ENGLISH, Wording

HIGHEST, HIGHEST_WIDE = 540.0, 320.0
"""No picture is higher: it stands on one page with its caption; the second where the page is turned."""
_BAR, _BAR_GAP = 11.0, 9.0


def laid(picture: Picture, total: float, highest: float = HIGHEST, words: Wording = IN_ENGLISH) -> Laid:
    """A picture that has something to show, at most `total` points wide and `highest` high; `words`: of the document it stands in."""
    match picture.shows:
        case Bars() as shows:
            found = _bars(shows, total, words)
        case Heat() as shows:
            found = _heat(shows, total)
        case Net() as shows:
            found = net(shows, total)
        case Control() as shows:
            found = control(shows, total, words)
        case Curve() as shows:
            found = curve(shows, total, words)
        case Shots() as shows:
            found = shots(shows, total, words)
        case None:
            found = Laid(total, 0.001, ())
    return found.within(highest)


# ------------------------------------------------------------------ bars


def _bars(shows: Bars, total: float, words: Wording) -> Laid:
    marks: list[Mark] = []
    left = min(max(width(bar.label, Face.SANS, SIZE) for bar in shows.bars) + 8.0, 0.3 * total)
    room = 0.42 * total
    most = max(sum(number for _, number, _ in bar.parts) for bar in shows.bars) or 1
    y = 2.0
    for bar in shows.bars:
        labels = wrap(bar.label, left - 6.0, Face.SANS, SIZE)
        told = ", ".join(f"{word} {number}" for word, number, _ in bar.parts) or words.say("none")
        lines = wrap(told, total - left - room - 8.0, Face.SANS, SIZE)
        for n, line in enumerate(labels):
            marks.append(Words(left - 6.0, y + 8.5 + n * PITCH, line, anchor="right"))
        x = left
        for _, number, tone in bar.parts:
            wide = room * number / most
            marks += hatched(x, y, wide, _BAR, tone)
            x += wide
        for n, line in enumerate(lines):
            marks.append(Words(x + 6.0 if len(lines) == 1 else left + room + 8.0, y + 8.5 + n * PITCH, line))
        y += max(_BAR, PITCH * max(len(labels), len(lines))) + _BAR_GAP
    marks.append(Rule(left, 0.0, left, y - _BAR_GAP + 2.0, look.SOFT))
    return Laid(total, y - _BAR_GAP + 4.0, tuple(marks))


# ------------------------------------------------------------------ heat maps


def _heat(shows: Heat, total: float) -> Laid:
    gap = 22.0
    wide = (total - gap * (len(shows.panels) - 1)) / len(shows.panels)
    marks: list[Mark] = []
    height = 0.0
    most = [max(len(cell) for panel in shows.panels for cell in panel.cells[n]) for n in range(len(shows.panels[0].cells))]
    for n, panel in enumerate(shows.panels):
        bottom = 0.0
        for mark in _panel(panel, n * (wide + gap), wide, most):
            marks.append(mark)
            bottom = max(bottom, mark.y + mark.height if isinstance(mark, Area) else 0.0)
        height = max(height, bottom)
    return Laid(total, height + 2.0, tuple(marks))


def _panel(panel: Panel, x: float, wide: float, most: list[int]) -> Iterator[Mark]:
    """Title, names of the columns, and a row of cells for each grade; `most`: lines in the fullest cell of each row."""
    names = [wrap(f"{panel.down} {name}", 0.3 * wide - 6.0, Face.SANS, SIZE) for name in panel.rows]
    left = x + 0.3 * wide
    column = 0.7 * wide / len(panel.columns)
    yield Words(x, SIZE + 1.0, panel.title, Face.BOLD)
    heads = [wrap(f"{panel.across} {name}", column - 4.0, Face.SANS, SIZE) for name in panel.columns]
    y = 2 * PITCH
    for n, lines in enumerate(heads):
        for k, line in enumerate(lines):
            yield Words(left + (n + 0.5) * column, y + k * PITCH, line, ink=look.SOFT, anchor="middle")
    y += max(map(len, heads)) * PITCH - 4.0
    for lines, cells, fullest in zip(names, panel.cells, most, strict=True):
        high = max(2, len(lines), fullest) * PITCH + 8.0
        for k, line in enumerate(lines):
            yield Words(left - 6.0, y + 4.0 + SIZE + k * PITCH, line, ink=look.SOFT, anchor="right")
        for n, cell in enumerate(cells):
            tone = cell[0][2] if cell else ""
            yield Area(left + n * column, y, column, high, WASHES[tone] if tone else look.PAPER, look.RULE)
            for k, (level, number, _) in enumerate(cell):
                face = Face.BOLD if k == 0 else Face.SANS
                yield Words(left + (n + 0.5) * column, y + 4.0 + SIZE + k * PITCH, f"{number} {level}", face, anchor="middle")
        y += high
