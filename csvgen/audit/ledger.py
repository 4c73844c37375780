"""Ledger: every change of a record and its audit event, in one transaction.

There is no other writer. A change that cannot be written to the trail does not happen; an event is never written without
its change. Records are versioned: the earlier value stays readable for ever. Changing or deleting needs a reason.

Files that belong to a change are staged (written and synced under a temporary name) before the commit and placed after
it. Killed in between, whoever opens the ledger or makes the next change finishes: what was committed is placed before
anything else is written, so that no file of a dead process ever replaces a later one. What was not committed lies under
its temporary name, unread, until the file is next written. A change with files is the last of its commit, so that no other
is written between the commit and its files.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from csvgen.audit import checking
from csvgen.audit.chain import NOTHING, chain_problems, read_event
from csvgen.audit.contents import Contents
from csvgen.audit.tree import Tree, as_digest, raw
from csvgen.audit.writer import Watch, Writer, Written
from csvgen.canonical import Digest, canonical_json, digest_bytes, digest_file, place, plain, stage
from csvgen.clock import Clock
from csvgen.errors import NotIntact, Refused
from csvgen.model.audit import Actor, ClockLimits, Event, Head
from csvgen.store.database import Database, Transaction, query
from csvgen.store.rights import guard_problems, rights_problems
from csvgen.store.tables import audit_event, placement, record, secret

__all__ = ["NOTHING", "SYSTEM", "Change", "Ledger", "Version", "chain_problems", "open_ledger", "system_actor"]

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record."""

    kind: str
    id: str
    number: int
    content: dict[str, Any]
    sha256: Digest
    event: int

    @property
    def deleted(self) -> bool:
        return bool(self.content.get("deleted") == "yes")


