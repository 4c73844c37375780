"""Every check of the steps of data entry, seen to hold on a system that does right and to fail on one that does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from csvgen.errors import CsvgenError
from csvgen.execution.observe import Blocked, ExpectationFailed, observation
from csvgen.ports import AuditEntry, ClockReading, DeviationView, Outcome, RecordView
from csvgen.steps import entry
from csvgen.steps.common import World, accepts, refuses_with


class System:
    """One form, one kind of record, a trail: what is broken is set from outside."""

    def __init__(self) -> None:
        self.records: dict[str, list[RecordView]] = {
            "item/OLD": [RecordView("item/OLD", 1, "in use", {"no": "OLD", "word": "x"})]
        }
        self.trail = [AuditEntry(1, "", "", "a", "A", "create", "item/OLD", "no", "", "OLD", "begun")]
        self.open: list[DeviationView] = []
        self.keeps: Callable[[dict[str, str]], dict[str, str]] = dict
        self.after_refusal = lambda _: None

    def told(self, action: str, record: str, field: str = "", old: str = "", new: str = "") -> None:
        self.trail.append(AuditEntry(len(self.trail) + 1, "", "", "a", "A", action, record, field, old, new, ""))

    def forms(self, _session: str) -> dict[str, tuple[str, ...]]:
        return {"item": ("no", "word")}

    def enter(self, _session: str, form: str, values: dict[str, str], reason: str) -> Outcome:
        if not values.get("word") or not reason.strip() or f"{form}/{values.get('no')}" in self.records:
            self.told("item-refused", f"item/{values.get('no', '')}")
            self.after_refusal(self)
            return Outcome(False, "the word is missing, or the number is taken")
        made = RecordView(f"item/{values['no']}", 1, "in use", self.keeps({"no": values["no"], "kept.word": values["word"]}))
        self.records[made.id] = [made]
        self.told("create", made.id, "no", "", values["no"])
        return Outcome(True, "made", made.id, {"shown:word": "kept.word"})

    def change(self, _session: str, record: str, _field: str, _value: str, _reason: str) -> Outcome:
        self.told("change-refused", record)
        self.after_refusal(self)
        return Outcome(False, "the word is missing")

    def delete(self, session: str, record: str, reason: str) -> Outcome:
        return self.change(session, record, "", "", reason)

    def read(self, _session: str, record: str) -> RecordView | None:
        return self.records[record][-1] if record in self.records else None

    def history(self, _session: str, record: str) -> tuple[RecordView, ...]:
        return tuple(self.records.get(record, ()))

    def entries(self, _session: str, record: str, after: int = 0) -> tuple[AuditEntry, ...]:
        return tuple(e for e in self.trail if e.number > after and record in ("", e.record))

    def log_in(self, role: str, *, anew: bool = False) -> tuple[SimpleNamespace, Outcome]:
        if anew:
            self.told("log-in", f"account/{role}")
        return SimpleNamespace(user_id=role), Outcome(True, "")

    def deviations(self, _session: str, _lot: str) -> tuple[DeviationView, ...]:
        return tuple(self.open)

    def clock(self) -> ClockReading:
        return ClockReading("2028-02-28T12:00:00.000000Z", "UTC", "set by the test")


class Observing:
    """Judges as the recorder does, and remembers what was looked at."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, what: str, *, expected: str, actual: str, source: str, by: str = "equal") -> None:
        found = observation(what, by, expected, actual, source=source)  # type: ignore[arg-type]
        self.seen.append(what)
        if not found.holds:
            raise ExpectationFailed(f"{what}: {expected!r}, {actual!r}")

    def note(self, what: str, actual: str, *, source: str) -> None:
        observation(what, "recorded", "", actual, source=source)


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def bench(system: System) -> Any:
    actors = SimpleNamespace(session=lambda role: role, log_in=system.log_in)
    return SimpleNamespace(
        actors=actors,
        world=World(),
        observe=Observing(),
        target=SimpleNamespace(name="fake", port=lambda _: system),
        port=lambda _: system,
        lot=lambda name: f"RUN.CASE.{name}",
    )


def filled_in(bench: Any, values: str = "no = N-{new}; word = w") -> None:
    entry.fill_in(bench, "item", values)


# ------------------------------------------------------------ what is filled in


def test_places_are_filled(bench: Any) -> None:
    assert entry.filled(bench, "{today}|{today+1}|{today-28}|{blank}|{today+2}") == "2028-02-28|2028-02-29|2028-01-31||2028-03-01"
    new = entry.filled(bench, "{new}")
    assert len(new) == 10
    assert new == entry.filled(bench, "{new}")
    bench.lot = lambda name: f"RUN.OTHER.{name}"
    assert entry.filled(bench, "{new}") != new


