"""The ports Continuity and SecondFactor of the local target: backups and what is restored from them, and devices for one-time codes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from csvgen.errors import BadInput
from csvgen.pipeline import backup as backups
from csvgen.pipeline.core import DATABASE, RAW
from csvgen.ports import Outcome, Secret, Target
from csvgen.targets.local.bench_clock import SHIFT
from csvgen.targets.local.connection import Line, Port, SystemRefused
from csvgen.targets.local.install import ACCOUNTS

OCCUPIED = "occupied"
"""An environment in which something lies already: nothing is restored over it."""
OCCUPANT = "left-by-somebody.txt"


class LocalContinuity(Port):
    """ports.Continuity. Backups and environments lie in a folder of their own, which goes when the target is closed."""

    def __init__(self, connection: Line, home: Path, start: Callable[[Path], Target]) -> None:
        super().__init__(connection)
        self._home, self._start = home, start
        self._place: Path | None = None
        self._digests: dict[str, str] = {}
        """Backup -> the digest told when it was made: kept by who ordered it, not in it."""
        self._running: dict[str, Target] = {}

    def backup(self, session: str) -> Outcome:
        name = self._new("backup")
        made = self._connection.outcome("Continuity.backup", session=session, folder=str(self._path(name)))
        if made.accepted:
            self._digests[name] = made.reference
        return Outcome(made.accepted, made.message, name if made.accepted else "", made.facts)

    def restore(self, session: str, backup: str, environment: str = "empty") -> Outcome:
        name = self._new("environment")
        home = self._path(name)
        if environment == OCCUPIED:
            home.mkdir(mode=0o700)
            (home / OCCUPANT).write_text("work of somebody else\n", encoding="ascii")
        args = {"folder": str(self._path(backup)), "home": str(home), "sha256": self._digests.get(backup, "")}
        done = self._connection.outcome("Continuity.restore", session=session, **args)
        if done.accepted:
            shutil.copy(self._home / ACCOUNTS, home)  # the harness' own; no part of the instance, and in no backup
        return Outcome(done.accepted, done.message, name, done.facts)

    def restored(self, environment: str) -> Target:
        """The server of a restored environment: a second process, started when it is first asked for."""
        if environment not in self._running:
            self._running[environment] = self._start(self._path(environment))
        return self._running[environment]

    def set_clock(self, environment: str, seconds: int, start: str = "") -> Target:
        """Let the clock of a restored environment be so many seconds ahead of the host's, while its server runs, or with ``anew`` while
        it does not.

        A function of the harness: the clock of the host is not touched, and no function of the system can do this.
        """
        file = self._path(environment) / SHIFT
        if (start == "anew" or not file.exists()) and environment in self._running:
            self._running.pop(environment).close()
        staged = file.with_suffix(".new")
        staged.write_text(str(seconds), "ascii")
        staged.replace(file)
        return self.restored(environment)

    def permissions(self, place: str = "") -> Mapping[str, str]:
        """Mode of every file and folder of the instance, of a backup of it, or of an environment, by name in it; harness files left out."""
        root = self._path(place) if place else self._home
        root = root / backups.CONTENT if (root / backups.CONTENT).is_dir() else root
        files = (p for p in sorted(root.rglob("*")) if not p.is_symlink() and p.name not in (ACCOUNTS, SHIFT))
        return {f"{p.relative_to(root).as_posix()}{'/' * p.is_dir()}": f"{p.stat().st_mode & 0o777:04o}" for p in files}

    def left_in(self, environment: str) -> tuple[str, ...]:
        """Names in the folder of an environment, and beside it what a restore into it left under another name."""
        home = self._path(environment)
        inside = [p.name for p in home.iterdir()] if home.is_dir() else []
        return tuple(sorted([*inside, *(p.name for p in home.parent.iterdir() if p.name.startswith(f".{home.name}"))]))

    def damage_backup(self, backup: str, damage: str) -> Outcome:
        """Damage a backup as a worn medium, a broken transfer or a forger would."""
        place = self._path(backup)
        content = place / backups.CONTENT
        raw = next(p for p in sorted((content / RAW).rglob("*")) if p.is_file())
        ways: dict[str, Callable[[], object]] = {
            "one byte of the database is changed": lambda: _flip(content / DATABASE),
            "the database is cut short": lambda: _cut(content / DATABASE),
            "one byte of a raw file is changed": lambda: _flip(raw),
            "a raw file is missing": raw.unlink,
            "a file was put in": lambda: (content / RAW / "stray.csv").write_bytes(b"stray\n"),
            "one byte of its list of files is changed": lambda: _flip(place / backups.MANIFEST),
            "a raw file was taken out, and the list of files made to fit": lambda: _forge(place, raw),
        }
        if damage not in ways:
            raise BadInput(f"no damage {damage!r} of a backup; there are: {', '.join(ways)}")
        ways[damage]()
        return Outcome(True, f"{backup}: {damage}", backup)

    def close(self) -> None:
        """End the servers of restored environments, and take away what was made."""
        for target in self._running.values():
            target.close()
        self._running.clear()
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)
            self._place = None

    def _path(self, name: str) -> Path:
        if self._place is None:
            self._place = Path(tempfile.mkdtemp(prefix="csvgen-continuity-"))
        return self._place / Path(name).name

    def _new(self, kind: str) -> str:
        return f"{kind}-{1 + sum(p.name.startswith(kind) for p in self._path(kind).parent.iterdir()):04d}"


def _flip(path: Path) -> None:
    mode, data = path.stat().st_mode, bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(mode)


def _cut(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2)


def _forge(place: Path, raw: Path) -> None:
    """A file less, under a list of files that agrees with it: only who kept the digest of the backup can tell."""
    raw.unlink()
    manifest = json.loads((place / backups.MANIFEST).read_bytes())
    del manifest["digest"]
    del manifest["files"][raw.relative_to(place / backups.CONTENT).as_posix()]
    (place / backups.MANIFEST).write_bytes(backups.sealed(manifest))


class LocalSecondFactor(Port):
    """ports.SecondFactor."""

    def enrol_device(self, session: str, password: Secret) -> Secret:
        return Secret(str(self._connection.ask("SecondFactor.enrol_device", session=session, password=password.reveal())))

    def confirm_device(self, session: str, password: Secret, code: Secret) -> Outcome:
        args = {"password": password.reveal(), "code": code.reveal()}
        return self._connection.outcome("SecondFactor.confirm_device", session=session, **args)

    def type_code(self, session: str, code: Secret) -> Outcome:
        try:
            self._connection.ask("SecondFactor.type_code", session=session, code=code.reveal())
        except SystemRefused as refusal:
            return refusal.outcome()
        return Outcome(True, "code typed; it is judged with the signature")

    def report_device(self, session: str, user_id: str, reason: str) -> Outcome:
        """Put a lost device out of use; beside the port, for systems that know it."""
        return self._connection.outcome("SecondFactor.report_device", session=session, user_id=user_id, reason=reason)

    def verify_identity(self, session: str, user_id: str, method: str, reason: str) -> Outcome:
        """Put on record how a person's identity was established anew."""
        about = {"user_id": user_id, "method": method, "reason": reason}
        return self._connection.outcome("SecondFactor.verify_identity", session=session, **about)
