"""A run on disk while it goes: its plan, and the journal of each worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Literal

from csvgen.canonical import canonical_json, digest_bytes, write_once
from csvgen.clock import Clock, stored
from csvgen.errors import BadInput, NotRecorded
from csvgen.evidence.attended import Begun, Segment
from csvgen.evidence.hold import hold
from csvgen.evidence.journal import Journal, Kind
from csvgen.evidence.read import RUN
from csvgen.evidence.redaction import Redaction
from csvgen.execution.attended_recorder import AttendedRecorder
from csvgen.execution.environment import environment
from csvgen.execution.recorder import CaseRecorder
from csvgen.execution.stepcode import digests
from csvgen.execution.timekeeping import Timekeeping, offset
from csvgen.model.execution import PlannedCase, RunPlan, TargetState
from csvgen.model.protocol import TestCase
from csvgen.ports import Target


class Stage:
    """What a run does with the system it executes on: it binds it and looks on. A trial of a challenge has another stage."""

    def settings(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """Settings of the target to bind, from those of the project."""
        return given

    def opened(self, target: Target, recorder: WorkerRecorder) -> Target:  # noqa: ARG002 - for other stages
        """The target as the steps get it, once it is bound and its state is recorded."""
        return target

    def closing(self, target: Target, recorder: WorkerRecorder) -> None:
        """Before the state of the target is recorded for the last time."""


_NOBODY = Timekeeping()
"""No time server is asked."""


def write_plan(folder: Path, plan: RunPlan) -> None:
    """Begin a run: the folder must be new, run.json is its first file."""
    if folder.exists() and any(folder.iterdir()):
        raise BadInput("this run folder is not empty; a run is never continued in the folder of another", where=str(folder))
    try:
        write_once(folder / RUN, canonical_json(plan))
    except OSError as problem:
        raise NotRecorded.of(problem, "the plan of the run", folder.name) from None


def planned(cases: Iterable[TestCase]) -> tuple[PlannedCase, ...]:
    return tuple(PlannedCase(case=c.id, digest=c.digest) for c in cases)


class WorkerRecorder:
    """Everything one process records into one run folder. Without a folder it only keeps results in memory."""

    def __init__(
        self, folder: Path | None, worker: str, clock: Clock, project: Path, settings: Timekeeping = _NOBODY,
        redaction: Redaction | None = None, segment: Segment | None = None,
    ) -> None:  # fmt: skip
        self.redaction = Redaction() if redaction is None else redaction
        self.folder = folder
        self.worker = worker
        self._clock = clock
        self._timekeeping = settings
        self._code: Mapping[str, Path] = {}
        self._journal: Journal | None = None
        self._hold: BinaryIO | None = None
        if folder is not None:
            genesis = digest_bytes((folder / RUN).read_bytes())
            self._hold = hold(folder)
            try:
                self._journal = Journal(folder, worker, genesis, self.redaction)
                self._begin(self._journal, project, segment)
            except BaseException:
                self._end()
                raise

    def _begin(self, journal: Journal, project: Path, segment: Segment | None) -> None:
        follows = {"follows": segment.follows} if segment is not None else {}
        journal.write("worker-started", stored(self._clock.now()), worker=self.worker, **follows)
        if segment is not None:
            journal.write("attending", stored(self._clock.now()), by=segment.by)
        journal.write("environment", stored(self._clock.now()), environment=environment(project))
        self._read_clock("start")
        journal.sync()

    def _end(self) -> None:
        """Close what is open, whatever goes wrong meanwhile."""
        journal, held, self._journal, self._hold = self._journal, self._hold, None, None
        try:
            if journal is not None:
                journal.close()
        finally:
            if held is not None:
                held.close()

    def case(self, case: TestCase) -> CaseRecorder:
        return CaseRecorder(case, self._clock, self._journal, self.folder, self.worker, self.redaction)

    def watch(self, code: Mapping[str, Path]) -> None:
        """Record the files of step code now, and once more at the end."""
        self._code = code
        self._write_code("start")

    def _write_code(self, when: Literal["start", "end"]) -> None:
        if self._code:
            self.note("code", when=when, files=digests(self._code))

    def attended(self, case: TestCase, part: Begun | None) -> AttendedRecorder:
        """For a case that a person carries out; with what an earlier segment of the run recorded of it, if any did."""
        return AttendedRecorder(case, self._clock, self._journal, self.folder, self.worker, part, self.redaction)

    def target(self, state: TargetState, when: Literal["start", "end"]) -> None:
        """Version and configuration of the system under validation, as it reported itself."""
        if self._journal is not None:
            self._journal.write("target", stored(self._clock.now()), when=when, state=state)

    def note(self, kind: Kind, **content: Any) -> None:
        """A line of its own kind: what a trial did to the system, or showed to a step."""
        if self._journal is not None:
            self._journal.write(kind, stored(self._clock.now()), **content)

    def _read_clock(self, when: Literal["start", "end"]) -> None:
        if self._journal is not None:
            read = offset(self._timekeeping, self._clock)
            self._journal.write("clock", stored(self._clock.now()), when=when, offset=read)

    def close(self) -> None:
        if self._journal is not None:
            try:
                self._write_code("end")
                self._read_clock("end")
                if self.redaction:
                    found = self.redaction
                    states, taken = list(found.states.items()), dict(sorted(found.found.items()))
                    self._journal.write("redaction", stored(self._clock.now()), redactions=states, places=taken)
                self._journal.write("worker-finished", stored(self._clock.now()), worker=self.worker)
            finally:
                self._end()
