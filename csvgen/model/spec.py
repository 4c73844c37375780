"""Spec: what is required of a system, and how much it matters. The first noun of the flow.

Each class below is the content of one kind of file under ``requirements_specs/<system>/`` (its `format` line says which).
They are what `csvgen schema` prints as JSON Schema and what the loader validates against. Nothing in them is computed:
risk class, priority and depth follow from the ratings (`csvgen.risk`), never from a typed value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from csvgen.canonical import Digest, digest
from csvgen.diagnostics import Location
from csvgen.model.base import Id, Level, Line, Name, Phase, Text, Value, Version, YesNo

# ------------------------------------------------------------------ system.yaml


class Classification(Value):
    """Closed or open system, 21 CFR 11.3(b)(4) and (9), 11.30."""

    kind: Literal["closed", "open"] = Field(description="Closed: those responsible for the records control access.")
    reason: Text = Field(description="Who controls access and who is responsible for the content of the records.")


class Component(Value):
    """A part of the system with its GAMP 5 software category."""

    id: Name
    name: Line
    gamp: Literal["1", "3", "4", "5"] = Field(description="GAMP 5 category; category 2 was retired with GAMP 4.")
    reason: Text


class Role(Value):
    """A duty in the validation. Who holds it is recorded with the people, never in the specification."""

    id: Name
    name: Line
    responsibility: Text


class ElectronicRecord(Value):
    """One kind of record the system keeps, with the predicate rule that demands it (21 CFR 11.1(b))."""

    id: Name
    name: Line
    predicate: tuple[Line, ...] = Field(description="Predicate rules, for example 21 CFR 211.194.")
    required: YesNo = Field(description="Whether this is a record required by a predicate rule and kept electronically.")
    reason: Text


class System(Value):
    """system.yaml: identity, intended use, category and records of the system under validation."""

    format: Literal["csvgen.system/1"]
    id: Name = Field(description="Also the name of the folder.")
    name: Line
    version: Version
    prefix: str = Field(pattern=r"^[A-Z][A-Z0-9]{1,9}$", description="Prefix of document ids: QCR gives QCR-URS.")
    organisation: Line
    demonstration: YesNo = Field(
        default="no", description="yes marks every page: demonstration, simulated signatures, not a GxP record."
    )
    intended_use: Text
    classification: Classification
    components: tuple[Component, ...] = Field(min_length=1)
    roles: tuple[Role, ...] = Field(min_length=1)
    records: tuple[ElectronicRecord, ...] = ()
    time_zone: Literal["UTC"] = Field(default="UTC", description="The one zone in which all documents print times.")


# ------------------------------------------------------------------ plan.yaml


class Heading(Value):
    """A titled passage of a document."""

    title: Line
    text: Text


class Exclusion(Value):
    what: Line
    reason: Text


class Deliverable(Value):
    document: Line
    purpose: Line
    decided: Line = Field(description="Why it is, or is not, needed here.")


class Plan(Value):
    """plan.yaml: the validation plan."""

    format: Literal["csvgen.plan/1"]
    purpose: Text
    scope: tuple[Line, ...] = Field(min_length=1)
    out_of_scope: tuple[Exclusion, ...] = ()
    approach: tuple[Heading, ...] = Field(min_length=1)
    deliverables: tuple[Deliverable, ...] = Field(min_length=1)
    acceptance: tuple[Text, ...] = Field(min_length=1)
    training: Text
    maintenance: Text = Field(description="How the validated state is kept: change control, periodic review, re-qualification.")


# ------------------------------------------------------------------ urs/*.yaml

Parameter = str | tuple[str, ...] | tuple[Mapping[str, str], ...] | Mapping[str, str]
"""A parameter of a pattern: text, a list of texts, a table of texts, or named texts. Never a number: see `canonical`."""


class Criterion(Value):
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


class Covered(Value):
    """How a requirement is met when it is not met by a test of the software."""

    by: Line = Field(description="The document, supplier record or decision that stands for the test.")
    reason: Text
    document: str | None = Field(default=None, description="File under requirements_specs/<system>/, bound by its digest.")


Verification = Literal["test", "procedure", "vendor-evidence", "inspection", "justification"]
Category = Literal[
    "function", "audit-trail", "e-signature", "access", "data-integrity", "installation", "performance", "procedure"
]


class Requirement(Value):
    id: Id
    title: Line
    statement: Text = Field(description="One testable statement with one shall.")
    rationale: Text
    category: Category
    clauses: tuple[Line, ...] = Field(default=(), description="Regulation paragraphs, for example 11.10(e) or 21 CFR 211.68(b).")
    gxp: YesNo
    importance: Literal["must", "should"] = "must"
    phase: Phase
    verification: Verification = "test"
    covered: Covered | None = None
    criteria: tuple[Criterion, ...] = ()


class Urs(Value):
    """urs/*.yaml: user requirements."""

    format: Literal["csvgen.urs/1"]
    requirements: tuple[Requirement, ...]


# ------------------------------------------------------------------ fs/*.yaml


class FunctionalItem(Value):
    """One function of the system: which requirements it serves, how it behaves, how it is built and configured."""

    id: Id
    title: Line
    implements: tuple[Id, ...] = Field(min_length=1)
    behaviour: Text
    on_error: Text
    configuration: Text
    design: Text


class FunctionalSpec(Value):
    """fs/*.yaml: functional, configuration and design specification."""

    format: Literal["csvgen.fs/1"]
    functions: tuple[FunctionalItem, ...]


# ------------------------------------------------------------------ risk/*.yaml


class Rating(Value):
    """One rating with the reason for it (ICH Q9(R1): less subjectivity)."""

    rating: Level
    reason: Text


class Residual(Value):
    """Ratings claimed for the state with controls. Claimed until the mitigating tests pass in the run at hand."""

    probability: Rating
    detectability: Rating


class Risk(Value):
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


class RiskAssessment(Value):
    """risk/*.yaml: functional risk assessment."""

    format: Literal["csvgen.risk/1"]
    scheme: Name = Field(description="Name of the risk scheme, for example gamp5-two-step.")
    raters: tuple[Line, ...] = Field(min_length=1, description="Roles that rated.")
    risks: tuple[Risk, ...]


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


class Scenario(Value):
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


# ------------------------------------------------------------------ protocol.yaml

MeaningName = Literal["authored", "reviewed", "approved", "responsible", "issued", "performed", "verified"]
DocumentKind = Literal[
    "plan", "urs", "fs", "risk", "procedure",
    "iq-protocol", "oq-protocol", "pq-protocol", "iq-report", "oq-report", "pq-report",
    "execution-order", "run-record", "deviation", "conditional-release",
]  # fmt: skip


class Station(Value):
    """One signature on the way of a document: which role signs with which meaning."""

    meaning: MeaningName
    role: Name


class Route(Value):
    """The ordered signatures a kind of document needs."""

    title: Line
    stations: tuple[Station, ...] = Field(min_length=1)


class Separation(Value):
    """Two meanings that one person may not sign on the same record, or on the records named."""

    first: MeaningName
    second: MeaningName
    reason: Line


class ProtocolSettings(Value):
    """protocol.yaml: depth policy, routes of approval, separation of duties."""

    format: Literal["csvgen.protocol-settings/1"]
    target: Name = Field(description="The target (see csvgen.toml) the protocols are executed against.")
    depth: Mapping[Level, tuple[Line, ...]] = Field(description="Risk priority -> techniques every script must have.")
    routes: Mapping[DocumentKind, Route]
    separation: tuple[Separation, ...] = Field(min_length=1)


# ------------------------------------------------------------------ the whole


@dataclass(frozen=True, kw_only=True)
class Spec:
    """All of ``requirements_specs/<system>/`` as one value.

    `places` maps ids to their place in the files; it is for messages only and is no part of the digest.
    `files` maps each further file (test data, procedures) to the digest of its bytes.
    """

    system: System
    plan: Plan
    requirements: tuple[Requirement, ...]
    functions: tuple[FunctionalItem, ...]
    scheme: str
    raters: tuple[str, ...]
    risks: tuple[Risk, ...]
    installation: Installation
    environment: str
    scenarios: tuple[Scenario, ...]
    oracles: tuple[Oracle, ...]
    settings: ProtocolSettings
    files: Mapping[str, Digest]
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)

    def parts(self) -> dict[str, Any]:
        """The content a document kind binds: what the plan, URS, FS and risk assessment each say."""
        return {
            "system": self.system,
            "plan": self.plan,
            "urs": self.requirements,
            "fs": self.functions,
            "risk": {"scheme": self.scheme, "raters": self.raters, "risks": self.risks},
            "installation": self.installation,
            "pq": {"environment": self.environment, "scenarios": self.scenarios},
            "oracles": self.oracles,
            "settings": self.settings,
            "files": self.files,
        }

    @cached_property
    def digest(self) -> Digest:
        """SHA-256 over the whole content; comments, order of files and layout do not enter it."""
        return digest(self.parts())

    def part_digest(self, *names: str) -> Digest:
        parts = self.parts()
        return digest({name: parts[name] for name in ("system", *names)})

    @cached_property
    def requirement(self) -> Mapping[str, Requirement]:
        return {r.id: r for r in self.requirements}

    @cached_property
    def risk(self) -> Mapping[str, Risk]:
        return {r.id: r for r in self.risks}

    @cached_property
    def oracle(self) -> Mapping[str, Oracle]:
        return {o.id: o for o in self.oracles}

    def risks_of(self, requirement_id: str) -> tuple[Risk, ...]:
        return tuple(r for r in self.risks if requirement_id in r.requirements)

    def place(self, key: str) -> Location:
        return self.places.get(key, Location())
