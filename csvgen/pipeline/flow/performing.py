"""Performing the steps of a definition, in order, on given bytes. Pure but for the executor and the clock that is handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from csvgen.canonical import Digest, digest, digest_bytes
from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline.flow.definition import Definition, StepSpec
from csvgen.pipeline.flow.record import StepRun
from csvgen.pipeline.flow.step import Made, Work

Now = Callable[[], str]
"""The time in stored form."""


class Executor(Protocol):
    """Whatever can perform one step: this process, a container."""

    def perform(self, step: StepSpec, work: Work) -> Made:
        """Raises BadInput for data the step cannot use, NotIntact when its code is not what was pinned."""


@dataclass(frozen=True)
class Carried:
    """What came of all steps together."""

    steps: tuple[StepRun, ...]
    products: Mapping[str, bytes]
    """Every output of every performed step."""
    facts: Mapping[str, str]
    """``step.key`` -> what steps told."""
    invalid: str

    def outputs(self, definition: Definition) -> Digest:
        """The digest over the results alone: the same inputs give the same digest for any subject, at any time, anywhere."""
        return digest({n: digest_bytes(self.products[n]) for n in definition.results if n in self.products})


def carry_out(
    definition: Definition,
    inputs: Mapping[str, bytes],
    parameters: Mapping[str, str],
    *,
    executor: Executor,
    now: Now,
    files: Mapping[str, str] | None = None,
) -> Carried:
    """Perform every step that applies. All or nothing: whatever a step raises goes through, and nothing was kept.

    Raises BadInput for an input that is missing or unknown, and for what steps refuse; NotIntact when a step gives other outputs
    than it declares.
    """
    _check(definition, inputs)
    known: dict[str, bytes] = dict(inputs)
    steps: list[StepRun] = []
    facts: dict[str, str] = {}
    invalid = ""
    for spec in definition.steps:
        absent = [n for n in spec.takes if n not in known and n not in spec.optional]
        if absent or invalid:
            steps.append(_idle(spec, invalid=invalid, absent=absent))
            continue
        work = Work(
            {n: known[n] for n in spec.takes if n in known},
            seen(spec, parameters),
            {n: name for n, name in (files or {}).items() if n in spec.takes},
        )
        started = now()
        made = executor.perform(spec, work)
        _whole(spec, made)
        invalid = made.invalid
        known |= made.outputs
        facts |= {f"{spec.id}.{key}": value for key, value in made.facts.items()}
        steps.append(_done(spec, work, made, started, now()))
    products = {n: data for n, data in known.items() if n not in inputs}
    return Carried(tuple(steps), products, facts, invalid)


def seen(step: StepSpec, parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters a step may see."""
    exact = {k for k in step.parameters if not k.endswith(".")}
    prefixes = tuple(k for k in step.parameters if k.endswith("."))
    return {k: v for k, v in parameters.items() if k in exact or k.startswith(prefixes)}


def _check(definition: Definition, inputs: Mapping[str, bytes]) -> None:
    if strange := sorted(set(inputs) - {i.name for i in definition.inputs}):
        raise BadInput(f"pipeline {definition.id} takes no input {', '.join(strange)}")
    if missing := [i.name for i in definition.inputs if i.optional == "no" and i.name not in inputs]:
        raise BadInput(f"pipeline {definition.id} is missing its input {', '.join(missing)}")
    if not inputs:
        raise BadInput(f"pipeline {definition.id} was given nothing")


def _whole(spec: StepSpec, made: Made) -> None:
    if made.invalid and made.outputs:
        raise NotIntact("the step calls its run invalid and gives outputs all the same", where=spec.id)
    if not made.invalid and set(made.outputs) != set(spec.gives):
        raise NotIntact(
            f"the step gave {', '.join(sorted(made.outputs)) or 'nothing'}, declared are {', '.join(spec.gives)}", where=spec.id
        )


def _idle(spec: StepSpec, *, invalid: str, absent: list[str]) -> StepRun:
    why = f"not given: {', '.join(absent)}" if not invalid else "an earlier step made the run invalid"
    return StepRun(step=spec.id, version=spec.version, state="not reached" if invalid else "not applicable", why=why)


def _done(spec: StepSpec, work: Work, made: Made, started: str, ended: str) -> StepRun:
    return StepRun(
        step=spec.id,
        version=spec.version,
        state="invalid" if made.invalid else "performed",
        why=made.invalid,
        image=spec.image,
        parameters=dict(work.parameters),
        inputs={n: digest_bytes(b) for n, b in work.inputs.items()},
        outputs={n: digest_bytes(b) for n, b in made.outputs.items()},
        started=started,
        ended=ended,
    )
