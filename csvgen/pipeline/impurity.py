"""Impurities by area normalisation.

    impurity_i % = 100 * area_i / sum of the areas of all peaks except those the method excludes
    total        = sum of the impurities, from the exact values, rounded once

Every peak that is neither the main peak nor excluded is an impurity, whatever its name: an unknown peak counts.
"""

from __future__ import annotations

from fractions import Fraction

from csvgen.errors import BadInput
from csvgen.pipeline import numbers
from csvgen.pipeline.evaluation import Evaluation, value_of
from csvgen.pipeline.instruments import Injection, Peak
from csvgen.pipeline.method import ImpurityMethod
from csvgen.pipeline.rounding import Limits

TOTAL = "total impurities"


def area_percent(peaks: tuple[Peak, ...], excluded: tuple[str, ...] = ()) -> dict[str, Fraction]:
    """Peak name -> per cent of the total area, exact. Raises BadInput when no area is left."""
    areas = {p.name: numbers.not_negative(p.area, "the area", p.name) for p in peaks if p.name not in excluded}
    total = sum(areas.values(), Fraction(0))
    if not total:
        raise BadInput("the peaks have no area: there is nothing to take a part of")
    return {name: 100 * area / total for name, area in areas.items()}


def evaluate(method: ImpurityMethod, injection: Injection) -> Evaluation:
    """Each impurity, their total, and the main peak for information. Without main peak the run is invalid."""
    parts = area_percent(injection.peaks, method.excluded)
    main = parts.pop(method.main, None)
    suitability = {"peaks": str(len(injection.peaks)), "excluded": ", ".join(method.excluded)}
    if main is None:
        names = ", ".join(p.name for p in injection.peaks)
        return Evaluation(suitability=suitability, invalid=f"system suitability not met: no peak {method.main!r} among {names}")
    each, total = Limits(high=method.each), Limits(high=method.total)
    values = [
        value_of(f"impurity {name}", "impurity", part, method.decimals, unit="%", limits=each) for name, part in parts.items()
    ]
    values.append(value_of(TOTAL, "impurity", sum(parts.values(), Fraction(0)), method.decimals, unit="%", limits=total))
    values.append(value_of(f"area {method.main}", "impurity", main, method.decimals, unit="%", limits=None))
    return Evaluation(tuple(values), suitability)
