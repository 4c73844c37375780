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
PLATFORM = "CSVGEN_PLATFORM"
"""Environment variable that names another file of a platform than the target does: the same protocol against another account."""
_NAMED = ("target", "anchor")
"""Tables of tables: [target.NAME]. What stands inside is known to the room that uses it, which refuses what it does not know."""
_TABLES = ("audit", "time_stamps", "sign_on", "security", "clock", "pipeline", "resources", "evidence", "portal")
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
    anchors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """[anchor.NAME]: where checkpoints of the audit trail are kept outside the records database."""
    audit: Mapping[str, str] = field(default_factory=dict)
    """[audit]: when checkpoints are made, and the limits of the clock."""
    time_stamps: Mapping[str, str] = field(default_factory=dict)
    """[time_stamps]: an RFC 3161 authority; without it times rest on the clock of this system, and every verification says so."""
    sign_on: Mapping[str, str] = field(default_factory=dict)
    """[sign_on]: an OpenID Connect provider of the organisation."""
    clock: Mapping[str, str] = field(default_factory=dict)
    """[clock]: a time server the recorder's clock is compared with at the start and the end of each run."""
    security: Mapping[str, str] = field(default_factory=dict)
    """[security]: password, lock-out and session policy, and who is told of security events."""
    pipeline: Mapping[str, str] = field(default_factory=dict)
    """[pipeline]: where the parts of instances are that are installed from here (`csvgen.pipeline.instance`)."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """[resources]: name -> ids of requirements and cases that must not be executed beside each other (`csvgen plan`)."""
    evidence: Mapping[str, str] = field(default_factory=dict)
    """[evidence]: names of environment variables whose values are kept out of every record; where evidence is kept under lock."""
    portal: Mapping[str, str] = field(default_factory=dict)
    """[portal]: where the review room listens, its address and its limits."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Field -> default, csvgen.toml, environment or flag."""

    def protocol_folder(self, system: str) -> Path:
        return self.protocols / system

    def approvals(self, system: str) -> Path:
        return self.protocols / system / "approvals"

    def runs(self, system: str) -> Path:
        return self.output / system / "runs"

    def challenges(self, system: str) -> Path:
        return self.output / system / "challenges"

    def imported(self, system: str) -> Path:
        return self.output / system / "imported"

    def documents(self, system: str) -> Path:
        return self.output / system / "documents"

    @property
    def state(self) -> Path:
        """Folder of what belongs to the records but is not in the database: the seal key of this recorder."""
        if self.records.startswith("sqlite:///"):
            return Path(self.records.removeprefix("sqlite:///")).parent
        return _data_folder(self.project)

    @property
    def seal_file(self) -> Path:
        """The key of the seal, where this project has one."""
        return self.state / "seal.p12"


def find_root(start: Path) -> Path | None:
    """The nearest folder at or above `start` that holds a csvgen.toml."""
    return next((folder for folder in (start, *start.parents) if (folder / FILE).is_file()), None)


def load_config(start: Path, flags: Mapping[str, str] | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Settings of the project around `start`. Raises ConfigError for a missing or misspelt setting, naming it."""
    root = find_root(start.resolve())
    if root is None:
        raise ConfigError(f"no {FILE} here or above", where=str(start), hint="change into a csvgen project")
    file = _read(root / FILE)
    section, named = file.get("csvgen", {}), {name: file.get(name, {}) for name in _NAMED}
    single = {name: file.get(name, {}) for name in _TABLES}
    inner = {f"{k}.{n}": v for k, table in named.items() if isinstance(table, dict) for n, v in table.items()}
    tables = {"csvgen": section, **named, **single, **inner}
    if wrong := [name for name, value in tables.items() if not isinstance(value, dict)]:
        raise ConfigError(
            f"{wrong[0]!r} must be a table", where=FILE, hint=f"[{wrong[0]}.NAME]" if wrong[0] in _NAMED else f"[{wrong[0]}]"
        )
    unknown = sorted({*section} - _KEYS) + sorted({*file} - {"csvgen", *_NAMED, *_TABLES})
    if unknown:
        known = [*sorted(_KEYS), *(f"[{n}.NAME]" for n in _NAMED), *(f"[{n}]" for n in _TABLES)]
        raise ConfigError(f"unknown setting {unknown[0]!r}", where=FILE, hint=f"known: {', '.join(known)}")
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
        targets=_settings(named["target"]),
        anchors=_settings(named["anchor"]),
        **{name: {str(a): str(b) for a, b in single[name].items()} for name in _TABLES},
        sources=sources,
    )


def _settings(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    return {str(name): {str(a): str(b) for a, b in table.items()} for name, table in tables.items()}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"not TOML: {problem}", where=path.name) from None


def _data_folder(project: str) -> Path:
    from platformdirs import user_data_path

    return user_data_path("csvgen", appauthor=False) / project
