"""Whether a scheme can be rated by: no hole, no gap, no overlap, nothing unreachable, and worse ratings never ask for less.

Only what the scales can produce counts. Three scales of 1 to 5 never give 7, so bands may leave 7 out; they may not leave out 24.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

from csvgen.model.scheme import Band, Factor, Product, Scale, Scheme, Single, TwoStep
from csvgen.risk.rate import Assessed, rate, worse

_MOST = 5
"""So many values are named in one message."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place of a risk or a scheme; `path` leads there by keys."""

    path: tuple[str | int, ...]
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return self.message


def scheme_problems(scheme: Scheme) -> tuple[Problem, ...]:
    """All that speaks against a scheme, with the value shown. Later checks need the earlier ones: scales, then tables, then order."""
    for check in (_scales, _tables, _order):
        if found := tuple(check(scheme)):
            return found
    return ()


# ------------------------------------------------------------------ scales


def _scales(scheme: Scheme) -> Iterator[Problem]:
    rated = scheme.scales.rated
    for factor, scale in rated.items():
        for index, name in enumerate(scale.names):
            if name in scale.names[:index]:
                yield Problem(("scales", factor, "grades", index), f"{factor} has the grade {name} twice")
    kind, wrong = scheme.computation.kind, ""
    match scheme.computation:
        case TwoStep() if set(rated) != {"severity", "probability", "detectability"}:
            wrong = "severity, probability and detectability"
        case Single() if set(rated) != {"severity"}:
            wrong = "severity alone"
        case Product():
            wrong = "severity and at least one scale more" if len(rated) == 1 else ""
            for factor, scale in rated.items():
                yield from _numbers(factor, scale)
    if wrong:
        yield Problem(("scales",), f"a {kind} scheme rates {wrong}; here are {', '.join(rated)}")


def _numbers(factor: Factor, scale: Scale) -> Iterator[Problem]:
    for index, graded in enumerate(scale.grades):
        path = ("scales", factor, "grades", index)
        if not graded.value:
            yield Problem(path, f"{factor} {graded.grade} has no number, and a product needs one", "add number: 1 or more")
        elif index and graded.value < scale.grades[index - 1].value:
            before = scale.grades[index - 1]
            yield Problem(
                path,
                f"{factor} goes from {before.grade} = {before.value} back to {graded.grade} = {graded.value}",
                "grades stand from the best to the worst, and their numbers grow",
            )


# ------------------------------------------------------------------ tables


def _tables(scheme: Scheme) -> Iterable[Problem]:
    match scheme.computation:
        case TwoStep():
            return _steps(scheme.scales.rated, scheme.computation)
        case Product(bands=bands):
            return _bands(scheme.scales.rated, bands)
        case Single(priority=priority):
            return _row(("computation", "priority"), "priority", priority, "severity", scheme.scales.severity.names)


def _steps(rated: Mapping[Factor, Scale], steps: TwoStep) -> Iterator[Problem]:
    severities, probabilities, detectabilities = (rated[f].names for f in ("severity", "probability", "detectability"))
    at = ("computation", "classes")
    yield from _row(at, "class", steps.classes, "severity", severities)
    for severity in severities:
        if severity in steps.classes:
            what = f"class for severity {severity},"
            yield from _row((*at, severity), what, steps.classes[severity], "probability", probabilities)
    reached = tuple(sorted({name for row in steps.classes.values() for name in row.values()}))
    at = ("computation", "priority")
    yield from _row(at, "priority", steps.priority, "class", reached)
    for name in reached:
        if name in steps.priority:
            what = f"priority for class {name},"
            yield from _row((*at, name), what, steps.priority[name], "detectability", detectabilities)


def _row(at: tuple[str, ...], what: str, row: Mapping[str, object], factor: str, names: tuple[str, ...]) -> Iterator[Problem]:
    """A row of a table holds each name once, and nothing else."""
    for name in names:
        if name not in row:
            yield Problem(at, f"there is no {what} {factor} {name}")
    for name in row:
        if name not in names:
            yield Problem((*at, name), f"no rating leads to {factor} {name}", f"{factor}: {', '.join(names)}")


def _bands(rated: Mapping[Factor, Scale], bands: tuple[Band, ...]) -> Iterator[Problem]:
    shown: dict[int, str] = {}
    for grades in itertools.product(*(scale.grades for scale in rated.values())):
        number = prod(g.value for g in grades)
        shown.setdefault(number, " x ".join(f"{factor} {g.grade}" for factor, g in zip(rated, grades, strict=True)))
    at = ("computation", "bands")
    for index, band in enumerate(bands):
        if int(band.low) > int(band.high):
            yield Problem((*at, index), f"the band {band} ends before it begins")
        elif not any(number in band for number in shown):
            yield Problem((*at, index), f"no ratings lead into the band {band}", "remove it, or let it begin elsewhere")
        for earlier in bands[:index]:
            if both := [n for n in sorted(shown) if n in band and n in earlier]:
                yield Problem((*at, index), f"{_named(both)} in two bands, {earlier} and {band} ({shown[both[0]]} = {both[0]})")
    if outside := [n for n in sorted(shown) if not any(n in band for band in bands)]:
        yield Problem(at, f"{_named(outside)} in no band ({shown[outside[0]]} = {outside[0]})")


def _named(numbers: list[int]) -> str:
    more = f" and {len(numbers) - _MOST} more" if len(numbers) > _MOST else ""
    return ", ".join(map(str, numbers[:_MOST])) + more + (" lies" if len(numbers) == 1 else " lie")


# ------------------------------------------------------------------ order


def _order(scheme: Scheme) -> Iterator[Problem]:
    """A worse grade of one scale, all others the same, never lowers the priority. The first case is shown, the others are counted."""
    rated = scheme.scales.rated
    names = [scale.names for scale in rated.values()]
    table = {grades: rate(scheme, dict(zip(rated, grades, strict=True))) for grades in itertools.product(*names)}
    found = [
        _lowered(rated, (grades, better), (worsened, worst))
        for grades, better in table.items()
        for worsened, worst in _one_worse(grades, names, table)
        if worse(better.priority, worst.priority)
    ]
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        yield Problem(("computation",), found[0] + more, "a worse rating may not lower the priority")


def _one_worse(
    grades: tuple[str, ...], names: list[tuple[str, ...]], table: Mapping[tuple[str, ...], Assessed]
) -> Iterator[tuple[tuple[str, ...], Assessed]]:
    for position, scale in enumerate(names):
        for grade in scale[scale.index(grades[position]) + 1 :][:1]:
            worsened = (*grades[:position], grade, *grades[position + 1 :])
            yield worsened, table[worsened]


def _lowered(
    rated: Mapping[Factor, Scale], one: tuple[tuple[str, ...], Assessed], other: tuple[tuple[str, ...], Assessed]
) -> str:
    def said(grades: tuple[str, ...], assessed: Assessed) -> str:
        ratings = ", ".join(f"{factor} {grade}" for factor, grade in zip(rated, grades, strict=True))
        return f"{ratings} is {assessed.priority} ({assessed.risk_class})"

    return f"{said(*one)}, but {said(*other)}"