class Ledger:
    """Records and their trail in one database."""

    _alone = False
    """Whether each change has a commit of its own. For heirs that keep something beside the database for every commit."""

    def __init__(self, database: Database, clock: Clock, limits: ClockLimits = ClockLimits()) -> None:  # noqa: B008 - frozen
        self._database = database
        self._watch = Watch(clock, limits)

    # ------------------------------------------------------------ reading

    def head(self) -> Head:
        with self._database.read() as connection:
            return _head(connection)

    def events(self, *, record_id: str = "", person: str = "", action: str = "", after: int = 0) -> tuple[Event, ...]:
        """Events in order, filtered by record, person or action; with `after` only those with a higher number."""
        found = (read_event(body) for body in self.bodies(after))
        return tuple(
            e
            for e in found
            if (not record_id or e.record == record_id)
            and (not person or e.person == person)
            and (not action or e.action == action)
        )

    def bodies(self, after: int = 0, until: int | None = None) -> tuple[bytes, ...]:
        """The trail as the exact bytes that were hashed, one event each; only what follows number `after`, up to number `until`."""
        asked = select(audit_event.c.body).where(audit_event.c.seq > after).order_by(audit_event.c.seq)
        if until is not None:
            asked = asked.where(audit_event.c.seq <= until)
        with self._database.read() as connection:
            return tuple(raw(b) for b in connection.execute(asked).scalars())

    def body(self, number: int) -> bytes | None:
        """One event of the trail, the exact bytes; None when the trail has no such number."""
        with self._database.read() as connection:
            if not 0 < number <= _head(connection).count:
                return None
            return raw(query(connection, "SELECT body FROM audit_event WHERE seq = ?", number)[0][0])

    def each_body(self) -> Iterator[bytes]:
        """As `bodies`, of one state of the trail, with little memory however long it is."""
        with self._database.snapshot() as connection:
            for rows in checking.pages(connection):
                yield from checking.bodies(rows)

    def latest(self, kind: str, identity: str) -> Version | None:
        with self._database.read() as connection:
            return _latest(query(connection, _LATEST, kind, identity))

    def versions(self, kind: str, identity: str) -> tuple[Version, ...]:
        """Every version of a record, oldest first."""
        with self._database.read() as connection:
            found = select(record).where(record.c.kind == kind, record.c.id == identity).order_by(record.c.version)
            return tuple(_version(row) for row in connection.execute(found))

    def all(self, kind: str) -> tuple[Version, ...]:
        """The latest version of each record of a kind, by id; deleted ones too (they say so)."""
        with self._database.read() as connection:
            latest = {row[1]: row for row in query(connection, _ALL, kind)}
        return tuple(_version(row) for row in latest.values())

    def secret(self, owner: str, name: str) -> str:
        with self._database.read() as connection:
            found = query(connection, "SELECT value FROM secret WHERE owner = ? AND name = ?", owner, name)
            return str(found[0][0] or "") if found else ""

    # ------------------------------------------------------------ the tree

    @contextmanager
    def tree(self, count: int | None = None) -> Iterator[Tree]:
        """The Merkle tree over the first `count` events (all, without), with its tiles; it can be asked inside the block.

        Raises ValueError when the trail is not that long.
        """
        with self._database.snapshot() as connection:
            reached = _head(connection).count
            if count is not None and not 0 <= count <= reached:
                raise ValueError(f"the trail has {reached} events, not {count}")
            yield Tree(partial(query, connection), reached if count is None else count)

    def root(self, count: int | None = None) -> bytes:
        """Merkle root (RFC 6962, 32 bytes) over the first `count` events, or over all."""
        with self.tree(count) as tree:
            return tree.root()

    def inclusion(self, seq: int, count: int | None = None) -> tuple[bytes, ...]:
        """Proof that event `seq` is leaf `seq` - 1 of the tree over the first `count` events. Raises ValueError when it is not."""
        with self.tree(count) as tree:
            return tree.inclusion(seq - 1)

    def consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """Proof that the first `old` events (at least 1) are the beginning of the first `new`. Raises ValueError when they are not."""
        with self.tree(new) as tree:
            return tree.consistency(old)

    # ------------------------------------------------------------ writing

    @contextmanager
    def change(self, actor: Actor, reason: str = "") -> Iterator[Change]:
        """All puts, notes, secrets and files of the block become true together, or none of them."""
        staged: list[Path] = []
        try:
            with self._database.write(alone=self._alone) as transaction:
                if transaction.opening[0] and not transaction.shared:
                    _place_committed(transaction)
                yield Change(transaction, Writer(transaction, self._watch, actor), reason, staged)
        except BaseException:
            for temporary in staged:
                temporary.unlink(missing_ok=True)
            raise
        if staged:
            self.recover()

    def resolve_clock(self, actor: Actor, reason: str) -> Written:
        """A person answers for a step of the clock: times before it were looked at, the clock is right. Later events are no longer marked.

        Raises Refused for the program itself, without a reason, and when nothing waits to be resolved (RR-E14).
        """
        if actor.person == SYSTEM:
            raise Refused("only a person can answer for the clock", rule="RR-E14")
        if not _says_something(reason):
            raise Refused("resolving a step of the clock needs a reason", rule="RR-E14")
        with self._database.write(alone=self._alone) as transaction:
            return Writer(transaction, self._watch, actor).resolve(reason)

    def recover(self) -> tuple[str, ...]:
        """Give committed files their names: after each change, and at opening for what a crash left. Returns what was done."""
        with self._database.read() as connection:
            if connection.execute(select(placement.c.event).limit(1)).first() is None:
                return ()
        with self._database.write(alone=True) as transaction:
            return _place_committed(transaction)

    # ------------------------------------------------------------ proving

    def problems(self) -> tuple[str, ...]:
        """Walk chain, tree and records: every way in which the database is not what was written, by event and record."""
        with self._database.snapshot() as connection:
            return tuple(checking.problems(connection))

    def guard_problems(self) -> tuple[str, ...]:
        """What stands around the trail and should not: rights beyond adding to it, guards missing, changed or of somebody else."""
        return (*guard_problems(self._database), *rights_problems(self._database))


