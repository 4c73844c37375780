"""Deviations in the room: open first, as observed; investigated, signed, repeated and closed by the verbs of the command line."""

from __future__ import annotations

import pytest

from csvgen.workflow.deviating import age

from .conftest import words

FIELDS = {
    "cause": "environment", "classification": "major", "root_cause": "The value was never set.", "impact": "No result rests on it.",
    "correction": "Set right, and looked at.", "change_reference": "CHG-7", "decision": "retest", "retest": "TC-IQ-0001", "restriction": "",
}  # fmt: skip


@pytest.fixture
def room(visitors):
    return visitors("iq-failed")


def put_up(browser, **changed: str):
    browser.get("/deviations/DEV-001")
    return browser.post("/deviations/DEV-001/investigate", {**FIELDS, **changed})


def test_from_open_to_closed(room):
    """As a tester, a system owner and quality go through it; each step is on record as theirs."""
    tester = room.of("nadia.corso")
    listed = tester.told("/deviations")
    assert "DEV-001 ○ not investigated 0 days not classified TC-IQ-0001 in IQ-001 ✗ failed 3 5 not repeated" in listed
    told = tester.told("/deviations/DEV-001")
    assert "Expected 3 Observed 5" in told
    assert "Nobody has investigated it yet" in told
    before = room.tiny.ledger.head().count
    assert put_up(tester).headers["location"] == "/deviations/DEV-001"
    (event,) = [e for e in room.tiny.ledger.events(after=before) if e.action == "publish"]
    assert (event.person, event.record) == ("nadia.corso", "TNY-DEV-001 r1")
    told = tester.told("/deviations/DEV-001")
    assert "waits for signatures" in told
    assert "The value was never set." in told
    assert "Order the retest" not in told
    refused = tester.post("/deviations/DEV-001/retest", {"account": "ci-runner"})
    assert refused.status_code == 422
    assert "no signed disposition of DEV-001 decided for a retest" in words(refused.text)
    room.tiny.sign_all("tomas.feld", "ruth.amsel")
    told = tester.told("/deviations/DEV-001")
    assert "✓ closed" in told
    assert "decision: retest" in told
    assert "Order the retest of TC-IQ-0001" in told
    answer = tester.post("/deviations/DEV-001/retest", {"account": "ci-runner"})
    assert answer.headers["location"] == "/documents/TNY-XO-IQ-002"
    order = room.tiny.state.latest("TNY-XO-IQ-002")
    assert (order.content["retest"], order.content["released_by"]) == (["TC-IQ-0001"], ["DEV-001"])
    assert "Ordered: TNY-XO-IQ-002 , not executed yet" in tester.told("/deviations/DEV-001")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"root_cause": "  "}, "root cause is empty"),
        ({"decision": ""}, "decision is empty"),
        ({"classification": "harmless"}, "classification"),
        ({"impact": "TO BE WRITTEN"}, "it still says 'TO BE WRITTEN'"),
        ({"decision": "accept-with-restriction"}, "it accepts with a restriction and states none"),
        ({"correction": "abc\u202edef"}, "hidden characters"),
        ({"change_reference": "two\nlines"}, "change reference"),
    ],
)
def test_what_cannot_be_put_up_says_why_and_keeps_what_was_typed(room, changed, why):
    tester = room.of("nadia.corso")
    before = room.tiny.ledger.head().count
    answer = put_up(tester, **changed)
    assert answer.status_code in (403, 422)
    assert why in words(answer.text)
    assert [e for e in room.tiny.ledger.events(after=before) if e.action == "publish"] == []
    assert room.tiny.state.latest("TNY-DEV-001") is None
    if answer.status_code == 422:
        assert "Set right, and looked at." in answer.text or "correction" in changed
        assert 'value="CHG-7"' in answer.text or "change_reference" in changed


def test_who_may_not_classify_is_shown_no_form(room):
    quality = room.of("ruth.amsel")
    told = quality.told("/deviations/DEV-001")
    assert "Put the disposition up" not in told
    assert "takes a role that may classify deviations" in told


def test_hostile_words_of_an_investigation_are_words(room):
    tester = room.of("nadia.corso")
    bad = "</textarea><script>alert(1)</script>\"'>"
    assert put_up(tester, root_cause=bad, impact=bad, correction=bad, change_reference=bad, restriction=bad).status_code == 303
    for address in (
        "/deviations",
        "/deviations/DEV-001",
        "/deviations?find=%3Cscript%3Ealert(1)&standing=%22%3E%3Ci%3E",
        "/trace?id=DEV-001",
    ):
        page = tester.get(address).text
        assert "<script>alert" not in page
        assert '"><i>' not in page
    page = tester.get("/deviations/DEV-001").text
    assert page.count("&lt;script&gt;alert(1)") >= 8, "shown, and in the form for another investigation"
    assert put_up(tester, root_cause=bad, decision="").text.count("<script>alert") == 0


def test_filter_and_absent(room):
    tester = room.of("nadia.corso")
    assert "Nothing fits this filter" in tester.told("/deviations?standing=closed")
    assert "1 of 1" in tester.told("/deviations?find=tc-iq")
    assert tester.get("/deviations/DEV-999").status_code == 404


def test_age_is_whole_days_and_never_less_than_none():
    assert age("2026-11-01T10:00:00.000000Z", "2026-11-03T09:59:59.000000Z") == 1
    assert age("2026-11-03T10:00:00.000000Z", "2026-11-01T10:00:00.000000Z") == 0
