"""Figures of a validation, counted from its records: coverage, risk before and after, how verdicts went, how long approvals took, work saved.

Nothing here decides anything. What is assumed is an `Assumption` with its minutes, so that whoever shows a sum can show what it rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from csvgen.clock import parsed
from csvgen.model.base import Level
from csvgen.model.execution import Verdict
from csvgen.risk.residual import residual_status
from csvgen.risk.scheme import assess, rating_scheme
from csvgen.trace.listing import OPEN_FIRST
from csvgen.trace.matrix import counts
from csvgen.workflow.deviating import Standing, standings
from csvgen.workflow.state import CODES, ProjectState

LEVELS: tuple[Level, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Went:
    """One counted run, and where all cases stood after it."""

    run: str
    at: str
    passed: int
    planned: int
    standing: int
    """Cases whose last counted execution up to then passed."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One approved revision: from composed to the last signature."""

    document: str
    revision: int
    composed: str
    approved: str

    @property
    def hours(self) -> float:
        return (parsed(self.approved) - parsed(self.composed)).total_seconds() / 3600


@dataclass(frozen=True, slots=True)
class Assumption:
    """Work that was counted, and the minutes it is taken to need: by hand, and with csvgen (what is left: reading, judging)."""

    key: str
    words: str
    counted: int
    by_hand: int
    with_csvgen: int

    @property
    def minutes(self) -> int:
        """Saved; less than none where csvgen is taken to be slower."""
        return self.counted * (self.by_hand - self.with_csvgen)


@dataclass(frozen=True)
class Figures:
    coverage: Mapping[str, int]
    requirements: int
    initial: Mapping[str, int]
    """Priority -> risks, as rated before controls."""
    now: Mapping[str, int]
    """Priority -> risks, as it holds now: the residual one while claimed or shown, the initial one after a failure."""
    residual: Mapping[str, int]
    """State of the residual rating -> risks."""
    went: tuple[Went, ...]
    cases: int
    cycles: tuple[Cycle, ...]
    median_hours: float | None
    deviations: tuple[Standing, ...]
    work: tuple[Assumption, ...]


def figures(state: ProjectState) -> Figures:
    matrix = state.matrix
    found = Counter(row.coverage for row in matrix.rows)
    finals = {row.case: row.final for row in matrix.reverse}
    by_risk: dict[str, dict[str, Verdict]] = {}
    for row in matrix.reverse:
        for name in row.risks:
            by_risk.setdefault(name, {})[row.case] = row.final
    scheme = rating_scheme(state.spec)
    statuses = [residual_status(r, scheme, by_risk.get(r.id, {})) for r in state.spec.risks]
    initial = Counter(assess(r, scheme).priority for r in state.spec.risks)
    now = Counter(s.priority for s in statuses)
    cycles = _cycles(state)
    return Figures(
        coverage={name: found[name] for name in OPEN_FIRST if found[name]},
        requirements=len(matrix.rows),
        initial={level: initial[level] for level in LEVELS},
        now={level: now[level] for level in LEVELS},
        residual=dict(Counter(s.state for s in statuses)),
        went=_went(state),
        cases=len(finals),
        cycles=cycles,
        median_hours=median(c.hours for c in cycles) if cycles else None,
        deviations=standings(state),
        work=work(state),
    )


def _went(state: ProjectState) -> tuple[Went, ...]:
    last: dict[str, Verdict] = {}
    known, found = state.protocol.case, []
    sealed = [(r.seal.sealed, r) for r in state.runs if r.seal is not None and counts(r)]
    for at, run in sorted(sealed, key=lambda pair: (pair[0], pair[1].run)):
        last |= {r.case: r.verdict for r in run.results if r.case in known}
        passed = sum(r.verdict is Verdict.PASSED for r in run.results)
        standing = sum(v is Verdict.PASSED for v in last.values())
        found.append(Went(run.run, at, passed, len(run.results), standing))
    return tuple(found)


def _cycles(state: ProjectState) -> tuple[Cycle, ...]:
    """Every revision that trusted people have signed in full, oldest first."""
    done = [a for a in state.approvals if a.completed and state.valid(a)]
    cycles = (Cycle(a.document.id, a.document.revision, a.document.composed, a.completed) for a in done)
    return tuple(sorted(cycles, key=lambda c: (c.approved, c.document)))


MINUTES: Mapping[str, tuple[int, int]] = {
    "scripts": (25, 5), "steps": (3, 0), "evidence": (4, 0), "links": (2, 0), "documents": (240, 45),
}  # fmt: skip
"""Kind of work -> minutes by hand, and minutes left with csvgen. Assumed, not measured: nobody has timed either. Put in your own."""


def work(state: ProjectState) -> tuple[Assumption, ...]:
    """What csvgen did and people did not have to, counted; drafted scripts that people wrote anew are not among it."""
    drafted = sum(len(f.cases) for f in state.protocol.features if f.fingerprint and not f.adopted)
    steps = [
        s
        for r in state.runs
        if r.plan.mode == "formal" and r.seal is not None
        for c in r.results
        for s in c.steps
        if s.by is None
    ]
    observed = sum(bool(s.observations) for s in steps)
    kept = sum(len(s.attachments) for s in steps)
    links = sum(len(row.links) + len(row.risks) for row in state.matrix.rows)
    documents = sum(a.document.kind in CODES for a in state.approvals)
    counted = {
        "scripts": ("test scripts drafted, to be read and approved", drafted),
        "steps": ("steps of formal runs executed by themselves, with what was observed written down", observed),
        "evidence": ("pieces of evidence captured in them, named and bound to their step", kept),
        "links": ("links between requirement, risk and case kept in the matrix", links),
        "documents": ("revisions of documents composed and laid out, to be read and signed", documents),
    }
    return tuple(Assumption(key, words, number, *MINUTES[key]) for key, (words, number) in counted.items())


def assumed(found: Sequence[Assumption], minutes: Mapping[str, tuple[int, int]]) -> tuple[Assumption, ...]:
    """The same work with somebody's own minutes."""
    return tuple(replace(a, by_hand=minutes[a.key][0], with_csvgen=minutes[a.key][1]) if a.key in minutes else a for a in found)
