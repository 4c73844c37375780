"""The pattern catalogue: parameters, techniques, step phrases and rows of each pattern (`data/<id>@<version>.yaml`).

A pattern turns the parameters of a criterion into scripts; each script becomes one Scenario Outline. Its rows come from
a table parameter, from a generator (`csvgen.patterns.rows`), or from lists that are combined (`csvgen.patterns.tables`); a script
without rows has one. Beside the scripts stands the page of the pattern: when to use it, what it divides the input into, where expected
values come from, which faults it must detect.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from csvgen.canonical import Digest, digest
from csvgen.errors import BadInput
from csvgen.marks import own_data
from csvgen.model.base import Grown, Line, Name, Text, Value, YesNo, later
from csvgen.model.protocol import Technique
from csvgen.model.urs import Parameter


class ParameterRule(Value):
    """One parameter of a pattern."""

    name: Name
    kind: Literal["text", "decimal", "list", "table", "oracle", "file", "constraints", "rules"]
    """`constraints`: combinations that cannot be, each with id and reason; `rules`: what combinations lead to. Both in some columns."""
    about: Line
    required: YesNo = "yes"
    columns: tuple[Name, ...] = ()
    """Of a table: the columns each row must have. Of constraints and rules: the columns a row may have."""


class Script(Grown):
    """One Scenario Outline of a pattern."""

    id: Name
    technique: Technique
    title: Line
    why: Line
    rows: Name | None = None
    """A table parameter, or a generator with the parameters it reads; None: a single row."""
    generator: Name | None = None
    columns: tuple[Name, ...] = ()
    key: tuple[Name, ...] = ()
    """Columns that identify a row for its permanent id."""
    when: Mapping[Name, str] = Field(default_factory=dict)
    """Only rows with these values: tables may mix techniques."""
    unless: Name | None = None
    """Leave the script out when this optional parameter is given; `needs` is the opposite."""
    needs: Name | None = None
    steps: tuple[Line, ...] = Field(min_length=1)
    factors: Mapping[Name, Name] = later({}, "Column -> list parameter. The combinations of their values are the rows.")
    constraints: Name | None = later(None, "Parameter of kind constraints: combinations that cannot be.")
    rules: Name | None = later(None, "Parameter of kind rules: it gives each combination the columns that are no factors.")
    strength: Literal["policy", "full"] = later(
        "policy", "How thoroughly factors are combined: as the depth policy says, or every combination at any priority."
    )

    @model_validator(mode="after")
    def _one_source_of_rows(self) -> Script:
        if sum(source is not None for source in (self.rows, self.generator, self.factors or None)) > 1:
            raise ValueError(f"{self.id}: rows come from a table, a generator or factors, not from two of them")
        if not self.factors and (self.constraints or self.rules or self.strength != "policy"):
            raise ValueError(f"{self.id}: constraints, rules and strength are about factors")
        if self.factors and self.key != tuple(self.factors):
            raise ValueError(f"{self.id}: the key of combined rows is their factors, in order")
        if self.technique == "combination" and not self.factors:
            raise ValueError(f"{self.id}: a combination needs factors")
        return self


class Partition(Value):
    """One class of inputs that a pattern tells apart: one of its values stands for all of them."""

    name: Name
    what: Line
    valid: YesNo
    """yes: the system has to take it; no: the system has to refuse it, or to find it."""


class Pattern(Value):
    """One verification pattern of one version."""

    format: Literal["csvgen.pattern/1"]
    id: Name
    version: Line
    title: Line
    purpose: Text
    clauses: tuple[Line, ...] = ()
    ports: tuple[Line, ...]
    floor: tuple[Technique, ...] = ()
    """Techniques kept at every depth: access, audit and signature patterns keep their negative tests."""
    absent: Mapping[Technique, Line] = Field(default_factory=dict)
    """Techniques that have no meaning for this pattern, with the reason: printed, and not a shortfall."""
    parameters: tuple[ParameterRule, ...] = ()
    scripts: tuple[Script, ...] = Field(min_length=1)
    partitions: tuple[Partition, ...] = ()
    oracle: Line | None = None
    """Where the expected value comes from, independently of the system under validation."""
    faults: tuple[Name, ...] = ()
    """Faults (`csvgen.patterns.faults`) that a protocol made from this pattern must detect."""
    help: Text | None = None
    """When to use it, and when not."""
    example: Mapping[Name, Parameter] = Field(default_factory=dict)
    """Parameters as a criterion gives them: data of an example, and complete."""

    @model_validator(mode="after")
    def _factors_are_parameters(self) -> Pattern:
        kinds = {p.name: p.kind for p in self.parameters}
        for script in self.scripts:
            asked = [
                *((p, "list") for p in script.factors.values()),
                (script.constraints, "constraints"),
                (script.rules, "rules"),
            ]
            for name, kind in asked:
                if name is not None and kinds.get(name) != kind:
                    raise ValueError(f"{script.id}: {name} must be a parameter of kind {kind}")
        return self

    @property
    def name(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def digest(self) -> Digest:
        """Digest of what decides on the scripts: a better description makes nobody's protocol stale."""
        content: dict[str, Any] = self.model_dump(exclude=set(DESCRIBING))
        content["absent"] = {name: why for name, why in self.absent.items() if name in _FIRST}
        return digest(content)

    @property
    def techniques(self) -> frozenset[str]:
        return frozenset(s.technique for s in self.scripts)


_FIRST = ("positive", "negative", "boundary", "scenario")
"""The techniques of the first release. Why a later one has no meaning for a pattern changes no script, and came into files later."""
DESCRIBING = frozenset({"partitions", "oracle", "faults", "help", "example"})
"""Keys that tell people about a pattern and change no script. Who prints one of them in a protocol binds it there."""


@cache
def catalogue() -> Mapping[str, Pattern]:
    """Every pattern by ``id@version``. Raises BadInput when a pattern file of this installation is damaged."""
    found: dict[str, Pattern] = {}
    for path in sorted(resources.files("csvgen.patterns").joinpath("data").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".yaml"):
            continue
        try:
            pattern = Pattern.model_validate(own_data(path.read_bytes(), path.name))
        except ValidationError as problem:
            raise BadInput(f"pattern file cannot be used: {problem}", where=path.name) from None
        if path.name != f"{pattern.name}.yaml":
            raise BadInput(f"holds the pattern {pattern.name}", where=path.name)
        found[pattern.name] = pattern
    return found
