"""The hand of somebody who goes past the application: a ledger's database, and what can be done to it with the rights of its owner.

Each attack knows its database and nothing of csvgen's keys. Those that work an event over use csvgen's own canonical spelling: whoever
attacks has read the source.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from csvgen.audit import merkle
from csvgen.canonical import canonical_json, digest_bytes
from csvgen.store.tables import APPEND_ONLY

from ..counterparts.postgres import Cluster

_BLOB = re.compile("X'([0-9A-F]*)'")


@dataclass(frozen=True)
class Store:
    """A database of either kind, seen from outside."""

    url: str
    path: Path | None = None
    cluster: Cluster | None = None
    name: str = ""

    @property
    def kind(self) -> str:
        return "sqlite" if self.path else "postgresql"

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection of one's own: to the file, or as superuser of the server. Each statement is its own transaction."""
        if self.path is not None:
            connection: Any = sqlite3.connect(self.path, isolation_level=None)
        else:
            assert self.cluster is not None
            connection = self.cluster.connect(self.name)
        try:
            yield connection
        finally:
            connection.close()

    def run(self, *statements: str, guards: bool = True) -> None:
        """SQL as an administrator would. Without `guards` those of the database go first."""
        with self.connection() as connection:
            if not guards:
                drop_guards(self, connection)
            for statement in statements:
                connection.execute(statement if self.path else _BLOB.sub(r"'\\x\1'::bytea", statement))

    def blob(self, data: bytes) -> str:
        """Bytes as a literal of this database."""
        return f"X'{data.hex()}'" if self.path else f"'\\x{data.hex()}'::bytea"

    def event(self, number: int) -> bytes:
        with self.connection() as connection:
            return bytes(connection.execute(f"SELECT body FROM audit_event WHERE seq = {number}").fetchone()[0])

    def events(self) -> list[bytes]:
        with self.connection() as connection:
            return [bytes(row[0]) for row in connection.execute("SELECT body FROM audit_event ORDER BY seq").fetchall()]


def drop_guards(store: Store, connection: Any) -> None:
    """What an owner of the tables can always do."""
    if store.path:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
    else:
        for table in APPEND_ONLY:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")


def write_events(store: Store, bodies: list[bytes]) -> None:
    """Put these events in place of all others, with digests, links and tree nodes that fit: the whole trail written anew."""
    with store.connection() as connection:
        drop_guards(store, connection)
        connection.execute("BEGIN")
        connection.execute("DELETE FROM audit_event")
        connection.execute("DELETE FROM tree_node")
        previous, leaves = digest_bytes(b""), []
        for number, body in enumerate(bodies, 1):
            made = canonical_json(json.loads(body) | {"seq": number, "previous": previous})
            previous = digest_bytes(made)
            leaves.append(merkle.leaf_hash(made))
            connection.execute(f"INSERT INTO audit_event (seq, body, hash) VALUES ({number}, {store.blob(made)}, '{previous}')")
        for level, number, node in nodes(leaves):
            connection.execute(f"INSERT INTO tree_node (level, number, hash) VALUES ({level}, {number}, {store.blob(node)})")
        connection.execute("COMMIT")


def nodes(leaves: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """The rows of `tree_node` that belong to these leaves."""
    level, hashes = 0, leaves
    while len(hashes) >= 256:
        level += 1
        hashes = [merkle.root(hashes[n : n + 256]) for n in range(0, len(hashes) - 255, 256)]
        yield from ((level, number, node) for number, node in enumerate(hashes))


# ------------------------------------------------------------------ each takes a store whose trail has at least 5 events


def edit_and_rehash_all(store: Store) -> None:
    """Somebody else did it: the second event names another person, and every digest after it is made to fit."""
    bodies = store.events()
    bodies[1] = canonical_json(json.loads(bodies[1]) | {"person": "mallory"})
    write_events(store, bodies)


def insert(store: Store) -> None:
    """An event that never was, in the middle, and all later ones renumbered."""
    bodies = store.events()
    never = canonical_json(json.loads(bodies[-1]) | {"action": "never-was", "record": "", "version": 0})
    write_events(store, [*bodies[:2], never, *bodies[2:]])


def remove(store: Store) -> None:
    """The last but one event is gone, and all later ones renumbered."""
    bodies = store.events()
    write_events(store, [*bodies[:-2], bodies[-1]])


def reorder(store: Store) -> None:
    """The last two events in the other order, links and numbers made to fit."""
    bodies = store.events()
    write_events(store, [*bodies[:-2], bodies[-1], bodies[-2]])


def truncate(store: Store) -> None:
    """The last event is gone."""
    with store.connection() as connection:
        drop_guards(store, connection)
        connection.execute("DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)")


def fork(store: Store) -> None:
    """The last event is replaced by another that follows the same one."""
    bodies = store.events()
    write_events(store, [*bodies[:-1], canonical_json(json.loads(bodies[-1]) | {"reason": "another history"})])


HISTORIES: dict[str, Callable[[Store], None]] = {
    "edit and re-hash all": edit_and_rehash_all,
    "insert": insert,
    "remove": remove,
    "reorder": reorder,
    "truncate": truncate,
    "fork": fork,
}
"""Attacks that leave a trail with a chain that holds: only what is kept elsewhere can tell."""


def copy(store: Store, to: Path) -> Store:
    """Yesterday's copy of the database, complete and consistent."""
    if store.path is not None:
        source, target = sqlite3.connect(store.path), sqlite3.connect(to)
        with target:
            source.backup(target)
        source.close()
        target.close()
        return Store(f"sqlite:///{to}", path=to)
    assert store.cluster is not None
    name = f"{store.name}_copy"
    store.cluster.run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{store.name}'",
        f"CREATE DATABASE {name} TEMPLATE {store.name}",
    )
    return replace(store, url=store.cluster.url(name), name=name)


def replace_whole_database(store: Store, by: Store) -> None:
    """Another valid database, or yesterday's, in the place of this one."""
    if store.path is not None:
        assert by.path is not None
        for end in ("-wal", "-shm"):
            Path(f"{store.path}{end}").unlink(missing_ok=True)
        shutil.copyfile(by.path, store.path)
        return
    assert store.cluster is not None
    store.cluster.run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('{store.name}', '{by.name}')",
        f"DROP DATABASE {store.name}",
        f"CREATE DATABASE {store.name} TEMPLATE {by.name}",
    )
