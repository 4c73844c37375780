"""Master data of a new instance, as a site writes them: its instruments, methods and materials, in YAML (``examples/pipeline/master.yaml``).

What is written there at installation is a record of the instance from its first event on; later changes go through the instance.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from csvgen.errors import BadInput
from csvgen.marks import load
from csvgen.model.base import Value, first_fault
from csvgen.pipeline.materials import Material
from csvgen.pipeline.method import Method
from csvgen.pipeline.nouns import Instrument


class Master(Value):
    """Instruments, methods and materials an instance begins with."""

    format: Literal["csvgen.master/1"] = "csvgen.master/1"
    instruments: tuple[Instrument, ...] = ()
    methods: tuple[Method, ...] = ()
    materials: tuple[Material, ...] = ()


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
    lists = {
        "instrument": [i.id for i in master.instruments],
        "method": [m.id for m in master.methods],
        "material": [m.id for m in master.materials],
    }
    for what, ids in lists.items():
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise BadInput(f"{what} {', '.join(twice)} is there twice", where=path.name)
    if strange := sorted({m.method for m in master.materials} - {m.id for m in master.methods}):
        raise BadInput(f"a material is tested by {', '.join(strange)}, and there is no such method", where=path.name)
    return master
