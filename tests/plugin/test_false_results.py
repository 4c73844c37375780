"""The fourteen ways in which stock pytest-bdd 9 records something false, each shown on stock and right in csvgen.

Every situation is one feature and one question to the outcome. The question must be answered "false" by stock pytest-bdd,
run in the same process way, and "true" by csvgen; if a later pytest-bdd mends one, the stock half turns red and the row goes.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

STEPS = """
import pytest
from pytest_bdd import given, when, then, parsers

@given("a thing", target_fixture="thing")
def _(): return "1"

@given(parsers.parse('the value "{value}"'), target_fixture="value")
def _(value): return value

@then("it is there")
def _(request): OBSERVE(request, "1", "1")

@then(parsers.parse('the value is shown'))
def _(request, value): OBSERVE(request, "x", "x")

@then("it fails")
def _(): assert False, "wanted"

@then("it skips")
def _(): pytest.skip("not today")

@then("it is awaited")
async def _(): assert False

@then(parsers.parse("either {way}"))
def _(request, way): OBSERVE(request, "1", "1")

@then("either one")
def _(request): OBSERVE(request, "1", "1")

def OBSERVE(request, expected, actual):
    if hasattr(request.node, "recorder"):
        request.getfixturevalue("observe")("value", expected=expected, actual=actual, source="conftest")
"""

TWO_NAMES = """
@OQ @URS-X-001 @risk-high
Feature: two of one name
  Scenario: {a}the same
    Given a thing
    Then it fails
  Scenario: {b}the same
    Given a thing
    Then it is there
