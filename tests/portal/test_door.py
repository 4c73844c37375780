"""Logging in: who gets in, who does not, what ends a session, and what a stolen cookie is worth."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest

from csvgen.identity.accounts import UNIFORM
from csvgen.model.audit import Actor

from .conftest import ORIGIN, words


class Turned:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead


def test_nobody_sees_anything_before_the_log_in(visitors):
    browser = visitors().browser()
    for address in ("/", "/documents", "/documents?find=x"):
        answer = browser.get(address)
        assert (answer.status_code, answer.text) == (303, "")
        assert answer.headers["location"].startswith("/login")
    assert browser.get("/no-such-page").status_code == 404


def test_right_components_let_in_and_the_cookie_is_for_this_browser_alone(visitors):
    room = visitors()
    browser = room.browser()
    answer = browser.log_in("mara.ivens")
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Mara Ivens" in browser.told("/")
    stolen = room.browser("another browser")
    stolen.client.cookies.set("csvgen", browser.client.cookies["csvgen"])
    assert stolen.get("/").status_code == 303, "the same cookie in another browser opens nothing"
    elsewhere = room.browser(address="10.9.8.7")
    elsewhere.client.cookies.set("csvgen", browser.client.cookies["csvgen"])
    assert elsewhere.get("/").status_code == 303, "nor from another address; and the session has ended then"
    assert browser.get("/").status_code == 303


def test_session_cookie_says_of_itself_that_it_is_of_this_host_where_browsers_speak_https(visitors):
    room = visitors(origin="https://review.example.org", proxies="127.0.0.1")
    from starlette.testclient import TestClient

    from csvgen.portal.app import make_app

    client = TestClient(make_app(room.room, ("https://review.example.org",)), base_url="https://review.example.org")
    answer = client.get("/login")
    assert answer.headers["set-cookie"].startswith("__Host-csvgen-form=")
    assert "; Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("changed", [{"password": "wrong"}, {"person": "nobody.there"}, {"person": "ci-runner"}])
def test_whatever_is_wrong_is_told_alike_and_is_an_event(visitors, changed):
    room = visitors()
    browser = room.browser()
    answer = browser.log_in("mara.ivens", **changed)
    assert answer.status_code == 401
    assert UNIFORM in words(answer.text)
    assert browser.get("/").status_code == 303
    assert [e.action for e in room.tiny.ledger.events()[-2:]].count("log-in-refused") == 1


def test_failures_lock_the_account_here_as_everywhere(visitors):
    room = visitors()
    for _ in range(3):
        room.browser().log_in("mara.ivens", password="not this one")
    assert room.browser().log_in("mara.ivens").status_code == 401, "right, and too late"
    assert room.tiny.directory.account("mara.ivens").state == "locked"


def test_who_guesses_slows_down_nobody_else(visitors):
    room = visitors()
    for number in range(12):
        room.browser(address="10.0.0.66").log_in(f"nobody.number{number}", password="x")
    refused = room.browser(address="10.0.0.66").log_in("mara.ivens")
    assert refused.status_code == 401, "nothing from that address is looked at for a while"
    assert room.browser(address="10.0.0.5").log_in("mara.ivens").status_code == 303


def test_second_factor_is_asked_of_whoever_has_a_device(visitors):
    room = visitors()
    directory, person = room.tiny.directory, "mara.ivens"
    key = directory.enrol(person, room.tiny.password(person))
    now = dt.datetime.now(dt.UTC)
    directory.confirm_enrolment(person, room.tiny.password(person), pyotp.TOTP(key).at(now - dt.timedelta(seconds=30)))
    assert room.browser().log_in(person).status_code == 401
    assert room.browser().log_in(person, code="000000" if pyotp.TOTP(key).now() != "000000" else "000001").status_code == 401
    code = pyotp.TOTP(key).now()
    assert room.browser().log_in(person, code=code).status_code == 303
    assert room.browser().log_in(person, code=code).status_code == 401, "a code serves once"


def test_unused_session_ends_and_says_so(visitors):
    clock = Turned()
    room = visitors(clock=clock, idle_seconds=600)
    browser = room.of("mara.ivens")
    clock.ahead = dt.timedelta(seconds=590)
    assert browser.get("/").status_code == 200
    clock.ahead = dt.timedelta(seconds=1_200)
    answer = browser.get("/documents?find=a%20b")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?then=%2Fdocuments%3Ffind%3Da%2520b&ended=yes"
    assert "has ended" in browser.told(answer.headers["location"])
    assert room.tiny.ledger.events()[-1].action == "session-locked"


def test_busy_session_ends_too(visitors):
    clock = Turned()
    browser = visitors(clock=clock, session_seconds=1_800).of("mara.ivens")
    for minutes in (10, 20, 29):
        clock.ahead = dt.timedelta(minutes=minutes)
        assert browser.get("/").status_code == 200
    clock.ahead = dt.timedelta(minutes=31)
    assert browser.get("/").status_code == 303


def test_log_in_begins_a_new_session_and_log_out_ends_it(visitors):
    room = visitors()
    browser = room.browser()
    browser.client.cookies.set("csvgen", "an-id-that-somebody-prepared", domain="127.0.0.1", path="/")
    browser.log_in("mara.ivens")
    mine = browser.client.cookies["csvgen"]
    assert mine != "an-id-that-somebody-prepared"
    browser.get("/")
    assert browser.post("/logout").status_code == 303
    browser.client.cookies.set("csvgen", mine, domain="127.0.0.1", path="/")
    assert browser.get("/").status_code == 303
    assert room.tiny.ledger.events()[-1].action == "log-out"


def test_locked_person_is_out_at_once(visitors):
    room = visitors()
    browser = room.of("mara.ivens")
    room.tiny.directory.set_state(Actor("os:test", "a test", "operator", "test"), "mara.ivens", "locked", "left the company")
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "then",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\t//evil.example", "/\t/evil.example"],
)
def test_nobody_is_sent_elsewhere(visitors, then):
    browser = visitors().browser()
    browser.client.get("/login", params={"then": then})
    browser.get("/login")
    answer = browser.post("/login", {"person": "mara.ivens", "password": browser.tiny.password("mara.ivens"), "then": then})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_address_asked_for_is_gone_on_with(visitors):
    browser = visitors().browser()
    assert browser.get("/documents").headers["location"] == "/login?then=%2Fdocuments"
    browser.get("/login?then=%2Fdocuments")
    answer = browser.post(
        "/login", {"person": "mara.ivens", "password": browser.tiny.password("mara.ivens"), "then": "/documents"}
    )
    assert answer.headers["location"] == "/documents"


def test_origin_of_tests_is_the_one_of_the_default_settings(visitors):
    assert ORIGIN in visitors().room.settings.origins(8137)
