"""csvgen commands for the demonstration: each a process of its own, at a terminal where a person acts.

What `csvgen ARGUMENTS` would run is run here in processes forked from one that has loaded csvgen already. Seventy starts of
Python, a second each, are what a person never waits for in a row, and what a demonstration would otherwise mostly consist of.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import sys
import termios
import time
from dataclasses import dataclass, field

import pexpect
import pexpect.fdpexpect

import csvgen.cli
import csvgen.report.excel
import csvgen.report.pdf
import csvgen.report.word
import csvgen.verification.package
import csvgen.workflow.package
import csvgen.workflow.running
import csvgen.workflow.signing
from csvgen.crypto.cms import load_library

load_library()

_ROWS, _COLUMNS = 60, 160
_PATIENCE = 120


@dataclass
class Command:
    """A command that was started, without a terminal and without input."""

    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)
    process: int = 0
    output: int = 0

    def __post_init__(self) -> None:
        self.output, theirs = os.pipe()
        self.process = os.fork()
        if not self.process:
            os.close(self.output)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(theirs, 1)
            os.dup2(theirs, 2)
            os.environ.update(self.environment)
            _become(self.arguments)
        os.close(theirs)

    def finish(self) -> tuple[int, str]:
        """Wait for its end: exit code, and everything it printed."""
        with os.fdopen(self.output, encoding="utf-8") as stream:
            printed = stream.read()
        return _exit_code(self.process), printed


class Terminal(pexpect.fdpexpect.fdspawn):
    """A command at a terminal of its own. What is typed where nothing is echoed does not reach the log either."""

    def __init__(self, *arguments: str) -> None:
        self.process, descriptor = pty.fork()
        if not self.process:
            _become(arguments)
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        super().__init__(descriptor, encoding="utf-8", timeout=_PATIENCE)
        self.delaybeforesend = None
        self.logfile_read = io.StringIO(f"$ csvgen {' '.join(arguments)}   (on a terminal)\n")
        self.logfile_read.seek(0, io.SEEK_END)

    def finish(self) -> tuple[int, str]:
        """Wait for its end: exit code, and everything that stood on the screen."""
        self.expect(pexpect.EOF)
        self.close()
        return _exit_code(self.process), self.logfile_read.getvalue().replace("\r\n", "\n")


def _become(arguments: tuple[str, ...]) -> None:
    """In the forked process: be `csvgen ARGUMENTS`, and never return."""
    code = 3
    try:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the standard streams of this process
        sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
        sys.argv = ["csvgen", *arguments]
        csvgen.cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _exit_code(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
