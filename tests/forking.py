"""Commands of csvgen that tests start, as processes forked from one that has loaded csvgen already: `make test` (see scripts/run_tests.sh).

A start of Python loads csvgen for a second, and the normal tier starts thousands of processes. Here each is still a process of its own, with
its own arguments, environment, folder, streams, terminal and end; only the loading is done once for all of them. The whole suite
(`make test-all`) starts every process anew, and so do, in the normal tier too, the modules of `ANEW`, which look at the start itself, and every
command whose interpreter, environment or folder could make it load other code than ours.

`install` puts this before `subprocess.Popen` and pexpect. The other side is `tests.forkserver`.
"""

from __future__ import annotations

import array
import atexit
import fcntl
import inspect
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import Any

import pexpect
import ptyprocess

ROOT = Path(__file__).parents[1]
SWITCH = "TESTS_FORK"
"""In the environment of the tests: ``yes`` forks."""
PLACES = "TESTS_FORK_PLACES"
"""There too: where all workers of a test run, and what they start, have their processes forked."""

ANEW = (
    "tests/architecture/",
    "tests/cli/test_commands.py",
    "tests/cli/test_interrupted.py",
    "tests/evidence/test_killed",
    "tests/execution/test_process.py",
    "tests/package/",
    "tests/plugin/",
    "tests/targets/test_server.py",
)
"""Tests that start every process anew: how processes start, load and end is what they look at."""

MODULES = frozenset({
    "csvgen", "csvgen.pipeline.stepwise", "csvgen.targets.local.install", "csvgen.targets.local.server", "csvgen_faults.server", "pytest",
})  # fmt: skip
"""What may be forked when it is started with ``-m``; of pytest only what `csvgen.execution.process` starts."""
_OF_RUNS = ("-m", "pytest", "-p", "pytest_bdd.plugin", "-p", "csvgen.pytest_plugin")

_INTERPRETER = ("PYTHON", "LC_", "LANG", "LD_", "OPENSSL_", "MALLOC_", "GLIBC_")
"""Beginnings of names in an environment that a process reads when it starts."""

RUNS = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
"""What `csvgen.execution.process` sets for every run; such runs are forked from a process of their own."""

ANEWED = _Popen = subprocess.Popen
_NEVER_LOADED = {"csvgen_faults", "requirements_specs", "protocols", "output", "records"}
"""Modules and folders that the process forked from never has as modules, although the tests may."""

_places: dict[str, str] = {}
"""Settings of an interpreter -> address of the process that was started with them."""
_environment = dict(os.environ)
"""As the tests were started."""
_LONGEST_ADDRESS = 100


def settings(environ: dict[str, str]) -> str:
    """The part of an environment that an interpreter reads once, but for its path, which is laid down anew in each process."""
    return json.dumps(sorted((k, v) for k, v in environ.items() if k.startswith(_INTERPRETER) and k != "PYTHONPATH"))


def paths(environ: dict[str, str]) -> list[str]:
    """The folders of PYTHONPATH."""
    return [p for p in environ.get("PYTHONPATH", "").split(os.pathsep) if p]


def _strange(folder: Path) -> bool:
    """Whether modules that lie there could be taken for ones that are loaded, or are loaded by every interpreter that starts."""
    if folder == ROOT or not folder.is_dir():
        return False
    there = {p.stem for p in folder.iterdir() if p.suffix == ".py" or (p.is_dir() and p.suffix == "")}
    loaded = {name.partition(".")[0] for name in sys.modules} | {"sitecustomize", "usercustomize"}
    return bool(there & (loaded - _NEVER_LOADED))


def wanted() -> bool:
    """Whether this run of the tests forks."""
    return os.environ.get(SWITCH) == "yes" and sys.platform == "linux"


def begin() -> None:
    """Start what is forked from: one process for each of the two kinds of environment that there are. They load while the tests go on."""
    if _places:
        return
    folder = Path(tempfile.mkdtemp(prefix="fork-"))
    if len(str(folder / "commands")) > _LONGEST_ADDRESS:  # then everything is started anew
        return
    plain = dict(_environment)
    kinds = {str(folder / "commands"): plain, str(folder / "runs"): plain | RUNS}
    places = {settings(environment): place for place, environment in kinds.items()}
    for place, environment in kinds.items():
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(place)
            listener.listen(64)
            command = [sys.executable, "-m", "tests.forkserver", str(listener.fileno())]
            pipe = subprocess.PIPE
            process = _Popen(
                command, cwd=ROOT, env=environment | {PLACES: json.dumps(places)}, stdin=pipe, pass_fds=(listener.fileno(),)
            )
        atexit.register(process.communicate)  # it ends when its input does
    _places.update(places)
    os.environ[PLACES] = json.dumps(places)


