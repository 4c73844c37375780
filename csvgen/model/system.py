"""system.yaml and suppliers.yaml: what the system is, what it is for, who answers for it, and who delivers its parts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from csvgen.model.base import Grown, Line, Name, Text, Value, Version, YesNo, later

# ------------------------------------------------------------------ system.yaml

Language = Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
"""Short name of a language (ISO 639-1)."""


class Measure(Value):
    """One of the measures of 21 CFR 11.30 for records on their way through hands that are not ours."""

    name: Literal["encryption", "digital-signature", "other"] = Field(
        description="Which measure (21 CFR 11.30 names document encryption and digital signature standards).",
        examples=["encryption", "digital-signature"],
    )
    used: YesNo = Field(description="Whether it is used. Write it in quotes.", examples=["yes", "no"])
    reason: Text = Field(
        description="How it is used, or why it is not needed.",
        examples=[
            "Records leave and come back as a hand-over; its digest is told by telephone.",
            "Nothing in the records has to be kept from the carrier.",
        ],
    )


class Classification(Grown):
    """Closed or open system, 21 CFR 11.3(b)(4) and (9), 11.30."""

    kind: Literal["closed", "open"] = Field(
        description="Closed when those responsible for the records also control access to the system; otherwise open (21 CFR 11.3(b)(4), (9)).",
        examples=["closed", "open"],
    )
    reason: Text = Field(
        description="Who controls access and who is responsible for the content of the records. An open system also needs the measures of 21 CFR 11.30.",
        examples=[
            "The administrator of the QC department controls access; the head of QC is responsible for the records.",
            "The provider gives access, so the records are encrypted and signed on their way.",
        ],
    )
    measures: tuple[Measure, ...] = later(
        (), "For an open system: each measure of 21 CFR 11.30, used or not needed, with the reason. None may be left out."
    )


class CodeReview(Value):
    """A review of the source of a part that was written for this purpose."""

    revision: Line = Field(
        description="Which revision of the source was reviewed: version, tag or commit.", examples=["1.4.0", "commit 3f2c9e1"]
    )
    by: Name = Field(
        description="Id of the role that reviewed; nobody reviews what they wrote.", examples=["reviewer", "system-owner"]
    )
    on: str = Field(
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="Day on which the review ended: year-month-day.",
        examples=["2025-02-14", "2024-12-01"],
    )
    standard: Line = Field(
        description="What it was reviewed against: the coding standard, the checklist.",
        examples=["Coding standard CS-04", "Checklist in procedures/SOP-12.md"],
    )
    outcome: Literal["accepted", "accepted-with-findings", "rejected"] = Field(
        description="What the review concluded.", examples=["accepted", "accepted-with-findings"]
    )
    findings: tuple[Text, ...] = Field(
        default=(),
        description="What was found, each with what became of it.",
        examples=[["A rounding in the wrong place; mended in 1.4.1."]],
    )
    reference: Line = Field(description="Where the record of the review is kept.", examples=["Merge request 218", "CR-2025-07"])


class Component(Grown):
    """A part of the system with its GAMP 5 software category."""

    id: Name = Field(
        description="Short name of this part, unique in the system. Suppliers, the data flow and the installation refer to it.",
        examples=["chromatography", "records-store"],
    )
    name: Line = Field(description="What people call this part.", examples=["Chromatography data system", "Records store"])
    gamp: Literal["1", "3", "4", "5"] = Field(
        description="GAMP 5 software category: 1 infrastructure, 3 used as delivered, 4 configured, 5 written for this purpose. Category 2 is no longer used.",
        examples=["4", "5", "3", "1"],
    )
    reason: Text = Field(
        description="Why it is of this category.",
        examples=["Standard product; workflows and limits are configured by the site.", "Written for this process."],
    )
    version: Version | None = later(None, "Version of this part, where it has one of its own.", examples=["3.2.1", "2024-R2"])
    supplier: Name | None = later(
        None,
        "Id of its supplier in suppliers.yaml. Leave it out when the part is made in house.",
        examples=["acme-software", "cloud-host"],
    )
    complexity: Literal["low", "medium", "high"] | None = later(
        None, "How complex it is. Which documents are proposed follows from it among others.", examples=["low", "high"]
    )
    novelty: Literal["proven", "new"] | None = later(
        None, "Whether it is proven in use like this one, or new to the organisation or the market.", examples=["proven", "new"]
    )
    review: CodeReview | None = later(
        None, "For a part that was written for this purpose: the review of its source. The design specification prints it."
    )


class Role(Value):
    """A duty in the validation. Who holds it is recorded with the people, never in the specification."""

    id: Name = Field(
        description="Short name of the duty; routes of approval and stations refer to it.",
        examples=["validation-lead", "quality"],
    )
    name: Line = Field(description="The duty as documents print it.", examples=["Validation lead", "Quality unit"])
    responsibility: Text = Field(
        description="What this duty answers for. Who holds it is kept with the people and never written here.",
        examples=["Writes plan, specifications, risk assessment, protocols and reports.", "Approves documents and dispositions."],
    )


class Environment(Value):
    """A place where the system runs, and how it is like the place where patients depend on it."""

    id: Name = Field(description="Short name of the environment.", examples=["validation", "production"])
    name: Line = Field(description="What people call it.", examples=["Validation instance", "Production"])
    purpose: Line = Field(
        description="What is done there: development, validation, production and the like.",
        examples=["Execution of the protocols", "Routine release testing"],
    )
    likeness: Text = Field(
        description="How it is, and is not, like production. Results from an environment count only as far as this holds.",
        examples=[
            "Same release, configuration and operating system; half the memory; test accounts only.",
            "This is production.",
        ],
    )


class ElectronicRecord(Grown):
    """One kind of record the system keeps, with the predicate rule that demands it (21 CFR 11.1(b))."""

    id: Name = Field(
        description="Short name of the kind of record; the data flow refers to it.", examples=["raw-file", "audit-trail"]
    )
    name: Line = Field(description="What people call this kind of record.", examples=["Instrument file", "Audit trail"])
    predicate: tuple[Line, ...] = Field(
        description="The predicate rules that demand the record. An empty list says that none does.",
        examples=[["21 CFR 211.68(b)", "21 CFR 211.188"]],
    )
    required: YesNo = Field(
        description="yes when a predicate rule demands the record and it is kept electronically, so that Part 11 applies (21 CFR 11.1(b)).",
        examples=["yes", "no"],
    )
    reason: Text = Field(
        description="Why the record is, or is not, one that Part 11 applies to.",
        examples=["The file is the original record and is kept in place of paper.", "A technical log that no rule asks for."],
    )
    retention: Line | None = later(
        None,
        "How long it is kept, and from when the time counts (21 CFR 11.10(c), 211.180).",
        examples=["One year after the expiry date of the batch", "10 years from the decision on the lot"],
    )


Stage = Literal["creation", "processing", "storage"]


class FlowNode(Value):
    """A place in the life of records: where they come into being, are worked on, or lie (Annex 11, clause 4.3)."""

    id: Name = Field(description="Short name of the place; flows refer to it.", examples=["balance", "archive"])
    name: Line = Field(description="What people call the place.", examples=["Balance in room 12", "Archive of the site"])
    stages: tuple[Stage, ...] = Field(
        min_length=1,
        description="What happens to records here: they come into being, are worked on, or lie (creation, processing, storage).",
        examples=[["processing", "storage"]],
    )
    records: tuple[Name, ...] = Field(
        min_length=1, description="Ids of the records of system.yaml that are found here.", examples=[["result", "audit-trail"]]
    )
    component: Name | None = Field(
        default=None,
        description="Id of the component this place belongs to. Leave it out for a place outside the system.",
        examples=["records-store", "chromatography"],
    )


class Flow(Value):
    """Records going from one node to another."""

    source: Name = Field(description="Id of the node the records leave.", examples=["balance", "plate-reader"])
    target: Name = Field(description="Id of the node the records reach.", examples=["archive", "records-store"])
    records: tuple[Name, ...] = Field(
        min_length=1, description="Ids of the records that go this way.", examples=[["result", "audit-trail"]]
    )
    how: Line = Field(
        description="How they travel: interface, file transfer, by hand. What travels by hand needs a check of its own.",
        examples=["File copied to a watched folder, compared by SHA-256", "Typed by the analyst, checked by a second person"],
    )


class DataFlow(Value):
    """The data-flow diagram as data; documents draw it."""

    nodes: tuple[FlowNode, ...] = Field(
        min_length=1, description="The places where records come into being, are worked on, or lie."
    )
    flows: tuple[Flow, ...] = Field(default=(), description="The ways of the records between those places.")


class System(Grown):
    """system.yaml: identity, intended use, category and records of the system under validation."""

    format: Literal["csvgen.system/1"] = Field(
        description="Says that this file is system.yaml, and which edition of its form.", examples=["csvgen.system/1"]
    )
    id: Name = Field(
        description="Short name of the system: lower-case letters, digits and hyphens. It is also the name of the folder.",
        examples=["qc-release", "lims"],
    )
    name: Line = Field(
        description="Name of the system as documents print it.",
        examples=["QC Release Pipeline", "Laboratory information management system"],
    )
    version: Version = Field(
        description="Version of the system that is validated. Quotes are good style; 1.10 stays 1.10 without them too.",
        examples=["1.0.0", "2024.1"],
    )
    prefix: str = Field(
        pattern=r"^[A-Z][A-Z0-9]{1,9}$",
        description="Beginning of the ids of all documents: QCR gives QCR-URS. Two to ten capital letters or digits, a letter first.",
        examples=["QCR", "LIMS1"],
    )
    organisation: Line = Field(
        description="The organisation that answers for the system.",
        examples=["Example Pharma (fictitious)", "Sample Biologics Ltd (fictitious)"],
    )
    demonstration: YesNo = Field(
        default="no",
        description="yes marks every page: demonstration, simulated signatures, not a GxP record.",
        examples=["no", "yes"],
    )
    intended_use: Text = Field(
        description="What the system is used for, by whom, for which decisions, and what a failure could lead to. Validation is for this use (21 CFR 11.10(a)).",
        examples=[
            "Computes potency and impurities of a lot and holds the release decision; a wrong result could release a lot outside its specification.",
            "Keeps the training records of the site; a lost record could let an untrained person work.",
        ],
    )
    classification: Classification = Field(description="Closed or open system, with the reason.")
    components: tuple[Component, ...] = Field(min_length=1, description="The parts of the system, each with its GAMP 5 category.")
    roles: tuple[Role, ...] = Field(
        min_length=1, description="The duties in this validation. People are never named in a specification."
    )
    records: tuple[ElectronicRecord, ...] = Field(
        default=(), description="The kinds of electronic records the system keeps, with the rule that demands each."
    )
    time_zone: Literal["UTC"] = Field(
        default="UTC", description="The one zone in which all documents print times.", examples=["UTC"]
    )
    owner: Name | None = later(
        None,
        "Id of the role of the system owner: availability, support and security of the system.",
        examples=["system-owner", "laboratory-it"],
    )
    process_owner: Name | None = later(
        None,
        "Id of the role of the process owner, who accepts residual risk together with quality.",
        examples=["process-owner", "head-of-qc"],
    )
    quality: Name | None = later(
        None,
        "Id of the role of the quality unit, which decides independently of both owners.",
        examples=["quality", "quality-unit"],
    )
    language: Language = later(
        "en",
        "Language of the fixed words in the documents: headings, heads of tables, sentences of csvgen. What the specification says stays as it is "
        "written. en and de ship with csvgen; another one is a wording file of the project.",
        examples=["en", "de"],
    )
    environments: tuple[Environment, ...] = later((), "Where the system runs, and how like production each place is.")
    data_flow: DataFlow | None = later(
        None, "How records come into being, are processed and stored (Annex 11, clause 4.3). Documents draw it."
    )


# ------------------------------------------------------------------ suppliers.yaml


class Supplier(Value):
    """Who delivers a component or a service, and how far that delivery was judged (Annex 11, clause 3)."""

    id: Name = Field(description="Short name of the supplier; components refer to it.", examples=["acme-software", "cloud-host"])
    name: Line = Field(description="Name of the company or project.", examples=["Acme Software (fictitious)", "SQLite project"])
    delivers: tuple[Name, ...] = Field(
        min_length=1, description="Ids of the components it delivers.", examples=[["records-store", "backup"]]
    )
    assessed_by: Literal["audit", "questionnaire", "certificate", "public-evidence", "none"] = Field(
        description="How the supplier was assessed (Annex 11, clause 3).", examples=["audit", "questionnaire"]
    )
    assessed_on: str | None = Field(
        default=None,
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="Day of the assessment: year-month-day.",
        examples=["2025-03-31", "2024-11-04"],
    )
    outcome: Literal["accepted", "accepted-with-conditions", "rejected", "open"] = Field(
        description="What the assessment concluded.", examples=["accepted", "accepted-with-conditions"]
    )
    conditions: tuple[Text, ...] = Field(
        default=(),
        description="What the user has to keep in mind or to do because of the outcome.",
        examples=[["Repeat the questionnaire every two years.", "Test restore of backups ourselves."]],
    )
    reason: Text = Field(
        description="Why this kind of assessment is enough for this delivery.",
        examples=[
            "Category 4 with high risk: an audit on site.",
            "Used as delivered in millions of installations; its tests are public.",
        ],
    )
    agreement: Line | None = Field(
        default=None,
        description="Quality or service agreement in force (Annex 11, clause 3.1).",
        examples=["QAA-2024-017", "Service contract SC-88, edition 3"],
    )
    document: str | None = Field(
        default=None,
        description="File under requirements_specs/<system>/ that records the assessment; it is bound by its digest.",
        examples=["procedures/supplier-audit-acme.pdf", "data/questionnaire-host.pdf"],
    )


class Suppliers(Value):
    """suppliers.yaml: suppliers and their assessment."""

    format: Literal["csvgen.suppliers/1"] = Field(
        description="Says that this file is suppliers.yaml, and which edition of its form.", examples=["csvgen.suppliers/1"]
    )
    suppliers: tuple[Supplier, ...] = Field(min_length=1, description="The suppliers and what their assessment concluded.")
