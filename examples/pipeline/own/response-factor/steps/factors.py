"""The response factor of each calibrator above zero: signal by level. Where they do not agree the run is invalid."""

import json
from fractions import Fraction

from csvgen.canonical import canonical_json
from csvgen.pipeline.flow.step import Made, Work

from .exact import number, spelled


def factors(work: Work) -> Made:
    """``wells`` -> ``factor``: their mean, as an exact fraction. System suitability: scatter of at most ``own.rsd`` per cent."""
    wells = json.loads(work.inputs["wells"])
    found = [number(signal) / number(level) for kind, _, level, signal in wells if kind == "standard" and number(level) > 0]
    if len(found) <= 1:
        return Made({}, {}, f"{len(found)} calibrators above zero; two are the least")
    mean = sum(found, Fraction(0)) / len(found)
    scatter = sum((f - mean) ** 2 for f in found) / (len(found) - 1)
    limit = number(work.parameters["own.rsd"])
    facts = {"factor": spelled(mean), "squared_rsd": spelled(scatter / mean**2 * 10_000) if mean else "none"}
    if mean <= 0 or scatter * 10_000 > (limit * mean) ** 2:  # squared on both sides: no root is taken, nothing is rounded
        return Made({}, facts, f"the response factors scatter by more than {work.parameters['own.rsd']} per cent")
    return Made({"factor": canonical_json([str(mean.numerator), str(mean.denominator)])}, facts)
