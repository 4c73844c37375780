"""What pages are made from: kept for a moment and no longer, looked at afresh before every act, and read again only where it changed."""

from __future__ import annotations

import gc
import json
import threading
import weakref

import pytest

import csvgen.portal.snapshot as snapshot_module
from csvgen.clock import SystemClock
from csvgen.evidence.attachments import FOLDER
from csvgen.workflow.ledger_of_runs import ledger
from csvgen.workflow.state import read_state
from csvgen.workflow.telling import standing_word

from ..tiny import SYSTEM
from .conftest import wait_until, words
from .going import NAME, going_on


class HeldClock(SystemClock):
    """Seconds pass when a test says so."""

    def __init__(self) -> None:
        self.at = 100.0

    def steady(self) -> float:
        return self.at


@pytest.fixture
def held(visitors):
    """A room whose looks are good for a second that does not pass by itself."""

    def make(stage: str):
        clock = HeldClock()
        return visitors(stage, clock=clock, look_seconds=1), clock

    return make


def say(room, statement: str) -> None:
    """Write into the specification as an editor does: into the file that is there."""
    path = room.tiny.root / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    urs = json.loads(path.read_text())
    urs["requirements"][1]["statement"] = statement
    with path.open("r+") as file:
        file.truncate()
        file.write(json.dumps(urs))


def test_pages_see_a_change_after_the_declared_time_at_most(held):
    room, clock = held("founded")
    browser = room.of("mara.ivens")
    assert "Nothing waits for you" in browser.told("/")
    room.tiny.report("urs")
    clock.at += 0.9
    assert "Nothing waits for you" in browser.told("/"), "within the time a look is good for"
    clock.at += 0.2
    assert "TNY-URS r1" in browser.told("/").partition("Waiting for others")[0]


def test_what_nobody_is_shown_any_more_goes_without_the_collector(held):
    """The room sets aside what the collector found alive (`csvgen.portal.collecting`): a circle in it would stay for ever."""
    room, clock = held("iq-failed")
    browser = room.of("pavel.broz")
    pages = (
        "/",
        "/matrix",
        "/documents",
        "/review/TNY-IQP",
        "/runs/IQ-001",
        "/requirements/URS-TNY-001",
        "/trace?id=IQ-001",
        "/dashboard",
    )
    gone = []
    gc.collect()
    gc.disable()
    try:
        for words_now in (
            "The first file shall say 1, always.",
            "The first file shall say 1, ever.",
            "The first file shall say 1.",
        ):
            for page in pages:
                browser.told(page)
            gone.append(weakref.ref(room.room.snapshot().state))
            say(room, words_now)
            clock.at += 2
            wait_until(lambda words_now=words_now: words_now in browser.told("/requirements/URS-TNY-002"))
        assert [each() is None for each in gone] == [True] * 3
    finally:
        gc.enable()


def test_an_act_sees_a_change_at_once_and_the_next_page_sees_the_act(held):
    room, _ = held("founded")
    room.tiny.report("urs")
    browser = room.of("mara.ivens")
    browser.told("/documents/TNY-URS")
    say(room, "The first file shall say 1, always.")
    assert "VOID" not in browser.told("/documents/TNY-URS")
    assert browser.post("/documents/TNY-URS/compose").headers["location"] == "/documents/TNY-URS"
    assert "TNY-URS revision 2 is composed" in browser.told("/documents/TNY-URS"), "what was said of it, once"
    assert "revision 2" in browser.told("/documents/TNY-URS"), "and the record itself, within the time a look is good for"


def test_what_changed_since_the_page_is_not_signed_however_short_ago_the_look_was(held):
    room, _ = held("founded")
    room.tiny.report("urs")
    browser = room.of("mara.ivens")
    browser.told("/sign/TNY-URS")
    digest = str(room.tiny.state.latest("TNY-URS").document.digest)
    say(room, "The first file shall say 1, always.")
    room.tiny.report("urs")
    proof = {
        "user_id": "mara.ivens",
        "password": room.tiny.password("mara.ivens"),
        "code": "",
        "reason_code": "",
        "reason": "read",
    }
    answer = browser.post("/sign/TNY-URS", {"digest": digest, "meaning": "authored", **proof})
    assert answer.status_code == 403
    assert "not the record you were shown" in answer.text
    assert room.tiny.state.latest("TNY-URS").signatures == ()


def test_an_attachment_is_looked_at_before_an_act(held):
    room, clock = held("founded")
    with going_on(room.tiny):
        pass
    before = room.room.snapshot()
    assert before.state.run(NAME).problems == ()
    piece = next(p for p in (room.tiny.config.runs(SYSTEM) / NAME / FOLDER).rglob("*") if p.is_file())
    piece.chmod(0o600)
    piece.write_bytes(piece.read_bytes() + b" ")
    clock.at += 5
    assert room.room.snapshot() is before, "pages are made without looking at each attachment"
    assert room.room.snapshot(thorough=True).state.run(NAME).problems


