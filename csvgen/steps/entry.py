"""Data entry: forms filled in, entered, refused; and what is there afterwards."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_bdd import given, then, when

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import parsed, stored
from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked
from csvgen.ports import AuditEntry, DeviationView, Outcome, RecordView
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.grouped import in_one
from csvgen.steps.lots import plate
from csvgen.steps.records import same
from csvgen.steps.since import end_of_trail

REASON = "reason"
"""A form's field that is no part of the record: why it is entered."""
_WHY = "entered for the validation"
_SESSIONS = frozenset({"log-in", "session-locked"})
"""What looking at the system may add to its trail: a session that idled away and is opened anew."""

# ------------------------------------------------------------ what is filled in

_PLACE = re.compile(r"\{(?P<name>new|blank|lot|today)(?P<days>[+-]\d+)?\}")


def filled(bench: Bench, text: str) -> str:
    """A value with its places filled.

    ``{new}`` is a name no other case uses, ``{lot}`` the lot of the case, ``{blank}`` nothing at all, ``{today}``, ``{today+1}`` and
    so on the system's day.
    """

    def one(place: re.Match[str]) -> str:
        match place["name"]:
            case "new":
                return digest_bytes(bench.lot("new").encode()).partition(":")[2][:10].upper()
            case "lot":
                return bench.lot("entry")
            case "today":
                clock = parsed(bench.port("Installation").clock().utc)
                return stored(clock + dt.timedelta(days=int(place["days"] or 0)))[:10]
        return ""

    return _PLACE.sub(one, text)


def _pairs(text: str) -> dict[str, str]:
    """``id = PR-{new}; kind = plate reader`` as field and value. Raises CsvgenError for what is no pair, or stands twice."""
    found: dict[str, str] = {}
    for part in text.split("; "):
        name, equals, value = part.partition(" = ")
        if not equals or name in found:
            raise CsvgenError(f"{part!r} is not one field with its value (field = value; field = value)")
        found[name] = value
    return found


def values_of(bench: Bench, text: str) -> dict[str, str]:
    return {name: filled(bench, value) for name, value in _pairs(text).items()}


_WIDE = {ord(c): ord(c) + 0xFEE0 for c in map(chr, range(0x21, 0x7F))}
_CYRILLIC = str.maketrans("AaBEeHKMOoPpCcTXxyi", "АаВЕеНКМОоРрСсТХхуі")
_GREEK = str.maketrans("ABEHIKMNOoPTXYZ", "ΑΒΕΗΙΚΜΝΟοΡΤΧΥΖ")


def _one_letter(table: Mapping[int, int]) -> Callable[[str], str]:
    """The first letter that has a look-alike, exchanged for it."""

    def exchanged(text: str) -> str:
        place = next((n for n, c in enumerate(text) if ord(c) in table), None)
        return text if place is None else text[:place] + chr(table[ord(text[place])]) + text[place + 1 :]

    return exchanged


def _inside(character: str) -> Callable[[str], str]:
    return lambda text: text[:1] + character + text[1:]


MANNERS: Mapping[str, Callable[[str], str]] = {
    "in upper case": str.upper,
    "in lower case": str.lower,
    "with a leading space": lambda text: f" {text}",
    "with a trailing space": lambda text: f"{text} ",
    "with a trailing line break": lambda text: f"{text}\n",
    "blank": lambda _: "",
    "as spaces only": lambda _: "   ",
    "in full-width letters": lambda text: text.translate(_WIDE),
    "with a Cyrillic look-alike letter": _one_letter(_CYRILLIC),
    "with a Greek look-alike letter": _one_letter(_GREEK),
    "with a tab inside": _inside("\t"),
    "with a line break inside": _inside("\n"),
    "with a null character inside": _inside("\0"),
    "with a character of no width inside": _inside("\u200b"),
    "with a sign inside that turns the direction of writing": _inside("\u202e"),
}
"""Ways to write a value that is not as it should be, by the words of a case."""
_LENGTH = re.compile(r"(\d+) characters long")
LEFT_OUT = "left out"


def _long(value: str, count: int) -> str:
    """A value cut or lengthened to so many characters: an id or a number by its last character, other text by itself again."""
    if value[-1:].isalnum():
        return value[:count].ljust(count, value[-1])
    found = " ".join([value or "x"] * (count + 1))[:count]
    return f"{found[:-1]}x" if found.endswith(" ") else found


