"""What a validation as a whole comes to by the printed rule: never better than its worst phase, its gaps and its restrictions."""

from __future__ import annotations

import pytest

from csvgen.model.execution import Verdict
from csvgen.model.matrix import Gap
from csvgen.trace.matrix import trace
from csvgen.trace.overall import overall, phases_of, reports_of

from ..report.material import disposed, protocol_with, runs_of, spec_with


@pytest.fixture(scope="module")
def parts():
    spec = spec_with(())
    protocol = protocol_with(spec, "")
    runs, deviations = runs_of(protocol, ""), disposed(protocol, "")
    return spec, protocol, trace(spec, protocol, runs, deviations), runs, deviations


def bare(matrix, *kept):
    """The matrix without the gaps of the small protocol; only those named stay."""
    return matrix.model_copy(update={"gaps": tuple(g for g in matrix.gaps if g.subject in kept)})


def test_a_gap_makes_it_not_eligible_and_is_named(parts):
    spec, protocol, matrix, runs, deviations = parts
    gap = Gap(kind="requirement-without-test", subject="URS-QC-001", detail="verified by test, and no test was drafted")
    whole = overall(spec, protocol, bare(matrix).model_copy(update={"gaps": (gap,)}), runs, deviations)
    assert whole.outcome == "not eligible"
    assert whole.reasons == ("gap, requirement without test: URS-QC-001: verified by test, and no test was drafted",)


def test_what_is_restricted_alone_is_eligible_with_restrictions_and_told_once(parts):
    spec, protocol, matrix, runs, deviations = parts
    whole = overall(spec, protocol, bare(matrix, "URS-QC-031"), runs, deviations)
    assert [g.kind for g in bare(matrix, "URS-QC-031").gaps] == ["requirement-not-passed"]
    assert (whole.outcome, whole.reasons) == ("eligible with restrictions", ())
    [only] = whole.restrictions
    assert only.startswith("OQ: TC-OQ-0003 BLOCKED (DEV-002): no production lot before it is shown")


def test_without_anything_against_it_is_eligible(parts):
    spec, protocol, matrix, runs, deviations = parts
    passed = [r if r.final == "PASSED" else r.model_copy(update={"final": Verdict.PASSED}) for r in matrix.reverse]
    clean = bare(matrix).model_copy(update={"reverse": tuple(passed)})
    found = overall(spec, protocol, clean, runs, deviations)
    assert (found.outcome, found.reasons, found.restrictions) == ("eligible", (), ())


def test_an_unsigned_disposition_makes_it_not_eligible(parts):
    spec, protocol, matrix, runs, _ = parts
    unsigned = disposed(protocol, "", signed=False)
    whole = overall(spec, protocol, bare(matrix), runs, unsigned)
    assert whole.outcome == "not eligible"
    assert {"IQ: DEV-001 has no signed disposition", "OQ: DEV-002 has no signed disposition"} <= set(whole.reasons)


def test_a_phase_that_was_never_executed_makes_it_not_eligible(parts):
    spec, protocol, _, runs, deviations = parts
    before = tuple(r for r in runs if r.plan.phase != "PQ")
    matrix = trace(spec, protocol, before, deviations)
    whole = overall(spec, protocol, bare(matrix), before, deviations)
    assert "PQ: TC-PQ-0001 NOT_RUN" in whole.reasons
    assert [c.outcome for c in whole.phases] == ["eligible", "eligible with restrictions", "not eligible"]


def test_a_rating_that_fell_back_is_told_as_a_restriction(parts):
    spec, protocol, matrix, runs, deviations = parts
    first, *rest = bare(matrix).rows
    fallen = first.model_copy(update={"residual": ("RA-QC-001: back to initial high, a mitigating test failed",)})
    whole = overall(spec, protocol, bare(matrix).model_copy(update={"rows": (fallen, *rest)}), runs, deviations)
    assert "residual risk RA-QC-001: back to initial high, a mitigating test failed" in whole.restrictions


def test_the_plan_cannot_leave_a_phase_with_cases_out_but_can_ask_for_one_more(parts):
    from dataclasses import replace

    spec, protocol, *_ = parts
    assert reports_of(spec, protocol) == ("iq-report", "oq-report", "pq-report")
    without = replace(protocol, features=tuple(f for f in protocol.features if f.phase != "PQ"))
    assert phases_of(spec, without) == ("IQ", "OQ", "PQ"), "the plan of the example demands a report of the PQ"
    unasked = tuple(d for d in spec.plan.deliverables if "pq-report" not in d.kinds)
    spec = replace(spec, plan=spec.plan.model_copy(update={"deliverables": unasked}))
    assert phases_of(spec, without) == ("IQ", "OQ")
    first, *rest = spec.plan.deliverables
    asked = first.model_copy(update={"kinds": ("pq-report",), "needed": "yes"})
    plan = spec.plan.model_copy(update={"deliverables": (asked, *rest)})
    assert phases_of(replace(spec, plan=plan), without) == ("IQ", "OQ", "PQ")
