"""Processing many lots as one batch: for each of them the rules, the record and the consequences of processing it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from csvgen.audit.ledger import Change
from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, CsvgenError, NotIntact, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline import own_results
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.flows import Performed
from csvgen.pipeline.many import Batch, BatchRecord, Task, record_alone
from csvgen.pipeline.method import SHIPPED
from csvgen.pipeline.nouns import Lot
from csvgen.pipeline.runs import Runs, announce, inputs_of, method_of, told
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
        *_, batches = self._batches(session, lots, resume, workers, seen)
        first = batches[-1]
        facts = {k: v for outcome in batches for k, v in outcome.facts.items()}
        return Outcome(all(b.accepted for b in batches), "; ".join(b.message for b in batches), first.reference, facts)

    def process_batch(
        self, session: str, lots: Iterable[str], *, resume: str = "", workers: int = 0, seen: Seen = _nobody
    ) -> tuple[Outcome, ...]:
        """As `process_many`; what came of each lot, in the order they were given, then of each batch."""
        each, batches = self._batches(session, lots, resume, workers, seen)
        return (*each, *batches)

    def _batches(
        self, session: str, lots: Iterable[str], resume: str, workers: int, seen: Seen
    ) -> tuple[tuple[Outcome, ...], tuple[Outcome, ...]]:
        """One batch for each pipeline the methods of the lots name; the resumed one first."""
        with self._core.acting(session, "process", resume and f"batch/{resume[:40]}") as acting:
            first = self._core.known("batch", resume, BatchRecord)[0].pipeline if resume else ""
            named = tuple(lots)
            place = {f"lot/{lot[:100]}": number for number, lot in reversed([*enumerate(named)])}
            by: dict[str, list[str]] = {first: []} if resume else {}
            for lot in named:
                by.setdefault(self._pipeline(lot) or first or SHIPPED, []).append(lot)
            each: dict[str, Outcome] = {}
            batches: list[Outcome] = []
            for pipeline, of_it in (by or {SHIPPED: []}).items():
                try:
                    batches.append(self._batch(acting, pipeline, of_it, resume if pipeline == first else "", workers, seen, each))
                except (Refused, BadInput, NotIntact) as problem:
                    if len(by) == 1:
                        raise
                    why = words(problem)  # of one pipeline; lots of the others are processed
                    each |= {s: _refused(s, why) for lot in of_it if (s := f"lot/{lot[:100]}") not in each}
                    batches.append(Outcome(False, f"pipeline {pipeline}: {why}", f"pipeline/{pipeline}"))
        return tuple(each[s] for s in sorted(each, key=lambda s: (place[s.partition(" #")[0]], s))), tuple(batches)

    def _pipeline(self, lot: str) -> str:
        """The pipeline of a lot's method; empty for a lot that is not there, which whatever performs it tells."""
        found = self._core.latest("lot", lot[:100], Lot)
        return method_of(self._core, found[0]).pipeline if found else ""

    def _batch(
        self, acting: Session, pipeline: str, lots: list[str], resume: str, workers: int, seen: Seen, each: dict[str, Outcome]
    ) -> Outcome:
        """The batch of one pipeline; `each` gets what came of every lot of it."""
        batch = Batch(self._core, pipeline, workers=workers)
        tracking = tracking_of(self._core)

        def write(change: Change, task: Task, performed: Performed) -> None:
            lot = task.subject.removeprefix("lot/")
            ready = self._runs.ready(acting, lot)  # once more: by now another lot may speak against it
            if {str(s.file.digest) for s in ready.sources} != {digest_bytes(g.data) for g in task.given.values()}:
                raise NotIntact("the files that wait are not those that were processed", where=task.subject)
            own_results.require(ready.method, task.given, performed.products, invalid=performed.invalid)
            record_alone(change, task, performed)
            each[task.subject] = told(performed, *self._runs.conclude(change, ready, performed))
            announce(tracking, change, performed.record)

        before = {subject for part in batch.parts(resume) for subject in (*part.runs, *part.failed)}
        done = batch.perform(acting, self._tasks(acting, lots), write, resume=resume, seen=seen)
        failed = batch.failures(done.id)
        each |= {s: _refused(s, why) for s, why in failed.items() if s not in before}
        runs = {s for part in batch.parts(done.id) for s in part.runs}
        invalid = [s for s, o in each.items() if s in runs and not o.accepted]
        facts = {"batch": done.id, "performed": str(done.performed), "failed": str(done.failed), "outputs": done.outputs}
        said = f"batch {done.id}: {done.performed} {'lot' if done.performed == 1 else 'lots'} processed, {done.failed} not"
        said += f"; {len(invalid)} of the runs are invalid" if invalid else ""
        return Outcome(not failed and not invalid, said, f"batch/{done.id}", facts | failed)

    def _can_be(self, acting: Session, lot: str) -> bool:
        try:
            self._runs.ready(acting, lot)
        except (Refused, BadInput, NotIntact):
            return False
        return True

    def _tasks(self, acting: Session, lots: Iterable[str]) -> Iterator[Task]:
        """Each lot as it can be processed, or why it cannot."""
        for lot in lots:
            subject = f"lot/{lot[:100]}"
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
