"""system.yaml, plan.yaml and suppliers.yaml: what the system is, what it is for, who answers for it, and how it is validated."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from csvgen.model.base import Grown, Line, Name, Text, Value, Version, YesNo, later

# ------------------------------------------------------------------ system.yaml


class Classification(Value):
    """Closed or open system, 21 CFR 11.3(b)(4) and (9), 11.30."""

    kind: Literal["closed", "open"] = Field(description="Closed: those responsible for the records control access.")
    reason: Text = Field(description="Who controls access and who is responsible for the content of the records.")


class Component(Grown):
    """A part of the system with its GAMP 5 software category."""

    id: Name
    name: Line
    gamp: Literal["1", "3", "4", "5"] = Field(description="GAMP 5 category; category 2 was retired with GAMP 4.")
    reason: Text
    version: Version | None = later(None, "Version of this component, where it has one of its own.")
    supplier: Name | None = later(None, "Id of its supplier in suppliers.yaml; left out when made in house.")


class Role(Value):
    """A duty in the validation. Who holds it is recorded with the people, never in the specification."""

    id: Name
    name: Line
    responsibility: Text


class Environment(Value):
    """A place where the system runs, and how it is like the place where patients depend on it."""

    id: Name
    name: Line
    purpose: Line = Field(description="What is done there: development, validation, production, ...")
    likeness: Text = Field(description="How it is, and is not, like production.")


class ElectronicRecord(Grown):
    """One kind of record the system keeps, with the predicate rule that demands it (21 CFR 11.1(b))."""

    id: Name
    name: Line
    predicate: tuple[Line, ...] = Field(description="Predicate rules, for example 21 CFR 211.194.")
    required: YesNo = Field(description="Whether this is a record required by a predicate rule and kept electronically.")
    reason: Text
    retention: Line | None = later(None, "How long it is kept, and from when the time counts.")


Stage = Literal["creation", "processing", "storage"]


class FlowNode(Value):
    """A place in the life of records: where they come into being, are worked on, or lie (Annex 11, clause 4.3)."""

    id: Name
    name: Line
    stages: tuple[Stage, ...] = Field(min_length=1, description="What happens to records here.")
    records: tuple[Name, ...] = Field(min_length=1, description="Ids of the records concerned.")
    component: Name | None = Field(default=None, description="Id of the component; left out for a place outside the system.")


class Flow(Value):
    """Records going from one node to another."""

    source: Name
    target: Name
    records: tuple[Name, ...] = Field(min_length=1)
    how: Line = Field(description="Interface, file transfer, by hand, ...")


class DataFlow(Value):
    """The data-flow diagram as data; documents draw it."""

    nodes: tuple[FlowNode, ...] = Field(min_length=1)
    flows: tuple[Flow, ...] = ()


class System(Grown):
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
    owner: Name | None = later(None, "Role of the system owner: availability, support and security of the system.")
    process_owner: Name | None = later(None, "Role of the process owner, who accepts residual risk together with quality.")
    quality: Name | None = later(None, "Role of the quality unit.")
    environments: tuple[Environment, ...] = later((), "Where the system runs.")
    data_flow: DataFlow | None = later(None, "How records come into being, are processed and stored.")


# ------------------------------------------------------------------ suppliers.yaml


class Supplier(Value):
    """Who delivers a component or a service, and how far that delivery was judged (Annex 11, clause 3)."""

    id: Name
    name: Line
    delivers: tuple[Name, ...] = Field(min_length=1, description="Ids of the components delivered.")
    assessed_by: Literal["audit", "questionnaire", "certificate", "public-evidence", "none"] = Field(
        description="How the supplier was assessed."
    )
    assessed_on: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="Day of the assessment.")
    outcome: Literal["accepted", "accepted-with-conditions", "rejected", "open"] = Field(
        description="What the assessment concluded."
    )
    conditions: tuple[Text, ...] = Field(default=(), description="What has to be kept in mind or done by the user.")
    reason: Text = Field(description="Why this kind of assessment is enough for this delivery.")
    agreement: Line | None = Field(default=None, description="Quality or service agreement in force.")
    document: str | None = Field(default=None, description="File under requirements_specs/<system>/, bound by its digest.")


class Suppliers(Value):
    """suppliers.yaml: suppliers and their assessment."""

    format: Literal["csvgen.suppliers/1"]
    suppliers: tuple[Supplier, ...] = Field(min_length=1)


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
