"""plan.yaml: how a system is validated, and which documents that takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from csvgen.model.base import Grown, Line, Text, Value, YesNo, later
from csvgen.model.settings import DocumentKind


class Heading(Value):
    """A titled passage of a document."""

    title: Line = Field(description="Title of the passage.", examples=["Risk-based testing", "Deviations"])
    text: Text = Field(
        description="The passage itself.",
        examples=[
            "How deep a requirement is tested follows from the priority of its risks.",
            "A case that does not pass opens a deviation; its disposition is signed.",
        ],
    )


class Exclusion(Value):
    what: Line = Field(
        description="What is left out.", examples=["Backup and restore of the server", "The instruments themselves"]
    )
    reason: Text = Field(
        description="Why it may be left out, and where it is looked after instead.",
        examples=["Qualified with the infrastructure of the site, report IT-Q-12.", "They are qualified on their own."],
    )


class Deliverable(Grown):
    document: Line = Field(description="The document.", examples=["User requirements specification", "Data migration plan"])
    purpose: Line = Field(
        description="What it is for.", examples=["Says what the system must do.", "Says how old records get into the system."]
    )
    decided: Line = Field(
        description="Whether it is needed here, and why or why not.",
        examples=["Needed: the system is GxP-relevant.", "Not needed: the system starts empty."],
    )
    kinds: tuple[DocumentKind, ...] = later(
        (),
        "The kinds of document this line decides about, so that the proposal can be set beside it.",
        examples=[["iq-protocol", "iq-report"], ["validation-summary"]],
    )
    needed: YesNo | None = later(
        None, "The decision as one word, for the kinds named. Write it in quotes.", examples=["yes", "no"]
    )


class ClauseAnswer(Value):
    """A clause of Annex 11 that no function of a system answers, but the way it is validated and looked after."""

    clause: Line = Field(description="Number of the clause, as a requirement would cite it.", examples=["A11-1", "A11-4.3"])
    kinds: tuple[DocumentKind, ...] = Field(
        min_length=1, description="The kinds of document that answer it.", examples=[["risk"], ["plan", "validation-summary"]]
    )
    words: Text = Field(
        description="How they answer it, in a sentence.",
        examples=["The depth of testing follows from the rated risks.", "Nothing is migrated: the system starts empty."],
    )


class Plan(Grown):
    """plan.yaml: the validation plan."""

    format: Literal["csvgen.plan/1"] = Field(
        description="Says that this file is plan.yaml, and which edition of its form.", examples=["csvgen.plan/1"]
    )
    purpose: Text = Field(
        description="What the validation shall show, for which system and use.",
        examples=[
            "Shows that the system is fit for its intended use and meets 21 CFR Part 11.",
            "Shows that release 2 is as fit for use as release 1.",
        ],
    )
    scope: tuple[Line, ...] = Field(
        min_length=1, description="What is validated.", examples=[["The application", "Its configuration"]]
    )
    out_of_scope: tuple[Exclusion, ...] = Field(default=(), description="What is left out, each with its reason.")
    approach: tuple[Heading, ...] = Field(
        min_length=1,
        description="How it is done, in titled passages: life cycle, depth of testing, deviations, order of the phases.",
    )
    deliverables: tuple[Deliverable, ...] = Field(
        min_length=1, description="The documents of this validation, each with the decision whether it is needed."
    )
    acceptance: tuple[Text, ...] = Field(
        min_length=1,
        description="What has to be true before the system may be used.",
        examples=[["Every deviation has a signed disposition.", "Every executed record has been reviewed."]],
    )
    training: Text = Field(
        description="Who must be trained in what before signing or executing (21 CFR 11.10(i); Annex 11, clause 2).",
        examples=[
            "Testers are trained on the protocol they issue; the record is dated before they sign.",
            "All users complete course QC-12 before they get an account.",
        ],
    )
    maintenance: Text = Field(
        description="How the validated state is kept: change control, periodic review, re-qualification (Annex 11, clauses 10 and 11).",
        examples=[
            "Changes go through change control; a periodic review is due every twelve months.",
            "The installation qualification is repeated after each update.",
        ],
    )
    answers: tuple[ClauseAnswer, ...] = later(
        (), "Clauses that documents answer and not requirements; the assessment of the regulations names them as answered so."
    )
