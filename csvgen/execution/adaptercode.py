"""What binds a target is part of the script: a team's own adapter, the description of a system, the file of a platform are recorded like step code."""

from __future__ import annotations

import os
from pathlib import Path

from csvgen.config import FILE, PLATFORM, load_config
from csvgen.errors import ConfigError
from csvgen.marks import load

_DESCRIBING = (".yaml", ".yml", ".json")


def adapter_files(root: Path, protocols: Path | None) -> set[Path]:
    """Files below the project that decide how the target of a system is asked, as csvgen.toml, protocol.yaml and the environment name them.

    Raises ConfigError where the environment names a file of a platform outside of the project: no approval could be bound to it.
    """
    if protocols is None or not (root / FILE).is_file():
        return set()
    config = load_config(root)
    path = config.requirements_specs / protocols.name / "protocol.yaml"
    marked = load(path.read_bytes(), path.name)[0] if path.is_file() else None
    name = str(marked.value.get("target", "")) if marked is not None and isinstance(marked.value, dict) else ""
    settings = dict(config.targets.get(name, {}))
    if settings.get("adapter") == "platform" and (other := os.environ.get(PLATFORM)):
        if not (config.root / other).resolve().is_relative_to(config.root.resolve()):
            raise ConfigError(
                f"{PLATFORM} names a file outside of the project, to which no approval can be bound", where=other,
                hint="put it below the folder of csvgen.toml",
            )  # fmt: skip
        settings["file"] = other  # it is asked in the place of the other, so it is what the approval is about
    found = {config.root / value for key, value in settings.items() if key != "adapter" and value.endswith(_DESCRIBING)}
    module, colon, _ = settings.get("adapter", "").partition(":")
    if colon:
        place = config.root.joinpath(*module.split("."))
        found |= {place.with_suffix(".py"), *place.rglob("*.py")}
    return {p.resolve() for p in found if p.is_file() and p.resolve().is_relative_to(config.root.resolve())}