def test_a_run_that_goes_on_is_read_and_nothing_else_is(held):
    room, clock = held("iq-closed")
    browser = room.of("pavel.broz")
    with going_on(room.tiny) as going:
        clock.at += 2
        assert "1 ✓ passed" in browser.told(f"/runs/{NAME}")
        browser.told("/matrix")
        before = room.room.snapshot()
        parts = before.state.spec, before.state.protocol, before.state.approvals, before.state.matrix, before.state.runs[0]
        going.end()
        clock.at += 2
        assert "1 ✗ failed" in browser.told(f"/runs/{NAME}")
        after = room.room.snapshot()
        assert after is not before
        assert after.state.run(NAME) is not before.state.run(NAME)
        now = after.state.spec, after.state.protocol, after.state.approvals, after.state.matrix, after.state.runs[0]
        assert [a is b for a, b in zip(parts, now, strict=True)] == [True] * 5
        browser.told("/matrix")
        assert after.once("matrix", lambda _: 0) is before.once("matrix", lambda _: 1), "the list is made from the same matrix"


def test_what_is_read_in_parts_is_what_is_read_as_a_whole(held):
    """Through acts that change one kind of file each, and back: the same standing of every record, run and requirement."""
    room, clock = held("iq-failed")
    tiny = room.tiny

    def both() -> None:
        clock.at += 2
        kept, whole = room.room.snapshot().state, read_state(tiny.config, SYSTEM)
        assert told(kept) == told(whole)

    def told(state):
        records = [(str(a.document.digest), standing_word(state, a), state.life(a)) for a in state.approvals]
        return records, ledger(state), state.matrix, state.deviations, state.stale, state.overall, len(state.challenges)

    both()
    tiny.investigate("DEV-001", retest=("TC-IQ-0001",))
    both()
    tiny.sign_all("tomas.feld", "ruth.amsel")
    both()
    journal = next((tiny.root / "output/tiny/runs/IQ-001").glob("journal.*.jsonl"))
    said = journal.read_bytes()
    journal.write_bytes(said[:-20])
    both()
    journal.write_bytes(said)
    both()
    roots = tiny.config.trust
    trusted = roots.read_bytes()
    roots.unlink()
    both()
    roots.write_bytes(trusted)
    both()
    feature = next(tiny.config.protocol_folder(SYSTEM).glob("OQ/*.feature"))
    feature.write_text(feature.read_text().replace("says 1", "says 7"))
    both()
    say(room, "The first file shall say 1, always.")
    both()


# ------------------------------------------------------------ looked at before somebody has to wait


@pytest.fixture
def looks(monkeypatch):
    """Each look that was begun."""
    begun, real = [], snapshot_module.Snapshots._begin
    monkeypatch.setattr(snapshot_module.Snapshots, "_begin", lambda self, **how: (begun.append(how), real(self, **how))[1])
    return begun


def test_while_people_are_here_files_are_looked_at_before_a_page_asks(held, looks):
    room, clock = held("founded")
    browser = room.of("mara.ivens")
    assert "always" not in browser.told("/requirements/URS-TNY-002")
    say(room, "The first file shall say 1, always.")
    clock.at += 0.4
    before = len(looks)
    room.room.freshen()
    assert len(looks) == before, "the last look is young"
    clock.at += 0.55
    room.room.freshen()
    wait_until(lambda: "always" in browser.told("/requirements/URS-TNY-002"))
    assert clock.at < 101, "within the time a look is good for: no page had to wait for one"


def test_an_empty_room_is_left_in_peace(held, looks):
    room, clock = held("founded")
    room.of("mara.ivens").told("/")
    clock.at += 59
    before = len(looks)
    room.room.freshen()
    assert len(looks) == before + 1
    wait_until(lambda: room.room._snapshots._turn is None)
    clock.at += 2
    room.room.freshen()
    assert len(looks) == before + 1


# ------------------------------------------------------------ while files are being read


class Slow:
    """Reading of changed files that goes on when a test says so, and how often it was begun."""

    def __init__(self, monkeypatch, name: str = "read_again") -> None:
        self.goes, self.begun, real = threading.Event(), 0, getattr(snapshot_module, name)

        def slow(*given):
            self.begun += 1
            assert self.goes.wait(60)
            return real(*given)

        monkeypatch.setattr(snapshot_module, name, slow)


@pytest.fixture
def slow(visitors, monkeypatch):
    """A room in which nobody waits for a page, and files that change are read when the test says so."""

    def make(stage: str):
        clock = HeldClock()
        room = visitors(stage, clock=clock, look_seconds=1, reading_seconds=0)
        return room, clock, Slow(monkeypatch)

    return make


BEFORE = "This page shows the project as it was until"


