"""What stands before every page: names, origins, tokens, sizes, and what browsers are told."""

from __future__ import annotations

import pytest

from .conftest import ORIGIN, words


@pytest.mark.parametrize("address", ["/", "/login", "/documents", "/no-such-page", "/static/room.css", "/static/none.css"])
def test_every_answer_tells_browsers_to_run_nothing_of_others(reading, address):
    answer = reading.of("mara.ivens").get(address)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    for name, value in (
        ("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
    ):  # fmt: skip
        assert answer.headers[name] == value


@pytest.mark.parametrize("address", ["/", "/login", "/documents"])
def test_no_page_holds_script_or_style_of_its_own(reading, address):
    import re

    browser = reading.of("ruth.amsel") if address != "/login" else reading.browser()
    page = browser.get(address).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", page) == []
    assert re.findall(r'(?:src|href)="(?!/|#)', page) == [], "nothing from outside"


def test_what_is_not_signed_in_is_not_kept_by_caches(reading):
    browser = reading.of("mara.ivens")
    assert browser.get("/").headers["cache-control"] == "no-store"
    assert "immutable" in browser.client.get(reading_static(browser)).headers["cache-control"]
    assert browser.get("/static/room.css").headers["cache-control"] == "no-cache"


def reading_static(browser) -> str:
    import re

    return re.search(r'href="(/static/room\.css\?v=[^"]+)"', browser.page).group(1)


def test_other_names_are_not_answered(reading):
    answer = reading.browser().client.get("/login", headers={"Host": "evil.example"})
    assert answer.status_code == 421


FOREIGN = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
    {"Origin": ORIGIN, "Sec-Fetch-Site": "none"},
    {"Origin": "http://127.0.0.1:8138"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=[" ".join(h.values()) or "nothing said" for h in FOREIGN])
def test_form_from_elsewhere_does_nothing(visitors, headers):
    """Even with cookie and token: where a form comes from is asked first."""
    browser = visitors().of("mara.ivens")
    browser.get("/")
    answer = browser.client.post("/logout", data={"token": browser.token}, headers=headers, follow_redirects=False)
    assert answer.status_code == 403
    assert browser.get("/").status_code == 200, "still logged in"


@pytest.mark.parametrize("headers", [{"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}])
def test_one_of_the_two_signs_is_enough(visitors, headers):
    browser = visitors().of("mara.ivens")
    browser.get("/")
    answer = browser.client.post("/logout", data={"token": browser.token}, headers=headers, follow_redirects=False)
    assert answer.status_code == 303


def test_form_without_the_token_of_the_session_does_nothing_and_is_an_event(visitors):
    room = visitors()
    mine, other = room.of("mara.ivens"), room.of("ruth.amsel")
    other.get("/")
    for token in ("", "guessed", other.token):
        assert mine.post("/logout", token=token).status_code == 403
    assert mine.get("/").status_code == 200
    assert [e.action for e in room.tiny.ledger.events()][-3:] == ["authority-refused"] * 3


def test_log_in_form_of_somebody_else_logs_nobody_in(visitors):
    """Nobody is logged in to another's account behind their back."""
    room = visitors()
    attacker, victim = room.browser(), room.browser()
    attacker.get("/login")
    victim.get("/login")
    answer = victim.post("/login", {"person": "mara.ivens", "password": room.tiny.password("mara.ivens")}, token=attacker.token)
    assert answer.status_code == 403
    assert "csvgen" not in victim.client.cookies


def test_too_much_is_not_taken(visitors):
    room = visitors(form_bytes=4_096, upload_bytes=8_192)
    browser = room.of("mara.ivens")
    browser.get("/")
    assert browser.post("/logout", {"more": "x" * 5_000}).status_code == 413
    assert browser.post("/logout", {"more": "x" * 9_000}).status_code == 413
    headers = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    pieces = (b"a" * 1_000 for _ in range(20))
    assert browser.client.post("/logout", content=pieces, headers=headers).status_code == 413, "without a length, too"
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""])
def test_other_kinds_of_body_are_not_read(visitors, kind):
    browser = visitors().of("mara.ivens")
    headers = {"Origin": ORIGIN, "Content-Type": kind}
    assert browser.client.post("/logout", content=b"token=x", headers=headers).status_code == 422


def test_bug_in_a_page_shows_no_traceback(visitors, monkeypatch):
    room = visitors()
    browser = room.of("mara.ivens")
    monkeypatch.setattr(room.room, "look", lambda **_: 1 / 0)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "csvgen-portal-" in words(answer.text)
    assert "Traceback" not in answer.text
    assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize("name", ["../settings.py", "..%2fsettings.py", "htmx.min.js%00.css", "."])
def test_nothing_but_the_shipped_files_is_given(reading, name):
    assert reading.browser().client.get(f"/static/{name}").status_code == 404
