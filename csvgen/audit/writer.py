"""Writing events: each takes the next number, the digest of the event before it, and the time at which it is written.

The bytes are spelt out here, in the canonical spelling of the event (a test holds the two together): nothing but text can get in,
nothing is read back, and nobody hands in a time. What the trail ends with is read under the write lock, once for each transaction.

Clock: a step back, and a jump ahead above a limit, become an event of their own before the event that found them, and every later
event carries the number of that event until a person has resolved it with a reason (FDA 2024, Q14).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from hashlib import sha256
from json.encoder import encode_basestring
from typing import NamedTuple

from csvgen import __version__
from csvgen.audit.chain import NOTHING, read_event
from csvgen.audit.tree import WIDTH, complete_tiles, raw
from csvgen.canonical import Digest
from csvgen.clock import Clock, SteadyClock, local_offset, parsed, stored
from csvgen.errors import Refused
from csvgen.model.audit import Actor, ClockLimits, Event, Head
from csvgen.store.tables import audit_event
from csvgen.store.writing import Transaction

_text = encode_basestring
"""A text as canonical JSON spells it. Raises TypeError for everything that is no text."""
_CSVGEN = _text(__version__)
STEPPED_BACK, STEPPED_AHEAD, RESOLVED = "clock-stepped-back", "clock-stepped-ahead", "clock-resolved"


class Tail(NamedTuple):
    """What a trail ends with."""

    number: int
    hash: str
    at: str
    clock: str

    @property
    def head(self) -> Head:
        return Head(self.number, Digest(self.hash))


class Written(NamedTuple):
    """An event as it was written."""

    seq: int
    at: str
    person: str
    body: bytes

    @property
    def event(self) -> Event:
        return read_event(self.body)


EMPTY = Tail(0, NOTHING, "", "")


class Watch:
    """The clock under watch: what it and a clock that nobody can set read at the last event this ledger wrote. Kept between changes."""

    def __init__(self, clock: Clock, limits: ClockLimits) -> None:
        self._clock = clock
        self._steady = clock.steady if isinstance(clock, SteadyClock) else None
        self._limits = limits
        self._number = 0
        self._at = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._seconds = 0.0
        self.last = EMPTY

    def read(self, tail: Tail) -> tuple[str, str]:
        """The time, as it is stored, and the action that tells how the clock has stepped since the last event, or an empty text."""
        now = self._clock.now()
        text = stored(now)
        seconds = self._steady() if self._steady is not None else 0.0
        step = ""
        if text < tail.at:
            step = STEPPED_BACK
        elif tail.number:
            mine = self._number == tail.number
            passed = (now - (self._at if mine else parsed(tail.at))).total_seconds()
            if mine and self._steady is not None:
                passed, limit = passed - (seconds - self._seconds), self._limits.ahead
            else:
                limit = self._limits.silence
            step = STEPPED_AHEAD if passed > limit else ""
        self._number, self._at, self._seconds = tail.number + 1, now, seconds
        return text, step


class Writer:
    """One writer's hand in a transaction."""

    def __init__(self, transaction: Transaction, watch: Watch, actor: Actor) -> None:
        self._transaction = transaction
        self._watch = watch
        self._person = actor.person
        self._who = {field: _text(getattr(actor, field)) for field in ("person", "printed_name", "role", "source")}
        self._offset = local_offset()
        if transaction.known is None:
            transaction.known = _tail(transaction, watch.last)

    @property
    def tail(self) -> Tail:
        tail: Tail = self._transaction.known
        return tail

    def append(self, action: str, about: str, version: int, changes: Iterable[tuple[str, str, str]], reason: str) -> Written:
        """Write the next event. `changes`: field, old value, new value. Raises TypeError for what is no text, ValueError for half characters."""
        tail = self.tail
        now, step = self._watch.read(tail)
        if step:
            self._tell(tail, now, step)
            tail = self.tail
            now, _ = self._watch.read(tail)
        return self._write(tail, now, tail.clock, action, about, version, changes, reason)

    def resolve(self, reason: str) -> Written:
        """A person answers for the clock: events from here on are no longer marked. Raises Refused when nothing is to be resolved."""
        tail = self.tail
        now, step = self._watch.read(tail)
        if step:  # setting the clock right is a step too, and what is resolved includes it
            self._tell(tail, now, step)
            tail = self.tail
            now, _ = self._watch.read(tail)
        if not tail.clock:
            raise Refused("no step of the clock waits to be resolved", rule="RR-E14")
        return self._write(tail, now, "", RESOLVED, "", 0, [("clock", tail.clock, "")], reason)

    def _tell(self, tail: Tail, now: str, step: str) -> None:
        clock = tail.clock or str(tail.number + 1)
        self._write(tail, now, clock, step, "", 0, [("clock", tail.at, now)], _WHY[step])

    def _write(
        self, tail: Tail, now: str, clock: str, action: str, about: str, version: int, changes: Iterable[tuple[str, str, str]], reason: str
    ) -> Written:  # fmt: skip
        number, who = tail.number + 1, self._who
        told = ",".join(
            [f'{{"field":{_text(field)},"new":{_text(new)},"old":{_text(old)}}}' for field, old, new in changes],
        )
        mark = f'"clock":{_text(clock)},' if clock else ""
        spelling = (
            f'{{"action":{_text(action)},"at":"{now}","changes":[{told}],{mark}"csvgen":{_CSVGEN},"format":"csvgen.event/1",'
            f'"offset":"{self._offset}","person":{who["person"]},"previous":"{tail.hash}","printed_name":{who["printed_name"]},'
            f'"reason":{_text(reason)},"record":{_text(about)},"role":{who["role"]},"seq":{number},"source":{who["source"]},'
            f'"version":{version}}}\n'
        )
        body = spelling.encode("utf-8")
        made = f"sha256:{sha256(body).hexdigest()}"
        self._transaction.known = self._watch.last = Tail(number, made, now, clock)
        self._transaction.add(audit_event, number, body, made)
        if number % WIDTH == 0:
            complete_tiles(self._transaction, number)
        return Written(number, now, self._person, body)


_WHY = {
    STEPPED_BACK: "the clock reads earlier than the last event",
    STEPPED_AHEAD: "the clock has jumped ahead further than the limit",
}


def _tail(transaction: Transaction, last: Tail) -> Tail:
    """What the trail ends with: the numbers are read under the lock, the event itself only when it is not the one this ledger wrote."""
    _, number, made = transaction.opening
    if number is None:
        return EMPTY
    if (number, made) == last[:2]:
        return last
    ((body,),) = transaction.rows("SELECT body FROM audit_event WHERE seq = ?", number)
    event = read_event(raw(body))
    return Tail(number, made, event.at, event.clock)
