"""What binds a target is part of the script: a team's own adapter, and the description of an HTTP system, are recorded like step code."""

from __future__ import annotations

from pathlib import Path

from csvgen.config import FILE, load_config
from csvgen.marks import load

_DESCRIBING = (".yaml", ".yml", ".json")


def adapter_files(root: Path, protocols: Path | None) -> set[Path]:
    """Files below the project that decide how the target of a system is asked, as csvgen.toml and protocol.yaml name them."""
    if protocols is None or not (root / FILE).is_file():
        return set()
    config = load_config(root)
    path = config.requirements_specs / protocols.name / "protocol.yaml"
    marked = load(path.read_bytes(), path.name)[0] if path.is_file() else None
    name = str(marked.value.get("target", "")) if marked is not None and isinstance(marked.value, dict) else ""
    settings = config.targets.get(name, {})
    found = {config.root / value for key, value in settings.items() if key != "adapter" and value.endswith(_DESCRIBING)}
    module, colon, _ = settings.get("adapter", "").partition(":")
    if colon:
        place = config.root.joinpath(*module.split("."))
        found |= {place.with_suffix(".py"), *place.rglob("*.py")}
    return {p.resolve() for p in found if p.is_file() and p.resolve().is_relative_to(config.root.resolve())}
