"""Selecting and stopping: it works, it is recorded, and what was not executed never reads as complete."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from csvgen.clock import SystemClock
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential
from csvgen.evidence.read import read_run
from csvgen.evidence.seal import seal
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Verdict

STEPS = """
from pytest_bdd import given, then, parsers

@given("a thing")
def _(): pass

@then(parsers.parse("it is {text}"))
def _(text, observe): observe("thing", expected="there", actual=text, source="probe")
"""


def case(number: int, requirement: str, level: str, text: str = "there") -> str:
    return f"  @{requirement} @risk-{level}\n  Scenario: TC-OQ-{number:04d} number {number}\n    Given a thing\n    Then it is {text}\n"


FOUR = (
    "@OQ\nFeature: four\n"
    + case(1, "URS-QC-001", "high")
    + case(2, "URS-QC-001", "low")
    + case(3, "URS-QC-002", "high", "gone")
    + case(4, "URS-QC-003", "high")
)


@dataclass
class Probe:
    pytester: pytest.Pytester

    def __post_init__(self) -> None:
        self.folder = self.pytester.path / "protocols" / "probe" / "OQ"
        self.folder.mkdir(parents=True)
        (self.pytester.path / "csvgen.toml").write_text(
            '[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8"
        )
        self.conftest()
        (self.folder / "f.feature").write_text(FOUR, encoding="utf-8")

    def conftest(self, more: str = "") -> None:
        (self.folder / "conftest.py").write_text(STEPS + more, encoding="utf-8")

    def execute(self, *arguments: str, process: bool) -> pytest.RunResult:
        """pytest, in a process of its own or (what costs a tenth) in this one."""
        run = self.pytester.runpytest_subprocess if process else self.pytester.runpytest_inprocess
        done = run("-W", "ignore", *(("-p", "no:schemathesis") if process else ()), *arguments)  # it takes half of a start
        assert "INTERNALERROR" not in done.stdout.str() + done.stderr.str()
        return done

    def run(self, *arguments: str, quick: bool = True, process: bool = False) -> tuple[Evidence, pytest.RunResult]:
        """The newest run that was recorded."""
        cache = ["-p", "no:cacheprovider"] if quick else []
        done = self.execute(*cache, *arguments, "protocols", process=process)
        runs = sorted((self.pytester.path / "output" / "probe" / "runs").glob("*/run.json"))
        return read_run(runs[-1].parent), done

    def executed(self, evidence: Evidence) -> list[int]:
        return [int(r.case[-1]) for r in evidence.results if r.verdict is not Verdict.NOT_RUN]


@pytest.fixture(scope="module")
def credential() -> Credential:
    now = dt.datetime.now(dt.UTC)
    root = certificates.make_root("Probe", now, demonstration=True)
    return certificates.issue_system(root, name="recorder", organisation="Probe", now=now)


@pytest.fixture
def probe(pytester: pytest.Pytester) -> Probe:
    return Probe(pytester)


def sealed(evidence: Evidence, credential: Credential) -> Evidence:
    return seal(Path(evidence.folder), credential, SystemClock())


MARKS = 'req(id="URS-QC-001") and risk(level="high")'


@pytest.mark.parametrize(
    ("arguments", "executed"),
    [
        (["-m", MARKS], [1]),
        pytest.param(["-k", "0002 or 0004"], [2, 4], marks=pytest.mark.slow),
        pytest.param(["--deselect", "protocols/probe/OQ/f.feature::TC-OQ-0001"], [2, 3, 4], marks=pytest.mark.slow),
    ],
    ids=["-m", "-k", "--deselect"],
)
def test_a_selection_is_a_partial_run_from_its_plan_to_its_seal(
    probe: Probe, credential: Credential, arguments: list[str], executed: list[int]
) -> None:
    evidence, _ = probe.run(*arguments, process=True)
    assert probe.executed(evidence) == executed
    assert evidence.plan.scope == "partial"
    assert len(evidence.plan.planned) == 4
    assert all(arguments[0] in r.reason for r in evidence.results if r.verdict is Verdict.NOT_RUN)
    made = sealed(evidence, credential).seal
    assert made is not None
    assert (made.complete, made.summary.planned, made.summary.executed) == (False, 4, len(executed))


def test_stopping_at_the_first_failure_is_no_complete_run(probe: Probe, credential: Credential) -> None:
    evidence, done = probe.run("-x", process=True)
    assert done.ret != 0
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.NOT_RUN]
    assert evidence.plan.scope == "complete"
    made = sealed(evidence, credential).seal
    assert made is not None
    assert not made.complete


@pytest.mark.slow
def test_only_the_last_failures_are_a_partial_run(probe: Probe) -> None:
    whole, _ = probe.run(quick=False, process=True)
    assert (whole.plan.scope, probe.executed(whole)) == ("complete", [1, 2, 3, 4])
    again, _ = probe.run("--lf", quick=False, process=True)
    assert (again.plan.scope, probe.executed(again)) == ("partial", [3])


def test_two_workers_make_one_whole_record(probe: Probe, credential: Credential) -> None:
    evidence, _ = probe.run("-n", "2", process=True)
    assert [r.verdict for r in evidence.results] == [Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.PASSED]
    assert sorted(evidence.order) == [f"TC-OQ-000{n}" for n in (1, 2, 3, 4)]
    assert evidence.problems == evidence.unsealable == ()
    made = sealed(evidence, credential).seal
    assert made is not None
    assert made.complete


def test_cases_that_a_conftest_takes_away_are_missing_in_the_record_too(probe: Probe, credential: Credential) -> None:
    """Nothing tells pytest that they are gone: the plan knows."""
    probe.conftest("\ndef pytest_collection_modifyitems(items): del items[1:3]\n")
    evidence, done = probe.run()
    assert int(done.ret) == 0, "pytest itself is content"
    assert evidence.plan.scope == "complete"
    assert probe.executed(evidence) == [1, 4]
    assert [r.reason for r in evidence.results if r.verdict is Verdict.NOT_RUN] == ["planned, and left out"] * 2
    made = sealed(evidence, credential).seal
    assert made is not None
    assert not made.complete


def test_another_order_than_planned_is_recorded(probe: Probe) -> None:
    probe.conftest("\ndef pytest_collection_modifyitems(items): items.reverse()\n")
    evidence, _ = probe.run()
    assert evidence.order == tuple(f"TC-OQ-000{n}" for n in (4, 3, 2, 1))
    assert evidence.reordered
    lines = [json.loads(line) for line in next(Path(evidence.folder).glob("journal.*")).read_bytes().splitlines()]
    (told,) = [line["content"] for line in lines if line["kind"] == "collected"]
    assert told["order"] == list(evidence.order)
    assert not probe.run()[0].sealed


def test_the_planned_order_is_told_as_such(probe: Probe) -> None:
    assert not probe.run()[0].reordered


RERUN = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if all(r.passed for r in reports):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True

TRIES = []

@then("it works the second time")
def _(observe):
    TRIES.append(1)
    observe("tries", expected="2", actual=str(len(TRIES)), source="probe")
"""


