"""The gates of the documents around plan, protocols and reports: each an answer why it may not be composed yet, or an empty string."""

from __future__ import annotations

from csvgen.model.spec import DocumentKind
from csvgen.trace.matrix import reported
from csvgen.trace.overall import reports_of
from csvgen.trace.set_content import AROUND, PLANNED, SET, SPECIFIED
from csvgen.workflow.state import CODES, ProjectState

_CLOSING: tuple[DocumentKind, ...] = ("validation-summary", "release-certificate")


def before_set(state: ProjectState, kind: DocumentKind) -> str:
    """Why a document of the set may not be composed yet."""
    if SET[kind].results and not any(reported(r) for r in state.runs):
        return "there is no sealed formal run to tell of"
    if kind == "validation-summary":
        return _before_summary(state)
    return _before_release(state) if kind == "release-certificate" else ""


def needed(state: ProjectState) -> tuple[DocumentKind, ...]:
    """What has to be approved before the validation can be summed up.

    The specification, protocol and report of every phase there is; every further document that a deliverable of the plan names by its
    kind and decides to be needed; and every document that was put up for signature: a summary of what nobody signed would be none.
    """
    reports = reports_of(state.spec, state.protocol)
    phases = {k.partition("-")[0] for k in reports}
    protocols = [k for k in PLANNED if k.endswith("-protocol") and k.partition("-")[0] in phases]
    named = [k for d in state.spec.plan.deliverables if d.needed == "yes" for k in d.kinds if k in CODES and k not in _CLOSING]
    begun = [k for k in AROUND if (found := state.latest(state.document_id(k))) is not None and not found.ended]
    return tuple(dict.fromkeys((*SPECIFIED, *protocols, *reports, *named, *begun)))


def _before_summary(state: ProjectState) -> str:
    open_ones = [state.document_id(k) for k in needed(state) if not state.approved(k)]
    if open_ones:
        return f"not approved in their current revision: {', '.join(open_ones)}"
    undisposed = [d.id for d in state.deviations if d.open]
    return f"without signed disposition: {', '.join(undisposed)}" if undisposed else ""


def _before_release(state: ProjectState) -> str:
    if not state.approved("validation-summary"):
        return f"{state.document_id('validation-summary')} is not approved in its current revision"
    whole = state.overall
    return f"the validation was concluded as {whole.outcome}: {whole.reasons[0]}" if whole.outcome == "not eligible" else ""
