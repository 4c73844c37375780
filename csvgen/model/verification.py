"""Verification: numbered, named checks with details. Never a bare bool."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"
    """It could not be decided with what was given (no trust root, for example). Unknown is not true."""
    NOTE = "note"
    """Said for completeness; decides nothing (no time-stamp authority was configured, for example)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    number: int
    name: str
    outcome: Outcome
    detail: str
    subject: str = ""
    """The record or file the check is about."""


@dataclass(frozen=True, slots=True)
class Verification:
    checks: tuple[Check, ...]

    def __bool__(self) -> bool:
        """True only if something was checked and every check holds."""
        decided = [c for c in self.checks if c.outcome is not Outcome.NOTE]
        return bool(decided) and all(c.outcome is Outcome.HOLDS for c in decided)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.outcome is Outcome.FAILS)

    @property
    def unknown(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.outcome is Outcome.UNKNOWN)

    @property
    def bottom_line(self) -> str:
        if self.failed:
            return f"NOT VERIFIED: {len(self.failed)} of {len(self.checks)} checks fail"
        if self.unknown:
            return f"NOT VERIFIED: {len(self.unknown)} of {len(self.checks)} checks could not be decided"
        return f"VERIFIED: all {len(self.checks)} checks hold" if self else "NOT VERIFIED: nothing was checked"
