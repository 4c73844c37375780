"""The landing that one line of the settings names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from csvgen.pipeline.landing.local import LocalStore
from csvgen.pipeline.landing.locked import LockedStore
from csvgen.store.worm import named


def opened(line: str, folder: Path, until: Callable[[], dt.datetime]) -> LocalStore | LockedStore:
    """``local``, a folder, or ``s3://bucket/prefix?endpoint=URL&region=R&profile=P``, a bucket under Object Lock.

    `until` says until when a file that arrives now must be kept. Nothing is asked of a server yet. Raises ConfigError.
    """
    if line == "local":
        return LocalStore(folder)
    return LockedStore(named(line, "landing"), until)
