"""urs/*.yaml and fs/*.yaml: user requirements with acceptance criteria, and the levels between a requirement and its test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SerializerFunctionWrapHandler, model_serializer

from csvgen.model.base import Asked, Grown, Id, Line, Name, Phase, Text, Value, YesNo, later

Parameter = str | tuple[str, ...] | tuple[Mapping[str, str], ...] | Mapping[str, str]
"""A parameter of a pattern: text, a list of texts, a table of texts, or named texts. Never a number: see `canonical`."""

# ------------------------------------------------------------------ typed values of given / when / then


class DecimalInput(Value):
    """A measured or set value. All figures are decimal text, as written: 1.10 is not 1.1."""

    type: Literal["decimal"] = Field(description="Kind of the value: decimal.", examples=["decimal"])
    value: Line = Field(description="The value that stands in the step, as written.", examples=["1.10", "37.0"])
    unit: Line = Field(description="Unit from the closed list; 1 for a number without one.", examples=["mg", "1"])
    low: Line | None = Field(default=None, description="Lowest allowed value, itself allowed.", examples=["0.90", "36.0"])
    high: Line | None = Field(default=None, description="Highest allowed value, itself allowed.", examples=["1.20", "38.0"])
    resolution: Line | None = Field(
        default=None,
        description="Smallest step the system can tell apart; boundary tests go one step beyond the limits.",
        examples=["0.01", "1"],
    )

    @property
    def text(self) -> str:
        return self.value if self.unit == "1" else f"{self.value} {self.unit}"


class EnumerationInput(Value):
    """One of a closed set of words."""

    type: Literal["enumeration"] = Field(description="Kind of the value: enumeration.", examples=["enumeration"])
    value: Line = Field(description="The word that stands in the step.", examples=["released", "blue"])
    values: tuple[Line, ...] = Field(min_length=1, description="All allowed words.", examples=[["red", "blue", "green"]])

    @property
    def text(self) -> str:
        return self.value


class RoleInput(Value):
    """A role of system.yaml."""

    type: Literal["role"] = Field(description="Kind of the value: role.", examples=["role"])
    value: Name = Field(description="Id of a role of the system under validation.", examples=["analyst", "reviewer"])

    @property
    def text(self) -> str:
        return self.value


class DurationInput(Value):
    """A length of time: a decimal and a unit of time."""

    type: Literal["duration"] = Field(description="Kind of the value: duration.", examples=["duration"])
    value: Line = Field(description="The length of time that stands in the step, as written.", examples=["15", "0.5"])
    unit: Literal["ms", "s", "min", "h", "d"] = Field(
        description="Unit of time: milliseconds, seconds, minutes, hours or days.", examples=["min", "s"]
    )
    low: Line | None = Field(default=None, description="Shortest allowed time, itself allowed.", examples=["1", "0.1"])
    high: Line | None = Field(default=None, description="Longest allowed time, itself allowed.", examples=["30", "2.5"])
    resolution: Line | None = Field(default=None, description="Smallest step the system can tell apart.", examples=["1", "0.1"])

    @property
    def text(self) -> str:
        return f"{self.value} {self.unit}"


Input = Annotated[DecimalInput | EnumerationInput | RoleInput | DurationInput, Field(discriminator="type")]

# ------------------------------------------------------------------ urs/*.yaml


class Criterion(Grown):
    """An acceptance criterion: a verification pattern with parameters, or given / when / then in words of the step library."""

    id: Name = Field(description="Name of the criterion, unique within the requirement.", examples=["ac-1", "ac-2"])
    title: Line = Field(
        description="What this criterion shows, in a few words.",
        examples=["Registered and unaltered", "A second processing is refused"],
    )
    pattern: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9-]*@[0-9]+$",
        description="Verification pattern and version; csvgen explain PATTERN tells what it shows and takes. Leave it out to write given, when, then.",
        examples=["audit-entry@1", "lock-out@1"],
    )
    parameters: Mapping[str, Parameter] = Field(
        default_factory=dict,
        description="What the pattern asks to be told, by name: a text, a list, or a table.",
        examples=[{"file": "gen5-bca-plate.txt", "sample": "SPL1", "instrument": "PR-001"}],
    )
    given: tuple[Line, ...] = Field(
        default=(),
        description="State before the act, one step a line, in words of the step library.",
        examples=[['the "analyst" is logged in', 'lot "LOT-A" is in the state "processed"']],
    )
    when: tuple[Line, ...] = Field(
        default=(), description="The act that is tested.", examples=[['the "analyst" processes lot "LOT-A"']]
    )
    then: tuple[Line, ...] = Field(
        default=(),
        description="What must be observed. A criterion without it shows nothing.",
        examples=[['lot "LOT-A" is in the state "reviewed"']],
    )
    technique: Asked = Field(
        default="positive",
        description="Of a given / when / then criterion: positive, negative (the wrong is refused), boundary (at a limit) or another "
        "technique of the depth policy. A pattern brings its own.",
        examples=["negative", "boundary"],
    )
    inputs: Mapping[Name, Input] = later(
        {},
        "Typed values; a step names one as {name}.",
        examples=[{"amount": {"type": "decimal", "value": "1.10", "unit": "mg", "low": "0.90", "high": "1.20"}}],
    )

    def spoken(self, part: Literal["given", "when", "then"]) -> tuple[str, ...]:
        """The lines of a part with the typed values put in where {name} stands; a name that is no input stays as it is."""
        lines: tuple[str, ...] = getattr(self, part)
        return tuple(_INPUT.sub(lambda m: self.inputs[m[1]].text if m[1] in self.inputs else m[0], line) for line in lines)


_INPUT = re.compile(r"\{([a-z][a-z0-9.-]{0,63})\}")


class Covered(Value):
    """How a requirement is met when it is not met by a test of the software."""

    by: Line = Field(
        description="The document, supplier record or decision that stands for the test.",
        examples=["SOP-QC-014 Electronic signatures", "Audit report of Acme Software (fictitious)"],
    )
    reason: Text = Field(
        description="Why that is enough.",
        examples=[
            "Identity is verified by people before an account exists; software cannot do it.",
            "The supplier tests this function for every release, and the audit saw the records.",
        ],
    )
    document: str | None = Field(
        default=None,
        description="File under requirements_specs/<system>/ that shows it; it is bound by its digest.",
        examples=["procedures/SOP-QC-014.md", "procedures/audit-acme.pdf"],
    )


class Drafted(Value):
    """Mark of text a machine wrote. It is approved only after a named person has signed it as its author (RR-AI2)."""

    generator: Line = Field(
        description="Program or model that wrote the text.", examples=["example-model", "requirements-assistant"]
    )
    version: Line = Field(description="Its version, so that the text can be traced to what made it.", examples=["2025-06", "3.1"])


Verification = Literal["test", "procedure", "vendor-evidence", "inspection", "justification"]
Category = Literal[
    "function", "audit-trail", "e-signature", "access", "data-integrity", "installation", "performance", "procedure"
]
Impact = Literal["patient-safety", "product-quality", "data-integrity"]


class Requirement(Grown):
    """One user requirement."""

    id: Id = Field(
        description="Permanent id: capital letters and digits joined by hyphens, beginning with URS-. Never given again to another requirement.",
        examples=["URS-QC-001", "URS-LIMS-014"],
    )
    title: Line = Field(
        description="The requirement in a few words.", examples=["Registration of instrument files", "Lock after failed log-ins"]
    )
    statement: Text = Field(
        description="One testable statement with one shall.",
        examples=[
            "The system shall lock an account after three failed log-ins in a row.",
            "The system shall keep every instrument file unaltered.",
        ],
    )
    rationale: Text = Field(
        description="Why the user needs it: what goes wrong without it. Reviewers and risk raters start from here.",
        examples=[
            "The file is the original record; a result is only as trustworthy as the file.",
            "A guessed password lets somebody act in the name of another.",
        ],
    )
    category: Category = Field(
        description="What kind of requirement it is. It decides which clauses are looked for and which patterns fit.",
        examples=["audit-trail", "function"],
    )
    clauses: tuple[Line, ...] = Field(
        default=(),
        description="Paragraphs of regulations this requirement answers, as precise as the paragraph goes. csvgen suggests some.",
        examples=[["21 CFR 211.68(b)", "11.10(a)"]],
    )
    gxp: YesNo = Field(
        description="yes when a failure can touch patient safety, product quality or data integrity.", examples=["yes", "no"]
    )
    priority: Literal["must", "should", "could"] = Field(
        default="must",
        validation_alias=AliasChoices("priority", "importance"),
        json_schema_extra={"x-formerly": "importance"},
        description="How much the user needs it: must, should, could. The priority of risks is computed and never typed.",
        examples=["must", "should"],
    )
    phase: Phase = Field(
        description="Where it is shown: IQ it is installed right, OQ it works as specified, PQ it does the daily work.",
        examples=["OQ", "PQ"],
    )
    verification: Verification = Field(
        default="test",
        description="How it is shown. Anything but test needs covered, with a reason.",
        examples=["test", "procedure"],
    )
    covered: Covered | None = Field(default=None, description="What stands for the test, when verification is not test.")
    criteria: tuple[Criterion, ...] = Field(
        default=(), description="Acceptance criteria. A requirement verified by test without any is a gap row in the matrix."
    )
    impact: tuple[Impact, ...] = later(
        (), "What a failure can touch: the GxP impact in words.", examples=[["patient-safety", "data-integrity"]]
    )
    drafted: Drafted | None = later(
        None, "Set when a machine wrote this requirement. A named person has to sign it as its author."
    )
    origin: Line | None = later(
        None,
        "Where it was imported from: file and place in it.",
        examples=["urs-v3.docx, table 2, row 14", "requirements.xlsx, sheet URS, row 8"],
    )
    attributes: Mapping[Line, Text] = later(
        {},
        "What an imported file said beside the fields above; carried along, never judged.",
        examples=[{"Owner": "QC", "Old number": "3.2.1"}],
    )

    @model_serializer(mode="wrap")
    def _content(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As `Grown`; and what is called priority since 0.2 keeps the name importance in the content that digests bind."""
        content = Grown._content(self, handler)  # noqa: SLF001 - its own base
        return {("importance" if k == "priority" else k): v for k, v in content.items()}


