"""Attended runs: who may attend, which run they go on with, and how its part begins and ends.

A formal run with attended cases is one order, one folder, one seal: first its automated part (`csvgen run PQ --formal`, as the account
that was ordered), then its attended part, in as many segments as a person needs. Only the end of the last seals it. Between two parts the
audit trail holds with which lines the journals ended, so that nobody changes them before the seal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csvgen.audit.ledger import Ledger
from csvgen.clock import Clock, stored
from csvgen.config import Config
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.evidence.attended import PART, WORKER, Segment
from csvgen.evidence.hold import only
from csvgen.evidence.read import RUN, Standing, standing
from csvgen.evidence.seal import seal
from csvgen.execution.attended import Attendant, Desk
from csvgen.execution.attended_answers import Known
from csvgen.execution.process import attend_pytest
from csvgen.execution.session import planned, write_plan
from csvgen.identity.directory import Directory
from csvgen.identity.rights import signing_refusal
from csvgen.identity.sessions import Session
from csvgen.model.attended import Performer
from csvgen.model.audit import Actor
from csvgen.model.base import Phase
from csvgen.model.execution import RunPlan
from csvgen.model.people import Account
from csvgen.model.protocol import Protocol, TestCase
from csvgen.model.spec import Spec
from csvgen.protocol.files import read_protocol
from csvgen.workflow import gates, step_code
from csvgen.workflow.engineering import engineering_name, selected
from csvgen.workflow.keys import has_seal_key, seal_key
from csvgen.workflow.running import refuse_other_baseline, sealed_facts
from csvgen.workflow.state import ProjectState

_WITNESS = ("run", "sign verified", "sign reviewed")
"""Functions of which a second person holds at least one."""


# ------------------------------------------------------------ who


def refuse_attendant(directory: Directory, account: Account, actor: Actor) -> None:
    """Raises Refused, with an event, for an account that may not carry out cases."""
    why = (
        f"{account.id} is no person; cases are attended by people" if account.kind != "person" else directory.may(account, "run")
    )
    if why:
        directory.refused_function(actor, "run", why)
        raise Refused(why, rule="RR-G01")


def refuse_untrained(spec: Spec, account: Account, now: str) -> None:
    """Raises Refused for a person who could not sign that they performed a formal run: by role, training, identity (RR-X05)."""
    roles = [s.role for s in spec.settings.route("run-record").stations if s.meaning == "performed"]
    refusals = [signing_refusal(account, role, now) for role in roles]
    if refusals and all(refusals):
        first = next(r for r in refusals if r is not None)
        raise Refused(f"{account.id} may not attend a formal run: {first.words}", rule=first.rule)


def why_no_second(directory: Directory, account: Account, first: Performer) -> str:
    """Why somebody is no second person for a step of `first`, or an empty string."""
    if account.kind != "person":
        return "a second person is a person"
    if account.id == first.person:
        return "the second person is another one than the first"
    refusals = [directory.may(account, f) for f in _WITNESS]
    return refusals[0] if all(refusals) else ""


def second_person(directory: Directory, session: Session, first: Performer) -> Performer | str:
    """Who has just proved to be somebody else than `first`; or why they are no second person, which is an event. Their session ends here."""
    why = why_no_second(directory, session.account, first)
    if why:
        directory.refused(session, f"account/{session.account.id}", why, "RR-G02")
    directory.log_out(session)
    return why or performer(session.account)


def performer(account: Account) -> Performer:
    return Performer(person=account.id, printed_name=account.printed_name, role=", ".join(account.roles))


# ------------------------------------------------------------ which run


@dataclass(frozen=True)
class Waiting:
    """A run with cases that a person has still to carry out."""

    folder: Path
    protocol: Protocol
    spec: Spec | None
    options: tuple[str, ...] = ()
    """For the process that carries it out."""

    @property
    def name(self) -> str:
        return self.folder.name


def begin_engineering(
    config: Config, system: str, paths: Sequence[str], spec: Spec | None, account: str, clock: Clock
) -> Waiting:
    """A new engineering run of the attended cases that the paths name. Raises BadInput when there is none."""
    protocol, _ = read_protocol(config.protocol_folder(system), system)
    cases = [c for c in selected(config, protocol, paths) if c.attended]
    if not cases:
        raise BadInput("there is no attended case in what was named", hint="a case is attended by its tag @attended")
    now = stored(clock.now())
    phases = {c.phase for c in cases}
    plan = RunPlan(
        run=engineering_name(now), system=system, phase=next(iter(phases)) if len(phases) == 1 else "mixed", mode="engineering",
        protocol=_wording(protocol), target="as configured", scope="complete" if len(cases) == len(protocol.cases) else "partial",
        planned=planned(cases), attended=tuple(c.id for c in cases), created=now, account=account,
    )  # fmt: skip
    folder = config.runs(system) / plan.run
    write_plan(folder, plan)
    return Waiting(folder, protocol, spec)


def resume_engineering(config: Config, system: str, run: str, spec: Spec | None) -> Waiting:
    folder = config.runs(system) / run
    if "/" in run or not (folder / RUN).is_file():
        raise BadInput(f"there is no run {run!r}", hint="the name of its folder, as it was told when it was paused")
    protocol, _ = read_protocol(config.protocol_folder(system), system)
    found = standing(folder)
    if found.evidence.plan.mode != "engineering":
        raise BadInput(
            f"{run} is a formal run", hint=f"csvgen run {found.evidence.plan.phase} --formal --attended --resume {run}"
        )
    return Waiting(folder, protocol, spec)


def open_formal(state: ProjectState, phase: Phase, resume: str, ledger: Ledger, account: Account, clock: Clock) -> Waiting:
    """The formal run of a phase whose automated part is done. Raises Refused where a gate is shut."""
    run = next((r for r in reversed(state.runs) if r.plan.phase == phase and r.plan.mode == "formal" and r.seal is None), None)
    if run is None or not run.plan.attended:
        raise Refused(
            f"no run of the {phase} waits for its attended cases",
            hint=f"csvgen run {phase} --formal executes the automated part of what is ordered", rule="RR-F02",
        )  # fmt: skip
    if run.problems:
        raise NotIntact(f"{run.run} is damaged and cannot go on: {run.problems[0]}", hint=f"csvgen order {phase}")
    if not run.waits:
        raise Refused(f"the automated part of {run.run} did not come to its end", hint=f"csvgen order {phase}", rule="RR-F02")
    order = next((a for a in gates.orders(state, phase) if a.document.digest == run.plan.order), None)
    if order is None:
        raise Refused(f"{run.run} was begun by another order than the newest", hint=f"csvgen order {phase}", rule="RR-F02")
    if why := gates.may_go_on(state, order):
        raise Refused(f"the {phase} may not be executed: {why}", rule="RR-F02")
    refuse_untrained(state.spec, account, stored(clock.now()))
    step_code.refuse_other_code(state, step_code.of_order(state, order), run.plan.attended)
    folder = Path(run.folder)
    _refuse_changed(ledger, standing(folder))
    if phase != "IQ":
        refuse_other_baseline(state)
    segments = standing(folder).segments
    if bool(segments) != bool(resume) or resume not in ("", run.run):
        go_on = f"csvgen run {phase} --formal --attended" + (f" --resume {run.run}" if segments else "")
        raise BadInput(f"{run.run} {'was attended before' if segments else 'was not attended yet'}", hint=go_on)
    return Waiting(folder, state.protocol, state.spec, step_code.options(state, order))


def _refuse_changed(ledger: Ledger, found: Standing) -> None:
    """The journals must still begin with what the trail says they ended with at the end of the last part."""
    parts = ledger.events(record_id=found.evidence.run, action=PART)
    if not parts:
        raise Refused(
            f"the trail does not tell that the automated part of {found.evidence.run} ended", hint="order it anew", rule="RR-F02"
        )
    told = {c.field.removeprefix("head "): c.new for c in parts[-1].changes if c.field.startswith("head ")}
    changed = [worker for worker, head in told.items() if str(found.heads.get(worker, "missing")) != head]
    if changed:
        raise NotIntact(f"the journal of {changed[0]} is not what it was when that part of {found.evidence.run} ended")


# ------------------------------------------------------------ a part


def attend(
    config: Config, waiting: Waiting, desk: Desk, by: Performer, actor: Actor, ledger: Ledger, clock: Clock,
    show: Callable[[str], None],
) -> Standing:  # fmt: skip
    """Carry out what is left of a run, until its end or until the person leaves. Sealed at its end; a formal one with its events."""
    with only(waiting.folder, Refused(f"somebody attends {waiting.name} in another process", hint="end it there first")):
        found = standing(waiting.folder)
        _refuse_ended(found)
        formal = found.evidence.plan.mode == "formal"
        worker = f"{WORKER}{len(found.segments) + 1:03d}"
        attendant = Attendant(
            desk, worker, Segment(by, dict(found.heads)), Known.of(found.evidence), found.parts, heads(waiting),
            f"{found.evidence.plan.system} {waiting.name}", formal,
        )  # fmt: skip
        cases = [waiting.protocol.case[c] for c in found.left if c in waiting.protocol.case]
        _refuse_other_wording(found, cases)
        base = config.protocol_folder(found.evidence.plan.system)
        try:
            named = [f"{base / c.feature}::{c.id}" for c in cases]
            attend_pytest(config.root, [*waiting.options, *named], waiting.folder, attendant)
        finally:
            after = standing(waiting.folder)
            if formal and after.left and after.heads != found.heads:
                note_part(ledger, actor, after, attendant.left or "the process ended before the last case")
        if after.left:
            show(
                f"{waiting.name} is paused, not sealed; {len(after.left)} of {len(after.evidence.plan.attended)} attended cases are left"
            )
            return after
        return _end(config, waiting, actor, ledger, clock, show, formal=formal)


def _end(
    config: Config, waiting: Waiting, actor: Actor, ledger: Ledger, clock: Clock, show: Callable[[str], None], *, formal: bool
) -> Standing:
    if not formal and not has_seal_key(config):
        show(f"{waiting.name} is not sealed: this project has no seal key (csvgen pki init)")
        return standing(waiting.folder)
    evidence = seal(waiting.folder, seal_key(config), clock)
    if formal:
        with ledger.change(actor) as change:
            change.note("run-seal", evidence.run, facts=sealed_facts(evidence))
    return standing(waiting.folder)


def note_part(ledger: Ledger, actor: Actor, found: Standing, why: str) -> None:
    """Put on record that a part of a run ended, and with which lines its journals end."""
    ends = {f"head {worker}": str(head) for worker, head in found.heads.items()}
    with ledger.change(actor, why) as change:
        change.note(PART, found.evidence.run, facts={"left": str(len(found.left)), **ends})


def heads(waiting: Waiting) -> dict[str, tuple[str, ...]]:
    """What is shown above each attended case: what its feature says of it, requirements and risks in words."""
    found = {}
    for feature in waiting.protocol.features:
        told = _description(feature.text)
        for case in feature.cases:
            found[case.id] = (*told, *_served(case, waiting.spec))
    return found


def _served(case: TestCase, spec: Spec | None) -> Iterator[str]:
    if spec is None:
        return
    risks: Mapping[str, Any] = {r.id: r for r in spec.risks}
    yield from (f"{r}: {spec.requirement[r].statement}" for r in case.requirements if r in spec.requirement)
    yield from (f"{r}: {risks[r].failure_mode}" for r in case.risks if r in risks)


def _description(text: str) -> Iterator[str]:
    """The lines between the title of a feature and what follows it: mission and time box of a charter, what a person decides."""
    lines = iter(text.split("\n"))
    for line in lines:
        if line.strip().startswith("Feature:"):
            break
    for line in lines:
        words = line.strip()
        if words.startswith(("Rule:", "Scenario", "Background:", "Example", "@")):
            return
        if words:
            yield words


def _refuse_ended(found: Standing) -> None:
    evidence = found.evidence
    if evidence.seal is not None:
        raise Refused(f"{evidence.run} has ended and is sealed; a run is never gone on with after its end", rule="RR-X03")
    if evidence.problems:
        raise NotIntact(f"{evidence.run} is damaged and cannot go on: {evidence.problems[0]}")
    if not evidence.waits:
        raise Refused(f"nothing of {evidence.run} waits for a person", rule="RR-F02")


def _refuse_other_wording(found: Standing, cases: Sequence[TestCase]) -> None:
    wording = {p.case: p.digest for p in found.evidence.plan.planned}
    there = {c.id: str(c.digest) for c in cases}
    changed = [case for case in found.left if there.get(case) != wording[case]]
    if changed:
        raise Refused(
            f"{changed[0]} has other words now than when {found.evidence.run} was begun; begin a new run", rule="RR-F02"
        )


def _wording(protocol: Protocol) -> str:
    from csvgen.canonical import digest

    return digest([[c.id, c.digest] for c in protocol.cases])
