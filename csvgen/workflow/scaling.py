"""One execution on many machines: plan it, execute its shards, put them together.

    plan   -> shards.json, made once; every shard carries it
    shard  -> a sealed run of its own, outside the runs of the project: alone it counts for nothing
    merge  -> one run, sealed as complete only when the shards are proven to be all of the plan

A formal plan is bound to the issued execution order. The audit trail tells of the begin of the run (by its first shard), of each shard
as it begins and as it is sealed, of the merge and of the seal; it is what a shard is refused by that began before, wherever it ran.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from csvgen.audit.ledger import Change, Ledger
from csvgen.canonical import canonical_json, digest, write_once
from csvgen.clock import Clock, stored
from csvgen.config import Config
from csvgen.crypto.trust import trust_at
from csvgen.errors import ConfigError, Refused
from csvgen.evidence.merge import assemble, find_shards, plan_of, proven, read_part
from csvgen.evidence.proving import Proof
from csvgen.evidence.seal import seal
from csvgen.execution.environment import environment
from csvgen.execution.process import irregular_end, run_pytest
from csvgen.execution.session import WorkerRecorder, write_plan
from csvgen.execution.sharding import assign, groups
from csvgen.execution.timekeeping import timekeeping
from csvgen.model.audit import Actor
from csvgen.model.base import Phase
from csvgen.model.evidence import Outcome
from csvgen.model.execution import PlannedCase, RunPlan, TargetState
from csvgen.model.protocol import TestCase
from csvgen.model.shard import SHARDS, PlacedCase, ShardOf, ShardPlan
from csvgen.signature.approvals import Approval
from csvgen.workflow import gates, step_code
from csvgen.workflow.engineering import engineering_name
from csvgen.workflow.keys import has_seal_key, seal_key
from csvgen.workflow.running import (
    read_system,
    refuse_other_baseline,
    refuse_second_run,
    sealed_facts,
    waiting_order,
)
from csvgen.workflow.state import ProjectState

KIND = "shard"
"""Kind of the records by which a shard is never executed twice."""

_XDIST = ("-p", "xdist.plugin", "--dist", "loadscope", "--max-worker-restart", "0")
"""Groups stay whole (`csvgen.execution.grouping`). A worker that died has no successor: xdist 3.8 would hand it nothing, and wait for it for ever."""

# ------------------------------------------------------------ plan


def make_plan(state: ProjectState, phase: Phase | None, shards: int, clock: Clock, *, formal: bool) -> ShardPlan:
    """Divide the cases of a phase (of all phases, for an engineering run) among shards. Raises Refused where a gate is shut."""
    created = stored(clock.now())
    if not formal:
        return _engineering(state, phase, shards, created, engineering_name(created))
    if phase is None:
        raise ConfigError("a formal plan is of one phase", hint="csvgen plan OQ --formal")
    return _formal(state, waiting_order(state, phase), shards, created)


def _engineering(state: ProjectState, phase: Phase | None, shards: int, created: str, run: str) -> ShardPlan:
    every = state.protocol.cases
    cases = state.protocol.of(phase) if phase else every
    phases = {c.phase for c in cases}
    return ShardPlan(
        run=run, system=state.spec.system.id, phase=next(iter(phases)) if len(phases) == 1 else "mixed", mode="engineering",
        protocol=digest([[c.id, c.digest] for c in every]), spec=state.spec.digest, target=state.spec.settings.target,
        scope="complete" if len(cases) == len(every) else "partial", account="engineering", created=created, shards=shards,
        cases=_placed(state, cases, shards),
    )  # fmt: skip


def _formal(state: ProjectState, order: Approval, shards: int, created: str) -> ShardPlan:
    content: dict[str, Any] = order.content or {}
    phase: Phase = content["phase"]
    if attended := content.get("attended"):
        raise Refused(
            f"{attended[0]} is carried out by a person; an execution with attended cases is not divided",
            hint=f"csvgen run {phase} --formal", rule="RR-F02",
        )  # fmt: skip
    cases = [c for c in state.protocol.of(phase) if not content["retest"] or c.id in content["retest"]]
    return ShardPlan(
        run=content["run"], system=state.spec.system.id, phase=phase, mode="formal", order=order.document.digest,
        protocol=state.protocol.digest_of(phase), spec=state.spec.digest, target=content["target"],
        scope="retest" if content["retest"] else "complete", account=content["account"], account_owner=content["account_owner"],
        created=created, shards=shards, cases=_placed(state, cases, shards),
    )  # fmt: skip


def _placed(state: ProjectState, cases: Sequence[TestCase], shards: int) -> tuple[PlacedCase, ...]:
    known = {c.id for c in state.protocol.cases} | {r.id for r in state.spec.requirements}
    for name, ids in state.config.resources.items():
        if unknown := sorted(set(ids.split()) - known):
            raise ConfigError(
                f"the resource {name!r} names {unknown[0]}, which is neither a requirement nor a case", where="csvgen.toml [resources]",
                hint="ids of requirements and cases, with blanks between them",
            )  # fmt: skip
    found = groups(cases, state.config.resources)
    shard, group = assign(found, shards), {c: g.name for g in found for c in g.cases}
    return tuple(PlacedCase(case=c.id, digest=c.digest, feature=c.feature, group=group[c.id], shard=shard[c.id]) for c in cases)


def refuse_other_project(state: ProjectState, plan: ShardPlan) -> None:
    """Raises Refused unless this project, as it lies here, is the one the plan was made from: order, specification, every word."""
    if plan.mode == "formal":
        order = _order(state, plan)
        if order is None:
            raise Refused(
                "the plan is of an execution order that is not here, or was replaced", hint="csvgen plan", rule="RR-F02"
            )
        if refusal := gates.may_run(state, order):
            raise Refused(f"the {plan.phase} may not be executed: {refusal}", rule="RR-F02")
        cases = [c.case for c in plan.cases]
        step_code.refuse_other_code(state, step_code.of_order(state, order), cases, order.document.id)
        here = _formal(state, order, plan.shards, plan.created)
    else:
        here = _engineering(state, None if plan.phase == "mixed" else plan.phase, plan.shards, plan.created, plan.run)
    there, now = ({c.case: c.digest for c in p.cases} for p in (plan, here))
    if odd := sorted(c for c in there.keys() | now.keys() if there.get(c) != now.get(c)):
        raise Refused(
            f"{odd[0]} is not here in the wording that was planned", hint="check out the state of the project that was planned"
        )
    changed = [
        n
        for n in ("system", "phase", "protocol", "spec", "target", "scope", "account", "account_owner")
        if getattr(plan, n) != getattr(here, n)
    ]
    if changed:
        raise Refused(
            f"the plan is of another {changed[0]} than this project", hint="check out the state of the project that was planned"
        )


def _order(state: ProjectState, plan: ShardPlan) -> Approval | None:
    """The order that a formal plan was made for, if it is here and the newest of its run."""
    return next((a for a in gates.orders(state, plan.phase) if a.document.digest == plan.order), None)  # type: ignore[arg-type]


def _bound(state: ProjectState, plan: ShardPlan) -> tuple[str, ...]:
    order = _order(state, plan) if plan.mode == "formal" else None
    return step_code.options(state, order) if order is not None else ()


# ------------------------------------------------------------ one shard


def run_shard(
    state: ProjectState, plan: ShardPlan, number: int, clock: Clock, show: Callable[[str], None],
    *, workers: int = 0, ledger: Ledger | None = None, account: str = "",
) -> Outcome:  # fmt: skip
    """Execute one shard and seal it. A formal one needs the ledger and the account of the order. Raises Refused before anything begins."""
    config = state.config
    _refuse_unready(state, plan, number, account, formal=ledger is not None)
    mine = plan.of_shard(number)
    run = RunPlan(
        run=plan.name_of(number), system=plan.system, phase=plan.phase, mode=plan.mode, order=plan.order, protocol=plan.protocol,
        spec=plan.spec, target=plan.target, scope="partial", planned=tuple(PlannedCase(case=c.case, digest=c.digest) for c in mine),
        created=stored(clock.now()), account=plan.account, account_owner=plan.account_owner,
        shard=ShardOf(number=number, of=plan.shards, plan=digest(plan)),
    )  # fmt: skip
    folder = shard_folder(config, plan, number)
    if folder.exists():
        raise Refused(f"{run.run} was begun here already; a shard is never executed twice", where=str(folder), rule="RR-X03")
    before = _state_of(state, plan)
    if ledger is not None:
        _begin(ledger, plan, run)
    write_plan(folder, run)
    write_once(folder / SHARDS, canonical_json(plan))
    recorder = WorkerRecorder(folder, "shard", clock, config.root, timekeeping(config.clock))
    if before is not None:
        recorder.target(before, "start")
    ended = ""
    if mine:
        options = [*_bound(state, plan), *([*_XDIST, "-n", str(workers)] if workers else [])]
        code = run_pytest(
            config.root, _arguments(state, plan, number), folder, show, formal=plan.mode == "formal", options=options
        )
        ended = irregular_end(code)
    if (after := _state_of(state, plan)) is not None:
        recorder.target(after, "end")
    recorder.close()
    evidence = seal(folder, seal_key(config), clock, ended=ended)
    if ledger is not None:
        _sealed(ledger, plan, evidence)
    return evidence


def shard_folder(config: Config, plan: ShardPlan, number: int) -> Path:
    """Not among the runs: nothing that counts evidence ever looks here."""
    return config.output / plan.system / "shards" / plan.run / f"{number}of{plan.shards}"


def _refuse_unready(state: ProjectState, plan: ShardPlan, number: int, account: str, *, formal: bool) -> None:
    if not 1 <= number <= plan.shards:
        raise ConfigError(f"the plan has {plan.shards} shards, and no shard {number}", hint=f"--shard 1/{plan.shards}")
    if formal != (plan.mode == "formal"):
        flag = "with --formal" if plan.mode == "formal" else "without --formal"
        raise ConfigError(
            f"this is the plan of {'a formal' if plan.mode == 'formal' else 'an engineering'} run", hint=f"run it {flag}"
        )
    if plan.system != state.spec.system.id:
        raise ConfigError(f"the plan is of {plan.system}, not of {state.spec.system.id}", hint=f"--system {plan.system}")
    if not has_seal_key(state.config):
        raise ConfigError(
            "this project has no seal key here, and a shard that is not sealed can never be merged", hint="csvgen pki init"
        )
    if formal and account != plan.account:
        raise Refused(
            f"{plan.run} is to be executed by {plan.account}, not by {account}",
            hint=f"order it anew for {account}",
            rule="RR-D01",
        )
    refuse_other_project(state, plan)
    if formal and plan.phase != "IQ":
        refuse_other_baseline(state)


def _state_of(state: ProjectState, plan: ShardPlan) -> TargetState | None:
    """Version and configuration of the system under validation now; None where this project names no such target."""
    if plan.target not in state.config.targets:
        return None
    return read_system(state)


def _arguments(state: ProjectState, plan: ShardPlan, number: int) -> list[str]:
    """Whole feature files by their path, parts of others case by case: nothing is collected that is not to be executed."""
    folder = state.config.protocol_folder(plan.system)
    mine = plan.of_shard(number)
    named = {c.case for c in mine}
    features = {f.path: {c.id for c in f.cases} for f in state.protocol.features}
    found: dict[str, None] = {}
    for c in mine:
        found[str(folder / c.feature) if features[c.feature] <= named else f"{folder / c.feature}::{c.case}"] = None
    return list(found)


def _actor(plan: ShardPlan, run: str) -> Actor:
    return Actor(plan.account, f"technical account of {plan.account_owner}", "technical", f"run {run}")


def _begin(ledger: Ledger, plan: ShardPlan, run: RunPlan) -> None:
    """Tell of the begin, of the whole by its first shard, in one transaction: of two who begin the same shard one is refused."""
    with ledger.change(_actor(plan, run.run)) as change:
        _begin_whole(ledger, change, plan)
        if (there := change.latest(KIND, run.run)) is not None:
            raise Refused(
                f"{run.run} began already, on {there.content['begun']} by the audit trail; a shard is never executed twice",
                rule="RR-X03", hint="merge what there is: csvgen merge --incomplete REASON",
            )  # fmt: skip
        change.put(KIND, run.run, {"run": plan.run, "plan": digest(plan), "begun": run.created, "seal": ""}, action="shard-begin")


def _begin_whole(ledger: Ledger, change: Change, plan: ShardPlan) -> None:
    bound = {"run": plan.run, "plan": digest(plan), "shards": str(plan.shards)}
    there = change.latest(KIND, plan.run)
    if there is None:
        refuse_second_run(ledger, plan.run)
        change.put(KIND, plan.run, bound, action="shards-begin")
        facts = {"order": str(plan.order), "protocol": plan.protocol, "cases": str(len(plan.cases)), "shards": str(plan.shards)}
        change.note("run-begin", plan.run, facts=facts)
    elif there.content != bound:
        raise Refused(
            f"{plan.run} began by another plan; all its shards are of that one", rule="RR-X03", hint="use the plan it began by"
        )


def _sealed(ledger: Ledger, plan: ShardPlan, evidence: Outcome) -> None:
    with ledger.change(_actor(plan, evidence.run), "the shard was executed and sealed") as change:
        there = change.latest(KIND, evidence.run)
        assert there is not None, "a shard is sealed after it began"
        change.put(KIND, evidence.run, {**there.content, "seal": str(evidence.digest)}, action="shard-seal")


# ------------------------------------------------------------ merge


def merge(
    config: Config, given: Sequence[Path], clock: Clock,
    *, plan: ShardPlan | None = None, out: Path | None = None, reason: str = "", ledger: Ledger | None = None, account: str = "",
) -> Outcome:  # fmt: skip
    """Put shards together, from wherever they were brought. Raises Refused, naming everything that is missing, twice, foreign or wrong.

    With `reason` what is missing, twice or wrong is left out: its cases are NOT_RUN, and the run is never complete.
    """
    folders = find_shards(given)
    plan = plan or plan_of(folders)
    if (plan.mode == "formal") != (ledger is not None):
        raise ConfigError(
            f"these are shards of {'a formal' if plan.mode == 'formal' else 'an engineering'} run", hint="csvgen merge --formal"
        )
    if ledger is not None and account != plan.account:
        raise Refused(f"{plan.run} is merged by {plan.account}, not by {account}", rule="RR-D01")
    destination = out or config.runs(plan.system) / plan.run
    if destination.exists():
        raise Refused("this folder exists; a run is never merged over another", where=str(destination), rule="RR-X03")
    key = seal_key(config)
    trust = trust_at(config.trust)
    parts = [read_part(folder, trust) for folder in folders]
    proof = proven(plan, parts, environment(config.root), incomplete=bool(reason))
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".merging-", dir=destination.parent) as temporary:
        folder = Path(temporary) / destination.name / plan.run
        assemble(folder, plan, parts, proof, None if proof.holds else reason)
        WorkerRecorder(folder, "merge", clock, config.root, timekeeping(config.clock)).close()
        evidence = seal(folder, key, clock)
        if ledger is None:
            folder.rename(destination)
        else:
            _merged(ledger, plan, evidence, proof, reason, folder, destination)
    from csvgen.evidence.read import read_outcome

    return read_outcome(destination)


def _merged(
    ledger: Ledger, plan: ShardPlan, evidence: Outcome, proof: Proof, reason: str, folder: Path, destination: Path
) -> None:
    """Tell of the merge and of the seal; the run gets its place with the events, not before."""
    with ledger.change(_actor(plan, plan.run)) as change:
        bound = change.latest(KIND, plan.run)
        if bound is None or bound.content["plan"] != digest(plan):
            raise Refused(f"the audit trail does not tell that {plan.run} began by this plan", rule="RR-X03")
        refuse_untold(change, plan, evidence, proof)
        facts = {
            "plan": digest(plan),
            "shards": str(plan.shards),
            **({"left out": "; ".join(proof.lines(plan))} if not proof.holds else {}),
        }
        change.note("run-merge", plan.run, reason="" if proof.holds else reason, facts=facts)
        change.note("run-seal", plan.run, facts=sealed_facts(evidence))
        folder.rename(destination)


def refuse_untold(change: Change, plan: ShardPlan, evidence: Outcome, proof: Proof) -> None:
    """Every shard that counts is the one the trail tells of; one it tells of as sealed is not left at home."""
    merged = evidence.plan.merged
    assert merged is not None, "a merged run names its shards"
    for shard in merged.shards:
        there = change.latest(KIND, plan.name_of(shard.number))
        told = str(there.content["seal"]) if there is not None else ""
        if not shard.left_out and told != str(shard.seal):
            raise Refused(f"shard {shard.number} of {plan.shards} is not the one the audit trail tells of", rule="RR-X03")
        if shard.number in proof.missing and told:
            raise Refused(
                f"shard {shard.number} of {plan.shards} was sealed by the audit trail and is not here", rule="RR-X03",
                hint="bring it; a shard that was executed is part of the record, whatever it says",
            )  # fmt: skip
