"""Appending to the audit trail against what the same store can do at all, side by side in one run.

    python benchmarks/audit_append.py [--rounds 9] [--write]

Every round measures each of the things compared, one after the other, for half a second each; the median of the rounds counts, because
the disk of a shared machine changes its mind between minutes. "Bare" is one `BEGIN; INSERT; COMMIT` of a row of the same size in a
table of the same columns, without guards, through the driver alone. "Plain chained rows" are `json.dumps`, SHA-256 over it with the
digest before, and `executemany`, a thousand to a commit. PostgreSQL 15 is a cluster of its own, with fsync, in a temporary folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from results import write_section

from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.clock import SystemClock
from csvgen.model.audit import Actor
from csvgen.store.database import open_database
from csvgen.store.rights import grant_application_role
from tests.counterparts.postgres import postgresql

ANNA = Actor("anna", "Anna (fictitious)", "tester", "benchmark")
FACTS = {"weight": "1.20 g"}
EVENT = {"at": "2026-11-21T08:33:01.123456Z", "person": "anna", "action": "weigh", "record": "sample/S-1", "new": "1.20 g"}
SECONDS = 0.5
BATCH = 1000


def rate(act: Callable[[], int]) -> float:
    """How many per second; `act` says how many it did."""
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        done += act()
    return done / (time.perf_counter() - begun)


def crowd(act: Callable[[], int], threads: int) -> float:
    """The same by many threads at once."""
    done, end = [0] * threads, time.perf_counter() + SECONDS

    def work(number: int) -> None:
        while time.perf_counter() < end:
            done[number] += act()

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.perf_counter() - begun)


def single(ledger: Ledger) -> Callable[[], int]:
    def act() -> int:
        with ledger.change(ANNA, "weighed") as change:
            change.note("weigh", "sample/S-1", facts=FACTS)
        return 1

    return act


def batch(ledger: Ledger) -> Callable[[], int]:
    def act() -> int:
        with ledger.change(ANNA, "weighed") as change:
            for _ in range(BATCH):
                change.note("weigh", "sample/S-1", facts=FACTS)
        return BATCH

    return act


class Bare:
    """The same table by the driver alone."""

    def __init__(self, connection: Any, mark: str, size: int) -> None:
        self.connection, self.number, self.size = connection, 0, size
        self.previous = "0" * 64
        self.insert = f"INSERT INTO bare (seq, body, hash) VALUES ({mark}, {mark}, {mark})"

    def row(self) -> int:
        self.number += 1
        self.connection.execute("BEGIN")
        self.connection.execute(self.insert, (self.number, b"x" * self.size, "sha256:" + "0" * 64))
        self.connection.execute("COMMIT")
        return 1

    def chained(self) -> int:
        rows = []
        padding = "x" * (self.size - 240)
        for _ in range(BATCH):
            self.number += 1
            event = EVENT | {"seq": self.number, "previous": self.previous, "rest": padding}
            body = json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
            self.previous = hashlib.sha256(body).hexdigest()
            rows.append((self.number, body, self.previous))
        self.connection.execute("BEGIN")
        self.connection.cursor().executemany(self.insert, rows)
        self.connection.execute("COMMIT")
        return BATCH


class Disk:
    """Nothing but a write of one row's size and fdatasync."""

    def __init__(self, path: Path, size: int) -> None:
        self.handle, self.size = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND), size

    def sync(self) -> int:
        os.write(self.handle, b"x" * self.size)
        os.fdatasync(self.handle)
        return 1


def sqlite_bare(folder: Path, size: int) -> Bare:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE bare (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash VARCHAR(71) NOT NULL)")
    return Bare(connection, "?", size)


def measure(rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="csvgen-bench-") as name, postgresql(Path(name)) as cluster:
        folder = Path(name)
        cluster.run("CREATE ROLE keeper LOGIN", "CREATE ROLE app LOGIN", "CREATE DATABASE r OWNER keeper")
        open_database(cluster.url("r", "keeper")).close()
        grant_application_role(cluster.url("r", "keeper"), "app")
        lite, post = open_database(f"sqlite:///{folder / 'r.db'}"), open_database(cluster.url("r", "app"))
        ledgers = {"SQLite": open_ledger(lite, SystemClock()), "PostgreSQL": open_ledger(post, SystemClock())}
        single(ledgers["SQLite"])()
        size = len(ledgers["SQLite"].bodies()[0])
        pg = cluster.connect("r")
        pg.execute("CREATE TABLE bare (seq integer PRIMARY KEY, body bytea NOT NULL, hash varchar(71) NOT NULL)")
        bare = {"SQLite": sqlite_bare(folder, size), "PostgreSQL": Bare(pg, "%s", size)}
        disk = Disk(folder / "sync", size)
        found["size"] = [size]
        for _ in range(rounds):
            here: dict[str, float] = {"fdatasync": rate(disk.sync)}
            for store, ledger in ledgers.items():
                here[f"{store} bare"] = rate(bare[store].row)
                here[f"{store} single"] = rate(single(ledger))
                here[f"{store} 64 threads"] = crowd(single(ledger), 64)
                here[f"{store} chained"] = rate(bare[store].chained)
                here[f"{store} batch"] = rate(batch(ledger))
            for name_, value in here.items():
                found.setdefault(name_, []).append(value)
        for store, ledger in ledgers.items():
            assert ledger.problems() == (), store
            found[f"{store} events"] = [ledger.head().count]
        lite.close()
        post.close()
        pg.close()
    return found


def told(found: dict[str, list[float]], rounds: int) -> str:
    middle = {name: statistics.median(values) for name, values in found.items()}

    def ratio(store: str, name: str, to: str) -> float:
        return statistics.median(a / b for a, b in zip(found[f"{store} {name}"], found[f"{store} {to}"], strict=True))

    how = (
        f"`python benchmarks/audit_append.py --rounds {rounds} --write`, Python {platform.python_version()}, {os.cpu_count()} cores; events of "
        f"{middle['size']:.0f} bytes. Per second: median of {rounds} rounds of {SECONDS} s, lowest and highest in brackets; ratios are "
        "medians of the ratios within a round."
    )
    lines = [
        how,
        "",
        f"fdatasync of one row beside it: {_range(found['fdatasync'])}.",
        "",
        "| | SQLite | PostgreSQL 15 |",
        "|---|---|---|",
    ]
    for words, name in (
        ("bare commit of one row", "bare"),
        ("change of one event", "single"),
        ("changes by 64 threads at once", "64 threads"),
        ("plain chained rows, 1,000 a commit", "chained"),
        ("changes of 1,000 events", "batch"),
    ):
        lines.append(f"| {words} | {_range(found[f'SQLite {name}'])} | {_range(found[f'PostgreSQL {name}'])} |")
    for words, name, to in (
        ("**one event : bare commit** (asked: 0.8)", "single", "bare"),
        ("**64 threads : one** (asked on SQLite: 5)", "64 threads", "single"),
        ("**1,000 events : plain chained rows** (asked: 0.5)", "batch", "chained"),
    ):
        lines.append(f"| {words} | {ratio('SQLite', name, to):.2f} | {ratio('PostgreSQL', name, to):.2f} |")
    events = f"{middle['SQLite events']:,.0f} and {middle['PostgreSQL events']:,.0f}"
    lines += ["", f"At the end both trails were walked, with chain, tree and records: {events} events without a finding."]
    return "\n".join(lines)


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    text = told(measure(asked.rounds), asked.rounds)
    print(text)
    if asked.write:
        write_section("Appending to the audit trail", text)


if __name__ == "__main__":
    main()
