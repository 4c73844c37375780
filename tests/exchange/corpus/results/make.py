"""Makes the files beside it with the real tools. Run by hand, once; what it wrote is committed and the tests read that.

    python make.py TOOLS NODE

TOOLS is the bin folder of an environment with pytest, pytest-bdd, behave, robotframework, allure-pytest, pytest-json-ctrf and
pytest-rerunfailures; NODE a folder in which npm installed @cucumber/cucumber. The versions used are written to VERSIONS.txt.

Every suite holds the same kinds of results: passed, failed, error in a set-up, error in a tear-down, skipped, expected to fail, a
retry that passed after a failure; for Gherkin also undefined, pending and rows of an outline.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent

PYTEST = """
import pytest

tries = []


@pytest.fixture
def broken():
    raise RuntimeError("the set-up broke")


@pytest.fixture
def litter():
    yield
    raise RuntimeError("the tear-down broke")


def test_passes(record_property):
    record_property("requirement", "URS-TNY-002")


def test_named_in_nothing():
    pass


def test_fails():
    assert 1 == 2, "one is not two"


def test_set_up(broken):
    pass


def test_tear_down(litter):
    pass


@pytest.mark.skip(reason="not on this machine")
def test_skipped():
    pass


@pytest.mark.xfail(reason="known defect")
def test_expected_to_fail():
    assert False


@pytest.mark.parametrize("value", ["1", "2"])
def test_rows(value):
    assert value


@pytest.mark.flaky(reruns=2)
def test_flaky():
    tries.append(1)
    assert len(tries) > 1
"""

ALLURE = """
import allure
import pytest


@pytest.fixture
def broken():
    raise RuntimeError("the set-up broke")


@pytest.fixture
def litter():
    yield
    raise RuntimeError("the tear-down broke")


@allure.tag("URS-TNY-002")
@allure.title("The number is one")
def test_passes():
    with allure.step("look"):
        allure.attach("1", name="seen", attachment_type=allure.attachment_type.TEXT)


@allure.testcase("https://tests.example/TC-OQ-0001", "TC-OQ-0001")
def test_linked():
    pass


def test_fails():
    assert 1 == 2


def test_breaks():
    raise RuntimeError("broken")


def test_set_up(broken):
    pass


def test_tear_down(litter):
    pass


@pytest.mark.skip(reason="not on this machine")
def test_skipped():
    pass


tries = []


@pytest.mark.flaky(reruns=2)
def test_flaky():
    tries.append(1)
    assert len(tries) > 1


@pytest.mark.parametrize("value", ["1", "2"])
def test_rows(value):
    assert value
"""

FEATURE = """@URS-TNY-003
Feature: Numbers

  Background:
    Given a file

  @TC-OQ-0002
  Scenario: Passes
    Then it says 1

  Scenario: Fails
    Then it says 2

  Scenario: Undefined
    Then nobody defined this
    And it says 1

{more}
  @skip
  Scenario: Skipped
    Then it says 1

  Scenario Outline: Rows
    Then it says <number>

    Examples:
      | number |
      | 1      |
      | 3      |
"""

PENDING = """  Scenario: Pending
    Then this is pending
    And it says 1

  @broken
  Scenario: Hook
    Then it says 1

"""

BEHAVE_STEPS = """
from behave import given, then


@given("a file")
def a_file(context):
    context.said = "1"


@then("it says {number:d}")
def it_says(context, number):
    assert context.said == str(number), f"it says {context.said}"


@then("this is pending")
def pending(context):
    raise NotImplementedError("STEP: later")
"""

BEHAVE_HOOKS = """
def before_scenario(context, scenario):
    if "broken" in scenario.effective_tags:
        raise RuntimeError("the hook broke")
    if "skip" in scenario.effective_tags:
        scenario.skip("not on this machine")
"""

BDD_STEPS = """
import pytest
from pytest_bdd import given, parsers, scenarios, then

scenarios("numbers.feature")


@given("a file", target_fixture="said")
def a_file():
    return "1"


@then(parsers.parse("it says {number:d}"))
def it_says(said, number):
    assert said == str(number)
"""

CUCUMBER_STEPS = """
const { Given, Then, Before, setDefaultTimeout } = require('@cucumber/cucumber')
const assert = require('node:assert')
let tries = 0

Before({ tags: '@broken' }, function () { throw new Error('the hook broke') })
Before({ tags: '@skip' }, function () { return 'skipped' })
Given('a file', function () { this.said = 1 })
Then('it says {int}', function (number) { assert.strictEqual(this.said, number) })
Then('this is pending', function () { return 'pending' })
Then('it works at last', function () { tries += 1; assert.ok(tries > 1) })
Then(/^twice .*$/, function () {})
Then(/^.* defined$/, function () {})
"""

RETRY = """  @flaky
  Scenario: Flaky
    Then it works at last

  Scenario: Ambiguous
    Then twice defined

"""

ROBOT = """*** Settings ***
Documentation    Numbers

*** Test Cases ***
Passes
    [Tags]    URS-TNY-002    smoke
    Log    one

Fails
    Fail    one is not two

Set Up Fails
    [Setup]    Fail    the set-up broke
    Log    never

Tear Down Fails
    [Teardown]    Fail    the tear-down broke
    Log    one

Skipped
    Skip    not on this machine

Nested
    FOR    ${n}    IN RANGE    3
        IF    ${n} == 1    Log    one
    END

Flaky
    ${there}=    Evaluate    __import__('os').path.exists($MARK)
    Evaluate    open($MARK, 'w').close()
    Should Be True    ${there}
"""

ROBOT_TEARDOWN = """*** Settings ***
Suite Teardown    Fail    the suite could not be cleaned

