"""What the system says of itself: words of deviations, of entries, of answers; and integrations that are none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_bdd import then, when

from csvgen.ports import RecordView, TraceView
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, counted, ingest

_NONE = "(nothing)"


@then(phrase('the words of the answer end with "{words}"'))
def ends_with(bench: Bench, words: str) -> None:
    """Nothing is said behind them."""
    told = last(bench).message
    bench.observe("end of the answer", expected=words, actual=told[-len(words) :] or _NONE, source=f"{bench.world.about}: {told}")


@then(phrase('the deviation of lot "{lot}" says "{words}"'))
def deviation_says(bench: Bench, lot: str, words: str) -> None:
    """The newest that is open."""
    found = bench.port("Pipeline").deviations(bench.actors.session("analyst"), bench.lot(lot))
    actual = next((d.reason for d in reversed(found) if d.state == "open"), _NONE)
    bench.observe(
        f"open deviation of lot {bench.lot(lot)}", expected=words, actual=actual, by="contains", source="Pipeline.deviations"
    )


@then(phrase('the audit trail of lot "{lot}" says "{words}"'))
def trail_says(bench: Bench, lot: str, words: str) -> None:
    """In the reason of an entry about the lot itself."""
    name = bench.lot(lot)
    entries = bench.port("AuditTrail").entries(bench.actors.session("analyst"), name)
    told = [e.reason for e in entries if e.record == f"lot/{name}" and e.reason]
    actual = next((r for r in told if words in r), "; ".join(told) or _NONE)
    bench.observe(
        f"reasons in the audit trail of lot {name}", expected=words, actual=actual, by="contains", source="AuditTrail.entries"
    )


@then(phrase('the investigation of lot "{lot}" ends with the "{phase}" of the "{role}": "{words}"'))
def concluded(bench: Bench, lot: str, phase: str, role: str, words: str) -> None:
    found = bench.port("Pipeline").deviations(bench.actors.session("analyst"), bench.lot(lot))
    name = f"deviation/{found[-1].id}" if found else _NONE
    record: RecordView | None = bench.port("Records").read(bench.actors.session("analyst"), name)
    phases = json.loads((record.fields.get("phases") if record else "") or "[]")
    ended: Mapping[str, Any] = phases[-1] if phases else {}
    source = f"Records.read {name}, phases"
    bench.observe("last phase", expected=phase, actual=str(ended.get("phase", _NONE)), source=source)
    bench.observe("by", expected=bench.actors.account(role).user_id, actual=str(ended.get("by", _NONE)), source=source)
    bench.observe("findings", expected=words, actual=str(ended.get("findings", _NONE)), by="contains", source=source)


@when(phrase('the "{role}" changes the integration of lot "{lot}" to the injections "{injections}" because "{reason}"'))
def other_injections(bench: Bench, role: str, lot: str, injections: str, reason: str) -> None:
    """Peaks of a sample that is named: what the file before holds names none."""
    rows = [p.strip().rsplit(" ", 1) for p in injections.split(";")]
    head = ["#qc-peaks/2", "sample,injection,name,area,retention,tailing,plates,resolution"]
    content = counted([*head, *(f"S2,1,{name},{area},,,," for name, area in rows)])
    bench.attach(content, name="chromatogram of another injection", media_type="text/csv")
    outcome = bench.port("Pipeline").reintegrate(bench.actors.session(role), bench.lot(lot), "peaks.csv", content, reason)
    bench.world.take("Pipeline.reintegrate", outcome)
    bench.observe.note(
        f"another injection as integration of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.reintegrate"
    )


@when(phrase('the "{role}" ingests the same readings in another order as file "{file}" of lot "{lot}"'))
def exported_anew(bench: Bench, role: str, file: str, lot: str) -> None:
    """What an instrument exports a second time has other bytes, and measures nothing anew."""
    head, columns, *rows = bench.world.facts["content"].decode("ascii").splitlines()[:-1]
    content = counted([head, columns, *reversed(rows)])
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    outcome = bench.world.take("Pipeline.ingest", ingest(bench, role, bench.lot(lot), file, content, **metadata))
    bench.observe.note(f"the same readings as {file} of lot {bench.lot(lot)}", answer(outcome), source="Pipeline.ingest")


@then(phrase('traced from the SHA-256 of each version of the file "{file}" of lot "{lot}", that version and the lot are reached'))
def versions_traced(bench: Bench, file: str, lot: str) -> None:
    """Also of a version that another replaced, and of a file that no run has read."""
    session, name = bench.actors.session("analyst"), f"file/{bench.lot(lot)}:{file}"
    versions = bench.port("Records").history(session, name)
    bench.observe(f"versions of {file}", expected="2", actual=str(len(versions)), by="at-least", source=f"Records.history {name}")
    for view in versions:
        found: TraceView = bench.port("Pipeline").trace(session, view.fields.get("digest", _NONE))
        told = ", ".join(found.found) or _NONE
        bench.observe(
            f"version {view.version}, by its digest",
            expected=f"{name}@{view.version}",
            actual=told,
            by="contains",
            source="Pipeline.trace",
        )
        reached = next((s.target for s in found.down if s.target == f"lot/{bench.lot(lot)}"), _NONE)
        bench.observe(f"from version {view.version}", expected=f"lot/{bench.lot(lot)}", actual=reached, source="Pipeline.trace")
