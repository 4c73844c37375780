"""A run that died: visibly unsealed, readable up to its last whole line, and never counted.

The processes here are real and are killed with SIGKILL. Each says on a pipe how far it came; the test kills at a chosen word,
so that nothing waits for a clock.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.errors import NotIntact
from csvgen.evidence.read import read_run
from csvgen.model.execution import Verdict

RECORDER = """
import sys
from pathlib import Path
from csvgen.clock import SystemClock, stored
from csvgen.canonical import digest
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.execution import RunPlan, Verdict
from csvgen.model.protocol import Step, TestCase

folder, clock = Path(sys.argv[1]), SystemClock()
steps = tuple(Step(keyword=k, text=f"step {n} " + "x" * 500) for n, k in enumerate(("Given", "When", "Then", "Then")))
cases = [TestCase(id=f"TC-OQ-{n:04d}", title="probe", phase="OQ", requirements=(), risks=(), priority="low", technique="positive",
                  rule="", why="", ports=(), tags=(), steps=steps) for n in range(1, 41)]
write_plan(folder, RunPlan(run="OQ-001", system="probe", phase="OQ", mode="engineering", protocol=digest("p"), target="none",
                           scope="complete", planned=planned(cases), created=stored(clock.now()), account="tests"))
recorder = WorkerRecorder(folder, "main", clock, folder)
for case in cases:
    each = recorder.case(case)
    for step in steps:
        each.open(step)
        each.observe("answer", "equal", "7", "7", "probe", "")
        each.attach((case.id + step.text).encode(), name="screen", media_type="text/plain")
        each.close(Verdict.PASSED)
        print(case.id, flush=True)
    each.finish()
recorder.close()
"""


def killed_after(folder: Path, words: int) -> int:
    """Run the recorder and kill it when it has said so many steps; it may have come further. Returns the number that was asked for."""
    process = subprocess.Popen([sys.executable, "-c", RECORDER, str(folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(words):
        assert process.stdout.readline()
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return words


@pytest.mark.parametrize("words", random.Random(11).sample(range(1, 120), 5))
def test_a_killed_run_is_unsealed_and_readable_up_to_the_kill(tmp_path: Path, words: int) -> None:
    folder = tmp_path / "OQ-001"
    killed_after(folder, words)
    evidence = read_run(folder)
    assert evidence.seal is None
    assert not evidence.sealed
    assert all("cut off" in p for p in evidence.problems), evidence.problems
    steps = [s for r in evidence.results for s in r.steps]
    assert len(steps) >= words, "what was reported to the outside had been handed to the operating system"
    assert len(evidence.results) == 40, "every planned case has its row"
    verdicts = [r.verdict for r in evidence.results]
    whole = verdicts.count(Verdict.PASSED)
    assert whole >= words // 4 - 1
    assert verdicts[:whole] == [Verdict.PASSED] * whole
    assert set(verdicts[whole : whole + 1]) <= {Verdict.ERROR, Verdict.NOT_RUN}
    assert set(verdicts[whole + 1 :]) <= {Verdict.NOT_RUN}


def test_the_case_that_was_going_on_is_told_with_its_step(tmp_path: Path) -> None:
    """Killed inside a step of a real pytest process: the step waits at a pipe, nothing depends on time."""
    folder = tmp_path / "protocols" / "probe" / "OQ"
    folder.mkdir(parents=True)
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "probe"\nrecords = "sqlite:///records/r.db"\n', encoding="utf-8")
    (folder / "probe.feature").write_text(
        "@OQ @URS-P-001 @risk-low\nFeature: f\n"
        "  Scenario: TC-OQ-0001 first\n    Given a thing\n    Then it is there\n"
        "  Scenario: TC-OQ-0002 second\n    Given a thing\n    When it hangs\n    Then it is there\n"
        "  Scenario: TC-OQ-0003 third\n    Given a thing\n    Then it is there\n", encoding="utf-8",
    )  # fmt: skip
    (folder / "conftest.py").write_text(
        "import sys\nfrom pytest_bdd import given, when, then\n"
        "@given('a thing')\ndef _(): pass\n"
        "@when('it hangs')\ndef _():\n    print('HANGING', file=sys.__stdout__, flush=True)\n    sys.__stdin__.read()\n"
        "@then('it is there')\ndef _(observe): observe('thing', expected='1', actual='1', source='probe')\n", encoding="utf-8",
    )  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "no:schemathesis", str(folder)]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    for line in iter(process.stdout.readline, b""):
        if b"HANGING" in line:
            break
    process.kill()
    process.communicate()
    run = next((tmp_path / "output" / "probe" / "runs").iterdir())
    evidence = read_run(run)
    assert evidence.seal is None
    assert evidence.problems == ()
    first, second, third = evidence.results
    assert first.verdict is Verdict.PASSED
    assert second.verdict is Verdict.ERROR
    assert second.reason == "the run ended in step 2 (When it hangs); nothing after it was recorded"
    assert [s.verdict for s in second.steps] == [Verdict.PASSED]
    assert (third.verdict, third.reason) == (Verdict.NOT_RUN, "planned, and never started")


def test_a_torn_last_line_is_told_wherever_it_was_torn(finished) -> None:
    """Every possible length of the journal: whole lines are read, half a line is told, a run cannot be sealed over it."""
    data = finished.journal.read_bytes()
    lines = finished.lines()
    ends = {sum(len(x) for x in lines[:n]): n for n in range(len(lines) + 1)}
    start = len(data) - len(lines[-1]) - len(lines[-2])
    for length in [*range(start, len(data), 7), *sorted(ends)]:
        finished.journal.write_bytes(data[:length])
        evidence = finished.read()
        if length in ends:
            assert evidence.problems == ()
        else:
            torn = max(n for end, n in ends.items() if end < length) + 1
            assert evidence.problems == (f"journal.main.jsonl: line {torn} is cut off; the process died while writing it",)
    finished.journal.write_bytes(data[:-1])
    with pytest.raises(NotIntact, match=r"cannot be sealed: journal\.main\.jsonl: line \d+ is cut off"):
        finished.seal()


def test_a_dead_run_is_never_continued(finished) -> None:
    from csvgen.errors import BadInput, Refused

    with pytest.raises(Refused, match="nobody may write its journal twice"):
        finished.record(finished.case(1))
    with pytest.raises(BadInput, match="never continued in the folder of another"):
        finished.begin(finished.folder.name, finished.case(1))