def test_while_files_are_read_a_page_shows_the_state_before_and_says_so(slow):
    room, clock, reading = slow("founded")
    browser = room.of("mara.ivens")
    assert BEFORE not in browser.told("/requirements/URS-TNY-002")
    say(room, "The first file shall say 1, always.")
    clock.at += 2
    told = browser.told("/requirements/URS-TNY-002")
    assert BEFORE in told
    assert "always" not in told
    answer = browser.get("/api/requirements/URS-TNY-002")
    assert "always" not in answer.text
    assert answer.headers["Csvgen-Behind-Since"].endswith("Z")
    reading.goes.set()
    wait_until(lambda: "always" in browser.told("/requirements/URS-TNY-002"))
    assert BEFORE not in browser.told("/requirements/URS-TNY-002")
    assert "Csvgen-Behind-Since" not in browser.get("/api/requirements/URS-TNY-002").headers
    assert reading.begun == 1, "however many asked for it"


def test_nothing_is_done_on_a_state_that_is_being_read(slow, monkeypatch):
    room, clock, reading = slow("founded")
    monkeypatch.setattr(snapshot_module, "ACT_SECONDS", 0.2)
    room.tiny.report("plan")
    browser = room.of("ruth.amsel")
    browser.told("/documents/TNY-VP")
    token = browser.token
    say(room, "The first file shall say 1, always.")
    clock.at += 2
    before = room.tiny.ledger.head().count
    answer = browser.post("/documents/TNY-VP/comment", {"words": "is it so?"}, token=token)
    assert answer.status_code == 503
    assert "nothing was done" in words(answer.text)
    assert "send it again in a moment" in words(answer.text)
    assert room.tiny.ledger.head().count == before
    reading.goes.set()
    wait_until(lambda: browser.post("/documents/TNY-VP/comment", {"words": "is it so?"}, token=token).status_code == 303)


def test_whoever_acted_sees_it_though_others_are_shown_the_state_before(visitors, monkeypatch):
    clock = HeldClock()
    room = visitors("founded", clock=clock, look_seconds=1, reading_seconds=0)
    room.tiny.report("urs")
    mine, other = room.of("mara.ivens"), room.of("oskar.lindqvist")
    for browser in (mine, other):
        browser.told("/documents/TNY-URS")
    goes = threading.Event()
    real = snapshot_module.Snapshot.prepare
    monkeypatch.setattr(snapshot_module.Snapshot, "prepare", lambda *given: (goes.wait(60), real(*given)))
    signed = {"meaning": "authored", "reason_code": "initial-issue", "reason": "mine", "user_id": "mara.ivens"}
    form = {"digest": str(room.tiny.state.latest("TNY-URS").document.digest), "password": room.tiny.password("mara.ivens")}
    try:
        assert mine.post("/sign/TNY-URS", {**signed, **form}).status_code == 303
        assert "Meaning: authored" in mine.told("/documents/TNY-URS")
        clock.at += 2
        told = other.told("/documents/TNY-URS")
        assert BEFORE in told
        assert "Meaning: authored" not in told
    finally:
        goes.set()
    wait_until(lambda: "Meaning: authored" in other.told("/documents/TNY-URS"))


def test_what_cannot_be_read_is_told_and_not_read_again_until_it_changed(held, monkeypatch):
    room, clock = held("founded")
    browser = room.of("mara.ivens")
    browser.told("/matrix")
    reading = Slow(monkeypatch)
    reading.goes.set()
    path = room.tiny.root / "requirements_specs" / SYSTEM / "urs" / "urs.yaml"
    whole = path.read_text()
    path.write_text(whole.replace("URS-TNY-002", "URS-TNY-001"))
    for _ in range(3):
        clock.at += 2
        answer = browser.get("/matrix")
        assert answer.status_code == 409
        assert "csvgen check" in words(answer.text)
    assert reading.begun == 1
    path.write_text(whole)
    clock.at += 2
    assert "URS-TNY-002" in browser.told("/matrix")


def test_a_signature_leaves_the_matrix_and_every_other_record_as_they_were_read(held):
    room, clock = held("iq-closed")
    room.tiny.publisher().procedure("SOP-TNY-01")
    room.tiny.report("oq-protocol")
    (room.tiny.root / "requirements_specs" / SYSTEM / "procedures" / "SOP-TNY-01.md").write_text("# SOP-TNY-01\n\nOnce a year.\n")
    room.tiny.publisher().procedure("SOP-TNY-01")
    browser = room.of("pavel.broz")
    browser.told("/matrix")
    before = room.room.snapshot().state
    known = {(a.document.id, a.document.revision): a for a in before.approvals}
    assert room.tiny.sign_all("ruth.amsel") is None
    clock.at += 2
    browser.told("/matrix")
    after = room.room.snapshot().state
    others = [a for a in after.approvals if known[(a.document.id, a.document.revision)] is not a]
    assert [a.document.id for a in others] == ["SOP-TNY-01"]
    assert after.matrix is before.matrix
    assert after.runs is before.runs
