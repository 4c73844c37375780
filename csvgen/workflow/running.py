"""Running protocols: formal runs by order, engineering runs at will, and the seal at the end of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from csvgen.audit.ledger import Ledger
from csvgen.clock import Clock, shown, stored
from csvgen.config import Config
from csvgen.errors import ConfigError, CsvgenError, Refused
from csvgen.evidence.drift import off_baseline
from csvgen.evidence.hold import alone, hold, only
from csvgen.evidence.read import SEAL, standing
from csvgen.evidence.seal import close_aborted, seal
from csvgen.execution.process import irregular_end, run_pytest
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.execution.timekeeping import timekeeping
from csvgen.model.audit import Actor
from csvgen.model.base import Phase
from csvgen.model.evidence import Outcome, RunRead
from csvgen.model.execution import RunPlan, TargetState
from csvgen.model.protocol import TestCase
from csvgen.signature.approvals import Approval
from csvgen.workflow import gates, step_code
from csvgen.workflow.keys import seal_key
from csvgen.workflow.state import ProjectState
from csvgen.workflow.stated import stated

# ------------------------------------------------------------ formal


def formal_run(
    state: ProjectState, phase: Phase, ledger: Ledger, clock: Clock, show: Callable[[str], None], account: str
) -> RunRead:
    """Execute the order that waits for a phase, as `account`. Raises Refused where a gate is shut; then nothing was begun.

    Of two processes that begin at once the second is refused before it looks at anything else; of two that share no file system, by the trail.
    """
    with _one_process(state, phase):
        return _formal_run(state, phase, ledger, clock, show, account)


def _one_process(state: ProjectState, phase: Phase) -> AbstractContextManager[None]:
    """Whoever executes the newest order of a phase is alone with it until the end of its process, however that ends."""
    newest = next(reversed(gates.orders(state, phase)), None)
    if newest is None or newest.folder is None:
        return nullcontext()
    run = str((newest.content or {})["run"])
    refusal = Refused(
        f"{run} is being executed by another process at this moment; a run is executed once", rule="RR-X03",
        hint="wait for its end; csvgen status tells what became of it",
    )  # fmt: skip
    return only(newest.folder, refusal)


def _formal_run(
    state: ProjectState, phase: Phase, ledger: Ledger, clock: Clock, show: Callable[[str], None], account: str
) -> RunRead:
    order = waiting_order(state, phase)
    content: dict[str, Any] = order.content
    if account != content["account"]:
        raise Refused(
            f"the {phase} is to be executed by {content['account']}, not by {account}",
            hint=f"order it anew for {account}",
            rule="RR-D01",
        )
    cases = [c for c in state.protocol.of(phase) if not content["retest"] or c.id in content["retest"]]
    attended = tuple(c.id for c in cases if c.id in content.get("attended", ()))
    step_code.refuse_other_code(state, step_code.of_order(state, order), [c.id for c in cases], order.document.id)
    before = refuse_other_baseline(state) if phase != "IQ" else None
    folder = state.config.runs(state.spec.system.id) / content["run"]
    plan = RunPlan(
        run=content["run"],
        system=state.spec.system.id,
        phase=phase,
        mode="formal",
        order=order.document.digest,
        protocol=state.protocol.digest_of(phase),
        spec=state.spec.digest,
        target=content["target"],
        scope="retest" if content["retest"] else "complete",
        planned=planned(cases),
        attended=attended,
        created=stored(clock.now()),
        account=content["account"],
        account_owner=content["account_owner"],
    )
    actor = Actor(plan.account, f"technical account of {plan.account_owner}", "technical", f"run {plan.run}")
    with ledger.change(actor) as change:
        refuse_second_run(ledger, plan.run)  # while nobody else writes: of two that begin at once, one
        refuse_filled(folder)
        change.note(
            "run-begin", plan.run, facts={"order": order.document.digest, "protocol": plan.protocol, "cases": str(len(cases))}
        )
    write_plan(folder, plan)
    automated = [c for c in cases if c.id not in attended]
    ended = ""
    if automated:
        with hold(folder), _system_on_record(state, folder, clock, before):
            code = run_pytest(
                state.config.root,
                _arguments(state.config, state.spec.system.id, phase, automated, bool(content["retest"])),
                folder,
                show,
                formal=True,
                options=step_code.options(state, order),
            )
        ended = irregular_end(code)
    if attended and not ended:
        return _leave_to_people(ledger, actor, folder)
    evidence = seal(folder, seal_key(state.config), clock, ended=ended)
    with ledger.change(actor) as change:
        change.note("run-seal", plan.run, facts=sealed_facts(evidence))
    return evidence


def waiting_order(state: ProjectState, phase: Phase) -> Approval:
    """The order of a phase that is to be executed next. Raises Refused where there is none, or a gate is shut."""
    order = next((a for a in gates.orders(state, phase) if state.run(str(a.content["run"])) is None), None)
    if order is None:
        raise _nothing_waits(state, phase)
    if refusal := gates.may_run(state, order):
        raise Refused(f"the {phase} may not be executed: {refusal}", rule="RR-F02")
    return order


def _nothing_waits(state: ProjectState, phase: Phase) -> Refused:
    """No order waits: because there is none, or because the run of the newest was begun and is not at its end."""
    last = next((r for r in reversed(state.runs) if r.plan.phase == phase and r.plan.mode == "formal"), None)
    words, hint = f"no execution of the {phase} is ordered", f"csvgen order {phase}"
    if last is not None and last.waits:
        words += f" that was not begun: {last.run} waits for the cases that a person carries out"
        hint = f"csvgen run {phase} --formal --attended"
    elif last is not None and last.seal is None:
        words += (
            f" that was not begun: {last.run} began {shown(last.plan.created)} and is not sealed; its process died, or goes on"
        )
        hint = f"wait for its end where it goes on; where it died, csvgen abandon {last.run} --reason WHY"
    return Refused(words, hint=hint, rule="RR-F02")


def sealed_facts(evidence: RunRead) -> dict[str, str]:
    """What an event tells of a run that was sealed."""
    assert evidence.seal is not None
    facts = {"seal": str(evidence.digest)} | {k: str(v) for k, v in evidence.seal.summary.verdicts.items()}
    return facts | ({"irregular": "; ".join(evidence.irregular)} if evidence.irregular else {})


def abandon(state: ProjectState, run: str, reason: str, ledger: Ledger, clock: Clock, actor: Actor) -> Outcome:
    """Close a formal run that began and was never sealed, as aborted: with its reason, and with what does not hold of it.

    It is kept under its number, opens a deviation of the run as a whole, and never counts. Raises Refused for any other run.
    """
    found = state.run(run)
    if found is None:
        raise Refused(f"there is no run {run}", hint="csvgen status tells which runs there are", rule="RR-X03")
    folder = Path(found.folder)
    if found.plan.mode != "formal":
        raise Refused(f"{run} is an engineering run; it counts for nothing and nothing waits for it", rule="RR-X03")
    if found.seal is not None or (folder / SEAL).exists():
        raise Refused(f"{run} is sealed; what is sealed stays what it is", rule="RR-F05")
    why = stated(reason, "the reason", "RR-X03")
    with alone(folder):
        evidence = close_aborted(folder, seal_key(state.config), clock, reason=why, by=actor.person)
        with ledger.change(actor, why) as change:
            change.note("run-abandon", run, facts=sealed_facts(evidence))
    return evidence


def refuse_filled(folder: Path) -> None:
    """An execution copy is issued blank: results that lie there before it began are nobody's observations (RR-X02)."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused(
            f"the folder of {folder.name} holds something before the run began; an execution copy is issued blank",
            where=str(folder), hint="move it away; nothing was begun", rule="RR-X02",
        )  # fmt: skip


