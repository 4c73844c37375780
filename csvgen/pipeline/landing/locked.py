"""S3 under Object Lock in COMPLIANCE mode: until its date not even the owner of the bucket deletes a file.

A file is hashed before it leaves this machine, put under its digest if nothing lies there (`If-None-Match`), read back from the store
and compared, and its lock is asked for; only then it is registered, with the version id, which pins what is read later. A file that
was put and could not be registered cannot be taken back: the same bytes arriving again adopt it, and the inventory names it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from csvgen.canonical import Digest
from csvgen.clock import stored
from csvgen.errors import BadInput, ConfigError, NotIntact, Refused
from csvgen.pipeline.landing.place import Landed, Lying, checked, digest_of, given, key_of
from csvgen.store.worm import PART, Gone, Taken, WormError, WormStore

Pins = Callable[[Digest], str]
"""The version id registered for a digest; empty when none is."""


class LockedStore:
    """One bucket and prefix; `until` says, at each arrival, how long the file must stay."""

    def __init__(self, store: WormStore, until: Callable[[], dt.datetime], pins: Pins = lambda _: "") -> None:
        self.store = store
        self.place = str(store)
        self.pins = pins
        self._until = until

    # ------------------------------------------------------------ writing

    @contextmanager
    def landed(self, source: BinaryIO, name: str) -> Iterator[Landed]:
        """As `Landing.landed`. A source that cannot be read twice passes through a temporary file on disk, not through memory."""
        with _twice(source, name) as data:
            sha256, size = _hashed(data, name)
            if not size:
                raise BadInput("the file is empty", where=name)
            data.seek(0)
            until = self._until()
            with _told(name):
                version = self._put(sha256, data, size, until)
        yield self._held(sha256, size, version, until, name)

    @contextmanager
    def kept(self, data: bytes, name: str) -> Iterator[Digest]:
        """As `Landing.kept`."""
        with self.landed(io.BytesIO(data), name) as found:
            yield found.digest

    def _put(self, sha256: Digest, data: BinaryIO, size: int, until: dt.datetime) -> str:
        """The version that holds the bytes: a new one, or the first that lies under the key already, kept at least as long."""
        key = key_of(sha256)
        version = self._version(sha256) if size > PART else ""  # what would be refused at its end is not sent at all
        if not version:
            try:
                return self.store.put_large(key, data, until)
            except Taken:
                version = self._version(sha256)
        held = self.store.lock_of(key, version)
        if held is None or held < until.replace(microsecond=0):
            self.store.retain(key, version, until)
        return version

    def _held(self, sha256: Digest, size: int, version: str, until: dt.datetime, name: str) -> Landed:
        """What the store really holds, read back and compared; with the lock it says it has."""
        for _ in self._checked(sha256, version, name):
            pass
        with _told(name):
            held = self.store.lock_of(key_of(sha256), version)
        if held is None or held < until.replace(microsecond=0):
            raise Refused("the landing store does not lock this file as long as it must be kept", where=name)
        return Landed(sha256, size, self.place, version, stored(held))

    # ------------------------------------------------------------ reading

    def _version(self, sha256: Digest) -> str:
        """The registered version; of what is not registered the oldest, because nothing is put a second time. Empty without any."""
        if pinned := self.pins(sha256):
            return pinned
        key = key_of(sha256)
        found = [o for o in self.store.listing(key) if o.key == key]
        return found[0].version if found else ""

    def pieces(self, sha256: Digest, name: str) -> Iterator[bytes]:
        """As `Landing.pieces`, of the registered version."""
        with _told(name):
            version = self._version(sha256)
        yield from self._checked(sha256, version, name)

    def _checked(self, sha256: Digest, version: str, name: str) -> Iterator[bytes]:
        if not version:
            raise NotIntact("the stored file is missing", where=name)
        with _told(name):
            yield from checked(self.store.stream(key_of(sha256), version), sha256, name)

    def read(self, sha256: Digest, name: str) -> bytes:
        """As `Landing.read`."""
        return b"".join(self.pieces(sha256, name))

    def lying(self) -> Iterator[Lying]:
        """As `Landing.lying`: every version of every key."""
        with _told(self.place):
            found = self.store.listing()
        for each in found:
            yield Lying(each.key, digest_of(each.key), each.size, each.version, each.newest)

    def lock_problem(self, sha256: Digest, version: str) -> str:
        """As `Landing.lock_problem`."""
        with _told(sha256.short):
            held = self.store.lock_of(key_of(sha256), version)
        return "" if held else "it is not locked in COMPLIANCE mode"

    def facts(self) -> Mapping[str, str]:
        """As `Landing.facts`; the store is asked."""
        try:
            self.store.require_lock()
            lock = "Object Lock, COMPLIANCE mode"
        except (WormError, ConfigError) as problem:
            lock = problem.message
        return {"landing": self.place, "endpoint": self.store.endpoint or "Amazon S3", "lock of the landing": lock}


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What the store refuses, named as what became of the file; a missing version is a finding, a silent server is not."""
    try:
        yield
    except Gone:
        raise NotIntact("the stored file is missing", where=name) from None
    except WormError as problem:
        raise Refused(f"the landing store did not do it: {problem.message}", where=name, hint=problem.hint) from None


@contextmanager
def _twice(source: BinaryIO, name: str) -> Iterator[BinaryIO]:
    """The source as something that can be read from its beginning a second time."""
    if source.seekable():
        yield source
        return
    with tempfile.TemporaryFile() as spool:
        try:
            for piece in given(source, name):
                spool.write(piece)
            spool.seek(0)
        except OSError as problem:
            raise Refused(f"no room to take the file in ({problem.strerror}); nothing of it was kept", where=name) from None
        yield spool


def _hashed(source: BinaryIO, name: str) -> tuple[Digest, int]:
    hashed, size = hashlib.sha256(), 0
    for piece in given(source, name):
        hashed.update(piece)
        size += len(piece)
    return Digest(f"sha256:{hashed.hexdigest()}"), size
