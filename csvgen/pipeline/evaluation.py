"""What a calculation gives back: reportable values, the facts of its system suitability, or the reason why there is no result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from csvgen.model.base import Grown, later
from csvgen.pipeline import numbers, rounding
from csvgen.pipeline.confidence import Interval

Part = Literal["potency", "impurity"]


class ReportedValue(Grown):
    """One reportable test of a lot, with the value as calculated and as reported."""

    name: str
    part: Part
    unrounded: str
    """25 significant digits of the exact value."""
    reported: str
    unit: str
    limit: str
    """In words, inclusive; empty for a value reported for information."""
    verdict: str
    """in specification, out of specification, or for information."""
    lower: str = later("", "Lower 95 % confidence limit, rounded as the value; empty when there is none.")
    upper: str = later("", "Upper 95 % confidence limit.")
    lower_unrounded: str = later("", "25 significant digits.")
    upper_unrounded: str = later("", "25 significant digits.")
    interval: str = later("", "How the limits were found: level, method, Student's t, degrees of freedom.")
    flag: str = later("", "What a reader must know of this value, such as that it lies outside the calibrated range.")


INFORMATION = "for information"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value as calculated, before it is rounded and compared."""

    name: str
    part: Part
    value: Fraction
    interval: Interval | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Either values, or `invalid` says why the run gives none."""

    values: tuple[ReportedValue, ...] = ()
    suitability: Mapping[str, str] = field(default_factory=dict)
    """Facts the run rests on: calibration parameters, R squared, sum of areas."""
    invalid: str = ""


def reported(estimate: Estimate, decimals: int, *, unit: str, limits: rounding.Limits | None) -> ReportedValue:
    """Round once, compare the reported value with its inclusive limits. The confidence limits decide nothing."""
    reported = rounding.reported(estimate.value, decimals)
    interval = estimate.interval
    return ReportedValue(
        name=estimate.name,
        part=estimate.part,
        unrounded=numbers.text(estimate.value),
        reported=reported,
        unit=unit,
        limit=str(limits) if limits else "",
        verdict=limits.verdict(reported) if limits else INFORMATION,
        lower=rounding.reported(interval.low, decimals) if interval else "",
        upper=rounding.reported(interval.high, decimals) if interval else "",
        lower_unrounded=numbers.text(interval.low) if interval else "",
        upper_unrounded=numbers.text(interval.high) if interval else "",
        interval=str(interval) if interval else "",
        flag=estimate.flag,
    )
