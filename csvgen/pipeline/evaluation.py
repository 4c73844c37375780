"""What a calculation gives back: reportable values, the facts of its system suitability, or the reason why there is no result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from csvgen.model.base import Value
from csvgen.pipeline import numbers, rounding


class ReportedValue(Value):
    """One reportable test of a lot, with the value as calculated and as reported."""

    name: str
    part: Literal["potency", "impurity"]
    unrounded: str
    """25 significant digits of the exact value."""
    reported: str
    unit: str
    limit: str
    """In words, inclusive; empty for a value reported for information."""
    verdict: str
    """in specification, out of specification, or for information."""


INFORMATION = "for information"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Either values, or `invalid` says why the run gives none."""

    values: tuple[ReportedValue, ...] = ()
    suitability: Mapping[str, str] = field(default_factory=dict)
    """Facts the run rests on: calibration parameters, R squared, sum of areas."""
    invalid: str = ""


def value_of(
    name: str, part: Literal["potency", "impurity"], exact: Fraction, decimals: int, *, unit: str, limits: rounding.Limits | None
) -> ReportedValue:
    """Round once, compare the reported value with its inclusive limits."""
    reported = rounding.reported(exact, decimals)
    return ReportedValue(
        name=name,
        part=part,
        unrounded=numbers.text(exact),
        reported=reported,
        unit=unit,
        limit=str(limits) if limits else "",
        verdict=limits.verdict(reported) if limits else INFORMATION,
    )
