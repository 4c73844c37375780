"""Statistics of replicates in exact rational arithmetic, checked against the certified values of NIST StRD (univariate, ANOVA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from csvgen.errors import BadInput
from csvgen.pipeline import numbers

UNDEFINED = "undefined"
"""Autocorrelation of values that do not differ: 0/0."""


def summary(values: Sequence[str]) -> dict[str, str]:
    """``n``, ``mean``, ``sd`` (divisor n-1), ``lag-1`` (autocorrelation); 25 significant digits of decimal text.

    Raises BadInput for fewer than two values and for anything that is not a number.
    """
    if len(values) < 2:  # noqa: PLR2004 - a standard deviation has n-1 below the line
        raise BadInput(f"too few values: {len(values)}; a standard deviation needs 2 or more")
    exact = [numbers.number(t, f"value {i}") for i, t in enumerate(values, 1)]
    mean = sum(exact, Fraction(0)) / len(exact)
    deviations = [v - mean for v in exact]
    squares = sum((d * d for d in deviations), Fraction(0))
    lagged = sum((a * b for a, b in pairwise(deviations)), Fraction(0))
    return {
        "n": str(len(exact)),
        "mean": numbers.text(mean),
        "sd": numbers.root(squares / (len(exact) - 1)),
        "lag-1": numbers.text(lagged / squares) if squares else UNDEFINED,
    }


@dataclass(frozen=True, slots=True)
class OneWay:
    """One-way analysis of variance, all exact."""

    between: Fraction
    """Sum of squares between the groups."""
    within: Fraction
    """Sum of squares within the groups: pure error."""
    between_freedom: int
    within_freedom: int

    @property
    def f(self) -> Fraction | None:
        """The F statistic; None when the groups do not scatter at all."""
        if not self.within:
            return None
        return (self.between / self.between_freedom) / (self.within / self.within_freedom)

    def as_text(self) -> dict[str, str]:
        """``between``, ``within`` (sums of squares), ``F``, ``r-squared``, ``residual-sd``; 25 significant digits."""
        total = self.between + self.within
        return {
            "between": numbers.text(self.between),
            "within": numbers.text(self.within),
            "F": UNDEFINED if self.f is None else numbers.text(self.f),
            "r-squared": numbers.text(self.between / total) if total else UNDEFINED,
            "residual-sd": numbers.root(self.within / self.within_freedom),
        }


def one_way(groups: Sequence[Sequence[Fraction]]) -> OneWay:
    """Scatter between and within groups. Raises BadInput for fewer than two groups, and when no group has two values."""
    count = sum(len(g) for g in groups)
    if len(groups) < 2 or not all(groups) or count <= len(groups):  # noqa: PLR2004 - nothing lies between the groups of one
        raise BadInput("an analysis of variance needs two groups or more, and one of them with replicates")
    grand = sum((sum(g, Fraction(0)) for g in groups), Fraction(0)) / count
    means = [sum(g, Fraction(0)) / len(g) for g in groups]
    between = sum((len(g) * (m - grand) ** 2 for g, m in zip(groups, means, strict=True)), Fraction(0))
    within = sum(((v - m) ** 2 for g, m in zip(groups, means, strict=True) for v in g), Fraction(0))
    return OneWay(between, within, len(groups) - 1, count - len(groups))