class Urs(Value):
    """urs/*.yaml: user requirements."""

    format: Literal["csvgen.urs/1"] = Field(
        description="Says that this file holds user requirements, and which edition of the form.", examples=["csvgen.urs/1"]
    )
    requirements: tuple[Requirement, ...] = Field(description="The user requirements (Annex 11, clause 4.4).")


# ------------------------------------------------------------------ fs/*.yaml


class FunctionalItem(Grown):
    """One function, configuration or design item: what it serves, how it behaves, how it is built and configured."""

    id: Id = Field(description="Permanent id, beginning with FS-.", examples=["FS-QC-01", "FS-QC-02"])
    title: Line = Field(description="The item in a few words.", examples=["Ingest of files", "Password rules"])
    implements: tuple[Id, ...] = Field(
        min_length=1,
        description="Ids of the requirements, or of items of the level above, that this item carries further.",
        examples=[["URS-QC-008", "URS-QC-009"]],
    )
    behaviour: Text = Field(
        description="What the system does when all is well.",
        examples=[
            "A file is read whole, its SHA-256 is computed, and both are stored before anything is computed.",
            "Three failed log-ins in a row lock the account until an administrator opens it.",
        ],
    )
    on_error: Text = Field(
        description="What it does when something is wrong.",
        examples=[
            "A file that cannot be read is refused with its line; nothing is stored.",
            "A wrong log-in is answered the same way whether the account exists or not.",
        ],
    )
    configuration: Text = Field(
        description="Which settings change it, and who may set them.",
        examples=[
            "Registered instruments are configuration records.",
            "The number of failures is set by the administrator, with a reason.",
        ],
    )
    design: Text = Field(
        description="How it is built, as far as testing or reviewing needs to know.",
        examples=[
            "Files are written once and named by their digest.",
            "A counter beside the account, changed in the same transaction as the log-in.",
        ],
    )
    level: Literal["function", "configuration", "design"] = later(
        "function",
        "Which specification the item belongs to: function, configuration or design.",
        examples=["function", "configuration"],
    )
    drafted: Drafted | None = later(None, "Set when a machine wrote this item. A named person has to sign it as its author.")


class FunctionalSpec(Value):
    """fs/*.yaml: functional, configuration and design specification."""

    format: Literal["csvgen.fs/1"] = Field(
        description="Says that this file holds functional, configuration or design items, and which edition of the form.",
        examples=["csvgen.fs/1"],
    )
    functions: tuple[FunctionalItem, ...] = Field(description="The items between a requirement and its test.")
