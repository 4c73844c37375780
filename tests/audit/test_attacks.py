"""The trail attacked past the application: the triggers refuse, and without them the chain tells."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from pathlib import Path

import pytest

from csvgen.audit.ledger import chain_problems
from csvgen.canonical import canonical_json, digest_bytes
from csvgen.clock import FixedClock
from csvgen.errors import NotIntact
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.store.tables import APPEND_ONLY
from csvgen.store.writing import StoreError, Transaction

NEW = "X'7B7D0A', 'sha256:" + "0" * 64 + "'"
SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

# ------------------------------------------------------------------ with the guards in place

BLOCKED = {
    "update of an event": ("UPDATE audit_event SET hash = 'x' WHERE seq = 2", "audit_event is append-only: no update"),
    "update that moves an event over another": ("UPDATE OR REPLACE audit_event SET seq = 1 WHERE seq = 2", "audit_event is append-only: no update"),
    "delete of an event": ("DELETE FROM audit_event WHERE seq = 5", "audit_event is append-only: no delete"),
    "delete of all events": ("DELETE FROM audit_event", "audit_event is append-only: no delete"),
    "REPLACE of an event": (f"REPLACE INTO audit_event (seq, body, hash) VALUES (2, {NEW})", "audit_event is append-only: no again"),
    "INSERT OR REPLACE of an event": (f"INSERT OR REPLACE INTO audit_event (seq, body, hash) VALUES (2, {NEW})", "audit_event is append-only: no again"),
    "INSERT OR REPLACE by row id": (f"INSERT OR REPLACE INTO audit_event (rowid, body, hash) VALUES (2, {NEW})", "audit_event is append-only: no again"),
    "upsert of an event": (f"INSERT INTO audit_event (seq, body, hash) VALUES (2, {NEW}) ON CONFLICT (seq) DO UPDATE SET body = excluded.body", "audit_event is append-only: no again"),
    "update of a record": ("UPDATE record SET body = X'7B7D0A' WHERE version = 1", "record is append-only: no update"),
    "delete of a record": ("DELETE FROM record WHERE id = 'S-2'", "record is append-only: no delete"),
    "REPLACE of a record": (f"REPLACE INTO record (kind, id, version, body, sha256, event) VALUES ('sample', 'S-1', 1, {NEW}, 1)", "record is append-only: no again"),
    "REPLACE of a record by row id": (f"REPLACE INTO record (rowid, kind, id, version, body, sha256, event) VALUES (1, 'sample', 'S-9', 1, {NEW}, 1)", "no column named rowid"),
    "truncation by the optimiser": ("DELETE FROM record WHERE 1", "record is append-only: no delete"),
}  # fmt: skip


@SQLITE
@pytest.mark.parametrize("attack", BLOCKED)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_the_database_itself_refuses(books, attack: str, recursive: str) -> None:
    """With either setting of recursive triggers: somebody else's connection does not have ours."""
    statement, words = BLOCKED[attack]
    before = books.ledger.bodies(), books.ledger.versions("sample", "S-1"), books.ledger.versions("sample", "S-2")
    with pytest.raises(sqlite3.Error, match=words):
        books.attack(f"PRAGMA recursive_triggers = {recursive}", statement, guards=True)
    assert (books.ledger.bodies(), books.ledger.versions("sample", "S-1"), books.ledger.versions("sample", "S-2")) == before
    assert books.ledger.problems() == ()


