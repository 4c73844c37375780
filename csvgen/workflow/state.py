"""Where a project stands: specification, protocol, approvals, runs and deviations, read from files, never from a database.

Everything a gate decides can be decided in a fresh clone: approvals are signed files beside the protocols, runs are sealed
folders. The records database holds the same facts with their audit trail.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest
from csvgen.config import Config
from csvgen.crypto.trust import Trust, trust_at
from csvgen.deviation.open import Opened, opened
from csvgen.diagnostics import Findings
from csvgen.errors import ConfigError
from csvgen.evidence.challenge_record import challenges
from csvgen.evidence.read import RUN, read_run
from csvgen.exchange.results.kept import Kept, accepts, read_imports, supports
from csvgen.model.base import PHASES, Phase
from csvgen.model.challenge import Challenge
from csvgen.model.deviation import Deviation
from csvgen.model.evidence import Evidence
from csvgen.model.imported import Support
from csvgen.model.lifecycle import State
from csvgen.model.matrix import Matrix
from csvgen.model.protocol import Protocol
from csvgen.model.signature import DocumentFormat, DocumentRecord
from csvgen.model.spec import DocumentKind, Spec
from csvgen.protocol.draft import Drafted, draft
from csvgen.protocol.files import read_lock, read_protocol, standings
from csvgen.signature.approvals import Approval, latest, load
from csvgen.signature.void import Changed, changes
from csvgen.spec.load import load_system
from csvgen.spec.reading import Reading
from csvgen.templates import Templates
from csvgen.trace.conclusion import Conclusion, conclude
from csvgen.trace.content import content_of
from csvgen.trace.matrix import Disposed, trace
from csvgen.trace.overall import Overall, overall
from csvgen.trace.said import said
from csvgen.trace.set_content import SET
from csvgen.verification.standing_on import standing_on

CODES: Mapping[DocumentKind, str] = {
    "plan": "VP", "urs": "URS", "fs": "FS", "risk": "RA",
    "iq-protocol": "IQP", "oq-protocol": "OQP", "pq-protocol": "PQP",
    "iq-report": "IQR", "oq-report": "OQR", "pq-report": "PQR",
    "system-description": "SD", "supplier-assessment": "SA", "design-specification": "DS", "configuration-baseline": "CB",
    "training-log": "TSL", "deviation-log": "DVL", "evidence-index": "EVI", "traceability-matrix": "RTM", "regulatory-assessment": "RGA",
    "validation-summary": "VSR", "release-certificate": "RC",
}  # fmt: skip
"""Kinds of document that are composed and drawn."""

SPECIFICATION: tuple[DocumentKind, ...] = ("plan", "urs", "fs", "risk")


@dataclass(frozen=True)
class ProjectState:
    """One system of a project as it stood when each part was first asked for; parts nobody asks for are not read."""

    config: Config
    spec: Spec
    reading: Reading | None = field(default=None, compare=False, repr=False)
    """What a process that reads the specification again and again keeps of it."""

    @cached_property
    def drafted(self) -> Drafted:
        """What drafting now would give."""
        return self.drafted_after(None)

    def drafted_after(self, before: Drafted | None) -> Drafted:
        """As `drafted`; `before` was drafted with the same templates."""
        return draft(self.spec, read_lock(self._protocols), Templates(self.config.templates, str), before)

    @property
    def protocol(self) -> Protocol:
        return self._read[0]

    @property
    def findings(self) -> Findings:
        """Of the protocol files."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[Protocol, Findings]:
        return self.protocol_after(None)

    def protocol_after(self, before: tuple[Protocol, Findings] | None) -> tuple[Protocol, Findings]:
        """The protocol files with their findings; of those that say what they said `before` nothing is parsed again."""
        return read_protocol(self._protocols, self.spec.system.id, self.drafted.shortfalls, before)

    @cached_property
    def stale(self) -> tuple[str, ...]:
        """Feature files that are not what drafting now would give; a hand-written one when what it was drafted from has changed."""
        return tuple(s.path for s in standings(self._protocols, self.drafted) if not s.settled)

    @cached_property
    def approvals(self) -> tuple[Approval, ...]:
        return load(self.config.approvals(self.spec.system.id))

    @cached_property
    def runs(self) -> tuple[Evidence, ...]:
        """In the order they were planned."""
        return read_runs(self.config.runs(self.spec.system.id))

    @cached_property
    def challenges(self) -> tuple[Challenge, ...]:
        """A ledger of their own; nothing in them is a run."""
        return challenges(self.config.challenges(self.spec.system.id))

    @property
    def challenge(self) -> Challenge | None:
        """The newest whole challenge that is sealed and intact: the one a report tells of."""
        return next((c for c in reversed(self.challenges) if c.sealed and c.plan.scope == "complete"), None)

    @cached_property
    def imports(self) -> tuple[Kept, ...]:
        """What other tools recorded, in the order in which it was imported."""
        return read_imports(self.config.imported(self.spec.system.id))

    def accepted(self, kept: Kept) -> bool:
        """Whether a trusted person accepted an import as it lies here, with its newest table."""
        found = self.latest(self.document_id("imported-evidence", kept.record.id))
        return found is not None and self.valid(found) and accepts(kept, found.content)

    @cached_property
    def noted(self) -> dict[str, Any]:
        """What was worked out of this state by others, under names of theirs; nothing of it outlives the state."""
        return {}

    @cached_property
    def trust(self) -> Trust:
        return trust_at(self.config.trust)

    @cached_property
    def external(self) -> Trust:
        """Authorities of other organisations: they vouch for external signers and for nobody here."""
        return trust_at(self.config.trust.with_name("external.pem"))

    @property
    def _protocols(self) -> Path:
        return self.config.protocol_folder(self.spec.system.id)

    # ------------------------------------------------------------ documents

    def document_id(self, kind: DocumentKind, part: str = "") -> str:
        """``QCR-URS``; for records of their own: ``QCR-XO-IQ-001``, ``QCR-RUN-IQ-001``, ``QCR-DEV-001``, ``QCR-CR-OQ``."""
        prefix = self.spec.system.prefix
        own = {"execution-order": f"{prefix}-XO-{part}", "run-record": f"{prefix}-RUN-{part}", "deviation": f"{prefix}-{part}"}
        own |= {
            "conditional-release": f"{prefix}-CR-{part}",
            "procedure": part,
            "trail-review": f"{prefix}-ATR-{part}",
            "handwritten": part,
            "imported-evidence": f"{prefix}-{part}",
        }
        return own[kind] if kind in own else f"{prefix}-{CODES[kind]}"

    def latest(self, document_id: str) -> Approval | None:
        return latest(self.approvals, document_id)

    def approved(self, kind: DocumentKind, part: str = "") -> bool:
        """Whether the newest revision is fully signed by trusted people and says what the project says now."""
        found = self.latest(self.document_id(kind, part))
        return found is not None and self.valid(found) and self.current(found)

    def valid(self, approval: Approval) -> bool:
        """Whether this revision is fully signed by trusted people, whatever the project says now."""
        return approval.standing(self.trust, self.external).approved

    def current(self, approval: Approval) -> bool:
        """Whether a document still says what the project says now. Records of events never go stale."""
        kind = approval.document.kind
        if kind in CODES or kind == "procedure":
            return approval.document.content == self.content(kind, approval.document.id, approval.document.format)
        return True

    def content(self, kind: DocumentKind, document_id: str = "", bound: DocumentFormat = "csvgen.document/2") -> Digest:
        """Digest of what a document of this kind would say now, independent of its layout; `bound` as in `content_of`."""
        if kind == "procedure":
            return self.spec.files[self.spec.procedure_file(document_id)]
        runs, deviations = self._results(kind)
        return content_of(kind, self.spec, self.protocol, lambda: self.matrix, runs, deviations, bound, self.records)

    def _results(self, kind: DocumentKind) -> tuple[tuple[Evidence, ...], tuple[Disposed, ...]]:
        """Runs and deviations, for kinds that tell of them."""
        return (self.runs, self.deviations) if tells_of_results(kind) else ((), ())

    def records(self, kinds: Collection[DocumentKind]) -> Mapping[str, str]:
        """The newest records of some kinds with their signatures, by digest."""
        return standing_on(self.approvals, kinds)

    def said(self, kind: DocumentKind) -> dict[str, Any]:
        """What a document of this kind would say now, part by part."""
        runs, deviations = self._results(kind)
        return said(kind, self.spec, self.protocol, lambda: self.matrix, runs, deviations, self.records)

    def void(self, approval: Approval) -> tuple[Changed, ...]:
        """What changed since the newest revision of a record was signed; empty while its signatures hold for what is there (RR-L05).

        Where the revision keeps no account of what it said (written before csvgen did), one entry names the digests.
        """
        document = approval.document
        if not approval.signatures or approval.ended or self.superseded_by(approval) is not None or self.current(approval):
            return ()
        now = self.content(document.kind, document.id, document.format)
        found = changes(approval.said, self.said(document.kind)) if approval.said is not None and document.kind in CODES else ()
        return found or (Changed("content", document.content, now),)

    def superseded_by(self, approval: Approval) -> Approval | None:
        """The newest revision, when it is not this one."""
        newest = self.latest(approval.document.id)
        return newest if newest is not None and newest.document.revision > approval.document.revision else None

    def life(self, approval: Approval) -> State:
        """Where a revision stands in its life (`csvgen.model.lifecycle`), by what is signed, executed and reported."""
        if approval.ended == "withdrawn":
            return "withdrawn"
        if approval.ended == "declined":
            return "declined"
        if approval.document.kind == "execution-order":
            return self._life_of_copy(approval)
        if approval.awaiting is not None:
            return "in review"
        later = (a for a in self.approvals if a.document.id == approval.document.id)
        newer = any(a.document.revision > approval.document.revision and self.valid(a) for a in later)
        return "superseded" if newer else "approved"

    def _life_of_copy(self, order: Approval) -> State:
        """An order with its run is one execution copy; unsigned, it is the approved protocol and nothing more."""
        if order.awaiting is not None:
            return "approved"
        if self.superseded_by(order) is not None:
            return "withdrawn"  # replaced before it was executed
        name = str((order.content or {}).get("run"))
        run = self.run(name)
        if run is None:
            return "issued"
        if run.seal is None:
            return "in execution"
        if not self.approved("run-record", name):
            return "executed"
        reports: dict[Phase, DocumentKind] = {"IQ": "iq-report", "OQ": "oq-report", "PQ": "pq-report"}
        report = self.latest(self.document_id(reports[run.plan.phase])) if run.plan.phase in reports else None
        told = report is not None and f"run {name}, seal" in report.document.derived_from and self.valid(report)
        return "closed" if told else "reviewed"

    # ------------------------------------------------------------ results

    @cached_property
    def opened(self) -> tuple[Opened, ...]:
        return opened(self.runs)

    @cached_property
    def deviations(self) -> tuple[Disposed, ...]:
        """Every deviation the runs opened, with its disposition as far as it is signed."""
        found = []
        for o in self.opened:
            approval = self.latest(self.document_id("deviation", o.id))
            record = Deviation.model_validate(approval.content) if approval is not None and approval.content else None
            signed = approval is not None and self.valid(approval)
            found.append(Disposed(id=o.id, run=o.run, case=o.case, step=o.step, record=record, signed=signed))
        return tuple(found)

    @cached_property
    def matrix(self) -> Matrix:
        return trace(self.spec, self.protocol, self.runs, self.deviations, supported(self))

    def conclusion(self, phase: Phase) -> Conclusion:
        return conclude(phase, self.protocol, self.matrix, self.runs, self.deviations)

    @cached_property
    def overall(self) -> Overall:
        """What the rule gives for the validation as a whole."""
        return overall(self.spec, self.protocol, self.matrix, self.runs, self.deviations)

    def run(self, name: str) -> Evidence | None:
        return next((r for r in self.runs if r.run == name), None)


