"""A real NTP server on loopback: Debian's chronyd, told to serve the clock of this machine and never to set it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from . import Counterpart, free_port, running

COUNTERPART = Counterpart("chrony", "4.3", "real server")
_HELLO = bytes([0x23]) + bytes(47)


def _serves(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.settimeout(0.5)
        probe.sendto(_HELLO, ("127.0.0.1", port))
        return len(probe.recv(200)) >= len(_HELLO)
    return False


@contextlib.contextmanager
def time_server(folder: Path) -> Iterator[str]:
    """Address of the server, ``127.0.0.1:port``."""
    port, control = free_port(), free_port()
    settings = folder / "chrony.conf"
    settings.write_text(
        f"port {port}\nbindaddress 127.0.0.1\nallow 127.0.0.1\nlocal stratum 8\ncmdport {control}\nbindcmdaddress 127.0.0.1\n"
        f"bindcmdaddress {folder / 'c.sock'}\npidfile {folder / 'chrony.pid'}\n",
        encoding="utf-8",
    )
    folder.chmod(0o700)
    with running(["chronyd", "-d", "-x", "-u", "root", "-f", settings], lambda: _serves(port), folder / "chrony.log"):
        yield f"127.0.0.1:{port}"
