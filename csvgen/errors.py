"""What stops csvgen: a small tree of errors, each carrying what a person needs to go on.

An error says *what* is wrong, *where*, *how to mend it* and, where a rule stands behind it, the rule id.
A finding (`diagnostics.Diagnostic`) is not an error: findings are values, all reported at once; an error means
"cannot go on". The doors (`cli`, `pytest_plugin`) are the only places that turn an error into text and an exit code.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    FINE = 0
    FINDINGS = 1
    """A failed or missing test, a gap, a finding, something not verified, or nothing ran."""
    USAGE = 2
    INTERNAL = 3
    INTERRUPTED = 130


class CsvgenError(Exception):
    """Base of everything csvgen raises on purpose."""

    exit_code: Exit = Exit.USAGE

    def __init__(self, message: str, *, hint: str = "", rule: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.rule = rule
        self.where = where

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        rule = f" [{self.rule}]" if self.rule else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{head}{self.message}{rule}{hint}"


class ConfigError(CsvgenError):
    """The project, its settings or the command line cannot be used."""


class BadInput(CsvgenError):
    """A file from outside is not what it must be; nothing was written."""

    exit_code = Exit.FINDINGS


class Refused(CsvgenError):
    """A rule forbids this step now (a gate, a missing right, a signature that may not be made)."""

    exit_code = Exit.FINDINGS


class NotIntact(CsvgenError):
    """A record is not what was written: a digest, a chain or a signature does not hold."""

    exit_code = Exit.FINDINGS
