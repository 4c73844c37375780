"""Threads that share a commit: every one waits for its own durability, a failed one takes back its rows alone, a failed commit fails all.

Where the order of threads matters it is made by gates, never by waiting a while.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.clock import FixedClock, SystemClock
from csvgen.errors import CsvgenError
from csvgen.model.audit import Actor
from csvgen.store import writing
from csvgen.store.database import Database, StoreError, open_database
from csvgen.store.writing import Transaction

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


def actor(name: str) -> Actor:
    return Actor(name, f"{name} (fictitious)", "tester", "tests")


@pytest.fixture
def ledger(store):
    database = open_database(store.url)
    yield open_ledger(database, FixedClock(START))
    database.close()


class Crowd:
    """Threads that are let into one transaction together: the first holds it open until the others stand before the door."""

    def __init__(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ledger = ledger
        self.done: dict[str, BaseException | None] = {}
        self.commits = 0
        self.before_commit: Callable[[], None] = lambda: None
        queue = ledger._database._writers
        kept_end, kept_gather = Transaction.end, writing.WriteQueue._gather

        def end(transaction: Transaction, verb: str) -> None:
            if verb == "COMMIT":
                self.commits += 1
                self.before_commit()
            kept_end(transaction, verb)

        def gather(itself, group) -> None:
            while self.ended + (len(group.gates) if self.some_stay_outside else 0) < self.wanted:
                threading.Event().wait(0.001)
            kept_gather(itself, group)

        self.ended = self.wanted = 0
        self.some_stay_outside = False
        self.queue = queue
        monkeypatch.setattr(Transaction, "end", end)
        monkeypatch.setattr(writing.WriteQueue, "_gather", gather)

    def run(self, *blocks: tuple[str, Callable[[Ledger], None]]) -> None:
        """Each block in a thread of its own; the first is inside its change before the others begin, and commits when all have written."""
        self.ended, self.wanted = 0, self.wanted or len(blocks)
        inside, go_on = threading.Event(), threading.Event()

        def first() -> None:
            name, block = blocks[0]
            try:
                with self.ledger.change(actor(name)) as change:
                    inside.set()
                    go_on.wait()
                    self.act(block, change)
                self.done[name] = None
            except BaseException as problem:  # noqa: BLE001 - looked at by the test
                self.done[name] = problem

        def other(name: str, block: Callable[[Ledger], None]) -> None:
            try:
                with self.ledger.change(actor(name)) as change:
                    self.act(block, change)
                self.done[name] = None
            except BaseException as problem:  # noqa: BLE001 - looked at by the test
                self.done[name] = problem

        threads = [threading.Thread(target=first), *(threading.Thread(target=other, args=b) for b in blocks[1:])]
        threads[0].start()
        inside.wait()
        for thread in threads[1:]:
            thread.start()
        while self.queue._present < len(blocks):
            threading.Event().wait(0.001)
        go_on.set()
        for thread in threads:
            thread.join()

    def act(self, block: Callable, change) -> None:
        """In its turn, so that nobody counts at the same time."""
        try:
            block(change)
        finally:
            self.ended += 1


@pytest.fixture
def crowd(ledger, monkeypatch) -> Crowd:
    return Crowd(ledger, monkeypatch)


def note(change) -> None:
    change.note("log-in", "account/x")


def test_threads_that_write_at_the_same_time_share_one_commit(crowd: Crowd) -> None:
    crowd.run(*((name, note) for name in ("anna", "bert", "cleo", "dora")))
    assert crowd.done == dict.fromkeys(("anna", "bert", "cleo", "dora"))
    assert crowd.commits == 1
    assert sorted(e.person for e in crowd.ledger.events()) == ["anna", "bert", "cleo", "dora"]
    assert crowd.ledger.problems() == ()


@pytest.mark.parametrize("reads", [False, True])
def test_a_failed_change_rolls_back_alone(crowd: Crowd, reads: bool) -> None:
    """Whether its rows were still in memory or had been written already, because it read something."""

    def fails(change) -> None:
        change.put("sample", "S-1", {"n": "1"})
        change.keep_secret("bert", "password", "x")
        if reads:
            assert change.latest("sample", "S-1")
        raise ZeroDivisionError

    def puts(change) -> None:
        change.put("sample", "S-2", {"n": "2"})
        if reads:
            assert change.latest("sample", "S-1") is None

    crowd.run(("anna", note), ("bert", fails), ("cleo", puts))
    assert isinstance(crowd.done["bert"], ZeroDivisionError)
    assert (crowd.done["anna"], crowd.done["cleo"], crowd.commits) == (None, None, 1)
    assert crowd.ledger.latest("sample", "S-1") is None
    assert crowd.ledger.latest("sample", "S-2").content == {"n": "2"}
    assert crowd.ledger.secret("bert", "password") == ""
    events = crowd.ledger.events()
    assert [e.seq for e in events] == [1, 2], "no gap where the failed one was"
    assert crowd.ledger.problems() == ()


def test_a_failed_first_change_lets_the_next_begin_anew(crowd: Crowd) -> None:
    def fails(_change) -> None:
        raise ZeroDivisionError

    crowd.run(("anna", fails), ("bert", note))
    assert isinstance(crowd.done["anna"], ZeroDivisionError)
    assert crowd.done["bert"] is None
    assert [e.person for e in crowd.ledger.events()] == ["bert"]


def test_a_failed_commit_fails_for_all(crowd: Crowd) -> None:
    def full() -> None:
        raise OSError("the disk is full")

    crowd.before_commit = full
    crowd.run(*((name, note) for name in ("anna", "bert", "cleo")))
    for name in ("anna", "bert", "cleo"):
        assert isinstance(crowd.done[name], StoreError)
        assert "the disk is full" in str(crowd.done[name])
    crowd.before_commit, crowd.wanted = lambda: None, 0
    assert crowd.ledger.events() == ()
    crowd.run(("dora", note))
    assert [e.person for e in crowd.ledger.events()] == ["dora"], "and the next one can write"


def test_nobody_returns_before_the_commit(crowd: Crowd) -> None:
    returned_early: list[str] = []
    crowd.before_commit = lambda: returned_early.extend(name for name in crowd.done)
    crowd.run(*((name, note) for name in ("anna", "bert", "cleo")))
    assert (crowd.commits, returned_early) == (1, [])


def test_each_sees_what_those_before_it_in_the_commit_wrote(crowd: Crowd) -> None:
    """A count is read, and written one higher, by four at once; through the change and through the ledger."""

    def counts(change) -> None:
        reached = crowd.ledger.latest("counter", "c")
        assert (reached and reached.number) == (change.latest("counter", "c") and change.latest("counter", "c").number)
        change.put("counter", "c", {"n": str(int(reached.content["n"]) + 1 if reached else 1)}, reason="counted")

    crowd.run(*((name, counts) for name in ("anna", "bert", "cleo", "dora")))
    assert crowd.done == dict.fromkeys(("anna", "bert", "cleo", "dora"))
    assert crowd.commits == 1
    assert crowd.ledger.latest("counter", "c").content == {"n": "4"}
    assert crowd.ledger.problems() == ()


def test_a_change_with_files_ends_its_commit(crowd: Crowd, tmp_path: Path) -> None:
    """Two that publish the same file at the same time: each file is placed by its own commit, and nothing staged is left."""

    def publishes(text: bytes) -> Callable:
        def block(change) -> None:
            change.note("publish", "document/D-1")
            change.file(tmp_path / "out" / "a.json", text)

        return block

    queue = crowd.queue
    crowd.some_stay_outside = True  # those behind a file wait for the end of the commit instead of joining it
    crowd.run(("anna", publishes(b"first")), ("bert", publishes(b"second")), ("cleo", note))
    assert crowd.done == dict.fromkeys(("anna", "bert", "cleo"))
    assert queue.mine is None
    last = [e.person for e in crowd.ledger.events() if e.action == "publish"][-1]
    assert (tmp_path / "out" / "a.json").read_bytes() == {"anna": b"first", "bert": b"second"}[last]
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.json"]
    assert crowd.ledger.recover() == ()


def test_a_change_inside_a_change_is_refused_at_once(ledger) -> None:
    with pytest.raises(StoreError, match="inside another change"), ledger.change(actor("anna")) as change:
        change.note("one")
        with ledger.change(actor("anna")) as inner:
            inner.note("two")
    assert ledger.events() == ()


def test_what_is_read_inside_a_change_is_the_change(ledger) -> None:
    with ledger.change(actor("anna")) as change:
        change.put("sample", "S-1", {"n": "1"})
        assert ledger.latest("sample", "S-1").content == {"n": "1"}
        assert ledger.head() == change.head
        assert [e.action for e in ledger.events()] == ["create"]
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(ledger.head().count))
        thread.start()
        thread.join()
        assert seen == [0], "and nobody else sees it"


def test_a_transaction_that_the_database_has_ended_is_no_success(ledger) -> None:
    """Whatever ends it: rows must not be written outside of any transaction, and COMMIT must not look like one."""
    with pytest.raises(CsvgenError, match="ended this transaction"), ledger.change(actor("anna")) as change:
        change.note("one")
        change._transaction.flush()
        change._transaction._driver.execute("ROLLBACK")
        change.note("two")
    assert ledger.events() == ()
    with ledger.change(actor("bert")) as change:
        change.note("three")
    assert [(e.seq, e.action) for e in ledger.events()] == [(1, "three")]


def test_64_threads_make_one_chain(store) -> None:
    """Each writes ten changes, some with reads, some that fail; through one door, without any help for their order."""
    database: Database = open_database(store.url)
    ledger = open_ledger(database, SystemClock())
    problems: list[BaseException] = []

    def work(number: int) -> None:
        for turn in range(10):
            try:
                with ledger.change(actor(f"p{number}"), "counted") as change:
                    if turn % 5 == 4:
                        change.note("never")
                        raise KeyError  # noqa: TRY301
                    if turn % 3 == 0:
                        common = change.latest("counter", "common")
                        change.put("counter", "common", {"n": str(int(common.content["n"]) + 1 if common else 1)})
                    change.note("own", f"turn/{turn}")
            except KeyError:
                pass
            except BaseException as problem:  # noqa: BLE001 - looked at by the test
                problems.append(problem)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    events = ledger.events()
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert sum(e.action == "own" for e in events) == 64 * 8
    assert not [e for e in events if e.action == "never"]
    assert ledger.latest("counter", "common").content == {"n": str(64 * 3)}
    for number in range(64):
        turns = [e.record for e in events if e.person == f"p{number}" and e.action == "own"]
        assert turns == [f"turn/{t}" for t in (0, 1, 2, 3, 5, 6, 7, 8)], "each in the order in which it wrote"
    assert ledger.problems() == ()
    database.close()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_opening_a_database_again_takes_no_lock_away(store) -> None:
    """POSIX drops every lock of a process on a file when any of its descriptors of that file is closed.

    Then another process that comes and goes would think itself the last one, and take the write-ahead log away under us.
    """
    visit = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(*c.execute('SELECT count(*) FROM audit_event').fetchone()); c.close()"
    database, log = open_database(store.url), Path(f"{store.path}-wal")
    ledger = open_ledger(database, FixedClock(START))
    with ledger.change(actor("anna")) as change:
        change.note("one")
    before = log.stat().st_ino
    again = open_database(store.url)
    done = subprocess.run([sys.executable, "-c", visit, str(store.path)], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert log.exists()
    assert log.stat().st_ino == before
    with ledger.change(actor("anna")) as change:
        change.note("two")
    assert ledger.problems() == ()
    again.close()
    database.close()
