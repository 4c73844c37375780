"""The project as its files are: read once, of what changed only that part again, and what takes long away from whoever waits for a page.

A page asks often and little changes. What was read is kept with the marks of the files it was read from (`csvgen.portal.looking`).
Files are looked at and read by one thread of the room, one look at a time; a page waits for it, or not:

- Who reads is shown what was true a moment ago, `seconds` at most (`look_seconds` of [portal]). Where a look, or the reading of what it
  found changed, takes longer than `patience` (`reading_seconds`), they are shown the project as it was before, and the page says so.
- Whoever did something is shown nothing from before it. Who acts is shown the files as they are now, attachments too, or nothing is done.

Times of folders are not believed in the place of their files: an editor that writes into a file leaves its folder as it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from csvgen.clock import shown
from csvgen.config import Config
from csvgen.errors import CsvgenError
from csvgen.portal.looking import Marks, changed, look
from csvgen.spec.reading import Reading
from csvgen.workflow.rereading import read_again, ready
from csvgen.workflow.state import ProjectState, read_state

ACT_SECONDS = 20.0
"""So long an act waits for files that are being read; then nothing is done, and the person is told."""
KEPT_FRESH = 60.0
"""So many seconds after the last page that was asked for, files are looked at before somebody has to wait for it."""
Make = Callable[[ProjectState], Any]
Of = Callable[[ProjectState], tuple[object, ...]]


class StillReading(CsvgenError):
    """The files changed, and reading them takes longer than anybody should wait for an answer."""


class Snapshot:
    """One state, and what was worked out of it so far."""

    def __init__(self, state: ProjectState, marks: Marks, before: Snapshot | None = None) -> None:
        self.state = state
        self.marks = marks
        self.looked = 0
        """Number of the last look that found the files so."""
        self._made: dict[str, _Made] = {}
        self._before = before.lasting() if before is not None else {}
        self._again = dict(before.recipes()) if before is not None else {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def once(self, name: str, make: Make, of: Of | None = None) -> Any:
        """What `make` gives, made once for this state, however many ask at the same time.

        `of` tells everything it is made of. Where all of it is the very same in a later state, what was made holds there too.
        """
        basis = of(self.state) if of is not None else ()
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if (found := self._made.get(name)) is None:
                kept = self._before.pop(name, None)
                found = kept if kept is not None and _same(kept.of, basis) else _Made(make(self.state), basis)
                self._made[name] = found
                if getattr(make, "__closure__", None) is None:
                    self._again[name] = (make, of)
            return found.value

    def lasting(self) -> dict[str, _Made]:
        """What was made and can hold for a later state too."""
        return {**self._before, **{name: made for name, made in list(self._made.items()) if made.of}}

    def recipes(self) -> list[tuple[str, tuple[Make, Of | None]]]:
        """What was asked for so far and follows from a state alone: made by functions that hold nothing of a visit."""
        return list(self._again.items())

    def prepare(self, before: Snapshot) -> None:
        """Work out everything that was asked of the state before, so that nobody waits for it."""
        ready(self.state, before.state)
        for name, (make, of) in self.recipes():
            self.once(name, make, of)


@dataclass(frozen=True, slots=True)
class _Made:
    value: Any
    of: tuple[object, ...]


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) > 0 and all(a is b for a, b in zip(one, other, strict=True))


@dataclass
class _Turn:
    """One look at the files, and the reading of what it found changed."""

    number: int
    tick: float
    time: str
    """Of record, when it began."""
    attached: bool
    marks: Marks | None = None
    noticed: tuple[str, float] | None = None
    """When a change was found: time of record, and on the monotonic clock."""
    looked: bool = False
    ended: bool = False
    snapshot: Snapshot | None = None
    problem: Exception | None = None


class Snapshots:
    """The snapshots of one system. `ticks` counts seconds from anywhere, `now` tells the time of record; the rest stands above."""

    def __init__(
        self, config: Config, system: str, ticks: Callable[[], float], now: Callable[[], str], seconds: float, patience: float
    ) -> None:
        self._config, self._system = config, system
        self._ticks, self._now = ticks, now
        self._seconds, self._patience = seconds, patience
        self._news = threading.Condition()
        self._number = 0
        self._tick = self._took = 0.0
        """When the last look began, and how long it took."""
        self._asked = 0.0
        """When somebody last asked for anything."""
        self._turn: _Turn | None = None
        self._newest: Snapshot | None = None
        self._shown: Snapshot | None = None
        """The newest of which everything is worked out that was asked for before."""
        self._behind: tuple[str, float] | None = None
        """Since when the shown one is not what the files say."""
        self._failed: tuple[Marks, Exception] | None = None
        self._preparing = False
        self._acting = 0
        """So many wait for a look at everything: whoever begins one begins such a one."""
        self._time = ""
        """When the last look began, as time of record."""

    def moment(self) -> int:
        """A number no look so far has reached: what is shown `after` it was looked at later."""
        with self._news:
            self._number += 1
            return self._number

    def now(self, *, thorough: bool = False, after: int = 0) -> Snapshot:
        """As `look`, without its second word."""
        return self.look(thorough=thorough, after=after)[0]

    def look(self, *, thorough: bool = False, after: int = 0) -> tuple[Snapshot, str]:
        """What is shown, and until when the project was so, where its files are still being read; empty where they say nothing else.

        `thorough` before an act, `after` the number of a moment before which nothing may be shown. Raises ConfigError where the
        specification cannot be used, StillReading for an act that waited too long.
        """
        with self._news:
            self._asked = self._ticks()
            if self._newest is None:
                return self._looked_at(self._number + 1, attached=True, wait=None), ""
            if thorough:
                return self._looked_at(self._number + 1, attached=True, wait=ACT_SECONDS), ""
            if self._shown is not None and after <= self._shown.looked:
                return self._for_reading(self._shown)
            if after <= self._newest.looked:
                return self._newest, ""
            try:
                return self._looked_at(after, attached=False, wait=ACT_SECONDS), ""
            except StillReading:
                return self._newest, self._behind[0] if self._behind is not None else self._now()

    def freshen(self) -> None:
        """Look at the files where a look is due and people are here, so that their next page does not wait for it."""
        with self._news:
            now = self._ticks()
            if self._shown is not None and self._seconds > 0 and now - self._asked < KEPT_FRESH and self._due(now - self._tick):
                self._begin(attached=False)

    # ------------------------------------------------------------ waiting, with the condition held

    def _due(self, age: float) -> bool:
        """Whether the next look should begin, to be at its end when the last one is too old."""
        return self._turn is None and age > max(self._seconds / 2, 0.9 * self._seconds - 3 * self._took)

    def _looked_at(self, number: int, *, attached: bool, wait: float | None) -> Snapshot:
        """What a look with this number, or a later one, finds."""
        self._acting += attached
        try:
            end = None if wait is None else time.monotonic() + wait
            while True:
                turn = self._turn or self._begin(attached=attached)
                good = turn.number >= number and (turn.attached or not attached)
                while not turn.ended:
                    left = None if end is None else end - time.monotonic()
                    if left is not None and left <= 0:
                        raise _still(turn.noticed[0] if turn.noticed is not None else "")
                    self._news.wait(left)
                if good and turn.problem is not None:
                    raise turn.problem.with_traceback(None)
                if good and turn.snapshot is not None:
                    return turn.snapshot
        finally:
            self._acting -= attached

    def _for_reading(self, kept: Snapshot) -> tuple[Snapshot, str]:
        began, seen, end = self._number, False, time.monotonic() + self._patience
        while True:
            kept = self._shown or kept
            if self._behind is not None:
                left = self._behind[1] + self._patience - time.monotonic()
                if left <= 0:
                    return kept, self._behind[0]
                self._news.wait(left)
                continue
            age = self._ticks() - self._tick
            if seen or 0 <= age < self._seconds:
                if self._failed is not None:
                    raise self._failed[1].with_traceback(None)
                if not seen and self._due(age):
                    self._begin(attached=False)  # before somebody has to wait for it
                return kept, ""
            turn = self._turn or self._begin(attached=False)
            good = turn.number > began or 0 <= self._ticks() - turn.tick < self._seconds
            while not turn.looked:
                if (left := end - time.monotonic()) <= 0:
                    return kept, self._time
                self._news.wait(left)
            seen = good

    # ------------------------------------------------------------ looking and reading, in a thread of their own

    def _begin(self, *, attached: bool) -> _Turn:
        self._number += 1
        turn = _Turn(self._number, self._ticks(), self._now(), attached or self._acting > 0)
        threading.Thread(target=self._run, args=(turn,), name="csvgen-reading", daemon=True).start()
        self._turn = turn  # it can tell of nothing before the condition is let go
        return turn

    def _run(self, turn: _Turn) -> None:
        try:
            turn.snapshot = self._read(turn)
        except Exception as problem:  # noqa: BLE001 - told to everybody who waits for this look
            turn.problem = problem
        with self._news:
            if turn.problem is not None:
                self._failed = turn.marks or {}, turn.problem
            if turn.snapshot is not None:
                turn.snapshot.looked, self._newest, self._failed = turn.number, turn.snapshot, None
                self._shown = self._shown or turn.snapshot
            self._tick, self._time, self._turn, turn.looked, turn.ended = turn.tick, turn.time, None, True, True
            if self._newest is self._shown:
                self._behind = None
            elif not self._preparing:
                threading.Thread(target=self._prepare, name="csvgen-preparing", daemon=True).start()
                self._preparing = True
            self._news.notify_all()

    def _read(self, turn: _Turn) -> Snapshot:
        """What is changed is told by the look the new state keeps, taken before a file is read: what changes later is seen by the next."""
        kept, marks = self._newest, look(self._config, self._system, attached=turn.attached)
        self._took = self._ticks() - turn.tick
        turn.marks = marks
        if kept is not None and not changed(kept.marks, marks, attached=turn.attached):
            return kept
        turn.marks = marks = marks if turn.attached else look(self._config, self._system, attached=True)
        if self._failed is not None and not changed(self._failed[0], marks, attached=True):
            raise self._failed[1].with_traceback(None)
        with self._news:
            turn.noticed = (self._now(), time.monotonic())
            self._behind = self._behind or (turn.noticed if kept is not None else None)
            turn.looked = True
            self._news.notify_all()
        if kept is None:
            return Snapshot(read_state(self._config, self._system, Reading()), marks)
        return Snapshot(read_again(kept.state, changed(kept.marks, marks, attached=True)), marks, kept)

    def _prepare(self) -> None:
        """Until the newest is shown. What cannot be worked out here is told to whoever asks for it on a page."""
        while True:
            with self._news:
                target, before = self._newest, self._shown
                if target is None or before is None or target is before:
                    self._preparing = False
                    return
            with suppress(Exception):  # whoever opens the page that needs it gets this very error
                target.prepare(before)
            with self._news:
                self._shown = target
                later = self._turn.noticed if self._turn is not None else None
                self._behind = (self._behind if self._newest is not target else None) or later
                self._news.notify_all()


def _still(since: str) -> StillReading:
    told = (
        f"files of the project changed, and are being read since {shown(since)}"
        if since
        else "looking at the files of the project takes long"
    )
    return StillReading(f"{told}; nothing was done", hint="send it again in a moment")
