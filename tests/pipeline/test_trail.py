"""The trail: what it tells, what breaks it, and that nothing goes on without it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.clock import parsed
from csvgen.errors import ConfigError, CsvgenError, NotIntact
from csvgen.pipeline.release import QcRelease
from csvgen.store.database import StoreError

STOP = "CREATE TRIGGER stop BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"


def database(lab) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(lab.home / "qc.db", isolation_level=None))


def rows(lab) -> list[tuple[object, ...]]:
    with database(lab) as connection:
        return [
            *connection.execute("SELECT * FROM audit_event"),
            *connection.execute("SELECT * FROM record"),
            *connection.execute("SELECT * FROM secret"),
        ]


# ------------------------------------------------------------------ telling


def test_every_entry_is_complete(lab) -> None:
    lab.bring("L-1", "released")
    entries = lab.app.trail.entries(lab.session("auditor"))
    assert len({e.number for e in entries}) == max(e.number for e in entries)
    for entry in entries:
        assert entry.user_id
        assert entry.printed_name
        assert entry.action
        parsed(entry.at)
        assert entry.offset[0] in "+-"
    assert [e.number for e in entries] == sorted(e.number for e in entries)


def test_entries_of_a_lot_are_those_of_the_lot(lab) -> None:
    lab.bring("L-1", "released")
    lab.bring("L-2", "processed")
    told = {e.record for e in lab.app.trail.entries(lab.session("auditor"), "L-1")}
    assert told == {
        "lot/L-1", "file/L-1:plate.csv", "status/L-1", "run/RUN-0001", "signature/lot/L-1#1", "signature/lot/L-1#2",
        "certificate/COA-0001",
    }  # fmt: skip


def test_the_export_can_be_followed_without_us(lab) -> None:
    lab.bring("L-1", "released")
    before = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    lines = lab.app.trail.export(lab.session("auditor")).splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        event = json.loads(line)
        assert (event["seq"], event["previous"]) == (number, before)
        before = digest_bytes(line)
    assert json.loads(lines[-1])["action"] == "export"
    assert lab.app.trail.integrity(lab.session("auditor")).facts["head"] == before


# ------------------------------------------------------------------ what breaks it

BREAKS = {
    "an event edited": "UPDATE audit_event SET body = replace(body, 'Validation', 'Imitation') WHERE seq = 20",
    "an event removed": "DELETE FROM audit_event WHERE seq = 20",
    "the last event removed": "DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)",
    "a record edited": "UPDATE record SET body = replace(body, '100', '101') WHERE kind = 'lot'",
    "a record removed, its events kept": "DELETE FROM record WHERE kind = 'run'",
    "the newest version of a record removed": "DELETE FROM record WHERE kind = 'lot' AND version = (SELECT max(version) FROM record WHERE kind = 'lot')",
    "a signature cut out": "DELETE FROM record WHERE kind = 'signature' AND id LIKE '%#2'",
    "a record put in": "INSERT INTO record SELECT kind, 'L-9', version, body, sha256, event FROM record WHERE kind = 'lot' LIMIT 1",
}


@pytest.mark.parametrize("how", list(BREAKS))
def test_a_broken_trail_is_found(lab, how: str) -> None:
    lab.bring("L-1", "released")
    session = lab.session("auditor")
    assert lab.app.trail.integrity(session).accepted
    with database(lab) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(BREAKS[how])
    refused = lab.app.trail.integrity(session)
    assert not refused.accepted
    assert refused.message


def test_a_shortened_trail_takes_no_further_event(lab) -> None:
    lab.bring("L-1", "processed")
    with database(lab) as connection:
        connection.execute("DROP TRIGGER audit_event_no_delete")
        connection.execute("DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)")
    with pytest.raises(NotIntact, match="events are missing at its end"):
        lab.app.records.change(lab.session("analyst"), "L-1", "comment", "x", "y")
    with pytest.raises(NotIntact, match="events are missing at its end"):
        lab.app.access.log_in(lab.user("quality"), lab.password("quality"))


def test_an_old_backup_in_the_place_of_the_database_is_noticed(lab, tmp_path: Path) -> None:
    lab.bring("L-1", "processed")
    lab.app.close()
    backup = shutil.copy(lab.home / "qc.db", tmp_path / "backup.db")
    again = QcRelease(lab.home, lab.clock)
    session = again.access.log_in(lab.user("auditor"), lab.password("auditor")).reference
    assert again.trail.integrity(session).accepted
    again.close()
    shutil.copy(backup, lab.home / "qc.db")
    for extra in lab.home.glob("qc.db-*"):
        extra.unlink()
    rolled_back = QcRelease(lab.home, lab.clock)
    with pytest.raises(NotIntact, match="events are missing at its end"):
        rolled_back.access.log_in(lab.user("auditor"), lab.password("auditor"))
    rolled_back.close()


@pytest.mark.parametrize("how", ["gone", "other", "keyless"])
def test_an_anchor_that_is_not_the_trails(lab, how: str) -> None:
    anchor = lab.home / "trail.head"
    session = lab.session("auditor")
    if how == "gone":
        anchor.unlink()
    if how == "other":
        anchor.write_bytes(anchor.read_bytes().replace(b'"count":', b'"count":1'))
    words = {"gone": "is missing", "other": "was not written by this instance", "keyless": "the key of the anchor is missing"}[
        how
    ]
    if how == "keyless":
        (lab.home / "keys" / "trail.key").unlink()
    assert words in lab.app.trail.integrity(session).message
    assert not lab.app.trail.integrity(session).accepted
    with pytest.raises(NotIntact, match=words):
        lab.app.access.log_in(lab.user("quality"), lab.password("quality"))


# ------------------------------------------------------------------ nothing without the trail


def test_nothing_happens_that_cannot_be_told(lab) -> None:
    lab.bring("L-1", "processed")
    sessions = {role: lab.session(role) for role in ("administrator", "analyst", "reviewer", "quality", "auditor")}
    before = rows(lab)
    with database(lab) as connection:
        connection.execute(STOP)
    acts = [
        lambda: lab.app.records.change(sessions["analyst"], "L-1", "comment", "x", "y"),
        lambda: lab.app.arrivals.ingest(
            sessions["analyst"], "L-2", "plate.csv", lab.plate("1"), {"method": "LIN-01", "instrument": "PR-001"}
        ),
        lambda: lab.app.runs.process(sessions["analyst"], "L-1"),
        lambda: lab.app.decisions.sign(
            sessions["reviewer"], "L-1", "reviewed", "", lab.user("reviewer"), lab.password("reviewer")
        ),
        lambda: lab.app.records.configure(sessions["administrator"], "idle_seconds", "60", "test"),
        lambda: lab.app.access.create_account(
            sessions["administrator"], "new.person", "New Person", ("analyst",), "long enough 1"
        ),
        lambda: lab.app.access.set_password(sessions["analyst"], "another password 9"),
        lambda: lab.app.access.log_in(lab.user("analyst"), lab.password("analyst")),
        lambda: lab.app.records.copy(sessions["auditor"], "L-1"),
        lambda: lab.app.trail.export(sessions["auditor"]),
    ]
    for act in acts:
        with pytest.raises(StoreError, match="the disk is full"):
            act()
    with database(lab) as connection:
        connection.execute("DROP TRIGGER stop")
    assert rows(lab) == before
    assert len([p for p in (lab.home / "raw").rglob("*") if p.is_file()]) == 1
    assert lab.app.installation.configuration()["idle_seconds"] == "900"
    assert lab.app.records.change(sessions["analyst"], "L-1", "comment", "x", "y").accepted


def test_two_instances_share_nothing(lab, home: Path, tmp_path: Path) -> None:
    lab.bring("L-1", "reviewed")
    other_home = Path(shutil.copytree(lab.home.parent / "instance", tmp_path / "other", ignore=shutil.ignore_patterns("keys")))
    shutil.copytree(lab.home / "keys", other_home / "keys")
    with QcRelease(other_home, lab.clock) as other:
        with pytest.raises(CsvgenError, match="not logged in"):
            other.access.whoami(lab.session("analyst"))
        lab.bring("L-2", "processed")
        session = other.access.log_in(lab.user("analyst"), lab.password("analyst")).reference
        assert other.lots.lot(session, "L-2") is None
        assert other.lots.lot(session, "L-1").state == "reviewed"


def test_one_instance_is_open_once(lab) -> None:
    with pytest.raises(ConfigError, match="this instance is open already"):
        QcRelease(lab.home, lab.clock)
    lab.app.close()
    QcRelease(lab.home, lab.clock).close()


def test_no_instance_is_said_so(tmp_path: Path, lab) -> None:
    with pytest.raises(ConfigError, match="no instance of QC release is installed here"):
        QcRelease(tmp_path / "nowhere", lab.clock)
    assert not (tmp_path / "nowhere").exists()
