"""Running a pipeline inside an instance: approved code, intact inputs, and a record of the run."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import csvgen
from csvgen.audit.ledger import Change
from csvgen.canonical import Digest, digest_bytes
from csvgen.clock import stored
from csvgen.errors import BadInput, CsvgenError, NotIntact
from csvgen.identity.directory import Session
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.approved import Approved, approved
from csvgen.pipeline.flow.bundle import require_pinned
from csvgen.pipeline.flow.performing import Carried, carry_out
from csvgen.pipeline.flow.record import RunInput, RunRecord
from csvgen.pipeline.flow.repeating import Repeated, compared
from csvgen.pipeline.lineage import Lineage, Telling


@dataclass(frozen=True, slots=True)
class Given:
    """One input as the instance has it: the record that registers it, and its bytes, read and compared by the caller."""

    record: str
    version: int
    data: bytes
    file: str = ""
    """The name it came as."""


@dataclass(frozen=True)
class Performed:
    """A run that has happened and is not yet written: its record, and the bytes it made."""

    record: RunRecord
    products: Mapping[str, bytes]

    @property
    def invalid(self) -> str:
        """Why there is no result; empty when there is one."""
        return self.record.why


Approve = Callable[[Core, str, str, int], Approved]
"""Core, pipeline, method and its version -> what may run."""
Again = Callable[[RunInput, str], Given]
"""Brings an input of an earlier run once more, by its record and its name. Raises NotIntact when it is not there as it was."""


class Flows:
    """Performing pipelines and keeping what they made."""

    def __init__(self, core: Core, approve: Approve = approved, lineage: Lineage | None = None) -> None:
        self._core = core
        self._approve = approve
        self._lineage = lineage or _lineage(core)

    def perform(
        self,
        acting: Session,
        pipeline: str,
        subject: str,
        given: Mapping[str, Given],
        parameters: Mapping[str, str],
        *,
        repeats: str = "",
        difference: str = "",
        method: str = "",
        method_version: int = 0,
        judge: Callable[[Carried], None] | None = None,
    ) -> Performed:
        """Perform a pipeline with the code approved for this instance. Keeps its products, writes no record: see `recorded`.

        Raises Refused when no artifact is approved, NotIntact when what is installed is not what was approved, BadInput for data
        a step refuses, and what `judge` raises of what was made. Nothing is kept then.
        """
        licence = self._approve(self._core, pipeline, method, method_version)
        require_pinned(licence.pins, licence.definition, licence.bundle)
        started, number = self._now(), self._next()
        sources = {n: RunInput(record=g.record, version=g.version, sha256=digest_bytes(g.data)) for n, g in given.items()}
        told = Telling(number, pipeline, subject, licence.artifact, licence.ticket, licence.commit, started, sources)
        self._tell(acting, told.start)
        try:
            carried = carry_out(
                licence.definition,
                {name: g.data for name, g in given.items()},
                parameters,
                executor=licence.executor,
                now=self._now,
                files={name: g.file for name, g in given.items()},
            )
            if judge is not None:
                judge(carried)
            with ExitStack() as stack:  # all of them or none
                for name, data in carried.products.items():
                    stack.enter_context(self._core.results.kept(data, name))
        except CsvgenError as problem:
            ended, words = self._now(), problem.message
            self._tell(acting, lambda lineage: told.fail(lineage, ended, words))
            raise
        record = self.record(acting, licence, carried, number, subject, sources, parameters, started)
        extra = {"repeats": repeats, "difference": difference, "method": method, "method_version": method_version}
        return Performed(record.model_copy(update=extra), carried.products)

    def look(
        self, pipeline: str, given: Mapping[str, Given], parameters: Mapping[str, str], *, method: str, method_version: int
    ) -> Carried:
        """What a pipeline would give, by the code approved for this instance. Keeps nothing: whoever asks puts on record what it said.

        Raises as `perform` does.
        """
        licence = self._approve(self._core, pipeline, method, method_version)
        require_pinned(licence.pins, licence.definition, licence.bundle)
        return carry_out(
            licence.definition,
            {name: g.data for name, g in given.items()},
            parameters,
            executor=licence.executor,
            now=self._now,
            files={name: g.file for name, g in given.items()},
        )

    @contextmanager
    def recorded(self, acting: Session, performed: Performed, reason: str = "") -> Iterator[Change]:
        """One change that holds the record of a run and, in the block, everything that follows from it.

        Raises NotIntact when a run of this id is there already: a run is written once. Lineage is told when the change is made; if
        that fails, the run stays and the trail says that nobody was told.
        """
        record = performed.record
        with self._core.ledger.change(self._core.actor(acting), reason or f"run {record.id}") as change:
            if change.latest("run", record.id) is not None:
                raise NotIntact("a run of this id is recorded already; a run is written once", where=record.id)
            change.put("run", record.id, record.model_dump(), action="process")
            yield change
        self._tell(acting, lambda lineage: lineage.complete(record))

    def told(self, acting: Session, records: Iterable[RunRecord]) -> None:
        """Tell lineage of runs of a batch, which are on record now. A lot that failed has no run, and nothing is told of it."""

        def say(lineage: Lineage) -> None:
            for record in records:
                lineage.whole(record)

        self._tell(acting, say)

    def repeat(self, acting: Session, run_id: str, again: Again | None = None) -> Repeated:
        """Perform a run once more: the same inputs by digest, the same parameters, the code approved today.

        Its products are kept and its record is not written: `recorded` does that, with the deviation that follows when the
        difference has no recorded cause. `again` brings inputs that are no files of the landing store. Raises BadInput for a run
        that is not there, NotIntact for inputs that are not there as they were, and what `perform` raises.
        """
        found = self._core.ledger.latest("run", run_id)
        if found is None or found.content.get("format") != "csvgen.pipeline-run/1":
            raise BadInput(f"no run {run_id[:40]!r} that can be repeated is recorded")
        before = RunRecord.model_validate(found.content)
        bring = again or self._again
        given = {name: _same(name, source, bring(source, name)) for name, source in before.inputs.items()}
        performed = self.perform(
            acting, before.pipeline, before.subject, given, before.parameters,
            repeats=before.id, method=before.method, method_version=before.method_version,
        )  # fmt: skip
        found_now = compared(before, performed.record)
        record = performed.record.model_copy(update={"difference": found_now.words})
        return Repeated(Performed(record, performed.products), before, found_now)

    def _again(self, source: RunInput, name: str) -> Given:
        """A file of the landing store, under the name it came as, or a registered version of a table."""
        kind, _, identity = source.record.partition("/")
        if kind == "dataset":
            from csvgen.pipeline.datasets import Datasets

            return Datasets(self._core).given(identity, source.version)
        if kind != "file":
            raise NotIntact(
                f"the input comes from {source.record}: neither a file of the landing store nor a dataset", where=name
            )
        data = self._core.raw.read(Digest(source.sha256), identity)
        versions = self._core.ledger.versions("file", identity)
        file = next((str(v.content.get("name", "")) for v in versions if v.number == source.version), "")
        return Given(source.record, source.version, data, file)

    def product(self, run: RunRecord, name: str) -> bytes:
        """The bytes of one product of a run, as they were made. Raises NotIntact when they are gone or are others now."""
        if name not in run.products:
            raise NotIntact(f"run {run.id} made no {name}")
        return self._core.results.read(Digest(run.products[name]), f"{run.id} {name}")

    def record(
        self,
        acting: Session,
        licence: Approved,
        carried: Carried,
        number: str,
        subject: str,
        sources: Mapping[str, RunInput],
        parameters: Mapping[str, str],
        started: str,
    ) -> RunRecord:
        """The record of steps that were carried out under a licence, ended now. Pure but for the clock; for whoever carries out in other processes."""
        return RunRecord(
            id=number,
            pipeline=licence.definition.id,
            pipeline_version=licence.definition.version,
            subject=subject,
            operator=acting.account.id,
            operator_name=acting.account.printed_name,
            started=started,
            ended=self._now(),
            artifact=licence.artifact,
            definition=licence.pins.definition,
            code=licence.pins.code,
            lock=licence.pins.lock,
            ticket=licence.ticket,
            commit=licence.commit,
            parameters=dict(parameters),
            inputs=dict(sources),
            steps=carried.steps,
            facts=dict(carried.facts),
            products={n: digest_bytes(b) for n, b in carried.products.items()},
            outputs=carried.outputs(licence.definition),
            environment=environment(),
            valid="no" if carried.invalid else "yes",
            why=carried.invalid,
        )

    def _next(self) -> str:
        """The first number nobody has: runs are numbered without gaps, so a few questions find it among any number."""
        high = 1
        while self._taken(high):
            high *= 2
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._taken(middle) else (low, middle)
        return _id(high)

    def _taken(self, number: int) -> bool:
        return self._core.ledger.latest("run", _id(number)) is not None

    def _tell(self, acting: Session, say: Callable[[Lineage], None]) -> None:
        """Lineage is for others: that it could not be written never loses a run, and is an event of the trail."""
        if self._lineage is None:
            return
        try:
            say(self._lineage)
        except (OSError, RuntimeError, ValueError, CsvgenError) as problem:
            with self._core.ledger.change(self._core.actor(acting)) as change:
                change.note("lineage-failed", "", reason=f"nobody was told of a run: {type(problem).__name__}: {problem}"[:400])

    def _now(self) -> str:
        return stored(self._core.clock.now())


def environment() -> dict[str, str]:
    """What the run stands on, beside the locked packages."""
    return {
        "csvgen": csvgen.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
    }


def _lineage(core: Core) -> Lineage | None:
    """Where the settings of the instance say that events go; None when nobody asked for any."""
    name = core.settings.lineage
    return Lineage(core.home / name, core.keys.fingerprint) if name else None


def _id(number: int) -> str:
    return f"RUN-{number:04d}"


def _same(name: str, source: RunInput, given: Given) -> Given:
    found = digest_bytes(given.data)
    if found != source.sha256:
        raise NotIntact(f"the input has the digest {found}, the run read {source.sha256}", where=name)
    return given
