"""The ledger with an anchor: number and digest of the last event, kept in a file beside the database.

A hash chain does not show that its last events are gone, that one was added past the application, nor that an old backup was
put in its place. The anchor does. It is written twice for each change: before the commit it names the head the trail is about
to have, after it that head alone. A trail may be ahead of its anchor only by what the anchor announced: a crash came between.
The anchor also keeps the digest of the guards of the database as they were installed.

All of it stands under a message authentication code. Its key lies in the key folder, outside the database: who has the rights of
the application on the database, and not this key, cannot write an anchor that is believed. Who has the key as well, or puts
database and anchor of an earlier day back together, is shown by a head kept outside (`AuditTrail.integrity` reports the head
for that purpose, and each signature holds one).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from sqlalchemy import Connection, text

from csvgen.audit.ledger import NOTHING, Change, Ledger
from csvgen.audit.tree import raw
from csvgen.canonical import Digest, canonical_json, digest, digest_bytes, place, read_canonical, stage
from csvgen.clock import Clock
from csvgen.errors import NotIntact
from csvgen.model.audit import Actor, Head
from csvgen.store.database import Database, query
from csvgen.store.writing import StoreError

KEY = Path("keys") / "trail.key"
"""The key of the anchor, seen from the folder of the anchor."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    head: Head
    announced: Head
    """The head the change in hand will leave; the same as `head` between changes."""
    guards: Digest


class AnchoredLedger(Ledger):
    """A ledger that refuses to go on after a trail that is not the one its anchor tells of."""

    _alone = True  # the anchor announces one change, and names it alone once it is committed

    def __init__(self, database: Database, clock: Clock, anchor: Path) -> None:
        super().__init__(database, clock)
        self._anchor = anchor
        self._key = anchor.parent / KEY

    def found(self) -> None:
        """Make key and anchor of a new instance, whose trail is empty and whose guards are in place."""
        handle = os.open(self._key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(32))
        with self._database.read() as connection:
            self._write(_Anchor(_reached(connection), _reached(connection), guards_digest(connection)))

    @contextmanager
    def change(self, actor: Actor, reason: str = "") -> Iterator[Change]:
        """As `Ledger.change`, with the anchor moved along.

        Raises NotIntact when the trail is not the anchored one, or when an event of this change did not arrive in it.
        """
        with super().change(actor, reason) as change:
            anchor, problem = self._judged(change.connection)
            if anchor is None or problem:
                raise NotIntact(problem, where="audit trail")
            before = _reached(change.connection)
            yield change
            after = _reached(change.connection)
            if change.head != after:
                raise NotIntact("an event of this change did not arrive in the trail; nothing was changed", where="audit trail")
            if after != before:
                self._write(_Anchor(before, after, anchor.guards))
        self._settle()

    def recover(self) -> tuple[str, ...]:
        """As `Ledger.recover`; an anchor that announced what was then committed moves on."""
        done = super().recover()
        self._settle()
        return done

    def anchor_problem(self) -> str:
        """What the anchor says against the trail, or an empty string."""
        with self._database.read() as connection:
            return self._judged(connection)[1]

    def guard_problem(self) -> str:
        """Whether the guards of the database are still those of the installation, or an empty string."""
        try:
            anchor = self._read()
        except NotIntact:
            return ""  # told by the anchor's own problem
        with self._database.read() as connection:
            same = guards_digest(connection) == anchor.guards
        return "" if same else "the append-only guards of the database are not those that were installed"

    def problems(self) -> tuple[str, ...]:
        """All that `Ledger.problems` finds, the anchor, and the guards."""
        return (*super().problems(), *(p for p in (self.anchor_problem(), self.guard_problem()) if p))

    # ------------------------------------------------------------ the file

    def _judged(self, connection: Connection) -> tuple[_Anchor | None, str]:
        """The anchor, and what it says against the trail."""
        try:
            anchor = self._read()
        except NotIntact as problem:
            return None, problem.message
        reached = _reached(connection)
        if reached in (anchor.head, anchor.announced):
            return anchor, ""
        count = anchor.head.count
        if reached.count < count:
            return anchor, f"the trail has {reached.count} events, {count} were anchored: events are missing at its end"
        if count and _digest_of(connection, count) != anchor.head.hash:
            return anchor, f"event {count} is not the one that was anchored"
        return anchor, f"the trail has {reached.count} events, {count} were anchored: event {count + 1} was not announced"

    def _settle(self) -> None:
        """Let the anchor name what it announced, once that is there. Anything else stays for `change` and `problems` to tell."""
        try:
            anchor = self._read()
        except NotIntact:
            return
        with self._database.read() as connection:
            there = _reached(connection) == anchor.announced
        if there and anchor.head != anchor.announced:
            # The change is committed and the anchor has announced it: a disk that is full now must not call it undone.
            with suppress(StoreError):
                self._write(_Anchor(anchor.announced, anchor.announced, anchor.guards), lasting=False)

    def _read(self) -> _Anchor:
        if not self._anchor.exists():
            raise NotIntact("the anchor of the audit trail is missing", where="audit trail")
        value = read_canonical(self._anchor.read_bytes(), self._anchor.name)
        try:
            code = bytes.fromhex(str(value.pop("mac")))
            self._mac(value).verify(code)
            head, announced = (Head(int(value[k]["count"]), Digest(value[k]["hash"])) for k in ("head", "announced"))
            return _Anchor(head, announced, Digest(value["guards"]))
        except (KeyError, ValueError, TypeError, AttributeError, InvalidSignature):
            raise NotIntact("the anchor of the audit trail was not written by this instance", where="audit trail") from None

    def _write(self, anchor: _Anchor, *, lasting: bool = True) -> None:
        """Replace the anchor as a whole. One that only settles what was announced need not wait for the folder to be synced: if
        the power fails, the announced one is found in its place, whole, and it is true of the same trail.
        """
        value = {"head": anchor.head, "announced": anchor.announced, "guards": anchor.guards}
        data = canonical_json(value | {"mac": self._mac(value).finalize().hex()})
        try:
            staged = stage(self._anchor, data)
            if lasting:
                place(staged, self._anchor)
            else:
                staged.replace(self._anchor)
        except OSError as problem:
            why = os.strerror(problem.errno or 0)
            raise StoreError(f"the anchor of the audit trail cannot be written ({why}); nothing was changed") from None

    def _mac(self, value: object) -> HMAC:
        if not self._key.is_file():
            raise NotIntact("the key of the anchor is missing", where="audit trail")
        mac = HMAC(self._key.read_bytes(), SHA256())
        mac.update(canonical_json(value))
        return mac


def guards(connection: Connection) -> tuple[tuple[str, str, str], ...]:
    """Name, table and text of every trigger of the database, by name: of all tables, because one too many can silence another."""
    query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    return tuple((str(r.name), str(r.tbl_name), " ".join(str(r.sql).split())) for r in connection.execute(text(query)))


def guards_digest(connection: Connection) -> Digest:
    """One digest over the guards: another text under a known name is another digest."""
    return digest([list(guard) for guard in guards(connection)])


def _reached(connection: Connection) -> Head:
    """Number of the last event, and the digest of its content: what the database says of its digest is not asked."""
    last = query(connection, "SELECT seq, body FROM audit_event ORDER BY seq DESC LIMIT 1")
    return Head(last[0][0], digest_bytes(raw(last[0][1]))) if last else Head(0, NOTHING)


def _digest_of(connection: Connection, number: int) -> Digest:
    found = query(connection, "SELECT body FROM audit_event WHERE seq = ?", number)
    return digest_bytes(raw(found[0][0])) if found else NOTHING
