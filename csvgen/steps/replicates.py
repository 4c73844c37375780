"""Chromatograms of several injections, under a method made for the case, and numbers that follow each other."""

from __future__ import annotations

import json
import re

from pytest_bdd import given, then, when

from csvgen.errors import CsvgenError, Refused
from csvgen.ports import RecordCopy
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.gates import bring_into_force, method_of
from csvgen.steps.lots import counted, ingest, view

_INSTRUMENT, _SAMPLE = "HP-001", "S1"
_METHOD = """\
id: {id}
title: Chromatograms of several injections (made for this case)
required: [impurity]
impurity: {{main: Main, excluded: [Solvent], each: "0.20", total: "0.50", decimals: "2", injections: "{count}"{criteria}}}
"""
_NONE = "(nothing)"


@given(phrase('a method that asks for {count:d} injections and "{criteria}" is in force'))
def method_in_force(bench: Bench, count: int, criteria: str) -> None:
    """Proposed by the analyst and approved by quality. Criteria: ``tailing 1.5; plates 2000``, or none."""
    name = method_of(bench, "injections", "IJ")
    asked = [] if criteria == "none" else [c.strip().rsplit(" ", 1) for c in criteria.split(";")]
    told = ", suitability: {" + ", ".join(f'{field}: "{limit}"' for field, limit in asked) + "}" if asked else ""
    text = _METHOD.format(id=name, count=count, criteria=told)
    bring_into_force(bench, "injections", name, text, f"{count} injections, criteria: {criteria}")


def _injection(number: int, text: str) -> list[str]:
    """``Main 998600 4.1 1.1 5200; Imp-A 1400``: name, area, and what else was measured of the peak."""
    rows = []
    for peak in text.split(";"):
        name, area, *more = peak.split()
        rows.append(",".join((_SAMPLE, str(number), name, area, *more, *[""] * (4 - len(more)))))
    return rows


@when(phrase('the "{role}" ingests the injections "{injections}" as lot "{lot}"'))
def ingest_injections(bench: Bench, role: str, injections: str, lot: str) -> None:
    """Injections are parted by a stroke, their peaks by semicolons."""
    head = ["#qc-peaks/2", "sample,injection,name,area,retention,tailing,plates,resolution"]
    content = counted([*head, *(row for n, one in enumerate(injections.split("|"), 1) for row in _injection(n, one))])
    metadata = {"instrument": _INSTRUMENT, "sample": _SAMPLE, "method": str(bench.world.facts["method"])}
    bench.attach(content, name="constructed injections", media_type="text/csv")
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, role, bench.lot(lot), "injections.csv", content, **metadata))
    bench.observe.note(f"injections of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.ingest")


@when(phrase('the "{role}" ingests the peaks "{peaks}" as file "{file}" of lot "{lot}"'))
def ingest_peaks_as(bench: Bench, role: str, peaks: str, file: str, lot: str) -> None:
    """Peaks as ``name area; name area``, one injection, by the method of constructed data."""
    rows = [p.strip().rsplit(" ", 1) for p in peaks.split(";")]
    content = counted(["#qc-peaks/1", "name,area", *(f"{name},{area}" for name, area in rows)])
    metadata = {"instrument": _INSTRUMENT, "sample": _SAMPLE, "method": "LIN-01"}
    bench.attach(content, name=f"constructed peaks {file}", media_type="text/csv")
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, role, bench.lot(lot), file, content, **metadata))
    bench.observe.note(f"{file} of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.ingest")


# ------------------------------------------------------------ numbers given out


def _certificate(bench: Bench, lot: str) -> str:
    bench.actors.log_in("analyst")
    try:
        copy: RecordCopy = bench.port("Pipeline").certificate(bench.actors.session("analyst"), lot)
    except Refused as refusal:
        return f"(refused: {refusal.message})"
    return str(json.loads(copy.electronic).get("number", _NONE))


def _run(bench: Bench, lot: str) -> str:
    return str(view(bench, lot).run_record.get("id", _NONE))


def _deviation(bench: Bench, lot: str) -> str:
    bench.actors.log_in("analyst")
    found = bench.port("Pipeline").deviations(bench.actors.session("analyst"), lot)
    return str(found[-1].id) if found else _NONE


_NUMBERED = {"certificate": _certificate, "run": _run, "deviation": _deviation}


@then(phrase('the {what} of lot "{second}" has the number after that of the {same} of lot "{first}"'))
def follows(bench: Bench, what: str, second: str, same: str, first: str) -> None:
    """One after the other, in the same form: no number is left out, and none is given twice."""
    if what not in _NUMBERED or same != what:
        raise CsvgenError(f"the step library knows no numbers of a {what}; it knows those of a {', '.join(_NUMBERED)}")
    before, after = (_NUMBERED[what](bench, bench.lot(lot)) for lot in (first, second))
    found = re.fullmatch(r"(\D*)(\d+)", before)
    expected = f"{found[1]}{int(found[2]) + 1:0{len(found[2])}d}" if found else f"a number after {before}"
    bench.observe(f"{what} of lot {bench.lot(second)}", expected=expected, actual=after, source=f"ports of the target; {before}")


@then(phrase('the record of lot "{lot}" tells of "{test}" the limits "{lower}" to "{upper}" to every decimal given'))
def interval(bench: Bench, lot: str, test: str, lower: str, upper: str) -> None:
    bench.actors.log_in("analyst")
    record = bench.port("Records").read(bench.actors.session("analyst"), bench.lot(lot))
    fields = record.fields if record else {}
    for what, expected in (("lower", lower), ("upper", upper)):
        actual = fields.get(f"tests.{test}.{what}_unrounded") or _NONE
        bench.observe(f"{what} limit of {test}", expected=expected, actual=actual, by="rounds-to", source="Records.read")
