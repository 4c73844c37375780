"""A trail with anchors, and what somebody does to it who holds the database but no key."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csvgen.audit import merkle
from csvgen.audit.anchored import Finding, Outside, report
from csvgen.audit.anchors import Anchors, FolderAnchor, Made, checkpoint, held
from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.canonical import canonical_json, digest_bytes, read_canonical
from csvgen.clock import FixedClock
from csvgen.crypto.notes import NoteKey
from csvgen.model.audit import Actor
from csvgen.model.verification import Outcome
from csvgen.store.database import Database, open_database

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
ANNA = Actor("anna", "Anna (fictitious)", "tester", "tests")


def key(name: str = "csvgen/tests/1") -> NoteKey:
    return NoteKey(name, Ed25519PrivateKey.generate())


@dataclass
class Trail:
    """A ledger in a file, its anchors, and its attacker."""

    path: Path
    database: Database
    ledger: Ledger
    anchors: Anchors
    clock: FixedClock
    _number: int = field(default=0)

    def grow(self, count: int) -> None:
        with self.ledger.change(ANNA) as change:
            for _ in range(count):
                self._number += 1
                change.put("sample", f"S-{self._number}", {"name": f"sample {self._number}"})

    def checkpoint(self, why: str = "test") -> Made:
        return checkpoint(self.ledger, self.anchors, self.clock, ANNA, why)

    def outside(self, **more: Any) -> Outside:
        found, silent = held(self.anchors.keepers)
        values = {"held": found, "silent": silent, "verifiers": self.anchors.verifiers, "settings": self.anchors.settings}
        return Outside(**{**values, **more})

    def findings(self, **more: Any) -> dict[str, Finding]:
        return {f.name: f for f in report(self.ledger.bodies(), self.outside(**more))}

    def faults(self, **more: Any) -> dict[str, tuple[str, ...]]:
        return {name: f.faults for name, f in self.findings(**more).items() if f.outcome is Outcome.FAILS}

    # -------------------------------------------------------- somebody with the database and no key

    def raw(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Past the application: triggers dropped first, as an owner of the file can."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            work(connection)
        finally:
            connection.close()

    def rewrite(self, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Change the events as one likes, then number, link and hash all of them anew, the stored tree too: nothing inside shows it."""
        events = change([read_canonical(body) for body in self.ledger.bodies()])
        bodies: list[bytes] = []
        previous = digest_bytes(b"")
        for number, event in enumerate(events, 1):
            bodies.append(canonical_json(event | {"seq": number, "previous": previous}))
            previous = digest_bytes(bodies[-1])

        def put(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM audit_event")
            rows = [(n, b, digest_bytes(b)) for n, b in enumerate(bodies, 1)]
            connection.executemany("INSERT INTO audit_event (seq, body, hash) VALUES (?, ?, ?)", rows)
            _tree_anew(connection, bodies)

        self.raw(put)


def _tree_anew(connection: sqlite3.Connection, bodies: list[bytes]) -> None:
    connection.execute("DELETE FROM tree_node")
    level, hashes = 1, [merkle.leaf_hash(body) for body in bodies]
    while len(hashes) >= 256:
        hashes = [merkle.root(hashes[i : i + 256]) for i in range(0, len(hashes) - 255, 256)]
        rows = [(level, number, found) for number, found in enumerate(hashes)]
        connection.executemany("INSERT INTO tree_node (level, number, hash) VALUES (?, ?, ?)", rows)
        level += 1


@cache
def _empty() -> bytes:
    """A records database of the current schema; migrated once, because that takes longer than most of what is tested."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        database = open_database(f"sqlite:///{path}")
        with database.read() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        return path.read_bytes()


def make_trail(folder: Path, anchors: Callable[[Path], Anchors] | None = None, start: dt.datetime = START) -> Trail:
    """An empty trail; without more said, one folder holds its checkpoints."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "records.db"
    path.write_bytes(_empty())
    database = open_database(f"sqlite:///{path}")
    clock = FixedClock(start, 1)
    made = anchors(folder) if anchors else Anchors(key(), keepers=(FolderAnchor("folder", folder / "checkpoints"),))
    return Trail(path, database, open_ledger(database, clock), made, clock)
