"""Settings of a project: one documented value, each field knowing where it came from (default < csvgen.toml < environment < flag).

A project is a folder with a `csvgen.toml`. Paths in it are relative to that folder.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from csvgen.errors import ConfigError

FILE = "csvgen.toml"
_KEYS = {"project", "output", "records", "trust", "requirements_specs", "protocols", "templates"}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Where everything of a project is."""

    root: Path
    project: str
    """Short name; the records of the project lie under it when no URL is given."""
    requirements_specs: Path
    protocols: Path
    output: Path
    templates: Path
    records: str
    """URL of the records database."""
    trust: Path
    """PEM file with the trust roots: whom this project believes. Never part of a package."""
    targets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    """Field -> default, csvgen.toml, environment or flag."""

    def protocol_folder(self, system: str) -> Path:
        return self.protocols / system

    def approvals(self, system: str) -> Path:
        return self.protocols / system / "approvals"

    def runs(self, system: str) -> Path:
        return self.output / system / "runs"

    def documents(self, system: str) -> Path:
        return self.output / system / "documents"

    @property
    def state(self) -> Path:
        """Folder of what belongs to the records but is not in the database: the seal key of this recorder."""
        if self.records.startswith("sqlite:///"):
            return Path(self.records.removeprefix("sqlite:///")).parent
        return _data_folder(self.project)


def find_root(start: Path) -> Path | None:
    """The nearest folder at or above `start` that holds a csvgen.toml."""
    return next((folder for folder in (start, *start.parents) if (folder / FILE).is_file()), None)


def load_config(start: Path, flags: Mapping[str, str] | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Settings of the project around `start`. Raises ConfigError for a missing or misspelt setting, naming it."""
    root = find_root(start.resolve())
    if root is None:
        raise ConfigError(f"no {FILE} here or above", where=str(start), hint="change into a csvgen project")
    file = _read(root / FILE)
    section, named = file.get("csvgen", {}), file.get("target", {})
    tables = {
        "csvgen": section,
        "target": named,
        **({f"target.{k}": v for k, v in named.items()} if isinstance(named, dict) else {}),
    }
    if wrong := [name for name, value in tables.items() if not isinstance(value, dict)]:
        raise ConfigError(
            f"{wrong[0]!r} must be a table", where=FILE, hint=f"[{wrong[0] if wrong[0] != 'target' else 'target.NAME'}]"
        )
    unknown = sorted({*section} - _KEYS) + sorted({*file} - {"csvgen", "target"})
    if unknown:
        raise ConfigError(f"unknown setting {unknown[0]!r}", where=FILE, hint=f"known: {', '.join(sorted(_KEYS))}, [target.NAME]")
    project = str(section.get("project", root.name))
    values = {
        "requirements_specs": "requirements_specs",
        "protocols": "protocols",
        "output": "output",
        "templates": "templates",
        "trust": "trust/roots.pem",
        "records": "",
    }
    sources = dict.fromkeys(values, "default")
    for name in values:
        for source, given in (
            (FILE, section.get(name)),
            ("environment", environ.get(f"CSVGEN_{name.upper()}")),
            ("flag", (flags or {}).get(name)),
        ):
            if given:
                values[name], sources[name] = str(given), source
    records = values["records"]
    if not records:
        records = f"sqlite:///{_data_folder(project) / 'records.db'}"
    elif records.startswith("sqlite:///") and not Path(records.removeprefix("sqlite:///")).is_absolute():
        records = f"sqlite:///{root / records.removeprefix('sqlite:///')}"
    return Config(
        root=root,
        project=project,
        requirements_specs=root / values["requirements_specs"],
        protocols=root / values["protocols"],
        output=root / values["output"],
        templates=root / values["templates"],
        records=records,
        trust=root / values["trust"],
        targets={str(k): {str(a): str(b) for a, b in v.items()} for k, v in named.items()},
        sources=sources,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"not TOML: {problem}", where=path.name) from None


def _data_folder(project: str) -> Path:
    from platformdirs import user_data_path

    return user_data_path("csvgen", appauthor=False) / project
