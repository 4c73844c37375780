"""A risk scheme: the scales a risk is rated on, and the tables that turn ratings into a class and a priority. Data, never code.

Two forms of file lead to one noun. Form 1 is the two-step method with its three fixed levels, as the first release had it; form 2
names its scales and one of three computations. The digest of a scheme is taken over the words of its own form, so that a risk
assessment signed under form 1 still names the same scheme.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from csvgen.canonical import Digest, digest
from csvgen.model.base import Level, Line, Name, Text, Value
from csvgen.model.risk import Grade

Factor = Literal["severity", "probability", "detectability", "relevance"]
FACTORS: tuple[Factor, ...] = ("severity", "probability", "detectability", "relevance")
Number = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}$")]
"""What a grade counts in a product, 1 to 999. No zero: it would wipe out every other rating."""
Bound = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,11}$")]


class Graded(Value):
    """One grade of a scale."""

    grade: Grade = Field(description="As a risk spells it.")
    label: Line = Field(description="As a document prints it.")
    meaning: Line | None = None
    number: Number | None = Field(default=None, description="What it counts in a product; left out when the grade is the number.")

    @property
    def value(self) -> int:
        """What it counts in a product; 0 for a grade that has no number."""
        text = self.number or self.grade
        return int(text) if text.isdecimal() else 0


class Scale(Value):
    """One question about a risk, and the answers it allows."""

    title: Line
    meaning: Text
    grades: tuple[Graded, ...] = Field(min_length=2, max_length=10, description="From the best to the worst.")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(g.grade for g in self.grades)

    def grade(self, name: str) -> Graded:
        """Raises KeyError for a name that is no grade of this scale."""
        for found in self.grades:
            if found.grade == name:
                return found
        raise KeyError(name)

    def worse(self, one: str, other: str) -> bool:
        """Whether `one` is a worse grade than `other`; both are grades of this scale."""
        return self.names.index(one) > self.names.index(other)


class Scales(Value):
    """The scales of a scheme. Severity is always one; the others where the scheme has them."""

    severity: Scale
    probability: Scale | None = None
    detectability: Scale | None = None
    relevance: Scale | None = None

    @property
    def rated(self) -> Mapping[Factor, Scale]:
        """The scales there are, in the order of `FACTORS`."""
        found: dict[Factor, Scale | None] = {factor: getattr(self, factor) for factor in FACTORS}
        return {factor: scale for factor, scale in found.items() if scale is not None}


class TwoStep(Value):
    """class = classes[severity][probability]; priority = priority[class][detectability]."""

    kind: Literal["two-step"]
    classes: Mapping[Grade, Mapping[Grade, Grade]]
    priority: Mapping[Grade, Mapping[Grade, Level]]


class Band(Value):
    """Numbers from `low` to `high`, both included, and the priority they have."""

    low: Bound
    high: Bound
    priority: Level
    label: Line | None = Field(default=None, description="What the source calls it, where that differs from the priority.")

    def __contains__(self, number: int) -> bool:
        return int(self.low) <= number <= int(self.high)

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


class Product(Value):
    """Risk priority number = product of the numbers of all grades; its band has the priority."""

    kind: Literal["product"]
    bands: tuple[Band, ...] = Field(min_length=1, max_length=20)


class Single(Value):
    """One rating decides; its grade has the priority."""

    kind: Literal["single"]
    priority: Mapping[Grade, Level]


Computation = Annotated[TwoStep | Product | Single, Field(discriminator="kind")]


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """A risk scheme as the rest of csvgen knows it. One that was read has no hole, gap or overlap (`csvgen.risk.read`)."""

    id: str
    version: str
    title: str
    scales: Scales
    computation: TwoStep | Product | Single
    digest: Digest
    note: str = ""
    """Where its values come from."""


class SchemeFile(Value):
    """schemes/*.yaml: a risk scheme."""

    format: Literal["csvgen.risk-scheme/2"]
    id: Name = Field(description="The name of the file; what risk/*.yaml says under scheme.")
    version: Line
    title: Line
    note: Text = Field(description="Where the values come from, and who decided on them.")
    scales: Scales
    computation: Computation

    @property
    def scheme(self) -> Scheme:
        return Scheme(
            id=self.id,
            version=self.version,
            title=self.title,
            scales=self.scales,
            computation=self.computation,
            digest=digest(self),
            note=self.note,
        )


_RiskClass = Literal["1", "2", "3"]


class FirstSchemeFile(Value):
    """The form of the first release: two steps over low, medium and high."""

    format: Literal["csvgen.risk-scheme/1"]
    id: Name
    version: Line
    title: Line
    severity: Text
    probability: Text
    detectability: Text
    class_: Mapping[Level, Mapping[Level, _RiskClass]]
    priority: Mapping[_RiskClass, Mapping[Level, Level]]

    @property
    def scheme(self) -> Scheme:
        scales = Scales(
            severity=_levels("Severity", self.severity, "low", "medium", "high"),
            probability=_levels("Probability", self.probability, "low", "medium", "high"),
            detectability=_levels("Detectability", self.detectability, "high", "medium", "low"),
        )
        steps = TwoStep(kind="two-step", classes=self.class_, priority=self.priority)
        return Scheme(id=self.id, version=self.version, title=self.title, scales=scales, computation=steps, digest=digest(self))


def _levels(title: str, meaning: str, *grades: str) -> Scale:
    return Scale(title=title, meaning=meaning, grades=tuple(Graded(grade=g, label=g) for g in grades))
