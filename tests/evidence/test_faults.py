"""What goes wrong around a run: the disk fills up, nothing may be written, a worker dies, a second process comes, the clock steps back.

Real processes throughout. In each case three things are held: what was recorded is there, what is incomplete does not read as
complete, and the message says what happened and what to do, without a traceback.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.clock import SystemClock
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact, NotRecorded, Refused
from csvgen.evidence.attachments import keep
from csvgen.evidence.read import read_run
from csvgen.evidence.seal import SEAL, SEAL_SIGNATURE, seal
from csvgen.execution.session import WorkerRecorder, write_plan
from csvgen.model.execution import Verdict
from csvgen.verification.outside import Outside
from csvgen.verification.verify import verify

from .small_project import project, pytest_of, run_of

ROOM = "make room on the disk, then execute again; this run stays as it is, readable and never counted as complete"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB. Only root can make one; elsewhere the limit on the size of a file, which other tests here use, stands for it."""
    place = tmp_path / "disk"
    place.mkdir()
    made = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "csvgen-test", str(place)], capture_output=True, check=False
    ).returncode  # fmt: skip
    if not made:
        pytest.skip("a small disk can only be mounted by root; the tests with a limit on files hold the same")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@contextlib.contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes; a write that would is cut short, then refused, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def nothing_half(folder: Path) -> None:
    assert [p.name for p in folder.rglob("*.staged")] == [], "half a file was left behind"


# ------------------------------------------------------------------ a full disk


@pytest.mark.parametrize("room", range(0, 1600, 97))
def test_a_journal_that_meets_the_end_of_the_disk_says_so_and_keeps_what_was_whole(begun, room: int) -> None:
    """The disk ends somewhere in the second case: inside a line, or exactly behind one."""
    recorder = WorkerRecorder(begun.folder, "main", begun.clock, begun.folder)
    first = recorder.case(begun.case(1))
    for step in begun.case(1).steps:
        first.open(step)
        first.observe("answer", "equal", "7", "7", "probe", "")
        first.close(Verdict.PASSED)
    first.finish()
    size = begun.journal.stat().st_size
    with (
        files_up_to(size + room),
        pytest.raises(NotRecorded, match=r"line \d+ of the journal could not be written: there is no") as told,
    ):
        second = recorder.case(begun.case(2))
        for step in begun.case(2).steps:
            second.open(step)
            second.observe("answer", "equal", "7", "7", "probe", "")
            second.close(Verdict.PASSED)
    assert told.value.hint == ROOM
    whole = begun.journal.read_bytes().count(b"\n")
    assert told.value.message.startswith(f"line {whole + 1} of the journal"), (
        "told by the very line that did not fit, not by the next"
    )
    for _ in range(2):  # there is room again, and it stays refused: behind half a line nothing would be read
        with pytest.raises(NotRecorded):
            recorder.note("clock")
    with pytest.raises(NotRecorded):
        recorder.close()
    evidence = begun.read()
    assert evidence.results[0].verdict is Verdict.PASSED
    assert evidence.results[1].verdict in (Verdict.ERROR, Verdict.NOT_RUN)
    assert begun.journal.stat().st_size <= size + room
    if begun.journal.read_bytes().endswith(b"\n"):
        sealed = begun.seal().seal
        assert sealed is not None
        assert not sealed.complete
    else:
        assert "is cut off" in evidence.problems[0]
        with pytest.raises(NotIntact, match="cannot be sealed") as refused:
            begun.seal()
        assert "execute again under a new number" in refused.value.hint


def test_pytest_on_a_full_disk_ends_with_one_message(tmp_path: Path) -> None:
    """The whole way of a user: the session ends there, the exit code is not 0, and nobody sees a traceback."""
    folder = project(tmp_path, *[""] * 12)
    done = pytest_of(folder, limit_kilobytes=16)
    said, _ = done.communicate()
    assert done.returncode == 1, said
    assert "of the journal could not be written: there is no room left" in said
    assert ROOM in said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    evidence = read_run(run_of(folder))
    verdicts = [r.verdict for r in evidence.results]
    passed = verdicts.count(Verdict.PASSED)
    assert 0 < passed < 12
    assert verdicts[:passed] == [Verdict.PASSED] * passed
    assert not evidence.sealed


def test_a_file_that_does_not_fit_is_an_error_of_its_step_and_leaves_nothing_half(tmp_path: Path) -> None:
    """Even where the step swallows it: what it wanted to keep is not there, so it did not pass."""
    careless = "400000 bytes are attached by a step that does not care"
    folder = project(tmp_path, "200 bytes are attached", "400000 bytes are attached", careless, "")
    done = pytest_of(folder, limit_kilobytes=200)
    said, _ = done.communicate()
    assert done.returncode == 1, said
    assert "Traceback" not in said
    evidence = read_run(run_of(folder))
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED, Verdict.ERROR, Verdict.ERROR, Verdict.PASSED]
    for result in evidence.results[1:3]:
        assert f"the evidence {result.case}.2.1 (400000 bytes) could not be written: there is no room left" in result.reason
        assert result.steps[1].attachments == ()
        assert str(tmp_path) not in result.reason
    assert evidence.problems == ()
    nothing_half(run_of(folder))


