"""Faults by name: the ways in which a target can be broken on purpose, so that the scripts of a pattern can be seen to fail.

A pattern lists the faults it must detect and a risk names one; who seeds them is the separate distribution csvgen-faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import ValidationError

from csvgen.errors import BadInput
from csvgen.marks import own_data
from csvgen.model.base import Line, Name, Value

FILE = "faults.yaml"
ROOMS = (
    "audit", "signature", "access", "record", "pipeline", "clock", "storage", "installation", "interface",
    "report", "calculation", "concurrency", "entry",
)  # fmt: skip
"""Parts of a target that can be broken: the first word of each name."""


class Fault(Value):
    """One way in which a target can be broken."""

    name: Name
    """``<room>-<what>``; permanent."""
    broken: Line
    """What the fault does to the system."""
    seen: Line
    """How a script tells."""

    @property
    def room(self) -> str:
        return self.name.partition("-")[0]


class _File(Value):
    format: Literal["csvgen.faults/1"]
    faults: tuple[Fault, ...]


@cache
def faults() -> Mapping[str, Fault]:
    """Every fault by name. Raises BadInput when the file of this installation is damaged."""
    data = resources.files("csvgen.patterns").joinpath(FILE).read_bytes()
    try:
        listed = _File.model_validate(own_data(data, FILE)).faults
    except ValidationError as problem:
        raise BadInput(f"fault file cannot be used: {problem}", where=FILE) from None
    found = {fault.name: fault for fault in listed}
    if len(found) < len(listed) or any(f.room not in ROOMS for f in listed):
        raise BadInput("a fault stands twice, or is of no known room", where=FILE)
    return found
