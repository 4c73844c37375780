"""Challenges: a record of its own, verified as what it is. It says of the scripts that they can fail, and of the system nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from csvgen.canonical import canonical_json
from csvgen.clock import shown
from csvgen.crypto import certificates, cms
from csvgen.crypto.trust import Trust
from csvgen.errors import CsvgenError
from csvgen.evidence.challenge_record import challenges, read_challenge
from csvgen.evidence.challenge_results import summary
from csvgen.evidence.read import SEAL, SEAL_SIGNATURE
from csvgen.model.challenge import TRIALS, Challenge
from csvgen.verification.believed import check_trust
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import verdict_faults
from csvgen.verification.outside import Outside

WHAT = "executed on instances that were broken on purpose and thrown away; it is never evidence of a run"


def check_challenge(folder: Path, trust: Trust, _outside: Outside, checks: Checks) -> None:
    """One challenge by itself."""
    _check([read_challenge(folder)], trust, checks)
    checks.note("ledger", "one challenge by itself cannot tell that others are missing; the folder of all challenges can")


def check_ledger(folder: Path, trust: Trust, _outside: Outside, checks: Checks) -> None:
    """All challenges of a system: each as above, numbered without gaps, each naming the seal of the one before."""
    found = challenges(folder)
    _check(found, trust, checks)
    faults, before = [], None
    for number, challenge in enumerate(found, 1):
        name = f"CH-{number:03d}"
        if challenge.plan.challenge != name or Path(challenge.folder).name != name:
            faults.append(f"{Path(challenge.folder).name}: found where {name} is expected")
        if challenge.plan.previous != before:
            faults.append(f"{challenge.plan.challenge}: does not name the seal of the challenge before it")
        before = challenge.digest
    checks.add(
        "challenges follow each other without gaps", faults, ", ".join(c.plan.challenge for c in found) or "none", folder.name
    )


def _check(found: Sequence[Challenge], trust: Trust, checks: Checks) -> None:
    broken, odd, counted, signers = [], [], [], []
    for challenge in found:
        name = challenge.plan.challenge
        broken += [f"{name}: {p}" for p in challenge.problems]
        odd += _verdicts(challenge)
        if challenge.seal is None:
            continue
        folder = Path(challenge.folder)
        try:
            signer = cms.verify((folder / SEAL).read_bytes(), (folder / SEAL_SIGNATURE).read_bytes(), f"{name}/{SEAL_SIGNATURE}")
            signers.append((signer.certificate, signer.claimed))
            if certificates.is_person(signer.certificate):
                broken.append(f"{name}: sealed with a person's certificate")
        except (CsvgenError, OSError) as problem:
            broken.append(f"{name}: {problem}")
        if challenge.seal.challenge != name:
            broken.append(f"{name}: carries the seal of {challenge.seal.challenge}")
        if not challenge.problems and canonical_json(summary(challenge)) != canonical_json(challenge.seal.summary):
            counted.append(f"{name}: its trials give other numbers than its seal tells")
    told = "; ".join(f"{c.plan.challenge} ({c.plan.scope}), sealed {shown(c.seal.sealed)}" for c in found if c.seal is not None)
    checks.add(
        "challenges are sealed as they are, their journals unbroken, their evidence there",
        broken,
        told or "none is sealed",
        "challenges",
    )
    if unsealed := [c.plan.challenge for c in found if c.seal is None]:
        checks.note(
            "challenges that were never sealed",
            f"{', '.join(unsealed)}: begun and not ended, or without a seal key",
            "challenges",
        )
    check_trust(checks, "seals of the challenges are trusted", signers, trust, "challenges")
    checks.add("verdicts of the trials follow from what was observed", odd, "every verdict worked out again", "challenges")
    checks.add("what the seals count follows from the trials", counted, "rows, scripts and phrases counted again", "challenges")
    checks.note("challenges", WHAT)


def _verdicts(challenge: Challenge) -> list[str]:
    faults = []
    for trial in challenge.trials:
        folder = Path(challenge.folder) / TRIALS / trial.plan.trial
        for result in trial.results:
            faults += verdict_faults(folder, f"{challenge.plan.challenge} {trial.plan.trial} {result.case}", result)
    return faults
