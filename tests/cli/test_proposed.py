"""csvgen report --proposed: what a specification asks for is told to anybody who can read it, before there is a person, a key or a record."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def csvgen(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    env = {k: v for k, v in env.items() if not k.startswith("CSVGEN_")}
    command = [sys.executable, "-m", "csvgen", "-C", str(folder), *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A repository with a specification and nothing else."""
    shutil.copytree(REPOSITORY / "tests" / "spec" / "small", tmp_path / "requirements_specs")
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "plain"\n', encoding="utf-8")
    return tmp_path


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_plain_repository_is_told_what_is_proposed_and_nothing_is_written(plain):
    path = plain / "requirements_specs" / "probe" / "plan.yaml"
    said = path.read_text(encoding="utf-8")
    assert "validation-summary, release-certificate]" in said
    path.write_text(said.replace("validation-summary, release-certificate]", "release-certificate]"), encoding="utf-8")
    before = files(plain)
    done = csvgen(plain, "report", "--proposed")
    assert done.returncode == 1
    assert "validation-summary       proposed: needed      decided: not decided  open: the plan does not decide" in done.stdout
    assert files(plain) == before, "no database, no log, no file of a session"


def test_a_plan_that_decides_everything_leaves_nothing_open(tmp_path):
    shutil.copytree(REPOSITORY / "requirements_specs" / "qc-release", tmp_path / "requirements_specs" / "qc-release")
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "plain"\n', encoding="utf-8")
    done = csvgen(tmp_path, "report", "--proposed")
    assert done.returncode == 0, done.stdout
    assert "design-specification     proposed: needed      decided: not needed   differs: the plan says why" in done.stdout


def test_composing_still_needs_somebody_in_office_and_the_flag_composes_nothing(plain):
    refused = csvgen(plain, "report", "plan")
    assert refused.returncode == 1
    assert "RR-D01" in refused.stderr
    both = csvgen(plain, "report", "--proposed", "plan")
    assert both.returncode == 2
    assert "composes none" in both.stderr
