"""A copy of the system with a clock of its own: what steps of the clock leave in the trail, and what follows when days pass.

The clock of the host is not touched. The system is restored from a backup, its copy is served in a process of its own, and what that
process takes for now is so many seconds off. From there on the copy is what every step of the case asks.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_bdd import given, then, when

from csvgen.clock import parsed, stored
from csvgen.errors import CsvgenError, Refused
from csvgen.execution.observe import Blocked
from csvgen.ports import Outcome, Target
from csvgen.steps.common import Actors, Bench, answer, phrase

DAY = 86_400
_MISSING = "(no such entry)"
_RESTORED = "restored"
"""The act with which the trail of a copy begins to differ from that of the system it is of."""


@pytest.fixture
def copies() -> Iterator[list[Target]]:
    """Copies that a case had started; their processes end with it."""
    made: list[Target] = []
    yield made
    for target in made:
        target.close()


def _clock(bench: Bench, seconds: int, copies: list[Target], start: str = "") -> None:
    origin: Target = bench.world.facts["origin"]
    port: Any = origin.port("Continuity")
    if not hasattr(port, "set_clock"):
        raise Blocked(f"nobody can set the clock of a copy of {origin.name}")
    found: Target = port.set_clock(bench.world.facts["environment"], seconds, start)
    if not any(found is known for known in copies):
        copies.append(found)
        bench.target, bench.actors = found, Actors(found, {})
    bench.world.facts["shift"] = seconds
    now = bench.port("Installation").clock().utc
    bench.observe.note(
        "clock of the copy", f"{now}, {seconds} seconds ahead of the host", source="Installation.clock of the copy"
    )


@given("a copy of the system, with a clock of its own, is what is asked from here on")
def copy_of_the_system(bench: Bench, copies: list[Target]) -> None:
    bench.actors.log_in("administrator")
    port, session = bench.port("Continuity"), bench.actors.session("administrator")
    saved: Outcome = port.backup(session)
    done: Outcome = port.restore(session, saved.reference, "empty") if saved.accepted else saved
    if not done.accepted:
        raise CsvgenError(f"no copy of the system could be made: {done.message}")
    bench.world.facts |= {"origin": bench.target, "environment": done.reference}
    bench.observe.note("copy of the system", f"{done.reference}, instance {bench.target.instance}", source="Continuity.restore")
    _clock(bench, 0, copies)


@when(phrase("the clock of the copy is set {seconds:d} seconds ahead while it runs"))
def ahead(bench: Bench, seconds: int, copies: list[Target]) -> None:
    _clock(bench, int(bench.world.facts["shift"]) + seconds, copies)


@when(phrase("the clock of the copy is set {seconds:d} seconds back while it runs"))
def back(bench: Bench, seconds: int, copies: list[Target]) -> None:
    _clock(bench, int(bench.world.facts["shift"]) - seconds, copies)


@when(phrase("{days:d} day passes, and the copy is started again"))
@when(phrase("{days:d} days pass, and the copy is started again"))
def days_pass(bench: Bench, days: int, copies: list[Target]) -> None:
    _clock(bench, int(bench.world.facts["shift"]) + days * DAY, copies, "anew")


@when(phrase('the copy is started again {days:d} day after the day that the record "{record}" names as "{field}"'))
@when(phrase('the copy is started again {days:d} days after the day that the record "{record}" names as "{field}"'))
def day_of_a_record(bench: Bench, days: int, record: str, field: str, copies: list[Target]) -> None:
    """The same time of the day; below zero: so many days before it."""
    bench.actors.log_in("auditor")
    found = bench.port("Records").read(bench.actors.session("auditor"), record)
    if found is None or field not in found.fields:
        raise CsvgenError(f"the record {record} names no {field}")
    away = (dt.date.fromisoformat(found.fields[field]) - dt.date.fromisoformat(today(bench))).days + days
    bench.observe.note(f"{field} of {record}", f"{found.fields[field]}, {away} days from now", source=f"Records.read {record}")
    _clock(bench, int(bench.world.facts["shift"]) + away * DAY, copies, "anew")


# ------------------------------------------------------------ what the trail tells of steps


def _lines(bench: Bench) -> list[dict[str, Any]]:
    """Every event, as the export spells it: only there each says which step of the clock it came after."""
    bench.actors.log_in("auditor")
    found: bytes = bench.port("AuditTrail").export(bench.actors.session("auditor"))
    return [json.loads(line) for line in found.splitlines()]


@given("the audit trail of the copy has been read to its end")
def read_to_its_end(bench: Bench) -> None:
    """A system whose clock stepped before goes on with the mark of that step until a person has answered for it."""
    last = _lines(bench)[-1]
    bench.world.facts |= {"last": int(last["seq"]), "mark": str(last.get("clock", ""))}
    told = f"marked with the step of event {last['clock']}" if last.get("clock") else "without mark of a step of the clock"
    bench.observe.note("last event", f"{last['seq']}, {told}", source="AuditTrail.export")


def _since(bench: Bench) -> list[dict[str, Any]]:
    return [e for e in _lines(bench) if int(e["seq"]) > int(bench.world.facts["last"])]


@then(phrase('the audit trail tells that the clock "{step}" because "{words}", before the entry that found it'))
def stepped(bench: Bench, step: str, words: str) -> None:
    """One entry of its own, with both times; every entry after it carries its number, none before it does."""
    lines = _lines(bench)
    found = [e for e in lines if int(e["seq"]) > int(bench.world.facts["last"])]
    told = [e for e in found if e["action"] == step]
    bench.observe("entries of a step of the clock", expected="1", actual=str(len(told)), source="AuditTrail.export")
    entry = told[0] if told else {}
    bench.observe("reason", expected=words, actual=entry.get("reason", _MISSING), source="AuditTrail.export")
    number = str(entry.get("seq", _MISSING))
    before = [e for e in lines if int(e["seq"]) < int(entry.get("seq", 0))]
    newest = before[-1]["at"] if before else _MISSING
    change = (entry.get("changes") or [{}])[0]
    bench.observe("time before the step", expected=newest, actual=change.get("old", _MISSING), source="AuditTrail.export")
    bench.observe(
        "time after it", expected=entry.get("at", "(a time)"), actual=change.get("new", _MISSING), source="AuditTrail.export"
    )
    marks = sorted({str(e.get("clock", "")) for e in found if int(e["seq"]) >= int(entry.get("seq", 0))})
    bench.observe(
        "mark of the step on it and on every entry after it",
        expected=str(bench.world.facts["mark"]) or number,
        actual=", ".join(marks),
        source="AuditTrail.export",
    )
    early = sorted({str(e.get("clock") or "none") for e in before if int(e["seq"]) > int(bench.world.facts["last"])})
    known = str(bench.world.facts["mark"] or "none")
    bench.observe("mark on entries before it", expected=known, actual=", ".join(early) or known, source="AuditTrail.export")


@then("the audit trail tells of no step of the clock")
def not_stepped(bench: Bench) -> None:
    found, known = _since(bench), str(bench.world.facts["mark"])
    told = [f"event {e['seq']}: {e['action']}" for e in found if e["action"].startswith("clock-") or e.get("clock", "") != known]
    bench.observe("steps of the clock", expected="none", actual="; ".join(told) or "none", source="AuditTrail.export")
    bench.observe("entries since then", expected="1", actual=str(len(found)), by="at-least", source="AuditTrail.export")


# ------------------------------------------------------------ sessions and days


@given(phrase("a session without use ends there after {seconds:d} seconds"))
def idle(bench: Bench, seconds: int) -> None:
    bench.actors.log_in("administrator")
    port, session = bench.port("Records"), bench.actors.session("administrator")
    made: Outcome = port.change(session, "configuration/idle_seconds", "value", str(seconds), "as this case needs it")
    if not made.accepted:
        raise CsvgenError(f"the setting could not be changed: {made.message}")
    bench.observe.note("idle_seconds", str(seconds), source="Records.change")


@when(phrase('the "{role}" uses the session every {every:d} seconds for {total:d} seconds'))
def in_use(bench: Bench, role: str, every: int, total: int, copies: list[Target]) -> None:
    """As somebody who never rests. What the last use is answered is what is looked at."""
    session = bench.actors.raw_session(role)
    passed = 0
    while passed < total:
        step = min(every, total - passed)
        passed += step
        _clock(bench, int(bench.world.facts["shift"]) + step, copies)
        try:
            outcome: Outcome = bench.actors.access.whoami(session)
        except Refused as refusal:
            outcome = Outcome(False, refusal.message)
        if passed < total and not outcome.accepted:
            break
    bench.world.take("Access.whoami", outcome)
    bench.observe.note(f"after {passed} seconds in use", answer(outcome), source="Access.whoami")


def today(bench: Bench, days: int = 0) -> str:
    """A day by the clock of the system that is asked."""
    return stored(parsed(bench.port("Installation").clock().utc) + dt.timedelta(days=days))[:10]


@then(phrase('the record of the re-validation of "{subject}" tells "{field}" as the day {days:d} days from now'))
def revalidation_day(bench: Bench, subject: str, field: str, days: int) -> None:
    bench.actors.log_in("auditor")
    record = bench.port("Records").read(bench.actors.session("auditor"), f"revalidation/{subject}")
    actual = record.fields.get(field, _MISSING) if record else _MISSING
    bench.observe(
        f"{field} of {subject}", expected=today(bench, days), actual=actual, source=f"Records.read revalidation/{subject}"
    )


@then("the answers of both acts name records with numbers that follow each other")
def numbered(bench: Bench) -> None:
    acts = [o.reference for about, o in bench.world.outcomes if about.endswith("_revalidation") and o.accepted]
    first, second = [*acts, _MISSING, _MISSING][:2]
    name, dash, number = first.rpartition("-")
    expected = f"{name}{dash}{int(number) + 1:0{len(number)}d}" if number.isdigit() else f"a number after {first}"
    bench.observe("the second act", expected=expected, actual=second, source=f"Pipeline, after {first}")


@then(phrase('the system has {count:d} deviation about the re-validation of "{subject}", in the state "{state}"'))
def one_deviation(bench: Bench, count: int, subject: str, state: str) -> None:
    """Opened once, however often the end is come upon. Of a copy those count that were opened in it: the system it is of may have some."""
    bench.actors.log_in("auditor")
    session = bench.actors.session("auditor")
    entries = bench.port("AuditTrail").entries(session, "")
    copied = max((place for place, e in enumerate(entries) if e.action == _RESTORED), default=0)
    before = {e.record for e in entries[:copied]}
    names = sorted({e.record for e in entries[copied:] if e.record.startswith("deviation/")} - before)
    records = [bench.port("Records").read(session, name) for name in names]
    about = [
        r
        for r in records
        if r is not None and r.fields.get("subject") == f"pipeline/{subject}" and r.fields.get("kind") == "overdue revalidation"
    ]
    newest = about[-1].fields.get("state", _MISSING) if about else _MISSING
    bench.observe("deviations", expected=str(count), actual=str(len(about)), source="Records.read")
    bench.observe("state of the newest", expected=state, actual=newest, source="Records.read")


# ------------------------------------------------------------ a long trail

_AT_ONCE = 25_000


@given(phrase("the audit trail of the copy holds more than {count:d} events"))
def long_trail(bench: Bench, count: int) -> None:
    """Each lot that is not there is refused by an entry of its own, and a batch of them is written quickly."""
    bench.actors.log_in("auditor")
    bench.actors.log_in("analyst")
    port: Any = bench.port("Pipeline")
    if not hasattr(port, "process_batch"):
        raise Blocked(f"the target {bench.target.name} offers no batches to make a long trail with")
    missing = count + 1 - _events(bench)
    for begin in range(0, missing, _AT_ONCE):
        names = (f"{bench.lot('NOBODY')}-{n}" for n in range(begin, min(begin + _AT_ONCE, missing)))
        port.process_batch(bench.actors.session("analyst"), tuple(names))
    number = str(_events(bench))
    bench.observe(
        "events in the audit trail", expected=str(count + 1), actual=number, by="at-least", source="AuditTrail.integrity"
    )


def _events(bench: Bench) -> int:
    found: Outcome = bench.port("AuditTrail").integrity(bench.actors.session("auditor"))
    return int(found.facts.get("events", "0"))


@then("the system's own check finds the long audit trail unbroken")
def long_unbroken(bench: Bench) -> None:
    """The check alone: so many entries are not read one by one here, as shorter trails are."""
    bench.actors.log_in("auditor", anew=True)
    outcome: Outcome = bench.port("AuditTrail").integrity(bench.actors.session("auditor"))
    bench.observe(
        "system's check of its trail", expected="accepted: ", actual=answer(outcome), by="contains", source="AuditTrail.integrity"
    )
