"""Which deviations there are, computed from the runs: every planned case of a counted run that did not pass opens one.

Ids follow the runs in the order they were sealed, and their cases, without gaps, so that nobody can make one disappear: take a
run away and the numbering, the run numbers and the signed records no longer agree. A later run only ever adds ids, whatever its
phase: an IQ repeated after the OQ leaves the deviations of the OQ what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csvgen.canonical import digest
from csvgen.model.deviation import Deviation, Investigation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, Observation, Verdict
from csvgen.model.protocol import Protocol
from csvgen.model.unscripted import issues_told
from csvgen.trace.matrix import counts


@dataclass(frozen=True)
class Opened:
    """A deviation as the runs open it, before anybody has looked into it."""

    id: str
    run: str
    phase: str
    case: str
    step: int
    opened: str
    result: CaseResult

    @property
    def expected(self) -> str:
        """What the first observation that does not hold should have been."""
        seen = _deciding(self.result)
        return f"{seen.expected} {seen.unit}".strip() if seen else "the case is carried out and passes"

    @property
    def actual(self) -> str:
        """What was observed there; without an observation, why the case came to its verdict."""
        if told := issues_told(self.result.session):
            return told
        seen = _deciding(self.result)
        return f"{seen.actual} {seen.unit}".strip() if seen else (self.result.reason or str(self.result.verdict))

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
            verdict=str(self.result.verdict),
            expected=self.expected,
            actual=self.actual,
            result_digest=digest(self.result),
            opened=self.opened,
            investigation=investigation,
        )


def opened(runs: Sequence[Evidence]) -> tuple[Opened, ...]:
    """Every deviation the counted runs open, numbered in their order."""
    sealed = sorted((r for r in runs if counts(r)), key=lambda r: (r.seal.sealed if r.seal else "", r.run))
    found = [(run, result) for run in sealed for result in run.results if result.verdict is not Verdict.PASSED]
    return tuple(
        Opened(
            id=f"DEV-{number:03d}",
            run=run.run,
            phase=str(run.plan.phase),
            case=result.case,
            step=_step(result),
            opened=run.seal.sealed if run.seal else "",
            result=result,
        )
        for number, (run, result) in enumerate(found, 1)
    )


def _step(result: CaseResult) -> int:
    """Number of the first step that did not pass; 0 when the case never came to a step."""
    return next((s.number for s in result.steps if s.verdict not in (Verdict.PASSED, Verdict.NOT_RUN)), 0)


def _deciding(result: CaseResult) -> Observation | None:
    """The first observation that does not hold."""
    return next((seen for step in result.steps for seen in step.observations if not seen.holds), None)