@SQLITE
def test_every_table_that_only_grows_is_guarded(books) -> None:
    connection = sqlite3.connect(books.path)
    triggers = {(t, n) for n, t in connection.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")}
    connection.close()
    assert triggers == {(table, f"{table}_no_{what}") for table in APPEND_ONLY for what in ("update", "delete", "again")}


# ------------------------------------------------------------------ without them


def edited(books, seq: int, old: str, new: str) -> tuple[str, str]:
    """Body and digest of an event with one text changed, as SQL literals."""
    body = books.ledger.bodies()[seq - 1].replace(old.encode(), new.encode(), 1)
    assert body != books.ledger.bodies()[seq - 1]
    return books.store.blob(body), f"'{digest_bytes(body)}'"


def test_an_edited_event_is_found(books) -> None:
    body, _ = edited(books, 2, "1.20", "1.25")
    books.attack(f"UPDATE audit_event SET body = {body} WHERE seq = 2")
    problems = books.ledger.problems()
    assert "event 3: does not follow the event before it" in problems
    assert "event 2: stored hash differs from its content" in problems


def test_an_edited_event_with_its_hash_is_found(books) -> None:
    body, digest = edited(books, 2, "1.20", "1.25")
    books.attack(f"UPDATE audit_event SET body = {body}, hash = {digest} WHERE seq = 2")
    assert books.ledger.problems() == ("event 3: does not follow the event before it",)


def test_the_last_event_edited_with_its_hash_does_not_hide_what_it_told(books) -> None:
    """Nothing follows the last event; what it says of a record must fit the record."""
    with books.ledger.change(books.actor, "weighed again") as change:
        change.put("sample", "S-1", {"name": "first", "weight": "1.40"})
    told = books.ledger.versions("sample", "S-1")[-1].sha256
    body, digest = edited(books, 6, told, "sha256:" + "1" * 64)
    books.attack(f"UPDATE audit_event SET body = {body}, hash = {digest} WHERE seq = 6")
    assert books.ledger.problems() == ("record sample/S-1 version 4: not the content that event 6 tells of",)


def test_a_deleted_event_is_found(books) -> None:
    books.attack("DELETE FROM audit_event WHERE seq = 3")
    assert "event 3: carries number 4 (inserted, removed or reordered)" in books.ledger.problems()


def test_events_exchanged_are_found(books) -> None:
    books.attack(
        "UPDATE audit_event SET seq = -1 WHERE seq = 2",
        "UPDATE audit_event SET seq = 2 WHERE seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE seq = -1",
    )
    problems = books.ledger.problems()
    assert "event 2: carries number 3 (inserted, removed or reordered)" in problems
    assert "event 3: carries number 2 (inserted, removed or reordered)" in problems


def test_an_inserted_event_is_found(books) -> None:
    """A new last event, well formed and with the right predecessor, telling of a change that never was."""
    last = json.loads(books.ledger.bodies()[-1])
    body = canonical_json(
        last | {"seq": 6, "previous": books.ledger.head().hash, "action": "modify", "record": "sample/S-1", "version": 4}
    )
    books.attack(f"INSERT INTO audit_event (seq, body, hash) VALUES (6, {books.store.blob(body)}, '{digest_bytes(body)}')")
    assert books.ledger.problems() == ("record sample/S-1 version 4: event 6 tells of it, but it is missing",)


def test_a_tail_cut_off_is_found_by_its_records_or_by_a_head_kept_outside(books) -> None:
    head = books.ledger.head()
    books.attack("DELETE FROM audit_event WHERE seq = 5")
    assert books.ledger.problems() == (), "a note at the end leaves no trace in the database alone"
    assert books.ledger.head() != head, "which is why signatures, packages and the anchor keep the head"
    books.attack("DELETE FROM audit_event WHERE seq = 4")
    assert books.ledger.problems() == ("record sample/S-2 version 1: no audit event tells of it",)


def anchor(books, tmp_path: Path) -> AnchoredLedger:
    """An anchor for the trail as it stands."""
    (tmp_path / "keys").mkdir()
    made = AnchoredLedger(books.database, FixedClock(dt.datetime.now(dt.UTC)), tmp_path / "trail.head")
    made.found()
    return made


def appended(books) -> str:
    """The statement that adds a well-formed note with the right number and the right predecessor."""
    head = books.ledger.head()
    body = canonical_json(json.loads(books.ledger.bodies()[-1]) | {"seq": head.count + 1, "previous": head.hash})
    return (
        f"INSERT INTO audit_event (seq, body, hash) VALUES ({head.count + 1}, {books.store.blob(body)}, '{digest_bytes(body)}')"
    )


@SQLITE
def test_an_event_appended_past_the_application_is_found_and_ends_it(books, tmp_path: Path) -> None:
    """No guard can refuse it and the chain fits: only that it was never announced gives it away."""
    anchored = anchor(books, tmp_path)
    with anchored.change(books.actor) as change:
        change.note("log-in", "")
    books.attack(appended(books), guards=True)
    assert books.ledger.problems() == ()
    assert anchored.problems() == ("the trail has 7 events, 6 were anchored: event 7 was not announced",)
    for _ in range(2):
        with pytest.raises(NotIntact, match="event 7 was not announced"), anchored.change(books.actor) as change:
            change.note("log-in", "")
    anchored.recover()
    assert anchored.problems(), "nor does opening it again move the anchor"


@SQLITE
def test_an_anchor_cannot_be_written_without_the_key(books, tmp_path: Path) -> None:
    anchored = anchor(books, tmp_path)
    books.attack(appended(books), guards=True)
    path = tmp_path / "trail.head"
    value = json.loads(path.read_bytes())
    for name in ("head", "announced"):
        forged = value | {name: {"count": 6, "hash": books.ledger.head().hash}}
        path.write_bytes(canonical_json(forged))
        assert anchored.anchor_problem() == "the anchor of the audit trail was not written by this instance"
        with pytest.raises(NotIntact, match="not written by this instance"), anchored.change(books.actor) as change:
            change.note("log-in", "")
    for damaged in (b"[]\n", b'{"mac":"zz"}\n', b'{"mac":""}\n', b"{}\n"):
        path.write_bytes(damaged)
        assert anchored.anchor_problem() == "the anchor of the audit trail was not written by this instance"


@SQLITE
@pytest.mark.parametrize("when", ["before the commit", "after it"])
def test_a_crash_around_the_commit_is_no_finding(books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """The anchor has announced what may or may not have been committed; either is taken, and the next change goes on from it."""
    anchored = anchor(books, tmp_path)
    announced = tmp_path / "announced"
    with anchored.change(books.actor) as change:
        change.note("log-in", "")
    with monkeypatch.context() as patch, pytest.raises((RuntimeError, StoreError)), anchored.change(books.actor) as change:
        change.note("log-out", "")
        patch.setattr(anchored, "_settle", died)
        if when == "before the commit":
            patch.setattr(Transaction, "end", lambda self, verb: died() if verb == "COMMIT" else kept(self, verb))
    announced.write_bytes((tmp_path / "trail.head").read_bytes())
    reached = {"before the commit": 6, "after it": 7}[when]
    assert (books.ledger.head().count, json.loads(announced.read_bytes())["announced"]["count"]) == (reached, 7)
    assert anchored.problems() == ()
    anchored.recover()
    assert anchored.problems() == ()
    with anchored.change(books.actor) as change:
        change.note("log-in", "")
    assert anchored.problems() == ()
    assert anchored.head().count == reached + 1


kept = Transaction.end


def died(*_: object) -> None:
    raise RuntimeError("the process died")


@SQLITE
def test_what_was_announced_and_committed_cannot_be_cut_off_after_opening(books, tmp_path: Path, monkeypatch) -> None:
    anchored = anchor(books, tmp_path)
    with monkeypatch.context() as patch, pytest.raises(RuntimeError), anchored.change(books.actor) as change:
        change.note("log-out", "")
        patch.setattr(anchored, "_settle", died)
    anchored.recover()
    books.attack("DELETE FROM audit_event WHERE seq = 6")
    assert "events are missing at its end" in anchored.anchor_problem()


@SQLITE
def test_a_guard_that_swallows_events_stops_every_change(books, tmp_path: Path) -> None:
    anchored = anchor(books, tmp_path)
    books.attack("CREATE TRIGGER mute BEFORE INSERT ON audit_event BEGIN SELECT RAISE(IGNORE); END", guards=True)
    with pytest.raises(NotIntact, match="did not arrive in the trail"), anchored.change(books.actor, "why") as change:
        change.put("sample", "S-1", {"name": "first", "weight": "9.99"})
    assert books.ledger.latest("sample", "S-1").content["weight"] == "1.30"
    assert anchored.problems() == ("the append-only guards of the database are not those that were installed",)


@SQLITE
def test_a_guard_of_the_same_name_that_guards_nothing_is_found(books, tmp_path: Path) -> None:
    anchored = anchor(books, tmp_path)
    books.attack(
        "DROP TRIGGER audit_event_no_delete",
        "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event WHEN 0 BEGIN SELECT RAISE(ABORT, 'no'); END",
        guards=True,
    )
    assert anchored.problems() == ("the append-only guards of the database are not those that were installed",)


@SQLITE
def test_a_tail_cut_off_with_its_records_is_found_by_the_anchor(books, tmp_path: Path) -> None:
    anchored = anchor(books, tmp_path)
    assert anchored.problems() == ()
    books.attack("DELETE FROM audit_event WHERE seq > 3", "DELETE FROM record WHERE id = 'S-2'")
    assert books.ledger.problems() == ()
    assert anchored.problems() == (
        "the trail has 3 events, 5 were anchored: events are missing at its end",
        "the append-only guards of the database are not those that were installed",
    )
    with pytest.raises(NotIntact, match="events are missing"), anchored.change(books.actor) as change:
        change.note("log-in", "")


def test_a_whole_trail_written_anew_keeps_its_chain_and_loses_its_head(books) -> None:
    head, previous = books.ledger.head(), "sha256:" + digest_bytes(b"").hex
    for number, body in enumerate(books.ledger.bodies(), 1):
        event = json.loads(body) | {"previous": previous, "person": "bert"}
        made = canonical_json(event)
        previous = digest_bytes(made)
        books.attack(f"UPDATE audit_event SET body = {books.store.blob(made)}, hash = '{previous}' WHERE seq = {number}")
    assert books.ledger.problems() == ()
    assert books.ledger.head().hash != head.hash


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE record SET body = X'7B7D0A' WHERE version = 3", "record sample/S-1 version 3: content differs from its digest"),
        ("DELETE FROM record WHERE version = 2", "record sample/S-1 version 2: event 2 tells of it, but it is missing"),
        ("UPDATE record SET event = 1 WHERE version = 2", "record sample/S-1 version 2: no audit event tells of it"),
        ("UPDATE record SET id = 'S-7' WHERE id = 'S-2'", "record sample/S-7 version 1: no audit event tells of it"),
        ("INSERT INTO record SELECT kind, 'S-8', version, body, sha256, event FROM record WHERE id = 'S-2'", "record sample/S-8 version 1: no audit event tells of it"),
        ("UPDATE record SET body = (SELECT body FROM record WHERE version = 1 AND id = 'S-1'), sha256 = (SELECT sha256 FROM record WHERE version = 1 AND id = 'S-1') WHERE version = 3",
         "record sample/S-1 version 3: not the content that event 3 tells of"),
        ("UPDATE audit_event SET body = 'text' WHERE seq = 1", "event 1: cannot be read (NotIntact)"),
        ("UPDATE audit_event SET body = X'FF' WHERE seq = 1", "event 1: cannot be read (NotIntact)"),
        ("UPDATE audit_event SET body = X'7B7D0A' WHERE seq = 1", "event 1: cannot be read (ValidationError)"),
    ],
)  # fmt: skip
def test_touched_records_and_unreadable_events_are_found(books, statement: str, words: str) -> None:
    books.attack(statement)
    assert words in books.ledger.problems()


