"""The processes of a campaign: zygotes, drivers, and what they are asked. Each is started here, and ends with this process."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from csvgen.challenge.mutation.relay import forward
from csvgen.errors import CsvgenError, Refused

_RELAY = "csvgen.challenge.mutation.relay"
_INSTALLING = 180.0
"""Seconds an installation may take; without a mutant it takes about five."""
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CSVGEN_FORMAL": "0",
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip
_NEVER = ("__", "csvgen_", "csvgen.challenge")
"""What is imported by nobody: the main module, steps of bundles, this room."""


@dataclass(frozen=True)
class Answer:
    """What a driver told of one request."""

    cases: tuple[dict[str, Any], ...]
    end: str
    case: str
    """The case that was under way where `end` is not ``done``."""
    modules: tuple[str, ...] = ()

    @property
    def red(self) -> dict[str, Any] | None:
        """The case that was not passed."""
        return next((c for c in self.cases if c["verdict"] != "PASSED"), None)


def _started(module: str, arguments: Sequence[str], log: Path, stdin: int) -> subprocess.Popen[str]:
    with log.open("ab") as errors:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            [sys.executable, "-m", f"csvgen.challenge.mutation.{module}", *arguments],
            stdin=stdin, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **_ENVIRONMENT},
        )  # fmt: skip


def _end(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.kill()
    process.wait()


def forkable(folder: Path, modules: Sequence[str]) -> list[str]:
    """Of the modules a process ended up with, those that may be imported before a fork: none that starts a thread.

    Tried in processes of their own, for nothing that was imported can be taken back.
    """
    names, found = folder / "tried.json", [m for m in modules if not m.startswith(_NEVER)]
    while True:
        names.write_text(json.dumps(found), "ascii")
        process = _started("zygote", ["", str(names)], folder / "tried.log", subprocess.DEVNULL)
        told, _ = process.communicate()
        if process.returncode == 0:
            return found
        bad = told.strip().rpartition(": ")[2]
        whole = bad if bad.startswith("csvgen") else bad.partition(".")[0]
        fewer = [m for m in found if m != whole and not m.startswith(f"{whole}.")]
        if len(fewer) == len(found):
            last = (folder / "tried.log").read_text("utf-8", "replace").splitlines()[-3:]
            raise CsvgenError(f"the modules of the system cannot be tried: {' | '.join(last)}")
        found = fewer


class Zygote:
    """A zygote and its socket."""

    def __init__(self, folder: Path, name: str, modules: Sequence[str]) -> None:
        self.socket = folder / f"{name}.socket"
        names = folder / f"{name}.json"
        names.write_text(json.dumps(list(modules)), "ascii")
        self._folder, self._log = folder, folder / f"{name}.log"
        self._process = _started("zygote", [str(self.socket), str(names)], self._log, subprocess.DEVNULL)
        if _line(self._process.stdout, self._log) != "ready":
            raise CsvgenError("the zygote did not start", where=str(self._log))

    def install(self, home: Path, settings: Sequence[str], **more: Any) -> str:
        """Make an instance. An empty text, or why there is none."""
        with self._log.open("ab") as log, open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device
            request = {"do": "install", "home": str(home), "settings": list(settings), **more}
            try:
                code = forward(str(self.socket), request, [nothing.fileno(), log.fileno(), log.fileno()], timeout=_INSTALLING)
            except TimeoutError:
                return "timeout"
        return "" if code == 0 else f"exit code {code}"

    def server(self, name: str, **more: Any) -> tuple[str, ...]:
        """What a driver starts in place of the server: module and arguments before the folder of the instance."""
        request = self._folder / f"{name}.request"
        request.write_text(json.dumps({"do": "serve", **more}), "ascii")
        return (_RELAY, str(self.socket), str(request))

    def close(self) -> None:
        _end(self._process)


class Driven:
    """A driver process."""

    def __init__(self, folder: Path, name: str, project: Path, system: str, features: Path, modules: Sequence[str]) -> None:
        names = folder / f"{name}.json"
        names.write_text(json.dumps(list(modules)), "ascii")
        self._log = folder / f"{name}.log"
        arguments = [str(project), system, str(features), str(names)]
        self._process = _started("driver", arguments, self._log, subprocess.PIPE)
        self.ready = int(json.loads(_line(self._process.stdout, self._log))["ready"])

    def ask(self, home: Path, server: Sequence[str], cases: Sequence[tuple[str, float]], **more: bool) -> Answer:
        """Execute cases, each with the seconds it may take. Raises CsvgenError when the driver itself has ended.

        `more`: ``stop`` = False to go on behind a red case, ``modules`` = True to be told what was imported.
        """
        stream = self._process.stdin
        assert stream is not None
        stream.write(json.dumps({"home": str(home), "server": list(server), "cases": list(cases), **more}) + "\n")
        stream.flush()
        told: list[dict[str, Any]] = []
        while "end" not in (last := json.loads(_line(self._process.stdout, self._log))):
            told.append(last)
        found = next((tuple(t["modules"]) for t in told if "modules" in t), ())
        return Answer(tuple(t for t in told if "case" in t), last["end"], last["case"], found)

    def close(self) -> None:
        _end(self._process)


def _line(stream: IO[str] | None, log: Path) -> str:
    assert stream is not None
    line = stream.readline().strip()
    if not line:
        last = log.read_text("utf-8", "replace").splitlines()[-3:]
        raise CsvgenError(f"a process of the campaign has ended: {' | '.join(last)}", where=str(log))
    return line


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """The folder for instances of a campaign that is kept in `folder`, empty; nothing in it must outlive a power failure.

    It lies in memory where the system has such a file system. Its name follows from `folder`, so that what an ended campaign left is
    removed by the next. Raises Refused while another campaign uses it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, mode 0700
    place = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    made = place / f"csvgen-mutation-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused("another campaign is at work here", where=str(folder)) from None
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(mode=0o700)
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def copied(template: Path, home: Path) -> Path:
    """A fresh copy of an instance."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(template, home, symlinks=True)
    return home
