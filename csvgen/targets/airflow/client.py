"""The REST interface of Airflow 3: by GET, and by the one POST that gives out a token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from csvgen.clock import Clock
from csvgen.model.counterpart import Counterpart
from csvgen.targets.airflow.settings import Airflow
from csvgen.targets.probing.credentials import Lookup, secret
from csvgen.targets.probing.facts import inside
from csvgen.targets.probing.reader import Reader
from csvgen.views import Unanswered

API = "/api/v2"
OPTIONS = (
    ("core", "auth_manager"), ("core", "simple_auth_manager_users"), ("core", "simple_auth_manager_all_admins"),
    ("core", "load_examples"), ("core", "dags_are_paused_at_creation"), ("secrets", "backend"), ("api", "expose_config"),
)  # fmt: skip
"""Settings that a probe may read, each by its own path; the configuration as a whole, where secrets may stand, it may not."""
_ONE = r"[\w.%~:+-]+"
PATHS = (
    r"/api/v2/(?:version|monitor/health|connections|variables|importErrors)",
    rf"/api/v2/dags/{_ONE}(?:/details|/tasks|/dagRuns)?",
    rf"/api/v2/dags/{_ONE}/dagRuns/{_ONE}/taskInstances",
    rf"/api/v2/dagSources/{_ONE}",
    *(f"/api/v2/config/section/{section}/option/{option}" for section, option in OPTIONS),
    r"/auth/fab/v1/(?:users|roles)",
)
DOOR = "/auth/token"
_SIZE, _MOST = 100, 5_000


def reader(settings: Airflow, answers: Counterpart, clock: Clock, lookup: Lookup | None) -> Reader:
    """With the credentials of the probes. Raises Unanswered naming what is missing."""

    @cache
    def headers() -> Mapping[str, str]:
        return {"Authorization": f"Bearer {_token(settings, answers, clock, lookup)}"}

    headers()
    return Reader("airflow", settings.url, PATHS, answers, clock, headers)


def stranger(settings: Airflow, answers: Counterpart, clock: Clock) -> Reader:
    """As somebody who has no credentials."""
    return Reader("airflow", settings.url, PATHS, answers, clock)


def _token(settings: Airflow, answers: Counterpart, clock: Clock, lookup: Lookup | None) -> str:
    if settings.token is not None:
        return secret(settings.token, lookup).reveal()
    if settings.password is None:
        raise Unanswered("no credentials: the settings refer to none", hint="airflow.token, or user and password")
    door = Reader("airflow", settings.url, (), answers, clock, posted=(DOOR,))
    answer = door.posted(DOOR, {"username": settings.user, "password": secret(settings.password, lookup).reveal()})
    return str(inside(answer, "access_token", kind=str, where=f"airflow {DOOR}"))


def one(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")


def rows(
    a: Reader, path: str, kind: str, query: Mapping[str, str] | None = None, most: int = _MOST
) -> Iterator[Mapping[str, Any]]:
    """Rows of a list, at most so many."""
    given = 0
    while given < most:
        asked = {**(query or {}), "limit": str(min(_SIZE, most - given)), "offset": str(given)}
        found = inside(a.get(path, asked), kind, kind=list, where=f"airflow {path}")
        yield from found
        given += len(found)
        if len(found) < int(asked["limit"]):
            return


def option(a: Reader, section: str, name: str) -> str | None:
    """One setting of the server; None where it has none. Raises Unanswered where the server shows no settings."""
    path = f"{API}/config/section/{section}/option/{name}"
    try:
        answer = a.get(path, absent=("not found",))
    except Unanswered as problem:
        raise Unanswered(
            problem.message, where=problem.where, hint="a server shows settings with [api] expose_config = true"
        ) from None
    if answer is None:
        return None
    for part in inside(answer, "sections", kind=list, where=path):
        for found in part["options"]:
            if found["key"] == name:
                value = found["value"]
                return str(value[0] if isinstance(value, list) else value)
    return None
