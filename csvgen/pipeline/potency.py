"""Potency: the concentration of the undiluted wells of a sample, as per cent of the label claim.

    potency % = 100 * mean over the wells at dilution 1 of (the level the calibration gives for the signal) / label claim

The calibration is fitted to all standards of the same plate. If the plate or the curve does not show what the method asks for, the
run is invalid: there is no result, good or bad, and the reason says why (system suitability).

**Outside the calibrators** (a well below the lowest or above the highest level) nothing was calibrated. Such a value is flagged and
can fail a lot but not pass it: out of specification it stays, so that no failing result is lost; in specification the run is invalid.
"""

from __future__ import annotations

from fractions import Fraction

from csvgen.errors import BadInput
from csvgen.pipeline import calibration, confidence, numbers, suitability
from csvgen.pipeline.evaluation import Estimate, Evaluation, reported
from csvgen.pipeline.instruments import Plate
from csvgen.pipeline.method import PotencyMethod
from csvgen.pipeline.rounding import IN, Limits

NAME = "potency"
UNIT = "%"
"""Per cent of the label claim."""


def calibrate(plate: Plate, model: str) -> calibration.Fit:
    """The calibration of a plate by all its standards."""
    return calibration.fit(model, [s.level for s in plate.standards], [s.signal for s in plate.standards])


def concentration(fit: calibration.Fit, signal: str) -> Fraction:
    """The level that gives a signal, by a calibration with a slope; exact but for the logistic curve (60 digits)."""
    return calibration.level_of(fit, numbers.number(signal))


def check_unit(method: PotencyMethod, plate: Plate) -> None:
    """Raises BadInput when the file names another unit of its levels than the method."""
    if plate.unit and plate.unit != method.unit:
        raise BadInput(f"the levels of the file are in {plate.unit}, the method {NAME} is in {method.unit}")


def estimate(method: PotencyMethod, plate: Plate, fit: calibration.Fit, sample: str) -> Estimate:
    """The potency before rounding, with its confidence limits.

    Raises BadInput when the plate does not hold the sample undiluted, Unfit when the calibration gives it no level or no limits.
    """
    signals = [numbers.number(s) for s in suitability.undiluted(plate, sample)]
    levels = [calibration.level_of(fit, s) for s in signals]
    factor = 100 / numbers.positive(method.label_claim, "the label claim")
    value = factor * sum(levels, Fraction(0)) / len(levels)
    return Estimate(NAME, "potency", value, confidence.of_level(fit, signals).scaled(factor), _outside(fit, levels, method.unit))


def report(method: PotencyMethod, found: Estimate) -> Evaluation:
    """The reportable value; invalid when the interval is too wide, or when only extrapolation would pass it."""
    interval = found.interval
    judged = suitability.of_interval(method, found.value, interval.low, interval.high) if interval else suitability.Judgement(())
    if judged.invalid:
        return Evaluation(suitability=judged.facts, invalid=judged.invalid)
    value = reported(found, method.decimals, unit=UNIT, limits=Limits(method.low, method.high))
    if found.flag and value.verdict == IN:
        why = f"{NAME} {value.reported} % is {found.flag}: nothing was calibrated there, so it passes nothing"
        return Evaluation(suitability=judged.facts, invalid=f"{suitability.NOT_MET}{why}")
    return Evaluation((value,), judged.facts)


def evaluate(method: PotencyMethod, plate: Plate, sample: str) -> Evaluation:
    """All of it together. Raises BadInput when the plate does not hold the sample undiluted or cannot be calibrated."""
    check_unit(method, plate)
    before = suitability.of_plate(method, plate, sample)
    wells = {"wells": str(len(suitability.undiluted(plate, sample)))}
    if before.invalid:
        return Evaluation(suitability={**before.facts, **wells}, invalid=before.invalid)
    try:
        fit = calibrate(plate, method.model)
        facts = {**before.facts, **fit.as_text(), **wells}
        after = suitability.of_curve(method, plate, fit)
        facts |= after.facts
        if after.invalid:
            return Evaluation(suitability=facts, invalid=after.invalid)
        found = report(method, estimate(method, plate, fit, sample))
    except calibration.Unfit as problem:
        return Evaluation(suitability=before.facts, invalid=suitability.NOT_MET + problem.message)
    return Evaluation(found.values, facts | dict(found.suitability), found.invalid)


def _outside(fit: calibration.Fit, levels: list[Fraction], unit: str) -> str:
    if fit.lowest <= min(levels) and max(levels) <= fit.highest:
        return ""
    return f"outside the calibrators, {numbers.text(fit.lowest)} to {numbers.text(fit.highest)} {unit}"
