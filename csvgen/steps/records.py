"""Records: changing, deleting, earlier versions, copies, and the functions of the permission matrix."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

from pytest_bdd import given, then, when

from csvgen.clock import shown
from csvgen.errors import CsvgenError
from csvgen.execution.observe import judge
from csvgen.ports import AuditEntry, Outcome, RecordCopy, RecordView, Secret, SignatureView
from csvgen.steps.access import good_password
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.grouped import in_one
from csvgen.steps.lots import PLATE_INSTRUMENT, PLATE_METHOD, constructed_plate, ingest, plate, view
from csvgen.steps.signing import read_packet


def record_of(bench: Bench, lot: str, role: str = "analyst") -> RecordView:
    found: RecordView | None = bench.port("Records").read(bench.actors.session(role), bench.lot(lot))
    if found is None:
        raise CsvgenError(f"the system has no record of lot {bench.lot(lot)}")
    return found


@when(phrase('the "{role}" changes "{field}" of lot "{lot}" to "{value}" because "{reason}"'))
def change(bench: Bench, role: str, field: str, lot: str, value: str, reason: str) -> None:
    bench.world.facts["before"] = record_of(bench, lot).fields.get(field, "")
    outcome = bench.port("Records").change(bench.actors.session(role), bench.lot(lot), field, value, reason.strip())
    bench.world.take("Records.change", outcome)
    bench.observe.note(
        f"{field} of lot {bench.lot(lot)} to {value!r}, reason {reason!r}", answer(outcome), source="Records.change"
    )


@given(phrase('"{field}" of lot "{lot}" is "{value}" from the beginning'))
def begun(bench: Bench, field: str, lot: str, value: str) -> None:
    """A value to start from, so that an old value that was never recorded cannot be taken for a blank one."""
    outcome = bench.port("Records").change(bench.actors.session("analyst"), bench.lot(lot), field, value, "first entry")
    if not outcome.accepted:
        raise CsvgenError(f"{field} could not be set to {value!r}: {outcome.message}")
    actual = record_of(bench, lot).fields.get(field, "")
    bench.observe(f"{field} of lot {bench.lot(lot)} to begin with", expected=value, actual=actual, source="Records.read")


@when(phrase('the "{role}" changes "{field}" of lot "{lot}" to each of "{values}"'))
def change_each(bench: Bench, role: str, field: str, lot: str, values: str) -> None:
    for number, value in enumerate(values.split("; "), 1):
        outcome = bench.port("Records").change(
            bench.actors.session(role), bench.lot(lot), field, value, f"correction number {number}"
        )
        if not outcome.accepted:
            raise CsvgenError(f"{field} could not be set to {value!r}: {outcome.message}")
        bench.observe.note(f"{field} set to {value!r}", answer(outcome), source="Records.change")


@then(phrase('the history of lot "{lot}" shows "{field}" as each of "{values}" in that order'))
def history(bench: Bench, lot: str, field: str, values: str) -> None:
    versions: tuple[RecordView, ...] = bench.port("Records").history(bench.actors.session("analyst"), bench.lot(lot))
    seen = [v.fields.get(field, "") for v in versions]
    distinct = [value for index, value in enumerate(seen) if value and (index == 0 or value != seen[index - 1])]
    source = f"Records.history ({len(versions)} versions)"
    bench.observe(f"values of {field} over the versions", expected=values, actual="; ".join(distinct), source=source)


@then(phrase('"{field}" of lot "{lot}" is not "{value}"'))
def unchanged(bench: Bench, field: str, lot: str, value: str) -> None:
    actual = record_of(bench, lot).fields.get(field, "")
    bench.observe(f"{field} of lot {bench.lot(lot)}", expected=value, actual=actual, by="not-equal", source="Records.read")
    same(bench, f"{field} as before the attempt", bench.world.facts["before"], actual, source="Records.read")


def same(bench: Bench, what: str, expected: str, actual: str, *, source: str) -> None:
    """The actual value is the expected one; where nothing is expected to stand, the observation says so."""
    bench.observe(what, expected=expected or "(blank)", actual=actual, by="equal" if expected else "blank", source=source)


@when(phrase('the "{role}" deletes lot "{lot}" because "{reason}"'))
def delete(bench: Bench, role: str, lot: str, reason: str) -> None:
    outcome = bench.world.take("Records.delete", bench.port("Records").delete(bench.actors.session(role), bench.lot(lot), reason))
    bench.observe.note(f"deletion of lot {bench.lot(lot)} by the {role}", answer(outcome), source="Records.delete")


# ------------------------------------------------------------ copies


@when(phrase('the "{role}" takes a copy of lot "{lot}"'))
def take_copy(bench: Bench, role: str, lot: str) -> None:
    copy: RecordCopy | None = bench.port("Records").copy(bench.actors.session(role), bench.lot(lot))
    if copy is None:
        raise CsvgenError(f"the system gave no copy of lot {bench.lot(lot)}")
    bench.world.facts["copy"] = copy
    bench.attach(copy.electronic, name=f"electronic copy of {bench.lot(lot)}", media_type=copy.electronic_type)
    bench.attach(copy.human, name=f"human-readable copy of {bench.lot(lot)}", media_type=copy.human_type)
    told = f"{len(copy.human)} bytes {copy.human_type}, {len(copy.electronic)} bytes {copy.electronic_type}"
    bench.observe.note(f"copy of lot {bench.lot(lot)}", told, source="Records.copy")


def _entry(entry: Mapping[str, Any]) -> str:
    """An audit entry in one line: every member of the port's entry under its name."""
    return "; ".join(f"{f.name} {entry.get(f.name, '(not in the copy)')}" for f in dataclasses.fields(AuditEntry))


