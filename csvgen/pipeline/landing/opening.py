"""The landing that one line of the settings names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from csvgen.errors import ConfigError
from csvgen.pipeline.landing.local import LocalStore
from csvgen.pipeline.landing.locked import LockedStore
from csvgen.store.worm import WormStore

_MAY_SAY = ("endpoint", "region", "profile")


def opened(line: str, folder: Path, until: Callable[[], dt.datetime]) -> LocalStore | LockedStore:
    """``local``, a folder, or ``s3://bucket/prefix?endpoint=URL&region=R&profile=P``, a bucket under Object Lock.

    `until` says until when a file that arrives now must be kept. Nothing is asked of a server yet. Raises ConfigError.
    """
    if line == "local":
        return LocalStore(folder)
    return LockedStore(_store(line), until)


def _store(line: str) -> WormStore:
    parts = urlsplit(line)
    if parts.scheme != "s3" or not parts.hostname or parts.port or parts.fragment:
        raise ConfigError(f"landing cannot be {line[:60]!r}", hint='landing = "local" or "s3://bucket/prefix?endpoint=..."')
    if parts.username or parts.password:
        raise ConfigError("landing holds a credential", hint="credentials come from the environment or an AWS profile")
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if strange := sorted(set(said) - set(_MAY_SAY)):
        raise ConfigError(f"landing says {strange[0]!r}, which means nothing", hint=f"it may say {', '.join(_MAY_SAY)}")
    path = parts.path.strip("/")
    return WormStore(
        parts.netloc,
        f"{path}/" if path else "",
        said.get("endpoint") or None,
        said.get("region") or "us-east-1",
        said.get("profile") or None,
    )
