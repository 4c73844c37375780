"""Who can reach an instance from its host: by the permissions of its folder, and over the network (21 CFR 11.10(d), 211.68(b)).

Read from the operating system each time, never from what was configured.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

NOBODY_ELSE, GROUP, EVERYBODY = "its owner alone", "its owner and its group", "everybody on the host"
_LISTENS = "0A"
"""State of a listening TCP socket (Linux, include/net/tcp_states.h)."""
_SHOWN = 5


def reach(home: Path) -> Mapping[str, str]:
    """Facts in words; ``none`` where there is nothing to tell."""
    found = home.stat()
    return {
        "who may reach the store": who(found.st_mode),
        "owner of the store": "the account of the process" if found.st_uid == os.geteuid() else "another account",
        "files others may write": _told(writable(home)),
        "links that lead out of the store": _told(leading_out(home)),
        "ports that listen": ", ".join(listening()) or "none",
    }


def who(mode: int) -> str:
    """Whom permission bits of the folder let in: what lies below it is reached through it alone."""
    if mode & stat.S_IRWXO:
        return EVERYBODY
    return GROUP if mode & stat.S_IRWXG else NOBODY_ELSE


def writable(home: Path) -> tuple[str, ...]:
    """Files and folders whose own bits let group or others write."""
    return tuple(
        path.relative_to(home).as_posix()
        for path in sorted(home.rglob("*"))
        if not path.is_symlink() and path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def leading_out(home: Path) -> tuple[str, ...]:
    """Symbolic links to anything outside of the folder."""
    root = home.resolve()
    links = (path for path in sorted(home.rglob("*")) if path.is_symlink())
    return tuple(path.relative_to(home).as_posix() for path in links if not path.resolve().is_relative_to(root))


def listening() -> tuple[str, ...]:
    """Ports this process listens on, ``tcp 5432``: its open sockets, looked up in the tables of the kernel."""
    fds = Path("/proc/self/fd")
    if not fds.is_dir():
        return ("cannot be asked on this host",)
    own = {name for entry in fds.iterdir() if (name := _target(entry)).startswith("socket:[")}
    return tuple(
        f"{kind} {port}" for kind, port, inode in dict.fromkeys((*_tcp("tcp"), *_tcp("tcp6"))) if f"socket:[{inode}]" in own
    )


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:  # closed since the folder was read
        return ""


def _tcp(kind: str) -> Iterator[tuple[str, int, str]]:
    table = Path("/proc/self/net") / kind
    for line in table.read_text("ascii").splitlines()[1:] if table.is_file() else ():
        columns = line.split()
        if columns[3] == _LISTENS:
            yield kind, int(columns[1].rpartition(":")[2], 16), columns[9]


def _told(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more if names else "none"
