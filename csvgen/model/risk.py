"""risk/*.yaml: what can fail, how bad that is, and what is done about it. Ratings are judgements; nothing computed is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from csvgen.model.base import Grown, Id, Level, Line, Name, Text, Value, later
from csvgen.model.urs import Drafted

Grade = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=24)]
"""A grade of a scale, as the risk scheme spells it: low, 7, not-high."""


class Rating(Value):
    """One rating with the reason for it (ICH Q9(R1): less subjectivity)."""

    rating: Grade = Field(
        description="A grade of the scale of the risk scheme, for example low, medium or high.", examples=["high", "7"]
    )
    reason: Text = Field(
        description="Why this grade and not the next. Two raters should reach it from this reason alone (ICH Q9(R1)).",
        examples=["The raw file is the original record of the measurement.", "Happened twice in the last year."],
    )


class Residual(Grown):
    """Ratings claimed for the state with controls. Claimed until the mitigating tests pass in the run at hand."""

    probability: Rating | None = Field(
        default=None, description="How likely the failure is with the controls in place; where the scheme rates it."
    )
    detectability: Rating | None = Field(
        default=None, description="How likely it is noticed before harm, with the controls in place; where the scheme rates it."
    )
    severity: Rating | None = later(None, "Only to say that it stays: a control never makes the harm smaller.")


class Challenge(Value):
    """How the failure is brought about on purpose, so that the test can be seen to fail."""

    how: Text = Field(
        description="What is done to the system or its inputs, in words.",
        examples=["One byte of a stored file is changed behind the back of the system.", "The clock is set back by an hour."],
    )
    fault: Name | None = Field(
        default=None,
        description="Name of the fault the target can inject by itself, where it can.",
        examples=["alter-raw-file", "clock-back"],
    )


class Risk(Grown):
    """One way to fail. Which ratings it needs, and their grades, is up to the risk scheme."""

    id: Id = Field(description="Permanent id, beginning with RA-.", examples=["RA-QC-001", "RA-LIMS-007"])
    requirements: tuple[Id, ...] = Field(
        min_length=1, description="Ids of the requirements that the failure would break.", examples=[["URS-QC-002", "URS-QC-003"]]
    )
    failure_mode: Line = Field(
        description="What goes wrong, seen from outside.",
        examples=["Raw file changed or lost after arrival", "Result rounded to the wrong side of a limit"],
    )
    cause: Line = Field(
        description="Why it could happen.",
        examples=["Write access to the store outside the application", "Binary floating point"],
    )
    effect: Line = Field(
        description="What follows for patient, product or data.",
        examples=["Result cannot be traced to the measurement", "A lot outside its limit is released"],
    )
    severity: Rating = Field(description="How bad the effect is. It comes from the business process; no control changes it.")
    probability: Rating | None = Field(
        default=None, description="How likely the failure is before the controls; where the scheme rates it."
    )
    detectability: Rating | None = Field(
        default=None,
        description="How likely the failure is noticed before harm; where the scheme rates it. In words high means it is likely "
        "noticed and low means silent; where grades are numbers, the highest means silent.",
    )
    relevance: Rating | None = later(None, "Whether it touches a regulated activity at all; where the scheme rates it.")
    controls: tuple[Line, ...] = Field(
        min_length=1,
        description="What is done about it. Each control should be one that a test or a procedure shows.",
        examples=[["hand-worked oracle", "second-person review"]],
    )
    residual: Residual | None = Field(
        default=None,
        description="The ratings claimed with the controls in place. Claimed until the mitigating tests pass. Left out where the "
        "scheme rates nothing that a control could change.",
    )
    challenge: Challenge | None = later(None, "How the failure is brought about on purpose, to prove that its test can fail.")
    drafted: Drafted | None = later(None, "Set when a machine wrote this risk. A named person has to sign it as its author.")


class RiskAssessment(Value):
    """risk/*.yaml: functional risk assessment."""

    format: Literal["csvgen.risk/1"] = Field(
        description="Says that this file holds risks, and which edition of the form.", examples=["csvgen.risk/1"]
    )
    scheme: Name = Field(
        description="Name of the risk scheme that says which grades there are and what they add up to. One scheme a system.",
        examples=["gamp5-two-step", "site-fmea"],
    )
    raters: tuple[Line, ...] = Field(
        min_length=1,
        description="Roles that took part in the rating (ICH Q9(R1): several views, less subjectivity).",
        examples=[["process-owner", "system-owner", "quality"]],
    )
    risks: tuple[Risk, ...] = Field(
        description="The ways to fail. Class and priority are computed from the ratings and never typed (Annex 11, clause 1)."
    )


@dataclass(frozen=True, slots=True)
class ResidualStatus:
    """What a residual rating is worth after the runs at hand. Its text is a line of the matrix."""

    risk: str
    state: Literal["claimed", "shown", "back to initial", "not rated"]
    priority: Level
    """The one that holds: the residual one while claimed or shown, the initial one otherwise."""
    reason: str
    cases: tuple[str, ...] = ()
    """The cases that decide: all of them when shown, the failed ones when taken back, the open ones while claimed."""

    def __str__(self) -> str:
        match self.state:
            case "shown":
                return f"{self.risk}: residual {self.priority}, {self.reason}"
            case "claimed":
                return f"{self.risk}: residual {self.priority} claimed, {self.reason}"
            case "back to initial":
                return f"{self.risk}: back to initial {self.priority}, {self.reason}"
            case "not rated":
                return f"{self.risk}: priority {self.priority}, no residual rating: {self.reason}"
