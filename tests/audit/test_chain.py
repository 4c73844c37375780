"""The walk along a trail: what it finds, and that its quick look never accepts what the full reader refuses."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

import pytest

from csvgen.audit import merkle
from csvgen.audit.chain import NOTHING, Walk, chain_problems, read_event
from csvgen.audit.ledger import open_ledger
from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import FixedClock
from csvgen.errors import NotIntact
from csvgen.model.audit import Actor
from csvgen.store.database import open_database

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
ODD = 'quote " back \\ slash / tab \t feed \f bell \x07 del \x7f line \u2028 e\u0301 \U0001f9ea </b> '
TEXTS = ("", ODD, "Größe", '{"field":"sha256","new":"sha256:' + "0" * 64 + '"}', "\\u0000", "1.30")


def bodies(tmp_path: Path, count: int = 40) -> list[bytes]:
    database = open_database(f"sqlite:///{tmp_path / 'r.db'}")
    ledger = open_ledger(database, FixedClock(START, 1))
    for number in range(count):
        texts = [TEXTS[(number + k) % len(TEXTS)] for k in range(6)]
        with ledger.change(Actor(texts[0], texts[1], texts[2], texts[3]), texts[4] or "why") as change:
            change.note(texts[5], texts[0], facts={texts[1]: texts[2], "n": str(number)} if number % 3 else None)
    found = list(ledger.bodies())
    database.close()
    return found


def test_events_are_written_in_the_canonical_spelling(tmp_path: Path) -> None:
    """Every character that JSON escapes, in every field a caller can fill."""
    for body in bodies(tmp_path):
        assert canonical_json(json.loads(body)) == body
        assert canonical_json(read_event(body)) == body


def refused(body: bytes) -> bool:
    try:
        read_event(body)
    except (NotIntact, ValueError):
        return True
    return False


def test_the_quick_look_never_accepts_what_the_reader_refuses(tmp_path: Path) -> None:
    """20,000 events with one place changed: a byte, a piece cut out, a piece doubled, a piece of JSON put in."""
    choose, good = random.Random(11), bodies(tmp_path)
    pieces = [
        b'"',
        b"\\",
        b"\\u0041",
        b"\\/",
        b" ",
        b"{}",
        b",",
        b"\xff",
        b"\xc3",
        b"\n",
        b"-1",
        b"1.0",
        b"null",
        b"\\ud800",
        b"01",
        b"\x00",
        b"e",
    ]
    accepted = slow = 0
    for _ in range(20_000):
        body = choose.choice(good)
        at, length = choose.randrange(len(body)), choose.randrange(1, 8)
        put = choose.choice([bytes([choose.randrange(256)]), choose.choice(pieces), b"", body[at : at + length] * 2])
        changed = body[:at] + put + body[at + choose.choice([0, length, len(put)]) :]
        walk = Walk()
        cannot = [p for p in walk.problems([changed]) if "cannot be read" in p]
        assert bool(cannot) == refused(changed), changed
        accepted += not cannot
        slow += bool(cannot)
    assert accepted > 500
    assert slow > 500


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"2026-11-21T', b'"2026-11-31T'),
        (b'"2026-11-21T', b'"2026-11-21 '),
        (b'"2026-11-21T08:00:00.000000Z"', b'"2026-11-21"'),
        (b'"seq":1,', b'"seq":01,'),
        (b'"seq":1,', b'"seq":1.0,'),
        (b'"seq":1,', b'"seq":1,"seq":1,'),
        (b'"action":"log-in"', b'"action":"log\\u002din"'),
        (b'"version":0}', b'"version":0,"more":""}'),
        (b'"version":0}', b'"version":0} '),
        (b'"csvgen":', b'"clock":"0","csvgen":'),
        (b'"csvgen":', b'"clock":"","csvgen":'),
        (b'"csvgen":', b'"clock":"x","csvgen":'),
    ],
)
def test_an_event_has_one_spelling_and_a_real_time(tmp_path: Path, old: bytes, new: bytes) -> None:
    """A date without a time among them (RR-T06)."""
    database = open_database(f"sqlite:///{tmp_path / 'r.db'}")
    with open_ledger(database, FixedClock(START)).change(Actor("anna", "Anna (fictitious)", "tester", "tests")) as change:
        body = change.note("log-in", "account/anna").body
    database.close()
    assert not list(chain_problems([body]))
    assert old in body
    problems = list(chain_problems([body.replace(old, new)]))
    assert problems
    assert problems[0].startswith("event 1: cannot be read")


def linked(count: int) -> list[bytes]:
    """A chain made without the ledger."""
    made, previous = [], NOTHING
    for number in range(1, count + 1):
        event = {
            "format": "csvgen.event/1", "seq": number, "at": "2026-11-21T08:00:00.000000Z", "offset": "+00:00", "person": "anna",
            "printed_name": "Anna (fictitious)", "role": "tester", "action": "note", "record": "", "version": 0, "changes": [],
            "reason": "", "source": "tests", "csvgen": "0", "previous": previous,
        }  # fmt: skip
        made.append(canonical_json(event))
        previous = digest_bytes(made[-1])
    return made


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 700])
def test_a_walk_ends_at_head_and_root(count: int) -> None:
    trail = linked(count)
    walk = Walk()
    assert list(walk.problems(trail[:300])) + list(walk.problems(trail[300:])) == []
    assert walk.head.count == count
    assert walk.head.hash == (digest_bytes(trail[-1]) if trail else NOTHING)
    assert walk.root() == merkle.root([merkle.leaf_hash(b) for b in trail])


def test_each_event_that_is_wrong_is_named() -> None:
    trail = linked(6)
    assert list(chain_problems([*trail[:2], *trail[3:]]))[:2] == [
        "event 3: carries number 4 (inserted, removed or reordered)",
        "event 3: does not follow the event before it",
    ]
    edited = [*trail[:3], trail[3].replace(b'"anna"', b'"bert"'), *trail[4:]]
    assert list(chain_problems(edited)) == ["event 5: does not follow the event before it"]
    assert list(chain_problems([*trail[:4], b"{}\n", *trail[5:]])) == ["event 5: cannot be read (ValidationError)"]
