"""The two-step scheme: ratings in, class and priority out.

    risk class    = class[severity][probability]      1 is the worst
    risk priority = priority[class][detectability]    low detectability raises it

The matrices are data (`schemes/*.yaml`); a scheme that leaves a cell without value is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast

from pydantic import ValidationError

from csvgen.canonical import Digest, digest
from csvgen.errors import BadInput, ConfigError
from csvgen.marks import load
from csvgen.model.base import Level, Line, Name, Text, Value
from csvgen.model.spec import Risk

LEVELS: tuple[Level, ...] = ("low", "medium", "high")
RiskClass = Literal["1", "2", "3"]


class Scheme(Value):
    """A two-step risk scheme with its matrices complete."""

    format: Literal["csvgen.risk-scheme/1"]
    id: Name
    version: Line
    title: Line
    severity: Text
    probability: Text
    detectability: Text
    class_: Mapping[Level, Mapping[Level, RiskClass]]
    priority: Mapping[RiskClass, Mapping[Level, Level]]

    @property
    def digest(self) -> Digest:
        return digest(self)

    def rate(self, severity: str, probability: str, detectability: str) -> Assessed:
        """Class and priority of one combination of ratings."""
        risk_class = self.class_[cast("Level", severity)][cast("Level", probability)]
        return Assessed(risk_class, self.priority[risk_class][cast("Level", detectability)])


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the scheme makes of the ratings."""

    risk_class: RiskClass
    priority: Level


@cache
def scheme(name: str) -> Scheme:
    """The scheme of that name. Raises ConfigError when there is none, BadInput when its matrices have holes."""
    known = {p.name.removesuffix(".yaml"): p for p in resources.files("csvgen.risk").joinpath("schemes").iterdir()}
    if name not in known:
        raise ConfigError(f"no risk scheme {name!r}", hint=f"known schemes: {', '.join(sorted(known))}")
    marked, findings = load(known[name].read_bytes(), known[name].name)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    value = {("class_" if k == "class" else k): v for k, v in marked.value.items()}
    try:
        found = Scheme.model_validate(value)
        for severity in LEVELS:
            for probability in LEVELS:
                for detectability in LEVELS:
                    found.rate(severity, probability, detectability)
    except (ValidationError, KeyError) as problem:
        raise BadInput(f"the risk scheme {name} is not complete: {problem}", where=known[name].name) from None
    return found


def assess(risk: Risk, scheme_name: str) -> Assessed:
    """Initial class and priority of a risk."""
    return scheme(scheme_name).rate(risk.severity.rating, risk.probability.rating, risk.detectability.rating)


def assess_residual(risk: Risk, scheme_name: str) -> Assessed:
    """Class and priority claimed with controls. Severity is the initial one: controls do not change it."""
    claimed = risk.residual
    return scheme(scheme_name).rate(risk.severity.rating, claimed.probability.rating, claimed.detectability.rating)


def highest(levels: Iterable[Level]) -> Level:
    """The highest level; low when there is none."""
    return cast("Level", max(levels, key=LEVELS.index, default="low"))
