"""A challenge on disk: numbered folders, each naming the seal of the one before; read back believing nothing."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from csvgen.canonical import Digest, canonical_json, digest, digest_bytes, digest_file, write_once
from csvgen.clock import Clock, stored
from csvgen.crypto import cms
from csvgen.crypto.keys import Credential
from csvgen.errors import NotIntact
from csvgen.evidence.challenge_results import summary
from csvgen.evidence.gathered import Gathered
from csvgen.evidence.read import RUN, SEAL, SEAL_SIGNATURE, read_bytes, read_journals, read_model
from csvgen.model.challenge import (
    CHALLENGE,
    TRIALS,
    Challenge,
    ChallengePlan,
    ChallengeSeal,
    Falsification,
    Seeding,
    Trial,
    TrialRecord,
)  # fmt: skip
from csvgen.model.execution import SealedFile, TargetState

FOLDER = "challenges"


def baseline(state: TargetState) -> Digest:
    """What must be the same before a fault and after it: components and configuration. Time and name of the reading are not."""
    return digest([state.components, state.configuration])


def challenges(folder: Path) -> tuple[Challenge, ...]:
    """Every challenge of a ledger, in order. Raises NotIntact for a plan that cannot be read."""
    return tuple(read_challenge(p.parent) for p in sorted(folder.glob(f"*/{CHALLENGE}"))) if folder.is_dir() else ()


def next_number(folder: Path) -> str:
    """``CH-001``, without gaps. A folder without a plan was begun and not planned: it keeps its number."""
    return f"CH-{len([p for p in folder.glob('CH-*') if p.is_dir()]) + 1:03d}"


def read_challenge(folder: Path) -> Challenge:
    """Raises NotIntact only when challenge.json cannot be read; everything else is in `problems`."""
    body = read_bytes(folder / CHALLENGE)
    plan = read_model(ChallengePlan, body, folder / CHALLENGE)
    problems: list[str] = []
    trials: list[TrialRecord] = []
    heads: dict[str, str] = {}
    for path in sorted((folder / TRIALS).glob(f"*/{RUN}")):
        try:
            trial, ends = read_trial(path.parent)
        except NotIntact as problem:
            problems.append(f"{path.parent.name}: {problem.message}")
            continue
        trials.append(trial)
        heads |= {f"{trial.plan.trial}/{worker}": head for worker, head in ends.items()}
        problems += [f"{trial.plan.trial}: {p}" for p in trial.problems]
        if (trial.plan.challenge, trial.plan.trial, trial.plan.system) != (plan.challenge, path.parent.name, plan.system):
            problems.append(f"{path.parent.name}: is a trial of {trial.plan.challenge}, {trial.plan.trial}")
        wording = {p.case: p.digest for p in plan.scripts}
        problems += [
            f"{trial.plan.trial}: {p.case} is not the script of the plan"
            for p in trial.plan.planned
            if wording.get(p.case) != p.digest
        ]
        problems += [
            f"{trial.plan.trial}: the instance is not the one of the plan" for b in trial.baselines if b != plan.baseline
        ]
    found, seal_digest = _seal(folder, digest_bytes(body), heads, problems)
    return Challenge(
        plan=plan, trials=tuple(trials), seal=found, digest=seal_digest, folder=str(folder), problems=tuple(problems)
    )  # fmt: skip


def read_trial(folder: Path) -> tuple[TrialRecord, dict[str, Digest]]:
    """A trial, and the digest each of its journals ends with. Raises NotIntact for what is none."""
    body = read_bytes(folder / RUN)
    plan = read_model(Trial, body, folder / RUN)
    gathered, heads = read_journals(folder, digest_bytes(body), plan.planned)
    try:
        problems = [*gathered.problems, *_unlike(plan, gathered)]
        seedings = tuple(Seeding.model_validate(e["content"]["seeding"]) for e in gathered.trial if e["kind"] == "fault")
        seen = tuple(Falsification.model_validate(e["content"]["result"]) for e in gathered.trial if e["kind"] == "falsified")
    except (ValidationError, KeyError, TypeError) as problem:
        raise NotIntact(f"a line of the journal is not of a form known here ({type(problem).__name__})") from None
    record = TrialRecord(
        plan=plan, results=tuple(gathered.result(p.case, p.digest) for p in plan.planned), seedings=seedings, falsifications=seen,
        baselines=tuple(baseline(state) for state in gathered.targets), problems=tuple(problems),
    )  # fmt: skip
    return record, heads


def _unlike(plan: Trial, gathered: Gathered) -> list[str]:
    """What its journal tells that a trial of this manner cannot have done."""
    kinds = {str(e["kind"]) for e in gathered.trial}
    allowed = {"no fault": set(), "fault": {"fault"}, "falsified": {"falsified"}}[plan.manner]
    found = [f"a trial with {plan.manner} tells of {kind}" for kind in sorted(kinds - allowed)]
    named = {e["content"]["seeding"]["fault"] for e in gathered.trial if e["kind"] == "fault"}
    return found + [f"tells of the fault {name}, not of {plan.fault or 'none'}" for name in sorted(named - {plan.fault})]


def _seal(folder: Path, plan: Digest, heads: dict[str, str], problems: list[str]) -> tuple[ChallengeSeal | None, str | None]:
    if not (folder / SEAL).exists():
        return None, None
    body = read_bytes(folder / SEAL)
    try:
        found = read_model(ChallengeSeal, body, folder / SEAL)
    except NotIntact as problem:
        problems.append(str(problem))
        return None, None
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {SEAL, SEAL_SIGNATURE}
    listed = {f.path: f for f in found.files}
    problems += [f"{name} is sealed but missing" for name in sorted(listed.keys() - there)]
    problems += [f"{name} is not part of the sealed challenge" for name in sorted(there - listed.keys())]
    problems += [
        f"{name} was changed after sealing"
        for name in sorted(listed.keys() & there)
        if digest_file(folder / name) != listed[name].sha256
    ]
    if heads != dict(found.heads):
        problems.append("the journals do not end as sealed")
    if found.plan != plan:
        problems.append(f"{CHALLENGE} is not the plan that was sealed")
    return found, digest_bytes(body)


def seal_challenge(folder: Path, credential: Credential, clock: Clock) -> Challenge:
    """Seal the challenge in `folder`. Raises NotIntact when its journals do not hold; it stays unsealed and visible then."""
    read = read_challenge(folder)
    if read.seal is not None or read.problems:
        why = f"cannot be sealed: {read.problems[0]}" if read.problems else "is sealed already"
        raise NotIntact(f"this challenge {why}", where=str(folder))
    heads: dict[str, str] = {}
    for path in sorted((folder / TRIALS).glob(f"*/{RUN}")):
        heads |= {f"{path.parent.name}/{worker}": head for worker, head in read_trial(path.parent)[1].items()}
    files = tuple(
        SealedFile(path=p.relative_to(folder).as_posix(), size=p.stat().st_size, sha256=digest_file(p))
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    )
    made = ChallengeSeal(
        challenge=read.plan.challenge, plan=digest_bytes((folder / CHALLENGE).read_bytes()), heads=heads, files=files,
        summary=summary(read), sealed=stored(clock.now()),
    )  # fmt: skip
    body = canonical_json(made)
    write_once(folder / SEAL_SIGNATURE, cms.sign(body, credential, clock.now()))
    write_once(folder / SEAL, body)
    return read_challenge(folder)
