"""The anchors of a project: what its settings may say, in which order a checkpoint passes them, and each of the four for real."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.audit.anchored import Outside, moments, report
from csvgen.audit.anchors import (
    Anchors,
    Deposit,
    FolderAnchor,
    TimeAnchor,
    WitnessAnchor,
    WormAnchor,
    checkpoint,
    due,
    held,
    kept,
    open_anchors,
    read_held,
)
from csvgen.audit.checkpoint import sign_checkpoint
from csvgen.audit.settings import AuditSettings, audit_settings
from csvgen.audit.witness import Contradicted, Witness
from csvgen.clock import SystemClock
from csvgen.config import Config, load_config
from csvgen.crypto.certificates import pem
from csvgen.crypto.notes import COSIGNATURE, Verifier, read_note
from csvgen.crypto.timestamps import TimeAuthority, verify_token
from csvgen.errors import BadInput, ConfigError
from csvgen.model.audit import ClockLimits
from csvgen.model.verification import Outcome
from csvgen.store.worm import WormStore

from ..counterparts import free_port
from ..counterparts.openssl_tsa import OpensslTsa, make_root, openssl_tsa
from ..counterparts.seaweedfs import Store, seaweedfs
from ..counterparts.witness import sigsum_key, witness
from .anchoring import ANNA, Trail, key, make_trail

TOLD = "anchors hold what the trail tells"
STAMPS = "time stamps hold"
TIMES = "times of events fit the time stamps"
SIGNED = "checkpoints are signed by keys that are believed"
NOW = dt.datetime.now(dt.UTC)


# ------------------------------------------------------------------ settings


def settings(tmp_path: Path, text: str = "") -> Config:
    (tmp_path / "csvgen.toml").write_text(f"[csvgen]\nproject = 'x'\nrecords = 'sqlite:///state/records.db'\n{text}\n")
    return load_config(tmp_path, environ={})


def test_without_any_anchor_a_folder_beside_the_protocols_keeps_the_checkpoints(tmp_path: Path) -> None:
    anchors = open_anchors(settings(tmp_path))
    assert anchors.in_order == (FolderAnchor("folder", tmp_path / "checkpoints"),)
    assert anchors.verifiers == (anchors.key.verifier,)
    assert (tmp_path / "trust" / "checkpoints.vkey").read_text() == anchors.key.verifier.vkey + "\n"
    assert open_anchors(settings(tmp_path)).key.verifier == anchors.key.verifier


def test_all_kinds_stand_in_the_settings_and_are_passed_in_their_order(tmp_path: Path) -> None:
    seen = Verifier("witness.example/w", COSIGNATURE, bytes(32))
    (tmp_path / "tsa.pem").write_bytes(pem([make_root(NOW)[1]]))
    anchors = open_anchors(
        settings(
            tmp_path,
            f"""
            [anchor.worm]
            kind = "s3"
            bucket = "b"
            retention_days = 3650
            endpoint = "http://127.0.0.1:1"
            prefix = "p/"
            [anchor.git]
            kind = "folder"
            path = "kept"
            [anchor.clock]
            kind = "time-stamp"
            url = "http://tsa.example/"
            trust = "tsa.pem"
            [anchor.watch]
            kind = "witness"
            url = "http://witness.example"
            key = "{seen.vkey}"
            """,
        )
    )
    assert [type(a) for a in anchors.in_order] == [WitnessAnchor, TimeAnchor, WormAnchor, FolderAnchor]
    assert [a.name for a in anchors.in_order] == ["watch", "clock", "worm", "git"]
    assert seen in anchors.verifiers


def test_a_time_stamp_authority_is_an_anchor_without_being_named(tmp_path: Path) -> None:
    (tmp_path / "tsa.pem").write_bytes(pem([make_root(NOW)[1]]))
    anchors = open_anchors(settings(tmp_path, "[time_stamps]\nurl = 'http://tsa.example/'\ntrust = 'tsa.pem'"))
    assert [a.name for a in anchors.in_order] == ["time-stamp", "folder"]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("kind = 'tape'", "kind is missing or not known"),
        ("path = 'x'", "kind is missing or not known"),
        ("kind = 'folder'", "'path' is missing"),
        ("kind = 'folder'\npath = 'x'\nbucket = 'b'", "unknown setting 'bucket'"),
        ("kind = 's3'\nbucket = 'b'\nretention_days = 1\nsecret_key = 'x'", "unknown setting 'secret_key'"),
        ("kind = 's3'\nbucket = 'b'\nretention_days = 'soon'", "retention_days"),
        ("kind = 's3'\nbucket = 'b'\nretention_days = 0", "retention_days"),
        ("kind = 'witness'\nurl = 'http://w.example'\nkey = 'words'", "no vkey line"),
        ("kind = 'witness'\nurl = 'http://me:secret@w.example'\nkey = 'words'", "no plain http"),
        ("kind = 's3'\nbucket = 'b'\nretention_days = 1\nendpoint = 'https://me:secret@s3.example'", "no plain http"),
        ("kind = 'time-stamp'", "url and trust"),
    ],
)
def test_an_anchor_that_cannot_be_meant_is_refused(table: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=why) as problem:
        open_anchors(settings(tmp_path, f"[anchor.one]\n{table}"))
    assert "anchor.one" in str(problem.value)
    assert "secret@" not in str(problem.value)


def test_settings_of_the_trail_are_numbers_and_none_of_them_switches_it_off(tmp_path: Path) -> None:
    assert audit_settings(settings(tmp_path)) == AuditSettings()
    found = audit_settings(settings(tmp_path, "[audit]\ncheckpoint_events = 10\nclock_ahead_seconds = 60"))
    assert (found.checkpoint_events, found.clock) == (10, ClockLimits(60))
    for bad in (
        "checkpoint_events = 0",
        "checkpoint_events = 'many'",
        "checkpoint_seconds = -1",
        "enabled = false",
        "off = true",
    ):
        with pytest.raises(ConfigError):
            audit_settings(settings(tmp_path, f"[audit]\n{bad}"))


# ------------------------------------------------------------------ making checkpoints


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    made = make_trail(tmp_path / "project")
    yield made
    made.database.close()


def test_a_checkpoint_is_an_event_that_tells_who_took_it(trail: Trail) -> None:
    trail.grow(3)
    made = trail.checkpoint("release")
    (event,) = trail.ledger.events(action="checkpoint")
    facts = {c.field: c.new for c in event.changes}
    assert (facts["size"], facts["why"], facts["root"]) == ("3", "release", trail.ledger.root(3).hex())
    assert facts["key"] == trail.anchors.key.verifier.vkey
    assert facts["anchor folder"] == "kept in checkpoints/"
    assert made.size == 3
    assert {h.name for h in held(trail.anchors.keepers)[0]} == {"000000000003.note"}


def test_a_checkpoint_is_due_by_count_and_by_time(trail: Trail) -> None:
    settings = AuditSettings(checkpoint_events=5)
    now = trail.clock.now()
    assert due(trail.ledger, settings, now) == ""
    trail.grow(4)
    assert due(trail.ledger, settings, now) == ""
    assert due(trail.ledger, settings, now + dt.timedelta(days=2)) == "the period for a checkpoint is over"
    trail.grow(1)
    assert due(trail.ledger, settings, now) == "5 events since the last checkpoint"
    trail.checkpoint()
    assert due(trail.ledger, settings, now + dt.timedelta(days=2)) == ""


def test_the_same_state_twice_is_the_same_checkpoint(trail: Trail) -> None:
    """The process died between the anchors and the event: the next checkpoint of that size meets what is kept already."""
    trail.grow(3)
    note = trail.checkpoint().note
    trail.rewrite(lambda events: events[:3])
    assert trail.checkpoint().problems == ()
    (item,) = [h for h in held(trail.anchors.keepers)[0] if h.name == "000000000003.note"]
    assert item.data == bytes(note)


def test_a_folder_never_takes_a_second_checkpoint_of_one_size(trail: Trail) -> None:
    trail.grow(3)
    trail.checkpoint()
    before = {h.name: h.data for h in held(trail.anchors.keepers)[0]}
    trail.rewrite(lambda events: [e | {"person": "mallory"} for e in events][:3])
    (problem,) = trail.checkpoint().problems
    assert "there are two trails" in problem
    assert {h.name: h.data for h in held(trail.anchors.keepers)[0]} == before
    assert trail.ledger.events(action="anchor-contradicts")


def test_what_is_kept_travels_with_a_copy_of_the_trail(trail: Trail, tmp_path: Path) -> None:
    trail.grow(3)
    trail.checkpoint()
    trail.grow(3)
    trail.checkpoint()
    assert [*kept(trail.anchors, 5)] == ["000000000003.note", "keys.vkey"]
    files = kept(trail.anchors, 100)
    assert [*files] == ["000000000003.note", "000000000007.note", "keys.vkey"]
    copy = Outside(held=read_held(files.items(), "copy"), verifiers=trail.anchors.verifiers)
    assert all(f.outcome in {Outcome.HOLDS, Outcome.NOTE} for f in report(trail.ledger.bodies(), copy))
    with pytest.raises(BadInput, match="no checkpoint here"):
        read_held([("keys.vkey", b"")], "copy")


def test_a_keeper_that_cannot_be_asked_is_named(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    away = WormAnchor("worm", WormStore("b", "", f"http://127.0.0.1:{free_port()}"), dt.timedelta(days=1))
    trail.grow(3)
    trail.anchors = Anchors(trail.anchors.key, keepers=(*trail.anchors.keepers, away))
    (problem,) = trail.checkpoint().problems
    assert problem.startswith("anchor worm: the store cannot be asked")
    faults = trail.faults()[TOLD]
    assert any(f.startswith("anchor worm: the store cannot be asked") for f in faults)
    assert any(f.startswith("anchor worm has no checkpoint since 3 events") for f in faults)


# ------------------------------------------------------------------ time stamps


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpensslTsa]:
    with openssl_tsa(tmp_path_factory.mktemp("tsa")) as found:
        yield found


@pytest.fixture
def stamped(tsa: OpensslTsa, tmp_path: Path) -> Iterator[Trail]:
    """A trail of now, with time stamps over its checkpoints."""

    def anchors(folder: Path) -> Anchors:
        clock = TimeAnchor("clock", TimeAuthority(tsa.url, tsa.roots))
        return Anchors(key(), clocks=(clock,), keepers=(FolderAnchor("folder", folder / "checkpoints"),))

    made = make_trail(tmp_path / "project", anchors, dt.datetime.now(dt.UTC))
    made.grow(5)
    assert made.checkpoint().problems == ()
    yield made
    made.database.close()


def test_the_token_is_over_the_whole_note(stamped: Trail, tsa: OpensslTsa) -> None:
    files = {h.name: h.data for h in held(stamped.anchors.keepers)[0]}
    assert {*files} == {"000000000005.note", "000000000005.tst"}
    assert verify_token(files["000000000005.tst"], files["000000000005.note"], roots=tsa.roots).authority
    findings = stamped.findings(roots=tsa.roots)
    assert findings[STAMPS].outcome is Outcome.HOLDS
    assert findings[TIMES].outcome is Outcome.HOLDS
    assert stamped.findings()[STAMPS].outcome is Outcome.UNKNOWN  # without a root nobody vouches for it


def test_a_time_stamp_of_another_checkpoint_is_found(stamped: Trail, tsa: OpensslTsa) -> None:
    stamped.grow(5)
    stamped.checkpoint()
    folder = stamped.path.parent / "checkpoints"
    (folder / "000000000011.tst").write_bytes((folder / "000000000005.tst").read_bytes())
    faults = stamped.faults(roots=tsa.roots)
    assert faults[STAMPS] == ("folder/000000000011.tst: the time stamp is over other data",)
    (folder / "000000000005.note").unlink()
    assert any("no checkpoint that is believed lies beside it" in f for f in stamped.faults(roots=tsa.roots)[STAMPS])


def test_a_clock_set_back_before_the_last_time_stamp_is_found(stamped: Trail, tsa: OpensslTsa) -> None:
    stamped.clock._next -= dt.timedelta(days=1)
    stamped.grow(1)
    faults = stamped.faults(roots=tsa.roots)[TIMES]
    assert "it was not there yet for Second test time-stamp authority at" in faults[-1]


def test_a_clock_that_ran_ahead_of_the_time_stamp_is_found(stamped: Trail, tsa: OpensslTsa) -> None:
    stamped.clock._next += dt.timedelta(days=1)
    stamped.grow(1)
    stamped.checkpoint()
    faults = stamped.faults(roots=tsa.roots)[TIMES]
    assert "Second test time-stamp authority saw it at" in faults[0]


def test_a_small_difference_of_two_clocks_is_no_finding(stamped: Trail, tsa: OpensslTsa) -> None:
    stamped.clock._next += dt.timedelta(seconds=60)
    stamped.grow(2)
    stamped.checkpoint()
    assert TIMES not in stamped.faults(roots=tsa.roots)


def test_events_are_as_old_as_the_first_time_stamp_over_them(stamped: Trail, tsa: OpensslTsa) -> None:
    stamped.grow(4)
    stamped.checkpoint()
    bodies, outside = stamped.ledger.bodies(), stamped.outside(roots=tsa.roots)
    found = moments(bodies, outside)
    assert [m.size for m in found] == [5, 10]
    assert {m.by for m in found} == {"Second test time-stamp authority"}
    assert all(abs(m.at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5) for m in found)
    assert moments(bodies, stamped.outside()) == ()  # nobody vouches for the authority
    stamped.rewrite(lambda events: [e | ({"person": "mallory"} if e["seq"] == 7 else {}) for e in events])
    assert [m.size for m in moments(stamped.ledger.bodies(), outside)] == [5]  # of the second state this is another trail


def test_no_time_stamp_at_all_is_said(trail: Trail) -> None:
    trail.grow(1)
    trail.checkpoint()
    assert trail.findings()[STAMPS].outcome is Outcome.NOTE
    assert "clock of this system" in trail.findings()[STAMPS].detail


# ------------------------------------------------------------------ object lock


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Store]]:
    """One store as it must be installed, and one with the filer's own HTTP port left open."""
    folder = tmp_path_factory.mktemp("stores")
    with seaweedfs(folder / "closed") as closed, seaweedfs(folder / "open", side_door=True) as opened:
        yield {False: closed, True: opened}


