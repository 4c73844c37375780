"""Rights in PostgreSQL: an owner who migrates, and an application role that can add to the trail and nothing more.

The application role reads everything and inserts; it may change and delete only `secret` (a new password replaces the old verifier) and
`placement` (work in hand). It owns nothing, so it can neither disable a trigger nor grant itself anything; it is no superuser, so it
cannot set `session_replication_role`. SQLite has no roles: there the file belongs to one user of the machine.
"""

from __future__ import annotations

import re
import tempfile

from sqlalchemy import Connection, create_engine, text

from csvgen.errors import ConfigError, Refused
from csvgen.store.database import Database, open_database
from csvgen.store.tables import APPEND_ONLY, metadata

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_CHANGEABLE = ("secret", "placement")
_MORE_THAN_NEEDED = ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")


def grant_application_role(owner_url: str, role: str) -> None:
    """Give a role of the server the rights of the application, as owner of the tables, and take away all others it was granted.

    The role is made by the administrator of the server (`CREATE ROLE csvgen_app LOGIN PASSWORD ...`). Raises ConfigError for another
    database or a name that is none, Refused when the role has rights that no grant takes away (superuser, owner).
    """
    if not _ROLE.fullmatch(role):
        raise ConfigError(f"not a name of a role: {role!r}", hint="small letters, digits and _")
    engine = create_engine(owner_url)
    try:
        if engine.dialect.name != "postgresql":
            raise ConfigError("only PostgreSQL has roles", hint="SQLite: who may write the file is a matter of the file system")
        with engine.begin() as connection:
            tables = ", ".join(metadata.tables)
            for statement in (
                f"REVOKE ALL ON {tables}, alembic_version FROM {role}",
                f"GRANT USAGE ON SCHEMA public TO {role}",
                f"GRANT SELECT ON alembic_version TO {role}",
                f"GRANT SELECT, INSERT ON {tables} TO {role}",
                f"GRANT UPDATE, DELETE ON {', '.join(_CHANGEABLE)} TO {role}",
            ):
                connection.execute(text(statement))
            if found := _beyond(connection, role):
                raise Refused(f"the role {role} has more than an application needs: {'; '.join(found)}", rule="RR-E04")
    finally:
        engine.dispose()


def rights_problems(database: Database) -> tuple[str, ...]:
    """What the role this database was opened with could do to the trail beyond adding to it; nothing for SQLite."""
    if database.dialect != "postgresql":
        return ()
    with database.read() as connection:
        role = str(connection.execute(text("SELECT current_user")).scalar_one())
        return tuple(f"role {role}: {found}" for found in _beyond(connection, role))


def guard_problems(database: Database) -> tuple[str, ...]:
    """Triggers and views of the records that are not those csvgen made, and its own that are missing, changed or switched off.

    A trigger of somebody else can quietly undo what the application writes; a view can show something else than a table holds.
    """
    with database.read() as connection:
        there = _guards(connection)
    wanted = _WANTED[database.dialect]()
    found = [f"{name}: a guard of the records is missing" for name in sorted(wanted.keys() - there.keys())]
    found += [f"{name}: a trigger or view that csvgen did not make" for name in sorted(there.keys() - wanted.keys())]
    found += [
        f"{name}: a guard of the records is not as csvgen made it"
        for name in sorted(wanted.keys() & there.keys())
        if there[name] != wanted[name]
    ]
    return tuple(found)


def _guards(connection: Connection) -> dict[str, str]:
    """Name -> what it does: its text in SQLite, whether it always fires in PostgreSQL."""
    if connection.dialect.name == "sqlite":
        asked = text("SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')")
    else:
        asked = text(
            "SELECT t.tgname, t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relname = ANY(:tables) "
            "UNION ALL SELECT r.rulename, 'rule' FROM pg_rules r WHERE r.tablename = ANY(:tables)"
        )
    bound = {} if connection.dialect.name == "sqlite" else {"tables": list(metadata.tables)}
    return {str(name): str(does) for name, does in connection.execute(asked, bound)}


def _of_a_new_file() -> dict[str, str]:
    """What the migrations make, read off a database they have just made."""
    with tempfile.TemporaryDirectory(prefix="csvgen-") as folder:
        database = open_database(f"sqlite:///{folder}/new.db")
        try:
            with database.read() as connection:
                return _guards(connection)
        finally:
            database.close()


def _of_a_server() -> dict[str, str]:
    return {f"{table}_no_{what}": "A" for table in APPEND_ONLY for what in ("change", "truncate")}


_WANTED = {"sqlite": _of_a_new_file, "postgresql": _of_a_server}


def _beyond(connection: Connection, role: str) -> list[str]:
    found = []
    attributes = connection.execute(
        text("SELECT rolsuper, rolreplication, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = :role"), {"role": role}
    ).one()
    names = ("superuser", "may replicate", "bypasses row security", "may make roles")
    found += [name for name, has in zip(names, attributes, strict=True) if has]
    owned = text(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY(:tables) AND pg_has_role(:role, relowner, 'MEMBER')"
    )
    owner = connection.execute(owned, {"role": role, "tables": list(metadata.tables)}).scalars().all()
    found += [f"owns {', '.join(sorted(owner))}"] if owner else []
    for table in APPEND_ONLY:
        for right in _MORE_THAN_NEEDED:
            asked = {"role": role, "table": table, "right": right}
            if connection.execute(text("SELECT has_table_privilege(:role, :table, :right)"), asked).scalar_one():
                found.append(f"may {right} {table}")
    if connection.execute(
        text("SELECT has_parameter_privilege(:role, 'session_replication_role', 'SET')"), {"role": role}
    ).scalar_one():
        found.append("may set session_replication_role")
    return found
