"""What reports show: each item once and with the right value, nothing of another lot, numbered pages; and reports that are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pytest_bdd import then, when

from csvgen.errors import CsvgenError, Refused
from csvgen.ports import AuditEntry, Outcome, RecordCopy
from csvgen.steps.common import Bench, answer, phrase
from csvgen.steps.provenance import MISSING, refused
from csvgen.steps.reading import NUMBERED, Reading, read, shown
from csvgen.steps.records import record_of
from csvgen.steps.trail import exported_entries

Asking = Callable[[Bench, str, str], RecordCopy | None]
"""How a report is asked for: bench, session, lot."""
REPORTS: Mapping[str, tuple[str, Asking]] = {
    "certificate of analysis": ("Pipeline.certificate", lambda b, s, lot: b.port("Pipeline").certificate(s, lot)),
    "review packet": ("Signing.review_packet", lambda b, s, lot: b.port("Signing").review_packet(s, lot)),
    "copy of the record": ("Records.copy", lambda b, s, lot: b.port("Records").copy(s, lot)),
}
"""Report, in the words of a criterion -> the verb that gives it, and how it is asked for."""


@when(phrase('the "{role}" asks for the report "{report}" of lot "{lot}"'))
def ask(bench: Bench, role: str, report: str, lot: str) -> None:
    if report not in REPORTS:
        raise CsvgenError(f"the step library knows no report {report!r}; it knows {', '.join(REPORTS)}")
    verb, given_by = REPORTS[report]
    try:
        copy = given_by(bench, bench.actors.session(role), bench.lot(lot))
    except Refused as refusal:
        outcome = refused(refusal)
    else:
        outcome = Outcome(False, "there is no such record")
        if copy is not None:
            outcome = Outcome(
                True, f"{len(copy.human)} bytes {copy.human_type}, {len(copy.electronic)} bytes {copy.electronic_type}"
            )
            bench.world.facts["report"] = copy
            bench.attach(copy.human, name=f"{report} of {bench.lot(lot)}", media_type=copy.human_type)
            bench.attach(copy.electronic, name=f"data of the {report} of {bench.lot(lot)}", media_type=copy.electronic_type)
    bench.world.take(verb, outcome)
    bench.observe.note(f"{report} of lot {bench.lot(lot)}", answer(outcome), source=verb)


def _report(bench: Bench) -> tuple[RecordCopy, Reading]:
    copy: RecordCopy | None = bench.world.facts.get("report")
    if copy is None:
        raise CsvgenError("no report was handed out")
    return copy, read(copy)


# ------------------------------------------------------------ items


def _expected(bench: Bench, lot: str, source: str) -> str:
    """The value an item must show, from where the criterion says it comes from."""
    kind, _, name = source.partition(" ")
    if source == "lot number":
        return bench.lot(lot)
    if kind == "text" and name:
        return name
    if kind == "field" and name:
        fields = record_of(bench, lot).fields
        if not fields.get(name):
            raise CsvgenError(f"the record of lot {bench.lot(lot)} has no field {name!r} to compare with")
        return fields[name]
    if kind == "person" and name:
        account = bench.actors.account(name)
        return f"{account.printed_name} ({account.user_id})"
    raise CsvgenError(f"no source {source!r}; a source is: lot number, text WORDS, field NAME, person ROLE")


def items_of(cell: str) -> list[tuple[str, str]]:
    """``Batch = lot number; Status = text RELEASED`` as pairs. Raises CsvgenError for what is no such list."""
    pairs = [(item.strip(), source.strip()) for item, _, source in (part.partition("=") for part in cell.split(";"))]
    if not all(item and source for item, source in pairs):
        raise CsvgenError(f"items are written as: item = source; item = source; not {cell!r}")
    return pairs


def _value(told: str, expected: str) -> str:
    """What a cell tells of a value: itself, or of several set off by commas the one that was looked for."""
    return expected if expected in told.split(", ") else told


@then(phrase('the report shows each of "{items}" once, with the value of lot "{lot}"'))
def shows_items(bench: Bench, items: str, lot: str) -> None:
    _, reading = _report(bench)
    for item, source in items_of(items):
        expected, told = _expected(bench, lot, source), shown(reading, item)
        where = f"the form for people; expected from {source}"
        bench.observe(f"how often the report shows {item}", expected="1", actual=str(len(told)), source="the form for people")
        bench.observe(item, expected=expected, actual=_value(told[0], expected) if told else MISSING, source=where)


@then(phrase('the report shows nothing of lot "{lot}"'))
def nothing_of(bench: Bench, lot: str) -> None:
    """Looked for by the names that are that lot's alone: its number, its run, the digests of its files and outputs."""
    copy, reading = _report(bench)
    other = bench.port("Pipeline").lot(bench.actors.session("analyst"), bench.lot(lot))
    names = [bench.lot(lot), *(other.files.values() if other else ())]
    names += [v for k, v in other.run_record.items() if v and k in ("id", "outputs")] if other else []
    if other is None or len(names) < 3:  # noqa: PLR2004 - number, file, run
        raise CsvgenError(f"lot {bench.lot(lot)} has no file or run to look for")
    for form, text in (("form for people", reading.text), ("data", copy.electronic.decode("utf-8", "replace"))):
        strays = [name for name in names if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text)]
        bench.observe(
            f"names of lot {bench.lot(lot)} in the {form}",
            expected="none",
            actual="; ".join(strays) or "none",
            source=f"looked for: {', '.join(names)}",
        )


