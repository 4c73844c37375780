"""Numbers of record: decimal text in, exact fractions inside, decimal text out. No binary float takes part.

Results are the same on every machine: rational arithmetic is exact, and the one irrational step (a square root) is taken
by `decimal` with 60 digits before 25 are kept.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator

from csvgen.errors import BadInput

DIGITS = 25
"""Significant digits of every unrounded value."""

WORKING = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""For square roots, logarithms and powers: `decimal` rounds them correctly, so that all digits are the same on every machine."""
_KEPT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_RATIO = re.compile(r"-?[0-9]+/[1-9][0-9]*")
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


def positive(text: str, what: str, where: str = "") -> Fraction:
    """As `number`, for quantities that must lie above zero."""
    value = not_negative(text, what, where)
    if not value:
        raise BadInput(f"{what} is zero", where=where)
    return value


def _whole(given: object) -> object:
    if isinstance(given, str) and not _WHOLE.fullmatch(given):
        raise ValueError(f"not a whole number: {given[:_LONGEST]!r}")
    return given


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number, typed in as one: ``12``. Not ``1_2``, ``012``, ``12.0`` or with blanks, which a reader of text takes for 12 too."""


def ratio(value: Fraction) -> str:
    """The fraction itself, ``numerator/denominator``: how an exact value travels from step to step, however long it is."""
    return f"{Decimal(value.numerator):f}/{Decimal(value.denominator):f}"


def from_ratio(text: str, where: str = "") -> Fraction:
    """What `ratio` spelled. Raises BadInput for anything else."""
    if not _RATIO.fullmatch(text):
        raise BadInput(f"not an exact value: {text[:_LONGEST]!r}", where=where)
    above, _, below = text.partition("/")
    return Fraction(int(Decimal(above)), int(Decimal(below)))


def decimal(value: Fraction) -> Decimal:
    """The value to 60 digits, for the functions rational arithmetic does not have."""
    return WORKING.divide(Decimal(value.numerator), Decimal(value.denominator))


def square_root(value: Fraction) -> Fraction:
    """The square root of a value that is not negative, to 60 digits."""
    return Fraction(WORKING.sqrt(decimal(value)))


def kept(value: Fraction) -> Fraction:
    """The value rounded to the 25 digits that are recorded, so that what is calculated from it is calculated from the record."""
    return Fraction(_KEPT.divide(Decimal(value.numerator), Decimal(value.denominator)))


def text(value: Fraction) -> str:
    """The value to 25 significant digits, correctly rounded, without exponent."""
    return _spelled(_KEPT.divide(Decimal(value.numerator), Decimal(value.denominator)))


def root(value: Fraction) -> str:
    """The square root of a value that is not negative, to 25 significant digits, without exponent."""
    return _spelled(_KEPT.plus(WORKING.sqrt(decimal(value))))


def _spelled(value: Decimal) -> str:
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written
