"""Attended execution in the room: the run of the terminal, with pages instead of lines. Each sitting is a real process."""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from csvgen.errors import BadInput
from csvgen.evidence.read import read_run, standing
from csvgen.model.execution import Verdict
from csvgen.workflow.uploads import receive

from ..tiny import OPERATOR, Tiny, cheap_secrets
from .attended import EXPLORED, HOSTILE, ME, RUN, SECOND, Carrying, folder, picture, waits
from .conftest import Visitors, wait_until, words


@pytest.fixture(scope="module")
def waiting(stages, tmp_path_factory) -> Tiny:
    """Made once; each test changes a copy."""
    with cheap_secrets():
        made = stages.at("specified").copy(tmp_path_factory.mktemp("waiting") / "project")
        waits(made)
        return made


@pytest.fixture
def room(waiting: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitors]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
    with cheap_secrets():
        visitors = Visitors(waiting.copy(tmp_path / "project"))
        yield visitors
        visitors.room.sittings.close()


def test_a_run_is_carried_out_paused_gone_on_with_witnessed_corrected_and_sealed(room):
    tiny = room.tiny
    mine = Carrying(room.of(ME))
    assert "Begin IQ-001" in mine.browser.told("/attended")
    shown = mine.begin()
    assert "Step 1 of 3" in shown
    assert shown.index("the printer is switched on") < shown.index("carried out as written") < shown.index("Actual result")

    # what is not an answer is refused, and what was typed comes back
    assert "the actual result may not be blank" in mine.does("answer", actual=" . ", verdict="p", status=422)
    assert "choose a verdict" in mine.does("answer", actual="lamp on", status=422)
    assert ">\nlamp on<" in mine.browser.page
    assert "the reason why it was blocked may not be blank" in mine.answers("lamp on", "b", status=422)
    assert standing(folder(tiny)).parts[_case(tiny)].steps == ()

    # files: by content, never by name
    for name, data in (
        ("photo.png", b"MZ\x90\0 program"),
        ("photo.png", picture()[:60]),
        ("page.svg", b"<svg>\0</svg>"),
        ("empty.png", b""),
    ):
        assert "is not taken" in (said := mine.answers("lamp on", file=(name, data), status=422)) or "is empty" in said
    assert "attached" in mine.does("attach", file=(HOSTILE, picture()), actual="q")
    assert "<script>alert" not in mine.browser.page
    assert ">\nq<" in mine.browser.page, "what was typed before the file stands there still"

    # who else comes is told; neither answers nor begins
    other = Carrying(room.of(colleague(tiny)))
    for answer in (
        other.browser.get(RUN),
        other.browser.post(f"{RUN}/begin"),
        other.browser.post(RUN, {"turn": "1", "do": "pause"}),
    ):
        assert answer.status_code == 409
        assert "Nadia Corso (fictitious) (nadia.corso) sits at IQ-001" in words(answer.text)

    # a word that is a key at the terminal is only a word here; the page before is not answered twice
    turn = mine.turn
    assert "Step 2 of 3" in mine.answers("q")
    assert "not the one that is open now" in mine.does("answer", actual="again", verdict="p", turn=turn, status=409)

    # paused, and gone on with: nothing is asked twice, the step begun again says so
    assert "is paused" in mine.does("pause")
    assert "Go on with IQ-001" in mine.browser.told("/attended")
    assert "begun 1 steps answered; paused at" in words(mine.browser.page)
    assert "Step 2 of 3" in mine.begin()
    again = Carrying(room.of(ME, agent="another tablet"))
    assert "That is you, in another browser" in words(again.browser.get(RUN).text)
    assert "Step 2 of 3" in again.begin(take="yes"), "the same person goes on elsewhere"
    assert mine.browser.get(RUN).status_code == 409, "and the first browser has lost it"

    # failed, with its note; stopped or gone on with by decision
    assert "The step did not pass" in again.answers("nothing came out", "f", note="paper was out")
    assert "choose whether the case goes on" in again.does("way", status=422)
    assert "Step 3 of 3" in again.does("way", way="g")

    # the second person is another one, who proves it
    said = {"actual": "LOT 7 in black", "verdict": "p", "agree": "y"}
    assert "needs a second person" in again.does("answer", **said, status=422)
    assert "is another one than the first" in again.does("answer", **said, person=ME, password=tiny.password(ME), status=403)
    before = tiny.ledger.head().count
    again.does("answer", **said, person=SECOND, password="wrong wrong wrong", status=403)
    assert [e.action for e in tiny.ledger.events(after=before)] == ["log-in-refused"]
    assert "wrong wrong wrong" not in again.browser.page
    assert "The case is answered" in again.does("answer", **said, person=SECOND, password=tiny.password(SECOND))

    # a correction keeps the first value
    assert "why the first answer was wrong may not be blank" in again.does(
        "correct", number="2", corrected="one label", verdict="p", status=422
    )
    assert "before it was corrected: failed: nothing came out" in again.does(
        "correct", number="2", corrected="one label came\nlate", verdict="p", why="the tray was full"
    )
    assert "is sealed" in again.does("finish")

    run = read_run(folder(tiny))
    assert run.sealed and run.seal.complete
    assert not run.problems
    result = run.results[1]
    assert result.verdict is Verdict.PASSED
    first, second, third = result.steps
    assert [o.actual for o in first.observations] == ["passed: q"]
    (kept,) = first.attachments
    assert (kept.media_type, kept.kind, kept.size) == ("image/png", "image", len(picture()))
    assert "\u202e" not in kept.name and kept.name.endswith(r"\u202e.png")
    assert [(c.actual, c.verdict, c.why) for c in second.corrections] == [
        ("failed: nothing came out", "FAILED", "the tray was full")
    ]
    assert (second.note, {f.kind for f in second.flags} >= {"verdict-lifted", "interrupted"}) == ("paper was out", True)
    assert (third.by.person, third.witness.person) == (ME, SECOND)
    events = [(e.action, e.person) for e in tiny.ledger.events() if e.record == "IQ-001"]
    assert events[0][0] == "run-begin"
    assert events[-3:] == [("run-part", ME), ("run-part", ME), ("run-seal", ME)]
    assert "No run waits for a person" in again.browser.told("/attended")


