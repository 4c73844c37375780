"""The hooks for pre-commit: the manifest as pre-commit reads it, each entry as it is run, and the whole as a user has it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.marks import load

from ..tiny import REPOSITORY, clean_environment, make_project

MANIFEST = REPOSITORY / ".pre-commit-hooks.yaml"
PARTS = ("csvgen", "templates", "examples", "pyproject.toml", "README.md", "LICENSE", "NOTICE", ".pre-commit-hooks.yaml")
HOOKS = {hook["id"]: hook for hook in load(MANIFEST.read_bytes(), MANIFEST.name)[0].value}


def run(*command: str, cwd: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=clean_environment() | changed)


def git(*arguments: str, cwd: Path) -> None:
    done = run("git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def project(tmp_path) -> Path:
    return make_project(tmp_path / "project")


def broken(project: Path) -> None:
    path = next((project / "requirements_specs").glob("*/urs/*.yaml"))
    text, count = re.subn(r'("?phase"?: "?)OQ', r"\1XQ", path.read_text(encoding="utf-8"), count=1)
    assert count
    path.write_text(text, encoding="utf-8")


def stale(project: Path) -> None:
    path = next((project / "protocols").rglob("*.feature"))
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed by hand\n", encoding="utf-8")


def test_pre_commit_takes_the_manifest():
    done = run(sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST), cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout
    assert set(HOOKS) == {"csvgen-check", "csvgen-draft-check"}
    assert all(hook["pass_filenames"] == "false" and hook["language"] == "python" for hook in HOOKS.values())


@pytest.mark.parametrize(("hook", "damage"), [("csvgen-check", broken), ("csvgen-draft-check", stale)])
def test_an_entry_passes_what_is_sound_and_stops_what_is_not(project, hook, damage):
    entry = [sys.executable, "-m", *shlex.split(HOOKS[hook]["entry"])]
    assert run(*entry, cwd=project).returncode == 0
    damage(project)
    assert run(*entry, cwd=project).returncode == 1


def test_the_hooks_of_a_new_project_are_taken_too(tmp_path):
    assert run(sys.executable, "-m", "csvgen", "init", "lims", cwd=tmp_path).returncode == 0
    done = run(sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml", cwd=tmp_path / "lims")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.needs("git")
def test_pre_commit_installs_and_runs_them_as_for_a_user(project, tmp_path):
    """A repository with csvgen alone, cloned and installed by pre-commit in an environment of its own."""
    source = tmp_path / "csvgen"
    source.mkdir()
    for name in PARTS:
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    for folder in (source, project):
        git("init", "--quiet", cwd=folder)
        git("add", "--all", cwd=folder)
        git("commit", "--quiet", "--message", "first", cwd=folder)

    def tried() -> subprocess.CompletedProcess[str]:
        own = {"PRE_COMMIT_HOME": str(tmp_path / "home"), "PIP_CONSTRAINT": str(REPOSITORY / "constraints.txt")}
        return run(sys.executable, "-m", "pre_commit", "try-repo", str(source), "--all-files", cwd=project, **own)

    done = tried()
    if "No matching distribution" in done.stdout + done.stderr and os.environ.get("CI") != "true":
        pytest.skip("what csvgen stands on cannot be fetched here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 2
    broken(project)
    done = tried()
    assert done.returncode == 1
    assert "'XQ' is not one of" in done.stdout
