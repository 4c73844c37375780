"""Backup of an instance, and its restore into an empty folder (21 CFR 211.68(b); EU GMP Annex 11, 7.2).

A backup is a folder: ``content/`` with every file the instance is made of, and ``manifest.json``, which names each of them by digest and
mode, and the head of the audit trail as the recovery point. The database is copied by SQLite's own online backup; every other file is
written once or moved with the trail, and one process works on an instance, so that all of it is of one moment.

A restore believes nothing: every digest is compared on the bytes as they arrived, the trail is checked as the instance checks its own, and
only then does the folder get its name. What goes wrong before leaves nothing behind. Parts that are servers are not in a backup and are
named in it.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import ValidationError

from csvgen.audit.ledger import system_actor
from csvgen.canonical import Digest, canonical_json, digest, digest_bytes, digest_file, read_canonical
from csvgen.clock import Clock, shown, stored
from csvgen.errors import BadInput, ConfigError, CsvgenError, NotIntact, Refused
from csvgen.model.base import Line, Sha256, Stamp, Value
from csvgen.pipeline import artifacts, instance
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.core import ALERTS, ANCHOR, DATABASE, KEYS, RAW, RESULTS, Core
from csvgen.ports import Outcome
from csvgen.store.database import open_database

MANIFEST, CONTENT = "manifest.json", "content"
FOLDERS = (KEYS, RAW, RESULTS, artifacts.FOLDER, ALERTS)
_ARRIVING = "."
"""What begins so was not finished: files on their way into a store."""


class Kept(Value):
    """One file of a backup."""

    sha256: Sha256
    mode: Line
    """Permission bits in octal, as the instance had them."""


class Manifest(Value):
    """What a backup holds, and of which moment."""

    format: Literal["csvgen.backup/1"]
    instance: str
    """Fingerprint of the trust root."""
    made: Stamp
    events: int
    """Events of the audit trail: the recovery point. What came later is not in the backup."""
    head: Sha256
    last: Stamp
    """Time of the last of them."""
    files: Mapping[str, Kept]
    outside: tuple[Line, ...] = ()
    """Parts that are servers; they are backed up where they are."""

    @property
    def point(self) -> str:
        """The recovery point, in words."""
        return f"event {self.events} of {shown(self.last)}"


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore that was done."""

    manifest: Manifest
    digest: Digest
    """Of the manifest: the backup, whole."""


