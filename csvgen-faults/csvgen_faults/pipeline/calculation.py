"""Faults of what is calculated: rounding, limits, means, calibrations, confidence limits."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from csvgen.errors import BadInput
from csvgen.pipeline import statistics
from csvgen.pipeline.lots import Lots
from csvgen_faults import fault
from csvgen_faults.patching import replace
from csvgen_faults.steps import replace_in_steps

Anything = Callable[..., Any]
_CALIBRATION = "csvgen.pipeline.calibration"


@fault("pipeline-rounds-in-binary")
def _() -> None:
    """As a spreadsheet macro does it: the float nearest to the value, rounded."""

    def reported(_: Anything, value: Fraction, decimals: int) -> str:
        return f"{round(float(value), decimals):.{decimals}f}"

    replace_in_steps("csvgen.pipeline.rounding", "reported", reported)


@fault("pipeline-limit-exclusive")
def _() -> None:
    def verdict(original: Anything, limits: Any, reported: str) -> str:
        at_limit = any(end and Fraction(end) == Fraction(reported) for end in (limits.low, limits.high))
        return "out of specification" if at_limit else str(original(limits, reported))

    replace_in_steps("csvgen.pipeline.rounding", "Limits.verdict", verdict)


@fault("pipeline-compares-unrounded")
def _() -> None:
    def reported(original: Anything, estimate: Any, decimals: int, *, unit: str, limits: Any) -> Any:
        value = original(estimate, decimals, unit=unit, limits=limits)
        return value.model_copy(update={"verdict": limits.verdict(value.unrounded)}) if limits else value

    replace_in_steps("csvgen.pipeline.evaluation", "reported", reported)


@fault("pipeline-wrong-mean")
def _() -> None:
    """Of wells and of injections alike."""

    def undiluted(original: Anything, plate: Any, sample: str) -> Any:
        signals = original(plate, sample)
        return signals[:-1] if len(signals) > 1 else signals

    def mean(original: Anything, name: str, values: list[Fraction]) -> Any:
        return original(name, values[:-1] if len(values) > 1 else values)

    replace_in_steps("csvgen.pipeline.suitability", "undiluted", undiluted)
    replace_in_steps("csvgen.pipeline.impurity", "_mean", mean)


@fault("pipeline-excluded-peak-counted")
def _() -> None:
    replace_in_steps("csvgen.pipeline.impurity", "area_percent", lambda original, peaks, _excluded=(): original(peaks))


@fault("pipeline-textbook-slope")
def _() -> None:
    """N times the sum of products less the product of sums: right on paper, and most digits cancel where the mean is large."""

    def least_squares(original: Anything, model: str, levels: list[Fraction], signals: list[Fraction]) -> Any:
        fit = original(model, levels, signals)
        return _textbook(fit, [float(x) for x in levels], [float(y) for y in signals]) if model == "linear" else fit

    def summary(original: Anything, values: Sequence[str]) -> dict[str, str]:
        numbers, count = [float(v) for v in values], len(values)
        told: dict[str, str] = original(values)
        squares = sum(v * v for v in numbers) - sum(numbers) ** 2 / count
        return told | {"sd": repr(math.sqrt(max(squares, 0.0) / (count - 1)))}

    replace_in_steps(_CALIBRATION, "_least_squares", least_squares)
    replace(statistics, "summary", summary)


def _textbook(fit: Any, levels: list[float], signals: list[float]) -> Any:
    count, of_levels, of_signals = len(levels), sum(levels), sum(signals)
    squares = count * sum(x * x for x in levels) - of_levels**2
    products = count * sum(x * y for x, y in zip(levels, signals, strict=True)) - of_levels * of_signals
    slope = products / squares if squares else 0.0
    intercept = (of_signals - slope * of_levels) / count
    return dataclasses.replace(fit, parameters=(("B0", Fraction(intercept)), ("B1", Fraction(slope))))


@fault("pipeline-divisor-of-all")
def _() -> None:
    """Of replicates, and of the residuals of a calibration, whose degrees of freedom are fewer still."""

    def summary(original: Anything, values: Sequence[str]) -> dict[str, str]:
        told: dict[str, str] = original(values)
        return told | {"sd": repr(float(told["sd"]) * math.sqrt((len(values) - 1) / len(values)))}

    def regress(original: Anything, design: Any, signals: Sequence[Fraction], *others: Any, **named: Any) -> Any:
        found = original(design, signals, *others, **named)
        part = Fraction(len(signals) - len(found.estimates), len(signals))
        covariance = tuple(tuple(value * part for value in row) for row in found.covariance)
        return dataclasses.replace(found, covariance=covariance, residual_variance=found.residual_variance * part)

    replace(statistics, "summary", summary)
    replace_in_steps(_CALIBRATION, "regress", regress)


@fault("pipeline-weights-ignored")
def _() -> None:
    def weights(original: Anything, model: str, levels: list[Fraction]) -> list[Fraction]:
        return [Fraction(1) for _ in original(model, levels)]

    replace_in_steps(_CALIBRATION, "_weights", weights)


@fault("pipeline-answers-without-answer")
def _() -> None:
    """As a library does that fills in what it could not find."""

    def filled(original: Anything, lots: Lots, session: str, *given: Any, **named: Any) -> Mapping[str, str]:
        try:
            found: Mapping[str, str] = original(lots, session, *given, **named)
        except BadInput:
            return {"mean": "0", "sd": "0", "B0": "0", "B1": "0", "r-squared": "1"}
        return found

    replace(Lots, "calibrate", filled)
    replace(Lots, "statistics", filled)


@fault("pipeline-limits-made-up")
def _() -> None:
    """Five per cent either way, where there was nothing to tell."""
    from csvgen.pipeline.confidence import Interval

    def mean(original: Anything, name: str, values: list[Fraction]) -> Any:
        found = original(name, values)
        if found.interval is not None:
            return found
        low, high = found.value * Fraction(95, 100), found.value * Fraction(105, 100)
        return dataclasses.replace(found, interval=Interval(low, high, 1, "12.7062047362", "mean of 1 replicates"))

    replace_in_steps("csvgen.pipeline.impurity", "_mean", mean)


@fault("pipeline-outputs-vary")
def _() -> None:
    """A count of what was calculated before: the first time it changes nothing."""
    seen: Counter[str] = Counter()

    def estimate(original: Anything, *given: Any) -> Any:
        found, key = original(*given), repr(given)
        seen[key] += 1
        return dataclasses.replace(found, value=found.value * (1 + Fraction(seen[key] - 1, 10**15)))

    replace_in_steps("csvgen.pipeline.potency", "estimate", estimate)


@fault("pipeline-suitability-ignored")
def _() -> None:
    """Of injections: what they must show is told, and nothing follows from it."""
    replace_in_steps("csvgen.pipeline.impurity", "judge", lambda original, *given: (original(*given)[0], ""))
