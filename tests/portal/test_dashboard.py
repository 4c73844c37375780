"""The dashboard: figures that follow from the records, and assumptions that are printed as such and can be replaced."""

from __future__ import annotations

import pytest

from csvgen.workflow.figures import MINUTES, figures


@pytest.fixture(scope="module")
def found(reading):
    return figures(reading.tiny.state)


def test_figures_are_counted_from_the_records(reading, found):
    state = reading.tiny.state
    assert found.coverage == {"gap": 2, "passed": 1, "procedure": 1}
    assert (dict(found.initial), dict(found.now)) == ({"high": 3, "medium": 0, "low": 0}, {"high": 0, "medium": 0, "low": 3})
    assert found.residual == {"shown": 1, "claimed": 2}
    assert [(w.run, w.passed, w.standing) for w in found.went] == [("IQ-001", 0, 0), ("IQ-002", 1, 1)]
    work = {a.key: a.counted for a in found.work}
    assert work["scripts"] == len(state.protocol.cases)
    assert work["evidence"] == sum(len(s.attachments) for r in state.runs for c in r.results for s in c.steps)
    assert work["links"] == sum(len(r.links) + len(r.risks) for r in state.matrix.rows)
    assert work["documents"] == sum(a.document.kind in ("plan", "urs", "fs", "risk", "iq-protocol", "oq-protocol", "pq-protocol", "iq-report") for a in state.approvals)  # fmt: skip
    assert len(found.cycles) == sum(bool(a.completed) for a in state.approvals)
    assert all(c.hours >= 0 for c in found.cycles)


def test_a_failed_case_takes_the_risk_back(stages):
    """The failed run counts, whatever a later one says: here there is none yet."""
    found = figures(stages.at("iq-failed").state)
    assert dict(found.now) == {"high": 1, "medium": 0, "low": 2}
    assert found.residual["back to initial"] == 1
    assert [s.open for s in found.deviations] == [True]


def test_assumptions_are_printed_and_can_be_replaced(reading, found):
    browser = reading.of("pavel.broz")
    told = browser.told("/dashboard")
    hours = sum(a.counted * (a.by_hand - a.with_csvgen) for a in found.work) / 60
    assert f"saved: {hours:,.1f} h" in told
    assert "the minutes are assumed" in told
    assert "Nobody has timed" in told
    own = "&".join(f"{key}-hand=1&{key}-left=1" for key in MINUTES)
    told = browser.told(f"/dashboard?{own}")
    assert "saved: 0.0 h" in told
    assert "With the minutes that were put in" in told
    assert "-hand" in browser.page
    assert f"saved: {hours:,.1f} h" in browser.told("/dashboard?scripts-hand=%3Cb%3E&steps-left=-5")


def test_reviews_that_are_due_are_named(reading):
    told = reading.of("pavel.broz").told("/dashboard")
    assert "no complete review is signed" in told
    assert "neither aging nor another periodic check of passwords is chosen" in told
