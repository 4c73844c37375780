"""Potency: the concentration of the undiluted wells of a sample, as per cent of the label claim.

    potency % = 100 * mean over the wells at dilution 1 of ((signal - B0) / B1) / label claim

The calibration is fitted to all standards of the same plate. If its R squared does not reach the limit of the method the
run is invalid: there is no result, good or bad, and the reason says why (system suitability).
"""

from __future__ import annotations

from fractions import Fraction

from csvgen.errors import BadInput
from csvgen.pipeline import calibration, numbers
from csvgen.pipeline.evaluation import Evaluation, value_of
from csvgen.pipeline.instruments import Plate
from csvgen.pipeline.method import PotencyMethod
from csvgen.pipeline.rounding import Limits

NAME = "potency"
UNIT = "%"
"""Per cent of the label claim."""


def calibrate(plate: Plate, model: str) -> calibration.Fit:
    """The calibration of a plate by all its standards."""
    return calibration.fit(model, [s.level for s in plate.standards], [s.signal for s in plate.standards])


def concentration(fit: calibration.Fit, signal: str) -> Fraction:
    """The level that gives a signal, by a calibration with a slope; exact."""
    slope = fit.parameter("B1")
    if not slope:
        raise BadInput("the calibration has no slope: no signal can be turned into a level")
    return (numbers.number(signal) - fit.parameter("B0")) / slope


def evaluate(method: PotencyMethod, plate: Plate, sample: str) -> Evaluation:
    """Potency of one sample. Raises BadInput when the plate does not hold it undiluted or cannot be calibrated."""
    undiluted = [s.signal for s in plate.samples if s.id == sample and numbers.number(s.dilution) == 1]
    if not undiluted:
        raise BadInput(f"the plate holds no undiluted well of sample {sample!r}; its samples are {', '.join(plate.sample_ids)}")
    fit = calibrate(plate, method.model)
    suitability = fit.as_text() | {"wells": str(len(undiluted))}
    if fit.r_squared < numbers.number(method.r_squared):
        reached = numbers.text(fit.r_squared)
        why = f"R squared of the calibration is {reached}, the method asks for {method.r_squared} or more"
        return Evaluation(suitability=suitability, invalid=f"system suitability not met: {why}")
    mean = sum((concentration(fit, signal) for signal in undiluted), Fraction(0)) / len(undiluted)
    exact = 100 * mean / numbers.number(method.label_claim)
    value = value_of(NAME, "potency", exact, method.decimals, unit=UNIT, limits=Limits(method.low, method.high))
    return Evaluation((value,), suitability)
