"""Numbers of record: decimal text in, exact fractions inside, decimal text out. No binary float takes part.

Results are the same on every machine: rational arithmetic is exact, and the one irrational step (a square root) is taken
by `decimal` with 60 digits before 25 are kept.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from csvgen.errors import BadInput

DIGITS = 25
"""Significant digits of every unrounded value."""

_WORKING = Context(prec=60, rounding=ROUND_HALF_EVEN)
_KEPT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_LONGEST = 60


def number(text: str, where: str = "") -> Fraction:
    """Decimal text as the exact fraction it says. Raises BadInput for NaN, infinities, blanks, digits of other scripts."""
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        raise BadInput(f"not a decimal number: {text[:_LONGEST]!r}", where=where)
    return Fraction(text)


def not_negative(text: str, what: str, where: str = "") -> Fraction:
    """As `number`, for quantities that cannot lie below zero (levels, dilutions, areas)."""
    value = number(text, where)
    if value < 0:
        raise BadInput(f"{what} lies below zero: {text}", where=where)
    return value


def text(value: Fraction) -> str:
    """The value to 25 significant digits, correctly rounded, without exponent."""
    return _spelled(_KEPT.divide(Decimal(value.numerator), Decimal(value.denominator)))


def root(value: Fraction) -> str:
    """The square root of a value that is not negative, to 25 significant digits, without exponent."""
    quotient = _WORKING.divide(Decimal(value.numerator), Decimal(value.denominator))
    return _spelled(_KEPT.plus(_WORKING.sqrt(quotient)))


def _spelled(value: Decimal) -> str:
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written
