"""Single sign-on against two real providers: npm oidc-provider, and Debian's glewlwyd with password and one-time codes."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from csvgen.clock import SystemClock
from csvgen.errors import ConfigError, Refused
from csvgen.identity.id_token import Asked, Proof
from csvgen.identity.loopback import fresh_log_in, listening
from csvgen.identity.sign_on import Provider
from csvgen.identity.sign_on_settings import Settings
from csvgen.identity.signed_on import SignedOn, subject_id
from csvgen.model.audit import Actor
from csvgen.model.people import Account, IdentityCheck, Policy

from ..counterparts import free_port
from ..counterparts.glewlwyd import Glewlwyd, glewlwyd
from ..counterparts.oidc_provider import OidcProvider, oidc_provider
from .house import House

CALLBACK = "http://127.0.0.1:7777/callback"
OFFICE = Actor("os:test", "operating system account test", "operator", "test")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def new_second() -> None:
    """`auth_time` counts whole seconds: two log-ins are told apart when they lie in different ones."""
    begun = int(time.time())
    while int(time.time()) == begun:
        time.sleep(0.02)


@dataclass
class Side:
    """One provider, as we are configured for it."""

    idp: Any
    settings: Settings
    environ: dict[str, str]

    @property
    def provider(self) -> Provider:
        return Provider.discovered(self.settings, self.environ)


def side(idp: Any, **table: str) -> Side:
    settings = Settings.read({"issuer": idp.issuer, "client_id": idp.client_id, "client_secret_env": "IDP", **table}, Path())
    return Side(idp, settings, {"IDP": idp.secret})


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    with oidc_provider(tmp_path_factory.mktemp("node")) as idp:
        yield side(idp, acr="urn:test:two-factors", amr="pwd otp")


@pytest.fixture(scope="module")
def glew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    with glewlwyd(tmp_path_factory.mktemp("glewlwyd")) as idp:
        yield side(idp, amr="password otp", max_age="1", response="code id_token")


# ------------------------------------------------------------ npm oidc-provider


@pytest.mark.needs("oidc-provider")
class TestOidcProvider:
    def test_a_fresh_log_in_with_two_factors(self, node: Side):
        idp: OidcProvider = node.idp
        provider = node.provider
        asked = provider.ask(CALLBACK, now())
        proof = provider.finish(asked, idp.log_in(idp.browser(), asked.url, "subject-ada"), now())
        assert proof.subject == "subject-ada"
        assert proof.components == ("identity provider: password", "identity provider: one-time code")
        assert abs((proof.authenticated - asked.at).total_seconds()) < 10

    def test_log_in_is_really_asked_for_each_time(self, node: Side):
        """The same browser, whose session there is open: the form is shown again."""
        idp, provider, browser = node.idp, node.provider, node.idp.browser()
        times = []
        for _ in range(2):
            before = len(idp.asked)
            asked = provider.ask(CALLBACK, now())
            times.append(provider.finish(asked, idp.log_in(browser, asked.url, "subject-ada"), now()).authenticated)
            assert "login_prompt" in idp.asked[before]["reasons"]
            new_second()
        assert times[0] < times[1]

    def test_an_open_session_there_does_not_sign(self, node: Side):
        """Whoever sits at a browser left open strikes out what asks for a log-in; the token tells."""
        idp, provider, browser = node.idp, node.provider, node.idp.browser()
        asked = provider.ask(CALLBACK, now())
        provider.finish(asked, idp.log_in(browser, asked.url, "subject-ada"), now())
        for _ in range(3):  # longer ago than the second by which two programs may read one clock differently
            new_second()
        before = len(idp.asked)
        asked = provider.ask(CALLBACK, now())
        silent = idp.log_in(browser, asked.url.replace("prompt=login", "x=1").replace("max_age=0", "x=2"), "subject-ada")
        assert len(idp.asked) == before, "nobody was asked"
        strict = Provider.discovered(replace(node.settings, skew_seconds=1), node.environ)
        with pytest.raises(Refused, match="open session"):
            strict.finish(asked, silent, now())

    def test_one_factor_is_not_enough(self, node: Side):
        idp, provider = node.idp, node.provider
        asked = provider.ask(CALLBACK, now())
        answer = idp.log_in(idp.browser(), asked.url, "subject-ada", code="")
        with pytest.raises(Refused, match="authenticated by"):
            provider.finish(asked, answer, now())

    def test_wrong_password_comes_to_nothing(self, node: Side):
        asked = node.provider.ask(CALLBACK, now())
        with pytest.raises(AssertionError, match="not right"):
            node.idp.log_in(node.idp.browser(), asked.url, "subject-ada", password="guessed")

    def test_a_code_serves_once(self, node: Side):
        idp, provider = node.idp, node.provider
        asked = provider.ask(CALLBACK, now())
        answer = idp.log_in(idp.browser(), asked.url, "subject-ada")
        provider.finish(asked, answer, now())
        with pytest.raises(Refused, match="invalid_grant"):
            provider.finish(asked, answer, now())

    def test_a_code_stolen_on_its_way_is_worth_nothing(self, node: Side):
        """A thief has the code and even our client secret, and not what the request alone knows (PKCE)."""
        idp, provider = node.idp, node.provider
        asked = provider.ask(CALLBACK, now())
        answer = idp.log_in(idp.browser(), asked.url, "subject-ada")
        with pytest.raises(Refused, match="invalid_grant"):
            provider.finish(replace(asked, verifier="x" * 43), answer, now())

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda a: replace(a, state="other"), "state"), (lambda a: replace(a, nonce="other"), "nonce"),
            (lambda a: replace(a, at=a.at + dt.timedelta(minutes=5)), "older than the request"),
        ],
    )  # fmt: skip
    def test_an_answer_to_another_request(self, node: Side, change, words):
        provider = node.provider
        asked = provider.ask(CALLBACK, now())
        answer = node.idp.log_in(node.idp.browser(), asked.url, "subject-ada")
        with pytest.raises(Refused, match=words):
            provider.finish(change(asked), answer, now())

    def test_answers_that_are_none(self, node: Side):
        provider = node.provider
        asked = provider.ask(CALLBACK, now())
        issuer = node.settings.issuer
        for given, words in (
            ({}, "state"), ({"state": asked.state}, "RFC 9207"), ({"state": asked.state, "iss": "https://evil.invalid", "code": "x"}, "another provider"),
            ({"state": asked.state, "iss": issuer}, "no code"), ({"state": asked.state, "iss": issuer, "code": "guessed"}, "invalid_grant"),
            ({"state": asked.state, "error": "access_denied", "error_description": "no\x1b[31m"}, r"access_denied no\\u001b"),
        ):  # fmt: skip
            with pytest.raises(Refused, match=words):
                provider.finish(asked, f"{CALLBACK}?{urlencode(given)}", now())

    def test_wrong_client_secret(self, node: Side):
        provider = Provider.discovered(node.settings, {"IDP": "guessed"})
        asked = provider.ask(CALLBACK, now())
        answer = node.idp.log_in(node.idp.browser(), asked.url, "subject-ada")
        with pytest.raises(Refused, match="invalid_client"):
            provider.finish(asked, answer, now())

    def test_the_whole_way_from_a_terminal(self, node: Side, monkeypatch):
        """Listener on loopback, address shown, browser comes back, proof."""
        monkeypatch.setenv("IDP", node.environ["IDP"])
        shown: list[str] = []

        def person(url: str) -> None:
            shown.append(url)

            def go() -> None:
                with node.idp.browser() as browser:
                    browser.get(node.idp.log_in(browser, url, "subject-ben"))

            threading.Thread(target=go, daemon=True).start()

        proof = fresh_log_in(node.settings, SystemClock(), person, seconds=30)
        assert proof.subject == "subject-ben"
        assert len(shown) == 1

    def test_another_issuer_than_configured(self, node: Side):
        with pytest.raises(Refused, match="another issuer"):
            Provider.discovered(replace(node.settings, issuer=node.settings.issuer + "/"), node.environ)


# ------------------------------------------------------------ glewlwyd


@pytest.mark.needs("glewlwyd")
class TestGlewlwyd:
    def test_a_fresh_log_in_with_password_and_one_time_code(self, glew: Side):
        idp: Glewlwyd = glew.idp
        provider = glew.provider
        asked = provider.ask(CALLBACK.replace(":7777", ""), now())
        proof = provider.finish(asked, idp.log_in(idp.browser(), asked.url, "ada", code=idp.code("ada")), now())
        assert proof.amr == ("password", "otp")
        assert proof.components == ("identity provider: password", "identity provider: one-time code")

    def test_one_time_code_replayed_is_refused_there(self, glew: Side):
        idp = glew.idp
        code = idp.code("ben")
        for expected in (200, 401):
            with idp.browser() as browser:
                assert idp.password(browser, "ben").status_code == 200
                assert idp.one_time_code(browser, "ben", code).status_code == expected

    def test_wrong_components_are_refused_there(self, glew: Side):
        idp = glew.idp
        with idp.browser() as browser:
            assert idp.password(browser, "ada", "guessed").status_code == 401
            assert idp.one_time_code(browser, "ada", "000000").status_code == 401

    def test_an_open_session_there_does_not_sign(self, glew: Side):
        """The browser goes on as its log-in page does after a log-in, and nobody logs in."""
        idp, provider = glew.idp, glew.provider
        with idp.browser() as browser:
            assert idp.password(browser, "ada").status_code == 200
            new_second()
            new_second()
            asked = provider.ask(CALLBACK.replace(":7777", ""), now())
            place = browser.get(asked.url).headers["location"]
            assert "login.html" in place, "it wants to ask"
            page = browser.get(f"{httpx2.URL(place).params['callback_url']}&g_continue")
        assert "login.html" in page.headers["location"], "it asks again instead of answering"

    def test_token_given_to_us_alone_does_not_say_when(self, glew: Side):
        """What this provider tells us directly lacks the time; that is no reason to believe it without."""
        idp = glew.idp
        plain = replace(glew.settings, response="code")
        provider = Provider.discovered(plain, glew.environ)
        asked = provider.ask(CALLBACK.replace(":7777", ""), now())
        answer = idp.log_in(idp.browser(), asked.url, "cyd", code=idp.code("cyd"))
        with pytest.raises(Refused, match="does not say when"):
            provider.finish(asked, answer, now())


# ------------------------------------------------------------ a provider that is not there, or not right


def test_provider_that_is_down():
    settings = Settings.read({"issuer": f"http://127.0.0.1:{free_port()}", "client_id": "x", "amr": "pwd"}, Path())
    with pytest.raises(Refused, match="cannot be reached to describe itself"):
        Provider.discovered(settings, {})


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, "{}", "HTTP 500"), (302, "", "HTTP 302"), (200, "no json", "not what the standard says"), (200, "[]", "not what the standard says"),
        (200, "{}", "another issuer"), (200, '{"issuer": "ISSUER"}', "no https address as its authorization_endpoint"),
        (200, '{"issuer": "ISSUER", "authorization_endpoint": "http://evil.invalid/a"}', "no https address"),
        (200, '{"issuer": "ISSUER", "authorization_endpoint": "ISSUER", "token_endpoint": "ISSUER", "jwks_uri": "ISSUER", "code_challenge_methods_supported": ["plain"]}', "PKCE"),
    ],
)  # fmt: skip
def test_provider_that_is_none(status, body, words):
    """A stub of ours in the place of a provider."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Stub(BaseHTTPRequestHandler):
        def do_GET(self):
            data = body.replace("ISSUER", f"http://127.0.0.1:{self.server.server_port}").encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Stub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        settings = Settings.read({"issuer": f"http://127.0.0.1:{server.server_port}", "client_id": "x", "amr": "pwd"}, Path())
        with pytest.raises(Refused, match=words):
            Provider.discovered(settings, {})
    finally:
        server.shutdown()
        server.server_close()


