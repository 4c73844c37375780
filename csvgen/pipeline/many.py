"""Many runs as one batch: performed by worker processes, written to the ledger some hundreds at a time.

Each lot gets the run record it would have got alone, with the same digests. One change of the ledger holds the records of `PART` lots,
everything that follows from them, and a record (kind ``batch-part``) of which they are: so a batch that was interrupted, by whatever,
goes on behind the last part that was written, and no lot is done twice. A lot that fails is named in its part and in the trail.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from csvgen.audit.ledger import Change
from csvgen.canonical import Digest, digest, digest_bytes
from csvgen.clock import SystemClock, stored
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.identity.directory import Session
from csvgen.model.base import Sha256, Stamp, Value
from csvgen.pipeline.core import Core
from csvgen.pipeline.experiments import rows_of
from csvgen.pipeline.flow.approved import Approved, approved
from csvgen.pipeline.flow.bundle import require_pinned
from csvgen.pipeline.flow.flows import Flows, Given, Performed
from csvgen.pipeline.flow.record import RunInput, RunRecord
from csvgen.pipeline.workers import Crew, Done, Job

if TYPE_CHECKING:
    import polars as pl

PART = 250
"""Lots in one change of the ledger."""
_WRITERS = 16
"""Files written at once: the disk syncs many in about the time of one."""
_Pair = tuple["Task", Done]


@dataclass(frozen=True, slots=True)
class Task:
    """One lot of a batch, or why it cannot be processed."""

    subject: str
    given: Mapping[str, Given] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    method_version: int = 0
    refused: str = ""


class BatchPart(Value):
    """Lots that were written together (record kind ``batch-part``)."""

    format: Literal["csvgen.batch-part/1"] = "csvgen.batch-part/1"
    batch: str
    runs: Mapping[str, str]
    """Subject -> id of its run."""
    outputs: Mapping[str, Sha256]
    """Subject -> digest of its results."""
    failed: Mapping[str, str]
    """Subject -> why it has no run; a second lot of one name as ``subject #2``."""


class BatchRecord(Value):
    """A batch (record kind ``batch``)."""

    format: Literal["csvgen.batch/1"] = "csvgen.batch/1"
    id: str
    pipeline: str
    pipeline_version: str
    operator: str
    operator_name: str
    started: Stamp
    ended: str = ""
    state: Literal["open", "closed"] = "open"
    artifact: str
    definition: Sha256
    code: Sha256
    lock: Sha256
    performed: int = 0
    failed: int = 0
    parts: int = 0
    outputs: str = ""
    """Digest over subject and digest of results of every lot, by subject: the same for any order and any number of workers."""
    table: str = ""
    """Digest of the table of all reported values, CSV, in the results store."""


Write = Callable[[Change, Task, Performed], None]
"""Puts a run record and what follows from it into the change it is handed. What it counts, it asks the change."""
Approve = Callable[[Core, str, str, int], Approved]


def record_alone(change: Change, task: Task, performed: Performed) -> None:
    """The run record and nothing else."""
    del task
    change.put("run", performed.record.id, performed.record.model_dump(), action="process")