def colleague(tiny: Tiny) -> str:
    """Somebody else who may carry out cases."""
    account = tiny.directory.account(SECOND)
    roles = tuple({*account.roles, *tiny.directory.account(ME).roles})
    with tiny.ledger.change(OPERATOR, "for the test") as change:
        change.put("account", SECOND, account.model_copy(update={"roles": roles}).model_dump())
    return SECOND


def _case(tiny: Tiny) -> str:
    return standing(folder(tiny)).evidence.plan.attended[0]


def test_who_is_not_trained_is_told_why_and_a_sitting_ends_with_its_session(room):
    tiny = room.tiny
    account = tiny.directory.account(ME).model_dump()
    with tiny.ledger.change(OPERATOR, "for the test") as change:
        change.put("account", ME, {**account, "training": ()})
    mine = Carrying(room.of(ME))
    assert "Not for you: nadia.corso may not attend a formal run" in mine.browser.told("/attended")
    answer = mine.browser.post(f"{RUN}/begin")
    assert (answer.status_code, "has no training record" in words(answer.text)) == (403, True)
    assert not standing(folder(tiny)).segments
    with tiny.ledger.change(OPERATOR, "for the test") as change:
        change.put("account", ME, account)
    assert "Step 1 of 3" in mine.begin()
    sitting = room.room.sittings.of("IQ-001")
    mine.browser.post("/logout")
    assert sitting.ended["outcome"] == "paused"
    part = standing(folder(tiny)).parts[_case(tiny)]
    assert (part.interrupted, part.how.startswith("paused at")) == (1, True)


@pytest.mark.slow
def test_an_unscripted_session_is_jotted_survives_its_killed_process_and_is_concluded(stages, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
    with cheap_secrets():
        tiny = stages.at("specified").copy(tmp_path / "project")
        waits(tiny, EXPLORED)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        room = Visitors(tiny)
        mine = Carrying(room.of(ME))
        try:
            mine.begin()
            assert "Notes and issues" in mine.answers("read it")
            room.room.sittings.of("IQ-001").process.kill()
            room.room.sittings.of("IQ-001").process.wait()
            wait_until(lambda: "cannot go on" in mine.look())
            assert "Traceback" not in mine.browser.page
            assert "Notes and issues" in mine.begin(), "the journal is the truth: what was answered stands, and it goes on"
            assert "the note may not be blank" in mine.does("note", words="", status=422)
            assert "A session without a note is no record" in mine.does("done")
            assert "1. note: lists are fine" in _numbered(mine.does("note", words="lists are fine"))
            assert "attached" in mine.does("attach", file=("screen.png", picture()))
            assert "is paused" in mine.does("pause")
            mine.begin()
            assert "2. issue: q" in _numbered(mine.does("issue", words="q"))
            assert "issue 1: q" in mine.does("done"), "what was found is told by the record, and not asked again"
            assert "The case is answered" in mine.answers("one issue")
            assert "is sealed" in mine.does("finish")
        finally:
            room.room.sittings.close()
        run = read_run(folder(tiny))
        assert (run.results[1].verdict, [e.kind for e in run.results[1].session]) == (
            Verdict.FAILED,
            ["note", "issue", "conclusion"],
        )
        assert run.results[1].reason == "1 issue(s): 1) q"


def _numbered(told: str) -> str:
    """A list is numbered by the browser; here its lines get their numbers as a reader sees them."""
    head, _, rest = told.partition("On record so far")
    parts = [p for p in re.split(r"(?=(?:note|issue): )", rest) if ": " in p]
    return head + " ".join(f"{n}. {p}" for n, p in enumerate(parts, 1))


# ------------------------------------------------------------ what is received


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60,000 dots wide and high."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts
    )


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.png", b"", "empty"),
        ("a.png", bomb(), "dots"),
        ("a.png", picture()[:-40], "cannot be read"),
        ("a.jpg", picture(kind="JPEG")[:200], "cannot be read"),
        ("a.png", b"PK\x03\x04\0\0", "not taken"),
        ("a.txt", b"a\0b", "not taken"),
        ("a.txt", b"\xff\xfe\xff", "not taken"),
        ("a.png", b"\x7fELF\x02\0", "not taken"),
    ],
)
def test_hostile_and_broken_files_are_refused(name, data, why):
    with pytest.raises(BadInput, match=why):
        receive(name, data)


def test_what_a_file_is_follows_from_its_content():
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "WEBP")
    for name, data, said in (
        ("notes.exe", b"all fine\n", ("notes.exe", "text/plain", "text")),
        ("../../etc/photo.gif", picture(kind="JPEG"), ("photo.gif", "image/jpeg", "image")),
        ("C:\\x\\scan.png", b"%PDF-1.7\n\xff", ("scan.png", "application/pdf", "file")),
        ("<svg onload=alert(1)>", b"<svg onload=alert(1)>", ("<svg onload=alert(1)>", "text/plain", "text")),
        ("", out.getvalue(), ("file", "image/webp", "image")),
    ):
        got = receive(name, data)
        assert (got.name, got.media_type, got.kind) == said
