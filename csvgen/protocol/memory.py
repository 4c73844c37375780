"""What drafting remembers of the last draft, so that one edit in a large specification is drafted at once.

One text file: which entries each specification file held, by digest; each drafted file with its stat, the digest of its text and the
keys of its cases; and the shortfalls of each requirement. Only `csvgen draft` believes it, and only for the same csvgen, the same small
files, templates and lock; `draft --check`, approving and verifying read everything anew. Nothing is lost with it but time.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from csvgen.canonical import digest, write
from csvgen.model.protocol import Shortfall

_TICK = 10_000_000
"""Nanoseconds within which two changes of a file may carry one time; what is as young as the memory itself is read."""

Entries = Mapping[str, tuple[str, tuple[str, ...]]]
"""Id -> digest of the entry, and the ids it names: of a risk its requirements, of a scenario what it covers."""


@dataclass(frozen=True)
class Source:
    """A specification file as it was when it was last drafted from."""

    content: str
    """Digest of its bytes."""
    head: str
    """What it says beside its entries and drafting depends on: the scheme of a risk file, the environment of scenarios."""
    entries: Entries


@dataclass(frozen=True)
class Unit:
    """A drafted file as it was when it was last written or found to be fresh."""

    stat: str
    text: str
    """Digest of its text as drafted."""
    cases: Mapping[str, str]
    """Key -> id, as in the lock."""
    by_hand: bool = False

    def line(self) -> str:
        return f"{self.stat}\t{self.text}\t{'h' if self.by_hand else 'd'}\t{json.dumps(self.cases, ensure_ascii=False)}"

    @classmethod
    def of(cls, line: str) -> Unit:
        stat, text, hand, cases = line.split("\t", 3)
        return cls(stat, text, json.loads(cases), hand == "h")


@dataclass
class DraftMemory:
    """Units stay the lines they were read as until somebody asks for one."""

    lock: str
    """Digest of the lock."""
    highest: dict[str, int]
    sources: dict[str, Source] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    """Path of a drafted file -> `Unit.line`."""
    gaps: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Requirement -> what, why."""
    written: int = 0
    """Time of the memory itself, in nanoseconds."""

    @classmethod
    def read(cls, path: Path, head: str) -> DraftMemory | None:
        """None when there is none, or when it belongs to something else or is damaged."""
        try:
            with path.open("rb") as stream:
                written = os.fstat(stream.fileno()).st_mtime_ns
                first, _, body = stream.read().partition(b"\n")
        except OSError:
            return None
        if first != _first(head, body):
            return None
        try:
            own, sources, gaps, *units = body.decode("utf-8").split("\n")
            lock, highest = json.loads(own)
            return cls(
                lock, highest,
                {name: Source(c, h, {i: (d, tuple(n)) for i, (d, n) in e.items()}) for name, (c, h, e) in json.loads(sources).items()},
                dict(line.split("\t", 1) for line in units if line),
                {r: [tuple(g) for g in found] for r, found in json.loads(gaps).items()}, written,
            )  # fmt: skip
        except (ValueError, TypeError, AttributeError):
            return None

    def store(self, path: Path, head: str) -> None:
        sources = {name: [s.content, s.head, s.entries] for name, s in self.sources.items()}
        parts = [[self.lock, self.highest], sources, self.gaps]
        lines = [json.dumps(p, ensure_ascii=False, separators=(",", ":")) for p in parts]
        body = "\n".join([*lines, *(f"{name}\t{line}" for name, line in self.lines.items())]).encode("utf-8")
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, _first(head, body) + b"\n" + body)

    def unit(self, path: str) -> Unit | None:
        return Unit.of(self.lines[path]) if path in self.lines else None

    def same(self, path: str, seen: os.stat_result | None) -> bool:
        """Whether a drafted file is, by its stat, the one that was remembered; one as young as the memory is not believed."""
        return (
            seen is not None and self.lines[path].split("\t", 1)[0] == stat_of(seen) and seen.st_ctime_ns < self.written - _TICK
        )

    def shortfalls(self) -> tuple[Shortfall, ...]:
        return tuple(
            Shortfall(requirement=r, what=what, reason=why) for r, found in sorted(self.gaps.items()) for what, why in found
        )


def stat_of(seen: os.stat_result) -> str:
    """Size, times and place of a file: what changes whenever somebody writes to it."""
    return f"{seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_ino}"


def stats(folder: Path, phases: Iterable[str]) -> dict[str, os.stat_result]:
    """Stat of every feature file of a system, without opening one."""
    found: dict[str, os.stat_result] = {}
    for phase in phases:
        if (folder / phase).is_dir():
            with os.scandir(folder / phase) as entries:
                found |= {f"{phase}/{e.name}": e.stat(follow_symlinks=False) for e in entries if e.name.endswith(".feature")}
    return found


def entry_digest(entry: object) -> str:
    """Enough of a digest to see that an entry was changed by somebody who wants it to be seen."""
    return digest(entry).hex


def gaps_of(shortfalls: Iterable[Shortfall]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for s in shortfalls:
        found.setdefault(s.requirement, []).append((s.what, s.reason))
    return found


def _first(head: str, body: bytes) -> bytes:
    return f"csvgen draft {head} {zlib.crc32(body):08x}".encode()
