"""urs/*.yaml and fs/*.yaml: user requirements with acceptance criteria, and the levels between a requirement and its test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SerializerFunctionWrapHandler, model_serializer

from csvgen.model.base import Grown, Id, Line, Name, Phase, Text, Value, YesNo, later

Parameter = str | tuple[str, ...] | tuple[Mapping[str, str], ...] | Mapping[str, str]
"""A parameter of a pattern: text, a list of texts, a table of texts, or named texts. Never a number: see `canonical`."""

# ------------------------------------------------------------------ typed values of given / when / then


class DecimalInput(Value):
    """A measured or set value. All figures are decimal text, as written: 1.10 is not 1.1."""

    type: Literal["decimal"]
    value: Line = Field(description="The value that stands in the step.")
    unit: Line = Field(description="Unit from the closed list; 1 for a number without one.")
    low: Line | None = Field(default=None, description="Lowest allowed value, itself allowed.")
    high: Line | None = Field(default=None, description="Highest allowed value, itself allowed.")
    resolution: Line | None = Field(default=None, description="Smallest step the system can tell apart.")

    @property
    def text(self) -> str:
        return self.value if self.unit == "1" else f"{self.value} {self.unit}"


class EnumerationInput(Value):
    """One of a closed set of words."""

    type: Literal["enumeration"]
    value: Line
    values: tuple[Line, ...] = Field(min_length=1, description="All allowed words.")

    @property
    def text(self) -> str:
        return self.value


class RoleInput(Value):
    """A role of system.yaml."""

    type: Literal["role"]
    value: Name

    @property
    def text(self) -> str:
        return self.value


class DurationInput(Value):
    """A length of time: a decimal and a unit of time."""

    type: Literal["duration"]
    value: Line
    unit: Literal["ms", "s", "min", "h", "d"]
    low: Line | None = None
    high: Line | None = None
    resolution: Line | None = None

    @property
    def text(self) -> str:
        return f"{self.value} {self.unit}"


Input = Annotated[DecimalInput | EnumerationInput | RoleInput | DurationInput, Field(discriminator="type")]

# ------------------------------------------------------------------ urs/*.yaml


class Criterion(Grown):
    """An acceptance criterion: a verification pattern with parameters, or given / when / then in words of the step library."""

    id: Name = Field(description="Unique within the requirement, for example ac-1.")
    title: Line
    pattern: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]*@[0-9]+$", description="For example audit-entry@1.")
    parameters: Mapping[str, Parameter] = Field(default_factory=dict)
    given: tuple[Line, ...] = ()
    when: tuple[Line, ...] = ()
    then: tuple[Line, ...] = ()
    technique: Literal["positive", "negative", "boundary"] = Field(
        default="positive", description="Of a given / when / then criterion; a pattern brings its own."
    )
    inputs: Mapping[Name, Input] = later({}, "Typed values; a step names one as {name}.")


class Covered(Value):
    """How a requirement is met when it is not met by a test of the software."""

    by: Line = Field(description="The document, supplier record or decision that stands for the test.")
    reason: Text
    document: str | None = Field(default=None, description="File under requirements_specs/<system>/, bound by its digest.")


class Drafted(Value):
    """Mark of text a machine wrote. It is approved only after a named person has signed it as its author (RR-AI2)."""

    generator: Line = Field(description="Program or model that wrote the text.")
    version: Line


Verification = Literal["test", "procedure", "vendor-evidence", "inspection", "justification"]
Category = Literal[
    "function", "audit-trail", "e-signature", "access", "data-integrity", "installation", "performance", "procedure"
]
Impact = Literal["patient-safety", "product-quality", "data-integrity"]


class Requirement(Grown):
    """One user requirement."""

    id: Id
    title: Line
    statement: Text = Field(description="One testable statement with one shall.")
    rationale: Text
    category: Category
    clauses: tuple[Line, ...] = Field(default=(), description="Regulation paragraphs, for example 11.10(e) or 21 CFR 211.68(b).")
    gxp: YesNo = Field(description="Whether a failure can touch patient safety, product quality or data integrity.")
    priority: Literal["must", "should", "could"] = Field(
        default="must",
        validation_alias=AliasChoices("priority", "importance"),
        description="Of the requirement for its user; the priority of risks is computed, never typed.",
    )
    phase: Phase
    verification: Verification = "test"
    covered: Covered | None = None
    criteria: tuple[Criterion, ...] = ()
    impact: tuple[Impact, ...] = later((), "What a failure can touch: the GxP impact in words.")
    drafted: Drafted | None = later(None, "Set when a machine wrote this requirement.")
    origin: Line | None = later(None, "Where it was imported from: file and place in it.")
    attributes: Mapping[Line, Text] = later({}, "What an imported file said beside the fields above; carried, never judged.")

    @model_serializer(mode="wrap")
    def _content(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As `Grown`; and what is called priority since 0.2 keeps the name importance in the content that digests bind."""
        content = Grown._content(self, handler)  # noqa: SLF001 - its own base
        return {("importance" if k == "priority" else k): v for k, v in content.items()}


class Urs(Value):
    """urs/*.yaml: user requirements."""

    format: Literal["csvgen.urs/1"]
    requirements: tuple[Requirement, ...]


# ------------------------------------------------------------------ fs/*.yaml


class FunctionalItem(Grown):
    """One function, configuration or design item: what it serves, how it behaves, how it is built and configured."""

    id: Id
    title: Line
    implements: tuple[Id, ...] = Field(
        min_length=1, description="Requirements, or items of the level above, that this item carries further."
    )
    behaviour: Text
    on_error: Text
    configuration: Text
    design: Text
    level: Literal["function", "configuration", "design"] = later("function", "Which specification the item belongs to.")
    drafted: Drafted | None = later(None, "Set when a machine wrote this item.")


class FunctionalSpec(Value):
    """fs/*.yaml: functional, configuration and design specification."""

    format: Literal["csvgen.fs/1"]
    functions: tuple[FunctionalItem, ...]
