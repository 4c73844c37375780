"""A process that records runs and says what it does, so that it can be killed between any two of its words.

    python -m tests.evidence.recording

For each line on its standard input, a folder, it forks a process that records a run of twelve cases there. That process tells, on the
pipe it is given, each thing it has handed over: ``begun``, then for every case ``case``, ``open`` and ``close`` for each of its four
steps, ``end``, and at last ``finished``. Forking spares the imports of two hundred interpreters; each run is a process of its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from csvgen.canonical import digest
from csvgen.clock import SystemClock, stored
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.execution import RunPlan, Verdict
from csvgen.model.protocol import Step, TestCase

CASES = 12
STEPS = tuple(Step(keyword=k, text=f"step {n} {'x' * 300}") for n, k in enumerate(("Given", "When", "Then", "Then"), 1))  # type: ignore[arg-type]
WORDS_OF_A_CASE = ["case", *["open", "close"] * len(STEPS), "end"]
"""One for each line of the journal that a case has."""


def case(number: int) -> TestCase:
    return TestCase(
        id=f"TC-OQ-{number:04d}", title="probe", phase="OQ", requirements=(), risks=(), priority="low", technique="positive",
        rule="", why="", ports=(), tags=(), steps=STEPS,
    )  # fmt: skip


def record(folder: Path, pipe: int) -> None:
    """One whole run."""

    def say(word: str) -> None:
        os.write(pipe, f"{word}\n".encode())

    clock = SystemClock()
    cases = [case(n) for n in range(1, CASES + 1)]
    plan = RunPlan(
        run="OQ-001", system="probe", phase="OQ", mode="engineering", protocol=digest("p"), target="none", scope="complete",
        planned=planned(cases), created=stored(clock.now()), account="tests",
    )  # fmt: skip
    write_plan(folder, plan)
    recorder = WorkerRecorder(folder, "main", clock, folder)
    say("begun")
    for one in cases:
        each = recorder.case(one)
        say("case")
        for step in STEPS:
            each.open(step)
            say("open")
            each.observe("answer", "equal", "7", "7", "probe", "")
            each.attach((one.id + step.text).encode() * 20, name="screen", media_type="text/plain")
            each.close(Verdict.PASSED)
            say("close")
        each.finish()
        say("end")
    recorder.close()
    say("finished")


def main() -> None:
    for line in iter(sys.stdin.readline, ""):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            record(Path(line.strip()), writing)
            os._exit(0)
        os.close(writing)
        print(child, flush=True)  # noqa: T201 - its standard output is a pipe to the test
        with os.fdopen(reading, "rb") as told:  # hand its words on until it is dead
            for word in told:
                sys.stdout.write(word.decode())
                sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        print(f"dead {os.waitstatus_to_exitcode(status)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