def test_a_case_that_is_repeated_until_it_passes_did_not_pass(probe: Probe) -> None:
    """A conftest that does what retry plugins do."""
    (probe.folder / "f.feature").write_text(
        "@OQ\nFeature: f\n  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then it works the second time\n", encoding="utf-8"
    )
    probe.conftest(RERUN)
    evidence, done = probe.run()
    assert done.ret != 0
    (result,) = evidence.results
    assert result.verdict is Verdict.FAILED
    assert [s.verdict for s in result.steps] == [Verdict.PASSED, Verdict.FAILED], "the steps of one execution"


@pytest.mark.parametrize(
    ("mark", "verdicts"),
    [
        ("pytest.mark.xfail(reason='known')", [Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.PASSED]),
        ("pytest.mark.xfail(run=False)", [Verdict.SKIPPED] * 4),
        pytest.param("pytest.mark.skip(reason='not today')", [Verdict.SKIPPED] * 4, marks=pytest.mark.slow),
        pytest.param("pytest.mark.skipif(True, reason='not here')", [Verdict.SKIPPED] * 4, marks=pytest.mark.slow),
    ],
)
def test_a_mark_that_excuses_is_recorded_as_what_it_does(probe: Probe, mark: str, verdicts: list[Verdict]) -> None:
    probe.conftest(f"\nimport pytest\ndef pytest_collection_modifyitems(items):\n    for i in items: i.add_marker({mark})\n")
    evidence, _ = probe.run()
    assert [r.verdict for r in evidence.results] == verdicts
    assert all(r.reason for r in evidence.results if r.verdict is not Verdict.PASSED)


def test_a_setting_that_cannot_be_used_is_told_without_a_traceback(probe: Probe) -> None:
    settings = probe.pytester.path / "csvgen.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + '[evidence]\nredact = "s3cret!"\n', encoding="utf-8")
    _, done = probe.run()
    said = done.stdout.str() + done.stderr.str()
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "evidence.redact lists names of environment variables" in said
    assert "s3cret" not in said


def test_secrets_of_the_settings_are_taken_out_of_a_real_run(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    """From csvgen.toml and the environment to every file of the run: an observation, a message, a file, an exception."""
    monkeypatch.setenv("PROBE_SECRET", "correct-horse")
    settings = probe.pytester.path / "csvgen.toml"
    more = '[evidence]\nredact = "PROBE_SECRET"\n[target.probe]\nadapter = "none"\napi_key = "key-of-the-probe"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + more, encoding="utf-8")
    probe.conftest(
        "\n@then('it leaks')\ndef _(observe, attach):\n    attach('log: correct-horse', name='log of correct-horse')\n"
        "    observe('answer', expected='key-of-the-probe', actual='correct-horse', source='probe')\n"
    )
    text = "@OQ\nFeature: f\n  Scenario: TC-OQ-0001 x\n    Given a thing\n    Then it leaks\n"
    (probe.folder / "f.feature").write_text(text, encoding="utf-8")
    evidence, done = probe.run()
    everything = b"".join(p.read_bytes() for p in Path(evidence.folder).rglob("*") if p.is_file())
    assert b"correct-horse" not in everything
    assert b"key-of-the-probe" not in everything
    assert "correct-horse" not in done.stdout.str()
    (seen,) = evidence.results[0].steps[1].observations
    assert (seen.expected, seen.actual, seen.holds) == (
        "[redacted: target probe: api_key]",
        "[redacted: variable PROBE_SECRET]",
        False,
    )
    assert evidence.results[0].verdict is Verdict.FAILED
    assert {n: p for n, _, p in evidence.redactions} == {"target probe: api_key": 1, "variable PROBE_SECRET": 3}
