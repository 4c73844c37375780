"""Review of the trail: its scope is fixed, what stands out is shown, the reviewer's words are signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csvgen.audit.review import TrailReview, review, stands_out
from csvgen.audit.selection import Selection
from csvgen.canonical import Digest, read_canonical
from csvgen.errors import BadInput
from csvgen.model.audit import Actor

from ..tiny import Tiny
from .anchoring import ANNA, Trail, make_trail


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    made = make_trail(tmp_path)
    made.grow(3)
    with made.ledger.change(Actor("boris", "Boris (fictitious)", "tester", "tests")) as change:
        change.note("log-in-refused", "account/boris")
    with made.ledger.change(ANNA, "a mistake") as change:
        change.put("sample", "S-3", {"name": "sample 3", "deleted": "yes"}, action="delete")
    with made.ledger.change(ANNA) as change:
        change.note("anchor-missing", "trail")
    yield made
    made.database.close()


def made(trail: Trail, first: int = 1, last: int = 6, findings: str = "None.", **chosen: str) -> TrailReview:
    root = Digest(f"sha256:{trail.ledger.root(last).hex()}")
    return review(trail.ledger.bodies(), first, last, Selection(**chosen), root, findings)


def test_a_review_fixes_its_scope_and_shows_what_stands_out(trail: Trail) -> None:
    found = made(trail)
    assert (found.first, found.last, found.reviewed, found.selection) == (1, 6, 6, "all events")
    assert found.root == f"sha256:{trail.ledger.root(6).hex()}"
    assert [(f.event, f.why) for f in found.flagged] == [
        (4, "something was refused"), (5, "a record was deleted"), (6, "a checkpoint did not reach its anchor"),
    ]  # fmt: skip
    assert {c.name: c.events for c in found.actions} == {"create": 3, "log-in-refused": 1, "delete": 1, "anchor-missing": 1}
    assert {c.name: c.events for c in found.people} == {"anna": 5, "boris": 1}


def test_a_filtered_review_says_its_filter(trail: Trail) -> None:
    found = made(trail, first=2, last=5, person="anna")
    assert (found.selection, found.reviewed) == ("person anna", 3)
    assert [f.event for f in found.flagged] == [5]


@pytest.mark.parametrize(("first", "last"), [(0, 3), (4, 3), (1, 7)])
def test_a_range_that_is_none_is_refused(trail: Trail, first: int, last: int) -> None:
    with pytest.raises(BadInput, match="events 1 to 6"):
        review(trail.ledger.bodies(), first, last, Selection(), Digest("sha256:" + "0" * 64), "None.")


@pytest.mark.parametrize("findings", ["", "  ", "...", "-"])
def test_findings_are_words(trail: Trail, findings: str) -> None:
    with pytest.raises(BadInput, match="RR-E10"):
        made(trail, findings=findings)


def test_events_while_the_clock_is_in_doubt_stand_out(trail: Trail) -> None:
    import datetime as dt

    trail.clock._next -= dt.timedelta(hours=2)
    trail.grow(1)
    events = trail.ledger.events()
    assert {stands_out(e) for e in events[6:]} == {"the clock was set back", "written while the clock was in doubt"}


def test_a_reviewer_signs_the_review(tiny: Callable[[str], Tiny]) -> None:
    """Through the desk, as any record: scope, root and findings are what is signed."""
    project = tiny("founded")
    ledger = project.ledger
    bodies = ledger.bodies()
    root = Digest(f"sha256:{ledger.root(len(bodies)).hex()}")
    content = review(bodies, 1, len(bodies), Selection(), root, "Three log-ins were looked at; none is unexplained.")
    record = project.publisher().trail_review("001", content.model_dump(mode="json"))
    (signature,) = project.sign("ruth.amsel", record.id, reason="reviewed the trail")
    assert signature.record.meaning == "reviewed"
    kept = next((project.root / "protocols").rglob(f"{record.id}/r1/content.json"))
    assert TrailReview.model_validate(read_canonical(kept.read_bytes())) == content
    assert any(e.action == "sign" and record.id in e.record for e in project.ledger.events(person="ruth.amsel"))
