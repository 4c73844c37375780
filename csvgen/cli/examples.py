"""Worked examples that `csvgen init --example NAME` writes: whole projects, as they lie in examples/."""

from __future__ import annotations

from pathlib import Path

import csvgen
from csvgen.errors import ConfigError

_LEFT = ("__pycache__", "instance", "output", "records", "pictures")
"""What an example makes when it is used, and what is no part of it."""
_DRAFTED = "protocols"
"""Drafted when it is used, but for step definitions, which are written."""
_NAMES = {"gitignore": ".gitignore"}
_PEOPLE = ("people.yaml", "qc-release/people.yaml")
"""The fictitious people of the demonstration, in the wheel and in a checkout: with them an example is validated formally too."""


def folders() -> dict[str, Path]:
    """Name -> folder of each example that is a whole project: it has a csvgen.toml."""
    package = Path(csvgen.__file__).parent
    places = (package / "_examples", package.parent / "examples")
    found = {p.parent.name: p.parent for place in places if place.is_dir() for p in sorted(place.glob("*/csvgen.toml"))}
    return dict(sorted(found.items()))


def files(name: str) -> dict[str, bytes]:
    """Path -> content of each file of an example. Raises ConfigError for one there is not."""
    known = folders()
    if name not in known:
        raise ConfigError(f"there is no example {name!r}", hint=f"examples: {', '.join(known) or 'none in this installation'}")
    base = known[name]
    paths = (p for p in sorted(base.rglob("*")) if p.is_file() and _ships(p.relative_to(base)))
    made = {_NAMES.get(r := p.relative_to(base).as_posix(), r): p.read_bytes() for p in paths}
    people = next((p for place in _PEOPLE if (p := base.parent / place).is_file()), None)
    return made if people is None else {"people.yaml": people.read_bytes(), **made}


def _ships(path: Path) -> bool:
    return not any(part in _LEFT for part in path.parts) and (path.parts[0] != _DRAFTED or path.name == "conftest.py")