def test_an_exported_trail_is_checked_by_the_same_walk(books) -> None:
    bodies = list(books.ledger.bodies())
    assert list(chain_problems(bodies)) == []
    assert list(chain_problems(bodies[:2] + bodies[3:]))
    assert list(chain_problems([bodies[1], bodies[0], *bodies[2:]]))
    assert list(chain_problems([*bodies, bodies[-1]]))
    assert list(chain_problems([bodies[0].replace(b'"anna"', b'"bert"'), *bodies[1:]]))


# ------------------------------------------------------------------ store


@SQLITE
def test_the_records_database_is_for_its_owner_only(books) -> None:
    assert books.path.stat().st_mode & 0o777 == 0o600


@SQLITE
def test_a_database_of_a_newer_csvgen_is_refused(books) -> None:
    from csvgen.errors import ConfigError
    from csvgen.store.database import open_database

    books.attack("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="schema 9999, newer than this csvgen knows"):
        open_database(f"sqlite:///{books.path}")


def test_a_file_that_is_no_database_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    from csvgen.errors import CsvgenError
    from csvgen.store.database import open_database

    path = tmp_path / "r.db"
    path.write_bytes(b"not a database, and longer than a header of one hundred bytes" * 4)
    before = path.read_bytes()
    with pytest.raises(CsvgenError, match="not a database"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_migrations_make_the_tables_that_the_code_writes_to(tmp_path: Path) -> None:
    """Columns and keys of the migrated database against those of the statements."""
    from csvgen.store.database import open_database
    from csvgen.store.tables import SCHEMA_REVISION, metadata

    open_database(f"sqlite:///{tmp_path / 'r.db'}").close()
    connection = sqlite3.connect(tmp_path / "r.db")
    for table in metadata.sorted_tables:
        found = connection.execute(f"PRAGMA table_info({table.name})").fetchall()
        assert [(name, bool(needed), bool(key)) for _, name, _, needed, _, key in found] == [
            (c.name, not c.nullable, c.primary_key) for c in table.columns
        ]
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(SCHEMA_REVISION,)]
    connection.close()
    versions = Path(__file__).parents[2] / "csvgen" / "store" / "migrations" / "versions"
    assert max(p.name for p in versions.glob("*.py")).startswith(SCHEMA_REVISION)


FOREIGN = {
    "a trigger that forgets failures": (
        "CREATE TRIGGER kind AFTER INSERT ON secret BEGIN DELETE FROM secret WHERE name = 'failures'; END",
    ),
    "a view": ("CREATE VIEW audit_events AS SELECT * FROM audit_event WHERE seq < 2",),
    "a guard taken away": ("DROP TRIGGER audit_event_no_delete",),
    "a guard that guards nothing": (
        "DROP TRIGGER record_no_update",
        "CREATE TRIGGER record_no_update BEFORE UPDATE ON record BEGIN SELECT 1; END",
    ),
}


@pytest.mark.parametrize("attack", FOREIGN)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_stands_around_the_records_and_is_not_ours_is_told(books, attack: str) -> None:
    assert books.ledger.guard_problems() == ()
    books.attack(*FOREIGN[attack], guards=True)
    assert len(books.ledger.guard_problems()) == 1


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "attack",
    [
        "CREATE RULE quiet AS ON INSERT TO audit_event DO INSTEAD NOTHING",
        "ALTER TABLE audit_event DISABLE TRIGGER audit_event_no_change",
        "DROP TRIGGER record_no_truncate ON record",
        "CREATE TRIGGER other BEFORE INSERT ON secret FOR EACH ROW EXECUTE FUNCTION audit_event_append_only()",
    ],
)
def test_what_stands_around_the_records_on_a_server_is_told(books, attack: str) -> None:
    assert books.ledger.guard_problems() == ()
    books.store.cluster.run(attack, database=books.store.name, role="keeper")
    assert len(books.ledger.guard_problems()) == 1
