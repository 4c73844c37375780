"""[audit] of csvgen.toml: when checkpoints are due, under which key and name, and what difference of clocks is still right.

There is no setting that switches the trail or its checks off (rule RR-E04).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from csvgen.config import Config
from csvgen.errors import ConfigError
from csvgen.model.audit import ClockLimits

_WHERE = "[audit]"
_CLOCK = ClockLimits()
_NUMBERS = {
    "checkpoint_events": 256,
    "checkpoint_seconds": 86_400,
    "tolerance_seconds": 300,
    "clock_ahead_seconds": int(_CLOCK.ahead),
    "clock_silence_seconds": int(_CLOCK.silence),
}
_TEXTS = ("key", "origin")


@dataclass(frozen=True, slots=True)
class AuditSettings:
    checkpoint_events: int = _NUMBERS["checkpoint_events"]
    """A checkpoint is due after so many events; between two checkpoints there are never more."""
    checkpoint_period: dt.timedelta = dt.timedelta(seconds=_NUMBERS["checkpoint_seconds"])
    """A checkpoint is due after so long, if anything happened."""
    tolerance: dt.timedelta = dt.timedelta(seconds=_NUMBERS["tolerance_seconds"])
    """How far the clock of this system may be from that of a time-stamp authority."""
    clock: ClockLimits = _CLOCK
    """Steps of the clock beyond these are events, and mark later ones (rule RR-E14)."""


def audit_settings(config: Config) -> AuditSettings:
    """Raises ConfigError for a setting that is not known or no whole number above nought."""
    table = config.audit
    if unknown := sorted({*table} - {*_NUMBERS, *_TEXTS}):
        raise ConfigError(
            f"unknown setting {unknown[0]!r}", where=_WHERE, hint=f"known: {', '.join([*sorted(_NUMBERS), *_TEXTS])}"
        )
    found = {name: _number(name, table.get(name, str(default))) for name, default in _NUMBERS.items()}
    return AuditSettings(
        found["checkpoint_events"],
        dt.timedelta(seconds=found["checkpoint_seconds"]),
        dt.timedelta(seconds=found["tolerance_seconds"]),
        ClockLimits(found["clock_ahead_seconds"], found["clock_silence_seconds"]),
    )


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10**9:
        raise ConfigError(f"{name} is no whole number above nought", where=_WHERE)
    return int(text)
