"""Writing transactions: one at a time, and threads of one process that write at the same time share one commit.

What a commit costs is the wait for the disk. The first thread that finds no transaction opens one, writes, and lets in whoever else is
there; each of them writes in its turn and waits; then the first commits for all. It waits for no others unless there were others at
the last commit, and then only as long as they keep coming.

A writer that fails takes back its own rows and nothing else. Nobody returns before the commit that holds its rows has returned, and
a commit that fails fails for all of them.

Processes are kept apart by the database itself: SQLite's write lock, and in PostgreSQL an advisory lock that lasts as long as the
transaction (it needs no right on any table). A key that is there already stops whoever writes without taking it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table

from csvgen.errors import CsvgenError, NotIntact

WAIT_SECONDS = 30
"""How long a writer waits for its turn, as a thread and as a process."""
_PAUSE = 0.0005
"""How long a commit waits for the next of those who were there at the last one: about what a fast disk takes."""
_PATIENCE = 0.005
"""How long a commit waits for them in all."""
_WRITE_LOCK = 0x6373_7667_656E
"""Key of the advisory lock in PostgreSQL: the letters of csvgen."""


class StoreError(CsvgenError):
    """The records database cannot be read or written; nothing was changed."""


class Transaction:
    """The open transaction, in the hands of one thread at a time.

    Rows that are added wait in memory until something is read or the transaction ends; so a writer that reads nothing costs the
    database nothing but its rows.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._sqlite = connection.dialect.name == "sqlite"
        self._mark = "?" if self._sqlite else "%s"
        self._added: list[tuple[Table, Sequence[Any]]] = []
        self._before = 0
        self._savepoint = False
        self._known_before: Any = None
        self.opening: Any = None
        """The row of the opening SELECT of the queue: read under the lock, before anything was written."""
        self.known: Any = None
        """What the writers know of the state this transaction has reached: handed from each to the next, forgotten with a failed one."""
        self.shared = False
        """Whether others have written in this transaction before."""
        self.last = False
        """Set by a writer after whom the transaction must end: nobody else is let in."""

    @property
    def connection(self) -> Connection:
        """For statements of SQLAlchemy; what was added before is there."""
        self.flush()
        return self._connection

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Rows of a SELECT written with question marks, straight from the driver; what was added before is there."""
        self.flush()
        found: list[Any] = self._driver.execute(statement.replace("?", self._mark), values).fetchall()
        return found

    def add(self, table: Table, *row: Any) -> None:
        """A row to be inserted: a value for each column, in order."""
        self._added.append((table, row))

    def flush(self) -> None:
        """Write what was added. Raises NotIntact when the database took fewer rows than it was given."""
        if self.shared and not self._savepoint:
            self._write(self._added[: self._before])
            del self._added[: self._before]
            self._driver.execute("SAVEPOINT writer")
            self._savepoint, self._before = True, 0
        self._write(self._added)
        self._added.clear()

    def _write(self, added: Sequence[tuple[Table, Sequence[Any]]]) -> None:
        if not self._is_open():
            raise StoreError("the database has ended this transaction after an error")
        by_table: dict[Table, list[Sequence[Any]]] = {}
        for table, row in added:
            by_table.setdefault(table, []).append(row)
        cursor = self._driver.cursor()
        for table, rows in by_table.items():
            statement = _insert(table, self._mark)
            if len(rows) == 1:
                cursor.execute(statement, rows[0])
            else:
                cursor.executemany(statement, rows)
            if cursor.rowcount != len(rows):
                raise NotIntact("an event of this change did not arrive in the trail; nothing was changed", where="audit trail")

    def _is_open(self) -> bool:
        """Whether the database still holds this transaction open and good. After some errors it ends one by itself, and what is
        written then would be outside of any; and PostgreSQL answers COMMIT with a rollback that looks like success.
        """
        return bool(self._driver.in_transaction if self._sqlite else self._driver.info.transaction_status.name == "INTRANS")

    # ------------------------------------------------------------ used by the queue alone

    def begin(self, opening: str) -> None:
        """Take the write lock of the database, and read one row under it. What is read from now on is all that was committed."""
        if self._sqlite:
            self._driver.execute("BEGIN IMMEDIATE")
            found = self._driver.execute(opening)
        else:  # in one message; each statement sees what was committed when it begins, so the last one after the lock was had
            found = self._driver.execute(f"BEGIN; SELECT pg_advisory_xact_lock({_WRITE_LOCK}); {opening}")
            while found.nextset():
                pass
        self.opening = found.fetchone()

    @property
    def broken(self) -> bool:
        """Whether the server has closed the connection."""
        return bool(getattr(self._driver, "closed", False))

    def enter(self) -> None:
        """The next writer begins."""
        self._before, self._known_before, self._savepoint = len(self._added), self.known, False

    def leave(self, *, kept: bool) -> None:
        """A writer has ended: what it wrote stays in the transaction, or goes."""
        if self._savepoint:
            if not kept:
                self._driver.execute("ROLLBACK TO SAVEPOINT writer")
            self._driver.execute("RELEASE SAVEPOINT writer")
        if not kept:
            del self._added[self._before :]
            self.known = self._known_before
        self.shared = self.shared or kept
        self._savepoint = False

    def end(self, verb: str) -> None:
        """COMMIT with all rows, or ROLLBACK without."""
        if verb == "COMMIT":
            self._write(self._added)
        self._added.clear()
        if verb == "COMMIT" or not self._sqlite or self._is_open():  # SQLite refuses to roll back what it has rolled back itself
            self._driver.execute(verb)


@cache
def _insert(table: Table, mark: str) -> str:
    names = ", ".join(column.name for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join([mark] * len(table.columns))})"  # noqa: S608 - names of our own tables


class _Group:
    """Writers that share one transaction."""

    def __init__(self, transaction: Transaction, expected: int) -> None:
        self.transaction = transaction
        self.expected = expected
        self.members = 1
        self.gates: list[threading.Lock] = []
        self.complete = _shut()
        self.failure: BaseException | None = None

    def wait_for_its_end(self) -> threading.Lock:
        """A gate that opens when this group has ended."""
        gate = _shut()
        self.gates.append(gate)
        return gate


def _shut() -> threading.Lock:
    """A lock used as a gate: shut until somebody else opens it, by releasing it."""
    gate = threading.Lock()
    gate.acquire()
    return gate


class WriteQueue:
    """All writers of one database in this process."""

    def __init__(self, connect: Callable[[], Connection], opening: str) -> None:
        """`opening`: a SELECT of one row that every transaction begins with, so that the first writer need not ask for it."""
        self._connect = connect
        self._opening = opening
        self._connection: Connection | None = None
        self._turn = threading.Lock()
        self._group: _Group | None = None
        self._present = 0
        self._expected = 1
        self._count = threading.Lock()
        self._mine = threading.local()

    @property
    def mine(self) -> Transaction | None:
        """The transaction this thread is writing in."""
        found: Transaction | None = getattr(self._mine, "transaction", None)
        return found

    @contextmanager
    def write(self, *, alone: bool = False) -> Iterator[Transaction]:
        """One writer's part of a transaction: all of it or nothing, and committed when this returns.

        `alone`: share the commit with nobody. Raises StoreError inside another block of the same thread, when no turn comes, and when
        the commit fails.
        """
        if self.mine is not None:
            raise StoreError("a change was begun inside another change of the same thread")
        with self._count:
            self._present += 1
        try:
            group, first = self._enter(alone=alone)
            kept, gate = False, None
            try:
                self._mine.transaction = group.transaction
                yield group.transaction
                kept = True
            finally:
                self._mine.transaction = None
                gate = self._leave(group, first=first, kept=kept, alone=alone)
            if first:
                self._commit(group)
            elif gate is not None:
                gate.acquire()
            if group.failure is not None:
                raise StoreError(f"the commit failed, nothing of it was written: {group.failure}") from group.failure
        finally:
            with self._count:
                self._present -= 1

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _enter(self, *, alone: bool) -> tuple[_Group, bool]:
        """Wait for the turn; then the group to write in, and whether this writer is its first."""
        while True:
            if not self._turn.acquire(timeout=WAIT_SECONDS):
                raise StoreError(f"no turn to write within {WAIT_SECONDS} s: another thread holds a change open")
            group = self._group
            if group is None:
                try:
                    self._group = group = self._open()
                except BaseException:
                    self._turn.release()
                    raise
                return group, True
            if not alone and not group.transaction.last:
                group.transaction.enter()
                return group, False
            gate = group.wait_for_its_end()
            self._turn.release()
            gate.acquire()

    def _open(self) -> _Group:
        kept = self._connection is not None
        if self._connection is None:
            self._connection = self._connect()
        transaction = Transaction(self._connection)
        try:
            transaction.begin(self._opening)
        except BaseException:
            self._drop()
            if kept and transaction.broken:  # the server was restarted since the last change; nothing of this one has been done
                return self._open()
            raise
        return _Group(transaction, self._expected)

    def _leave(self, group: _Group, *, first: bool, kept: bool, alone: bool) -> threading.Lock | None:
        """Hand the turn on. Returns the gate at which a writer that is not the first waits for the commit."""
        gate = None
        try:
            if first and not kept:
                self._group = None
                self._end(group, "ROLLBACK")
                return None
            group.transaction.leave(kept=kept)
            group.transaction.last = group.transaction.last or alone
            if kept and not first:
                gate = group.wait_for_its_end()
                group.members += 1
            if (group.transaction.last or group.members == group.expected) and group.complete.locked():
                group.complete.release()
        except Exception as problem:  # noqa: BLE001 - whatever it is, this transaction can no longer be trusted: its commit fails, and says why
            group.failure = problem
        finally:
            self._turn.release()
        return gate

    def _commit(self, group: _Group) -> None:
        """The first of a group ends it for all."""
        try:
            self._gather(group)
        finally:
            with self._turn:
                self._group = None
                self._end(group, "COMMIT" if group.failure is None else "ROLLBACK")
                self._expected = self._present
                for gate in group.gates:
                    gate.release()

    def _gather(self, group: _Group) -> None:
        """Let in those who were there at the last commit, as long as they keep coming."""
        until, seen = time.monotonic() + _PATIENCE, 0
        while seen < group.members < group.expected and time.monotonic() < until:
            seen = group.members
            group.complete.acquire(timeout=_PAUSE)

    def _end(self, group: _Group, verb: str) -> None:
        try:
            group.transaction.end(verb)
        except BaseException as problem:  # noqa: BLE001 - told to every writer of the group
            group.failure = group.failure or problem
            try:
                group.transaction.end("ROLLBACK")
            except Exception:  # noqa: BLE001 - a connection that cannot even roll back is closed, which rolls back
                self._drop()

    def _drop(self) -> None:
        """Close a connection that may be broken; the next writer gets a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
