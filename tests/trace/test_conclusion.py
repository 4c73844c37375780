"""The rule by which a phase may be concluded, case by case."""

from __future__ import annotations

import itertools

import pytest

from csvgen.model.counterpart import Counterpart
from csvgen.model.execution import TargetState, Verdict
from csvgen.trace.conclusion import RULE, conclude

from .conftest import AT, B, F, P

ONE, TWO = "TC-OQ-0001", "TC-OQ-0002"


def outcome(bench, phase: str = "OQ"):
    return conclude(phase, bench.protocol, bench.matrix, bench.runs, bench.deviations)


def test_all_passed_is_eligible(bench):
    bench.run("OQ-001", {ONE: P, TWO: P})
    found = outcome(bench)
    assert (found.outcome, found.reasons, found.restrictions) == ("eligible", (), ())
    assert (found.planned, found.passed, found.verdicts, found.runs) == (2, 2, {"PASSED": 2}, ("OQ-001",))


def asked(*counterparts: tuple[str, str]) -> TargetState:
    named = tuple(Counterpart(kind=kind, name=name, version="1") for kind, name in counterparts)
    return TargetState(name="t", instance="i", components=(), configuration=(), read_at=AT, counterparts=named)


def test_what_a_stub_or_an_emulator_answered_is_a_restriction(bench):
    bench.run("OQ-001", {ONE: F, TWO: P}, target_start=asked(("stub", "of an earlier run")))
    bench.run(
        "OQ-002",
        {ONE: P, TWO: P},
        target_start=asked(("real server", "LIMS")),
        targets=(asked(("emulator", "moto"), ("stub", "Jira")),),
    )
    found = outcome(bench)
    assert (found.outcome, found.reasons, found.passed) == ("eligible with restrictions", (), 2)
    tail = "that shows the shape of the calls, not the behaviour of the system it stands for"
    assert found.restrictions == tuple(f"OQ-002 was answered by the {who}: {tail}" for who in ("emulator moto", "stub Jira"))


def test_a_real_server_is_no_restriction(bench):
    bench.run("OQ-001", {ONE: P, TWO: P}, target_start=asked(("real server", "LIMS")), target_end=asked(("real server", "LIMS")))
    assert outcome(bench).outcome == "eligible"


def test_nothing_executed_is_not_eligible(bench):
    found = outcome(bench)
    assert found.outcome == "not eligible"
    assert found.reasons == (f"{ONE} NOT_RUN", f"{TWO} NOT_RUN")


def test_phase_without_cases_is_not_eligible(bench):
    bench.without(ONE, TWO)
    assert outcome(bench).outcome == "not eligible"


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.PASSED])
def test_any_other_verdict_is_not_eligible(bench, verdict):
    bench.run("OQ-001", {ONE: P, TWO: verdict})
    assert outcome(bench).outcome == "not eligible"


def test_failure_repeated_after_a_signed_disposition_is_eligible(bench):
    bench.run("OQ-001", {ONE: P, TWO: F})
    bench.dispose("DEV-001", "OQ-001", TWO, "retest")
    assert outcome(bench).outcome == "not eligible"
    bench.run("OQ-002", {TWO: P})
    assert outcome(bench).outcome == "eligible"


def test_open_deviation_stands_against_it_even_when_everything_passed_later(bench):
    bench.run("OQ-001", {ONE: P, TWO: F})
    bench.run("OQ-002", {TWO: P})
    bench.dispose("DEV-001", "OQ-001", TWO, "retest", signed=False)
    found = outcome(bench)
    assert (found.outcome, found.reasons) == ("not eligible", ("DEV-001 has no signed disposition",))


def test_accepted_with_restriction_is_eligible_with_restrictions_and_says_which(bench):
    bench.run("OQ-001", {ONE: P, TWO: B})
    bench.dispose("DEV-001", "OQ-001", TWO, "accept-with-restriction")
    found = outcome(bench)
    assert found.outcome == "eligible with restrictions"
    assert found.restrictions == (f"{TWO} BLOCKED (DEV-001): never on Sundays",)


@pytest.mark.parametrize("verdict", [F, B])
def test_a_phase_in_which_nothing_passed_is_not_eligible_whatever_was_accepted(bench, verdict):
    """Restrictions restrict what was shown: where nothing was, there is nothing to restrict."""
    bench.run("OQ-001", {ONE: verdict, TWO: B})
    bench.dispose("DEV-001", "OQ-001", ONE, "accept-with-restriction")
    bench.dispose("DEV-002", "OQ-001", TWO, "accept-with-restriction")
    found = outcome(bench)
    assert (found.outcome, found.passed) == ("not eligible", 0)
    assert found.reasons == ("no case of this phase passed, so nothing was shown",)
    assert len(found.restrictions) == 2, "what was accepted is still told"
    bench.run("OQ-002", {ONE: P})
    assert outcome(bench).outcome == "eligible with restrictions", "one that passed is something"
    assert outcome(bench).restrictions == (f"{TWO} BLOCKED (DEV-002): never on Sundays",)


@pytest.mark.parametrize("decision", ["retest", "reject"])
def test_other_decisions_accept_nothing(bench, decision):
    bench.run("OQ-001", {ONE: P, TWO: F})
    bench.dispose("DEV-001", "OQ-001", TWO, decision)
    assert outcome(bench).outcome == "not eligible"


def test_acceptance_ends_with_the_next_execution(bench):
    """A later failure is another deviation; the acceptance of the earlier one does not cover it."""
    bench.run("OQ-001", {ONE: P, TWO: B})
    bench.dispose("DEV-001", "OQ-001", TWO, "accept-with-restriction")
    bench.run("OQ-002", {TWO: F})
    assert outcome(bench).outcome == "not eligible"


def test_one_restriction_does_not_hide_another_failure(bench):
    bench.run("OQ-001", {ONE: F, TWO: B})
    bench.dispose("DEV-002", "OQ-001", TWO, "accept-with-restriction")
    assert outcome(bench).outcome == "not eligible"


def test_deviations_of_other_phases_stand_against_their_own(bench):
    bench.run("OQ-001", {ONE: P, TWO: P})
    bench.run("IQ-001", {"TC-IQ-0001": F})
    bench.dispose("DEV-001", "IQ-001", "TC-IQ-0001", "retest", signed=False)
    assert outcome(bench).outcome == "eligible"
    assert outcome(bench, "IQ").outcome == "not eligible"


def test_eligible_means_every_case_passed_whatever_the_history(bench):
    """Over all short histories: eligible exactly when each case's last verdict is PASSED and nothing is open."""
    for first, second in itertools.product((P, F, B, None), repeat=2):
        bench.runs.clear()
        bench.run("OQ-001", {ONE: P, TWO: first or P})
        if second:
            bench.run("OQ-002", {TWO: second})
        last = second or first or P
        assert (outcome(bench).outcome == "eligible") is (last is P)


def test_rule_is_printed_in_words():
    assert "last formal, sealed run" in RULE
    assert "did not pass" in RULE
    assert "no case passed has shown nothing" in RULE
