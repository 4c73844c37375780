"""A journal line is there whole or not at all, whatever the disk does; and a run that cannot be written down says so and stops."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen.canonical import digest_bytes
from csvgen.clock import FixedClock
from csvgen.errors import NotRecorded
from csvgen.evidence.journal import Journal, journal_name, read_journal
from csvgen.evidence.read import read_run
from csvgen.execution.session import WorkerRecorder, write_plan
from csvgen.model.execution import Verdict
from tests.evidence.conftest import START, case, plan
from tests.tiny import clean_environment

GENESIS = digest_bytes(b"plan")
AT = "2026-11-21T08:00:00.000000Z"


class Narrow:
    """A file of a disk with `room` bytes left, which takes `takes[n]` bytes at the nth writing (then all there is)."""

    def __init__(self, inner, takes: list[int], room: int = 10**9) -> None:
        self.inner, self.takes, self.room = inner, list(takes), room

    def write(self, data) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        size = min(self.takes.pop(0) if self.takes else len(data), self.room, len(data))
        self.room -= size
        return self.inner.write(bytes(data[:size]))

    def __getattr__(self, name: str):
        return getattr(self.inner, name)


def journal(folder: Path, takes: list[int], room: int = 10**9) -> tuple[Journal, Narrow]:
    made = Journal(folder, "main", GENESIS)
    made._stream = narrow = Narrow(made._stream, takes, room)
    return made, narrow


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), max_size=60))
def test_short_writings_lose_no_byte(tmp_path_factory: pytest.TempPathFactory, takes: list[int]) -> None:
    folder = tmp_path_factory.mktemp("short")
    made, _ = journal(folder, takes)
    for number in range(3):
        made.write("fault", AT, said=f"line {number}")
    made.close()
    entries, head, problems = read_journal((folder / journal_name("main")).read_bytes(), GENESIS, "j")
    assert problems == []
    assert [e["content"]["said"] for e in entries] == ["line 0", "line 1", "line 2"]
    assert head == made.head


@pytest.mark.parametrize("room", [0, 1, 150, 190, 380, 395])
def test_a_full_disk_leaves_whole_lines_and_is_told(tmp_path: Path, room: int) -> None:
    """Room for no line, for a part of the first, for one and a part, for two: what was said before stands, and nothing follows."""
    made, narrow = journal(tmp_path, [], room)
    written = 0
    with pytest.raises(NotRecorded, match="no room left") as told:
        while True:
            made.write("fault", AT, said=f"line {written}")
            written += 1
    assert "make room" in told.value.hint
    narrow.room = 10**9
    with pytest.raises(NotRecorded):
        made.write("fault", AT, said="after a gap")
    with pytest.raises(NotRecorded):
        made.close()
    entries, _, problems = read_journal((tmp_path / journal_name("main")).read_bytes(), GENESIS, "j")
    assert problems == []
    assert [e["content"]["said"] for e in entries] == [f"line {n}" for n in range(written)]
    assert made.head == (
        digest_bytes((tmp_path / journal_name("main")).read_bytes().splitlines(keepends=True)[-1]) if written else GENESIS
    )


def test_a_file_that_takes_nothing_is_not_asked_for_ever(tmp_path: Path) -> None:
    made, _ = journal(tmp_path, [0])
    with pytest.raises(NotRecorded, match="takes no more bytes"):
        made.write("fault", AT, said="x")
    with pytest.raises(NotRecorded):
        made.close()


# ------------------------------------------------------------------ a real process that may write no more

CONFTEST = """
import pathlib, resource, signal
from pytest_bdd import given, then

@given("a thing")
def _(): pass

@given("the disk is full")
def _(pytestconfig):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    folder = next((pathlib.Path(str(pytestconfig.rootpath)) / "output" / "probe" / "runs").iterdir())
    size = (folder / "journal.main.jsonl").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))

@given("a large file is attached")
def _(attach): attach(b"x" * 100_000, name="large")

