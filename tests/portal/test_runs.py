"""Runs in the room: the ledger of all, one with its steps, evidence handed out as it was kept, one that goes on followed."""

from __future__ import annotations

import json
import re

import pytest

from csvgen.portal.pages import runs as page_of_runs
from csvgen.portal.routing import routes
from csvgen.workflow.ledger_of_runs import ledger
from csvgen.workflow.signing import SigningDesk

from .going import NAME, going_on


def test_a_run_shows_cases_steps_expected_and_observed(reading):
    browser = reading.of("pavel.broz")
    told = browser.told("/runs")
    assert told.index("IQ-002") < told.index("IQ-001"), "the newest first"
    told = browser.told("/runs/IQ-001")
    for part in (
        "sealed, reviewed",
        "TC-IQ-0001 ✗ failed",
        "failures_to_lock: 3",
        "✗ 5 (equal; Installation.configuration)",
        "TNY-RUN-IQ-001 r1",
        "DEV-001 ✓ closed",
        "ci-runner",
    ):
        assert part in told, part
    assert "No case fits" in browser.told("/runs/IQ-001?standing=PASSED")
    assert browser.get("/runs/OQ-999").status_code == 404


def test_evidence_of_a_step_is_behind_its_link(reading):
    browser = reading.of("pavel.broz")
    run = reading.tiny.state.run("IQ-001")
    kept = next(a for r in run.results for s in r.steps for a in s.attachments)
    path = reading.tiny.root / "output/tiny/runs/IQ-001/evidence" / kept.sha256[7:9] / kept.sha256[7:]
    for address in ("/runs/IQ-001", "/cases/TC-IQ-0001", "/deviations/DEV-001", "/trace?id=IQ-001+TC-IQ-0001.1.1"):
        page = browser.get(address).text
        link = re.search(r'href="(/evidence/IQ-001/[^"]+)"', page)
        assert link or address == "/deviations/DEV-001", address  # the step that failed has none
        if link:
            assert browser.get(link.group(1)).content == path.read_bytes()


@pytest.fixture
def going(visitors):
    room = visitors("iq-failed")
    with going_on(room.tiny):
        yield room, NAME, room.tiny.root / "output/tiny/runs" / NAME


def test_a_run_that_goes_on_says_how_far_without_any_script(going):
    room, name, _ = going
    browser = room.of("pavel.broz")
    assert "open: going on, or its process died" in browser.told("/runs")
    for address in (f"/runs/{name}", f"/runs/{name}/progress"):
        told = browser.told(address)
        assert "Cases finished 1 of 2" in told
        assert "1 passed" in told
        assert "TC-OQ-0002: 1 Given the file two.txt is there" in told


def test_a_stream_tells_changes_and_ends_by_itself(going, monkeypatch):
    room, name, _ = going
    monkeypatch.setattr(page_of_runs, "_LOOKS", 3)
    monkeypatch.setattr(page_of_runs, "_EVERY", 0.0)
    answer = room.of("pavel.broz").get(f"/runs/{name}/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: {")]
    assert [(t["finished"], t["planned"], t["verdicts"]) for t in told] == [(1, 2, {"PASSED": 1})], "three looks, one change"
    assert told[0]["going"][0]["case"] == "TC-OQ-0002"
    sealed = room.of("pavel.broz").get("/runs/IQ-001/stream")
    assert sealed.text.count("event: sealed") == 1


def test_following_does_not_keep_a_session_alive(going):
    room, name, _ = going
    assert {r.path for r in routes() if r.quiet} >= {"/runs/{run}/progress", "/runs/{run}/stream"}
    browser = room.of("pavel.broz")
    browser.get("/runs")
    (session,) = room.room._sessions.values()
    used = session.last_used
    browser.get(f"/runs/{name}/progress")
    assert session.last_used == used
    browser.get("/runs")
    assert session.last_used > used


def test_hostile_names_of_evidence_are_words(going):
    room, name, _ = going
    browser = room.of("pavel.broz")
    page = browser.get(f"/runs/{name}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_voided_copies_and_damaged_runs_stand_in_the_ledger(visitors):
    room = visitors("iq-failed")
    browser = room.of("nadia.corso")
    told = room.tiny
    told.dispose("DEV-001", retest=("TC-IQ-0001",))
    told.order("IQ", "TC-IQ-0001")
    assert "issued, not executed yet" in browser.told("/runs")
    session = told.directory
    tester = session.log_in("nadia.corso", told.password("nadia.corso"))
    desk = SigningDesk(told.state, session, told.clock)
    desk.withdraw(tester, "TNY-XO-IQ-002", told.act("nadia.corso", "withdrawn"))
    shown = browser.told("/runs")
    assert "IQ-002 copy TNY-XO-IQ-002 r1 does not count ✗ voided: withdrawn before it was executed" in shown
    assert [line.run for line in ledger(told.state) if not line.here] == ["IQ-002"]
    journal = next((told.root / "output/tiny/runs/IQ-001").glob("journal.*.jsonl"))
    journal.write_bytes(journal.read_bytes()[:-20])
    assert "✗ damaged: " in browser.told("/runs")
    assert "1 ✗ damaged" in browser.told("/runs")


def test_an_aborted_run_says_by_whom_and_why(visitors):
    from csvgen.model.audit import Actor
    from csvgen.workflow import running

    room = visitors("iq-failed")
    tiny = room.tiny
    folder = tiny.root / "output/tiny/runs/IQ-001"
    for name in ("seal.json", "seal.p7s"):
        (folder / name).unlink()
    tester = Actor("nadia.corso", "Nadia Corso (fictitious)", "tester", "test")
    running.abandon(tiny.state, "IQ-001", "<b>power</b> failed", tiny.ledger, tiny.clock, tester)
    browser = room.of("pavel.broz")
    told = browser.told("/runs?standing=aborted")
    assert "aborted by nadia.corso: <b>power</b> failed" in told
    assert "does not count" in told
    assert "<b>power" not in browser.page