class Backups:
    """Backup and restore as functions of an opened instance."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def backup(self, session: str, folder: str) -> Outcome:
        """Write a backup into a folder that is not there. The digest in the answer, kept elsewhere, is what a restore can be held to.

        The entry of the backup comes after it, and so is not in it. Raises BadInput for a folder that is there or lies in the instance,
        Refused when the disk does not take it; then nothing of it is left.
        """
        with self._core.acting(session, "backup", "backup") as acting:
            place = Path(folder)
            if place.exists() or place.resolve().is_relative_to(self._core.home.resolve()):
                raise BadInput("a backup goes into a folder that is not there yet, outside of the instance")
            made = write(self._core, place)
            facts = _facts(made)
            with self._core.ledger.change(self._core.actor(acting)) as change:
                change.note("backup", "backup", facts=facts)
        outside = f"; not in it: {', '.join(made.manifest.outside)}" if made.manifest.outside else ""
        words = f"backup of {len(made.manifest.files)} files made; recovery point: {made.manifest.point}{outside}"
        return Outcome(True, words, str(made.digest), facts)

    def restore(self, session: str, folder: str, home: str, sha256: str) -> Outcome:
        """Restore a backup of this instance into an empty folder: the restore test. This instance is not touched, but for its trail."""
        with self._core.acting(session, "restore", "backup") as acting:
            if Path(home).resolve().is_relative_to(self._core.home.resolve()):
                raise BadInput("a backup is restored into an empty folder, outside of the instance")
            done = restore(Path(folder), Path(home), self._core.clock, Digest(sha256) if sha256 else None)
            facts = _facts(done)
            with self._core.ledger.change(self._core.actor(acting)) as change:
                change.note("restore", "backup", facts=facts)
        return Outcome(True, told(done), str(done.digest), facts)


def told(done: Restored) -> str:
    """What a restore gives back, and what it cannot."""
    made = done.manifest
    outside = f"; to be restored where they are: {', '.join(made.outside)}" if made.outside else ""
    return f"restored: {len(made.files)} files; recovery point: {made.point}; nothing that came later is in it{outside}"


def _facts(done: Restored) -> dict[str, str]:
    made = done.manifest
    return {"backup": str(done.digest), "events": str(made.events), "head": str(made.head), "last": made.last}


# ---------------------------------------------------------------- making


def write(core: Core, place: Path) -> Restored:
    """Everything of an opened instance, in a folder that gets its name when it is whole."""
    with _whole(place) as staged:
        content, before = staged / CONTENT, core.ledger.head()
        content.mkdir(mode=0o700)
        _copy_database(core, content / DATABASE)
        names, made = _files(core), {content}
        for name in names:
            _copy(core.home / name, content / name, made)
        head, events = core.ledger.head(), core.ledger.events()
        if head != before:
            raise Refused("something was written while the backup was made; nothing of it was kept")
        manifest = Manifest(
            format="csvgen.backup/1",
            instance=core.keys.fingerprint,
            made=stored(core.clock.now()),
            events=head.count,
            head=head.hash,
            last=events[-1].at,
            files={
                name: Kept(sha256=digest_file(content / name), mode=f"{(core.home / name).stat().st_mode & 0o777:04o}")
                for name in (DATABASE, *names)
            },
            outside=tuple(f"{part} {getattr(core.settings, part)}"[:400] for part in core.settings.remote),
        )
        data = sealed(manifest.model_dump())
        (staged / MANIFEST).write_bytes(data)
        _sync(staged)
    return Restored(manifest, digest_bytes(data))


def sealed(manifest: Mapping[str, Any]) -> bytes:
    """The bytes of a manifest, with the digest of all it says: a changed byte in it shows."""
    return canonical_json({**manifest, "digest": digest(manifest)})


def _files(core: Core) -> tuple[str, ...]:
    """Files of the instance beside its database, by their place in it."""
    single = [name for name in (ANCHOR, instance.FILE, core.settings.lineage) if name and (core.home / name).is_file()]
    found = (p for folder in FOLDERS for p in (core.home / folder).rglob("*") if p.is_file() and not p.is_symlink())
    inside = (p.relative_to(core.home) for p in found)
    return (*single, *sorted(p.as_posix() for p in inside if not any(part.startswith(_ARRIVING) for part in p.parts)))


def _copy_database(core: Core, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with core.database.read() as connection, closing(sqlite3.connect(target)) as there:
        source: Any = connection.connection.driver_connection
        source.backup(there)


def _copy(source: Path, target: Path, made: set[Path]) -> None:
    """Copy one file with its mode; `made` are the folders that are there already."""
    missing = list(itertools.takewhile(lambda p: p not in made, target.parents))
    for folder in reversed(missing):  # with parents=True only the last gets the mode
        folder.mkdir(mode=0o700)
    made.update(missing)
    shutil.copyfile(source, target, follow_symlinks=False)
    target.chmod(source.stat().st_mode & 0o777)


# ---------------------------------------------------------------- restoring


def restore(backup: Path, home: Path, clock: Clock, expected: Digest | None = None) -> Restored:
    """An instance from a backup, in a folder that is not there or empty; its trail goes on with the entry of the restore.

    `expected` is the digest told when the backup was made. Raises ConfigError for a folder that is not empty and for what is no backup,
    NotIntact for a backup that is not whole; then nothing is there that was not there before.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise ConfigError("this folder is not empty; a backup is never restored over another", where=home.name)
    data, manifest = read(backup)
    sha256 = digest_bytes(data)
    if expected is not None and sha256 != expected:
        raise NotIntact(f"this is not the backup {expected.short}: its list of files is another", where=MANIFEST)
    with _whole(home) as staged:
        _lay(backup / CONTENT, staged, manifest)
        _judge(staged, manifest, clock, sha256)
        _sync(staged)
    return Restored(manifest, sha256)