def _quoted(value: str) -> str:
    """A value between quotation marks, what does not print by its number, as documents write it."""
    return "'" + "".join(c if c.isprintable() else f"[U+{ord(c):04X}]" for c in value) + "'"


def written(value: str, manner: str) -> str:
    """A value written in another manner. Raises CsvgenError for an unknown manner, and where it changes nothing."""
    if length := _LENGTH.fullmatch(manner):
        found = _long(value, int(length[1]))
    elif manner in MANNERS:
        found = MANNERS[manner](value)
    else:
        raise CsvgenError(f"the step library knows no manner {manner!r}; it knows {', '.join((LEFT_OUT, *MANNERS))}")
    if found == value:
        raise CsvgenError(f"{value!r} is the same {manner}: nothing would be shown")
    return found


# ------------------------------------------------------------ filling in and entering


def _form(bench: Bench) -> tuple[str, dict[str, str]]:
    if "form" not in bench.world.facts:
        raise CsvgenError("no step before this one filled in a form")
    form, values = bench.world.facts["form"]
    return form, dict(values)


@given(phrase('the form "{form}" is filled in with "{values}"'))
def fill_in(bench: Bench, form: str, values: str) -> None:
    found = values_of(bench, values)
    bench.world.facts["form"] = (form, found)
    told = "; ".join(f"{name} = {value or '(blank)'}" for name, value in found.items())
    bench.observe.note(f"fields of the form {form}", told, source="as the case fills it in")


def _entered(bench: Bench, role: str, form: str, values: Mapping[str, str]) -> Outcome:
    session = bench.actors.session(role)
    offered = bench.port("Entry").forms(session)
    if form not in offered:
        raise Blocked(f"the target {bench.target.name} has no form {form!r}; it has {', '.join(offered)}")
    if strange := [name for name in values if name not in (*offered[form], REASON)]:
        raise Blocked(f"the form {form!r} has no field {strange[0]!r}; it has {', '.join((*offered[form], REASON))}")
    told = {name: value for name, value in values.items() if name != REASON}
    outcome: Outcome = bench.port("Entry").enter(session, form, told, values.get(REASON, _WHY))
    bench.world.take(f"Entry.enter, form {form}", outcome)
    bench.world.facts |= {"entered": dict(told), "entered by": role}
    return outcome


def _enter(bench: Bench, role: str, changed: Mapping[str, str], what: str, *, without: Iterable[str] = ()) -> None:
    form, values = _form(bench)
    gone = set(without)
    outcome = _entered(bench, role, form, {k: v for k, v in (values | dict(changed)).items() if k not in gone})
    bench.observe.note(f"entry of the form {form} by the {role}, {what}", answer(outcome), source=bench.world.about)


@given(phrase('the "{role}" has entered that form'))
def has_entered(bench: Bench, role: str) -> None:
    _enter(bench, role, {}, "to begin with")
    _begun(bench)


@given(phrase('the "{role}" has entered the form "{form}" with "{values}"'))
def has_entered_other(bench: Bench, role: str, form: str, values: str) -> None:
    """A precondition; the form filled in by another step stays as it is."""
    outcome = _entered(bench, role, form, values_of(bench, values))
    bench.observe.note(f"entry of the form {form} by the {role}, beforehand", answer(outcome), source=bench.world.about)
    _begun(bench)


def _begun(bench: Bench) -> None:
    outcome = last(bench)
    if not outcome.accepted:
        raise CsvgenError(f"what the case begins with was refused: {outcome.message}")


@when(phrase('the "{role}" enters that form'))
def enter(bench: Bench, role: str) -> None:
    _enter(bench, role, {}, "as it is filled in")


@when(phrase('the "{role}" enters that form with "{value}" as "{field}"'))
def enter_value(bench: Bench, role: str, value: str, field: str) -> None:
    told = filled(bench, value)
    _enter(bench, role, {field: told}, f"{field} {_quoted(told)}")


@when(phrase('the "{role}" enters that form with "{value}" as "{field}", written "{manner}"'))
def enter_written(bench: Bench, role: str, value: str, field: str, manner: str) -> None:
    told = written(filled(bench, value), manner)
    _enter(bench, role, {field: told}, f"{field} {_quoted(told)}")


