"""What is refused again and again is told at once, and then by its number: whoever floods the room does not flood its records.

And how many streams one person may hold open. Both only count; what is written of a refusal is `workflow.security_events`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

_WINDOW = 60.0
_KEYS = 200
Key = tuple[str, str, str]
"""Kind of refusal, address it came from, and who was logged in."""
ELSEWHERE = "many addresses"


@dataclass(slots=True)
class _Counted:
    since: float
    held: int = 0


class Tally:
    """The first refusal of a kind from one place is told at once, all others of the same minute together when it is over."""

    def __init__(self, window: float = _WINDOW, most: int = _KEYS) -> None:
        self._window, self._most = window, most
        self._counted: dict[Key, _Counted] = {}
        self._lock = threading.Lock()

    def count(self, key: Key, now: float) -> tuple[Key, int]:
        """Under which key to tell, and of how many: 0 while its minute goes on. More places than can be told apart become one."""
        with self._lock:
            if key not in self._counted and len(self._counted) >= self._most:
                key = (key[0], ELSEWHERE, "")
            found = self._counted.get(key)
            if found is None:
                self._counted[key] = _Counted(now)
                return key, 1
            if now - found.since < self._window:
                found.held += 1
                return key, 0
            told, self._counted[key] = found.held + 1, _Counted(now)
            return key, told

    def due(self, now: float) -> Iterator[tuple[Key, int]]:
        """What was held back in minutes that are over. Each is told once."""
        if not self._counted:
            return
        with self._lock:
            over = [(key, c.held) for key, c in self._counted.items() if now - c.since >= self._window]
            for key, _ in over:
                del self._counted[key]
        yield from ((key, held) for key, held in over if held)


class Streams:
    """Open streams by person. One that was never given back counts until its time is over."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._open: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def open(self, person: str, now: float) -> bool:
        """Whether one more is let in."""
        with self._lock:
            begun = [t for t in self._open.get(person, ()) if now - t < self._seconds]
            if len(begun) < self._most:
                begun.append(now)
                self._open[person] = begun
                return True
            self._open[person] = begun
            return False

    def close(self, person: str, begun: float) -> None:
        with self._lock:
            if begun in (mine := self._open.get(person, [])):
                mine.remove(begun)
            if not mine:
                self._open.pop(person, None)
