"""What may happen to a result after it was measured: investigation with its signed cause, retest, changed integration, quarantine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_bdd import then, when

from csvgen.errors import CsvgenError
from csvgen.ports import Outcome, RecordView
from csvgen.steps.access import WRONG
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate, counted, ingest
from csvgen.steps.records import record_of
from csvgen.steps.results import result_of

MISSING = "(not there)"


def _investigation(bench: Bench, lot: str) -> str:
    found = bench.port("Pipeline").deviations(bench.actors.session("analyst"), bench.lot(lot))
    if not found:
        raise CsvgenError(f"lot {bench.lot(lot)} has no investigation")
    return str(found[-1].id)


@when(phrase('the "{role}" records the "{phase}" of lot "{lot}" with the cause "{cause}" and the evidence "{evidence}"'))
def investigate(bench: Bench, role: str, phase: str, lot: str, cause: str, evidence: str) -> None:
    """Evidence: a file of the lot, nothing, or the name of a record."""
    file = evidence.removeprefix("its file ")
    named = () if evidence == "none" else (f"file/{bench.lot(lot)}:{file}" if file != evidence else evidence,)
    investigation, cause = _investigation(bench, lot), "" if cause == "none" else cause
    outcome = bench.port("Pipeline").investigate(
        bench.actors.session(role), investigation, phase, "working, instrument log and solutions looked at", cause, named
    )
    bench.world.take("Pipeline.investigate", outcome)
    bench.observe.note(f"{phase} of {investigation} by the {role}", answer(outcome), source="Pipeline.investigate")


@when(phrase('the "{role}" signs the result of lot "{lot}" as invalid, with "{retests}" retests'))
def invalidate(bench: Bench, role: str, lot: str, retests: str) -> None:
    account, investigation = bench.actors.account(role), _investigation(bench, lot)
    outcome = bench.port("Pipeline").invalidate(
        bench.actors.session(role), investigation, retests, "cause established", account.user_id, account.password
    )
    bench.world.take("Pipeline.invalidate", outcome)
    bench.observe.note(f"invalidation of {investigation} by the {role}", answer(outcome), source="Pipeline.invalidate")


def _listed(view: RecordView, field: str) -> list[dict[str, Any]]:
    text = view.fields.get(field, "")
    return list(json.loads(text)) if text else []


@then(
    phrase('the record of lot "{lot}" still shows "{test}" "{reported}" as withdrawn by its investigation because of "{cause}"')
)
def withdrawn(bench: Bench, lot: str, test: str, reported: str, cause: str) -> None:
    record = record_of(bench, lot)
    found = [w for w in _listed(record, "withdrawn") if w["value"]["name"] == test]
    source = f"Records.read {record.id}, withdrawn"
    bench.observe(f"withdrawn values of {test}", expected="1", actual=str(len(found)), source=source)
    shown: Mapping[str, Any] = found[0] if found else {"value": {}}
    bench.observe("value", expected=reported, actual=shown["value"].get("reported", MISSING), source=source)
    bench.observe("reason", expected=cause, actual=shown.get("reason", MISSING), by="contains", source=source)
    by = f"deviation/{_investigation(bench, lot)}"
    bench.observe("withdrawn by", expected=by, actual=shown.get("by", MISSING), source=source)


@then(phrase('lot "{lot}" reports no "{test}"'))
def reports_none(bench: Bench, lot: str, test: str) -> None:
    """A result that was taken out of force is not among those reported."""
    found = bench.port("Pipeline").lot(bench.actors.session("analyst"), bench.lot(lot))
    told = ", ".join(t.name for t in found.tests if t.name.startswith(test)) if found else "no such lot"
    bench.observe(f"{test} among the reported tests", expected="none", actual=told or "none", source="Pipeline.lot")


# ------------------------------------------------------------ changed integrations


def _peaks(text: str) -> bytes:
    """Peaks as ``name area; name area``."""
    rows = [p.strip().rsplit(" ", 1) for p in text.split(";")]
    return counted(["#qc-peaks/1", "name,area", *(f"{name},{area}" for name, area in rows)])


@when(phrase('the "{role}" changes the integration of lot "{lot}" to the peaks "{peaks}" because "{reason}"'))
def reintegrate(bench: Bench, role: str, lot: str, peaks: str, reason: str) -> None:
    content = _peaks(peaks)
    bench.attach(content, name="changed integration", media_type="text/csv")
    reason = "" if reason == "(no reason)" else reason
    outcome = bench.port("Pipeline").reintegrate(bench.actors.session(role), bench.lot(lot), "peaks.csv", content, reason)
    if outcome.accepted:
        bench.world.facts["integration"] = outcome.reference
    bench.world.take("Pipeline.reintegrate", outcome)
    bench.observe.note(f"changed integration of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.reintegrate")


@when(phrase('the "{role}" signs the changed integration'))
def sign_integration(bench: Bench, role: str) -> None:
    account, integration = bench.actors.account(role), str(bench.world.facts["integration"])
    outcome = bench.port("Pipeline").sign_integration(
        bench.actors.session(role), integration.partition("/")[2], "integration compared", account.user_id, account.password
    )
    bench.world.take("Pipeline.sign_integration", outcome)
    bench.observe.note(f"signature of the {role} on {integration}", answer(outcome), source="Pipeline.sign_integration")


@then(
    phrase(
        'the changed integration is "{state}" and shows the peak "{peak}" with the area "{old}" before, "{new}" after, and "{reason}"'
    )
)
def integration_shows(bench: Bench, state: str, peak: str, old: str, new: str, reason: str) -> None:
    record: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), bench.world.facts["integration"])
    if record is None:
        raise CsvgenError(f"the system has no record of {bench.world.facts['integration']}")
    source = f"Records.read {record.id}"
    shown: Mapping[str, Any] = next((p for p in _listed(record, "peaks") if p["peak"] == peak), {})
    bench.observe("state", expected=state, actual=record.fields.get("state", MISSING), source=source)
    bench.observe(f"area of {peak} before", expected=old, actual=shown.get("old", MISSING), source=source)
    bench.observe(f"area of {peak} after", expected=new, actual=shown.get("new", MISSING), source=source)
    bench.observe("reason", expected=reason, actual=record.fields.get("reason") or MISSING, source=source)
    by = bench.actors.account("analyst").user_id
    bench.observe("changed by", expected=by, actual=record.fields.get("by", MISSING), source=source)


@then(phrase('the record of lot "{lot}" shows the "{test}" of before as withdrawn, unrounded "{value}", because "{reason}"'))
def old_integration(bench: Bench, lot: str, test: str, value: str, reason: str) -> None:
    record = record_of(bench, lot)
    shown: Mapping[str, Any] = next((w for w in _listed(record, "withdrawn") if w["value"]["name"] == test), {"value": {}})
    source = f"Records.read {record.id}, withdrawn"
    actual = shown["value"].get("unrounded", MISSING)
    bench.observe(f"withdrawn {test}", expected=value, actual=actual, by="rounds-to", source=source)
    bench.observe("withdrawn because", expected=reason, actual=shown.get("reason", MISSING), source=source)


@then(phrase('the unrounded "{test}" of lot "{lot}" is "{value}" to every decimal given'))
def unrounded_to(bench: Bench, test: str, lot: str, value: str) -> None:
    actual = result_of(bench, test, lot).unrounded
    bench.observe(
        f"unrounded {test} of lot {bench.lot(lot)}", expected=value, actual=actual, by="rounds-to", source="Pipeline.lot"
    )


# ------------------------------------------------------------ quarantine, duplicates


@when(
    phrase(
        'the "{role}" ingests a plate of the instrument "{instrument}" with the sample signal "{signal}" as file "{file}" of lot "{lot}"'
    )
)
def ingest_of(bench: Bench, role: str, instrument: str, signal: str, file: str, lot: str) -> None:
    content = constructed_plate((signal,), lot=bench.lot(lot))
    metadata = {"instrument": instrument, "sample": "S1", "method": PLATE_METHOD}
    bench.world.facts["content"] = content
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, role, bench.lot(lot), file, content, **metadata))
    bench.observe.note(f"{file} of lot {bench.lot(lot)} from {instrument}", answer(outcome), source="Pipeline.ingest")


@when(phrase('the "{role}" ingests the same bytes as file "{file}" of lot "{lot}"'))
def ingest_again(bench: Bench, role: str, file: str, lot: str) -> None:
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    content = bench.world.facts["content"]
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, role, bench.lot(lot), file, content, **metadata))
    bench.observe.note(f"the same bytes as {file} of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.ingest")


def _decide(bench: Bench, role: str, file: str, lot: str, decision: str, password: Any) -> Outcome:
    account = bench.actors.account(role)
    outcome: Outcome = bench.port("Pipeline").decide_quarantined(
        bench.actors.session(role),
        bench.lot(lot),
        file,
        decision,
        "source looked into",
        account.user_id,
        password or account.password,
    )
    bench.world.take("Pipeline.decide_quarantined", outcome)
    bench.observe.note(f"{decision} {file} of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.decide_quarantined")
    return outcome


@when(phrase('the "{role}" decides on the file "{file}" of lot "{lot}" in quarantine: "{decision}"'))
def decide(bench: Bench, role: str, file: str, lot: str, decision: str) -> None:
    _decide(bench, role, file, lot, decision, None)


@when(phrase('the "{role}" decides on the file "{file}" of lot "{lot}" in quarantine with a wrong password: "{decision}"'))
def decide_wrongly(bench: Bench, role: str, file: str, lot: str, decision: str) -> None:
    _decide(bench, role, file, lot, decision, WRONG)


@then(phrase('the file "{file}" of lot "{lot}" has the standing "{standing}" and "{signer}" signed it'))
def decided(bench: Bench, file: str, lot: str, standing: str, signer: str) -> None:
    name = f"file/{bench.lot(lot)}:{file}"
    record: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), name)
    actual = record.fields.get("standing", MISSING) if record else MISSING
    bench.observe(f"standing of {file}", expected=standing, actual=actual, source=f"Records.read {name}")
    made = bench.port("Signing").signatures(bench.actors.session("analyst"), name)
    expected = "nobody" if signer == "nobody" else bench.actors.account(signer).user_id
    told = ", ".join(s.user_id for s in made if s.valid) or "nobody"
    bench.observe(f"valid signatures on {file}", expected=expected, actual=told, source=f"Signing.signatures {name}")


@then(phrase('the file "{file}" of lot "{lot}" is registered in version "{version}"'))
def version_of(bench: Bench, file: str, lot: str, version: str) -> None:
    actual = record_of(bench, lot).fields.get(f"files.{file}.version", MISSING)
    bench.observe(f"version of {file} in the lot record", expected=version, actual=actual, source="Records.read")


@then("the answer names the standing it was given before")
def told_before(bench: Bench) -> None:
    expected = "file plate.csv is registered already as version 1 with these bytes; nothing was added"
    bench.observe("answer", expected=expected, actual=last(bench).message, source=bench.world.about)
