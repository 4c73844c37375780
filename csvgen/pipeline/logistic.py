"""The four-parameter logistic curve: sigmoid calibrations of binding and cell assays.

    y = D + (A - D) / (1 + (x/C)**B)      A: signal at level zero, D: signal at infinity, C: level in the middle, B: slope, above zero

Residual variance: sum of squares over n - 4. Covariance: residual variance times (J'J)**-1, J the derivatives at the estimates.
Sources: Findlay and Dillard, AAPS Journal 9 (2007) E260; USP <1032>; Seber and Wild, Nonlinear Regression, 2.1; in own words.

**The same digits on every machine.** `scipy.optimize.least_squares` finds the curve, from starting values that depend on the data
alone. What it gives is right to some 8 digits, and which digits follow depends on the processor and its libraries. So it is only
the starting point: Gauss-Newton steps in `decimal`, with 60 digits, go on until the estimates stand still to 32 digits. The point
where the derivatives of the sum of squares are zero does not depend on where the steps began; 25 of its digits are recorded, and
everything after is calculated from the record.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise, product

from csvgen.errors import BadInput
from csvgen.pipeline import numbers, statistics
from csvgen.pipeline.calibration import LOGISTIC, Fit, Unfit, dot, inverse

_LEAST_LEVELS = 4
_STILL = Fraction(1, 10**32)
_MOST_STEPS = 300  # where the residuals are large the steps shrink by a third only (NIST's Thurber: 0.67 each)

Estimates = tuple[Fraction, ...]
Curve = Callable[[Estimates], tuple[list[Fraction], list[Estimates]]]
"""Estimates -> the values at each level, and their derivatives by each estimate."""


def fit(levels: list[Fraction], signals: list[Fraction]) -> Fit:
    """The curve of least squares. Five points or more are the caller's care.

    Raises BadInput when the signals are all equal or fewer than four levels differ; Unfit when the means of the signals do not rise
    or fall throughout (but for the scatter of their replicates, `_allowed`), when the search does not come to rest, and when the
    middle of the curve lies outside the calibrators.
    """
    _check(levels, signals)
    start = tuple(Fraction(v) for v in _found(levels, signals))
    estimates = settled(lambda e: _curve(e, levels), start, signals, _scales)
    if estimates is None or estimates[1] <= 0 or estimates[2] <= 0:
        raise Unfit(f"the search for a {LOGISTIC} curve did not come to rest")
    a, b, c, d = (numbers.kept(e) for e in estimates)
    lowest = min(level for level in levels if level)
    if not lowest <= c <= max(levels):
        raise Unfit(
            f"the middle of the curve, {_short(c)}, lies outside the calibrators from {_short(lowest)} to {_short(max(levels))}"
        )
    values, slopes = _curve((a, b, c, d), levels)
    residual = sum(((s - v) ** 2 for s, v in zip(signals, values, strict=True)), Fraction(0))
    mean = sum(signals, Fraction(0)) / len(signals)
    variance = residual / (len(levels) - 4)
    columns = list(zip(*slopes, strict=True))
    spread = inverse([[dot(p, q) for q in columns] for p in columns], LOGISTIC)
    return Fit(
        model=LOGISTIC,
        points=len(levels),
        parameters=(("A", a), ("B", b), ("C", c), ("D", d)),
        covariance=tuple(tuple(numbers.kept(v * variance) for v in row) for row in spread),
        residual_variance=numbers.kept(variance),
        r_squared=numbers.kept(1 - residual / sum(((s - mean) ** 2 for s in signals), Fraction(0))),
        lowest=min(levels),
        highest=max(levels),
    )


def level_of(fitted: Fit, signal: Fraction) -> Fraction:
    """The level that gives a signal, to 60 digits: C * ((A - y)/(y - D))**(1/B).

    Raises Unfit for a signal at or beyond the end of the curve.
    """
    a, b, c, d = (value for _, value in fitted.parameters)
    if signal == a:
        return Fraction(0)
    if signal == d or (part := (a - signal) / (signal - d)) < 0:
        ends = " and ".join(_short(v) for v in sorted((a, d)))
        raise Unfit(f"the signal {_short(signal)} lies beyond the ends of the curve, {ends}: no level gives it")
    exponent = numbers.WORKING.divide(numbers.WORKING.ln(numbers.decimal(part)), numbers.decimal(b))
    return c * Fraction(numbers.WORKING.exp(exponent))


def gradient(fitted: Fit, signal: Fraction) -> tuple[tuple[Fraction, ...], Fraction]:
    """How the level of a signal changes with A, B, C, D, and with the signal."""
    a, b, c, d = (value for _, value in fitted.parameters)
    level = level_of(fitted, signal)
    if not level:
        raise Unfit("at level zero the curve does not say how far off the level may be")
    logarithm = Fraction(numbers.WORKING.ln(numbers.decimal((a - signal) / (signal - d))))
    by_a, by_d = level / b / (a - signal), level / b / (signal - d)
    return (by_a, -level * logarithm / b**2, level / c, by_d), -(by_a + by_d)


def _check(levels: list[Fraction], signals: list[Fraction]) -> None:
    if len({*signals}) == 1:
        raise BadInput("all signals are equal: they say nothing about the level")
    by_level = [(x, [s for v, s in zip(levels, signals, strict=True) if v == x]) for x in sorted({*levels})]
    if len(by_level) < _LEAST_LEVELS:
        raise BadInput(f"the levels do not determine a {LOGISTIC} calibration: too few of them differ")
    means = [(x, sum(found, Fraction(0)) / len(found)) for x, found in by_level]
    rises = means[-1][1] > means[0][1]
    for ((_, before), (x, after)), allowed in zip(pairwise(means), _allowed([found for _, found in by_level]), strict=True):
        against = before - after if rises else after - before
        if against > allowed or against == allowed == 0:
            way = "rise" if rises else "fall"
            raise Unfit(f"the signals do not {way} throughout: the mean at level {_short(x)} does not follow the one before it")


def _allowed(groups: list[list[Fraction]]) -> list[Fraction]:
    """By how much each mean may run against the direction of the curve: three standard errors of the difference from the one before.

    The standard deviation is that of the replicates, pooled; without replicates nothing is allowed.
    """
    count = sum(map(len, groups))
    if count == len(groups):
        return [Fraction(0)] * (len(groups) - 1)
    variance = statistics.one_way(groups).within / (count - len(groups))
    return [3 * numbers.square_root(variance * (Fraction(1, len(a)) + Fraction(1, len(b)))) for a, b in pairwise(groups)]


def _found(levels: list[Fraction], signals: list[Fraction]) -> tuple[float, ...]:
    """The best of several searches as A, B, C, D; starting values from the data alone, in fixed order."""
    import numpy as np
    from scipy.optimize import least_squares

    x, y = np.array([float(v) for v in levels]), np.array([float(v) for v in signals])
    positive = sorted({float(v) for v in levels if v})
    by_order = y[np.argsort(x, kind="stable")]
    span = float(by_order[-1] - by_order[0])
    scale = float(np.abs(y).max()) or 1.0

    def residuals(p: tuple[float, ...]) -> object:
        with np.errstate(over="ignore", divide="ignore"):
            u = np.where(x > 0, np.exp(np.exp(p[1]) * (np.log(np.where(x > 0, x, 1.0)) - p[2])), 0.0)
            return (p[3] + (p[0] - p[3]) / (1 + u) - y) / scale

    best = None
    for slope, middle in product((0.7, 1.0, 2.0), (positive[len(positive) // 4], positive[len(positive) // 2], positive[-1])):
        start = (by_order[0] - span / 20, math.log(slope), math.log(middle), by_order[-1] + span / 20)
        try:
            tried = least_squares(residuals, start, method="lm", xtol=1e-12, ftol=1e-14, gtol=1e-14, max_nfev=5000)
        except ValueError:  # a start from which the curve leaves the numbers a float can hold
            continue
        if tried.status > 0 and np.isfinite(tried.cost) and (best is None or tried.cost < best.cost * (1 - 1e-9)):
            best = tried
    if best is None:
        raise Unfit(f"the search for a {LOGISTIC} curve did not come to rest")
    a, b, c, d = (float(v) for v in best.x)
    try:
        return a, math.exp(b), math.exp(c), d
    except OverflowError:
        raise Unfit(f"the search for a {LOGISTIC} curve did not come to rest") from None


def settled(
    curve: Curve, start: Estimates, signals: list[Fraction], scales: Callable[[Estimates], Estimates]
) -> Estimates | None:
    """Gauss-Newton steps from `start` until each is below 1e-32 of its scale; None when they do not become so small.

    Certified by the nonlinear data sets of NIST StRD: all digits of the certificates, from what scipy finds.
    """
    estimates = start
    for _ in range(_MOST_STEPS):
        try:
            values, slopes = curve(estimates)
            columns = list(zip(*slopes, strict=True))
            solved = inverse([[dot(p, q) for q in columns] for p in columns], LOGISTIC)
        except (BadInput, ArithmeticError):  # singular, or a power beyond what decimals hold
            return None
        misses = [s - v for s, v in zip(signals, values, strict=True)]
        steps = [dot(row, [dot(column, misses) for column in columns]) for row in solved]
        estimates = tuple(Fraction(numbers.decimal(e + s)) for e, s in zip(estimates, steps, strict=True))
        if all(abs(s) <= abs(m) * _STILL for s, m in zip(steps, scales(estimates), strict=True)):
            return estimates
    return None


def _scales(estimates: Estimates) -> Estimates:
    """Against what a step is small: each estimate itself; of the two ends their distance, since one of them may be zero."""
    a, b, c, d = estimates
    return a - d, b, c, a - d


def _curve(estimates: Estimates, levels: list[Fraction]) -> tuple[list[Fraction], list[Estimates]]:
    """The curve at each level and its derivatives by A, B, C, D, to 60 digits."""
    a, b, c, d = (numbers.decimal(e) for e in estimates)
    values: list[Fraction] = []
    slopes: list[Estimates] = []
    with localcontext(numbers.WORKING) as context:
        logarithm = context.ln(c)
        for level in levels:
            if not level:
                value, slope = a, (Decimal(1), Decimal(0), Decimal(0), Decimal(0))
            else:
                distance = context.ln(numbers.decimal(level)) - logarithm
                power = context.exp(b * distance)
                below = 1 + power
                share = (a - d) * power / below**2
                value = d + (a - d) / below
                slope = (1 / below, -share * distance, share * b / c, power / below)
            values.append(Fraction(value))
            slopes.append(tuple(Fraction(s) for s in slope))
    return values, slopes


def _short(value: Fraction) -> str:
    return f"{float(value):.6g}"
