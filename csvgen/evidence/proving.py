"""Whether shards are one run: of one plan, disjoint, complete, of one system under validation, recorded by one set of tools.

Pure: what was read of each shard goes in, what does not hold comes out, by name. Merging asks before it seals, and whoever reads a
merged run asks again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from csvgen.canonical import Digest, digest
from csvgen.model.evidence import RunRead
from csvgen.model.execution import Environment, RunPlan, TargetState
from csvgen.model.shard import ShardPlan

_NAMED = 5
"""Cases that are named; more are counted."""


@dataclass(frozen=True)
class Part:
    """A folder that was handed over as a shard."""

    evidence: RunRead
    where: str
    """How to name it to a person."""

    @property
    def number(self) -> int:
        return self.evidence.plan.shard.number if self.evidence.plan.shard else 0


@dataclass
class Proof:
    """What does not hold. Empty in all its parts: the shards are the run."""

    foreign: list[str] = field(default_factory=list)
    """Folders that are no shard of this plan; they can be no part of the run."""
    missing: list[int] = field(default_factory=list)
    twice: dict[int, list[str]] = field(default_factory=dict)
    """Shard -> the folders that both claim to be it."""
    faults: dict[int, list[str]] = field(default_factory=dict)
    """Shard -> why nothing in it may count."""

    @property
    def holds(self) -> bool:
        return not (self.foreign or self.missing or self.twice or self.faults)

    def lines(self, plan: ShardPlan) -> Iterator[str]:
        """Everything that does not hold, each by its name."""
        yield from self.foreign
        for number in self.missing:
            yield f"shard {number} of {plan.shards} is missing: {_some([c.case for c in plan.of_shard(number)])}"
        for number, places in self.twice.items():
            yield f"shard {number} of {plan.shards} is there {len(places)} times: {', '.join(places)}"
        for number, faults in self.faults.items():
            yield from (f"shard {number} of {plan.shards}: {fault}" for fault in faults)


def prove(plan: ShardPlan, bound: Digest, parts: Sequence[Part], recorder: Environment | None = None) -> Proof:
    """Hold parts against the plan, whose digest is `bound`. `recorder` is the process that merges: it is one of the tools."""
    proof = Proof()
    ours = []
    for part in parts:
        if why := _foreign(plan, bound, part.evidence):
            proof.foreign.append(f"{part.where} {why}")
        else:
            ours.append(part)
    counted = Counter(p.number for p in ours)
    proof.missing = [n for n in range(1, plan.shards + 1) if not counted[n]]
    proof.twice = {n: [p.where for p in ours if p.number == n] for n in sorted(counted) if counted[n] > 1}
    alone = sorted((p for p in ours if counted[p.number] == 1), key=lambda p: p.number)
    for part in alone:
        if faults := list(_faults(part.evidence)):
            proof.faults[part.number] = faults
    _compare([p for p in alone if p.number not in proof.faults], proof, recorder)
    proof.faults = dict(sorted(proof.faults.items()))
    return proof


def _foreign(plan: ShardPlan, bound: Digest, found: RunRead) -> str:  # noqa: PLR0911 - one line for each way
    """Why a folder is no shard of the plan, or an empty string."""
    of, said = found.plan.shard, found.plan
    if of is None or said.merged is not None:
        return "is no shard of anything"
    if of.plan != bound:
        return f"is a shard of another plan ({of.plan[7:19]}, not {bound.short})"
    if of.of != plan.shards or not 1 <= of.number <= plan.shards:
        return f"says that it is {of.shown}; the plan has {plan.shards}"
    if said.run != plan.name_of(of.number):
        return f"is called {said.run}, and shard {of.number} of the plan is {plan.name_of(of.number)}"
    whole = (
        plan.system,
        plan.phase,
        plan.mode,
        plan.order,
        plan.protocol,
        plan.spec,
        plan.target,
        plan.account,
        plan.account_owner,
    )
    if (
        said.system,
        said.phase,
        said.mode,
        said.order,
        said.protocol,
        said.spec,
        said.target,
        said.account,
        said.account_owner,
    ) != whole:
        return "was executed otherwise than planned (system, phase, mode, order, wording, target and account compared)"
    if said.scope != "partial":
        return "claims to be a whole run"
    planned = {p.case: p.digest for p in said.planned}
    elsewhere = [c for c in planned if plan.shard_of.get(c, of.number) != of.number]
    if elsewhere:
        return f"holds {_some(elsewhere)}, which the plan has in shard {plan.shard_of[elsewhere[0]]}"
    if planned != {c.case: c.digest for c in plan.of_shard(of.number)}:
        return f"was to execute other cases than shard {of.number} of the plan"
    return ""


def unlike(run: RunPlan, plan: ShardPlan) -> Iterator[str]:
    """How run.json of a merged run says otherwise than the plan of its shards."""
    names = (
        "run",
        "system",
        "phase",
        "mode",
        "order",
        "protocol",
        "spec",
        "target",
        "scope",
        "account",
        "account_owner",
        "created",
    )
    if odd := [n for n in names if getattr(run, n) != getattr(plan, n)]:
        yield f"run.json says otherwise than the plan of its shards: {', '.join(odd)}"
    if [(p.case, p.digest) for p in run.planned] != [(c.case, c.digest) for c in plan.cases]:
        yield "run.json plans other cases than the plan of its shards"


def _faults(found: RunRead) -> Iterator[str]:
    """What is wrong with one shard alone."""
    if found.seal is None:
        yield "it was never sealed: its process was killed, or goes on still"
    elif found.seal.run != found.run:
        yield f"it carries the seal of {found.seal.run}"
    yield from found.problems
    yield from (f"its clock at the {when} was {read.shown}" for when, read in found.clocks if read.flagged)
    if not found.environments:
        yield "nothing tells with which tools it was executed"
    systems = {_system(t): t for t in found.targets}
    if len(systems) > 1:
        yield f"the system under validation changed inside it: {_difference(*list(systems.values())[:2])}"


def _compare(parts: Sequence[Part], proof: Proof, recorder: Environment | None) -> None:
    """Every shard against the first whose own record holds: system, tools, step code."""
    tools, system = recorder, None
    code: dict[tuple[str, int, str], str] = {}
    files: dict[str, str] = {}
    read = any(p.evidence.targets for p in parts)
    for part in parts:
        found = part.evidence
        tools, seen = tools or found.environments[0], system or next(iter(found.targets), None)
        faults = [fault for there in found.environments for fault in _other_tools(tools, there)]
        if read and not found.targets:
            faults.append("the system under validation was not read, and in other shards it was")
        if seen is not None:
            odd = [t for t in found.targets if _system(t) != _system(seen)]
            faults += [f"another system under validation: {_difference(seen, t)}" for t in odd[:1]]
        used = _code(found)
        faults += [f"other step code: the file {f.file}" for f in found.code if files.get(f.file, f.sha256) != f.sha256][:_NAMED]
        faults += [f"other step code: {at[2]} in {at[0]}" for at in sorted(used) if code.get(at, used[at]) != used[at]]
        if faults:
            proof.faults[part.number] = list(dict.fromkeys(faults))
        else:
            system, code = seen, code | used
            files |= {f.file: f.sha256 for f in found.code}


def _code(found: RunRead) -> dict[tuple[str, int, str], str]:
    """Place of each step definition that ran -> its digest."""
    return {(c.file, c.line, c.function): c.sha256 for used in found.used.values() for c in used}


def _other_tools(one: Environment, other: Environment) -> list[str]:
    """How the tools differ: csvgen, Python, packages, and the commit of the project, which holds the step code."""
    pairs = (
        ("csvgen", one.csvgen, other.csvgen),
        ("Python", one.python, other.python),
        ("the project", one.commit, other.commit),
    )
    faults = [f"other tools: {name} is {b}, elsewhere {a}" for name, a, b in pairs if a != b]
    here, there = ({c.name: c.version for c in e.packages} for e in (one, other))
    odd = sorted(n for n in here.keys() | there.keys() if here.get(n) != there.get(n))
    return faults + [
        f"other tools: {n} is {there.get(n, 'not there')}, elsewhere {here.get(n, 'not there')}" for n in odd[:_NAMED]
    ]


def _system(state: TargetState) -> Digest:
    """Name, components and configuration; not when it was read, and not which of several equal instances it was."""
    return digest([state.name, state.components, state.configuration])


def _difference(one: TargetState, other: TargetState) -> str:
    """What differs between two readings of a system, in words."""
    if one.name != other.name:
        return f"{other.name}, elsewhere {one.name}"
    a = {f"component {c.name}": f"{c.version} {c.sha256}" for c in one.components} | {
        f"configuration {k}": v for k, v in one.configuration
    }
    b = {f"component {c.name}": f"{c.version} {c.sha256}" for c in other.components} | {
        f"configuration {k}": v for k, v in other.configuration
    }
    odd = sorted(n for n in a.keys() | b.keys() if a.get(n) != b.get(n))
    return "; ".join(f"{n} is {b.get(n, 'not there')!r}, elsewhere {a.get(n, 'not there')!r}" for n in odd[:_NAMED])


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown or "no case"
