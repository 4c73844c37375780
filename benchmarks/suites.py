"""The same scenarios, written for five runners: what benchmarks/execution.py executes.

Ten scenarios to a file, five steps each (two of fixed words, three with a value), the values told apart by the number of the scenario.
With more than five step definitions a scenario uses five of them, so that all are used in turn and every step has to be found
among all. The last step compares; where a runner has no record of its own it asserts.
"""

from __future__ import annotations

from pathlib import Path

STEPS = 5
IN_A_FILE = 10
WORDS = ("Given", "Given", "When", "When", "Then")
PHRASES = (
    "the bench {g} is ready",
    'the sample {g} is "{v}"',
    "the run {g} begins",
    'the reading {g} is "{v}"',
    'the result {g} is "{v}"',
)
"""One group of five phrases; `g` is the number of the group."""

CONFTEST = "import pytest\nfrom pytest_bdd import given, parsers, then, when\n\n\n@pytest.fixture\ndef seen():\n    return {}\n"
OBSERVES = 'observe("result", expected=v, actual=seen["reading"], source="bench")'
ASSERTS = 'assert seen["reading"] == v'


def scenario(number: int, groups: int) -> list[str]:
    """Words of the five steps of a scenario."""
    return [phrase.format(g=number % groups, v=f"v{number}") for phrase in PHRASES]


def features(folder: Path, count: int, groups: int) -> None:
    """Feature files as csvgen reads them, which are plain Gherkin for everybody else."""
    folder.mkdir(parents=True)
    for begin in range(0, count, IN_A_FILE):
        lines = ["@OQ @URS-B-001 @risk-low", f"Feature: part {begin // IN_A_FILE}"]
        for number in range(begin, min(begin + IN_A_FILE, count)):
            lines += ["", f"  Scenario: TC-OQ-{number + 1:05d} number {number}"]
            lines += [f"    {word} {text}" for word, text in zip(WORDS, scenario(number, groups), strict=True)]
        (folder / f"part{begin // IN_A_FILE:05d}.feature").write_text("\n".join(lines) + "\n", encoding="utf-8")


def definitions(groups: int, last: str, fixtures: str) -> str:
    """Step definitions of pytest-bdd; `last` is the body of the step that compares, `fixtures` what it asks for."""
    text = CONFTEST
    for g in range(groups):
        text += f"""

@given("the bench {g} is ready")
def ready_{g}(seen):
    seen["ready"] = "yes"


@given(parsers.parse('the sample {g} is "{{v}}"'))
def sample_{g}(seen, v):
    seen["sample"] = v


@when("the run {g} begins")
def begins_{g}(seen):
    seen["begun"] = "yes"


@when(parsers.parse('the reading {g} is "{{v}}"'))
def reading_{g}(seen, v):
    seen["reading"] = v


@then(parsers.parse('the result {g} is "{{v}}"'))
def result_{g}({fixtures}, v):
    {last}
"""
    return text


def for_csvgen(folder: Path, count: int, groups: int) -> None:
    oq = folder / "protocols" / "bench" / "OQ"
    features(oq, count, groups)
    (folder / "csvgen.toml").write_text('[csvgen]\nproject = "bench"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8")
    (oq / "conftest.py").write_text(definitions(groups, OBSERVES, "seen, observe"), encoding="utf-8")


def for_pytest_bdd(folder: Path, count: int, groups: int) -> None:
    features(folder / "features", count, groups)
    (folder / "conftest.py").write_text(definitions(groups, ASSERTS, "seen"), encoding="utf-8")
    (folder / "test_all.py").write_text('from pytest_bdd import scenarios\n\nscenarios("features")\n', encoding="utf-8")


def for_pytest(folder: Path, count: int, _groups: int) -> None:
    """Plain functions that do the same five things; there is nothing to be found among step definitions."""
    folder.mkdir(parents=True)
    (folder / "conftest.py").write_text("import pytest\n\n\n@pytest.fixture\ndef seen():\n    return {}\n", encoding="utf-8")
    for begin in range(0, count, IN_A_FILE):
        text = ""
        for number in range(begin, min(begin + IN_A_FILE, count)):
            text += (
                f'def test_{number}(seen):\n    seen["ready"] = "yes"\n    seen["sample"] = "v{number}"\n    seen["begun"] = "yes"\n'
                f'    seen["reading"] = "v{number}"\n    assert seen["reading"] == "v{number}"\n\n\n'
            )
        (folder / f"test_part{begin // IN_A_FILE:05d}.py").write_text(text, encoding="utf-8")


def for_behave(folder: Path, count: int, groups: int) -> None:
    features(folder / "features", count, groups)
    text = "from behave import given, then, when\n"
    for g in range(groups):
        for word, phrase, body in zip(WORDS, PHRASES, _BODIES, strict=True):
            spoken = phrase.replace("{g}", str(g))
            arguments = "context, v" if "{v}" in phrase else "context"
            text += f"\n\n@{word.lower()}('{spoken}')\ndef _({arguments}):\n    {body}\n"
    (folder / "features" / "steps").mkdir()
    (folder / "features" / "steps" / "all.py").write_text(text, encoding="utf-8")


_BODIES = (
    'context.ready = "yes"',
    "context.sample = v",
    'context.begun = "yes"',
    "context.reading = v",
    "assert context.reading == v",
)


def for_robot(folder: Path, count: int, groups: int) -> None:
    """Suites of ten tests and one resource of keywords with embedded arguments."""
    folder.mkdir(parents=True)
    words = ["*** Keywords ***"]
    for g in range(groups):
        for phrase, body in zip(PHRASES, _KEYWORDS, strict=True):
            words += [phrase.replace("{g}", str(g)).replace("{v}", "${v}"), f"    {body}"]
    (folder / "words.resource").write_text("\n".join(words) + "\n", encoding="utf-8")
    for begin in range(0, count, IN_A_FILE):
        lines = ["*** Settings ***", "Resource    words.resource", "", "*** Test Cases ***"]
        for number in range(begin, min(begin + IN_A_FILE, count)):
            lines += [f"Number {number}", *(f"    {w} {t}" for w, t in zip(WORDS, scenario(number, groups), strict=True))]
        (folder / f"part{begin // IN_A_FILE:05d}.robot").write_text("\n".join(lines) + "\n", encoding="utf-8")


_KEYWORDS = (
    "Set Test Variable    ${READY}    yes",
    "Set Test Variable    ${SAMPLE}    ${v}",
    "Set Test Variable    ${BEGUN}    yes",
    "Set Test Variable    ${READING}    ${v}",
    "Should Be Equal    ${READING}    ${v}",
)
