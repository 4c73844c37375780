"""Processing of lots (Pipeline.process): from the registered bytes to results, with a record of the run.

A result that can be reported is final. There is no second result beside it, no average of results, no choice among them: a lot that
has one is not processed again, unless quality has signed an assignable cause and a plan of retests (`investigation`); then as many
new measurements as the plan says are processed, and every one is reported. A run whose system suitability fails gives no result and
is kept as invalid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csvgen.audit.ledger import Change
from csvgen.canonical import Digest
from csvgen.errors import Refused
from csvgen.identity.directory import Session
from csvgen.pipeline import aside, deviations, life, methods, own_results, reintegration
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.flows import Flows, Given, Performed
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import INVALID, FileRecord, Lot, Result, RetestPlan, verdict
from csvgen.pipeline.qc import results
from csvgen.pipeline.rounding import OUT
from csvgen.pipeline.tracking import Tracking, tracking_of
from csvgen.ports import Outcome

if TYPE_CHECKING:
    from csvgen.model.audit import Actor

INPUTS: Mapping[str, str] = own_results.INPUTS


@dataclass(frozen=True, slots=True)
class Source:
    """One accepted file of a lot, as it is used."""

    file: FileRecord
    version: int
    event: int

    @property
    def record(self) -> str:
        """The name of the record that registers it."""
        return f"file/{self.file.lot}:{self.file.name}"


@dataclass(frozen=True, slots=True)
class Ready:
    """A lot that can be processed."""

    lot: Lot
    method: Method
    sources: tuple[Source, ...]
    state: life.State
    """Its place in life when it is."""


class Runs:
    """Processing lots."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._flows = Flows(core)

    def process(self, session: str, lot: str) -> Outcome:
        """Calculate every test whose data are there and that has no result yet.

        Raises Refused when the lot has a reportable result for the data, when nothing can be processed, or when a stored file
        is not what was registered.
        """
        with self._core.acting(session, "process", f"lot/{lot[:100]}") as acting:
            ready = self.ready(acting, lot)
            tracking = tracking_of(self._core)
            performed = perform(self._core, self._flows, acting, ready.lot, ready.method, ready.sources)
            with self._flows.recorded(acting, performed) as change:
                after, opened = self.conclude(change, ready, performed)
                announce(tracking, change, performed.record)
            tell(tracking, self._core.actor(acting), performed.record)
        return told(performed, after, opened)

    def ready(self, acting: Session, lot: str) -> Ready:
        """A lot with what waits to be processed. Raises as `process` does, before anything is calculated."""
        found, _ = self._core.known("lot", lot, Lot)
        state = life.after(lot, life.state(self._core.state(lot)), "process")
        deviations.refuse_blocked(self._core, f"lot/{lot}", "process")
        aside.refuse_waiting(self._core, lot, life.life().acts["process"].words)
        method = method_of(self._core, found)
        return Ready(found, method, self._to_process(found, method, acting), state)

    def conclude(self, change: Change, ready: Ready, performed: Performed) -> tuple[Lot, tuple[str, ...]]:
        """Put everything that follows from a run for the lot into the change that records it; the lot then, and investigations opened."""
        concluded = keep_results(self._core, change, ready.lot, ready.method, performed)
        if not performed.invalid:
            change.put("status", ready.lot.lot, {"lot": ready.lot.lot, "state": ready.state})
        return concluded

    # ------------------------------------------------------------ what to process

    def _to_process(self, lot: Lot, method: Method, acting: Session) -> tuple[Source, ...]:
        """The one accepted file of each part that has no result yet, or of a planned retest."""
        newest = [newest_of(self._core, lot, name) for name in lot.files]
        usable = [s for s in newest if s.file.standing == "accepted" and s.file.part in method.parts]
        used = self._used(lot)
        new = [s for s in usable if s.file.digest not in used]
        if done := [p for p in lot.done if any(s.file.part == p for s in new)]:
            _refuse_repeat(lot, done)
        waiting = tuple(s for s in usable if s.file.part not in lot.done)
        for plan in lot.retests:
            if plan.remaining:
                retests = sorted(
                    (s for s in waiting if s.file.part == plan.part and s in new and s.event > plan.after), key=_event
                )
                waiting = (*(s for s in waiting if s.file.part != plan.part), *retests[:1])  # one by one, in order of arrival
        if not waiting and lot.done:
            _refuse_repeat(lot, lot.done)
        if not waiting:
            raise Refused(self._nothing(lot, [s.file for s in newest]), rule="RR-H01")
        for part in method.parts:
            if len(names := [s.file.name for s in waiting if s.file.part == part]) > 1:
                which = f"{len(names)} files for {part} ({', '.join(names)})"
                words = f"lot {lot.lot} has {which}; results are neither chosen nor averaged"
                raise Refused(words, rule="RR-F05", hint="one that came by accident: csvgen pipeline aside propose")
        for source in waiting:
            self._refuse_unfit(lot, source, acting)
        return waiting

    def _refuse_unfit(self, lot: Lot, source: Source, acting: Session) -> None:
        """Data that were judged for another lot, a changed integration without record, a retest by the same hands."""
        reintegration.refuse_silent(self._core, lot, source.file, invalid=unsuitable(self._core, lot))
        self._refuse_judged(lot, source.file)
        plan = lot.plan(source.file.part)
        if plan and (again := {acting.account.id, source.file.by} & {*plan.not_by}):
            raise Refused(
                f"{', '.join(sorted(again))} measured the result that {plan.investigation} invalidated; "
                "the method asks for another analyst",
                rule="RR-G02",
            )

    def _refuse_judged(self, lot: Lot, file: FileRecord) -> None:
        """The same data, out of specification for another lot: neither a new name nor another export makes them pass."""
        if elsewhere := failed_elsewhere(self._core, lot, file):
            raise Refused(
                f"the data of {file.name} are {elsewhere}; data stand for one lot and are not judged again under another name",
                rule="RR-F05",
            )

    def _used(self, lot: Lot) -> frozenset[str]:
        """Digests that valid runs of this lot were given."""
        runs = (self._core.known("run", r, RunRecord)[0] for r in lot.runs)
        return frozenset(str(i.sha256) for r in runs if r.valid == "yes" for i in r.inputs.values())

    def _nothing(self, lot: Lot, newest: Sequence[FileRecord]) -> str:
        told = [f"file {f.name} is quarantined: {f.why}" for f in newest if f.standing == "quarantined"]
        why = "; ".join((*told, *(f"file {f.name} is set aside" for f in newest if f.standing == "set aside")))
        planned = [f"{r.part} ({r.investigation}, {r.remaining} to do)" for r in lot.retests if r.remaining]
        if planned and not why:
            why = f"a retest needs a new measurement, brought in after its plan was approved: {', '.join(planned)}"
        return f"lot {lot.lot} has no file that can be processed{': ' + why if why else ''}"


