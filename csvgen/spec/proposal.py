"""Which documents a validation needs: proposed from what the specification says of the system, beside what the plan decides.

The proposal decides nothing. It follows from the GAMP 5 category, complexity and novelty of each component, from the priority of the
risks, from the suppliers and from the records, and says why; the decision stands in the validation plan and is approved with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from csvgen.model.qualification import BaselineSection
from csvgen.model.settings import TITLES
from csvgen.model.spec import Component, Deliverable, DocumentKind, ElectronicRecord, Spec, Supplier
from csvgen.risk.scheme import assess, rating_scheme

Proposal = Literal["needed", "optional", "not needed"]
Decision = Literal["needed", "not needed", "not decided"]
_NAMES: tuple[tuple[str, DocumentKind], ...] = (
    ("validation plan", "plan"),
    ("user requirements", "urs"),
    ("functional", "fs"),
    ("risk assessment", "risk"),
    ("system description", "system-description"),
    ("supplier assessment", "supplier-assessment"),
    ("configuration specification", "design-specification"),
    ("configuration and design specification", "design-specification"),
    ("configuration baseline", "configuration-baseline"),
    ("training", "training-log"),
    ("deviation log", "deviation-log"),
    ("evidence index", "evidence-index"),
    ("traceability matrix", "traceability-matrix"),
    ("part 11", "regulatory-assessment"),
    ("validation summary", "validation-summary"),
    ("release certificate", "release-certificate"),
)
"""Words by which a deliverable is recognised where it does not name its kinds."""
_PHASES = ("iq", "oq", "pq")


@dataclass(frozen=True, slots=True)
class Proposed:
    """One kind of document: what is proposed and why, and what the plan decides."""

    kind: DocumentKind
    title: str
    proposal: Proposal
    reasons: tuple[str, ...]
    decision: Decision
    words: str
    """The decision in the words of the plan; empty where it says nothing."""

    @property
    def standing(self) -> str:
        """How the two compare, in a word or two."""
        if self.decision == "not decided":
            return "open: the plan does not decide" if self.proposal == "needed" else "not decided"
        if self.proposal in ("optional", self.decision):
            return "agrees"
        return "differs: the plan says why"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What of a specification the proposal follows from: little enough that a check can know it without holding the whole."""

    components: Sequence[Component]
    suppliers: Sequence[Supplier] = ()
    records: Sequence[ElectronicRecord] = ()
    deliverables: Sequence[Deliverable] = ()
    high: Sequence[str] = ()
    """Risks of high priority."""
    here: Mapping[str, int]
    """Phase in small letters -> requirements and scenarios of it."""
    settings: int = 0
    """Configured values that the installation compares."""
    cited: int = 0
    """Requirements that cite a clause."""

    @classmethod
    def of(cls, spec: Spec) -> Known:
        scheme = rating_scheme(spec)
        here = {phase: sum(r.phase.lower() == phase for r in spec.requirements) for phase in _PHASES}
        here["pq"] += len(spec.scenarios)
        return cls(
            components=spec.system.components,
            suppliers=spec.suppliers,
            records=spec.system.records,
            deliverables=spec.plan.deliverables,
            high=tuple(r.id for r in spec.risks if assess(r, scheme).priority == "high"),
            here=here,
            settings=sum(settings_of(section) for section in spec.installation.sections),
            cited=sum(bool(r.clauses) for r in spec.requirements),
        )


def settings_of(section: BaselineSection) -> int:
    """Configured values that a section of the installation compares."""
    return sum(i.kind == "configuration" for i in section.items)


def proposed(spec: Spec) -> tuple[Proposed, ...]:
    """Every kind of document, in the order of a validation."""
    return proposed_of(Known.of(spec))


