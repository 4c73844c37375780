"""Putting a person's written conclusion into a report: which reports take one, who may write it, and that it is not better than the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args

from pydantic import ValidationError

from csvgen.errors import BadInput, Refused
from csvgen.identity.directory import Directory
from csvgen.model.audit import Actor
from csvgen.model.signature import WrittenConclusion
from csvgen.model.spec import DocumentKind
from csvgen.trace import conclusion, overall
from csvgen.trace.content import COMPOSED, phase_of
from csvgen.trace.written import better_than
from csvgen.workflow.state import ProjectState

OUTCOMES: tuple[str, ...] = get_args(WrittenConclusion.model_fields["outcome"].annotation)
"""What a person may write, the best first."""


def concludes(kind: str) -> bool:
    """Whether a kind of document has a conclusion: the reports of the phases and the validation summary."""
    return kind in COMPOSED and (kind.endswith("-report") or kind == "validation-summary")


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


def author(directory: Directory, actor: Actor) -> str:
    """Who writes, as the report prints it. Raises Refused for an account of a machine."""
    account = directory.account(actor.person)
    if account is None or account.kind != "person":
        raise Refused("a conclusion is written by a person, not by an account of a machine", hint="csvgen login", rule="RR-D01")
    return f"{actor.printed_name} ({actor.person})"


def typed(outcome: str, text: str, by: str) -> WrittenConclusion:
    """A conclusion as a person typed it. Raises BadInput for what cannot be used."""
    if outcome not in OUTCOMES:
        raise BadInput("choose what you conclude", hint=f"one of: {', '.join(OUTCOMES)}", rule="RR-F04")
    try:
        return WrittenConclusion.model_validate({"outcome": outcome, "text": text.strip(), "by": by})
    except ValidationError as problem:
        raise BadInput(f"the words of the conclusion: {problem.errors()[0]['msg']}", rule="RR-F04") from None


@dataclass(frozen=True, slots=True)
class ByRule:
    """What the printed rule gives for a report now, and what that leaves a person to conclude."""

    rule: str
    outcome: str
    reasons: tuple[str, ...]
    restrictions: tuple[str, ...]
    better: Mapping[str, str]
    """Outcome -> why it cannot be written; empty for what can."""


def by_rule(state: ProjectState, kind: str) -> ByRule:
    """Raises BadInput for a kind that has no conclusion."""
    if not concludes(kind):
        raise BadInput(
            f"a document of the kind {kind[:40]!r} has no conclusion",
            hint="the reports of the phases and the validation summary have one",
        )
    phase = phase_of(cast("DocumentKind", kind))
    found = state.conclusion(phase) if phase is not None else state.overall
    better = {o: better_than(typed(o, "as the rule gives", "nobody"), found.outcome) for o in OUTCOMES}
    rule = conclusion.RULE if phase is not None else overall.RULE
    return ByRule(rule, found.outcome, found.reasons, found.restrictions, better)
