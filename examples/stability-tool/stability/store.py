"""What the tool keeps: people, records with their versions, signatures, audit trail. One file of SQLite."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import sqlite3
import threading
from pathlib import Path

_TABLES = """
create table if not exists people (id text primary key, name text, role text, salt text, hash text);
create table if not exists sessions (token text primary key, person text);
create table if not exists records (kind text, id text, version integer, state text, fields text, primary key (kind, id, version));
create table if not exists signatures (kind text, id text, version integer, person text, name text, at text, meaning text);
create table if not exists trail (
  number integer primary key, at text, person text, name text, action text, record text, field text, old text, new text, reason text);
"""


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def hashed(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1).hex()


class Store:
    def __init__(self, file: Path) -> None:
        self.lock = threading.Lock()
        self.db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(_TABLES)

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self.db.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return self.db.execute(sql, values).fetchone()

    def add_person(self, identity: str, name: str, role: str, password: str) -> None:
        salt = secrets.token_hex(16)
        self.db.execute("insert into people values (?, ?, ?, ?, ?)", (identity, name, role, salt, hashed(password, salt)))

    def opens(self, identity: str, password: str) -> sqlite3.Row | None:
        found = self.one("select * from people where id = ?", identity)
        return found if found and secrets.compare_digest(found["hash"], hashed(password, found["salt"])) else None

    def told(
        self, person: str, action: str, record: str, field: str = "", old: str = "", new: str = "", reason: str = ""
    ) -> None:
        found = self.one("select name from people where id = ?", person)
        self.db.execute(
            "insert into trail (at, person, name, action, record, field, old, new, reason) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (now(), person, found["name"] if found else "", action, record, field, old, new, reason),
        )

    def versions(self, kind: str, identity: str) -> list[sqlite3.Row]:
        return self.all("select * from records where kind = ? and id = ? order by version", kind, identity)

    def fields(self, kind: str, identity: str) -> dict[str, str] | None:
        found = self.versions(kind, identity)
        return json.loads(found[-1]["fields"]) if found else None

    def keep(self, kind: str, identity: str, state: str, fields: dict[str, str]) -> None:
        """A new version of a record; the earlier ones stay."""
        number = len(self.versions(kind, identity)) + 1
        self.db.execute("insert into records values (?, ?, ?, ?, ?)", (kind, identity, number, state, json.dumps(fields)))
