"""A method of analysis as a configuration record: what is calculated, with which model and constants, against which limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from csvgen.errors import BadInput
from csvgen.model.base import Line, Value
from csvgen.pipeline.numbers import number


def _decimal(text: str) -> str:
    try:
        number(text)
    except BadInput as problem:
        raise ValueError(problem.message) from None
    return text


DecimalText = Annotated[str, AfterValidator(_decimal)]


class PotencyMethod(Value):
    """Potency as per cent of the label claim, from a plate with its own calibration."""

    model: Literal["linear", "proportional"]
    label_claim: DecimalText
    unit: Line
    """Unit of levels and label claim, for example ug/mL."""
    r_squared: DecimalText
    """System suitability: least R squared of the calibration. Compared exactly, not rounded."""
    low: DecimalText
    high: DecimalText
    decimals: int = Field(ge=0, le=10)


class ImpurityMethod(Value):
    """Impurities as per cent of the total peak area."""

    main: Line
    """Name of the peak that is the substance itself."""
    excluded: tuple[Line, ...] = ()
    """Peaks that are neither substance nor impurity: solvent, blank."""
    each: DecimalText
    """Limit of any single impurity, per cent."""
    total: DecimalText
    """Limit of the sum of the impurities, per cent."""
    decimals: int = Field(ge=0, le=10)


class Method(Value):
    """One method: what can be calculated for a lot, and what must be."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9-]{1,39}$")
    title: Line
    potency: PotencyMethod | None = None
    impurity: ImpurityMethod | None = None
    required: tuple[Literal["potency", "impurity"], ...] = ()
    """Parts without which a lot is incomplete and cannot be released; empty: every part the method has."""

    @property
    def parts(self) -> tuple[str, ...]:
        """``potency``, ``impurity``: what the method can calculate."""
        return tuple(name for name in ("potency", "impurity") if getattr(self, name) is not None)

    @property
    def needed(self) -> tuple[str, ...]:
        """The parts a complete result has."""
        return self.required or self.parts
