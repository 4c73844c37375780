"""Checks of the runs of an instance: what went in, by which parameters, what came out, and whether it comes out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from csvgen.canonical import digest, digest_bytes
from csvgen.errors import CsvgenError
from csvgen.pipeline.flow.bundle import Bundle, InProcess, Pins, pins_now
from csvgen.pipeline.flow.definition import Definition, shipped
from csvgen.pipeline.flow.lock import altered
from csvgen.pipeline.flow.performing import Carried, carry_out, seen
from csvgen.pipeline.flow.record import RunContents, RunRecord
from csvgen.pipeline.method import Method
from csvgen.pipeline.qc import results
from csvgen.verification.checks import Checks
from csvgen.verification.instance_inputs import Silent, Sources
from csvgen.verification.instance_seen import Seen, digest_of

INPUTS, WHOLE, PARAMETERS = (
    "inputs of the runs are those registered",
    "run records agree with themselves",
    "parameters of the runs are those of the method",
)
AGAIN = "results come out again from the same inputs"
STANDING = "packages installed here are as they were installed"


def _shipped() -> Bundle:
    return Bundle.shipped()


@dataclass
class Installed:
    """The code of pipelines as it is installed here, by its pins; each pipeline is looked at once."""

    bundle: Bundle = field(default_factory=_shipped)
    _known: dict[str, tuple[Definition, Pins] | str] = field(default_factory=dict)

    def of(self, pipeline: str) -> tuple[Definition, Pins] | str:
        """Definition and pins, or why there are none."""
        if pipeline not in self._known:
            try:
                definition = shipped(pipeline)
                self._known[pipeline] = definition, pins_now(definition, self.bundle)
            except CsvgenError as problem:
                self._known[pipeline] = problem.message
        return self._known[pipeline]

    def same(self, run: RunContents) -> Definition | str:
        """The definition, if what is installed is what the run says it ran by; else what differs."""
        found = self.of(run.pipeline)
        if isinstance(found, str):
            return found
        definition, pins = found
        parts = [part for part in ("definition", "code", "lock") if getattr(pins, part) != getattr(run, part)]
        return f"{', '.join(parts)} installed now {'is another' if len(parts) == 1 else 'are others'}" if parts else definition


def check_runs(sources: Sources, checks: Checks) -> None:
    """Every check of runs. Runs of code that is not installed here are not performed again, and that is said."""
    there = sources.seen
    unread = [f"{name} {why}" for name, why in there.runs.items() if isinstance(why, str)]
    runs = {name: run for name, run in there.runs.items() if isinstance(run, RunRecord)}
    installed = Installed()
    checks.over(len(runs), INPUTS, [f for run in runs.values() for f in _inputs(there, run)], f"inputs of {len(runs)} runs")
    twice = [f"{v.id} was written {v.number} times; a run is written once" for v in there.latest("run").values() if v.number != 1]
    apart = [*unread, *twice, *(f for name, run in runs.items() for f in whole(name, run, installed))]
    checks.over(len(runs), WHOLE, apart, f"{len(runs)} run records")
    wrong = [f for run in runs.values() for f in _parameters(there, run)]
    checks.over(sum(bool(r.method) for r in runs.values()), PARAMETERS, wrong, f"parameters of {len(runs)} runs")
    _again(sources, runs, installed, checks)


# ------------------------------------------------------------ what went in


def _inputs(there: Seen, run: RunRecord) -> Iterator[str]:
    for name, given in run.inputs.items():
        version = there.source(given.record, given.version)
        if version is None:
            yield f"{run.id} {name}: {given.record} version {given.version} is not registered"
        elif (kept := digest_of(version)) != given.sha256:
            yield f"{run.id} {name}: the run read {given.sha256}, {given.record} version {given.version} is {kept}"
        elif version.kind == "file" and version.content.get("standing") != "accepted":
            yield f"{run.id} {name}: {given.record} version {given.version} was {version.content.get('standing')}, not accepted"


# ------------------------------------------------------------ the record by itself


def whole(name: str, run: RunContents, installed: Installed) -> Iterator[str]:
    """Steps hand on what the record says they made; parameters are shared out rightly; and it is what its definition says."""
    if run.id != name:
        yield f"{name}: it calls itself {run.id}"
    known: dict[str, str] = {n: i.sha256 for n, i in run.inputs.items()}
    for step in run.steps:
        if wrong := [n for n, d in step.inputs.items() if known.get(n) != d]:
            yield f"{name} {step.step}: it read another {', '.join(wrong)} than the run has"
        if strange := [k for k, v in step.parameters.items() if run.parameters.get(k) != v]:
            yield f"{name} {step.step}: its parameter {', '.join(strange)} is not that of the run"
        known |= step.outputs
    if {n: d for n, d in known.items() if n not in run.inputs} != dict(run.products):
        yield f"{name}: what its steps made is not what it names as its outputs"
    if (run.valid == "yes") == bool(run.why):
        yield f"{name}: it is {'valid and says why not' if run.why else 'invalid without a reason'}"
    definition = installed.same(run)
    if not isinstance(definition, str):
        yield from _as_defined(name, run, definition)


def _as_defined(name: str, run: RunContents, definition: Definition) -> Iterator[str]:
    if digest({n: run.products[n] for n in definition.results if n in run.products}) != run.outputs:
        yield f"{name}: the digest of its outputs is not that of the results it names"
    if [(s.step, s.version) for s in run.steps] != [(s.id, s.version) for s in definition.steps]:
        yield f"{name}: its steps are not those of the definition, in order"
        return
    for step, spec in zip(run.steps, definition.steps, strict=True):
        ran = step.state in ("performed", "invalid")
        if ran and (seen(spec, run.parameters), spec.image) != (dict(step.parameters), step.image):
            yield f"{name} {step.step}: parameters or image are not those the definition gives the step"


# ------------------------------------------------------------ parameters


def _parameters(there: Seen, run: RunRecord) -> Iterator[str]:
    if not run.method:
        return
    version = there.version("method", run.method, run.method_version)
    if version is None:
        yield f"{run.id}: method {run.method} version {run.method_version} is not there"
        return
    parts = sorted({k.partition(".")[0] for k in run.parameters if "." in k})
    method = Method.model_validate(version.content)
    if run.pipeline != method.pipeline:
        yield f"{run.id}: it ran {run.pipeline}, method {run.method} version {run.method_version} says {method.pipeline}"
    meant = results.parameters(method, run.parameters.get(results.SAMPLE, ""), [p for p in parts if p in method.parts])
    for key in sorted({k for k in (*meant, *run.parameters) if meant.get(k) != run.parameters.get(k)}):
        yield (
            f"{run.id}: {key} was {run.parameters.get(key, 'not given')}, "
            f"method {run.method} version {run.method_version} says {meant.get(key, 'nothing of it')}"
        )


# ------------------------------------------------------------ once more


def _again(sources: Sources, runs: Mapping[str, RunRecord], installed: Installed, checks: Checks) -> None:
    """The strongest check: the steps are performed again, and must give the same bytes. Inputs that nobody gives leave it unknown."""
    faults: list[str] = []
    silent: list[str] = []
    other: dict[str, int] = {}
    used: dict[str, Definition] = {}
    for run in runs.values():
        definition = installed.same(run)
        images = [s.step for s in run.steps if s.image]
        if isinstance(definition, str) or images:
            why = f"steps in images: {', '.join(images)}" if images else definition
            other[f"{run.pipeline}: {why}"] = other.get(f"{run.pipeline}: {why}", 0) + 1
            continue
        used[definition.id] = definition
        try:
            faults += _performed(sources, run, definition, installed.bundle)
        except Silent as problem:
            silent.append(f"{run.id}: {problem.message}")
    done = len(runs) - sum(other.values()) - len(silent)
    good = f"{done} of {len(runs)} runs performed again, each output the same byte for byte"
    if silent and not faults:
        checks.unknown(AGAIN, f"{len(silent)} of {len(runs)} runs cannot be performed again; {silent[0]}")
    else:
        checks.over(done, AGAIN, faults, good)
    checks.over(len(used), STANDING, [a for d in used.values() for a in altered(d)], f"on what {', '.join(used)} stands")
    for why, count in other.items():
        checks.note("code installed now", f"it is not what {count} runs ran by ({why}); they were not performed again")
        checks.lacks(f"the results of {count} runs performed again ({why})")


def _performed(sources: Sources, run: RunRecord, definition: Definition, bundle: Bundle) -> list[str]:
    """How a run comes out otherwise. Raises Silent when one of its inputs cannot be had."""
    try:
        given = {n: sources.bring(i) for n, i in run.inputs.items()}
        inputs, files = {n: g.data for n, g in given.items()}, {n: g.file for n, g in given.items()}
        made = carry_out(definition, inputs, run.parameters, executor=InProcess(bundle), now=lambda: run.started, files=files)
    except Silent:
        raise
    except CsvgenError as problem:
        return [f"{run.id}: cannot be performed again: {problem}"]
    return [f"{run.id}: {what}" for what in _differences(run, made)]


def _differences(run: RunRecord, made: Carried) -> Iterator[str]:
    found = {n: digest_bytes(b) for n, b in made.products.items()}
    for name in sorted({*found, *run.products}):
        if found.get(name) != run.products.get(name):
            yield f"{name} comes out as {found.get(name, 'nothing')}, recorded is {run.products.get(name, 'nothing')}"
    if made.invalid != run.why:
        yield f"validity comes out as {made.invalid or 'valid'!r}, recorded is {run.why or 'valid'!r}"
    if dict(made.facts) != dict(run.facts):
        wrong = sorted(k for k in {*made.facts, *run.facts} if made.facts.get(k) != run.facts.get(k))
        yield f"what its steps told comes out otherwise: {', '.join(wrong)}"