class Change:
    """The hand in which one writer's part of a transaction is held. Get it from `Ledger.change`."""

    def __init__(self, transaction: Transaction, writer: Writer, reason: str, staged: list[Path]) -> None:
        self._transaction = transaction
        self._writer = writer
        self._reason = reason
        self._staged = staged

    @property
    def head(self) -> Head:
        """State of the trail as of now, inside this transaction."""
        return self._writer.tail.head

    def root(self) -> Digest:
        """Merkle root (RFC 6962) over the events counted by `head`, inside this transaction."""
        return as_digest(Tree(self._transaction.rows, self.head.count).root())

    @property
    def connection(self) -> Connection:
        """The transaction itself, for reading what is really there; only this room and its heirs write through it."""
        return self._transaction.connection

    def put(self, kind: str, identity: str, content: Mapping[str, Any], *, action: str = "", reason: str = "") -> Version:
        """Write a new version. Changing or deleting needs a reason that says something (EU GMP Annex 11, 9)."""
        previous = self.latest(kind, identity)
        reason = reason or self._reason
        if previous is not None and not _says_something(reason):
            raise Refused("a change of a record needs a reason", rule="RR-E07", where=f"{kind}/{identity}")
        if previous is not None and previous.deleted:
            raise Refused("this record was deleted; its id stays taken", where=f"{kind}/{identity}")
        body = canonical_json(content)
        if previous is not None and body == canonical_json(previous.content):
            return previous
        number, sha256 = previous.number + 1 if previous else 1, digest_bytes(body)
        made = dict(_content(body))
        changes = [*_difference(previous.content if previous else {}, made), ("sha256", "", sha256)]
        about = f"{kind}/{identity}"
        event = self._writer.append(action or ("modify" if previous else "create"), about, number, changes, reason)
        self._transaction.add(record, kind, identity, number, body, sha256, event.seq)
        return Version(kind, identity, number, made, sha256, event.seq)

    def latest(self, kind: str, identity: str) -> Version | None:
        """As `Ledger.latest`, inside this transaction."""
        return _latest(self._transaction.rows(_LATEST, kind, identity))

    def note(self, action: str, about: str = "", *, reason: str = "", facts: Mapping[str, str] | None = None) -> Written:
        """An event without a new record version: log-in, refusal, export, signature, run."""
        return self._writer.append(action, about, 0, [(k, "", v) for k, v in (facts or {}).items()], reason or self._reason)

    def keep_secret(self, owner: str, name: str, value: str) -> None:
        """Replace a verifier or an encrypted key. The value itself never enters the trail."""
        same = (secret.c.owner == owner) & (secret.c.name == name)
        self.connection.execute(delete(secret).where(same))
        self.connection.execute(insert(secret).values(owner=owner, name=name, value=value))

    def read_secret(self, owner: str, name: str) -> str:
        found = select(secret.c.value).where(secret.c.owner == owner, secret.c.name == name)
        return self.connection.execute(found).scalar() or ""

    def file(self, path: Path, data: bytes) -> Digest:
        """Stage a file that becomes visible when, and only when, this change is committed."""
        sha256 = digest_bytes(data)
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.staged"):
            if left not in self._staged:
                left.unlink()  # nothing committed waits for it: whoever staged it died before the commit
        temporary = stage(path, data)
        self._staged.append(temporary)
        self._transaction.last = True
        self._transaction.add(placement, str(temporary), str(path), sha256, self.head.count)
        return sha256


def open_ledger(database: Database, clock: Clock, limits: ClockLimits = ClockLimits()) -> Ledger:  # noqa: B008 - frozen
    """A ledger whose files and records agree: unfinished placements of a crash are finished first."""
    ledger = Ledger(database, clock, limits)
    ledger.recover()
    return ledger


_LATEST = "SELECT kind, id, version, body, sha256, event FROM record WHERE kind = ? AND id = ? ORDER BY version DESC LIMIT 1"
_ALL = "SELECT kind, id, version, body, sha256, event FROM record WHERE kind = ? ORDER BY id, version"


def _place_committed(transaction: Transaction) -> tuple[str, ...]:
    """Place every file that waits for it, under the write lock: one process does, and the others find it done."""
    done: list[str] = []
    for staged, given, sha256, event in transaction.rows("SELECT staged, path, sha256, event FROM placement ORDER BY event"):
        temporary, path = Path(staged), Path(given)
        if temporary.exists() and digest_file(temporary) == sha256:
            place(temporary, path)
            done.append(f"placed {path} (event {event})")
        elif path.exists() and digest_file(path) == sha256:
            done.append(f"{path} was in place (event {event})")
        else:
            raise NotIntact(
                f"event {event} committed this file but neither it nor its staged copy has the recorded digest",
                where=str(path),
                hint="restore the file from a copy of the package",
            )
    if done:
        transaction.connection.execute(delete(placement))
    return tuple(done)


def system_actor(name: str = SYSTEM) -> Actor:
    """The program itself, for what no person does: opening a database, recovery. It can never sign."""
    return Actor(SYSTEM, name, SYSTEM, f"process {os.getpid()}")


def _head(connection: Connection) -> Head:
    row = connection.execute(select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)).first()
    return Head(row.seq, Digest(row.hash)) if row else Head(0, NOTHING)


def _latest(rows: list[Any]) -> Version | None:
    return _version(rows[0]) if rows else None


def _version(row: Any) -> Version:
    kind, identity, number, body, sha256, event = row
    return Version(kind, identity, number, dict(_content(raw(body))), Digest(sha256), event)


_content = Contents().of


def _says_something(reason: str) -> bool:
    return any(c.isalnum() for c in reason)


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name in sorted({*old, *new}):
        before, after = _as_text(old.get(name)), _as_text(new.get(name))
        if before != after:
            yield name, before, after


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else canonical_json(plain(value)).decode("utf-8").rstrip("\n")
