"""The steps of QC release testing. Each is a pure function of named bytes; `data/pipelines/qc-release.yaml` puts them in order.

Reading, judging, calibrating, calculating and reporting are steps of their own, so that the record of a run holds the digest of what
each of them made, and one can be repeated without the others. The science is in `potency`, `impurity` and what they stand on; here
it is only cut into steps. What a step gives is described in `neutral` and `results`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps

from csvgen.canonical import canonical_json
from csvgen.errors import BadInput
from csvgen.pipeline import impurity, instruments, potency, suitability
from csvgen.pipeline.calibration import Unfit
from csvgen.pipeline.evaluation import Evaluation
from csvgen.pipeline.flow.step import Made, Work
from csvgen.pipeline.instruments import Chromatogram, Plate
from csvgen.pipeline.method import ImpurityMethod, PotencyMethod
from csvgen.pipeline.qc import neutral, results
from csvgen.pipeline.suitability import Judgement


def _step(of: str) -> Callable[[Callable[[Work], Made]], Callable[[Work], Made]]:
    """A refusal names the file of the input it is about; a calibration that cannot be used makes the run invalid."""

    def around(function: Callable[[Work], Made]) -> Callable[[Work], Made]:
        @wraps(function)
        def performed(work: Work) -> Made:
            try:
                return function(work)
            except Unfit as problem:
                return Made({}, {}, suitability.NOT_MET + problem.message)
            except BadInput as problem:
                raise BadInput(problem.message, where=problem.where or work.files.get(of, of)) from None

        return performed

    return around


@_step("plate")
def read_plate(work: Work) -> Made:
    """``plate`` (the file) -> ``plate-data``."""
    file = work.files.get("plate", "plate")
    measured = instruments.read(file, work.inputs["plate"])
    if not isinstance(measured, Plate):
        raise BadInput("the potency is calculated from a plate, and this file is none", where=file)
    potency.check_unit(_potency(work), measured)
    facts = {
        "standards": str(len(measured.standards)),
        "samples": str(len(measured.samples)),
        "blanks": str(len(measured.blanks)),
    }
    return Made({"plate-data": neutral.of_plate(measured)}, facts)


@_step("plate-data")
def judge_plate(work: Work) -> Made:
    """``plate-data`` -> ``plate-suitability``: calibrators, blank, scatter."""
    plate, sample = neutral.plate(work.inputs["plate-data"]), _sample(work)
    wells = {"wells": str(len(suitability.undiluted(plate, sample)))}
    return _judged("plate-suitability", suitability.of_plate(_potency(work), plate, sample), wells)


@_step("plate-data")
def calibrate(work: Work) -> Made:
    """``plate-data`` -> ``calibration``."""
    fit = potency.calibrate(neutral.plate(work.inputs["plate-data"]), _potency(work).model)
    return Made({"calibration": neutral.of_fit(fit)}, fit.as_text())


@_step("calibration")
def judge_calibration(work: Work) -> Made:
    """``plate-data``, ``calibration`` -> ``calibration-suitability``: R squared, calibrators read back."""
    plate, fit = neutral.plate(work.inputs["plate-data"]), neutral.fit(work.inputs["calibration"])
    return _judged("calibration-suitability", suitability.of_curve(_potency(work), plate, fit))


@_step("plate-data")
def estimate_potency(work: Work) -> Made:
    """``plate-data``, ``calibration`` -> ``potency-estimate``: unrounded, with confidence limits."""
    plate, fit = neutral.plate(work.inputs["plate-data"]), neutral.fit(work.inputs["calibration"])
    return Made({"potency-estimate": neutral.of_estimates((potency.estimate(_potency(work), plate, fit, _sample(work)),))})


@_step("potency-estimate")
def report_potency(work: Work) -> Made:
    """``potency-estimate`` -> ``potency-values``: rounded once, compared with the specification."""
    (found,) = neutral.estimates(work.inputs["potency-estimate"])
    return _reported("potency", potency.report(_potency(work), found))


@_step("chromatogram")
def read_chromatogram(work: Work) -> Made:
    """``chromatogram`` (the file) -> ``chromatogram-data``."""
    file = work.files.get("chromatogram", "chromatogram")
    measured = instruments.read(file, work.inputs["chromatogram"])
    if not isinstance(measured, Chromatogram):
        raise BadInput("impurities are calculated from a chromatogram, and this file is none", where=file)
    return Made({"chromatogram-data": neutral.of_chromatogram(measured)}, {"injections": str(len(measured.injections))})


@_step("chromatogram-data")
def judge_chromatogram(work: Work) -> Made:
    """``chromatogram-data`` -> ``chromatogram-suitability``."""
    measured = neutral.chromatogram(work.inputs["chromatogram-data"])
    facts, invalid = impurity.judge(_impurity(work), measured, _sample(work))
    if invalid:
        return Made({}, facts, invalid)
    return Made({"chromatogram-suitability": canonical_json(facts)}, facts)


@_step("chromatogram-data")
def estimate_impurities(work: Work) -> Made:
    """``chromatogram-data`` -> ``impurity-estimates``: unrounded, over all injections of the sample."""
    method, measured = _impurity(work), neutral.chromatogram(work.inputs["chromatogram-data"])
    found = impurity.estimates(method, impurity.injections_of(method, measured, _sample(work)))
    return Made({"impurity-estimates": neutral.of_estimates(found)})


@_step("impurity-estimates")
def report_impurities(work: Work) -> Made:
    """``impurity-estimates`` -> ``impurity-values``: rounded once, compared with the limits."""
    return _reported("impurity", impurity.report(_impurity(work), neutral.estimates(work.inputs["impurity-estimates"])))


def _judged(name: str, judgement: Judgement, facts: Mapping[str, str] | None = None) -> Made:
    told = {**judgement.facts, **(facts or {})}
    if judgement.invalid:
        return Made({}, told, judgement.invalid)
    return Made({name: canonical_json(judgement.criteria)}, told)


def _reported(part: str, evaluation: Evaluation) -> Made:
    if evaluation.invalid:
        return Made({}, dict(evaluation.suitability), evaluation.invalid)
    return Made({results.PRODUCTS[part]: results.product(evaluation.values)}, dict(evaluation.suitability))


def _potency(work: Work) -> PotencyMethod:
    return results.part_of(work.parameters, "potency", PotencyMethod)


def _impurity(work: Work) -> ImpurityMethod:
    return results.part_of(work.parameters, "impurity", ImpurityMethod)


def _sample(work: Work) -> str:
    return work.parameters.get(results.SAMPLE, "")
