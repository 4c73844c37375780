"""Where runs are kept elsewhere: what the audit trail tells of it, held against the runs themselves. The store is asked by `csvgen evidence check`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from csvgen.clock import shown
from csvgen.evidence.read import read_run
from csvgen.model.audit import Event
from csvgen.model.evidence import Evidence
from csvgen.verification.checks import Checks

KEPT = "run-keep"
NAME = "keeping of runs is what the audit trail tells"


def check_kept(runs: Sequence[Evidence], events: Sequence[Event], subject: str, checks: Checks) -> None:
    """One check over all that the trail tells; sealed formal runs of which it tells nothing are named, for only the project knows its store."""
    told = [e for e in events if e.action == KEPT]
    if not told:
        return
    there = {r.run: r for r in runs} | {s.run: s for r in runs for s in _shards(r)}
    sealed = {e.record.removeprefix("shard/"): e.seq for e in events if e.action in ("run-seal", "run-abandon", "shard-seal")}
    faults = [f"event {e.seq}, {e.record}: {fault}" for e in told for fault in _faults(e, there.get(e.record), sealed)]
    places = dict.fromkeys(
        f"{e.record} in {facts['store']} until {facts['until']}" for e in told if (facts := _facts(e)).keys() >= _FACTS
    )
    alone = [r.run for r in runs if r.sealed and r.plan.mode == "formal" and r.run not in {e.record for e in told}]
    more = f"; of {', '.join(alone)} no keeping is told" if alone else ""
    checks.add(NAME, faults, f"{'; '.join(places)}{more}", subject)
    checks.lacks("whether the stores still hold what was kept: csvgen evidence check asks them")


def _shards(run: Evidence) -> Iterable[Evidence]:
    """Those of a merged run: each machine keeps its own as soon as it is sealed."""
    if run.plan.merged is not None:
        yield from (read_run(Path(run.folder) / s.folder) for s in run.plan.merged.shards if s.folder)


_FACTS = {"store", "seal", "until", "files"}


def _facts(event: Event) -> dict[str, str]:
    return {c.field: c.new for c in event.changes}


def _faults(event: Event, run: Evidence | None, sealed: dict[str, int]) -> Iterable[str]:
    """What an event tells that is not so."""
    facts = _facts(event)
    if missing := sorted(_FACTS - facts.keys()):
        yield f"does not tell {', '.join(missing)}"
        return
    if run is None or run.seal is None:
        yield "was kept, and no sealed run of this name is in the package"
        return
    if facts["seal"] != str(run.digest):
        yield "was kept under another seal than the run has"
    if sealed.get(event.record, event.seq + 1) > event.seq or event.at < run.seal.sealed:
        yield "was kept before it was sealed"
    count = sum(p.is_file() for p in Path(run.folder).rglob("*")) + 1
    if facts["files"] != str(count):
        yield f"was kept with {facts['files']} files, and has {count} with its index"
    if facts["until"] <= run.seal.sealed[:10]:
        yield f"is kept until {facts['until']}, and was sealed {shown(run.seal.sealed)}"
