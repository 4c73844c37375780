"""The clock of an environment on the bench: the host's, and as many seconds off as the harness says.

It is taken only by the server of a folder in which the harness has laid its file before the server was started, as it does in
environments restored for a case. No function of the system reads or writes that file, no other door of the system knows it, and an
instance that is validated, or worked with, has none. The steady clock stays the host's: a step of the time is seen as one.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from csvgen.clock import Clock, SystemClock

SHIFT = "bench-clock.txt"
"""Seconds ahead of the host, a whole number; looked at anew at each reading of the clock."""


class BenchClock(SystemClock):
    """The clock of the host, shifted."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[int, int, dt.timedelta] | None = None

    def now(self) -> dt.datetime:
        """The harness replaces the file by another one: what has the same number and time is what was read."""
        known, found = self._read, self._file.stat()
        if known is None or known[:2] != (found.st_ino, found.st_mtime_ns):
            shift = dt.timedelta(seconds=int(self._file.read_text("ascii")))
            known = self._read = (found.st_ino, found.st_mtime_ns, shift)
        return super().now() + known[2]


def clock_of(home: Path) -> Clock:
    """The clock that an instance in this folder is served with."""
    file = home / SHIFT
    return BenchClock(file) if file.is_file() else SystemClock()
