"""The forms of the local target: the application's own functions, over the wire; what was entered is read back through Records."""

from __future__ import annotations

import datetime as dt

import pytest

from csvgen.ports import Outcome

MATERIAL = {
    "ticket": "CHG-1", "id": "MAT-9", "name": 'Salt: "fine" \u00b5', "grade": "Ph. Eur.", "manufacturer": "Example Works",
    "address": "1 Example Street", "laboratory": "", "specification": "SPEC-1 version 1", "method": "LIN-01", "period": "retest",
    "months": "240",
}  # fmt: skip
METHOD = {
    "ticket": "CHG-2", "evidence": "none: validated later", "id": "MET-9", "title": "Example", "retests": "10", "retest_by": "anybody",
    "model": "linear 1/x2", "label_claim": "1000.50", "unit": "ug/mL", "r_squared": "0.000", "low": "95.0", "high": "95.0", "decimals": "0",
}  # fmt: skip


def day(ahead: int) -> str:
    return (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=ahead)).isoformat()


def enter(bench, role: str, form: str, values: dict[str, str], reason: str = "entered by a test") -> Outcome:
    return bench.port("Entry").enter(bench.session(role), form, values, reason)


def read_back(bench, outcome: Outcome, values: dict[str, str]) -> None:
    assert outcome.accepted, outcome.message
    fields = bench.port("Records").read(bench.session("auditor"), outcome.reference).fields
    assert {name: fields[outcome.facts.get(f"shown:{name}", name)] for name in values} == values


def test_every_form_takes_what_is_right_and_the_record_shows_it_unchanged(bench) -> None:
    """One instance for all of them: each form's record is what the next one is about."""
    instrument = {"id": "PR-9", "kind": "plate reader", "named": "SN-9"}
    read_back(bench, enter(bench, "administrator", "instrument", instrument), instrument)
    calibration = {"instrument": "PR-9", "certificate": "CAL-9", "calibrated_on": day(0), "calibration_due": day(365)}
    read_back(bench, enter(bench, "administrator", "calibration", calibration), calibration)
    procedure = {"id": "SOP-9", "title": "Cleaning", "version": "1.0-a", "effective_from": day(0), "effective_until": day(9)}
    read_back(bench, enter(bench, "quality", "procedure", procedure), procedure)
    training = {"person": "val.analyst", "procedure": "SOP-9", "version": "1.0-a", "trained_on": day(0), "expires": day(0)}
    read_back(bench, enter(bench, "quality", "training", training), training)
    read_back(bench, enter(bench, "analyst", "material", MATERIAL), MATERIAL)
    read_back(bench, enter(bench, "analyst", "method", METHOD), METHOD)
    assert enter(bench, "administrator", "retirement", {"source": "instrument/PR-9"}).accepted
    again = enter(bench, "administrator", "instrument", instrument)
    assert not again.accepted
    assert "never given again" in again.message


def test_forms_and_fields_that_are_not_there(bench) -> None:
    offered = bench.port("Entry").forms(bench.session("auditor"))
    assert set(offered) == {"instrument", "calibration", "retirement", "procedure", "training", "material", "method"}
    assert set(offered["material"]) == set(MATERIAL)
    for form, values in (("letter", {}), ("instrument", {"weight": "1"})):
        with pytest.raises(KeyError):
            enter(bench, "administrator", form, values)


def test_a_field_left_out_is_left_out_and_a_refusal_leaves_one_entry(bench) -> None:
    bench.session("analyst")
    before = bench.port("AuditTrail").entries(bench.session("auditor"), "")
    gone = enter(bench, "analyst", "material", {k: v for k, v in MATERIAL.items() if k != "name"})
    hostile = enter(bench, "analyst", "material", MATERIAL | {"name": 'x"\nmonths: "1'})
    assert "name: is missing" in gone.message
    assert "U+000A" in hostile.message, "a value cannot become another field of the document"
    added = bench.port("AuditTrail").entries(bench.session("auditor"), "")[len(before) :]
    assert [(e.action, e.reason) for e in added] == [
        ("change-material-refused", gone.message),
        ("change-material-refused", hostile.message),
    ]
    wire = enter(bench, "administrator", "instrument", {"id": "PR-9", "named": "SN-9"})
    assert wire.message == "Entry.instrument: missing argument kind"
