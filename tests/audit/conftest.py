"""A ledger in a file, its clock set by the test, and the hand of somebody who goes past the application."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.clock import FixedClock
from csvgen.model.audit import Actor
from csvgen.store.database import Database, open_database

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
ANNA = Actor("anna", "Anna (fictitious)", "tester", "tests")


@dataclass
class Books:
    path: Path
    database: Database
    ledger: Ledger
    actor: Actor = ANNA

    def attack(self, *statements: str, guards: bool = False) -> None:
        """SQL by a connection of one's own, as an administrator of the machine would. Without `guards` the triggers go first."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            if not guards:
                for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
        finally:
            connection.close()

    def reopened(self) -> Ledger:
        return open_ledger(self.database, FixedClock(START + dt.timedelta(hours=1), 1))


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Five events: three versions of one record, one of another, and a note."""
    path = tmp_path / "records.db"
    database = open_database(f"sqlite:///{path}")
    ledger = open_ledger(database, FixedClock(START, 1))
    with ledger.change(ANNA) as change:
        change.put("sample", "S-1", {"name": "first", "weight": "1.10"})
    for weight in ("1.20", "1.30"):
        with ledger.change(ANNA, "weighed again") as change:
            change.put("sample", "S-1", {"name": "first", "weight": weight})
    with ledger.change(ANNA) as change:
        change.put("sample", "S-2", {"name": "second"})
    with ledger.change(ANNA, "asked for by the inspector") as change:
        change.note("export", "sample/S-1", facts={"copies": "1"})
    yield Books(path, database, ledger)
    database.close()
