"""The steps of QC release testing. Each is a pure function of named bytes; `data/pipelines/qc-release.yaml` puts them in order."""

from __future__ import annotations

from csvgen.errors import BadInput
from csvgen.pipeline import impurity as impurities
from csvgen.pipeline import instruments
from csvgen.pipeline import potency as potencies
from csvgen.pipeline.evaluation import Evaluation
from csvgen.pipeline.flow.step import Made, Work
from csvgen.pipeline.instruments import Chromatogram, Injection, Plate
from csvgen.pipeline.method import ImpurityMethod, PotencyMethod
from csvgen.pipeline.qc import results


def potency(work: Work) -> Made:
    """``plate`` -> ``potency-values``."""
    file = work.files.get("plate", "plate")
    measured = instruments.read(file, work.inputs["plate"])
    if not isinstance(measured, Plate):
        raise BadInput("the potency is calculated from a plate, and this file is none", where=file)
    method = results.part_of(work.parameters, "potency", PotencyMethod)
    return _made("potency", potencies.evaluate(method, measured, work.parameters.get(results.SAMPLE, "")))


def impurity(work: Work) -> Made:
    """``chromatogram`` -> ``impurity-values``."""
    file = work.files.get("chromatogram", "chromatogram")
    measured = instruments.read(file, work.inputs["chromatogram"])
    if not isinstance(measured, Chromatogram):
        raise BadInput("impurities are calculated from a chromatogram, and this file is none", where=file)
    method = results.part_of(work.parameters, "impurity", ImpurityMethod)
    return _made("impurity", impurities.evaluate(method, _injection(measured, work.parameters.get(results.SAMPLE, ""), file)))


def _made(part: str, evaluation: Evaluation) -> Made:
    if evaluation.invalid:
        return Made({}, dict(evaluation.suitability), evaluation.invalid)
    return Made({results.PRODUCTS[part]: results.product(evaluation.values)}, dict(evaluation.suitability))


def _injection(chromatogram: Chromatogram, sample: str, file: str) -> Injection:
    """The one injection of the sample. Raises BadInput for several: replicates are neither chosen nor averaged."""
    found = [i for i in chromatogram.injections if i.sample in ("", sample)]
    if len(found) != 1:
        raise BadInput(f"the file holds {len(found)} injections of sample {sample!r}; one is needed", where=file)
    return found[0]
