"""Checkpoints of an instance's trail that somebody else keeps: what no copy of yesterday and no key in the folder can deny."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.clock import SystemClock
from csvgen.errors import ConfigError, NotIntact
from csvgen.model.verification import Outcome
from csvgen.pipeline import checkpoints
from csvgen.pipeline.instance import Settings
from csvgen.verification.outside import KEYS, read_outside

from ..pipeline.conftest import Lab
from ..tiny import clean_environment
from .instances import Thief, checked, failed, worked

LENGTH, HISTORY, SIGNED = (
    "the trail is as long as others saw it",
    "the trail continues every state that others saw",
    "checkpoints are signed by keys that are believed",
)
LACKS = "a head of the audit trail that somebody else kept"


@pytest.fixture(scope="module")
def made(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance as it was yesterday (`yesterday`) and is today, with a checkpoint of today in `kept`, taken by the command."""
    base = worked(shared, tmp_path_factory.mktemp("anchor"), Settings(), lambda lab: lab.bring("L-1", "released"))
    shutil.copytree(base / "instance", base / "yesterday")
    lab = Lab(base / "instance")
    lab.bring("L-2", "processed")
    lab.app.close()
    (base / "trust" / KEYS).write_text(anchored(base))
    return base


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "csvgen", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=clean_environment(), cwd=cwd)


def anchored(base: Path) -> str:
    done = command("pipeline", "anchor", str(base / "instance"), "--to", str(base / "kept"), cwd=base)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def found(base: Path) -> dict[str, str]:
    return {c.name: c.detail for c in checked(base, base / "kept").checks if c.outcome is Outcome.FAILS}


def test_the_trail_of_today_holds_against_its_checkpoint(made: Path) -> None:
    told = checked(made, made / "kept")
    assert told, told.bottom_line
    assert LACKS not in told.bottom_line
    assert {LENGTH, HISTORY, SIGNED} <= {c.name for c in told.checks if c.outcome is Outcome.HOLDS}
    done = command("verify", "instance", "--trust", "trust", "--anchor", "kept", cwd=made)
    assert done.returncode == 0, done.stdout


def test_the_whole_folder_put_back_to_yesterday_is_named(base: Path) -> None:
    shutil.rmtree(base / "instance")
    (base / "yesterday").rename(base / "instance")
    assert checked(base), "without an anchor nobody can know"
    assert LACKS in checked(base).bottom_line
    assert found(base).keys() == {LENGTH}
    assert "were cut off, or an older state was put back" in found(base)[LENGTH]


def test_a_tail_written_anew_with_every_key_is_named(base: Path) -> None:
    """The last lot is not signed: nothing that people did fixes it, and whoever has the keys makes everything fit."""
    Thief(base).rewrite("instrument", "PR-001", lambda c: c.update(name="another name"), rehash=True, with_keys=True)
    rewritten = found(base)
    assert "saw another trail" in rewritten[HISTORY]


def test_the_last_record_and_its_event_taken_away_with_every_key_are_named(base: Path) -> None:
    thief = Thief(base)
    with sqlite3.connect(thief.home / "qc.db") as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        last = connection.execute("SELECT max(seq) FROM audit_event").fetchone()[0]
        connection.execute("DELETE FROM audit_event WHERE seq = ?", (last,))
        connection.execute("DELETE FROM record WHERE event = ?", (last,))
        for _, sql in guards:
            connection.execute(sql)
    thief.anchor()
    assert not {"audit trail is unbroken", "audit trail is the one its anchor tells of"} & failed(base).keys()
    assert "1 events and" not in found(base)[LENGTH]
    assert "the last 1 were cut off" in found(base)[LENGTH]


def test_a_checkpoint_signed_by_another_key_is_not_believed(base: Path, tmp_path: Path) -> None:
    (base / "instance" / "keys" / checkpoints.KEY).unlink()
    _, vkey = checkpoints.take(base / "instance", SystemClock(), tmp_path / "other")
    assert vkey not in (base / "trust" / KEYS).read_text()
    told = checked(base, tmp_path / "other")
    assert "no key that is believed signed this note" in {c.name: c.detail for c in told.failed}[SIGNED]


def test_without_a_key_to_believe_it_is_unknown(base: Path) -> None:
    (base / "trust" / KEYS).unlink()
    told = checked(base, base / "kept")
    assert SIGNED in {c.name for c in told.unknown}
    assert not told


def test_a_checkpoint_under_a_name_of_its_own_is_refused_not_ignored(base: Path, tmp_path: Path) -> None:
    (note,) = (base / "kept").iterdir()
    with pytest.raises(ConfigError, match="there is no checkpoint here"):
        read_outside(base / "trust" / "roots.pem", None, Path(note.rename(tmp_path / "of-today.txt")))


def test_no_checkpoint_is_made_of_a_trail_with_problems(base: Path, tmp_path: Path) -> None:
    Thief(base).rewrite("instrument", "PR-001", lambda c: c.update(name="another name"))
    with pytest.raises(NotIntact, match="no checkpoint is made of a trail with problems: record instrument/PR-001"):
        checkpoints.take(base / "instance", SystemClock(), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_nothing_is_kept_inside_of_what_it_is_about(base: Path) -> None:
    done = command("pipeline", "anchor", "instance", "--to", "instance/kept", cwd=base)
    assert done.returncode == 2
    assert "what lies in the instance goes back with it" in done.stderr
    assert not (base / "instance" / "kept").exists()
