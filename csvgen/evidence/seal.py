"""Seal a run: written last, it names every file of the run folder by digest and holds planned against executed.

The seal is signed by the key of the recording system. It says "these bytes were here when the run ended"; it is nobody's
signature. A run without seal never counts, whatever its journal says.

Of a run its cases are held, and of each step what it attached and which code ran, never the steps themselves: the journals are read line by
line, and the digest that is sealed is that of the bytes that were looked at. Once the seal is there, every file is digested again.

A run that began and cannot be sealed is closed as aborted, by a person and with a reason: its seal names what did not hold then,
so that every later change is found, and it never counts either.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from csvgen.canonical import canonical_json, digest_file, write, write_once
from csvgen.clock import Clock, stored
from csvgen.crypto import cms
from csvgen.crypto.keys import Credential
from csvgen.errors import NotIntact, NotRecorded
from csvgen.evidence.read import RUN, SEAL, SEAL_SIGNATURE, ReadRun
from csvgen.model.evidence import Outcome, RunRead
from csvgen.model.execution import EXECUTED, RunSummary, Seal, SealedFile


def seal(folder: Path, credential: Credential, clock: Clock, *, ended: str = "") -> Outcome:
    """Seal the run in `folder`. Raises NotIntact when its journals do not hold; such a run stays unsealed and visible.

    `ended` says how the test runner ended, where that was not with results.
    """
    read, found = _unsealed(folder)
    if found.problems:
        raise NotIntact(
            f"this run cannot be sealed: {found.problems[0]}", where=str(folder),
            hint="leave it as it is, find out why, and execute again under a new number; an unsealed run is readable and never counts",
        )  # fmt: skip
    if found.unsealable:
        raise NotIntact(
            f"this run cannot be sealed: {found.unsealable[0]}",
            where=str(folder), hint="put right what is told, and execute again as a new run",
        )  # fmt: skip
    return _written(read, _drawn(read, found, clock, ended=ended), credential, clock)


def close_aborted(folder: Path, credential: Credential, clock: Clock, *, reason: str, by: str) -> Outcome:
    """Close a run that began and never came to its end, with what does not hold of it. Raises NotIntact for a sealed one."""
    read, found = _unsealed(folder)
    (folder / SEAL_SIGNATURE).unlink(missing_ok=True)  # the half of a seal that a dead process left; nothing names it
    faults = tuple(dict.fromkeys((*found.problems, *found.unsealable)))
    drawn = _drawn(read, found, clock, aborted=reason, aborted_by=by, faults=faults)
    return _written(read, drawn, credential, clock)


def _unsealed(folder: Path) -> tuple[ReadRun, Outcome]:
    if (folder / SEAL).exists():
        raise NotIntact("this run is sealed already", where=str(folder))
    read = ReadRun.of(folder, steps=False)
    return read, read.outcome()


def _drawn(read: ReadRun, found: Outcome, clock: Clock, **more: Any) -> Seal:
    """What a seal says of a run."""
    folder, known = read.folder, {RUN: read.genesis, **read.gathered.files}
    there = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    there.pop(SEAL_SIGNATURE, None)  # of a seal that did not come about
    files = (SealedFile(path=name, size=p.stat().st_size, sha256=known.get(name) or digest_file(p)) for name, p in there.items())
    verdicts = Counter(str(r.verdict) for r in found.ends)
    executed = sum(r.verdict in EXECUTED for r in found.ends)
    return Seal(
        run=found.plan.run,
        plan=read.genesis,
        heads=dict(found.heads),
        files=tuple(files),
        summary=RunSummary(planned=len(found.ends), executed=executed, verdicts=dict(sorted(verdicts.items()))),
        complete=complete(found) and "aborted" not in more,
        sealed=stored(clock.now()),
        **more,
    )


def _written(read: ReadRun, made: Seal, credential: Credential, clock: Clock) -> Outcome:
    """The seal and its signature; then the run with the seal that lies there, and every file held against it."""
    folder = read.folder
    body = canonical_json(made)
    try:
        write(folder / SEAL_SIGNATURE, cms.sign(body, credential, clock.now()))
        write_once(folder / SEAL, body)
    except OSError as problem:
        raise NotRecorded.of(problem, "the seal", str(folder)) from None
    return read.outcome()


def complete(found: RunRead) -> bool:
    """Every planned case came to its verdict. A torn one has no end, and a process that died leaves a journal without its last word."""
    came = all(r.verdict in EXECUTED and r.finished for r in found.ends)
    return found.plan.scope != "partial" and came and not found.unfinished
