"""The reportable value. csvgen looks once more at what is written here: rounding, unit, limit and verdict must be the method's."""

import json
from fractions import Fraction

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput
from csvgen.pipeline.flow.step import Made, Work

from .exact import half_up, number, spelled


def report(work: Work) -> Made:
    """``wells``, ``factor`` -> ``potency-values``."""
    above, below = json.loads(work.inputs["factor"])
    factor, sample, given = Fraction(int(above), int(below)), work.parameters["sample"], work.parameters
    levels = [
        number(signal) / factor * number(dilution)
        for kind, name, dilution, signal in json.loads(work.inputs["wells"])
        if (kind, name) == ("sample", sample)
    ]
    if not levels:
        raise BadInput(f"the plate holds no sample {sample!r}", where=work.files.get("wells", "plate"))
    value = sum(levels, Fraction(0)) / len(levels) / number(given["potency.label_claim"]) * 100
    reported = half_up(value, int(given["potency.decimals"]))
    low, high = given["potency.low"], given["potency.high"]
    inside = number(low) <= number(reported) <= number(high)
    row = {
        "name": "potency", "part": "potency", "unrounded": spelled(value), "reported": reported, "unit": "%",
        "limit": f"{low} to {high} %", "verdict": "in specification" if inside else "out of specification",
    }  # fmt: skip
    return Made({"potency-values": canonical_json([row])})
