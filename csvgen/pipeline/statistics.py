"""Summary statistics of replicates in exact rational arithmetic. Checked against NIST StRD (Lew, Lottery, Mavro, Michelso)."""

from __future__ import annotations

from collections.abc import Sequence
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
