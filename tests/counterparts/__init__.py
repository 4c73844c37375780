"""Servers and programs of others that the tests speak to: started here, on loopback, and stopped by the process id that was started.

Each says what it is: a real server, an emulator, or a stub of ours. A check is worth no more than its counterpart.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools"
"""Where scripts/install_tools.sh puts what is no package of this system."""


@dataclass(frozen=True)
class Counterpart:
    """What stands on the other side."""

    name: str
    version: str
    kind: Literal["real server", "emulator", "stub"]


def free_port() -> int:
    """A port of loopback nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody accepts connections on that port of loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], ready: Callable[[], bool], log: Path, *, env: Mapping[str, str] | None = None,
    cwd: Path | None = None, seconds: float = 60, user: str | None = None,
) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """A process that is ready inside the block and gone behind it. Raises AssertionError, with the end of its log, if it never is."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})}, cwd=cwd, user=user, start_new_session=True,
        )  # fmt: skip
    try:
        end = time.monotonic() + seconds
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{command[0]} did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(25)
