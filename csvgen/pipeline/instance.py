"""The settings of an instance: its file ``instance.toml``, one line for each real part that stands in for the part that needs no server.

    [pipeline]
    landing = "s3://raw-data/qc?endpoint=https://store.example"    # default "local": a folder, each file written once
    tracking = "https://mlflow.example"                             # default "": nothing is told to an experiment tracker
    lineage = "lineage.jsonl"                                       # default "": no OpenLineage events
    images = "registry.example:5000"                                # default "": steps run in this process, from the pinned bundle
    delta = "s3://tables?endpoint=https://store.example"            # default "": datasets come from files only
    alerts = "smtp://mail.example:25/security@example.org"          # default "": security events are in the trail only

No secret is ever in it: credentials come from where each client looks for them (environment, role of the machine).

It is read once, when the instance is opened, and what it says then is a record (kind ``settings``): a file that says something else than the
newest one was edited, laid down or taken away while the instance was closed, and the opening puts that on record (`core`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from csvgen.canonical import write_once
from csvgen.errors import ConfigError

FILE = "instance.toml"
TABLE = "pipeline"
KIND = "settings"
"""Of the record; its id is `FILE`."""
GIVEN = "file"
"""Field of the record beside the settings: whether the file was there, or the defaults hold."""
LOCAL = "local"

_SECRETIVE = re.compile(r"secret|token|passw|credential|signature|access.?key", re.IGNORECASE)
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?(?:/[a-z0-9][a-z0-9._/-]*)?")
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}")
_SMTP = 25
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Settings:
    """Where the parts of an instance are. Raises ConfigError, naming the key, for a value that cannot be used."""

    landing: str = LOCAL
    """Where raw files land: ``local``, or ``s3://bucket/prefix?endpoint=URL`` with Object Lock."""
    tracking: str = ""
    """Address of an MLflow server; empty: none."""
    lineage: str = ""
    """Name of a file in the instance that gets OpenLineage events; empty: none."""
    images: str = ""
    """Registry that steps pinned to an image are pulled from; empty: none."""
    delta: str = ""
    """Folder or ``s3://`` address of Delta tables; empty: none."""
    alerts: str = ""
    """Who is told of security events at once (21 CFR 11.300(d)): ``smtp://host:port/address``, or an address alone, for messages in the
    folder ``alerts`` of the instance that a mail program empties; empty: nobody, they are events of the trail."""

    def __post_init__(self) -> None:
        for key, value in asdict(self).items():
            if why := _unfit(key, value):
                raise ConfigError(f"{TABLE}.{key} {why}", where=FILE, hint=_HINTS[key])

    @property
    def remote(self) -> tuple[str, ...]:
        """Keys whose part is a server."""
        return tuple(k for k, v in asdict(self).items() if "://" in v or (k == "images" and v))

    @property
    def bell(self) -> tuple[str, str, int] | None:
        """Address to tell, mail host (empty: the folder) and port; None when nobody is told."""
        if not self.alerts:
            return None
        parts = urlsplit(self.alerts)
        return (parts.path.lstrip("/"), parts.hostname or "", parts.port or _SMTP) if parts.scheme else (self.alerts, "", _SMTP)

    def text(self) -> str:
        """As the file is written."""
        lines = [f'{key} = "{value}"' for key, value in asdict(self).items()]
        return "\n".join(["# Parts of this instance; see docs/pipeline.md. No secret belongs here.", f"[{TABLE}]", *lines, ""])

    def write(self, home: Path) -> None:
        """Write the file of a new instance. Raises BadInput when another is there."""
        write_once(home / FILE, self.text().encode("utf-8"))


_HINTS = {
    "landing": 'landing = "local" or "s3://bucket/prefix?endpoint=https://..."',
    "tracking": 'tracking = "https://mlflow.example", or "" for none',
    "lineage": 'lineage = "lineage.jsonl": a file name inside the instance, or "" for none',
    "images": 'images = "registry.example:5000", or "" for none',
    "delta": 'delta = "/path/to/tables" or "s3://bucket/prefix?endpoint=https://...", or "" for none',
    "alerts": 'alerts = "smtp://mail.example:25/security@example.org", or "security@example.org" for a folder, or "" for none',
}


def read(home: Path) -> Settings:
    """The settings of the instance in `home`; without a file the defaults. Raises ConfigError for a file that cannot be used."""
    path = home / FILE
    if not path.is_file():
        return Settings()
    try:
        values: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"not TOML: {problem}", where=FILE) from None
    if strange := sorted(set(values) - {TABLE}):
        raise ConfigError(f"unknown table {strange[0]!r}", where=FILE, hint=f"known: [{TABLE}]")
    return of(values.get(TABLE, {}))


