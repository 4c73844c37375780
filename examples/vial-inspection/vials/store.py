"""What the station holds, in SQLite: people, sessions, records with their versions, signatures, decisions of the model, the audit trail."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import sqlite3
import threading
from pathlib import Path

SCHEMA = """
create table if not exists people (id text primary key, name text, role text, state text, salt blob, hash blob, failures integer);
create table if not exists sessions (token text primary key, person text, used real);
create table if not exists records (kind text, id text, version integer, status text, fields text, primary key (kind, id, version));
create table if not exists signatures (kind text, id text, version integer, person text, name text, at text, meaning text);
create table if not exists seen (
  seq integer primary key, inspection text, batch text, sha256 text, model text, score real, brightness real, decision text);
create index if not exists seen_batch on seen (batch);
create table if not exists audit (
  seq integer primary key, at text, person text, name text, action text, object text, field text, old text, new text, reason text);
"""


def now() -> str:
    """Local time with its offset."""
    return dt.datetime.now().astimezone().isoformat(timespec="milliseconds")


def hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**10, r=8, p=1)


class Record:
    """The newest version of a record."""

    def __init__(self, row: sqlite3.Row) -> None:
        self.kind: str = row["kind"]
        self.id: str = row["id"]
        self.version: int = row["version"]
        self.status: str = row["status"]
        self.fields: dict[str, str] = json.loads(row["fields"])

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.id}"


class Store:
    """One database; one thing at a time."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("pragma journal_mode = wal")
        self.db.executescript(SCHEMA)

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return self.db.execute(sql, values).fetchone()

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self.db.execute(sql, values).fetchall()

    # ------------------------------------------------------------ people

    def person(self, user: str) -> sqlite3.Row | None:
        return self.one("select * from people where id = ?", user)

    def add_person(self, user: str, name: str, role: str, password: str) -> None:
        salt = secrets.token_bytes(16)
        self.db.execute(
            "insert into people values (?, ?, ?, 'active', ?, ?, 0)", (user, name, role, salt, hashed(password, salt))
        )

    def opens(self, user: str, password: str) -> bool:
        person = self.person(user)
        return person is not None and secrets.compare_digest(person["hash"], hashed(password, person["salt"]))

    # ------------------------------------------------------------ audit trail

    def told(
        self, person: str, action: str, thing: str, *, field: str = "", old: str = "", new: str = "", reason: str = ""
    ) -> None:
        known = self.person(person)
        name = (
            known["name"]
            if known and action != "LOGIN_FAILED"
            else "(not authenticated)"
            if action == "LOGIN_FAILED"
            else "(the station)"
        )
        values = (now(), person, name, action, thing, field, old, new, reason)
        self.db.execute(
            "insert into audit (at, person, name, action, object, field, old, new, reason) values (?,?,?,?,?,?,?,?,?)", values
        )

    # ------------------------------------------------------------ records

    def newest(self, kind: str, identity: str) -> Record | None:
        row = self.one("select * from records where kind = ? and id = ? order by version desc limit 1", kind, identity)
        return Record(row) if row else None

    def write(self, kind: str, identity: str, status: str, fields: dict[str, str]) -> int:
        """A new version of a record; its number. Earlier ones stay."""
        before = self.newest(kind, identity)
        version = 1 if before is None else before.version + 1
        self.db.execute("insert into records values (?, ?, ?, ?, ?)", (kind, identity, version, status, json.dumps(fields)))
        return version

    def signatures(self, kind: str, identity: str) -> list[sqlite3.Row]:
        return self.all("select * from signatures where kind = ? and id = ? order by rowid", kind, identity)

    def seen(self, batch: str) -> list[sqlite3.Row]:
        """What the model saw in a batch, in order."""
        return self.all("select * from seen where batch = ? order by seq", batch)
