"""Walking a trail event by event: order, links, spelling, and the Merkle root that comes of it. Constant memory, any length.

An event is judged by one regular expression over its bytes that holds for its canonical spelling and for nothing else: names in order,
no white space, each character of a text escaped where JSON must and nowhere else. That is quicker than parsing and stricter. What it
does not match is read in full, and what is wrong is said by whoever reads it; a test holds that the expression never accepts what
the reader refuses.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import repeat
from typing import NamedTuple

from csvgen.audit import merkle
from csvgen.canonical import Digest, canonical_json, digest_bytes, read_canonical
from csvgen.errors import NotIntact
from csvgen.model.audit import Event, Head

NOTHING = digest_bytes(b"")
"""What the first event names as its predecessor."""

_TEXT = rb'"[^"\\\x00-\x1f]*+(?:\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))[^"\\\x00-\x1f]*+)*+"'
_NUMBER = rb"(0|[1-9][0-9]{0,17})"
_CHANGE = rb'\{"field":%b,"new":%b,"old":%b\}' % (_TEXT, _TEXT, _TEXT)
_SPELLING = re.compile(
    rb'\{"action":%(text)b,"at":"(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z","changes":\[(?:%(change)b(?:,%(change)b)*+)?\],'
    rb'(?:"clock":"[1-9][0-9]{0,17}",)?"csvgen":%(text)b,"format":"csvgen\.event/1","offset":%(text)b,"person":%(text)b,'
    rb'"previous":"sha256:([0-9a-f]{64})","printed_name":%(text)b,"reason":%(text)b,"record":(%(text)b),"role":%(text)b,"seq":%(number)b,'
    rb'"source":%(text)b,"version":%(number)b\}\n' % {b"text": _TEXT, b"change": _CHANGE, b"number": _NUMBER}
).fullmatch
_TILE = 256


class Told(NamedTuple):
    """An event that tells of a version of a record."""

    seq: int
    record: str
    version: int
    body: bytes


class Walk:
    """A walk along a trail. `problems` can be called with one piece after the other; the rest says how far it has come."""

    def __init__(self, *, stored: bool = False) -> None:
        """`stored`: keep the hashes of full tiles in `nodes`, and what is told of records in `told`, for whoever compares them."""
        self.count = 0
        self.ended = False
        """Whether an event could not be read: what follows was not looked at."""
        self.ordered = True
        """Whether every event carried its own number so far."""
        self.nodes: list[bytes] = []
        self.told: list[Told] = []
        self._stored = stored
        self._previous = NOTHING.hex.encode()
        self._leaves: list[bytes] = []
        self._tree = merkle.Frontier()
        self._days: set[bytes] = set()

    @property
    def head(self) -> Head:
        return Head(self.count, Digest(f"sha256:{self._previous.decode()}"))

    def root(self) -> bytes:
        """Merkle root over the events so far."""
        tree = merkle.Frontier(self._tree.peaks)
        for leaf in self._leaves:
            tree.append(leaf)
        return tree.root()

    def problems(self, bodies: Iterable[bytes], hashes: Iterable[str] = repeat("")) -> Iterator[str]:
        """What is wrong with the next events, each problem with its number; `hashes`: what the database says of their digests."""
        spelt, digest, days, leaves = _SPELLING, sha256, self._days, self._leaves
        number, last, records = self.count, self._previous, self._stored
        try:
            for number, (body, stored) in enumerate(zip(bodies, hashes, strict=False), self.count + 1):
                found = spelt(body)
                if found and (found[1] in days or self._is_day(found[1])) and (body.isascii() or _is_utf8(body)):
                    previous, seq = found.group(2, 4)
                else:
                    found, event = None, self._read(body)
                    if isinstance(event, str):
                        yield f"event {number}: cannot be read ({event})"
                        return
                    previous, seq = event.previous[7:].encode(), b"%d" % event.seq
                if int(seq) != number:
                    self.ordered = False
                    yield f"event {number}: carries number {int(seq)} (inserted, removed or reordered)"
                if previous != last:
                    yield f"event {number}: does not follow the event before it"
                made = digest(body).hexdigest()
                last = made.encode()
                if stored and stored[7:] != made:
                    yield f"event {number}: stored hash differs from its content"
                leaves.append(digest(b"\x00" + body).digest())
                if len(leaves) == _TILE:
                    self._fill()
                if records and not (found and found[5] == b"0"):
                    self._tell(number, body, found)
        finally:
            self.count, self._previous = number, last

    def _read(self, body: bytes) -> Event | str:
        """What the expression does not match, by the reader; or the name of what was wrong with it."""
        try:
            return read_event(body)
        except (NotIntact, ValueError) as problem:
            self.ended = True
            return type(problem).__name__

    def _tell(self, number: int, body: bytes, found: re.Match[bytes] | None) -> None:
        if found:
            self.told.append(Told(number, json.loads(found[3]), int(found[5]), body))
        elif (event := read_event(body)).version:
            self.told.append(Told(number, event.record, event.version, body))

    def _fill(self) -> None:
        node = merkle.root(self._leaves)
        self._leaves.clear()
        self._tree.append(node, _TILE)
        if self._stored:
            self.nodes.append(node)

    def _is_day(self, day: bytes) -> bool:
        """The expression knows digits, not the calendar."""
        try:
            dt.date.fromisoformat(day.decode())
        except ValueError:
            return False
        self._days.add(day)
        return True


def chain_problems(bodies: Iterable[bytes]) -> Iterator[str]:
    """Order, gaps and links of a trail given as the bytes of its events."""
    return Walk().problems(bodies)


@lru_cache(maxsize=50_000)
def read_event(body: bytes) -> Event:
    """An event from its bytes. Raises NotIntact or ValueError. Kept by content: the trail only grows, and other bytes are another event."""
    event = Event.model_validate(read_canonical(body))
    if not event.clock and b'"clock":""' in body and canonical_json(event) != body:
        raise NotIntact("the bytes are not the canonical spelling of this event: a mark that says nothing is left out")
    return event


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