def on_worm(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Trail, str]:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    bucket = store.bucket()
    worm = WormAnchor("worm", WormStore(bucket, "trail/", store.endpoint), dt.timedelta(days=3650))
    trail = make_trail(folder, lambda _: Anchors(key(), keepers=(worm,)), dt.datetime.now(dt.UTC))
    for _ in range(3):
        trail.grow(4)
        assert trail.checkpoint().problems == ()
    return trail, bucket


@pytest.mark.needs("weed")
def test_checkpoints_lie_under_lock_and_the_listing_is_what_counts(
    stores: dict[bool, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores[False]
    trail, bucket = on_worm(store, tmp_path / "project", monkeypatch)
    found, _ = held(trail.anchors.keepers)
    assert [h.name for h in found] == ["000000000004.note", "000000000009.note", "000000000014.note"]
    ten_years = dt.datetime.now(dt.UTC) + dt.timedelta(days=3649)
    assert all(h.locked_until and h.locked_until > ten_years and h.version for h in found)
    assert trail.faults() == {}
    # what S3 lets an owner do: hide it behind a marker, and put another version on top
    store.client.delete_object(Bucket=bucket, Key="trail/000000000009.note")
    assert trail.faults() == {}
    store.client.put_object(Bucket=bucket, Key="trail/000000000009.note", Body=b"another")
    assert any("worm/000000000009.note: this is no signed note" in f for f in trail.faults()[SIGNED])
    assert any("no longer locks it" in f for f in trail.faults()[SIGNED])
    # the side door is shut
    assert store.delete_past_s3(bucket, "trail/000000000014.note") == 404
    assert "000000000014.note" in {h.name for h in held(trail.anchors.keepers)[0]}
    trail.database.close()


@pytest.mark.needs("weed")
def test_an_object_that_vanished_through_the_side_door_is_reported(
    stores: dict[bool, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A COMPLIANCE object deleted past S3: the store itself no longer knows of it. The trail, anchored later, does."""
    store = stores[True]
    trail, bucket = on_worm(store, tmp_path / "project", monkeypatch)
    assert store.delete_past_s3(bucket, "trail/000000000009.note") == 204
    assert {h.name for h in held(trail.anchors.keepers)[0]} == {"000000000004.note", "000000000014.note"}
    assert trail.faults()[TOLD] == ("anchor worm no longer holds 000000000009.note, which event 10 tells that it took",)
    trail.database.close()


@pytest.mark.needs("weed")
def test_two_trails_under_one_name_meet_in_the_store(
    stores: dict[bool, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail, _ = on_worm(stores[False], tmp_path / "project", monkeypatch)
    trail.rewrite(lambda events: [e | {"person": "mallory"} for e in events][:9])
    (problem,) = trail.checkpoint().problems
    assert "this place holds another checkpoint of that size" in problem
    trail.database.close()


# ------------------------------------------------------------------ all four


@pytest.mark.needs("weed", "sigsum-witness")
def test_witness_then_time_stamp_then_lock(
    stores: dict[bool, Store], tsa: OpensslTsa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, log = stores[False], sigsum_key()
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    with witness(tmp_path / "witness", log) as seen:
        worm = WormAnchor("worm", WormStore(store.bucket(), "", store.endpoint), dt.timedelta(days=1))
        anchors = Anchors(
            log,
            (WitnessAnchor("watch", Witness(seen.url, seen.verifier)),),
            (TimeAnchor("clock", TimeAuthority(tsa.url, tsa.roots)),),
            (worm, FolderAnchor("git", tmp_path / "kept")),
        )
        trail = make_trail(tmp_path / "project", lambda _: anchors, dt.datetime.now(dt.UTC))
        trail.grow(7)
        made = checkpoint(trail.ledger, anchors, SystemClock(), ANNA, "release")
    assert made.problems == ()
    assert [name for name, _ in made.receipts] == ["watch", "clock", "worm", "git"]
    files = {(h.anchor, h.name): h.data for h in held(anchors.keepers)[0]}
    note = files["worm", "000000000007.note"]
    assert files["git", "000000000007.note"] == note
    assert len(read_note(note).vouched([log.verifier, seen.verifier])) == 2
    verify_token(files["worm", "000000000007.tst"], note, roots=tsa.roots)  # over the cosignature too
    findings = trail.findings(roots=tsa.roots)
    assert {f.outcome for f in findings.values()} == {Outcome.HOLDS}
    trail.database.close()


def test_a_contradiction_says_where(trail: Trail, tmp_path: Path) -> None:
    trail.grow(2)
    trail.checkpoint()
    other = make_trail(tmp_path / "other", lambda _: trail.anchors)
    other.grow(2)
    other.rewrite(lambda events: [e | {"person": "mallory"} for e in events])
    (anchor,) = trail.anchors.keepers
    note = sign_checkpoint(2, other.ledger.root(2), other.ledger.head().hash, trail.anchors.key)
    with pytest.raises(Contradicted) as problem:
        anchor.take(Deposit(note, NOW), other.ledger.consistency)
    assert "000000000002.note" in str(problem.value)
    other.database.close()
