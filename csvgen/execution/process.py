"""pytest as a process of its own: what every recorded execution goes through, formal, engineering or a trial of a challenge."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from csvgen.errors import CsvgenError, Refused

if TYPE_CHECKING:
    from csvgen.execution.attended import Attendant

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


_ENDS = {
    2: "it was interrupted, or could not collect every case",
    3: "it met an error of its own",
    4: "it was used wrongly",
    5: "it found no case",
}
"""Exit codes of pytest that are no result; 0 and 1 are (https://docs.pytest.org/en/stable/reference/exit-codes.html)."""


def irregular_end(code: int) -> str:
    """How pytest ended, from what `run_pytest` gave, in one sentence; empty where it ended with results, good or bad."""
    if code in (0, 1):
        return ""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return f"pytest did not end with results: it was killed by the signal {name}"
    return f"pytest did not end with results: {_ENDS.get(code, 'for a reason not known here')} (exit code {code})"


def attend_pytest(root: Path, arguments: Sequence[str], folder: Path, attendant: Attendant) -> None:
    """Execute attended cases in this process, which holds the terminal and the person's session.

    Raises Refused where a formal run would execute something else than its plan and its approved step code, CsvgenError for what cannot begin.
    """
    import pytest

    with _own_environment(formal=attendant.formal), redirect_stdout(io.StringIO()):  # the screen is the desk's
        code = pytest.main(
            [
                "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "pytest_bdd.plugin", "-p", "csvgen.pytest_plugin", "-q",
                "-s", "--no-header", "--tb=no", "-rN", "-c", os.devnull, "--rootdir", str(root), "--csvgen-run", str(folder),
                *arguments,
            ],
            plugins=[attendant],
        )  # fmt: skip
    if attendant.refused:
        raise Refused(
            f"this part is refused before its first step: {'; '.join(attendant.refused)}", rule="RR-F02",
            hint="put the files back as they were approved, and go on; nothing of this part was recorded. Other step code is approved with a "
            "new revision of the protocol, and executed by a new run: csvgen abandon, report, sign, order",
        )  # fmt: skip
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR) or attendant.problems:
        told = attendant.problems[-1] if attendant.problems else f"pytest ended with {code}"
        raise CsvgenError(f"the attended cases cannot be carried out: {told}", hint="pytest --csvgen-dry tells of every file")


@contextmanager
def _own_environment(*, formal: bool) -> Iterator[None]:
    """The environment of `run_pytest` in this process, for as long as cases are carried out."""
    before = dict(os.environ)
    wrote = sys.dont_write_bytecode
    try:
        for name in [n for n in os.environ if n.startswith("PYTEST_")]:
            del os.environ[name]
        os.environ |= {"CSVGEN_FORMAL": "1" if formal else "0", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        sys.dont_write_bytecode = True
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.dont_write_bytecode = wrote
