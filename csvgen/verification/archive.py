"""A package that travels as one file: unpacked beside nothing, into a folder that is gone afterwards."""

from __future__ import annotations

import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from csvgen.errors import ConfigError, NotIntact

MAX_ENTRIES, MAX_BYTES = 200_000, 8 * 1024**3
"""More than any package has; an archive that goes beyond is refused before it fills the disk."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder of the package inside a zip or tar, for as long as the block lasts.

    Raises NotIntact for an archive that is damaged, holds two entries of one name, or anything but files and folders inside it;
    ConfigError when it holds no package.
    """
    with tempfile.TemporaryDirectory(prefix="csvgen-verify-") as temporary:
        folder = Path(temporary)
        try:
            if zipfile.is_zipfile(path):
                _unzip(path, folder)
            else:
                _untar(path, folder)
        except (
            zipfile.BadZipFile,
            tarfile.TarError,
            OSError,
            EOFError,
            zlib.error,
            RuntimeError,
            ValueError,
        ) as problem:
            raise NotIntact(f"the archive cannot be unpacked ({type(problem).__name__})", where=str(path)) from None
        yield _package(folder, path)


def _package(folder: Path, path: Path) -> Path:
    """The archive itself, or the one folder it consists of."""
    inside = list(folder.iterdir())
    for place in (folder, inside[0] if len(inside) == 1 else folder):
        if place.is_dir() and any((place / name).exists() for name in ("package.json", "package.p7s")):
            return place
    raise ConfigError(
        "there is no package in this archive", where=str(path), hint="it must hold package.json at its top, or in its one folder"
    )


def _unzip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _refuse([e.filename.rstrip("/") for e in entries], sum(e.file_size for e in entries), path)
        for entry in entries:
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise NotIntact(f"{entry.filename} in the archive is neither file nor folder", where=str(path))
            target = folder / entry.filename
            if entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, target.open("xb") as sink:
                shutil.copyfileobj(source, sink)


def _untar(path: Path, folder: Path) -> None:
    with tarfile.open(path) as archive:
        entries = archive.getmembers()
        _refuse([e.name for e in entries], sum(e.size for e in entries), path)
        if odd := [e.name for e in entries if not (e.isfile() or e.isdir())]:
            raise NotIntact(f"{odd[0]} in the archive is neither file nor folder", where=str(path))
        archive.extractall(folder, filter="data")


def _refuse(names: list[str], size: int, path: Path) -> None:
    """Names that lead out of the folder, names that stand twice, and archives of unreasonable size."""
    twice = {n for n in names if names.count(n) > 1} if len(names) != len(set(names)) else set()
    outside = [n for n in names if n.startswith("/") or "\\" in n or ".." in PurePosixPath(n).parts]
    if twice or outside:
        odd = min(twice) if twice else outside[0]
        raise NotIntact(f"{odd!r} stands {'twice in' if twice else 'outside of'} the archive", where=str(path))
    if len(names) > MAX_ENTRIES or size > MAX_BYTES:
        raise NotIntact("the archive is larger than any package", where=str(path))
