"""Processing many lots as one batch: for each of them the rules, the record and the consequences of processing it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from csvgen.audit.ledger import Change
from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, CsvgenError, NotIntact, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.flows import Performed
from csvgen.pipeline.many import Batch, Task, record_alone
from csvgen.pipeline.runs import PIPELINE, Runs, announce, inputs_of, told
from csvgen.pipeline.standing import PROCESSING, Standing
from csvgen.pipeline.tracking import tracking_of
from csvgen.ports import Outcome

Seen = Callable[[str], None]
"""Is told of each lot when it is through the steps, or refused: for whoever waits at a terminal."""


def _nobody(subject: str) -> None:
    del subject


class ManyRuns:
    """Processing lots, many at once or one after another, each by itself."""

    def __init__(self, core: Core, runs: Runs) -> None:
        self._core = core
        self._runs = runs

    def waiting(self, session: str) -> tuple[str, ...]:
        """Numbers of the lots whose next act is processing, sorted; not those that wait for somebody else first."""
        with self._core.acting(session, "process") as acting:
            next_here = {row.lot for row in Standing(self._core).lots(session) if (row.waits_for, row.what) == PROCESSING}
            return tuple(v.id for v in self._core.ledger.all("lot") if v.id in next_here or self._can_be(acting, v.id))

    def open_batches(self, session: str) -> tuple[str, ...]:
        """Batches that were begun and not closed: interrupted, and to be gone on with."""
        self._core.admit(session, "lot")
        return tuple(v.id for v in self._core.ledger.all("batch") if v.content["state"] == "open")

    def process_each(self, session: str, lots: Iterable[str], *, seen: Seen = _nobody) -> Iterator[Outcome]:
        """`Runs.process` lot by lot in this process; one that is refused is told by name, and the next is processed."""
        self._core.admit(session, "process")  # whoever may not is told so once
        for lot in lots:
            seen(f"lot/{lot}")
            try:
                outcome = self._runs.process(session, lot)
            except (Refused, BadInput, NotIntact) as problem:
                outcome = _refused(f"lot/{lot[:100]}", words(problem))
            yield outcome

    def process_many(
        self, session: str, lots: Iterable[str], *, resume: str = "", workers: int = 0, seen: Seen = _nobody
    ) -> Outcome:
        """As `Runs.process` for each lot. What is refused for one lot is told of that lot, and the others are processed.

        Facts: ``batch``, ``performed``, ``failed``, ``outputs``, and ``lot/...`` with its reason for each lot that has no run.
        `resume` names a batch that was interrupted. Runs for the tracking server wait for `Tracking.send_pending`.
        """
        return self.process_batch(session, lots, resume=resume, workers=workers, seen=seen)[-1]

    def process_batch(
        self, session: str, lots: Iterable[str], *, resume: str = "", workers: int = 0, seen: Seen = _nobody
    ) -> tuple[Outcome, ...]:
        """As `process_many`; what came of each lot, in the order they were given, and of the batch, last."""
        with self._core.acting(session, "process", resume and f"batch/{resume[:40]}") as acting:
            batch = Batch(self._core, PIPELINE, workers=workers)
            tracking = tracking_of(self._core)
            made: dict[str, Outcome] = {}
            order: dict[str, int] = {}

            def write(change: Change, task: Task, performed: Performed) -> None:
                ready = self._runs.ready(
                    acting, task.subject.removeprefix("lot/")
                )  # once more: by now another lot may speak against it
                if {str(s.file.digest) for s in ready.sources} != {digest_bytes(g.data) for g in task.given.values()}:
                    raise NotIntact("the files that wait are not those that were processed", where=task.subject)
                record_alone(change, task, performed)
                made[task.subject] = told(performed, *self._runs.conclude(change, ready, performed))
                announce(tracking, change, performed.record)

            before = {subject for part in batch.parts(resume) for subject in (*part.runs, *part.failed)}
            done = batch.perform(acting, self._tasks(acting, lots, order), write, resume=resume, seen=seen)
        parts = batch.parts(done.id)
        failed = {subject: why for part in parts for subject, why in part.failed.items()}
        made = {s: o for s, o in made.items() if s not in failed} | {s: _refused(s, why) for s, why in failed.items()}
        invalid = [o for o in made.values() if not o.accepted and "run" in o.facts]
        facts = {"batch": done.id, "performed": str(done.performed), "failed": str(done.failed), "outputs": done.outputs}
        said = f"batch {done.id}: {done.performed} lots processed, {done.failed} not"
        said += f"; {len(invalid)} of the runs are invalid" if invalid else ""
        ordered = sorted(made.keys() - before, key=lambda s: (order[s.partition(" #")[0]], s))
        of_batch = Outcome(not failed and not invalid, said, f"batch/{done.id}", facts | failed)
        return (*(made[subject] for subject in ordered), of_batch)

    def _can_be(self, acting: Session, lot: str) -> bool:
        try:
            self._runs.ready(acting, lot)
        except (Refused, BadInput, NotIntact):
            return False
        return True

    def _tasks(self, acting: Session, lots: Iterable[str], order: dict[str, int]) -> Iterator[Task]:
        """Each lot as it can be processed, or why it cannot; `order` gets its place among them."""
        for lot in lots:
            subject = f"lot/{lot[:100]}"
            order.setdefault(subject, len(order))
            try:
                ready = self._runs.ready(acting, lot)
                given, parameters = inputs_of(self._core, ready.method, ready.sources)
            except (Refused, BadInput, NotIntact) as problem:
                yield Task(subject, refused=words(problem))
            else:
                yield Task(subject, given, parameters, ready.method.id, ready.lot.method_version)


def words(problem: CsvgenError) -> str:
    """A refusal in one line, with its place."""
    return f"{problem.where}: {problem.message}" if problem.where else problem.message


def _refused(subject: str, why: str) -> Outcome:
    return Outcome(False, f"{subject.replace('/', ' ', 1)} is not processed: {why}", subject, {"refused": why})
