"""Reading the plate. A step is a function of named bytes; what it cannot use it refuses, with the place."""

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput
from csvgen.pipeline.flow.step import Made, Work

from .exact import number


def read(work: Work) -> Made:
    """``plate`` -> ``wells``: kind, name, level (or dilution) and signal of each."""
    file = work.files.get("plate", "plate")
    lines = work.inputs["plate"].decode("utf-8").splitlines()
    if lines[0] != "#qc-plate/1":
        raise BadInput("this example reads qc-plate/1 alone", where=f"{file}:1")
    wells = []
    for place, line in enumerate(lines[2:-1], 3):
        kind, name, level, signal = line.split(",")
        number(level, f"{file}:{place}")
        number(signal, f"{file}:{place}")
        wells.append([kind, name, level, signal])
    return Made({"wells": canonical_json(wells)}, {"wells": str(len(wells))})
