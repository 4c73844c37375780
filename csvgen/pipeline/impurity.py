"""Impurities by area normalisation.

    impurity_i % = 100 * area_i / sum of the areas of all peaks except those the method excludes
    total        = sum of the impurities, from the exact values, rounded once

Every peak that is neither the main peak nor excluded is an impurity, whatever its name: an unknown peak counts. Where the method
prescribes several injections of the sample, the result is the mean of the per cents of each injection, with confidence limits
(`confidence.of_mean`); a peak that one injection shows and another does not counts there with zero. The number of injections stands
in the method: neither one more nor one less is taken.
"""

from __future__ import annotations

from fractions import Fraction

from csvgen.errors import BadInput
from csvgen.pipeline import confidence, numbers, suitability
from csvgen.pipeline.evaluation import Estimate, Evaluation, reported
from csvgen.pipeline.instruments import Chromatogram, Injection, Peak
from csvgen.pipeline.method import ImpurityMethod
from csvgen.pipeline.rounding import Limits

TOTAL = "total impurities"
EACH = "impurity "
MAIN = "area "


def area_percent(peaks: tuple[Peak, ...], excluded: tuple[str, ...] = ()) -> dict[str, Fraction]:
    """Peak name -> per cent of the total area, exact. Raises BadInput when no area is left."""
    areas = {p.name: numbers.not_negative(p.area, "the area", p.name) for p in peaks if p.name not in excluded}
    total = sum(areas.values(), Fraction(0))
    if not total:
        raise BadInput("the peaks have no area: there is nothing to take a part of")
    return {name: 100 * area / total for name, area in areas.items()}


def injections_of(method: ImpurityMethod, chromatogram: Chromatogram, sample: str) -> tuple[Injection, ...]:
    """The injections of the sample. Raises BadInput unless there are as many as the method prescribes: none is chosen, none left out."""
    found = tuple(i for i in chromatogram.injections if i.sample in ("", sample))
    if len(found) != method.injections:
        needed = "one is needed" if method.injections == 1 else f"{method.injections} are needed"
        there = "1 injection" if len(found) == 1 else f"{len(found)} injections"
        raise BadInput(f"the file holds {there} of sample {sample!r}; {needed}")
    return found


def judge(method: ImpurityMethod, chromatogram: Chromatogram, sample: str) -> tuple[dict[str, str], str]:
    """Facts of the system suitability, and why the run is invalid (empty when it is not). Raises BadInput as `injections_of`."""
    judged = suitability.of_injections(method, chromatogram, sample)
    injections = injections_of(method, chromatogram, sample)
    facts = {"peaks": str(len(injections[0].peaks)), "excluded": ", ".join(method.excluded), **judged.facts}
    if len(injections) > 1:
        facts["injections"] = str(len(injections))
    for injection in injections:
        if method.main not in (names := [p.name for p in injection.peaks]):
            return facts, f"{suitability.NOT_MET}no peak {method.main!r} among {', '.join(names)}"
    return facts, judged.invalid


def estimates(method: ImpurityMethod, injections: tuple[Injection, ...]) -> tuple[Estimate, ...]:
    """Each impurity, their total, and the main peak, before rounding."""
    parts = [area_percent(i.peaks, method.excluded) for i in injections]
    names = [n for n in dict.fromkeys(name for part in parts for name in part) if n != method.main]
    found = [_mean(EACH + name, [part.get(name, Fraction(0)) for part in parts]) for name in names]
    found.append(_mean(TOTAL, [sum((v for n, v in part.items() if n != method.main), Fraction(0)) for part in parts]))
    return (*found, _mean(MAIN + method.main, [part[method.main] for part in parts]))


def report(method: ImpurityMethod, found: tuple[Estimate, ...]) -> Evaluation:
    """The reportable values: impurities and total against their limits, the main peak for information."""
    each, total = Limits(high=method.each), Limits(high=method.total)
    limits = {TOTAL: total, MAIN + method.main: None}
    values = (reported(e, method.decimals, unit="%", limits=limits.get(e.name, each)) for e in found)
    return Evaluation(tuple(values))


def evaluate(method: ImpurityMethod, *injections: Injection) -> Evaluation:
    """All of it together, for injections of one sample. Without main peak the run is invalid."""
    chromatogram = Chromatogram(injections, "")
    facts, invalid = judge(method, chromatogram, injections[0].sample)
    if invalid:
        return Evaluation(suitability=facts, invalid=invalid)
    return Evaluation(report(method, estimates(method, injections)).values, facts)


def _mean(name: str, values: list[Fraction]) -> Estimate:
    mean = sum(values, Fraction(0)) / len(values)
    return Estimate(name, "impurity", mean, confidence.of_mean(values) if len(values) > 1 else None)
