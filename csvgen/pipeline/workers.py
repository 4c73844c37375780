"""The same steps over many inputs at once, in worker processes. Pure, as `flow.performing` is: nothing is written here.

A worker gets the bundle as it was read and hashed, compares it with the pins once more, and performs whole pipelines: `carry_out`, the
function that performs a single run, so that no second way of calculating exists whose numbers could differ. What fails, fails for its own
input. A worker that is killed takes nothing with it: what it had in hand is performed again, one by one, until the input that kills it is
known. Inputs are taken as they are needed and given back in the order they came, so memory does not grow with their number.

Why processes of our own: the work is some milliseconds of Python for each lot. An orchestrator spends about a second on scheduling a task,
and an engine of tables would need the formulas a second time, in its own language, validated a second time.
"""

from __future__ import annotations

import datetime as dt
import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import connection

from csvgen.clock import SystemClock, stored
from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline.flow.bundle import Bundle, Pins, require_pinned
from csvgen.pipeline.flow.definition import Definition
from csvgen.pipeline.flow.performing import Carried, Executor, carry_out

GROUP = 16
"""Inputs a worker is handed at once."""
_AHEAD = 10
"""Groups for each worker that are under way or waiting: enough to go on while a part is written."""
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be performed."""

    key: str
    inputs: Mapping[str, bytes]
    parameters: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job: what was carried out, or why nothing was."""

    key: str
    started: str
    ended: str
    carried: Carried | None = None
    failed: str = ""


@dataclass(frozen=True)
class Crew:
    """Workers that all perform one pipeline with one code."""

    definition: Definition
    bundle: Bundle
    pins: Pins
    executor: Executor
    workers: int
    ahead: dt.timedelta = dt.timedelta()
    """How far the clock that was handed in is ahead of that of the machine, which the workers read."""

    def perform(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """Every job, in the order they come. Raises NotIntact when a worker finds code that was not approved: then nothing runs."""
        source = iter(jobs)
        groups = iter(lambda: tuple(itertools.islice(source, GROUP)), ())
        flying: deque[tuple[tuple[Job, ...], Future[tuple[Done, ...]]]] = deque()
        pool = self._pool(self.workers)
        try:
            while True:
                try:
                    while len(flying) < self.workers * _AHEAD and (group := next(groups, ())):
                        flying.append((group, Future()))
                        flying[-1] = (group, pool.submit(_work, group))
                    if not flying:
                        return
                    done = flying[0][1].result()
                except BrokenProcessPool:
                    pool.shutdown(wait=True, cancel_futures=True)
                    yield from self._rescued(flying)
                    flying.clear()
                    pool = self._pool(self.workers)
                else:
                    flying.popleft()
                    yield from done
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _rescued(self, flying: Iterable[tuple[tuple[Job, ...], Future[tuple[Done, ...]]]]) -> Iterator[Done]:
        """What was under way when a worker died: what was ready, and the rest one at a time."""
        lost = _Lonely(self)
        try:
            for group, future in flying:
                if future.done() and not future.cancelled() and future.exception() is None:
                    yield from future.result()
                else:
                    yield from (lost.perform(job) for job in group)
        finally:
            lost.close()

    def _pool(self, workers: int) -> ProcessPoolExecutor:
        # Spawned, not forked: a fork would inherit the lock and the database of the instance, and threads half way through something.
        return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, (self,))


class _Lonely:
    """One worker with one job at a time: if it dies, it is known of what."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._pool: ProcessPoolExecutor | None = None

    def perform(self, job: Job) -> Done:
        started = stored(SystemClock().now() + self._crew.ahead)
        for _ in range(_TRIES):
            self._pool = self._pool or self._crew._pool(1)  # noqa: SLF001 - the crew's own other half
            try:
                return self._pool.submit(_work, (job,)).result()[0]
            except BrokenProcessPool:
                self.close()
        ended = stored(SystemClock().now() + self._crew.ahead)
        return Done(job.key, started, ended, failed=f"its worker was killed, {_TRIES} times")

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


# ------------------------------------------------------------ in the worker

_crew: list[Crew] = []
_compared: list[bool] = []


def _begin(crew: Crew) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer: it ends its workers, and they say nothing
    _crew[:] = [crew]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker holds both ends of the pipe it waits on, and so would wait for ever behind a parent that was killed."""
    if (parent := multiprocessing.parent_process()) is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(jobs: tuple[Job, ...]) -> tuple[Done, ...]:
    (crew,) = _crew
    if not _compared:
        require_pinned(crew.pins, crew.definition, crew.bundle)
        _compared.append(True)
    return tuple(_one(crew, job) for job in jobs)


def _one(crew: Crew, job: Job) -> Done:
    def now() -> str:
        return stored(SystemClock().now() + crew.ahead)

    started, failed = now(), ""
    try:
        carried = carry_out(crew.definition, job.inputs, job.parameters, executor=crew.executor, now=now, files=job.files)
    except (BadInput, NotIntact) as problem:
        failed = f"{problem.where}: {problem.message}" if problem.where else problem.message
    except Exception as problem:  # noqa: BLE001 - a step that breaks on one input must not lose the others; it is told as what it is
        failed = f"the step broke: {type(problem).__name__}: {problem}"
    else:
        return Done(job.key, started, now(), carried)
    return Done(job.key, started, now(), failed=failed[:400])
