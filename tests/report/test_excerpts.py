"""What a step table prints of long values and of steps that never ran, and that verification finds what was printed otherwise."""

from __future__ import annotations

import hashlib

import pytest

from csvgen.model.execution import Observation, StepResult, Verdict
from csvgen.model.protocol import Step, TestCase
from csvgen.report import signs
from csvgen.report.case_blocks import expected, observed, step_rows
from csvgen.report.wording import IN_ENGLISH
from csvgen.verification.equal_runs import _holds, _printed

LONG = "word " * 100


def seen(actual: str, wanted: str = LONG, by: str = "equal") -> Observation:
    return Observation(what="list", comparison=by, expected=wanted, actual=actual, source="port", holds=True)


def test_both_sides_of_a_long_value_show_beginning_length_and_digest():
    digest = hashlib.sha256(LONG.encode()).hexdigest()
    for cell in (expected(seen(LONG)), observed(seen(LONG))):
        assert f"word ... (500 characters in all, sha256:{digest})" in cell and len(cell) < 300
        assert (_printed if cell.startswith("word") else _holds)(
            LONG, cell, IN_ENGLISH, *([{}] if cell.startswith("word") else [])
        )


@pytest.mark.parametrize("other", [LONG + "x", LONG.replace("word", "Word", 1), LONG[:-5] + "Word "])
def test_another_long_value_is_not_the_one_printed(other):
    assert not _printed(other, observed(seen(LONG)), IN_ENGLISH, {})
    assert not _holds(other, expected(seen(LONG)), IN_ENGLISH)


def test_a_value_kept_as_a_file_is_told_by_the_digest_of_the_file():
    kept = f"{'x' * 4000} ... (9000 characters; whole value in TC-OQ-0001.1.1)"
    files = {"TC-OQ-0001.1.1": "sha256:" + "a" * 64}
    cell = observed(seen(kept, "x"), files)
    assert f"... (9000 characters in all, sha256:{'a' * 64})" in cell and "4000" not in cell and "4061" not in cell
    assert _printed(kept, cell, IN_ENGLISH, files)
    assert not _printed(kept, cell, IN_ENGLISH, {"TC-OQ-0001.1.1": "sha256:" + "b" * 64})


def test_what_a_report_of_an_earlier_release_printed_is_still_found():
    assert _printed(LONG, f"{LONG[:300]} ... (500 characters in all)\n[port]", IN_ENGLISH, {})
    assert _holds(LONG, f"list: {LONG[:300]} ... (500 characters in all)", IN_ENGLISH)


def test_a_part_that_was_looked_for_stands_between_whole_words():
    text = "alphabet " * 20 + "needle" + " betatest" * 20
    assert observed(seen(text, "needle", "contains")).startswith("... alphabet")
    assert "betatest ... (366 characters in all)" in observed(seen(text, "needle", "contains"))


def test_a_step_that_never_ran_expects_nothing_has_no_evidence_and_names_the_deviation():
    step = StepResult(
        number=1, keyword="Then", text="it is so", verdict=Verdict.NOT_RUN, reason="the case was not begun: no port"
    )
    ((_, _, wanted, told, verdict, evidence, deviation),) = step_rows(step, "DEV-002")
    assert (wanted, told, verdict, evidence, deviation) == ("-", "the case was not begun: no port", "NOT RUN", "none", "DEV-002")


def test_the_key_tells_of_the_signs_that_occur_and_of_no_other():
    def case(text: str) -> TestCase:
        return TestCase(
            id="TC-OQ-0001", title="t", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="", why="",
            ports=(), tags=(), steps=(Step(keyword="When", text=text),),
        )  # fmt: skip

    (table,) = signs.key([case('the day is "{today+30}" and the line "a[tab]b"')])
    assert [row[0] for row in table.rows] == ["{today+30}, {today-10}", "[tab]"]
    assert signs.key([case("nothing stands for anything")]) == ()
