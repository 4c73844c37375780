"""Rules of the audit trail (RR-E01 to E14, T05, T06), each tried from outside on both stores."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from pydantic import ValidationError

from csvgen.audit.chain import Walk
from csvgen.audit.ledger import Change, Ledger, open_ledger, system_actor
from csvgen.audit.writer import Writer
from csvgen.canonical import canonical_json
from csvgen.clock import FixedClock, parsed, stored
from csvgen.config import load_config
from csvgen.errors import CsvgenError, Refused
from csvgen.model.audit import Actor, ClockLimits, Event
from csvgen.store.database import Database, StoreError, open_database

from .conftest import ANNA, START, Books

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "csvgen"

# ------------------------------------------------------------------ E01: no change without its event


def stop(books: Books) -> None:
    """From now on the event store takes nothing: a trigger of somebody's, or a full disk, would do the same."""
    if books.store.kind == "sqlite":
        books.store.run("CREATE TRIGGER stop BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    else:
        books.store.run(
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$",
            "CREATE TRIGGER stop BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION stop()",
        )


@pytest.mark.parametrize("reads", [False, True])
def test_e01_a_change_whose_event_cannot_be_written_does_not_happen(books: Books, tmp_path: Path, reads: bool) -> None:
    before = books.ledger.head()
    (tmp_path / "out").mkdir()
    stop(books)
    with pytest.raises(StoreError, match="the disk is full"), books.ledger.change(books.actor, "weighed again") as change:
        change.put("sample", "S-1", {"name": "first", "weight": "9.99"})
        change.put("sample", "S-9", {"name": "ninth"})
        change.keep_secret("anna", "password", "x")
        change.file(tmp_path / "out" / "report.json", b"never")
        if reads:
            change.latest("sample", "S-1")
    assert books.ledger.head() == before
    assert books.ledger.latest("sample", "S-1").content["weight"] == "1.30"
    assert books.ledger.latest("sample", "S-9") is None
    assert books.ledger.secret("anna", "password") == ""
    assert list((tmp_path / "out").iterdir()) == []
    assert books.ledger.problems() == ()


def test_e01_an_event_that_the_store_swallows_is_an_error_too(books: Books) -> None:
    """A guard that says nothing and takes nothing: the count of rows tells."""
    if books.store.kind == "sqlite":
        books.store.run("CREATE TRIGGER mute BEFORE INSERT ON audit_event BEGIN SELECT RAISE(IGNORE); END")
    else:
        books.store.run("CREATE RULE mute AS ON INSERT TO audit_event DO INSTEAD NOTHING")
    with pytest.raises(CsvgenError, match="did not arrive in the trail"), books.ledger.change(books.actor, "weighed") as change:
        change.put("sample", "S-1", {"name": "first", "weight": "9.99"})
    assert books.ledger.latest("sample", "S-1").content["weight"] == "1.30"


def test_e01_only_one_place_writes_events_and_records() -> None:
    """In the released code: rows of the trail are added by the writer, its nodes by the tree, versions of records by a change."""
    places: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                target = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                for argument in node.args[:1]:
                    if target in ("add", "insert", "update", "delete") and isinstance(argument, ast.Name):
                        places.setdefault(argument.id, set()).add(path.relative_to(PACKAGE).as_posix())
    assert places["audit_event"] == {"audit/writer.py"}
    assert places["record"] == {"audit/ledger.py"}
    assert places["tree_node"] == {"audit/tree.py"}
    words = ("INSERT INTO audit_event", "UPDATE audit_event", "DELETE FROM audit_event", "INSERT INTO record", "UPDATE record", "DELETE FROM record")  # fmt: skip
    local = PACKAGE / "targets" / "local"  # tries them on the system under validation, and expects to be refused or found
    attacks = (local / "attacks.py", local / "history.py")
    found = [p for p in PACKAGE.rglob("*.py") if p not in attacks and any(w in p.read_text(encoding="utf-8") for w in words)]
    assert found == []


# ------------------------------------------------------------------ E02: the fields


def test_e02_every_event_has_every_field(books: Books) -> None:
    for number, body in enumerate(books.ledger.bodies(), 1):
        event = json.loads(body)
        assert set(event) == {
            "format", "seq", "at", "offset", "person", "printed_name", "role", "action", "record", "version", "changes", "reason",
            "source", "csvgen", "previous",
        }  # fmt: skip
        assert event["seq"] == number
        assert parsed(event["at"])
        assert all(event[f] for f in ("offset", "person", "printed_name", "role", "action", "source", "csvgen", "previous"))
        assert all(set(change) == {"field", "old", "new"} for change in event["changes"])
    edit = json.loads(books.ledger.bodies()[1])
    assert (edit["record"], edit["version"], edit["reason"]) == ("sample/S-1", 2, "weighed again")
    assert {"field": "weight", "old": "1.10", "new": "1.20"} in edit["changes"]


@pytest.mark.parametrize("field", ["person", "printed_name", "role", "source"])
def test_e02_an_event_about_nobody_cannot_be_written(books: Books, field: str) -> None:
    """Text only: nothing, a number or an object for who acted is refused before anything is written."""
    before = books.ledger.head()
    values = {"person": "anna", "printed_name": "Anna (fictitious)", "role": "tester", "source": "tests"}
    for wrong in (None, 7, b"anna"):
        with pytest.raises(TypeError), books.ledger.change(Actor(**(values | {field: wrong}))) as change:  # type: ignore[arg-type]
            change.note("log-in")
    with pytest.raises(TypeError), books.ledger.change(books.actor) as change:
        change.note("log-in", facts={"copies": 1})  # type: ignore[dict-item]
    assert books.ledger.head() == before


# ------------------------------------------------------------------ E03: nobody hands in a time


def test_e03_no_way_of_writing_takes_a_time() -> None:
    times = {"at", "time", "when", "now", "date", "moment", "stamp", "timestamp", "clock", "offset", "signed", "seq", "previous"}
    for function in (Ledger.change, Ledger.resolve_clock, Ledger.recover, Change.put, Change.note, Change.file, Change.keep_secret, Writer.append, Writer.resolve):  # fmt: skip
        assert not {*inspect.signature(function).parameters} & times, function
    assert not [f for f in vars(Actor).get("__dataclass_fields__", {}) if f in times]


DAYS = {
    ("pki revoke", "--since"): "content: from when the certificate is not believed",
    ("people train", "--on"): "content: the day of a training",
    ("people identify", "--on"): "content: the day on which somebody was identified",
    ("pipeline account identified", "--on"): "content: the day on which somebody was identified",
    ("pipeline procedure add", "--from"): "content: from when a procedure is in effect",
    ("pipeline procedure add", "--until"): "content: until when a procedure is in effect",
    ("pipeline procedure trained", "--on"): "content: the day of a training",
    ("pipeline procedure trained", "--until"): "content: until when a training counts",
    ("pipeline revalidation extend", "until"): "content: until when a due re-validation is extended",
    ("pipeline source calibrate", "--on"): "content: the day of a calibration",
    ("pipeline source calibrate", "--due"): "content: until when a calibration counts",
} | {
    (name, option): "chooses what is shown"
    for name in ("audit show", "audit search", "audit export", "audit review", "find")
    for option in ("--since", "--until")
}
"""Options that name a day, and why each is no time of an event."""


def test_e03_no_command_takes_a_time_of_an_event() -> None:
    from csvgen.cli import cli

    found: set[tuple[str, str]] = set()

    def walk(command: click.Command, name: str) -> None:
        for parameter in command.params:
            words = {word for option in parameter.opts for word in option.strip("-").split("-")}
            if words & {"time", "date", "day", "when", "now", "timestamp", "clock", "at", "on", "since", "until", "signed"}:
                found.add((name, parameter.opts[0]))
        if isinstance(command, click.Group):
            for sub in command.commands.values():
                walk(sub, f"{name} {sub.name}".strip())

    walk(cli, "")
    assert ("audit show", "--since") in found, "the search finds what is there"
    assert found <= set(DAYS), sorted(found - set(DAYS))


def test_e03_no_environment_variable_moves_the_time(store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOURCE_DATE_EPOCH", "CSVGEN_NOW", "CSVGEN_CLOCK", "CSVGEN_TIME", "FAKETIME"):
        monkeypatch.setenv(name, "2001-01-01T00:00:00Z")
    from csvgen.clock import SystemClock

    database = open_database(store.url)
    before = stored(dt.datetime.now(dt.UTC))
    with open_ledger(database, SystemClock()).change(ANNA) as change:
        written = change.note("log-in")
    assert before <= written.at <= stored(dt.datetime.now(dt.UTC))
    database.close()


def test_e03_what_an_import_says_of_time_is_content_not_time(books: Books) -> None:
    with books.ledger.change(books.actor) as change:
        change.put("sample", "S-7", {"at": "2001-01-01T00:00:00.000000Z", "seq": "1"})
    event = books.ledger.events()[-1]
    assert (event.seq, event.at) == (6, stored(START + dt.timedelta(seconds=5)))


# ------------------------------------------------------------------ E04: nothing switches it off


def test_e04_released_code_holds_no_switch_and_no_fault_hook() -> None:
    """Names of parameters, attributes and constants in the rooms that write, and what they read of the environment."""
    suspicious = {"disable", "disabled", "enabled", "skip", "fault", "inject", "dry", "bypass", "mute", "silent", "force", "debug", "testing", "unsafe", "off"}  # fmt: skip
    found = []
    for path in [*(PACKAGE / "store").rglob("*.py"), *(PACKAGE / "audit" / n for n in ("ledger.py", "writer.py", "chain.py", "tree.py", "checking.py", "merkle.py"))]:  # fmt: skip
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = {
                getattr(node, "id", ""),
                getattr(node, "attr", ""),
                getattr(node, "arg", "") or "",
                getattr(node, "name", "") or "",
            }
            for name in names:
                if {*name.lower().split("_")} & suspicious or name in ("environ", "getenv", "argv", "__debug__"):
                    found.append(f"{path.relative_to(ROOT)}: {name}")
    assert not found, found
    imported = {f"{p.relative_to(ROOT)}" for p in PACKAGE.rglob("*.py") if "unittest.mock" in p.read_text(encoding="utf-8")}
    assert not imported


TRIES = """
import sys
from csvgen.audit.ledger import open_ledger
from csvgen.clock import SystemClock
from csvgen.model.audit import Actor
from csvgen.store.database import open_database

database = open_database(sys.argv[1])
ledger = open_ledger(database, SystemClock())
with ledger.change(Actor("admin", "Administrator (fictitious)", "administrator", "tests"), "why") as change:
    change.put("sample", "S-1", {"n": "1"})
print(ledger.head().count, len(ledger.problems()))
"""


@pytest.mark.parametrize("optimised", [[], ["-O"], ["-OO"]])
def test_e04_no_environment_and_no_flag_of_the_interpreter_switches_it_off(store, optimised: list[str]) -> None:
    names = (
        "AUDIT",
        "AUDIT_TRAIL",
        "NO_AUDIT",
        "AUDIT_OFF",
        "DISABLE_AUDIT",
        "TESTING",
        "DEBUG",
        "FAULT",
        "FAULTS",
        "DRY_RUN",
        "READ_ONLY",
        "UNSAFE",
        "DEV",
    )
    environment = {f"{prefix}{name}": value for prefix in ("CSVGEN_", "") for name in names for value in ("0",)}
    environment |= {"CSVGEN_AUDIT": "off", "PYTHONOPTIMIZE": ""}
    done = subprocess.run(
        [sys.executable, *optimised, "-c", TRIES, store.url], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.stdout.split() == ["1", "0"], done.stderr


@pytest.mark.parametrize("parameter", ["?audit=off", "?mode=ro", "?immutable=1", "?synchronous=off", "?uri=true&vfs=none"])
def test_e04_the_address_of_a_file_takes_no_parameter(tmp_path: Path, parameter: str) -> None:
    with pytest.raises(CsvgenError, match="takes no parameters"):
        open_database(f"sqlite:///{tmp_path / 'r.db'}{parameter}")
    assert list(tmp_path.iterdir()) == []


def test_e04_every_connection_waits_for_the_disk(store) -> None:
    database = open_database(store.url)
    with open_ledger(database, FixedClock(START)).change(ANNA) as change:
        if store.kind == "sqlite":
            found = [
                change.connection.exec_driver_sql(f"PRAGMA {p}").scalar()
                for p in ("synchronous", "journal_mode", "recursive_triggers")
            ]
            assert found == [2, "wal", 1]
        else:
            assert change.connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    database.close()


def test_e04_no_setting_switches_it_off(tmp_path: Path) -> None:
    from csvgen.audit.settings import audit_settings

    for text in ('enabled = "no"', 'trail = "off"', 'clock_ahead_seconds = "0"', 'checkpoint_events = "0"'):
        (tmp_path / "csvgen.toml").write_text(f"[audit]\n{text}\n", encoding="utf-8")
        with pytest.raises(CsvgenError):
            audit_settings(load_config(tmp_path, environ={}))
    for text in ("audit = false\n", '[csvgen]\naudit = "off"\n'):
        (tmp_path / "csvgen.toml").write_text(text, encoding="utf-8")
        with pytest.raises(CsvgenError):
            load_config(tmp_path, environ={})
    with pytest.raises(ValueError, match="no way to switch them off"):
        ClockLimits(ahead=0)


def test_e04_an_administrator_of_the_application_has_no_other_way(books: Books) -> None:
    """Everything public of ledger and change, as it is: nothing among it edits, deletes or stops."""
    public = {n for kind in (Ledger, Change) for n in vars(kind) if not n.startswith("_")}
    assert public == {
        "head", "events", "bodies", "body", "each_body", "latest", "versions", "all", "secret", "tree", "root", "inclusion", "consistency",
        "change", "resolve_clock", "recover", "problems", "guard_problems", "connection", "put", "note", "keep_secret", "read_secret", "file",
    }  # fmt: skip
    admin = Actor("admin", "Administrator (fictitious)", "administrator", "tests")
    before = books.ledger.head().count
    with books.ledger.change(admin, "tidying up") as change:
        change.put("sample", "S-1", {"deleted": "yes"}, action="delete")
    assert books.ledger.head().count == before + 1
    for statement in ("UPDATE audit_event SET seq = seq + 1", "DELETE FROM record"):
        with (
            pytest.raises(CsvgenError, match=r"append-only|permission denied"),
            books.ledger.change(admin, "tidying up") as change,
        ):
            change.connection.exec_driver_sql(statement)
    assert books.ledger.problems() == ()


# ------------------------------------------------------------------ E06 to E09


def test_e06_every_earlier_value_stays_readable(store) -> None:
    database = open_database(store.url)
    ledger = open_ledger(database, FixedClock(START, 1))
    for number in range(101):
        with ledger.change(ANNA, "weighed again") as change:
            change.put("sample", "S-1", {"weight": str(number)})
    with ledger.change(ANNA, "registered twice") as change:
        change.put("sample", "S-1", {"deleted": "yes"}, action="delete")
    assert [v.content.get("weight") for v in ledger.versions("sample", "S-1")] == [*map(str, range(101)), None]
    last = ledger.events(record_id="sample/S-1")[-1]
    assert last.action == "delete"
    assert [(c.old, c.new) for c in last.changes if c.field == "weight"] == [("100", "")], "the deletion keeps the last value"
    olds = [c.old for e in ledger.events(action="modify") for c in e.changes if c.field == "weight"]
    assert olds == [*map(str, range(100))]
    database.close()


def test_e08_each_action_has_its_own_time(books: Books) -> None:
    """Two actions one second apart in one change: two events, in order, each with the time at which it was made."""
    with books.ledger.change(books.actor) as change:
        first, second = change.note("export", "sample/S-1"), change.note("export", "sample/S-2")
    assert (parsed(second.at) - parsed(first.at)).total_seconds() == 1
    assert [e.record for e in books.ledger.events()[-2:]] == ["sample/S-1", "sample/S-2"]


def test_e09_the_trail_stays_when_its_records_are_deleted(books: Books) -> None:
    for sample in ("S-1", "S-2"):
        with books.ledger.change(books.actor, "retention has ended") as change:
            change.put("sample", sample, {"deleted": "yes"}, action="delete")
    assert [e.action for e in books.ledger.events(record_id="sample/S-2")] == ["create", "delete"]
    walk = Walk()
    assert list(walk.problems(books.ledger.each_body())) == []
    assert (walk.head, walk.root()) == (books.ledger.head(), books.ledger.root()), (
        "what is exported leads to the same head and root"
    )


def test_e13_reading_writes_nothing(books: Books) -> None:
    before = books.ledger.head()
    books.ledger.events()
    books.ledger.latest("sample", "S-1")
    books.ledger.versions("sample", "S-1")
    books.ledger.problems()
    books.ledger.root()
    books.ledger.inclusion(2)
    assert books.ledger.head() == before


# ------------------------------------------------------------------ E14: the clock


class Hand:
    """A clock with a hand on it: what it shows can be set, what has really passed cannot."""

    def __init__(self, moment: dt.datetime) -> None:
        self.shows, self.passed = moment, 0.0

    def now(self) -> dt.datetime:
        return self.shows

    def steady(self) -> float:
        return self.passed

    def wait(self, **time: float) -> None:
        step = dt.timedelta(**time)
        self.shows += step
        self.passed += step.total_seconds()

    def set(self, **time: float) -> None:
        self.shows += dt.timedelta(**time)


@pytest.fixture
def clocked(store):
    database, clock = open_database(store.url), Hand(START)
    ledger = open_ledger(database, clock, ClockLimits(ahead=60, silence=30 * 86_400))
    yield ledger, clock, database
    database.close()


def log_in(ledger: Ledger) -> Event:
    with ledger.change(ANNA) as change:
        return change.note("log-in", "account/anna").event


def test_e14_a_step_back_is_an_event_and_marks_what_follows(clocked: tuple[Ledger, Hand, Database]) -> None:
    ledger, clock, _ = clocked
    assert log_in(ledger).clock == ""
    clock.set(hours=-1)
    assert log_in(ledger).clock == "2"
    told = ledger.events()[1]
    assert (told.action, told.clock) == ("clock-stepped-back", "2")
    assert [(c.field, c.old, c.new) for c in told.changes] == [("clock", stored(START), stored(START - dt.timedelta(hours=1)))]
    clock.wait(hours=2)
    assert log_in(ledger).clock == "2", "time passing resolves nothing"
    assert ledger.problems() == ()


def test_e14_a_jump_ahead_above_the_limit_too(clocked: tuple[Ledger, Hand, Database]) -> None:
    ledger, clock, _ = clocked
    log_in(ledger)
    clock.wait(days=20)
    assert log_in(ledger).clock == "", "a night or a holiday is no jump"
    clock.set(seconds=59)
    assert log_in(ledger).clock == "", "below the limit"
    clock.set(seconds=62)
    assert log_in(ledger).clock == "4"
    assert ledger.events()[3].action == "clock-stepped-ahead"


def test_e14_a_jump_between_two_processes_is_seen_by_the_silence(clocked: tuple[Ledger, Hand, Database]) -> None:
    ledger, clock, database = clocked
    log_in(ledger)
    clock.set(days=40)
    other = open_ledger(database, Hand(clock.shows), ClockLimits(ahead=60, silence=30 * 86_400))
    assert log_in(other).clock == "2"
    assert other.events()[1].action == "clock-stepped-ahead"


def test_e14_a_person_resolves_it_with_a_reason(clocked: tuple[Ledger, Hand, Database]) -> None:
    ledger, clock, _ = clocked
    log_in(ledger)
    clock.set(hours=3)
    log_in(ledger)
    clock.set(hours=-3)  # setting it right is a step too
    for reason in ("", "  ", "..."):
        with pytest.raises(Refused, match="needs a reason"):
            ledger.resolve_clock(ANNA, reason)
    with pytest.raises(Refused, match="only a person"):
        ledger.resolve_clock(system_actor(), "it was nothing")
    resolved = ledger.resolve_clock(ANNA, "set wrong by a technician; two log-ins looked at").event
    assert (resolved.action, resolved.clock, resolved.reason) == (
        "clock-resolved",
        "",
        "set wrong by a technician; two log-ins looked at",
    )
    assert [(c.old, c.new) for c in resolved.changes] == [("2", "")]
    assert [e.action for e in ledger.events()] == [
        "log-in",
        "clock-stepped-ahead",
        "log-in",
        "clock-stepped-back",
        "clock-resolved",
    ]
    assert [e.clock for e in ledger.events()] == ["", "2", "2", "2", ""]
    assert log_in(ledger).clock == ""
    with pytest.raises(Refused, match="no step of the clock"):
        ledger.resolve_clock(ANNA, "once more")
    assert ledger.problems() == ()


def test_e14_an_event_that_only_calls_itself_so_resolves_nothing(clocked: tuple[Ledger, Hand, Database]) -> None:
    ledger, clock, _ = clocked
    log_in(ledger)
    clock.set(hours=-1)
    with ledger.change(ANNA, "fine") as change:
        change.note("clock-resolved")
    assert log_in(ledger).clock == "2"


def test_e14_events_without_the_mark_keep_the_digest_they_had() -> None:
    """The field came later: an event of an earlier version is read, and spelt as it was."""
    old = {
        "format": "csvgen.event/1", "seq": 1, "at": "2026-11-21T08:00:00.000000Z", "offset": "+00:00", "person": "anna",
        "printed_name": "Anna (fictitious)", "role": "tester", "action": "log-in", "record": "", "version": 0, "changes": [],
        "reason": "", "source": "tests", "csvgen": "0.1.0", "previous": "sha256:" + "0" * 64,
    }  # fmt: skip
    assert canonical_json(Event.model_validate(old)) == canonical_json(old)


# ------------------------------------------------------------------ T05, T06


def test_t05_order_is_the_number_not_the_hour(store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The night in which an hour comes twice: local time goes back, number and UTC do not."""
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        database = open_database(store.url)
        clock = FixedClock(dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC), 1800)
        ledger = open_ledger(database, clock)
        for _ in range(4):
            log_in(ledger)
        events = ledger.events()
        local = [(parsed(e.at) + dt.timedelta(hours=2 if parsed(e.at).hour < 1 else 1)).strftime("%H:%M") for e in events]
        assert local == ["02:30", "02:00", "02:30", "03:00"], "on the wall 02:30 comes twice"
        assert [e.seq for e in events] == [1, 2, 3, 4]
        assert [e.at for e in events] == sorted(e.at for e in events)
        assert {e.offset for e in events} <= {"+01:00", "+02:00"}
        database.close()
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-21",
        "2026-11-21T08:00:00",
        "2026-11-21T08:00:00Z",
        "2026-11-21T08:00:00.000000+00:00",
        "",
        "20261121T080000.000000Z",
    ],
)
def test_t06_a_date_alone_is_no_time(books: Books, at: str) -> None:
    event = json.loads(books.ledger.bodies()[0])
    with pytest.raises(ValidationError):
        Event.model_validate(event | {"at": at})
    assert list(Walk().problems([canonical_json(event | {"at": at})])) == ["event 1: cannot be read (ValidationError)"]
