"""The second person of an attended step signs on at a real identity provider, in the browser of the first, whose session goes on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run, standing
from csvgen.identity.accounts import UNIFORM

from ..counterparts.oidc_provider import oidc_provider
from ..tiny import OPERATOR, Tiny, cheap_secrets
from .attended import BY_HAND, ME, RUN, SECOND, Carrying, folder, waits
from .conftest import Browser, Visitors, words
from .signing_on import SUBJECTS, Way, away, configure, link, new_second

pytestmark = pytest.mark.needs("oidc-provider")
OSKAR, STRANGER = "subject-ada", "subject-ben"
EVERY_STEP = BY_HAND.replace("@witness-3", "@witness")
LAMP = {"actual": "the lamp is <b>green</b>", "verdict": "p", "agree": "y", "elsewhere": "yes"}


@pytest.fixture(scope="module")
def idp(tmp_path_factory):
    with oidc_provider(tmp_path_factory.mktemp("idp")) as made:
        yield made


@pytest.fixture(scope="module")
def waiting(stages, idp, tmp_path_factory) -> Tiny:
    """Oskar Lindqvist signs on there; whoever carries the run out has a password here. Its only check asks for a second person."""
    with cheap_secrets(), pytest.MonkeyPatch.context() as patched:
        patched.setitem(SUBJECTS, SECOND, OSKAR)
        made = stages.at("specified").copy(tmp_path_factory.mktemp("waiting") / "project")
        waits(made, EVERY_STEP)
        configure(made, idp)
        link(made, idp, SECOND)
        return made


@pytest.fixture
def room(waiting: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitors]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
    with cheap_secrets():
        visitors = Visitors(waiting.copy(tmp_path / "project"))
        yield visitors
        visitors.room.sittings.close()


class Beside(Carrying):
    """One person at the pages of a run, and another one who signs on in the same browser."""

    def __init__(self, room: Visitors, idp, browser: Browser | None = None) -> None:
        super().__init__(browser or room.of(ME))
        self.room, self.way = room, Way(idp, self.browser)

    def at_the_check(self) -> Beside:
        """To the step that takes a second person."""
        told = self.begin()
        while 'name="agree"' not in self.browser.page:
            assert "Step" in told, told
            told = self.answers("seen")
        return self

    def states(self, do: str = "answer", **fields: str) -> str:
        """What is answered, and what the second person says; where the page leads to at the provider."""
        return away(self.browser.post(RUN, {"turn": self.turn, "do": do, **fields}))

    def signs_on(self, subject: str, address: str) -> str:
        """The second person logs in there; the words of the page that comes."""
        new_second()
        answer = self.way.back(self.way.there(address, subject), self.room)
        assert (answer.status_code, answer.headers["location"]) == (303, RUN), words(answer.text)
        return self.look()


@pytest.fixture
def beside(room: Visitors, idp) -> Beside:
    return Beside(room, idp).at_the_check()


def events(tiny: Tiny, after: int) -> list[tuple[str, str]]:
    return [(e.action, e.person) for e in tiny.ledger.events(after=after)]


def answered(tiny: Tiny) -> int:
    """Steps of the case by hand that are answered."""
    found = standing(folder(tiny))
    return len(found.parts[found.evidence.plan.attended[0]].steps)


def test_who_signs_on_there_is_second_person_and_nobody_is_logged_out(room, beside):
    tiny, steps, session = room.tiny, answered(room.tiny), beside.browser.client.cookies["csvgen"]
    address = beside.states(**LAMP)
    assert "Nadia Corso (fictitious) stays logged in here" in words(beside.browser.page)
    assert answered(tiny) == steps, "nothing is on record before they have signed on"
    before = tiny.ledger.head().count
    told = beside.signs_on(OSKAR, address)
    assert "Oskar Lindqvist (fictitious) (oskar.lindqvist)" in told
    assert "identity provider: password, identity provider: one-time code" in told
    assert "the lamp is <b>green</b>" in told and "<b>green" not in beside.browser.page
    assert "the answer is as I see it" in told
    assert (events(tiny, before), answered(tiny)) == ([], steps), "coming back changes nothing"
    beside.does("proved", actual="something else", verdict="f")
    assert events(tiny, before) == [("log-in", SECOND), ("log-out", SECOND)]
    (proof, _) = tiny.ledger.events(after=before)
    assert {c.field: c.new for c in proof.changes}["subject"] == OSKAR
    assert beside.browser.client.cookies["csvgen"] == session
    assert "Nadia Corso" in beside.browser.told("/"), "the first person is logged in as before"
    finish(beside)
    run = read_run(folder(tiny))
    assert run.sealed and not run.problems
    witnessed = [s for s in run.results[1].steps if s.witness is not None]
    assert {(s.by.person, s.witness.person) for s in witnessed} == {(ME, SECOND)}
    assert witnessed[0].observations[0].actual == "passed: the lamp is <b>green</b>", "as it stood when they agreed to it"


def finish(beside: Beside) -> None:
    """Answer what is left, each step with its second person, and finish the case."""
    told = beside.look()
    while "The case is answered" not in told:
        if 'name="agree"' in beside.browser.page:
            beside.signs_on(OSKAR, beside.states(**{**LAMP, "actual": "seen again"}))
            told = beside.does("proved")
        else:
            told = beside.answers("seen")
    assert "is sealed" in beside.does("finish")


@pytest.mark.slow
def test_who_does_not_agree_says_what_they_see(room, beside):
    assert "what the second person sees may not be blank" in beside.does("answer", **{**LAMP, "agree": "n"}, status=422)
    assert " checked" in re.search(r'<input[^>]+name="elsewhere"[^>]*>', beside.browser.page).group(0), (
        "what was chosen comes back"
    )
    told = beside.signs_on(OSKAR, beside.states(**{**LAMP, "agree": "n", "sees": "it is red"}))
    assert "it is not; I see: it is red" in told
    assert "Step 3 ✗ failed" in beside.does("proved")
    assert "the second person does not agree: it is red" in words(beside.browser.page)


@pytest.mark.slow
def test_a_proof_serves_the_answer_it_was_made_for(room, beside):
    """Once, at the question and the sitting it was asked for, and in no other browser."""
    tiny, steps = room.tiny, answered(room.tiny)
    beside.signs_on(OSKAR, beside.states(**LAMP))
    assert "The second person has signed on" not in words(beside.browser.get(f"{RUN}?anew=yes").text)
    assert ">\nthe lamp is &lt;b&gt;green&lt;/b&gt;<" in beside.browser.page, "what was typed stands there still"
    beside.does("pause")
    beside.begin()
    assert "The second person has signed on" not in words(beside.browser.page), "another sitting is another question"
    said = beside.does("proved", status=403)
    assert "was for something else, was used, or is too old" in said
    assert answered(tiny) == steps
    beside.signs_on(OSKAR, beside.states(**LAMP))
    turn = beside.turn
    beside.does("proved")
    assert answered(tiny) == steps + 1
    beside.does("proved", turn=turn, status=409)
    assert "was for something else, was used" in beside.does("proved", status=403), "and it serves no second time"
    assert answered(tiny) == steps + 1


@pytest.mark.slow
def test_nobody_is_led_there_for_an_answer_that_cannot_be_given(beside):
    for changed in ({"actual": " "}, {"verdict": ""}, {"agree": ""}):
        answer = beside.browser.post(RUN, {"turn": beside.turn, "do": "answer", **LAMP, **changed})
        assert answer.status_code == 422, changed
        assert "refresh" not in answer.headers
    assert "refresh" not in beside.browser.post(RUN, {"turn": "999", "do": "answer", **LAMP}).headers


def roles(tiny: Tiny, person: str, *names: str) -> None:
    account = tiny.directory.account(person)
    with tiny.ledger.change(OPERATOR, "for the test") as change:
        change.put("account", person, account.model_copy(update={"roles": names}).model_dump())


@pytest.mark.slow
@pytest.mark.parametrize(("role", "may"), [("tester", True), ("reviewer", True), ("administrator", False), ("auditor", False)])
def test_the_role_matrix_says_who_may_be_second_person(room, beside, role, may):
    tiny, steps = room.tiny, answered(room.tiny)
    roles(tiny, SECOND, role)
    beside.signs_on(OSKAR, beside.states(**LAMP))
    before = tiny.ledger.head().count
    if may:
        beside.does("proved")
        assert answered(tiny) == steps + 1
        return
    beside.does("proved", status=403)
    assert answered(tiny) == steps
    actions = events(tiny, before)
    assert actions[0] == ("log-in", SECOND) and ("log-out", SECOND) in actions
    assert [a for a, _ in actions if a not in ("log-in", "log-out", "security-alert")] == ["signing-refused"]


@pytest.mark.slow
def test_neither_oneself_nor_a_stranger(room, idp):
    tiny = room.tiny
    account = tiny.directory.account(ME)
    with tiny.ledger.change(OPERATOR, "for the test") as change:
        change.put("account", SECOND, account.model_copy(update={"id": SECOND, "printed_name": "Oskar"}).model_dump())
    mine = Beside(room, idp, browser := room.browser())
    new_second()
    assert mine.way.log_in(room, OSKAR).status_code == 303  # now the first person is the one who signs on there
    mine.at_the_check()
    steps = answered(tiny)
    mine.signs_on(OSKAR, mine.states(**LAMP))
    assert "is another one than the first" in mine.does("proved", status=403)
    assert "nobody who is known here" in mine.signs_on(STRANGER, mine.states(**LAMP))
    before = tiny.ledger.head().count
    assert UNIFORM in mine.does("proved", status=403)
    assert "log-in-refused" in [a for a, _ in events(tiny, before)]
    assert answered(tiny) == steps
    assert "Oskar" in browser.told("/"), "the first person's session goes on"


@pytest.mark.slow
def test_where_nobody_signs_on_it_is_not_offered(waiting, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
    with cheap_secrets():
        tiny = waiting.copy(tmp_path / "project")
        toml = tiny.root / "csvgen.toml"
        toml.write_text(toml.read_text(encoding="utf-8").partition("[sign_on]")[0], encoding="utf-8")
        visitors = Visitors(tiny)
        try:
            mine = Beside(visitors, None).at_the_check()
            assert "at the identity provider" not in words(mine.browser.page)
            assert "nobody signs on in this room" in mine.does("answer", **LAMP, status=403)
        finally:
            visitors.room.sittings.close()
