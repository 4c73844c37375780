"""What a challenge came to, worked out from its journals alone: rows, scripts, phrases. Pure.

A script counts as having noticed a fault only when it passed on the same instance without the fault, and then FAILED at a Then whose
observation did not hold. An error, a block, a failed set-up or a red When prove nothing about what the script looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from csvgen.model.challenge import (
    Challenge,
    ChallengedRow,
    ChallengeSummary,
    Falsification,
    Kill,
    RowResult,
    ScriptResult,
    TrialRecord,
)  # fmt: skip
from csvgen.model.execution import CaseResult, Verdict


def kill(trial: TrialRecord, result: CaseResult) -> Kill | None:
    """How a script failed for the right reason; None when it did not."""
    if result.verdict is not Verdict.FAILED:
        return None
    step = next((s for s in result.steps if s.verdict is not Verdict.PASSED), None)
    if step is None or step.verdict is not Verdict.FAILED or step.keyword != "Then":
        return None
    seen = next((o for o in step.observations if not o.holds and o.comparison != "recorded"), None)
    if seen is None:
        return None
    return Kill(
        case=result.case, trial=trial.plan.trial, fault=trial.plan.fault, step=step.number, text=f"{step.keyword} {step.text}",
        what=seen.what, expected=seen.expected, observed=seen.actual,
    )  # fmt: skip


def green(challenge: Challenge) -> Mapping[str, str]:
    """Script -> why it was not green without a fault; an empty text when it was."""
    found: dict[str, str] = {}
    for trial in challenge.trials:
        if trial.plan.manner == "no fault":
            found |= {
                r.case: "" if r.verdict is Verdict.PASSED else f"{r.verdict} without a fault: {r.reason}" for r in trial.results
            }
    return found


def seeded(trial: TrialRecord) -> str:
    """Why the fault of a trial was not there; empty when it was, from before the first script to after the last."""
    if trial.plan.manner != "fault":
        return "no fault was to be seeded"
    injected = next((s for s in trial.seedings if s.act == "inject"), None)
    if injected is None or not injected.accepted:
        return injected.message if injected is not None else "the trial ended before the fault was seeded"
    if len(trial.baselines) < 2 or len(set(trial.baselines)) > 1:  # noqa: PLR2004 - before and after
        return "the instance after the fault is not the one before it, or was not read"
    return ""


def rows(challenge: Challenge) -> tuple[RowResult, ...]:
    """Each row of the plan with what became of it."""
    fine = green(challenge)
    return tuple(_row(row, challenge.trials, fine) for row in challenge.plan.rows)


def _row(row: ChallengedRow, trials: Iterable[TrialRecord], fine: Mapping[str, str]) -> RowResult:
    trial = next((t for t in trials if t.plan.fault == row.fault), None)
    not_green = tuple((case, fine.get(case, "not executed without a fault")) for case in row.cases if fine.get(case, "?"))
    if trial is None:
        return RowResult(row=row, state="not run", kills=(), silent=(), other=not_green, reason="no trial of this fault was made")
    if why := seeded(trial):
        return RowResult(row=row, state="not seeded", kills=(), silent=(), other=not_green, reason=why)
    results = {r.case: r for r in trial.results}
    kills, silent, other = [], [], list(not_green)
    for case in (c for c in row.cases if fine.get(c) == ""):
        result = results.get(case)
        found = kill(trial, result) if result is not None else None
        if found is not None:
            kills.append(found)
        elif result is not None and result.verdict is Verdict.PASSED:
            silent.append(case)
        else:
            other.append((case, f"{result.verdict}: {result.reason}" if result is not None else "not executed with the fault"))
    if not any(fine.get(c) == "" for c in row.cases):
        return RowResult(
            row=row, state="not green", kills=(), silent=(), other=tuple(other), reason="no script was green without the fault"
        )
    state = "killed" if kills else "survived"
    reason = "" if kills else f"no script failed for the right reason: {len(silent)} green, {len(other)} undecided"
    return RowResult(row=row, state=state, kills=tuple(kills), silent=tuple(silent), other=tuple(other), reason=reason)  # type: ignore[arg-type]


def scripts(challenge: Challenge) -> tuple[ScriptResult, ...]:
    """Each script of the plan with the first fault it noticed, or why it is unproven."""
    fine = green(challenge)
    tried: dict[str, list[str]] = {}
    first: dict[str, Kill] = {}
    not_there: dict[str, list[str]] = {}
    for trial in challenge.trials:
        if trial.plan.manner == "fault" and seeded(trial):
            for planned in trial.plan.planned:
                not_there.setdefault(planned.case, []).append(trial.plan.fault)
        elif trial.plan.manner == "fault":
            for result in trial.results:
                tried.setdefault(result.case, []).append(trial.plan.fault)
                if fine.get(result.case) == "" and result.case not in first and (found := kill(trial, result)) is not None:
                    first[result.case] = found
    made = []
    for script in challenge.plan.scripts:
        faults = tuple(tried.get(script.case, ()))
        why = (
            ""
            if script.case in first
            else fine.get(script.case, "not executed") or _silent(faults, not_there.get(script.case, ()))
        )
        made.append(ScriptResult(script=script, kill=first.get(script.case), tried=faults, reason=why))
    return tuple(made)


def _silent(faults: Sequence[str], not_there: Sequence[str]) -> str:
    told = [f"green, or undecided, with {', '.join(faults)}"] if faults else []
    told += [f"not seeded: {', '.join(not_there)}"] if not_there else []
    return "; ".join(told) or "no fault is known that it should notice"


def further(challenge: Challenge) -> tuple[tuple[str, tuple[Kill, ...], str], ...]:
    """Faults that no row names, seeded because patterns must detect them: fault, kills, why it was not seeded."""
    named, fine = {row.fault for row in challenge.plan.rows}, green(challenge)
    made = []
    for trial in challenge.trials:
        if trial.plan.manner == "fault" and trial.plan.fault not in named:
            kills = [k for r in trial.results if fine.get(r.case) == "" and (k := kill(trial, r)) is not None]
            made.append((trial.plan.fault, tuple(kills), seeded(trial)))
    return tuple(made)


def phrases(challenge: Challenge) -> tuple[Falsification, ...]:
    """Each phrase of a Then once: as it noticed a falsified observation, or as it was last looked at."""
    found: dict[str, Falsification] = {}
    for trial in challenge.trials:
        for seen in trial.falsifications:
            if seen.phrase not in found or found[seen.phrase].noticed is None:
                found[seen.phrase] = seen
    return tuple(found[phrase] for phrase in sorted(found))


def summary(challenge: Challenge) -> ChallengeSummary:
    """The numbers of a challenge."""
    made, seen, looked = rows(challenge), scripts(challenge), phrases(challenge)
    return ChallengeSummary(
        rows=len(made), killed=sum(r.state == "killed" for r in made), scripts=len(seen),
        unproven=sum(not s.proven for s in seen), phrases=len(looked), blind=sum(p.noticed is None for p in looked),
    )  # fmt: skip
