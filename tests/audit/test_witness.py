"""A witness by others watches our log: every row of the table of attacks, as it answers and as we say it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csvgen.audit.anchors import Anchors, FolderAnchor, WitnessAnchor
from csvgen.audit.checkpoint import sign_checkpoint
from csvgen.audit.witness import Contradicted, NoWitness, Witness
from csvgen.canonical import digest_bytes
from csvgen.crypto.notes import COSIGNATURE, NoteKey, Verifier, read_lines, read_note
from csvgen.model.verification import Outcome

from ..counterparts import free_port
from ..counterparts.witness import Seen, ask, sigsum_key, witness
from .anchoring import Trail, make_trail

pytestmark = pytest.mark.needs("sigsum-witness")

CONTRADICTED = "anchors hold what the trail tells"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Trail, Seen]]:
    """A trail of 57 events of which a witness saw the first 10 and then all."""
    log = sigsum_key()
    with witness(tmp_path / "witness", log) as seen:

        def anchors(folder: Path) -> Anchors:
            return Anchors(
                log, (WitnessAnchor("witness", Witness(seen.url, seen.verifier)),), (), (FolderAnchor("folder", folder / "checkpoints"),)
            )  # fmt: skip

        trail = make_trail(tmp_path / "project", anchors)
        trail.grow(10)
        assert trail.checkpoint().problems == ()
        trail.grow(46)
        assert trail.checkpoint().problems == ()
        assert seen.size() == 57
        yield trail, seen
        trail.database.close()


def submit(trail: Trail, seen: Seen, size: int, old: int) -> tuple[int, bytes]:
    """A checkpoint of the trail as it is now, asked of the witness with a proof of the trail as it is now."""
    proof = trail.ledger.consistency(old, size) if 0 < old < size else ()
    note = sign_checkpoint(size, trail.ledger.root(size), digest_bytes(b""), trail.anchors.key)
    return seen.post(ask(old, proof, bytes(note)))


def test_honest_growth_is_cosigned_and_the_cosignature_tells_when(watched: tuple[Trail, Seen]) -> None:
    trail, seen = watched
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    trail.grow(22)
    made = trail.checkpoint()
    assert made.problems == ()
    assert seen.size() == 80
    (vouched,) = made.note.vouched([seen.verifier])
    assert vouched.moment is not None
    assert before <= vouched.moment <= dt.datetime.now(dt.UTC)
    assert trail.faults() == {}
    findings = trail.findings()
    assert findings["checkpoints are signed by keys that are believed"].detail == "3 checkpoints, 3 of them cosigned by witnesses"


def mallory(events: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    return [event | ({"person": "mallory"} if event["seq"] == number else {}) for event in events]


ATTACKS: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "row 3 changed": lambda events: mallory(events, 3),
    "rows 20 and 21 swapped": lambda events: [*events[:19], events[20], events[19], *events[21:]],
    "row 30 removed": lambda events: events[:29] + events[30:],
    "a row put in": lambda events: [*events[:29], events[28] | {"person": "mallory"}, *events[29:]],
    "all rows replaced": lambda events: [event | {"person": "mallory"} for event in events],
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=[name.replace(" ", "-") for name in ATTACKS])
def test_a_rewritten_history_is_refused_as_inconsistent(
    watched: tuple[Trail, Seen], attack: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    trail, seen = watched
    trail.rewrite(attack)
    trail.grow(30)
    size = trail.ledger.head().count
    assert submit(trail, seen, size, 57)[0] == 422
    (problem,) = trail.checkpoint().problems
    assert "the witness contradicts: of the 57 events it saw, at least one is not as it was" in problem
    assert seen.size() == 57
    assert any("has no checkpoint since" in f and "contradicts" in f for f in trail.faults()[CONTRADICTED])
    assert "the trail continues every state that others saw" in trail.faults()


def test_a_truncated_trail_is_refused(watched: tuple[Trail, Seen]) -> None:
    trail, seen = watched
    trail.rewrite(lambda events: events[:40])
    status, _ = submit(trail, seen, 40, 57)
    assert status == 400
    assert submit(trail, seen, 40, 10) == (409, b"57\n")
    (problem,) = trail.checkpoint().problems
    assert "it saw 57 events, and now there are 40: the trail was cut or rolled back" in problem


def test_a_rollback_that_grew_again_is_refused(watched: tuple[Trail, Seen]) -> None:
    """An old backup put back and worked on until it was longer than before: long enough, and not the same."""
    trail, seen = watched
    trail.rewrite(lambda events: events[:40])
    trail.grow(30)
    assert submit(trail, seen, trail.ledger.head().count, 40) == (409, b"57\n")
    assert submit(trail, seen, trail.ledger.head().count, 57)[0] == 422
    assert "the witness contradicts" in trail.checkpoint().problems[0]


def test_another_trail_of_the_same_length_is_refused(watched: tuple[Trail, Seen]) -> None:
    trail, seen = watched
    trail.rewrite(lambda events: [e | {"person": "mallory"} for e in events][:57])
    status, _ = submit(trail, seen, 57, 57)
    assert status in {409, 422}
    by_witness, by_folder = trail.checkpoint().problems
    assert "the witness contradicts" in by_witness
    assert "this place holds another checkpoint of that size: there are two trails" in by_folder


def test_the_witness_remembers_when_it_is_started_again(tmp_path: Path) -> None:
    log = sigsum_key()
    note = sign_checkpoint(1, bytes(32), digest_bytes(b""), log)
    with witness(tmp_path, log) as seen:
        assert seen.post(ask(0, (), bytes(note)))[0] == 200
    with witness(tmp_path, log) as seen:
        assert seen.post(ask(0, (), bytes(note))) == (409, b"1\n")


def test_a_log_or_key_it_does_not_know_is_refused(watched: tuple[Trail, Seen]) -> None:
    trail, seen = watched
    stranger = sigsum_key()
    renamed = NoteKey(trail.anchors.key.name, stranger.private)
    for bad in (stranger, renamed):
        note = sign_checkpoint(60, bytes(32), digest_bytes(b""), bad)
        with pytest.raises(NoWitness):
            Witness(seen.url, seen.verifier).cosign(note, lambda *_: ())
    assert seen.size() == 57


def test_a_cosignature_of_somebody_else_is_not_believed(watched: tuple[Trail, Seen]) -> None:
    """The witness answers as it should; we were given another key for it."""
    trail, seen = watched
    trail.grow(5)
    other = Verifier(seen.verifier.name, COSIGNATURE, sigsum_key().verifier.public)
    note = sign_checkpoint(62, trail.ledger.root(62), digest_bytes(b""), trail.anchors.key)
    with pytest.raises(NoWitness, match="no cosignature of the key we know"):
        Witness(seen.url, other).cosign(note, trail.ledger.consistency)


def test_a_witness_that_cannot_be_reached_is_a_finding_until_it_is_made_up_for(watched: tuple[Trail, Seen]) -> None:
    trail, seen = watched
    away = Witness(f"http://127.0.0.1:{free_port()}", seen.verifier)
    reachable = trail.anchors
    trail.anchors = Anchors(reachable.key, (WitnessAnchor("witness", away),), (), reachable.keepers)
    trail.grow(3)
    (problem,) = trail.checkpoint().problems
    assert "cannot be reached" in problem
    (event,) = trail.ledger.events(action="anchor-missing")
    assert {c.field: c.new for c in event.changes}["anchor"] == "witness"
    assert "anchor witness has no checkpoint since" in trail.faults()[CONTRADICTED][0]
    trail.anchors = reachable
    trail.grow(3)
    assert trail.checkpoint().problems == ()
    assert trail.faults() == {}
    assert seen.size() == trail.ledger.events(action="checkpoint")[-1].seq - 1


def test_only_lines_of_the_witness_are_taken_over(watched: tuple[Trail, Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    trail, seen = watched
    trail.grow(2)
    note = sign_checkpoint(60, trail.ledger.root(60), digest_bytes(b""), trail.anchors.key)
    asked = Witness._ask

    def with_a_stranger(self: Witness, *arguments: Any) -> tuple[int, bytes]:
        status, body = asked(self, *arguments)
        return status, body if status != 200 else body + str(
            sign_checkpoint(1, bytes(32), digest_bytes(b""), sigsum_key()).lines[0]
        ).encode()

    monkeypatch.setattr(Witness, "_ask", with_a_stranger)
    cosigned = Witness(seen.url, seen.verifier).cosign(note, trail.ledger.consistency)
    assert [line.name for line in cosigned.lines] == [trail.anchors.key.name, seen.verifier.name]
    assert read_note(bytes(cosigned)) == cosigned
    assert read_lines("", "nothing") == ()


def test_a_contradiction_is_not_taken_for_an_outage(watched: tuple[Trail, Seen]) -> None:
    trail, seen = watched
    note = sign_checkpoint(40, trail.ledger.root(40), digest_bytes(b""), trail.anchors.key)
    with pytest.raises(Contradicted, match="cut or rolled back"):
        Witness(seen.url, seen.verifier).cosign(note, trail.ledger.consistency)
    trail.rewrite(lambda events: mallory(events, 3))
    trail.checkpoint()
    assert trail.ledger.events(action="anchor-contradicts")
    assert not trail.ledger.events(action="anchor-missing")
    assert trail.findings()[CONTRADICTED].outcome is Outcome.FAILS
