"""An instance as it was at one moment: a copy of its database made by SQLite's own backup, and its folders as they are.

The instance is not opened: its lock is not asked for, nothing in it is written, and another process may go on working in it. What is
checked is what was committed when the copy was made.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from csvgen.audit.ledger import Version
from csvgen.canonical import Digest, digest_bytes
from csvgen.clock import SystemClock
from csvgen.errors import NotIntact
from csvgen.pipeline.anchored import AnchoredLedger
from csvgen.pipeline.core import ANCHOR, DATABASE, LOCK
from csvgen.pipeline.files import FileIndex
from csvgen.pipeline.flow.record import RunRecord
from csvgen.pipeline.instance import Settings, read
from csvgen.store.database import open_database, query

_WAIT = 10.0


@dataclass(frozen=True)
class Seen:
    """What there is to check."""

    home: Path
    ledger: AnchoredLedger
    """Over the copy, with the anchor of the instance."""
    records: Mapping[str, Mapping[str, tuple[Version, ...]]]
    """Kind -> id -> versions, oldest first; what cannot be read as a record is left out, and told by the check of records."""
    files: FileIndex
    """Registered files, by digest."""
    busy: bool
    """Whether another process works on the instance."""
    _latest: dict[str, Mapping[str, Version]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def settings(self) -> Settings:
        """Raises ConfigError for a file that cannot be used."""
        return read(self.home)

    def versions(self, kind: str) -> Iterator[Version]:
        """Every version of every record of a kind, by id."""
        for versions in self.records.get(kind, {}).values():
            yield from versions

    def latest(self, kind: str) -> Mapping[str, Version]:
        """The newest version of each record of a kind, by id."""
        if kind not in self._latest:
            self._latest[kind] = {identity: versions[-1] for identity, versions in self.records.get(kind, {}).items()}
        return self._latest[kind]

    def version(self, kind: str, identity: str, number: int) -> Version | None:
        """One version of one record."""
        found = self.records.get(kind, {}).get(identity, ())
        return next((v for v in found if v.number == number), None)

    def source(self, record: str, version: int) -> Version | None:
        """The record that registers an input: a version of a file, or the one of a version of a table."""
        kind, _, identity = record.partition("/")
        return self.version(kind, f"{identity}@{version}", 1) if kind == "dataset" else self.version(kind, identity, version)

    @cached_property
    def runs(self) -> Mapping[str, RunRecord | str]:
        """Run id -> its record, or why it cannot be read as one; a record of another format is none."""
        found: dict[str, RunRecord | str] = {}
        for identity, version in self.latest("run").items():
            try:
                found[identity] = RunRecord.model_validate(version.content)
            except ValueError as problem:
                found[identity] = f"cannot be read: {str(problem).splitlines()[0]}"
        return found

    @cached_property
    def certified(self) -> frozenset[str]:
        """Lots that have a certificate."""
        return frozenset(str(v.content.get("lot")) for v in self.latest("certificate").values())

    @cached_property
    def about(self) -> Mapping[str, tuple[Version, ...]]:
        """Subject -> its deviations as they are now."""
        found: dict[str, tuple[Version, ...]] = {}
        for version in self.latest("deviation").values():
            subject = str(version.content.get("subject") or f"lot/{version.content.get('lot')}")
            found[subject] = (*found.get(subject, ()), version)
        return found


def digest_of(source: Version) -> str:
    """What a record that registers an input says of its bytes: of a file their digest, of a version of a table that of its rows."""
    return str(next((source.content[k] for k in ("digest", "rows", "sha256") if k in source.content), ""))


@contextmanager
def seen(home: Path) -> Iterator[Seen]:
    """The instance in a folder. Raises NotIntact when its database cannot be read."""
    with tempfile.TemporaryDirectory(prefix="csvgen-verify-") as folder:
        copy = Path(folder) / DATABASE
        busy = _copied(home, copy)
        database = open_database(f"sqlite:///{copy}")
        try:
            ledger = AnchoredLedger(database, SystemClock(), home / ANCHOR)
            with database.read() as connection:
                rows = query(connection, "SELECT kind, id, version, body, sha256, event FROM record ORDER BY kind, id, version")
            yield Seen(home, ledger, _records(rows), FileIndex(database), busy)
        finally:
            database.close()


def _copied(home: Path, copy: Path) -> bool:
    """A consistent copy of the database, its write-ahead log included; says whether another process works on the instance.

    Where nobody does, the files are copied, under a shared lock that keeps others out meanwhile, and nothing is left behind; else
    SQLite's own backup is asked, which reads one state while others write.
    """
    source = home / DATABASE
    if not source.is_file():
        raise NotIntact("the database is missing", where=DATABASE)
    with _shared(home / LOCK) as free:
        if free:
            for suffix in ("", "-wal"):
                if (beside := source.with_name(source.name + suffix)).is_file():
                    shutil.copyfile(beside, copy.with_name(copy.name + suffix))
            return False
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=_WAIT)) as there,
            closing(sqlite3.connect(copy)) as here,
        ):
            there.backup(here)
    except sqlite3.DatabaseError as problem:
        raise NotIntact(f"the database cannot be read: {problem}", where=DATABASE) from None
    return True


@contextmanager
def _shared(lock: Path) -> Iterator[bool]:
    """Whether nobody works on the instance; inside the block nobody begins to."""
    if not lock.is_file():
        yield True
        return
    with lock.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def _records(rows: list[Any]) -> dict[str, dict[str, tuple[Version, ...]]]:
    found: dict[str, dict[str, tuple[Version, ...]]] = {}
    for kind, identity, number, body, _, event in rows:
        data = body if isinstance(body, bytes) else str(body).encode("utf-8")
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            version = Version(str(kind), str(identity), int(number), content, Digest(digest_bytes(data)), int(event))
            found.setdefault(version.kind, {}).setdefault(version.id, ())
            found[version.kind][version.id] += (version,)
    return found
