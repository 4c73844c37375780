"""Series of readings: control charts of individual values, and calibrations, made from what runs observed.

Two sources, and nothing is made up between them. A number that a step compared with a limit is a reading of what it looked at. And a step
may attach a table that says by its name what it is:

    control chart: ...   with the columns quantity, reading, value, unit, at least, at most (a limit may be left blank)
    calibration: ...     with two columns, level and signal, or three: what the system's own line gives at that level

Rule of the limits. Approved limits are those of the script or of the table, as they were approved. The centre is the mean of the readings.
From ten readings on, process limits are computed: mean ± 3 times the mean moving range / 1.128 (individual values, moving range of
two: ISO 7870-2, in own words). They tell what the process does; they decide nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from itertools import pairwise

from csvgen.model.base import Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult, Observation
from csvgen.model.picture import Control, Curve, Picture, Reading
from csvgen.report.thumbnails import Opened
from csvgen.trace.matrix import counts

CHART, CALIBRATION = "control chart", "calibration"
"""How the name of a table begins that is meant for one or the other."""
CHART_HEAD = ("quantity", "reading", "value", "unit", "at least", "at most")
_LEAST, _ENOUGH, _MOST = 3, 10, 6
"""Readings a chart needs, readings from which on process limits are computed, and charts of a kind a document has at most."""
_POINTS, _BYTES, _DIGITS = 500, 1_000_000, 24
_D2 = Decimal("1.128")
_FINE = 28

Limits = tuple[tuple[str, str], ...]
Key = tuple[str, str, Limits]


@dataclass(frozen=True, slots=True)
class _Declared:
    """A table that says what it is meant for."""

    name: str
    where: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    fault: str = ""


# ------------------------------------------------------------------ control charts


def control_charts(runs: Sequence[Evidence], phase: Phase, opened: Opened) -> tuple[Picture, ...]:
    """A chart for each quantity that a phase read at least three times against the same limits, those with most readings first."""
    found: dict[Key, list[Reading]] = {}
    odd: list[str] = []
    for run in (run for run in runs if counts(run) and run.plan.phase == phase):
        for result in run.results:
            for key, reading in _compared(run, result):
                found.setdefault(key, []).append(reading)
            for table in _tables(run, result, CHART, opened):
                odd += [f"{table.where}: {table.fault}"] if table.fault else []
                for entry in _charted(table, odd):
                    found.setdefault(entry[0], []).append(entry[1])
    enough = {key: read for key, read in found.items() if len(read) >= _LEAST}
    shown = sorted(enough, key=lambda key: -len(enough[key]))[:_MOST]
    pictures = tuple(_chart(key, enough[key]) for key in shown)
    if not pictures:
        empty = "No run read one quantity three times or more against one limit: there is nothing to chart."
        pictures = (Picture("Control chart: readings in the order of time, and their limits", empty, None, empty),)
    return (*pictures, *_left_out(CHART, odd))


def _compared(run: Evidence, result: CaseResult) -> Iterator[tuple[Key, Reading]]:
    """Numbers that steps held against a limit."""
    for step in result.steps:
        for seen in step.observations:
            limits = _limits(seen)
            if limits and is_number(seen.actual):
                label = f"{run.run}, {result.case}, step {step.number}"
                yield (seen.what, seen.unit, limits), Reading(label, seen.actual.strip(), seen.holds)


def _charted(table: _Declared, odd: list[str]) -> Iterator[tuple[Key, Reading]]:
    """The rows of a declared table as readings; what is no number is told of, not drawn."""
    for quantity, reading, value, unit, least, most in () if table.fault else table.rows:
        limits = tuple((name, text.strip()) for name, text in (("at most", most), ("at least", least)) if text.strip())
        if not is_number(value) or not all(is_number(text) for _, text in limits):
            odd.append(f"{table.where}: {quantity} of {reading} is '{value[:_DIGITS]}', no number to draw")
            continue
        bounds = {name: Decimal(text) for name, text in limits}
        number = Decimal(value.strip())
        holds = bounds.get("at least", number) <= number <= bounds.get("at most", number)
        yield (quantity, unit, limits), Reading(f"{reading}, {table.where}", value.strip(), holds)


def _chart(key: Key, read: Sequence[Reading]) -> Picture:
    what, unit, limits = key
    values = [Decimal(r.value) for r in read]
    beyond = [f"{r.value} in {r.label}" for r in read if not r.holds]
    centre, process = process_limits(values)
    outside = [
        f"{r.value} in {r.label}" for r, v in zip(read, values, strict=True) if r.holds and process and not _between(v, process)
    ]
    rule = (
        "process limits: mean ± 3 x mean moving range / 1.128"
        if process
        else f"fewer than {_ENOUGH} readings, so no process limits are computed"
    )
    limited = _told(len(beyond), "beyond an approved limit", "triangle") if limits else "no limit was approved"
    further = f", {_told(len(outside), 'beyond a process limit only', 'square')}" if process else ""
    caption = f"Control chart of {what}, individual values in the order of time: {len(read)} readings, {limited}{further}; {rule}"
    told = f"Mean {centre} {unit}".strip() + f"; approved limits: {', '.join(' '.join(p) for p in limits) or 'none'}"
    told += (
        f"; process limits: {', '.join(' '.join(p) for p in process) or 'none'}; readings: {', '.join(r.value for r in read)}."
    )
    told += f" Beyond an approved limit: {'; '.join(beyond)}." if beyond else ""
    told += f" Beyond a process limit only: {'; '.join(outside)}." if outside else ""
    return Picture(caption, f"{caption}. {told}", Control(what, unit, tuple(read), limits, centre, process))


def _told(number: int, where: str, shape: str) -> str:
    return f"{number} {where} ({shape})" if number else f"none {where}"


def process_limits(values: Sequence[Decimal]) -> tuple[str, Limits]:
    """Mean of the readings, and the limits computed from them where there are enough; to one decimal more than the readings have."""
    with localcontext() as context:
        context.prec = 2 * _FINE
        places = max((max(-int(v.as_tuple().exponent), 0) for v in values), default=0) + 1
        step = Decimal(1).scaleb(-min(places, _DIGITS))
        mean = sum(values, Decimal(0)) / len(values)
        centre = format(mean.quantize(step, ROUND_HALF_EVEN), "f")
        if len(values) < _ENOUGH:
            return centre, ()
        moving = sum((abs(b - a) for a, b in pairwise(values)), Decimal(0)) / (len(values) - 1)
        reach = 3 * moving / _D2
        upper, lower = (format(v.quantize(step, ROUND_HALF_EVEN), "f") for v in (mean + reach, mean - reach))
    return centre, (("upper process limit", upper), ("lower process limit", lower))


def _between(value: Decimal, bounds: Limits) -> bool:
    numbers = [Decimal(text) for _, text in bounds]
    return min(numbers) <= value <= max(numbers)


def _limits(seen: Observation) -> Limits:
    """Name and value of what an observation was held against; none where it is no limit."""
    if not is_number(seen.expected):
        return ()
    expected = seen.expected.strip()
    if seen.comparison in ("at-most", "at-least"):
        return ((seen.comparison.replace("-", " "), expected),)
    if seen.comparison == "within" and is_number(seen.tolerance):
        middle, tolerance = Decimal(expected), Decimal(seen.tolerance)
        return (("at most", format(middle + tolerance, "f")), ("at least", format(middle - tolerance, "f")))
    return ()


# ------------------------------------------------------------------ calibrations


def calibrations(runs: Sequence[Evidence], opened: Opened) -> tuple[Picture, ...]:
    """A picture for each table that was attached as a calibration in a run that counts, the last ones of very many."""
    tables = [t for run in runs if counts(run) for result in run.results for t in _tables(run, result, CALIBRATION, opened)]
    found, odd = list[Picture](), list[str]()
    for table in tables:
        why = table.fault or _unfit(table)
        if why:
            odd.append(f"{table.where}: {why}")
        else:
            found.append(_curve(table))
    if not tables:
        empty = "No run attached a calibration: there is no curve to draw."
        found.append(Picture("Calibration", empty, None, empty))
    if len(found) > _MOST:
        odd.append(f"{len(found) - _MOST} earlier calibrations stand in the index of attachments")
    return (*found[-_MOST:], *_left_out(CALIBRATION, odd))


def _unfit(table: _Declared) -> str:
    """Why no curve can be drawn of a table; empty where one can."""
    if not _LEAST <= len(table.rows) <= _POINTS:
        return f"{len(table.rows)} points; a curve is drawn of {_LEAST} to {_POINTS}"
    if any(not is_number(cell) for row in table.rows for cell in row):
        return "a cell is no number to draw"
    levels, signals = ({Fraction(row[n].strip()) for row in table.rows} for n in (0, 1))
    return "" if min(len(levels), len(signals)) > 1 else "all levels or all signals are equal"


def _curve(table: _Declared) -> Picture:
    rows = sorted(table.rows, key=lambda row: Decimal(row[0]))
    levels, signals = ([Fraction(row[n].strip()) for row in rows] for n in (0, 1))
    own = len(table.head) == 2  # noqa: PLR2004 - level and signal: the line is ours
    line = _fitted(levels, signals) if own else [Fraction(row[2].strip()) for row in rows]
    spelled = [_text(v) for v in line] if own else [row[2].strip() for row in rows]
    mean = sum(signals, Fraction(0)) / len(signals)
    rest = sum(((s - f) ** 2 for s, f in zip(signals, line, strict=True)), Fraction(0))
    squared = 1 - rest / sum(((s - mean) ** 2 for s in signals), Fraction(0))
    r_squared = format(_decimal(squared).quantize(Decimal("1e-8"), ROUND_DOWN), "f")
    whose = "line fitted by csvgen by least squares" if own else "line as the system computed it"
    caption = f"Calibration {table.name}: {len(rows)} points, {whose}, r² {r_squared} (cut off, not rounded up), residuals below"
    points = tuple((row[0].strip(), row[1].strip(), fitted) for row, fitted in zip(rows, spelled, strict=True))
    told = "; ".join(f"{level}: {signal} (line {fitted})" for level, signal, fitted in points)
    shows = Curve(table.head[0], table.head[1], points, r_squared)
    return Picture(caption, f"{caption}. From {table.where}. {table.head[0]}: {table.head[1]}: {told}.", shows)


def _fitted(levels: Sequence[Fraction], signals: Sequence[Fraction]) -> list[Fraction]:
    """Values of the straight line of least squares at each level, exact."""
    x, y = (sum(values, Fraction(0)) / len(values) for values in (levels, signals))
    slope = sum(((a - x) * (b - y) for a, b in zip(levels, signals, strict=True)), Fraction(0)) / sum(
        ((a - x) ** 2 for a in levels), Fraction(0)
    )
    return [y + slope * (level - x) for level in levels]


def _text(value: Fraction) -> str:
    """Ten significant digits, written out."""
    with localcontext() as context:
        context.prec = 10
        return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


def _decimal(value: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = 2 * _FINE
        return Decimal(value.numerator) / Decimal(value.denominator)


# ------------------------------------------------------------------ declared tables


def _tables(run: Evidence, result: CaseResult, what: str, opened: Opened) -> Iterator[_Declared]:
    """The tables of a case whose name says that they are meant for this."""
    for kept in (a for step in result.steps for a in step.attachments if a.kind == "table"):
        kind, colon, name = kept.name.partition(":")
        if colon and kind.strip().lower() == what:
            yield _read(run, kept, name.strip() or kept.id, what, opened)


def _read(run: Evidence, kept: Attachment, name: str, what: str, opened: Opened) -> _Declared:
    where = f"{kept.id} in {run.run}"
    data = opened(run, kept) if kept.size <= _BYTES else b""
    try:
        rows = [tuple(map(str, row)) for row in json.loads(data.decode("utf-8"))]
        head, body = rows[0], tuple(rows[1:])
    except (ValueError, TypeError, IndexError, RecursionError):
        return _Declared(name, where, (), (), "the table cannot be read")
    fits = head == CHART_HEAD if what == CHART else len(head) in (2, 3)
    if not fits or any(len(row) != len(head) for row in body):
        wanted = ", ".join(CHART_HEAD) if what == CHART else "level and signal, or level, signal and line"
        return _Declared(name, where, head, (), f"it has the columns {', '.join(head)}; {what}s have {wanted}")
    return _Declared(name, where, head, body)


def _left_out(what: str, odd: Sequence[str]) -> tuple[Picture, ...]:
    """What was declared and is not drawn, with the reason: nothing is left out in silence."""
    if not odd:
        return ()
    told = f"Not drawn: {'; '.join(odd[:_MOST])}" + (f"; and {len(odd) - _MOST} more" if len(odd) > _MOST else "") + "."
    return (Picture(f"{what.capitalize()}: what was attached for one and is not drawn", told, None, told),)


def is_number(text: str) -> bool:
    """Whether a text is a number that can be drawn and printed: finite, and of a size people write out."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return False
    return number.is_finite() and len(text.strip()) <= _DIGITS and abs(number.adjusted()) <= _DIGITS
