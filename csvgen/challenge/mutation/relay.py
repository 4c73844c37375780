"""In place of a server: ``python -m csvgen.challenge.mutation.relay SOCKET REQUEST HOME [DOOR]``.

Hands its own standard streams, and the door where there is one, to a process that the zygote forks for the request, waits, and ends with
its exit code. Ends with whoever started it; then the zygote ends the process.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

from csvgen.challenge.mutation.zygote import end_with_parent


def forward(
    path: str, request: dict[str, object], files: list[int], *, given_away: bool = False, timeout: float | None = None
) -> int:
    """The exit code of the process that the zygote at `path` starts for a request, with `files` as its first open files.

    `given_away`: from here on the files belong to that process alone, so that their other ends see when it closes them.
    Raises TimeoutError; the process is ended then.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(path)
        data = json.dumps(request).encode("ascii") + b"\n"
        sent = socket.send_fds(connection, [data], files)
        connection.sendall(data[sent:])
        connection.settimeout(timeout)
        if given_away:
            nothing = os.open(os.devnull, os.O_RDWR)
            for number in files:
                os.dup2(nothing, number)
        told = connection.recv(64)
    return int(told or b"1")


def main(arguments: list[str]) -> int:
    """SOCKET, the request as a file, the folder of the instance, and the number of an open socket for further connections."""
    end_with_parent()
    path, request, home, *door = arguments
    return forward(path, {**json.loads(Path(request).read_bytes()), "home": home}, [0, 1, 2, *map(int, door)], given_away=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
