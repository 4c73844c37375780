"""One's own password is replaced in the room: the old one is proved as at the log-in, and every session of the person ends."""

from __future__ import annotations

from csvgen.identity.accounts import UNIFORM

from ..tiny import OPERATOR
from .conftest import Visitors, words

MARA, NEW = "mara.ivens", "quite another set of words"


def replaces(browser, person: str = MARA, token: str | None = None, **changed: str):
    browser.get("/password")
    fields = {"person": person, "old": browser.tiny.password(person), "new": NEW, "again": NEW, "code": "", **changed}
    return browser.post("/password", fields, token=token)


def test_a_password_is_replaced_and_signs_with_the_old_key(visitors):
    room = visitors("founded")
    elsewhere, browser = room.of(MARA, agent="another browser"), room.of(MARA)
    assert f'value="{MARA}"' in browser.get("/password").text
    answer = replaces(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?replaced=yes"), words(answer.text)
    assert "Your password is replaced" in browser.told("/login?replaced=yes")
    for each in (browser, elsewhere):
        assert each.get("/").headers["location"].startswith("/login"), "each session of theirs has ended"
    assert browser.log_in(MARA).status_code == 401
    assert browser.log_in(MARA, password=NEW).status_code == 303
    directory = room.room.directory("127.0.0.1")
    assert directory.open_key(MARA, NEW), "the signing key lies under the new one"
    assert NEW not in "".join(f"{e.reason}{e.changes}" for e in room.tiny.ledger.events())


def test_the_old_one_is_proved_counted_and_locked_as_at_the_log_in(visitors):
    room = visitors("founded")
    browser = room.browser()
    for tried in ("guess one two three", "guess two three four", "guess three four five"):
        answer = replaces(browser, old=tried)
        assert answer.status_code == 403
        assert UNIFORM in words(answer.text)
        assert tried not in answer.text and NEW not in answer.text
    assert room.tiny.directory.account(MARA).state == "locked"
    assert [e.action for e in room.tiny.ledger.events() if e.action.startswith("password-change")] == [
        "password-change-refused"
    ] * 3
    assert UNIFORM in words(replaces(browser).text), "locked out here too"
    assert UNIFORM in words(replaces(browser, person="nobody.here").text)


def test_what_the_rules_refuse_changes_nothing(visitors):
    room = visitors("founded")
    browser = room.of(MARA)
    assert "differ" in words(replaces(browser, again="something else again").text)
    for new in ("short", MARA * 2, room.tiny.password(MARA)):
        answer = replaces(browser, new=new, again=new)
        assert answer.status_code == 403, new
        assert "Nothing was changed" in words(answer.text)
    assert browser.get("/").status_code == 200
    assert replaces(room.browser(), token="guessed").status_code == 403, "a form of another page"


def test_one_that_has_expired_is_replaced_without_being_let_in(tiny):
    made = tiny("founded")
    toml = made.root / "csvgen.toml"
    toml.write_text(f'{toml.read_text(encoding="utf-8")}\n[security]\npassword_days = "90"\n', encoding="utf-8")
    with made.ledger.change(OPERATOR, "for the test") as change:
        change.keep_secret(MARA, "password-set", "2001-01-01T00:00:00.000000Z")
    browser = Visitors(made).browser()
    assert browser.log_in(MARA).status_code == 401
    assert replaces(browser).status_code == 303
    assert browser.log_in(MARA, password=NEW).status_code == 303
