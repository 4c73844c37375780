"""A tiny project whose records lie in a PostgreSQL server, moved there row by row from the SQLite file they were made in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.store.database import Database, open_database
from csvgen.store.rights import grant_application_role
from csvgen.store.tables import metadata

from .counterparts.postgres import Cluster, postgresql
from .tiny import TOML, Tiny


class OnServer(Tiny):
    """With one connection, which is closed at the end."""

    @cached_property
    def database(self) -> Database:
        return open_database(self.config.records)

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.database, self.clock)


@contextmanager
def cluster_with_roles(folder: Path) -> Iterator[Cluster]:
    """A server with a database `records`, its owner `keeper`, and the role `app` the program works as."""
    with postgresql(folder, durable=False) as server:
        server.run("CREATE ROLE keeper LOGIN", "CREATE ROLE app LOGIN", "CREATE DATABASE records OWNER keeper")
        yield server


def on_server(tiny: Tiny, cluster: Cluster, data: Path, monkeypatch: pytest.MonkeyPatch) -> OnServer:
    """The project, its records moved; seal key and root in the data folder of the user. Close its `database` at the end."""
    made = OnServer(tiny.root)
    owner = cluster.url("records", "keeper")
    open_database(owner).close()
    grant_application_role(owner, "app")
    move(f"sqlite:///{made.root}/records/records.db", cluster.url("records"))
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    shutil.move(made.root / "records", data / "csvgen" / "tiny")
    toml = TOML.replace("sqlite:///records/records.db", cluster.url("records", "app"))
    (made.root / "csvgen.toml").write_text(toml, encoding="utf-8")
    return made


def move(source: str, target: str) -> None:
    """Every row of the five tables, as it is."""
    engines = create_engine(source), create_engine(target)
    with engines[0].connect() as old, engines[1].begin() as new:
        for table in metadata.sorted_tables:
            if rows := [dict(row) for row in old.execute(table.select()).mappings()]:
                new.execute(table.insert(), rows)
    for engine in engines:
        engine.dispose()
