"""Master data of a new instance, as a site writes them: its instruments and its methods, in YAML (``examples/pipeline/master.yaml``).

What is written there at installation is a record of the instance from its first event on; later changes go through the instance.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from csvgen.errors import BadInput
from csvgen.marks import load
from csvgen.model.base import Value, first_fault
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import Instrument


class Master(Value):
    """Instruments and methods an instance begins with."""

    format: Literal["csvgen.master/1"] = "csvgen.master/1"
    instruments: tuple[Instrument, ...] = ()
    methods: tuple[Method, ...] = ()


def read(path: Path) -> Master:
    """Master data from a file. Raises BadInput with the place of what is wrong."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise BadInput(f"cannot be read: {problem.strerror}", where=str(path)) from None
    marked, findings = load(data, path.name)
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    try:
        master = Master.model_validate(marked.value)
    except ValidationError as problem:
        raise BadInput(first_fault(problem), where=str(marked.at(tuple(problem.errors()[0]["loc"])))) from None
    for what, ids in (("instrument", [i.id for i in master.instruments]), ("method", [m.id for m in master.methods])):
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise BadInput(f"{what} {', '.join(twice)} is there twice", where=path.name)
    return master