def _leave_to_people(ledger: Ledger, actor: Actor, folder: Path) -> RunRead:
    """The automated part is done, and the run is not: it is sealed when a person has carried out the rest (docs/attended.md)."""
    from csvgen.workflow.attending import note_part

    found = standing(folder)
    note_part(ledger, actor, found, "the automated part ended; people carry out the rest")
    return found.evidence


def refuse_second_run(ledger: Ledger, run: str) -> None:
    """A run that began is never begun again, whatever became of its folder: the trail remembers (RR-X03)."""
    begun = ledger.events(record_id=run, action="run-begin")
    if begun:
        raise Refused(
            f"{run} began on {begun[0].at} by the audit trail; a run is never executed twice", rule="RR-X03",
            hint="if another process executes it, wait for its end; if its folder is gone, put it back as it was, "
            "or withdraw the order and tell so in a deviation",
        )  # fmt: skip


def refuse_other_baseline(state: ProjectState) -> TargetState:
    """The system under validation must have the components and configuration of the approved baseline (RR-X09). What was read of it."""
    found = read_system(state)
    if odd := next(off_baseline(state.spec.installation, found), ""):
        raise Refused(
            f"the system under validation is not the one qualified: {odd}", rule="RR-X09",
            hint="correct the installation and repeat the IQ, or approve a new baseline",
        )  # fmt: skip
    return found


def read_system(state: ProjectState) -> TargetState:
    """Version and configuration of the system under validation now."""
    from csvgen.steps.common import target_state
    from csvgen.targets import bind

    name = state.spec.settings.target
    target = bind(name, target_settings(state.config, name))
    try:
        return target_state(target)
    finally:
        target.close()


@contextmanager
def _system_on_record(state: ProjectState, folder: Path, clock: Clock, before: TargetState | None) -> Iterator[None]:
    """What the gate read of the system, and what it is afterwards, in a journal of its own: a run has both whatever its steps ask of it."""
    if before is None:  # the IQ finds out what is installed, case by case
        yield
        return
    recorder = WorkerRecorder(folder, "system", clock, state.config.root, timekeeping(state.config.clock))
    try:
        recorder.target(before, "start")
        yield
        with suppress(
            CsvgenError
        ):  # a system that cannot be read again is told by the reading that is missing, which opens a deviation
            recorder.target(read_system(state), "end")
    finally:
        recorder.close()


def target_settings(config: Config, name: str) -> Mapping[str, str]:
    """Settings of a target. Raises ConfigError when csvgen.toml does not name it."""
    if name not in config.targets:
        raise ConfigError(f"csvgen.toml names no target {name!r}", hint=f"add [target.{name}] with adapter = ...")
    return {"root": str(config.root), **config.targets[name]}


def _arguments(config: Config, system: str, phase: Phase, cases: Sequence[TestCase], named: bool) -> list[str]:
    folder = config.protocol_folder(system)
    return [f"{folder / c.feature}::{c.id}" for c in cases] if named else [str(folder / phase)]
