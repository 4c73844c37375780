"""Changing rules in the room: policy, settings and roles, with a reason and a name, by the verbs of the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from csvgen.identity.rights import own_matrix

from ..tiers import each
from .conftest import words

ADMINISTRATOR = "ines.halvorsen"


@pytest.fixture
def room(visitors):
    return visitors("founded")


def act(browser, address: str, **fields: str):
    browser.get("/rights")
    return browser.post(address, fields)


def test_a_rule_is_tightened_at_once_and_for_everybody(room):
    browser = room.of(ADMINISTRATOR)
    answer = act(browser, "/rights/policy", failures_to_lock="2", reason="finding 7")
    assert answer.headers["location"] == "/rights"
    assert "failures to lock failures in a row that lock an account 2 3" in browser.told("/rights")
    event = next(e for e in reversed(room.tiny.ledger.events()) if e.action == "policy-changed")
    assert (event.person, event.reason) == (ADMINISTRATOR, "finding 7")
    stranger = room.browser()
    for _ in range(2):
        stranger.log_in("pavel.broz", password="wrong one twice")
    assert room.tiny.directory.account("pavel.broz").state == "locked"


def test_a_shorter_session_ends_those_that_are_open(room):
    reader, browser = room.of("pavel.broz"), room.of(ADMINISTRATOR)
    (session,) = (s for s in room.room._sessions.values() if s.account.id == "pavel.broz")
    assert act(browser, "/rights/policy", idle_seconds="60", reason="shared screens").status_code == 303
    session.last_used -= timedelta(seconds=61)
    assert reader.get("/").status_code == 303, "out, and to the door"


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    each(
        3,
        [
            ({"failures_to_lock": "9", "reason": "too strict"}, 403, "looser than 3"),
            ({"failures_to_lock": "1", "reason": "stricter"}, 422, "from 2 to 100"),
            ({"failures_to_lock": "<script>alert(1)</script>", "reason": "x"}, 422, "whole number"),
            ({"failures_to_lock": "2", "reason": " . "}, 422, "needs a reason"),
            ({"reason": "nothing"}, 422, "changes no rule"),
        ],
    ),
)
def test_what_is_not_taken_comes_back_as_typed(room, fields, status, why):
    browser = room.of(ADMINISTRATOR)
    answer = act(browser, "/rights/policy", **fields)
    assert (answer.status_code, why in words(answer.text)) == (status, True), words(answer.text)
    assert "Nothing was changed" in words(answer.text)
    assert "<script>alert" not in answer.text
    assert room.room.directory("here").policy.failures_to_lock == 3


def test_settings_and_roles_of_the_files_count_when_an_administrator_says_so(room):
    browser, root = room.of(ADMINISTRATOR), room.tiny.root
    assert act(browser, "/rights/settings", reason="first").status_code == 303
    toml = root / "csvgen.toml"
    toml.write_text(toml.read_text() + "\n[security]\nfailures_to_lock = 5\n", encoding="utf-8")
    (root / "roles.yaml").write_text(
        "format: csvgen.roles/1\nroles:\n"
        + "".join(f"  {n}: {{words: '<b>{n}</b>', functions: [{', '.join(r.functions)}]}}\n" for n, r in own_matrix().roles.items() if n != "sponsor"),
        encoding="utf-8",
    )  # fmt: skip
    again = type(room)(room.tiny)  # a room that was opened with the new file
    browser = again.of(ADMINISTRATOR)
    told = browser.told("/rights")
    assert "csvgen.toml says otherwise than the record" in told
    assert "failures to lock 3 5" in told
    assert "roles.yaml says otherwise; it is not in force" in told
    assert again.room.directory("here").policy.failures_to_lock == 3
    assert act(browser, "/rights/settings", reason="-").status_code == 422
    assert act(browser, "/rights/settings", reason="decided on Monday").status_code == 303
    assert again.room.directory("here").policy.failures_to_lock == 5
    assert act(browser, "/rights/roles", reason="no sponsors here").status_code == 303
    assert "sponsor" not in again.room.directory("here").matrix.roles
    reasons = [e.reason for e in again.tiny.ledger.events() if e.record.startswith("security-settings/")]
    assert reasons[-2:] == ["decided on Monday", "no sponsors here"]
    assert "says otherwise" not in browser.told("/rights")


def test_who_configures_nothing_is_offered_nothing(room):
    page = room.of("pavel.broz").get("/rights").text
    assert "/rights/policy" not in page
    assert '<input name="failures_to_lock"' not in page
