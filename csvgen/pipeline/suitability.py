"""System suitability: criteria of a method, each judged on the exact value, before a result counts.

A criterion the method asks for and the file cannot answer (no blank on the plate, no tailing factor in the export) is not met: the run
is invalid, and the reason names criterion, value and limit. Sources: USP <621> and <1032>, ICH M10 (back-calculated calibrators),
in own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from csvgen.errors import BadInput
from csvgen.pipeline import numbers, statistics
from csvgen.pipeline.calibration import WEIGHTED, Fit, Unfit, level_of
from csvgen.pipeline.instruments import Chromatogram, Peak, Plate
from csvgen.pipeline.method import ImpurityMethod, PotencyMethod

NOT_MET = "system suitability not met: "
ABSENT = "not to be had from the file"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion with what was found."""

    name: str
    value: str
    limit: str
    """In words, inclusive."""
    met: bool

    def __str__(self) -> str:
        return f"{self.name} is {self.value}, the method asks for {self.limit}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """All criteria of one kind together."""

    criteria: tuple[Criterion, ...]

    @property
    def invalid(self) -> str:
        """Why the run is invalid; empty when all criteria are met."""
        wrong = [str(c) for c in self.criteria if not c.met]
        return NOT_MET + "; ".join(wrong) if wrong else ""

    @property
    def facts(self) -> Mapping[str, str]:
        """Criterion -> what was found against what was asked for."""
        return {c.name: f"{c.value} ({c.limit}): {'met' if c.met else 'not met'}" for c in self.criteria}


def of_plate(method: PotencyMethod, plate: Plate, sample: str) -> Judgement:
    """What can be judged before a curve is drawn: calibrators, blank, scatter of replicates."""
    asked = method.suitability
    wells = _by_level(plate)
    drawn = {**{f"calibrator {numbers.text(x)}": s for x, s in wells.items() if x}, f"sample {sample}": _undiluted(plate, sample)}
    found: list[Criterion] = []
    if asked.levels:
        missing = [level for level in asked.levels if numbers.number(level) not in wells]
        told = f"missing at {', '.join(missing)} {method.unit}" if missing else "complete"
        found.append(Criterion("set of calibrators", told, f"{', '.join(asked.levels)} {method.unit}", not missing))
    if asked.calibrators:
        found.append(_least("number of calibrators", len(wells), asked.calibrators))
    if asked.replicates:
        found += [_least(f"wells of calibrator {numbers.text(x)}", len(s), asked.replicates) for x, s in wells.items()]
    if asked.wells:
        found.append(_least(f"undiluted wells of sample {sample}", len(_undiluted(plate, sample)), asked.wells))
    if asked.blank:
        signals = [numbers.number(b) for b in plate.blanks]
        found.append(_at_most("mean signal of the blanks", _mean(signals) if signals else None, asked.blank))
    if asked.cv:
        found += [_at_most(f"coefficient of variation of {what}", rsd(signals), asked.cv, "%") for what, signals in drawn.items()]
    if asked.differ:
        groups = [s for s in drawn.values() if len(s) > 1]
        equal = bool(groups) and all(len({*s}) == 1 for s in groups)
        told = ("all equal" if equal else "scattered") if groups else ABSENT
        found.append(Criterion("scatter of replicates", told, "replicates that are not all equal", bool(groups) and not equal))
    return Judgement(tuple(found))


def of_curve(method: PotencyMethod, plate: Plate, fitted: Fit) -> Judgement:
    """What the curve must show: R squared, and the calibrators read back from it."""
    found = [_at_least("R squared of the calibration", fitted.r_squared, method.r_squared)]
    if method.suitability.lack_of_fit:
        found.append(_at_most("F of the lack of fit", lack_of_fit(plate, fitted), method.suitability.lack_of_fit))
    if method.suitability.back_calculated:
        found.append(_back_calculated(method, plate, fitted))
    return Judgement(tuple(found))


def of_interval(method: PotencyMethod, value: Fraction, low: Fraction, high: Fraction) -> Judgement:
    """How wide the confidence interval of the potency may be."""
    if not method.suitability.half_width:
        return Judgement(())
    width = 100 * (high - low) / 2 / abs(value) if value else None
    return Judgement((_at_most("half width of the confidence interval", width, method.suitability.half_width, "%"),))


def of_injections(method: ImpurityMethod, chromatogram: Chromatogram, sample: str) -> Judgement:
    """What the injections of the suitability solution must show."""
    asked, peak = method.suitability, method.suitability.peak or method.main
    which = asked.sample or sample
    injections = tuple(i for i in chromatogram.injections if i.sample == which or not i.sample)
    found: list[Criterion] = []
    if asked.injections:
        found.append(_least(f"injections of {which or 'the solution'}", len(injections), asked.injections))
    peaks = [next((p for p in i.peaks if p.name == peak), None) for i in injections]
    for name, attribute, limit in (("area", "area", asked.area_rsd), ("retention time", "retention", asked.retention_rsd)):
        if limit:
            values = [_figure(p, attribute) for p in peaks]
            spread = rsd([v for v in values if v is not None]) if None not in values else None
            found.append(_at_most(f"relative standard deviation of the {name} of {peak}", spread, limit, "%"))
    for number, (injection, seen) in enumerate(zip(injections, peaks, strict=True), 1):
        found += _of_peak(method, seen, f"of {peak}, injection {injection.number or number}")
    if not injections and _each_injection(method):
        found.append(Criterion(f"suitability solution {which}", ABSENT, "its injections", met=False))
    return Judgement(tuple(found))


def _of_peak(method: ImpurityMethod, peak: Peak | None, which: str) -> list[Criterion]:
    asked = method.suitability
    found: list[Criterion] = []
    retention = _figure(peak, "retention")
    if asked.retention_low:
        found.append(_at_least(f"retention time {which}", retention, asked.retention_low, "min"))
    if asked.retention_high:
        found.append(_at_most(f"retention time {which}", retention, asked.retention_high, "min"))
    if asked.tailing:
        found.append(_at_most(f"tailing factor {which}", _figure(peak, "tailing"), asked.tailing))
    if asked.plates:
        found.append(_at_least(f"plate count {which}", _figure(peak, "plates"), asked.plates))
    if asked.resolution:
        found.append(_at_least(f"resolution {which}", _figure(peak, "resolution"), asked.resolution))
    return found


def _each_injection(method: ImpurityMethod) -> bool:
    asked = method.suitability
    return any((asked.retention_low, asked.retention_high, asked.tailing, asked.plates, asked.resolution))


def _back_calculated(method: PotencyMethod, plate: Plate, fitted: Fit) -> Criterion:
    asked = method.suitability
    nominal = {x: signals for x, signals in _by_level(plate).items() if x}
    off: dict[Fraction, Fraction | None] = {}
    for level, signals in nominal.items():
        try:
            off[level] = 100 * (_mean([level_of(fitted, s) for s in signals]) / level - 1)
        except Unfit:
            off[level] = None
    lowest = asked.back_calculated_lowest or asked.back_calculated
    allowed = {x: numbers.number(lowest if x == min(nominal) else asked.back_calculated) for x in nominal}
    wrong = {x: value for x, value in off.items() if value is None or abs(value) > allowed[x]}
    share = Fraction(100 * (len(nominal) - len(wrong)), len(nominal)) if nominal else Fraction(0)
    told = [f"{numbers.text(x)} off by {'more than the curve can tell' if v is None else _percent(v)}" for x, v in wrong.items()]
    value = f"{len(nominal) - len(wrong)} of {len(nominal)}" + (f" ({', '.join(told)})" if told else "")
    limit = f"{asked.back_calculated_share} % of them within {asked.back_calculated} % of nominal, the lowest within {lowest} %"
    return Criterion("number of calibrators read back", value, limit, share >= numbers.number(asked.back_calculated_share))


def lack_of_fit(plate: Plate, fitted: Fit) -> Fraction | None:
    """F of the lack of fit: (RSS - SSpe)/(k - p) over SSpe/(n - k), n signals at k levels, p parameters.

    RSS is the residual, SSpe the pure error (within levels) sum of squares. None without replicates that scatter, with no more levels
    than parameters, and for weighted models. Source: Draper and Smith, Applied Regression Analysis, 3rd edition, 2.1, in own words.
    """
    groups = list(_by_level(plate).values())
    spare = len(groups) - len(fitted.parameters)
    if fitted.model in WEIGHTED or spare < 1 or len(plate.standards) <= len(groups):
        return None
    error = statistics.one_way(groups).within
    if not error:
        return None
    lack = fitted.residual_variance * fitted.freedom - error
    return (lack / spare) / (error / (len(plate.standards) - len(groups)))


def rsd(values: Sequence[Fraction]) -> Fraction | None:
    """Relative standard deviation (divisor n-1) in per cent, to 60 digits; None when it is not defined: one value, or a mean of zero."""
    if len(values) < 2 or not (mean := _mean(values)):  # noqa: PLR2004 - a standard deviation has n-1 below the line
        return None
    variance = sum(((v - mean) ** 2 for v in values), Fraction(0)) / (len(values) - 1)
    return 100 * numbers.square_root(variance) / abs(mean)


def undiluted(plate: Plate, sample: str) -> tuple[str, ...]:
    """Signals of the undiluted wells of a sample. Raises BadInput when there are none."""
    found = tuple(s.signal for s in plate.samples if s.id == sample and numbers.number(s.dilution) == 1)
    if not found:
        raise BadInput(f"the plate holds no undiluted well of sample {sample!r}; its samples are {', '.join(plate.sample_ids)}")
    return found


def _undiluted(plate: Plate, sample: str) -> list[Fraction]:
    return [numbers.number(s) for s in undiluted(plate, sample)]


def _by_level(plate: Plate) -> dict[Fraction, list[Fraction]]:
    found: dict[Fraction, list[Fraction]] = {}
    for standard in plate.standards:
        found.setdefault(numbers.number(standard.level), []).append(numbers.number(standard.signal))
    return dict(sorted(found.items()))


def _figure(peak: Peak | None, attribute: str) -> Fraction | None:
    text = getattr(peak, attribute) if peak is not None else ""
    return numbers.number(text) if text else None


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _percent(value: Fraction) -> str:
    return f"{float(value):+.3g} %"


def _least(name: str, count: int, limit: int) -> Criterion:
    return Criterion(name, str(count), f"{limit} or more", count >= limit)


def _at_least(name: str, value: Fraction | None, limit: str, unit: str = "") -> Criterion:
    met = value is not None and value >= numbers.number(limit)
    return Criterion(name, _told(value, unit), f"{limit} {unit}".strip() + " or more", met)


def _at_most(name: str, value: Fraction | None, limit: str, unit: str = "") -> Criterion:
    met = value is not None and value <= numbers.number(limit)
    return Criterion(name, _told(value, unit), f"{limit} {unit}".strip() + " or less", met)


def _told(value: Fraction | None, unit: str) -> str:
    return ABSENT if value is None else f"{numbers.text(value)} {unit}".strip()