def proposed_of(known: Known) -> tuple[Proposed, ...]:
    """The same from what is known of a specification."""
    facts = _Facts.of(known)
    found: list[Proposed] = []
    for kind, title, proposal, reasons in _proposals(known, facts):
        decision, words = _decided(known.deliverables, kind)
        found.append(Proposed(kind, title, proposal, tuple(reasons), decision, words))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the proposal follows from."""

    custom: tuple[str, ...]
    configured: tuple[str, ...]
    products: tuple[str, ...]
    """Used as delivered."""
    platform: tuple[str, ...]
    """Infrastructure."""
    high: tuple[str, ...]
    """Risks of high priority."""
    complicated: tuple[str, ...]
    new: tuple[str, ...]
    delivered: tuple[str, ...]
    """Components that a supplier delivers."""
    unsettled: tuple[str, ...]
    """Suppliers whose assessment is open or ended badly."""

    @classmethod
    def of(cls, known: Known) -> _Facts:
        def named(test: str) -> tuple[str, ...]:
            return tuple(c.name for c in known.components if c.gamp == test)

        def those(found: Sequence[Component]) -> tuple[str, ...]:
            return tuple(c.name for c in found)

        parts = known.components
        by_supplier = {d for s in known.suppliers for d in s.delivers}
        return cls(
            custom=named("5"),
            configured=named("4"),
            products=named("3"),
            platform=named("1"),
            high=tuple(known.high),
            complicated=those([c for c in parts if c.complexity == "high"]),
            new=those([c for c in parts if c.novelty == "new"]),
            delivered=those([c for c in parts if c.supplier is not None or c.id in by_supplier]),
            unsettled=tuple(f"{s.name}: {s.outcome}" for s in known.suppliers if s.outcome in ("open", "rejected")),
        )

    @property
    def demanding(self) -> list[str]:
        """Why more than the least is proposed although the category alone does not ask for it."""
        told = [f"{len(self.high)} {'risk' if len(self.high) == 1 else 'risks'} of high priority"] if self.high else []
        told += [f"complex: {_names(self.complicated)}"] if self.complicated else []
        return told + ([f"new: {_names(self.new)}"] if self.new else [])

    @property
    def built(self) -> list[str]:
        """What was written or set up for this purpose."""
        told = [f"category 5: {_names(self.custom)}"] if self.custom else []
        return told + ([f"category 4: {_names(self.configured)}"] if self.configured else [])


Row = tuple[DocumentKind, str, Proposal, Sequence[str]]


def _proposals(known: Known, f: _Facts) -> Sequence[Row]:
    always = ["a GxP system is validated for its intended use, whatever its category"]
    as_delivered = [f"used as delivered: {_names(f.products)}"] if f.products else ["infrastructure only (category 1)"]
    more = f.built or f.demanding
    rows: list[Row] = [
        ("plan", "Validation Plan", "needed", always),
        ("urs", "User Requirements Specification", "needed", always),
        ("risk", "Risk Assessment", "needed", ["the depth of testing follows from it"]),
        ("system-description", TITLES["system-description"], *_description(known, f)),
        ("supplier-assessment", TITLES["supplier-assessment"], *_suppliers(f)),
        ("fs", "Functional Specification", "needed" if more else "optional", [*f.built, *f.demanding] or as_delivered),
        _row("design-specification", "needed" if f.built else "not needed", f.built or as_delivered),
        _row("configuration-baseline", *_baseline(known, f)),
    ]
    rows += [row for phase in _PHASES for row in _phase(known, phase, f)]
    infrastructure = not (f.custom or f.configured or f.products)
    executed = ["the protocols are executed, and an inspector asks who did what, with which evidence"]
    rows += [
        _row("training-log", "needed", ["only trained people may execute, review and approve (21 CFR 11.10(i))"]),
        _row("deviation-log", "needed", executed),
        _row("evidence-index", "needed", executed),
        _row(
            "traceability-matrix",
            "optional" if infrastructure else "needed",
            as_delivered if infrastructure else ["requirements are traced to their tests (Annex 11, clause 4.4)"],
        ),
        _row("regulatory-assessment", *_regulated(known)),
        _row("validation-summary", "needed", ["it says what the validation came to, against its plan"]),
        _row("release-certificate", "needed", ["it says whether the system may be used, and with which restrictions"]),
    ]
    return rows


def _row(kind: DocumentKind, proposal: Proposal, reasons: Sequence[str]) -> Row:
    return kind, TITLES[kind], proposal, reasons


def _description(known: Known, f: _Facts) -> tuple[Proposal, Sequence[str]]:
    required = [r.name for r in known.records if r.required == "yes"]
    told = [f"records that a predicate rule demands: {_names(required)}"] if required else []
    told += f.demanding
    return ("needed", told) if told else ("optional", ["no record that a predicate rule demands, and no risk of high priority"])


def _suppliers(f: _Facts) -> tuple[Proposal, Sequence[str]]:
    if not f.delivered:
        bought = (*f.configured, *f.products, *f.platform)
        told = ["no component names a supplier", *([f"not written for this purpose: {_names(bought)}"] if bought else [])]
        return ("optional" if bought else "not needed"), told
    told = [f"delivered: {_names(f.delivered)}", *(f"assessment not settled: {s}" for s in f.unsettled)]
    built = [c for c in (*f.custom, *f.configured) if c in f.delivered]
    if built or f.demanding or f.unsettled:
        return "needed", [*told, *f.demanding]
    return "optional", [*told, "none of them written or configured for this purpose"]


def _baseline(known: Known, f: _Facts) -> tuple[Proposal, Sequence[str]]:
    settings = known.settings
    if f.built or settings:
        return "needed", [*f.built, *([f"configured values to be kept as qualified: {settings}"] if settings else [])]
    return "optional", ["nothing is configured or written for this purpose"]


def _phase(known: Known, phase: str, f: _Facts) -> Sequence[Row]:
    here = known.here[phase]
    told = [f"requirements and scenarios of this phase: {here}"]
    if phase == "iq":
        proposal: Proposal = "needed"
        told.append("every category is installed as released")
    elif phase == "oq":
        proposal = "needed" if here or f.built or f.products else "not needed"
    else:
        proposal = "needed" if f.built or f.demanding else "optional"
        told += [*f.built, *f.demanding] or ["used as delivered, without a risk of high priority"]
    names: dict[str, tuple[DocumentKind, DocumentKind]] = {
        "iq": ("iq-protocol", "iq-report"), "oq": ("oq-protocol", "oq-report"), "pq": ("pq-protocol", "pq-report"),
    }  # fmt: skip
    return [(kind, f"{phase.upper()} {kind[3:]}", proposal, told) for kind in names[phase]]


def _regulated(known: Known) -> tuple[Proposal, Sequence[str]]:
    required = [r.name for r in known.records if r.required == "yes"]
    if required:
        return "needed", [f"Part 11 applies to: {_names(required)}"]
    return "optional", [f"no record that a predicate rule demands; requirements that cite a clause: {known.cited}"]


def _names(names: Sequence[str]) -> str:
    most = 2
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _decided(deliverables: Sequence[Deliverable], kind: DocumentKind) -> tuple[Decision, str]:
    """What the plan decides: by the kinds a deliverable names, or by its words where it names none."""
    for d in deliverables:
        if kind in (d.kinds or _recognised(d)):
            if d.needed is not None:
                return ("needed" if d.needed == "yes" else "not needed"), d.decided
            said = d.decided.strip().lower()
            word: Decision = (
                "not needed" if said.startswith("not needed") else "needed" if said.startswith("needed") else "not decided"
            )
            return word, d.decided
    return "not decided", ""


def _recognised(d: Deliverable) -> tuple[DocumentKind, ...]:
    words = " ".join(d.document.lower().split())
    found: list[DocumentKind] = [kind for name, kind in _NAMES if name in words]
    tokens = set(re.findall(r"[a-z]+", words))
    names: tuple[DocumentKind, ...] = ("iq-protocol", "iq-report", "oq-protocol", "oq-report", "pq-protocol", "pq-report")
    for kind in names:
        phase, _, what = kind.partition("-")
        if phase in tokens and tokens & {what, f"{what}s"}:
            found.append(kind)
    return tuple(found)
