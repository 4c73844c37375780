"""One step of a pipeline at a time, for orchestrators: ``python -m csvgen.pipeline.stepwise VERB``, JSON in, JSON out.

An orchestrator has packages of its own and must not bring them to the steps: it starts this program with the Python whose packages were
locked. Between the steps only digests travel; the bytes lie in a folder (`LocalStore`), written once and compared whenever they are read.

    deploy  {"pipeline": "qc-release"}                             -> the deployment: names of the steps, and the pins of their code
    begin   {"deployment", "store", "subject", "files", "parameters", "told"}  -> the work: inputs by digest
    step    {"work", "step", "before": [answers]}                  -> an answer: what the step made, by digest
    end     {"work", "before": [answers]}                          -> what was done, as `OutsideRecord`: no record of the system

Every verb but the first compares code, definition and packages with the pins of the deployment, and refuses others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from csvgen.canonical import Digest, canonical_json, digest_bytes
from csvgen.clock import Clock, SystemClock, stored
from csvgen.errors import BadInput, CsvgenError, Exit
from csvgen.model.base import Sha256, Value, first_fault
from csvgen.pipeline.flow.bundle import Bundle, InProcess, Pins, pins_now, require_pinned
from csvgen.pipeline.flow.definition import Definition, InputSpec, StepSpec, shipped
from csvgen.pipeline.flow.flows import environment
from csvgen.pipeline.flow.performing import Carried, carry_out
from csvgen.pipeline.flow.record import OutsideRecord, RunInput, StepRun
from csvgen.pipeline.landing import LocalStore


class Deployment(Value):
    """What an orchestrator was given to run. It lies beside its DAG."""

    format: str = "csvgen.deployment/1"
    pipeline: str
    steps: tuple[str, ...]
    pins: Pins


class Work(Value):
    """One run that began."""

    deployment: Deployment
    store: str
    """Folder of the bytes."""
    subject: str
    started: str
    inputs: Mapping[str, Sha256]
    files: Mapping[str, str]
    """Input -> name of the file it came as."""
    parameters: Mapping[str, str]
    told: Mapping[str, str]
    """What the orchestrator tells of itself: its run, who asked for it, under which ticket."""


class Answer(Value):
    """What came of one step."""

    step: StepRun
    facts: Mapping[str, str]


def deploy(pipeline: str) -> Deployment:
    """The deployment of a pipeline as it is installed here."""
    definition = shipped(pipeline)
    return Deployment(pipeline=pipeline, steps=tuple(s.id for s in definition.steps), pins=pins_now(definition, Bundle.shipped()))


def begin(
    deployment: Deployment, store: Path, subject: str, files: Mapping[str, str], parameters: Mapping[str, str],
    told: Mapping[str, str], clock: Clock,
) -> Work:  # fmt: skip
    """Keep the input files and name them by digest. Raises NotIntact for code that was not deployed, BadInput for a file that is none."""
    definition, _ = _pinned(deployment)
    if strange := sorted(set(files) - {i.name for i in definition.inputs}):
        raise BadInput(f"pipeline {definition.id} takes no input {', '.join(strange)}")
    store.mkdir(parents=True, exist_ok=True)
    inputs = {}
    for name, path in files.items():
        try:
            data = Path(path).read_bytes()
        except OSError as problem:
            raise BadInput(f"the file of the input {name} cannot be read: {problem.strerror}", where=path) from None
        inputs[name] = _keep(store, data, name)
    return Work(
        deployment=deployment, store=str(store), subject=subject, started=stored(clock.now()), inputs=inputs,
        files={name: Path(path).name for name, path in files.items()}, parameters=dict(parameters), told=dict(told),
    )  # fmt: skip


def step(work: Work, step_id: str, before: tuple[Answer, ...], clock: Clock) -> Answer:
    """Perform one step on what those before it made. Raises BadInput for data it refuses, NotIntact for bytes that changed on the way."""
    definition, bundle = _pinned(work.deployment)
    spec = next((s for s in definition.steps if s.id == step_id), None)
    if spec is None:
        raise BadInput(f"pipeline {definition.id} has no step {step_id[:40]!r}")
    known = {**work.inputs, **{name: sha256 for a in before for name, sha256 in a.step.outputs.items()}}
    if any(a.step.state in ("invalid", "not reached") for a in before):
        return _idle(spec, "not reached", "an earlier step made the run invalid")
    if absent := [n for n in spec.takes if n not in known and n not in spec.optional]:
        return _idle(spec, "not applicable", f"not given: {', '.join(absent)}")
    taken = {n: _read(work, n, known[n]) for n in spec.takes if n in known}
    carried = carry_out(
        _alone(definition, spec),
        taken,
        work.parameters,
        executor=InProcess(bundle),
        now=lambda: stored(clock.now()),
        files=work.files,
    )
    for name, data in carried.products.items():
        _keep(Path(work.store), data, name)
    return Answer(step=carried.steps[0], facts=dict(carried.facts))


def end(work: Work, before: tuple[Answer, ...], clock: Clock) -> OutsideRecord:
    """What was done; its id is that of the orchestrator's run, and it says that no ledger holds it. Raises BadInput when a step is missing or there twice."""
    definition, _ = _pinned(work.deployment)
    if [a.step.step for a in before] != [s.id for s in definition.steps]:
        raise BadInput(f"the answers are not one for each step of {definition.id}, in order")
    made = {name: sha256 for a in before for name, sha256 in a.step.outputs.items()}
    products = {name: _read(work, name, sha256) for name, sha256 in made.items()}
    why = next((a.step.why for a in before if a.step.state == "invalid"), "")
    facts = {key: value for a in before for key, value in a.facts.items()}
    pins, told = work.deployment.pins, work.told
    return OutsideRecord(
        id=told.get("run_id", ""), pipeline=definition.id, pipeline_version=definition.version, subject=work.subject,
        operator=told.get("operator", ""), operator_name=told.get("operator", ""), started=work.started, ended=stored(clock.now()),
        artifact="", definition=pins.definition, code=pins.code, lock=pins.lock, ticket=told.get("ticket", ""), commit="",
        parameters=work.parameters,
        inputs={n: RunInput(record=f"file/{work.files[n]}", version=1, sha256=s) for n, s in work.inputs.items()},
        steps=tuple(a.step for a in before), facts=facts, products=made,
        outputs=Carried((), products, facts, why).outputs(definition),
        environment={**environment(), **{f"orchestrator.{key}": value for key, value in told.items()}},
        valid="no" if why else "yes", why=why,
    )  # fmt: skip


