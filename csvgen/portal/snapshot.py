"""The project as its files are now: read once, and anew as soon as one of them is another.

A page asks often and little changes. What was read is kept with the names, sizes and times of the files it was read from; who asks
while these are the same gets what was read before. Attachments can be very many: pages are made without looking at each, acts never.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from csvgen.config import FILE, Config
from csvgen.evidence.attachments import FOLDER as ATTACHMENTS
from csvgen.workflow.state import ProjectState, read_state


class Snapshot:
    """One state, and what was worked out of it so far."""

    def __init__(self, state: ProjectState, mark: str, whole: str) -> None:
        self.state = state
        self.mark = mark
        self.whole = whole
        self._made: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once for this state, however many ask at the same time."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]


class Snapshots:
    """The newest snapshot of one system."""

    def __init__(self, config: Config, system: str) -> None:
        self._config = config
        self._system = system
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None

    def now(self, *, thorough: bool = False) -> Snapshot:
        """The project as its files are now; with `thorough`, before an act, each attachment is looked at too.

        Raises ConfigError where the specification cannot be used.
        """
        mark = self._mark(attached=False)
        with self._lock:
            kept = self._newest
            if kept is None or kept.mark != mark or (thorough and kept.whole != self._mark(attached=True)):
                kept = Snapshot(read_state(self._config, self._system), mark, self._mark(attached=True))
                self._newest = kept
            return kept

    def _mark(self, *, attached: bool) -> str:
        """Names, sizes, times and numbers of the files a state is read from, as one digest."""
        config, system = self._config, self._system
        found = hashlib.sha256()
        read = (
            config.requirements_specs / system, config.protocol_folder(system), config.templates, config.trust.parent,
            config.runs(system), config.challenges(system), config.imported(system),
        )  # fmt: skip
        for folder in read:
            for line in _files(folder, attached=attached):
                found.update(line.encode("utf-8", "surrogateescape"))
        for line in _one(config.root / FILE):
            found.update(line.encode("utf-8", "surrogateescape"))
        return found.hexdigest()


def _files(folder: Path, *, attached: bool) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if attached or entry.name != ATTACHMENTS:
                yield from _files(Path(entry.path), attached=attached)
        else:
            yield from _one(Path(entry.path))


def _one(path: Path) -> Iterator[str]:
    try:
        s = path.stat()
    except OSError:
        return
    yield f"{path}\0{s.st_mtime_ns}\0{s.st_ctime_ns}\0{s.st_size}\0{s.st_ino}\n"
