"""The gates of the flow. Each is a pure question about the state of a project: an empty answer opens the gate.

Order of a validation: plan, requirements, functional specification and risk assessment approved -> protocol approved ->
issued by a trained person -> executed -> deviations dispositioned -> executed record reviewed -> report approved. IQ closes
before OQ begins, OQ before PQ; only a signed conditional release goes round it.
"""

from __future__ import annotations

from typing import Any

from csvgen.exchange.results.kept import accepts, raw_problems
from csvgen.model.base import PHASES, Phase
from csvgen.model.deviation import Deviation
from csvgen.model.signature import DocumentRecord
from csvgen.model.spec import DocumentKind
from csvgen.signature.approvals import Approval
from csvgen.trace.content import phase_of
from csvgen.trace.matrix import counts, reported
from csvgen.trace.set_content import SET
from csvgen.workflow import repetition
from csvgen.workflow.repetition import Asked
from csvgen.workflow.set_gates import before_set
from csvgen.workflow.state import SPECIFICATION, ProjectState, tells_of_results

RECORDS = (
    "run-record",
    "trail-review",
    "handwritten",
    "execution-order",
    "deviation",
    "conditional-release",
    "imported-evidence",
)
"""Kinds of records that have no file but their content."""
_ALL = Asked()


def may_compose(state: ProjectState, kind: DocumentKind) -> str:
    """Why a document may not be composed yet (RR-F06), or an empty string."""
    if kind.endswith("-protocol"):
        if state.findings.errors or state.stale:
            what = (
                state.findings.errors[0].message
                if state.findings.errors
                else f"{len(state.stale)} files are not as drafted: {state.stale[0]}"
            )
            return f"the protocol files are not in order: {what}"
        return _unapproved(state)
    if kind.endswith("-report"):
        phase = phase_of(kind)
        return _before_report(state, phase) if phase else ""
    return before_set(state, kind) if kind in SET else ""


def may_sign(state: ProjectState, approval: Approval) -> str:
    """Why a document may not be signed now, or an empty string: it must be sound, current and its gate open."""
    if approval.problems:
        return f"the record is damaged: {approval.problems[0]}"
    if not state.current(approval):
        return "the project says something else now than this revision; compose a new revision"
    standing = approval.standing(state.trust, state.external)
    if standing.problems:
        return standing.problems[0]
    if approval.document.kind in RECORDS and (lacking := _lacking(approval)):
        return lacking
    if approval.document.kind == "imported-evidence":
        return _import(state, approval)
    return may_compose(state, approval.document.kind)


def _lacking(approval: Approval) -> str:
    """Why a record that lives in its content says too little to be signed (RR-X12), or an empty string."""
    if not approval.content:
        return "it says nothing; a blank record cannot be signed"
    if approval.document.kind != "deviation":
        return ""
    lacks = Deviation.model_validate(approval.content).investigation.lacks
    return f"it is not complete: {lacks}" if lacks else ""


def _import(state: ProjectState, approval: Approval) -> str:
    """Why an import may not be accepted: what lies there is not what the record tells of."""
    kept = next((k for k in state.imports if k.record.id == (approval.content or {}).get("import")), None)
    if kept is None:
        return "the imported files are not here"
    problems = (*kept.problems, *raw_problems(kept))
    if problems:
        return f"the imported files are not what was imported: {problems[0]}"
    return "" if accepts(kept, approval.content) else "the results were mapped anew; a newer revision waits"


def performers(state: ProjectState, document: DocumentRecord) -> dict[str, str]:
    """Who took part in the execution a record is about: person -> by which act. They neither review nor approve it (RR-G02)."""
    name = f"performers {document.digest}"
    if name not in state.noted:  # asked for every person who could sign
        state.noted[name] = _performers(state, document)
    found: dict[str, str] = state.noted[name]
    return found


def _performers(state: ProjectState, document: DocumentRecord) -> dict[str, str]:
    phase = phase_of(document.kind) if document.kind.endswith("-report") else None
    whole = phase is None and tells_of_results(document.kind)
    runs = {r.run for r in state.runs if (whole and r.plan.mode == "formal") or (phase is not None and r.plan.phase == phase)}
    if document.kind == "run-record":
        runs = {document.id.removeprefix(state.document_id("run-record", ""))}
    found: dict[str, str] = {}
    if document.kind == "imported-evidence":
        found |= _importers(state, document)
    for approval in state.approvals:
        kind, said = approval.document.kind, approval.content or {}
        if kind in ("execution-order", "run-record") and said.get("run") in runs:
            for s in approval.signatures:
                if s.record.meaning in ("issued", "performed"):
                    found.setdefault(s.record.person, f"{s.record.meaning} {said['run']}")
    return _attendants(state, runs) | found


def _attendants(state: ProjectState, runs: set[str]) -> dict[str, str]:
    """Who carried out attended cases of the runs, or stood beside."""
    found: dict[str, str] = {}
    for run in (r for r in state.runs if r.run in runs):
        for result in run.results:
            for person in result.performed_by:
                found.setdefault(person.person, f"attended {result.case} in {run.run}")
            for witness in (s.witness for s in result.steps if s.witness is not None):
                found.setdefault(witness.person, f"second person at {result.case} in {run.run}")
    return found


def _importers(state: ProjectState, document: DocumentRecord) -> dict[str, str]:
    approval = next((a for a in state.approvals if a.document.digest == document.digest), None)
    said = (approval.content if approval else None) or {}
    return {str(said.get("mapped_by")): "mapped the results", str(said.get("imported_by")): "imported the results"}


