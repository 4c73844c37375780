"""Review by exception: the cases of a protocol, a report or an executed record, and which of them a reviewer should look at first, with why.

What is not marked is not thereby right. The marks only say where looking is most worth it, and each says why it stands there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from csvgen.challenge.plan import PHASES as CHALLENGED
from csvgen.challenge.plan import executable
from csvgen.errors import BadInput
from csvgen.evidence.attachments import content
from csvgen.evidence.challenge_results import scripts
from csvgen.model.base import PHASES, Phase
from csvgen.model.deviation import WHOLE_RUN
from csvgen.model.evidence import Evidence
from csvgen.model.execution import UNEXECUTED, Attachment, CaseResult, StepResult, Verdict
from csvgen.model.protocol import TestCase
from csvgen.signature.approvals import Approval
from csvgen.signature.void import Changed, changes
from csvgen.trace.content import phase_of
from csvgen.trace.matrix import counts
from csvgen.workflow.state import ProjectState

GAUGES: Mapping[str, str] = {
    "failed": "failed",
    "deviation": "deviations",
    "rerun": "executed again",
    "not-run": "not run",
    "changed": "changed since last approved",
    "thin": "high risk, thin evidence",
    "unproven": "unproven scripts",
}
"""What is counted, in the order in which a reviewer asks."""
_OF_RESULTS = ("failed", "deviation", "rerun", "not-run", "thin")
"""What only a record of executions can show."""
_BROKEN = (Verdict.FAILED, Verdict.ERROR, Verdict.UNDEFINED)
_THIN = 2
"""A high-risk case with fewer values compared, and no file attached, shows little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One case as a reviewer meets it."""

    id: str
    title: str
    case: TestCase | None
    """Its words; None for a case that the protocol no longer has."""
    run: str
    """The run whose result is shown; empty where there is none."""
    result: CaseResult | None
    attempts: tuple[tuple[str, str], ...]
    """Every formal run of it with its verdict, oldest first."""
    marks: Mapping[str, str]
    """Gauge -> why the case counts there."""

    @property
    def verdict(self) -> str:
        return str(self.result.verdict) if self.result is not None else ""

    @property
    def steps(self) -> tuple[StepResult, ...]:
        return self.result.steps if self.result is not None else ()


@dataclass(frozen=True, kw_only=True)
class Review:
    """A record as a reviewer goes through it."""

    cards: tuple[Card, ...]
    whole: tuple[str, ...]
    """What stands against the record or its runs as a whole."""
    changed: tuple[Changed, ...]
    """What it says otherwise than the last approved revision, field by field."""
    since: str
    """That revision, ``r1``; empty where none was approved before."""
    executed: bool
    """Whether it tells of executions; a protocol does not."""
    uncounted: Mapping[str, str]
    """Gauge -> why there is nothing to count it by; a nought there would say more than is known."""

    @cached_property
    def gauges(self) -> Mapping[str, int]:
        """The gauges that can be counted for this record. A protocol has no results, and so no gauge of them."""
        asked = (g for g in GAUGES if g not in self.uncounted and (self.executed or g not in _OF_RESULTS))
        return {name: sum(name in card.marks for card in self.cards) for name in asked}

    @property
    def changed_besides(self) -> tuple[Changed, ...]:
        """What changed outside of the cases."""
        return tuple(c for c in self.changed if not c.path.startswith("cases/"))

    def only(self, gauge: str) -> tuple[Card, ...]:
        return tuple(c for c in self.cards if gauge in c.marks) if gauge in GAUGES else self.cards


def reviewable(approval: Approval) -> bool:
    """Whether a record has cases to go through."""
    return approval.document.kind == "run-record" or phase_of(approval.document.kind) is not None


def review(state: ProjectState, approval: Approval) -> Review:
    """A record, ready to be gone through. Raises BadInput for one that has no cases."""
    document = approval.document
    if not reviewable(approval):
        raise BadInput(f"{document.id} has no cases to go through", hint="read its file")
    one = state.run(str((approval.content or {}).get("run"))) if document.kind == "run-record" else None
    phase = one.plan.phase if one is not None else phase_of(document.kind)
    if phase not in PHASES:
        raise BadInput(f"the run of {document.id} is not there")
    executed = one is not None or document.kind.endswith("-report")
    runs = [r for r in state.runs if counts(r) and r.plan.phase == phase]
    earlier, changed = _since(state, approval)
    changed_cases = _cases_of(changed)
    unproven = _unproven(state)
    told = _Told.of(state, one, runs)
    cards = [
        _card(case, identity, told, executed, changed_cases, unproven)
        for identity, case in _cases(state, phase, one, runs if executed else ()).items()
    ]
    shown = [one] if one is not None else runs if executed else []
    return Review(
        cards=tuple(cards), whole=_whole(state, shown), changed=changed, since=earlier, executed=executed,
        uncounted=_uncounted(state, phase, earlier),
    )  # fmt: skip


def _uncounted(state: ProjectState, phase: Phase, earlier: str) -> Mapping[str, str]:
    found = {} if earlier else {"changed": "no approved revision before this one whose words were kept"}
    if phase not in CHALLENGED:
        found["unproven"] = f"the {phase} is not challenged: only {' and '.join(CHALLENGED)} are"
    elif state.challenge is None:
        found["unproven"] = "no whole challenge is on record: whether they notice a fault is not known"
    return found


def _cases(state: ProjectState, phase: Phase, one: Evidence | None, runs: Sequence[Evidence]) -> Mapping[str, TestCase | None]:
    """The cases to go through: of a run those planned; else those of the phase, and whatever was executed and is gone."""
    if one is not None:
        return {p.case: state.protocol.case.get(p.case) for p in one.plan.planned}
    found: dict[str, TestCase | None] = {c.id: c for c in state.protocol.of(phase)}
    for run in runs:
        found |= {r.case: state.protocol.case.get(r.case) for r in run.results if r.case not in found}
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    """What the runs say of each case, by its id."""

    attempts: Mapping[str, Sequence[tuple[Evidence, CaseResult]]]
    """In every formal run."""
    shown: Mapping[str, tuple[Evidence, CaseResult]]
    """In the one run the record is about; of a record about several the last."""
    deviations: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, state: ProjectState, one: Evidence | None, runs: Sequence[Evidence]) -> _Told:
        attempts: dict[str, list[tuple[Evidence, CaseResult]]] = {}
        for run in runs:
            for result in run.results:
                attempts.setdefault(result.case, []).append((run, result))
        shown = {case: found[-1] for case, found in attempts.items()}
        if one is not None:
            shown = {r.case: (one, r) for r in one.results}
        names = {r.run for r in runs} if one is None else {one.run}
        deviations: dict[str, list[str]] = {}
        for d in state.deviations:
            if d.run in names:
                deviations.setdefault(d.case, []).append(d.id)
        return cls(attempts, shown, deviations)


def _card(
    case: TestCase | None, identity: str, told: _Told, executed: bool, changed: Mapping[str, str], unproven: Mapping[str, str]
) -> Card:
    attempts = told.attempts.get(identity, ())
    run, result = told.shown.get(identity, (None, None)) if executed else (None, None)
    marks: dict[str, str] = {}
    if executed:
        marks |= _of_result(result)
        if names := told.deviations.get(identity):
            marks["deviation"] = f"deviation {', '.join(names)}"
        if len(attempts) > 1:
            marks["rerun"] = f"executed in {', '.join(r.run for r, _ in attempts)}"
        if case is not None and result is not None and (thin := _thin(case, result)):
            marks["thin"] = thin
    if identity in changed:
        marks["changed"] = changed[identity]
    if identity in unproven:
        marks["unproven"] = unproven[identity]
    title = case.title if case is not None else "(no longer in the protocol)"
    return Card(
        id=identity, title=title, case=case, run=run.run if run is not None else "", result=result,
        attempts=tuple((r.run, str(found.verdict)) for r, found in attempts), marks=marks,
    )  # fmt: skip


def _of_result(result: CaseResult | None) -> dict[str, str]:
    if result is None:
        return {"not-run": "there is no result of it"}
    if result.verdict in _BROKEN:
        return {"failed": f"{result.verdict}: {result.reason or 'no reason recorded'}"}
    if result.verdict in UNEXECUTED:
        return {"not-run": f"{result.verdict}: {result.reason or 'no reason recorded'}"}
    return {}


def _thin(case: TestCase, result: CaseResult) -> str:
    """Why the evidence of a passed high-risk case is thin, or an empty string."""
    if case.priority != "high" or result.verdict is not Verdict.PASSED:
        return ""
    compared = sum(o.comparison != "recorded" for s in result.steps for o in s.observations)
    files = sum(len(s.attachments) for s in result.steps)
    return f"high priority, {compared} compared values and no file" if compared < _THIN and not files else ""


def _since(state: ProjectState, approval: Approval) -> tuple[str, tuple[Changed, ...]]:
    """The approved revision before this one, and what it said otherwise; nothing where there is none, or it keeps no account."""
    document = approval.document
    before = [
        a for a in state.approvals if a.document.id == document.id and a.document.revision < document.revision and state.valid(a)
    ]
    if not before or before[-1].said is None or approval.said is None:
        return "", ()
    return f"r{before[-1].document.revision}", changes(before[-1].said, approval.said)


def _cases_of(changed: Sequence[Changed]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for c in changed:
        parts = c.path.split("/")
        if parts[0] == "cases" and len(parts) > 1:
            found.setdefault(parts[1], c.told)
    return found


def _unproven(state: ProjectState) -> Mapping[str, str]:
    """Scripts that noticed no fault in the newest whole challenge, or were not in it with the words they have now."""
    challenge = state.challenge
    if challenge is None:
        return {}
    name, tried = challenge.plan.challenge, {s.script.case: s for s in scripts(challenge)}
    found: dict[str, str] = {}
    for case in executable(state.protocol):
        told = tried.get(case.id)
        if told is None or told.script.digest != case.digest:
            found[case.id] = f"not challenged in its present words: {name} had {'others' if told is not None else 'none of it'}"
        elif not told.proven:
            found[case.id] = f"unproven in {name}: {told.reason or 'it noticed no fault'}"
    return found


def _whole(state: ProjectState, runs: Sequence[Evidence]) -> tuple[str, ...]:
    names = {r.run for r in runs}
    told = [f"{r.run}: {words}" for r in runs for words in (*r.problems, *r.irregular)]
    told += [
        f"{d.run} as a whole: deviation {d.id} ({d.decision})" for d in state.deviations if d.case == WHOLE_RUN and d.run in names
    ]
    return tuple(told)


# ------------------------------------------------------------ evidence beside


def attachment(state: ProjectState, run: str, sha256: str) -> tuple[Attachment, bytes]:
    """A piece of evidence by run and digest; no bytes where it is missing or is not what was recorded. Raises BadInput for an unknown one."""
    found = state.run(run)
    named = _attached(state, found).get(sha256.removeprefix("sha256:")) if found is not None else None
    if found is None or named is None:
        raise BadInput("there is no such piece of evidence in this run")
    return named, content(found, named)


def _attached(state: ProjectState, run: Evidence) -> Mapping[str, Attachment]:
    """Digits of a digest -> the first piece of evidence of a run that has it; made once for a state."""
    name = f"attached {run.run}"
    if name not in state.noted:
        every = [a for r in run.results for s in r.steps for a in s.attachments]
        state.noted[name] = {str(a.sha256).removeprefix("sha256:"): a for a in reversed(every)}
    found: Mapping[str, Attachment] = state.noted[name]
    return found


def where(state: ProjectState, run: str) -> str:
    """Folder of a run, below the project, for whoever looks without this csvgen."""
    found = state.run(run)
    folder = Path(found.folder) if found is not None else state.config.runs(state.spec.system.id)
    return folder.relative_to(state.config.root).as_posix() if folder.is_relative_to(state.config.root) else folder.name
