"""Adapters: systems under validation bound to the ports of `csvgen.ports`, each in a folder of its own, imported late."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from csvgen.errors import ConfigError
from csvgen.ports import Target

ADAPTERS = ("local", "platform")


def bind(name: str, settings: Mapping[str, str]) -> Target:
    """The target of a project by name. ``settings["adapter"]`` says which adapter (default: the name itself).

    local: ``home`` is the folder of an installed instance of QC release (relative to ``root``, if that is given), started as a
    process of its own; with ``install`` = yes an instance is made there when there is none.
    platform: ``file`` names the file of a platform (accounts, workspaces, forges); it is only read.
    Raises ConfigError for an unknown adapter or settings it cannot use, Unreachable when the system does not start.
    """
    adapter = settings.get("adapter", name)
    if adapter == "local":
        from csvgen.targets.local.adapter import start

        return start(name, settings)
    if adapter == "platform":
        from csvgen.targets.platform.target import start as platform

        return platform(name, settings)
    raise ConfigError(f"no adapter {adapter!r} for the target {name!r}", hint=f"adapters: {', '.join(ADAPTERS)}")


def breaker(name: str, settings: Mapping[str, str]) -> str:
    """The distribution that can break a target on purpose, with its version; empty where there is none."""
    if settings.get("adapter", name) != "local":
        return ""
    from csvgen.targets.local.faults import seeder

    found = seeder()
    return "" if found is None else f"{found.dist.name} {found.dist.version}" if found.dist is not None else found.value


def disposable(name: str, settings: Mapping[str, str], home: Path, configuration: Mapping[str, str]) -> None:
    """Make an instance of a target that is thrown away, in a folder that is not there, with the configuration of the baseline.

    Raises ConfigError for an adapter that can make none.
    """
    if settings.get("adapter", name) != "local":
        raise ConfigError(f"no disposable instance of the target {name!r} can be made from here", rule="CHL002")
    from csvgen.targets.local.faults import MARK
    from csvgen.targets.local.install import install

    install(home, {**configuration, MARK: "yes"})
