"""Which code may run here: the artifact promoted to this instance's environment by valid signatures, or none.

At each run are looked up anew: which promotion is in force, whether it was withdrawn, the validated state, and (by the caller) the
pins of the code that is about to run. Signatures are judged once in a process for each content of artifact, promotions and
signatures (`judged`): the same bytes under the same root have the same answer, and any other bytes are judged again.
"""

from __future__ import annotations

from dataclasses import dataclass

from csvgen.errors import NotIntact, Refused
from csvgen.pipeline import methods, revalidation
from csvgen.pipeline.artifacts import CODE, DEFINITION, Artifact, folder_of, pins_of, require_signed
from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.bundle import Bundle, InProcess, Pins
from csvgen.pipeline.flow.container import Chosen, Containers
from csvgen.pipeline.flow.definition import Definition, read_definition, shipped
from csvgen.pipeline.flow.performing import Executor
from csvgen.pipeline.judged import once
from csvgen.pipeline.promotion import ENVIRONMENTS, Promotions, environment_of, in_force, withdrawn


@dataclass(frozen=True)
class Approved:
    """A pipeline as it may run."""

    artifact: str
    definition: Definition
    bundle: Bundle
    pins: Pins
    executor: Executor
    ticket: str
    commit: str


def approved(core: Core, pipeline: str, method: str = "", method_version: int = 0) -> Approved:
    """The approved code of a pipeline, for lots of a method.

    Raises Refused when no artifact is promoted to this instance, its signatures do not hold, it was withdrawn, or re-validation of
    pipeline or method is due; NotIntact when its files are not what was signed.
    """
    environment = environment_of(core.configuration()["environment"])
    promotion = in_force(core, pipeline, environment)
    if promotion is None:
        raise Refused(f"no signed artifact of pipeline {pipeline[:40]!r} is promoted to {environment}", rule="RR-F01")
    artifact, _ = core.known("artifact", promotion.artifact, Artifact)
    if withdrawn(core, artifact.id):
        raise Refused(f"artifact {artifact.id} of {pipeline} is withdrawn, and nothing is promoted in its place", rule="RR-F01")
    stages = ENVIRONMENTS[: ENVIRONMENTS.index(environment) + 1]

    def judge() -> None:
        for stage in stages:
            if problem := Promotions(core).problem(artifact.id, stage):
                raise Refused(f"artifact {artifact.id} of {pipeline} may not run: {problem}", rule="RR-F01")
        require_signed(core, artifact)

    once(core, "may run", [f"artifact/{artifact.id}", *(f"promotion/{artifact.id}:{stage}" for stage in stages)], judge)
    if core.ledger.latest("revalidation", pipeline) is None:
        raise NotIntact("a promoted pipeline has no validated state on record", where=f"revalidation/{pipeline}")
    if method:
        methods.require_effective(core, method, method_version)
    revalidation.require(core, (pipeline, *([method] if method else [])))
    return _as_it_runs(core, artifact)


def _as_it_runs(core: Core, artifact: Artifact) -> Approved:
    folder = folder_of(core, artifact)
    if artifact.shipped == "yes":
        definition, bundle = shipped(artifact.pipeline), Bundle.shipped()
    else:
        try:
            text = (folder / DEFINITION).read_bytes()
        except FileNotFoundError:
            raise NotIntact("the definition of the artifact is gone", where=f"artifact/{artifact.id}") from None
        definition = read_definition(text, f"{artifact.id}/{DEFINITION}")
        bundle = Bundle(folder / CODE)
    containers = Containers() if core.settings.images else None
    executor = Chosen(InProcess(bundle, definition.distributions), containers)
    return Approved(artifact.id, definition, bundle, pins_of(core, artifact), executor, artifact.ticket, artifact.commit)
