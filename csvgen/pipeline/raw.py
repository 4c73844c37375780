"""The raw store: files under their own digest, written once, read only, checked at every reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csvgen.canonical import Digest, digest_bytes, write_once
from csvgen.errors import BadInput, NotIntact

READ_ONLY = 0o444


class RawStore:
    """Files below one folder: ``ab/ab12...`` by SHA-256. There is no way to change or remove one that is registered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: Digest) -> Path:
        """Where the bytes with this digest lie."""
        return self.folder / sha256.hex[:2] / sha256.hex

    @contextmanager
    def kept(self, data: bytes, name: str) -> Iterator[Digest]:
        """Store durably; the same bytes again change nothing. Raises NotIntact when the place holds other bytes.

        The block registers the file. If it cannot, a file that was not there before is taken back: none stays unregistered.
        """
        sha256 = digest_bytes(data)
        path = self.path(sha256)
        new = not path.exists()
        try:
            write_once(path, data)
        except BadInput:
            raise NotIntact("the stored file is not the one registered under this digest", where=name) from None
        path.chmod(READ_ONLY)
        try:
            yield sha256
        except BaseException:
            if new:
                path.unlink()
            raise

    def read(self, sha256: Digest, name: str) -> bytes:
        """The bytes as registered. Raises NotIntact when they are gone or are not those any more."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotIntact("the stored file is missing", where=name) from None
        found = digest_bytes(data)
        if found != sha256:
            raise NotIntact(f"the stored file has the digest {found}, registered on arrival was {sha256}", where=name)
        return data

    def modes(self) -> frozenset[int]:
        """The permission bits found on the stored files."""
        return frozenset(p.stat().st_mode & 0o777 for p in self.folder.rglob("*") if p.is_file())
