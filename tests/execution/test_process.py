"""How the test runner itself ended: its own errors are no results, and are never taken for some."""

from __future__ import annotations

from pathlib import Path

import pytest

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
