"""Records, audit events, secrets, placements; append-only triggers. There is no way down: records are never dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = {"audit_event": "seq = NEW.seq", "record": "kind = NEW.kind AND id = NEW.id AND version = NEW.version"}


def upgrade() -> None:
    """Create the four tables and guard the two that only grow."""
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.String(71), nullable=False),
    )
    op.create_table(
        "record",
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String(71), nullable=False),
        sa.Column("event", sa.Integer, nullable=False),
        sqlite_with_rowid=False,  # a hidden row id would be a second key, and REPLACE by it passes by the guard on the first
    )
    op.create_table(
        "secret",
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "placement",
        sa.Column("staged", sa.String(1000), primary_key=True),
        sa.Column("path", sa.String(1000), nullable=False),
        sa.Column("sha256", sa.String(71), nullable=False),
        sa.Column("event", sa.Integer, nullable=False),
    )
    guard = _sqlite if op.get_bind().dialect.name == "sqlite" else _postgresql
    for table, same_key in _APPEND_ONLY.items():
        guard(table, same_key)


def _sqlite(table: str, same_key: str) -> None:
    # INSERT OR REPLACE deletes without firing a delete trigger unless recursive_triggers is on, hence the third one.
    for name, timing in (
        ("update", f"BEFORE UPDATE ON {table}"),
        ("delete", f"BEFORE DELETE ON {table}"),
        ("again", f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same_key})"),  # noqa: S608
    ):
        op.execute(
            f"CREATE TRIGGER {table}_no_{name} {timing} BEGIN SELECT RAISE(ABORT, '{table} is append-only: no {name}'); END"
        )


def _postgresql(table: str, _same_key: str) -> None:
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{table} is append-only: no %', lower(TG_OP); END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
