"""Processes of the system, forked: ``python -m csvgen.challenge.mutation.zygote SOCKET PRELOAD``.

The zygote imports what takes time and is not under test (third-party packages), once, and waits. For each request it forks; the child
imports csvgen itself, so that every module sees the mutant however it was imported, and serves or installs an instance. A request is one
JSON object with open files beside it (standard input, output, error; the server's door), over a Unix socket; the answer is the exit code,
one line. Who closes the socket before that ends the process.

    {"do": "serve", "home": ..., "mutant": {"module": ..., "path": ..., "text": ...}}      the server of an instance
    {"do": "install", "home": ..., "settings": ["idle_seconds=5"], ...}                    a new instance
    "lines": FOLDER                                               also: write the lines that were executed, a file for each process
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import hashlib
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_LARGEST = 4 << 20


def end_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it ends, however it ends (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def preload(names: list[str]) -> None:
    """Import what can be imported; what cannot is imported later by whoever needs it, and fails there if it must.

    Raises SystemExit, naming the module, when one starts a thread: a fork has the locks of other threads and not the threads.
    """
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
        if len(threads()) > 1:
            sys.stdout.write(f"starts a thread: {name}\n")
            raise SystemExit(3)


def remember_digests(modules: list[str]) -> None:
    """Read the files of the installed packages once, here, instead of in each process that compares them with what was locked.

    A digest is given from memory only while the file is the same one, with the same size and time of change.
    """
    original = hashlib.file_digest
    known: dict[tuple[int, ...], Any] = {}

    def file_digest(stream: Any, digest: Any, /, **options: Any) -> Any:
        if digest != "sha256" or options or not str(stream.name).startswith(sys.prefix):
            return original(stream, digest, **options)
        found = os.fstat(stream.fileno())
        key = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if key not in known:
            known[key] = original(stream, digest)
        return known[key].copy()

    hashlib.file_digest = file_digest
    tops = {name.partition(".")[0] for name in modules}
    names = {n for top, owners in metadata.packages_distributions().items() if top in tops for n in owners}
    for name in sorted(names):
        for file in metadata.files(name) or ():
            path = Path(str(file.locate()))
            if path.is_file() and "__pycache__" not in path.parts:
                with path.open("rb") as stream:
                    file_digest(stream, "sha256")


def threads() -> list[str]:
    """The threads of this process by name; those of jemalloc know of forks and do not count."""
    names = [p.joinpath("comm").read_text().strip() for p in Path("/proc/self/task").iterdir()]
    return [n for n in names if n != "jemalloc_bg_thd"]


def serve(path: str) -> None:
    """Take requests until the socket is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen(16)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                end_with_parent()
                _handle(connection)
            connection.close()


def _handle(connection: socket.socket) -> None:
    """Start the process, tell its exit code; end it when nobody waits for the code any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, files = _received(connection)
    child = os.fork()
    if child == 0:
        connection.close()
        os.setsid()
        _become(request, files)
    for file in files:
        os.close(file)
    ended = os.pidfd_open(child)
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        if ended not in {key.fd for key, _ in selector.select()}:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _received(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, files, _, _ = socket.recv_fds(connection, 1 << 16, 4)
    while not data.endswith(b"\n") and len(data) < _LARGEST and (more := connection.recv(1 << 16)):
        data += more
    return json.loads(data), list(array.array("i", files))


def _become(request: dict[str, Any], files: list[int]) -> None:
    """Become a process of the system, on the streams that came with the request."""
    code = 1
    try:
        for number, file in enumerate(files[:3]):
            os.dup2(file, number)
        for file in files[:3]:
            os.close(file)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(0, "r", closefd=False), os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        )  # fmt: skip
        code = _act(request, [str(door) for door in files[3:]])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever a mutant raises ends the process, and the log says why
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _act(request: dict[str, Any], door: list[str]) -> int:
    mutant = request.get("mutant")
    measured = _measuring() if "lines" in request else None
    if mutant:
        from csvgen.challenge.mutation.overlay import lay

        lay(mutant["module"], mutant["path"], mutant["text"])
    if request["do"] == "install":
        from csvgen.targets.local import install

        code = install.main([request["home"], *request.get("settings", [])])
    else:
        from csvgen.targets.local import server

        code = server.main([request["home"], *door])
    if measured is not None:
        measured.stop()
        _write(Path(request["lines"]), measured)
    return code


def _measuring() -> Any:
    import coverage

    from csvgen.challenge.mutation.mutants import PACKAGE, ROOMS

    os.chdir(PACKAGE / "pipeline")  # steps of a pipeline are compiled under names relative to this folder
    found = coverage.Coverage(data_file=None, include=[f"{PACKAGE}/{room}/*" for room in ROOMS], config_file=False)
    found.start()
    return found


def _write(path: Path, measured: Any) -> None:
    """What was executed, and what is imported now, so that the next zygote can have it ready."""
    from csvgen.challenge.mutation.mutants import PACKAGE

    data = measured.get_data()
    lines = {str(Path(f).relative_to(PACKAGE)): sorted(data.lines(f) or ()) for f in data.measured_files()}
    path.mkdir(exist_ok=True)
    path.joinpath(f"{os.getpid()}.json").write_text(json.dumps({"lines": lines, "modules": sorted(sys.modules)}), "ascii")


def main(arguments: list[str]) -> int:
    """SOCKET, and a file that lists the modules to import, as JSON. Without a socket the modules are tried, and nothing is served."""
    end_with_parent()
    path, names = arguments
    preload(json.loads(Path(names).read_bytes()))
    if path:
        remember_digests(json.loads(Path(names).read_bytes()))
        gc.freeze()
        serve(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
