"""Files with a secret in them: readable by their owner alone from the first byte, never written over by mistake."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from csvgen.errors import ConfigError


def keep(path: Path, make: Callable[[], str]) -> None:
    """Make a secret and write it into a new file. Raises ConfigError, before the secret is made, when the file cannot be made."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as problem:
        raise ConfigError(f"the file cannot be made: {problem.strerror}", where=str(path)) from None
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        try:
            stream.write(make() + "\n")
        except BaseException:
            path.unlink()
            raise


def replace(path: Path, secret: str) -> None:
    """Write a secret in the place of an earlier one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    keep(path, lambda: secret)
