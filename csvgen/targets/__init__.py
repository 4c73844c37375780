"""Adapters: systems under validation bound to the ports of `csvgen.ports`, each in a folder of its own, imported late."""

from __future__ import annotations

from collections.abc import Mapping

from csvgen.errors import ConfigError
from csvgen.ports import Target

ADAPTERS = ("local",)


def bind(name: str, settings: Mapping[str, str]) -> Target:
    """The target of a project by name. ``settings["adapter"]`` says which adapter (default: the name itself).

    local: ``home`` is the folder of an installed instance of QC release (relative to ``root``, if that is given), started as a
    process of its own; with ``install`` = yes an instance is made there when there is none.
    Raises ConfigError for an unknown adapter or settings it cannot use, Unreachable when the system does not start.
    """
    adapter = settings.get("adapter", name)
    if adapter == "local":
        from csvgen.targets.local.adapter import start

        return start(name, settings)
    raise ConfigError(f"no adapter {adapter!r} for the target {name!r}", hint=f"adapters: {', '.join(ADAPTERS)}")
