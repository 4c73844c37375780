"""A run on disk, written by the real recorder for two small cases, and a real key to seal it with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from csvgen.canonical import digest
from csvgen.clock import FixedClock, stored
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential
from csvgen.evidence.read import read_run
from csvgen.evidence.seal import seal
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.evidence import Evidence, Outcome
from csvgen.model.execution import RunPlan, Verdict
from csvgen.model.protocol import Step, TestCase

START = dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC)
STEPS = (Step(keyword="Given", text="a thing"), Step(keyword="When", text="it is used"), Step(keyword="Then", text="it answers"))


def case(number: int) -> TestCase:
    return TestCase(
        id=f"TC-OQ-{number:04d}", title="probe", phase="OQ", requirements=("URS-P-001",), risks=(), priority="low", technique="positive",
        rule="", why="", ports=(), tags=("OQ",), steps=STEPS,
    )  # fmt: skip


def plan(*cases: TestCase, scope: str = "complete") -> RunPlan:
    return RunPlan(
        run="OQ-001", system="probe", phase="OQ", mode="engineering", protocol=digest("protocol"), target="none", scope=scope,
        planned=planned(cases), created=stored(START), account="tests",
    )  # fmt: skip


@dataclass
class Run:
    folder: Path
    credential: Credential
    clock: FixedClock

    @staticmethod
    def case(number: int) -> TestCase:
        return case(number)

    def begin(self, name: str, *cases: TestCase, scope: str = "complete") -> Run:
        """Another run beside this one, with a plan of its own."""
        folder = self.folder.parent / name
        write_plan(folder, plan(*cases, scope=scope))
        return Run(folder, self.credential, self.clock)

    @property
    def journal(self) -> Path:
        return self.folder / "journal.main.jsonl"

    def record(self, *cases: TestCase, worker: str = "main", attach: bytes = b"what was seen") -> None:
        """Execute cases with the recorder as the executor does, each passing with one observation and one attachment."""
        recorder = WorkerRecorder(self.folder, worker, self.clock, self.folder)
        for one in cases:
            each = recorder.case(one)
            for step in one.steps:
                each.open(step)
                each.observe("answer", "equal", "7", "7", "probe", "")
                if step.keyword == "Then":
                    each.attach(attach, name="screen", media_type="text/plain")
                each.close(Verdict.PASSED)
            each.finish()
        recorder.close()

    def read(self) -> Evidence:
        return read_run(self.folder)

    def seal(self) -> Outcome:
        return seal(self.folder, self.credential, self.clock)

    def lines(self) -> list[bytes]:
        return self.journal.read_bytes().splitlines(keepends=True)

    def attachment(self) -> Path:
        return next(p for p in (self.folder / "evidence").rglob("*") if p.is_file())


@pytest.fixture(scope="session")
def credential() -> Credential:
    root = certificates.make_root("Probe", dt.datetime.now(dt.UTC), demonstration=True)
    return certificates.issue_system(root, name="recorder", organisation="Probe", now=dt.datetime.now(dt.UTC))


@pytest.fixture
def begun(tmp_path: Path, credential: Credential) -> Run:
    """Two cases planned, nothing executed."""
    folder = tmp_path / "OQ-001"
    write_plan(folder, plan(case(1), case(2)))
    return Run(folder, credential, FixedClock(START, 1))


@pytest.fixture
def finished(begun: Run) -> Iterator[Run]:
    """Two cases planned and executed, not sealed."""
    begun.record(case(1), case(2))
    yield begun


@pytest.fixture
def sealed(finished: Run) -> Run:
    assert finished.seal().sealed
    return finished
