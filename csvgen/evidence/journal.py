"""The journal of a run: append-only lines, each naming the digest of the line before it.

One journal per worker: ``journal.<worker>.jsonl``. The first line names the digest of run.json. A step's line is handed to
the operating system when the step ends and forced to disk when its case ends, so a run killed at any moment is readable
up to the step that was going on. A line is there whole or not at all: where the disk takes less of it, the part is taken back,
the journal is closed to further lines, and whoever wrote is told.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

from csvgen.canonical import Digest, canonical_json, digest_bytes, plain, read_canonical
from csvgen.errors import CsvgenError, Exit, NotIntact
from csvgen.evidence.redaction import Redaction

FORMAT = "csvgen.journal/1"

Kind = Literal[
    "worker-started", "environment", "clock", "target", "case-started", "step-started", "step", "case-finished", "worker-finished",
    "redaction", "code", "collected", "fault", "falsified",
]  # fmt: skip
"""`redaction`: which secrets were looked for, and how often each was taken out; `code`: the step code and its digests; `collected`:
what pytest was about to execute, against the plan. The last two stand in trials of a challenge only."""


def journal_name(worker: str) -> str:
    return f"journal.{worker}.jsonl"


class CannotRecord(CsvgenError):
    """What happened cannot be written down: a full disk, a file system that became read-only. Nothing goes on after it."""

    exit_code = Exit.FINDINGS


class Journal:
    """Writes one worker's journal. Not shared between processes."""

    def __init__(self, folder: Path, worker: str, genesis: Digest, redaction: Redaction | None = None) -> None:
        self._path = folder / journal_name(worker)
        self._redaction = redaction
        try:
            self._stream: BinaryIO = self._path.open("xb", buffering=0)
        except FileExistsError:
            raise
        except OSError as problem:
            raise self._cannot(problem) from None
        self._seq = 0
        self._end = 0
        self._broken: CannotRecord | None = None
        self.head = genesis

    def write(self, kind: Kind, at: str, **content: Any) -> None:
        """Append a line. It is with the operating system when this returns: it survives the death of this process.

        Raises CannotRecord where it could not be written as a whole; then nothing of it is there, and nothing can follow it.
        """
        if self._broken is not None:
            raise self._broken
        said = plain(content) if self._redaction is None else self._redaction.content(plain(content))
        entry = {"format": FORMAT, "kind": kind, "seq": self._seq + 1, "prev": self.head, "at": at, "content": said}
        line = canonical_json(entry)
        self._append(line)
        self._seq += 1
        self._end += len(line)
        self.head = digest_bytes(line)

    def _append(self, line: bytes) -> None:
        """All of a line: the operating system may take less of it at a time than it is given."""
        try:
            _write_all(self._stream, line)
        except OSError as problem:
            self._broken = self._cannot(problem)
            with suppress(OSError):  # what could not be taken back is a torn last line, which every reader tells
                self._stream.truncate(self._end)
            raise self._broken from None

    def _cannot(self, problem: OSError) -> CannotRecord:
        return CannotRecord(
            f"this run cannot be recorded any further: {problem.strerror}",
            where=self._path.name,
            hint="make room (or give the folder back), and execute again as a new run; what was recorded so far is kept",
        )

    def sync(self) -> None:
        """Force what was written to disk: it survives a power cut. Raises CannotRecord."""
        try:
            os.fsync(self._stream.fileno())
        except OSError as problem:
            self._broken = self._cannot(problem)
            raise self._broken from None

    def close(self) -> None:
        """Raises CannotRecord where the last lines did not reach the disk."""
        try:
            self.sync()
        finally:
            self._stream.close()


def _write_all(stream: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        taken = stream.write(rest)
        if not taken:
            raise OSError(errno.EIO, "the file takes no more bytes")
        rest = rest[taken:]


def read_journal(data: bytes, genesis: Digest, where: str) -> tuple[list[Mapping[str, Any]], Digest, list[str]]:
    """Lines of a journal, digest of the last, and what does not hold. A torn last line is a problem, not an exception."""
    entries: list[Mapping[str, Any]] = []
    problems: list[str] = []
    head = genesis
    for number, line in enumerate(_lines(data), 1):
        if not line.endswith(b"\n"):
            problems.append(f"{where}: line {number} is cut off; the process died while writing it")
            break
        try:
            entry = read_canonical(line, f"{where}:{number}")
            if entry["format"] != FORMAT:
                problems.append(f"{where}: line {number} is of the format {entry['format']!r}, which is not known here")
                break
            well_formed = entry["prev"] == head and entry["seq"] == number and isinstance(entry["content"], dict)
        except (NotIntact, KeyError, TypeError) as problem:
            problems.append(f"{where}: line {number} cannot be read ({type(problem).__name__})")
            break
        if not well_formed:
            problems.append(
                f"{where}: line {number} does not follow the line before it (changed, removed, inserted or reordered)"
            )
            break
        entries.append(entry)
        head = digest_bytes(line)
    return entries, head, problems


def _lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        if end < 0:
            yield data[start:]
            return
        yield data[start : end + 1]
        start = end + 1
