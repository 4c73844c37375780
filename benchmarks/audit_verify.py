"""Verifying a trail of a million events, and proving one of them, on one core.

    python benchmarks/audit_verify.py [--events 1000000] [--write]

CPU seconds of one thread count (the process is bound to one core). The floor beside it is SHA-256 over each event and JSON parsing by
pydantic-core, in the same run over the same bytes, and verifying nothing. The trail is written by the ledger itself.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from results import write_section

from csvgen.audit import merkle
from csvgen.audit.chain import Walk
from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.audit.tree import WIDTH
from csvgen.clock import SystemClock
from csvgen.model.audit import Actor
from csvgen.store.database import open_database

ANNA = Actor("anna", "Anna (fictitious)", "tester", "benchmark")


def grow(ledger: Ledger, count: int) -> None:
    while (reached := ledger.head().count) < count:
        with ledger.change(ANNA, "weighed") as change:
            for _ in range(min(5000, count - reached)):
                change.note("weigh", "sample/S-1", facts={"weight": "1.20 g"})


def spent(act: Callable[[], object], repeats: int = 3) -> float:
    """CPU seconds; the least of the repeats, because other work on the machine only ever adds."""
    found = []
    for _ in range(repeats):
        begun = time.process_time()
        act()
        found.append(time.process_time() - begun)
    return min(found)


def lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from stream


def floor(path: Path) -> None:
    """Hash and parse, and nothing else."""
    for body in lines(path):
        hashlib.sha256(body).hexdigest()
        from_json(body)


def walk(bodies: Iterator[bytes]) -> Walk:
    made = Walk()
    problems = list(made.problems(bodies))
    assert not problems, problems[:3]
    return made


def check(ledger: Ledger) -> None:
    assert ledger.problems() == ()


def proofs(ledger: Ledger) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds of CPU and on the clock, for proofs of events all over the trail; each is verified."""
    count, root = ledger.head().count, ledger.root()
    found: dict[str, list[tuple[float, float]]] = {"root": [], "inclusion": [], "consistency": []}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        cpu, wall = time.process_time(), time.perf_counter()
        made = act()
        found[name].append(((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000))
        return made

    for number in range(50):
        seq, old = 1 + (number * 7_919_993) % count, 1 + (number * 104_729) % count
        timed("root", ledger.root)
        proof = timed("inclusion", lambda seq=seq: ledger.inclusion(seq))
        grown = timed("consistency", lambda old=old: ledger.consistency(old))
        with ledger.tree() as tree:
            leaf = tree.tile(0, (seq - 1) // WIDTH)[(seq - 1) % WIDTH]
        merkle.verify_inclusion(leaf, seq - 1, count, proof, root)
        merkle.verify_consistency(old, count, grown, ledger.root(old), root)
    return found


def measure(count: int) -> str:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="csvgen-bench-") as name:
        database = open_database(f"sqlite:///{Path(name) / 'r.db'}")
        ledger, exported = open_ledger(database, SystemClock()), Path(name) / "events.jsonl"
        begun = time.perf_counter()
        grow(ledger, count)
        wrote = time.perf_counter() - begun
        with exported.open("wb") as stream:
            stream.writelines(ledger.each_body())
        size = exported.stat().st_size / count
        least = spent(lambda: floor(exported))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        from_file = spent(lambda: walk(lines(exported)))
        from_store = spent(lambda: walk(ledger.each_body()))
        grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        whole = spent(lambda: check(ledger), repeats=2)
        assert walk(lines(exported)).root() == ledger.root()
        took = proofs(ledger)
        database.close()
    rows = [
        ("SHA-256 and JSON parsing alone", least),
        ("chain, spelling and Merkle root, from a JSON Lines file", from_file),
        ("the same, from the database", from_store),
        ("`Ledger.problems()`: that, stored digests, stored tree, records", whole),
    ]
    how = (
        f"`python benchmarks/audit_verify.py --events {count} --write`, Python {platform.python_version()}, one core; {count:,} events of "
        f"{size:.0f} bytes in SQLite, written by the ledger in {wrote:.0f} s."
    )
    memory = (
        f"Asked: 200,000 events per second with chain and tree. Memory grew by {grew:.0f} MB while walking file and database "
        f"({size * count / 1e6:,.0f} MB of events)."
    )
    text = [
        how,
        "",
        "| | CPU s | events per second | of SHA-256 and JSON alone |",
        "|---|---|---|---|",
        *(f"| {words} | {seconds:.2f} | {count / seconds:,.0f} | {least / seconds:.2f} |" for words, seconds in rows),
        "",
        memory,
        "",
        f"| at {count:,} events | ms of CPU, median of 50 | ms on the clock, median | slowest |",
        "|---|---|---|---|",
        *(
            f"| {words} | {_middle(v, 0):.1f} | {_middle(v, 1):.1f} | {max(wall for _, wall in v):.1f} |"
            for words, v in took.items()
        ),
        "",
        "Each proof was verified against the root. Asked: under 10 ms for one event.",
    ]
    return "\n".join(text)


def _middle(values: list[tuple[float, float]], which: int) -> float:
    return statistics.median(value[which] for value in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    text = measure(asked.events)
    print(text)
    if asked.write:
        write_section("Verifying the audit trail", text)


if __name__ == "__main__":
    main()
