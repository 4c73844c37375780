"""Shards: one execution divided among machines, and put together again.

A plan says which case belongs to which shard; each shard is executed and sealed by itself and counts for nothing by itself; the
merged run holds the sealed shards as they are and says which of them count.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from csvgen.model.base import Line, Phase, Sha256, Stamp, Value

SHARDS = "shards.json"
"""The plan, in the folder of every shard and of the merged run."""


class ShardOf(Value):
    """What the plan of one shard's run says about the whole it is a part of."""

    number: int = Field(ge=1)
    of: int = Field(ge=1)
    plan: Sha256
    """Digest of the plan of all shards."""

    @property
    def shown(self) -> str:
        return f"shard {self.number} of {self.of}"


class PlacedCase(Value):
    case: str
    digest: Sha256
    feature: str
    """Path of its feature file below protocols/<system>/."""
    group: str
    """Cases of one group are in one shard: they share a requirement, a feature file or a resource."""
    shard: int = Field(ge=1)


class ShardPlan(Value):
    """Which case is executed in which shard: made once, before the first shard begins, and carried by all of them."""

    format: Literal["csvgen.shards/1"] = "csvgen.shards/1"
    run: str
    """The run that all shards together are."""
    system: str
    phase: Phase | Literal["mixed"]
    mode: Literal["formal", "engineering"]
    order: Sha256 | None = None
    """Digest of the issued execution order of a formal run."""
    protocol: Sha256
    spec: Sha256
    target: str
    scope: Literal["complete", "retest", "partial"]
    """Of the merged run; a shard alone is always partial."""
    account: str
    account_owner: str = ""
    created: Stamp
    shards: int = Field(ge=1)
    cases: tuple[PlacedCase, ...]
    """In the order of the protocol."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len({c.case for c in self.cases}) != len(self.cases):
            raise PydanticCustomError("SHD", "a case stands in the plan twice")
        if any(c.shard > self.shards for c in self.cases):
            raise PydanticCustomError("SHD", "a case is in a shard that the plan does not have")
        return self

    @cached_property
    def shard_of(self) -> Mapping[str, int]:
        return {c.case: c.shard for c in self.cases}

    def of_shard(self, number: int) -> tuple[PlacedCase, ...]:
        return tuple(c for c in self.cases if c.shard == number)

    def name_of(self, number: int) -> str:
        """The name of one shard's run: ``OQ-001.2of3``."""
        return f"{self.run}.{number}of{self.shards}"


class MergedShard(Value):
    """One shard in a merged run."""

    number: int = Field(ge=1)
    folder: str = Field(default="", pattern=r"^(shards/[0-9]+(\.[0-9]+)?)?$")
    """Below the run folder; empty when the shard is not there."""
    seal: Sha256 | None = None
    """Digest of its seal; none when it was never sealed, or is not there."""
    left_out: str = ""
    """Why nothing in it counts; empty for a shard that counts."""


class Merged(Value):
    """What run.json of a merged run says: the plan, and every shard of it."""

    plan: Sha256
    shards: tuple[MergedShard, ...]
    reason: Line | None = None
    """Why it was merged although something is missing; none for a complete one."""
