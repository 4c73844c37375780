"""Decimal text in, exact fractions inside, decimal text out."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from csvgen.errors import BadInput

DIGITS = 25


def number(text: str, where: str = "") -> Fraction:
    """Refuses whatever is no plain decimal number."""
    if not text.replace(".", "", 1).removeprefix("-").isdecimal() or not text.isascii():
        raise BadInput(f"not a decimal number: {text[:40]!r}", where=where)
    return Fraction(text)


def spelled(value: Fraction) -> str:
    """25 significant digits, without exponent."""
    context = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
    text = format(context.divide(Decimal(value.numerator), Decimal(value.denominator)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def half_up(value: Fraction, decimals: int) -> str:
    """Rounded half away from zero, with all its decimals."""
    scaled = abs(value) * 10**decimals
    digits = str(int(scaled + Fraction(1, 2))).rjust(decimals + 1, "0")
    sign = "-" if value < 0 and int(digits) else ""
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)
