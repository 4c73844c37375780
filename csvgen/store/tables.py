"""The tables of a records database. Five of them, the same for csvgen's own records and for a system built on its components.

`audit_event`, `tree_node` and `record` only ever grow: triggers refuse update, delete and a second insert under one key. `secret` and
`placement` are not records: verifiers of secrets change with the secret, placements are work in hand.
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

audit_event = Table(
    "audit_event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False, doc="1, 2, 3 ... without gaps"),
    Column("body", LargeBinary, nullable=False, doc="canonical JSON, the exact bytes that were hashed"),
    Column("hash", String(71), nullable=False, doc="digest of body; body names the digest of the event before"),
)

tree_node = Table(
    "tree_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False, doc="1: hashes over 256 events, 2: over 256 of these, ..."),
    Column("number", Integer, primary_key=True, autoincrement=False, doc="0, 1, 2 ... from the left"),
    Column(
        "hash",
        LargeBinary,
        nullable=False,
        doc="32 bytes, RFC 6962: with the events of the last tile, all that the Merkle tree needs",
    ),
    sqlite_with_rowid=False,
)

record = Table(
    "record",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, doc="1, 2, 3 ... each change is a new version"),
    Column("body", LargeBinary, nullable=False, doc="canonical JSON"),
    Column("sha256", String(71), nullable=False),
    Column("event", Integer, nullable=False, doc="audit event written in the same transaction"),
    sqlite_with_rowid=False,
)

secret = Table(
    "secret",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False, doc="verifier or key under its owner's secret; never a secret in clear"),
)

placement = Table(
    "placement",
    metadata,
    Column("staged", String(1000), primary_key=True, doc="temporary file, written and synced before the commit"),
    Column("path", String(1000), nullable=False, doc="where it belongs"),
    Column("sha256", String(71), nullable=False),
    Column("event", Integer, nullable=False),
)

APPEND_ONLY = ("audit_event", "record", "tree_node")

SCHEMA_REVISION = "0002"
"""Newest revision under migrations/versions; a test holds the two together."""
