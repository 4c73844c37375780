"""Time is handed in: one reading at a door, UTC inside, the local offset kept beside it.

21 CFR 11.50(a)(2) and 11.10(e) ask for date and time; the time zone must be plain (FDA 2024 Q14, ICH E6(R3) 4.2.2).
Stored form: ``2026-11-21T08:33:01.123456Z``. Shown form: ``2026-11-21 08:33:01 +00:00``.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Protocol, runtime_checkable

_STORED = "%Y-%m-%dT%H:%M:%S.%fZ"


class Clock(Protocol):
    """Something that says what time it is, as an aware UTC datetime."""

    def now(self) -> dt.datetime: ...


@runtime_checkable
class SteadyClock(Protocol):
    """A clock that can also count seconds from a beginning nobody can move, so that a step of its time can be seen."""

    def steady(self) -> float: ...


class SystemClock:
    """The clock of the operating system."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def steady(self) -> float:
        """Seconds since the machine was started, those asleep too where the system counts them."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class FixedClock:
    """A clock for tests and for re-rendering: starts at an instant, steps by `step` seconds at each reading."""

    def __init__(self, start: dt.datetime, step: float = 0.0) -> None:
        self._next = start.astimezone(dt.UTC)
        self._step = dt.timedelta(seconds=step)

    def now(self) -> dt.datetime:
        reading = self._next
        self._next += self._step
        return reading


def stored(moment: dt.datetime) -> str:
    """UTC, microseconds, fixed width: sorts as text."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone is never a time of record")
    utc = moment if moment.tzinfo is dt.UTC else moment.astimezone(dt.UTC)
    return f"{utc.isoformat(timespec='microseconds')[:26]}Z"


def parsed(text: str) -> dt.datetime:
    """Read the stored form back; anything else raises ValueError (a date alone is never a time of record)."""
    return dt.datetime.strptime(text, _STORED).replace(tzinfo=dt.UTC)


def shown(text: str) -> str:
    """The stored form as people read it: to the second, with its offset."""
    return parsed(text).strftime("%Y-%m-%d %H:%M:%S +00:00")


def local_offset() -> str:
    """The offset of the machine's zone now, as ``+01:00``; kept with each signature and audit event."""
    minutes = time.localtime().tm_gmtoff // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