*** Test Cases ***
Passes But Suite Does Not
    [Tags]    URS-TNY-003
    Log    one
"""


def run(command: list[object], cwd: Path) -> None:
    """The suites fail on purpose: the exit code says nothing here."""
    subprocess.run([str(c) for c in command], cwd=cwd, check=False, capture_output=True)


def main(tools: Path, node: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        with_pytest(tools, work / "pytest")
        with_behave(tools, work / "behave")
        with_robot(tools, work / "robot")
        with_cucumber(node, work / "cucumber")
    listed = subprocess.run([tools / "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True).stdout
    names = ("pytest", "pytest-bdd", "behave", "robotframework", "allure-pytest", "pytest-json-ctrf", "pytest-rerunfailures")
    versions = [line for line in listed.splitlines() if line.split("==")[0] in names]
    package = (node / "node_modules" / "@cucumber" / "cucumber" / "package.json").read_text(encoding="utf-8")
    versions.append("@cucumber/cucumber==" + re.search(r'"version": "([^"]+)"', package)[1])
    (HERE / "VERSIONS.txt").write_text("\n".join(versions) + "\n", encoding="utf-8")


def with_pytest(tools: Path, work: Path) -> None:
    (work / "bdd").mkdir(parents=True)
    (work / "plain").mkdir()
    (work / "plain" / "test_numbers.py").write_text(PYTEST, encoding="utf-8")
    quiet = ["-p", "no:cacheprovider", "-q"]
    run([tools / "pytest", *quiet, "--junitxml=junit.xml", "--ctrf", "ctrf.json"], work / "plain")
    keep(work / "plain" / "junit.xml", "pytest-junit.xml", work)
    keep(work / "plain" / "ctrf.json", "pytest-ctrf.json", work)
    (work / "allure").mkdir()
    (work / "allure" / "test_numbers.py").write_text(ALLURE, encoding="utf-8")
    run([tools / "pytest", *quiet, "--alluredir=results"], work / "allure")
    target = HERE / "allure-results"
    shutil.rmtree(target, ignore_errors=True)
    for path in sorted((work / "allure" / "results").iterdir()):
        keep(path, f"allure-results/{path.name}", work)
    (work / "bdd" / "test_bdd.py").write_text(BDD_STEPS, encoding="utf-8")
    (work / "bdd" / "numbers.feature").write_text(FEATURE.format(more=""), encoding="utf-8")
    run([tools / "pytest", *quiet, "--cucumberjson=out.json"], work / "bdd")
    keep(work / "bdd" / "out.json", "pytest-bdd-cucumber.json", work)


def with_behave(tools: Path, work: Path) -> None:
    (work / "features" / "steps").mkdir(parents=True)
    (work / "features" / "numbers.feature").write_text(FEATURE.format(more=PENDING), encoding="utf-8")
    (work / "features" / "steps" / "steps.py").write_text(BEHAVE_STEPS, encoding="utf-8")
    (work / "features" / "environment.py").write_text(BEHAVE_HOOKS, encoding="utf-8")
    run([tools / "behave", "-f", "json", "-o", "out.json"], work)
    keep(work / "out.json", "behave.json", work)
    run([tools / "behave", "--dry-run", "-f", "json", "-o", "dry.json"], work)
    keep(work / "dry.json", "behave-dry-run.json", work)


def with_robot(tools: Path, work: Path) -> None:
    (work / "suite").mkdir(parents=True)
    (work / "suite" / "numbers.robot").write_text(ROBOT, encoding="utf-8")
    (work / "suite" / "cleaning.robot").write_text(ROBOT_TEARDOWN, encoding="utf-8")
    mark = ["--variable", f"MARK:{work / 'mark'}", "--log", "NONE", "--report", "NONE"]
    run([tools / "robot", *mark, "--output", "output.xml", "suite"], work)
    run([tools / "robot", *mark, "--rerunfailed", "output.xml", "--output", "again.xml", "suite"], work)
    run(
        [tools / "rebot", "--merge", "--log", "NONE", "--report", "NONE", "--output", "merged.xml", "output.xml", "again.xml"],
        work,
    )
    run([tools / "robot", *mark, "--dryrun", "--output", "dry.xml", "suite"], work)
    keep(work / "dry.xml", "robot-dry-run.xml", work)
    keep(work / "output.xml", "robot-output.xml", work)
    keep(work / "merged.xml", "robot-merged.xml", work)


def with_cucumber(node: Path, work: Path) -> None:
    (work / "features").mkdir(parents=True)
    (work / "features" / "numbers.feature").write_text(FEATURE.format(more=PENDING + RETRY), encoding="utf-8")
    (work / "features" / "steps.js").write_text(CUCUMBER_STEPS, encoding="utf-8")
    (work / "node_modules").symlink_to(node / "node_modules")
    run(["node_modules/.bin/cucumber-js", "--retry", "1", "--retry-tag-filter", "@flaky",
         "--format", "message:out.ndjson", "--format", "json:out.json"], work)  # fmt: skip
    keep(work / "out.ndjson", "cucumber-messages.ndjson", work)
    keep(work / "out.json", "cucumber-js.json", work)


def keep(path: Path, name: str, work: Path) -> None:
    """The file without the names of the machine it was made on."""
    text = path.read_text(encoding="utf-8")
    for place, word in ((str(work), "/suite"), (str(work).removeprefix("/"), "suite")):
        text = text.replace(place, word)
    text = re.sub(r"(?:/[\w.@+-]+)+/(site-packages|node_modules)/", r"/tools/\1/", text)
    text = re.sub(r'hostname="[^"]*"', 'hostname="machine"', text)
    text = text.replace(f'"{socket.gethostname()}"', '"machine"')
    (HERE / name).parent.mkdir(exist_ok=True)
    (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
