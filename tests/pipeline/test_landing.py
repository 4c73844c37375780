"""The landing: files written once, streamed in constant memory, taken back when nothing registers them, and what an inventory finds."""

from __future__ import annotations

import ctypes
import hashlib
import io
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.canonical import Digest, digest_bytes
from csvgen.errors import BadInput, ConfigError, NotIntact, Refused
from csvgen.pipeline.landing import LocalStore, LockedStore, opened
from csvgen.pipeline.landing.inventory import inventory
from csvgen.pipeline.landing.place import Landed

MEGABYTE = 1024 * 1024


class Stream(io.RawIOBase):
    """A file of any length that is never anywhere as a whole: the same megabyte, numbered."""

    def __init__(self, megabytes: int) -> None:
        self._left, self._number = megabytes * MEGABYTE, 0
        self.hashed = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = (self._number.to_bytes(8, "big") * (MEGABYTE // 8))[: min(size, self._left)]
        self._number += 1
        self._left -= len(piece)
        self.hashed.update(piece)
        return piece


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    folder = tmp_path / "raw"
    folder.mkdir()
    return LocalStore(folder)


def files(store: LocalStore) -> list[Path]:
    return [p for p in store.folder.rglob("*") if p.is_file()]


def land(store: LocalStore, data: bytes, name: str = "plate.csv") -> Landed:
    with store.landed(io.BytesIO(data), name) as landed:
        return landed


# ------------------------------------------------------------------ writing


def test_a_file_lies_under_its_digest_read_only(store: LocalStore) -> None:
    landed = land(store, b"well 1")
    assert landed == Landed(digest_bytes(b"well 1"), 6, "local")
    path = store.folder / landed.digest.hex[:2] / landed.digest.hex
    assert files(store) == [path]
    assert path.stat().st_mode & 0o777 == 0o444
    assert store.read(landed.digest, "plate.csv") == b"well 1"


def test_the_same_bytes_again_write_nothing(store: LocalStore) -> None:
    first = store.path(land(store, b"well 1").digest)
    before = first.stat()
    land(store, b"well 1")
    with store.kept(b"well 1", "plate.csv"):
        pass
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(files(store)) == 1


def test_other_bytes_under_the_digest_are_never_replaced(store: LocalStore) -> None:
    path = store.path(digest_bytes(b"well 1"))
    path.parent.mkdir()
    path.write_bytes(b"well 2")
    for arrive in (lambda: land(store, b"well 1"), lambda: store.kept(b"well 1", "plate.csv").__enter__()):
        with pytest.raises(NotIntact, match="not the one registered under this digest"):
            arrive()
    assert path.read_bytes() == b"well 2"
    assert len(files(store)) == 1


def test_what_the_block_cannot_register_is_taken_back(store: LocalStore) -> None:
    with pytest.raises(Refused), store.landed(io.BytesIO(b"well 1"), "plate.csv"):
        raise Refused("no such lot")
    assert files(store) == []
    land(store, b"well 1")
    with pytest.raises(Refused), store.landed(io.BytesIO(b"well 1"), "plate.csv"):
        raise Refused("no such lot")
    assert len(files(store)) == 1, "what was there before stays"


def test_ctrl_c_in_the_block_takes_nothing_back(store: LocalStore) -> None:
    """It can come after the commit of the registration: what is registered must not go. The inventory tells what is not."""
    with pytest.raises(KeyboardInterrupt), store.landed(io.BytesIO(b"well 1"), "plate.csv"):
        raise KeyboardInterrupt
    assert [p.read_bytes() for p in files(store)] == [b"well 1"]
    assert [f.fault for f in inventory(store, {})] == ["unregistered"]


def test_an_empty_file_is_refused(store: LocalStore) -> None:
    with pytest.raises(BadInput, match="the file is empty"):
        land(store, b"")
    assert files(store) == []


def test_a_source_that_breaks_off_leaves_nothing(store: LocalStore) -> None:
    class Broken(Stream):
        def read(self, size: int = -1) -> bytes:
            if self._number == 3:
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(BadInput, match="the file cannot be read"), store.landed(Broken(9), "scan.raw"):
        pass
    assert files(store) == []


def test_a_large_file_passes_in_constant_memory(store: LocalStore) -> None:
    source = Stream(48)
    tracemalloc.start()
    try:
        with store.landed(source, "scan.raw") as landed:
            written = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        assert sum(len(piece) for piece in store.pieces(landed.digest, "scan.raw")) == 48 * MEGABYTE
        read = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert landed.digest.hex == source.hashed.hexdigest()
    assert max(written, read) < 8 * MEGABYTE


@pytest.mark.slow
def test_a_gigabyte_passes_in_constant_memory(store: LocalStore) -> None:
    source = Stream(1024)
    tracemalloc.start()
    try:
        with store.landed(source, "scan.raw") as landed:
            pass
        assert sum(len(piece) for piece in store.pieces(landed.digest, "scan.raw")) == 1024 * MEGABYTE
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert landed.digest.hex == source.hashed.hexdigest()
    assert peak < 8 * MEGABYTE


# ------------------------------------------------------------------ a store that fills up


@pytest.fixture
def small(tmp_path: Path) -> Iterator[LocalStore]:
    """A file system of one megabyte, where this user may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=1m"):
        pytest.skip(f"no file system can be mounted here ({os.strerror(ctypes.get_errno())})")
    try:
        yield LocalStore(folder)
    finally:
        libc.umount2(os.fsencode(folder), 2)


def test_a_full_file_system_takes_nothing(small: LocalStore) -> None:
    kept = land(small, b"first")
    with pytest.raises(Refused, match=r"scan.raw: the landing store is full .*; nothing of this file was kept"):
        small.landed(Stream(4), "scan.raw").__enter__()
    assert [small.path(kept.digest)] == files(small)
    assert small.read(kept.digest, "first") == b"first"
    land(small, b"second")


_LIMITED = """
import io, resource, sys
from pathlib import Path
from csvgen.errors import Refused
from csvgen.pipeline.landing import LocalStore
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    LocalStore(Path(sys.argv[1])).landed(io.BytesIO(b"x" * 200_000), "scan.raw").__enter__()
except Refused as refusal:
    print(refusal.message)
"""


def test_a_limit_of_the_system_is_a_full_store(store: LocalStore) -> None:
    done = subprocess.run([sys.executable, "-c", _LIMITED, store.folder], capture_output=True, text=True, check=True)
    assert done.stdout == "the landing store is full (File too large); nothing of this file was kept\n"
    assert files(store) == []


_KILLED = """
import os, sys, signal
from pathlib import Path
from csvgen.pipeline.landing import LocalStore
class Source:
    pieces = [b"x" * 100_000] * 3
    def read(self, size):
        if not self.pieces:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.pieces.pop()
LocalStore(Path(sys.argv[1])).landed(Source(), "scan.raw").__enter__()
"""


def test_a_process_killed_while_it_writes_leaves_no_file_under_a_digest(store: LocalStore) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, store.folder], capture_output=True, check=False)
    assert done.returncode == -9
    (left,) = inventory(store, {})
    assert left.fault == "unfinished"
    store.clear()
    assert inventory(store, {}) == ()
    assert files(store) == []


# ------------------------------------------------------------------ inventory


def damaged(store: LocalStore, how: str, path: Path) -> None:
    path.chmod(0o644)
    if how == "byte":
        data = path.read_bytes()
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    elif how == "shorter":
        path.write_bytes(path.read_bytes()[:-1])
    elif how == "gone":
        path.unlink()
        return
    elif how == "link":
        path.rename(store.folder.parent / "elsewhere")
        path.symlink_to(store.folder.parent / "elsewhere")
        return
    elif how == "writable":
        return
    path.chmod(0o444)


@pytest.mark.parametrize(
    ("how", "fault", "words"),
    [
        ("byte", "changed", "the stored file has the digest sha256:"),
        ("shorter", "changed", "it has 5 bytes, 6 were registered"),
        ("gone", "missing", "nothing lies under its digest"),
        ("link", "changed", "no plain file"),
        ("writable", "not locked", "its mode is 0644"),
    ],
)
def test_each_difference_is_named(store: LocalStore, how: str, fault: str, words: str) -> None:
    registered = {"file/L-1:a": land(store, b"well 1"), "file/L-1:b": land(store, b"well 2")}
    assert inventory(store, registered) == ()
    damaged(store, how, store.path(registered["file/L-1:a"].digest))
    (found,) = inventory(store, registered)
    assert (found.fault, found.name) == (fault, "file/L-1:a")
    assert words in found.words


def test_what_nobody_registered_is_named(store: LocalStore) -> None:
    known = land(store, b"well 1")
    stranger = land(store, b"well 2")
    (store.folder / "notes.txt").write_bytes(b"by hand")
    (store.folder / "ab").mkdir(exist_ok=True)
    (store.folder / "ab" / "cd").write_bytes(b"")
    found = inventory(store, {"file/L-1:a": known})
    assert {f.fault for f in found} == {"unregistered"}
    assert sorted(f.name for f in found) == sorted(["ab/cd", "notes.txt", f"{stranger.digest.hex[:2]}/{stranger.digest.hex}"])


def test_without_reading_a_changed_byte_is_not_seen_and_a_missing_file_is(store: LocalStore) -> None:
    registered = {"file/L-1:a": land(store, b"well 1"), "file/L-1:b": land(store, b"well 2")}
    damaged(store, "byte", store.path(registered["file/L-1:a"].digest))
    damaged(store, "gone", store.path(registered["file/L-1:b"].digest))
    assert [f.fault for f in inventory(store, registered, whole=False)] == ["missing"]


@pytest.mark.parametrize("how", ["byte", "shorter", "gone"])
def test_a_changed_file_is_found_at_each_read(store: LocalStore, how: str) -> None:
    landed = land(store, b"well 1")
    damaged(store, how, store.path(landed.digest))
    with pytest.raises(NotIntact):
        store.read(landed.digest, "plate.csv")
    with pytest.raises(NotIntact):
        list(store.pieces(landed.digest, "plate.csv"))


# ------------------------------------------------------------------ the line


def test_one_line_names_the_landing(tmp_path: Path) -> None:
    assert isinstance(opened("local", tmp_path, lambda: None), LocalStore)
    locked = opened("s3://raw-data/qc?endpoint=https://store.example&region=eu-1&profile=p", tmp_path, lambda: None)
    assert isinstance(locked, LockedStore)
    found = locked.store
    assert (found.bucket, found.prefix, found.endpoint, found.region, found.profile) == (
        "raw-data", "qc/", "https://store.example", "eu-1", "p",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "landing cannot be"),
        ("folder", "landing cannot be"),
        ("http://bucket/x", "landing cannot be"),
        ("s3:///x", "landing cannot be"),
        ("s3://key:secret@bucket/x", "holds a credential"),
        ("s3://bucket/x?mode=GOVERNANCE", "says 'mode', which means nothing"),
    ],
)
def test_a_line_that_names_none_is_refused(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refusal:
        opened(line, tmp_path, lambda: None)
    assert "secret" not in str(refusal.value)


def test_a_digest_is_no_path(store: LocalStore) -> None:
    with pytest.raises(ValueError, match="not a digest"):
        store.read(Digest("sha256:../../etc/passwd"), "x")
