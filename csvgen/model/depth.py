"""depth.yaml: the depth policy. What a risk priority asks of the scripts: techniques, combinations, evidence, challenge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from csvgen.canonical import Digest, digest
from csvgen.model.base import Asked, Level, Name, Text, Value, Version, YesNo

Rows = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,4})$")]
"""A number of rows, 0 to 99999."""


class Depth(Value):
    """What one priority asks for."""

    techniques: tuple[Asked, ...] = Field(
        min_length=1,
        description="Techniques every test of such a requirement must have; one that no criterion gives is a gap.",
        examples=[["positive", "negative", "boundary"]],
    )
    strength: Literal["2", "3", "4", "5", "6"] | None = Field(
        default=None,
        description="How many factors are combined in every way, where techniques name combination: 2 is pairwise.",
        examples=["2", "3"],
    )
    full_table: Rows = Field(
        default="0",
        description="Up to this many rows the full decision table is made instead of a covering array.",
        examples=["64", "0"],
    )
    row_limit: Rows = Field(
        default="1000",
        description="More rows than this in one table are an error with their number; rows are never left out.",
        examples=["1000", "300"],
    )
    evidence: Literal["observed", "every-step"] = Field(
        description="observed: what the checks observed is recorded; every-step: each step leaves an observation or a file.",
        examples=["observed", "every-step"],
    )
    challenge: YesNo = Field(
        description="Whether the scripts are seen failing on a fault that is seeded on purpose.", examples=["no", "yes"]
    )
    charter: Literal["positive", "charter"] = Field(
        default="positive",
        description="Of low priority: positive scripts, or an unscripted session of a person by a charter instead.",
        examples=["positive", "charter"],
    )
    time_box: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}$")] = Field(
        default="60", description="Minutes a session by charter takes at most.", examples=["60", "90"]
    )


class DepthPolicy(Value):
    """depth.yaml: what each priority of risk asks of the scripts."""

    format: Literal["csvgen.depth/1"] = Field(
        description="Says that this file is a depth policy, and which edition of the form.", examples=["csvgen.depth/1"]
    )
    id: Name = Field(description="Name of the policy, as documents print it.", examples=["site-depth", "default"])
    version: Version = Field(description="Version of the policy; it changes with the content.", examples=["1", "2.1"])
    reason: Text = Field(
        description="Why each priority gets what it gets. It is printed and approved with the plan.",
        examples=[
            "Effort follows risk: what can reach a patient is combined, challenged and recorded step by step.",
            "Site standard.",
        ],
    )
    low: Depth = Field(
        description="What low priority asks for.",
        examples=[{"techniques": ["positive"], "evidence": "observed", "challenge": "no"}],
    )
    medium: Depth = Field(
        description="What medium priority asks for.",
        examples=[
            {"techniques": ["positive", "negative", "combination"], "strength": "2", "evidence": "observed", "challenge": "no"}
        ],
    )
    high: Depth = Field(
        description="What high priority asks for.",
        examples=[
            {"techniques": ["positive", "negative", "combination"], "strength": "3", "evidence": "every-step", "challenge": "yes"}
        ],
    )

    def of(self, level: Level) -> Depth:
        found: Mapping[Level, Depth] = {"low": self.low, "medium": self.medium, "high": self.high}
        return found[level]

    @property
    def name(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def digest(self) -> Digest:
        return digest(self)
