"""Findings: one frozen value, many renderings. The one currency of bad news."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a text file; `line` and `column` count from 1, 0 means the file as a whole."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    rule: str
    """Stable code, for example ``URS104``; `csvgen explain CODE` prints its page."""
    severity: Severity
    location: Location
    message: str
    """What is wrong, naming the bad value and the allowed ones."""
    hint: str = ""
    """How to mend it."""
    about: str = ""
    """Id of what the finding is about: URS-QC-001, URS-QC-001/ac-1, system; a suppression names it."""

    @property
    def sort_key(self) -> tuple[Location, int, str, str]:
        return (self.location, _RANK[self.severity], self.rule, self.message)


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings of one check, sorted by place; falsy when nothing blocks."""

    items: tuple[Diagnostic, ...] = field(default=())

    @classmethod
    def of(cls, items: Iterable[Diagnostic]) -> Findings:
        return cls(tuple(sorted(set(items), key=lambda d: d.sort_key)))

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.items if d.severity is Severity.ERROR)

    def count(self, severity: Severity) -> int:
        return sum(d.severity is severity for d in self.items)


def one_line(text: str) -> str:
    """Text of unknown origin as one harmless line for a terminal: control and direction characters made visible."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def many(count: int, noun: str) -> str:
    """``1 lot``, ``2 lots``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
