"""The landing an instance names is asked what it promises, and a store that does not keep it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.pipeline.instance import Settings
from csvgen.pipeline.landing import LocalStore, qualifying
from csvgen.pipeline.landing.qualifying import FOLDER_CHECKS, qualify_landing
from csvgen.store.qualification import CHECKS

from ..counterparts.seaweedfs import seaweedfs
from ..tiny import clean_environment

NOT_HELD = {"writing over is refused"} if os.geteuid() == 0 else set()
"""Modes do not hold root back, and the command says so."""


def failed(home: Path) -> dict[str, str]:
    return {a.question: a.told for a in qualify_landing(home).answers if not a.passed}


def command(home: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "csvgen", "pipeline", "qualify-landing", str(home), *more],
        capture_output=True, text=True, check=False, env=clean_environment() | environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_folder_promises_what_permissions_can_do(home):
    before = sorted(p for p in home.rglob("*"))
    found = qualify_landing(home)
    assert [a.number for a in found.answers] == list(range(1, len(FOLDER_CHECKS) + 1))
    assert set(failed(home)) == NOT_HELD
    assert "the owner and root are not held back" in found.promise
    assert sorted(p for p in home.rglob("*")) == before, "what was tried is gone"


def _open_folder(home: Path, _file: Path) -> None:
    (home / "raw").chmod(0o777)


def _open_instance(home: Path, _file: Path) -> None:
    home.chmod(0o755)


def _writable(_home: Path, file: Path) -> None:
    file.chmod(0o644)


def _linked(home: Path, _file: Path) -> None:
    (home / "raw").rename(home / "elsewhere")
    (home / "raw").symlink_to(home / "elsewhere")


def _of_somebody_else(_home: Path, file: Path) -> None:
    if os.geteuid():
        pytest.skip("only root gives files away")
    os.chown(file, 65_534, 65_534)


@pytest.mark.parametrize(
    ("spoil", "question", "told"),
    [
        (_open_folder, "folder is closed to others", "raw can be written by others, its mode is 0777"),
        (_open_instance, "folder is closed to others", "rights of others"),
        (_writable, "stored files are read only", "0644"),
        (_linked, "folder is the own", "a link"),
        (_of_somebody_else, "stored files have one owner", "65534"),
    ],
)
def test_a_folder_that_does_not_keep_it_fails(lab, spoil, question, told):
    lab.ingest("L-1", lab.plate("1.000"))
    file = lab.stored(lab.view("L-1").files["plate.csv"])
    assert set(failed(lab.home)) == NOT_HELD
    spoil(lab.home, file)
    assert told in failed(lab.home)[question]


@pytest.mark.parametrize(
    ("name", "broken", "question"),
    [
        ("_same", lambda *_: None, "changed file is found when it arrives again"),
        ("_taken_back", lambda *_, **__: __import__("contextlib").nullcontext(), "arrival that fails leaves nothing"),
        ("read", lambda *_: b"whatever", "changed byte is found at reading"),
    ],
)
def test_a_store_that_does_less_is_found_out(home, monkeypatch, name, broken, question):
    """Each question can be failed: the store is broken in one place, and that question fails."""
    monkeypatch.setattr(LocalStore, name, broken)
    assert set(failed(home)) - NOT_HELD == {question}


def test_nothing_asked_is_nothing_passed():
    assert not qualifying.Qualified("x", "y", ()).passed


def test_the_command_prints_each_answer(home):
    done = command(home, "--format", "json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1 if NOT_HELD else 0, "")
    assert found["passed"] is not bool(NOT_HELD)
    assert len(found["answers"]) == len(FOLDER_CHECKS)
    text = command(home)
    assert text.stdout.count("ok  ") == len(FOLDER_CHECKS) - len(NOT_HELD)
    assert command(home / "raw").returncode == 2


@pytest.mark.needs("weed")
def test_a_bucket_is_asked_all_questions_about_its_lock(home, tmp_path):
    with seaweedfs(tmp_path / "weed") as server:
        Settings(landing=f"s3://{server.bucket()}/raw?endpoint={server.endpoint}").write(home)
        done = command(home, "--format", "json", **server.environment)
        found = json.loads(done.stdout)
        assert [a["number"] for a in found["answers"]] == list(range(1, 32))
        assert len(CHECKS) == 31
        assert [a for a in found["answers"] if not a["passed"]] == []
        assert (done.returncode, done.stderr, found["passed"]) == (0, "", True)
    down = command(home, **server.environment)
    assert down.returncode not in (0, None)
    assert "Traceback" not in down.stderr
    assert "ok  " not in down.stdout
