"""A program of an example that answers on a port of loopback, while a test asks it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.counterparts import answers, free_port

_PATIENCE = 60.0


@contextmanager
def served(arguments: Sequence[str], folder: Path, code: Path, about: str, **environment: str) -> Iterator[str]:
    """`python -B -m arguments --port N` in a folder, with the modules below `code`, once its page `about` answers; its address."""
    port = free_port()
    command = [sys.executable, "-B", "-m", *arguments, "--port", str(port)]
    given = {**os.environ, "PYTHONPATH": str(code), **environment}
    with (
        (folder / "served.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=given, stdout=log, stderr=log) as running,
    ):
        try:
            wait_for(running, port, folder / "served.log")
            urllib.request.urlopen(f"http://127.0.0.1:{port}{about}", timeout=30).close()
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


def wait_for(running: subprocess.Popen[bytes], port: int, log: Path | None = None) -> None:
    """Until the program takes connections. Fails with its words when it ends before, or never does."""
    end = time.monotonic() + _PATIENCE
    while not answers(port):
        told = log.read_text(encoding="utf-8", errors="replace") if log is not None else ""
        assert running.poll() is None, f"it ended with {running.returncode}\n{told}"
        assert time.monotonic() < end, f"it took no connection in {_PATIENCE:g} s\n{told}"
        time.sleep(0.05)
