"""The audit trail: entries of a record, attempts to falsify it, its copy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from pytest_bdd import given, then, when

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import SystemClock, parsed, stored
from csvgen.errors import CsvgenError
from csvgen.ports import AuditEntry
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.grouped import in_one
from csvgen.steps.lots import plate

REFUSED = "refused by the store, and found where the guards are missing"
FOUND = "let in by the store, and found by the check"
STOPPED = "let in by the store, found by the check, and no entry follows"
NO_SWITCH = "refused by the application"
ENDS = (REFUSED, FOUND, STOPPED, NO_SWITCH)

_RECENT = "60"
"""Seconds within which an entry just made is asked for."""

_OWN_ACTS = frozenset({"log-in", "configure-refused", "session-locked"})
"""What a case about the trail itself leaves in it: sessions opened anew, and the refusal to switch it off."""


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


@then(phrase('the entry that creates the record of lot "{lot}" names the "{role}"'))
def created(bench: Bench, lot: str, role: str) -> None:
    """Of the record itself: what came with it (files, results) has entries of its own, which do not stand for this one."""
    account, name = bench.actors.account(role), _name_of(bench, lot)
    found = [e for e in entries_of(bench, lot) if e.record == name and e.action == "create"]
    actual = told(found[0]) if found else f"no entry of {name} itself"
    expected = f"{account.user_id} ({account.printed_name}): create"
    bench.observe(f"entry that creates {name}", expected=expected, actual=actual, by="contains", source="AuditTrail.entries")


def _name_of(bench: Bench, lot: str) -> str:
    """The lot as the trail names its record."""
    record = bench.port("Records").read(bench.actors.session("analyst"), bench.lot(lot))
    return record.id if record else f"(no record of {bench.lot(lot)})"


@then(phrase('every entry of the audit trail of lot "{lot}" has person, printed name, time with offset and action'))
def complete(bench: Bench, lot: str) -> None:
    found = entries_of(bench, lot)
    bench.observe("entries found", expected="1", actual=str(len(found)), by="at-least", source="AuditTrail.entries")
    named = {
        f"{told(e)} of {e.record or 'the system'}{', field ' + e.field if e.field else ''} [{n}]": e
        for n, e in enumerate(found, 1)
    }
    in_one(
        bench, "entries, each with who, when and what", dict.fromkeys(named, _WHOLE), {k: _parts(e) for k, e in named.items()},
        source="AuditTrail.entries",
    )  # fmt: skip


def _time(text: str) -> str:
    """A time read and written anew; what cannot be read is told as what is missing."""
    try:
        return stored(parsed(text))
    except ValueError:
        return "(a time)"


def _offset(text: str) -> str:
    """An offset read and written anew."""
    found = re.fullmatch(r"([+-])([01]\d):([0-5]\d)", text)
    return f"{found[1]}{int(found[2]):02d}:{int(found[3]):02d}" if found else "(an offset)"


WELL_FORMED = "a time in UTC with its offset, well formed"


def form_of(entry: AuditEntry) -> str:
    """Whether time and offset of an entry can be read and are written as they must be; otherwise what stands there."""
    good = (_time(entry.at), _offset(entry.offset)) == (entry.at, entry.offset)
    return WELL_FORMED if good else f"malformed: {entry.at!r} {entry.offset!r}"


def well_timed(bench: Bench, entry: AuditEntry) -> None:
    form = form_of(entry)
    actual = f"{entry.at}, {entry.offset}: {form}" if form == WELL_FORMED else form
    bench.observe(
        f"entry {entry.number}: time and offset", expected=WELL_FORMED, actual=actual, by="contains", source="AuditTrail.entries"
    )


def _parts(entry: AuditEntry) -> str:
    """What an entry says of who, when and what; a part that is blank or malformed is told."""
    named = {"person": entry.user_id, "printed name": entry.printed_name, "action": entry.action}
    return "; ".join(
        (
            *(name if value and value == value.strip() else f"no {name}: {value!r}" for name, value in named.items()),
            form_of(entry),
        )
    )


_WHOLE = f"person; printed name; action; {WELL_FORMED}"


@then(phrase('the audit trail of lot "{lot}" tells that "{field}" was changed to "{value}" by the "{role}" because "{reason}"'))
def change_told(bench: Bench, lot: str, field: str, value: str, role: str, reason: str) -> None:
    account = bench.actors.account(role)
    name = _name_of(bench, lot)
    found = [e for e in entries_of(bench, lot) if e.record == name and e.field == field and e.new == value]
    asked = SystemClock().now()
    entry = found[-1] if found else None
    bench.world.facts["entry"] = entry
    actual = f"{entry.user_id}: {entry.new}; {entry.reason}" if entry else "no such entry"
    bench.observe(
        "who, new value and reason", expected=f"{account.user_id}: {value}; {reason}", actual=actual, source="AuditTrail.entries"
    )
    if entry is None:  # unreachable: an entry that is not there has just failed the step
        return
    well_timed(bench, entry)
    bench.observe(
        "difference between the time of the entry and the recorder's clock when asked",
        expected=_RECENT,
        actual=f"{abs((asked - parsed(entry.at)).total_seconds()):.3f}",
        unit="s",
        by="at-most",
        source=f"AuditTrail.entries ({entry.at}), recorder's clock ({stored(asked)})",
    )


@then(phrase('the entry names "{value}" as the value "{field}" had before'))
def old_value(bench: Bench, value: str, field: str) -> None:
    entry: AuditEntry | None = bench.world.facts["entry"]
    actual = entry.old if entry else "no entry"
    bench.observe(f"old value of {field}", expected=value, actual=actual, source="AuditTrail.entries")


@given(phrase('the audit trail holds at least "{count:d}" events'))
def long_enough(bench: Bench, count: int) -> None:
    """A trail is checked in pieces; a short one is a single piece. What is missing is made by changing a lot again and again."""
    held = _events(bench)
    if held < count:
        bench.actors.log_in("analyst")
        made = plate(bench, "analyst", bench.lot("LONG"), "1.000")
        if not made.accepted:
            raise CsvgenError(f"lot {bench.lot('LONG')} could not be prepared: {made.message}")
    for number in range(held, count):
        session = bench.actors.session("analyst")
        changed = bench.port("Records").change(session, bench.lot("LONG"), "comment", f"note {number}", "a trail of some length")
        if not changed.accepted:
            raise CsvgenError(f"the trail could not be made long enough: {changed.message}")
    told = _events(bench)
    if told < count:
        raise CsvgenError(f"the audit trail holds {told} events; the case asks for {count}")
    bench.observe.note("events of the audit trail", str(told), source="AuditTrail.integrity")


def _events(bench: Bench) -> int:
    return int(bench.port("AuditTrail").integrity(bench.actors.session("auditor")).facts.get("events", "0"))


@then("the audit trail is unbroken")
def unbroken(bench: Bench) -> None:
    outcome = bench.port("AuditTrail").integrity(bench.actors.session("auditor"))
    bench.observe(
        "system's check of its trail", expected="accepted: ", actual=answer(outcome), by="contains", source="AuditTrail.integrity"
    )
    shown = {e.number for e in bench.port("AuditTrail").entries(bench.actors.session("auditor"), "")}
    first, last = (str(n) for n in (min(shown, default=0), max(shown, default=0)))
    bench.observe("number of the first event shown", expected="1", actual=first, source="AuditTrail.entries")
    bench.observe("events shown up to the last", expected=last, actual=str(len(shown)), source="AuditTrail.entries")


@when(phrase('somebody with the rights of the application on its database tries to falsify the trail by "{manner}"'))
def attack(bench: Bench, manner: str) -> None:
    bench.world.facts["trail before"] = bench.port("AuditTrail").entries(bench.actors.session("auditor"), "")
    outcome = bench.world.take("AuditTrail.attack", bench.port("AuditTrail").attack(bench.actors.session("auditor"), manner))
    bench.observe.note(f"attempt to falsify the trail by {manner}", answer(outcome), source="AuditTrail.attack")


@then(phrase('the attempt ends "{end}"'))
def ended(bench: Bench, end: str) -> None:
    """Refused by the store; or let in, and then found by the system's own check."""
    if end not in ENDS:
        raise CsvgenError(f"the step library knows no end {end!r} of an attempt; it knows {', '.join(ENDS)}")
    outcome = last(bench)
    if end in (REFUSED, NO_SWITCH):
        bench.observe(
            "answer to the attempt", expected="a refusal", actual=answer(outcome), by="refused", source=bench.world.about
        )
    if end == NO_SWITCH:
        return
    source = f"{bench.world.about}: the same act on a copy of the instance, where it succeeds"
    told = {name: outcome.facts.get(name, "(not reported)") for name in ("check before", "check", "next entry")}
    what = "system's check of the trail before the act, on the copy that was attacked"
    bench.observe(what, expected="accepted: ", actual=told["check before"], by="contains", source=source)
    what = "system's check of the trail after the act, on the copy that was attacked"
    bench.observe(what, expected="a refusal", actual=told["check"], by="refused", source=source)
    if end == STOPPED:
        what = "next entry after the act, on the copy that was attacked"
        bench.observe(what, expected="a refusal", actual=told["next entry"], by="refused", source=source)
    else:
        bench.observe.note("next entry after the act, on the copy that was attacked", told["next entry"], source=source)