class Batch:
    """Performing one pipeline over many lots."""

    def __init__(self, core: Core, pipeline: str, *, workers: int = 0, part: int = PART, approve: Approve = approved) -> None:
        self._core = core
        self._pipeline = pipeline
        self._workers = workers or os.cpu_count() or 1
        self._part = part
        self._approve = approve
        self._methods: dict[tuple[str, int], str] = {}

    def perform(
        self,
        acting: Session,
        tasks: Iterable[Task],
        write: Write = record_alone,
        *,
        resume: str = "",
        seen: Callable[[str], None] | None = None,
    ) -> BatchRecord:
        """Perform every task; the closed record of the batch. `resume`: id of an open batch, whose written lots are left out.

        `seen` is told the subject of each lot that is through the steps, or refused.

        Raises Refused when no code is approved (any more), NotIntact when it is not what was approved, or not what the open batch
        began with. Nothing one lot does stops the others; ask `failures`.
        """
        licence = self._approve(self._core, self._pipeline, "", 0)
        require_pinned(licence.pins, licence.definition, licence.bundle)
        batch = self._resumed(resume, licence) if resume else self._opened(acting, licence)
        self._methods.clear()
        known = {subject for part in self.parts(batch.id) for subject in (*part.runs, *part.failed)}
        crew = Crew(
            licence.definition, licence.bundle, licence.pins, licence.executor, self._workers,
            ahead=self._core.clock.now() - SystemClock().now(),
        )  # fmt: skip
        done = self._carried(crew, tasks, known)
        if seen is not None:
            done = _told(done, seen)
        writing = _Writing(self._core, acting, licence, batch.id, write, len(self.parts(batch.id)))
        for chunk in iter(lambda: list(itertools.islice(done, self._part)), []):
            if self._approve(self._core, self._pipeline, "", 0).pins != licence.pins:
                raise NotIntact(f"other code was approved while {batch.id} ran; what is left of it is a batch of its own")
            writing.write(chunk)
        return self._closed(acting, batch)

    def parts(self, batch: str) -> tuple[BatchPart, ...]:
        """What was written of a batch, in order."""
        found = (v.content for v in self._core.ledger.all("batch-part"))
        return tuple(BatchPart.model_validate(c) for c in found if c["batch"] == batch)

    def failures(self, batch: str) -> dict[str, str]:
        """Subject -> why it has no run, of every lot of a batch that failed."""
        return {subject: why for part in self.parts(batch) for subject, why in part.failed.items()}

    def table(self, batch: str) -> pl.DataFrame:
        """Every reported value of a closed batch: subject, run, product, name, reported, unit, limit, verdict. All text."""
        import polars as pl

        record, _ = self._core.known("batch", batch, BatchRecord)
        data = self._core.results.read(Digest(record.table), f"{batch} table")
        return pl.read_csv(data, infer_schema=False)

    # ------------------------------------------------------------ pieces

    def _unfit(self, method: str, version: int) -> str:
        """Why lots of a method may not be processed; empty when they may. Asked once for each version of a method."""
        if (method, version) not in self._methods:
            try:
                self._approve(self._core, self._pipeline, method, version)
                self._methods[method, version] = ""
            except (Refused, NotIntact, BadInput) as problem:
                self._methods[method, version] = problem.message
        return self._methods[method, version]

    def _opened(self, acting: Session, licence: Approved) -> BatchRecord:
        batch = BatchRecord(
            id=f"BATCH-{len(self._core.ledger.all('batch')) + 1:04d}",
            pipeline=self._pipeline,
            pipeline_version=licence.definition.version,
            operator=acting.account.id,
            operator_name=acting.account.printed_name,
            started=stored(self._core.clock.now()),
            artifact=licence.artifact,
            definition=licence.pins.definition,
            code=licence.pins.code,
            lock=licence.pins.lock,
        )
        with self._core.ledger.change(self._core.actor(acting), f"batch {batch.id} began") as change:
            change.put("batch", batch.id, batch.model_dump(), action="open-batch")
        return batch

    def _resumed(self, identity: str, licence: Approved) -> BatchRecord:
        batch, _ = self._core.known("batch", identity, BatchRecord)
        if batch.state == "closed":
            raise Refused(f"{identity} is closed; what is to be done again is a new batch")
        if batch.pipeline != self._pipeline:
            raise BadInput(f"{identity} is a batch of the pipeline {batch.pipeline}")
        wrong = [part for part in ("definition", "code", "lock") if getattr(batch, part) != getattr(licence.pins, part)]
        if wrong:
            raise NotIntact(f"{identity} began with another {' and '.join(wrong)} than is approved now; it is not gone on with")
        return batch

    def _carried(self, crew: Crew, tasks: Iterable[Task], known: Container[str]) -> Iterator[_Pair]:
        """Tasks with what came of them, in order. One that is refused, or whose name came before, is not performed."""
        waiting: deque[_Pair | Task] = deque()  # in order: what is with the crew, and between that what never goes there
        names: Counter[str] = Counter()

        def jobs() -> Iterator[Job]:
            for task in tasks:
                names[task.subject] += 1
                key = task.subject if (count := names[task.subject]) == 1 else f"{task.subject} #{count}"
                if key in known:
                    continue
                twice = "a lot of this name is in the batch already" if count > 1 else ""
                if why := task.refused or twice or self._unfit(task.method, task.method_version):
                    now = stored(self._core.clock.now())
                    waiting.append((task, Done(key, now, now, failed=why)))
                    continue
                waiting.append(task)
                inputs = {name: g.data for name, g in task.given.items()}
                yield Job(key, inputs, task.parameters, {name: g.file for name, g in task.given.items()})

        for done in crew.perform(jobs()):
            yield from _idle(waiting)
            task = waiting.popleft()
            assert isinstance(task, Task)
            yield task, done
        yield from _idle(waiting)

    def _closed(self, acting: Session, batch: BatchRecord) -> BatchRecord:
        parts = self.parts(batch.id)
        outputs = {subject: str(sha256) for part in parts for subject, sha256 in part.outputs.items()}
        failed = self.failures(batch.id)
        data = self._tabled(parts)
        with self._core.results.kept(data, f"{batch.id} table") as table:
            closed = batch.model_copy(
                update={
                    "state": "closed", "ended": stored(self._core.clock.now()), "performed": len(outputs), "failed": len(failed),
                    "parts": len(parts), "outputs": digest(outputs | dict.fromkeys(failed, "")), "table": table,
                }
            )  # fmt: skip
            with self._core.ledger.change(self._core.actor(acting), f"batch {batch.id} ended") as change:
                change.put("batch", batch.id, closed.model_dump(), action="close-batch")
        return closed

    def _tabled(self, parts: Iterable[BatchPart]) -> bytes:
        """The table of values, read back from what was written: the bytes of each product are compared with its run once more."""
        import polars as pl

        flows = Flows(self._core)
        found: dict[str, list[str]] = {name: [] for name in ("subject", "run", "product", *COLUMNS)}
        for subject, run in sorted((s, r) for part in parts for s, r in part.runs.items()):
            record, _ = self._core.known("run", run, RunRecord)
            for product in sorted(record.products):
                for row in rows_of(flows.product(record, product)):
                    values = (subject, run, product, *(str(row.get(c, "")) for c in COLUMNS))
                    for column, value in zip(found.values(), values, strict=True):
                        column.append(value)
        return pl.DataFrame(found, schema=dict.fromkeys(found, pl.String)).write_csv().encode("utf-8")


