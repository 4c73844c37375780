"""The project as its files are now: read once, and of what changed only that part is read anew.

A page asks often and little changes. What was read is kept with the names, sizes, times and numbers of the files it was read from,
part by part: the specification with its protocols, the approvals, each run. A run that goes on changes its own part only.

Who reads may be shown what was true a moment ago, `seconds` at most (`look_seconds` of [portal]); who acts never: before an act
every file is looked at, attachments too, and after one the next reader looks again. Times of folders are not believed in the place of
their files: an editor that writes into a file leaves its folder as it was.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csvgen.config import FILE, Config
from csvgen.evidence.attachments import FOLDER as ATTACHMENTS
from csvgen.workflow.rereading import GROUND, RUN, read_again
from csvgen.workflow.state import ProjectState, read_state

Marks = dict[str, tuple[str, str]]
"""Part of the project -> digest of its files without attachments, and with them (empty when those were not looked at)."""


class Snapshot:
    """One state, and what was worked out of it so far."""

    def __init__(self, state: ProjectState, marks: Marks, before: Snapshot | None = None) -> None:
        self.state = state
        self.marks = marks
        self._made: dict[str, _Made] = {}
        self._before = before.lasting() if before is not None else {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def once(self, name: str, make: Callable[[], Any], of: tuple[object, ...] = ()) -> Any:
        """What `make` gives, made once for this state, however many ask at the same time.

        `of`: everything it is made of. Where all of it is the very same in a later state, what was made holds there too.
        """
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if (found := self._made.get(name)) is None:
                kept = self._before.pop(name, None)
                found = kept if kept is not None and _same(kept.of, of) else _Made(make(), of)
                self._made[name] = found
            return found.value

    def lasting(self) -> dict[str, _Made]:
        """What was made and can hold for a later state too."""
        return {name: made for name, made in list(self._made.items()) if made.of}


@dataclass(frozen=True, slots=True)
class _Made:
    value: Any
    of: tuple[object, ...]


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) > 0 and all(a is b for a, b in zip(one, other, strict=True))


class Snapshots:
    """The newest snapshot of one system. `ticks` counts seconds from anywhere; `seconds` is how long a look is good for who reads."""

    def __init__(self, config: Config, system: str, ticks: Callable[[], float], seconds: float) -> None:
        self._config = config
        self._system = system
        self._ticks = ticks
        self._seconds = seconds
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._looked = 0.0
        self._doubted = False

    def doubt(self) -> None:
        """Something was done: whoever comes next looks, however short ago the last look was."""
        self._doubted = True

    def now(self, *, thorough: bool = False) -> Snapshot:
        """The project as its files are now; without `thorough`, as they were at most `seconds` ago.

        Raises ConfigError where the specification cannot be used.
        """
        with self._lock:
            kept, at = self._newest, self._ticks()
            if kept is not None and not thorough and not self._doubted and 0 <= at - self._looked < self._seconds:
                return kept
            self._doubted = False  # before the look: what is done while it lasts raises it again
            try:
                if kept is None or self._other(kept, attached=thorough):
                    kept = self._newest = self._read(kept)
            except BaseException:
                self._doubted = True
                raise
            self._looked = at
            return kept

    def _other(self, kept: Snapshot, *, attached: bool) -> bool:
        return bool(_changed(kept.marks, self._look(attached=attached), attached=attached))

    def _read(self, kept: Snapshot | None) -> Snapshot:
        """What is changed is told by the look the new state keeps, taken before a file is read: what changes later is seen by the next."""
        marks = self._look(attached=True)
        if kept is None:
            return Snapshot(read_state(self._config, self._system), marks)
        return Snapshot(read_again(kept.state, _changed(kept.marks, marks, attached=True)), marks, kept)

    def _look(self, *, attached: bool) -> Marks:
        """Each part with the digest of its files' names, sizes, times and numbers."""
        config, system = self._config, self._system
        approvals, runs = config.approvals(system), config.runs(system)
        ground = (config.requirements_specs / system, config.protocol_folder(system), config.templates)
        found = {
            GROUND: _mark(ground, (config.root / FILE,), attached=attached, but=str(approvals)),
            "approvals": _mark((approvals,), attached=attached),
            "trust": _mark((config.trust.parent,), attached=attached),
            "challenges": _mark((config.challenges(system),), attached=attached),
            "imports": _mark((config.imported(system),), attached=attached),
        }
        for folder in sorted(runs.iterdir()) if runs.is_dir() else ():
            found[RUN + folder.name] = _mark((folder,), (folder,), attached=attached)
        return found


def _changed(before: Marks, now: Marks, *, attached: bool) -> set[str]:
    """Parts that came, went, or have other files than before; with `attached`, other attachments count too."""
    other = {p for p in before.keys() & now.keys() if before[p][0] != now[p][0] or (attached and before[p][1] != now[p][1])}
    return other | (before.keys() ^ now.keys())


def _mark(folders: tuple[Path, ...], files: tuple[Path, ...] = (), *, attached: bool, but: str = "") -> tuple[str, str]:
    light, whole = hashlib.sha256(), hashlib.sha256()
    for path in files:
        light.update(_bytes(_told(path.name, path)))
    for folder in folders:
        for lines, beside in _looked(str(folder), attached=attached, but=but):
            (whole if beside else light).update(_bytes(lines))
    return light.hexdigest(), whole.hexdigest() if attached else ""


def _looked(folder: str, *, attached: bool, but: str, beside: bool = False) -> Iterator[tuple[str, bool]]:
    """The files of a folder, and of each below it, a line for each; and whether they are attachments. One turn for ten thousand files."""
    lines, below = [], []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if not entry.is_dir(follow_symlinks=False):
                    lines.append(_told(entry.name, entry))
                elif entry.path != but and (attached or entry.name != ATTACHMENTS):
                    below.append(entry)
    except OSError:
        return
    yield "".join([folder, "\n", *sorted(lines)]), beside
    for entry in sorted(below, key=lambda e: e.name):
        yield from _looked(entry.path, attached=attached, but=but, beside=beside or entry.name == ATTACHMENTS)


def _told(name: str, file: os.DirEntry[str] | Path) -> str:
    try:
        s = file.stat()
    except OSError:
        return f"{name}\0gone\n"
    return f"{name}\0{s.st_mtime_ns}\0{s.st_ctime_ns}\0{s.st_size}\0{s.st_ino}\n"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