# ------------------------------------------------------------ where the browser comes back to


def test_listener_takes_one_answer_with_the_right_state():
    with listening() as listener, httpx2.Client(trust_env=False) as browser:
        base = listener.redirect_uri
        assert base.startswith("http://127.0.0.1:")
        assert browser.get(f"{base}?state=&code=x").status_code == 404, "before anything is expected"
        listener.expect("right")
        for wrong in (
            f"{base}?state=wrong&code=x",
            f"{base}?code=x",
            f"{base}/x?state=right",
            f"{base}?state=right&state=wrong",
            f"{base}?state=right&x={'y' * 40_000}",
        ):
            assert browser.get(wrong).status_code in (404, 414)
        page = browser.get(f"{base}?state=right&code=<script>")
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert "script" not in page.text
        assert listener.wait(1) == f"{base}?state=right&code=%3Cscript%3E"
        assert browser.get(f"{base}?state=right&code=second").status_code == 404
        assert listener.wait(1).endswith("code=%3Cscript%3E")


def test_listener_takes_a_form_that_posts_itself():
    with listening() as listener, httpx2.Client(trust_env=False) as browser:
        listener.expect("right")
        assert browser.post(listener.redirect_uri, content=b"x" * 20_000).status_code == 404
        assert browser.post(listener.redirect_uri, data={"state": "right", "code": "c"}).status_code == 200
        assert listener.wait(1).endswith("?state=right&code=c")


