"""Exports on their way out: piece by piece, into a file that is there as a whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from csvgen.errors import ConfigError
from csvgen.exchange.results.copied import clean


def cleaned(value: Any) -> Any:
    """JSON values with every text in a form that every reader takes."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(k): cleaned(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(v) for v in value]
    return value


def json_line(value: Any) -> bytes:
    """One line of ASCII: no reader splits it at a line separator of Unicode. Keys keep the order they were given in."""
    return json.dumps(cleaned(value), ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def save(place: Path, pieces: Iterable[bytes]) -> int:
    """Write pieces as they come, and give the file its name when all are there. Returns its size. Raises ConfigError."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".exporting", dir=place.parent)
    except OSError as problem:
        raise ConfigError(f"cannot be written: {problem.strerror}", where=str(place)) from None
    staged, size = Path(name), 0
    try:
        with os.fdopen(handle, "wb") as stream:
            for piece in pieces:
                size += stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        staged.chmod(0o644)
        staged.replace(place)
    except OSError as problem:
        raise ConfigError(f"cannot be written: {problem.strerror}", where=str(place)) from None
    finally:
        staged.unlink(missing_ok=True)
    return size


def save_folder(place: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files into a new folder, and give the folder its name when all are there. Raises ConfigError."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as temporary:
            folder = Path(temporary) / "made"
            folder.mkdir()
            for name, data in files:
                (folder / name).write_bytes(data)
            folder.rename(place)
    except OSError as problem:
        raise ConfigError(f"cannot be written: {problem.strerror}", where=str(place)) from None
