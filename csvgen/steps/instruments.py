"""Comparison with what the instrument's own software printed: a second computation, on real data, by software not ours.

The readers here are on purpose not those of the system under validation: they look up the printed numbers in the raw file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from pytest_bdd import then

from csvgen.errors import BadInput, CsvgenError
from csvgen.ports import LotView
from csvgen.steps.common import Bench, phrase
from csvgen.steps.lots import view


def gen5_concentrations(text: str, sample: str) -> list[Fraction]:
    """Concentrations a Gen5 export prints for the wells of a sample at its first dilution."""
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

    ids, printed = rows("Layout", 0), rows("Results", 2)
    wanted = f"{sample}:1"
    return [Fraction(value) for row in ids for name, value in zip(ids[row], printed[row], strict=True) if name == wanted]


def empower_area_percent(text: str, sample: str) -> Mapping[str, Fraction]:
    """Area percent an Empower export prints for each peak of a sample."""
    for result in json.loads(text)["values"]["results"]:
        if result["fields"]["SampleName"] == sample:
            peaks = [p.get("fields", p) for p in result["peaks"]]
            return {str(p["Name"]): Fraction(repr(p["PctArea"])) for p in peaks}
    raise BadInput(f"this export has no sample {sample!r}")


def _compare(bench: Bench, what: str, printed: Fraction, computed: Fraction, tolerance: str, source: str) -> None:
    difference = abs(computed - printed) / abs(printed) * 100
    shown = format(Decimal(difference.numerator) / Decimal(difference.denominator), ".3g")
    text = f"{source}; printed {float(printed):.10g}, computed {float(computed):.10g}"
    bench.observe(
        f"{what}: relative difference",
        expected=tolerance,
        actual=format(Decimal(shown), "f"),
        unit="%",
        by="at-most",
        source=text,
    )


@then(phrase('the "{quantity}" of lot "{lot}" agrees with the values printed in "{file}" within {tolerance} percent'))
def agrees(bench: Bench, quantity: str, lot: str, file: str, tolerance: str) -> None:
    text = bench.testdata.read(file).decode("utf-8")
    found: LotView = view(bench, bench.lot(lot))
    tests = {t.name: Fraction(t.unrounded) for t in found.tests}
    if quantity == "concentration":
        printed = gen5_concentrations(text, lot)
        claim = Fraction(found.run_record["parameters.potency.label_claim"])
        bench.observe("wells compared", expected="3", actual=str(len(printed)), source=file)
        _compare(
            bench,
            f"mean concentration of {lot}",
            sum(printed, Fraction(0)) / len(printed),
            tests["potency"] * claim / 100,
            tolerance,
            file,
        )
    elif quantity == "area percent":
        areas = empower_area_percent(text, lot)
        bench.observe("peaks compared", expected="2", actual=str(len(areas)), by="at-least", source=file)
        for name, value in sorted(areas.items()):
            ours = tests.get(f"area {name}", tests.get(f"impurity {name}"))
            if ours is None:
                raise CsvgenError(f"the system reports no area of {name}; it reports {', '.join(tests)}")
            _compare(bench, f"area of {name}", value, ours, tolerance, file)
    else:
        raise CsvgenError(f"the step library knows no quantity {quantity!r}")