@when(phrase('the "{role}" enters that form with the field "{field}" "{manner}"'))
def enter_manner(bench: Bench, role: str, field: str, manner: str) -> None:
    """A field left out, blank, or written in another manner than it is filled in."""
    if manner == LEFT_OUT:
        _enter(bench, role, {}, f"without {field}", without=[field])
        return
    told = written(_filled_in(bench, field), manner)
    _enter(bench, role, {field: told}, f"{field} {_quoted(told)}")


def _filled_in(bench: Bench, field: str) -> str:
    form, values = _form(bench)
    if field not in values and field != REASON:
        raise CsvgenError(f"the form {form!r} is filled in without {field!r}")
    return values.get(field, _WHY)


@when(
    phrase(
        'the "{role}" enters that form with "{a}" as "{first}", "{b}" as "{second}", "{c}" as "{third}" and "{d}" as "{fourth}"'
    )
)
def enter_four(
    bench: Bench, role: str, a: str, first: str, b: str, second: str, c: str, third: str, d: str, fourth: str
) -> None:  # fmt: skip
    told = {name: filled(bench, value) for name, value in zip((first, second, third, fourth), (a, b, c, d), strict=True)}
    _enter(bench, role, told, ", ".join(f"{name} {value!r}" for name, value in told.items()))


# ------------------------------------------------------------ what came of it


def _record(bench: Bench) -> tuple[RecordView, Mapping[str, str]]:
    """The record that came of the latest entry, read by who entered it, and the names under which fields stand there."""
    outcome = last(bench)
    if not outcome.reference:
        raise CsvgenError("the system named no record that came of the entry")
    record: RecordView | None = bench.port("Records").read(
        bench.actors.session(bench.world.facts["entered by"]), outcome.reference
    )
    if record is None:
        raise CsvgenError(f"the system has no record {outcome.reference}, which it named itself")
    return record, {k.removeprefix("shown:"): v for k, v in outcome.facts.items() if k.startswith("shown:")}


def _shown(bench: Bench, field: str, value: str, record: RecordView, names: Mapping[str, str]) -> None:
    name = names.get(field, field)
    actual = record.fields.get(name, "(no such field)")
    what = f"{field} of {record.id}" if name == field else f"{field} of {record.id} ({name})"
    same(bench, what, value, actual, source="Records.read")


@then(phrase('the record that came of it shows "{field}" as "{value}"'))
def shows(bench: Bench, field: str, value: str) -> None:
    _shown(bench, field, filled(bench, value), *_record(bench))


@then("the record that came of it holds every value exactly as it was entered")
def holds_all(bench: Bench) -> None:
    record, names = _record(bench)
    entered: dict[str, str] = bench.world.facts["entered"]
    actual = {field: record.fields.get(names.get(field, field), "(no such field)") for field in entered}
    in_one(bench, f"values of {record.id}, as entered and as the record shows them", entered, actual, source="Records.read")


# ------------------------------------------------------------ nothing changed


def _noted(bench: Bench, record: str) -> dict[str, Any]:
    bench.actors.log_in("auditor")
    session = bench.actors.session("auditor")
    records = bench.port("Records")
    deviations: tuple[DeviationView, ...] = ()
    if record.startswith("lot/") and bench.target.port("Pipeline") is not None:
        deviations = bench.port("Pipeline").deviations(session, record.removeprefix("lot/"))
    return {
        "record": records.read(session, record),
        "versions": tuple(records.history(session, record)),
        "deviations": deviations,
        "trail": tuple(bench.port("AuditTrail").entries(session, record)),
    }


def _prepared(bench: Bench) -> None:
    bench.actors.log_in("analyst")
    made = plate(bench, "analyst", bench.lot("entry"), "1.000")
    if not made.accepted:
        raise CsvgenError(f"the lot of the case could not be processed: {made.message}")


@given(phrase('what the system holds of "{record}" is noted'))
def note(bench: Bench, record: str) -> None:
    """A record that is not there is noted as not there. The lot of the case (``{lot}``) is made first."""
    if "{lot}" in record:
        _prepared(bench)
    named = filled(bench, record)
    before = _noted(bench, named)
    bench.world.facts |= {"noted": before, "noted record": named, "noted end": end_of_trail(bench)}
    view: RecordView | None = before["record"]
    told = f"version {view.version}, {view.state}" if view else "no such record"
    bench.observe.note(named, told, source="Records.read")
    told = f"{len(before['trail'])} about it, the last of all is {bench.world.facts['noted end']}"
    bench.observe.note("entries of the audit trail", told, source="AuditTrail.entries")


