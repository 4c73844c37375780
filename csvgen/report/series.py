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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from itertools import pairwise

from csvgen.model.base import Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult, Observation
from csvgen.model.picture import Control, Curve, Picture, Reading
from csvgen.report.thumbnails import Opened
from csvgen.report.wording import joined, say
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
                odd += [joined(": ", (table.where, table.fault))] if table.fault else []
                for entry in _charted(table, odd):
                    found.setdefault(entry[0], []).append(entry[1])
    enough = {key: read for key, read in found.items() if len(read) >= _LEAST}
    flat = {
        key: read for key, read in enough.items() if len({Decimal(r.value) for r in read}) == 1 and all(r.holds for r in read)
    }
    shown = sorted((key for key in enough if key not in flat), key=lambda key: -len(enough[key]))[:_MOST]
    pictures = (*(_chart(key, enough[key]) for key in shown), *_of_one_value(flat))
    if not pictures:
        empty = "No run read one quantity three times or more against one limit: there is nothing to chart."
        pictures = (Picture("Control chart: readings in the order of time, and their limits", say(empty), None, empty),)
    return (*pictures, *_left_out(CHART, odd))


def _of_one_value(flat: Mapping[Key, Sequence[Reading]]) -> tuple[Picture, ...]:
    """What was read several times and was the same each time, within its limits: a chart of one point shows nothing, so it is told."""
    if not flat:
        return ()
    each = []
    for (what, unit, limits), read in flat.items():
        named = tuple((say(name), bound) for name, bound in limits)
        limited = joined(": ", (_bounds(named), _told(_APPROVED, 0))) if limits else say("no limit was approved")
        value = f"{read[0].value} {unit}".strip()
        each.append(
            say(
                "{what}: {number} readings, each {value}; {limits}", what=what, number=str(len(read)), value=value, limits=limited
            )
        )
    told = joined("", (joined(". ", each), "."))
    caption = say("Control charts that are not drawn: every reading has one and the same value, as from one file processed again")
    return (Picture(caption, told, None, told),)


def _compared(run: Evidence, result: CaseResult) -> Iterator[tuple[Key, Reading]]:
    """Numbers that steps held against a limit."""
    for step in result.steps:
        for seen in step.observations:
            limits = _limits(seen)
            if limits and is_number(seen.actual):
                label = say("{run}, {case}, step {step}", run=run.run, case=result.case, step=str(step.number))
                yield (seen.what, seen.unit, limits), Reading(label, seen.actual.strip(), seen.holds)


def _charted(table: _Declared, odd: list[str]) -> Iterator[tuple[Key, Reading]]:
    """The rows of a declared table as readings; what is no number is told of, not drawn."""
    for quantity, reading, value, unit, least, most in () if table.fault else table.rows:
        limits = tuple((name, text.strip()) for name, text in (("at most", most), ("at least", least)) if text.strip())
        if not is_number(value) or not all(is_number(text) for _, text in limits):
            odd.append(
                say(
                    "{where}: {quantity} of {reading} is '{value}', no number to draw",
                    where=table.where, quantity=quantity, reading=reading, value=value[:_DIGITS],
                )
            )  # fmt: skip
            continue
        bounds = {name: Decimal(text) for name, text in limits}
        number = Decimal(value.strip())
        holds = bounds.get("at least", number) <= number <= bounds.get("at most", number)
        yield (quantity, unit, limits), Reading(joined(", ", (reading, table.where)), value.strip(), holds)


def _chart(key: Key, read: Sequence[Reading]) -> Picture:
    what, unit, limits = key
    values = [Decimal(r.value) for r in read]
    beyond = [_reading(r) for r in read if not r.holds]
    centre, process = process_limits(values)
    outside = [_reading(r) for r, v in zip(read, values, strict=True) if r.holds and process and not _between(v, process)]
    rule = (
        say("process limits: mean ± 3 x mean moving range / 1.128")
        if process
        else say("fewer than {number} readings, so no process limits are computed", number=str(_ENOUGH))
    )
    limited = _told(_APPROVED, len(beyond)) if limits else say("no limit was approved")
    counted = joined(", ", (limited, *([_told(_COMPUTED, len(outside))] if process else [])))
    caption = say(
        "Control chart of {what}, individual values in the order of time: {number} readings, {limits}; {rule}",
        what=what, number=str(len(read)), limits=counted, rule=rule,
    )  # fmt: skip
    named = tuple((say(name), value) for name, value in limits)
    computed = tuple((say(name), value) for name, value in process)
    alt = [
        say("Mean {value}", value=f"{centre} {unit}".strip()),
        say("approved limits: {limits}", limits=_bounds(named)),
        say("process limits: {limits}", limits=_bounds(computed)),
        say("readings: {values}.", values=", ".join(r.value for r in read)),
    ]
    more = [say("Beyond an approved limit: {readings}.", readings=joined("; ", beyond))] if beyond else []
    more += [say("Beyond a process limit only: {readings}.", readings=joined("; ", outside))] if outside else []
    whole = joined(" ", (joined("", (caption, ".")), joined("; ", alt), *more))
    return Picture(caption, whole, Control(what, unit, tuple(read), named, centre, computed))