def of(values: object) -> Settings:
    """Settings from a table. Raises ConfigError for a key that is not known, or a value that is no text."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"{TABLE!r} must be a table", where=FILE, hint=f"[{TABLE}]")
    known = [f.name for f in fields(Settings)]
    if strange := sorted(set(values) - set(known)):
        raise ConfigError(f"unknown setting {TABLE}.{strange[0]}", where=FILE, hint=f"known: {', '.join(known)}")
    if wrong := [key for key, value in values.items() if not isinstance(value, str)]:
        raise ConfigError(f"{TABLE}.{wrong[0]} must be text", where=FILE, hint=_HINTS[wrong[0]])
    return Settings(**values)


def content(home: Path) -> dict[str, str]:
    """What goes on record of the settings as they are now; comments and order are no settings. Raises ConfigError as `read`."""
    return {GIVEN: "there" if (home / FILE).is_file() else "none", **asdict(read(home))}


def recorded(told: Mapping[str, Any]) -> Settings:
    """The settings that a record tells of. Raises ConfigError for values that cannot be used."""
    return of({key: value for key, value in told.items() if key != GIVEN})


def differences(recorded: Mapping[str, Any], now: Mapping[str, str]) -> tuple[str, ...]:
    """In words, each way in which the settings are not those on record."""
    if recorded.get(GIVEN) != now[GIVEN] and now[GIVEN] == "none":
        return (f"{FILE} is gone, so the defaults hold", *_values(recorded, now))
    laid = (f"{FILE} was laid down where none was",) if recorded.get(GIVEN) != now[GIVEN] else ()
    return (*laid, *_values(recorded, now))


def _values(recorded: Mapping[str, Any], now: Mapping[str, str]) -> tuple[str, ...]:
    keys = [k for k in now if k != GIVEN and recorded.get(k) != now[k]]
    return tuple(f"{key} is {now[key]!r}, recorded is {recorded.get(key, '')!r}" for key in keys)


def is_instance(path: Path) -> bool:
    """Whether this folder holds an instance, told by what is in it; one that lost a part is still one."""
    parts = (_is_database(path / "qc.db"), (path / "trail.head").is_file(), (path / "keys" / "ca.pem").is_file())
    return sum(parts) > 1


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(16) == b"SQLite format 3\0"


# ------------------------------------------------------------ values


def _unfit(key: str, value: str) -> str:
    if not value.isprintable() or '"' in value or "\\" in value:
        return "holds a character that cannot stand there"
    if "://" in value and (why := _secretive(value)):
        return why
    return _FIT[key](value)


def _secretive(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        return "is no address"
    if parts.username or parts.password:
        return "holds a user or a password; credentials come from the environment of the client"
    if any(_SECRETIVE.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return "holds a credential; credentials come from the environment of the client"
    return ""


def _landing(value: str) -> str:
    return "" if value == LOCAL else _bucket(value)


def _bucket(value: str) -> str:
    parts = urlsplit(value)
    return "" if parts.scheme == "s3" and _BUCKET.fullmatch(parts.netloc) else f"cannot be {value[:60]!r}"


def _tracking(value: str) -> str:
    parts = urlsplit(value)
    return "" if not value or (parts.scheme in ("http", "https") and parts.hostname) else f"cannot be {value[:60]!r}"


def _lineage(value: str) -> str:
    return "" if not value or _FILE_NAME.fullmatch(value) else f"cannot be {value[:60]!r}"


def _images(value: str) -> str:
    return "" if not value or _REGISTRY.fullmatch(value) else f"cannot be {value[:60]!r}"


def _delta(value: str) -> str:
    return _bucket(value) if "://" in value else ""


def _alerts(value: str) -> str:
    parts = urlsplit(value)
    try:
        mail = parts.scheme == "smtp" and parts.hostname and (parts.port or _SMTP)
    except ValueError:
        return f"cannot be {value[:60]!r}"
    told = bool(not value or _ADDRESS.fullmatch(value) or (mail and _ADDRESS.fullmatch(parts.path.lstrip("/"))))
    return "" if told else f"cannot be {value[:60]!r}"


_FIT = {"landing": _landing, "tracking": _tracking, "lineage": _lineage, "images": _images, "delta": _delta, "alerts": _alerts}
