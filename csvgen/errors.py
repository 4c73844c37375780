"""What stops csvgen: a small tree of errors, each carrying what a person needs to go on.

An error says *what* is wrong, *where*, *how to mend it* and, where a rule stands behind it, the rule id.
A finding (`diagnostics.Diagnostic`) is not an error: findings are values, all reported at once; an error means
"cannot go on". The doors (`cli`, `pytest_plugin`) are the only places that turn an error into text and an exit code.
"""

from __future__ import annotations

import errno
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


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A full disk, in the words of the operating system."""


class NotRecorded(CsvgenError):
    """What happened could not be written down. What was recorded before it is readable; the run is over."""

    exit_code = Exit.FINDINGS

    @classmethod
    def of(cls, problem: OSError, what: str, where: str = "", hint: str = "") -> NotRecorded:
        """In words: what could not be written, and why, without a path of the machine."""
        closed = (errno.EROFS, errno.EACCES, errno.EPERM)
        if problem.errno in NO_ROOM:
            return cls(f"{what} could not be written: there is no room left", where=where, hint=hint or MAKE_ROOM)
        if problem.errno in closed:
            return cls(f"{what} could not be written: writing is not allowed there", where=where, hint=hint or LET_WRITE)
        return cls(
            f"{what} could not be written: {problem.strerror or type(problem).__name__}", where=where, hint=hint or LET_WRITE
        )


MAKE_ROOM = "make room on the disk, then execute again; this run stays as it is, readable and never counted as complete"
LET_WRITE = "let this account write there, then execute again; this run stays as it is, readable and never counted as complete"


class NotIntact(CsvgenError):
    """A record is not what was written: a digest, a chain or a signature does not hold."""

    exit_code = Exit.FINDINGS