_APPROVED = ("none beyond an approved limit", "{number} beyond an approved limit (triangle)")
_COMPUTED = ("none beyond a process limit only", "{number} beyond a process limit only (square)")


def _told(phrases: tuple[str, str], number: int) -> str:
    return say(phrases[1], number=str(number)) if number else say(phrases[0])


def _reading(r: Reading) -> str:
    return say("{value} in {reading}", value=r.value, reading=r.label)


def _bounds(limits: Limits) -> str:
    return joined(", ", [joined(" ", pair) for pair in limits]) if limits else say("none")


def process_limits(values: Sequence[Decimal]) -> tuple[str, Limits]:
    """Mean of the readings, and the limits computed from them where there are enough; to one decimal more than the readings have."""
    with localcontext() as context:
        context.prec = 2 * _FINE
        places = max((max(-int(v.as_tuple().exponent), 0) for v in values), default=0) + 1
        step = Decimal(1).scaleb(-min(places, _DIGITS))
        mean = sum(values, Decimal(0)) / len(values)
        centre = format(mean.quantize(step, ROUND_HALF_UP), "f")
        if len(values) < _ENOUGH:
            return centre, ()
        moving = sum((abs(b - a) for a, b in pairwise(values)), Decimal(0)) / (len(values) - 1)
        reach = 3 * moving / _D2
        upper, lower = (format(v.quantize(step, ROUND_HALF_UP), "f") for v in (mean + reach, mean - reach))
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
            odd.append(joined(": ", (table.where, why)))
        else:
            found.append(_curve(table))
    if not tables:
        empty = "No run attached a calibration: there is no curve to draw."
        found.append(Picture("Calibration", say(empty), None, empty))
    if len(found) > _MOST:
        odd.append(say("{number} earlier calibrations stand in the index of attachments", number=str(len(found) - _MOST)))
    return (*found[-_MOST:], *_left_out(CALIBRATION, odd))


def _unfit(table: _Declared) -> str:
    """Why no curve can be drawn of a table; empty where one can."""
    if not _LEAST <= len(table.rows) <= _POINTS:
        return say(
            "{number} points; a curve is drawn of {least} to {most}",
            number=str(len(table.rows)),
            least=str(_LEAST),
            most=str(_POINTS),
        )
    if any(not is_number(cell) for row in table.rows for cell in row):
        return say("a cell is no number to draw")
    levels, signals = ({Fraction(row[n].strip()) for row in table.rows} for n in (0, 1))
    return "" if min(len(levels), len(signals)) > 1 else say("all levels or all signals are equal")


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
    caption = say(
        "Calibration {name}: {number} points, {line}, r² {value} (cut off, not rounded up), residuals below",
        name=table.name, number=str(len(rows)), value=r_squared,
        line=say("line fitted by csvgen by least squares" if own else "line as the system computed it"),
    )  # fmt: skip
    points = tuple((row[0].strip(), row[1].strip(), fitted) for row, fitted in zip(rows, spelled, strict=True))
    each = [say("{level}: {signal} (line {line})", level=level, signal=signal, line=fitted) for level, signal, fitted in points]
    shows = Curve(table.head[0], table.head[1], points, r_squared)
    source = say("From {where}.", where=table.where)
    listed = joined("", (f"{table.head[0]}: {table.head[1]}: ", joined("; ", each), "."))
    return Picture(caption, joined(" ", (joined("", (caption, ".")), source, listed)), shows)


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
    where = say("{name} in {run}", name=kept.id, run=run.run)
    data = opened(run, kept) if kept.size <= _BYTES else b""
    try:
        rows = [tuple(map(str, row)) for row in json.loads(data.decode("utf-8"))]
        head, body = rows[0], tuple(rows[1:])
    except (ValueError, TypeError, IndexError, RecursionError):
        return _Declared(name, where, (), (), say("the table cannot be read"))
    fits = head == CHART_HEAD if what == CHART else len(head) in (2, 3)
    if not fits or any(len(row) != len(head) for row in body):
        there = ", ".join(head)
        wanted = ", ".join(CHART_HEAD)
        fault = (
            say("it has the columns {columns}; control charts have {wanted}", columns=there, wanted=wanted)
            if what == CHART
            else say("it has the columns {columns}; calibrations have level and signal, or level, signal and line", columns=there)
        )
        return _Declared(name, where, head, (), fault)
    return _Declared(name, where, head, body)


def _left_out(what: str, odd: Sequence[str]) -> tuple[Picture, ...]:
    """What was declared and is not drawn, with the reason: nothing is left out in silence."""
    if not odd:
        return ()
    more = [say("and {number} more", number=str(len(odd) - _MOST))] if len(odd) > _MOST else []
    told = say("Not drawn: {what}.", what=joined("; ", (*odd[:_MOST], *more)))
    caption = say(f"{what.capitalize()}: what was attached for one and is not drawn")
    return (Picture(caption, told, None, told),)


def is_number(text: str) -> bool:
    """Whether a text is a number that can be drawn and printed: finite, and of a size people write out."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return False
    return number.is_finite() and len(text.strip()) <= _DIGITS and abs(number.adjusted()) <= _DIGITS
