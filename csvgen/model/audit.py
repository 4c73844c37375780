"""Audit trail: who did what to which record, when and why (21 CFR 11.10(e)); and people as the trail knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from csvgen.canonical import Digest
from csvgen.model.base import Sha256, Stamp, Value


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from an authenticated session or a registered technical account; never free text of a caller."""

    person: str
    printed_name: str
    role: str
    source: str
    """Where the act came from: host, process, session."""


class Change(Value):
    field: str
    old: str
    new: str


class Event(Value):
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


@dataclass(frozen=True, slots=True)
class Head:
    """State of the trail: how many events, and the digest of the last."""

    count: int
    hash: Digest
