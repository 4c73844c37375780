"""What steps hand to each other, as canonical JSON: instrument data in neutral form, calibrations, estimates.

Values that later steps calculate with travel as exact fractions (`numbers.ratio`), so that rounding happens once, at the end; decimal
text stands beside them for people. Reading refuses whatever is not exactly what a step of ours wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from csvgen.canonical import canonical_json, read_canonical
from csvgen.errors import NotIntact
from csvgen.pipeline import numbers
from csvgen.pipeline.calibration import Fit
from csvgen.pipeline.confidence import Interval
from csvgen.pipeline.evaluation import Estimate
from csvgen.pipeline.instruments import Chromatogram, Injection, Peak, Plate, Sample, Standard

PLATE = "qc.plate/1"
CHROMATOGRAM = "qc.chromatogram/1"
CALIBRATION = "qc.calibration/1"
ESTIMATES = "qc.estimates/1"


def of_plate(plate: Plate) -> bytes:
    """A plate as bytes."""
    return canonical_json({"format": PLATE, "plate": plate})


def plate(data: bytes) -> Plate:
    """What `of_plate` wrote."""
    content = _content(data, PLATE)["plate"]
    try:
        return Plate(
            standards=tuple(Standard(**s) for s in content["standards"]),
            samples=tuple(Sample(**s) for s in content["samples"]),
            instrument=content["instrument"],
            unit=content["unit"],
            blanks=tuple(content["blanks"]),
        )
    except (KeyError, TypeError) as problem:
        raise NotIntact(f"not a plate in neutral form: {problem}") from None


def of_chromatogram(chromatogram: Chromatogram) -> bytes:
    """A chromatogram as bytes."""
    return canonical_json({"format": CHROMATOGRAM, "chromatogram": chromatogram})


def chromatogram(data: bytes) -> Chromatogram:
    """What `of_chromatogram` wrote."""
    content = _content(data, CHROMATOGRAM)["chromatogram"]
    try:
        injections = tuple(
            Injection(i["sample"], tuple(Peak(**p) for p in i["peaks"]), i["number"]) for i in content["injections"]
        )
        return Chromatogram(injections, content["instrument"])
    except (KeyError, TypeError) as problem:
        raise NotIntact(f"not a chromatogram in neutral form: {problem}") from None


def of_fit(fit: Fit) -> bytes:
    """A calibration as bytes: exact, and the same as decimal text."""
    exact = {
        "parameters": [[name, numbers.ratio(value)] for name, value in fit.parameters],
        "covariance": [[numbers.ratio(value) for value in row] for row in fit.covariance],
        "residual_variance": numbers.ratio(fit.residual_variance),
        "r_squared": numbers.ratio(fit.r_squared),
        "lowest": numbers.ratio(fit.lowest),
        "highest": numbers.ratio(fit.highest),
    }
    return canonical_json(
        {"format": CALIBRATION, "model": fit.model, "points": fit.points, "exact": exact, "told": fit.as_text()}
    )


def fit(data: bytes) -> Fit:
    """What `of_fit` wrote."""
    content = _content(data, CALIBRATION)
    try:
        exact = content["exact"]
        read = Fit(
            model=content["model"],
            points=content["points"],
            parameters=tuple((name, numbers.from_ratio(value)) for name, value in exact["parameters"]),
            covariance=tuple(tuple(numbers.from_ratio(v) for v in row) for row in exact["covariance"]),
            residual_variance=numbers.from_ratio(exact["residual_variance"]),
            r_squared=numbers.from_ratio(exact["r_squared"]),
            lowest=numbers.from_ratio(exact["lowest"]),
            highest=numbers.from_ratio(exact["highest"]),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise NotIntact(f"not a calibration in neutral form: {problem}") from None
    if of_fit(read) != data:
        raise NotIntact("the calibration says one thing in fractions and another in decimals")
    return read


def of_estimates(found: tuple[Estimate, ...]) -> bytes:
    """Estimates as bytes."""
    return canonical_json({"format": ESTIMATES, "estimates": [_estimate(e) for e in found]})


def estimates(data: bytes) -> tuple[Estimate, ...]:
    """What `of_estimates` wrote."""
    try:
        return tuple(_read_estimate(e) for e in _content(data, ESTIMATES)["estimates"])
    except (KeyError, TypeError, ValueError) as problem:
        raise NotIntact(f"not estimates in neutral form: {problem}") from None


def _estimate(found: Estimate) -> Mapping[str, object]:
    interval = found.interval
    limits = {
        "low": _number(interval.low),
        "high": _number(interval.high),
        "freedom": interval.freedom,
        "quantile": interval.quantile,
        "how": interval.how,
    } if interval else {}  # fmt: skip
    return {"name": found.name, "part": found.part, "value": _number(found.value), "interval": limits, "flag": found.flag}


def _read_estimate(content: Mapping[str, Any]) -> Estimate:
    limits = content["interval"]
    interval = (
        Interval(_exact(limits["low"]), _exact(limits["high"]), limits["freedom"], limits["quantile"], limits["how"])
        if limits
        else None
    )
    return Estimate(content["name"], content["part"], _exact(content["value"]), interval, content["flag"])


def _number(value: Fraction) -> Mapping[str, str]:
    return {"exact": numbers.ratio(value), "told": numbers.text(value)}


def _exact(content: Mapping[str, str]) -> Fraction:
    return numbers.from_ratio(content["exact"])


def _content(data: bytes, form: str) -> Mapping[str, Any]:
    content = read_canonical(data, form)
    if not isinstance(content, Mapping) or content.get("format") != form:
        raise NotIntact(f"these bytes are not in the form {form}")
    return content