@then(phrase('what the system says of the attempt names what was attacked: "{words}"'))
def named(bench: Bench, words: str) -> None:
    """Of an act on the store: what its check says of the copy that was attacked; of a request: the answer. ``{n}``: the event attacked.

    That something is wrong somewhere, or that something was refused, is not enough.
    """
    outcome = last(bench)
    asked = not outcome.facts.keys() & {"check before", "check", "place"}
    told = outcome.message if asked else outcome.facts.get("check", "(not reported)")
    expected = words.replace("{n}", outcome.facts.get("place", "{n}"))
    source = bench.world.about if asked else f"{bench.world.about}, the system's check of the copy that was attacked"
    bench.observe("what is named", expected=expected, actual=told, by="contains", source=source)


@then("no entry of the audit trail was changed, lost or added by the attempt")
def nothing_lost(bench: Bench) -> None:
    before: tuple[AuditEntry, ...] = bench.world.facts["trail before"]
    # An attempt may outlast a session, and asking with one that idled away is an entry of its own.
    bench.actors.log_in("auditor", anew=True)
    after: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("auditor"), "")
    source = "AuditTrail.entries of the instance itself, before and after; what was added is attached"
    kept, tail = after[: len(before)], after[len(before) :]
    bench.attach(_listed(tail), name="entries added since the attempt", media_type="application/jsonl")
    bench.observe("entries before the attempt", expected="1", actual=str(len(before)), by="at-least", source=source)
    bench.observe(
        f"digest of the first {len(before)} entries",
        expected=str(digest_bytes(_listed(before))),
        actual=str(digest_bytes(_listed(kept))),
        source=source,
    )
    people = _people(bench)
    for number, entry in enumerate(tail, before[-1].number + 1):
        acted = f"{entry.action} by {entry.user_id}"
        told = "an act of this case" if entry.action in _OWN_ACTS and entry.user_id in people else acted
        bench.observe(
            f"number and kind of the entry added since: {acted}",
            expected=f"{number}, an act of this case",
            actual=f"{entry.number}, {told}",
            source=f"{source}; acts of this case: {', '.join(sorted(_OWN_ACTS))}, by {' or '.join(sorted(people))}",
        )


