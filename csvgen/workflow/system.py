"""Which system of a project is meant. Apart from `opening`, because most commands ask this and nothing else of a project."""

from __future__ import annotations

from csvgen.config import Config
from csvgen.errors import ConfigError
from csvgen.spec.load import systems


def system_meant(config: Config, named: str | None) -> str:
    """The system meant: the one named, or the only one there is. Raises ConfigError."""
    there = systems(config.requirements_specs)
    if named is not None:
        if named not in there:
            raise ConfigError(
                f"no system {named!r} under requirements_specs/", hint=f"systems there: {', '.join(there) or 'none'}"
            )
        return named
    if len(there) == 1:
        return there[0]
    raise ConfigError(f"name a system: {', '.join(there) or 'there is none under requirements_specs/'}", hint="--system NAME")