# ------------------------------------------------------------ pieces


def _pinned(deployment: Deployment) -> tuple[Definition, Bundle]:
    definition, bundle = shipped(deployment.pipeline), Bundle.shipped()
    require_pinned(deployment.pins, definition, bundle)
    return definition, bundle


def _alone(definition: Definition, spec: StepSpec) -> Definition:
    """A pipeline of this one step, so that the function that performs all steps performs it too."""
    inputs = tuple(InputSpec(name=n, optional="yes", title=n) for n in spec.takes)
    return definition.model_copy(update={"inputs": inputs, "steps": (spec,), "results": spec.gives})


def _idle(spec: StepSpec, state: Any, why: str) -> Answer:
    return Answer(step=StepRun(step=spec.id, version=spec.version, state=state, why=why), facts={})


def _keep(store: Path, data: bytes, name: str) -> Digest:
    with LocalStore(store).kept(data, name):
        return digest_bytes(data)


def _read(work: Work, name: str, sha256: str) -> bytes:
    return LocalStore(Path(work.store)).read(Digest(sha256), name)


# ------------------------------------------------------------ the door


def _asked(verb: str, asked: Mapping[str, Any], clock: Clock) -> Callable[[], Value]:
    """What is to be done, once the request has been read as a whole."""
    if verb == "deploy":
        return partial(deploy, str(asked["pipeline"]))
    if verb == "begin":
        deployment, store = Deployment.model_validate(asked["deployment"]), Path(asked["store"])
        files, parameters, told = (_texts(asked[key]) for key in ("files", "parameters", "told"))
        return partial(begin, deployment, store, str(asked["subject"]), files, parameters, told, clock)
    if verb not in ("step", "end"):
        raise BadInput(f"there is no verb {verb[:20]!r}; there are deploy, begin, step, end")
    work, before = Work.model_validate(asked["work"]), tuple(Answer.model_validate(a) for a in asked["before"])
    return partial(step, work, str(asked["step"]), before, clock) if verb == "step" else partial(end, work, before, clock)


def _texts(value: Mapping[str, str]) -> dict[str, str]:
    return {str(key): str(text) for key, text in value.items()}


def main(arguments: list[str]) -> int:
    """The program: a verb, its request on standard input, its answer on standard output."""
    try:
        act = _asked(arguments[0] if arguments else "", json.load(sys.stdin), SystemClock())
    except CsvgenError as problem:
        return _told(str(problem), int(problem.exit_code))
    except ValidationError as problem:
        return _told(f"the request is not what it must be: {first_fault(problem)}", Exit.USAGE)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        return _told(f"the request is not what it must be: {type(problem).__name__}: {problem}", Exit.USAGE)
    try:
        answer = act()
    except CsvgenError as problem:
        return _told(str(problem), int(problem.exit_code))
    except Exception as problem:  # noqa: BLE001 - a step that breaks is told as that, on the one line an orchestrator shows
        return _told(f"the step broke: {type(problem).__name__}: {problem}", Exit.INTERNAL)
    sys.stdout.write(canonical_json(answer).decode("utf-8"))
    return 0


def _told(words: str, code: int) -> int:
    sys.stderr.write(f"{words}\n")
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
