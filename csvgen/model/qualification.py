"""installation.yaml, pq/*.yaml and oracles/*.yaml: what is compared, what is rehearsed, and what was worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from csvgen.model.base import Grown, Id, Line, Name, Text, Value, later
from csvgen.model.urs import Drafted

# ------------------------------------------------------------------ installation.yaml


class BaselineItem(Value):
    """One thing the installation qualification compares: what it is and what the release says it must be."""

    id: Name
    title: Line
    kind: Literal["component", "package", "configuration", "time-source", "storage", "account"]
    subject: Line = Field(description="Name of the component, package, configuration key, ...")
    expected: Line
    source: Line = Field(description="Where the expected value comes from; never the installed system.")


class BaselineSection(Value):
    id: Id
    title: Line
    requirement: Id
    items: tuple[BaselineItem, ...] = Field(min_length=1)


class Installation(Value):
    """installation.yaml: the approved installation baseline."""

    format: Literal["csvgen.installation/1"]
    release: Line = Field(description="The release this baseline describes.")
    sections: tuple[BaselineSection, ...] = Field(min_length=1)


# ------------------------------------------------------------------ pq/*.yaml


class Scenario(Grown):
    """A business scenario of the performance qualification: end to end, by the roles that do the work."""

    id: Id
    title: Line
    process: Text = Field(description="The business process this repeats.")
    end_users: tuple[Line, ...] = Field(min_length=1, description="Business roles of the people who do this work.")
    covers: tuple[Id, ...] = Field(min_length=1)
    given: tuple[Line, ...] = ()
    when: tuple[Line, ...] = ()
    then: tuple[Line, ...] = ()
    steps: tuple[Line, ...] = Field(
        default=(), description="Instead of given/when/then: a story, each line beginning with Given, When, Then, And or But."
    )
    drafted: Drafted | None = later(None, "Set when a machine wrote this scenario.")


class Scenarios(Value):
    """pq/*.yaml: business scenarios."""

    format: Literal["csvgen.scenarios/1"]
    environment: Text = Field(description="How the environment is like production.")
    scenarios: tuple[Scenario, ...] = Field(min_length=1)


# ------------------------------------------------------------------ oracles/*.yaml


class Oracle(Value):
    """An expected value worked out independently of the system, with who worked and who checked it."""

    id: Id
    title: Line
    method: Text = Field(description="The formula and where it comes from.")
    author: Line
    checker: Line
    inputs: tuple[Mapping[Line, Line], ...] = Field(min_length=1)
    working: tuple[Line, ...] = Field(
        min_length=1, description="The working, line by line, so that a reader can repeat it by hand."
    )
    expected: Mapping[Line, Line] = Field(min_length=1)


class Oracles(Value):
    """oracles/*.yaml: hand-worked expected values."""

    format: Literal["csvgen.oracles/1"]
    oracles: tuple[Oracle, ...] = Field(min_length=1)
