"""Seal a run: written last, it names every file of the run folder by digest and holds planned against executed.

The seal is signed by the key of the recording system. It says "these bytes were here when the run ended"; it is nobody's
signature. A run without seal never counts, whatever its journal says.

A run that began and cannot be sealed is closed as aborted, by a person and with a reason: its seal names what did not hold then,
so that every later change is found, and it never counts either.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from csvgen.canonical import canonical_json, digest_bytes, digest_file, write, write_once
from csvgen.clock import Clock, stored
from csvgen.crypto import cms
from csvgen.crypto.keys import Credential
from csvgen.errors import NotIntact, NotRecorded
from csvgen.evidence.read import RUN, SEAL, SEAL_SIGNATURE, read_run
from csvgen.model.evidence import Evidence
from csvgen.model.execution import EXECUTED, RunSummary, Seal, SealedFile


def seal(folder: Path, credential: Credential, clock: Clock, *, ended: str = "") -> Evidence:
    """Seal the run in `folder`. Raises NotIntact when its journals do not hold; such a run stays unsealed and visible.

    `ended` says how the test runner ended, where that was not with results.
    """
    return _written(folder, _drawn(folder, _sealable(folder), clock, ended=ended), credential, clock)


def _sealable(folder: Path) -> Evidence:
    evidence = _unsealed(folder)
    if evidence.problems:
        raise NotIntact(
            f"this run cannot be sealed: {evidence.problems[0]}", where=str(folder),
            hint="leave it as it is, find out why, and execute again under a new number; an unsealed run is readable and never counts",
        )  # fmt: skip
    if evidence.unsealable:
        raise NotIntact(
            f"this run cannot be sealed: {evidence.unsealable[0]}",
            where=str(folder), hint="put right what is told, and execute again as a new run",
        )  # fmt: skip
    return evidence


def close_aborted(folder: Path, credential: Credential, clock: Clock, *, reason: str, by: str) -> Evidence:
    """Close a run that began and never came to its end, with what does not hold of it. Raises NotIntact for a sealed one."""
    evidence = _unsealed(folder)
    (folder / SEAL_SIGNATURE).unlink(missing_ok=True)  # the half of a seal that a dead process left; nothing names it
    faults = tuple(dict.fromkeys((*evidence.problems, *evidence.unsealable)))
    drawn = _drawn(folder, evidence, clock, aborted=reason, aborted_by=by, faults=faults)
    return _written(folder, drawn, credential, clock)


def _unsealed(folder: Path) -> Evidence:
    evidence = read_run(folder)
    if evidence.seal is not None or (folder / SEAL).exists():
        raise NotIntact("this run is sealed already", where=str(folder))
    return evidence


def _drawn(folder: Path, evidence: Evidence, clock: Clock, **more: Any) -> Seal:
    """What a seal says of a run."""
    files = tuple(
        SealedFile(path=p.relative_to(folder).as_posix(), size=p.stat().st_size, sha256=digest_file(p))
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p != folder / SEAL_SIGNATURE  # of a seal that did not come about
    )
    verdicts = Counter(str(r.verdict) for r in evidence.results)
    executed = sum(r.verdict in EXECUTED for r in evidence.results)
    return Seal(
        run=evidence.plan.run,
        plan=digest_bytes((folder / RUN).read_bytes()),
        heads=dict(evidence.heads),
        files=files,
        summary=RunSummary(planned=len(evidence.results), executed=executed, verdicts=dict(sorted(verdicts.items()))),
        complete=complete(evidence) and "aborted" not in more,
        sealed=stored(clock.now()),
        **more,
    )


def _written(folder: Path, made: Seal, credential: Credential, clock: Clock) -> Evidence:
    """The seal and its signature; then the run as anybody reads it, from its files. What was read before is let go: a large run is held once."""
    body = canonical_json(made)
    try:
        write(folder / SEAL_SIGNATURE, cms.sign(body, credential, clock.now()))
        write_once(folder / SEAL, body)
    except OSError as problem:
        raise NotRecorded.of(problem, "the seal", str(folder)) from None
    return read_run(folder)


def complete(evidence: Evidence) -> bool:
    """Every planned case came to its verdict. A torn one has no end, and a process that died leaves a journal without its last word."""
    came = all(r.verdict in EXECUTED and r.finished for r in evidence.results)
    return evidence.plan.scope != "partial" and came and not evidence.unfinished
