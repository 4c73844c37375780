"""PostgreSQL: a cluster of its own in a temporary folder, on a free port of loopback, started as another user than root."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
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
    """A cluster that writes its log into `folder`. Without `durable` it does not sync: a test that kills no machine loses nothing by it."""
    programs = binaries()
    assert programs is not None, "no PostgreSQL here"
    user = _user() if os.geteuid() == 0 else None
    port = free_port()
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", f"fsync={'on' if durable else 'off'}", *settings)
    # A folder of its own: pytest takes the way to its folders away from all other users, whenever another session begins.
    with tempfile.TemporaryDirectory(prefix="csvgen-postgresql-") as own:
        if user:
            shutil.chown(own, user)
        data = Path(own) / "data"
        made = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(made, check=True, capture_output=True, user=user, cwd=own)
        server = [programs / "postgres", "-D", data, "-p", str(port), *(part for s in settings for part in ("-c", s))]
        log = folder / "postgresql.log"
        with running(server, lambda: answers(port) and _accepts(port), log, user=user, cwd=Path(own)) as process:
            asked = [str(programs / "postgres"), "--version"]
            version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()[2]
            try:
                yield Cluster(port, Counterpart("PostgreSQL", version, "real server"))
            finally:
                process.send_signal(signal.SIGQUIT)  # "immediate shutdown": no checkpoint, for nothing of it is needed again
                process.wait(60)


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
