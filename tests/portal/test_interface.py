"""The JSON interface: it says what the pages say, describes itself, takes nothing it did not describe, and is held against that by a machine."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from jsonschema import Draft202012Validator

from csvgen.portal.routing import routes

from .conftest import served

JSON = [r for r in routes() if r.gives is not None]


def told(browser, address: str) -> dict:
    answer = browser.client.get(address, follow_redirects=False)
    assert answer.status_code == 200, (address, answer.text)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="api.json"'
    return answer.json()


def test_description_names_every_route_and_no_other(reading):
    browser = reading.of("pavel.broz")
    found = told(browser, "/api/openapi.json")
    assert sorted(found["paths"]) == sorted(r.path for r in JSON)
    assert {method for path in found["paths"].values() for method in path} == {"get"}, "the interface only reads"
    assert found["security"] == [{"session": []}]
    assert found["components"]["securitySchemes"]["session"]["name"] == reading.room.cookie
    for route in JSON:
        names = [p["name"] for p in found["paths"][route.path]["get"]["parameters"] if p["in"] == "query"]
        assert names == [q.name for q in route.query]
        assert not {"token", "session", "password", "code"} & set(names)


ASKED = [
    "/api/queue", "/api/matrix?standing=passed&page=1", "/api/requirements/URS-TNY-001", "/api/trace?id=URS-TNY-001", "/api/runs",
    "/api/deviations", "/api/audit?person=mara.ivens", "/api/openapi.json",
]  # fmt: skip


@pytest.mark.parametrize("address", ASKED)
def test_answers_are_as_they_are_described(reading, address):
    browser = reading.of("pavel.broz")
    document = told(browser, "/api/openapi.json")
    path = re.sub(r"URS-TNY-001$", "{id}", address.partition("?")[0])
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(told(browser, address))


def test_it_says_what_the_pages_say(reading):
    browser = reading.of("mara.ivens")
    lines = told(browser, "/api/matrix")["lines"]
    page = browser.told("/matrix")
    assert lines
    assert all(line["requirement"] in page for line in lines)
    one = told(browser, f"/api/requirements/{lines[0]['requirement']}")
    assert one["statement"] == reading.tiny.state.spec.requirement[one["id"]].statement
    assert one["statement"] in browser.told(f"/requirements/{one['id']}")
    (chain,) = told(browser, f"/api/trace?id={one['id']}")["chains"]
    assert chain["about"]["id"] == one["id"]
    assert set(chain["cases"]) == {c["case"] for c in one["cases"]}
    assert [r["run"] for r in told(browser, "/api/runs")["lines"]] == re.findall(
        r'href="/runs/([^"/]+)"', browser.get("/runs").text
    )
    events = told(browser, "/api/audit")
    assert events["lines"][0]["seq"] == events["events_in_all"]


WRONG = [
    "/api/matrix?page=0", "/api/matrix?page=x", "/api/matrix?page=1&page=2", "/api/matrix?standing=fine", "/api/matrix?nothing=1",
    "/api/matrix?find=%E2%80%AEx", "/api/trace", "/api/audit?since=2026-02-30", "/api/audit?since=yesterday", f"/api/trace?id={'x' * 201}",
]  # fmt: skip


@pytest.mark.parametrize("address", WRONG, ids=[a[:40] for a in WRONG])
def test_what_is_not_described_is_refused_in_words(reading, address):
    answer = reading.of("pavel.broz").client.get(address, follow_redirects=False)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert answer.json()["where"]


@pytest.mark.parametrize(("address", "status"), [("/api/requirements/none", 404), ("/api/nothing", 404)])
def test_what_is_not_there_is_told_as_json(reading, address, status):
    answer = reading.of("pavel.broz").client.get(address, follow_redirects=False)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_session_is_the_cookie_and_nothing_in_an_address(reading):
    browser = reading.of("pavel.broz")
    session = browser.client.cookies["csvgen"]
    stranger = reading.browser()
    for address in (f"/api/queue?csvgen={session}", f"/api/queue?session={session}", f"/api/queue?token={session}"):
        assert stranger.client.get(address, follow_redirects=False).status_code == 401
    other = reading.browser(agent="another program")
    other.client.cookies.set("csvgen", session)
    assert other.client.get("/api/queue", follow_redirects=False).status_code == 401, "good only for whom it was given to"


def test_hostile_text_is_text(visitors):
    room = visitors("founded")
    path = room.tiny.root / "requirements_specs/tiny/urs/urs.yaml"
    urs = json.loads(path.read_text())
    urs["requirements"][0]["title"] = "</script><script>alert(1)</script> ä"
    path.write_text(json.dumps(urs))
    answer = room.of("pavel.broz").client.get("/api/matrix")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text.isascii()
    assert urs["requirements"][0]["title"] in [line["title"] for line in answer.json()["lines"]]


# ------------------------------------------------------------ by a machine


@pytest.mark.slow
def test_a_machine_that_tries_everything_described_finds_nothing(stages, tmp_path):
    """schemathesis against the served command: no error of the server, nothing undescribed, what does not fit refused, what fits taken.

    Every request carries the cookie, and the document is given without its word on that: what happens without a session shows `test_roles`.
    """
    tiny = stages.at("iq-closed").copy(tmp_path / "project")
    with served(tiny) as (address, _):
        agent = {"User-Agent": "a program", "Origin": address, "Sec-Fetch-Site": "same-origin"}
        headers = {**agent, "Cookie": logged_in(address, agent, "pavel.broz", tiny.password("pavel.broz"))}
        document = json.loads(ask(address, "GET", "/api/openapi.json", headers)[1])
        del document["security"]
        document["paths"]["/api/requirements/{id}"]["get"]["parameters"][0]["example"] = "URS-TNY-001"
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(tmp_path / "openapi.json"), "--url", address]
        command += ["--checks", "all", "--max-examples", "40", "--seed", "1", "--no-color", "--continue-on-failure"]
        command += [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert f"Tested: {len(JSON)}\n" in done.stdout, done.stdout


def ask(address: str, method: str, path: str, headers: dict[str, str], form: dict[str, str] | None = None) -> tuple:
    """Cookies that were set, body, and status of one request."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=120)
    try:
        connection.request(method, path, urlencode(form) if form is not None else None, headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        return [c.partition(";")[0] for c in answer.headers.get_all("Set-Cookie") or []], body, answer.status
    finally:
        connection.close()


def logged_in(address: str, agent: dict[str, str], person: str, password: str) -> str:
    """The cookie of a session, got as a browser gets it."""
    (before,), page, _ = ask(address, "GET", "/login", agent)
    token = unescape(re.search(r'name="token" value="([^"]+)"', page).group(1))
    form = {"token": token, "person": person, "password": password, "code": "", "then": "/"}
    headers = {**agent, "Content-Type": "application/x-www-form-urlencoded", "Cookie": before}
    cookies, _, status = ask(address, "POST", "/login", headers, form)
    assert status == 303
    return next(c for c in cookies if c.startswith("csvgen="))
