"""Somebody holds the database and the files but no key: whatever they do to the trail, a checkpoint outside of it tells, and where.

Each attack is carried out so well that the trail by itself has nothing to say against it; that is asserted first.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from csvgen.audit.anchored import Pin
from csvgen.audit.anchors import Anchors, FolderAnchor, Held
from csvgen.audit.checkpoint import sign_checkpoint
from csvgen.audit.proof import make_proof, verify_proof
from csvgen.audit.settings import AuditSettings
from csvgen.canonical import digest_bytes
from csvgen.crypto.notes import COSIGNATURE, Verifier, cosign, sign
from csvgen.errors import NotIntact
from csvgen.model.verification import Outcome

from .anchoring import START, Trail, key, make_trail

LENGTH = "the trail is as long as others saw it"
HISTORY = "the trail continues every state that others saw"
TOLD = "anchors hold what the trail tells"
SIGNED = "checkpoints are signed by keys that are believed"
PERIODS = "no period is without a checkpoint"


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    """Forty events with checkpoints after 10, 21 and 32 of them; the rest is not anchored yet."""
    made = make_trail(tmp_path / "project")
    for _ in range(3):
        made.grow(10)
        made.checkpoint()
    made.grow(7)
    yield made
    made.database.close()


def unseen_inside(trail: Trail) -> None:
    """What was done cannot be seen in the trail itself: order, links and digests are right."""
    found = trail.findings()["events are whole, in order and linked"]
    assert found.outcome is Outcome.HOLDS, found


def test_an_honest_trail_holds(trail: Trail) -> None:
    assert trail.faults() == {}
    findings = trail.findings()
    assert findings[LENGTH].detail == "40 events, 32 of them seen outside"
    assert findings[HISTORY].outcome is Outcome.HOLDS
    assert findings[TOLD].outcome is Outcome.HOLDS


def by_mallory(events: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    return [event | ({"person": "mallory"} if event["seq"] == number else {}) for event in events]


@pytest.mark.parametrize(("number", "between"), [(3, "1 to 10"), (15, "11 to 21"), (21, "11 to 21"), (25, "22 to 32")])
def test_an_event_that_was_edited_and_everything_hashed_anew(trail: Trail, number: int, between: str) -> None:
    trail.rewrite(lambda events: by_mallory(events, number))
    unseen_inside(trail)
    (first, *_) = trail.faults()[HISTORY]
    assert f"saw another trail: among events {between} at least one was changed" in first


def test_an_event_that_was_inserted(trail: Trail) -> None:
    trail.rewrite(lambda events: [*events[:14], events[13] | {"person": "mallory"}, *events[14:]])
    unseen_inside(trail)
    assert "events 11 to 21" in trail.faults()[HISTORY][0]


def test_an_event_that_was_removed(trail: Trail) -> None:
    trail.rewrite(lambda events: events[:14] + events[15:])
    unseen_inside(trail)
    assert "events 11 to 21" in trail.faults()[HISTORY][0]


def test_two_events_that_changed_places(trail: Trail) -> None:
    trail.rewrite(lambda events: [*events[:23], events[24], events[23], *events[25:]])
    unseen_inside(trail)
    assert "events 22 to 32" in trail.faults()[HISTORY][0]


def test_a_tail_that_was_cut_off(trail: Trail) -> None:
    trail.rewrite(lambda events: events[:25])
    unseen_inside(trail)
    assert trail.faults()[LENGTH] == (
        "folder/000000000032.note saw 32 events and 25 are here: the last 7 were cut off, or an older state was put back",
    )


def test_what_came_after_the_newest_checkpoint_is_the_one_thing_nobody_outside_saw(trail: Trail) -> None:
    """Said plainly rather than hidden: what is cut off there is found only where something else tells of it, such as a signature."""
    head = trail.ledger.bodies()[38]
    trail.rewrite(lambda events: events[:36])
    assert trail.faults() == {}
    pin = Pin(39, hashlib.sha256(head).digest(), "signature 02-anna on URS r1", linear=True)
    assert "signature 02-anna on URS r1 saw 39 events and 36 are here" in trail.faults(pins=(pin,))[LENGTH][0]


def test_the_whole_store_rolled_back_to_yesterday(trail: Trail, tmp_path: Path) -> None:
    """The database of yesterday, complete and good; the checkpoints lie elsewhere and are those of today."""
    yesterday = tmp_path / "yesterday.db"
    trail.database.close()
    shutil.copyfile(trail.path, yesterday)
    trail.grow(5)
    trail.checkpoint()
    trail.database.close()
    for path in trail.path.parent.glob("records.db*"):
        path.unlink()
    shutil.copyfile(yesterday, trail.path)
    unseen_inside(trail)
    assert "saw 45 events and 40 are here" in trail.faults()[LENGTH][0]


def test_a_fork_that_goes_on_from_yesterday(trail: Trail) -> None:
    """Rolled back, then grown past the length that was seen: long enough, and another history."""
    trail.rewrite(lambda events: [*events[:25], *(events[24] | {"person": "mallory"} for _ in range(20))])
    unseen_inside(trail)
    assert LENGTH not in trail.faults()
    assert "events 22 to 32" in trail.faults()[HISTORY][0]


def test_two_trails_that_were_both_signed(trail: Trail, tmp_path: Path) -> None:
    """Somebody made the recording system sign a second history: two places hold two checkpoints of one length."""
    second = make_trail(tmp_path / "second", lambda f: Anchors(trail.anchors.key, keepers=(FolderAnchor("second", f / "kept"),)))
    second.grow(10)
    second.rewrite(lambda events: by_mallory(events, 4))
    second.checkpoint()
    both = (*trail.outside().held, *second.outside().held)
    assert any("two trails: folder/000000000010.note and second/000000000010.note" in f for f in trail.faults(held=both)[HISTORY])
    second.database.close()


def test_the_whole_database_replaced_by_another_good_one(trail: Trail, tmp_path: Path) -> None:
    other = make_trail(tmp_path / "other", start=START + dt.timedelta(minutes=1))
    other.grow(60)
    other.database.close()
    trail.database.close()
    shutil.copyfile(other.path, trail.path)
    unseen_inside(trail)
    faults = trail.faults()[HISTORY]
    assert len({f.split(" saw ")[0] for f in faults}) == 3  # every checkpoint tells
    assert "among events 1 to 10" in faults[0]


def test_another_key_signs_for_the_other_database(trail: Trail, tmp_path: Path) -> None:
    """The replaced database brings checkpoints of its own, by a key of its own."""
    other = make_trail(tmp_path / "other", lambda f: Anchors(key("csvgen/tests/1"), keepers=(FolderAnchor("folder", f / "c"),)))
    other.grow(60)
    other.checkpoint()
    trail.database.close()
    other.database.close()
    shutil.copyfile(other.path, trail.path)
    faults = trail.faults(held=other.outside().held)
    assert "no key that is believed signed this note" in faults[SIGNED][0]


def test_an_old_checkpoint_that_is_played_again(trail: Trail) -> None:
    """The newest note is taken away and an older one put under its name; or only the older ones are shown."""
    folder = trail.path.parent / "checkpoints"
    shutil.copyfile(folder / "000000000010.note", folder / "000000000032.note")
    faults = trail.faults()
    assert "lies under the name of another size" in faults[SIGNED][0]
    assert any("holds another 000000000032.note than event 33 tells of" in f for f in faults[TOLD])


def test_a_checkpoint_that_was_taken_away(trail: Trail) -> None:
    (trail.path.parent / "checkpoints" / "000000000021.note").unlink()
    assert trail.faults()[TOLD] == ("anchor folder no longer holds 000000000021.note, which event 22 tells that it took",)


def test_a_folder_is_no_anchor_against_whoever_writes_it_too(trail: Trail) -> None:
    """Tail cut off and the newer checkpoints deleted: the folder agrees, as its documentation says; a copy that left in time does not."""
    copies = trail.outside().held  # what version control or an auditor carried away
    trail.rewrite(lambda events: events[:15])
    for name in ("000000000021.note", "000000000032.note"):
        (trail.path.parent / "checkpoints" / name).unlink()
    assert trail.faults() == {}
    assert "saw 32 events and 15 are here" in trail.faults(held=copies)[LENGTH][0]


def test_a_checkpoint_that_was_written_by_hand(trail: Trail) -> None:
    path = trail.path.parent / "checkpoints" / "000000000021.note"
    lines = path.read_text().split("\n")
    path.write_text("\n".join([*lines[:2], base64.b64encode(trail.ledger.root(20)).decode(), *lines[3:]]))
    assert "folder/000000000021.note: the signature of csvgen/tests/1 does not belong to this note" in trail.faults()[SIGNED][0]


def test_a_checkpoint_that_only_a_witness_or_another_log_signed_is_not_believed(trail: Trail) -> None:
    """A believed witness cosigned it, a believed key of another log signed it: neither speaks for this log."""
    stranger, watcher, neighbour = key("csvgen/tests/1"), key("witness.example/w"), key("csvgen/neighbour/1")
    watching = Verifier(watcher.name, COSIGNATURE, watcher.verifier.public)
    head = digest_bytes(trail.ledger.bodies()[32])
    by_stranger = sign_checkpoint(33, trail.ledger.root(33), head, stranger)
    cosigned = by_stranger.cosigned([cosign(by_stranger.text, watcher, START)])
    borrowed = by_stranger.cosigned(sign(by_stranger.text, neighbour).lines)
    known = (trail.anchors.key.verifier, watching, neighbour.verifier)
    for note in (cosigned, borrowed):
        more = (*trail.outside().held, Held("elsewhere", "000000000033.note", bytes(note)))
        faults = trail.faults(held=more, verifiers=known)
        assert faults[SIGNED] == ("elsewhere/000000000033.note: not signed by a key of the log that is believed",)
        proof = bytes(make_proof(3, trail.ledger.inclusion(3, 33), note))
        with pytest.raises(NotIntact, match="no key of this log"):
            verify_proof(proof, trail.ledger.bodies()[2], known)


def test_without_a_key_to_believe_nothing_is_said_to_hold(trail: Trail) -> None:
    findings = trail.findings(verifiers=())
    assert findings[SIGNED].outcome is Outcome.UNKNOWN
    assert findings[LENGTH].outcome is Outcome.NOTE
    assert findings[HISTORY].outcome is Outcome.NOTE


def test_without_anything_from_outside_that_is_said(trail: Trail) -> None:
    trail.rewrite(lambda events: by_mallory(events, 3))
    findings = trail.findings(held=())
    assert findings[SIGNED].outcome is Outcome.NOTE
    assert "would look like this one" in findings[SIGNED].detail


def test_a_signature_is_an_anchor_too(trail: Trail) -> None:
    """What a person signed over names the length, head and root of the trail: three kinds of pins, each of which finds the edit."""
    bodies = trail.ledger.bodies()
    root = trail.ledger.root(36)
    pins = (
        Pin(36, root, "root in a signature"),
        Pin(36, hashlib.sha256(bodies[35]).digest(), "head in a signature", linear=True),
    )
    assert trail.faults(pins=pins) == {}
    trail.rewrite(lambda events: by_mallory(events, 35))
    for pin in pins:
        assert f"{pin.source} saw another trail: among events 33 to 36" in trail.faults(pins=(pin,))[HISTORY][0]


def test_a_long_period_without_a_checkpoint_is_found(tmp_path: Path) -> None:
    trail = make_trail(
        tmp_path,
        lambda f: Anchors(key(), keepers=(FolderAnchor("folder", f / "c"),), settings=AuditSettings(checkpoint_events=5)),
    )
    trail.grow(4)
    trail.checkpoint()
    trail.grow(11)
    trail.checkpoint()
    assert trail.faults()[PERIODS] == ("no checkpoint between event 4 and event 16; one is due every 5",)
    trail.database.close()


def test_days_without_a_checkpoint_are_found(tmp_path: Path) -> None:
    trail = make_trail(tmp_path)
    trail.grow(4)
    trail.checkpoint()
    trail.grow(1)
    trail.clock._next += dt.timedelta(days=5)
    trail.grow(1)
    assert "no checkpoint between event 4 and event" in trail.faults()[PERIODS][0]
    assert "5 days apart" in trail.faults()[PERIODS][0]
    trail.database.close()
