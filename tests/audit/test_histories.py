"""Attacks on the whole history, on both stores: what the database itself can tell, and what only a state kept outside tells.

Anchored attacks are shown in full, with notes, witnesses and a WORM store, in test_anchors_attacks; here the state outside is what a
signature record keeps: number of events, digest of the last, Merkle root.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from csvgen.audit import merkle
from csvgen.audit.anchored import Outside, Pin, report
from csvgen.audit.ledger import Ledger, open_ledger
from csvgen.clock import FixedClock
from csvgen.errors import NotIntact
from csvgen.model.audit import Head
from csvgen.model.verification import Outcome
from csvgen.store.database import StoreError, open_database
from csvgen.store.rights import grant_application_role, rights_problems

from .attacks import HISTORIES, Store, copy, replace_whole_database, write_events
from .conftest import ANNA, START, Books

POSTGRESQL = pytest.mark.parametrize("store", [pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))], indirect=True)
SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


def notes(books: Books, count: int) -> None:
    with books.ledger.change(books.actor) as change:
        for _ in range(count):
            change.note("log-in", "account/anna")


def told_outside(ledger: Ledger, size: int, root: bytes, head: Head) -> list[str]:
    """Faults that the report finds with what a signature kept of the trail."""
    pins = (Pin(size, root, "a signature"), Pin(head.count, bytes.fromhex(head.hash.hex), "a signature", linear=True))
    found = report(list(ledger.bodies()), Outside(pins=pins))
    return [fault for f in found if f.outcome is Outcome.FAILS for fault in f.faults]


@pytest.mark.parametrize("attack", HISTORIES)
def test_a_history_written_anew_keeps_its_chain_and_loses_what_is_kept_outside(books: Books, attack: str) -> None:
    notes(books, 3)
    size, root, head = 8, books.ledger.root(), books.ledger.head()
    assert told_outside(books.ledger, size, root, head) == []
    HISTORIES[attack](books.store)
    ledger = books.reopened()
    assert not [p for p in ledger.problems() if p.startswith("event ")], "the chain holds"
    assert told_outside(ledger, size, root, head)
    if ledger.head().count >= size:
        with pytest.raises(NotIntact):
            merkle.verify_consistency(size, ledger.head().count, ledger.consistency(size), root, ledger.root())
    else:
        with pytest.raises(ValueError, match="the trail has"):
            ledger.root(size)


@pytest.mark.parametrize("attack", HISTORIES)
def test_records_tell_of_a_history_that_no_longer_fits_them(books: Books, attack: str) -> None:
    """Without anything from outside: when the last events are about records, all but the edit and the fork show."""
    with books.ledger.change(books.actor, "weighed again") as change:
        change.put("sample", "S-2", {"name": "third"})
        change.put("sample", "S-3", {"name": "fourth"})
    HISTORIES[attack](books.store)
    named = [p for p in books.reopened().problems() if p.startswith("record sample/S-")]
    assert bool(named) == (attack not in ("edit and re-hash all", "fork"))


@pytest.mark.parametrize("grown", [False, True], ids=["as it was", "with other events since"])
def test_yesterdays_copy_in_the_place_of_today(books: Books, tmp_path: Path, grown: bool) -> None:
    books.database.close()
    yesterday = copy(books.store, tmp_path / "yesterday.db")
    ledger = books.reopened()
    with ledger.change(books.actor) as change:
        change.note("release", "lot/L-1")
    size, root, head = 6, ledger.root(), ledger.head()
    books.database.close()
    replace_whole_database(books.store, yesterday)
    ledger = books.reopened()
    if grown:
        with ledger.change(books.actor) as change:
            change.note("reject", "lot/L-1")
    assert ledger.problems() == (), "yesterday's copy is whole"
    assert told_outside(ledger, size, root, head)


def test_another_valid_database_in_its_place(books: Books, empty_store, tmp_path: Path) -> None:
    size, root, head = 5, books.ledger.root(), books.ledger.head()
    other = empty_store(books.store.kind)
    database = open_database(other.url)
    with open_ledger(database, FixedClock(START, 1)).change(ANNA) as change:
        for _ in range(9):
            change.note("log-in", "account/anna")
    database.close()
    books.database.close()
    replace_whole_database(books.store, other)
    ledger = books.reopened()
    assert ledger.problems() == ()
    assert told_outside(ledger, size, root, head)


def test_two_trails_with_one_head_are_one_trail(books: Books) -> None:
    """A second trail that ends with the same event: its chain cannot fit, because each event names the digest of the one before."""
    bodies = books.store.events()
    with books.store.connection() as connection:
        books.store.run("SELECT 1", guards=False)
        connection.execute("DELETE FROM audit_event")
        for number, body in enumerate([bodies[0], bodies[2], bodies[1], *bodies[3:]], 1):
            digest = "sha256:" + "0" * 64
            connection.execute(
                f"INSERT INTO audit_event (seq, body, hash) VALUES ({number}, {books.store.blob(body)}, '{digest}')"
            )
    problems = books.ledger.problems()
    assert "event 2: does not follow the event before it" in problems
    assert "event 4: does not follow the event before it" in problems


# ------------------------------------------------------------------ PostgreSQL: roles

BY_THE_APPLICATION = {
    "UPDATE audit_event SET hash = 'x' WHERE seq = 2": "permission denied for table audit_event",
    "DELETE FROM audit_event": "permission denied for table audit_event",
    "TRUNCATE audit_event": "permission denied for table audit_event",
    "UPDATE record SET body = ''": "permission denied for table record",
    "DELETE FROM record": "permission denied for table record",
    "DELETE FROM tree_node": "permission denied for table tree_node",
    "INSERT INTO audit_event VALUES (2, '', 'x') ON CONFLICT (seq) DO UPDATE SET body = ''": "permission denied for table audit_event",
    "INSERT INTO audit_event VALUES (2, '', 'x')": "duplicate key",
    "SET session_replication_role = replica": "permission denied to set parameter",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL": "must be owner of table audit_event",
    "DROP TRIGGER audit_event_no_change ON audit_event": "must be owner of relation audit_event",
    "DROP TABLE audit_event": "must be owner of table audit_event",
    "CREATE RULE r AS ON INSERT TO audit_event DO INSTEAD NOTHING": "must be owner of table audit_event",
    "CREATE TRIGGER t BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION record_append_only()": "permission denied for table audit_event",
    "ALTER TABLE audit_event OWNER TO app": "must be owner of table audit_event",
    "CREATE OR REPLACE FUNCTION audit_event_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'": "permission denied for schema public",
    "UPDATE alembic_version SET version_num = '0001'": "permission denied for table alembic_version",
    "BEGIN; LOCK TABLE audit_event IN EXCLUSIVE MODE": "permission denied for table audit_event",
    "SET ROLE keeper": "permission denied to set role",
}  # fmt: skip


@POSTGRESQL
@pytest.mark.parametrize("statement", BY_THE_APPLICATION)
def test_the_application_role_can_only_add(books: Books, statement: str) -> None:
    before = books.store.events()
    assert books.store.cluster is not None
    with (
        books.store.cluster.connect(books.store.name, "app") as connection,
        pytest.raises(psycopg.Error, match=BY_THE_APPLICATION[statement]),
    ):
        connection.execute(statement)
    assert books.store.events() == before
    assert books.ledger.problems() == ()


@POSTGRESQL
def test_the_application_role_cannot_give_itself_a_right(books: Books) -> None:
    """PostgreSQL says no more to this than that nothing was granted."""
    assert books.store.cluster is not None
    books.store.cluster.run(
        "GRANT UPDATE, DELETE ON audit_event TO app",
        "GRANT INSERT ON audit_event TO PUBLIC",
        database=books.store.name,
        role="app",
    )
    with (
        books.store.cluster.connect(books.store.name, "app") as connection,
        pytest.raises(psycopg.Error, match="permission denied"),
    ):
        connection.execute("DELETE FROM audit_event")
    assert rights_problems(books.database) == ()


@POSTGRESQL
def test_the_rights_of_the_role_in_use_are_judged(books: Books) -> None:
    assert books.store.cluster is not None
    cluster, name = books.store.cluster, books.store.name
    assert rights_problems(books.database) == ()
    for role, words in (("keeper", "owns audit_event"), ("postgres", "superuser")):
        database = open_database(cluster.url(name, role))
        assert any(words in problem for problem in rights_problems(database))
        database.close()
    cluster.run("GRANT UPDATE ON audit_event TO app", database=name, role="keeper")
    assert rights_problems(books.database) == ("role app: may UPDATE audit_event",)
    grant_application_role(cluster.url(name, "keeper"), "app")
    assert rights_problems(books.database) == (), "granting anew takes away what was too much"


@POSTGRESQL
def test_a_role_that_cannot_be_bound_is_refused(store: Store) -> None:
    from csvgen.errors import ConfigError, Refused

    assert store.cluster is not None
    with pytest.raises(Refused, match="superuser"):
        grant_application_role(store.cluster.url(store.name), "postgres")
    with pytest.raises(ConfigError, match="not a name of a role"):
        grant_application_role(store.cluster.url(store.name), 'app; DROP TABLE "record"')


@POSTGRESQL
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET hash = 'x' WHERE seq = 2", "DELETE FROM audit_event WHERE seq = 5", "TRUNCATE record"]
)
@pytest.mark.parametrize("role", ["keeper", "postgres"])
def test_owner_and_superuser_meet_the_guards_first(books: Books, role: str, statement: str) -> None:
    """Also as a replica: the guards fire always."""
    assert books.store.cluster is not None
    with books.store.cluster.connect(books.store.name, role) as connection:
        if role == "postgres":
            connection.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.Error, match="append-only"):
            connection.execute(statement)
    assert books.ledger.problems() == ()


@POSTGRESQL
@pytest.mark.parametrize("role", ["keeper", "postgres"])
def test_who_takes_the_guards_away_is_told_by_the_chain(books: Books, role: str) -> None:
    assert books.store.cluster is not None
    books.store.cluster.run(
        "ALTER TABLE audit_event DISABLE TRIGGER audit_event_no_change",
        "UPDATE audit_event SET body = replace(convert_from(body, 'UTF8'), '1.20', '1.25')::bytea WHERE seq = 2",
        database=books.store.name, role=role,
    )  # fmt: skip
    assert books.ledger.problems() == (
        "event 2: stored hash differs from its content",
        "event 3: does not follow the event before it",
    )


@POSTGRESQL
def test_the_zone_of_a_session_is_no_part_of_what_is_hashed(books: Books) -> None:
    assert books.store.cluster is not None
    books.store.cluster.run("ALTER ROLE app SET timezone = 'Pacific/Kiritimati'")
    try:
        books.database.close()
        ledger = books.reopened()
        with ledger.change(books.actor) as change:
            change.note("log-in", "account/anna")
        assert ledger.problems() == ()
        assert ledger.events()[-1].at == "2026-11-21T09:00:00.000000Z"
    finally:
        books.store.cluster.run("ALTER ROLE app RESET timezone")


@POSTGRESQL
def test_commits_are_durable_whatever_the_role_has_set(books: Books) -> None:
    assert books.store.cluster is not None
    books.store.cluster.run("ALTER ROLE app SET synchronous_commit = off")
    try:
        database = open_database(books.store.url)
        with database.read() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        with open_ledger(database, FixedClock(START)).change(ANNA) as change:
            assert change.connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        database.close()
    finally:
        books.store.cluster.run("ALTER ROLE app RESET synchronous_commit")


@POSTGRESQL
def test_a_server_that_went_away_is_an_error_and_then_works_again(books: Books) -> None:
    assert books.store.cluster is not None
    stop = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{books.store.name}'"
    with pytest.raises(StoreError), books.ledger.change(books.actor) as change:
        change.note("one")
        books.store.cluster.run(stop)
    for action in ("two", "three"):
        with books.ledger.change(books.actor) as change:
            change.note(action)
        books.store.cluster.run(stop)
    books.database.close()
    assert [e.action for e in books.ledger.events()][5:] == ["two", "three"], (
        "a connection that died while nobody wrote is renewed"
    )


# ------------------------------------------------------------------ processes

RACER = """
import sys
from csvgen.audit.ledger import open_ledger
from csvgen.clock import SystemClock
from csvgen.model.audit import Actor
from csvgen.store.database import open_database

