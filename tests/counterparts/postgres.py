"""PostgreSQL: a cluster of its own in a temporary folder, on a free port of loopback, started as another user than root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import Counterpart, answers, free_port, running

NAME = "initdb"
"""What to look for: `@pytest.mark.needs("postgresql")`."""


def binaries() -> Path | None:
    """Folder of the server's programs: Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    beside = shutil.which(NAME)
    return Path(beside).parent if beside else None


@dataclass(frozen=True)
class Cluster:
    """A running server. `postgres` is its superuser; roles come without password, because nobody but loopback is let in."""

    port: int
    counterpart: Counterpart

    def url(self, database: str, role: str = "postgres") -> str:
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres", role: str = "postgres") -> Any:
        """A connection of one's own, each statement its own transaction."""
        import psycopg

        return psycopg.connect(host="127.0.0.1", port=self.port, dbname=database, user=role, autocommit=True)

    def run(self, *statements: str, database: str = "postgres", role: str = "postgres") -> None:
        with self.connect(database, role) as connection:
            for statement in statements:
                connection.execute(statement)


@contextlib.contextmanager
def postgresql(folder: Path, *, durable: bool = True, settings: tuple[str, ...] = ()) -> Iterator[Cluster]:
    """A cluster in `folder`. Without `durable` it does not sync: a test that kills no machine loses nothing by it."""
    programs = binaries()
    assert programs is not None, "no PostgreSQL here"
    user = _user() if os.geteuid() == 0 else None
    data, port = folder / "data", free_port()
    data.mkdir(parents=True)
    if user:
        _open_the_way(folder)
        shutil.chown(data, user)
    command = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run([str(c) for c in command], check=True, capture_output=True, user=user, cwd=folder)
    options = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=100",
        f"fsync={'on' if durable else 'off'}",
        *settings,
    ]
    # Somebody else may take the port between asking for it and using it; then the server says so and ends.
    server = [programs / "postgres", "-D", data, "-p", str(port), *(part for option in options for part in ("-c", option))]
    with running(server, lambda: answers(port) and _accepts(port), folder / "log", user=user, cwd=folder):
        version = subprocess.run(
            [str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[2]
        yield Cluster(port, Counterpart("PostgreSQL", version, "real server"))


def _accepts(port: int) -> bool:
    import psycopg

    with contextlib.suppress(psycopg.OperationalError):
        psycopg.connect(host="127.0.0.1", port=port, dbname="postgres", user="postgres").close()
        return True
    return False


def _user() -> str:
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _open_the_way(folder: Path) -> None:
    """Let the other user pass the folders above; pytest makes them for its own user only."""
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
