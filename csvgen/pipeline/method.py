"""A method of analysis as a configuration record: what is calculated, with which model and constants, against which limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from csvgen.errors import BadInput
from csvgen.model.base import Grown, Line, later
from csvgen.pipeline.numbers import Whole, number


def _decimal(text: str) -> str:
    try:
        number(text)
    except BadInput as problem:
        raise ValueError(problem.message) from None
    return text


DecimalText = Annotated[str, AfterValidator(_decimal)]


def _optional(text: str) -> str:
    return _decimal(text) if text else text


OptionalDecimal = Annotated[str, AfterValidator(_optional)]
"""A limit in decimal text; empty when the method does not ask for it."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
CalibrationModel = Literal["linear", "proportional", "linear 1/x", "linear 1/x2", "four-parameter logistic"]


class PlateSuitability(Grown):
    """What a plate must show beside R squared before its results count. What a method does not name it does not ask for."""

    levels: tuple[DecimalText, ...] = later((), "Calibrators that must be on the plate.")
    calibrators: Whole = later(0, "Least number of different levels.", ge=0)
    replicates: Whole = later(0, "Least number of wells of each calibrator.", ge=0)
    wells: Whole = later(0, "Least number of undiluted wells of the sample.", ge=0)
    blank: OptionalDecimal = later("", "Greatest mean signal of the blank wells.")
    cv: OptionalDecimal = later(
        "", "Greatest coefficient of variation of replicate signals, per cent: of each calibrator above zero and of the sample."
    )
    differ: Literal["", "yes"] = later(
        "", "Replicates that are all equal on the whole plate were copied or cut off, not measured: refused with yes."
    )
    lack_of_fit: OptionalDecimal = later(
        "",
        "Greatest F of the lack of fit: scatter of the means of calibrators about the curve against scatter of their replicates.",
    )
    back_calculated: OptionalDecimal = later(
        "", "Per cent by which the level read back for a calibrator may be off its nominal level."
    )
    back_calculated_lowest: OptionalDecimal = later(
        "", "The same for the lowest calibrator above zero; empty: as for the others."
    )
    back_calculated_share: DecimalText = later("100", "Per cent of the calibrators above zero that must be as near as that.")
    half_width: OptionalDecimal = later(
        "", "Greatest half width of the confidence interval of the potency, per cent of the potency."
    )


class PeakSuitability(Grown):
    """What the injections of a suitability solution must show. A figure the file does not hold is not met."""

    sample: str = later("", "The solution, as the file names it; empty: the sample itself.")
    peak: str = later("", "The peak that is judged; empty: the main peak.")
    injections: Whole = later(0, "Least number of injections.", ge=0)
    area_rsd: OptionalDecimal = later("", "Greatest relative standard deviation of the area over the injections, per cent.")
    retention_rsd: OptionalDecimal = later("", "Greatest relative standard deviation of the retention time, per cent.")
    retention_low: OptionalDecimal = later("", "Least retention time, minutes, each injection.")
    retention_high: OptionalDecimal = later("", "Greatest retention time, minutes, each injection.")
    tailing: OptionalDecimal = later("", "Greatest tailing factor (USP <621>), each injection.")
    plates: OptionalDecimal = later("", "Least plate count, each injection.")
    resolution: OptionalDecimal = later("", "Least resolution from the peak before, each injection.")


class PotencyMethod(Grown):
    """Potency as per cent of the label claim, from a plate with its own calibration."""

    model: CalibrationModel
    label_claim: DecimalText
    unit: Line
    """Unit of levels and label claim, for example ug/mL."""
    r_squared: DecimalText
    """System suitability: least R squared of the calibration. Compared exactly, not rounded."""
    low: DecimalText
    high: DecimalText
    decimals: Whole = Field(ge=0, le=10)
    suitability: PlateSuitability = later(PlateSuitability(), "System suitability beside R squared.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Limits that nothing could meet, or that nothing could fail, are slips of the pen."""
        if number(self.label_claim) <= 0:
            raise ValueError("the label claim must be above zero")
        if number(self.low) > number(self.high):
            raise ValueError(f"the lower limit {self.low} lies above the upper limit {self.high}")
        if not 0 <= number(self.r_squared) <= 1:
            raise ValueError(f"R squared lies between 0 and 1, not at {self.r_squared}")
        return self


class ImpurityMethod(Grown):
    """Impurities as per cent of the total peak area."""

    main: Line
    """Name of the peak that is the substance itself."""
    excluded: tuple[Line, ...] = ()
    """Peaks that are neither substance nor impurity: solvent, blank."""
    each: DecimalText
    """Limit of any single impurity, per cent."""
    total: DecimalText
    """Limit of the sum of the impurities, per cent."""
    decimals: Whole = Field(ge=0, le=10)
    injections: Whole = later(1, "Injections of the sample: exactly so many are taken, and their mean is the result.", ge=1)
    suitability: PeakSuitability = later(PeakSuitability(), "System suitability of the injections.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if number(self.each) < 0 or number(self.total) < 0:
            raise ValueError("a limit of impurities is not below zero")
        return self


SHIPPED = "qc-release"
"""The pipeline a method is calculated by when it names no other."""


class Method(Grown):
    """One method: what can be calculated for a lot, and what must be."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9-]{1,39}$")
    title: Line
    potency: PotencyMethod | None = None
    impurity: ImpurityMethod | None = None
    required: tuple[Literal["potency", "impurity"], ...] = ()
    """Parts without which a lot is incomplete and cannot be released; empty: every part the method has."""
    retests: Whole = Field(default=2, ge=1, le=10)
    """Most retests that may be planned after a signed assignable cause."""
    retest_by: Literal["another analyst", "anybody"] = "another analyst"
    pipeline: str = later(
        SHIPPED, "The pipeline that calculates it: the shipped one, or a team's own.", pattern=r"^[a-z][a-z0-9-]{0,39}$"
    )
    own: Mapping[str, Line] = later({}, "Constants of a team's own pipeline; its steps see them as ``own.KEY``.")

    @model_validator(mode="after")
    def _own_has_somebody_who_reads_it(self) -> Self:
        if self.own and self.pipeline == SHIPPED:
            raise ValueError(f"own constants are for a team's own pipeline; {SHIPPED} reads none")
        if wrong := [key for key in self.own if not _KEY.fullmatch(key)]:
            raise ValueError(f"{wrong[0][:40]!r} cannot be the name of a constant (small letters, digits, _)")
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """``potency``, ``impurity``: what the method can calculate."""
        return tuple(name for name in ("potency", "impurity") if getattr(self, name) is not None)

    @property
    def needed(self) -> tuple[str, ...]:
        """The parts a complete result has."""
        return self.required or self.parts
