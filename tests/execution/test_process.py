"""How the test runner itself ended: its own errors are no results, and are never taken for some."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json
from csvgen.execution.process import irregular_end, run_pytest

ONE = "@OQ @URS-P-001 @risk-low\nFeature: f\n  Scenario: TC-OQ-0001 first\n    Given a thing\n"


def ended(tmp_path: Path, *options: str, conftest: str = "", feature: str = ONE) -> str:
    """What is told of a real pytest in a process of its own, without a project around it."""
    (tmp_path / "x.feature").write_text(feature, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(
        f"from pytest_bdd import given\n@given('a thing')\ndef _(): pass\n{conftest}", encoding="utf-8"
    )
    command = (
        {"formal": False, "options": ["--csvgen-off", *options]}
        if "--nonsense" in options
        else {"formal": False, "options": options}
    )
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text('{"format":"csvgen.run/1","system":""}\n', encoding="utf-8")
    return irregular_end(run_pytest(tmp_path, [str(tmp_path / "x.feature")], folder, print, **command))


@pytest.mark.parametrize(
    ("conftest", "words"),
    [
        ("def pytest_collection_modifyitems(items): raise RuntimeError('broken')", "an error of its own (exit code 3)"),
        ("import os, signal\ndef pytest_runtestloop(): os.kill(os.getpid(), signal.SIGKILL)", "killed by the signal SIGKILL"),
    ],
    ids=["internal error", "signal"],
)
def test_an_end_without_results_is_told(tmp_path, conftest, words):
    assert words in ended(tmp_path, conftest=conftest)


def test_a_wrong_use_is_told(tmp_path):
    assert "used wrongly (exit code 4)" in ended(tmp_path, "--nonsense")


def test_a_file_that_cannot_be_collected_is_told(tmp_path):
    assert "could not collect every case (exit code 2)" in ended(tmp_path, feature="Feature: f\n  nonsense\n")


@pytest.mark.parametrize("code", [0, 1])
def test_results_good_or_bad_are_no_irregular_end(code):
    assert irregular_end(code) == ""


def test_codes_nobody_knows_are_told_too():
    assert "exit code 70" in irregular_end(70)
    assert "signal 99" in irregular_end(-99)


ATTEND = """
import json, sys
from pathlib import Path
from csvgen.errors import Refused
from csvgen.evidence.attended import Segment
from csvgen.execution.attended import Attendant
from csvgen.execution.attended_answers import Known
from csvgen.execution.process import attend_pytest
from csvgen.model.attended import Performer

root = Path(sys.argv[1])
by = Performer(person="nadia.corso", printed_name="Nadia Corso (fictitious)", role="tester")
attendant = Attendant(None, "attended-001", Segment(by, {}), Known(), formal=True)
try:
    attend_pytest(root, ["--csvgen-code", str(root / "code.json"), str(root / "x.feature")], root / "run", attendant)
except Refused as problem:
    print(json.dumps([problem.rule, problem.message, problem.hint]))
"""


def test_an_attended_part_with_other_step_code_tells_rule_file_and_mending_and_records_nothing(tmp_path):
    (tmp_path / "x.feature").write_text(ONE.replace("  Scenario", "  @attended\n  Scenario"), encoding="utf-8")
    (tmp_path / "conftest.py").write_text("from pytest_bdd import given\n@given('a thing')\ndef _(): pass\n", encoding="utf-8")
    (tmp_path / "run").mkdir()
    planned = {"system": "", "mode": "formal", "planned": [{"case": "TC-OQ-0001"}], "attended": ["TC-OQ-0001"]}
    (tmp_path / "run" / "run.json").write_bytes(canonical_json({"format": "csvgen.run/1", **planned}))
    other = "sha256:" + "a" * 64
    approved = {
        "files": {"project/conftest.py": other},
        "definitions": [{"file": "project/conftest.py", "line": 2, "function": "_", "sha256": other}],
        "cases": {"TC-OQ-0001": [0]},
    }
    (tmp_path / "code.json").write_text(json.dumps(approved), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ATTEND, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout, done.stderr
    rule, message, hint = json.loads(done.stdout)
    assert rule == "RR-F02"
    assert "TC-OQ-0001 step 1 runs project/conftest.py, which is sha256:" in message
    assert f"was approved as {other[:19]}" in message
    assert "put the files back as they were approved" in hint
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["run.json"]
