"""Executing again: which cases may be, what releases them, and what becomes of the results that stay.

A case is executed again only when somebody answers for it by signature: a disposition that decided for a retest, or a change. Three
things keep a repetition from being a way to a better result: an open deviation stops it; a fault of the script is first mended in an
approved new revision of the protocol; and results of an earlier revision stay only with a written reason, which is in the order that
a trained person issues by signature, and in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from csvgen.model.base import Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, Verdict
from csvgen.model.spec import DocumentKind
from csvgen.signature.approvals import Approval
from csvgen.trace.matrix import Disposed, counts, reported
from csvgen.workflow.state import ProjectState

PROTOCOLS: dict[Phase, DocumentKind] = {"IQ": "iq-protocol", "OQ": "oq-protocol", "PQ": "pq-protocol"}


@dataclass(frozen=True)
class Asked:
    """What an order asks for beside the phase."""

    cases: tuple[str, ...] = ()
    """Empty: every case of the phase."""
    change: str = ""
    """Reference of the change that asks for it, where no disposition does."""
    carry_over: str = ""
    """Why the results of cases that are not executed again hold for the protocol as it is now."""


def unfinished(state: ProjectState, phase: Phase) -> str:
    """Why nothing new may be ordered while a formal run of the phase is open or damaged, or an empty string (RR-X03)."""
    for run in state.runs:
        if run.plan.phase != phase or run.plan.mode != "formal" or run.sealed:
            continue
        if run.seal is not None:
            return f"{run.run} is damaged: {run.problems[0]}; put back what was sealed, from a package or a backup"
        if run.waits:
            return (
                f"{run.run} waits for the cases that a person carries out (csvgen run {phase} --formal --attended), "
                f"or is closed as aborted: csvgen abandon {run.run} --reason TEXT"
            )
        damage = f" ({run.problems[0]})" if run.problems else ""
        return (
            f"{run.run} began and was never sealed{damage}; let it come to its end, or close it as aborted: "
            f"csvgen abandon {run.run} --reason TEXT"
        )
    return ""


def refusal(state: ProjectState, phase: Phase, asked: Asked) -> str:
    """Why the phase, or the cases named, may not be executed (again), or an empty string."""
    blocking = [d.id for d in _of(state, phase) if d.open and (not asked.cases or _touches(state, d, asked.cases))]
    if blocking:
        return f"without signed disposition: {', '.join(blocking)}; a failed case is executed again only after it"
    unknown = sorted(set(asked.cases) - {c.id for c in state.protocol.of(phase)})
    if unknown:
        return f"the {phase} protocol has no case {', '.join(unknown)}"
    return _cases(state, phase, asked) if asked.cases else _complete(state, phase)


def _complete(state: ProjectState, phase: Phase) -> str:
    """The whole phase again: where it was never executed to its end, or where the last such run is to be repeated as a whole."""
    runs = [r for r in state.runs if reported(r) and r.plan.phase == phase and r.plan.scope == "complete"]
    if not runs:
        counted = [r.run for r in state.runs if counts(r) and r.plan.phase == phase]
        return f"the {phase} was executed in {counted[0]}; order a retest of named cases" if counted else ""
    last = runs[-1]
    whole = next((d for d in _of(state, phase) if d.whole and d.run == last.run), None)
    if whole is None:
        return f"the {phase} was executed completely in {last.run}; order a retest of named cases, or --changed ones"
    if whole.decision != "retest":
        return f"{whole.id} decided on {last.run} as a whole: {whole.decision}; that releases no repetition"
    return _script(state, phase, (whole,))


def _cases(state: ProjectState, phase: Phase, asked: Asked) -> str:
    closed, counted = _lasts(state, phase, reported), _lasts(state, phase, counts)
    stopping = {d.run: d for d in _of(state, phase) if d.whole and d.decision != "retest"}
    for case in asked.cases:
        last = closed[case][0] if case in closed else None
        if last is not None and last.aborted and last.run in stopping:
            d = stopping[last.run]
            return f"{d.id} decided on {d.run} as a whole: {d.decision}; that releases no repetition of {case}"
    released = {c for d in _releasing(state, phase, asked.cases) for c in _releases(state, d)}
    reworded = set(changed(state, phase))
    passed = {case for case, (_, result) in counted.items() if result.verdict is Verdict.PASSED}
    # A change alone releases what has no result in its present wording, and what passed; a failure takes a disposition.
    missing = [c for c in asked.cases if c not in released and not (asked.change and c in reworded | passed)]
    if missing:
        more = "; a case whose wording changed needs a disposition or a change reference" if set(missing) & reworded else ""
        return f"no signed disposition releases a retest of {', '.join(missing)}{more}"
    if refused := _script(state, phase, _releasing(state, phase, asked.cases)):
        return refused
    stay = carried(state, phase, asked.cases)
    if stay and not asked.carry_over and not _said_before(state, phase):
        return (
            f"the protocol was revised since {_first_run(state, phase, stay)}; say in writing why the results of the "
            f"{len(stay)} cases that are not executed again carry over"
        )
    return ""


def changed(state: ProjectState, phase: Phase) -> tuple[str, ...]:
    """Cases of an executed phase that have no result in the wording they now have: worded otherwise, or new."""
    last = _lasts(state, phase, counts)
    if not last:
        return ()
    return tuple(c.id for c in state.protocol.of(phase) if c.id not in last or last[c.id][1].case_digest != c.digest)


def carried(state: ProjectState, phase: Phase, again: Sequence[str]) -> tuple[str, ...]:
    """Cases that are not executed again and whose last result, in their present wording, is from another revision of the protocol."""
    now, last, named = state.protocol.digest_of(phase), _lasts(state, phase, counts), set(again)
    stay = (c for c in state.protocol.of(phase) if c.id not in named and c.id in last)
    return tuple(c.id for c in stay if last[c.id][1].case_digest == c.digest and last[c.id][0].plan.protocol != now)


def uncarried(state: ProjectState, phase: Phase) -> str:
    """Why a report may not be composed over results of an earlier revision of the protocol, or an empty string."""
    stay = carried(state, phase, ())
    if not stay or _said_before(state, phase):
        return ""
    return (
        f"the protocol was revised since {_first_run(state, phase, stay)}, and no order says why the results of "
        f"{len(stay)} unchanged cases carry over (csvgen order {phase} --changed --carry-over TEXT)"
    )


def released_by(state: ProjectState, phase: Phase, cases: Sequence[str]) -> tuple[str, ...]:
    """Ids of the deviations whose signed disposition releases a repetition; of the whole phase where no case is named."""
    if cases:
        return tuple(d.id for d in _releasing(state, phase, cases))
    runs = [r for r in state.runs if reported(r) and r.plan.phase == phase and r.plan.scope == "complete"]
    return tuple(d.id for d in _of(state, phase) if runs and d.whole and d.run == runs[-1].run and d.decision == "retest")


def _lasts(state: ProjectState, phase: Phase, kind: Callable[[Evidence], bool]) -> dict[str, tuple[Evidence, CaseResult]]:
    """Case -> the last run of a kind that planned it, with its result there."""
    found: dict[str, tuple[Evidence, CaseResult]] = {}
    for run in state.runs:
        if run.plan.phase == phase and kind(run):
            found |= {result.case: (run, result) for result in run.results}
    return found


# ------------------------------------------------------------ what releases


def _of(state: ProjectState, phase: Phase) -> Iterator[Disposed]:
    return (d for d in state.deviations if d.run.startswith(f"{phase}-"))


def _touches(state: ProjectState, d: Disposed, cases: Sequence[str]) -> bool:
    """Whether a deviation is about one of the cases: of its own, or of a run as a whole in which it was planned."""
    return d.case in cases or (d.whole and bool(set(_planned(state, d.run)) & set(cases)))


def _planned(state: ProjectState, run: str) -> tuple[str, ...]:
    found = state.run(run)
    return tuple(p.case for p in found.plan.planned) if found else ()


def _releasing(state: ProjectState, phase: Phase, cases: Sequence[str]) -> tuple[Disposed, ...]:
    """The dispositions, signed, that decided for a retest of one of the cases."""
    return tuple(d for d in _of(state, phase) if _releases(state, d).intersection(cases))


def _releases(state: ProjectState, d: Disposed) -> frozenset[str]:
    """The cases that a deviation releases: those its signed disposition names, and every case of a run it is about as a whole."""
    if d.decision != "retest" or d.record is None:
        return frozenset()
    return frozenset((*d.record.investigation.retest, *(_planned(state, d.run) if d.whole else ())))


def _script(state: ProjectState, phase: Phase, releasing: Sequence[Disposed]) -> str:
    """A fault of the script takes a new revision of the protocol, approved, before anything it touched is executed again."""
    approved = state.latest(state.document_id(PROTOCOLS[phase]))
    for d in releasing:
        if d.record is None or d.record.investigation.cause != "script":
            continue
        run = state.run(d.run)
        ordered = order_of(state, run) if run is not None else None
        then = str(ordered.content["document"]) if ordered is not None else ""
        if approved is None or str(approved.document.digest) == then:
            identity = state.document_id(PROTOCOLS[phase])
            return f"{d.id} found a fault of the script, and {identity} is still the revision {d.run} was executed from; approve a new one first"
    return ""


def order_of(state: ProjectState, run: Evidence) -> Approval | None:
    """The order a run was executed by."""
    return next((a for a in state.approvals if str(a.document.digest) == str(run.plan.order)), None)


def _said_before(state: ProjectState, phase: Phase) -> bool:
    """Whether an executed order of the protocol as it is now said why earlier results carry over."""
    now = str(state.protocol.digest_of(phase))
    for run in state.runs:
        order = order_of(state, run) if counts(run) and run.plan.phase == phase else None
        said = order.content if order is not None and order.content else {}
        if said.get("carry_over") and str(said.get("protocol")) == now:
            return True
    return False


def _first_run(state: ProjectState, phase: Phase, cases: Sequence[str]) -> str:
    last = _lasts(state, phase, counts)
    return min(last[c][0].run for c in cases if c in last)
