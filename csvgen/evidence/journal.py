"""The journal of a run: append-only lines, each naming the digest of the line before it.

One journal per worker: ``journal.<worker>.jsonl``. The first line names the digest of run.json. A step's line is handed to
the operating system when the step ends and forced to disk when its case ends, so a run killed at any moment is readable
up to the step that was going on.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

from csvgen.canonical import Digest, digest_bytes, plain, read_canonical, text_of
from csvgen.errors import NotIntact, NotRecorded, Refused
from csvgen.evidence.redaction import Redaction

FORMAT = "csvgen.journal/1"

Kind = Literal[
    "worker-started", "environment", "clock", "target", "case-started", "step-started", "step", "case-finished", "worker-finished",
    "redaction", "code", "collected", "fault", "falsified", "attending", "paused", "case-resumed", "correction", "session-note",
]  # fmt: skip
"""`redaction`: which secrets were looked for, and how often each was taken out; `code`: the step code and its digests; `collected`:
what pytest was about to execute, against the plan. `fault` and `falsified` stand in trials of a challenge
only; `attending` and those after it where a person carries cases out."""


def journal_name(worker: str) -> str:
    return f"journal.{worker}.jsonl"


class Journal:
    """Writes one worker's journal. Not shared between processes."""

    def __init__(self, folder: Path, worker: str, genesis: Digest, redaction: Redaction | None = None) -> None:
        self._path = folder / journal_name(worker)
        self._redaction = redaction
        try:
            self._stream: BinaryIO = self._path.open("xb", buffering=0)
        except FileExistsError:
            raise Refused(
                "this run is going on in another process, or went on in one that died; nobody may write its journal twice",
                where=self._path.name, hint="execute again: a new run has a folder of its own",
            ) from None  # fmt: skip
        except OSError as problem:
            raise NotRecorded.of(problem, "the journal of the run", self._path.name) from None
        self._lost: NotRecorded | None = None
        """Why nothing can be written any more: behind half a line no line would be read."""
        self._seq = self._end = 0
        self.head = genesis

    def write(self, kind: Kind, at: str, **content: Any) -> None:
        """Append a line. It is with the operating system when this returns: it survives the death of this process."""
        self.tell(kind, at, plain(content))

    def tell(self, kind: Kind, at: str, content: Mapping[str, Any]) -> None:
        """`write`, of content that `plain` gave: what stands in several lines is made plain once."""
        self.repeat(kind, at, text_of(content if self._redaction is None else self._redaction.content(content)))

    @property
    def repeats(self) -> bool:
        """Whether `repeat` may be used: no secret is known that would have to be looked for."""
        return self._redaction is None or not self._redaction.looks

    def repeat(self, kind: Kind, at: str, content: str) -> None:
        """`tell`, of content that is spelled: what stands in several lines is spelled once. No secret is looked for in it."""
        line = b'{"at":%b,"content":%b,"format":"%b","kind":"%b","prev":"%b","seq":%d}\n' % (
            text_of(at).encode(), content.encode(), FORMAT.encode(), kind.encode(), self.head.encode(), self._seq + 1,
        )  # fmt: skip
        if self._lost is not None:
            raise self._lost
        try:
            self._all_of(line)
        except OSError as problem:
            raise self._given_up(problem) from None
        self._seq += 1
        self._end += len(line)
        self.head = digest_bytes(line)

    def sync(self) -> None:
        """Force what was written to disk: it survives a power cut."""
        if self._lost is not None:
            raise self._lost
        try:
            os.fsync(self._stream.fileno())
        except OSError as problem:
            raise self._given_up(problem) from None

    def close(self) -> None:
        """Raises NotRecorded where not everything got there; the file is closed all the same."""
        try:
            self.sync()
        finally:
            with suppress(OSError):  # what it could say, sync has said
                self._stream.close()

    def _all_of(self, line: bytes) -> None:
        """A disk that fills up takes a part of a line and says how much."""
        try:
            _whole(self._stream, line)
        except OSError:
            with suppress(OSError):  # what cannot be taken back is a torn last line, which every reader tells
                self._stream.truncate(self._end)
            raise

    def _given_up(self, problem: OSError) -> NotRecorded:
        """What is raised when a line did not get there whole, and for every line after it."""
        self._lost = NotRecorded.of(problem, f"line {self._seq + 1} of the journal", self._path.name)
        return self._lost


def _whole(stream: BinaryIO, data: bytes) -> None:
    rest: bytes | memoryview = data
    while True:
        taken = stream.write(rest)
        if taken == len(rest):  # nearly always at once
            return
        if not taken:
            raise OSError(errno.EIO, "the file takes no more bytes")
        rest = memoryview(rest)[taken:]


class JournalReader:
    """The lines of a journal one after the other, so that none is held longer than it is looked at.

    Once it is at its end, `head` is the digest of the last whole line, and `problems` what does not hold. A torn last line is a problem, not
    an exception; behind a line that does not hold nothing is read. `lines`: an open file, or whatever else gives a line at a time.
    """

    def __init__(self, lines: Iterable[bytes], genesis: Digest, where: str) -> None:
        self.head = genesis
        self.problems: list[str] = []
        self._lines, self._where = lines, where
        self._read = hashlib.sha256()

    @property
    def sha256(self) -> Digest:
        """Digest of all bytes that were read; that of the whole file where there is no problem."""
        return Digest(f"sha256:{self._read.hexdigest()}")

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for number, line in enumerate(self._lines, 1):
            self._read.update(line)
            if not line.endswith(b"\n"):
                self._problem(number, "is cut off; the process died while writing it")
                return
            try:
                entry = read_canonical(line, f"{self._where}:{number}")
                if entry["format"] != FORMAT:
                    self._problem(number, f"is of the format {entry['format']!r}, which is not known here")
                    return
                well_formed = entry["prev"] == self.head and entry["seq"] == number and isinstance(entry["content"], dict)
            except (NotIntact, KeyError, TypeError) as problem:
                self._problem(number, f"cannot be read ({type(problem).__name__})")
                return
            if not well_formed:
                self._problem(number, "does not follow the line before it (changed, removed, inserted or reordered)")
                return
            self.head = digest_bytes(line)
            yield entry

    def _problem(self, number: int, what: str) -> None:
        self.problems.append(f"{self._where}: line {number} {what}")


def read_journal(data: bytes, genesis: Digest, where: str) -> tuple[list[Mapping[str, Any]], Digest, list[str]]:
    """All lines of a journal at once, digest of the last, and what does not hold."""
    reader = JournalReader(io.BytesIO(data), genesis, where)
    return list(reader), reader.head, reader.problems
