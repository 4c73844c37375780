"""Single sign-on in the room against a real provider: let in by it, and asked anew by it for each signature."""

from __future__ import annotations

import re

import pytest

from csvgen.identity.accounts import UNIFORM
from csvgen.portal.sign_on import SECONDS, SignOns

from ..counterparts.oidc_provider import oidc_provider
from ..tiny import cheap_secrets
from .conftest import Visitors, words
from .signing_on import Way, away, configure, linked_room, new_second

pytestmark = pytest.mark.needs("oidc-provider")
RUTH, ADA, BEN = "ruth.amsel", "subject-ada", "subject-ben"
GOOD = {"meaning": "approved", "reason_code": "fit-for-purpose", "reason": "read it <b>twice</b>"}


@pytest.fixture(scope="module")
def idp(tmp_path_factory):
    with oidc_provider(tmp_path_factory.mktemp("idp")) as made:
        yield made


@pytest.fixture(scope="module")
def linked(stages, idp, tmp_path_factory):
    """Ruth Amsel signs on there; everybody else has a password here. One record waits for her."""
    with cheap_secrets():
        tiny = stages.at("founded").copy(tmp_path_factory.mktemp("linked") / "project")
        linked_room(tiny, idp, RUTH)
        tiny.report("plan")
        yield tiny


@pytest.fixture
def room(linked, tmp_path):
    with cheap_secrets():
        yield Visitors(linked.copy(tmp_path / "project"))


@pytest.fixture
def way(room, idp):
    new_second()
    return Way(idp, room.browser())


def digest(browser, address: str) -> str:
    return re.search(r'name="digest" value="([^"]+)"', browser.get(address).text).group(1)


def state_it(browser, address: str, **changed: str):
    return browser.post(address, {"digest": digest(browser, address), **GOOD, **changed})


def prove(way, room, address: str, subject: str = ADA, **changed: str):
    """State, log in anew at the provider, come back."""
    new_second()
    return way.back(way.there(away(state_it(way.browser, address, **changed)), subject), room)


def secret(room) -> str:
    return room.tiny.password(RUTH)


def signatures(room):
    return room.tiny.state.latest("TNY-VP").signatures


def refused(room) -> list[str]:
    return [e.reason for e in room.tiny.ledger.events() if e.action == "request-refused"]


def test_in_and_signed_with_the_provider_asked_anew(room, way):
    answer = way.log_in(room, ADA)
    assert (answer.status_code, answer.headers["location"]) == (303, "/documents")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie.replace("Strict", "strict")
    browser = way.browser
    assert "Ruth Amsel" in browser.told("/")
    told = browser.told("/sign/TNY-VP")
    assert "anew for this signature" in told
    assert 'name="password"' not in browser.page
    back = prove(way, room, "/sign/TNY-VP")
    assert (back.status_code, back.headers["location"]) == (303, "/sign/TNY-VP")
    told = browser.told("/sign/TNY-VP")
    assert "identity provider: password, identity provider: one-time code" in told
    assert "fit-for-purpose: read it <b>twice</b>" in told
    assert "<b>twice" not in browser.page
    assert signatures(room) == ()
    done = browser.post(
        "/sign/TNY-VP", {"digest": digest(browser, "/sign/TNY-VP"), "secret": secret(room), "meaning": "declined"}
    )
    assert done.headers["location"] == "/signed/TNY-VP/1/1", words(done.text)
    (made,) = signatures(room)
    assert made.record.meaning == "approved", "as stated before the log-in, whatever the form says afterwards"
    assert made.record.components == ("identity provider: password", "identity provider: one-time code", "secret of the key")
    assert made.record.evidence["subject"] == ADA
    assert room.tiny.state.approved("plan")