@pytest.mark.parametrize("values", ["no", "no = 1; no = 2", "no=1"])
def test_values_that_are_no_pairs_are_an_error(bench: Any, values: str) -> None:
    with pytest.raises(CsvgenError, match="not one field with its value"):
        entry.fill_in(bench, "item", values)


@pytest.mark.parametrize(
    ("value", "manner", "found"),
    [
        ("Ab-1", "in upper case", "AB-1"),
        ("Ab-1", "in lower case", "ab-1"),
        ("Ab", "with a leading space", " Ab"),
        ("Ab", "with a trailing space", "Ab "),
        ("Ab", "with a trailing line break", "Ab\n"),
        ("Ab", "blank", ""),
        ("Ab", "as spaces only", "   "),
        ("A1", "in full-width letters", "\uff21\uff11"),
        ("xAB", "with a Cyrillic look-alike letter", "\u0445AB"),
        ("1AB", "with a Greek look-alike letter", "1\u0391B"),
        ("AB", "with a tab inside", "A\tB"),
        ("AB", "with a line break inside", "A\nB"),
        ("AB", "with a null character inside", "A\0B"),
        ("AB", "with a character of no width inside", "A\u200bB"),
        ("AB", "with a sign inside that turns the direction of writing", "A\u202eB"),
        ("ABC", "5 characters long", "ABCCC"),
        ("ABC", "2 characters long", "AB"),
    ],
)
def test_manners_of_writing(value: str, manner: str, found: str) -> None:
    assert entry.written(value, manner) == found


@pytest.mark.parametrize(("value", "manner"), [("AB", "in upper case"), ("12", "in lower case"), ("ABC", "3 characters long"), ("1", "with a Cyrillic look-alike letter"), ("A", "backwards")])  # fmt: skip
def test_a_manner_that_changes_nothing_would_show_nothing(value: str, manner: str) -> None:
    with pytest.raises(CsvgenError):
        entry.written(value, manner)


# ------------------------------------------------------------ accepted, and read back


def test_what_was_entered_is_read_back_exactly(bench: Any, system: System) -> None:
    filled_in(bench)
    entry.enter_value(bench, "analyst", "0.500", "word")
    accepts(bench)
    entry.shows(bench, "word", "0.500")
    entry.holds_all(bench)
    with pytest.raises(ExpectationFailed):
        entry.shows(bench, "word", "0.5")


@pytest.mark.parametrize("kept", [lambda v: v | {"kept.word": "0.5"}, lambda v: {"no": v["no"]}, lambda v: v | {"no": "N-1"}])
def test_a_value_altered_or_lost_is_found(bench: Any, system: System, kept: Any) -> None:
    system.keeps = kept
    filled_in(bench)
    entry.enter_value(bench, "analyst", "0.500", "word")
    accepts(bench)
    with pytest.raises(ExpectationFailed):
        entry.holds_all(bench)


def test_a_record_that_is_not_there_is_an_error(bench: Any, system: System) -> None:
    filled_in(bench)
    entry.enter(bench, "analyst")
    system.records.clear()
    with pytest.raises(CsvgenError, match="which it named itself"):
        entry.holds_all(bench)


def test_a_form_or_field_that_is_not_offered_blocks_the_case(bench: Any) -> None:
    entry.fill_in(bench, "letter", "no = 1")
    with pytest.raises(Blocked, match="no form 'letter'; it has item"):
        entry.enter(bench, "analyst")
    entry.fill_in(bench, "item", "no = 1; weight = 2")
    with pytest.raises(Blocked, match="no field 'weight'; it has no, word, reason"):
        entry.enter(bench, "analyst")


def test_a_field_is_left_out_blank_or_written_otherwise(bench: Any, system: System) -> None:
    for manner in ("left out", "blank"):
        filled_in(bench)
        entry.enter_manner(bench, "analyst", "word", manner)
        refuses_with(bench, "the word is missing")
        assert ("word" in bench.world.facts["entered"]) == (manner == "blank")
    filled_in(bench)
    entry.enter_manner(bench, "analyst", "reason", "as spaces only")
    refuses_with(bench, "the word is missing")
    with pytest.raises(CsvgenError, match="is filled in without 'weight'"):
        entry.enter_manner(bench, "analyst", "weight", "blank")


def test_what_a_case_begins_with_must_be_accepted(bench: Any) -> None:
    filled_in(bench, "no = OLD; word = w")
    with pytest.raises(CsvgenError, match="what the case begins with was refused"):
        entry.has_entered(bench, "analyst")


def test_four_fields_at_once(bench: Any, system: System) -> None:
    system.forms = lambda _: {"item": ("no", "word", "a", "b")}  # type: ignore[method-assign]
    filled_in(bench, "no = 1")
    entry.enter_four(bench, "analyst", "1", "no", "{today}", "word", "{blank}", "a", "x", "b")
    assert bench.world.facts["entered"] == {"no": "1", "word": "2028-02-28", "a": "", "b": "x"}