def _event(source: Source) -> int:
    return source.event


def _refuse_repeat(lot: Lot, parts: Sequence[str]) -> None:
    named = ", ".join(parts)
    raise Refused(f"lot {lot.lot} has a reportable result for {named}; a repeat needs a signed assignable cause", rule="RR-F05")


# ------------------------------------------------------------------ shared with reintegration


def method_of(core: Core, lot: Lot) -> Method:
    """The method of a lot in the version the lot was registered with: a later one does not reach back."""
    return methods.at(core, lot.method, lot.method_version)


def unsuitable(core: Core, lot: Lot) -> frozenset[str]:
    """Digests of files of a lot whose own system suitability was not met: they may be measured again."""
    return frozenset(d for r in lot.runs for d in core.known("run", r, RunRecord)[0].at_fault)


def failed_elsewhere(core: Core, lot: Lot, file: FileRecord) -> str:
    """Where the same data are out of specification for another lot, in words; empty when nowhere."""
    for known in core.files.like(file):
        other = known.file.lot
        if other in ("", lot.lot):
            continue
        of = core.known("lot", other, Lot)[0]
        out = {t.run for t in (*of.tests, *(w.value for w in of.withdrawn)) if t.part == file.part and t.verdict == OUT}
        for run in (core.known("run", r, RunRecord)[0] for r in sorted(out & {*of.runs})):
            if (f"file/{known.id}", known.version) in [(i.record, i.version) for i in run.inputs.values()]:
                return f"those of lot {other}, out of specification in {run.id}"
    return ""


def newest_of(core: Core, lot: Lot, name: str) -> Source:
    """The newest version of a file of a lot."""
    file, version = core.known("file", f"{lot.lot}:{name}", FileRecord)
    return Source(file, version.number, version.event)


def perform(
    core: Core, flows: Flows, acting: Session, lot: Lot, method: Method, sources: Iterable[Source], *, repeats: str = ""
) -> Performed:
    """Perform the pipeline over files of a lot, read and compared with what was registered. Writes no record.

    One run is about one sample: a chromatogram that names its injections must name that of the plate. Raises BadInput for data a
    step refuses, with the name of the file; NotIntact.
    """
    given, parameters = inputs_of(core, method, sources)
    return flows.perform(
        acting,
        method.pipeline,
        f"lot/{lot.lot}",
        given,
        parameters,
        repeats=repeats,
        method=method.id,
        method_version=lot.method_version,
        judge=lambda carried: own_results.require(method, given, carried.products, invalid=carried.invalid),
    )


