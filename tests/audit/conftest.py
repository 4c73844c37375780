"""A ledger in SQLite and in PostgreSQL, its clock set by the test, and the hand of somebody who goes past the application."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.clock import FixedClock
from csvgen.model.audit import Actor
from csvgen.store.database import Database, open_database
from csvgen.store.rights import grant_application_role

from ..counterparts.postgres import Cluster, postgresql
from .attacks import Store

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
ANNA = Actor("anna", "Anna (fictitious)", "tester", "tests")

STORES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql")))


@dataclass
class Books:
    store: Store
    database: Database
    ledger: Ledger
    actor: Actor = ANNA

    @property
    def path(self) -> Path:
        assert self.store.path is not None, "only SQLite has a file"
        return self.store.path

    def attack(self, *statements: str, guards: bool = False) -> None:
        """SQL by a connection of one's own, as an administrator of the machine would. Without `guards` the triggers go first."""
        self.store.run(*statements, guards=guards)

    def reopened(self) -> Ledger:
        return open_ledger(self.database, FixedClock(START + dt.timedelta(hours=1), 1))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server for the session, with an owner and an application role, and one migrated database to copy from."""
    with postgresql(tmp_path_factory.mktemp("postgresql"), durable=False) as server:
        server.run("CREATE ROLE keeper LOGIN", "CREATE ROLE app LOGIN", "CREATE DATABASE empty OWNER keeper")
        open_database(server.url("empty", "keeper")).close()
        grant_application_role(server.url("empty", "keeper"), "app")
        yield server


_numbers = itertools.count(1)


@pytest.fixture
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Store]:
    """A new database of the kind asked for, with its tables; in PostgreSQL the URL is that of the application role."""

    def make(kind: str) -> Store:
        if kind == "sqlite":
            path = tmp_path / f"records{next(_numbers)}.db"
            open_database(f"sqlite:///{path}").close()
            return Store(f"sqlite:///{path}", path=path)
        server: Cluster = request.getfixturevalue("cluster")
        name = f"records{next(_numbers)}"
        server.run(f"CREATE DATABASE {name} TEMPLATE empty OWNER keeper")
        return Store(server.url(name, "app"), cluster=server, name=name)

    return make


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, empty_store: Callable[[str], Store]) -> Store:
    """An empty database, of each kind."""
    return empty_store(request.param)


def opened(store: Store) -> Books:
    database = open_database(store.url)
    return Books(store, database, open_ledger(database, FixedClock(START, 1)))


@pytest.fixture
def books(store: Store) -> Iterator[Books]:
    """Five events: three versions of one record, one of another, and a note."""
    made = opened(store)
    with made.ledger.change(ANNA) as change:
        change.put("sample", "S-1", {"name": "first", "weight": "1.10"})
    for weight in ("1.20", "1.30"):
        with made.ledger.change(ANNA, "weighed again") as change:
            change.put("sample", "S-1", {"name": "first", "weight": weight})
    with made.ledger.change(ANNA) as change:
        change.put("sample", "S-2", {"name": "second"})
    with made.ledger.change(ANNA, "asked for by the inspector") as change:
        change.note("export", "sample/S-1", facts={"copies": "1"})
    yield made
    made.database.close()
