"""Qualification of the landing an instance names: what its store promises, asked of the store itself.

Of a bucket: the questions about Object Lock of `csvgen.store.qualification`. Of a folder: what permissions can do, which is less; tried in
a folder made for it beside the landing and taken away afterwards. A folder keeps other users out and tells of every change; from its
owner, and from root, it protects nothing. Nothing of the landing itself is written, so it can be asked while the instance is at work.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from csvgen.canonical import Digest, digest_bytes
from csvgen.errors import CsvgenError, NotIntact
from csvgen.pipeline import instance
from csvgen.pipeline.landing.local import READ_ONLY, LocalStore
from csvgen.pipeline.landing.locked import LockedStore
from csvgen.pipeline.landing.opening import opened
from csvgen.store.qualification import Answer, Failed, expect, qualify

_WORDS, _OTHERS = b"written once", b"written over"


@dataclass(frozen=True, slots=True)
class Qualified:
    """A landing with what its store answered."""

    landing: str
    promise: str
    """In words, how much the best answers mean."""
    answers: tuple[Answer, ...]

    @property
    def passed(self) -> bool:
        """Whether every question was asked and answered right."""
        return bool(self.answers) and all(a.passed for a in self.answers)


def qualify_landing(home: Path, folder: str = "raw") -> Qualified:
    """Ask the store of the instance in a folder. Raises ConfigError for settings that cannot be used, WormError when a server does not answer."""
    line = instance.read(home).landing
    found = opened(line, home / folder, lambda: dt.datetime.now(dt.UTC))
    if isinstance(found, LockedStore):
        promise = "until its date nobody deletes or changes a file, its owner included, as far as the store is what it says it is"
        return Qualified(found.place, promise, qualify(found.store))
    promise = (
        "permissions keep other users out, and every change is found at the next reading; the owner and root are not held back"
    )
    return Qualified(str(found.folder), promise, tuple(_folder(found)))


def _folder(landing: LocalStore) -> list[Answer]:
    place = Path(tempfile.mkdtemp(prefix=".qualification-", dir=landing.folder.parent))
    try:
        trial = _Trial(landing, LocalStore(place))
        return [_asked(trial, number, check) for number, check in enumerate(FOLDER_CHECKS, 1)]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _asked(trial: _Trial, number: int, check: Callable[[_Trial], None]) -> Answer:
    question = check.__name__.replace("_", " ")
    try:
        check(trial)
    except Failed as problem:
        return Answer(number, question, passed=False, told=str(problem))
    except (CsvgenError, OSError) as problem:
        return Answer(number, question, passed=False, told=f"{type(problem).__name__}: {problem}")
    return Answer(number, question, passed=True, told="")


@dataclass(frozen=True)
class _Trial:
    """The landing in use, which is only looked at, and a store of the same make to try things in."""

    landing: LocalStore
    store: LocalStore

    def land(self, data: bytes) -> Digest:
        with self.store.landed(io.BytesIO(data), "trial") as landed:
            return landed.digest


def folder_is_the_own(t: _Trial) -> None:
    expect(t.landing.folder.is_symlink(), False, "the landing is a link")
    expect(t.landing.folder.stat().st_uid, os.geteuid(), "owner of the landing")


def folder_is_closed_to_others(t: _Trial) -> None:
    for place in (t.landing.folder.parent, t.landing.folder):
        if (found := place.stat().st_mode & 0o777) & 0o022:
            raise Failed(f"{place.name} can be written by others, its mode is {found:04o}")
    expect(t.landing.folder.parent.stat().st_mode & 0o077, 0, "rights of others in the folder of the instance")


def stored_files_are_read_only(t: _Trial) -> None:
    expect(sorted(f"{m:04o}" for m in t.landing.modes() - {READ_ONLY}), [], "modes of stored files")


def stored_files_have_one_owner(t: _Trial) -> None:
    owners = {p.lstat().st_uid for p in t.landing.folder.rglob("*")}
    expect(sorted(owners - {os.geteuid()}), [], "strange owners")


def file_lands_under_its_digest(t: _Trial) -> None:
    digest = t.land(b"lands")
    expect(digest, digest_bytes(b"lands"), "digest")
    expect(t.store.path(digest).read_bytes(), b"lands", "bytes")
    expect(t.store.path(digest).stat().st_mode & 0o777, READ_ONLY, "mode")


def same_bytes_are_not_written_again(t: _Trial) -> None:
    before = t.store.path(t.land(b"twice")).stat()
    after = t.store.path(t.land(b"twice")).stat()
    expect((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns), "file and time")


def writing_over_is_refused(t: _Trial) -> None:
    path = t.store.path(t.land(_WORDS))
    try:
        path.write_bytes(_OTHERS)
    except PermissionError:
        expect(path.read_bytes(), _WORDS, "bytes")
        return
    raise Failed("allowed: who runs this is root, for whom modes do not hold; run the instance as a user of its own")


def name_in_use_is_not_replaced(t: _Trial) -> None:
    path = t.store.path(t.land(b"first"))
    other = path.with_name("other")
    other.write_bytes(_OTHERS)
    try:
        os.link(other, path)
    except FileExistsError:
        expect(path.read_bytes(), b"first", "bytes")
        return
    finally:
        other.unlink()
    raise Failed("the file system gives a name twice")


def changed_byte_is_found_at_reading(t: _Trial) -> None:
    digest = t.land(b"to be changed")
    _alter(t.store.path(digest))
    try:
        t.store.read(digest, "trial")
    except NotIntact:
        return
    raise Failed("read as if nothing had happened")


def changed_file_is_found_when_it_arrives_again(t: _Trial) -> None:
    _alter(t.store.path(t.land(b"comes again")))
    try:
        t.land(b"comes again")
    except NotIntact:
        return
    raise Failed("taken for the same")


def arrival_that_fails_leaves_nothing(t: _Trial) -> None:
    before = {p for p in t.store.folder.rglob("*") if p.is_file()}
    with contextlib.suppress(LookupError), t.store.landed(io.BytesIO(b"never registered"), "trial"):
        raise LookupError("the register says no")
    expect([p.name for p in t.store.folder.rglob("*") if p.is_file() and p not in before], [], "files left")


def _alter(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    path.chmod(READ_ONLY)


FOLDER_CHECKS: tuple[Callable[[_Trial], None], ...] = (
    folder_is_the_own, folder_is_closed_to_others, stored_files_are_read_only, stored_files_have_one_owner, file_lands_under_its_digest,
    same_bytes_are_not_written_again, writing_over_is_refused, name_in_use_is_not_replaced, changed_byte_is_found_at_reading,
    changed_file_is_found_when_it_arrives_again, arrival_that_fails_leaves_nothing,
)  # fmt: skip