def _electronic(copy: RecordCopy, name: str, kind: type) -> Any:
    """A part of the electronic copy; empty when it is not there or of another kind, so that each value is found missing."""
    content = json.loads(copy.electronic)
    part = content.get(name) if isinstance(content, dict) else None
    return part if isinstance(part, kind) else kind()


class _Rows(HTMLParser):
    """The lines a person sees on a page: a heading, a paragraph, or a row of a table with its cells joined."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - base class
        if tag in ("h1", "h2", "h3", "p", "tr", "li", "style", "title"):
            self.lines.append("")
        elif tag in ("td", "th"):
            self.lines[-1] += " | " if self.lines[-1] else ""

    def handle_data(self, data: str) -> None:
        if self.lines:
            self.lines[-1] += data


def readable_lines(copy: RecordCopy) -> list[str]:
    """The human-readable copy as lines of text."""
    text = copy.human.decode("utf-8", "replace")
    if copy.human_type != "text/html":
        return text.splitlines()
    rows = _Rows()
    rows.feed(text)
    return [line for line in rows.lines if line.strip()]


def _nearest(lines: list[str], parts: list[str], length: int = 1) -> str:
    """Of all places of so many lines, the one that holds most of the parts: what stands there is observed, right or wrong."""
    places = ["\n".join(lines[n : n + length]) for n in range(max(1, len(lines) - length + 1))]
    return max(places, key=lambda place: sum(part in place for part in parts), default="")


@then(phrase('the electronic copy of lot "{lot}" holds every field, signature and audit entry'))
def electronic_copy(bench: Bench, lot: str) -> None:
    copy: RecordCopy = bench.world.facts["copy"]
    session = bench.actors.session("auditor")
    record: RecordView = bench.port("Records").read(session, bench.lot(lot))
    fields = _electronic(copy, "fields", dict)
    bench.observe("fields of the record", expected="1", actual=str(len(record.fields)), by="at-least", source="Records.read")
    copied = {name: str(fields.get(name, "(not in the copy)")) for name in record.fields}
    in_one(bench, "fields in the electronic copy", dict(record.fields), copied, source="Records.copy, Records.read")
    signatures: tuple[SignatureView, ...] = bench.port("Signing").signatures(session, bench.lot(lot))
    held = [s for s in _electronic(copy, "signatures", list) if isinstance(s, dict)]
    bench.observe("signatures of the record", expected="1", actual=str(len(signatures)), by="at-least", source="Signing")
    bench.observe("signatures in the copy", expected=str(len(signatures)), actual=str(len(held)), source="Records.copy, Signing")
    for number, (signature, entry) in enumerate(zip(signatures, held, strict=True), 1):
        bench.observe(
            f"signature {number} in the electronic copy: person, meaning, time, offset",
            expected=f"{signature.printed_name} ({signature.user_id}); {signature.meaning}; {signature.at} {signature.offset}",
            actual=f"{entry.get('printed_name')} ({entry.get('user_id')}); {entry.get('meaning')}; "
            f"{entry.get('signed_utc')} {entry.get('offset')}",
            source="Records.copy, Signing.signatures",
        )
    entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(session, bench.lot(lot))
    told = [e for e in _electronic(copy, "audit_trail", list) if isinstance(e, dict)]
    bench.observe("audit entries of the record", expected="1", actual=str(len(entries)), by="at-least", source="AuditTrail")
    bench.observe(
        "audit entries in the copy", expected=str(len(entries)), actual=str(len(told)), source="Records.copy, AuditTrail"
    )
    pairs = {f"entry {a.number} [{n}]": (a, c) for n, (a, c) in enumerate(zip(entries, told, strict=True), 1)}
    in_one(
        bench, "audit entries in the electronic copy", {name: _entry(dataclasses.asdict(a)) for name, (a, _) in pairs.items()},
        {name: _entry(c) for name, (_, c) in pairs.items()}, source="Records.copy, AuditTrail.entries",
    )  # fmt: skip


def _first_of(lines: list[str], name: str) -> str:
    """What the first line of this name says. A copy shows the record as it is before its earlier versions, whose values may be others."""
    found = (line.partition(" | ") for line in lines)
    return next((said.replace(" | ", " ") for label, _, said in found if label.strip().casefold() == name.casefold()), "")


@then(phrase('the human-readable copy of lot "{lot}" shows every reported value, signature and audit entry'))
def human_copy(bench: Bench, lot: str) -> None:
    copy: RecordCopy = bench.world.facts["copy"]
    lines = readable_lines(copy)
    session = bench.actors.session("auditor")
    tests = view(bench, bench.lot(lot)).tests
    signatures: tuple[SignatureView, ...] = bench.port("Signing").signatures(session, bench.lot(lot))
    entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(session, bench.lot(lot))
    for what, found in (("reported values", tests), ("signatures", signatures), ("audit entries", entries)):
        bench.observe(
            f"{what} looked for", expected="1", actual=str(len(found)), by="at-least", source="Pipeline, Signing, AuditTrail"
        )
    for test in tests:
        told, expected = _first_of(lines, test.name), f"{test.reported} {test.unit}"
        begins = told[: len(expected) + 1].rstrip(" ,;")  # with what follows, so that 100 is not found in 1000
        what = f"test {test.name} in the human-readable copy"
        bench.observe(what, expected=expected, actual=begins or "(no line of this test)", source="Records.copy")
        bench.observe(f"{what}: verdict", expected=test.verdict, actual=told, by="contains", source="Records.copy")
    for number, made in enumerate(signatures, 1):
        parts = [made.printed_name, made.user_id, shown(made.at), made.meaning]
        _shown(bench, f"signature {number}: name, person, time with offset, meaning", lines, parts, length=4)
    _entries_shown(bench, lines, entries)


def _entries_shown(bench: Bench, lines: list[str], entries: tuple[AuditEntry, ...]) -> None:
    """Every part of every entry, in one line of the copy. An entry whose line lacks a part has a row of its own."""
    expected: dict[str, str] = {}
    actual: dict[str, str] = {}
    for n, audit in enumerate(entries, 1):
        parts = [str(audit.number), shown(audit.at), audit.printed_name, audit.user_id, audit.action, audit.record]
        parts += [part for part in (audit.field, audit.old, audit.new, audit.reason) if part]
        place = _nearest(lines, parts)
        if not judge("contains-each", "\n".join(parts), place):
            _shown(bench, f"audit entry {audit.number}", lines, parts)
        name = f"entry {audit.number} [{n}]"
        expected[name] = "one line shows " + " | ".join(parts)
        actual[name] = f"one line shows {' | '.join(part for part in parts if part in place)}"
    in_one(bench, "audit entries in the human-readable copy", expected, actual, source="Records.copy, AuditTrail.entries")


def _shown(bench: Bench, what: str, lines: list[str], parts: list[str], length: int = 1) -> None:
    place = _nearest(lines, parts, length)
    bench.observe(
        f"{what} in the human-readable copy", expected="\n".join(parts), actual=place, by="contains-each", source="Records.copy"
    )


# ------------------------------------------------------------ permission matrix

Function = Callable[[Bench, str, str], Outcome]


def _as_outcome(value: Any, what: str) -> Outcome:
    """Verbs that only read answer with data; no data and a refusal kind means no authority."""
    if isinstance(value, Outcome):
        return value
    return Outcome(bool(value), f"{what} given" if value else f"{what} not given")


def _sign(meaning: str) -> Function:
    def function(bench: Bench, role: str, lot: str) -> Outcome:
        account = bench.actors.account(role)
        signing = bench.port("Signing")
        read_packet(bench, bench.actors.session(role), lot, meaning)
        outcome: Outcome = signing.sign(
            bench.actors.session(role), lot, meaning, "matrix cell", account.user_id, account.password
        )
        return outcome

    return function


def _ingest(bench: Bench, role: str, lot: str) -> Outcome:
    metadata = {"instrument": PLATE_INSTRUMENT, "sample": "S1", "method": PLATE_METHOD}
    return ingest(bench, role, lot, "plate.csv", constructed_plate(("1.000",), lot=lot), **metadata)


def _create(bench: Bench, role: str, _lot: str) -> Outcome:
    access = bench.actors.access
    secret = Secret(good_password())
    return access.create_account(
        bench.actors.session(role), bench.user(f"cell-{role}"), "Cell Of The Matrix", ("analyst",), secret
    )


def _export(bench: Bench, role: str, _lot: str) -> Outcome:
    """Accepted when the trail was given; a refusal is the system's own."""
    outcome: Outcome = bench.port("AuditTrail").export_outcome(bench.actors.session(role))
    return outcome


