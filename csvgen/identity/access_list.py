"""The access list: who had which access at any past time, computed from the trail (21 CFR 11.10(d), FDA 2024 Q11; EU GMP Annex 11, 12.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from csvgen.audit.ledger import Ledger, Version
from csvgen.clock import parsed, shown, stored
from csvgen.errors import BadInput
from csvgen.identity.rights import Matrix, Role
from csvgen.model.audit import Event
from csvgen.model.people import Account

SETTINGS = "security-settings"
"""Kind of the records that keep the roles and the policy a project had."""


@dataclass(frozen=True, slots=True)
class Access:
    """One account as it was at a moment."""

    id: str
    kind: str
    printed_name: str
    state: str
    roles: tuple[str, ...]
    rights: tuple[str, ...]
    """Functions its roles held in the matrix of that time."""
    start: str
    """When the account was made."""
    change: str
    """Its last change until then."""
    end: str
    """When it was retired, if it was; an account that was retired stays in the list."""
    owner: str
    device: str
    anomalies: tuple[str, ...]

    COLUMNS = ("id", "kind", "printed_name", "state", "roles", "rights", "start", "change", "end", "owner", "device", "anomalies")

    def row(self) -> dict[str, str]:
        """As text, times as they are shown."""
        values = {name: getattr(self, name) for name in self.COLUMNS}
        texts = {k: "; ".join(v) if isinstance(v, tuple) else v for k, v in values.items()}
        return texts | {k: shown(texts[k]) if texts[k] else "" for k in ("start", "change", "end")}

    def harmless(self) -> dict[str, str]:
        """As `row`, for a spreadsheet: nothing in it is a formula."""
        return {k: f"'{v}" if v[:1] in tuple("=+-@") else v for k, v in self.row().items()}


def moment(text: str) -> str:
    """A moment a person names, ``2026-11-01T12:00Z``, in the stored form. Raises BadInput without a time or a zone."""
    try:
        given = dt.datetime.fromisoformat(text)
    except ValueError:
        given = None
    if given is None or given.tzinfo is None or "T" not in text:
        raise BadInput(f"{text[:40]!r} is no moment", hint="date, time and zone: 2026-11-01T12:00Z", rule="RR-T06")
    return stored(given)


def as_of(ledger: Ledger, at: str, matrix: Matrix, idle_seconds: int) -> tuple[Access, ...]:
    """Every account that existed at a moment (stored form), by id."""
    events = ledger.events()
    times = {e.seq: e.at for e in events}
    then = _matrix(ledger, times, at, matrix)
    anomalies = dict(_two_hosts((e for e in events if e.at <= at), idle_seconds))
    found = []
    for latest in ledger.all("account"):
        versions = [v for v in ledger.versions("account", latest.id) if times[v.event] <= at]
        if versions:
            found.append(_access(versions, times, then, anomalies.get(latest.id, ())))
    return tuple(found)


def _access(versions: Sequence[Version], times: dict[int, str], matrix: Matrix, anomalies: tuple[str, ...]) -> Access:
    account = Account.model_validate(versions[-1].content)
    ended = next((times[v.event] for v in versions if v.content["state"] == "retired"), "")
    rights = [name for name in matrix.functions if any(matrix.holds(role, name) for role in account.roles)]
    return Access(
        account.id, account.kind, account.printed_name, account.state, account.roles,
        tuple(rights) if account.state == "active" else (), times[versions[0].event], times[versions[-1].event], ended,
        account.owner, account.factor, anomalies,
    )  # fmt: skip


def _matrix(ledger: Ledger, times: dict[int, str], at: str, now: Matrix) -> Matrix:
    """The roles a project had at a moment; those of now where none were put on record before it."""
    kept = [v for v in ledger.versions(SETTINGS, "roles") if times[v.event] <= at]
    if not kept:
        return now
    roles = {name: Role(words=name, functions=tuple(held)) for name, held in kept[-1].content["roles"].items()}
    return now.model_copy(update={"roles": roles})


@dataclass
class _Open:
    host: str
    last: dt.datetime


def _two_hosts(events: Iterable[Event], idle_seconds: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """People who were logged in on two hosts at once: their credentials may be in two hands (RR-N06)."""
    open_: dict[str, dict[str, _Open]] = {}
    found: dict[str, list[str]] = {}
    for event in events:
        host, mark, session = event.source.rpartition(", session ")
        if not mark:
            continue
        mine, now = open_.setdefault(event.person, {}), parsed(event.at)
        for other in [k for k, o in mine.items() if (now - o.last).total_seconds() >= idle_seconds]:
            del mine[other]
        if event.action in ("log-out", "session-locked"):
            mine.pop(session, None)
            continue
        if event.action == "log-in":
            elsewhere = sorted({o.host for o in mine.values()} - {host})
            if elsewhere:
                found.setdefault(event.person, []).append(
                    f"{shown(event.at)}: logged in from {host} while from {', '.join(elsewhere)}"
                )
            mine[session] = _Open(host, now)
        elif session in mine:
            mine[session].last = now
    yield from ((person, tuple(texts)) for person, texts in found.items())
