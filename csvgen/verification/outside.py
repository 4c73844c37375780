"""What came another way than the thing that is verified: whom to believe beside the roots, and checkpoints that somebody else kept.

Trust comes as one PEM file, or as a folder; what lies beside the roots under these names belongs to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from csvgen.audit.places import NOTE
from csvgen.crypto.notes import Verifier, read_verifiers
from csvgen.crypto.trust import Trust, trust_at
from csvgen.errors import BadInput, ConfigError
from csvgen.verification.recognise import is_note

ROOTS, EXTERNAL, TIMES, KEYS = "roots.pem", "external.pem", "time-stamps.pem", "checkpoints.vkey"
"""Roots; authorities of other organisations; roots of time-stamp authorities; keys of the log and of its witnesses."""

_LARGEST = 1_000_000
"""Bytes; a note has a few hundred, a token a few thousand."""


@dataclass(frozen=True)
class Kept:
    """A file that an anchor gave back: a signed note, or the time stamp over one."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Outside:
    """Everything but the roots; without it the answers that need it are unknown."""

    external: Trust = Trust.none
    """They vouch for external signers, and for nobody of the organisation itself."""
    times: Trust | None = None
    """Whom to believe about time; None: the roots."""
    verifiers: tuple[Verifier, ...] = ()
    """Keys of checkpoints."""
    kept: tuple[Kept, ...] | None = None
    """What came from anchors; None when nobody was asked."""


NOTHING = Outside()


def trust_file(path: Path) -> Path:
    """The roots themselves: the file that was named, or roots.pem of the folder. Raises ConfigError when there is none."""
    found = path / ROOTS if path.is_dir() else path
    if not found.is_file():
        raise ConfigError("there are no trust roots here", where=str(found), hint=f"a PEM file, or a folder with {ROOTS}")
    return found


def read_outside(roots: Path | None, times: Path | None = None, anchor: Path | None = None) -> Outside:
    """What lies beside the roots, and every note and time stamp at `anchor` (a file, or a folder and below).

    Raises BadInput for a file that is not what its name says, ConfigError for an anchor without any checkpoint.
    """
    if roots is None:
        return Outside(kept=_kept(anchor))
    beside = times if times is not None else roots.with_name(TIMES)
    keys = roots.with_name(KEYS)
    return Outside(
        external=trust_at(roots.with_name(EXTERNAL)),
        times=trust_at(beside) if beside.is_file() else None,
        verifiers=_verifiers(keys) if keys.is_file() else (),
        kept=_kept(anchor),
    )


def _verifiers(path: Path) -> tuple[Verifier, ...]:
    try:
        return read_verifiers(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError:
        raise BadInput("this is no list of keys", where=str(path)) from None


def _kept(path: Path | None) -> tuple[Kept, ...] | None:
    if path is None:
        return None
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    found = [
        Kept(p.relative_to(path).as_posix() if p != path else p.name, p.read_bytes())
        for p in files
        if p.stat().st_size <= _LARGEST
    ]
    if not any(is_note(k.data) and Path(k.name).suffix == NOTE for k in found):
        hint = f"--anchor takes signed notes (C2SP tlog-checkpoint), under the name they were given: SIZE{NOTE}"
        raise ConfigError("there is no checkpoint here", where=str(path), hint=hint)
    return tuple(found)
