"""Confidence limits: 95 %, two-sided, by Student's t with the degrees of freedom that are told beside them.

**A level read from a straight calibration** (inverse prediction), by Fieller's theorem. With m signals of mean y0, the limits are the
two levels x at which

    (y0 - B0 - B1*x)**2 = t**2 * (s2/(m*w) + var(B0) + 2*x*cov(B0, B1) + x**2*var(B1)),    n - p degrees of freedom

s2 is the residual variance of the calibration and w the weight at the level found (1 without weights). When the slope is not
distinguishable from zero (B1**2 <= t**2 var(B1)) there are no two limits, and none are made up. No approximation but the normal
distribution of the signals; the limits are not symmetric about the value. Source: Fieller, J. R. Stat. Soc. B 16 (1954) 175;
Draper and Smith, Applied Regression Analysis, 3rd edition, 3.2; in own words.

**A level read from the logistic curve**, by the delta method: the variance of the mean of the levels x_i of m signals is

    g' V g + s2/m**2 * sum of (dx/dy_i)**2,    g = mean of dx_i/d(A, B, C, D), V their covariance, n - 4 degrees of freedom

Source: Seber and Wild, Nonlinear Regression, 5.1; in own words.

**A mean of replicate injections**: mean +- t * sd / sqrt(n), n - 1 degrees of freedom.

The quantile of t comes from scipy, as a float good to 15 digits; 12 of them are used and recorded. Everything else is rational, with
square roots to 60 digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from csvgen.errors import BadInput
from csvgen.pipeline import numbers
from csvgen.pipeline.calibration import LOGISTIC, Fit, Unfit, dot, level_of

LEVEL = "95"
"""Per cent."""
_QUANTILE_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Interval:
    """Confidence limits of a value, and how they were found."""

    low: Fraction
    high: Fraction
    freedom: int
    quantile: str
    """Student's t as used."""
    how: str

    def scaled(self, factor: Fraction) -> Interval:
        """The limits of the value times a factor above zero."""
        return Interval(self.low * factor, self.high * factor, self.freedom, self.quantile, self.how)

    def __str__(self) -> str:
        return f"{LEVEL} % two-sided, {self.how}, t = {self.quantile} at {self.freedom} degrees of freedom"


@cache
def quantile(freedom: int) -> str:
    """Student's t that 2.5 % of values exceed, to 12 significant digits. Raises BadInput for less than one degree of freedom."""
    if freedom < 1:
        raise BadInput(f"{freedom} degrees of freedom give no confidence limits")
    from scipy.special import stdtrit  # late, and not all of scipy.stats, which takes a second to load

    return f"{float(stdtrit(freedom, 0.975)):.{_QUANTILE_DIGITS}g}"


def of_level(fitted: Fit, signals: Sequence[Fraction]) -> Interval:
    """Limits of the mean level that gives these signals. Raises Unfit when the calibration does not bound it on both sides."""
    return _delta(fitted, signals) if fitted.model == LOGISTIC else _fieller(fitted, signals)


def of_mean(values: Sequence[Fraction]) -> Interval:
    """Limits of the mean of replicates, two or more."""
    count = len(values)
    t = quantile(count - 1)
    mean = sum(values, Fraction(0)) / count
    variance = sum(((v - mean) ** 2 for v in values), Fraction(0)) / (count - 1)
    half = Fraction(t) * numbers.square_root(variance / count)
    return Interval(mean - half, mean + half, count - 1, t, f"mean of {count} replicates")


def _fieller(fitted: Fit, signals: Sequence[Fraction]) -> Interval:
    names = [name for name, _ in fitted.parameters]
    if names == ["B0", "B1"]:
        (of_intercept, of_both), (_, of_slope) = fitted.covariance
    elif names == ["B1"]:
        of_intercept, of_both, of_slope = Fraction(0), Fraction(0), fitted.variances[0]
    else:
        raise BadInput(f"there are no confidence limits for a level read from a {fitted.model} calibration")
    intercept, slope = fitted.parameter("B0"), fitted.parameter("B1")
    mean = sum(signals, Fraction(0)) / len(signals)
    level = level_of(fitted, mean)
    of_signal = _signal_variance(fitted, level) / len(signals)
    text = quantile(fitted.freedom)
    t2 = Fraction(text) ** 2
    leading = slope**2 - t2 * of_slope
    if leading <= 0:
        raise Unfit("the slope of the calibration cannot be told from zero: there are no confidence limits")
    middle = slope * (mean - intercept) + t2 * of_both
    last = (mean - intercept) ** 2 - t2 * (of_signal + of_intercept)
    half = numbers.square_root(middle**2 - leading * last)
    return Interval((middle - half) / leading, (middle + half) / leading, fitted.freedom, text, "Fieller")


def _signal_variance(fitted: Fit, level: Fraction) -> Fraction:
    if not fitted.residual_variance:
        return Fraction(0)
    if level <= 0 and fitted.weight(Fraction(2)) != 1:
        raise Unfit(f"a {fitted.model} calibration says nothing of the scatter at a level that is not above zero")
    return fitted.residual_variance / fitted.weight(level)


def _delta(fitted: Fit, signals: Sequence[Fraction]) -> Interval:
    from csvgen.pipeline import logistic

    count = len(signals)
    levels = [level_of(fitted, s) for s in signals]
    slopes = [logistic.gradient(fitted, s) for s in signals]
    mean_slope = [sum(column, Fraction(0)) / count for column in zip(*(by for by, _ in slopes), strict=True)]
    variance = dot(mean_slope, [dot(row, mean_slope) for row in fitted.covariance])
    variance += fitted.residual_variance * sum((by**2 for _, by in slopes), Fraction(0)) / count**2
    text = quantile(fitted.freedom)
    half = Fraction(text) * numbers.square_root(max(variance, Fraction(0)))
    mean = sum(levels, Fraction(0)) / count
    return Interval(mean - half, mean + half, fitted.freedom, text, "delta method")
