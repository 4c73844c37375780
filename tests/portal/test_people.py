"""Administration in the room: who may do what and what is missing; acts of administrators, each with its reason, each on record."""

from __future__ import annotations

import datetime as dt

import pytest

from csvgen.clock import parsed
from csvgen.workflow.administering import revocation_lists

from .conftest import words

ADMINISTRATOR = "ines.halvorsen"


@pytest.fixture
def room(visitors):
    return visitors("founded")


def act(browser, address: str, **fields: str):
    browser.get("/people")
    return browser.post(address, fields)


def test_everybody_is_listed_with_what_is_missing(room):
    browser = room.of("pavel.broz")
    told = browser.told("/people")
    assert "ruth.amsel Ruth Amsel (fictitious) ✓ active quality" in told
    assert "answered for by tomas.feld" in told
    assert "Register an account" not in told
    room.tiny.directory.give_roles(room.tiny.publisher().actor, "nadia.corso", ("reviewer",), "for this test")
    told = browser.told("/people")
    assert "not as reviewer" in told
    assert "has no training record for the role reviewer" in told


def test_an_administrator_registers_trains_nobody_and_locks(room):
    browser = room.of(ADMINISTRATOR)
    answer = act(
        browser,
        "/people",
        id="lena.fohr",
        printed_name="Lena Fohr",
        owner="",
        email="lena@example.org",
        name_reason="",
        roles="reviewer",
    )
    assert answer.headers["location"] == "/people/lena.fohr"
    account = room.tiny.directory.account("lena.fohr")
    assert (account.state, account.roles) == ("pending", ("reviewer",))
    assert act(browser, "/people/lena.fohr/training", role="reviewer", subject="SOP-1", on="2026-01-02").status_code == 303
    assert act(browser, "/people/pavel.broz/state", act="lock", reason="left the site").status_code == 303
    assert room.tiny.directory.account("pavel.broz").state == "locked"
    event = next(e for e in reversed(room.tiny.ledger.events()) if e.action == "lock")
    assert (event.person, event.record, event.reason) == (ADMINISTRATOR, "account/pavel.broz", "left the site")
    assert act(browser, "/people/pavel.broz/state", act="unlock", reason="is back").status_code == 303
    assert room.tiny.directory.account("pavel.broz").state == "active"


@pytest.mark.parametrize(
    ("address", "fields", "why"),
    [
        ("/people/pavel.broz/state", {"act": "lock", "reason": " ... "}, "needs a reason"),
        ("/people/pavel.broz/state", {"act": "burn", "reason": "x"}, "locked, unlocked or retired"),
        ("/people/ines.halvorsen/state", {"act": "lock", "reason": "x"}, "nobody locks, unlocks or retires their own account"),
        ("/people/ines.halvorsen/roles", {"roles": "quality", "reason": "x"}, "nobody gives themself roles"),
        ("/people/pavel.broz/roles", {"roles": "emperor", "reason": "x"}, "emperor"),
        ("/people/pavel.broz/roles", {"roles": "", "reason": ""}, "needs a reason"),
        ("/people/pavel.broz/training", {"role": "reviewer", "subject": "SOP", "on": "2999-01-01"}, "in the future"),
        ("/people/pavel.broz/training", {"role": "reviewer", "subject": "a\u202eb", "on": "2026-01-01"}, "subject"),
        ("/people/ines.halvorsen/identity", {"method": "passport", "verified_by": "me", "on": "2026-01-01"}, "nobody verifies their own identity"),
        ("/people", {"id": "Ruth Amsel", "printed_name": "Ruth", "roles": "reviewer"}, "id"),
        ("/people", {"id": "ruth.amse1", "printed_name": "Ruth Amsel", "roles": "reviewer"}, ""),
        ("/rights/review", {"reason": "--"}, "a check says what was found"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_and_changes_nothing(room, address, fields, why):
    browser = room.of(ADMINISTRATOR)
    before = [v.number for a in room.tiny.directory.accounts() for v in room.tiny.ledger.versions("account", a.id)]
    answer = act(browser, address, **fields)
    assert answer.status_code in (403, 409, 422), words(answer.text)
    assert why in words(answer.text)
    assert [v.number for a in room.tiny.directory.accounts() for v in room.tiny.ledger.versions("account", a.id)] == before


def test_who_administers_nobody_can_do_none_of_it(room):
    browser = room.of("mara.ivens")
    for address, fields in (
        ("/people", {"id": "x.y", "printed_name": "X Y", "roles": "reviewer"}),
        ("/people/pavel.broz/state", {"act": "lock", "reason": "x"}),
        ("/people/pavel.broz/roles", {"roles": "quality", "reason": "x"}),
        ("/people/pavel.broz/training", {"role": "reviewer", "subject": "s", "on": "2026-01-01"}),
    ):
        answer = act(browser, address, **fields)
        assert answer.status_code == 403
        assert "takes one of these roles" in words(answer.text)
    assert "Give these roles" not in browser.told("/people/pavel.broz")


def test_rights_policies_and_keys_are_shown(room):
    told = room.of("pavel.broz").told("/rights")
    assert "review trail review the audit trail" in told
    assert "quality, reviewer" in told
    assert "failures to lock failures in a row that lock an account 3 3 none" in told
    assert "ruth.amsel ✓ valid issued" in told
    assert "nobody is named to be told of security events" in told
    assert "Revocation lists 1" in told
    assert "✓ in its time 0" in told
    assert "(seal) ✓ valid" in told
    assert "days left" in told
    (crl,) = revocation_lists(room.tiny.config, room.room.clock.now())
    (late,) = revocation_lists(room.tiny.config, parsed(crl.until) + dt.timedelta(seconds=1))
    assert (crl.over, late.over, late.age > crl.age) == (False, True, True)


def test_hostile_names_are_words(room):
    browser = room.of(ADMINISTRATOR)
    bad = "<script>alert(1)</script>\"'>"
    assert act(browser, "/people/pavel.broz/training", role="reviewer", subject=bad, on="2026-01-02").status_code == 303
    assert act(browser, "/people/pavel.broz/identity", method=bad, verified_by=bad, on="2026-01-02").status_code == 303
    act(browser, "/people", id="eve.x", printed_name=f"Eve {bad}", name_reason=bad, roles="reviewer")
    for address in ("/people", "/people/pavel.broz", "/people/eve.x", "/rights", "/people/%3Cscript%3Ealert(1)"):
        page = browser.get(address).text
        assert "<script>alert" not in page
        assert "\"'>" not in page
    assert browser.get("/people/pavel.broz").text.count("&lt;script&gt;") == 3
