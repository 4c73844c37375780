"""pytest as a process of its own: what every recorded execution goes through, formal, engineering or a trial of a challenge."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_ENDING = 30.0
"""Seconds pytest may take to close what it opened."""


def run_pytest(
    root: Path,
    arguments: Sequence[str],
    folder: Path | None,
    show: Callable[[str], None],
    *,
    formal: bool,
    options: Sequence[str] = (),
) -> int:
    """Execute features into a planned folder, free of settings and plugins from elsewhere; hand on the output line by line.

    Without a folder nothing is recorded: that is for a dry run (`options`).
    """
    command = [
        sys.executable, "-m", "pytest", "-p", "pytest_bdd.plugin", "-p", "csvgen.pytest_plugin", "-p", "no:cacheprovider", "-q",
        "--no-header", "--tb=no", "-rN", "-c", os.devnull, "--rootdir", str(root), *(["--csvgen-run", str(folder)] if folder else []), *options, *arguments,
    ]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment |= {
        "CSVGEN_FORMAL": "1" if formal else "0", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # nothing that happens to be installed reorders, repeats or retries cases
    }  # fmt: skip
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=root, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        try:
            for line in process.stdout:
                show(line.rstrip())
        except BaseException:
            _end(process)
            raise
        return process.wait()


def _end(process: subprocess.Popen[str]) -> None:
    """Ask pytest to end as on Ctrl-C, so that it closes journals and the system it started; a process that does not is killed."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_ENDING)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
