"""Tables that are data: access, life, configuration, meanings. Read strictly; a fault in them stops the application."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TypeVar

from pydantic import ValidationError

from csvgen.errors import ConfigError
from csvgen.marks import load
from csvgen.model.base import Value

_Table = TypeVar("_Table", bound=Value)


def table(name: str, kind: type[_Table]) -> _Table:
    """The table ``data/<name>.yaml`` as a frozen value. Raises ConfigError when it is not what it must be."""
    return _read(name, kind)  # type: ignore[return-value]


@cache
def _read(name: str, kind: type[Value]) -> Value:
    file = f"{name}.yaml"
    marked, findings = load(resources.files("csvgen.pipeline").joinpath("data", file).read_bytes(), file)
    if marked is None:
        raise ConfigError(findings[0].message, where=str(findings[0].location))
    try:
        return kind.model_validate(marked.value)
    except ValidationError as problem:
        raise ConfigError(f"{problem.error_count()} faults in this table: {problem.errors()[0]['msg']}", where=file) from None
