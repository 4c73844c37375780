"""Ledger: every change of a record and its audit event, in one transaction.

There is no other writer. A change that cannot be written to the trail does not happen; an event is never written without
its change. Records are versioned: the earlier value stays readable for ever. Changing or deleting needs a reason.

Files that belong to a change are staged (written and synced under a temporary name) before the commit and placed after
it. Killed in between, whoever opens the ledger or makes the next change finishes: what was committed is placed before
anything else is written, so that no file of a dead process ever replaces a later one. What was not committed lies under
its temporary name, unread, until the file is next written.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from csvgen import __version__
from csvgen.canonical import Digest, canonical_json, digest_bytes, digest_file, place, plain, read_canonical, stage
from csvgen.clock import Clock, local_offset, stored
from csvgen.errors import NotIntact, Refused
from csvgen.model import audit as noun
from csvgen.model.audit import Actor, Event, Head
from csvgen.store.database import Database
from csvgen.store.tables import audit_event, placement, record, secret

NOTHING = digest_bytes(b"")
"""What the first event names as its predecessor."""

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

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ------------------------------------------------------------ reading

    def head(self) -> Head:
        with self._database.read() as connection:
            return _head(connection)

    def events(self, *, record_id: str = "", person: str = "", action: str = "") -> tuple[Event, ...]:
        """Events in order, filtered by record, person or action."""
        with self._database.read() as connection:
            bodies = connection.execute(select(audit_event.c.body).order_by(audit_event.c.seq)).scalars().all()
        found = (_event(_raw(body)) for body in bodies)
        return tuple(
            e
            for e in found
            if (not record_id or e.record == record_id)
            and (not person or e.person == person)
            and (not action or e.action == action)
        )

    def bodies(self) -> tuple[bytes, ...]:
        """The trail as the exact bytes that were hashed, one event each."""
        with self._database.read() as connection:
            return tuple(_raw(b) for b in connection.execute(select(audit_event.c.body).order_by(audit_event.c.seq)).scalars())

    def latest(self, kind: str, identity: str) -> Version | None:
        with self._database.read() as connection:
            return _latest(connection, kind, identity)

    def versions(self, kind: str, identity: str) -> tuple[Version, ...]:
        """Every version of a record, oldest first."""
        with self._database.read() as connection:
            query = select(record).where(record.c.kind == kind, record.c.id == identity).order_by(record.c.version)
            return tuple(_version(row) for row in connection.execute(query))

    def all(self, kind: str) -> tuple[Version, ...]:
        """The latest version of each record of a kind, by id; deleted ones too (they say so)."""
        with self._database.read() as connection:
            query = select(record).where(record.c.kind == kind).order_by(record.c.id, record.c.version)
            latest = {row.id: row for row in connection.execute(query)}
        return tuple(_version(row) for row in latest.values())

    def secret(self, owner: str, name: str) -> str:
        with self._database.read() as connection:
            query = select(secret.c.value).where(secret.c.owner == owner, secret.c.name == name)
            return connection.execute(query).scalar() or ""

    # ------------------------------------------------------------ writing

    @contextmanager
    def change(self, actor: Actor, reason: str = "") -> Iterator[Change]:
        """All puts, notes, secrets and files of the block become true together, or none of them."""
        staged: list[Path] = []
        try:
            with self._database.write() as connection:
                _place_committed(connection)
                change = Change(connection, self._clock, actor, reason, staged)
                yield change
        except BaseException:
            for temporary in staged:
                temporary.unlink(missing_ok=True)
            raise
        if staged:
            self.recover()

    def recover(self) -> tuple[str, ...]:
        """Give committed files their names: after each change, and at opening for what a crash left. Returns what was done."""
        with self._database.read() as connection:
            if connection.execute(select(placement.c.event).limit(1)).first() is None:
                return ()
        with self._database.write() as connection:
            return _place_committed(connection)

    # ------------------------------------------------------------ proving

    def problems(self) -> tuple[str, ...]:
        """Walk the chain and the records: every way in which the database is not what was written, by event number."""
        with self._database.read() as connection:
            rows = connection.execute(select(audit_event).order_by(audit_event.c.seq)).all()
            versions = connection.execute(select(record).order_by(record.c.kind, record.c.id, record.c.version)).all()
        found = list(chain_problems([_raw(row.body) for row in rows]))
        found += [
            f"event {row.seq}: stored hash differs from its content" for row in rows if digest_bytes(_raw(row.body)) != row.hash
        ]
        found += [
            f"record {row.kind}/{row.id} version {row.version}: content differs from its digest"
            for row in versions
            if digest_bytes(_raw(row.body)) != row.sha256
        ]
        written = {(e.record, e.version): e for e in self.events() if e.version} if not found else {}
        for row in versions if not found else ():
            event = written.get((f"{row.kind}/{row.id}", row.version))
            if event is None or event.seq != row.event:
                found.append(f"record {row.kind}/{row.id} version {row.version}: no audit event tells of it")
            elif _stated(event, "sha256") not in ("", row.sha256):
                found.append(f"record {row.kind}/{row.id} version {row.version}: not the content that event {event.seq} tells of")
        there = {(f"{row.kind}/{row.id}", row.version) for row in versions}
        gone = (e for key, e in written.items() if key not in there)
        found += [f"record {e.record} version {e.version}: event {e.seq} tells of it, but it is missing" for e in gone]
        return tuple(found)


class Change:
    """The hand in which one transaction's writes are held. Get it from `Ledger.change`."""

    def __init__(self, connection: Connection, clock: Clock, actor: Actor, reason: str, staged: list[Path]) -> None:
        self._connection = connection
        self._clock = clock
        self._actor = actor
        self._reason = reason
        self._staged = staged
        self._head = _head(connection)
        self._last_time = _last_time(connection, self._head.count)

    @property
    def head(self) -> Head:
        """State of the trail as of now, inside this transaction."""
        return self._head

    @property
    def connection(self) -> Connection:
        """The transaction itself, for reading what is really there; only this room and its heirs write through it."""
        return self._connection

    def put(self, kind: str, identity: str, content: Mapping[str, Any], *, action: str = "", reason: str = "") -> Version:
        """Write a new version. Changing or deleting needs a reason that says something (EU GMP Annex 11, 9)."""
        previous = _latest(self._connection, kind, identity)
        reason = reason or self._reason
        if previous is not None and not any(c.isalnum() for c in reason):
            raise Refused("a change of a record needs a reason", rule="RR-E07", where=f"{kind}/{identity}")
        if previous is not None and previous.deleted:
            raise Refused("this record was deleted; its id stays taken", where=f"{kind}/{identity}")
        body = canonical_json(content)
        if previous is not None and body == canonical_json(previous.content):
            return previous
        number = previous.number + 1 if previous else 1
        sha256 = digest_bytes(body)
        changes = (
            *_difference(previous.content if previous else {}, read_canonical(body)),
            noun.Change(field="sha256", old="", new=sha256),
        )
        event = self._append(action or ("modify" if previous else "create"), f"{kind}/{identity}", number, changes, reason)
        values = {"kind": kind, "id": identity, "version": number, "body": body, "sha256": sha256, "event": event.seq}
        self._connection.execute(insert(record).values(**values))
        return Version(kind, identity, number, read_canonical(body), sha256, event.seq)

    def latest(self, kind: str, identity: str) -> Version | None:
        """As `Ledger.latest`, inside this transaction."""
        return _latest(self._connection, kind, identity)

    def note(self, action: str, about: str = "", *, reason: str = "", facts: Mapping[str, str] | None = None) -> Event:
        """An event without a new record version: log-in, refusal, export, signature, run."""
        changes = tuple(noun.Change(field=k, old="", new=v) for k, v in (facts or {}).items())
        return self._append(action, about, 0, changes, reason or self._reason)

    def keep_secret(self, owner: str, name: str, value: str) -> None:
        """Replace a verifier or an encrypted key. The value itself never enters the trail."""
        same = (secret.c.owner == owner) & (secret.c.name == name)
        self._connection.execute(delete(secret).where(same))
        self._connection.execute(insert(secret).values(owner=owner, name=name, value=value))

    def read_secret(self, owner: str, name: str) -> str:
        query = select(secret.c.value).where(secret.c.owner == owner, secret.c.name == name)
        return self._connection.execute(query).scalar() or ""

    def file(self, path: Path, data: bytes) -> Digest:
        """Stage a file that becomes visible when, and only when, this change is committed."""
        sha256 = digest_bytes(data)
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.staged"):
            if left not in self._staged:
                left.unlink()  # nothing committed waits for it: whoever staged it died before the commit
        temporary = stage(path, data)
        self._staged.append(temporary)
        values = {"staged": str(temporary), "path": str(path), "sha256": sha256, "event": self._head.count}
        self._connection.execute(insert(placement).values(**values))
        return sha256

    def _append(self, action: str, about: str, version: int, changes: tuple[noun.Change, ...], reason: str) -> Event:
        now = stored(self._clock.now())
        if now < self._last_time and action != "clock-stepped-back":
            facts = (noun.Change(field="clock", old=self._last_time, new=now),)
            self._append("clock-stepped-back", "", 0, facts, "the clock reads earlier than the last event")
        event = Event(
            seq=self._head.count + 1,
            at=now,
            offset=local_offset(),
            person=self._actor.person,
            printed_name=self._actor.printed_name,
            role=self._actor.role,
            action=action,
            record=about,
            version=version,
            changes=changes,
            reason=reason,
            source=self._actor.source,
            csvgen=__version__,
            previous=self._head.hash,
        )
        body = canonical_json(event)
        self._head = Head(event.seq, digest_bytes(body))
        self._last_time = now
        self._connection.execute(insert(audit_event).values(seq=event.seq, body=body, hash=self._head.hash))
        return event