@given(phrase('how the record "{record}" stands is noted'))
def note_record(bench: Bench, record: str) -> None:
    """As the step before it, for a case that does not look at the whole trail."""
    named = filled(bench, record)
    before = _noted(bench, named)
    bench.world.facts |= {"noted": before, "noted record": named}
    view: RecordView | None = before["record"]
    bench.observe.note(named, f"version {view.version}, {view.state}" if view else "no such record", source="Records.read")


@then("the record noted, its versions and its deviations are as before")
def as_before(bench: Bench) -> None:
    before, named = _before(bench)
    after = bench.world.facts["noted after"] = _noted(bench, named)
    source = "Records.read, before and after"
    told = [
        (v["record"], f"version {v['record'].version}, {v['record'].state}" if v["record"] else "no such record")
        for v in (before, after)
    ]
    bench.observe(named, expected=told[0][1], actual=told[1][1], source=source)
    fields = [dict(view.fields) if view else {} for view, _ in told]
    for name in sorted({*fields[0], *fields[1]}):
        values = [f.get(name, "(no such field)") for f in fields]
        if values[0] != values[1]:
            same(bench, f"{name} of {named}", values[0], values[1], source=source)
    for what in ("versions", "deviations"):
        counted = [f"{len(v[what])}, {digest_bytes(_lines(v[what]))}" for v in (before, after)]
        bench.observe(f"number and digest of the {what} of {named}", expected=counted[0], actual=counted[1], source=source)


@then("the audit trail has grown by the refusal alone")
def only_refusals(bench: Bench) -> None:
    before, named = _before(bench)
    after = bench.world.facts.get("noted after") or _noted(bench, named)
    old: tuple[AuditEntry, ...] = before["trail"]
    end: int = bench.world.facts["noted end"]
    kept = [e for e in after["trail"] if e.number <= end]
    source = "AuditTrail.entries, before and after"
    digests = [f"{len(entries)}, {digest_bytes(_lines(entries))}" for entries in (old, kept)]
    what = f"number and digest of the entries about {named} there were before"
    bench.observe(what, expected=digests[0], actual=digests[1], source=source)
    for entry in bench.port("AuditTrail").entries(bench.actors.session("auditor"), "", end):
        if entry.action in _SESSIONS and not entry.field:
            continue
        what = f"entry {entry.number} by {entry.user_id}, about {entry.record or 'the system'}"
        bench.observe(f"{what}: act", expected="refused", actual=entry.action, by="contains", source=source)
        bench.observe(f"{what}: value it takes the place of", expected="(none)", actual=entry.old, by="blank", source=source)


def _before(bench: Bench) -> tuple[dict[str, Any], str]:
    if "noted" not in bench.world.facts:
        raise CsvgenError("no step before this one noted what the system holds")
    return bench.world.facts["noted"], bench.world.facts["noted record"]


def _lines(things: Iterable[object]) -> bytes:
    return b"".join(canonical_json(thing) for thing in things)


# ------------------------------------------------------------ acts that are refused


@when(phrase('the "{role}" tries the act "{act}" on "{record}" with "{values}"'))
def try_act(bench: Bench, role: str, act: str, record: str, values: str) -> None:
    """``enter <form>``; ``change``, which takes one field; ``delete``. What is entered names its record itself."""
    named, told = filled(bench, record), values_of(bench, values)
    if act.startswith("enter "):
        outcome = _entered(bench, role, act.removeprefix("enter "), told)
        bench.observe.note(f"{act} by the {role}", answer(outcome), source=bench.world.about)
        return
    why, session, records = told.pop(REASON, _WHY), bench.actors.session(role), bench.port("Records")
    match act, *told.items():
        case "change", (field, value):
            outcome = bench.world.take("Records.change", records.change(session, named, field, value, why))
        case ("delete",):
            outcome = bench.world.take("Records.delete", records.delete(session, named, why))
        case _:
            raise CsvgenError(
                f"no act {act!r} with {len(told)} values; there are enter FORM, change (one value), delete (a reason)"
            )
    bench.observe.note(f"{act} of {named} by the {role}", answer(outcome), source=bench.world.about)
