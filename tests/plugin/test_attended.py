"""What an automated run may not do for a person, and what it may not pass over in silence."""

from __future__ import annotations

import pytest

from .test_false_results import Side, feature

CHARTER = """  @charter @attended
  Scenario: TC-OQ-0001 session
    Given a thing
    Then it is there
"""
SILENT = """  Scenario: TC-OQ-0002 silent
    Given a thing
    Then it is there
"""


@pytest.fixture
def side(pytester: pytest.Pytester) -> Side:
    return Side(pytester, "csvgen")


def test_an_attended_case_is_not_run_and_not_passed(side: Side) -> None:
    """The steps have definitions and would pass."""
    outcome = side.run(feature(CHARTER))
    assert outcome.code != 0
    assert outcome.counts.get("passed", 0) == 0
    assert outcome.steps == {"TC-OQ-0001": ["not_run", "not_run"]}
    assert any("attended: a person carries it out" in line for line in outcome.lines)


def test_a_dry_run_counts_attended_cases_apart(side: Side) -> None:
    outcome = side.run(feature(CHARTER.replace("a thing", "nobody defined this"), SILENT), "--csvgen-dry")
    assert any("DRY RUN: nothing was executed: 1 cases, 2 steps" in line for line in outcome.lines)
    assert any("1 attended cases: no automated run executes them" in line for line in outcome.lines)


def test_a_silent_step_is_an_error_where_every_step_has_to_leave_evidence(side: Side) -> None:
    asked = side.run(feature(SILENT.replace("  Scenario", "  @evidence-every-step\n  Scenario")))
    assert asked.steps == {"TC-OQ-0002": ["error", "not_run"]}
    assert any("left neither observation nor file" in line for line in asked.lines)


def test_a_silent_step_passes_where_only_checks_have_to(side: Side) -> None:
    assert side.run(feature(SILENT)).steps == {"TC-OQ-0002": ["passed", "passed"]}
