"""Whether a phase may be concluded, by a rule that is printed. The rule gives the best a conclusion can be; a person signs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from csvgen.model.base import Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Verdict
from csvgen.model.matrix import Matrix
from csvgen.model.protocol import Protocol
from csvgen.trace.matrix import Disposed, counts

Outcome = Literal["eligible", "eligible with restrictions", "not eligible"]

RULE = (
    "A phase is eligible when every planned case passed in its last formal, sealed run and every deviation of the phase has a "
    "signed disposition. It is eligible with restrictions when the only cases that did not pass have a signed disposition that "
    "accepts the result of their last run with a restriction. In every other case it is not eligible. A phase in which no case "
    "passed has shown nothing and is not eligible, whatever was accepted. A case that was not "
    "executed, was blocked or skipped did not pass. A run that was aborted does not count. A run on a system that changed meanwhile, or "
    "that did not end with results, has a deviation of its own: its results count only where the signed disposition accepts them with "
    "a restriction, which is then one of the phase. What an emulator or a stub answered is a restriction of the phase too, whoever signs."
)


@dataclass(frozen=True)
class Conclusion:
    """What the rule gives for one phase."""

    phase: Phase
    outcome: Outcome
    reasons: tuple[str, ...]
    """What stands against a better outcome; empty when eligible."""
    restrictions: tuple[str, ...]
    planned: int
    passed: int
    verdicts: dict[str, int]
    """Final verdict -> number of cases."""
    runs: tuple[str, ...]


def conclude(
    phase: Phase, protocol: Protocol, matrix: Matrix, runs: Sequence[Evidence], deviations: Sequence[Disposed]
) -> Conclusion:
    """Apply the rule to one phase."""
    final = {r.case: r.final for r in matrix.reverse}
    last = {r.case: r.runs[-1] for r in matrix.reverse if r.runs}
    cases = protocol.of(phase)
    of_phase = [d for d in deviations if _phase_of(d.run) == phase]
    reasons: list[str] = []
    restrictions: list[str] = []
    for case in cases:
        verdict = final.get(case.id, Verdict.NOT_RUN)
        if verdict is Verdict.PASSED:
            continue
        accepted = [
            d for d in of_phase if (d.case, d.run) == (case.id, last.get(case.id)) and d.decision == "accept-with-restriction"
        ]
        if accepted and accepted[-1].record is not None:
            text = accepted[-1].record.investigation.restriction or "no restriction stated"
            restrictions.append(f"{case.id} {verdict} ({accepted[-1].id}): {text}")
        else:
            reasons.append(f"{case.id} {verdict}")
    resting = {last.get(case.id) for case in cases}
    restrictions += [
        f"{d.run} as a whole ({d.id}): {d.record.investigation.restriction or 'no restriction stated'}"
        for d in of_phase
        if d.whole and d.run in resting and d.decision == "accept-with-restriction" and d.record is not None
    ]
    restrictions += [
        f"{r.run} was answered by the {kind} {name}: that shows the shape of the calls, not the behaviour of the system it stands for"
        for r in runs
        if r.run in resting
        for kind, name in stand_ins(r)
    ]
    reasons += [f"{d.id} has no signed disposition" for d in of_phase if d.open]
    if not cases:
        reasons.append("there is no case in this phase")
    elif not reasons and all(final.get(c.id) is not Verdict.PASSED for c in cases):  # each accepted, and nothing left to stand on
        reasons.append("no case of this phase passed, so nothing was shown")
    outcome: Outcome = "not eligible" if reasons else "eligible with restrictions" if restrictions else "eligible"
    verdicts = Counter(str(final.get(c.id, Verdict.NOT_RUN)) for c in cases)
    return Conclusion(
        phase=phase,
        outcome=outcome,
        reasons=tuple(reasons),
        restrictions=tuple(restrictions),
        planned=len(cases),
        passed=verdicts.get("PASSED", 0),
        verdicts=dict(sorted(verdicts.items())),
        runs=tuple(r.run for r in runs if counts(r) and r.plan.phase == phase),
    )


def stand_ins(run: Evidence) -> tuple[tuple[str, str], ...]:
    """Kind and name of every emulator and stub that answered in a run, in the place of the system itself."""
    targets = (t for t in (run.target_start, run.target_end, *run.targets) if t is not None)
    return tuple(dict.fromkeys((c.kind, c.name) for t in targets for c in t.counterparts if c.kind in ("emulator", "stub")))


def _phase_of(run: str) -> str:
    return run.partition("-")[0]
