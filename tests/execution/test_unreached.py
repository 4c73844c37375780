"""Why a step was never reached: the step before it that did not pass, or why the case was not begun; never both in one phrase."""

from __future__ import annotations

import datetime as dt

from csvgen.clock import FixedClock
from csvgen.execution.recorder import CaseRecorder
from csvgen.model.execution import Verdict
from csvgen.model.protocol import Step, TestCase

STEPS = tuple(Step(keyword=k, text=t) for k, t in (("Given", "a lot"), ("When", "it is tried"), ("Then", "it is so")))
CASE = TestCase(
    id="TC-OQ-0001", title="t", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="", ports=(),
    tags=(), steps=STEPS,
)  # fmt: skip


def recorder() -> CaseRecorder:
    return CaseRecorder(CASE, FixedClock(dt.datetime(2026, 11, 23, tzinfo=dt.UTC)), None, None, "main")


def test_a_case_that_was_not_begun_says_why_at_every_step():
    made = recorder()
    made.phase(Verdict.BLOCKED, "the target does not offer the port SecondSite")
    result = made.finish()
    assert result.verdict is Verdict.BLOCKED
    assert {s.reason for s in result.steps} == {"the case was not begun: the target does not offer the port SecondSite"}


def test_a_step_after_one_that_did_not_pass_names_it():
    made = recorder()
    made.open(STEPS[0])
    made.close(Verdict.PASSED)
    made.open(STEPS[1])
    made.close(Verdict.ERROR, "it broke")
    assert [s.reason for s in made.finish().steps] == ["", "it broke", "step 2 did not pass"]
