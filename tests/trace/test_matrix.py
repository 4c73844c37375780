"""The matrix: requirement to evidence and back, gaps as rows, and nothing old that counts for something new."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from csvgen.canonical import canonical_json
from csvgen.model.execution import Verdict
from csvgen.model.protocol import Shortfall

from .conftest import B, E, F, N, P, S, U

IQ, ONE, TWO, PQ = "TC-IQ-0001", "TC-OQ-0001", "TC-OQ-0002", "TC-PQ-0001"


def all_passed(bench) -> None:
    bench.run("IQ-001", {IQ: P})
    bench.run("OQ-001", {ONE: P, TWO: P})
    bench.run("PQ-001", {PQ: P})


def gaps(bench) -> set[tuple[str, str]]:
    return {(g.kind, g.subject) for g in bench.matrix.gaps}


# ------------------------------------------------------------ forward and back


def test_everything_passed_leaves_no_gap(bench):
    all_passed(bench)
    assert bench.matrix.complete
    assert {r.requirement: r.coverage for r in bench.matrix.rows} == {
        "URS-TNY-001": "passed", "URS-TNY-002": "passed", "URS-TNY-003": "passed", "URS-TNY-004": "procedure",
    }  # fmt: skip


def test_one_row_leads_from_requirement_to_evidence(bench):
    all_passed(bench)
    row = bench.row("URS-TNY-002")
    assert (row.clauses, row.functions, row.risks) == (("11.10(a)",), ("FS-TNY-01",), ("RA-TNY-002", "RA-TNY-003"))
    assert [link.case for link in row.links] == [ONE, PQ]
    assert [a.run for link in row.links for a in link.attempts] == ["OQ-001", "PQ-001"]
    assert row.links[0].attempts[0].evidence == (f"{ONE}.1.1",)


def test_every_level_between_requirement_and_test_is_in_the_row(bench):
    first = bench.spec.functions[0]
    below = first.model_copy(update={"id": "CS-TNY-01", "implements": (first.id,), "level": "configuration"})
    deepest = first.model_copy(update={"id": "DS-TNY-01", "implements": ("CS-TNY-01",), "level": "design"})
    bench.spec = replace(bench.spec, functions=(below, deepest, first))
    all_passed(bench)
    assert bench.row("URS-TNY-002").functions == ("CS-TNY-01", "DS-TNY-01", "FS-TNY-01")
    assert bench.row("URS-TNY-004").functions == ()


def test_both_directions_say_the_same(bench):
    all_passed(bench)
    bench.run("OQ-002", {TWO: F})
    forward = {(r.requirement, link.case, link.final) for r in bench.matrix.rows for link in r.links}
    backward = {(u, r.case, r.final) for r in bench.matrix.reverse for u in r.requirements}
    assert forward == backward
    assert {r.case for r in bench.matrix.reverse} == set(bench.protocol.case)


def test_requirement_met_by_procedure_says_by_which(bench):
    row = bench.row("URS-TNY-004")
    assert (row.coverage, row.links) == ("procedure", ())
    assert row.reason.startswith("SOP-TNY-01:")


# ------------------------------------------------------------ which result counts


def test_last_run_decides_for_better_and_for_worse(bench):
    bench.run("OQ-001", {ONE: F, TWO: P})
    bench.run("OQ-002", {ONE: P})
    bench.run("OQ-003", {TWO: F})
    finals = {r.case: (r.final, r.runs) for r in bench.matrix.reverse}
    assert finals[ONE] == (P, ("OQ-001", "OQ-002")), "the failed attempt stays visible beside the passed one"
    assert finals[TWO] == (F, ("OQ-001", "OQ-003")), "a later failure is not outweighed by an earlier pass"


@pytest.mark.parametrize(
    "changed",
    [{"mode": "engineering"}, {"scope": "partial"}, {"seal": None, "digest": None}, {"problems": ("a file was changed",)}],
    ids=["engineering", "partial", "unsealed", "damaged"],
)
def test_runs_that_count_for_nothing(bench, changed):
    bench.run("OQ-001", {ONE: P, TWO: P}, **changed)
    assert bench.row("URS-TNY-003").coverage == "gap"
    assert not bench.matrix.runs
    assert ("case-not-run", TWO) in gaps(bench)


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.PASSED])
def test_only_passed_is_passed(bench, verdict):
    all_passed(bench)
    bench.run("OQ-002", {TWO: verdict})
    assert bench.row("URS-TNY-003").coverage in ("gap", "failed")
    assert not bench.matrix.complete


def test_requirement_needs_every_one_of_its_cases(bench):
    for outcomes in itertools.product((P, F, N), repeat=2):
        bench.runs.clear()
        bench.run("OQ-001", {ONE: outcomes[0]})
        bench.run("PQ-001", {PQ: outcomes[1]})
        assert (bench.row("URS-TNY-002").coverage == "passed") is (outcomes == (P, P))


def test_result_in_another_wording_does_not_count(bench):
    """The stale matrix: the case was reworded after it passed. Its old result stays visible and counts for nothing."""
    all_passed(bench)
    feature = next(f for f in bench.protocol.features if f.cases[0].id == TWO)
    reworded = replace(feature.cases[0], steps=(*feature.cases[0].steps, feature.cases[0].steps[-1]))
    others = tuple(f for f in bench.protocol.features if f is not feature)
    bench.protocol = replace(bench.protocol, features=(*others, replace(feature, cases=(reworded,))))
    row = bench.row("URS-TNY-003")
    attempt = next(link for link in row.links if link.case == TWO).attempts[0]
    assert (row.coverage, attempt.run, attempt.verdict) == ("gap", "OQ-001", N)
    assert "another wording" in attempt.reason
    assert ("case-not-run", TWO) in gaps(bench)


def test_removed_case_counts_for_its_requirement_no_more(bench):
    """The test that other tools fail: take the case away, keep its passed result, and the requirement must become a gap."""
    all_passed(bench)
    bench.without(TWO, PQ)
    row = bench.row("URS-TNY-003")
    assert (row.coverage, row.links) == ("gap", ())
    assert ("requirement-without-test", "URS-TNY-003") in gaps(bench)
    assert TWO not in canonical_json(bench.matrix).decode(), "no trace of the old result claims anything"


def test_case_that_serves_another_requirement_now(bench):
    all_passed(bench)
    features = tuple(
        replace(f, cases=tuple(replace(c, requirements=("URS-TNY-002",)) if c.id == TWO else c for c in f.cases))
        for f in bench.protocol.features
    )
    bench.protocol = replace(bench.protocol, features=features)
    bench.without(PQ)
    assert bench.row("URS-TNY-003").links == ()
    links = bench.row("URS-TNY-002").links
    assert [(link.case, link.final) for link in links] == [(ONE, P), (TWO, N)], (
        "what a case serves is part of its approved wording"
    )


def test_matrix_is_made_from_scratch_each_time(bench, drafted):
    """The same inputs give the same bytes whatever was traced before."""
    all_passed(bench)
    bench.matrix  # noqa: B018 - an earlier build must leave nothing behind
    bench.without(TWO)
    after = canonical_json(bench.matrix)
    from .conftest import Bench

    fresh = Bench(*drafted)
    all_passed(fresh)
    fresh.without(TWO)
    assert canonical_json(fresh.matrix) == after


# ------------------------------------------------------------ gaps are rows


def test_nothing_executed_is_all_gaps(bench):
    assert {(k, s) for k, s in gaps(bench) if k == "case-not-run"} == {("case-not-run", c) for c in (IQ, ONE, TWO, PQ)}
    assert {s for k, s in gaps(bench) if k == "requirement-not-passed"} == {"URS-TNY-001", "URS-TNY-002", "URS-TNY-003"}


def test_case_without_requirement_is_a_gap(bench):
    all_passed(bench)
    bench.spec = replace(bench.spec, requirements=tuple(r for r in bench.spec.requirements if r.id != "URS-TNY-001"))
    assert ("case-without-requirement", IQ) in gaps(bench)


def test_risk_without_test_is_a_gap(bench):
    all_passed(bench)
    bench.without(IQ)
    assert ("risk-without-test", "RA-TNY-001") in gaps(bench)


def test_shortfall_of_the_depth_policy_is_a_gap(bench):
    all_passed(bench)
    bench.protocol = replace(
        bench.protocol, shortfalls=(Shortfall(requirement="URS-TNY-002", what="negative", reason="nothing gives it"),)
    )
    assert gaps(bench) == {("policy-shortfall", "URS-TNY-002")}
    assert not bench.matrix.complete


def test_open_deviation_is_a_gap_until_it_is_signed(bench):
    all_passed(bench)
    bench.runs.insert(1, bench.runs.pop())
    bench.dispose("DEV-001", "IQ-001", IQ, "retest", signed=False)
    assert gaps(bench) == {("deviation-open", "DEV-001")}
    bench.deviations.clear()
    bench.dispose("DEV-001", "IQ-001", IQ, "retest")
    assert not gaps(bench)


def test_accepted_failure_is_restricted_and_stays_a_gap(bench):
    """Accepting is not passing: the row says restricted, and the package is not called complete."""
    all_passed(bench)
    bench.run("OQ-002", {TWO: B})
    bench.run("PQ-002", {PQ: P})
    bench.dispose("DEV-001", "OQ-002", TWO, "accept-with-restriction")
    assert bench.row("URS-TNY-003").coverage == "restricted"
    assert ("requirement-not-passed", "URS-TNY-003") in gaps(bench)


def test_acceptance_of_an_earlier_run_does_not_excuse_a_later_failure(bench):
    all_passed(bench)
    bench.run("OQ-002", {TWO: B})
    bench.dispose("DEV-001", "OQ-002", TWO, "accept-with-restriction")
    bench.run("OQ-003", {TWO: F})
    assert bench.row("URS-TNY-003").coverage == "failed"


def test_unsigned_acceptance_restricts_nothing(bench):
    all_passed(bench)
    bench.run("OQ-002", {TWO: B})
    bench.dispose("DEV-001", "OQ-002", TWO, "accept-with-restriction", signed=False)
    assert bench.row("URS-TNY-003").coverage == "gap"


# ------------------------------------------------------------ residual risk


def test_residual_rating_is_claimed_then_supported_then_lost(bench):
    def said() -> str:
        return next(t for t in bench.row("URS-TNY-001").residual if t.startswith("RA-TNY-001"))

    assert "claimed, not yet supported" in said()
    bench.run("IQ-001", {IQ: P})
    assert "supported by 1 passed cases" in said()
    bench.run("IQ-002", {IQ: E})
    assert "back to initial" in said()


@pytest.mark.parametrize("verdict", [B, S, U, N])
def test_undecided_test_supports_no_residual_rating(bench, verdict):
    bench.run("IQ-001", {IQ: verdict})
    assert "supported by" not in str(bench.row("URS-TNY-001").residual)
