"""Where a study stands, and what waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csvgen.pipeline.clinical.planning import newest, plan_id, superseded
from csvgen.pipeline.clinical.study import NEEDED, Study, StudyState
from csvgen.pipeline.core import Core


@dataclass(frozen=True, slots=True)
class StudyStanding:
    """One line of the list people begin their day with."""

    study: str
    plan: str
    data: str
    tables: str
    superseded: tuple[str, ...]
    """Runs whose tables are no more in force."""
    open_deviations: tuple[str, ...]
    waits_for: str
    """Role whose act comes next; empty at the end of the life."""
    what: str
    """The act."""

    @property
    def words(self) -> str:
        """The state in words."""
        gone = f"superseded: {', '.join(self.superseded)}" if self.superseded else ""
        return "; ".join(part for part in (self.plan, self.data, self.tables, gone) if part)


def standing(core: Core, study: Study, deviations: Sequence[str] = ()) -> StudyStanding:
    """A study as it is now; `deviations` are its open ones."""
    found = core.latest("study-state", study.study, StudyState)
    state = found[0] if found else StudyState(study=study.study, subject=study.subject)
    role, what = _next(core, study, state, deviations)
    gone = tuple(f"{run} (plan {plan})" for run, plan in superseded(core, study))
    return StudyStanding(
        study.study, _plan(core, study), _data(study, state), _tables(study, state), gone, tuple(deviations), role, what
    )


def _plan(core: Core, study: Study) -> str:
    proposed = _proposed(core, study)
    if not study.plan_version:
        return "plan not approved"
    return f"plan {study.plan_version} approved" + (f", {proposed} waits for approval" if proposed else "")


def _proposed(core: Core, study: Study) -> str:
    """The newest version of the plan, if nobody approved it yet."""
    last = newest(core, study.study)
    return plan_id(study.study, last.number) if last and last.number > study.plan_version else ""


def _data(study: Study, state: StudyState) -> str:
    aside = _aside(study)
    if not study.files:
        return "no data"
    return f"data {state.data}" + (f", in quarantine: {', '.join(aside)}" if aside else "")


def _tables(study: Study, state: StudyState) -> str:
    return "tables not derived" if state.tables == "none" else f"tables {state.tables} ({study.run})"


def _aside(study: Study) -> list[str]:
    return [name for name, entry in study.files.items() if entry.standing != "accepted"]


def _next(core: Core, study: Study, state: StudyState, deviations: Sequence[str]) -> tuple[str, str]:
    """Role, act: the first thing on the way to released tables that is not done."""
    if state.tables in ("released", "rejected"):
        return "", ""
    steps = (
        (bool(deviations), "quality", f"disposition of {', '.join(deviations)}"),
        (state.data == "open" and bool(_proposed(core, study)), "quality", f"approval of plan {_proposed(core, study)}"),
        (bool(missing := [n for n in NEEDED if n not in study.files]), "analyst", f"deliveries: {', '.join(missing)}"),
        (bool(aside := _aside(study)), "analyst", f"a delivery that can be accepted: {', '.join(aside)}"),
        (state.tables == "none", "analyst", "processing"),
        (state.tables == "processed", "reviewer", "review"),
        (state.data == "open", "quality", "freeze of the data"),
        (state.data == "frozen", "quality", "lock of the data"),
    )
    return next(((role, what) for waits, role, what in steps if waits), ("quality", "release or rejection"))