# ------------------------------------------------------------ nothing changed


def refused(bench: Any, record: str = "item/OLD") -> None:
    entry.note(bench, record)
    filled_in(bench, "no = OLD; word = w")
    entry.enter(bench, "analyst")
    refuses_with(bench, "the number is taken")
    entry.as_before(bench)
    entry.only_refusals(bench)


def test_a_refusal_that_changes_nothing_holds(bench: Any, system: System) -> None:
    refused(bench)
    assert "item/OLD" in bench.observe.seen
    assert [w for w in bench.observe.seen if w.startswith("entry ")] == [
        "entry 3 by a, about item/OLD: act",
        "entry 3 by a, about item/OLD: value it takes the place of",
    ]


def test_a_record_that_is_not_there_is_still_not_there(bench: Any, system: System) -> None:
    refused(bench, "item/NEW")
    system.after_refusal = lambda s: s.records.update({"item/NEW": [RecordView("item/NEW", 1, "in use", {})]})
    with pytest.raises(ExpectationFailed):
        refused(bench, "item/NEW")


def version(system: System, **fields: str) -> None:
    last = system.records["item/OLD"][-1]
    system.records["item/OLD"].append(replace(last, version=last.version + 1, fields={**last.fields, **fields}))


BROKEN = {
    "another version": version,
    "another value in place": lambda s: s.records.update({"item/OLD": [replace(s.records["item/OLD"][0], fields={"no": "NEW", "word": "x"})]}),
    "a field more": lambda s: s.records.update({"item/OLD": [replace(s.records["item/OLD"][0], fields={"no": "OLD", "word": "x", "y": ""})]}),
    "another state": lambda s: s.records.update({"item/OLD": [replace(s.records["item/OLD"][0], state="retired")]}),
    "gone": lambda s: s.records.clear(),
    "an earlier version lost": lambda s: s.records.update({"item/OLD": [replace(s.records["item/OLD"][0], fields={})]}),
    "an entry that is no refusal": lambda s: s.told("create", "item/OTHER", "no", "", "1"),
    "an entry without a field": lambda s: s.told("note", ""),
    "a refusal that takes the place of a value": lambda s: s.told("item-refused", "item/OLD", "word", "x", "w"),
    "an entry lost": lambda s: s.trail.pop(0),
    "an entry altered": lambda s: s.trail.__setitem__(0, replace(s.trail[0], reason="another")),
    "a log-in with a changed value": lambda s: s.told("log-in", "account/a", "state", "", "open"),
}  # fmt: skip


@pytest.mark.parametrize("after", BROKEN.values(), ids=BROKEN)
def test_a_refusal_that_changes_something_is_found(bench: Any, system: System, after: Any) -> None:
    system.after_refusal = after
    with pytest.raises(ExpectationFailed):
        refused(bench)


def test_sessions_that_were_opened_anew_meanwhile_are_no_change(bench: Any, system: System) -> None:
    system.after_refusal = lambda s: (s.told("session-locked", "account/a"), s.told("log-in", "account/a"))
    refused(bench)


def test_a_deviation_more_is_found(bench: Any, system: System) -> None:
    system.records["lot/L-1"] = [RecordView("lot/L-1", 1, "processed", {})]

    def tried() -> None:
        entry.note(bench, "lot/L-1")
        entry.try_act(bench, "analyst", "change", "lot/L-1", "word = w; reason = r")
        refuses_with(bench, "the word is missing")
        entry.as_before(bench)

    tried()
    system.after_refusal = lambda s: s.open.append(DeviationView("DV-1", "L-1", "open", "", ""))
    with pytest.raises(ExpectationFailed, match="deviations"):
        tried()


def test_acts_of_three_kinds_are_tried(bench: Any, system: System) -> None:
    for act, values in (("enter item", "no = OLD; word = w"), ("change", "word = w; reason = r"), ("delete", "reason = r")):
        entry.try_act(bench, "analyst", act, "item/OLD", values)
    assert [e.action for e in system.trail[1:]] == ["item-refused", "change-refused", "change-refused"]
    for act, values in (("burn", "a = b"), ("change", "a = b; c = d"), ("delete", "a = b")):
        with pytest.raises(CsvgenError, match="no act"):
            entry.try_act(bench, "analyst", act, "item/OLD", values)


@pytest.mark.parametrize("step", [entry.as_before, entry.only_refusals, entry.holds_all])
def test_a_check_without_what_it_looks_at_is_an_error(bench: Any, step: Any) -> None:
    with pytest.raises(CsvgenError, match="no step before this one"):
        step(bench)


def test_an_act_without_a_form_is_an_error(bench: Any) -> None:
    with pytest.raises(CsvgenError, match="filled in a form"):
        entry.enter(bench, "analyst")
