"""The pattern catalogue: parameters, techniques, step phrases and rows of each pattern (`data/<id>@<version>.yaml`).

A pattern turns the parameters of a criterion into scripts; each script becomes one Scenario Outline. Its rows come from
a table parameter or from a generator (`csvgen.patterns.rows`); a script without rows has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field, ValidationError

from csvgen.canonical import Digest, digest
from csvgen.errors import BadInput
from csvgen.marks import own_data
from csvgen.model.base import Line, Name, Text, Value, YesNo
from csvgen.model.protocol import Technique
from csvgen.model.urs import Parameter


class ParameterRule(Value):
    """One parameter of a pattern."""

    name: Name
    kind: Literal["text", "decimal", "list", "table", "oracle", "file"]
    about: Line
    required: YesNo = "yes"
    columns: tuple[Name, ...] = ()
    """Of a table: the columns each row must have."""


class Script(Value):
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

    @property
    def name(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def digest(self) -> Digest:
        """Digest of what decides on the scripts: a better description makes nobody's protocol stale."""
        return digest(self.model_dump(exclude=set(DESCRIBING)))

    @property
    def techniques(self) -> frozenset[str]:
        return frozenset(s.technique for s in self.scripts)


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
