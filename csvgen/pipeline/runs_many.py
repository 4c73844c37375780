"""Processing many lots as one batch: for each of them the rules, the record and the consequences of processing it alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from csvgen.audit.ledger import Change
from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.flows import Performed
from csvgen.pipeline.many import Batch, Task, record_alone
from csvgen.pipeline.runs import PIPELINE, Runs, announce, inputs_of
from csvgen.pipeline.tracking import tracking_of
from csvgen.ports import Outcome


class ManyRuns:
    """Processing lots, many at once."""

    def __init__(self, core: Core, runs: Runs) -> None:
        self._core = core
        self._runs = runs

    def process_many(self, session: str, lots: Iterable[str], *, resume: str = "", workers: int = 0) -> Outcome:
        """As `Runs.process` for each lot. What is refused for one lot is told of that lot, and the others are processed.

        Facts: ``batch``, ``performed``, ``failed``, ``outputs``, and ``lot/...`` with its reason for each lot that has no run.
        `resume` names a batch that was interrupted. Runs for the tracking server wait for `Tracking.send_pending`.
        """
        with self._core.acting(session, "process", resume and f"batch/{resume[:40]}") as acting:
            batch = Batch(self._core, PIPELINE, workers=workers)
            tracking = tracking_of(self._core)

            def write(change: Change, task: Task, performed: Performed) -> None:
                ready = self._runs.ready(
                    acting, task.subject.removeprefix("lot/")
                )  # once more: by now another lot may speak against it
                if {str(s.file.digest) for s in ready.sources} != {digest_bytes(g.data) for g in task.given.values()}:
                    raise NotIntact("the files that wait are not those that were processed", where=task.subject)
                record_alone(change, task, performed)
                self._runs.conclude(change, ready, performed)
                announce(tracking, change, performed.record)

            done = batch.perform(acting, self._tasks(acting, lots), write, resume=resume)
        failed = batch.failures(done.id)
        facts = {"batch": done.id, "performed": str(done.performed), "failed": str(done.failed), "outputs": done.outputs}
        words = f"batch {done.id}: {done.performed} lots processed, {done.failed} not"
        return Outcome(not failed, words, f"batch/{done.id}", facts | failed)

    def _tasks(self, acting: Session, lots: Iterable[str]) -> Iterator[Task]:
        for lot in lots:
            subject = f"lot/{lot[:100]}"
            try:
                ready = self._runs.ready(acting, lot)
                given, parameters = inputs_of(self._core, ready.method, ready.sources)
            except (Refused, BadInput, NotIntact) as problem:
                yield Task(subject, refused=f"{problem.where}: {problem.message}" if problem.where else problem.message)
            else:
                yield Task(subject, given, parameters, ready.method.id, ready.lot.method_version)
