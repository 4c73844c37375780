"""Make the reference data sets of `requirements_specs/qc-release/data/exact`: python scripts/make_exact_sets.py FOLDER

Ill-conditioned data on which the textbook formula in binary floats has few or no right digits left, where NIST's sets do not tell it
from a good one: the mean (Cancel1), standard deviation and autocorrelation (Offset1), slope, intercept, their standard deviations,
residual standard deviation and R squared (FarLine1). The values in their headers follow from the data by exact rational arithmetic, to
15 digits, in the layout of NIST StRD.

Nothing of csvgen is used here, so that what is compared does not come from the same code. Seeds are fixed.
"""

from __future__ import annotations

import random
import sys
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

PLENTY = Context(prec=80)
PRINTED = Context(prec=15)


def spelled(value: Fraction, *, root: bool = False) -> str:
    """15 significant digits, of the square root if asked."""
    quotient = PLENTY.divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{PRINTED.plus(PLENTY.sqrt(quotient) if root else quotient):.14E}"


def univariate(name: str, title: str, values: list[str]) -> str:
    """A set of replicates with its exact mean, standard deviation and lag-1 autocorrelation."""
    exact = [Fraction(v) for v in values]
    mean = sum(exact, Fraction(0)) / len(exact)
    off = [v - mean for v in exact]
    squares = sum((d * d for d in off), Fraction(0))
    lagged = sum((a * b for a, b in pairwise(off)), Fraction(0))
    return "\n".join(
        [
            f"File Name:     {name}.dat",
            "",
            f"Dataset Name:  {name} ({title})",
            "",
            "Stat Category: Univariate: Summary Statistics",
            "",
            "Exact values by rational arithmetic, 15 digits (scripts/make_exact_sets.py)",
            f"Sample Mean                                ybar:  {spelled(mean)}",
            f"Sample Standard Deviation (denom. = n-1)      s:  {spelled(squares / (len(exact) - 1), root=True)}",
            f"Sample Autocorrelation Coefficient (lag 1) r(1):  {spelled(lagged / squares)}",
            "",
            f"Number of Observations:                           {len(values)}",
            "",
            "Data: Y",
            "-------------",
            *values,
            "",
        ]
    )


def line(name: str, title: str, x: list[str], y: list[str]) -> str:
    """A set for a line with intercept, solved by the two-by-two normal equations in fractions."""
    levels, signals, n = [Fraction(v) for v in x], [Fraction(v) for v in y], len(x)
    mean_x, mean_y = sum(levels, Fraction(0)) / n, sum(signals, Fraction(0)) / n
    sxx = sum(((v - mean_x) ** 2 for v in levels), Fraction(0))
    sxy = sum(((a - mean_x) * (b - mean_y) for a, b in zip(levels, signals, strict=True)), Fraction(0))
    syy = sum(((v - mean_y) ** 2 for v in signals), Fraction(0))
    slope = sxy / sxx
    intercept = mean_y - slope * mean_x
    variance = (syy - slope * sxy) / (n - 2)
    return "\n".join(
        [
            f"Dataset Name:  {name} ({title})",
            "",
            "Procedure:     Linear Least Squares Regression",
            "",
            "Model:         y = B0 + B1*x + e",
            "",
            "               Exact Regression Statistics, 15 digits (scripts/make_exact_sets.py)",
            "",
            "                                          Standard Deviation",
            "     Parameter         Estimate              of Estimate",
            "",
            f"        B0   {spelled(intercept)}   {spelled(variance * (Fraction(1, n) + mean_x**2 / sxx), root=True)}",
            f"        B1   {spelled(slope)}   {spelled(variance / sxx, root=True)}",
            "",
            "     Residual",
            f"     Standard Deviation   {spelled(variance, root=True)}",
            "",
            f"     R-Squared            {spelled(1 - (syy - slope * sxy) / syy)}",
            "",
            "Data:       y          x",
            *(f"  {b}  {a}" for a, b in zip(x, y, strict=True)),
            "",
        ]
    )


def sets() -> dict[str, str]:
    """File name -> content."""
    chance = random.Random(20261121)
    big = [chance.randrange(10**8, 10**9) for _ in range(250)]
    cancelling = [f"{v}.{chance.randrange(10**6):06d}" for b in big for v in (b, -b)]
    chance.shuffle(cancelling)
    offset = [f"{10**9 + chance.randrange(5)}.{chance.randrange(10**4):04d}" for _ in range(200)]
    far = [str(10**9 + 3 * i) for i in range(40)]
    signals = [f"{Decimal(v) * Decimal('0.0125') + Decimal(chance.randrange(-500, 500)).scaleb(-4):.4f}" for v in far]
    made = {
        "Cancel1": ("signals about zero after subtraction of a drift, constructed", cancelling),
        "Offset1": ("a small scatter on a large offset, constructed", offset),
    }
    found = {f"{name}.dat": univariate(name, title, values) for name, (title, values) in made.items()}
    found["FarLine1.dat"] = line("FarLine1", "levels far from zero and near each other, constructed", far, signals)
    return found


if __name__ == "__main__":
    for name, text in sets().items():
        Path(sys.argv[1], name).write_text(text, encoding="ascii", newline="\n")
