"""Every run there ever was: formal and engineering, aborted and open ones, issued copies that were never executed; challenges apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from csvgen.model.base import PHASES
from csvgen.model.challenge import Challenge
from csvgen.model.evidence import Evidence
from csvgen.model.execution import WORST
from csvgen.trace.matrix import counts, reported
from csvgen.workflow import gates
from csvgen.workflow.state import ProjectState


@dataclass(frozen=True, slots=True)
class Line:
    """One run, or one issued copy that became none."""

    run: str
    what: str
    """formal complete, formal retest, engineering, not executed."""
    phase: str
    standing: str
    """In words that begin with what is wrong, if anything is."""
    at: str
    """When it was planned, or the copy issued."""
    ended: str
    account: str
    verdicts: tuple[tuple[str, int], ...]
    """Worst first."""
    planned: int
    executed: int
    here: bool
    """Whether there is a run to look at."""
    counted: bool


@dataclass(frozen=True, slots=True)
class Trials:
    """One challenge: scripts that ran on a system broken on purpose. No run, and counted nowhere."""

    challenge: Challenge
    standing: str


def ledger(state: ProjectState) -> tuple[Line, ...]:
    """Newest first."""
    found = [_line(state, run) for run in state.runs] + [line for phase in PHASES for line in _unexecuted(state, phase)]
    return tuple(sorted(found, key=lambda line: (line.at, line.run), reverse=True))


def trials(state: ProjectState) -> tuple[Trials, ...]:
    return tuple(
        Trials(c, "sealed" if c.sealed else f"damaged: {c.problems[0]}" if c.problems else "not sealed") for c in state.challenges
    )


def standing_of(state: ProjectState, run: Evidence) -> str:  # noqa: PLR0911 - one line for each standing
    """Where a run stands, in words."""
    if run.problems:
        return f"damaged: {run.problems[0]}"
    if run.seal is None:
        return "open: waits for what a person carries out" if run.waits else "open: going on, or its process died"
    if run.aborted:
        return f"aborted by {run.seal.aborted_by}: {run.seal.aborted}"
    if not run.seal.complete:
        return "sealed, not complete"
    if run.plan.mode != "formal":
        return "sealed; counts for nothing"
    if refused := next(
        (d for d in state.deviations if d.whole and d.run == run.run and d.decision in ("retest", "reject")), None
    ):
        return f"sealed; not accepted as a whole by {refused.id} ({refused.decision})"
    return "sealed, reviewed" if state.approved("run-record", run.run) else "sealed, not reviewed yet"


def tally(run: Evidence) -> tuple[tuple[str, int], ...]:
    """Verdicts of a run, worst first."""
    found = Counter(r.verdict for r in run.results)
    return tuple((str(v), found[v]) for v in WORST if found[v])


def _line(state: ProjectState, run: Evidence) -> Line:
    plan = run.plan
    kind = f"{plan.mode}, {plan.scope}" if plan.mode == "formal" else "engineering"
    unexecuted = sum(r.verdict == "NOT_RUN" for r in run.results)
    return Line(
        run=run.run, what=kind, phase=str(plan.phase), standing=standing_of(state, run), at=plan.created,
        ended=run.seal.sealed if run.seal is not None else "", account=plan.account, verdicts=tally(run), planned=len(plan.planned),
        executed=len(run.results) - unexecuted, here=True, counted=counts(run) and reported(run),
    )  # fmt: skip


def _unexecuted(state: ProjectState, phase: str) -> list[Line]:
    """Issued copies with no run of their own: open, voided by withdrawal, or replaced before they were executed."""
    found = []
    for order in gates.issued(state, phase):  # type: ignore[arg-type]
        said = order.content or {}
        life, name = state.life(order), str(said.get("run", ""))
        newer = state.superseded_by(order)
        if state.run(name) is not None and newer is None and not order.ended:
            continue
        d = order.document
        words = "issued, not executed yet" if life == "issued" else f"voided: {life} before it was executed"
        if newer is not None:
            words = f"voided: replaced by {newer.document.id} r{newer.document.revision} before it was executed"
        found.append(
            Line(
                run=name, what=f"copy {d.id} r{d.revision}", phase=phase, standing=words, at=order.signatures[0].record.signed, ended="",
                account=str(said.get("account", "")), verdicts=(), planned=0, executed=0, here=False, counted=False,
            )
        )  # fmt: skip
    return found