def _people(bench: Bench) -> frozenset[str]:
    """Who acts in a case about the trail: the auditor, and the administrator asked to switch it off."""
    return frozenset(bench.actors.account(role).user_id for role in ("auditor", "administrator"))


def _listed(entries: Iterable[AuditEntry]) -> bytes:
    """Entries as lines of canonical JSON, every field of each."""
    return b"".join(canonical_json(entry) for entry in entries)


# ------------------------------------------------------------ the copy


@when(phrase('the "{role}" exports the audit trail'))
def export(bench: Bench, role: str) -> None:
    trail = bench.port("AuditTrail")
    entries: tuple[AuditEntry, ...] = trail.entries(bench.actors.session(role), "")
    bench.actors.log_in(role, anew=True)  # a long trail takes longer to read than a session may idle
    session = bench.actors.session(role)
    bench.world.facts["entries"] = (*entries, *trail.entries(session, "", entries[-1].number if entries else 0))
    bench.world.facts["export"] = trail.export(session)
    bench.world.facts["head"] = trail.integrity(session)
    bench.world.facts["exported by"] = bench.actors.account(role).user_id
    bench.attach(bench.world.facts["export"], name="export of the audit trail", media_type="application/jsonl")
    bench.observe.note("export", f"{len(bench.world.facts['export'])} bytes", source="AuditTrail.export")


