"""A records database by URL: SQLite (WAL, every commit synced) by default, PostgreSQL by URL.

Writers are serialised, so that the audit trail has one order: see `csvgen.store.writing`. Inside a change everything that a thread
reads comes from the change, with what was written so far.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from csvgen.errors import ConfigError
from csvgen.store.tables import SCHEMA_REVISION
from csvgen.store.writing import WAIT_SECONDS, StoreError, Transaction, WriteQueue

__all__ = ["Database", "StoreError", "Transaction", "open_database", "query"]


_DRIVERS = ("sqlite", "postgresql+psycopg")
_OPENING = (
    "SELECT EXISTS (SELECT 1 FROM placement), last.seq, last.hash FROM (SELECT 1) AS one "
    "LEFT JOIN (SELECT seq, hash FROM audit_event ORDER BY seq DESC LIMIT 1) AS last ON true"
)
"""What a change of the ledger begins with: whether files wait to be placed, and the last event."""


class Database:
    """One open database. Use `open_database`; close with `close`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # Transactions of writers are begun and ended by us alone, not by driver or SQLAlchemy.
        options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        self._connect = lambda: engine.connect().execution_options(**options)
        self._writers = WriteQueue(self._connect, _OPENING)
        self._refusals = (DBAPIError, engine.dialect.loaded_dbapi.Error)

    @property
    def dialect(self) -> str:
        return str(self._engine.dialect.name)

    @contextmanager
    def write(self, *, alone: bool = False) -> Iterator[Transaction]:
        """One transaction that holds the write lock from its first statement; all of it or nothing (see `WriteQueue.write`)."""
        try:
            with self._writers.write(alone=alone) as transaction:
                yield transaction
        except self._refusals as problem:
            raise self._told(problem) from problem

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """What is committed; inside a change of this thread, what is written so far."""
        try:
            if self._writers.mine is not None:
                yield self._writers.mine.connection
            else:
                with self._engine.connect() as connection:
                    yield connection
        except self._refusals as problem:
            raise self._told(problem) from problem

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As `read`, and all reading of the block sees one state, however long it takes and whatever is committed meanwhile."""
        with self.read() as connection:
            if self._writers.mine is None:
                sqlite = self.dialect == "sqlite"
                connection.exec_driver_sql("BEGIN" if sqlite else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                if self._writers.mine is None:
                    connection.exec_driver_sql("ROLLBACK")

    @contextmanager
    def migrate(self) -> Iterator[Transaction]:
        """As `write`, for a database whose tables may not be there yet."""
        queue = WriteQueue(self._connect, "SELECT 1")
        try:
            with queue.write() as transaction:
                yield transaction
        except self._refusals as problem:
            raise self._told(problem) from problem
        finally:
            queue.close()

    def close(self) -> None:
        self._writers.close()
        self._engine.dispose()

    def _told(self, problem: Exception) -> StoreError:
        where = self._engine.url.render_as_string(hide_password=True)
        return StoreError(f"the records database refused: {getattr(problem, 'orig', problem)}", where=where)


def query(connection: Connection, statement: str, *values: Any) -> list[Any]:
    """Rows of a SELECT written with question marks, in either database, straight from the driver."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    driver: Any = connection.connection.driver_connection
    return list(driver.execute(statement.replace("?", mark), values).fetchall())


def open_database(url: str) -> Database:
    """Open, and bring the schema up to date. Raises ConfigError for a URL that cannot be used."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("this is not a database URL", hint="sqlite:///path/to/records.db or postgresql+psycopg://...") from None
    if parsed.drivername not in _DRIVERS:
        raise ConfigError(
            f"records are kept in {' or '.join(_DRIVERS)}, not in {parsed.drivername}", hint="records in csvgen.toml"
        )
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and parsed.query:
        raise ConfigError("the address of a SQLite file takes no parameters", hint="sqlite:///path/to/records.db")
    if sqlite and parsed.database and parsed.database != ":memory:":
        folder = Path(parsed.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as problem:
            raise ConfigError(f"the folder of the records cannot be made: {problem.strerror}", where=str(folder)) from None
        # Records and verifiers of secrets: for the owner only, from the first byte.
        # Never one that is there: closing it would take from this process the locks SQLite holds on it (sqlite.org/howtocorrupt.html, 2.2).
        with suppress(FileExistsError):
            os.close(os.open(parsed.database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    engine = create_engine(parsed, connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False} if sqlite else {})
    event.listen(engine, "connect", _sqlite_settings if sqlite else _postgresql_settings)
    database = Database(engine)
    _migrate(database)
    return database


def _sqlite_settings(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, not by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _postgresql_settings(connection: Any, _record: Any) -> None:
    before, connection.autocommit = connection.autocommit, True
    connection.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
    # A commit that may be lost when the power fails is none, whatever the server or the role has set.
    connection.execute("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
    connection.autocommit = before


def _migrate(database: Database) -> None:
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
    with database.migrate() as transaction:
        transaction.connection.execute(
            text("SELECT 1")
        )  # so that SQLAlchemy knows of a transaction, and alembic leaves it to us to end it
        config.attributes["connection"] = transaction.connection
        command.upgrade(config, "head")