def place(args: Any, cwd: str, environ: dict[str, str]) -> str | None:
    """Where this command is forked; None where it is started anew."""
    if isinstance(args, (str, bytes, os.PathLike)):
        return None
    words = [os.fsdecode(a) for a in args]
    if len(words) < 3 or words[0] != sys.executable or words[1] != "-m":
        return None
    further = [Path(p) for p in paths(environ)]
    if words[2] not in MODULES and not any((folder / f"{words[2]}.py").is_file() for folder in further):
        return None
    if words[2] == "pytest" and (tuple(words[1:7]) != _OF_RUNS or environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") != "1"):
        return None
    if os.environ.get("PYTEST_CURRENT_TEST", "").startswith(ANEW):
        return None
    if any(_strange(folder) for folder in (Path(cwd), *further)):
        return None  # what lies there would come before ours
    return _places.get(settings(environ))


class Asked:
    """A process that was forked for somebody, who hears of its end over the line."""

    def __init__(self, place: str, request: dict[str, Any], handles: list[int]) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(place)
        data = json.dumps(request).encode()
        self._line.sendmsg([struct.pack("!I", len(data))], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))])
        self._line.sendall(data)
        self.pid = self._number(wait=True)
        assert self.pid

    def status(self, *, wait: bool) -> int | None:
        """As `os.waitpid` tells it; None while the process is there."""
        status = self._number(wait=wait)
        if status is not None:
            self._line.close()
        return status

    def _number(self, *, wait: bool) -> int | None:
        try:
            data = self._line.recv(4, socket.MSG_WAITALL if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        return struct.unpack("!i", data)[0] if len(data) == 4 else 9  # who forks is gone, and everything with it

    def __del__(self) -> None:
        self._line.close()


_parameters = inspect.signature(_Popen._execute_child)


class Popen(_Popen):  # type: ignore[type-arg]
    """`subprocess.Popen`, which forks what may be forked."""

    _asked: Asked | None = None

    def _execute_child(self, *given: Any) -> None:
        named = _parameters.bind(self, *given).arguments
        cwd = str(Path(os.fsdecode(named["cwd"] or ".")).absolute())
        environ = {os.fsdecode(k): os.fsdecode(v) for k, v in (os.environ if named["env"] is None else named["env"]).items()}
        plain = not (
            named["preexec_fn"] or named["shell"] or named["executable"] or not named["close_fds"] or named["umask"] != -1
        )
        alone = named["uid"] is None and named["gid"] is None and not named["gids"] and named.get("process_group", -1) == -1
        where = place(named["args"], cwd, environ) if plain and alone and Path(cwd).is_dir() else None
        if where is None:
            super()._execute_child(*given)
            return
        streams = [
            own if there == -1 else there for own, there in enumerate((named["p2cread"], named["c2pwrite"], named["errwrite"]))
        ]
        passed = list(named["pass_fds"])
        request = {
            "words": [os.fsdecode(a) for a in named["args"]][2:], "cwd": cwd, "environ": environ, "numbers": [0, 1, 2, *passed],
            "session": bool(named["start_new_session"]), "terminal": False,
        }  # fmt: skip
        self._asked = Asked(where, request, [*streams, *passed])
        self.pid = self._asked.pid
        self._child_created = True
        self._close_pipe_fds(*(named[n] for n in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")))

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self._asked is None:
            return super()._try_wait(wait_flags)
        status = self._asked.status(wait=not wait_flags & os.WNOHANG)
        return (0, 0) if status is None else (self.pid, status)

    def _internal_poll(self, *given: Any, **named: Any) -> int | None:
        if self._asked is None:
            return super()._internal_poll(*given, **named)
        if self.returncode is None and self._waitpid_lock.acquire(False):
            try:
                if self.returncode is None:
                    pid, status = self._try_wait(os.WNOHANG)
                    if pid:
                        self._handle_exitstatus(status)
            finally:
                self._waitpid_lock.release()
        return self.returncode


class Process(ptyprocess.PtyProcess):
    """A forked process at a pseudo-terminal, as pexpect knows one."""

    asked: Asked

    def isalive(self) -> bool:
        if not self.terminated:
            status = self.asked.status(wait=self.flag_eof)
            if status is None:
                return True
            self._told(status)
        return False

    def wait(self) -> int | None:
        if not self.terminated:
            status = self.asked.status(wait=True)
            assert status is not None
            self._told(status)
        return self.exitstatus

    def _told(self, status: int) -> None:
        self.status, self.terminated = status, True
        self.exitstatus = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        self.signalstatus = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None


spawned_anew = pexpect.spawn._spawnpty


def spawn(self: Any, args: Any, **named: Any) -> Any:
    """`pexpect.spawn._spawnpty`, which forks what may be forked."""
    cwd = str(Path(named.get("cwd") or ".").absolute())
    environ = dict(os.environ if named.get("env") is None else named["env"])
    odd = named.get("preexec_fn") or not named.get("echo", True)
    where = None if odd else place(args, cwd, environ)
    if where is None:
        return spawned_anew(self, args, **named)
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *named.get("dimensions", (24, 80)), 0, 0))
    request = {
        "words": [os.fsdecode(a) for a in args][2:], "cwd": cwd, "environ": environ, "numbers": [0, 1, 2], "session": True, "terminal": True,
    }  # fmt: skip
    asked = Asked(where, request, [theirs, theirs, theirs])
    os.close(theirs)
    process = Process(asked.pid, ours)
    process.asked = asked
    return process


def install() -> None:
    """From here on what this process starts is forked where it may be, once it is known where."""
    _places.update(json.loads(os.environ.get(PLACES, "{}")))
    subprocess.Popen = Popen  # type: ignore[misc]
    pexpect.spawn._spawnpty = spawn
