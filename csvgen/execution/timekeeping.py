"""How far the clock of this machine is from a standard outside: asked of a time server, or said to be unknown.

Times of record are read from this clock (21 CFR 11.10(e)); EMA's guideline on computerised systems, 4.5, and Annex 11, 12.4
want to know what they were synchronised with. csvgen never sets a clock. It asks at the start and at the end of a run and
writes down the answer; what it could not learn it calls unavailable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from csvgen.clock import Clock
from csvgen.errors import ConfigError
from csvgen.model.execution import ClockOffset

_KEYS = {"server", "limit_seconds"}
_WAIT_SECONDS = 3
_NTP_PORT = 123


@dataclass(frozen=True, slots=True)
class Timekeeping:
    """[clock] of csvgen.toml."""

    server: str = ""
    """Host, or host:port, of an NTP server (RFC 5905) of the organisation; empty: nobody is asked."""
    limit_seconds: float = 1.0
    """A run whose clock is further off than this, at its start or its end, is flagged."""


def timekeeping(settings: Mapping[str, str]) -> Timekeeping:
    """The settings from their table. Raises ConfigError for one that is not known or no number."""
    if unknown := sorted(settings.keys() - _KEYS):
        raise ConfigError(f"unknown setting clock.{unknown[0]}", where="csvgen.toml", hint=f"known: {', '.join(sorted(_KEYS))}")
    try:
        limit = float(settings.get("limit_seconds", "1"))
    except ValueError:
        limit = 0.0
    if not 0 < limit < float("inf"):
        raise ConfigError("clock.limit_seconds is a number of seconds above 0", where="csvgen.toml", hint="1")
    return Timekeeping(settings.get("server", ""), limit)


def offset(settings: Timekeeping, clock: Clock) -> ClockOffset:
    """Ask the time server once. A server that does not answer is no error of the run: the reading says unavailable."""
    if not settings.server:
        return ClockOffset(
            source="operating system clock", standard="none was configured", limit_seconds=_text(settings.limit_seconds)
        )
    import ntplib

    host, _, port = settings.server.partition(":")
    before = clock.now()
    try:
        answer = ntplib.NTPClient().request(host, port=int(port or _NTP_PORT), version=4, timeout=_WAIT_SECONDS)
    except (OSError, ntplib.NTPException, ValueError) as problem:
        return ClockOffset(
            source="operating system clock", standard=f"{settings.server} gave no answer ({type(problem).__name__})",
            limit_seconds=_text(settings.limit_seconds),
        )  # fmt: skip
    # The library compares with the clock of the system; what counts is the clock the records are stamped with.
    seconds = answer.offset - (before.timestamp() - answer.orig_time)
    return ClockOffset(
        source="operating system clock", standard=f"NTP server {settings.server}, stratum {answer.stratum}",
        seconds=_text(seconds), limit_seconds=_text(settings.limit_seconds),
    )  # fmt: skip


def _text(seconds: float) -> str:
    return f"{seconds:.3f}"