who = sys.argv[2]
ledger = open_ledger(open_database(sys.argv[1]), SystemClock())
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    with ledger.change(Actor(who, who, "tester", "process"), "counted") as change:
        common = change.latest("counter", "common")
        reached = int(common.content["n"]) if common else 0
        change.put("counter", "common", {"n": str(reached + 1)})
"""


def test_two_processes_that_race_make_one_chain(store: Store) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", RACER, store.url, who], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for who in ("anna", "bert")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    assert [(p.communicate(b"\n"), p.returncode)[1] for p in processes] == [0, 0]
    database = open_database(store.url)
    ledger = open_ledger(database, FixedClock(START))
    assert ledger.problems() == ()
    assert (ledger.head().count, ledger.latest("counter", "common").content) == (50, {"n": "50"})
    database.close()


def test_who_writes_without_the_lock_meets_the_key(books: Books) -> None:
    """Two events with one number cannot be."""
    with pytest.raises((sqlite3.Error, psycopg.Error), match=r"append-only: no again|duplicate key"):
        books.store.run("INSERT INTO audit_event (seq, body, hash) SELECT 5, body, hash FROM audit_event WHERE seq = 1")
    assert books.ledger.problems() == ()


def test_write_events_itself_leaves_an_honest_trail_honest(books: Books) -> None:
    """The tool of the attacks, checked: written anew with nothing changed, everything holds, nodes included."""
    notes(books, 600)
    size, root, head = 605, books.ledger.root(), books.ledger.head()
    write_events(books.store, books.store.events())
    ledger = books.reopened()
    assert ledger.problems() == ()
    assert told_outside(ledger, size, root, head) == []
    assert dt.datetime.now(dt.UTC) + dt.timedelta(days=36500) > START
