"""One judge for every expectation, and a recorder whose verdict follows from what was observed."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.clock import SystemClock
from csvgen.execution.observe import ExpectationFailed, agreement, judge, observation
from csvgen.execution.recorder import CaseRecorder, Observe
from csvgen.model.execution import Verdict, worst
from csvgen.model.protocol import Step, TestCase

V = Verdict

# ------------------------------------------------------------------ the judge


@pytest.mark.parametrize(
    ("comparison", "expected", "actual", "holds"),
    [
        ("equal", "7", "7", True), ("equal", "7", "7.0", False), ("equal", "7", " 7", False), ("equal", "", "", True), ("equal", "", "x", False),
        ("not-equal", "7", "8", True), ("not-equal", "7", "7", False),
        ("contains", "b", "abc", True), ("contains", "x", "abc", False), ("contains", "", "abc", False), ("contains", "abc", "b", False),
        ("at-least", "7", "7", True), ("at-least", "7", "7.0000000000000000000001", True), ("at-least", "7", "6.9999999999999999999999", False),
        ("at-most", "7", "7", True), ("at-most", "7", "7.0000000000000000000001", False), ("at-most", "-1", "-2", True),
        ("at-least", "7", "NaN", False), ("at-most", "7", "NaN", False), ("at-least", "7", "Infinity", False), ("at-most", "7", "-Infinity", False),
        ("at-least", "NaN", "7", False), ("at-least", "7", "", False), ("at-least", "", "7", False), ("at-least", "7", "many", False), ("at-least", "9", "10", True),
        ("digits", "3", "1.00|1.001", True), ("digits", "4", "1.000|1.001", False), ("digits", "3", "1.0|1.001", False), ("digits", "3", "1.00", False), ("digits", "3", "|", False), ("digits", "3", "1.00|nan", False),
        ("digits", "3", "0|0.0001", False), ("digits", "9", "0|0", False), ("digits", "1", "0|0", True),
        ("refused", "", "refused: not yours", True), ("refused", "refused", "accepted", False), ("refused", "refused", "it was refused", False), ("refused", "refused", "", False),
        ("contains-each", "a\nb", "b a", True), ("contains-each", "a\nx", "b a", False), ("contains-each", " \n", "b a", False), ("contains-each", "a b", "a\nb", False),
        ("same-number", "0.9", "0.90", True), ("same-number", "0.9", "0.9000000000000000000000000000000001", False), ("same-number", "0.9", "", False), ("same-number", "0.9", "NaN", False),
        ("rounds-to", "0.25", "0.245", True), ("rounds-to", "0.25", "0.2549999999999999999999999999999999", True), ("rounds-to", "0.25", "0.255", False), ("rounds-to", "0.25", "0.2449999999999999999999999999999999", False),
        ("rounds-to", "-0.25", "-0.245", True), ("rounds-to", "98.780487804878", "98.78048780487804878048780", True), ("rounds-to", "98.780487804878", "98.8", False), ("rounds-to", "3", "many", False), ("rounds-to", "3", "Infinity", False),
        ("blank", "(blank)", "", True), ("blank", "(blank)", "x", False), ("blank", "(blank)", " ", False), ("blank", "(blank)", "(blank)", False),
        ("recorded", "", "anything", True), ("recorded", "", "", False),
    ],
)  # fmt: skip
def test_whether_an_expectation_is_met(comparison: str, expected: str, actual: str, holds: bool) -> None:
    assert judge(comparison, expected, actual) is holds  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expected", "actual", "tolerance", "holds"),
    [
        ("7.0", "7.05", "0.05", True), ("7.0", "6.95", "0.05", True), ("7.0", "7.0500000000000000000000000000000000000000001", "0.05", False),
        ("7.0", "6.9499999999999999999999999999999999999999999", "0.05", False), ("7", "7.00", "0", True), ("7", "7.1", "0", False),
        ("-1", "-1.1", "0.1", True), ("0.3", "0.1", "0.2", True), ("1E+30", "1000000000000000000000000000001", "1", True),
        ("1E+30", "1000000000000000000000000000001", "0.9", False), ("7", "", "1", False), ("7", "NaN", "1", False), ("7", "Infinity", "1E+9", False),
        ("7", "7 mg", "1", False), ("7", "7", "-1", False), ("7", "7", "", False), ("7", "7", "NaN", False), ("7", "7", "Infinity", False), ("7", "1E+999999999", "1E+9", False),
    ],
)  # fmt: skip
def test_whether_a_number_is_within_its_tolerance(expected: str, actual: str, tolerance: str, holds: bool) -> None:
    assert judge("within", expected, actual, tolerance) is holds


@pytest.mark.parametrize(
    ("by", "expected", "tolerance"),
    [
        ("within", "7", ""),
        ("within", "7", "-1"),
        ("within", "7", "some"),
        ("within", "seven", "1"),
        ("at-least", "7", "1"),
        ("contains", "7", "1"),
    ],
)
def test_a_tolerance_stands_with_numbers_and_nowhere_else(by: str, expected: str, tolerance: str) -> None:
    with pytest.raises(ValueError, match="needs a number expected and a tolerance"):
        observation("x", by, expected, "7", source="probe", tolerance=tolerance)  # type: ignore[arg-type]


def test_a_tolerance_is_recorded_and_told(recorder: CaseRecorder) -> None:
    from csvgen.report.case_blocks import expected as in_reports

    observe = Observe(lambda: recorder)
    recorder.open(STEPS[2])
    observe("pH", expected="7.0", actual="7.05", unit="pH", tolerance="0.05", source="probe")
    with pytest.raises(ExpectationFailed, match=r"expected '7.0' pH \+/- 0.05 pH, observed '7.06' pH"):
        observe("pH", expected="7.0", actual="7.06", unit="pH", tolerance="0.05", source="probe")
    result = recorder.close(V.PASSED)
    assert result.verdict is V.FAILED
    assert [(o.comparison, o.tolerance, o.holds) for o in result.observations] == [
        ("within", "0.05", True),
        ("within", "0.05", False),
    ]
    assert in_reports(result.observations[0]) == "pH: 7.0 +/- 0.05 pH"


@given(st.decimals("0.001", "1000", places=6), st.decimals("0.9", "1.1", places=8))
def test_agreement_is_the_log_relative_error(certified: Decimal, ratio: Decimal) -> None:
    """Against the definition in binary floating point, which is near enough to compare four digits."""
    computed = certified * ratio
    found = agreement(str(certified), str(computed))
    error = abs(Fraction(computed) - Fraction(certified)) / Fraction(certified)
    digits = len(str(certified).replace(".", "").lstrip("0"))
    wanted = float(digits) if not error else min(-math.log10(float(error)), digits)
    assert float(found) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("what", "source", "expected", "comparison"),
    [
        ("", "x", "7", "equal"),
        ("x", "", "7", "equal"),
        ("x", "x", "", "equal"),
        ("x", "x", "", "not-equal"),
        ("x", "x", "", "contains"),
        ("x", "x", "", "at-least"),
        ("x", "x", "", "blank"),
    ],
)
def test_an_observation_that_says_nothing_is_an_error(what: str, source: str, expected: str, comparison: str) -> None:
    with pytest.raises(ValueError, match="needs what was looked at"):
        observation(what, comparison, expected, "7", source=source)  # type: ignore[arg-type]


# ------------------------------------------------------------------ verdicts


def test_the_worst_verdict_wins_and_nothing_is_not_run() -> None:
    order = [V.FAILED, V.ERROR, V.UNDEFINED, V.BLOCKED, V.SKIPPED, V.NOT_RUN, V.NOT_APPLICABLE, V.PASSED]
    assert set(order) == set(V)
    for index, verdict in enumerate(order):
        assert worst(order[index:]) is verdict
        assert worst([V.PASSED, verdict, V.PASSED]) is verdict
    assert worst([]) is V.NOT_RUN


STEPS = (Step(keyword="Given", text="a"), Step(keyword="When", text="b"), Step(keyword="Then", text="c"))


@pytest.fixture
def recorder() -> CaseRecorder:
    case = TestCase(
        id="TC-OQ-0001", title="probe", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="", ports=(),
        tags=(), steps=STEPS,
    )  # fmt: skip
    return CaseRecorder(case, SystemClock(), None, None, "main")


def run(recorder: CaseRecorder, *said: tuple[V, str, str]) -> None:
    """Each step: verdict of the executor, expected and actual of one observation (none when both are empty)."""
    for step, (verdict, expected, actual) in zip(STEPS, said, strict=False):
        recorder.open(step)
        if expected or actual:
            recorder.observe("value", "equal" if expected else "recorded", expected, actual, "probe", "")
        recorder.close(verdict, "" if verdict is V.PASSED else "reason")


SEEN, NONE = (V.PASSED, "7", "7"), (V.PASSED, "", "")


@pytest.mark.parametrize(
    ("said", "verdicts", "verdict", "reason"),
    [
        ((NONE, NONE, SEEN), [V.PASSED, V.PASSED, V.PASSED], V.PASSED, ""),
        ((NONE, NONE, NONE), [V.PASSED, V.PASSED, V.ERROR], V.ERROR, "compared nothing"),
        ((NONE, NONE, (V.PASSED, "", "noted")), [V.PASSED, V.PASSED, V.ERROR], V.ERROR, "compared nothing"),
        ((NONE, NONE, (V.PASSED, "7", "8")), [V.PASSED, V.PASSED, V.FAILED], V.FAILED, "expected '7', observed '8'"),
        (((V.PASSED, "7", "8"), NONE, SEEN), [V.FAILED, V.PASSED, V.PASSED], V.FAILED, "expected '7', observed '8'"),
        ((NONE, (V.ERROR, "", "")), [V.PASSED, V.ERROR, V.NOT_RUN], V.ERROR, "reason"),
        (((V.SKIPPED, "", ""),), [V.SKIPPED, V.NOT_RUN, V.NOT_RUN], V.SKIPPED, "reason"),
        (((V.BLOCKED, "", ""),), [V.BLOCKED, V.NOT_RUN, V.NOT_RUN], V.BLOCKED, "reason"),
        (((V.UNDEFINED, "", ""),), [V.UNDEFINED, V.NOT_RUN, V.NOT_RUN], V.UNDEFINED, "reason"),
        ((NONE, NONE), [V.PASSED, V.PASSED, V.NOT_RUN], V.NOT_RUN, "did not pass"),
        ((), [V.NOT_RUN] * 3, V.NOT_RUN, "did not pass"),
    ],
)  # fmt: skip
def test_the_verdict_follows_from_what_was_seen(
    recorder: CaseRecorder, said: tuple[tuple[V, str, str], ...], verdicts: list[V], verdict: V, reason: str
) -> None:
    run(recorder, *said)
    result = recorder.finish()
    assert [s.verdict for s in result.steps] == verdicts
    assert result.verdict is verdict
    assert reason in result.reason
    assert bool(result.reason) == bool(reason)


def test_a_swallowed_failure_still_counts(recorder: CaseRecorder) -> None:
    """The step catches what `observe` raises, goes on, and ends well: the record of the observation has the last word."""
    observe = Observe(lambda: recorder)
    run(recorder, NONE, NONE)
    recorder.open(STEPS[2])
    with pytest.raises(ExpectationFailed, match="value: expected '7', observed '8'"):
        observe("value", expected="7", actual="8", source="probe")
    observe("value", expected="7", actual="7", source="probe")
    assert recorder.close(V.PASSED).verdict is V.FAILED
    assert recorder.finish().verdict is V.FAILED


@pytest.mark.parametrize(("phase", "wanted"), [(V.ERROR, V.ERROR), (V.SKIPPED, V.SKIPPED), (V.PASSED, V.PASSED)])
def test_set_up_and_tear_down_only_make_it_worse(recorder: CaseRecorder, phase: V, wanted: V) -> None:
    run(recorder, NONE, NONE, SEEN)
    recorder.phase(phase, "tear-down")
    assert recorder.finish().verdict is wanted


def test_a_failed_step_is_not_bettered_by_a_phase(recorder: CaseRecorder) -> None:
    run(recorder, NONE, NONE, (V.PASSED, "7", "8"))
    recorder.phase(V.SKIPPED, "tear-down")
    assert recorder.finish().verdict is V.FAILED


def test_a_set_up_that_failed_says_so_though_no_step_ran(recorder: CaseRecorder) -> None:
    recorder.phase(V.ERROR, "setup: no database")
    result = recorder.finish()
    assert (result.verdict, result.reason) == (V.ERROR, "setup: no database")


def test_a_step_left_open_is_an_error(recorder: CaseRecorder) -> None:
    recorder.open(STEPS[0])
    result = recorder.finish()
    assert [s.verdict for s in result.steps] == [V.ERROR, V.NOT_RUN, V.NOT_RUN]
    assert "left open" in result.reason


@pytest.mark.parametrize(
    "act", [lambda r: r.observe("x", "equal", "1", "1", "s", ""), lambda r: r.attach(b"x", name="x", media_type="x")]
)
def test_nothing_is_observed_outside_a_step(recorder: CaseRecorder, act) -> None:
    with pytest.raises(RuntimeError, match="only be called while a step runs"):
        act(recorder)


def test_the_step_code_is_named_without_the_machine() -> None:
    from csvgen.execution.executor import step_code

    code = step_code(test_the_step_code_is_named_without_the_machine)
    assert code.file == "tests/execution/test_observe.py"
    assert code.line == inspect_line()
    assert not Path(code.file).is_absolute()


def inspect_line() -> int:
    import inspect

    return inspect.getsourcelines(test_the_step_code_is_named_without_the_machine)[1]


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("/home/somebody/csvgen/protocols/qc/OQ/conftest.py", "protocols/qc/OQ/conftest.py"),
        ("/opt/x/site-packages/csvgen/steps/lots.py", "csvgen/steps/lots.py"),
        ("/home/somebody/csvgen/csvgen/steps/lots.py", "csvgen/steps/lots.py"),
        ("/home/somebody/elsewhere/steps.py", "elsewhere/steps.py"),
    ],
)
def test_the_name_of_a_step_file_does_not_depend_on_where_the_project_lies(file: str, wanted: str) -> None:
    from csvgen.execution.executor import _short

    assert _short(file) == wanted
