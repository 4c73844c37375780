"""A command that is told to end, by Ctrl-C or by SIGTERM, ends what it started and leaves a record that can be read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run
from csvgen.model.execution import Verdict
from tests import tiny

WAITING = """
import os, signal, time
from pathlib import Path

from pytest_bdd import given, parsers, then

ROOT = Path(__file__).parents[2]


@given(parsers.parse("the file {name} is there"))
def there(observe, name):
    (ROOT / "pid").write_text(str(os.getpid()))
    (ROOT / "pipe").open("w").close()
    time.sleep(600)


@then(parsers.parse("the file {name} says {text}"))
def says(observe, name, text):
    observe("text", expected="1", actual="1", source=name)
"""


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_nothing_that_a_run_started_outlives_it(tmp_path: Path, told: signal.Signals) -> None:
    root = tiny.make_project(tmp_path / "tiny")
    (root / "protocols" / "tiny" / "conftest.py").write_text(WAITING)
    os.mkfifo(root / "pipe")
    command = [sys.executable, "-m", "csvgen", "run", "OQ"]
    with subprocess.Popen(
        command, cwd=root, env=tiny.clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as run:
        (root / "pipe").open().close()  # opens when a step has begun
        process = int((root / "pid").read_text())
        run.send_signal(told)
        _, said = run.communicate()
    assert run.returncode == 130, said
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    folder = next((root / "output" / "tiny" / "runs").iterdir())
    evidence = read_run(folder)
    assert evidence.seal is None, "an interrupted run is not sealed"
    verdicts = {r.verdict for r in evidence.results}
    assert Verdict.PASSED not in verdicts
    assert any("interrupted" in r.reason for r in evidence.results), [r.reason for r in evidence.results]
