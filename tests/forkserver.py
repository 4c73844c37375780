"""The process that tests fork commands from (see `tests.forking`): it loads csvgen and does nothing else.

    python -m tests.forkserver LISTENER

One request over each connection: what to run, with which environment, in which folder; the streams and other handles come with it. Told back
are the number of the process and, when it has ended, its status.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
import tempfile
import termios
import threading
import time
import traceback
import warnings
from pathlib import Path
from typing import Any, NoReturn

from tests import forking

BOTH = (
    "pytest", "_pytest.assertion.rewrite", "_pytest.capture", "_pytest.python", "_pytest.terminal", "csvgen.evidence.read", "csvgen.evidence.seal",
    "csvgen.execution.recorder", "csvgen.protocol.gherkin", "csvgen.rendering", "csvgen.targets.local.adapter", "csvgen.targets.local.server",
    "gherkin", "model_signing.signing", "model_signing.verifying", "OpenSSL.crypto", "pytest_bdd.parser", "pytest_bdd.steps", "scipy.optimize", "scipy.special",
)  # fmt: skip
LOADED = {
    "runs": BOTH,
    "commands": (
        *BOTH, "csvgen.cli", "csvgen.report.excel", "csvgen.report.pdf", "csvgen.report.word", "csvgen.verification.package",
        "csvgen.workflow.package", "csvgen.workflow.running", "csvgen.workflow.signing",
    ),
}  # fmt: skip
"""What is loaded, by what is forked: runs, which are pytest and the systems it starts; or commands."""
_BY_PYTEST = ("csvgen.pytest_plugin", "pytest_bdd.plugin")
"""pytest loads these itself, and rewrites their assertions: in runs they must not be there before."""
_PLACES = os.environ.get(forking.PLACES, "{}")
_PATHS = forking.paths(dict(os.environ))
_AGAIN = ("csvgen.targets.local.server", "csvgen.targets.local.install", "csvgen.pipeline.stepwise", "csvgen_faults.server")
"""Run as ``__main__`` they must not be there already under their own name."""


def serve(listener: socket.socket) -> None:
    """Fork until standard input ends."""
    ends, wakes = os.pipe()
    for handle in (ends, wakes):
        os.set_blocking(handle, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the tests; they end this process
    children: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        for source in (listener, ends, 0):
            selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj == 0 and not os.read(0, 1):
                    return
                if key.fileobj == ends:
                    os.read(ends, 1 << 16)
                if key.fileobj is listener:
                    _fork(listener, children)
            _reap(children)


def _reap(children: dict[int, socket.socket]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        line = children.pop(pid)
        with line, contextlib.suppress(OSError):  # nobody may be listening any more
            line.sendall(struct.pack("!i", status))


def _fork(listener: socket.socket, children: dict[int, socket.socket]) -> None:
    line, _ = listener.accept()
    handles = array.array("i")
    data, extra, _, _ = line.recvmsg(4, socket.CMSG_SPACE(16 * handles.itemsize))
    for _, _, told in extra:
        handles.frombytes(told[: len(told) - len(told) % handles.itemsize])
    if len(data) < 4:
        line.close()
        return
    (length,) = struct.unpack("!I", data)
    request = json.loads(line.recv(length, socket.MSG_WAITALL))
    pid = os.fork()
    if not pid:
        try:
            _stand(handles, request)
            become(request["words"])
        finally:  # whatever happens: nothing here may go on as the server
            traceback.print_exc()
            os._exit(3)
    for handle in handles:
        os.close(handle)
    children[pid] = line
    with contextlib.suppress(OSError):
        line.sendall(struct.pack("!i", pid))


def _stand(handles: array.array[int], request: dict[str, Any]) -> None:
    """In the forked process: its own handles and no others, its session, its terminal, its environment, its folder."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    high = [fcntl.fcntl(handle, fcntl.F_DUPFD, 500) for handle in handles]
    os.closerange(0, 500)
    for handle, number in zip(high, request["numbers"], strict=True):
        os.dup2(handle, number)
        os.close(handle)
    if request["session"]:
        os.setsid()
    if request["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])
    time.tzset()
    tempfile.tempdir = None
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        before = getattr(sys, f"__{name}__")
        at_once = before.write_through  # PYTHONUNBUFFERED
        data = open(number, "wb" if number else "rb", buffering=0 if number and at_once else -1, closefd=False)  # noqa: SIM115
        lines = not at_once and (number == 2 or os.isatty(number))  # as an interpreter opens them
        stream = io.TextIOWrapper(data, before.encoding, before.errors, "\n", line_buffering=lines, write_through=at_once)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ[forking.PLACES] = _PLACES
    forking.install()


def become(words: list[str]) -> NoReturn:
    """Be ``python -m WORDS``, from its first line to its exit code."""
    sys.argv = list(words)
    before = [p for p in _PATHS if p in sys.path[1:]]
    sys.path[:] = [str(Path.cwd()), *forking.paths(dict(os.environ)), *(p for p in sys.path[1:] if p not in before)]
    for name in _AGAIN:
        if name == words[0]:
            sys.modules.pop(name, None)
    importlib.invalidate_caches()
    code = 1
    try:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if end.code is not None and not isinstance(end.code, int):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 - as an interpreter ends on whatever nobody caught
        traceback.print_exc()
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    os._exit(code & 0xFF)


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    kind = Path(listener.getsockname()).name
    for module in LOADED[kind]:
        importlib.import_module(module)
    if kind == "runs" and (early := [m for m in _BY_PYTEST if m in sys.modules]):
        sys.exit(f"{', '.join(early)} may not be loaded before pytest does it")
    from csvgen.crypto.cms import load_library
    from csvgen.pipeline.flow import definition, lock

    load_library()
    for name in definition.shipped_names():
        lock.altered(definition.shipped(name))  # files of packages are read once; each process compares their stamps as ever
    gc.collect()
    gc.freeze()
    warnings.filterwarnings("ignore", "This process.*multi-threaded", DeprecationWarning)
    serve(listener)
    for path in (Path(listener.getsockname()), Path(listener.getsockname()).parent):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()


if __name__ == "__main__":
    main()
