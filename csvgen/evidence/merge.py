"""Put shards together: one run folder that holds each of them as it was sealed, and nothing of it rewritten.

run.json          the plan of the whole run; it names the plan of the shards and every shard by its seal
shards.json       the plan of the shards, as each of them carries it
shards/<number>/  a shard: its run.json, its journals chained to that, its evidence, its seal
journal.merge.jsonl, seal.json, seal.p7s    who merged, and the seal over all of it
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from csvgen.canonical import Digest, canonical_json, digest, write_once
from csvgen.crypto import cms
from csvgen.crypto.trust import Trust
from csvgen.errors import BadInput, ConfigError, CsvgenError, NotIntact, Refused
from csvgen.evidence.proving import Part, Proof, prove
from csvgen.evidence.read import RUN, SEAL, SEAL_SIGNATURE, read_outcome, read_shard_plan
from csvgen.model.execution import Environment, PlannedCase, RunPlan
from csvgen.model.shard import SHARDS, Merged, MergedShard, ShardPlan


def find_shards(given: Iterable[Path]) -> list[Path]:
    """Folders of shards: those given, and those that lie in one given. Raises ConfigError for one that holds none."""
    found: list[Path] = []
    for folder in given:
        inside = [folder] if (folder / RUN).is_file() else sorted(p.parent for p in folder.rglob(RUN)) if folder.is_dir() else []
        if not inside:
            raise ConfigError("there is no shard here", where=str(folder), hint="csvgen run --plan FILE --shard 1/3 makes one")
        found += inside
    return found


def plan_of(folders: Sequence[Path]) -> ShardPlan:
    """The plan that the first of the shards carries. Raises NotIntact where it carries none."""
    return read_shard_plan(folders[0] / SHARDS)


def read_part(folder: Path, trust: Trust) -> Part:
    """A shard with what does not hold in it; its seal is believed only when a root of `trust` vouches for its signer.

    Raises NotIntact when it cannot be read at all, BadInput for a link inside it: what it leads to would become evidence.
    """
    links = [p for p in (folder, *sorted(folder.rglob("*"))) if p.is_symlink()]
    if links:
        raise BadInput("this is a link; a shard holds its files itself", where=str(links[0]))
    found = read_outcome(folder)
    if found.seal is not None and (why := _unbelieved(folder, trust)):
        found = replace(found, problems=(*found.problems, why))
    return Part(found, str(folder))


def _unbelieved(folder: Path, trust: Trust) -> str:
    """Why the seal of a shard is nobody's, or an empty string."""
    try:
        signer = cms.verify((folder / SEAL).read_bytes(), (folder / SEAL_SIGNATURE).read_bytes(), SEAL_SIGNATURE)
    except OSError:
        return f"{SEAL_SIGNATURE} is missing: nobody sealed it"
    except CsvgenError as problem:
        return str(problem)
    judged = trust.judge(signer.certificate, signer.claimed)
    return f"its seal is not trusted: {judged.reason}" if judged.trusted is False or not trust.roots else ""


def proven(plan: ShardPlan, parts: Sequence[Part], recorder: Environment, *, incomplete: bool) -> Proof:
    """What does not hold of the shards. Raises Refused, naming all of it, unless nothing does or the rest may be merged `incomplete`.

    A folder that is no shard of the plan is never merged: it is no part of what happened.
    """
    proof = prove(plan, digest(plan), parts, recorder)
    if proof.foreign or (not proof.holds and not incomplete):
        raise Refused(
            f"{plan.run} cannot be merged:\n" + "\n".join(f"  {line}" for line in proof.lines(plan)),
            hint="leave out what is foreign" if proof.foreign else "bring what is missing, or --incomplete REASON: the cases named then count as not run",
        )  # fmt: skip
    return proof


def assemble(folder: Path, plan: ShardPlan, parts: Sequence[Part], proof: Proof, reason: str | None) -> RunPlan:
    """Write run.json, the plan and the shards into a new folder. Raises NotIntact when a shard changes while it is copied."""
    shards, copies = [], []
    for number in range(1, plan.shards + 1):
        found = [p for p in parts if p.number == number]
        left_out = _left_out(number, proof)
        for place, part in enumerate(found, 1):
            name = f"shards/{number}" if place == 1 else f"shards/{number}.{place}"
            shards.append(MergedShard(number=number, folder=name, seal=part.evidence.digest, left_out=left_out))
            copies.append((part, name))
        if not found:
            shards.append(MergedShard(number=number, left_out=left_out))
    merged = RunPlan(
        run=plan.run, system=plan.system, phase=plan.phase, mode=plan.mode, order=plan.order, protocol=plan.protocol, spec=plan.spec,
        target=plan.target, scope=plan.scope, planned=tuple(PlannedCase(case=c.case, digest=c.digest) for c in plan.cases),
        created=plan.created, account=plan.account, account_owner=plan.account_owner,
        merged=Merged(plan=digest(plan), shards=tuple(shards), reason=reason),
    )  # fmt: skip
    write_once(folder / RUN, canonical_json(merged))
    write_once(folder / SHARDS, canonical_json(plan))
    for part, name in copies:
        shutil.copytree(part.evidence.folder, folder / name, copy_function=shutil.copyfile)
        if _digest(folder / name) != part.evidence.digest:
            raise NotIntact("this shard changed while it was merged", where=part.where)
    return merged


def _digest(folder: Path) -> Digest | None:
    """Of the seal of a copy, read back whole: its files are compared with it once more when the merged run is sealed."""
    return read_outcome(folder).digest


def _left_out(number: int, proof: Proof) -> str:
    if number in proof.missing:
        return "it is missing"
    if number in proof.twice:
        return f"it is there {len(proof.twice[number])} times, and which of them counts is not for the one who merges to choose"
    return "; ".join(proof.faults.get(number, ()))
