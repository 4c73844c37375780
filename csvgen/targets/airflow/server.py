"""The server itself: version, health, how people come in, who may do what, and where secrets are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from csvgen.targets.airflow.client import API, option, rows
from csvgen.targets.probing.facts import Measured, facts, inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Fact, Unanswered

ANYBODY = "anybody who reaches the server"
MASKED = "***"
"""What Airflow shows in place of a value that it keeps secret."""
_HEALTH, _ASKED = f"{API}/monitor/health", f"{API}/connections"
"""Version and health are open to all by design; connections nobody may read without credentials."""
_SIMPLE = "SimpleAuthManager"
_FAB = "FabAuthManager"
_LADDER = ("viewer", "user", "op", "admin")
"""Roles of the simple manager, each with the rights of those before it."""
_MAY: Mapping[str, str] = {"read DAGs": "viewer", "start and change runs": "user", "change connections and variables": "op"}
Held = frozenset[tuple[str, str]]
"""Action and resource of each permission of the FAB provider that an account holds, through any role."""


def _read(held: Held) -> bool:
    return any(action == "can_read" and _is_dag(on) for action, on in held)


def _run(held: Held) -> bool:
    """Both are asked for: the DAG itself, and its runs."""
    dag = any(action == "can_edit" and _is_dag(on) for action, on in held)
    return dag and any(action in _WRITING and on.startswith(("DAG Runs", "DAG Run:")) for action, on in held)


def _keep(held: Held) -> bool:
    return any(action in _WRITING and on in ("Connections", "Variables") for action, on in held)


def _is_dag(on: str) -> bool:
    return on == "DAGs" or on.startswith("DAG:")


_WRITING = ("can_create", "can_edit", "can_delete")
_FAB_MAY: Mapping[str, Callable[[Held], bool]] = dict(zip(_MAY, (_read, _run, _keep), strict=True))


def server(a: Reader, stranger: Reader) -> tuple[Fact, ...]:
    """Version, whether somebody without credentials is turned away, and whether each part is alive."""
    version = inside(a.get(f"{API}/version"), "version", kind=str, where=f"{API}/version")
    health = inside(a.get(_HEALTH), where=_HEALTH)
    return (
        *facts(a.source(f"{API}/version"), {"version": version}),
        *facts(a.source(_ASKED), {"authentication is on": stranger.refused(_ASKED)}),
        *facts(
            a.source(_HEALTH),
            {f"{part} is healthy": health[part].get("status") == "healthy" for part in ("metadatabase", "scheduler", "dag_processor")},
        ),
    )  # fmt: skip


def configuration(a: Reader) -> tuple[Fact, ...]:
    """How people come in, and settings that matter. Told only by a server whose administrator lets it tell (`[api] expose_config`)."""
    manager = _manager(a)
    return facts(
        a.source(f"{API}/config/section/.../option/..."),
        {
            "auth manager": manager, "auth manager is for development only": manager.endswith(_SIMPLE),
            "everybody is an administrator": _SIMPLE in manager and _yes(option(a, "core", "simple_auth_manager_all_admins")),
            "secrets backend": option(a, "secrets", "backend"), "examples are loaded": _yes(option(a, "core", "load_examples")),
            "new DAGs are paused": _yes(option(a, "core", "dags_are_paused_at_creation")), "settings are shown": option(a, "api", "expose_config"),
        },
    )  # fmt: skip


def _manager(a: Reader) -> str:
    found = option(a, "core", "auth_manager")
    if not found:
        raise Unanswered("the server does not say its auth manager", where="airflow")
    return found.rpartition(".")[2]


def _yes(value: str | None) -> bool:
    return (value or "").strip().lower() in ("true", "t", "1", "yes")


def rights(a: Reader) -> tuple[Fact, ...]:
    """Accounts, and which of them may read, run and change, by the roles of the auth manager that is in use."""
    manager = _manager(a)
    if manager == _SIMPLE:
        return _simple(a)
    if manager == _FAB:
        return _fab(a)
    raise Unanswered(
        f"the rights of the auth manager {manager[:60]!r} are not told by Airflow",
        where="airflow",
        hint="ask the identity provider",
    )


def _simple(a: Reader) -> tuple[Fact, ...]:
    """Accounts stand in the configuration."""
    source = a.source(f"{API}/config/section/core/option/simple_auth_manager_users")
    if _yes(option(a, "core", "simple_auth_manager_all_admins")):
        return facts(source, {"accounts": ANYBODY, "administrators": ANYBODY, **{f"who may {act}": ANYBODY for act in _MAY}})
    told = [u.split(":") for u in (option(a, "core", "simple_auth_manager_users") or "").split(",") if u.strip()]
    people = {u[0].strip(): _LADDER.index(u[1].strip().lower()) for u in told}
    return facts(
        source,
        {
            "accounts": Measured(len(people), "accounts"), "administrators": [w for w, level in people.items() if level == len(_LADDER) - 1],
            **{f"who may {act}": [w for w, level in people.items() if level >= _LADDER.index(role)] for act, role in _MAY.items()},
        },
    )  # fmt: skip


def _fab(a: Reader) -> tuple[Fact, ...]:
    """Accounts and roles stand in the database of the FAB provider."""
    roles = {
        str(r["name"]): frozenset((str(p["action"]["name"]), str(p["resource"]["name"])) for p in r["actions"])
        for r in rows(a, "/auth/fab/v1/roles", "roles")
    }
    people = {
        str(u["username"]): [str(r["name"]) for r in u.get("roles", ())]
        for u in rows(a, "/auth/fab/v1/users", "users")
        if u.get("active", True)
    }
    held: dict[str, Held] = {who: frozenset().union(*(roles.get(r, frozenset()) for r in named)) for who, named in people.items()}
    return facts(
        a.source("/auth/fab/v1/users, /auth/fab/v1/roles"),
        {
            "accounts": Measured(len(people), "accounts"), "administrators": [w for w, named in people.items() if "Admin" in named],
            **{f"who may {act}": [w for w, has in held.items() if fits(has)] for act, fits in _FAB_MAY.items()},
        },
    )  # fmt: skip


def secrets(a: Reader) -> tuple[Fact, ...]:
    """Which connections and variables hold a secret in Airflow's own database. Values are masked by the server, and none is kept here."""
    path = f"{API}/connections"
    connections = list(rows(a, path, "connections"))
    variables = list(rows(a, f"{API}/variables", "variables"))
    return (
        *facts(
            a.source(path),
            {
                "connections": Measured(len(connections), "connections"),
                "connections that hold a password": _ids(connections, lambda c: bool(c.get("password"))),
                "connections with a secret among their extras": _ids(connections, lambda c: MASKED in str(c.get("extra") or "")),
                "connections with a password in the address": _ids(connections, _in_address),
            },
        ),
        *facts(
            a.source(f"{API}/variables"),
            {
                "variables": Measured(len(variables), "variables"),
                "variables that hold a secret": [v["key"] for v in variables if MASKED in str(v.get("value") or "")],
                "variables kept in plain text": [v["key"] for v in variables if not v["is_encrypted"]],
            },
        ),
    )


def _ids(connections: Sequence[Mapping[str, Any]], which: Callable[[Mapping[str, Any]], bool]) -> list[str]:
    return [str(c["connection_id"]) for c in connections if which(c)]


def _in_address(connection: Mapping[str, Any]) -> bool:
    before, at, _ = str(connection.get("host") or "").rpartition("@")
    return bool(at) and ":" in before.rpartition("/")[2]
