"""Calibration: least squares, in exact rational arithmetic wherever the model is linear in its parameters.

The normal equations lose half of all digits in binary floats; in fractions they lose none, so that the textbook formula is
also the right one (numpy's least squares keeps 6 digits of Filip and Pontius, fractions keep all that NIST certifies).

    linear        y = B0 + B1*x               R squared about the mean of y
    proportional  y = B1*x                    R squared about zero, as NIST certifies it for models without intercept
    quadratic     y = B0 + B1*x + B2*x**2     R squared about the mean of y
    linear 1/x, linear 1/x2                   the sum of w*(y - B0 - B1*x)**2 is least, w = 1/x or 1/x**2, x above zero;
                                              R squared about the weighted mean of y
    four-parameter logistic                   see `logistic`; not linear in its parameters

Covariance of the estimates: residual variance times (X'WX)**-1; residual variance: sum of weighted squares over n - p.
Source: Draper and Smith, Applied Regression Analysis, 3rd edition, 5.1 and 9.2 (weights), in own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from csvgen.errors import BadInput
from csvgen.pipeline import numbers

MODELS: dict[str, tuple[int, ...]] = {"linear": (0, 1), "proportional": (1,), "quadratic": (0, 1, 2)}
"""Model -> the powers of x it has; power p belongs to parameter Bp."""
WEIGHTED: dict[str, int] = {"linear 1/x": 1, "linear 1/x2": 2}
"""Weighted linear model -> the power of x its weight is divided by."""
LOGISTIC = "four-parameter logistic"

Matrix = tuple[tuple[Fraction, ...], ...]


class Unfit(BadInput):
    """The data are whole and no curve can be drawn through them that could give a result: the run is invalid."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model. Exact; of the logistic model the 25 digits that are recorded."""

    model: str
    points: int
    parameters: tuple[tuple[str, Fraction], ...]
    """Name (``B0``) and estimate, by power of x; of the logistic model ``A B C D``."""
    covariance: Matrix
    """Covariance of the estimates, in the same order."""
    residual_variance: Fraction
    r_squared: Fraction
    lowest: Fraction
    """The least level of the calibrators."""
    highest: Fraction

    def parameter(self, name: str) -> Fraction:
        """An estimate by name; a parameter the model does not have is zero."""
        return dict(self.parameters).get(name, Fraction(0))

    @property
    def variances(self) -> tuple[Fraction, ...]:
        """Variance of each estimate."""
        return tuple(row[i] for i, row in enumerate(self.covariance))

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the residual variance."""
        return self.points - len(self.parameters)

    def weight(self, level: Fraction) -> Fraction:
        """Weight of an observation at a level: its variance is the residual variance divided by this."""
        return 1 / level ** WEIGHTED.get(self.model, 0)

    def as_text(self) -> dict[str, str]:
        """``B0 B1 ..``, ``sd:B0 sd:B1 ..``, ``residual-sd``, ``r-squared``, ``n``; 25 significant digits."""
        spelled = {name: numbers.text(value) for name, value in self.parameters}
        for (name, _), variance in zip(self.parameters, self.variances, strict=True):
            spelled[f"sd:{name}"] = numbers.root(variance)
        spelled["residual-sd"] = numbers.root(self.residual_variance)
        spelled["r-squared"] = numbers.text(self.r_squared)
        spelled["n"] = str(self.points)
        return spelled


def fit(model: str, x: Sequence[str], y: Sequence[str]) -> Fit:
    """Fit a model to levels `x` (concentrations, not negative) and signals `y`, both decimal text.

    Raises BadInput for an unknown model, unequal lengths, too few points (a residual needs one more than there are
    parameters), levels that do not determine the model, a level of zero where the weight divides by it, equal signals
    throughout, and anything that is not a number; Unfit when a logistic curve cannot be found (`logistic.fit`).
    """
    if model not in (known := (*MODELS, *WEIGHTED, LOGISTIC)):
        raise BadInput(f"no calibration model {model!r}; there are {', '.join(known)}")
    needed = 4 if model == LOGISTIC else len(MODELS[model.partition(" ")[0]])
    if len(x) != len(y):
        raise BadInput(f"{len(x)} levels and {len(y)} signals: a calibration needs pairs")
    if len(x) <= needed:
        raise BadInput(f"too few points: {len(x)}; a {model} calibration needs {needed + 1} or more")
    levels = [numbers.not_negative(t, "the level", f"level {i}") for i, t in enumerate(x, 1)]
    signals = [numbers.number(t, f"signal {i}") for i, t in enumerate(y, 1)]
    if model == LOGISTIC:
        from csvgen.pipeline import logistic  # brings scipy

        return logistic.fit(levels, signals)
    return _least_squares(model, levels, signals)


def level_of(fitted: Fit, signal: Fraction) -> Fraction:
    """The level that gives a signal. Raises BadInput for a line without slope, Unfit for a signal no level gives."""
    if fitted.model == LOGISTIC:
        from csvgen.pipeline import logistic

        return logistic.level_of(fitted, signal)
    slope = fitted.parameter("B1")
    if not slope or fitted.parameter("B2"):
        raise BadInput("the calibration has no slope: no signal can be turned into a level")
    return (signal - fitted.parameter("B0")) / slope


@dataclass(frozen=True, slots=True)
class Regression:
    """Least squares of signals on the columns of a design; all exact."""

    estimates: tuple[Fraction, ...]
    covariance: Matrix
    residual_variance: Fraction
    r_squared: Fraction


def regress(
    design: Sequence[Sequence[Fraction]], signals: Sequence[Fraction], weights: Sequence[Fraction], *, centred: bool, what: str
) -> Regression:
    """Weighted least squares, one row of the design for each signal. `centred`: R squared about the weighted mean, else about zero.

    Raises BadInput when the columns do not determine the estimates of `what`, and when the signals are all equal.
    """
    heavy = [[w * value for value in row] for w, row in zip(weights, design, strict=True)]
    found = inverse([[dot(a, b) for b in zip(*design, strict=True)] for a in zip(*heavy, strict=True)], what)
    moments = [dot(column, signals) for column in zip(*heavy, strict=True)]
    estimates = [dot(row, moments) for row in found]
    residual = dot(weights, [(s - dot(row, estimates)) ** 2 for row, s in zip(design, signals, strict=True)])
    centre = dot(weights, signals) / sum(weights, Fraction(0)) if centred else Fraction(0)
    total = dot(weights, [(s - centre) ** 2 for s in signals])
    if not total:
        raise BadInput("all signals are equal: they say nothing about the level")
    variance = residual / (len(signals) - len(estimates))
    covariance = tuple(tuple(value * variance for value in row) for row in found)
    return Regression(tuple(estimates), covariance, variance, 1 - residual / total)


def _least_squares(model: str, levels: list[Fraction], signals: list[Fraction]) -> Fit:
    powers = MODELS[model.partition(" ")[0]]
    design = [[level**power for power in powers] for level in levels]
    found = regress(design, signals, _weights(model, levels), centred=0 in powers, what=model)
    return Fit(
        model=model,
        points=len(levels),
        parameters=tuple((f"B{power}", value) for power, value in zip(powers, found.estimates, strict=True)),
        covariance=found.covariance,
        residual_variance=found.residual_variance,
        r_squared=found.r_squared,
        lowest=min(levels),
        highest=max(levels),
    )


def _weights(model: str, levels: list[Fraction]) -> list[Fraction]:
    power = WEIGHTED.get(model, 0)
    if power and not all(levels):
        raise BadInput(f"a calibrator at level zero has no weight in a {model} calibration")
    return [1 / level**power for level in levels]


def dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    """The sum of products, exact."""
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def inverse(matrix: list[list[Fraction]], model: str) -> list[list[Fraction]]:
    """Gauss-Jordan; exact, so any pivot that is not zero will do. Raises BadInput when there is none."""
    size = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = next((r for r in range(i, size) if rows[r][i]), None)
        if pivot is None:
            raise BadInput(f"the levels do not determine a {model} calibration: too few of them differ")
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(size):
            if r != i:
                rows[r] = [a - rows[r][i] * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [row[size:] for row in rows]
