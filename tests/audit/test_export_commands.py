"""csvgen audit from outside: what it prints, writes and answers with its exit code."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..cli.test_commands import csvgen
from ..tiny import Tiny, runner


@pytest.fixture
def project(tiny: Callable[[str], Tiny]) -> Iterator[Path]:
    """A project with its people; a technical account may run what needs an account."""
    return tiny("founded").root


def audit(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = csvgen("audit", *arguments, cwd=project, **runner(project))
    assert "Traceback" not in done.stderr
    return done


def test_a_checkpoint_check_and_what_the_anchors_hold(project: Path) -> None:
    before = audit(project, "check")
    assert before.returncode == 0
    assert "no checkpoint from outside" in before.stdout
    made = audit(project, "checkpoint")
    assert made.returncode == 0, made.stderr
    (note,) = (project / "checkpoints").glob("*.note")
    size = int(note.stem)
    assert f"{size} events, root " in made.stderr
    listed = audit(project, "anchors")
    assert listed.returncode == 0
    assert note.name in listed.stdout
    assert (project / "trust" / "checkpoints.vkey").read_text().strip() in listed.stdout
    after = audit(project, "check")
    assert after.returncode == 0
    assert f"{size} of them seen outside" in after.stdout
    assert "FAIL" not in after.stdout


def test_check_and_verify_name_where_the_trail_was_rewritten(project: Path, tmp_path: Path) -> None:
    audit(project, "checkpoint")
    size = int(next((project / "checkpoints").glob("*.note")).stem)
    kept = tmp_path / "kept"
    (project / "checkpoints").rename(kept)
    assert audit(project, "verify", str(kept)).returncode == 0
    connection = sqlite3.connect(project / "records" / "records.db", isolation_level=None)
    connection.executescript("DROP TRIGGER audit_event_no_delete;")
    connection.execute("DELETE FROM audit_event WHERE seq >= ?", (size,))
    connection.close()
    found = audit(project, "verify", str(kept))
    assert found.returncode == 1
    assert f"saw {size} events and {size - 1} are here" in found.stdout
    assert audit(project, "check").returncode == 1


def test_events_are_shown_and_searched_in_full(project: Path) -> None:
    shown = audit(project, "show", "--record", "account/mara.ivens")
    assert "account/mara.ivens" in shown.stdout
    assert "(nothing) -> " in shown.stdout
    assert "account/ruth.amsel" not in shown.stdout
    as_json = audit(project, "show", "--record", "account/", "--format", "json")
    assert {json.loads(line)["record"].split("/")[0] for line in as_json.stdout.splitlines()} == {"account"}
    found = audit(project, "search", "mara ivens")
    assert found.returncode == 0
    assert audit(project, "search", "nobody says this").returncode == 1
    assert audit(project, "show", "--since", "tomorrow").returncode == 1
    assert audit(project, "show", "--since", "2030-01-01").stdout == ""


@pytest.mark.parametrize("form", ["jsonl", "csv", "pdf"])
def test_a_copy_is_written_once_and_is_an_event(project: Path, form: str, tmp_path: Path) -> None:
    to = tmp_path / f"copy.{form}"
    done = audit(project, "export", str(to), "--format", form, "--record", "account/")
    assert done.returncode == 0, done.stderr
    assert "PARTIAL: record account/" in done.stderr
    assert to.stat().st_size > 0
    again = audit(project, "export", str(to), "--format", form)
    assert again.returncode == 1
    assert "never written over" in again.stderr
    events = audit(project, "show", "--action", "export-trail", "--format", "json").stdout.splitlines()
    assert [json.loads(e)["person"] for e in events] == ["ci-runner"]


def test_a_complete_copy_verifies_anywhere(project: Path, tmp_path: Path) -> None:
    audit(project, "export", str(tmp_path / "events.jsonl"))
    done = csvgen("verify", str(tmp_path / "events.jsonl"), cwd=tmp_path)
    assert "audit trail is unbroken" in done.stdout
    assert "FAIL" not in done.stdout


def test_the_log_in_tiles_has_a_checkpoint_of_its_own(project: Path, tmp_path: Path) -> None:
    done = audit(project, "export", str(tmp_path / "log"), "--format", "tiles")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "log" / "checkpoint").read_text()
    size = int(text.split("\n")[1])
    assert (tmp_path / "log" / "tile" / "0" / f"000.p/{size}").stat().st_size == 32 * size
    assert (tmp_path / "log" / "tile" / "entries" / f"000.p/{size}").is_file()
    assert audit(project, "export", str(tmp_path / "part"), "--format", "tiles", "--person", "x").returncode == 1


def test_one_event_is_proved_and_the_proof_verifies_without_the_project(project: Path, tmp_path: Path) -> None:
    refused = audit(project, "prove", "3", str(tmp_path / "three.tlog-proof"))
    assert refused.returncode == 1
    assert "no checkpoint covers event 3 yet" in refused.stderr
    audit(project, "checkpoint")
    done = audit(project, "prove", "3", str(tmp_path / "three.tlog-proof"))
    assert done.returncode == 0, done.stderr
    trust = tmp_path / "trust"
    trust.mkdir()
    for name in ("roots.pem", "checkpoints.vkey"):
        (trust / name).write_bytes((project / "trust" / name).read_bytes())
    verified = csvgen("verify", str(tmp_path / "three.tlog-proof"), "--trust", str(trust), cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    event = tmp_path / "three.json"
    event.write_bytes(event.read_bytes().replace(b'"seq":3', b'"seq":4'))
    assert csvgen("verify", str(tmp_path / "three.tlog-proof"), "--trust", str(trust), cwd=tmp_path).returncode == 1


def test_what_only_people_may_do_is_refused_to_a_technical_account(project: Path) -> None:
    for arguments in (("review", "001", "--findings", "None."), ("resolve-clock", "--reason", "looked at")):
        done = audit(project, *arguments)
        assert done.returncode == 1
        assert "RR-" in done.stderr


def test_hostile_text_of_events_does_not_reach_the_terminal(project: Path) -> None:
    from csvgen.audit.ledger import open_ledger
    from csvgen.clock import SystemClock
    from csvgen.model.audit import Actor
    from csvgen.store.database import open_database

    database = open_database(f"sqlite:///{project / 'records' / 'records.db'}")
    with open_ledger(database, SystemClock()).change(
        Actor("anna", "Anna\x1b[2J", "tester", "tests"), "why\x1b]0;title\x07"
    ) as change:
        change.note("note", "sample/\x1b[31m", facts={"field\u202e": "a\nb\x1b[0m"})
    database.close()
    for arguments in (("show",), ("search", "title")):
        done = audit(project, *arguments)
        assert "\x1b" not in done.stdout
        assert "\u202e" not in done.stdout
    assert audit(project, "check").returncode == 0


def test_checkpoints_are_made_when_they_are_due(project: Path) -> None:
    """Nobody asked for one: the next command that writes makes it."""
    with (project / "csvgen.toml").open("a") as stream:
        stream.write("[audit]\ncheckpoint_events = 5\n")
    assert not (project / "checkpoints").exists()
    done = audit(project, "export", str(project / "copy.csv"), "--format", "csv")
    assert done.returncode == 0, done.stderr
    (first,) = (project / "checkpoints").glob("*.note")
    told = audit(project, "show", "--action", "checkpoint", "--format", "json").stdout
    assert f"{int(first.stem)} events since the last checkpoint" in told
    audit(project, "export", str(project / "copy2.csv"), "--format", "csv")
    assert len(list((project / "checkpoints").glob("*.note"))) == 1  # two events later none is due yet


def test_a_change_of_the_anchors_is_on_record_and_a_wrong_one_stops_the_command(project: Path) -> None:
    toml = (project / "csvgen.toml").read_text()
    (project / "csvgen.toml").write_text(toml + "[anchor.git]\nkind = 'folder'\npath = 'kept'\n")
    assert audit(project, "checkpoint").returncode == 0
    (project / "csvgen.toml").write_text(toml)
    assert audit(project, "checkpoint").returncode == 0
    shown = audit(project, "show", "--record", "settings/anchors").stdout
    assert '{"git":{"kind":"folder","path":"kept"}} -> {}' in shown
    assert "reason: the anchors of csvgen.toml differ from those on record" in shown
    (project / "csvgen.toml").write_text(
        toml + "[anchor.worm]\nkind = 's3'\nbucket = 'b'\nretention_days = 1\nsecret_key = 'x'\n"
    )
    refused = audit(project, "checkpoint")
    assert refused.returncode == 2
    assert "unknown setting 'secret_key'" in refused.stderr
