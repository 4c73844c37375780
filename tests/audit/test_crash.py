"""Files and events of one change, with the process killed at each point between them.

Order: files are staged (written and synced under a temporary name), then events and placements are committed, then the files
get their names, then the placements are removed. Whatever point the process dies at, opening the ledger again leaves either
the event with all its files, or neither.

The process is a real one and dies by os._exit at a hook put into it; nothing of the ledger is replaced in the process that
looks afterwards.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.clock import SystemClock
from csvgen.errors import NotIntact
from csvgen.model.audit import Actor
from csvgen.store.database import Database, open_database

from .attacks import Store

ANNA = Actor("anna", "Anna (fictitious)", "tester", "tests")

WRITER = """
import os, sys
from pathlib import Path
from csvgen.audit import ledger as room
from csvgen.clock import SystemClock
from csvgen.model.audit import Actor
from csvgen.store import writing as store
from csvgen.store.database import open_database

url, folder, point = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
die = lambda *a, **k: os._exit(9)
ledger = room.open_ledger(open_database(url), SystemClock())
placed = [0]
kept_place, kept_end = room.place, store.Transaction.end

def place(temporary, path):
    if point == "after commit" or (point == "between two files" and placed[0] == 1):
        die()
    kept_place(temporary, path)
    placed[0] += 1

def end(transaction, verb):
    if point == "before commit" and verb == "COMMIT":
        die()
    if point == "after placing" and placed[0] == 2:
        die()
    kept_end(transaction, verb)

room.place, store.Transaction.end = place, end
with ledger.change(Actor("anna", "Anna (fictitious)", "tester", "tests"), "second revision") as change:
    change.put("document", "D-1", {"revision": "2"})
    change.file(folder / "a.json", b"second a")
    if point == "between staging":
        die()
    change.file(folder / "b.json", b"second b")
    if point == "before the end of the block":
        die()
print("alive")
"""

COMMITTED = {"after commit", "between two files", "after placing", "never"}
POINTS = ["between staging", "before the end of the block", "before commit", *sorted(COMMITTED)]


def opened(store: Store) -> tuple[Database, Ledger]:
    database = open_database(store.url)
    return database, open_ledger(database, SystemClock())


@pytest.fixture
def folder(tmp_path: Path, store: Store) -> Path:
    """First revisions of both files, written and committed."""
    database, ledger = opened(store)
    with ledger.change(ANNA) as change:
        change.put("document", "D-1", {"revision": "1"})
        change.file(tmp_path / "out" / "a.json", b"first a")
        change.file(tmp_path / "out" / "b.json", b"first b")
    database.close()
    return tmp_path / "out"


def die_at(store: Store, folder: Path, point: str) -> None:
    command = [sys.executable, "-c", WRITER, store.url, str(folder), point]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == ((0, "alive\n") if point == "never" else (9, "")), done.stderr


@pytest.mark.parametrize("point", POINTS)
def test_after_a_crash_event_and_files_agree(store: Store, folder: Path, point: str) -> None:
    die_at(store, folder, point)
    database, ledger = opened(store)
    word = b"second" if point in COMMITTED else b"first"
    assert (folder / "a.json").read_bytes() == word + b" a"
    assert (folder / "b.json").read_bytes() == word + b" b"
    assert ledger.latest("document", "D-1").content == {"revision": "2" if point in COMMITTED else "1"}
    assert ledger.problems() == ()
    assert ledger.recover() == (), "nothing is left to finish"
    database.close()


@pytest.mark.parametrize(
    "point", ["between staging", "before the end of the block", "before commit", "after commit", "after placing"]
)
def test_the_next_change_leaves_no_staged_file_behind(store: Store, folder: Path, point: str) -> None:
    die_at(store, folder, point)
    database, ledger = opened(store)
    with ledger.change(ANNA, "third revision") as change:
        change.put("document", "D-1", {"revision": "3"})
        change.file(folder / "a.json", b"third a")
        change.file(folder / "b.json", b"third b")
    assert sorted(p.name for p in folder.iterdir()) == ["a.json", "b.json"]
    assert (folder / "a.json").read_bytes() == b"third a"
    database.close()


def test_a_file_of_a_dead_process_never_replaces_a_later_one(store: Store, folder: Path) -> None:
    """A second process has the ledger open already when the first dies between commit and placing, and goes on with the same file."""
    database, ledger = opened(store)
    die_at(store, folder, "after commit")
    with ledger.change(ANNA, "third revision") as change:
        change.put("document", "D-1", {"revision": "3"})
        change.file(folder / "a.json", b"third a")
    database.close()
    database, ledger = opened(store)
    assert (folder / "a.json").read_bytes() == b"third a"
    assert (folder / "b.json").read_bytes() == b"second b"
    assert ledger.problems() == ()
    database.close()


def test_another_process_may_finish_what_this_one_is_about_to_place(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between commit and placing somebody opens the ledger, and its recovery places the file: no error, and the file is there."""
    from csvgen.audit import ledger as room

    database, ledger = opened(store)
    kept = Ledger.recover

    def late(self: Ledger) -> tuple[str, ...]:
        monkeypatch.setattr(room.Ledger, "recover", kept)
        other_database, other = opened(store)
        assert (tmp_path / "out" / "a.json").read_bytes() == b"first a"
        other_database.close()
        assert other
        return kept(self)

    monkeypatch.setattr(room.Ledger, "recover", late)
    with ledger.change(ANNA) as change:
        change.note("publish", "document/D-1")
        change.file(tmp_path / "out" / "a.json", b"first a")
    assert (tmp_path / "out" / "a.json").read_bytes() == b"first a"
    database.close()


@pytest.mark.parametrize("touch", ["changed", "removed"])
def test_a_staged_file_touched_before_recovery_is_told_and_nothing_is_placed(store: Store, folder: Path, touch: str) -> None:
    die_at(store, folder, "after commit")
    staged = next(p for p in folder.iterdir() if p.name.startswith(".a.json."))
    if touch == "changed":
        staged.write_bytes(b"something else")
    else:
        staged.unlink()
    database = open_database(store.url)
    with pytest.raises(NotIntact, match="neither it nor its staged copy has the recorded digest") as caught:
        open_ledger(database, SystemClock())
    database.close()
    assert caught.value.where == str(folder / "a.json")
    assert (folder / "a.json").read_bytes() == b"first a"


def test_recovery_says_what_it_did(store: Store, folder: Path) -> None:
    die_at(store, folder, "between two files")
    database = open_database(store.url)
    done = Ledger(database, SystemClock()).recover()
    assert [line.split(" (event")[0] for line in done] == [f"{folder / 'a.json'} was in place", f"placed {folder / 'b.json'}"]
    database.close()
