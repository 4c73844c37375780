"""Comparison with what the instrument's own software printed: a second computation by software that is not ours.

The readers here are on purpose not those of the system under validation: they look up the printed numbers in the raw file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from pytest_bdd import then

from csvgen.errors import BadInput, CsvgenError
from csvgen.steps.common import Bench, phrase
from csvgen.steps.lots import view


@dataclass(frozen=True)
class Well:
    """One well of a Gen5 export: what the layout says of it, and the two numbers printed for it, as printed."""

    id: str
    level: str
    """Concentration of a standard, dilution of a sample; empty for a blank."""
    signal: str
    concentration: str


def gen5_wells(text: str) -> list[Well]:
    """The wells of a Gen5 export, row by row."""
    lines = [line.split("\t") for line in text.splitlines()]
    starts = {fields[0]: n for n, fields in enumerate(lines) if fields[0] in ("Layout", "Results")}
    if len(starts) != 2:  # noqa: PLR2004 - layout and results
        raise BadInput("this export has no layout or no results")

    def rows(section: str, offset: int) -> dict[str, list[str]]:
        """Row letter -> fields, of the line `offset` below the one that begins with the letter."""
        found: dict[str, list[str]] = {}
        for n in range(starts[section] + 1, len(lines)):
            if len(lines[n][0]) == 1 and lines[n][0] in "ABCDEFGH" and lines[n][0] not in found:
                found[lines[n][0]] = lines[n + offset][1:13]
        return found

    parts = (rows("Layout", 0), rows("Layout", 1), rows("Results", 0), rows("Results", 2))
    return [Well(*values) for row in parts[0] for values in zip(*(part[row] for part in parts), strict=True)]


def half_unit(printed: Iterable[str]) -> Fraction:
    """Half a unit of the last decimal place of numbers printed alike: the furthest a number was moved when it was printed."""
    places = max(len(text.partition(".")[2]) for text in printed)
    return Fraction(1, 2 * 10**places)


def gen5_tolerance(wells: list[Well], sample: str) -> Fraction:
    """How far a mean concentration read from the printed signals may lie from the printed concentrations, at most.

    The reader computed from signals it did not round; the export prints them rounded. A line fitted to the standards turns
    signals into a concentration c = (mean signal - B0) / B1. If every printed signal is off by half a unit h of its last
    place, each in the worst direction, c is off by at most

        h / B1 * (1 + sum over the standards of |1/n + (c - mean level) (level - mean level) / Sxx|)

    to first order; half a unit of the last place of the printed concentrations comes on top. The second term is what the
    fitted line moves by at c (leverage of each standard). A blank the reader subtracted from all wells alike shifts B0 with
    the signals and leaves c as it is.
    """
    standards = [(Fraction(w.level), Fraction(w.signal)) for w in wells if w.id.startswith("STD")]
    ours = [w for w in wells if (w.id, w.level) == (f"{sample}:1", "1")]
    x, y = (sum((s[i] for s in standards), Fraction(0)) / len(standards) for i in (0, 1))
    sxx = sum(((level - x) ** 2 for level, _ in standards), Fraction(0))
    slope = sum(((level - x) * (signal - y) for level, signal in standards), Fraction(0)) / sxx
    c = sum((Fraction(w.concentration) for w in ours), Fraction(0)) / len(ours)
    moved = sum((abs(Fraction(1, len(standards)) + (c - x) * (level - x) / sxx) for level, _ in standards), Fraction(0))
    return half_unit(w.signal for w in wells) / slope * (1 + moved) + half_unit(w.concentration for w in ours)


@dataclass(frozen=True)
class PrintedPeak:
    """One peak of an Empower export, both numbers as printed."""

    name: str
    area: str
    percent: str


def empower_peaks(text: str, sample: str) -> list[PrintedPeak]:
    """The peaks an Empower export prints for a sample. Numbers stay the text of the file."""
    for result in json.loads(text, parse_float=str, parse_int=str)["values"]["results"]:
        if result["fields"]["SampleName"] == sample:
            peaks = [p.get("fields", p) for p in result["peaks"]]
            return [PrintedPeak(p["Name"], p["Area"], p["PctArea"]) for p in peaks]
    raise BadInput(f"this export has no sample {sample!r}")


def empower_tolerance(peaks: list[PrintedPeak], peak: PrintedPeak) -> Fraction:
    """How far an area percent computed from the printed areas may lie from the printed one, at most.

    If every printed area is off by half a unit of its last place, in the worst direction, 100 A / S is off by at most
    100 h / S * ((S - A) / S + (n - 1) A / S) to first order; half a unit of the last place of the printed percentage comes
    on top, and so does the binary arithmetic of the instrument's software: one unit in 2**52 for each of its operations, one
    addition a peak and one division.
    """
    area, total = Fraction(peak.area), sum((Fraction(p.area) for p in peaks), Fraction(0))
    moved = 100 * half_unit(p.area for p in peaks) / total * (1 + (len(peaks) - 2) * area / total)
    binary = Fraction(peak.percent) * (len(peaks) + 1) / 2**52
    return moved + half_unit([peak.percent]) + binary


def _compare(
    bench: Bench, what: str, printed: Fraction, computed: Fraction, tolerance: Fraction, source: str, unit: str = ""
) -> None:  # fmt: skip
    """Exact difference against the tolerance that follows from the printed digits; both in the unit of the value."""
    bench.observe(
        f"{what}: difference from the printed value",
        expected=_spelled(tolerance),
        actual=_spelled(abs(computed - printed)),
        by="at-most",
        unit=unit,
        source=f"{source}; printed {_spelled(printed)}, computed {_spelled(computed)}; tolerance from the rounding of the print",
    )


def _spelled(value: Fraction) -> str:
    with localcontext() as context:
        context.prec = 12
        return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


_AGREES = 'the "{quantity}" of lot "{lot}" at the label claim "{claim}" agrees with the values printed in "{file}" within their rounding'


@then(phrase(_AGREES))
def agrees(bench: Bench, quantity: str, lot: str, claim: str, file: str) -> None:
    text = bench.testdata.read(file).decode("utf-8")
    tests = {t.name: Fraction(t.unrounded) for t in view(bench, bench.lot(lot)).tests}
    if quantity == "concentration":
        wells = gen5_wells(text)
        printed = [Fraction(w.concentration) for w in wells if w.id == f"{lot}:1"]
        bench.observe("wells compared", expected="3", actual=str(len(printed)), source=file)
        mean = sum(printed, Fraction(0)) / len(printed)
        if "potency" not in tests:
            raise CsvgenError(f"the system reports no potency; it reports {', '.join(tests) or 'nothing'}")
        computed = tests["potency"] * Fraction(claim) / 100
        _compare(
            bench,
            f"mean concentration of {lot}, in the unit of the levels of the file",
            mean,
            computed,
            gen5_tolerance(wells, lot),
            file,
        )
    elif quantity == "area percent":
        peaks = empower_peaks(text, lot)
        bench.observe("peaks compared", expected="2", actual=str(len(peaks)), by="at-least", source=file)
        for peak in sorted(peaks, key=lambda p: p.name):
            ours = tests.get(f"area {peak.name}", tests.get(f"impurity {peak.name}"))
            if ours is None:
                raise CsvgenError(f"the system reports no area of {peak.name}; it reports {', '.join(tests)}")
            _compare(bench, f"area of {peak.name}", Fraction(peak.percent), ours, empower_tolerance(peaks, peak), file, "%")
    else:
        raise CsvgenError(f"the step library knows no quantity {quantity!r}")
