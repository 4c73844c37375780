"""What one entry of the specification (a requirement, a risk) said in each signed revision, and what has changed since the last approved one.

The words of a revision lie beside its record, bound by its digest; nothing here is remembered by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from csvgen.canonical import plain
from csvgen.signature.approvals import Approval
from csvgen.signature.void import Changed, changes
from csvgen.workflow.state import ProjectState

Part = Literal["urs", "risk"]


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry in one revision of its document, or as it is now (revision 0)."""

    document: str
    revision: int
    life: str
    """State of the revision; empty for now."""
    at: str
    """Completed or, while signatures are missing, composed; empty for now."""
    there: bool
    """Whether the entry stands in it."""
    known: bool
    """Whether the words of the revision can be read; what was signed before csvgen kept them has none."""
    changed: tuple[Changed, ...]
    """Against the revision before whose words are known."""


Words = Mapping[int, Mapping[str, Any]]
"""Revision -> id -> what it said."""


def words(state: ProjectState, part: Part) -> Words:
    """What every revision of the requirements specification, or of the risk assessment, said; read once for a state."""
    return {a.document.revision: _entries(a.said, part) for a in _revisions(state, part) if a.said is not None}


def _revisions(state: ProjectState, part: Part) -> list[Approval]:
    return [a for a in state.approvals if a.document.id == state.document_id(part)]


def _entries(said: Any, part: Part) -> dict[str, Any]:
    found = said.get(part, []) if isinstance(said, dict) else []
    if part == "risk" and isinstance(found, dict):
        found = found.get("risks", [])
    return {str(e["id"]): e for e in found if isinstance(e, dict) and "id" in e} if isinstance(found, list) else {}


def history(state: ProjectState, part: Part, identity: str, known: Words) -> tuple[Moment, ...]:
    """Oldest first; the last is how it is now, against the newest revision."""
    found: list[Moment] = []
    before: Any = None
    first = True
    for approval in _revisions(state, part):
        d = approval.document
        there = known.get(d.revision)
        now = there.get(identity) if there is not None else None
        found.append(
            Moment(
                d.id,
                d.revision,
                state.life(approval),
                approval.completed or d.composed,
                now is not None,
                there is not None,
                _between(before, now) if there is not None and not first else (),
            )
        )
        before, first = (now, False) if there is not None else (before, first)
    is_now = _now(state, part, identity)
    return (
        *found,
        Moment(state.document_id(part), 0, "", "", is_now is not None, True, _between(before, is_now) if not first else ()),
    )


def since_approved(state: ProjectState, part: Part, identity: str, known: Words) -> tuple[str, tuple[Changed, ...]]:
    """The last approved revision (``QCR-URS r2``; empty when none is) and what the entry says otherwise now."""
    signed = [a for a in _revisions(state, part) if state.life(a) in ("approved", "superseded") and state.valid(a)]
    if not signed:
        return "", ()
    last = signed[-1].document
    before = known.get(last.revision, {}).get(identity)
    if last.revision not in known:
        return f"{last.id} r{last.revision}", ()
    return f"{last.id} r{last.revision}", _between(before, _now(state, part, identity))


def _now(state: ProjectState, part: Part, identity: str) -> Any:
    entry = state.spec.requirement.get(identity) if part == "urs" else state.spec.risk.get(identity)
    return plain(entry) if entry is not None else None


def _between(before: Any, now: Any) -> tuple[Changed, ...]:
    if before is None and now is None:
        return ()
    if before is None or now is None:
        return (Changed("entry", "" if before is None else "as it was", "" if now is None else "as it is"),)
    return changes(before, now)
