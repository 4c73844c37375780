"""A run followed while it is recorded: what each look says, a line that is only half there, a line that is none."""

from __future__ import annotations

import pytest

from csvgen.canonical import digest
from csvgen.clock import SystemClock, stored
from csvgen.evidence.progress import Follower
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.execution import RunPlan, Verdict

from .recording import STEPS, case


@pytest.fixture
def going(tmp_path):
    """A run of two cases that is being recorded, and somebody who follows it."""
    clock, cases = SystemClock(), [case(1), case(2)]
    plan = RunPlan(
        run="dev-1", system="probe", phase="OQ", mode="engineering", protocol=digest("p"), target="none", scope="complete",
        planned=planned(cases), created=stored(clock.now()), account="tests",
    )  # fmt: skip
    folder = tmp_path / "run"
    write_plan(folder, plan)
    recorder = WorkerRecorder(folder, "main", clock, folder)
    yield recorder, cases, Follower(folder, 2), folder
    recorder.close()


def test_each_look_says_how_far_it_has_come(going):
    recorder, cases, follower, _ = going
    assert (follower.look().finished, follower.look().going) == (0, ())
    one = recorder.case(cases[0])
    one.open(STEPS[0])
    (now,) = follower.look().going
    assert (now.case, now.worker, now.step.split(" x")[0]) == ("TC-OQ-0001", "main", "1 Given step 1")
    for n, step in enumerate(STEPS):
        if n:
            one.open(step)
        one.observe("answer", "equal", "7", "7", "probe", "")
        one.close(Verdict.PASSED)
    assert follower.look().going[0].step == ""
    one.finish()
    done = follower.look()
    assert (done.finished, done.planned, done.verdicts, done.going, done.sealed) == (1, 2, {"PASSED": 1}, (), False)
    assert done == follower.look()


def test_half_a_line_waits_for_its_other_half(going):
    recorder, cases, follower, folder = going
    recorder.case(cases[0])
    before = follower.look()
    journal = folder / "journal.main.jsonl"
    whole = journal.read_bytes()
    line = b'{"at":"2026-11-22T10:00:00.000000Z","content":{"case":"TC-OQ-0002","digest":"x"},"kind":"case-started"}\n'
    journal.write_bytes(whole + line[:30])
    assert follower.look() == before
    journal.write_bytes(whole + line)
    assert [g.case for g in follower.look().going] == ["TC-OQ-0001", "TC-OQ-0002"]


@pytest.mark.parametrize(
    "line", [b"{not json\n", b"[]\n", b'{"kind":"step"}\n', b'{"at":"x","content":3,"kind":"step"}\n', b"\xff\xfe\n"]
)
def test_a_line_that_cannot_be_read_is_told_and_stops_nothing_else(going, line):
    recorder, cases, follower, folder = going
    recorder.case(cases[0])
    (folder / "journal.other.jsonl").write_bytes(line)
    now = follower.look()
    assert now.unreadable == ("journal.other.jsonl",)
    assert [g.case for g in now.going] == ["TC-OQ-0001"]