"""


def feature(*scenarios: str) -> str:
    return "@OQ @URS-X-001 @risk-high\nFeature: probe\n" + "\n".join(scenarios)


@dataclass
class Outcome:
    """What a run said: exit code, counted outcomes, and what each recorded of the steps."""

    code: int
    counts: dict[str, int]
    steps: dict[str, list[str]]
    """Case name -> step statuses, from stock's Cucumber JSON or from csvgen's journal."""
    lines: list[str]
    folder: Path


class Side:
    """One of the two contestants."""

    def __init__(self, pytester: pytest.Pytester, name: str) -> None:
        self.pytester = pytester
        self.name = name
        self.stock = name == "stock"
        folder = pytester.path / "protocols" / "probe" / "OQ"
        folder.mkdir(parents=True)
        self.folder = folder
        (folder / "conftest.py").write_text(STEPS, encoding="utf-8")
        if self.stock:
            (folder / "test_probe.py").write_text("from pytest_bdd import scenarios\nscenarios('.')\n", encoding="utf-8")
        else:
            (pytester.path / "csvgen.toml").write_text(
                '[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8"
            )

    def run(self, text: str | dict[str, str], *arguments: str) -> Outcome:
        files = text if isinstance(text, dict) else {"probe.feature": text}
        for name, content in files.items():
            (self.folder / name).write_text(content, encoding="utf-8")
        common = ["-p", "no:cacheprovider", "-p", "no:schemathesis", "-W", "ignore", *arguments]
        if self.stock:
            result = self.pytester.runpytest_subprocess(
                "-p", "no:csvgen", f"--cucumberjson={self.pytester.path}/c.json", *common, str(self.folder)
            )
        else:
            result = self.pytester.runpytest_subprocess(*common, str(self.folder))
        steps = self._stock_steps() if self.stock else self._journal_steps()
        return Outcome(int(result.ret), result.parseoutcomes(), steps, result.outlines, self.pytester.path)

    def _stock_steps(self) -> dict[str, list[str]]:
        path = self.pytester.path / "c.json"
        if not path.exists():
            return {}
        features = json.loads(path.read_text(encoding="utf-8") or "[]")
        return {e["name"]: [s["result"]["status"] for s in e["steps"]] for f in features for e in f["elements"]}

    def _journal_steps(self) -> dict[str, list[str]]:
        from csvgen.evidence.read import read_run

        runs = sorted((self.pytester.path / "output" / "probe" / "runs").glob("*/run.json"))
        results = read_run(runs[-1].parent).results if runs else ()
        return {r.case: [str(s.verdict).lower() for s in r.steps] for r in results}


@pytest.fixture(params=[pytest.param("stock", marks=pytest.mark.slow), "csvgen"])
def side(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Side:
    return Side(pytester, request.param)


def check(side: Side, truthful: bool, outcome: Outcome) -> None:
    """csvgen must be truthful, stock must not be (else the row is out of date)."""
    assert truthful is not side.stock, "\n".join(
        [f"{side.name}: code {outcome.code}, {outcome.counts}, {outcome.steps}", *outcome.lines[-25:]]
    )


def test_01_two_scenarios_of_one_name_both_run(side: Side) -> None:
    ids = {"a": "", "b": ""} if side.stock else {"a": "TC-OQ-0001 ", "b": "TC-OQ-0002 "}
    outcome = side.run(TWO_NAMES.format(**ids))
    check(side, outcome.counts.get("passed", 0) + outcome.counts.get("failed", 0) == 2, outcome)


def test_02_coroutine_step_does_not_pass(side: Side) -> None:
    outcome = side.run(feature("  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then it is awaited\n"))
    check(side, outcome.code != 0 and outcome.counts.get("passed", 0) == 0, outcome)


def test_03_outline_without_rows_is_an_error(side: Side) -> None:
    text = (
        '  Scenario Outline: TC-OQ-0001 x\n    Given the value "<a>"\n    Then the value is shown\n    Examples:\n      | a |\n'
    )
    outcome = side.run(feature(text))
    check(side, outcome.code != 0, outcome)


def test_04_unfilled_placeholder_is_an_error(side: Side) -> None:
    text = '  Scenario Outline: <tc> x\n    Given the value "<typo>"\n    Then the value is shown\n    Examples:\n      | tc | a |\n      | TC-OQ-0001 | 1 |\n'
    outcome = side.run(feature(text))
    check(side, outcome.code != 0, outcome)


def test_05_scenario_without_steps_does_not_pass(side: Side) -> None:
    outcome = side.run(feature("  Scenario: TC-OQ-0001 x\n"))
    check(side, outcome.code != 0 and outcome.counts.get("passed", 0) == 0, outcome)


def test_06_steps_after_a_failure_are_not_run(side: Side) -> None:
    outcome = side.run(feature("  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then it fails\n    And it is there\n"))
    (steps,) = outcome.steps.values()
    check(side, steps == ["passed", "failed", "not_run"], outcome)


def test_07_skip_inside_a_step_is_no_pass(side: Side) -> None:
    outcome = side.run(feature("  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then it skips\n    And it is there\n"))
    (steps,) = outcome.steps.values()
    check(side, steps == ["passed", "skipped", "not_run"] and outcome.code != 0, outcome)


def test_08_undefined_step_is_in_the_record(side: Side) -> None:
    outcome = side.run(feature("  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then nobody wrote this\n"))
    check(side, list(outcome.steps.values()) == [["passed", "undefined"]], outcome)


def test_09_record_under_xdist_is_whole(side: Side) -> None:
    text = feature(*[f"  Scenario: TC-OQ-000{n} x{n}\n    Given a thing\n    Then it is there\n" for n in (1, 2, 3, 4)])
    outcome = side.run(text, "-n", "2")
    check(side, sorted(outcome.steps.values()) == [["passed", "passed"]] * 4, outcome)


def test_10_ambiguous_step_is_an_error(side: Side) -> None:
    outcome = side.run(feature("  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then either one\n"))
    check(side, outcome.code != 0 and outcome.counts.get("passed", 0) == 0, outcome)


def test_11_one_broken_file_does_not_hide_the_others(side: Side) -> None:
    good = feature("  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then it is there\n")
    outcome = side.run(
        {"good.feature": good, "broken.feature": "Feature: x\n  nonsense here\n  Scenario: a\n Whoops\n"},
        "--continue-on-collection-errors",
    )
    check(side, outcome.counts.get("passed", 0) == 1 and outcome.code != 0, outcome)


def test_12_adding_a_file_does_not_shift_ids(side: Side) -> None:
    def scenario(case: str) -> str:
        name = "same" if side.stock else f"{case} same"
        return feature(f"  Scenario: {name}\n    Given a thing\n    Then it is there\n")

    def ids(outcome: Outcome) -> set[str]:
        return {line.split(" ")[0] for line in outcome.lines if "::" in line}

    before = ids(side.run({"m.feature": scenario("TC-OQ-0001")}, "--collect-only", "-q"))
    outcome = side.run({"a.feature": scenario("TC-OQ-0002")}, "--collect-only", "-q")
    after = ids(outcome)
    names = {line.rsplit("::", 1)[1] for line in before}
    assert names
    # On stock the name that stood for m.feature now stands for a.feature; with csvgen it carries its own id and file.
    check(side, before < after and not any("_1" in i for i in after), outcome)


def test_13_dry_run_finds_undefined_steps(side: Side) -> None:
    text = feature("  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then nobody wrote this\n")
    outcome = side.run(text, "--collect-only" if side.stock else "--csvgen-dry")
    check(side, outcome.code != 0, outcome)
    assert side.stock or not outcome.steps, "a dry run must leave no result behind"


def test_14_junit_names_requirement_and_steps(side: Side) -> None:
    text = feature("  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then it fails\n    And it is there\n")
    outcome = side.run(text, "--junitxml=j.xml")
    case = ET.parse(outcome.folder / "j.xml").getroot().find(".//testcase")
    assert case is not None
    properties = [(p.get("name"), p.get("value")) for p in case.iter("property")]
    wanted = [("requirement", "URS-X-001"), ("step", "2 FAILED Then it fails"), ("step", "3 NOT_RUN Then it is there")]
    check(side, all(w in properties for w in wanted), outcome)
