"""What every landing can do, and the values it speaks in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from csvgen.canonical import Digest
from csvgen.errors import BadInput, NotIntact

PIECE = 1024 * 1024
"""Bytes in memory at a time, however long a file is."""


@dataclass(frozen=True, slots=True)
class Landed:
    """Where one file lies. What is written down of it when it is registered."""

    digest: Digest
    size: int
    place: str
    """``local``, or ``s3://bucket/prefix``."""
    version: str = ""
    """Version id of the object: what is read later is this one and no other. Empty in a folder, which has no versions."""
    until: str = ""
    """Until when nobody can delete it, in stored form. Empty in a folder, where only permissions stand before it."""


@dataclass(frozen=True, slots=True)
class Lying:
    """One thing that lies in a landing."""

    name: str
    """Path or key, relative to the landing."""
    digest: Digest | None
    """The digest it is named after; None for what has no such name: an arrival that was never finished, or a stranger."""
    size: int
    version: str = ""
    newest: bool = True
    """False for an object that a delete marker or a later version hides from readers who name no version."""


class Landing(Protocol):
    """A place for files that are written once."""

    place: str

    def landed(self, source: BinaryIO, name: str) -> AbstractContextManager[Landed]:
        """Store what a stream gives, durably, in constant memory; inside the block the file is there, and the block registers it.

        The same bytes again change nothing. Raises BadInput for an empty file. Raises Refused when the store is full or cannot be written: then nothing of the file
        is kept. Raises NotIntact when other bytes lie under the digest. When the block fails, a new file is taken back where that
        is possible; under Object Lock it is not, and the inventory names it.
        """

    def kept(self, data: bytes, name: str) -> AbstractContextManager[Digest]:
        """As `landed`, of bytes that are in memory."""

    def pieces(self, sha256: Digest, name: str) -> Iterator[bytes]:
        """The bytes as registered, piece by piece. Raises NotIntact, at the latest after the last, when they are gone or others."""

    def read(self, sha256: Digest, name: str) -> bytes:
        """As `pieces`, in one."""

    def lying(self) -> Iterator[Lying]:
        """All that lies there, by name."""

    def lock_problem(self, sha256: Digest, version: str) -> str:
        """Why the store would let somebody delete this file now; empty when it would not, or when it promises nothing."""

    def facts(self) -> Mapping[str, str]:
        """What an installation view shows of it."""


def given(source: BinaryIO, name: str) -> Iterator[bytes]:
    """What a source gives, piece by piece. Raises BadInput when it cannot be read to its end."""
    while True:
        try:
            piece = source.read(PIECE)
        except OSError as problem:
            raise BadInput(f"the file cannot be read ({problem.strerror}); nothing of it was kept", where=name) from None
        if not piece:
            return
        yield piece


def checked(pieces: Iterator[bytes], sha256: Digest, name: str) -> Iterator[bytes]:
    """The same pieces. Raises NotIntact after the last when together they are not what was registered."""
    hashed = hashlib.sha256()
    for piece in pieces:
        hashed.update(piece)
        yield piece
    found = f"sha256:{hashed.hexdigest()}"
    if found != sha256:
        raise NotIntact(f"the stored file has the digest {found}, registered on arrival was {sha256}", where=name)


def key_of(sha256: Digest) -> str:
    """``ab/ab12...``: where the bytes with this digest lie in any landing."""
    return f"{sha256.hex[:2]}/{sha256.hex}"


def digest_of(key: str) -> Digest | None:
    """The digest a key is named after, or None."""
    folder, _, name = key.partition("/")
    try:
        found = Digest(f"sha256:{name}")
    except ValueError:
        return None
    return found if folder == name[:2] else None
