"""A package that travels as one file: unpacked beside nothing, into a folder that is gone afterwards."""

from __future__ import annotations

import io
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from csvgen.errors import ConfigError, NotIntact

MAX_ENTRIES, MAX_BYTES = 200_000, 8 * 1024**3
"""More than any package has; an archive that goes beyond is refused before it fills the disk."""
_TWO = "holds bytes that belong to no file of it; another program may read another archive there"
_DESCRIPTOR, _EXTRA, _END = 24, 128, 22
"""Bytes that may lie between two entries of a ZIP, before the data of one, and at its end (APPNOTE 4.3.9, 4.5, 4.3.16)."""
_CHUNK = 1 << 20


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder of the package inside a zip or tar, for as long as the block lasts.

    The first bytes say what it is, and nothing beside its entries may lie in it: whoever opens it with another program must find the
    same files. Raises NotIntact for an archive that is damaged, holds two entries of one name, or anything but files and folders inside it;
    ConfigError when it holds no package.
    """
    with tempfile.TemporaryDirectory(prefix="csvgen-verify-") as temporary:
        folder = Path(temporary)
        try:
            if _head(path).startswith(b"PK"):
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
        _refuse([e.filename for e in entries], sum(e.file_size for e in entries), path)
        _refuse_between(archive, path)
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


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(2)


def _refuse_between(archive: zipfile.ZipFile, path: Path) -> None:
    """Bytes before, between or behind the entries of a ZIP: a second archive, or a file of another kind."""
    end, size = 0, path.stat().st_size
    odd = bool(archive.comment)
    with path.open("rb") as stream:
        for entry in sorted(archive.infolist(), key=lambda e: e.header_offset):
            stream.seek(entry.header_offset + 26)
            name, extra = struct.unpack("<HH", stream.read(4))
            odd = odd or not 0 <= entry.header_offset - end <= _DESCRIPTOR or extra > _EXTRA
            end = entry.header_offset + 30 + name + extra + entry.compress_size
        stream.seek(max(0, size - _END))
        odd = odd or not stream.read(4).startswith(b"PK\x05\x06") or not 0 <= archive.start_dir - end <= _DESCRIPTOR
    if odd:
        raise NotIntact(f"the archive {_TWO}", where=str(path))


def _untar(path: Path, folder: Path) -> None:
    with tarfile.open(path) as archive:
        entries = archive.getmembers()
        _refuse([e.name for e in entries], sum(e.size for e in entries), path)
        if odd := [e.name for e in entries if not (e.isfile() or e.isdir())]:
            raise NotIntact(f"{odd[0]} in the archive is neither file nor folder", where=str(path))
        _refuse_behind(archive, path)
        archive.extractall(folder, filter="data")


def _refuse_behind(archive: tarfile.TarFile, path: Path) -> None:
    """Behind the last entry of a tar stand zeros, to the end of the file; and a compressed one is no ZIP besides."""
    stream = archive.fileobj
    if stream is None:
        raise NotIntact("the archive cannot be read to its end", where=str(path))
    stream.seek(archive.offset)
    odd = any(chunk.strip(b"\0") for chunk in iter(lambda: stream.read(_CHUNK), b""))
    if odd or (not isinstance(stream, io.BufferedReader) and zipfile.is_zipfile(path)):
        raise NotIntact(f"the archive {_TWO}", where=str(path))


def _refuse(names: list[str], size: int, path: Path) -> None:
    """Names that lead out of the folder, names that stand twice, and archives of unreasonable size."""
    twice = {n for n, times in Counter(str(PurePosixPath(n)) for n in names).items() if times > 1}
    outside = [n for n in names if n.startswith("/") or "\\" in n or ".." in PurePosixPath(n).parts]
    if twice or outside:
        odd = min(twice) if twice else outside[0]
        raise NotIntact(f"{odd!r} stands {'twice in' if twice else 'outside of'} the archive", where=str(path))
    if len(names) > MAX_ENTRIES or size > MAX_BYTES:
        raise NotIntact("the archive is larger than any package", where=str(path))
