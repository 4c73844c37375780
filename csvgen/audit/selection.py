"""Which events are asked for: by record, person, action, time, or words (rules RR-E10 and RR-C04)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csvgen.audit.chain import read_event
from csvgen.clock import shown, stored
from csvgen.errors import BadInput
from csvgen.model.audit import Event


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter. Empty parts take everything; parts together must all fit."""

    record: str = ""
    """``sample/S-1``; with a slash at the end all records of a kind; ``QCR-VP`` all revisions, ``QCR-VP r1`` one."""
    person: str = ""
    action: str = ""
    since: dt.datetime | None = None
    """This moment and later."""
    until: dt.datetime | None = None
    """Before this moment."""
    words: str = ""
    """Stands anywhere in what the event says, upper and lower case alike."""

    def __post_init__(self) -> None:
        if any(m is not None and m.tzinfo is None for m in (self.since, self.until)):
            raise ValueError("a time without zone selects nothing for certain")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise BadInput("the range of time ends before it begins", where="--since, --until")

    @property
    def partial(self) -> bool:
        """Whether anything can be left out."""
        return self != Selection()

    def __str__(self) -> str:
        """The filter in words, as every page of a copy carries it."""
        parts = [f"{name} {value}" for name in ("record", "person", "action") if (value := getattr(self, name))]
        if self.since is not None:
            parts.append(f"from {shown(stored(self.since))}")
        if self.until is not None:
            parts.append(f"before {shown(stored(self.until))}")
        if self.words:
            parts.append(f"words {self.words!r}")
        return ", ".join(parts) or "all events"

    def takes(self, event: Event) -> bool:
        if self.record and not self._names(event.record):
            return False
        if (self.person and event.person != self.person) or (self.action and event.action != self.action):
            return False
        if (self.since is not None and event.at < stored(self.since)) or (
            self.until is not None and event.at >= stored(self.until)
        ):
            return False
        return not self.words or self.words.casefold() in " ".join(_said(event)).casefold()

    def _names(self, record: str) -> bool:
        if self.record.endswith("/"):
            return record.startswith(self.record)
        return record == self.record or re.fullmatch(r" r[0-9]+", record.removeprefix(self.record)) is not None

    def of(self, bodies: Iterable[bytes]) -> Iterator[tuple[bytes, Event]]:
        """The events that fit, each with its exact bytes. What cannot fit is passed over unread: its bytes lack the name asked for."""
        wanted = [_spelt(value) for value in (self.person, self.action) if value]
        if self.record:
            wanted.append(_spelt(self.record)[:-1])  # without the quote at the end: a kind, or a revision, may follow
        for body in bodies:
            if all(part in body for part in wanted) and self.takes(event := read_event(body)):
                yield body, event


def _said(event: Event) -> Iterator[str]:
    yield from (event.person, event.printed_name, event.role, event.action, event.record, event.reason, event.source)
    for change in event.changes:
        yield from (change.field, change.old, change.new)


def _spelt(value: str) -> bytes:
    """A text as it stands in canonical JSON."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def moment(text: str, *, end: bool = False) -> dt.datetime:
    """A day (``2026-11-21``) or a time with its zone, as people type it; a day as an end is the end of that day. Raises BadInput."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"this is no day or time: {text!r}", hint="2026-11-21, or 2026-11-21T08:30+01:00") from None
    if len(text) == len("2026-11-21"):
        return found.replace(tzinfo=dt.UTC) + dt.timedelta(days=1 if end else 0)
    if found.tzinfo is None:
        raise BadInput(f"a time needs its zone: {text!r}", hint="2026-11-21T08:30+01:00, or Z for UTC")
    return found.astimezone(dt.UTC)
