"""Running protocols: formal runs by order, engineering runs at will, and the seal at the end of each."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csvgen.audit.ledger import Ledger
from csvgen.clock import Clock, SystemClock, stored
from csvgen.config import Config, load_config
from csvgen.errors import ConfigError, CsvgenError, Refused
from csvgen.evidence.hold import alone, hold
from csvgen.evidence.read import SEAL, read_run, standing
from csvgen.evidence.seal import close_aborted, seal
from csvgen.execution.process import irregular_end, run_pytest
from csvgen.execution.session import planned, write_plan
from csvgen.model.audit import Actor
from csvgen.model.base import Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import RunPlan
from csvgen.model.protocol import Protocol, TestCase
from csvgen.protocol.files import read_protocol
from csvgen.signature.approvals import Approval
from csvgen.workflow import gates, step_code
from csvgen.workflow.keys import has_seal_key, seal_key
from csvgen.workflow.state import ProjectState
from csvgen.workflow.stated import stated

if TYPE_CHECKING:
    from csvgen.execution.dry import Resolved  # its room loads pytest

# ------------------------------------------------------------ formal


def formal_run(
    state: ProjectState, phase: Phase, ledger: Ledger, clock: Clock, show: Callable[[str], None], account: str
) -> Evidence:
    """Execute the order that waits for a phase, as `account`. Raises Refused where a gate is shut; then nothing was begun."""
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
    if phase != "IQ":
        refuse_other_baseline(state)
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
        with hold(folder):
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
        raise Refused(f"no execution of the {phase} is ordered", hint=f"csvgen order {phase}", rule="RR-F02")
    if refusal := gates.may_run(state, order):
        raise Refused(f"the {phase} may not be executed: {refusal}", rule="RR-F02")
    return order


def sealed_facts(evidence: Evidence) -> dict[str, str]:
    """What an event tells of a run that was sealed."""
    assert evidence.seal is not None
    facts = {"seal": str(evidence.digest)} | {k: str(v) for k, v in evidence.seal.summary.verdicts.items()}
    return facts | ({"irregular": "; ".join(evidence.irregular)} if evidence.irregular else {})


def abandon(state: ProjectState, run: str, reason: str, ledger: Ledger, clock: Clock, actor: Actor) -> Evidence:
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


def _leave_to_people(ledger: Ledger, actor: Actor, folder: Path) -> Evidence:
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


def refuse_other_baseline(state: ProjectState) -> None:
    """The system under validation must have the components and configuration of the approved baseline (RR-X09)."""
    from csvgen.steps.common import target_state
    from csvgen.targets import bind

    name = state.spec.settings.target
    target = bind(name, target_settings(state.config, name))
    try:
        found = target_state(target)
    finally:
        target.close()
    digests = {c.name: c.sha256 for c in found.components if c.sha256}
    values = dict(found.configuration)
    for section in state.spec.installation.sections:
        for item in section.items:
            actual = {"component": digests, "configuration": values}.get(item.kind, {item.subject: item.expected}).get(
                item.subject, "(absent)"
            )
            if actual != item.expected:
                raise Refused(
                    f"the system under validation is not the one qualified: {item.kind} {item.subject} is {actual!r}, the baseline says {item.expected!r}",
                    rule="RR-X09", hint="correct the installation and repeat the IQ, or approve a new baseline",
                )  # fmt: skip


def target_settings(config: Config, name: str) -> Mapping[str, str]:
    """Settings of a target. Raises ConfigError when csvgen.toml does not name it."""
    if name not in config.targets:
        raise ConfigError(f"csvgen.toml names no target {name!r}", hint=f"add [target.{name}] with adapter = ...")
    return {"root": str(config.root), **config.targets[name]}


def _arguments(config: Config, system: str, phase: Phase, cases: Sequence[TestCase], named: bool) -> list[str]:
    folder = config.protocol_folder(system)
    return [f"{folder / c.feature}::{c.id}" for c in cases] if named else [str(folder / phase)]


# ------------------------------------------------------------ engineering


def engineering_run(config: Config, system: str, paths: Sequence[str], show: Callable[[str], None]) -> tuple[Evidence, int]:
    """A run that counts for nothing: to try things. Recorded like a formal one, and marked on every line of its plan."""
    protocol, _ = read_protocol(config.protocol_folder(system), system)
    cases = selected(config, protocol, paths)
    folder = _engineering_folder(config, system, protocol, cases)
    code = run_pytest(config.root, list(paths) or [str(config.protocol_folder(system))], folder, show, formal=False)
    finish_engineering_runs(config.root, {system: str(folder)}, irregular_end(code))
    return read_run(folder), code


def dry_run(config: Config, paths: Sequence[str]) -> Resolved:
    """Resolve every step of the features without executing anything. Raises ConfigError when pytest says nothing of them."""
    from csvgen.execution.dry import Resolved

    with tempfile.TemporaryDirectory(prefix="csvgen-dry-") as folder:
        report, said = Path(folder) / "dry.json", list[str]()
        run_pytest(
            config.root, paths, None, said.append, formal=False, options=("--csvgen-dry", "--csvgen-dry-report", str(report))
        )
        if not report.is_file():
            raise ConfigError("the steps could not be resolved: " + " ".join(line for line in said if line.strip())[-400:])
        return Resolved.read(json.loads(report.read_bytes()))


def plan_engineering_runs(root: Path, arguments: Sequence[str], *, partial: bool = False) -> tuple[dict[str, str], list[str]]:
    """For plain pytest: one planned run folder for each system whose features the arguments name.

    `partial`: options were given that may leave cases out, so the run is planned as one that never counts as complete.
    """
    try:
        config = load_config(root)
    except CsvgenError as problem:
        return {}, [str(problem)]
    folders: dict[str, str] = {}
    for system_folder in sorted(p for p in config.protocols.glob("*") if p.is_dir()):
        named = [a for a in arguments if _touches(Path(a.split("::", 1)[0]).resolve(), system_folder.resolve())]
        if not named:
            continue
        protocol, _ = read_protocol(system_folder, system_folder.name)
        cases = selected(config, protocol, named)
        if cases:
            folders[system_folder.name] = str(_engineering_folder(config, system_folder.name, protocol, cases, partial=partial))
    return folders, []


def finish_engineering_runs(root: Path, folders: Mapping[str, str], ended: str = "") -> list[str]:
    """Seal each run if this project has a seal key; say what became of it. `ended` as in `csvgen.evidence.seal.seal`."""
    config = load_config(root)
    notes = []
    for folder in folders.values():
        path = Path(folder)
        where = os.path.relpath(path, config.root)
        if not has_seal_key(config):
            notes.append(f"run recorded in {where}, not sealed: this project has no seal key (csvgen pki init)")
            continue
        try:
            evidence = seal(path, seal_key(config), SystemClock(), ended=ended)
        except CsvgenError as problem:
            notes.append(f"run recorded in {where}, not sealed: {' '.join(str(problem).split())}")
            continue
        assert evidence.seal is not None
        verdicts = ", ".join(f"{n} {v}" for v, n in evidence.seal.summary.verdicts.items())
        partial = "" if evidence.seal.complete else "; partial, it can never count as complete"
        notes.append(f"engineering run {evidence.run}: {verdicts}{partial} -> {where}")
        notes += [f"engineering run {evidence.run}: {told}" for told in evidence.irregular]
    return notes


def _touches(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents or path in folder.parents


def selected(config: Config, protocol: Protocol, arguments: Sequence[str]) -> list[TestCase]:
    """Cases that the files and node ids named contain; all of them when nothing is named."""
    if not arguments:
        return list(protocol.cases)
    chosen: dict[str, TestCase] = {}
    folder = config.protocol_folder(protocol.system).resolve()
    for argument in arguments:
        name, _, case_id = argument.partition("::")
        path = Path(name).resolve()
        for case in protocol.cases:
            if _touches(folder / case.feature, path) and (not case_id or case_id == case.id):
                chosen[case.id] = case
    return [c for c in protocol.cases if c.id in chosen]


def engineering_name(now: str) -> str:
    """``dev-20261121T083301-123456``: the moment an engineering run was begun."""
    return "dev-" + now.replace("-", "").replace(":", "").replace(".", "-").rstrip("Z")


def _engineering_folder(
    config: Config, system: str, protocol: Protocol, cases: Sequence[TestCase], *, partial: bool = False
) -> Path:
    now = stored(SystemClock().now())
    name = engineering_name(now)
    phases = {c.phase for c in cases}
    from csvgen.canonical import digest

    plan = RunPlan(
        run=name,
        system=system,
        phase=next(iter(phases)) if len(phases) == 1 else "mixed",
        mode="engineering",
        protocol=digest([[c.id, c.digest] for c in protocol.cases]),
        target="as configured",
        scope="complete" if len(cases) == len(protocol.cases) and not partial else "partial",
        planned=planned(cases),
        created=now,
        account="engineering",
        account_owner="",
    )
    folder = config.runs(system) / name
    write_plan(folder, plan)
    return folder
