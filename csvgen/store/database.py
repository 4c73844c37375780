"""A records database by URL: SQLite (WAL, every commit synced) by default, PostgreSQL by URL.

Writers are serialised: a writing transaction begins by taking the write lock, so that the audit trail has one order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from csvgen.errors import ConfigError, CsvgenError
from csvgen.store.tables import SCHEMA_REVISION

_WAIT_SECONDS = 30


class StoreError(CsvgenError):
    """The records database cannot be read or written; nothing was changed."""


class Database:
    """One open database. Use `open_database`; close with `close`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def dialect(self) -> str:
        return str(self._engine.dialect.name)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its first statement; all of it or nothing."""
        with self._wrapped(), self._engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.begin()
                connection.execute(text("LOCK TABLE audit_event IN EXCLUSIVE MODE"))
            try:
                yield connection
                _finish(connection, "COMMIT")
            except BaseException:
                _finish(connection, "ROLLBACK")
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._wrapped(), self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _wrapped(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as problem:
            where = self._engine.url.render_as_string(hide_password=True)
            raise StoreError(f"the records database refused: {problem.orig}", where=where) from problem


def _finish(connection: Connection, verb: str) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(verb)
    elif verb == "COMMIT":
        connection.commit()
    else:
        connection.rollback()


def open_database(url: str) -> Database:
    """Open, and bring the schema up to date. Raises ConfigError for a URL that cannot be used."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("this is not a database URL", hint="sqlite:///path/to/records.db or postgresql+psycopg://...") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        folder = Path(parsed.database).parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Records and verifiers of secrets: for the owner only, from the first byte.
        os.close(os.open(parsed.database, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(parsed, connect_args={"timeout": _WAIT_SECONDS} if parsed.get_backend_name() == "sqlite" else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_settings)
    database = Database(engine)
    _migrate(database, engine)
    return database


def _sqlite_settings(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, not by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(database: Database, engine: Engine) -> None:
    with database.read() as connection:
        known = inspect(connection).has_table("alembic_version")
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
    if found == SCHEMA_REVISION:
        return
    if found is not None and str(found) > SCHEMA_REVISION:
        raise ConfigError(f"the records database has schema {found}, newer than this csvgen knows", hint="use the newer csvgen")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _finish(connection, "COMMIT")
