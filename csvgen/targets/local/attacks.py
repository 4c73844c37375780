"""Attacks of the harness on an instance made for a validation. Nothing of this is part of the system.

Falsifying the trail is tried as somebody could who has the rights of the application on its database: through the same driver
and settings, without the key of the anchor. What a guard of the database refuses is a refusal; any other failure of an attempt
(a locked database, a table that is not there) says nothing of the system and is raised.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest, canonical_json, digest_bytes
from csvgen.clock import parsed, stored
from csvgen.errors import BadInput
from csvgen.pipeline.core import ANCHOR, DATABASE, KEYS, RAW
from csvgen.pipeline.landing import READ_ONLY, LocalStore
from csvgen.pipeline.record_keeping import signature_files
from csvgen.pipeline.signing import meanings
from csvgen.ports import Outcome
from csvgen.targets.local import forgery, history
from csvgen.targets.local.connection import SERVER, Connection
from csvgen.targets.local.install import ACCOUNTS

_VICTIM = 2
"""The event that is falsified: early, so that a whole chain follows it."""

_RECORD = "SELECT kind, id, version, body, event FROM record WHERE kind = 'configuration' ORDER BY id, version LIMIT 1"
"""The record that is falsified."""

_LET_IN = frozenset({"insert", "insert-first", "drop-guards"})
"""What no guard of a database can refuse. It is tried on a copy alone: the instance itself could not be used after it."""

_CHECK_BEFORE, _CHECK, _NEXT, _PLACE = "check before", "check", "next entry", "place"
"""Facts of an attempt, as `ports.AuditTrail.attack` names them."""

_GUARD = re.compile(r"(audit_event|record|tree_node) is append-only: no (update|delete|again)")


def attack_trail(home: Path, manner: str, server: Sequence[str] = SERVER) -> Outcome:
    """Falsify an event or a record. Accepted means that the database let it in; the facts say what the system makes of it then."""
    facts = {"manner": manner, **_on_copy(home, manner, server)}
    try:
        if manner in _LET_IN:
            with _copied(home) as copy:
                _act(copy, manner)
        else:
            _act(home, manner)
    except sqlite3.DatabaseError as problem:
        if not _GUARD.fullmatch(str(problem)):
            raise
        return Outcome(False, f"the database refused: {problem}", "", facts)
    return Outcome(True, f"the database let it in: {manner}{' (on a copy)' if manner in _LET_IN else ''}", "", facts)


def _act(home: Path, manner: str) -> None:
    with _connected(home / DATABASE) as connection:
        _falsify(connection, manner)


def _on_copy(home: Path, manner: str, server: Sequence[str]) -> dict[str, str]:
    """What the system says of the same act, on a copy where it succeeds: without guards, which are put back afterwards.

    The copy is served as the instance is, in a process of its own: it is the system that is asked, not the code of the harness. It is
    asked before the act too: what it then finds has come of the act, and not of the copying.
    """
    with _copied(home) as copy, closing(Connection(copy, server)) as system:
        auditor = json.loads((copy / ACCOUNTS).read_bytes())["auditor"]
        hand = {"user_id": auditor["user_id"], "password": auditor["password"]}
        session = system.outcome("Access.log_in", **hand).reference
        before = _said(system.outcome("AuditTrail.integrity", session=session))
        with _connected(copy / DATABASE) as connection:
            place = str(_place(connection, manner))
            guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in guards:
                connection.execute(f"DROP TRIGGER {name}")
            if manner != "drop-guards":
                _falsify(connection, manner)
                for _, statement in guards:
                    connection.execute(statement)
        return {
            _CHECK_BEFORE: before,
            _PLACE: place,
            _CHECK: _said(system.outcome("AuditTrail.integrity", session=session)),
            _NEXT: _said(system.outcome("Access.log_in", **hand)),
        }


def _place(connection: sqlite3.Connection, manner: str) -> int:
    """Number of the event that an act is about, before it is done: the one put behind the last, the last, the one before all, the one
    that tells of the record falsified, or the victim.

    Of a history written anew with all that has no key the last event is the only one that something outside the database knows.
    """
    if manner in ("edit-record", "delete-record"):
        return int(connection.execute(_RECORD).fetchone()[4])
    last = int(connection.execute("SELECT max(seq) FROM audit_event").fetchone()[0])
    return {"insert": last + 1, "truncate": last, "rewrite-with-tree": last, "insert-first": 0}.get(manner, _VICTIM)


def _said(outcome: Outcome) -> str:
    """The answer of the system in one line."""
    return f"{'accepted' if outcome.accepted else 'refused'}: {outcome.message}"


@contextmanager
def _copied(home: Path) -> Iterator[Path]:
    """The instance once more: database, anchor, keys with the key of the anchor, accounts."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "instance"
        shutil.copytree(home / KEYS, copy / KEYS)
        (copy / RAW).mkdir()
        for name in (ANCHOR, ACCOUNTS):
            shutil.copy(home / name, copy)
        with closing(sqlite3.connect(home / DATABASE)) as source, closing(sqlite3.connect(copy / DATABASE)) as target:
            source.backup(target)
        yield copy


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction with the settings of the application."""
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.isolation_level = None
        for pragma in ("recursive_triggers=ON", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _falsify(connection: sqlite3.Connection, manner: str) -> None:
    last, head = connection.execute("SELECT seq, hash FROM audit_event ORDER BY seq DESC LIMIT 1").fetchone()
    if last <= _VICTIM + 1:
        raise BadInput("the audit trail is too short to be attacked")
    match manner:
        case "insert":
            _append(connection, last, head)
        case "drop-guards":
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
        case "insert-first":
            body = connection.execute("SELECT body FROM audit_event WHERE seq = 1").fetchone()[0]
            forged = canonical_json(json.loads(body) | {"seq": 0, "printed_name": "Somebody Else"})
            connection.execute("INSERT INTO audit_event (seq, body, hash) VALUES (0, ?, ?)", (forged, digest_bytes(forged)))
        case "edit-record" | "delete-record":
            _falsify_record(connection, manner)
        case _ if manner in history.WAYS:
            history.falsify(connection, manner)
        case _:
            for statement, values in _statements(connection, manner, last):
                connection.execute(statement, values)


def _statements(connection: sqlite3.Connection, manner: str, last: int) -> list[tuple[str, tuple[object, ...]]]:
    """What changes events that are there."""
    victim = _VICTIM
    found = connection.execute("SELECT body FROM audit_event WHERE seq = ?", (victim,)).fetchone()
    if found is None:
        raise BadInput(
            f"event {victim} of the audit trail is gone: an earlier attempt was let in, and the trail cannot be attacked again"
        )
    forged = canonical_json(json.loads(found[0]) | {"printed_name": "Somebody Else"})
    delete, move = "DELETE FROM audit_event WHERE seq = ?", "UPDATE audit_event SET seq = ? WHERE seq = ?"
    edit = "UPDATE audit_event SET body = ?, hash = ? WHERE seq = ?"
    again = "INSERT OR REPLACE INTO audit_event (body, hash, seq) VALUES (?, ?, ?)"
    ways: dict[str, list[tuple[str, tuple[object, ...]]]] = {
        "edit": [(edit, (forged, digest_bytes(forged), victim))],
        "delete": [(delete, (victim,))],
        "overwrite": [(again, (forged, digest_bytes(forged), victim))],
        "reorder": [(move, (-1, victim)), (move, (victim, victim + 1)), (move, (victim + 1, -1))],
        "truncate": [(delete, (last,))],
    }
    if manner not in ways:
        raise BadInput(f"no attack {manner!r} on the audit trail")
    return ways[manner]


def _append(connection: sqlite3.Connection, last: int, head: str) -> None:
    """A next event as the application would write it, with the right number and the right digest of the one before."""
    newest = json.loads(connection.execute("SELECT body FROM audit_event WHERE seq = ?", (last,)).fetchone()[0])
    told = {"seq": last + 1, "previous": head, "action": "export", "record": "", "version": 0, "changes": [], "reason": ""}
    body = canonical_json(newest | told)
    connection.execute("INSERT INTO audit_event (seq, body, hash) VALUES (?, ?, ?)", (last + 1, body, digest_bytes(body)))


def _falsify_record(connection: sqlite3.Connection, manner: str) -> None:
    """A setting made to read something else, with its digest; or taken away."""
    key = connection.execute(_RECORD).fetchone()
    if manner == "delete-record":
        connection.execute("DELETE FROM record WHERE kind = ? AND id = ? AND version = ?", key[:3])
        return
    forged = canonical_json(json.loads(key[3]) | {"value": "1"})
    statement = "UPDATE record SET body = ?, sha256 = ? WHERE kind = ? AND id = ? AND version = ?"
    connection.execute(statement, (forged, digest_bytes(forged), *key[:3]))


def falsified(home: Path, record: str, electronic_copy: bytes, manner: str, other: str) -> tuple[str, list[dict[str, bytes]]]:
    """The record a falsified set of signatures is offered for, and the set."""
    signatures = [{"record": body, "cms": cms} for body, cms in signature_files(electronic_copy)]
    if not signatures:
        raise BadInput(f"{record} carries no signature to falsify")
    if manner == "copy":
        return other, signatures[-1:]
    if manner == "cut":
        return record, signatures[:-1]
    signed = json.loads(signatures[-1]["record"])
    if manner in forgery.WAYS:
        return record, [*signatures[:-1], forgery.resigned(home, signed, manner)]
    signatures[-1] = {"record": canonical_json(signed | _altered(signed, manner, other)), "cms": signatures[-1]["cms"]}
    return record, signatures


def _altered(signed: dict[str, Any], manner: str, other: str) -> dict[str, Any]:
    match manner:
        case "other-person":
            return {"person": other or "somebody.else", "printed_name": "Somebody Else"}
        case "other-time":
            return {"signed": stored(parsed(signed["signed"]) - dt.timedelta(hours=1))}
        case "other-meaning":
            meaning = next(m for m in meanings().values() if m.statement != signed["statement"])
            return {"meaning": meaning.record, "statement": meaning.statement}
        case _:
            raise BadInput(f"no attack {manner!r} on a signature")


def damage(home: Path, sha256: Digest) -> Outcome:
    """Change one byte in the middle of a stored raw file, past the application."""
    path = LocalStore(home / RAW).path(sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(READ_ONLY)
    return Outcome(True, "one byte of the stored file was changed past the application", path.name)


def remove(home: Path, sha256: Digest) -> Outcome:
    """Remove a stored raw file, past the application."""
    path = LocalStore(home / RAW).path(sha256)
    path.unlink()
    return Outcome(True, "the stored file was removed past the application", path.name)