@then("it is there")
def _(observe): observe("thing", expected="1", actual="1", source="probe")
"""


def scenario(number: int, *steps: str) -> str:
    return f"  Scenario: TC-OQ-{number:04d} x\n" + "".join(f"    Given {s}\n" for s in steps) + "    Then it is there\n"


def execute(tmp_path: Path, *scenarios: str):
    folder = tmp_path / "protocols" / "probe" / "OQ"
    folder.mkdir(parents=True)
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "f.feature").write_text("@OQ @URS-P-001 @risk-low\nFeature: full\n" + "".join(scenarios), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "protocols"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=clean_environment())
    run = next((tmp_path / "output" / "probe" / "runs").iterdir())
    return done, run, read_run(run)


def test_a_run_on_a_full_disk_stops_says_why_and_reads_as_broken_off(tmp_path: Path) -> None:
    done, _, evidence = execute(
        tmp_path, scenario(1, "a thing"), scenario(2, "a thing", "the disk is full"), scenario(3, "a thing")
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "of the journal could not be written: there is no room left" in said
    assert "make room" in said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    assert evidence.problems == ()
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED, Verdict.ERROR, Verdict.NOT_RUN]
    assert "the run ended in step 2 (Given the disk is full)" in evidence.results[1].reason


def test_evidence_that_cannot_be_kept_is_an_error_of_its_step_and_leaves_no_half_file(tmp_path: Path) -> None:
    text = CONFTEST.replace("size + 100,", "size + 50_000,")
    assert text != CONFTEST
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "CONFTEST", text)
        _, run, evidence = execute(tmp_path, scenario(1, "the disk is full", "a large file is attached"))
    (result,) = evidence.results
    assert [s.verdict for s in result.steps] == [Verdict.PASSED, Verdict.ERROR, Verdict.NOT_RUN]
    assert "could not be written: there is no room left" in result.reason
    assert evidence.problems == ()
    assert [p for p in run.rglob("*") if p.is_file() and "evidence" in p.parts] == []


def test_the_limit_that_the_tests_set_is_one(tmp_path: Path) -> None:
    """The full disk of the tests above is real: the operating system refuses the bytes."""
    code = f"import resource,signal;signal.signal({int(signal.SIGXFSZ)},signal.SIG_IGN);resource.setrlimit({resource.RLIMIT_FSIZE},(10,-1));open('f','wb',0).write(b'x'*10);open('f','ab',0).write(b'x')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr


# ------------------------------------------------------------ when a line is safe


def test_each_line_of_a_step_is_in_the_file_before_the_step_goes_on_and_each_case_is_forced_to_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies loses no step (its lines were handed over one by one), a machine that dies no case."""
    cases, said = [case(1), case(2), case(3)], []
    folder = tmp_path / "OQ-001"
    write_plan(folder, plan(*cases))
    path, forced = folder / journal_name("main"), os.fsync

    def fsync(descriptor: int) -> None:
        if os.path.realpath(f"/proc/self/fd/{descriptor}") == str(path.resolve()):
            said.append(path.read_bytes().count(b"\n"))
        forced(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    recorder = WorkerRecorder(folder, "main", FixedClock(START, 1), tmp_path)
    begun = said[-1]
    assert begun == len(path.read_bytes().splitlines()), "what the recorder is, is on disk before the first case"
    for number, one in enumerate(cases, 1):
        each = recorder.case(one)
        for step in one.steps:
            each.open(step)
            assert b'"kind":"step-started"' in path.read_bytes().splitlines()[-1]
            each.observe("answer", "equal", "7", "7", "probe", "")
            each.close(Verdict.PASSED)
            assert b'"kind":"step"' in path.read_bytes().splitlines()[-1]
        each.finish()
        lines = path.read_bytes().splitlines()
        assert b'"kind":"case-finished"' in lines[-1]
        assert said[-1] == len(lines), "everything up to the end of the case was forced to disk"
        assert len(said) == number + 1, "once for each case: a sync for each step would cost more than the step"
    recorder.close()
    assert said[-1] == len(path.read_bytes().splitlines())
