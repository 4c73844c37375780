"""Records read from their bytes, kept as long as there is room: the latest used, up to so many bytes however many records that is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from csvgen.canonical import read_canonical

ROOM = 16 * 1024 * 1024
"""Bytes of bodies; as objects of Python they take some five times that."""


class Contents:
    """Kept by content: a version never changes, and other bytes are another version. What is given out is not to be changed."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._kept: OrderedDict[bytes, Mapping[str, Any]] = OrderedDict()
        self._lock = Lock()
        self.size = 0
        """Bytes of what is kept; never more than the room."""

    def of(self, body: bytes) -> Mapping[str, Any]:
        """A record from its canonical bytes. Raises what `read_canonical` raises."""
        with self._lock:
            if body in self._kept:
                self._kept.move_to_end(body)
                return self._kept[body]
        content: Mapping[str, Any] = read_canonical(body)
        with self._lock:
            if body not in self._kept and len(body) <= self._room:
                self._kept[body] = content
                self.size += len(body)
            while self.size > self._room:
                self.size -= len(self._kept.popitem(last=False)[0])
        return content
