"""Who writes into a run folder holds its run.json; so nobody closes a run that is still going on, and nobody goes on with a closed one.

A hold ends with the process that has it, however that ends. Where the file system knows no locks, nothing is held and nothing known.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from csvgen.errors import NotIntact, Refused
from csvgen.evidence.read import RUN, SEAL


def hold(folder: Path) -> BinaryIO:
    """The plan of a run, held until the stream is closed; several processes may hold one run. Raises NotIntact for a closed run."""
    stream = (folder / RUN).open("rb")
    held = _lock(stream, fcntl.LOCK_SH)
    if not held or (folder / SEAL).exists():
        stream.close()
        raise NotIntact("this run is closed; nothing is written into it any more", where=str(folder), rule="RR-F05")
    return stream


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else writes into the run meanwhile. Raises Refused where somebody does."""
    with (folder / RUN).open("rb") as stream:
        if not _lock(stream, fcntl.LOCK_EX):
            raise Refused(
                f"{folder.name} is still being executed by another process",
                hint="wait for its end, or end that process first", rule="RR-F05",
            )  # fmt: skip
        yield


@contextmanager
def only(folder: Path, refusal: Refused) -> Iterator[None]:
    """One process does something with what a folder stands for. Raises the refusal at once where another does it already.

    The folder itself is locked: run.json is held by whoever writes a journal.
    """
    door = os.open(folder, os.O_RDONLY)
    try:
        if not _lock(door, fcntl.LOCK_EX):
            raise refusal
        yield
    finally:
        os.close(door)


def _lock(stream: BinaryIO | int, kind: int) -> bool:
    """False where another process stands against it."""
    try:
        fcntl.flock(stream, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # this file system has no locks; see above
    return True
