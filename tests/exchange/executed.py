"""Executed runs to be exported, written by the real recorder: one with every verdict and hostile text in every place, and plain ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from unittest.mock import patch

from csvgen.canonical import canonical_json, digest
from csvgen.clock import FixedClock, stored
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential
from csvgen.evidence.read import read_run
from csvgen.evidence.seal import seal
from csvgen.exchange.results.copied import Copy, copy_of
from csvgen.execution import session
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.execution import Environment, RunPlan, StepCode, Verdict
from csvgen.model.protocol import Protocol, Step, TestCase
from csvgen.protocol.gherkin import read_feature

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
HOSTILE = "]]> <script>window.pwned = 1</script> =cmd|' /C calc'!A0 \x1b[31m\x00\x07 \u202eabc\u2028 &amp; \"'"
"""What would end a CDATA section, run in a page, run in a spreadsheet, colour a terminal, turn the reading direction or split a line."""
FEATURE = """@OQ @URS-X-001 @risk-high
Feature: Limits

  Background:
    Given a thing

  @RA-X-001
  Scenario Outline: <tc> a limit of <value>
    When it is used with "<value>"
      | column | {bar} |
      | a      | 1     |
    Then it answers

    Examples: the limit and its neighbours
      | tc         | value |
      | TC-OQ-0001 | 4.0   |
      | TC-OQ-0002 | 4.1   |
""".replace("{bar}", "b \\| c")

ENVIRONMENT = Environment(
    csvgen="0.2.0", python="CPython 3.11.9", platform="Linux 6.1.0 x86_64", packages=(), commit="unavailable", dirty="unavailable",
    clock="fixed", time_zone="UTC",
)  # fmt: skip
CODE = StepCode(file="steps/limits.py", line=7, function="used", sha256=digest("code"))


def protocol() -> Protocol:
    feature, findings = read_feature(FEATURE, "OQ/limits.feature")
    assert feature is not None and not findings
    return Protocol(system="probe", features=(feature,))


def by_hand(number: int, title: str, *texts: str) -> TestCase:
    """A case that stands in no feature file at hand."""
    keywords = ("Given", "When", "Then")
    steps = tuple(
        Step(keyword=keywords[min(n, 2)], text=t) for n, t in enumerate(texts or ("a thing", "it is used", "it answers"))
    )
    return TestCase(
        id=f"TC-OQ-{number:04d}", title=title, phase="OQ", requirements=("URS-X-009",), risks=(), priority="low", technique="positive",
        rule="", why="", ports=(), tags=("OQ",), steps=steps,
    )  # fmt: skip


def begun(folder: Path, cases: Iterable[TestCase], **changed: object) -> Path:
    cases = tuple(cases)
    plan = RunPlan(
        run=folder.name, system="probe", phase="OQ", mode="formal", protocol=digest("protocol"), spec=digest("spec"), order=digest("order"),
        target="validation", scope="complete", planned=planned(cases), created=stored(START), account="ci-runner", account_owner="tomas.feld",
    )  # fmt: skip
    write_plan(folder, plan.model_copy(update=changed))
    return folder


def recorder(folder: Path) -> WorkerRecorder:
    """Of a machine that is always the same."""
    with patch.object(session, "environment", lambda _project: ENVIRONMENT):
        return WorkerRecorder(folder, "main", FixedClock(START, 1), folder)


def passed(told: WorkerRecorder, case: TestCase, files: Iterable[tuple[bytes, str, str]] = ()) -> None:
    """Each step with an observation; the last with the files: content, name, media type."""
    each = told.case(case)
    for step in case.steps:
        each.open(step)
        each.code(CODE)
        each.observe("answer", "equal", "7", "7", "probe", "mg")
        if step is case.steps[-1]:
            for data, name, media_type in files:
                each.attach(data, name=name, media_type=media_type)
        each.close(Verdict.PASSED)
    each.finish()


def plain(folder: Path, *, sealed_with: Credential | None = None, **changed: object) -> Path:
    """The two cases of the feature, both passed."""
    cases = protocol().cases
    told = recorder(begun(folder, cases, **changed))
    for case in cases:
        passed(told, case, [(b"what was seen", "screen", "text/plain")])
    told.close()
    if sealed_with is not None:
        seal(folder, sealed_with, FixedClock(START + dt.timedelta(hours=1)))
    return folder


def every_verdict(folder: Path, credential: Credential | None, **changed: object) -> Path:
    """One case of each verdict, a case whose tear-down broke, and a case that was never begun; hostile text wherever text goes."""
    first, second = protocol().cases
    steps = [by_hand(n, f"{v} {HOSTILE}", f"{HOSTILE} one", *_second(v)) for n, v in enumerate(_STEP_VERDICTS, 11)]
    broken, never = by_hand(31, "tear-down breaks"), by_hand(32, "never begun")
    told = recorder(begun(folder, (first, second, *steps, broken, never), **changed))
    passed(told, first, [(HOSTILE.encode(), f"../../{HOSTILE}", "text/html"), (b"\x89PNG\x00\xff", "picture", "image/png")])
    passed(told, second, [(b"\xff\xfe not text", "log", "text/plain"), (b"x" * 300_000, "trace", "application/zip")])
    for case, verdict in zip(steps, _STEP_VERDICTS, strict=True):
        each = told.case(case)
        each.open(case.steps[0])
        each.observe(HOSTILE, "equal", HOSTILE, HOSTILE, HOSTILE, HOSTILE)
        each.close(verdict, f"because {HOSTILE}")
        each.finish()
    each = told.case(broken)
    for step in broken.steps:
        each.open(step)
        each.observe("answer", "equal", "7", "7", "probe", "")
        each.close(Verdict.PASSED)
    each.phase(Verdict.ERROR, "the tear-down lost the connection")
    each.finish()
    told.close()
    if credential is not None:
        seal(folder, credential, FixedClock(START + dt.timedelta(hours=1)))
    return folder


_STEP_VERDICTS = (Verdict.FAILED, Verdict.ERROR, Verdict.UNDEFINED, Verdict.BLOCKED, Verdict.SKIPPED, Verdict.NOT_APPLICABLE)


def copied(folder: Path, words: Protocol | None = None) -> Copy:
    return copy_of(read_run(folder), words if words is not None else protocol())


def sealer() -> Credential:
    root = certificates.make_root("Probe", dt.datetime.now(dt.UTC), demonstration=True)
    return certificates.issue_system(root, name="recorder", organisation="Probe", now=dt.datetime.now(dt.UTC))


def rewritten(folder: Path, **changed: object) -> None:
    """run.json with other content, as somebody who can write files leaves it."""
    plan = read_run(folder).plan.model_copy(update=changed)
    (folder / "run.json").write_bytes(canonical_json(plan))


def _second(verdict: Verdict) -> tuple[str, ...]:
    """A step that is not reached; none where its own verdict would be that of the case."""
    return () if verdict is Verdict.NOT_APPLICABLE else (f"{HOSTILE} two",)