@pytest.mark.slow
def test_an_open_session_there_is_not_enough(room, way, idp):
    """What asks for a fresh log-in is struck out of the address; the token tells, and nobody is let in."""
    way.log_in(room, ADA)
    theirs, browser = idp.browser(), way.browser
    for _ in range(2):
        new_second()
    first = away(state_it(browser, "/sign/TNY-VP"))
    idp.log_in(theirs, first, ADA)
    for _ in range(13):
        new_second()
    second = away(state_it(browser, "/sign/TNY-VP")).replace("prompt=login", "x=1").replace("max_age=0", "x=2")
    silent = idp.log_in(theirs, second, ADA).partition("8137")[2]
    answer = way.back(silent, room)
    assert answer.status_code == 403
    assert "open session" in words(answer.text)
    assert "State it otherwise" not in browser.told("/sign/TNY-VP"), "no proof is held"


def test_an_answer_serves_the_browser_that_asked_once(room, way, idp):
    browser = way.browser
    browser.get("/login")
    path = way.there(away(browser.post("/sign-on", {"then": "/"})), ADA)
    thief = Way(idp, room.browser())
    thief.browser.get("/login")
    stolen = thief.back(path, room)
    assert stolen.status_code == 401
    assert "no log-in at the identity provider is under way in this browser" in words(stolen.text)
    assert "csvgen" not in thief.browser.client.cookies
    assert way.back(path, room).status_code == 303, "and the one who asked is let in"
    again = way.back(path, room)
    assert again.status_code == 403
    assert "under way in this browser" in words(again.text)
    assert len(refused(room)) >= 1, "and that is on record"


@pytest.mark.slow
def test_only_the_last_request_of_a_browser_counts(room, way):
    browser = way.browser
    browser.get("/login")
    first = away(browser.post("/sign-on", {"then": "/"}))
    browser.get("/login")
    second = away(browser.post("/sign-on", {"then": "/"}))
    assert way.back(way.there(first, ADA), room).status_code == 401
    new_second()
    assert way.back(way.there(second, ADA), room).status_code == 303


def test_somebody_nobody_knows_is_told_nothing(room, way):
    answer = way.log_in(room, BEN)
    assert answer.status_code == 401
    assert UNIFORM in words(answer.text)
    assert "log-in-refused" in [e.action for e in room.tiny.ledger.events()]


@pytest.mark.slow
def test_one_factor_there_is_not_enough(room, way):
    answer = way.log_in(room, ADA, code="")
    assert answer.status_code == 401
    assert "did not ask for one-time code" in words(answer.text)


@pytest.mark.slow
def test_who_refuses_there_comes_back_to_the_form(room, way):
    browser = way.browser
    browser.get("/login")
    address = away(browser.post("/sign-on", {"then": "/"}))
    state = re.search(r"[?&]state=([^&]+)", address).group(1)
    answer = browser.get(f"/sign-on/back?error=access_denied&error_description=%3Cscript%3Ealert(1)&state={state}")
    assert answer.status_code == 401
    assert "did not authenticate: access_denied" in words(answer.text)
    assert "<script>alert" not in answer.text


def test_another_person_there_signs_nothing_here(room, way):
    way.log_in(room, ADA)
    prove(way, room, "/sign/TNY-VP", BEN)
    browser = way.browser
    answer = browser.post("/sign/TNY-VP", {"digest": digest(browser, "/sign/TNY-VP"), "secret": secret(room)})
    assert answer.status_code == 403
    assert "is not the person of this session" in words(answer.text)
    assert signatures(room) == ()


def test_one_log_in_serves_one_attempt(room, way):
    way.log_in(room, ADA)
    prove(way, room, "/sign/TNY-VP")
    browser = way.browser
    form = {"digest": digest(browser, "/sign/TNY-VP"), "secret": "not the secret"}
    assert browser.post("/sign/TNY-VP", form).status_code == 403
    again = browser.post("/sign/TNY-VP", {**form, "secret": secret(room)})
    assert again.status_code == 403
    assert "was for something else, was used, or is too old" in words(again.text)
    assert signatures(room) == ()
    assert secret(room) not in again.text


