"""Faults of the rounding of reported values: other rules than the one of the method."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from csvgen_faults import fault
from csvgen_faults.steps import replace_in_steps

_DIGITS = 60


def _by(*rules: tuple[str, int]) -> None:
    """Round by these rules in turn, each to so many digits more than asked for."""

    def reported(_original: Callable[..., str], value: Fraction, decimals: int) -> str:
        with localcontext() as context:
            context.prec = _DIGITS
            found = Decimal(value.numerator) / Decimal(value.denominator)
            for rule, more in rules:
                found = found.quantize(Decimal(1).scaleb(-decimals - more), rule)
        return format(found, "f")

    replace_in_steps("csvgen.pipeline.rounding", "reported", reported)


@fault("calculation-rounds-half-even")
def _() -> None:
    _by((ROUND_HALF_EVEN, 0))


@fault("calculation-truncates")
def _() -> None:
    _by((ROUND_DOWN, 0))


@fault("calculation-rounds-twice")
def _() -> None:
    _by((ROUND_HALF_UP, 1), (ROUND_HALF_UP, 0))
