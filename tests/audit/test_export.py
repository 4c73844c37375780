"""The trail in use: found by record, person, action, time and words; copied as data and to read; proved event by event."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import hashlib
import io
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.audit import merkle
from csvgen.audit.anchored import Outside, outside_kept, report
from csvgen.audit.chain import chain_problems
from csvgen.audit.checkpoint import read_checkpoint
from csvgen.audit.export import COLUMNS, csv_table, json_lines, plain_lines, take
from csvgen.audit.proof import make_proof, read_proof, verify_proof
from csvgen.audit.selection import Selection, moment
from csvgen.audit.tiles import tiles
from csvgen.canonical import digest_bytes
from csvgen.config import load_config
from csvgen.crypto.notes import read_note
from csvgen.errors import BadInput, NotIntact
from csvgen.model.audit import Actor
from csvgen.model.verification import Outcome
from csvgen.workflow.trail import export_trail

from .anchoring import ANNA, START, Trail, make_trail

BORIS = Actor("boris", "Boris (fictitious)", "reviewer", "tests")
HOSTILE = '=HYPERLINK("http://x","y")'


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    """Eight events a second apart: Anna makes and changes samples, Boris exports; one value is hostile to spreadsheets."""
    made = make_trail(tmp_path / "project")
    made.grow(3)
    with made.ledger.change(ANNA, "weighed again") as change:
        change.put("sample", "S-1", {"name": "other name"})
    with made.ledger.change(ANNA, "+1 for the label") as change:
        change.put("sample", "S-2", {"name": HOSTILE, "note": "two\nlines"})
    with made.ledger.change(BORIS, "asked for by the inspector") as change:
        change.note("export", "sample/S-1", facts={"copies": "1"})
    with made.ledger.change(BORIS, "no longer needed") as change:
        change.put("sample", "S-3", {"name": "sample 3", "deleted": "yes"}, action="delete")
    with made.ledger.change(BORIS) as change:
        change.put("method", "M-1", {"name": "Weighing"})
    yield made
    made.database.close()


def found(trail: Trail, **chosen: object) -> list[int]:
    return [event.seq for _, event in Selection(**chosen).of(trail.ledger.bodies())]


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


# ------------------------------------------------------------------ finding


def test_events_are_found_by_record_person_action_time_and_words(trail: Trail) -> None:
    assert found(trail) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found(trail, record="sample/S-1") == [1, 4, 6]
    assert found(trail, record="sample/") == [1, 2, 3, 4, 5, 6, 7]
    assert found(trail, record="sample/S") == []
    assert found(trail, person="boris") == [6, 7, 8]
    assert found(trail, action="delete") == [7]
    assert found(trail, person="anna", record="sample/S-1") == [1, 4]
    assert found(trail, words="INSPECTOR") == [6]
    assert found(trail, words="other name") == [4]
    times = [dt.datetime.fromisoformat(e.at) for _, e in Selection().of(trail.ledger.bodies())]
    assert found(trail, since=times[4]) == [5, 6, 7, 8]
    assert found(trail, until=times[4]) == [1, 2, 3, 4]
    assert found(trail, since=times[2], until=times[4]) == [3, 4]


def test_a_name_that_stands_in_another_place_is_not_taken_for_it(trail: Trail) -> None:
    """The bytes are looked at before they are read; what is decided is decided by the event."""
    with trail.ledger.change(BORIS) as change:
        change.note("anna", "boris", facts={"boris": "anna", 'a "person":"anna"': 'sample/S-1 "record":"sample/S-1"'})
    assert found(trail, person="anna") == [1, 2, 3, 4, 5]
    assert found(trail, record="sample/S-1") == [1, 4, 6]
    assert found(trail, action="anna") == [9]


def test_times_are_days_or_moments_with_a_zone() -> None:
    assert moment("2026-11-21") == dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    assert moment("2026-11-21", end=True) == dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    assert moment("2026-11-21T08:30+01:00") == dt.datetime(2026, 11, 21, 7, 30, tzinfo=dt.UTC)
    for bad in ("2026-11-21T08:30", "yesterday", "21.11.2026", ""):
        with pytest.raises(BadInput):
            moment(bad)
    with pytest.raises(BadInput, match="ends before it begins"):
        Selection(since=at(2), until=at(1))


# ------------------------------------------------------------------ copies as data


def copy_of(trail: Trail, **chosen: object):
    head = trail.ledger.head()
    return take(trail.ledger.each_body(), Selection(**chosen), head, trail.ledger.root(), "2026-11-21T09:00:00.000000Z")


def test_a_complete_copy_is_the_trail_itself(trail: Trail) -> None:
    lines = json_lines(copy_of(trail)).splitlines(keepends=True)
    assert lines == list(trail.ledger.bodies())
    assert not list(chain_problems(lines))


def test_a_partial_copy_says_so_in_its_first_line_and_in_every_row(trail: Trail) -> None:
    copy = copy_of(trail, record="sample/S-1", person="anna")
    first, *rest = json_lines(copy).splitlines(keepends=True)
    said = json.loads(first)
    assert said["copy"] == "PARTIAL: record sample/S-1, person anna"
    assert (said["events"], said["of"], said["root"]) == (2, 8, f"sha256:{trail.ledger.root().hex()}")
    assert rest == [trail.ledger.bodies()[0], trail.ledger.bodies()[3]]
    rows = list(csv.reader(io.StringIO(csv_table(copy).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert {row[0] for row in rows[1:]} == {"PARTIAL: record sample/S-1, person anna"}
    complete = csv.reader(io.StringIO(csv_table(copy_of(trail)).decode()))
    assert {row[0] for row in list(complete)[1:]} == {"COMPLETE"}


def test_the_table_holds_every_change_of_every_event(trail: Trail) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_table(copy_of(trail)).decode())))
    told = {(r["number"], r["field"], r["old value"].removeprefix("'"), r["new value"].removeprefix("'")) for r in rows}
    events = [e for _, e in Selection().of(trail.ledger.bodies())]
    assert told == {(str(e.seq), c.field, c.old, c.new) for e in events for c in e.changes}
    assert next(r["reason"] for r in rows if r["number"] == "4") == "weighed again"


def test_no_cell_of_the_table_is_a_formula(trail: Trail) -> None:
    rows = list(csv.reader(io.StringIO(csv_table(copy_of(trail)).decode())))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}]
    assert f"'{HOSTILE}" in cells
    assert "'+1 for the label" in cells


def test_old_and_new_values_and_what_was_nothing_are_said_in_words(trail: Trail) -> None:
    events = [e for _, e in Selection().of(trail.ledger.bodies())]
    assert next(plain_lines(events[3])) == "name: sample 1 -> other name"
    assert list(plain_lines(events[0])) == ["name: (nothing) -> sample 1"]
    assert list(plain_lines(events[5])) == ["copies: 1"]
    assert "deleted: (nothing) -> yes" in list(plain_lines(events[6]))


# ------------------------------------------------------------------ copies to read


def pages(data: bytes, tmp_path: Path) -> list[str]:
    (tmp_path / "copy.pdf").write_bytes(data)
    done = subprocess.run(["pdftotext", "-layout", str(tmp_path / "copy.pdf"), "-"], capture_output=True, check=True, text=True)
    return done.stdout.split("\f")[:-1]


@pytest.mark.needs("pdftotext")
def test_every_page_of_a_partial_copy_says_partial_and_the_filter(trail: Trail, tmp_path: Path) -> None:
    trail.grow(60)
    data, copy = export_trail(trail.ledger, trail.clock, ANNA, Selection(record="sample/"), "pdf", "demo")
    found = pages(data, tmp_path)
    assert len(found) > 3
    assert all("PARTIAL COPY: record sample/" in page for page in found)
    assert len(copy.events) == 67


@pytest.mark.needs("pdftotext")
def test_a_complete_copy_shows_every_event_with_old_new_and_reason(trail: Trail, tmp_path: Path) -> None:
    data, copy = export_trail(trail.ledger, trail.clock, ANNA, Selection(), "pdf", "demo")
    text = "\n".join(pages(data, tmp_path))
    assert "PARTIAL" not in text
    joined = re.sub(r"\s+", " ", text)
    for words in ("sample 1 ->", "other name", "weighed again", "asked for by the", "Boris (fictitious)", "reviewer"):
        assert words in joined, words
    assert copy.events[-1][1].action == "export-trail"
    assert copy.head.hash in joined
    numbers = {int(n) for n in re.findall(r"^\s{0,3}(\d+)\s", text, re.MULTILINE)}
    assert {*range(1, 10)} <= numbers


def test_an_export_is_itself_an_event(trail: Trail) -> None:
    data, copy = export_trail(trail.ledger, trail.clock, BORIS, Selection(person="anna"), "jsonl", "demo")
    (event,) = trail.ledger.events(action="export-trail")
    assert event.person == "boris"
    assert {c.field: c.new for c in event.changes} == {"form": "jsonl", "selection": "person anna"}
    assert json.loads(data.splitlines()[0])["of"] == event.seq == copy.head.count
    whole, _ = export_trail(trail.ledger, trail.clock, BORIS, Selection(), "jsonl", "demo")
    assert whole == b"".join(trail.ledger.bodies())


# ------------------------------------------------------------------ proofs


def test_one_event_is_proved_by_a_small_file(trail: Trail) -> None:
    note = trail.checkpoint().note
    body = trail.ledger.bodies()[3]
    data = bytes(make_proof(4, trail.ledger.inclusion(4, 8), note))
    assert data.startswith(b"c2sp.org/tlog-proof@v1\nindex 3\n")
    assert verify_proof(data, body, trail.anchors.verifiers).size == 8
    assert bytes(read_proof(data)) == data


def test_a_proof_holds_for_its_event_place_and_log_alone(trail: Trail, tmp_path: Path) -> None:
    note = trail.checkpoint().note
    bodies, hashes = trail.ledger.bodies(), trail.ledger.inclusion(4, 8)
    good = make_proof(4, hashes, note)
    for bad, body in (
        (good, bodies[4]),
        (good, bodies[3] + b" "),
        (make_proof(5, hashes, note), bodies[3]),
        (make_proof(4, hashes[:-1], note), bodies[3]),
        (make_proof(4, (*hashes, bytes(32)), note), bodies[3]),
        (make_proof(4, (hashes[1], hashes[0], hashes[2]), note), bodies[3]),
    ):
        with pytest.raises(NotIntact):
            verify_proof(bytes(bad), body, trail.anchors.verifiers)
    other = make_trail(tmp_path / "other")
    with pytest.raises(NotIntact, match="no key that is believed"):
        verify_proof(bytes(good), bodies[3], other.anchors.verifiers)
    other.database.close()


def test_no_byte_of_a_proof_can_change(trail: Trail) -> None:
    note = trail.checkpoint().note
    body, data = trail.ledger.bodies()[3], bytes(make_proof(4, trail.ledger.inclusion(4, 8), note))
    for index in range(len(data)):
        changed = data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]
        with pytest.raises(NotIntact):
            verify_proof(changed, body, trail.anchors.verifiers)


# ------------------------------------------------------------------ tiles


def rebuilt(files: dict[str, bytes], size: int) -> list[bytes]:
    """What a stranger does with the layout: read every bundle of entries, and hold it against the tile of its hashes."""
    leaves: list[bytes] = []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        suffix = "" if width == 256 else f".p/{width}"
        bundle, tile = files[f"tile/entries/{number:03d}{suffix}"], files[f"tile/0/{number:03d}{suffix}"]
        entries: list[bytes] = []
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
        assert b"".join(hashlib.sha256(b"\0" + entry).digest() for entry in entries) == tile
        leaves += [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    return leaves


@pytest.mark.parametrize("size", [1, 8, 255, 256, 257, 600])
def test_the_log_in_tiles_gives_the_root_of_its_checkpoint(tmp_path: Path, size: int) -> None:
    trail = make_trail(tmp_path)
    trail.grow(size)
    note = trail.checkpoint().note
    with trail.ledger.tree(size) as tree:
        files = {f.path: f.data for f in tiles(tree, note)}
    leaves = rebuilt(files, size)
    assert merkle.root(leaves) == read_checkpoint(read_note(files["checkpoint"])).root
    full = size // 256
    if full:
        level = files[f"tile/1/000.p/{full}"]
        assert level == b"".join(merkle.root(leaves[n * 256 : (n + 1) * 256]) for n in range(full))
    assert any(name.startswith("tile/1/") for name in files) == (size >= 256)
    trail.database.close()


def test_names_of_tiles_are_those_of_the_log_of_others() -> None:
    import tarfile

    vectors = Path(__file__).parent / "vectors" / "tessera_testdata_log.tar.gz"
    with tarfile.open(vectors) as archive:
        theirs = {m.name.removeprefix("log/"): archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]
    entries = rebuilt(theirs, 15)
    from csvgen.audit.tree import Tree

    bundle, bodies = theirs["tile/entries/000.p/15"], []
    while bundle:
        bodies.append(bundle[2 : 2 + int.from_bytes(bundle[:2], "big")])
        bundle = bundle[2 + len(bodies[-1]) :]
    ours = {f.path: f.data for f in tiles(Tree(lambda *_: [(b,) for b in bodies], 15), read_note(theirs["checkpoint"]))}
    assert ours == {name: theirs[name] for name in ("checkpoint", "tile/0/000.p/15", "tile/entries/000.p/15")}
    assert merkle.root(entries) == read_checkpoint(read_note(theirs["checkpoint"])).root


def test_large_numbers_of_tiles_are_folders_of_three_digits() -> None:
    from csvgen.audit.tiles import _place

    assert _place(1234067, 256) == "x001/x234/067"
    assert _place(1234067, 5) == "x001/x234/067.p/5"
    assert _place(0, 256) == "000"
    assert _place(1000, 256) == "x001/000"


def test_an_event_too_long_for_the_layout_is_named(tmp_path: Path) -> None:
    trail = make_trail(tmp_path)
    with trail.ledger.change(ANNA) as change:
        change.put("sample", "S-1", {"name": "x" * 70_000})
    with trail.ledger.tree() as tree:
        files = list(tiles(tree, trail.checkpoint().note))
    (missing,) = [f for f in files if f.missing]
    assert (missing.path, missing.data) == ("tile/entries/000.p/1", b"")
    assert missing.missing == "event 1 is longer than 65535 bytes"
    assert {f.path for f in files if not f.missing} == {"tile/0/000.p/1", "checkpoint"}
    trail.database.close()


# ------------------------------------------------------------------ checkpoints that somebody else kept


def test_a_folder_that_somebody_kept_is_held_against_the_trail(trail: Trail, tmp_path: Path) -> None:
    trail.checkpoint()
    (tmp_path / "csvgen.toml").write_text("[csvgen]\nproject = 'x'\nrecords = 'sqlite:///r/records.db'\n")
    config = load_config(tmp_path, environ={})
    (tmp_path / "keys.vkey").write_text(trail.anchors.key.verifier.vkey)
    outside: Outside = outside_kept(config, trail.path.parent / "checkpoints", tmp_path / "keys.vkey")
    assert not [f for f in report(trail.ledger.bodies(), outside) if f.outcome is Outcome.FAILS]
    trail.rewrite(lambda events: [e | {"person": "mallory"} for e in events])
    assert [f for f in report(trail.ledger.bodies(), outside) if f.outcome is Outcome.FAILS]
    unknown = outside_kept(config, trail.path.parent / "checkpoints")  # this project believes no key yet
    assert Outcome.UNKNOWN in {f.outcome for f in report(trail.ledger.bodies(), unknown)}
    with pytest.raises(BadInput, match="no checkpoint here"):
        outside_kept(config, tmp_path / "keys.vkey")


def test_the_digest_of_a_note_is_that_of_its_file(trail: Trail) -> None:
    note = trail.checkpoint().note
    path = trail.path.parent / "checkpoints" / "000000000008.note"
    assert digest_bytes(path.read_bytes()) == digest_bytes(bytes(note))
    assert base64.b64decode(note.text.split("\n")[2]) == trail.ledger.root(8)
