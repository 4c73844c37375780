"""From unrounded to reported: once, at the end, half up on the exact value; limits are inclusive on what is reported.

Source of both rules is the practice described in USP General Notices 7.20, in own words: a value is rounded to as many
decimals as the limit is written with, looking only at the next digit (5 or more goes up), and it is this rounded value
that is compared with the limit. 105.04 % meets "not more than 105.0 %"; 105.05 % becomes 105.1 % and does not.
"Up" means away from zero, so that a value and its negative round alike. The unrounded value is kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from csvgen.pipeline.numbers import number

IN = "in specification"
OUT = "out of specification"


def reported(value: Fraction, decimals: int) -> str:
    """The exact value, rounded half up to `decimals` places, with all of them written: ``100.0``. Never ``-0.0``."""
    scale = 10**decimals
    whole = (2 * abs(value.numerator) * scale + value.denominator) // (2 * value.denominator)
    digits = str(whole).rjust(decimals + 1, "0")
    sign = "-" if value < 0 and whole else ""
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


@dataclass(frozen=True, slots=True)
class Limits:
    """Inclusive limits in decimal text; an empty one does not bound."""

    low: str = ""
    high: str = ""
    unit: str = "%"

    def verdict(self, reported_value: str) -> str:
        """`IN` or `OUT`, judged on the reported value."""
        value = number(reported_value)
        above = not self.low or value >= number(self.low)
        below = not self.high or value <= number(self.high)
        return IN if above and below else OUT

    def __str__(self) -> str:
        if self.low and self.high:
            return f"{self.low} to {self.high} {self.unit}"
        return f"not more than {self.high} {self.unit}" if self.high else f"not less than {self.low} {self.unit}"
