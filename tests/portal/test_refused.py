"""What the room turns away is an event with an alert: at once, then by its number; and how many live views one person may hold."""

from __future__ import annotations

import pytest

from csvgen.portal.refusals import ELSEWHERE, Streams, Tally

from .conftest import ORIGIN
from .going import NAME, going_on

KEY = ("origin", "10.0.0.9", "")


def test_the_first_is_told_at_once_and_a_flood_by_its_number():
    tally = Tally(window=60)
    assert tally.count(KEY, 0) == (KEY, 1)
    assert [tally.count(KEY, t)[1] for t in (1, 2, 59)] == [0, 0, 0]
    assert list(tally.due(59)) == []
    assert tally.count(KEY, 60) == (KEY, 4), "the three that were held back, and this one"
    assert tally.count(KEY, 61)[1] == 0
    assert list(tally.due(121)) == [(KEY, 1)], "told although no other came"
    assert list(tally.due(500)) == []
    assert tally.count(KEY, 501) == (KEY, 1)


def test_many_addresses_become_one():
    tally = Tally(window=60, most=3)
    told = [tally.count(("host", f"10.0.0.{n}", ""), 0) for n in range(50)]
    assert [n for _, n in told].count(1) == 4, "three addresses, and all others as one"
    assert tally.count(("host", "10.0.0.99", ""), 1) == (("host", ELSEWHERE, ""), 0)
    assert sum(n for _, n in told) + sum(n for _, n in tally.due(100)) == 51, "none is lost"


@pytest.fixture
def room(visitors):
    return visitors("founded")


def refused(room) -> list[dict[str, str]]:
    found = []
    for e in room.tiny.ledger.events():
        if e.action == "request-refused":
            found.append({c.field: c.new for c in e.changes} | {"person": e.person, "why": e.reason})
    return found


def test_what_the_guard_turns_away_is_on_record(room):
    client = room.browser(address="10.0.0.9").client
    assert client.get("/login", headers={"Host": "evil.example"}).status_code == 421
    assert client.post("/logout", headers={"Origin": "https://evil.example"}).status_code == 403
    assert (
        client.post("/sign/%3Cscript%3E%0A%E2%80%AE", headers={"Origin": ORIGIN, "Content-Length": "99999999999"}).status_code
        == 413
    )
    assert client.post("/logout", content=b"x", headers={"Origin": ORIGIN, "Content-Type": "text/plain"}).status_code == 422
    found = refused(room)
    assert [(r["kind"], r["from"], r["person"], r["times"]) for r in found] == [
        (kind, "10.0.0.9", "(not logged in)", "1") for kind in ("host", "origin", "size", "form")
    ]
    assert found[0]["asked"] == "GET /login"
    assert found[2]["asked"].startswith("POST /sign/<script>")
    assert not {"\n", "\u202e"} & set(found[2]["asked"]), "what turns or hides text is spelled out"
    auditor = room.of("mara.ivens")
    assert "<script>" in auditor.told("/audit?action=request-refused")
    assert "<script>\\" not in auditor.page


def test_a_flood_does_not_flood_the_records(room):
    client = room.browser().client
    for _ in range(30):
        client.post("/logout", headers={"Origin": "https://evil.example"})
    assert [r["times"] for r in refused(room)] == ["1"]
    room.room.tell_refused(all_of_them=True)
    assert [r["times"] for r in refused(room)] == ["1", "29"], "told when the room closes"
    room.room.tell_refused(all_of_them=True)
    assert len(refused(room)) == 2


def test_a_log_in_form_from_elsewhere_is_on_record(room):
    browser = room.browser()
    browser.get("/login")
    assert browser.post("/login", {"person": "mara.ivens", "password": "x"}, token="guessed").status_code == 403
    assert [(r["kind"], r["asked"]) for r in refused(room)] == [("form", "POST /login")]


def test_somebody_is_told(room):
    toml = room.tiny.root / "csvgen.toml"
    toml.write_text(toml.read_text() + '\n[security]\ncontact = "security@example.org"\noutbox = "alerts"\n', encoding="utf-8")
    again = type(room)(room.tiny)
    again.browser().client.post("/logout", headers={"Origin": "https://evil.example"})
    (mail,) = (room.tiny.root / "alerts").glob("*.eml")
    assert "request refused" in mail.read_text(encoding="utf-8")


# ------------------------------------------------------------ streams


def test_streams_are_counted_and_one_that_was_lost_is_forgotten():
    streams = Streams(2, seconds=60)
    assert [streams.open("a", t) for t in (0.0, 1.0, 2.0)] == [True, True, False]
    assert streams.open("b", 2.0), "each person for themself"
    streams.close("a", 0.0)
    assert streams.open("a", 3.0)
    assert [streams.open("a", 4.0), streams.open("a", 62.0)] == [False, True]
    streams.close("a", 0.0)
    streams.close("nobody", 1.0)


def test_one_person_follows_so_many_runs_and_no_more(visitors):
    room = visitors("iq-failed", streams=1)
    with going_on(room.tiny):
        browser, other = room.of("pavel.broz"), room.of("mara.ivens")
        begun = room.room.steady()
        assert room.room.streams.open("pavel.broz", begun), "one is open elsewhere"
        answer = browser.get(f"/runs/{NAME}/stream")
        assert answer.status_code == 429
        assert [(r["kind"], r["person"]) for r in refused(room)] == [("streams", "pavel.broz")]
        assert browser.get(f"/runs/{NAME}/progress").status_code == 200, "what it shows is there without it"
        assert other.get("/runs/IQ-001/stream").status_code == 200
        room.room.streams.close("pavel.broz", begun)
        for _ in range(3):
            assert browser.get("/runs/IQ-001/stream").status_code == 200, "one that ended counts no more"
