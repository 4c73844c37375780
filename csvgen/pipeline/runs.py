"""Processing of lots (Pipeline.process): from the registered bytes to results, with a record of the run.

A result that can be reported is final. There is no second result beside it, no average of results, no choice among them:
a lot that has one is not processed again. A run whose system suitability fails gives no result and is kept as invalid.
"""

from __future__ import annotations

from collections.abc import Sequence

from csvgen.canonical import Digest, digest, plain
from csvgen.clock import stored
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.identity.directory import Session
from csvgen.pipeline import impurity, instruments, life, potency
from csvgen.pipeline.arrivals import open_deviation
from csvgen.pipeline.core import Core
from csvgen.pipeline.evaluation import Evaluation, ReportedValue
from csvgen.pipeline.instruments import Chromatogram, Injection, Plate
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import INVALID, FileRecord, Lot, Run, verdict
from csvgen.pipeline.rounding import OUT
from csvgen.pipeline.sheet import flat
from csvgen.ports import Outcome


class Runs:
    """Processing lots."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def process(self, session: str, lot: str) -> Outcome:
        """Calculate every test whose data are there and that has no result yet.

        Raises Refused when the lot has a reportable result for the data, when nothing can be processed, or when a stored file
        is not what was registered.
        """
        with self._core.acting(session, "process", f"lot/{lot[:100]}") as acting:
            found, _ = self._core.known("lot", lot, Lot)
            state = life.after(lot, life.state(self._core.state(lot)), "process")
            method, _ = self._core.known("method", found.method, Method)
            files = self._to_process(found, method)
            started = stored(self._core.clock.now())
            evaluations = {f.name: self._evaluate(method, f) for f in files}
            invalid = _invalid(evaluations)
            values = tuple(v for e in evaluations.values() for v in e.values) if not invalid else ()
            run = self._run(acting, found, method, files=files, evaluations=evaluations, values=values, started=started)
            after = self._after(found, method, run, values)
            with self._core.ledger.change(self._core.actor(acting), f"run {run.id}") as change:
                change.put("run", run.id, run.model_dump(), action="process")
                change.put("lot", lot, after.model_dump())
                if not invalid:
                    change.put("status", lot, {"lot": lot, "state": state})
                wrong = [f"{v.name} {v.reported} {v.unit}, limit {v.limit}" for v in values if v.verdict == OUT]
                investigation = ""
                if wrong:
                    investigation = open_deviation(
                        self._core, change, lot, "out of specification", f"{run.id}: {'; '.join(wrong)}"
                    )
        facts = {"run": run.id, "verdict": after.verdict, "outputs": run.outputs, "investigation": investigation}
        if invalid:
            return Outcome(False, f"run {run.id} of lot {lot} is invalid: {invalid}; there is no result", f"run/{run.id}", facts)
        opened = f"; investigation {investigation} opened" if investigation else ""
        return Outcome(True, f"lot {lot} processed in run {run.id}: {after.verdict}{opened}", f"run/{run.id}", facts)

    # ------------------------------------------------------------ what to process

    def _to_process(self, lot: Lot, method: Method) -> tuple[FileRecord, ...]:
        """The one accepted file of each part that has no result yet."""
        newest = [self._core.known("file", f"{lot.lot}:{name}", FileRecord)[0] for name in lot.files]
        usable = [f for f in newest if f.standing == "accepted" and f.part in method.parts]
        if done := [p for p in lot.done if p in {f.part for f in usable} and self._is_new(lot, p, usable)]:
            self._refuse_repeat(lot, done)
        waiting = tuple(f for f in usable if f.part not in lot.done)
        if not waiting and lot.done:
            self._refuse_repeat(lot, lot.done)
        if not waiting:
            why = "; ".join(f"file {f.name} is quarantined: {f.why}" for f in newest if f.standing == "quarantined")
            raise Refused(f"lot {lot.lot} has no file that can be processed{': ' + why if why else ''}", rule="RR-H01")
        for part in method.parts:
            if len(names := [f.name for f in waiting if f.part == part]) > 1:
                which = f"{len(names)} files for {part} ({', '.join(names)})"
                raise Refused(f"lot {lot.lot} has {which}; results are neither chosen nor averaged", rule="RR-F05")
        return waiting

    def _is_new(self, lot: Lot, part: str, usable: list[FileRecord]) -> bool:
        used = {sha for r in lot.runs for sha in self._core.known("run", r, Run)[0].inputs.values()}
        return any(f.part == part and f.digest not in used for f in usable)

    def _refuse_repeat(self, lot: Lot, parts: Sequence[str]) -> None:
        named = ", ".join(parts)
        raise Refused(
            f"lot {lot.lot} has a reportable result for {named}; a repeat needs a signed assignable cause", rule="RR-F05"
        )

    # ------------------------------------------------------------ calculating

    def _evaluate(self, method: Method, file: FileRecord) -> Evaluation:
        data = self._core.raw.read(Digest(file.digest), file.name)
        measured = instruments.read(file.name, data)
        try:
            if isinstance(measured, Plate) and method.potency:
                return potency.evaluate(method.potency, measured, file.sample)
            if isinstance(measured, Chromatogram) and method.impurity:
                return impurity.evaluate(method.impurity, _injection(measured, file.sample))
        except BadInput as problem:
            raise BadInput(problem.message, where=problem.where or file.name) from None
        raise NotIntact("the stored file is of another kind than registered", where=file.name)

    def _run(
        self,
        acting: Session,
        lot: Lot,
        method: Method,
        *,
        files: tuple[FileRecord, ...],
        evaluations: dict[str, Evaluation],
        values: tuple[ReportedValue, ...],
        started: str,
    ) -> Run:
        invalid = _invalid(evaluations)
        return Run(
            id=f"RUN-{len(self._core.ledger.all('run')) + 1:04d}",
            lot=lot.lot,
            operator=acting.account.id,
            operator_name=acting.account.printed_name,
            started=started,
            ended=stored(self._core.clock.now()),
            method=method.id,
            method_version=lot.method_version,
            parameters=flat(plain({part: getattr(method, part) for part in method.parts})),
            inputs={f.name: f.digest for f in files},
            code=self._core.code,
            suitability={f"{name}.{k}": v for name, e in evaluations.items() for k, v in e.suitability.items()},
            outputs=digest(values),
            valid="no" if invalid else "yes",
            why=invalid,
        )

    def _after(self, lot: Lot, method: Method, run: Run, values: tuple[ReportedValue, ...]) -> Lot:
        update: dict[str, object] = {"runs": (*lot.runs, run.id)}
        if values:
            tests = (*lot.tests, *values)
            missing = lot.model_copy(update={"tests": tests}).missing(method)
            update |= {"tests": tests, "verdict": verdict(tests, missing)}
        elif not lot.tests:
            update["verdict"] = INVALID
        return lot.model_copy(update=update)


def _invalid(evaluations: dict[str, Evaluation]) -> str:
    return "; ".join(e.invalid for e in evaluations.values() if e.invalid)


def _injection(chromatogram: Chromatogram, sample: str) -> Injection:
    """The one injection of the sample. Raises BadInput for several: replicates are neither chosen nor averaged."""
    found = [i for i in chromatogram.injections if i.sample in ("", sample)]
    if len(found) != 1:
        raise BadInput(f"the file holds {len(found)} injections of sample {sample!r}; one is needed")
    return found[0]
