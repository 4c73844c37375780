"""Findings: one frozen value, many renderings. The one currency of bad news."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def render_text(items: Sequence[Diagnostic], sources: Mapping[str, Sequence[str]] | None = None) -> str:
    """``file:line:col: severity RULE message``, the line with a caret when `sources` holds it, and the hint."""
    lines: list[str] = []
    for d in items:
        lines.append(f"{one_line(str(d.location))}: {d.severity} {d.rule} {one_line(d.message)}")
        source = (sources or {}).get(d.location.file, ())
        if 0 < d.location.line <= len(source):
            text = one_line(source[d.location.line - 1].expandtabs(1))[:160]
            lines.append(f"  {d.location.line:>5} | {text}")
            lines.append(f"        | {' ' * (max(d.location.column, 1) - 1)}^")
        if d.hint:
            lines.append(f"        = hint: {one_line(d.hint)}")
    return "\n".join(lines)


def render_github(items: Sequence[Diagnostic]) -> str:
    """GitHub Actions workflow commands; a file name or message cannot end its field or begin a command of its own."""
    kind = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}

    def escaped(text: str) -> str:
        return one_line(text).replace("%", "%25")

    def name(text: str) -> str:
        return escaped(text).replace(":", "%3A").replace(",", "%2C")

    return "\n".join(
        f"::{kind[d.severity]} file={name(d.location.file)},line={d.location.line},col={d.location.column},"
        f"title={d.rule}::{escaped(d.message + (' | hint: ' + d.hint if d.hint else ''))}"
        for d in items
    )


def as_json(items: Sequence[Diagnostic]) -> list[dict[str, object]]:
    return [
        {
            "rule": d.rule,
            "severity": str(d.severity),
            "file": d.location.file,
            "line": d.location.line,
            "column": d.location.column,
            "message": d.message,
            "hint": d.hint,
        }
        for d in items
    ]
