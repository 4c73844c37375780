"""Sealed runs kept elsewhere: every file once, under its digest, in a folder or in a bucket that nobody can make forget.

    sha256/ab/abcdef...                    a file of a run: journal, attachment, plan, seal
    runs/<system>/<run>/<digest>.json      the index of a run: path, size and digest of each of its files

A key names the bytes that must stand under it, so whoever reads can tell. In a bucket each object is locked in COMPLIANCE mode until
the run was sealed plus the retention; the server is asked for mode and date, and every version of a key is looked at.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from csvgen.canonical import Digest, canonical_json, digest_bytes, digest_file, read_canonical, write_once
from csvgen.clock import parsed
from csvgen.errors import BadInput, NotIntact
from csvgen.evidence.read import read_outcome
from csvgen.model.evidence import RunRead
from csvgen.store.worm import Taken, WormObject, WormStore

_INDEX = "csvgen.kept/1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class EvidenceStore(Protocol):
    """Where files are kept by key. Two kinds: a folder, and a bucket under Object Lock."""

    def put(self, key: str, source: Path, sha256: Digest, until: dt.datetime) -> bool:
        """Keep the bytes of a file; False when they are there already. Raises NotIntact when others are."""

    def faults(self, key: str, sha256: Digest, until: dt.datetime) -> tuple[str, ...]:
        """What does not hold of a key: not there, other bytes, not locked, not long enough, hidden."""

    def keys(self, beginning: str) -> tuple[str, ...]:
        """Every key that begins so, hidden ones too."""

    def read(self, key: str, sha256: Digest) -> bytes:
        """The bytes with this digest. Raises NotIntact when they are not there."""


@dataclass(frozen=True)
class FolderStore:
    """A folder: content can be checked, and nothing is locked."""

    folder: Path

    def __str__(self) -> str:
        return str(self.folder)

    def put(self, key: str, source: Path, sha256: Digest, until: dt.datetime) -> bool:
        path = self.folder / key
        if path.exists():
            if faults := self.faults(key, sha256, until):
                raise NotIntact(f"{key} {faults[0]}", where=str(self))
            return False
        write_once(path, source.read_bytes())
        return True

    def faults(self, key: str, sha256: Digest, until: dt.datetime) -> tuple[str, ...]:  # noqa: ARG002 - a folder keeps no date
        path = self.folder / key
        if not path.is_file():
            return ("is not there",)
        return () if digest_file(path) == sha256 else ("was changed",)

    def keys(self, beginning: str) -> tuple[str, ...]:
        found = (p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file())
        return tuple(sorted(name for name in found if name.startswith(beginning)))

    def read(self, key: str, sha256: Digest) -> bytes:
        if faults := self.faults(key, sha256, dt.datetime.min.replace(tzinfo=dt.UTC)):
            raise NotIntact(f"{key} {faults[0]}", where=str(self))
        return (self.folder / key).read_bytes()


@dataclass(frozen=True)
class LockedStore:
    """A bucket under Object Lock."""

    store: WormStore

    def __str__(self) -> str:
        return str(self.store)

    def put(self, key: str, source: Path, sha256: Digest, until: dt.datetime) -> bool:
        for version in self._versions(key):
            if self._digest(version) == sha256:
                held = self.store.lock_of(key, version.version)
                if held is None or held < until.replace(microsecond=0):
                    self.store.retain(key, version.version, until)
                return False
        try:
            with source.open("rb") as stream:
                self.store.put_large(key, stream, until)
        except Taken:
            raise NotIntact(f"{key} holds other bytes than its name says; somebody put them there", where=str(self)) from None
        return True

    def faults(self, key: str, sha256: Digest, until: dt.datetime) -> tuple[str, ...]:
        versions = self._versions(key)
        if not versions:
            return ("is not there",)
        same = [v for v in versions if self._digest(v) == sha256]
        if not same:
            return ("was changed: no version of it holds the bytes that were kept",)
        found = []
        held = [lock for v in same if (lock := self.store.lock_of(key, v.version)) is not None]
        if not held:
            found.append("is not locked in COMPLIANCE mode")
        elif max(held) < until.replace(microsecond=0):
            found.append(f"is locked until {max(held):%Y-%m-%d} only, and must be until {until:%Y-%m-%d}")
        if len(same) < len(versions):
            found.append("was put over: another version holds other bytes")
        elif not any(v.newest for v in versions):
            found.append("was deleted: a delete marker hides it")
        return tuple(found)

    def keys(self, beginning: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(o.key for o in self.store.listing(beginning)))

    def read(self, key: str, sha256: Digest) -> bytes:
        version = next((v for v in self._versions(key) if self._digest(v) == sha256), None)
        if version is None:
            raise NotIntact(f"{key} is not there as it was kept", where=str(self))
        return b"".join(self.store.stream(key, version.version))

    def _versions(self, key: str) -> tuple[WormObject, ...]:
        return tuple(v for v in self.store.listing(key) if v.key == key)

    def _digest(self, version: WormObject) -> str:
        made = hashlib.sha256()
        for piece in self.store.stream(version.key, version.version):
            made.update(piece)
        return f"sha256:{made.hexdigest()}"


# ------------------------------------------------------------------ a run


@dataclass(frozen=True)
class Kept:
    """What became of the files of a run."""

    files: int
    written: int
    """The others were there already."""
    until: dt.datetime


@dataclass(frozen=True)
class Checked:
    """What a store says of a run."""

    run: str
    files: int
    faults: tuple[str, ...]
    """Each with the file it is about."""
    until: dt.datetime


def keep(evidence: RunRead, store: EvidenceStore, days: int) -> Kept:
    """Every file of a sealed run into the store, its index last. Raises NotIntact for a run that is not sealed and sound."""
    until = _until(evidence, days)
    folder, index = Path(evidence.folder), _index(evidence)
    written = sum(store.put(_key(f.sha256), folder / f.path, f.sha256, until) for f in index.files)
    written += _put_index(store, index, folder, until)
    return Kept(len(index.files) + 1, written, until)


def check(system: str, run: str, local: Path | None, store: EvidenceStore, days: int) -> Checked:
    """Ask the store for every file of a run: by the run's own folder where that is at hand, else by the index that was kept.

    Raises BadInput where neither is there, NotIntact for an index that is not what its name says.
    """
    if local is not None:
        evidence = read_outcome(local)
        until, index = _until(evidence, days), _index(evidence)
    else:
        index = _kept_index(system, run, store)
        until = _sealed(store.read(_key(index.seal), index.seal)) + dt.timedelta(days=days)
    named = [(f.path, _key(f.sha256), f.sha256) for f in index.files] + [("the index", index.key, digest_bytes(index.data))]
    faults = [f"{path} ({key}) {fault}" for path, key, sha256 in named for fault in store.faults(key, sha256, until)]
    return Checked(index.run, len(named), tuple(faults), until)


def fetch(system: str, run: str, store: EvidenceStore, into: Path) -> Path:
    """A kept run back into a new folder below `into`, byte for byte. Raises BadInput, NotIntact as `check` does."""
    import tempfile

    index, folder = _kept_index(system, run, store), into / run
    if folder.exists():
        raise BadInput("this folder exists; nothing is fetched over it", where=str(folder))
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{run}.", dir=into) as beside:
        for file in index.files:
            parts = PurePosixPath(file.path).parts
            if file.path.startswith("/") or not parts or ".." in parts:
                raise NotIntact(f"the index names {file.path!r}, which is no place in a run", where=index.key)
            write_once(Path(beside) / run / file.path, store.read(_key(file.sha256), file.sha256))
        (Path(beside) / run).rename(folder)
    return folder


@dataclass(frozen=True)
class _File:
    path: str
    size: int
    sha256: Digest


@dataclass(frozen=True)
class _Index:
    system: str
    run: str
    files: tuple[_File, ...]

    @property
    def data(self) -> bytes:
        return canonical_json({"format": _INDEX, "system": self.system, "run": self.run, "files": list(self.files)})

    @property
    def key(self) -> str:
        return f"runs/{self.system}/{self.run}/{digest_bytes(self.data).hex}.json"

    @property
    def seal(self) -> Digest:
        return next(f.sha256 for f in self.files if f.path == "seal.json")


def _index(evidence: RunRead) -> _Index:
    folder = Path(evidence.folder)
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    files = tuple(_File(p.relative_to(folder).as_posix(), p.stat().st_size, digest_file(p)) for p in paths)
    return _Index(evidence.plan.system, evidence.run, files)


def _kept_index(system: str, run: str, store: EvidenceStore) -> _Index:
    if not _NAME.fullmatch(run) or not _NAME.fullmatch(system):
        raise BadInput(f"{run!r} is no name of a run")
    keys = store.keys(f"runs/{system}/{run}/")
    if len(keys) != 1:
        told = "knows no run of this name" if not keys else f"holds {len(keys)} indexes of this run"
        raise BadInput(f"the store {told}", where=f"{system} {run}", hint="check it where the folder of the run is at hand")
    try:
        sha256 = Digest(f"sha256:{keys[0].rsplit('/', 1)[1].removesuffix('.json')}")
        said = read_canonical(store.read(keys[0], sha256), keys[0])
        files = tuple(_File(str(f["path"]), int(f["size"]), Digest(f["sha256"])) for f in said["files"])
        found = _Index(str(said["system"]), str(said["run"]), files)
        sound = found.key == keys[0] and bool(found.seal)
    except (KeyError, TypeError, ValueError, StopIteration):
        sound = False
    if not sound:
        raise NotIntact("this is no index of a run", where=keys[0])
    return found


def _put_index(store: EvidenceStore, index: _Index, folder: Path, until: dt.datetime) -> bool:
    import tempfile

    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
        path = Path(beside) / "index.json"
        path.write_bytes(index.data)
        return store.put(index.key, path, digest_bytes(index.data), until)


def _until(evidence: RunRead, days: int) -> dt.datetime:
    if evidence.seal is None or evidence.problems:
        what = evidence.problems[0] if evidence.problems else "it was never sealed"
        raise NotIntact(f"only a sealed run is kept: {what}", where=evidence.run)
    return parsed(evidence.seal.sealed) + dt.timedelta(days=days)


def _sealed(body: bytes) -> dt.datetime:
    try:
        return parsed(str(read_canonical(body, "seal.json")["sealed"]))
    except (KeyError, TypeError, ValueError):
        raise NotIntact("this is no seal", where="seal.json") from None


def _key(sha256: str) -> str:
    hexadecimal = Digest(sha256).hex
    return f"sha256/{hexadecimal[:2]}/{hexadecimal}"