def supported(state: ProjectState) -> tuple[Support, ...]:
    """What accepted imports say in support of requirements."""
    return tuple(supports(state.imports, state.accepted))


def tells_of_results(kind: DocumentKind) -> bool:
    """Whether a kind of document tells of executions: the reports of the phases, and much of the set around them."""
    return kind.endswith("-report") or (kind in SET and SET[kind].results)


def read_state(config: Config, system: str, reading: Reading | None = None) -> ProjectState:
    """The project with its specification; with a `reading` what changed of it is read. Raises ConfigError when it cannot be used: run
    `csvgen check` for its findings.
    """
    loaded = load_system(config.requirements_specs, system, reading)
    if loaded.spec is None or loaded.findings.errors:
        first = loaded.findings.errors[0]
        raise ConfigError(
            f"the specification of {system} has {len(loaded.findings.errors)} errors; the first: {first.message}",
            where=str(first.location), hint="csvgen check", rule=first.rule,
        )  # fmt: skip
    return ProjectState(config, loaded.spec, reading)


def read_runs(folder: Path, read: Callable[[Path], Evidence] = read_run) -> tuple[Evidence, ...]:
    """Every run below a folder, by phase and number; engineering runs last. A damaged run.json stops everything, by name."""
    found = [read(path.parent) for path in sorted(folder.glob(f"*/{RUN}"))] if folder.is_dir() else []

    def order(run: Evidence) -> tuple[int, str, str]:
        phase = run.plan.phase
        formal = run.plan.mode == "formal" and phase in PHASES
        return (PHASES.index(phase) if formal else len(PHASES), run.plan.created if not formal else "", run.run)

    return tuple(sorted(found, key=order))


def documents_folder(state: ProjectState, record: DocumentRecord) -> Path:
    """Where the readable files of a revision lie. Earlier revisions keep theirs for ever."""
    return state.config.documents(state.spec.system.id) / record.id / f"r{record.revision}"
