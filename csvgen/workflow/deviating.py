"""Deviations as people work on them: where each stands, how old it is, what it was repeated in; an investigation out of what was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from csvgen.clock import parsed
from csvgen.deviation.open import Opened
from csvgen.errors import BadInput
from csvgen.model.deviation import Investigation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult
from csvgen.signature.approvals import Approval
from csvgen.trace.matrix import Disposed, counts
from csvgen.workflow import gates
from csvgen.workflow.state import ProjectState

Life = Literal["not investigated", "waits for signatures", "disposition ended", "closed"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One deviation as it stands."""

    opened: Opened
    disposed: Disposed
    approval: Approval | None
    """Newest revision of its disposition, signed or not."""
    life: Life
    closed: str
    """Time of the last signature of the disposition; empty while it is open."""
    retests: tuple[tuple[str, str, str], ...]
    """Run, case and verdict of each later counted execution of its case, and of those its disposition names."""
    ordered: tuple[str, ...]
    """Execution orders that the disposition released and that no run has answered yet."""

    @property
    def id(self) -> str:
        return self.opened.id

    @property
    def open(self) -> bool:
        return self.life != "closed"

    @property
    def classification(self) -> str:
        return self.disposed.record.investigation.classification if self.disposed.record else "not classified"


def standings(state: ProjectState) -> tuple[Standing, ...]:
    """Open ones first, the oldest before the younger; then the closed ones."""
    found = [standing(state, o, d) for o, d in zip(state.opened, state.deviations, strict=True)]
    return tuple(sorted(found, key=lambda s: (not s.open, s.opened.opened, s.id)))


def standing(state: ProjectState, o: Opened, d: Disposed) -> Standing:
    """One of them; its retests are looked for in every counted run after it."""
    approval = state.latest(state.document_id("deviation", o.id))
    life: Life = "not investigated"
    if approval is not None:
        life = "closed" if d.signed else "disposition ended" if approval.ended else "waits for signatures"
    closed = approval.completed if approval is not None and d.signed else ""
    return Standing(o, d, approval, life, closed, _retests(state, o, d), _ordered(state, o))


def _retests(state: ProjectState, o: Opened, d: Disposed) -> tuple[tuple[str, str, str], ...]:
    wanted = {o.case, *(d.record.investigation.retest if d.record else ())}
    return tuple(
        (run.run, result.case, str(result.verdict))
        for run in state.runs
        if counts(run) and run.seal is not None and run.seal.sealed > o.opened
        for result in run.results
        if result.case in wanted
    )


def _ordered(state: ProjectState, o: Opened) -> tuple[str, ...]:
    found = (a for phase in ("IQ", "OQ", "PQ") for a in gates.orders(state, phase) if not a.ended and a.content)
    return tuple(
        a.document.id for a in found if o.id in a.content.get("released_by", ()) and state.run(str(a.content["run"])) is None
    )


def age(opened: str, until: str) -> int:
    """Whole days between two times of record; never less than none."""
    return max(0, (parsed(until) - parsed(opened)).days)


def original(state: ProjectState, o: Opened) -> tuple[Evidence | None, CaseResult | None]:
    """The run that opened a deviation, and the result of the case as it was recorded."""
    run = state.run(o.run)
    return run, next((r for r in run.results if r.case == o.case), None) if run is not None else None


def investigation(given: Mapping[str, str], retest: Sequence[str]) -> Investigation:
    """What a person wrote, as a value. Raises BadInput naming the first field that is missing or cannot be used."""
    fields = ("cause", "classification", "root_cause", "impact", "correction", "change_reference", "decision")
    values: dict[str, object] = {name: given.get(name, "").strip() for name in fields}
    for name in fields:
        if not values[name]:
            raise BadInput(
                f"{name.replace('_', ' ')} is empty", hint="each field is somebody's judgement; csvgen proposes none of them"
            )
    restriction = given.get("restriction", "").strip()
    values |= {"retest": tuple(dict.fromkeys(r for r in retest if r)), "restriction": restriction or None}
    try:
        return Investigation.model_validate(values)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise BadInput(f"{'.'.join(map(str, first['loc'])).replace('_', ' ')}: {first['msg']}") from None
