"""protocol.yaml and suppressions.yaml: how deep, by whom, and which findings were set aside for what reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from csvgen.model.base import Grown, Level, Line, Name, Text, Value, later

MeaningName = Literal["authored", "reviewed", "approved", "responsible", "issued", "performed", "verified"]
DocumentKind = Literal[
    "plan", "urs", "fs", "risk", "procedure",
    "iq-protocol", "oq-protocol", "pq-protocol", "iq-report", "oq-report", "pq-report",
    "execution-order", "run-record", "deviation", "conditional-release",
    "trail-review", "handwritten", "imported-evidence",
    "system-description", "supplier-assessment", "design-specification", "configuration-baseline", "training-log", "deviation-log",
    "evidence-index", "traceability-matrix", "regulatory-assessment", "validation-summary", "release-certificate",
]  # fmt: skip
TITLES: Mapping[DocumentKind, str] = {
    "system-description": "System Description",
    "supplier-assessment": "Supplier Assessment",
    "design-specification": "Configuration and Design Specification",
    "configuration-baseline": "Configuration Baseline",
    "training-log": "Training and Signature Log",
    "deviation-log": "Deviation Log",
    "evidence-index": "Evidence Index",
    "traceability-matrix": "Traceability Matrix",
    "regulatory-assessment": "Part 11 and Annex 11 Assessment",
    "validation-summary": "Validation Summary Report",
    "release-certificate": "Release Certificate",
}
"""Composed documents that came later, in the order of a validation, each with its title where a project names no route for it."""
OWN_ROUTE: tuple[DocumentKind, ...] = ("trail-review", "handwritten", "imported-evidence", *TITLES)
"""Kinds that came later: a project that names no route for them has the one of `ProtocolSettings.route`."""


class Station(Grown):
    """One signature on the way of a document: which role signs with which meaning."""

    meaning: MeaningName = Field(description="What the signature says (21 CFR 11.50(a)(3)).", examples=["authored", "approved"])
    role: Name = Field(description="Id of the role of system.yaml that signs here.", examples=["validation-lead", "quality"])
    by: Literal["electronic", "paper"] = later(
        "electronic",
        "paper: this person signs on a printed copy; a scan is registered and compared by a second person (21 CFR 11.70).",
        examples=["electronic", "paper"],
    )


class Route(Value):
    """The ordered signatures a kind of document needs."""

    title: Line = Field(description="Title of the document on its first page.", examples=["Validation Plan", "Risk Assessment"])
    stations: tuple[Station, ...] = Field(
        min_length=1, description="The signatures the document needs, in their order (21 CFR 11.10(f))."
    )


class Separation(Value):
    """Two meanings that one person may not sign on the same record, or on the records named."""

    first: MeaningName = Field(description="The one meaning.", examples=["authored", "performed"])
    second: MeaningName = Field(
        description="The other meaning, which the same person may not sign on the same record.", examples=["approved", "reviewed"]
    )
    reason: Line = Field(
        description="Why the two are kept apart.",
        examples=["Nobody approves their own work.", "A second person reviews the executed record."],
    )


class ProtocolSettings(Grown):
    """protocol.yaml: routes of approval, separation of duties; and the depth policy in its first form."""

    format: Literal["csvgen.protocol-settings/1"] = Field(
        description="Says that this file is protocol.yaml, and which edition of its form.",
        examples=["csvgen.protocol-settings/1"],
    )
    target: Name = Field(
        description="Name of the target in csvgen.toml the protocols are executed against.", examples=["validation", "staging"]
    )
    depth: Mapping[Level, tuple[Line, ...]] = later(
        {},
        "The first form of a depth policy: for each priority of risk, the techniques and nothing else. depth.yaml says more; without "
        "either the policy that comes with csvgen holds.",
        examples=[{"low": ["positive"], "medium": ["positive", "negative"], "high": ["positive", "negative", "boundary"]}],
    )
    routes: Mapping[DocumentKind, Route] = Field(description="For each kind of document, the signatures it needs.")
    separation: tuple[Separation, ...] = Field(
        min_length=1, description="Pairs of meanings one person may not sign both (segregation of duties)."
    )
    templates: Mapping[DocumentKind, Line] = later(
        {},
        "For a kind of document, the file under templates/documents/ that is used instead of the usual one.",
        examples=[{"plan": "site-plan.md.j2", "urs": "site-urs.md.j2"}],
    )

    def route(self, kind: DocumentKind) -> Route:
        """The route of a kind of document; where none is named for a kind that came later, that of the plan, or to whoever approves it."""
        if kind in self.routes or kind not in OWN_ROUTE:
            return self.routes[kind]
        if kind in TITLES:
            return Route(title=TITLES[kind], stations=self.routes["plan"].stations)
        last = self.routes["plan"].stations[-1].role
        if kind == "imported-evidence":
            return Route(title="Acceptance of Imported Evidence", stations=(Station(meaning="approved", role=last),))
        if kind == "handwritten":
            return Route(title="Handwritten Signature", stations=(Station(meaning="verified", role=last),))
        return Route(title="Review of the Audit Trail", stations=(Station(meaning="reviewed", role=last),))


# ------------------------------------------------------------------ suppressions.yaml


class Suppression(Value):
    """A finding somebody decided to live with, and why. Only warnings can be set aside; errors cannot."""

    rule: str = Field(
        pattern=r"^[A-Z]{3}\d{3}$",
        description="Code of the rule whose finding is set aside. csvgen explain CODE says what it asks for.",
        examples=["URS112", "RSK204"],
    )
    id: Line = Field(
        description="Id the finding is about; a criterion is named with its requirement.",
        examples=["URS-QC-001", "URS-QC-001/ac-1"],
    )
    reason: Text = Field(
        description="Why it can be lived with. It is printed in the documents.",
        examples=["The wording is fixed by contract.", "Accepted by the process owner on 2025-03-31, memo QA-118."],
    )


class Suppressions(Value):
    """suppressions.yaml: findings set aside."""

    format: Literal["csvgen.suppressions/1"] = Field(
        description="Says that this file is suppressions.yaml, and which edition of its form.", examples=["csvgen.suppressions/1"]
    )
    suppressions: tuple[Suppression, ...] = Field(
        min_length=1, description="The findings set aside. Only warnings can be; errors cannot."
    )