FUNCTIONS: dict[str, tuple[str, Function]] = {
    "ingest": ("none", _ingest),
    "process": ("registered", lambda b, role, lot: b.port("Pipeline").process(b.actors.session(role), lot)),
    "change a record": (
        "processed",
        lambda b, role, lot: b.port("Records").change(b.actors.session(role), lot, "storage", "shelf 7", "cell of the matrix"),
    ),
    "review": ("processed", _sign("reviewed")),
    "release": ("reviewed", _sign("released")),
    "reject": ("reviewed", _sign("rejected")),
    "create an account": ("none", _create),
    "export the audit trail": ("none", _export),
}
"""Function -> state the lot must be in for it, and how it is used."""


def bring_to(bench: Bench, lot: str, state: str, signal: str = "1.000") -> None:
    """A lot in a state of its life, by the roles whose duty each step is."""
    for role in ("analyst", "reviewer", "quality"):
        bench.actors.log_in(role)
    if state == "none":
        return
    outcome = _ingest(bench, "analyst", lot) if state == "registered" else plate(bench, "analyst", lot, signal)
    if outcome.accepted and state in ("reviewed", "released", "rejected"):
        outcome = _sign("reviewed")(bench, "reviewer", lot)
    if outcome.accepted and state in ("released", "rejected"):
        outcome = _sign(state)(bench, "quality", lot)
    if not outcome.accepted:
        raise CsvgenError(f"lot {lot} could not be brought to the state {state}: {outcome.message}")


