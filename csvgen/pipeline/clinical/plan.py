"""What the steps must know of a study beside its data: arms, codes, the last visit, encodings, the cut-off. Flat text in a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from csvgen.errors import BadInput
from csvgen.model.base import Line, Value, first_fault
from csvgen.pipeline.clinical.dates import when
from csvgen.pipeline.clinical.xport import ENCODINGS
from csvgen.pipeline.numbers import number


def _day(text: str) -> str:
    if text and when(text).flag:
        raise ValueError("a day is written 2015-03-31")
    return text[:10]


Day = Annotated[str, AfterValidator(_day)]
"""A calendar day, or empty."""
Count = Annotated[str, Field(pattern=r"^[0-9]{1,6}$")]
StudyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,38}[A-Za-z0-9])?$")]
INPUTS: Mapping[str, str] = {"dm": "DM", "ex": "EX", "ts": "TS", "findings": "", "analysis": "ADTTE"}
"""Input of the pipeline -> name of the data set it must hold; empty: any."""


class Plan(Value):
    """The part of the analysis plan that the steps follow."""

    study: StudyId
    title: Line
    control: Line
    """The arm the others are compared with."""
    arms: Mapping[Line, Count] = Field(min_length=2)
    """Randomised arm as in DM.ARM -> its numeric code."""
    not_randomised: tuple[Line, ...] = ()
    """Values of DM.ARM that stand for subjects who were not randomised."""
    races: Mapping[Line, Count] = {}
    """DM.RACE -> its numeric code."""
    ages: tuple[Count, Count] = ("65", "80")
    """Middle age group, both ends in it."""
    last_visit: Count
    """VISITNUM of the last planned interval of treatment: who was dosed in it completed treatment."""
    pooled_below: Count = "3"
    """A site with fewer randomised subjects in any one arm is pooled."""
    pooled: Line = "900"
    """What the pooled sites are called."""
    encodings: Mapping[str, str] = {}
    """Input -> encoding of a file that is not UTF-8, as its sender declared it."""
    cut_off: Day = ""
    """What happened after this day is not part of the analysis; empty: what TS says (DCUTDTC), else no cut-off."""
    received: Day = ""
    """No date in the data may lie after this day: when the data arrived."""
    days: tuple[Count, ...] = ("28", "56", "84", "112", "140", "168")
    """Days at which survival is told."""
    confidence: Annotated[str, Field(pattern=r"^0\.[0-9]{1,4}$")] = "0.95"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.control not in self.arms:
            raise ValueError(f"the control {self.control!r} is none of the arms")
        if len(set(self.arms.values())) != len(self.arms) or len(set(self.races.values())) != len(self.races):
            raise ValueError("two arms or two races have one code")
        if strange := sorted(set(self.encodings) - set(INPUTS)):
            raise ValueError(f"encoding of an input that is not there: {', '.join(strange)}")
        if unknown := sorted({e for e in self.encodings.values() if e.upper() not in ENCODINGS}):
            raise ValueError(f"unknown encoding {', '.join(unknown)}")
        if number(self.ages[0]) > number(self.ages[1]):
            raise ValueError("the middle age group ends before it begins")
        return self

    def parameters(self) -> dict[str, str]:
        """As parameters of a run: dotted names, text. `of` reads them."""
        found: dict[str, str] = {}
        for name, value in self.model_dump().items():
            if isinstance(value, Mapping):
                found |= {f"{name}.{key}": text for key, text in value.items()}
            elif isinstance(value, tuple):
                found |= {f"{name}.{index}": text for index, text in enumerate(value, 1)}
            else:
                found[name] = value
        return found


def of(parameters: Mapping[str, str]) -> Plan:
    """The plan of a run from its parameters. Raises BadInput for what is missing or makes no plan."""
    content: dict[str, object] = {}
    for key, value in sorted(parameters.items()):
        name, dot, inner = key.partition(".")
        if not dot:
            content[name] = value
            continue
        held = content.setdefault(name, {})
        if isinstance(held, dict):
            held[inner] = value
    for name in ("not_randomised", "ages", "days"):
        if isinstance(held := content.get(name), dict):
            content[name] = tuple(held[k] for k in sorted(held, key=lambda k: int(k) if k.isdigit() else 0))
    try:
        return Plan.model_validate(content)
    except ValidationError as problem:
        raise BadInput(f"the parameters make no plan of a study: {first_fault(problem)}") from None
