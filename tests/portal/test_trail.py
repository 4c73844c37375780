"""The audit trail in the room: filtered, old beside new, copied byte for byte, reviewed, and held against itself."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote, urlencode

import pytest
from markupsafe import escape

from csvgen.audit.chain import read_event

from ..tiny import OPERATOR
from .conftest import words


def rows(page: str) -> int:
    return page.count('id="event-')


def test_newest_first_in_pages_and_every_event_once(reading):
    browser = reading.of("pavel.broz")
    count = reading.tiny.ledger.head().count
    seen: list[int] = []
    for number in range(1, -(-count // 50) + 1):
        page = browser.get(f"/audit?page={number}").text
        assert f"page {number} of " in page
        seen += [int(part.partition('"')[0]) for part in page.split('id="event-')[1:]]
    assert seen == list(range(count, 0, -1))


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ("person=ruth.amsel", lambda e: e.person == "ruth.amsel"),
        ("action=sign", lambda e: e.action == "sign"),
        ("record=account/", lambda e: e.record.startswith("account/")),
        ("record=TNY-URS", lambda e: e.record == "TNY-URS r1"),
        ("action=sign&person=mara.ivens", lambda e: (e.action, e.person) == ("sign", "mara.ivens")),
        ("words=FAILURES", None),
        ("since=2000-01-01", lambda e: True),
        ("until=2000-01-01", lambda e: False),
    ],
)
def test_filters_take_what_fits_and_nothing_else(reading, asked, fits):
    browser = reading.of("pavel.broz")
    told = browser.told(f"/audit?{asked}")
    events = reading.tiny.ledger.events()
    if fits is None:
        assert " of " in told
        return
    wanted = sum(map(fits, events))
    assert f"{wanted} event" in told
    assert rows(browser.page) == min(wanted, 50)


@pytest.mark.parametrize("field", ["record", "person", "action", "words"])
def test_words_of_a_database_are_only_words(reading, field):
    """What would be an order to a database matches nothing, does nothing, and comes back as it was typed."""
    browser = reading.of("pavel.broz")
    before = reading.tiny.ledger.head()
    for said in ("' OR '1'='1", "x'; DELETE FROM audit_event; --", '" OR 1=1 --', "%", "_"):
        answer = browser.get("/audit?" + urlencode({field: said}))
        assert answer.status_code == 200
        assert f'value="{escape(said)}"' in answer.text
        if said not in ("%", "_") or field in ("person", "action"):
            assert rows(answer.text) == 0, said
    assert browser.get("/trace?" + urlencode({"id": "' OR '1'='1"})).status_code == 200
    assert browser.get("/people/" + quote("' OR '1'='1")).status_code in (404, 422)
    assert reading.tiny.ledger.head() == before
    assert reading.tiny.ledger.problems() == ()


def test_a_time_that_is_none_is_said(reading):
    browser = reading.of("pavel.broz")
    answer = browser.get("/audit?since=yesterday")
    assert answer.status_code == 422
    assert "this is no day or time: 'yesterday'" in words(answer.text)


def test_old_and_new_values_stand_beside_each_other_with_the_reason(visitors):
    room = visitors("founded")
    account = room.tiny.directory.account("pavel.broz")
    with room.tiny.ledger.change(OPERATOR, "<script>alert('reason')</script>") as change:
        new = account.model_copy(update={"email": "pavel@example.org", "name_reason": "<img src=x>" + "y" * 300})
        change.put("account", account.id, new.model_dump())
    browser = room.of("ruth.amsel")
    told = browser.told("/audit?action=modify&record=account/pavel.broz")
    assert "email: (nothing) -> pavel@example.org" in told
    assert "in full" in told
    assert "<script>alert" not in browser.page
    assert "&lt;script&gt;alert(&#39;reason&#39;)" in browser.page
    assert "<img src=x>" not in browser.page


def test_a_whole_copy_is_the_trail_itself_and_a_filtered_one_says_partial(visitors):
    room = visitors("founded")
    browser = room.of("ruth.amsel")
    browser.get("/audit")
    answer = browser.post("/audit/export", {"form": "jsonl"})
    bodies = room.tiny.ledger.bodies()
    assert answer.content == b"".join(bodies)
    assert read_event(bodies[-1]).action == "export-trail", "that it was made is its last event"
    assert read_event(bodies[-1]).person == "ruth.amsel"
    assert "attachment" in answer.headers["content-disposition"]
    assert "sandbox" in answer.headers["content-security-policy"]
    part = browser.post("/audit/export", {"form": "csv", "person": "ruth.amsel"})
    lines = list(csv.reader(io.StringIO(part.text)))
    assert {line[0] for line in lines[1:]} == {"PARTIAL: person ruth.amsel"}
    assert {line[4] for line in lines[1:]} == {"ruth.amsel"}
    assert browser.post("/audit/export", {"form": "exe"}).status_code == 422


def test_review_shows_what_stands_out_and_is_put_up_as_it_was_shown(visitors):
    room = visitors("founded")
    browser = room.of("ruth.amsel")
    told = browser.told("/audit/review")
    assert "make-authority" in told
    assert "a certificate authority was made" in told
    last = room.tiny.ledger.head().count
    room.of("mara.ivens")  # an event that came after the page was shown
    empty = browser.post("/audit/review", {"name": "001", "findings": "...", "first": "1", "last": str(last)})
    assert empty.status_code == 422
    assert "none found is a finding too" in words(empty.text)
    answer = browser.post(
        "/audit/review", {"name": "001", "findings": "Looked at all; <none> found.", "first": "1", "last": str(last)}
    )
    assert answer.headers["location"] == "/documents/TNY-ATR-001"
    content = room.tiny.state.latest("TNY-ATR-001").content
    assert (content["first"], content["last"], content["reviewed"]) == (1, last, last)
    assert content["root"] == f"sha256:{room.tiny.ledger.root(last).hex()}"
    assert content["findings"] == "Looked at all; <none> found."
    assert "none is signed" in browser.told("/audit")
    room.tiny.sign("ruth.amsel", "TNY-ATR-001")
    assert f"saw events 1 to {last} (TNY-ATR-001 r1)" in browser.told("/audit")
    assert f"Events {last + 1} to" in browser.told("/audit/review")


@pytest.mark.parametrize("name", ["../../x", "a b", "<b>", "", "x" * 21])
def test_a_review_has_a_plain_number(visitors, name):
    room = visitors("founded")
    browser = room.of("ruth.amsel")
    browser.get("/audit/review")
    answer = browser.post("/audit/review", {"name": name, "findings": "none", "first": "1", "last": "1"})
    assert answer.status_code == 422
    assert "<b>" not in answer.text
    assert room.tiny.state.approvals == ()


def test_integrity_is_looked_at_anew_each_time(visitors):
    """A record is changed behind the back of csvgen between two looks; the second names it."""
    from sqlalchemy import text

    room = visitors("founded")
    browser = room.of("ruth.amsel")
    assert "every check holds" not in browser.told("/audit/checks")
    assert "every check holds" in browser.told("/audit/checks?run=yes")
    with room.room.ledger._database._engine.begin() as connection:
        body = connection.execute(text("SELECT body FROM record WHERE id = 'pavel.broz' ORDER BY version DESC LIMIT 1")).scalar()
        said = json.loads(body)
        for trigger in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            connection.execute(text(f'DROP TRIGGER "{trigger}"'))
        forged = json.dumps({**said, "roles": ["quality"]}, sort_keys=True, separators=(",", ":")).encode()
        connection.execute(text("UPDATE record SET body = :b WHERE id = 'pavel.broz'"), {"b": forged})
    told = browser.told("/audit/checks?run=yes")
    assert "not everything holds" in told
    assert "record account/pavel.broz" in told
    assert "every check holds" not in told