def test_nobody_comes_back():
    with listening() as listener, pytest.raises(Refused, match="nobody came back"):
        listener.wait(0.01)


def test_port_that_is_taken():
    with (
        listening() as first,
        pytest.raises(ConfigError, match="in use"),
        listening(int(first.redirect_uri.split(":")[2].split("/")[0])),
    ):
        pass


# ------------------------------------------------------------ accounts, sessions, signing

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)


def proof(subject: str = "subject-ada", *, second: int = 1, issuer: str = "https://idp.invalid") -> Proof:
    at = START + dt.timedelta(seconds=second)
    from csvgen.canonical import digest_bytes

    return Proof(
        issuer=issuer,
        subject=subject,
        authenticated=at,
        asked=at,
        acr="",
        amr=("pwd", "otp"),
        token=digest_bytes(f"{subject}{second}".encode()),
        jti="j",
    )


@pytest.fixture
def directory(house: House) -> SignedOn:
    """Ada and Ben, each with a subject; Cyril is pending and has none."""
    plain = house.directory()
    made = SignedOn(plain.ledger, plain.clock, Policy(), plain.source)
    seen = IdentityCheck(method="passport", verified_by="Ms Kern (fictitious)", on="2026-11-01")
    for person, name in (
        ("ada.voss", "Ada Voss (fictitious)"),
        ("ben.roth", "Ben Roth (fictitious)"),
        ("cyril.lasko", "Cyril Lasko (fictitious)"),
    ):
        made.add(OFFICE, Account(id=person, kind="person", printed_name=name, roles=("quality",), identity=seen))
    made.link(OFFICE, "ada.voss", proof("subject-ada"), "first log-in, watched")
    made.link(OFFICE, "ben.roth", proof("subject-ben"), "first log-in, watched")
    return made