def read(backup: Path) -> tuple[bytes, Manifest]:
    """The manifest of a backup. Raises ConfigError where there is none, NotIntact when it is not as it was written."""
    path = backup / MANIFEST
    if not path.is_file():
        raise ConfigError(f"there is no backup here: it has no {MANIFEST}", where=backup.name)
    data = path.read_bytes()
    try:
        content = read_canonical(data, MANIFEST)
        said = content.pop("digest")
        manifest = Manifest.model_validate(content)
    except (CsvgenError, ValidationError, KeyError, TypeError, AttributeError, ValueError, RecursionError):
        raise NotIntact("the list of files of the backup cannot be read", where=MANIFEST) from None
    if said != digest(content):
        raise NotIntact("the list of files of the backup was changed", where=MANIFEST)
    return data, manifest


def _lay(content: Path, staged: Path, manifest: Manifest) -> None:
    """Copy what the manifest names, and compare the copies. Raises NotIntact, naming the first files that differ."""
    there = {p.relative_to(content).as_posix() for p in content.rglob("*") if p.is_symlink() or not p.is_dir()}
    faults = [f"missing: {n}" for n in sorted(set(manifest.files) - there)]
    faults += [f"not of the backup: {n}" for n in sorted(there - set(manifest.files))]
    made = {staged}
    for name, kept in manifest.files.items():
        source, target = content / name, staged / name
        if _leads_out(name) or source.is_symlink():
            faults.append(f"not a file of the backup: {name}")
        elif name in there:
            _copy(source, target, made)
            target.chmod(int(kept.mode, 8))
            if digest_file(target) != kept.sha256:
                faults.append(f"changed: {name}")
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""  # noqa: PLR2004 - as many as a line holds
        raise NotIntact(
            f"the backup is not whole: {'; '.join(faults[:3])}{more}; nothing was restored", where=content.parent.name
        )
    for folder in (KEYS, RAW, RESULTS):
        (staged / folder).mkdir(exist_ok=True, mode=0o700)


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or not path.parts


def _judge(staged: Path, manifest: Manifest, clock: Clock, sha256: Digest) -> None:
    """The restored trail against its chain, anchor, guards and the recovery point; then the entry of the restore."""
    database = open_database(f"sqlite:///{staged / DATABASE}")
    try:
        ledger = AnchoredLedger(database, clock, staged / ANCHOR)
        problems = ledger.problems()
        if problems:
            raise NotIntact(f"the restored audit trail is not whole: {problems[0]}; nothing was restored", where=DATABASE)
        head = ledger.head()
        if (head.count, str(head.hash)) != (manifest.events, str(manifest.head)):
            raise NotIntact(f"the restored audit trail does not end at {manifest.point}; nothing was restored", where=DATABASE)
        with ledger.change(system_actor("QC release, restore")) as change:
            facts = {"backup": str(sha256), "events": str(manifest.events), "head": str(manifest.head)}
            change.note("restored", "backup", reason=f"restored to {manifest.point}", facts=facts)
    finally:
        database.close()


# ---------------------------------------------------------------- a folder, whole or not at all


@contextmanager
def _whole(place: Path) -> Iterator[Path]:
    """A folder beside the wanted one, which gets its name at the end; whatever fails before, nothing of it stays."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))  # made with mode 0700
    except OSError as problem:
        raise Refused(f"the folder cannot be made ({os.strerror(problem.errno or 0)})") from None
    try:
        yield staged
        if place.exists():
            place.rmdir()  # empty: that was asked before; if it is not any more, this fails and nothing is replaced
        staged.rename(place)
    except OSError as problem:
        raise Refused(f"not every file could be written ({os.strerror(problem.errno or 0)}); nothing of it was kept") from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Every file and folder is on the disk before the name says that it is. One call for the file system they lie in: to sync thousands
    one by one takes minutes, and `os.sync` waits for what other programs write to other disks.
    """
    whole = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if whole is None:
        os.sync()
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if whole(handle):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(handle)