COLUMNS = ("name", "reported", "unit", "limit", "verdict")
"""Of a reported value, what the table holds."""


class _Writing:
    """Writing what was carried out, part by part."""

    def __init__(self, core: Core, acting: Session, licence: Approved, batch: str, write: Write, parts: int) -> None:
        self._core = core
        self._acting = acting
        self._licence = licence
        self._batch = batch
        self._write = write
        self._parts = parts
        self._runs = len(core.ledger.all("run"))
        self._flows = Flows(core)

    def write(self, chunk: list[_Pair]) -> None:
        """One change. When what follows from one of the lots is refused, each lot gets a change of its own, and that one is told."""
        try:
            self._change(chunk)
        except (Refused, BadInput, NotIntact) as problem:
            if len(chunk) > 1:
                for pair in chunk:
                    self.write([pair])
            elif chunk[0][1].carried is not None:
                task, done = chunk[0]
                self._change([(task, Done(done.key, done.started, done.ended, failed=problem.message[:400]))])
            else:
                raise

    def _change(self, chunk: list[_Pair]) -> None:
        performed = [(task, self._performed(task, done, self._runs + n)) for n, (task, done) in enumerate(_good(chunk), 1)]
        failed = {done.key: done.failed for _, done in chunk if done.carried is None}
        part = BatchPart(
            batch=self._batch,
            runs={task.subject: p.record.id for task, p in performed},
            outputs={task.subject: p.record.outputs for task, p in performed},
            failed=failed,
        )
        with ExitStack() as stack:
            self._keep(stack, {digest_bytes(b): b for _, p in performed for b in p.products.values()})
            with self._core.ledger.change(self._core.actor(self._acting), f"batch {self._batch}") as change:
                for task, made in performed:
                    if change.latest("run", made.record.id) is not None:
                        raise NotIntact("a run of this id is recorded already; a run is written once", where=made.record.id)
                    self._write(change, task, made)
                for subject, why in failed.items():
                    change.note("process-refused", subject, reason=why)
                change.put("batch-part", f"{self._batch}:{self._parts + 1:05d}", part.model_dump())
        self._parts += 1
        self._runs += len(performed)
        self._flows.told(self._acting, [made.record for _, made in performed])

    def _performed(self, task: Task, done: Done, number: int) -> Performed:
        carried = done.carried
        assert carried is not None
        sources = {n: RunInput(record=g.record, version=g.version, sha256=digest_bytes(g.data)) for n, g in task.given.items()}
        record = self._flows.record(
            self._acting, self._licence, carried, f"RUN-{number:04d}", task.subject, sources, task.parameters, done.started
        )
        extra: dict[str, Any] = {"ended": done.ended, "method": task.method, "method_version": task.method_version}
        return Performed(record.model_copy(update=extra), carried.products)

    def _keep(self, stack: ExitStack, products: Mapping[Digest, bytes]) -> None:
        """Keep products, many at once; if the change fails, those that were new are taken back."""
        held = [self._core.results.kept(data, name) for name, data in products.items()]
        with ThreadPoolExecutor(_WRITERS) as pool:
            for manager, entered in [(m, pool.submit(m.__enter__)) for m in held]:
                entered.result()
                stack.push(manager.__exit__)


def _told(done: Iterator[_Pair], seen: Callable[[str], None]) -> Iterator[_Pair]:
    for pair in done:
        seen(pair[0].subject)
        yield pair


def _idle(waiting: deque[_Pair | Task]) -> Iterator[_Pair]:
    """Those at the head that are not with the crew."""
    while waiting and not isinstance(waiting[0], Task):
        pair = waiting.popleft()
        assert not isinstance(pair, Task)
        yield pair


def _good(chunk: Iterable[_Pair]) -> Iterator[_Pair]:
    return (pair for pair in chunk if pair[1].carried is not None)