def test_subject_belongs_to_one_account_for_ever(directory: SignedOn):
    assert directory.account("ada.voss").state == "active"
    assert directory.linked("ada.voss")
    assert not directory.linked("cyril.lasko")
    with pytest.raises(Refused, match=r"belongs, or belonged, to ada\.voss"):
        directory.link(OFFICE, "cyril.lasko", proof("subject-ada", second=9), "again")
    with pytest.raises(Refused, match="another subject"):
        directory.link(OFFICE, "ada.voss", proof("subject-new", second=9), "exchanged")
    directory.set_state(OFFICE, "ada.voss", "retired", "left")
    with pytest.raises(Refused, match="belongs, or belonged"):
        directory.link(OFFICE, "cyril.lasko", proof("subject-ada", second=9), "reused")
    assert directory.account("cyril.lasko").state == "pending"
    assert subject_id("a", "bc") != subject_id("ab", "c")


def test_session_and_signing_with_fresh_proofs(directory: SignedOn):
    session = directory.admit(proof(second=2))
    assert session.account.id == "ada.voss"
    assert directory.components_by(session, proof(second=3)) == (
        "identity provider: password",
        "identity provider: one-time code",
    )
    assert directory.components_by(session, proof(second=4))
    assert session.signings == 2
    (event,) = directory.ledger.events(action="log-in")
    assert {c.field: c.new for c in event.changes}["jti"] == "j"


def test_another_persons_log_in_at_the_step_up(directory: SignedOn):
    session = directory.admit(proof(second=2))
    with pytest.raises(Refused, match="not the person of this session"):
        directory.components_by(session, proof("subject-ben", second=3))
    assert session.signings == 0
    (event,) = directory.ledger.events(action="signing-refused")
    assert "another person" in event.reason


def test_a_proof_serves_one_act(directory: SignedOn):
    """The log-in that began the session does not sign, nor does one twice, nor one that is older than the last."""
    session = directory.admit(proof(second=2))
    for used in (proof(second=2), proof(second=1)):
        with pytest.raises(Refused):
            directory.components_by(session, used)
    directory.components_by(session, proof(second=3))
    again = SignedOn(directory.ledger, directory.clock, Policy(), directory.source)
    with pytest.raises(Refused):
        again.admit(proof(second=3))


def test_subject_of_nobody_and_of_another_provider(directory: SignedOn):
    for stranger in (proof("stranger", second=5), proof("subject-ada", second=5, issuer="https://other.invalid")):
        with pytest.raises(Refused, match="not right"):
            directory.admit(stranger)
    assert len(directory.ledger.events(action="log-in-refused")) == 2


def test_locked_and_retired_people_do_not_get_in(directory: SignedOn):
    session = directory.admit(proof(second=2))
    directory.set_state(OFFICE, "ada.voss", "locked", "device lost")
    with pytest.raises(Refused):
        directory.components_by(session, proof(second=3))
    with pytest.raises(Refused):
        directory.admit(proof(second=4))


def test_parallel_use_of_one_proof_counts_once(directory: SignedOn):
    sessions = [directory.admit(proof(second=n)) for n in (2, 3)]
    done: list[str] = []

    def act(session):
        try:
            directory.components_by(session, proof(second=9))
            done.append("signed")
        except Refused:
            done.append("refused")

    threads = [threading.Thread(target=act, args=(s,)) for s in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["refused", "signed"]


def test_person_under_sign_on_has_no_password_here(directory: SignedOn):
    with pytest.raises(Refused):
        directory.log_in("ada.voss", "")
    with pytest.raises(Refused):
        directory.log_in("ada.voss", "anything at all 1")
    assert isinstance(proof(), Proof)
    assert Asked("u", "r", START, "s", "n", "v").at == START
