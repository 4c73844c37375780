"""Attacks of the harness on the history behind an event: its events written anew with digests that fit, and the hashes over them.

Whoever may write to the database can work out everything that has no key. The Merkle tree (RFC 6962) is worked out here by code of
the harness, so that a mistake in the code of the system does not make an attack fit to it.
"""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import BadInput

WIDTH = 256
"""Events under one stored hash (C2SP tlog-tiles)."""

WAYS = frozenset({"edit-tree-up", "edit-tree-down", "edit-tree-top", "rewrite", "rewrite-with-tree"})


def falsify(connection: sqlite3.Connection, manner: str) -> None:
    """Write the history anew from the second event on, or the first stored hash of the tree. Raises BadInput when there is none."""
    if connection.execute("SELECT count(*) FROM tree_node").fetchone()[0] == 0:
        raise BadInput(f"the audit trail holds fewer than {WIDTH} events: there is no stored hash over them yet")
    if manner == "edit-tree-top":
        changed = connection.execute("UPDATE tree_node SET hash = ? WHERE level = 2 AND number = 0", (bytes(32),))
        if not changed.rowcount:
            raise BadInput(f"the audit trail holds fewer than {WIDTH**2} events: there is no stored hash over their hashes yet")
        return
    if manner.startswith("edit-tree"):
        made = b"\xff" * 32 if manner == "edit-tree-up" else bytes(32)
        connection.execute("UPDATE tree_node SET hash = ? WHERE level = 1 AND number = 0", (made,))
        return
    _rewritten(connection)
    if manner == "rewrite-with-tree":
        _tree_made_to_fit(connection)


def _rewritten(connection: sqlite3.Connection) -> None:
    """The second event tells of somebody else, and every later event names the digest of the one before it, as it is now."""
    before = ""
    for number, body in connection.execute("SELECT seq, body FROM audit_event ORDER BY seq").fetchall():
        if number == 1:
            before = str(digest_bytes(bytes(body)))
            continue
        changed = {"previous": before} | ({"printed_name": "Somebody Else"} if number == 2 else {})  # noqa: PLR2004 - the victim
        made = canonical_json(json.loads(body) | changed)
        before = str(digest_bytes(made))
        connection.execute("UPDATE audit_event SET body = ?, hash = ? WHERE seq = ?", (made, before, number))


def _tree_made_to_fit(connection: sqlite3.Connection) -> None:
    """The stored hashes of the first level; a trail of this length has no other."""
    for (number,) in connection.execute("SELECT number FROM tree_node WHERE level = 1").fetchall():
        bodies = connection.execute(
            "SELECT body FROM audit_event WHERE seq > ? AND seq <= ? ORDER BY seq", (number * WIDTH, (number + 1) * WIDTH)
        )
        made = _root([sha256(b"\x00" + bytes(body)).digest() for (body,) in bodies])
        connection.execute("UPDATE tree_node SET hash = ? WHERE level = 1 AND number = ?", (made, number))


def _root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [sha256(b"\x01" + hashes[n] + hashes[n + 1]).digest() for n in range(0, len(hashes), 2)]
    return hashes[0]
