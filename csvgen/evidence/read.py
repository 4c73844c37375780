"""Read a run back from its folder: what was planned, what happened, whether it is sealed, and what does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from csvgen.canonical import Digest, digest_bytes, digest_file, read_canonical
from csvgen.errors import NotIntact
from csvgen.evidence.attachments import attachment_path
from csvgen.evidence.attended import WORKER, AttendedLines
from csvgen.evidence.attended import Part as Begun
from csvgen.evidence.drift import Reading, drift
from csvgen.evidence.journal import read_journal
from csvgen.evidence.proving import Part, prove, unlike
from csvgen.model.base import first_fault
from csvgen.model.evidence import Evidence
from csvgen.model.execution import (
    UNEXECUTED,
    CaseResult,
    ClockOffset,
    CodeFile,
    Environment,
    PlannedCase,
    RunPlan,
    Seal,
    StepResult,
    TargetState,
    Verdict,
    worst,
)
from csvgen.model.shard import SHARDS, Merged, MergedShard, ShardPlan

RUN = "run.json"
SEAL = "seal.json"
SEAL_SIGNATURE = "seal.p7s"

M = TypeVar("M", bound=BaseModel)


def read_run(folder: Path) -> Evidence:
    """Raises NotIntact only when run.json itself cannot be read or is no plan of a run; everything else is in `problems`."""
    plan_bytes = read_bytes(folder / RUN)
    _refuse_trial(plan_bytes, folder / RUN)
    plan = read_model(RunPlan, plan_bytes, folder / RUN)
    genesis = digest_bytes(plan_bytes)
    gathered, heads = read_journals(folder, genesis, plan.planned)
    if plan.merged is not None:
        _take_shards(folder, plan, plan.merged, gathered)
    results = tuple(gathered.result(p.case, p.digest) for p in plan.planned)
    if gathered.trial:
        gathered.problems.append("the journal tells of a fault or a falsified observation; those belong to challenges")
    found, seal_digest = _seal(folder, gathered, heads)
    if found is not None and found.plan != genesis:
        gathered.problems.append("run.json is not the plan that was sealed")
    if found is not None:
        gathered.problems += gathered.unsealable
    if found is not None and found.aborted:
        gathered.problems = _since_closed(gathered.problems, found)
    return Evidence(
        plan=plan,
        environment=gathered.environments[-1] if gathered.environments else None,
        target_start=gathered.targets[0] if gathered.targets else None,
        target_end=gathered.targets[-1] if len(gathered.targets) > 1 else None,
        results=results,
        seal=found,
        digest=seal_digest,
        folder=str(folder),
        problems=tuple(gathered.problems),
        clocks=tuple(gathered.clocks),
        drift=(*drift(gathered.readings, old=not gathered.clocks), *gathered.drifted),
        environments=tuple(gathered.environments),
        targets=tuple(gathered.targets),
        plan_digest=genesis,
        waits=found is None and not gathered.problems and _waits(plan, gathered, heads),
        disorder=tuple(gathered.disorder),
        unfinished=tuple(gathered.unfinished),
        code=tuple(CodeFile(file=name, sha256=sha256) for name, sha256 in sorted(gathered.code.items())),
        order=tuple(case for _, case in sorted(gathered.order)),
        unsealable=tuple(gathered.unsealable),
        redactions=tuple((name, *told) for name, told in sorted(gathered.redactions.items())),
    )


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


def _shard(folder: Path, name: str, said: MergedShard, gathered: Gathered) -> Evidence | None:
    """One shard as it lies in the folder of the merged run."""
    try:
        read = read_run(folder / name)
    except NotIntact as problem:
        if not said.left_out:
            gathered.problems.append(str(problem))
        return None
    if read.digest != said.seal:
        gathered.problems.append(f"{name}: carries another seal than the one that was merged")
    return read


def sealed_folders(run: Evidence) -> list[Path]:
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


def read_journals(folder: Path, genesis: Digest, planned: Iterable[PlannedCase]) -> tuple[Gathered, dict[str, Digest]]:
    """What the journals in a folder say, held against what was planned, and the digest each of them ends with."""
    gathered = Gathered()
    heads: dict[str, Digest] = {}
    for path in sorted(folder.glob("journal.*.jsonl")):
        worker = path.name.split(".")[1]
        entries, heads[worker], problems = read_journal(path.read_bytes(), genesis, path.name)
        gathered.problems += problems
        try:
            gathered.ended(path.name, entries)
            gathered.take(worker, entries)
        except (ValidationError, KeyError, TypeError) as problem:
            gathered.problems.append(f"{path.name}: a line is not of a form known here ({type(problem).__name__})")
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


def _seal(folder: Path, gathered: Gathered, heads: dict[str, Digest]) -> tuple[Seal | None, Digest | None]:
    if not (folder / SEAL).exists():
        return None, None
    body = read_bytes(folder / SEAL)
    try:
        found = read_model(Seal, body, folder / SEAL)
    except NotIntact as problem:
        gathered.problems.append(str(problem))
        return None, None
    listed = {f.path: f for f in found.files}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {SEAL, SEAL_SIGNATURE}
    gathered.problems += [f"{name} is sealed but missing" for name in sorted(listed.keys() - there)]
    gathered.problems += [f"{name} is not part of the sealed run" for name in sorted(there - listed.keys())]
    for name in sorted(listed.keys() & there):
        if digest_file(folder / name) != listed[name].sha256:
            gathered.problems.append(f"{name} was changed after sealing")
    if heads != dict(found.heads):
        gathered.problems.append("the journals do not end as sealed")
    return found, digest_bytes(body)


class Gathered:
    """What the journals of all workers say."""

    def __init__(self) -> None:
        self.cases: dict[str, CaseResult] = {}
        self.open: dict[str, dict[str, Any]] = {}
        self.environments: list[Environment] = []
        self.targets: list[TargetState] = []
        self.readings: list[Reading] = []
        self.drifted: list[str] = []
        """Drift that shards tell of."""
        self.problems: list[str] = []
        self.clocks: list[tuple[str, ClockOffset]] = []
        self.disorder: list[str] = []
        self.unfinished: list[str] = []
        """Journals that do not end with the word that their worker is finished."""
        self.redactions: dict[str, tuple[str, int]] = {}
        self.code: dict[str, str] = {}
        self.left_out: dict[str, str] = {}
        self.unsealable: list[str] = []
        self.order: list[tuple[str, str]] = []
        """When a case was begun, and which."""
        self.trial: list[Mapping[str, Any]] = []
        """Entries that only a trial of a challenge has."""
        self.lost: dict[str, str] = {}
        """Case -> why what a shard may have recorded of it counts for nothing."""
        self.attended = AttendedLines(self)
        self._kinds: Mapping[str, Callable[[str, Mapping[str, Any], Mapping[str, Any]], None]] = {
            "worker-started": self.attended.started, "worker-finished": self.attended.finished, "environment": self._environment,
            "clock": self._clock, "target": self._target, "fault": self._of_trial, "falsified": self._of_trial,
            "case-started": self._case_started, "step-started": self._step_started, "step": self._step,
            "case-finished": self._case_finished, "attending": self.attended.attending, "paused": self.attended.paused,
            "case-resumed": self.attended.resumed, "correction": self.attended.correction, "session-note": self.attended.entry,
            "redaction": self._redaction, "code": self._code, "collected": self._collected,
        }  # fmt: skip
        """What each kind of line tells; a new kind is a line here."""

    def take(self, worker: str, entries: list[Mapping[str, Any]]) -> None:
        """Each line by its kind. A kind nobody here knows is a problem: what it tells would go unread."""
        for entry in entries:
            known = self._kinds.get(entry["kind"])
            if known is None:
                self.problems.append(f"journal of {worker}: a line of the kind {entry['kind']!r} is not known here")
            else:
                known(worker, entry, entry["content"])
        self.attended.torn(worker, entries)

    def ended(self, name: str, entries: list[Mapping[str, Any]]) -> None:
        """Whether a journal ends as a recorder ends it, and where the times of its lines go back."""
        attended = name.removeprefix("journal.").startswith(WORKER)  # who went on after it named the line it ends with
        if not attended and (not entries or entries[-1]["kind"] != "worker-finished"):
            self.unfinished.append(name)
        for one, after in pairwise(entries):
            if str(after["at"]) < str(one["at"]):
                self.disorder.append(
                    f"{name}: line {after['seq']} is of {after['at']}, the line before it of {one['at']}: the clock stepped back"
                )

    def _environment(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self.environments.append(Environment.model_validate(content["environment"]))

    def _clock(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self.clocks.append((str(content["when"]), ClockOffset.model_validate(content["offset"])))

    def _target(self, worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        state = TargetState.model_validate(content["state"])
        self.targets.append(state)
        self.readings.append(Reading(worker, str(content["when"]), state))

    def _redaction(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """Which secrets were looked for, and in how many places of the record each was taken out, over all workers."""
        for name, state in content["redactions"]:
            known, places = self.redactions.get(name, (str(state), 0))
            self.redactions[str(name)] = (known, places + int(content["places"].get(name, 0)))

    def _code(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """One digest for each file of step code, over the whole run and all of its workers."""
        for file in map(CodeFile.model_validate, content["files"]):
            if self.code.setdefault(file.file, file.sha256) != file.sha256:
                self._may_not_be_sealed(f"the step code {file.file} was changed while the run went")

    def _collected(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """What was about to be executed, and why a formal run was refused."""
        options = " ".join(f"{flag} {value}".strip() for flag, value in sorted(content["options"].items()))
        for case in content["left_out"]:
            self.left_out[case] = f"planned, and left out{f' ({options})' if options else ''}"
        for reason in content["refused"]:
            self._may_not_be_sealed(f"the run was refused before anything was executed: {reason}")

    def _may_not_be_sealed(self, why: str) -> None:
        if why not in self.unsealable:
            self.unsealable.append(why)

    def _of_trial(self, _worker: str, entry: Mapping[str, Any], _content: Mapping[str, Any]) -> None:
        self.trial.append(entry)

    def _case_started(self, worker: str, entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self._once(content["case"])
        self.order.append((entry["at"], content["case"]))
        self.open[content["case"]] = {
            "digest": content["digest"], "started": entry["at"], "steps": [], "going": None, "worker": worker,
        }  # fmt: skip

    def _step_started(self, _worker: str, entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self.open[content["case"]]["going"] = (content["number"], content["keyword"], content["text"], entry["at"])

    def _step(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        step = StepResult.model_validate(content["result"])
        self._reasoned(f"{content['case']} step {step.number}", step)
        self.open[content["case"]]["steps"].append(step)
        self.open[content["case"]]["going"] = None

    def _case_finished(self, _worker: str, _entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        part = self.open.pop(content["result"]["case"])
        result = CaseResult.model_validate(content["result"])
        self.attended.check(result, part)
        self.cases[result.case] = result
        self._reasoned(result.case, result)
        if result.verdict is not worst([s.verdict for s in result.steps]) and result.verdict is Verdict.PASSED:
            self.problems.append(f"{result.case} says PASSED but not all of its steps do")

    def _reasoned(self, what: str, result: StepResult | CaseResult) -> None:
        """What was not carried out says why, or it is a blank (RR-X08)."""
        if result.verdict in UNEXECUTED and not result.reason.strip():
            self.problems.append(f"{what} says {result.verdict} and no reason")

    def join(self, part: Part) -> None:
        """What one shard says: its problems are those of the whole, its results those of its cases."""
        found = part.evidence
        self.environments += found.environments
        self.targets += found.targets
        self.clocks += found.clocks
        self.drifted += found.drift
        self.disorder += found.disorder
        self.unfinished += found.unfinished
        for result in found.results:
            self._once(result.case)
            self.cases[result.case] = result.model_copy(update={"worker": f"{part.number}.{result.worker}"})

    def _once(self, case: str) -> None:
        if case in self.cases or case in self.open:
            self.problems.append(f"{case} was executed twice in one run")

    def check_attachments(self, folder: Path) -> None:
        """Every attachment is there with the content it was attached with, sealed or not: no seal may cover a changed one."""
        steps = [s for r in self.cases.values() for s in r.steps] + [s for part in self.open.values() for s in part["steps"]]
        for attachment in (a for s in steps for a in s.attachments):
            path = folder / attachment_path(attachment.sha256)
            if not path.is_file():
                self.problems.append(f"evidence {attachment.id} is missing")
            elif digest_file(path) != attachment.sha256:
                self.problems.append(f"evidence {attachment.id} was changed")

    def result(self, case: str, digest: str) -> CaseResult:
        """The result of a planned case; NOT_RUN when there is none, ERROR when the process died inside it."""
        if case in self.cases:
            return self.cases[case]
        if case in self.open:
            part = self.open[case]
            going = part["going"]
            where = f"in step {going[0]} ({going[1]} {going[2]})" if going else "between two steps"
            reason = f"the run ended {where}; nothing after it was recorded"
            if part.get("how"):
                reason = f"{part['how']} {where}; it was not gone on with"
            return CaseResult(
                case=case, case_digest=part["digest"], verdict=Verdict.ERROR, reason=reason,
                started=part["started"], steps=tuple(part["steps"]), worker=part["worker"],
            )  # fmt: skip
        reason = self.lost.get(case) or self.left_out.get(case, "planned, and never started")
        return CaseResult(case=case, case_digest=digest, verdict=Verdict.NOT_RUN, reason=reason)

    def one_code(self) -> None:
        """One step definition has one source over the whole run: what ran first is what ran last."""
        known: dict[tuple[str, int, str], str] = {}
        for step in (s for case in self.cases.values() for s in case.steps if s.code is not None):
            code = step.code
            assert code is not None
            if known.setdefault((code.file, code.line, code.function), code.sha256) != code.sha256:
                self._may_not_be_sealed(f"the step code {code.file}:{code.line} was changed while the run went")


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