def test_a_log_in_for_one_act_serves_no_other(room, way):
    way.log_in(room, ADA)
    prove(way, room, "/sign/TNY-VP")
    browser = way.browser
    page = "/documents/TNY-VP/withdraw"
    answer = browser.post(page, {"digest": digest(browser, page), "secret": secret(room)})
    assert answer.status_code == 403
    assert "was for something else" in words(answer.text)
    assert room.tiny.state.latest("TNY-VP").withdrawn is None
    stated = {"meaning": "withdrawn", "reason_code": "made-in-error", "reason": "too early"}
    assert prove(way, room, page, **stated).headers["location"] == page
    done = browser.post(page, {"digest": digest(browser, page), "secret": secret(room)})
    assert done.headers["location"] == "/documents/TNY-VP", words(done.text)
    assert room.tiny.state.latest("TNY-VP").withdrawn.record.evidence["subject"] == ADA


@pytest.mark.slow
def test_nobody_is_sent_there_for_a_signature_that_cannot_be_made(room, way):
    way.log_in(room, ADA)
    for changed in ({"meaning": ""}, {"reason": " "}, {"reason_code": "decision-taken"}, {"digest": "sha256:" + "0" * 64}):
        answer = state_it(way.browser, "/sign/TNY-VP", **changed)
        assert answer.status_code == 403, changed
        assert "refresh" not in answer.headers
        assert "Nothing was signed" in words(answer.text)


@pytest.mark.slow
def test_a_password_here_opens_nothing_for_who_signs_on_there(room):
    answer = room.browser().log_in(RUTH)
    assert answer.status_code == 401
    assert room.of("mara.ivens").get("/").status_code == 200, "who has one here comes in by it"


@pytest.mark.slow
def test_a_form_of_another_page_begins_nothing(room):
    browser = room.browser()
    browser.get("/login")
    assert browser.post("/sign-on", {"then": "/"}, token="guessed").status_code == 403
    assert browser.post("/sign-on", {"then": "/"}, origin="https://evil.example").status_code == 403


def test_a_provider_that_is_away_lets_nobody_in_and_says_so(stages, tmp_path):
    class Away:
        issuer, client_id, secret = "http://127.0.0.1:9", "x", "y"

    with cheap_secrets():
        tiny = stages.at("founded").copy(tmp_path / "project")
        configure(tiny, Away)
        browser = Visitors(tiny).browser()
        browser.get("/login")
        answer = browser.post("/sign-on", {"then": "/"})
        assert answer.status_code == 401
        assert "cannot be reached" in words(answer.text)


@pytest.mark.slow
def test_a_provider_that_answers_otherwise_is_for_the_terminal_alone(stages, tmp_path, idp):
    with cheap_secrets():
        tiny = stages.at("founded").copy(tmp_path / "project")
        configure(tiny, idp, response="code id_token")
        browser = Visitors(tiny).browser()
        assert "cannot do so here" in browser.told("/login")
        assert browser.post("/sign-on", {"then": "/"}).status_code == 401


def test_what_takes_too_long_is_void(tmp_path, idp):
    from datetime import timedelta

    from csvgen.clock import SystemClock
    from csvgen.errors import Refused
    from csvgen.portal.sign_on import Purpose

    class Moved:
        ahead = timedelta()

        def now(self):
            return SystemClock().now() + self.ahead

    clock = Moved()
    secret_file = tmp_path / "s"
    secret_file.write_text(idp.secret)
    made = SignOns({"issuer": idp.issuer, "client_id": idp.client_id, "client_secret_file": "s", "amr": "pwd"}, tmp_path, clock)
    url = made.begin("door a", "http://127.0.0.1:1/sign-on/callback", Purpose(what="log-in"))
    state = re.search(r"[?&]state=([^&]+)", url).group(1)
    clock.ahead = timedelta(seconds=SECONDS + 1)
    with pytest.raises(Refused, match="took too long"):
        made.finish(("door a",), state, "")
    made.keep("s", Purpose(what="sign", record="R", digest="d"), None)
    assert made.held("s", "sign", "R", "d") is not None
    assert made.held("s", "withdraw", "R", "d") is None
    assert made.held("s", "sign", "R", "other") is None
    clock.ahead *= 2
    assert made.take("s", "sign", "R", "d") is None