def open_ledger(database: Database, clock: Clock) -> Ledger:
    """A ledger whose files and records agree: unfinished placements of a crash are finished first."""
    ledger = Ledger(database, clock)
    ledger.recover()
    return ledger


def _place_committed(connection: Connection) -> tuple[str, ...]:
    """Place every file that waits for it, under the write lock: one process does, and the others find it done."""
    done: list[str] = []
    for row in connection.execute(select(placement).order_by(placement.c.event)).all():
        temporary, path = Path(row.staged), Path(row.path)
        if temporary.exists() and digest_file(temporary) == row.sha256:
            place(temporary, path)
            done.append(f"placed {path} (event {row.event})")
        elif path.exists() and digest_file(path) == row.sha256:
            done.append(f"{path} was in place (event {row.event})")
        else:
            raise NotIntact(
                f"event {row.event} committed this file but neither it nor its staged copy has the recorded digest",
                where=str(path),
                hint="restore the file from a copy of the package",
            )
    if done:
        connection.execute(delete(placement))
    return tuple(done)


def system_actor(name: str = SYSTEM) -> Actor:
    """The program itself, for what no person does: opening a database, recovery. It can never sign."""
    return Actor(SYSTEM, name, SYSTEM, f"process {os.getpid()}")


def chain_problems(bodies: list[bytes]) -> Iterator[str]:
    """Order, gaps and links of a trail given as the bytes of its events."""
    previous = NOTHING
    for number, body in enumerate(bodies, 1):
        try:
            event = _event(body)
        except (NotIntact, ValueError) as problem:
            yield f"event {number}: cannot be read ({type(problem).__name__})"
            return
        if event.seq != number:
            yield f"event {number}: carries number {event.seq} (inserted, removed or reordered)"
        if event.previous != previous:
            yield f"event {number}: does not follow the event before it"
        previous = digest_bytes(body)