def _unapproved(state: ProjectState) -> str:
    open_ones = [state.document_id(k) for k in SPECIFICATION if not state.approved(k)]
    open_ones += [p for p in procedures(state) if not state.approved("procedure", p)]
    return f"not approved in their current revision: {', '.join(open_ones)}" if open_ones else ""


def procedures(state: ProjectState) -> tuple[str, ...]:
    """Ids of the documents under procedures/ that requirements are met by; each must be verified by signature.

    A document that lies elsewhere is bound by its digest in the requirements specification and approved with it.
    """
    named = {r.covered.document for r in state.spec.requirements if r.covered is not None and r.covered.document}
    return tuple(sorted(d.removeprefix("procedures/").removesuffix(".md") for d in named if d.startswith("procedures/")))


def _before_report(state: ProjectState, phase: Phase) -> str:
    if not any(counts(r) and r.plan.phase == phase for r in state.runs):
        return repetition.unfinished(state, phase) or f"there is no sealed formal run of the {phase}"
    if open_run := repetition.unfinished(state, phase):
        return open_run
    runs = [r for r in state.runs if reported(r) and r.plan.phase == phase]
    unreviewed = [r.run for r in runs if not state.approved("run-record", r.run)]
    if unreviewed:
        return f"the executed record is not signed as performed and reviewed: {', '.join(unreviewed)}"
    copies = [f"{a.document.id} r{a.document.revision}" for a in issued(state, phase) if state.life(a) == "issued"]
    if copies:
        return f"issued, and neither executed nor withdrawn: {', '.join(copies)}"
    open_ones = [d.id for d in state.deviations if d.run in {r.run for r in runs} and d.open]
    if open_ones:
        return f"without signed disposition: {', '.join(open_ones)}"
    return repetition.uncarried(state, phase)


def may_order(state: ProjectState, phase: Phase, asked: Asked = _ALL) -> str:
    """Why no execution may be ordered (issued), or an empty string."""
    kind = protocol_kind(phase)
    if not state.approved(kind):
        return f"the {phase} protocol {state.document_id(kind)} is not approved in its current revision"
    position = PHASES.index(phase)
    if position and (refusal := _phase_closed(state, PHASES[position - 1])):
        return refusal
    if open_run := repetition.unfinished(state, phase):
        return open_run
    wording = state.protocol.digest_of(phase)
    waiting = [
        a.document.id
        for a in orders(state, phase)
        if not a.ended and state.run(str(a.content["run"])) is None and a.content["protocol"] == wording
    ]
    return f"{waiting[0]} is not executed yet" if waiting else repetition.refusal(state, phase, asked)


def _phase_closed(state: ProjectState, phase: Phase) -> str:
    kind: DocumentKind = report_kind(phase)
    if state.approved("conditional-release", phase):
        return ""
    if not state.approved(kind):
        return f"the {phase} is not closed: its report {state.document_id(kind)} is not approved (only a signed conditional release goes round this)"
    outcome = state.conclusion(phase).outcome
    return f"the {phase} was concluded as {outcome}" if outcome == "not eligible" else ""


def may_run(state: ProjectState, order: Approval) -> str:
    """Why an order may not be executed now, or an empty string."""
    content: dict[str, Any] = order.content or {}
    if refusal := may_go_on(state, order):
        return refusal
    phase: Phase = content["phase"]
    if state.run(content["run"]) is not None:
        return f"{content['run']} exists already; a run is never executed twice"
    asked = Asked(tuple(content["retest"]), str(content.get("change_reference", "")), str(content.get("carry_over", "")))
    if refusal := repetition.unfinished(state, phase) or repetition.refusal(state, phase, asked):
        return refusal
    position = PHASES.index(phase)
    return _phase_closed(state, PHASES[position - 1]) if position else ""


def may_go_on(state: ProjectState, order: Approval) -> str:
    """Why the execution of an order may neither begin nor go on, or an empty string: it is issued, for the protocol as approved."""
    content: dict[str, Any] = order.content or {}
    if order.ended:
        return f"{order.document.id} was {order.ended}"
    standing = order.standing(state.trust, state.external)
    if not standing.approved:
        reason = standing.problems[0] if standing.problems else "its signature is missing or not trusted"
        return f"{order.document.id} is not issued: {reason}"
    phase: Phase = content["phase"]
    if not state.approved(protocol_kind(phase)):
        return f"the {phase} protocol is not approved in its current revision"
    if content["protocol"] != state.protocol.digest_of(phase):
        return f"{order.document.id} was issued for another wording of the protocol"
    return ""


def orders(state: ProjectState, phase: Phase) -> tuple[Approval, ...]:
    """Execution orders of a phase in their newest revision, oldest first."""
    found = {
        a.document.id: a
        for a in state.approvals
        if a.document.kind == "execution-order" and a.content and a.content["phase"] == phase
    }
    return tuple(sorted(found.values(), key=lambda a: str(a.content["run"])))


def issued(state: ProjectState, phase: Phase) -> tuple[Approval, ...]:
    """Every numbered execution copy of a phase that was ever issued by signature, replaced and withdrawn ones too (RR-K03)."""
    return tuple(
        a
        for a in state.approvals
        if a.document.kind == "execution-order"
        and a.content
        and a.content["phase"] == phase
        and a.signatures
        and a.ended != "declined"
    )


def protocol_kind(phase: Phase) -> DocumentKind:
    return repetition.PROTOCOLS[phase]


def report_kind(phase: Phase) -> DocumentKind:
    kinds: dict[Phase, DocumentKind] = {"IQ": "iq-report", "OQ": "oq-report", "PQ": "pq-report"}
    return kinds[phase]
