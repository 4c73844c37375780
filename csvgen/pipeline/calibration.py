"""Calibration: least squares in exact rational arithmetic.

The normal equations lose half of all digits in binary floats; in fractions they lose none, so that the textbook formula is
also the right one. Checked against the certified values of NIST StRD (Norris, Pontius, NoInt1, NoInt2).

    linear        y = B0 + B1*x            R squared about the mean of y
    proportional  y = B1*x                 R squared about zero, as NIST certifies it for models without intercept
    quadratic     y = B0 + B1*x + B2*x**2  R squared about the mean of y
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from csvgen.errors import BadInput
from csvgen.pipeline import numbers

MODELS: dict[str, tuple[int, ...]] = {"linear": (0, 1), "proportional": (1,), "quadratic": (0, 1, 2)}
"""Model -> the powers of x it has; power p belongs to parameter Bp."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model, all exact."""

    model: str
    points: int
    parameters: tuple[tuple[str, Fraction], ...]
    """Name (``B0``) and estimate, by power of x."""
    variances: tuple[Fraction, ...]
    """Variance of each estimate, in the same order."""
    residual_variance: Fraction
    r_squared: Fraction

    def parameter(self, name: str) -> Fraction:
        """An estimate by name; a parameter the model does not have is zero."""
        return dict(self.parameters).get(name, Fraction(0))

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
    parameters), levels that do not determine the model, equal signals throughout, and anything that is not a number.
    """
    powers = MODELS.get(model)
    if powers is None:
        raise BadInput(f"no calibration model {model!r}; there are {', '.join(MODELS)}")
    if len(x) != len(y):
        raise BadInput(f"{len(x)} levels and {len(y)} signals: a calibration needs pairs")
    if len(x) <= len(powers):
        raise BadInput(f"too few points: {len(x)}; a {model} calibration needs {len(powers) + 1} or more")
    levels = [numbers.not_negative(t, "the level", f"level {i}") for i, t in enumerate(x, 1)]
    signals = [numbers.number(t, f"signal {i}") for i, t in enumerate(y, 1)]
    design = [[level**power for power in powers] for level in levels]
    inverse = _inverse(_gram(design), model)
    moments = [sum((row[i] * s for row, s in zip(design, signals, strict=True)), Fraction(0)) for i in range(len(powers))]
    estimates = [_dot(row, moments) for row in inverse]
    residual = sum(((s - _dot(row, estimates)) ** 2 for row, s in zip(design, signals, strict=True)), Fraction(0))
    centre = sum(signals, Fraction(0)) / len(signals) if 0 in powers else Fraction(0)
    total = sum(((s - centre) ** 2 for s in signals), Fraction(0))
    if not total:
        raise BadInput("all signals are equal: they say nothing about the level")
    residual_variance = residual / (len(x) - len(powers))
    return Fit(
        model=model,
        points=len(x),
        parameters=tuple((f"B{power}", value) for power, value in zip(powers, estimates, strict=True)),
        variances=tuple(inverse[i][i] * residual_variance for i in range(len(powers))),
        residual_variance=residual_variance,
        r_squared=1 - residual / total,
    )


def _dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def _gram(design: list[list[Fraction]]) -> list[list[Fraction]]:
    columns = list(zip(*design, strict=True))
    return [[_dot(a, b) for b in columns] for a in columns]


def _inverse(matrix: list[list[Fraction]], model: str) -> list[list[Fraction]]:
    """Gauss-Jordan; exact, so any pivot that is not zero will do."""
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
