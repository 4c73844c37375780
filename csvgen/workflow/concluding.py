"""Putting a person's written conclusion into a report: which reports take one, and that it is not better than the rule."""

from __future__ import annotations

from csvgen.errors import Refused
from csvgen.model.signature import WrittenConclusion
from csvgen.model.spec import DocumentKind
from csvgen.trace.content import phase_of
from csvgen.trace.written import better_than
from csvgen.workflow.state import ProjectState


def refuse_conclusion(state: ProjectState, kind: DocumentKind, written: WrittenConclusion | None) -> None:
    """Raises Refused for a conclusion where none belongs, and for one that is better than the printed rule gives (RR-F04)."""
    if written is None:
        return
    phase = phase_of(kind) if kind.endswith("-report") else None
    if phase is None and kind != "validation-summary":
        raise Refused(f"a {kind} has no conclusion", hint="the reports of the phases and the validation summary have one")
    outcome = state.conclusion(phase).outcome if phase is not None else state.overall.outcome
    if why := better_than(written, outcome):
        raise Refused(why, hint="the restrictions and reasons stand in the report", rule="RR-F04")
