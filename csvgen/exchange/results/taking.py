"""Raw files on their way in: copied once, byte for byte, and hashed on the way; what is read afterwards is the copy."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

from csvgen.errors import ConfigError
from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.seen import Raw, clean
from csvgen.model.base import hazard
from csvgen.model.imported import RawFile

MAX_FILES = 50_000
MAX_TOTAL = 4_000_000_000
_PIECE = 1 << 20
ALONE = "file"
"""Name of a file that was handed in by itself: under whatever name it comes, it is the same import."""


def take(source: Path, into: Path) -> tuple[RawFile, ...]:
    """Copy a file, or all files of a folder, into the folder `into`. Raises Unreadable for links, odd names and too much of it."""
    found = sorted(_files(source)) if source.is_dir() and not source.is_symlink() else [(ALONE, source)]
    if len(found) > MAX_FILES:
        raise Unreadable(f"more than {MAX_FILES} files in one import", where=source.name)
    if not found:
        raise Unreadable("there is no file in this folder", where=source.name)
    kept, total = [], 0
    for name, path in found:
        if fault := hazard(name, newline=False):
            raise Unreadable(f"the name of a file holds {fault}", where=clean(name, 120), hint="give it another name")
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise Unreadable("a link or device is not taken in", where=clean(name, 120))
            size, sha256 = _copy(path, into / name, MAX_TOTAL - total)
        except OSError as problem:
            raise ConfigError(f"cannot be taken in: {problem.strerror}", where=clean(str(path), 200)) from None
        total += size
        kept.append(RawFile(path=name, size=size, sha256=sha256))
    return tuple(kept)


def raws(folder: Path, files: tuple[RawFile, ...]) -> tuple[Raw, ...]:
    """The files as the readers take them."""
    return tuple(Raw(f.path, folder / f.path) for f in files)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for number, path in enumerate(p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()):
        if number > MAX_FILES:
            return
        name = path.relative_to(folder).as_posix()
        if not name.isprintable():
            raise Unreadable("the name of a file holds characters that cannot be shown", where=clean(name, 120))
        yield name, path


def _copy(source: Path, target: Path, room: int) -> tuple[int, str]:
    target.parent.mkdir(parents=True, exist_ok=True)
    hashed, size = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("xb") as writing:
        while piece := reading.read(_PIECE):
            size += len(piece)
            if size > room:
                raise Unreadable(f"more than {MAX_TOTAL} bytes in one import", where=clean(source.name, 120))
            hashed.update(piece)
            writing.write(piece)
        writing.flush()
        _sync(writing.fileno())
    return size, f"sha256:{hashed.hexdigest()}"


def _sync(handle: int) -> None:
    import os

    os.fsync(handle)