def test_a_seal_that_does_not_fit_leaves_the_run_unsealed_and_can_be_made_later(finished) -> None:
    before = finished.read()
    for room in (0, 100, 900):
        with files_up_to(room), pytest.raises(NotRecorded, match="the seal could not be written: there is no room left"):
            finished.seal()
        assert not (finished.folder / SEAL).exists()
        nothing_half(finished.folder)
        assert finished.read() == before
    (finished.folder / SEAL_SIGNATURE).write_bytes(b"of a seal that did not come about")
    made = finished.seal()
    assert made.sealed
    assert made.seal is not None
    assert made.seal.complete


def test_a_disk_that_is_really_full(small_disk: Path, tmp_path: Path, credential) -> None:
    """Journal, attachment and seal against a file system without a free block."""
    folder = project(tmp_path / "project", "20000 bytes are attached", *["60000 bytes are attached"] * 8)
    (folder / "output").symlink_to(small_disk)
    done = pytest_of(folder)
    said, _ = done.communicate()
    assert done.returncode == 1, said
    assert "Traceback" not in said
    run = run_of(folder)
    evidence = read_run(run)
    assert evidence.results[0].verdict is Verdict.PASSED
    assert Verdict.ERROR in {r.verdict for r in evidence.results}
    assert any("there is no room left" in r.reason for r in evidence.results) or "there is no room left" in said
    nothing_half(run)
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 512)
    with pytest.raises((NotRecorded, NotIntact), match=r"no room left|is cut off"):
        seal(run, credential, SystemClock())
    assert not (run / SEAL).exists()
    nothing_half(run)
    (small_disk / "filler").unlink()
    subprocess.run(["mount", "-o", "remount,size=2m", str(small_disk)], check=True)
    if evidence.problems:
        with pytest.raises(NotIntact, match="cannot be sealed"):
            seal(run, credential, SystemClock())
    else:
        made = seal(run, credential, SystemClock()).seal
        assert made is not None
        assert made.complete is (not evidence.unfinished)


# ------------------------------------------------------------------ a store nobody may write to