def _head(connection: Connection) -> Head:
    row = connection.execute(select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)).first()
    return Head(row.seq, Digest(row.hash)) if row else Head(0, NOTHING)


def _last_time(connection: Connection, count: int) -> str:
    if not count:
        return ""
    body = connection.execute(select(audit_event.c.body).where(audit_event.c.seq == count)).scalar_one()
    return _event(_raw(body)).at


def _latest(connection: Connection, kind: str, identity: str) -> Version | None:
    query = select(record).where(record.c.kind == kind, record.c.id == identity).order_by(record.c.version.desc()).limit(1)
    row = connection.execute(query).first()
    return _version(row) if row else None


def _version(row: Any) -> Version:
    return Version(row.kind, row.id, row.version, dict(_content(_raw(row.body))), Digest(row.sha256), row.event)


@lru_cache(maxsize=20_000)
def _content(body: bytes) -> Mapping[str, Any]:
    """A record from its bytes. Kept by content: a version never changes, and other bytes are another version."""
    content: Mapping[str, Any] = read_canonical(body)
    return content


def _raw(body: Any) -> bytes:
    """A body as its bytes. SQLite hands out text for a value that was edited as text; that must be found, not stumble."""
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)


@lru_cache(maxsize=50_000)
def _event(body: bytes) -> Event:
    """An event from its bytes. Kept by content: the trail only grows, and other bytes are another event."""
    return Event.model_validate(read_canonical(body))


def _stated(event: Event, field: str) -> str:
    return next((c.new for c in event.changes if c.field == field), "")


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[noun.Change]:
    for name in sorted({*old, *new}):
        before, after = _as_text(old.get(name)), _as_text(new.get(name))
        if before != after:
            yield noun.Change(field=name, old=before, new=after)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else canonical_json(plain(value)).decode("utf-8").rstrip("\n")
