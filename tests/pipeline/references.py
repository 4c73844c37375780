"""Results beside reference values: what this pipeline calculates from a file, beside what the instrument's own software says in it.

- Gen5 export: our concentrations, by the linear calibration of all standard wells, beside those Gen5 printed. Limit: one unit of the
  last printed digit of a signal, read through the slope, because Gen5 calculates with more digits than it prints.
- Empower sample set: our area per cent beside that of the file. Limit: 1e-10 per cent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median

from csvgen.pipeline import calibration, impurity, instruments, numbers, potency
from csvgen.pipeline.instruments import Chromatogram, Plate
from csvgen.pipeline.instruments_gen5 import printed

_AREA_LIMIT = Fraction(1, 10**10)


@dataclass(frozen=True, slots=True)
class Beside:
    """One result beside its reference value."""

    what: str
    ours: str
    reference: str
    off: str
    """How far apart."""
    limit: str
    met: bool


def beside(file: str, data: bytes) -> tuple[Beside, ...]:
    """Every result of a file that has a reference value in it; none for a file without. Raises BadInput as `instruments.read`."""
    measured = instruments.read(file, data)
    if isinstance(measured, Plate):
        return _gen5(file, data, measured) if file.endswith(".txt") else ()
    return _empower(data, measured) if file.endswith(".json") else ()


def table(rows: tuple[Beside, ...]) -> tuple[tuple[str, ...], ...]:
    """Head and rows as text, for printing."""
    head = ("result", "csvgen", "reference", "off", "limit", "within")
    return (head, *((r.what, r.ours, r.reference, r.off, r.limit, "yes" if r.met else "NO") for r in rows))


def _gen5(file: str, data: bytes, plate: Plate) -> tuple[Beside, ...]:
    fit = potency.calibrate(plate, "linear")
    wells = printed(file, data)
    unit = max(Fraction(10) ** int(Decimal(signal).as_tuple().exponent) for signal, _ in wells.values())
    limit = unit / abs(fit.parameter("B1"))
    rows: list[Beside] = []
    percents: list[Fraction] = []
    for identity in plate.sample_ids:
        compared = []
        for sample in (s for s in plate.samples if s.id == identity):
            ours, theirs = calibration.level_of(fit, numbers.number(sample.signal)), wells[sample.well][1]
            off = abs(ours - numbers.number(theirs))
            percents.append(100 * off / numbers.number(theirs))
            compared.append((off, sample.well, ours, theirs))
        off, well, ours, theirs = max(compared)
        what = f"concentration of {identity}, farthest off of {len(compared)} wells: {well}"
        rows.append(Beside(what, _short(ours, 3), theirs, _short(off, 3), f"{_short(limit, 3)} or less", off <= limit))
    if percents:
        told = f"median {_short(median(percents), 3)} %, greatest {_short(max(percents), 2)} %"
        rows.append(Beside("all wells together", "", "", told, "", all(r.met for r in rows)))
    return tuple(rows)


def _empower(data: bytes, chromatogram: Chromatogram) -> tuple[Beside, ...]:
    rows: list[Beside] = []
    results = json.loads(data)["values"]["results"]
    for injection, result in zip(chromatogram.injections, results, strict=True):
        ours = impurity.area_percent(injection.peaks)
        for peak in result["peaks"]:
            name, theirs = peak["fields"]["Name"], peak["fields"].get("PctArea")
            if theirs is None:
                continue
            off = abs(ours[name] - numbers.number(repr(theirs)))
            what = f"area per cent of {name} in {injection.sample}"
            rows.append(
                Beside(what, _short(ours[name], 10), repr(theirs), f"{float(off):.1e}", "1e-10 or less", off <= _AREA_LIMIT)
            )
    return tuple(rows)


def _short(value: Fraction, decimals: int) -> str:
    return f"{numbers.decimal(value):.{decimals}f}"
