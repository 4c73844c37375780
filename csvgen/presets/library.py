"""The library of the presets as data: requirements (`data/*.yaml`), and of each regulation what no requirement answers (`<preset>.yaml`).

A requirement cites clauses of several regulations; choosing presets chooses the requirements that answer one of their clauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from csvgen.catalog.clauses import clauses
from csvgen.errors import BadInput, ConfigError
from csvgen.marks import own_data
from csvgen.model.base import Line, Name, Phase, Text, Value
from csvgen.model.risk import Challenge
from csvgen.model.urs import Category, Parameter
from csvgen.presets import PRESETS


class DraftCriterion(Value):
    """A criterion with the parameters that are the same for every system; the others are asked for."""

    title: Line
    pattern: Line
    parameters: Mapping[Name, Parameter] = Field(default_factory=dict)
    note: Line | None = None
    """What whoever fills in the parameters has to know beside their descriptions."""


class DraftRisk(Value):
    """A risk whose ratings are proposed and whose reasons are left to the people who rate."""

    failure_mode: Line
    cause: Line
    effect: Line
    severity: Name
    probability: Name
    detectability: Name
    controls: tuple[Line, ...] = Field(min_length=1)
    challenge: Challenge


class DraftSection(Value):
    """A section of installation.yaml: the kind of its items, and what is asked of the person who fills it."""

    title: Line
    kind: Name
    asks: Line
    item: Line


class Draft(Value):
    """One requirement of a preset."""

    key: str = Field(pattern=r"^[A-Z]{2}-[0-9]{2}$")
    """End of its id, the same in every project: AT-01 becomes URS-QCR-AT-01."""
    title: Line
    statement: Text
    rationale: Text = "People meet this paragraph; software can neither do it nor show it."
    category: Category = "procedure"
    clauses: tuple[Line, ...] = Field(min_length=1)
    phase: Phase = "OQ"
    verification: Literal["test", "procedure", "justification"] = "procedure"
    criteria: tuple[DraftCriterion, ...] = ()
    section: DraftSection | None = None
    risk: DraftRisk | None = None
    review: tuple[Line, ...] = ()
    """Questions that the reviewer of the document answers."""
    answer: Line = "SOP-014 Electronic records and signatures, version 3"
    """Example of what stands for the test."""

    @model_validator(mode="before")
    @classmethod
    def _tested(cls, data: dict[str, object]) -> dict[str, object]:
        """What has criteria or a section is verified by test."""
        return {"verification": "test", **data} if data.get("criteria") or data.get("section") else data

    @model_validator(mode="after")
    def _complete(self) -> Draft:
        tested = self.verification == "test"
        if tested is not (self.risk is not None) or tested is bool(self.review):
            raise ValueError(f"{self.key}: a test needs a risk, anything else the questions of a review")
        return self


class _Requirements(Value):
    format: Literal["csvgen.preset/1"]
    requirements: tuple[Draft, ...]


class LeftOut(Value):
    """Clauses that no requirement answers, with the reason."""

    what: Line
    clauses: tuple[Line, ...] = Field(min_length=1)
    reason: Text


class Account(Value):
    """What a preset says of its regulation beside the requirements."""

    format: Literal["csvgen.preset-account/1"]
    catalog: Name
    edition: Line
    """Edition of the catalog whose clauses are accounted for."""
    title: Line
    left_out: tuple[LeftOut, ...]


_V = TypeVar("_V", bound=Value)


def _read(name: str, model: type[_V]) -> _V:
    path = resources.files("csvgen.presets").joinpath(name)
    try:
        return model.model_validate(own_data(path.read_bytes(), name))
    except ValidationError as problem:
        raise BadInput(f"preset cannot be used: {problem}", where=name) from None


@cache
def library() -> Mapping[str, tuple[Draft, ...]]:
    """Name of the file -> its requirements, in order."""
    folder = resources.files("csvgen.presets").joinpath("data")
    names = sorted(p.name for p in folder.iterdir() if p.name.endswith(".yaml"))
    return {name: _read(f"data/{name}", _Requirements).requirements for name in names}


@cache
def account(preset: str) -> Account:
    return _read(f"{preset}.yaml", Account)


def choose(presets: Iterable[str]) -> Mapping[str, tuple[Draft, ...]]:
    """The requirements that answer a clause of the presets, each with these clauses only; files without any are left out."""
    wanted = set(presets)
    if unknown := sorted(wanted - set(PRESETS)):
        raise ConfigError(f"there is no preset {unknown[0]!r}", hint=f"presets: {', '.join(PRESETS)}")
    chosen: dict[str, tuple[Draft, ...]] = {}
    for name, drafts in library().items():
        narrowed = (
            d.model_copy(update={"clauses": tuple(c for c in d.clauses if clauses()[c].catalog in wanted)}) for d in drafts
        )
        if kept := tuple(d for d in narrowed if d.clauses):
            chosen[name] = kept
    return chosen


def accounted(preset: str) -> Mapping[str, tuple[tuple[Draft, ...], tuple[str, ...]]]:
    """Each clause of the catalog -> the requirements that answer it, and the reasons why none does. In the order of the catalog."""
    drafts = [d for chosen in choose([preset]).values() for d in chosen]
    rows = account(preset).left_out
    own = (c.id for c in clauses().values() if c.catalog == account(preset).catalog)
    return {c: (tuple(d for d in drafts if c in d.clauses), tuple(r.reason for r in rows if c in r.clauses)) for c in own}
