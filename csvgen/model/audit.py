"""Audit trail: who did what to which record, when and why (21 CFR 11.10(e)); and people as the trail knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from csvgen.canonical import Digest
from csvgen.model.base import Grown, Sha256, Stamp, Value, later


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from an authenticated session or a registered technical account; never free text of a caller."""

    person: str
    printed_name: str
    role: str
    source: str
    """Where the act came from: host, process, session."""


@dataclass(frozen=True, slots=True)
class ClockLimits:
    """How far the clock may jump ahead before that is an event of its own; a step back always is (FDA 2024 Q14)."""

    ahead: float = 300.0
    """Seconds it may run ahead of a clock that nobody can set, between two events that one process writes."""
    silence: float = 92 * 86_400.0
    """Seconds between two events when no such clock was looking, because another process wrote the one before: a quarter of a year."""

    def __post_init__(self) -> None:
        if not (self.ahead > 0 and self.silence > 0):
            raise ValueError("the limits of the clock are numbers of seconds above nought; there is no way to switch them off")


class Change(Value):
    field: str
    old: str
    new: str


class Event(Grown):
    format: Literal["csvgen.event/1"] = "csvgen.event/1"
    seq: int
    at: Stamp
    offset: str
    person: str
    printed_name: str
    role: str
    action: str
    """create, modify, delete, sign, log-in, log-in-refused, ..."""
    record: str
    """kind/id of the record, or empty."""
    version: int
    changes: tuple[Change, ...]
    reason: str
    source: str
    csvgen: str
    previous: Sha256
    """Digest of the event before; the first names the digest of nothing."""
    clock: str = later(
        "",
        "Number of the event that tells of a step of the clock; until a person resolves it, times are in doubt",
        pattern=r"^([1-9]\d*)?$",
    )


@dataclass(frozen=True, slots=True)
class Head:
    """State of the trail: how many events, and the digest of the last."""

    count: int
    hash: Digest
