"""The program of an image that holds our steps: reads /in, performs one step, writes /out. See `container` for the files.

python -m csvgen.pipeline.flow.inside csvgen.pipeline.qc.steps:potency
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput
from csvgen.pipeline.flow.step import Made, Work

BESIDE = ("parameters.json", "files.json")


def perform(function: str, incoming: Path, outgoing: Path) -> None:
    """Perform ``module:function`` on the files of one folder into another; data it refuses become ``refused.json``."""
    module, _, name = function.partition(":")
    step = getattr(importlib.import_module(module), name)
    inputs = {p.name: p.read_bytes() for p in sorted(incoming.iterdir()) if p.name not in BESIDE}
    parameters, files = (json.loads((incoming / n).read_bytes()) for n in BESIDE)
    try:
        made: Made = step(Work(inputs, parameters, files))
    except BadInput as problem:
        (outgoing / "refused.json").write_bytes(canonical_json({"message": problem.message, "where": problem.where}))
        return
    (outgoing / "facts.json").write_bytes(canonical_json(made.facts))
    if made.invalid:
        (outgoing / "invalid.txt").write_text(made.invalid, encoding="utf-8")
    for name, data in made.outputs.items():
        (outgoing / name).write_bytes(data)


if __name__ == "__main__":
    perform(sys.argv[-1], Path("/in"), Path("/out"))
