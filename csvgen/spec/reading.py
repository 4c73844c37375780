"""A specification that one process reads again and again: of a file whose bytes are the same, what was read of it before.

Nothing of it is written down, and nothing outlives the process. It is believed under the same rule as the memory of `csvgen check`:
the same bytes, and the same small files that the rules look into (`csvgen.spec.check`).
"""

from __future__ import annotations

from dataclasses import replace

from csvgen.spec.check import Seen
from csvgen.spec.read import Part

_Read = tuple[str, Seen, Part]
"""Digest of the bytes, what is to be known of the file, and what it says."""


class Reading:
    """For one thread at a time. It holds what the last reading found, whether a specification came of it or not."""

    def __init__(self) -> None:
        self._context = ""
        self._before: dict[str, _Read] = {}
        self._now: dict[str, _Read] = {}

    def under(self, context: str) -> Reading:
        """A new reading begins. With other small files than the last one had, nothing is believed."""
        self._before, self._now = (self._now if context == self._context else {}), {}
        self._context = context
        return self

    def ended(self) -> None:
        """Let go of what the files do not say any more."""
        self._before = {}

    def recall(self, file: str, content: str) -> Seen | None:
        found = self._before.get(file)
        if found is None or found[0] != content:
            return None
        self._now[file] = found
        return found[1]

    def part(self, file: str) -> Part | None:
        found = self._now.get(file)
        return found[2] if found is not None else None

    def keep(self, file: str, content: str, seen: Seen, part: Part) -> None:
        self._now[file] = content, seen, replace(part, marked=None)
