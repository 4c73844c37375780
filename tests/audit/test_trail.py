"""What the trail holds: every change with who, what, when, why, old and new; and the rules about making one."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.audit.ledger import NOTHING, open_ledger
from csvgen.clock import FixedClock, stored
from csvgen.errors import Refused
from csvgen.model.audit import Actor
from csvgen.store.database import open_database

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


def test_every_change_is_an_event_with_old_and_new_value(books) -> None:
    events = books.ledger.events(record_id="sample/S-1")
    assert [(e.action, e.version) for e in events] == [("create", 1), ("modify", 2), ("modify", 3), ("export", 0)]
    weights = [(c.old, c.new) for e in events for c in e.changes if c.field == "weight"]
    assert weights == [("", "1.10"), ("1.10", "1.20"), ("1.20", "1.30")]
    assert [e.reason for e in events] == ["", "weighed again", "weighed again", "asked for by the inspector"]
    assert {c.field for c in events[1].changes} == {"weight", "sha256"}, "what did not change is not listed"


def test_earlier_versions_stay_readable(books) -> None:
    assert [v.content["weight"] for v in books.ledger.versions("sample", "S-1")] == ["1.10", "1.20", "1.30"]
    assert books.ledger.latest("sample", "S-1").number == 3
    assert [v.id for v in books.ledger.all("sample")] == ["S-1", "S-2"]


def test_actor_and_time_are_those_handed_in(books) -> None:
    """Nothing in the ledger looks at a clock or at the operating system for who acts."""
    for number, event in enumerate(books.ledger.events(), 1):
        assert (event.person, event.printed_name, event.role, event.source) == ("anna", "Anna (fictitious)", "tester", "tests")
        assert event.at == stored(START + dt.timedelta(seconds=number - 1))
        assert event.offset.startswith(("+", "-"))
        assert event.seq == number


def test_the_chain_can_be_walked_without_the_ledger(books) -> None:
    import hashlib

    previous = NOTHING
    for number, body in enumerate(books.ledger.bodies(), 1):
        event = json.loads(body)
        assert (event["seq"], event["previous"], event["format"]) == (number, previous, "csvgen.event/1")
        previous = "sha256:" + hashlib.sha256(body).hexdigest()
    assert books.ledger.head().hash == previous
    assert books.ledger.problems() == ()


def test_events_are_found_by_record_person_and_action(books) -> None:
    with books.ledger.change(Actor("bert", "Bert (fictitious)", "reviewer", "tests")) as change:
        change.note("log-in", "account/bert")
    assert [e.action for e in books.ledger.events(person="bert")] == ["log-in"]
    assert [e.record for e in books.ledger.events(action="export")] == ["sample/S-1"]
    assert books.ledger.events(record_id="sample/S-1", person="bert") == ()


# ------------------------------------------------------------------ reasons


@pytest.mark.parametrize("reason", ["", "   ", ".", "---", "?!"])
def test_a_change_needs_a_reason_that_says_something(books, reason: str) -> None:
    before = books.ledger.head()
    with pytest.raises(Refused, match="needs a reason") as caught, books.ledger.change(books.actor, reason) as change:
        change.put("sample", "S-1", {"name": "first", "weight": "9.99"})
    assert (caught.value.rule, caught.value.where) == ("RR-E07", "sample/S-1")
    assert books.ledger.head() == before
    assert books.ledger.latest("sample", "S-1").content["weight"] == "1.30"


def test_a_deletion_needs_a_reason_and_keeps_record_and_id(books) -> None:
    with pytest.raises(Refused, match="needs a reason"), books.ledger.change(books.actor) as change:
        change.put("sample", "S-2", {"deleted": "yes"}, action="delete")
    with books.ledger.change(books.actor, "registered twice") as change:
        change.put("sample", "S-2", {"deleted": "yes"}, action="delete")
    assert books.ledger.latest("sample", "S-2").deleted
    assert books.ledger.versions("sample", "S-2")[0].content == {"name": "second"}
    with pytest.raises(Refused, match="its id stays taken"), books.ledger.change(books.actor, "again") as change:
        change.put("sample", "S-2", {"name": "second life"})


def test_writing_the_same_again_is_no_change(books) -> None:
    before = books.ledger.head()
    with books.ledger.change(books.actor, "once more") as change:
        version = change.put("sample", "S-1", {"weight": "1.30", "name": "first"})
    assert version.number == 3
    assert books.ledger.head() == before


# ------------------------------------------------------------------ all or nothing


def test_what_fails_in_the_middle_leaves_nothing(books, tmp_path: Path) -> None:
    before = books.ledger.head()
    with pytest.raises(ZeroDivisionError), books.ledger.change(books.actor, "half") as change:
        change.put("sample", "S-1", {"name": "first", "weight": "2.00"})
        change.put("sample", "S-3", {"name": "third"})
        change.keep_secret("anna", "password", "x")
        change.file(tmp_path / "out" / "report.json", b"half")
        1 / 0  # noqa: B018
    assert books.ledger.head() == before
    assert books.ledger.latest("sample", "S-3") is None
    assert books.ledger.latest("sample", "S-1").content["weight"] == "1.30"
    assert books.ledger.secret("anna", "password") == ""
    assert list((tmp_path / "out").iterdir()) == []
    assert books.ledger.problems() == ()


def test_secrets_are_kept_and_never_told(books) -> None:
    with books.ledger.change(books.actor) as change:
        change.keep_secret("anna", "password", "$argon2id$whatever")
        change.note("password-set", "account/anna")
    assert books.ledger.secret("anna", "password") == "$argon2id$whatever"
    assert b"argon2id" not in b"".join(books.ledger.bodies())


# ------------------------------------------------------------------ time


def test_a_clock_that_steps_back_is_an_event_of_its_own(books) -> None:
    earlier = open_ledger(books.database, FixedClock(START - dt.timedelta(days=1), 1))
    with earlier.change(books.actor) as change:
        change.note("log-in", "account/anna")
    told, login = books.ledger.events()[-2:]
    assert told.action == "clock-stepped-back"
    assert [(c.old, c.new) for c in told.changes] == [
        (stored(START + dt.timedelta(seconds=4)), stored(START - dt.timedelta(days=1)))
    ]
    assert login.action == "log-in"
    assert books.ledger.problems() == ()


def test_a_time_without_zone_is_refused(books) -> None:
    class Careless:
        def now(self) -> dt.datetime:
            return dt.datetime(2026, 11, 21, 8, 0)  # noqa: DTZ001 - the mistake meant

    before = books.ledger.head()
    with pytest.raises(ValueError, match="without zone"), open_ledger(books.database, Careless()).change(books.actor) as change:
        change.note("log-in", "")
    assert books.ledger.head() == before


# ------------------------------------------------------------------ two processes

APPENDER = """
import sys
from csvgen.audit.ledger import open_ledger
from csvgen.clock import SystemClock
from csvgen.model.audit import Actor
from csvgen.store.database import open_database

who = sys.argv[2]
ledger = open_ledger(open_database(sys.argv[1]), SystemClock())
print("ready", flush=True)
sys.stdin.readline()
for number in range(30):
    with ledger.change(Actor(who, who, "tester", "process"), "counted") as change:
        common = change.latest("counter", "common")
        reached = int(common.content["n"]) if common else 0
        change.put("counter", "common", {"n": str(reached + 1)})
        change.put("own", f"{who}-{number}", {"n": str(number)})
"""


def test_two_processes_appending_at_once_make_one_chain(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'r.db'}"
    open_database(url).close()
    people = ("anna", "bert", "cleo")
    processes = [
        subprocess.Popen([sys.executable, "-c", APPENDER, url, who], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for who in people
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert [p.communicate() and p.returncode for p in processes] == [0, 0, 0]
    database = open_database(url)
    ledger = open_ledger(database, FixedClock(START))
    assert ledger.problems() == ()
    assert ledger.head().count == 3 * 30 * 2
    assert ledger.latest("counter", "common").content == {"n": "90"}, "no count was lost between reading and writing"
    assert {e.person for e in ledger.events()} == set(people)
    database.close()