def inputs_of(core: Core, method: Method, sources: Iterable[Source]) -> tuple[dict[str, Given], dict[str, str]]:
    """What the pipeline is given of the files of a lot, and its parameters. Raises NotIntact for a file that is not what was registered."""
    files = {s.file.part: s for s in sources}
    sample = next((files[p].file.sample for p in INPUTS if p in files and files[p].file.sample), "")
    given = {
        INPUTS[part]: Given(s.record, s.version, core.raw.read(Digest(s.file.digest), s.file.name), s.file.name)
        for part, s in files.items()
    }
    return given, results.parameters(method, sample, files)


def told(performed: Performed, lot: Lot, opened: Iterable[str]) -> Outcome:
    """What came of processing a lot, in words; an invalid run is no result, and is not accepted."""
    run, about = performed.record, ", ".join(opened)
    facts = {"run": run.id, "verdict": lot.verdict, "outputs": str(run.outputs), "investigation": about}
    if performed.invalid:
        words = f"run {run.id} of lot {lot.lot} is invalid: {performed.invalid}; there is no result"
        return Outcome(False, words, f"run/{run.id}", facts)
    more = f"; investigation {about} opened" if about else ""
    return Outcome(True, f"lot {lot.lot} processed in run {run.id}: {lot.verdict}{more}", f"run/{run.id}", facts)


def announce(tracking: Tracking | None, change: Change, run: RunRecord) -> None:
    """Say, in the change that writes a run, that it is to be sent to the tracking server."""
    if tracking is not None:
        tracking.announce(change, run)


def tell(tracking: Tracking | None, actor: Actor, run: RunRecord) -> None:
    """Send an announced run. A server that is down leaves it waiting, on record; the run itself stands."""
    if tracking is not None:
        tracking.send(actor, run.id)


def keep_results(core: Core, change: Change, lot: Lot, method: Method, performed: Performed) -> tuple[Lot, tuple[str, ...]]:
    """Put what a run does to its lot, and an investigation for each part that failed, into the change that records the run."""
    run = performed.record
    values = tuple(Result(**v.model_dump(), run=run.id) for v in results.values(performed.products))
    values, retests = _as_retests(lot, values, run.id) if not performed.invalid else ((), lot.retests)
    after = lot.model_copy(update={"runs": (*lot.runs, run.id), "retests": retests})
    if values:
        after = with_tests(after, method, (*lot.tests, *values))
    elif not lot.tests:
        after = after.model_copy(update={"verdict": INVALID})
    change.put("lot", lot.lot, after.model_dump())
    return after, open_investigations(core, change, lot.lot, run.id, values)


def with_tests(lot: Lot, method: Method, tests: tuple[Result, ...]) -> Lot:
    """The lot with these results in force, and the verdict that follows from them."""
    lot = lot.model_copy(update={"tests": tests})
    return lot.model_copy(update={"verdict": verdict(tests, lot.missing(method))})


def open_investigations(core: Core, change: Change, lot: str, run: str, values: Iterable[Result]) -> tuple[str, ...]:
    """An investigation for each part with a value out of specification; their ids."""
    wrong: dict[str, list[str]] = {}
    for v in values:
        if v.verdict == OUT:
            wrong.setdefault(v.part, []).append(f"{v.name} {v.reported} {v.unit}, limit {v.limit}")
    return tuple(
        deviations.open_deviation(
            core, change, f"lot/{lot}", deviations.OUT_OF_SPECIFICATION, f"{run}: {'; '.join(told)}", run=run, part=part
        )
        for part, told in wrong.items()
    )


def _as_retests(lot: Lot, values: tuple[Result, ...], run: str) -> tuple[tuple[Result, ...], tuple[RetestPlan, ...]]:
    """Values of a part that is retested say which retest they are; the plan counts the run."""
    named: list[Result] = []
    retests = list(lot.retests)
    for value in values:
        plan = lot.plan(value.part)
        told = f"{value.name}, retest {len(plan.runs) + 1} of {plan.count}" if plan else value.name
        named.append(value.model_copy(update={"name": told}))
    for index, plan in enumerate(retests):
        if plan.remaining and any(v.part == plan.part for v in values):
            retests[index] = plan.model_copy(update={"runs": (*plan.runs, run)})
    return tuple(named), tuple(retests)
