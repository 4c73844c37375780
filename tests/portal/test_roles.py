"""Every route stands in the role table once, and the table is what happens: tried with somebody who may and somebody who may not."""

from __future__ import annotations

import re

import pytest

from csvgen.identity.rights import own_matrix
from csvgen.portal.routing import EVERYBODY, role_table, routes

from ..tiny import OPERATOR
from .conftest import Visitors

ROUTES = {r.name: r for r in routes()}
GUARDED = sorted(n for n, r in ROUTES.items() if r.may != EVERYBODY)


def test_every_route_has_a_function_of_the_matrix_and_words():
    functions = own_matrix().functions
    assert [n for n, r in ROUTES.items() if r.may != EVERYBODY and r.may not in functions] == []
    assert [n for n, r in ROUTES.items() if not r.words.strip()] == []
    assert len(list(role_table(own_matrix()))) == len(ROUTES)


def test_only_the_way_in_is_open():
    assert {n for n, r in ROUTES.items() if r.may == EVERYBODY} == {
        "GET /login", "POST /login", "POST /logout", "GET /static/{name}", "POST /sign-on", "GET /sign-on/callback", "GET /sign-on/back",
        "GET /password", "POST /password",
    }  # fmt: skip


def filled(path: str) -> str:
    """An address of a route, with names nobody gave."""
    return re.sub(r"\{[^}]+\}", "1", path)


def attempt(browser, name: str):
    method, address = name.split(" ", 1)
    if method == "GET":
        return browser.get(filled(address))
    browser.get("/login")
    return browser.post(filled(address), token=browser.room_token)


@pytest.fixture(scope="module")
def two(stages, tmp_path_factory):
    """One room, a person with every role, and one whose only role holds no function at all but `use`."""
    from ..tiny import cheap_secrets

    with cheap_secrets():
        tiny = stages.at("founded").copy(tmp_path_factory.mktemp("roles") / "project")
        room = Visitors(tiny)
        held = {r.may for r in ROUTES.values()} - {EVERYBODY}
        found = {}
        for function in sorted(held):
            may = next((p for p in ("mara.ivens", "ruth.amsel", "nadia.corso", "pavel.broz", "tomas.feld", "oskar.lindqvist")
                        if not tiny.directory.may(tiny.directory.account(p), function)), None)  # fmt: skip
            found[function] = may
        yield room, found


@pytest.mark.parametrize("name", GUARDED)
def test_whoever_holds_the_function_gets_through(two, name):
    """To the page or to its own refusal (nothing is called ``1``), never to the one of the role matrix."""
    room, found = two
    function = ROUTES[name].may
    person = found[function] or "mara.ivens"
    if room.tiny.directory.may(
        room.tiny.directory.account(person), function
    ):  # given to her for another route, another role was taken away
        give(room, person, function)
    browser = room.of(person)
    browser.room_token = room.room.seats.of(browser.client.cookies["csvgen"], "a browser").token
    answer = attempt(browser, name)
    assert answer.status_code != 303 or not answer.headers["location"].startswith("/login")
    assert "takes one of these roles" not in answer.text
    assert answer.status_code < 500, answer.text


def give(room, person: str, function: str) -> None:
    role = next(n for n in own_matrix().roles if own_matrix().holds(n, function))
    account = room.tiny.directory.account(person)
    with room.tiny.ledger.change(OPERATOR, "for this test") as change:
        change.put("account", person, account.model_copy(update={"roles": (role,)}).model_dump())


@pytest.mark.parametrize("name", GUARDED)
def test_whoever_lacks_the_function_is_refused_and_that_is_an_event(two, name, monkeypatch):
    room, _ = two
    function = ROUTES[name].may
    browser = room.of("pavel.broz")
    browser.room_token = room.room.seats.of(browser.client.cookies["csvgen"], "a browser").token
    real = room.room.directory

    def without(address: str):
        made = real(address)
        roles = {
            n: r.model_copy(update={"functions": tuple(f for f in r.functions if f != function)})
            for n, r in made.matrix.roles.items()
        }
        made.matrix = made.matrix.model_copy(update={"roles": roles})
        return made

    monkeypatch.setattr(room.room, "directory", without)
    before = room.tiny.ledger.head().count
    answer = attempt(browser, name)
    assert answer.status_code == 403
    assert "takes one of these roles" in answer.text
    (event,) = room.tiny.ledger.events(after=before)
    assert (event.action, event.person) == ("authority-refused", "pavel.broz")


@pytest.mark.parametrize("name", GUARDED)
def test_nobody_gets_through_without_a_session(two, name):
    room, _ = two
    browser = room.browser()
    browser.room_token = ""
    answer = attempt(browser, name)
    if ROUTES[name].gives is not None:
        assert answer.status_code == 401, "a program is told, and not led to a form"
        assert set(answer.json()) == {"message", "where", "hint", "rule"}
        return
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
