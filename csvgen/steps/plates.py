"""Plates well by well, under a method made for the case: curves, their confidence limits, and what makes a plate suitable."""

from __future__ import annotations

import json

from pytest_bdd import given, when

from csvgen.canonical import digest_bytes
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.gates import bring_into_force, method_of
from csvgen.steps.lots import PLATE_INSTRUMENT, counted, ingest

_SAMPLE, _BLANK = "S1", "blank"
_METHOD = """\
id: {id}
title: Plates with a calibration of their own (made for this case)
required: [potency]
potency: {{model: {model}, label_claim: "1000", unit: ug/mL, r_squared: "{r_squared}", low: "95.0", high: "105.0", decimals: "1"{criteria}}}
"""


def _criteria(text: str) -> tuple[str, str]:
    """R squared, and the rest as YAML: ``levels 0/500/1000; cv 2; r_squared 0.8``, or none."""
    asked = {} if text == "none" else dict(c.strip().split(" ", 1) for c in text.split(";"))
    r_squared = asked.pop("r_squared", "0")
    told = ", ".join(f"{field}: {_value(field, limit)}" for field, limit in asked.items())
    return r_squared, f", suitability: {{{told}}}" if told else ""


def _value(field: str, limit: str) -> str:
    return json.dumps(limit.split("/") if field == "levels" else limit)


@given(phrase('a method of plates with the model "{model}" and "{criteria}" is in force'))
def method_in_force(bench: Bench, model: str, criteria: str) -> None:
    """Proposed by the analyst, approved by quality. What is decided is the potency: label claim 1000, limits 95.0 to 105.0 %."""
    name = method_of(bench, "plates", "PL")
    r_squared, asked = _criteria(criteria)
    text = _METHOD.format(id=name, model=model, r_squared=r_squared, criteria=asked)
    bring_into_force(bench, "plates", name, text, f"{model}, criteria: {criteria}")


def _wells(text: str) -> list[str]:
    """``0: 0.05 0.04 | 500: 0.5 | blank: 0.01 | S1: 0.98 1.02``: a calibrator by its level, blanks, and wells of the sample."""
    rows: list[str] = []
    for part in text.split("|"):
        what, _, signals = part.strip().partition(":")
        for signal in signals.split():
            if what == _SAMPLE:
                rows.append(f"sample,{_SAMPLE},1,{signal}")
            elif what == _BLANK:
                rows.append(f"blank,BLK,,{signal}")
            else:
                rows.append(f"standard,STD{len(rows) + 1},{what},{signal}")
    return rows


@when(phrase('the "{role}" ingests the plate "{wells}" as lot "{lot}"'))
def ingest_plate(bench: Bench, role: str, wells: str, lot: str) -> None:
    """A plate without blanks gets one of the lot's own, so that two lots are two measurements; no result depends on it."""
    rows = _wells(wells)
    if not any(row.startswith("blank") for row in rows):
        rows.append(f"blank,BLK,,0.00{int(digest_bytes(bench.lot(lot).encode()).hex[:12], 16):015d}")
    content = counted(["#qc-plate/1", "kind,id,level_or_dilution,signal", *rows])
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": _SAMPLE, "method": str(bench.world.facts["method"])}
    bench.attach(content, name="constructed plate", media_type="text/csv")
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, role, bench.lot(lot), "plate.csv", content, **metadata))
    bench.observe.note(f"plate of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.ingest")