@then("each page of the report says its number and how many pages there are")
def numbered(bench: Bench) -> None:
    copy, reading = _report(bench)
    if not reading.pages:
        counted = NUMBERED.search(reading.text)
        told = counted[0] if counted else "none"
        what = "numbers of pages in a form that has no pages"
        bench.observe(what, expected="none", actual=told, source=f"the form for people, {copy.human_type}")
        return
    total = len(reading.pages)
    bench.observe("pages", expected="1", actual=str(total), by="at-least", source="the form for people")
    for number, told in enumerate(reading.numbers, 1):
        bench.observe(f"number of page {number}", expected=f"{number} of {total}", actual=told, source="the form for people")


# ------------------------------------------------------------ handing out, exporting, refusing


@then(phrase('the audit trail of lot "{lot}" ends with the entry "{action}" by the "{role}", with the time and its offset'))
def handed_out(bench: Bench, lot: str, action: str, role: str) -> None:
    found: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("analyst"), bench.lot(lot))
    if not found:
        raise CsvgenError(f"the audit trail tells nothing of lot {bench.lot(lot)}")
    entry, account = found[-1], bench.actors.account(role)
    source = f"AuditTrail.entries, entry {entry.number}"
    bench.observe("act", expected=action, actual=entry.action or MISSING, source=source)
    who = f"{account.printed_name} ({account.user_id})"
    bench.observe("person", expected=who, actual=f"{entry.printed_name} ({entry.user_id})", source=source)
    fits = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", entry.at) and re.fullmatch(r"[+-]\d\d:\d\d", entry.offset)
    told = "time and offset" if fits else f"{entry.at} {entry.offset}"
    bench.observe("time with offset", expected="time and offset", actual=told, source=f"{source}: {entry.at} {entry.offset}")


@then(
    phrase(
        'the export of the audit trail shows each entry of lot "{lot}" once and as it is, and those of lot "{other}" as theirs'
    )
)
def export_shows(bench: Bench, lot: str, other: str) -> None:
    exported = exported_entries(bench.world.facts["export"])
    for name in (lot, other):
        entries: tuple[AuditEntry, ...] = bench.port("AuditTrail").entries(bench.actors.session("analyst"), bench.lot(name))
        wanted = [e for e in entries if e in bench.world.facts["entries"]]
        bench.observe(
            f"audit entries of lot {bench.lot(name)}", expected="1", actual=str(len(wanted)), by="at-least", source="AuditTrail"
        )
        wrong = [f"entry {e.number} {e.field}".strip() + f": {exported.count(e)} times" for e in wanted if exported.count(e) != 1]
        source = f"AuditTrail.entries, AuditTrail.export ({len(wanted)} entries compared in every field)"
        bench.observe(
            f"entries of lot {bench.lot(name)} not there once", expected="none", actual="; ".join(wrong) or "none", source=source
        )


@then("no report was handed out")
def none_given(bench: Bench) -> None:
    copy: RecordCopy | None = bench.world.facts.get("report")
    told = f"{len(copy.human)} bytes" if copy is not None else "none"
    bench.observe("report handed out", expected="none", actual=told, source=bench.world.about)
