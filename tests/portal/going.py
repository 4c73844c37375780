"""An engineering run of the two cases of the tiny OQ, recorded in this process while others look on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from csvgen.canonical import digest
from csvgen.clock import stored
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.execution import RunPlan, Verdict

from ..tiny import Tiny

NAME = "dev-20261122T100000-1"


class Going:
    """The first case has ended, the second is at its first step."""

    def __init__(self, recorder: WorkerRecorder, cases: list) -> None:
        first, self._second, self._steps = recorder.case(cases[0]), recorder.case(cases[1]), cases[1].steps
        for step in cases[0].steps:
            first.open(step)
            first.observe("text", "equal", "1", "1", "one.txt", "")
            first.attach(b"<b>", name='"><script>alert(1)</script>.html', media_type="text/html")
            first.close(Verdict.PASSED)
        first.finish()
        self._second.open(self._steps[0])

    def end(self) -> None:
        """The second case too, to its end."""
        for number, step in enumerate(self._steps):
            if number:
                self._second.open(step)
            self._second.observe("text", "equal", "2", "1", "two.txt", "")
            self._second.close(Verdict.FAILED)
        self._second.finish()


@contextmanager
def going_on(tiny: Tiny) -> Iterator[Going]:
    cases = [c for c in tiny.state.protocol.cases if c.phase == "OQ"]
    plan = RunPlan(
        run=NAME, system="tiny", phase="OQ", mode="engineering", protocol=digest("p"), target="none", scope="complete",
        planned=planned(cases), created=stored(tiny.clock.now()), account="ci-runner",
    )  # fmt: skip
    folder = tiny.root / "output/tiny/runs" / NAME
    write_plan(folder, plan)
    recorder = WorkerRecorder(folder, "main", tiny.clock, folder)
    try:
        yield Going(recorder, cases)
    finally:
        recorder.close()
