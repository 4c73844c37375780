"""Which file below requirements_specs/<system>/ holds what.

system.yaml plan.yaml installation.yaml protocol.yaml [depth.yaml] [suppliers.yaml] [suppressions.yaml] [unproven.yaml]
urs/*.yaml risk/*.yaml [fs/*.yaml] [pq/*.yaml] [oracles/*.yaml]
[schemes/*.yaml]            risk schemes of this project
data/** procedures/**       files bound by their digest
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from csvgen.canonical import Digest, digest_file
from csvgen.model import spec as noun


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its model; and, where it holds a list, the key of that list and the model of one entry."""

    name: str
    model: type[BaseModel]
    entries: str = ""
    entry: type[BaseModel] | None = None
    optional: bool = False


SINGLE: Mapping[str, Kind] = {
    "system.yaml": Kind("system", noun.System),
    "plan.yaml": Kind("plan", noun.Plan),
    "installation.yaml": Kind("installation", noun.Installation),
    "protocol.yaml": Kind("protocol", noun.ProtocolSettings),
    "depth.yaml": Kind("depth", noun.DepthPolicy, optional=True),
    "suppliers.yaml": Kind("suppliers", noun.Suppliers, optional=True),
    "suppressions.yaml": Kind("suppressions", noun.Suppressions, optional=True),
    "unproven.yaml": Kind("unproven", noun.Justifications, optional=True),
}
"""File name -> kind."""
MANY: Mapping[str, Kind] = {
    "urs": Kind("urs", noun.Urs, "requirements", noun.Requirement),
    "fs": Kind("fs", noun.FunctionalSpec, "functions", noun.FunctionalItem, optional=True),
    "risk": Kind("risk", noun.RiskAssessment, "risks", noun.Risk),
    "pq": Kind("pq", noun.Scenarios, "scenarios", noun.Scenario, optional=True),
    "oracles": Kind("oracles", noun.Oracles, "oracles", noun.Oracle, optional=True),
}
"""Folder -> kind of each file in it."""
SCHEMES = "schemes"
BOUND = ("data", "procedures")
"""Folders whose files enter the specification by their digest."""


def systems(root: Path) -> tuple[str, ...]:
    """Names of the systems below `root`, sorted. Every folder is one, so that a system whose system.yaml is missing is not overlooked."""
    return tuple(sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))) if root.is_dir() else ()


def bound_files(folder: Path) -> dict[str, Digest]:
    """Path below the system's folder -> digest, for every file that the specification binds."""
    return {
        path.relative_to(folder).as_posix(): digest_file(path)
        for name in BOUND
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }


def strangers(folder: Path) -> Iterator[Path]:
    """What lies in a system's folder and has no place in a specification: a file nobody reads is a requirement nobody tests.

    Links are strangers, too: what they lead to can change without a change here. Hidden files belong to editors, and what is neither
    YAML nor JSON (a README, notes) says nothing that anybody would take for a requirement.
    """
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") for part in parts) or (path.is_dir() and not path.is_symlink()):
            continue
        alone = len(parts) == 1 and parts[0] in SINGLE
        listed = len(parts) > 1 and path.suffix == ".yaml" and (parts[0] in MANY or (parts[0] == SCHEMES and len(parts) == 2))  # noqa: PLR2004
        known = alone or listed or parts[0] in BOUND or path.suffix.lower() not in {".yaml", ".yml", ".json"}
        if path.is_symlink() or not known:
            yield path


def outside(root: Path) -> Iterator[Path]:
    """Files beside the folders of the systems that look like a specification."""
    for path in sorted(root.iterdir()):
        if path.is_file() and path.suffix.lower() in {".yaml", ".yml", ".json"} and not path.name.startswith("."):
            yield path


def listed(folder: Path, kind: str) -> list[Path]:
    """The files of a kind that may be split, in the order of their paths; folders below are part of it."""
    return sorted((folder / kind).rglob("*.yaml"), key=lambda p: p.relative_to(folder).as_posix())
