"""The collector of cycles, in a process that holds a large project for as long as it runs.

It stops every thread while it looks, and it looks through everything that lives: at ten thousand requirements most of a second, for
whoever asks for a page just then. What a room reads of a project is values that point one way, without a cycle, and goes by itself when
nobody holds it any more. So what a look that took long found alive is set aside, and not looked through again.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from typing import Self

LONG = 0.02
"""Seconds."""
_OLDEST = 2


class Collecting:
    """While it is entered, each look through everything that took longer than `long` is the last one through what it found."""

    def __init__(self, long: float = LONG, ticks: Callable[[], float] = time.perf_counter) -> None:
        self._long, self._ticks = long, ticks
        self._began = 0.0
        self.set_aside = 0
        """How often."""

    def __enter__(self) -> Self:
        gc.callbacks.append(self._looked)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._looked)
        gc.unfreeze()

    def _looked(self, phase: str, told: Mapping[str, int]) -> None:
        if told["generation"] != _OLDEST:
            return
        if phase == "start":
            self._began = self._ticks()
        elif self._ticks() - self._began > self._long:
            gc.freeze()
            self.set_aside += 1
