"""Spec: what is required of a system, and how much it matters. The first noun of the flow.

The content of each kind of file under ``requirements_specs/<system>/`` has a module of its own beside this one: `system`
(system, suppliers), `plan`, `urs` (requirements, functions), `risk`, `qualification` (installation, scenarios, oracles) and
`settings` (protocol, suppressions). They are what `csvgen schema` prints as JSON Schema and what the loader validates
against. Nothing in them is computed: risk class, priority and depth follow from the ratings (`csvgen.risk`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from csvgen.canonical import Digest, digest
from csvgen.model.base import Level
from csvgen.model.challenge import Justification, Justifications
from csvgen.model.depth import Depth, DepthPolicy
from csvgen.model.plan import Deliverable, Exclusion, Heading, Plan
from csvgen.model.qualification import BaselineItem, BaselineSection, Installation, Oracle, Oracles, Scenario, Scenarios
from csvgen.model.risk import Challenge, Grade, Rating, Residual, Risk, RiskAssessment
from csvgen.model.scheme import Scheme
from csvgen.model.settings import (
    DocumentKind,
    MeaningName,
    ProtocolSettings,
    Route,
    Separation,
    Station,
    Suppression,
    Suppressions,
)
from csvgen.model.system import (
    Classification,
    CodeReview,
    Component,
    DataFlow,
    ElectronicRecord,
    Environment,
    Flow,
    FlowNode,
    Role,
    Stage,
    Supplier,
    Suppliers,
    System,
)
from csvgen.model.urs import (
    Category,
    Covered,
    Criterion,
    DecimalInput,
    Drafted,
    DurationInput,
    EnumerationInput,
    FunctionalItem,
    FunctionalSpec,
    Impact,
    Input,
    Parameter,
    Requirement,
    RoleInput,
    Urs,
    Verification,
)

__all__ = [
    "BaselineItem",
    "BaselineSection",
    "Category",
    "Challenge",
    "Classification",
    "CodeReview",
    "Component",
    "Covered",
    "Criterion",
    "DataFlow",
    "DecimalInput",
    "Deliverable",
    "Depth",
    "DepthPolicy",
    "DocumentKind",
    "Drafted",
    "DurationInput",
    "ElectronicRecord",
    "EnumerationInput",
    "Environment",
    "Exclusion",
    "Flow",
    "FlowNode",
    "FunctionalItem",
    "FunctionalSpec",
    "Grade",
    "Heading",
    "Impact",
    "Input",
    "Installation",
    "Justification",
    "Justifications",
    "MeaningName",
    "Oracle",
    "Oracles",
    "Parameter",
    "Plan",
    "ProtocolSettings",
    "Rating",
    "Requirement",
    "Residual",
    "Risk",
    "RiskAssessment",
    "Role",
    "RoleInput",
    "Route",
    "Scenario",
    "Scenarios",
    "Scheme",
    "Separation",
    "Spec",
    "Stage",
    "Station",
    "Supplier",
    "Suppliers",
    "Suppression",
    "Suppressions",
    "System",
    "Urs",
    "Verification",
]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """All of ``requirements_specs/<system>/`` as one value.

    `files` maps each further file (test data, procedures) to the digest of its bytes. `schemes` are the risk schemes that the
    project brought along, by name; which one rates is for `csvgen.risk.scheme.rating_scheme`. `depth` is the policy of depth.yaml, or
    the one that comes with csvgen; None where protocol.yaml says it in the first form.
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
    suppliers: tuple[Supplier, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    depth: DepthPolicy | None = None
    unproven: tuple[Justification, ...] = ()
    """Of unproven.yaml."""

    def asked(self, level: Level) -> Depth:
        """What the depth policy asks of a requirement of this priority. The first form names techniques alone."""
        if self.depth is not None:
            return self.depth.of(level)
        # Not validated: rules look at the names of its techniques, and whoever reads a package must not stumble over them.
        return Depth.model_construct(techniques=self.settings.depth[level], evidence="observed", challenge="no")  # type: ignore[arg-type]

    def parts(self) -> dict[str, Any]:
        """The content a document kind binds: what the plan, URS, FS and risk assessment each say."""
        parts: dict[str, Any] = {
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
        schemes = {name: scheme.digest for name, scheme in self.schemes.items()}
        later = {"suppliers": self.suppliers, "suppressions": self.suppressions, "schemes": schemes, "unproven": self.unproven}
        policy = {"depth": self.depth} if self.depth is not None else {}
        return parts | {name: part for name, part in later.items() if part} | policy

    @cached_property
    def digest(self) -> Digest:
        """SHA-256 over the whole content; comments, order of files and layout do not enter it."""
        return digest(self.parts())

    def part_digest(self, *names: str) -> Digest:
        parts = self.parts()
        return digest({name: parts[name] for name in ("system", *names) if name in parts})

    @cached_property
    def requirement(self) -> Mapping[str, Requirement]:
        return {r.id: r for r in self.requirements}

    @cached_property
    def risk(self) -> Mapping[str, Risk]:
        return {r.id: r for r in self.risks}

    @cached_property
    def oracle(self) -> Mapping[str, Oracle]:
        return {o.id: o for o in self.oracles}

    @cached_property
    def _carried_by(self) -> Mapping[str, tuple[str, ...]]:
        """Id -> items that name it under implements."""
        found: dict[str, list[str]] = {}
        for f in self.functions:
            for identity in f.implements:
                found.setdefault(identity, []).append(f.id)
        return {identity: tuple(ids) for identity, ids in found.items()}

    def functions_of(self, requirement_id: str) -> tuple[str, ...]:
        """Ids of the items that carry a requirement further, on any level: those that implement it, those that implement these, ..."""
        found: set[str] = set()
        open_ = [requirement_id]
        while open_:
            more = [f for f in self._carried_by.get(open_.pop(), ()) if f not in found]
            found.update(more)
            open_ += more
        return tuple(sorted(found))

    def procedure_file(self, identity: str) -> str:
        """Path below the system's folder of a document under procedures/ by the id of its record: SOP-1 is SOP-1.md, audit.pdf is itself."""
        path = f"procedures/{identity}.md"
        return path if path in self.files else f"procedures/{identity}"

    def risks_of(self, requirement_id: str) -> tuple[Risk, ...]:
        return self._risks_of.get(requirement_id, ())

    @cached_property
    def _risks_of(self) -> Mapping[str, tuple[Risk, ...]]:
        found: dict[str, list[Risk]] = {}
        for risk in self.risks:
            for identity in dict.fromkeys(risk.requirements):
                found.setdefault(identity, []).append(risk)
        return {identity: tuple(risks) for identity, risks in found.items()}