@pytest.fixture
def read_only(finished, tmp_path: Path) -> Iterator[Path]:
    """The folder of runs where nobody may write: a file system mounted so by root, closed folders for everybody else."""
    place = tmp_path / "closed"
    shutil.copytree(finished.folder.parent, place, ignore=lambda *_: ["closed"])
    if os.geteuid() == 0:
        mounted = tmp_path / "mounted"
        mounted.mkdir()
        made = subprocess.run(["mount", "--bind", str(place), str(mounted)], capture_output=True, check=False).returncode == 0
        if not made:
            pytest.skip("root may write everywhere, and may not mount here")
        subprocess.run(["mount", "-o", "remount,ro,bind", str(mounted)], check=True)
        yield mounted
        subprocess.run(["umount", "-l", str(mounted)], check=True)
        return
    folders = [place, *(p for p in place.rglob("*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield place
    for folder in folders:
        folder.chmod(0o755)


def test_a_store_that_may_only_be_read_is_told_and_stays_as_it_was(read_only: Path, credential) -> None:
    folder = read_only / "OQ-001"
    before = {p: p.read_bytes() for p in read_only.rglob("*") if p.is_file()}
    now = SystemClock()
    refused = {
        "the plan of the run": lambda: write_plan(read_only / "OQ-002", read_run(folder).plan),
        "the journal of the run": lambda: WorkerRecorder(folder, "gw9", now, folder),
        "the evidence TC-OQ-0001.1.1": lambda: keep(
            folder, b"new", identity="TC-OQ-0001.1.1", name="n", media_type="text/plain", captured="2026-11-21T08:00:00.000000Z"
        ),
        "the seal": lambda: seal(folder, credential, now),
    }
    for what, act in refused.items():
        with pytest.raises(NotRecorded, match="could not be written: writing is not allowed there") as told:
            act()
        assert told.value.message.startswith(what)
        assert told.value.hint.startswith("let this account write there, then execute again")
    assert {p: p.read_bytes() for p in read_only.rglob("*") if p.is_file()} == before
    assert read_run(folder).problems == (), "what is there can still be read"


# ------------------------------------------------------------------ a worker dies


def test_a_worker_that_dies_takes_its_case_and_nothing_else(tmp_path: Path, credential) -> None:
    folder = project(tmp_path, "", "", "its process is killed", "", "", "")
    done = pytest_of(folder, "-n", "2")
    said, _ = done.communicate()
    assert done.returncode == 1, said
    evidence = read_run(run_of(folder))
    assert evidence.problems == ()
    by_case = {r.case: r for r in evidence.results}
    died = by_case.pop("TC-OQ-0003")
    assert (died.verdict, died.finished) == (Verdict.ERROR, None)
    assert died.reason == "the run ended in step 2 (When its process is killed); nothing after it was recorded"
    assert {r.verdict for r in by_case.values()} == {Verdict.PASSED}
    assert len(evidence.unfinished) == 1
    made = seal(run_of(folder), credential, SystemClock())
    assert made.seal is not None
    assert made.seal.summary.executed == 6
    assert not made.seal.complete, "every case has a verdict, and one of them nobody came to"


# ------------------------------------------------------------------ two at once


def test_a_second_process_in_the_folder_of_a_run_is_refused_and_the_first_goes_on(tmp_path: Path, credential) -> None:
    folder = project(tmp_path, "", "it hangs", "")
    first = pytest_of(folder)
    assert first.stdout is not None
    for line in first.stdout:
        if "HANGING" in line:
            break
    run = run_of(folder)
    before = (run / "journal.main.jsonl").read_bytes()
    second = pytest_of(folder, "--csvgen-run", str(run))
    said, _ = second.communicate()
    assert second.returncode == 1, said
    assert "this run is going on in another process, or went on in one that died" in said
    assert "execute again: a new run has a folder of its own" in said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    assert (run / "journal.main.jsonl").read_bytes() == before
    assert first.stdin is not None
    first.communicate("")
    assert first.returncode == 0
    made = seal(run, credential, SystemClock())
    assert made.problems == ()
    assert [r.verdict for r in made.ends] == [Verdict.PASSED] * 3
    assert made.seal is not None
    assert made.seal.complete


def test_a_recorder_in_the_folder_of_another_is_refused(begun) -> None:
    first = WorkerRecorder(begun.folder, "main", begun.clock, begun.folder)
    with pytest.raises(Refused, match="nobody may write its journal twice"):
        WorkerRecorder(begun.folder, "main", begun.clock, begun.folder)
    first.close()
    assert begun.read().problems == ()


# ------------------------------------------------------------------ the clock


class Stepping:
    """A clock that goes on by a second each time and is set back once, after so many readings."""

    def __init__(self, after: int, back: int) -> None:
        self.readings, self.after, self.back = 0, after, back

    def now(self) -> dt.datetime:
        self.readings += 1
        gone = self.readings - (self.back if self.readings > self.after else 0)
        return dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC) + dt.timedelta(seconds=gone)


def checks_of(folder: Path) -> dict[str, tuple[str, str]]:
    return {c.name: (str(c.outcome), c.detail) for c in verify(folder, Trust.none, Outside()).checks}


TIMES = "times of the record never go back"


def test_a_clock_that_goes_on_is_no_finding(sealed) -> None:
    assert sealed.read().disorder == ()
    assert checks_of(sealed.folder)[TIMES][0] == "holds"


@pytest.mark.parametrize("after", range(8, 22, 2))
def test_a_clock_that_was_set_back_during_a_run_is_told_with_the_line(begun, after: int) -> None:
    begun.clock = Stepping(after, 3600)
    begun.record(begun.case(1), begun.case(2))
    evidence = begun.seal()
    assert evidence.problems == (), "the record is whole"
    assert [r.verdict for r in evidence.ends] == [Verdict.PASSED] * 2
    (place,) = evidence.disorder
    assert place.startswith("journal.main.jsonl: line ")
    assert place.endswith("the clock stepped back")
    outcome, detail = checks_of(begun.folder)[TIMES]
    assert outcome == "fails"
    assert place in detail
    assert not verify(begun.folder, Trust.none, Outside())


def test_a_run_sealed_at_an_earlier_time_than_it_ended_is_flagged(finished) -> None:
    finished.clock = Stepping(0, 3600)
    assert finished.seal().sealed
    outcome, detail = checks_of(finished.folder)[TIMES]
    assert outcome == "fails"
    assert "was sealed before its last case ended" in detail


def test_the_clock_of_a_real_run_is_set_back_in_a_step(tmp_path: Path, credential) -> None:
    folder = project(tmp_path, "", "the clock is set by -7200 seconds", "")
    done = pytest_of(folder)
    said, _ = done.communicate()
    assert done.returncode == 0, said
    evidence = read_run(run_of(folder))
    assert len(evidence.disorder) == 1
    assert "the clock stepped back" in evidence.disorder[0]
    assert seal(run_of(folder), credential, SystemClock()).problems == ()
    assert checks_of(run_of(folder))[TIMES][0] == "fails"
