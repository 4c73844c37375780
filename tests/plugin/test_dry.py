"""The dry run: what has no definition, several, or no step; nothing executed, and every report says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.cli import cli

STEPS = """
from pathlib import Path
from pytest_bdd import given, then, parsers

@given("a thing")
def thing():
    Path(__file__).with_name("EXECUTED").write_text("x")

@then(parsers.parse("it is {word}"))
def word(): raise AssertionError("executed")

@then("it is ambiguous")
def ambiguous(): raise AssertionError("executed")

@given("a thingg that nobody uses")
def unused(): pass
"""
GOOD = "@OQ @URS-P-001 @risk-low\nFeature: good\n  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then it is there\n"
BAD = "@OQ @URS-P-001 @risk-low\nFeature: bad\n  Scenario: TC-OQ-0002 x\n    Given a thinng\n    Then it is ambiguous\n"
BROKEN = "Feature: broken\n  nonsense\n   Scenario: x\n  Whoops\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "protocols" / "probe" / "OQ"
    folder.mkdir(parents=True)
    (tmp_path / "requirements_specs" / "probe").mkdir(parents=True)
    (tmp_path / "requirements_specs" / "probe" / "system.yaml").write_text("{}", encoding="utf-8")
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8")
    (folder / "conftest.py").write_text(STEPS, encoding="utf-8")
    (folder / "good.feature").write_text(GOOD, encoding="utf-8")
    return tmp_path


def dry(project: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["-C", str(project), "run", "--dry", *arguments], standalone_mode=False)
    assert done.exception is None, done.exception
    return int(done.return_value), done.stdout


def untouched(project: Path) -> bool:
    return not list(project.rglob("EXECUTED")) and not (project / "output").exists() and not (project / "records").exists()


def test_every_finding_has_its_place_and_the_nearest_match(project: Path) -> None:
    folder = project / "protocols" / "probe" / "OQ"
    (folder / "bad.feature").write_text(BAD, encoding="utf-8")
    (folder / "broken.feature").write_text(BROKEN, encoding="utf-8")
    code, said = dry(project, "--format", "json")
    content = json.loads(said)
    assert code == 1
    assert content["watermark"] == "DRY RUN: nothing was executed"
    found = {f["rule"]: f for f in content["findings"]}
    assert len(content["findings"]) == 3
    assert not content["whole"], "what a broken file uses is not known"
    assert (found["DRY001"]["file"], found["DRY001"]["line"]) == ("OQ/bad.feature", 4)
    assert "the nearest is 'a thing'" in found["DRY001"]["message"]
    assert "2 step definitions fit" in found["DRY002"]["message"]
    assert "conftest.py:9" in found["DRY002"]["message"]
    assert "conftest.py:12" in found["DRY002"]["message"]
    assert found["DRY004"]["file"].endswith("broken.feature")
    assert untouched(project)


def test_a_report_for_people_says_first_and_last_that_nothing_ran(project: Path) -> None:
    code, said = dry(project)
    lines = said.strip().splitlines()
    assert code == 1
    assert lines[0] == "DRY RUN: nothing was executed: 1 cases, 2 steps, 2 findings"
    assert any(
        "protocols/probe/OQ/conftest.py:15:0: warning DRY003 no step uses the definition given 'a thingg that nobody uses'; the nearest step is 'a thing'"
        in x
        for x in lines
    ), said
    assert sum("DRY003" in x for x in lines) == 2, "the ambiguous one is not used either here"
    assert lines[-1] == "DRY RUN: nothing was executed"
    assert untouched(project)


def test_nothing_to_find_is_fine_and_unused_is_only_told_of_the_whole(project: Path) -> None:
    code, said = dry(project, "protocols/probe/OQ/good.feature::TC-OQ-0001")
    assert (code, "DRY003" in said) == (1, True), "the one file is the whole protocol here"
    (project / "protocols" / "probe" / "OQ" / "bad.feature").write_text(BAD, encoding="utf-8")
    code, said = dry(project, "protocols/probe/OQ/good.feature")
    assert code == 0, said
    assert "when all features are resolved" in said
