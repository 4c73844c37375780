"""Read a run back from its folder: what was planned, what happened, whether it is sealed, and what does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from csvgen.canonical import Digest, digest_bytes, digest_file, read_canonical
from csvgen.errors import NotIntact
from csvgen.evidence.attended import WORKER, Begun
from csvgen.evidence.drift import drift
from csvgen.evidence.gathered import Gathered
from csvgen.evidence.journal import JournalReader
from csvgen.evidence.proving import Part, prove, unlike
from csvgen.model.base import first_fault
from csvgen.model.evidence import Evidence, Outcome, RunRead
from csvgen.model.execution import CaseResult, CodeFile, PlannedCase, RunPlan, Seal
from csvgen.model.shard import SHARDS, Merged, MergedShard, ShardPlan

RUN = "run.json"
SEAL = "seal.json"
SEAL_SIGNATURE = "seal.p7s"

M = TypeVar("M", bound=BaseModel)


def read_run(folder: Path) -> Evidence:
    """Raises NotIntact only when run.json itself cannot be read or is no plan of a run; everything else is in `problems`."""
    read = ReadRun.of(folder, steps=True)
    return Evidence(results=read.cases, **read.told())


def read_outcome(folder: Path) -> Outcome:
    """`read_run`, but for the steps of the cases: each was looked at, and none is kept. Raises as that does."""
    return ReadRun.of(folder, steps=False).outcome()


@dataclass(frozen=True)
class ReadRun:
    """The journals of a run, read; what its seal says of them can be asked before there is one, and after."""

    folder: Path
    plan: RunPlan
    genesis: Digest
    gathered: Gathered
    heads: Mapping[str, Digest]
    cases: tuple[CaseResult, ...]

    @classmethod
    def of(cls, folder: Path, *, steps: bool) -> ReadRun:
        """With or without the `steps` of the cases."""
        plan_bytes = read_bytes(folder / RUN)
        _refuse_trial(plan_bytes, folder / RUN)
        plan = read_model(RunPlan, plan_bytes, folder / RUN)
        genesis = digest_bytes(plan_bytes)
        gathered, heads = read_journals(folder, genesis, plan.planned, steps=steps)
        if plan.merged is not None:
            _take_shards(folder, plan, plan.merged, gathered)
        cases = tuple(gathered.ended(plan.planned))
        if gathered.trial:
            gathered.problems.append("the journal tells of a fault or a falsified observation; those belong to challenges")
        return cls(folder, plan, genesis, gathered, heads, cases)

    def outcome(self) -> Outcome:
        """The run with its seal as that is now; every file that is sealed is compared with it."""
        attached, used = self.gathered.attached, self.gathered.used
        return Outcome(
            ends=self.cases,
            attached={r.case: attached.get(r.case, ()) for r in self.cases},
            used={r.case: used.get(r.case, ()) for r in self.cases},
            **self.told(),
        )

    def told(self) -> dict[str, Any]:
        """What is told of the run beside its cases."""
        gathered = self.gathered
        problems = list(gathered.problems)
        found, seal_digest = _seal(self.folder, problems, self.heads)
        if found is not None and found.plan != self.genesis:
            problems.append("run.json is not the plan that was sealed")
        if found is not None:
            problems += gathered.unsealable
        if found is not None and found.aborted:
            problems = _since_closed(problems, found)
        return {
            "plan": self.plan,
            "environment": gathered.environments[-1] if gathered.environments else None,
            "target_start": gathered.targets[0] if gathered.targets else None,
            "target_end": gathered.targets[-1] if len(gathered.targets) > 1 else None,
            "heads": tuple(self.heads.items()),
            "seal": found,
            "digest": seal_digest,
            "folder": str(self.folder),
            "problems": tuple(problems),
            "clocks": tuple(gathered.clocks),
            "drift": (*drift(gathered.readings, old=not gathered.clocks), *gathered.of_shards),
            "environments": tuple(gathered.environments),
            "targets": tuple(gathered.targets),
            "plan_digest": self.genesis,
            "waits": found is None and not problems and _waits(self.plan, gathered, self.heads),
            "disorder": tuple(gathered.disorder),
            "unfinished": tuple(gathered.unfinished),
            "code": tuple(CodeFile(file=name, sha256=sha256) for name, sha256 in sorted(gathered.code.items())),
            "order": tuple(case for _, case in sorted(gathered.order)),
            "turned_shards": tuple(gathered.turned),
            "unsealable": tuple(gathered.unsealable),
            "redactions": tuple((name, *told) for name, told in sorted(gathered.redactions.items())),
        }


def _since_closed(problems: list[str], seal: Seal) -> list[str]:
    """What does not hold of a run closed as aborted, beside the faults its seal names: those must still be there, as they were."""
    gone = [f"it was closed with a fault that is not there any more: {fault}" for fault in seal.faults if fault not in problems]
    complete = ["it is sealed as aborted and as complete"] if seal.complete else []
    return [*(p for p in problems if p not in seal.faults), *gone, *complete]


def _take_shards(folder: Path, plan: RunPlan, merged: Merged, gathered: Gathered) -> None:
    """What the shards of a merged run say, each with its own chain and seal, and whether together they are the run that was planned."""
    try:
        whole = read_shard_plan(folder / SHARDS)
    except NotIntact as problem:
        gathered.problems.append(str(problem))
        return
    if digest_file(folder / SHARDS) != merged.plan:
        gathered.problems.append(f"{SHARDS} is not the plan that the run was merged by")
    gathered.problems += unlike(plan, whole)
    kept = {s.folder: s for s in merged.shards if s.folder}
    parts = []
    for name, said in kept.items():
        read = _shard(folder, name, said, gathered)
        if read is not None and not said.left_out:
            parts.append(Part(read, name))
    proof = prove(whole, Digest(merged.plan), parts, next(iter(gathered.environments), None))
    left_out = {s.number: s.left_out for s in merged.shards if s.left_out}
    proof.missing = [n for n in proof.missing if n not in left_out]
    gathered.problems += proof.lines(whole)
    for part in parts:
        gathered.join(part)
    lost = {c.case: c.shard for c in whole.cases if c.shard in left_out}
    gathered.lost |= {c: f"shard {n} of {whole.shards} does not count: {left_out[n]}" for c, n in lost.items()}


def _shard(folder: Path, name: str, said: MergedShard, gathered: Gathered) -> RunRead | None:
    """One shard as it lies in the folder of the merged run."""
    try:
        read = read_run(folder / name) if gathered.steps else read_outcome(folder / name)
    except NotIntact as problem:
        if not said.left_out:
            gathered.problems.append(str(problem))
        return None
    if read.digest != said.seal:
        gathered.problems.append(f"{name}: carries another seal than the one that was merged")
    return read


def sealed_folders(run: RunRead) -> list[Path]:
    """Every folder of a sealed run whose seal must hold: the run, and the shards in it that count."""
    shards = run.plan.merged.shards if run.plan.merged is not None else ()
    return [Path(run.folder), *(Path(run.folder) / s.folder for s in shards if s.folder and not s.left_out)]


def read_shard_plan(path: Path) -> ShardPlan:
    """Raises NotIntact for a file that cannot be read or is no plan of shards."""
    return read_model(ShardPlan, read_bytes(path), path)


def _waits(plan: RunPlan, gathered: Gathered, heads: Mapping[str, str]) -> bool:
    """Whether a person goes on where the automated part of a run came to its end: each of its cases has a result, each journal its last line."""
    automated = [worker for worker in heads if not worker.startswith(WORKER)]
    there = gathered.cases.keys() >= {p.case for p in plan.planned if p.case not in plan.attended}
    return bool(plan.attended) and there and gathered.attended.ended.issuperset(automated)


@dataclass(frozen=True)
class Standing:
    """Where the attended part of a run stands."""

    evidence: Evidence
    heads: Mapping[str, Digest]
    """Worker -> digest of the last line of its journal."""
    parts: Mapping[str, Begun]
    """Cases that were begun and not finished."""
    done: frozenset[str]

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(w for w in sorted(self.heads) if w.startswith(WORKER))

    @property
    def left(self) -> tuple[str, ...]:
        """Attended cases that are not finished."""
        return tuple(c for c in self.evidence.plan.attended if c not in self.done)


def standing(folder: Path) -> Standing:
    """Read a run that a person attends. Raises NotIntact as `read_run` does."""
    evidence = read_run(folder)
    gathered, heads = read_journals(folder, digest_bytes((folder / RUN).read_bytes()), evidence.plan.planned)
    return Standing(evidence, heads, gathered.attended.parts(), frozenset(gathered.cases))


def _refuse_trial(data: bytes, path: Path) -> None:
    """Scripts that ran on a system broken on purpose have the form of a run, and are never one."""
    plan = read_canonical(data, str(path))
    if isinstance(plan, dict) and str(plan.get("format", "")).startswith(("csvgen.trial/", "csvgen.challenge/")):
        raise NotIntact(
            "this is a trial of a challenge, executed on a system that was broken on purpose; it is no run",
            where=str(path), rule="CHL003", hint="challenges lie in output/<system>/challenges, never among the runs",
        )  # fmt: skip


def read_journals(
    folder: Path, genesis: Digest, planned: Iterable[PlannedCase], *, steps: bool = True
) -> tuple[Gathered, dict[str, Digest]]:
    """What the journals in a folder say, held against what was planned, and the digest each of them ends with."""
    gathered = Gathered(steps=steps)
    heads: dict[str, Digest] = {}
    for path in sorted(folder.glob("journal.*.jsonl")):
        worker = path.name.split(".")[1]
        before = len(gathered.problems)
        with path.open("rb") as stream:
            journal = JournalReader(stream, genesis, path.name)
            lines = gathered.watched(path.name, journal)
            try:
                gathered.take(worker, lines)
            except (ValidationError, KeyError, TypeError) as problem:
                gathered.problems.append(f"{path.name}: a line is not of a form known here ({type(problem).__name__})")
                for _ in lines:
                    pass  # to the end: it says how the journal ended, and the chain is looked at whatever its lines mean
        heads[worker] = journal.head
        if not journal.problems:
            gathered.files[path.name] = journal.sha256
        gathered.problems[before:before] = journal.problems
    gathered.attended.chain(heads)
    gathered.check_attachments(folder)
    gathered.one_code()
    wording = {p.case: p.digest for p in planned}
    for case, result in sorted(gathered.cases.items()):
        if case not in wording:
            gathered.problems.append(f"{case} was executed but never planned")
        elif result.case_digest != wording[case]:
            gathered.problems.append(f"{case} was executed in another wording than planned")
    return gathered, heads


def _seal(folder: Path, problems: list[str], heads: Mapping[str, Digest]) -> tuple[Seal | None, Digest | None]:
    """The seal and its digest, and what does not hold against it in `problems`."""
    if not (folder / SEAL).exists():
        return None, None
    body = read_bytes(folder / SEAL)
    try:
        found = read_model(Seal, body, folder / SEAL)
    except NotIntact as problem:
        problems.append(str(problem))
        return None, None
    listed = {f.path: f for f in found.files}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {SEAL, SEAL_SIGNATURE}
    problems += [f"{name} is sealed but missing" for name in sorted(listed.keys() - there)]
    problems += [f"{name} is not part of the sealed run" for name in sorted(there - listed.keys())]
    for name in sorted(listed.keys() & there):
        if digest_file(folder / name) != listed[name].sha256:
            problems.append(f"{name} was changed after sealing")
    if heads != dict(found.heads):
        problems.append("the journals do not end as sealed")
    return found, digest_bytes(body)


def read_bytes(path: Path) -> bytes:
    """Raises NotIntact for a file that cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise NotIntact(f"cannot be read: {problem.strerror}", where=str(path)) from None


def read_model(kind: type[M], data: bytes, path: Path) -> M:
    """Raises NotIntact for what is not of the format."""
    try:
        return kind.model_validate(read_canonical(data, str(path)))
    except ValidationError as problem:
        raise NotIntact(f"not of a format known here: {first_fault(problem)}", where=str(path)) from None
