"""In place of a server: ``python -m csvgen.challenge.mutation.relay SOCKET REQUEST HOME``.

Hands its own standard streams to a process that the zygote forks for the request, waits, and ends with its exit code. Ends with whoever
started it; then the zygote ends the process.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

from csvgen.challenge.mutation.zygote import end_with_parent


def forward(path: str, request: dict[str, object], files: list[int], timeout: float | None = None) -> int:
    """The exit code of the process that the zygote at `path` starts for a request. Raises TimeoutError; the process is ended then."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(path)
        data = json.dumps(request).encode("ascii") + b"\n"
        sent = socket.send_fds(connection, [data], files)
        connection.sendall(data[sent:])
        connection.settimeout(timeout)
        if files == [0, 1, 2]:  # a relay: the ends of the pipes belong to the process alone from here on
            nothing = os.open(os.devnull, os.O_RDWR)
            for number in files:
                os.dup2(nothing, number)
        told = connection.recv(64)
    return int(told or b"1")


def main(arguments: list[str]) -> int:
    """SOCKET, the request as a file, and the folder of the instance."""
    end_with_parent()
    path, request, home = arguments
    return forward(path, {**json.loads(Path(request).read_bytes()), "home": home}, [0, 1, 2])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
