"""The local write-once store: read-only files below one folder. It needs no server, and promises as much as permissions do."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from csvgen.canonical import Digest, digest_bytes
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline.landing.place import PIECE, Landed, Lying, checked, digest_of, given, key_of

READ_ONLY = 0o444
_ARRIVING = ".arriving-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalStore:
    """Files below one folder: ``ab/ab12...`` by SHA-256. There is no way to change or remove one that is registered."""

    place = "local"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: Digest) -> Path:
        """Where the bytes with this digest lie."""
        return self.folder / key_of(sha256)

    # ------------------------------------------------------------ writing

    @contextmanager
    def landed(self, source: BinaryIO, name: str) -> Iterator[Landed]:
        """As `Landing.landed`. The file gets its name by a link that never replaces, after it is whole and synced."""
        with _told(name):
            staged, sha256, size = self._staged(source, name)
            try:
                if not size:
                    raise BadInput("the file is empty", where=name)
                new = self._placed(staged, sha256, name)
            finally:
                staged.unlink(missing_ok=True)
        with self._taken_back(sha256, new=new):
            yield Landed(sha256, size, self.place)

    @contextmanager
    def kept(self, data: bytes, name: str) -> Iterator[Digest]:
        """As `Landing.kept`. Bytes that lie there already are compared and not written again."""
        sha256 = digest_bytes(data)
        if self.path(sha256).exists():
            self._same(sha256, name)
            yield sha256
            return
        with self.landed(io.BytesIO(data), name) as found:
            yield found.digest

    def _staged(self, source: BinaryIO, name: str) -> tuple[Path, Digest, int]:
        handle, path = tempfile.mkstemp(prefix=_ARRIVING, dir=self.folder)
        staged, hashed, size = Path(path), hashlib.sha256(), 0
        try:
            with os.fdopen(handle, "wb", buffering=0) as out:
                for piece in given(source, name):
                    hashed.update(piece)
                    size += len(piece)
                    view = memoryview(piece)
                    while view:
                        view = view[out.write(view) :]
                os.fchmod(out.fileno(), READ_ONLY)
                os.fsync(out.fileno())
        except BaseException:
            staged.unlink()
            raise
        return staged, Digest(f"sha256:{hashed.hexdigest()}"), size

    def _placed(self, staged: Path, sha256: Digest, name: str) -> bool:
        """Give a staged file its name; False when the same bytes had it before."""
        path = self.path(sha256)
        if not path.parent.is_dir():
            path.parent.mkdir(exist_ok=True)
            _sync(self.folder)
        try:
            os.link(staged, path)
        except FileExistsError:
            self._same(sha256, name)
            return False
        try:
            _sync(path.parent)
        except BaseException:
            path.unlink()
            raise
        return True

    @contextmanager
    def _taken_back(self, sha256: Digest, *, new: bool) -> Iterator[None]:
        """None stays unregistered: what the block could not register is removed, if it was not there before.

        Not when the process itself is stopped in the block (Ctrl-C): that can come between the commit of the registration and here, and
        what is registered must not go. What then lies here unregistered is told by the inventory, as after a kill.
        """
        try:
            yield
        except Exception:
            if new:
                self.path(sha256).unlink()
            raise

    def _same(self, sha256: Digest, name: str) -> None:
        try:
            for _ in self.pieces(sha256, name):
                pass
        except NotIntact:
            raise NotIntact("the stored file is not the one registered under this digest", where=name) from None

    def clear(self) -> None:
        """Remove what arrivals left that a dead process never finished. Only for the one process that has the instance open."""
        for left in self.folder.glob(f"{_ARRIVING}*"):
            left.unlink()

    # ------------------------------------------------------------ reading

    def pieces(self, sha256: Digest, name: str) -> Iterator[bytes]:
        """As `Landing.pieces`."""
        yield from checked(self._raw(sha256, name), sha256, name)

    def _raw(self, sha256: Digest, name: str) -> Iterator[bytes]:
        try:
            with self.path(sha256).open("rb", buffering=0) as stream:
                while piece := stream.read(PIECE):
                    yield piece
        except FileNotFoundError:
            raise NotIntact("the stored file is missing", where=name) from None
        except OSError as problem:
            raise NotIntact(f"the stored file cannot be read: {os.strerror(problem.errno or 0)}", where=name) from None

    def read(self, sha256: Digest, name: str) -> bytes:
        """As `Landing.read`."""
        return b"".join(self.pieces(sha256, name))

    def lying(self) -> Iterator[Lying]:
        """As `Landing.lying`."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_symlink() or not path.is_dir():
                name = path.relative_to(self.folder).as_posix()
                plain = path.is_file() and not path.is_symlink()
                yield Lying(name, digest_of(name) if plain else None, path.lstat().st_size)

    def lock_problem(self, sha256: Digest, version: str) -> str:  # noqa: ARG002 - a folder has no versions
        """Whether the file is still read-only: the one promise a folder makes."""
        mode = self.path(sha256).stat().st_mode & 0o777
        return "" if mode == READ_ONLY else f"its mode is {mode:04o}, not {READ_ONLY:04o}"

    def modes(self) -> frozenset[int]:
        """The permission bits found on the stored files."""
        return frozenset(p.stat().st_mode & 0o777 for p in self.folder.rglob("*") if p.is_file())

    def facts(self) -> Mapping[str, str]:
        """As `Landing.facts`."""
        modes = ", ".join(sorted(f"{mode:04o}" for mode in self.modes()))
        return {
            "landing": "local write-once store",
            "mode of raw folder": f"{self.folder.stat().st_mode & 0o777:04o}",
            "mode of raw files": modes or "no file yet",
        }


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What the operating system refuses, in words that name the file and say what became of it."""
    try:
        yield
    except OSError as problem:
        code = problem.errno or 0
        why = "is full" if code in _FULL else "cannot be written"
        raise Refused(f"the landing store {why} ({os.strerror(code)}); nothing of this file was kept", where=name) from None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
