"""A run whose process died is closed in the room as at the command line: with a reason, by who may, and not while it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from csvgen.evidence.hold import alone
from csvgen.workflow.state import read_state

from ..flow.test_whole_run import broken_off  # noqa: F401 - a fixture
from ..tiny import SYSTEM
from .conftest import Visitors, words

ADDRESS = "/runs/IQ-001/abandon"
WHY = "The machine lost power; nobody was at it."


@pytest.fixture
def room(broken_off):  # noqa: F811
    return Visitors(broken_off)


def test_a_run_that_died_is_closed_and_its_deviation_is_told(room):
    browser = room.of("ruth.amsel")
    assert f'href="{ADDRESS}"' in browser.get("/runs/IQ-001").text
    told = browser.told(ADDRESS)
    assert "1 ✗ failed" in told
    assert "cut off" in told, "what does not hold of it"
    before = room.tiny.ledger.head().count
    assert browser.post(ADDRESS, {"reason": WHY}).headers["location"] == "/runs/IQ-001"
    told = browser.told("/runs/IQ-001")
    assert "IQ-001 is closed as aborted; DEV-001 waits for an investigation." in told
    run = read_state(room.tiny.config, SYSTEM).run("IQ-001")
    assert (run.aborted, run.seal.aborted_by, run.seal.complete) == (True, "ruth.amsel", False)
    (event,) = [e for e in room.tiny.ledger.events(after=before) if e.action == "run-abandon"]
    assert (event.person, event.record, event.reason) == ("ruth.amsel", "IQ-001", WHY)
    assert "DEV-001" in browser.told("/deviations")
    assert f'href="{ADDRESS}"' not in browser.get("/runs/IQ-001").text
    assert "never sealed is closed so" in browser.told(ADDRESS)


def test_what_says_nothing_closes_nothing(room):
    browser = room.of("ruth.amsel")
    browser.get(ADDRESS)
    answer = browser.post(ADDRESS, {"reason": "  "})
    assert answer.status_code == 422
    assert "Nothing was closed" in words(answer.text)
    assert read_state(room.tiny.config, SYSTEM).run("IQ-001").seal is None


def test_not_while_its_process_works_on_it(room):
    browser = room.of("ruth.amsel")
    browser.get(ADDRESS)
    run = room.tiny.state.run("IQ-001")
    with alone(Path(run.folder)):
        answer = browser.post(ADDRESS, {"reason": WHY})
    assert answer.status_code == 403
    assert "still being executed by another process" in words(answer.text)
    assert WHY in answer.text, "what was typed comes back"
    assert read_state(room.tiny.config, SYSTEM).run("IQ-001").seal is None


def test_whoever_may_not_is_shown_no_way_to_it(room):
    browser = room.of("pavel.broz")
    assert f'href="{ADDRESS}"' not in browser.get("/runs/IQ-001").text
    assert browser.get(ADDRESS).status_code == 403


def test_a_run_that_nobody_planned_is_not_there(room):
    assert room.of("ruth.amsel").get("/runs/IQ-077/abandon").status_code == 404
