"""risk/*.yaml: what can fail, how bad that is, and what is done about it. Ratings are judgements; nothing computed is typed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from csvgen.model.base import Grown, Id, Line, Name, Text, Value, later
from csvgen.model.urs import Drafted

Grade = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=24)]
"""A grade of a scale, as the risk scheme spells it: low, 7, not-high."""


class Rating(Value):
    """One rating with the reason for it (ICH Q9(R1): less subjectivity)."""

    rating: Grade = Field(description="A grade of the scheme's scale.")
    reason: Text


class Residual(Grown):
    """Ratings claimed for the state with controls. Claimed until the mitigating tests pass in the run at hand."""

    probability: Rating
    detectability: Rating
    severity: Rating | None = later(None, "Only to say that it stays: a control never makes the harm smaller.")


class Challenge(Value):
    """How the failure is brought about on purpose, so that the test can be seen to fail."""

    how: Text = Field(description="What is done to the system or its inputs, in words.")
    fault: Name | None = Field(default=None, description="Name of the fault the target can inject, where it can.")


class Risk(Grown):
    """One way to fail."""

    id: Id
    requirements: tuple[Id, ...] = Field(min_length=1)
    failure_mode: Line
    cause: Line
    effect: Line
    severity: Rating = Field(description="From the business process; no control changes it.")
    probability: Rating
    detectability: Rating = Field(description="high means the failure is likely noticed before harm; low means silent.")
    controls: tuple[Line, ...] = Field(min_length=1)
    residual: Residual
    challenge: Challenge | None = later(None, "How the failure is seeded to prove that its test can fail.")
    drafted: Drafted | None = later(None, "Set when a machine wrote this risk.")


class RiskAssessment(Value):
    """risk/*.yaml: functional risk assessment."""

    format: Literal["csvgen.risk/1"]
    scheme: Name = Field(description="Name of the risk scheme, for example gamp5-two-step.")
    raters: tuple[Line, ...] = Field(min_length=1, description="Roles that rated.")
    risks: tuple[Risk, ...]