@then("the export is one chain without gaps that ends where the system says the trail ends")
def export_chained(bench: Bench) -> None:
    """Walked here, over the bytes of the export: nothing of the system is asked but the head it reports."""
    lines: list[bytes] = bench.world.facts["export"].splitlines(keepends=True)
    source = "AuditTrail.export, walked by the recorder"
    before = digest_bytes(b"")
    for number, line in enumerate(lines, 1):
        event = json.loads(line)
        if (event.get("seq"), event.get("previous")) != (number, before):
            bench.observe(
                f"line {number}: number, digest of the line before",
                expected=f"{number} {before}",
                actual=f"{event.get('seq')} {event.get('previous')}",
                source=source,
            )
        before = digest_bytes(line)
    facts = bench.world.facts["head"].facts
    expected = f"{facts.get('events', '(not told)')} events, head {facts.get('head', '(not told)')}"
    bench.observe(
        "number of lines, digest of the last",
        expected=expected,
        actual=f"{len(lines)} events, head {before}",
        source=f"{source}; expected is what AuditTrail.integrity reports",
    )


@then("the export holds every entry of the audit trail, unchanged in every field")
def export_complete(bench: Bench) -> None:
    shown: tuple[AuditEntry, ...] = bench.world.facts["entries"]
    exported = exported_entries(bench.world.facts["export"])
    source = "AuditTrail.entries, AuditTrail.export; both lists are attached"
    first, own = exported[: len(shown)], exported[len(shown) :]
    bench.attach(_listed(shown), name="audit trail as shown", media_type="application/jsonl")
    bench.attach(_listed(exported), name="audit trail as exported, one entry a line", media_type="application/jsonl")
    bench.observe("entries compared", expected="1", actual=str(len(shown)), by="at-least", source=source)
    for there, copied in zip(shown, first, strict=False):
        if there != copied:
            name = f"entry {there.number}, field {there.field or '(none)'}"
            bench.observe(name, expected=_text(there), actual=_text(copied), source=source)
    bench.observe(
        f"digest of the {len(shown)} entries, all fields",
        expected=str(digest_bytes(_listed(shown))),
        actual=str(digest_bytes(_listed(first))),
        source=source,
    )
    bench.observe(
        "what the export holds beyond them",
        expected=f"export by {bench.world.facts['exported by']}",
        actual="; ".join(f"{e.action} by {e.user_id}" for e in own),
        source=source,
    )


def _text(entry: AuditEntry) -> str:
    return canonical_json(entry).decode("utf-8").rstrip("\n")


def exported_entries(export: bytes) -> list[AuditEntry]:
    """The entries of an export, in its order."""
    return [entry for line in export.splitlines() for entry in _exported(json.loads(line))]


def _exported(event: dict[str, Any]) -> list[AuditEntry]:
    """The entries an exported event stands for: one for each changed field, one for an event without any."""
    changes = event["changes"] or [{"field": "", "old": "", "new": ""}]
    who = (event["seq"], event["at"], event["offset"], event["person"], event["printed_name"], event["action"], event["record"])
    return [AuditEntry(*who, c["field"], c["old"], c["new"], event["reason"]) for c in changes]
