"""Seal a run: written last, it names every file of the run folder by digest and holds planned against executed.

The seal is signed by the key of the recording system. It says "these bytes were here when the run ended"; it is nobody's
signature. A run without seal never counts, whatever its journal says.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from csvgen.canonical import canonical_json, digest_bytes, digest_file, write_once
from csvgen.clock import Clock, stored
from csvgen.crypto import cms
from csvgen.crypto.keys import Credential
from csvgen.errors import NotIntact
from csvgen.evidence.journal import CannotRecord
from csvgen.evidence.read import RUN, SEAL, SEAL_SIGNATURE, read_run
from csvgen.model.evidence import Evidence
from csvgen.model.execution import EXECUTED, RunSummary, Seal, SealedFile


def seal(folder: Path, credential: Credential, clock: Clock) -> Evidence:
    """Seal the run in `folder`. Raises NotIntact when its journals do not hold; such a run stays unsealed and visible."""
    evidence = read_run(folder)
    if evidence.seal is not None:
        raise NotIntact("this run is sealed already", where=str(folder))
    if evidence.problems:
        raise NotIntact(f"this run cannot be sealed: {evidence.problems[0]}", where=str(folder))
    if evidence.unsealable:
        raise NotIntact(
            f"this run cannot be sealed: {evidence.unsealable[0]}",
            where=str(folder), hint="put right what is told, and execute again as a new run",
        )  # fmt: skip
    files = tuple(
        SealedFile(path=p.relative_to(folder).as_posix(), size=p.stat().st_size, sha256=digest_file(p))
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    )
    verdicts = Counter(str(r.verdict) for r in evidence.results)
    executed = sum(r.verdict in EXECUTED for r in evidence.results)
    made = Seal(
        run=evidence.plan.run,
        plan=digest_bytes((folder / RUN).read_bytes()),
        heads=journal_heads(folder),
        files=files,
        summary=RunSummary(planned=len(evidence.results), executed=executed, verdicts=dict(sorted(verdicts.items()))),
        complete=evidence.plan.scope != "partial" and executed == len(evidence.results),
        sealed=stored(clock.now()),
    )
    body = canonical_json(made)
    try:
        write_once(folder / SEAL_SIGNATURE, cms.sign(body, credential, clock.now()))
        write_once(folder / SEAL, body)
    except OSError as problem:
        (folder / SEAL_SIGNATURE).unlink(missing_ok=True)
        raise CannotRecord(
            f"this run cannot be sealed: {problem.strerror}",
            where=str(folder),
            hint="without its seal it never counts; make room",
        ) from None
    return read_run(folder)


def journal_heads(folder: Path) -> dict[str, str]:
    """Worker -> digest of the last line of its journal."""
    heads: dict[str, str] = {}
    for path in sorted(folder.glob("journal.*.jsonl")):
        lines = path.read_bytes().splitlines(keepends=True)
        heads[path.name.split(".")[1]] = digest_bytes(lines[-1]) if lines else digest_bytes(b"")
    return heads
