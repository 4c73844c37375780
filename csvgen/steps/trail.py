"""The audit trail: entries of a record, attempts to falsify it, its copy."""

from __future__ import annotations

import json
import re
from typing import Any

from pytest_bdd import then, when

from csvgen.clock import parsed
from csvgen.ports import AuditEntry
from csvgen.steps.common import Bench, answer, phrase


def entries_of(bench: Bench, lot: str) -> tuple[AuditEntry, ...]:
    role = "auditor" if bench.actors.raw_session("auditor") else "analyst"
    bench.actors.log_in(role)
    return tuple(bench.port("AuditTrail").entries(bench.actors.session(role), bench.lot(lot)))


def told(entry: AuditEntry) -> str:
    return f"entry {entry.number}, {entry.at} {entry.offset}, {entry.user_id} ({entry.printed_name}): {entry.action}"


@then(phrase('the audit trail of lot "{lot}" tells that the "{role}" did "{action}"'))
def tells(bench: Bench, lot: str, role: str, action: str) -> None:
    account = bench.actors.account(role)
    found = [e for e in entries_of(bench, lot) if e.action == action and e.user_id == account.user_id]
    actual = told(found[-1]) if found else "no such entry"
    expected = f"{account.user_id} ({account.printed_name}): {action}"
    bench.observe(
        f"{action} of lot {bench.lot(lot)}", expected=expected, actual=actual, by="contains", source="AuditTrail.entries"
    )


@then(phrase('every entry of the audit trail of lot "{lot}" has person, printed name, time with offset and action'))
def complete(bench: Bench, lot: str) -> None:
    found = entries_of(bench, lot)
    bench.observe("entries found", expected="1", actual=str(len(found)), by="at-least", source="AuditTrail.entries")
    faulty = [e.number for e in found if not (e.user_id and e.printed_name and e.action and _good_time(e))]
    actual = f"{len(faulty)} incomplete" + (f": {faulty}" if faulty else "")
    bench.observe("incomplete entries", expected="0 incomplete", actual=actual, source="AuditTrail.entries")


def _good_time(entry: AuditEntry) -> bool:
    try:
        parsed(entry.at)
    except ValueError:
        return False
    return re.fullmatch(r"[+-]\d\d:\d\d", entry.offset) is not None


@then(phrase('the audit trail of lot "{lot}" tells that "{field}" was changed to "{value}" by the "{role}" because "{reason}"'))
def change_told(bench: Bench, lot: str, field: str, value: str, role: str, reason: str) -> None:
    account = bench.actors.account(role)
    found = [e for e in entries_of(bench, lot) if e.field == field and e.new == value]
    entry = found[-1] if found else None
    bench.world.facts["entry"] = entry
    actual = f"{entry.user_id}: {entry.new}; {entry.reason}" if entry else "no such entry"
    bench.observe(
        "who, new value and reason", expected=f"{account.user_id}: {value}; {reason}", actual=actual, source="AuditTrail.entries"
    )
    bench.observe(
        "time with offset",
        expected="complete",
        actual="complete" if entry and _good_time(entry) else "missing",
        source="AuditTrail.entries",
    )


@then(phrase('the entry names the value "{field}" had before'))
def old_value(bench: Bench, field: str) -> None:
    entry: AuditEntry | None = bench.world.facts["entry"]
    actual = entry.old if entry else "no entry"
    bench.observe(
        f"old value of {field}",
        expected=bench.world.facts["before"],
        actual=actual,
        source="AuditTrail.entries, Records.read before",
    )


@then("the audit trail is unbroken")
def unbroken(bench: Bench) -> None:
    outcome = bench.port("AuditTrail").integrity(bench.actors.session("auditor"))
    bench.observe(
        "system's check of its trail", expected="accepted: ", actual=answer(outcome), by="contains", source="AuditTrail.integrity"
    )


@when(phrase('somebody with the rights of the application tries to "{manner}" the audit trail'))
def attack(bench: Bench, manner: str) -> None:
    session = bench.actors.session("auditor")
    bench.world.facts["trail before"] = bench.port("AuditTrail").entries(session, "")
    outcome = bench.world.take("AuditTrail.attack", bench.port("AuditTrail").attack(session, manner))
    bench.observe.note(f"attempt to {manner} the trail", answer(outcome), source="AuditTrail.attack")


@then("no entry of the audit trail was changed or lost")
def nothing_lost(bench: Bench) -> None:
    before: tuple[AuditEntry, ...] = bench.world.facts["trail before"]
    after = bench.port("AuditTrail").entries(bench.actors.session("auditor"), "")
    same = sum(1 for a, b in zip(before, after, strict=False) if a == b)
    bench.observe(
        "entries as before the attempt",
        expected=str(len(before)),
        actual=str(same),
        source="AuditTrail.entries, before and after",
    )


@when(phrase('the "{role}" exports the audit trail'))
def export(bench: Bench, role: str) -> None:
    session = bench.actors.session(role)
    bench.world.facts["entries"] = bench.port("AuditTrail").entries(session, "")
    bench.world.facts["export"] = bench.port("AuditTrail").export(session)
    bench.attach(bench.world.facts["export"], name="export of the audit trail", media_type="application/jsonl")
    bench.observe.note("export", f"{len(bench.world.facts['export'])} bytes", source="AuditTrail.export")


@then("the export holds every entry of the audit trail, unchanged")
def export_complete(bench: Bench) -> None:
    entries: tuple[AuditEntry, ...] = bench.world.facts["entries"]
    exported: dict[int, Any] = {}
    for line in bench.world.facts["export"].decode("utf-8").splitlines():
        value = json.loads(line)
        exported[int(value["seq"])] = value
    numbers = sorted({e.number for e in entries})
    missing = [n for n in numbers if n not in exported]
    differing = [
        e.number for e in entries
        if e.number in exported and (exported[e.number]["person"], exported[e.number]["at"], exported[e.number]["action"]) != (e.user_id, e.at, e.action)
    ]  # fmt: skip
    actual = (
        f"{len(numbers)} of {len(numbers)} entries"
        if not missing and not differing
        else f"missing {missing}, differing {differing}"
    )
    bench.observe(
        "entries in the export",
        expected=f"{len(numbers)} of {len(numbers)} entries",
        actual=actual,
        source="AuditTrail.export, entries",
    )
    bench.observe("entries compared", expected="1", actual=str(len(numbers)), by="at-least", source="AuditTrail.entries")
