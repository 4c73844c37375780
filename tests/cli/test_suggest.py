"""`csvgen suggest`: ranked paragraphs with their words; written only when a person at a terminal chose them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..tiny import clean_environment

pexpect = pytest.importorskip("pexpect")
SMALL = Path(__file__).parents[1] / "spec" / "small"
TRAIL = "The probe shall record every change and deletion of a reading in a computer-generated, time-stamped audit trail."


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The small system; URS-P-001 is about an audit trail and cites nothing, no other lacks a citation but URS-P-002."""
    shutil.copytree(SMALL, tmp_path / "requirements_specs")
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\n', encoding="utf-8")
    urs = tmp_path / "requirements_specs" / "probe" / "urs" / "urs.yaml"
    text = urs.read_text(encoding="utf-8")
    old = next(line for line in text.splitlines() if line.startswith("    statement: The probe shall greet"))
    lines = [
        line for line in text.replace(old, f"    statement: {TRAIL}", 1).splitlines() if not line.strip().startswith("clauses:")
    ]
    urs.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def urs(project: Path) -> str:
    return (project / "requirements_specs" / "probe" / "urs" / "urs.yaml").read_text(encoding="utf-8")


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", "suggest", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=project, env=clean_environment(), stdin=subprocess.DEVNULL
    )


def test_ranked_with_their_words_and_nothing_written(project: Path) -> None:
    before = urs(project)
    done = run(project, "URS-P-001", "--format", "json")
    assert (done.returncode, urs(project)) == (0, before)
    first = json.loads(done.stdout)[0]
    assert first["id"] == "URS-P-001"
    assert {"11.10(e)", "A11-9"} <= {s["clause"] for s in first["suggestions"]}
    assert "audit trail" in first["suggestions"][0]["words"]
    assert [s["score"] for s in first["suggestions"]] == sorted((s["score"] for s in first["suggestions"]), reverse=True)


def test_without_ids_all_that_cite_nothing_and_nothing_near_is_said(project: Path) -> None:
    done = run(project)
    assert done.returncode == 0
    assert "no paragraph is near" in done.stdout
    assert "URS-P-001" in done.stdout


def test_an_unknown_id_is_usage(project: Path) -> None:
    done = run(project, "URS-P-777")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no requirement URS-P-777" in done.stderr


def test_choosing_needs_a_terminal(project: Path) -> None:
    before = urs(project)
    done = run(project, "--confirm")
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert urs(project) == before


def test_what_a_person_chooses_is_written_and_nothing_else(project: Path) -> None:
    before = urs(project).splitlines()
    child = pexpect.spawn(
        sys.executable,
        ["-m", "csvgen", "suggest", "URS-P-001", "--confirm"],
        cwd=str(project),
        env=clean_environment(),
        encoding="utf-8",
        timeout=30,
    )
    child.expect("Cite")
    child.sendline("7 x")
    child.expect("numbers from 1 to 3")
    child.expect("Cite")
    child.sendline("1")
    child.expect("written to urs.yaml")
    child.expect(pexpect.EOF)
    added = [line for line in urs(project).splitlines() if line not in before]
    assert added in (
        ["    clauses:", "      - A11-9"],
        ["    clauses:", '      - "11.10(e)"'],
        ["    clauses:", "      - 11.10(e)"],
    )


def test_a_blank_answer_changes_nothing(project: Path) -> None:
    before = urs(project)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "csvgen", "suggest", "URS-P-001", "--confirm"],
        cwd=str(project),
        env=clean_environment(),
        encoding="utf-8",
        timeout=30,
    )
    child.expect("Cite")
    child.sendline("")
    child.expect(pexpect.EOF)
    assert urs(project) == before


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_of_a_specification_acts_upon_the_terminal(project: Path, form: str) -> None:
    path = project / "requirements_specs" / "probe" / "urs" / "urs.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(f"    statement: {TRAIL}\n", f'    statement: {TRAIL}\n    clauses: ["\\x9b31m\\u202e"]\n', 1),
        encoding="utf-8",
    )
    done = run(project, "URS-P-001", "--format", form)
    assert done.returncode == 0
    assert "u009b31m" in done.stdout
    assert not {"\x9b", "\u202e"} & set(done.stdout)
