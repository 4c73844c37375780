"""Hybrid cases, second persons and unscripted sessions, each at a real pseudo-terminal."""

from __future__ import annotations

from dataclasses import replace

from csvgen.model.execution import Verdict
from csvgen.trace.matrix import trace

from .conftest import ACTUAL, CHARTER, HYBRID, ME, VERDICT, WITNESSED, Sitting, newest, only

SECOND = "pavel.broz"


def test_the_step_library_acts_and_the_person_judges(project):
    tiny = project(HYBRID)
    sitting = Sitting(tiny)
    sitting.child.expect_exact("the step library executes it")
    sitting.answers("the screen is on")
    sitting.child.expect_exact("holds: text of the file")
    sitting.type((ACTUAL, "q"))
    sitting.child.expect_exact("Not now")
    sitting.answers("it shows 1")
    sitting.answers("well readable")
    sitting.finish_case()
    code, shown = sitting.end()
    assert code == 0, shown
    first, _, both, last = only(tiny).steps
    assert (first.by, first.code.function, both.by.person, both.code.function, last.code) == (None, "there", ME, "says", None)
    assert [o.comparison for o in both.observations] == ["equal", "judged"]


def test_what_the_library_compared_is_not_lifted_by_a_person(project):
    """RR-X06: stricter than the rule, which allows an override with a reason and a second person."""
    tiny = project(HYBRID)
    (tiny.root / "one.txt").write_text("2\n", encoding="utf-8")
    sitting = Sitting(tiny)
    sitting.answers("the screen is on")
    sitting.child.expect_exact("DOES NOT HOLD")
    sitting.type(("Enter finishes", "c"), ("Number of the step", "3"))
    sitting.finish_case()
    code, _ = sitting.end()
    assert code == 1
    result = only(tiny)
    assert [s.verdict for s in result.steps] == [Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.NOT_RUN]
    assert result.steps[3].reason == "step 3, which the step library executed, did not pass"
    assert newest(tiny).sealed


def test_a_hybrid_case_that_was_killed_does_not_act_twice(project):
    tiny = project(HYBRID)
    sitting = Sitting(tiny)
    sitting.child.expect_exact(ACTUAL)
    sitting.kill()
    again = Sitting(tiny, "--resume", newest(tiny).run)
    again.answers("the screen is on")
    again.finish_case()
    code, shown = again.end()
    assert code == 1, shown
    assert [s.verdict for s in only(tiny).steps] == [Verdict.PASSED, Verdict.PASSED, Verdict.ERROR, Verdict.NOT_RUN]
    assert "are not executed twice" in only(tiny).steps[2].reason


def test_a_second_person_who_sees_something_else_makes_the_step_fail(project):
    tiny = project(WITNESSED)
    sitting = Sitting(tiny)
    sitting.type((ACTUAL, "the seal is whole"), (VERDICT, "p"), ("Is the second person here", "n"))
    sitting.child.expect_exact("the step stays open")
    sitting.answers("the seal is whole")
    sitting.type(("Is the second person here", "y"), ("User id", SECOND), ("Password", tiny.password(SECOND)))
    sitting.type(("is the answer as you see it", "n"), ("What do you see", "a crack at the left edge"))
    sitting.finish_case()
    code, _ = sitting.end()
    assert code == 1
    (step,) = only(tiny).steps
    assert (step.verdict, step.reason) == (Verdict.FAILED, "the second person does not agree: a crack at the left edge")
    assert (step.by.person, step.witness.person) == (ME, SECOND)


def test_a_session_is_explored_in_notes_and_every_issue_stays(project):
    tiny = project(CHARTER)
    sitting = Sitting(tiny)
    sitting.child.expect_exact("Mission: find out whether numbers are shown.")
    sitting.answers("read")
    keys = "of 30 min, time box]"
    sitting.type((keys, "d"))
    sitting.child.expect_exact("write at least one")
    sitting.type((keys, "nothing"))
    sitting.child.expect_exact("A letter first")
    sitting.type((keys, "n the list shows 1"), (keys, "i sorting loses the last line"), (keys, "q"))
    code, shown = sitting.end()
    assert (code, "is paused, not sealed" in shown) == (1, True)
    again = Sitting(tiny, "--resume", newest(tiny).run)
    again.child.expect_exact("2. issue: sorting loses the last line")
    again.type((keys, "i"), ("The issue in words", ""), ("The issue in words", "no unit is shown"), (keys, "d"))
    again.type(("Conclusion", "numbers are shown, sorting is wrong"), (VERDICT, "f"), ("Note for the deviation", ""))
    again.finish_case()
    code, shown = again.end()
    assert code == 1, shown
    result = only(tiny)
    assert result.reason == "2 issue(s): 1) sorting loses the last line; 2) no unit is shown"
    assert [(e.kind, e.by.person) for e in result.session] == [("note", ME), ("issue", ME), ("issue", ME), ("conclusion", ME)]
    assert [s.verdict for s in result.steps] == [
        Verdict.PASSED, Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.FAILED,
    ]  # fmt: skip
    assert newest(tiny).sealed


def test_a_session_without_issue_passes_when_a_person_says_so(project):
    tiny = project(CHARTER)
    sitting = Sitting(tiny)
    sitting.answers("read")
    sitting.type(("[0 of 30", "n all lists show their numbers"), ("[0 of 30", "d"))
    sitting.type(("That there was no issue", "none was found"), (VERDICT, "p"), ("Conclusion", "it holds"), (VERDICT, "p"))
    sitting.finish_case()
    code, shown = sitting.end()
    assert code == 0, shown
    assert [e.text for e in only(tiny).session] == ["all lists show their numbers", "it holds"]
    run, state = newest(tiny), tiny.state
    formal = replace(run, plan=run.plan.model_copy(update={"mode": "formal", "scope": "complete"}))
    rows = {r.requirement: r for r in trace(state.spec, state.protocol, (formal,), ()).rows}
    (link,) = (found for found in rows["URS-TNY-002"].links if found.case == "TC-PQ-0104")
    assert link.final is Verdict.PASSED, "a session stands in the same matrix as a script"
