"""A plan from its file. Not among what steps reach: a run has its plan as parameters."""

from __future__ import annotations

from pydantic import ValidationError

from csvgen.errors import ConfigError
from csvgen.marks import load
from csvgen.model.base import first_fault
from csvgen.pipeline.clinical.plan import Plan


def read_plan(data: bytes, where: str) -> Plan:
    """A plan from YAML. Raises ConfigError with what is wrong."""
    marked, findings = load(data, where)
    if marked is None:
        raise ConfigError(findings[0].message, where=str(findings[0].location))
    try:
        return Plan.model_validate(marked.value)
    except ValidationError as problem:
        raise ConfigError(first_fault(problem), where=where) from None