@given(phrase('a lot prepared for "{function}"'))
def prepared(bench: Bench, function: str) -> None:
    if function not in FUNCTIONS:
        raise CsvgenError(f"the step library knows no function {function!r}; it knows {', '.join(FUNCTIONS)}")
    state, _ = FUNCTIONS[function]
    bench.world.facts["lot"] = bench.lot("CELL")
    bring_to(bench, bench.world.facts["lot"], state)
    bench.observe.note(
        f"lot prepared for {function}", f"{bench.world.facts['lot']} in the state {state}", source="Pipeline, Signing"
    )


@when(phrase('the "{role}" asks to "{function}", with what was prepared for it'))
def use(bench: Bench, role: str, function: str) -> None:
    outcome = _as_outcome(FUNCTIONS[function][1](bench, role, bench.world.facts["lot"]), function)
    bench.world.take(f"function {function}", outcome)
    bench.observe.note(f"{function} by the {role}", answer(outcome), source=bench.world.about)


ACTS: dict[str, tuple[str, Function]] = {
    "take another file": ("Pipeline.ingest", _ingest),
    "be processed": ("Pipeline.process", lambda b, role, lot: b.port("Pipeline").process(b.actors.session(role), lot)),
    "be changed": (
        "Records.change",
        lambda b, role, lot: b.port("Records").change(
            b.actors.session(role), lot, "comment", "changed late", "tried out of order"
        ),
    ),
    "be signed as reviewed": ("Signing.sign", _sign("reviewed")),
    "be released": ("Signing.sign", _sign("released")),
    "be rejected": ("Signing.sign", _sign("rejected")),
}
"""What may be asked of a lot out of its order -> the verb that is asked, and how."""


@when(phrase('the "{role}" asks that lot "{lot}" "{act}"'))
def out_of_order(bench: Bench, role: str, lot: str, act: str) -> None:
    if act not in ACTS:
        raise CsvgenError(f"the step library knows no act {act!r}; it knows {', '.join(ACTS)}")
    verb, function = ACTS[act]
    record = record_of(bench, lot)
    bench.world.facts["fields"] = record.fields
    outcome = bench.world.take(verb, function(bench, role, bench.lot(lot)))
    bench.observe.note(f"that lot {bench.lot(lot)} {act}, asked by the {role}", answer(outcome), source=verb)


@then(phrase('every field of lot "{lot}" is as before'))
def fields_as_before(bench: Bench, lot: str) -> None:
    before: Mapping[str, str] = bench.world.facts["fields"]
    after = record_of(bench, lot).fields
    in_one(bench, "fields of the record, before and after", before, after, source="Records.read, before and after")


@given(phrase('lot "{lot}" is brought to the state "{state}" with the sample signal "{signal}"'))
def brought(bench: Bench, lot: str, state: str, signal: str) -> None:
    bring_to(bench, bench.lot(lot), state, signal)
    reached = "there is no such lot" if state == "none" else view(bench, bench.lot(lot)).state
    bench.observe.note(f"lot {bench.lot(lot)}", reached, source="Pipeline.lot")
