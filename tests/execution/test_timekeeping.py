"""The clock of the recorder against a time server: asked at the start and the end of a run, flagged beyond the limit (RR-T03)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json
from csvgen.clock import SystemClock
from csvgen.crypto import certificates
from csvgen.errors import ConfigError
from csvgen.evidence.seal import seal
from csvgen.execution.session import WorkerRecorder, write_plan
from csvgen.execution.timekeeping import Timekeeping, offset, timekeeping
from csvgen.model.execution import ClockOffset, RunPlan
from csvgen.report.environment_blocks import environments

from ..counterparts.timeserver import time_server


class Fast:
    """A clock that is ahead of the machine's."""

    def __init__(self, seconds: float) -> None:
        self._ahead = dt.timedelta(seconds=seconds)

    def now(self) -> dt.datetime:
        return SystemClock().now() + self._ahead


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with time_server(tmp_path_factory.mktemp("ntp")) as address:
        yield address


@pytest.mark.needs("chronyd")
def test_a_clock_that_agrees_is_within_the_limit(server: str) -> None:
    read = offset(Timekeeping(server, 5.0), SystemClock())
    assert read.seconds
    assert not read.flagged
    assert f"NTP server {server}, stratum 8" in read.shown
    assert "within the limit of 5.000 s" in read.shown


@pytest.mark.needs("chronyd")
@pytest.mark.parametrize("ahead", [90.0, -90.0])
def test_a_skewed_clock_is_flagged_with_its_offset(server: str, ahead: float) -> None:
    read = offset(Timekeeping(server, 5.0), Fast(ahead))
    assert read.flagged
    assert abs(float(read.seconds) + ahead) < 5.0
    assert "BEYOND THE LIMIT of 5.000 s" in read.shown


def test_a_server_that_does_not_answer_makes_the_offset_unavailable_and_not_zero() -> None:
    read = offset(Timekeeping("127.0.0.1:1", 1.0), SystemClock())
    assert read.seconds == ""
    assert "unavailable (127.0.0.1:1 gave no answer" in read.shown
    assert not read.flagged


def test_without_a_server_the_offset_is_said_to_be_unavailable() -> None:
    assert "offset to a standard: unavailable (none was configured)" in offset(Timekeeping(), SystemClock()).shown


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"sever": "x"}, "clock.sever"),
        ({"limit_seconds": "soon"}, "limit_seconds"),
        ({"limit_seconds": "-1"}, "limit_seconds"),
        ({"limit_seconds": "nan"}, "limit_seconds"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(settings: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        timekeeping(settings)


@pytest.mark.needs("chronyd")
def test_a_run_keeps_both_readings_and_its_report_prints_the_flag(server: str, tmp_path: Path) -> None:
    folder = tmp_path / "OQ-001"
    plan = RunPlan(
        run="OQ-001", system="tiny", phase="OQ", mode="formal", protocol="sha256:" + "0" * 64, target="none", scope="complete",
        planned=(), created="2026-11-21T08:00:00.000000Z", account="tests",
    )  # fmt: skip
    write_plan(folder, plan)
    recorder = WorkerRecorder(folder, "main", Fast(3600), tmp_path, Timekeeping(server, 2.0))
    recorder.close()
    root = certificates.make_root("Tests (fictitious)", SystemClock().now(), demonstration=True)
    hand = certificates.issue_system(root, name="recorder", organisation="Tests (fictitious)", now=SystemClock().now())
    run = seal(folder, hand, SystemClock())
    assert [when for when, _ in run.clocks] == ["start", "end"]
    assert all(isinstance(read, ClockOffset) and read.flagged for _, read in run.clocks)
    printed = repr(environments([run], "OQ"))
    assert printed.count("BEYOND THE LIMIT of 2.000 s") == 2
    assert canonical_json(run.clocks[0][1])
