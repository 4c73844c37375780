"""Ratings in, class and priority out: pure functions over a scheme, which is data.

two-step   class = classes[severity][probability], priority = priority[class][detectability]     (GAMP 5)
product    risk priority number = product of all grades, priority = that of its band             (FMEA, OpenDevStack)
single     priority = that of the one grade                                                      (FDA CSA)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import cast

from csvgen.errors import BadInput
from csvgen.model.base import Level
from csvgen.model.risk import Risk
from csvgen.model.scheme import FACTORS, Factor, Product, Scheme, Single, TwoStep

LEVELS: tuple[Level, ...] = ("low", "medium", "high")
Ratings = Mapping[Factor, str]
"""Factor -> grade."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a scheme makes of ratings."""

    risk_class: str
    """As it is printed: class 2, RPN 42, high process risk."""
    priority: Level
    """Decides how deep is tested."""


def rate(scheme: Scheme, ratings: Ratings) -> Assessed:
    """Class and priority of one combination of ratings. Raises BadInput for ratings that the scheme's scales do not have."""
    rated = scheme.scales.rated
    for factor in rated.keys() | ratings.keys():
        if factor not in rated or factor not in ratings or ratings[factor] not in rated[factor].names:
            raise BadInput(
                f"the scheme {scheme.id} does not know {factor} {ratings.get(factor, 'left out')!r}",
                hint=f"{factor}: {', '.join(rated[factor].names)}" if factor in rated else f"it rates {', '.join(rated)}",
            )
    match scheme.computation:
        case TwoStep(classes=classes, priority=priority):
            risk_class = classes[ratings["severity"]][ratings["probability"]]
            return Assessed(f"class {risk_class}", priority[risk_class][ratings["detectability"]])
        case Product(bands=bands):
            number = prod(scale.grade(ratings[factor]).value for factor, scale in rated.items())
            band = next(b for b in bands if number in b)
            return Assessed(f"RPN {number}" + (f", {band.label}" if band.label else ""), band.priority)
        case Single(priority=priority):
            grade = ratings["severity"]
            return Assessed(rated["severity"].grade(grade).label, priority[grade])


def ratings_of(risk: Risk) -> Ratings:
    """The initial ratings of a risk."""
    found = {factor: getattr(risk, factor) for factor in FACTORS}
    return {factor: rating.rating for factor, rating in found.items() if rating is not None}


def residual_ratings_of(risk: Risk) -> Ratings:
    """The ratings claimed with controls. Severity and relevance are the initial ones: no control changes what is at stake."""
    claimed = {"probability": risk.residual.probability, "detectability": risk.residual.detectability} if risk.residual else {}
    changed = {factor: rating.rating for factor, rating in claimed.items() if rating is not None}
    return {**ratings_of(risk), **cast("Ratings", changed)}


# ------------------------------------------------------------------ levels


def worse(one: Level, other: Level) -> bool:
    """Whether `one` is the worse priority: it asks for more."""
    return LEVELS.index(one) > LEVELS.index(other)


def highest(levels: Iterable[Level]) -> Level:
    """The highest level; low when there is none."""
    return cast("Level", max(levels, key=LEVELS.index, default="low"))
