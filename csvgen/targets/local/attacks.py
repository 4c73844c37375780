"""Attacks of the harness on an instance made for a validation. Nothing of this is part of the system.

Falsifying the trail is tried as the application itself could: on its database file, through the same driver and settings.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from csvgen.canonical import Digest, canonical_json, digest_bytes
from csvgen.clock import SystemClock, parsed, stored
from csvgen.errors import BadInput
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.core import ANCHOR, DATABASE, RAW
from csvgen.pipeline.raw import READ_ONLY, RawStore
from csvgen.pipeline.record_keeping import signature_files
from csvgen.pipeline.signing import meanings
from csvgen.ports import Outcome
from csvgen.store.database import open_database

_VICTIM = 2
"""The event that is falsified: early, so that a whole chain follows it."""


def attack_trail(home: Path, manner: str) -> Outcome:
    """Falsify one or two events. Accepted means that the database let it happen."""
    facts = {"manner": manner, "on a copy without guards": _found_on_copy(home, manner)}
    try:
        with _connected(home / DATABASE) as connection:
            _falsify_trail(connection, manner)
    except sqlite3.DatabaseError as problem:
        return Outcome(False, f"the database refused: {problem}", "", facts)
    return Outcome(True, f"the database let it happen: {manner} of event {_VICTIM}", "", facts)


def _found_on_copy(home: Path, manner: str) -> str:
    """What the system's own verification says of the same act when every guard of the database was taken away first."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / DATABASE
        with closing(sqlite3.connect(home / DATABASE)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        shutil.copy(home / ANCHOR, scratch)
        with _connected(copy) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            _falsify_trail(connection, manner)
        database = open_database(f"sqlite:///{copy}")
        try:
            problems = AnchoredLedger(database, SystemClock(), Path(scratch) / ANCHOR).problems()
        finally:
            database.close()
    return f"found: {problems[0]}" if problems else "NOT found"


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


def _falsify_trail(connection: sqlite3.Connection, manner: str) -> None:
    last, victim = connection.execute("SELECT max(seq) FROM audit_event").fetchone()[0], _VICTIM
    if last <= victim:
        raise BadInput("the audit trail is too short to be attacked")
    body = connection.execute("SELECT body FROM audit_event WHERE seq = ?", (victim,)).fetchone()[0]
    forged = canonical_json(json.loads(body) | {"printed_name": "Somebody Else"})
    match manner:
        case "edit":
            statement = "UPDATE audit_event SET body = ?, hash = ? WHERE seq = ?"
            connection.execute(statement, (forged, digest_bytes(forged), victim))
        case "delete":
            connection.execute("DELETE FROM audit_event WHERE seq = ?", (victim,))
        case "insert":
            statement = "INSERT OR REPLACE INTO audit_event (seq, body, hash) VALUES (?, ?, ?)"
            connection.execute(statement, (victim, forged, digest_bytes(forged)))
        case "reorder":
            for old, new in ((victim, -1), (victim + 1, victim), (-1, victim + 1)):
                connection.execute("UPDATE audit_event SET seq = ? WHERE seq = ?", (new, old))
        case "truncate":
            connection.execute("DELETE FROM audit_event WHERE seq = ?", (last,))
        case _:
            raise BadInput(f"no attack {manner!r} on the audit trail")


def falsified(record: str, electronic_copy: bytes, manner: str, other: str) -> tuple[str, list[dict[str, bytes]]]:
    """The record a falsified set of signatures is offered for, and the set."""
    signatures = [{"record": body, "cms": cms} for body, cms in signature_files(electronic_copy)]
    if not signatures:
        raise BadInput(f"{record} carries no signature to falsify")
    if manner == "copy":
        return other, signatures[-1:]
    if manner == "cut":
        return record, signatures[:-1]
    signed = json.loads(signatures[-1]["record"])
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
    path = RawStore(home / RAW).path(sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(READ_ONLY)
    return Outcome(True, "one byte of the stored file was changed past the application", path.name)
