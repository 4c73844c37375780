"""Which deviations there are, computed from the runs: every planned case of a counted run that did not pass opens one, and so does
a run that did not go as a run must: closed as aborted, ended otherwise than with results, on a system that changed meanwhile.

Ids follow the runs in the order they were sealed, the run as a whole before its cases, and these in their order, without gaps, so
that nobody can make one disappear: take a run away and the numbering, the run numbers and the signed records no longer agree. A
later run only ever adds ids, whatever its phase: an IQ repeated after the OQ leaves the deviations of the OQ what they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from csvgen.canonical import Digest, digest
from csvgen.model.deviation import WHOLE_RUN, Deviation, Investigation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, Observation, Verdict
from csvgen.model.protocol import Protocol
from csvgen.model.unscripted import issues_told
from csvgen.trace.matrix import counts, reported

_TOLD = 8
"""So many faults of a run are told one by one."""


class _Found(NamedTuple):
    case: str
    step: int
    verdict: str
    expected: str
    actual: str
    original: Digest


@dataclass(frozen=True)
class Opened:
    """A deviation as the runs open it, before anybody has looked into it."""

    id: str
    run: str
    phase: str
    case: str
    """Id of the case, or `WHOLE_RUN`."""
    step: int
    opened: str
    verdict: str
    expected: str
    """What the first observation that does not hold should have been."""
    actual: str
    """What was observed there; without an observation, why the case came to its verdict."""
    original: Digest
    """Of the case result as recorded; of a run as a whole, of its seal."""

    def record(self, protocol: Protocol, system: str, investigation: Investigation) -> Deviation:
        """The record that the disposition signatures will bind."""
        case = protocol.case.get(self.case)
        return Deviation(
            id=self.id,
            system=system,
            phase=self.phase,
            run=self.run,
            case=self.case,
            step=self.step,
            requirements=case.requirements if case else (),
            verdict=self.verdict,
            expected=self.expected,
            actual=self.actual,
            result_digest=self.original,
            opened=self.opened,
            investigation=investigation,
        )


def opened(runs: Sequence[Evidence]) -> tuple[Opened, ...]:
    """Every deviation the formal, sealed runs open, numbered in their order."""
    sealed = sorted((r for r in runs if reported(r)), key=lambda r: (r.seal.sealed if r.seal else "", r.run))
    found = [(run, one) for run in sealed for one in _of(run)]
    return tuple(
        Opened(
            id=f"DEV-{number:03d}",
            run=run.run,
            phase=str(run.plan.phase),
            opened=run.seal.sealed if run.seal else "",
            **one._asdict(),
        )
        for number, (run, one) in enumerate(found, 1)
    )


def _of(run: Evidence) -> Iterator[_Found]:
    """What one run opens. The cases of an aborted run have no say of their own: it counts for nothing, and the run says why."""
    if run.irregular:
        seal = run.digest or digest(run.run)
        expected = "the run ends by itself and with results, on one system that stays as it is"
        yield _Found(WHOLE_RUN, 0, "ABORTED" if run.aborted else "IRREGULAR", expected, _whole(run), seal)
    if counts(run):
        for result in run.results:
            if result.verdict is not Verdict.PASSED:
                yield of_case(result)


def _whole(run: Evidence) -> str:
    """What happened to a run; of an aborted one also what its cases had come to, which must not go unseen with it."""
    told = list(run.irregular[:_TOLD])
    if len(run.irregular) > _TOLD:
        told.append(f"and {len(run.irregular) - _TOLD} more, in the record of the run")
    if run.aborted:
        count = len(run.results)
        states = [f"{r.case} {r.verdict}" for r in run.results if r.verdict not in (Verdict.PASSED, Verdict.NOT_RUN)]
        passed = sum(r.verdict is Verdict.PASSED for r in run.results)
        shown = f": {', '.join(states[:_TOLD])}" + (" ..." if len(states) > _TOLD else "") if states else ""
        told.append(f"by then, of {count} planned: {passed} PASSED, {len(states)} neither passed nor unexecuted{shown}")
    return "; ".join(told)


def of_case(result: CaseResult) -> _Found:
    """What a case that did not pass opens."""
    seen = _deciding(result)
    expected = f"{seen.expected} {seen.unit}".strip() if seen else "the case is carried out and passes"
    actual = f"{seen.actual} {seen.unit}".strip() if seen else (result.reason or str(result.verdict))
    actual = issues_told(result.session) or actual
    return _Found(result.case, _step(result), str(result.verdict), expected, actual, digest(result))


def _step(result: CaseResult) -> int:
    """Number of the first step that did not pass; 0 when the case never came to a step."""
    return next((s.number for s in result.steps if s.verdict not in (Verdict.PASSED, Verdict.NOT_RUN)), 0)


def _deciding(result: CaseResult) -> Observation | None:
    """The first observation that does not hold."""
    return next((seen for step in result.steps for seen in step.observations if not seen.holds), None)
