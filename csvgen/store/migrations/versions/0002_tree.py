"""Nodes of the Merkle tree over the events, filled in for the events that are there; guards that fire for replication roles too."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WIDTH = 256
_KEY = "level = NEW.level AND number = NEW.number"


def upgrade() -> None:
    """Create and fill `tree_node`, then guard it."""
    op.create_table(
        "tree_node",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    _fill()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _fill() -> None:
    """As RFC 6962 2.1, 256 events and then 256 nodes at a time. Written out here, because a migration never changes."""
    bind, level, start = op.get_bind(), 0, 0
    pending: list[list[bytes]] = [[]]
    page = sa.text("SELECT seq, body FROM audit_event WHERE seq > :start ORDER BY seq LIMIT 2560")
    insert = sa.text("INSERT INTO tree_node (level, number, hash) VALUES (:level, :number, :hash)")
    numbers: list[int] = []
    while rows := bind.execute(page, {"start": start}).all():
        start = rows[-1].seq
        for row in rows:
            body = row.body.encode("utf-8") if isinstance(row.body, str) else bytes(row.body)
            pending[0].append(sha256(b"\x00" + body).digest())
            level = 0
            while len(pending[level]) == _WIDTH:
                if len(pending) == level + 1:
                    pending.append([])
                    numbers.append(0)
                node = _root(pending[level])
                pending[level].clear()
                pending[level + 1].append(node)
                bind.execute(insert, {"level": level + 1, "number": numbers[level], "hash": node})
                numbers[level] += 1
                level += 1


def _root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [sha256(b"\x01" + hashes[n] + hashes[n + 1]).digest() for n in range(0, len(hashes), 2)]
    return hashes[0]


def _sqlite() -> None:
    for name, timing in (
        ("update", "BEFORE UPDATE ON tree_node"),
        ("delete", "BEFORE DELETE ON tree_node"),
        ("again", f"BEFORE INSERT ON tree_node WHEN EXISTS (SELECT 1 FROM tree_node WHERE {_KEY})"),  # noqa: S608
    ):
        op.execute(
            f"CREATE TRIGGER tree_node_no_{name} {timing} BEGIN SELECT RAISE(ABORT, 'tree_node is append-only: no {name}'); END"
        )


def _postgresql() -> None:
    op.execute(
        "CREATE FUNCTION tree_node_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'tree_node is append-only: no %', lower(TG_OP); END $$"
    )
    op.execute(
        "CREATE TRIGGER tree_node_no_change BEFORE UPDATE OR DELETE ON tree_node "
        "FOR EACH ROW EXECUTE FUNCTION tree_node_append_only()"
    )
    op.execute(
        "CREATE TRIGGER tree_node_no_truncate BEFORE TRUNCATE ON tree_node "
        "FOR EACH STATEMENT EXECUTE FUNCTION tree_node_append_only()"
    )
    # With session_replication_role = replica ordinary triggers stay silent; these do not.
    for table in ("audit_event", "record", "tree_node"):
        for what in ("change", "truncate"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{what}")
    # Nobody but the owner, until the owner says so (see csvgen.store.rights).
    for table in ("audit_event", "record", "tree_node", "secret", "placement", "alembic_version"):
        op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
