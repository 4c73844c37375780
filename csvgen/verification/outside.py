"""What came another way than the thing that is verified: checkpoints of the audit trail that somebody else kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from csvgen.errors import ConfigError
from csvgen.verification.recognise import is_note

_LARGEST = 1_000_000
"""Bytes; a note has a few hundred."""


@dataclass(frozen=True)
class Outside:
    """Signed notes as bytes, and where they came from."""

    notes: tuple[bytes, ...] = ()
    where: str = ""


NOTHING = Outside()
"""Without any anchor from outside nobody can know whether a newer state of the trail exists."""


def read_outside(path: Path | None) -> Outside:
    """Every signed note in a file, or in a folder and below. Raises ConfigError when there is none."""
    if path is None:
        return NOTHING
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    small = (p.read_bytes() for p in files if p.stat().st_size <= _LARGEST)
    notes = tuple(data for data in small if is_note(data))
    if not notes:
        raise ConfigError(
            "there is no checkpoint here", where=str(path), hint="--anchor takes signed notes (C2SP tlog-checkpoint)"
        )
    return Outside(notes, str(path))
