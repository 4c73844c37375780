"""What the ledger keeps of read records is bounded by bytes, and is what the bytes say."""

from __future__ import annotations

import pytest

from csvgen.audit.contents import ROOM, Contents
from csvgen.canonical import canonical_json
from csvgen.errors import NotIntact

BODIES = [canonical_json({"id": f"R-{n:04d}", "text": "x" * 981}) for n in range(50)]
SIZE = len(BODIES[0])


def test_the_room_is_never_exceeded_whatever_comes():
    kept = Contents(room=10 * SIZE + SIZE // 2)
    for n, body in enumerate(BODIES):
        assert kept.of(body)["id"] == f"R-{n:04d}"
        assert kept.size == min(n + 1, 10) * SIZE
    assert kept.of(canonical_json({"text": "x" * 20 * SIZE}))["text"] == "x" * 20 * SIZE
    assert kept.size == 10 * SIZE, "what fits nowhere throws nothing out"


def test_the_latest_used_stay():
    kept = Contents(room=2 * SIZE)
    first = kept.of(BODIES[0])
    kept.of(BODIES[1])
    assert kept.of(BODIES[0]) is first
    kept.of(BODIES[2])
    assert kept.of(BODIES[0]) is first, "used after the second"
    other = kept.of(BODIES[1])
    assert other == {"id": "R-0001", "text": "x" * 981}


def test_bytes_that_are_no_record_are_refused_each_time():
    kept = Contents()
    for _ in range(2):
        with pytest.raises(NotIntact):
            kept.of(b"{ not canonical")
    assert kept.size == 0


def test_the_room_of_the_ledger_is_a_number_of_bytes():
    assert ROOM == 16 * 1024 * 1024
