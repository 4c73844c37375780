"""A project of one feature in plain pytest's hands: three cases, each step says to the outside where it is and can be told what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CONFTEST = """
import os, sys, time
from pytest_bdd import given, parsers, then, when

@given("a thing")
def _(): pass

@when("it hangs")
def _():
    print("HANGING", file=sys.__stdout__, flush=True)
    sys.__stdin__.read()

@when("its process is killed")
def _(): os.kill(os.getpid(), 9)

@when(parsers.parse("{size:d} bytes are attached"))
def _(attach, size): attach(os.urandom(size), name="data", media_type="application/octet-stream")

@when(parsers.parse("{size:d} bytes are attached by a step that does not care"))
def _(attach, size):
    try:
        attach(os.urandom(size), name="data", media_type="application/octet-stream")
    except Exception:
        pass

@when(parsers.parse("the clock is set by {seconds:d} seconds"))
def _(seconds):
    import datetime as dt
    from csvgen.clock import SystemClock
    SystemClock.now = lambda self: dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)

@then("it is there")
def _(observe): observe("thing", expected="1", actual="1", source="probe")
"""


def project(folder: Path, *middles: str) -> Path:
    """One case for each step named; it stands between a Given and a Then."""
    oq = folder / "protocols" / "probe" / "OQ"
    oq.mkdir(parents=True)
    (folder / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8")
    (oq / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    lines = ["@OQ @URS-P-001 @risk-low", "Feature: f"]
    for number, middle in enumerate(middles, 1):
        lines += [
            f"  Scenario: TC-OQ-{number:04d} case",
            "    Given a thing",
            *([f"    When {middle}"] if middle else []),
            "    Then it is there",
        ]
    (oq / "probe.feature").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def pytest_of(folder: Path, *more: str, limit_kilobytes: int = 0) -> subprocess.Popen[str]:
    """pytest on a project, as its user calls it; with a limit no file can grow beyond so many kB, as on a disk that is full."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "no:schemathesis", *more, "protocols"]
    if limit_kilobytes:
        command = ["bash", "-c", f'ulimit -f {limit_kilobytes}; exec "$@"', "bash", *command]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True)


def run_of(folder: Path) -> Path:
    """The only run of a project."""
    (found,) = (folder / "output" / "probe" / "runs").iterdir()
    return found
