"""Adapters: systems under validation bound to the ports of `csvgen.ports`, each in a folder of its own, imported late.

Adding an adapter is a line in `ADAPTERS` and a module with ``start(name, settings) -> Target``. A team's own is named in its csvgen.toml,
``adapter = "module:function"``, and nowhere else: the project's file, reviewed and versioned, says which code is believed. What happens
to be installed in an interpreter (an entry point) never decides it; it could take a name, or change under one, and no file of the project would tell.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from csvgen.errors import ConfigError
from csvgen.ports import Target

ADAPTERS: Mapping[str, str] = {
    "browser": "csvgen.targets.browser.adapter",
    "http": "csvgen.targets.http.adapter",
    "local": "csvgen.targets.local.adapter",
    "platform": "csvgen.targets.platform.target",
}
"""Name of an adapter -> its module, which offers ``start``."""

_OWN = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):(?P<function>[A-Za-z_]\w*)")


def bind(name: str, settings: Mapping[str, str]) -> Target:
    """The target of a project by name. ``settings["adapter"]`` says which adapter (default: the name itself).

    local: ``home`` is the folder of an installed instance of QC release (relative to ``root``, if that is given), started as a
    process of its own; with ``install`` = yes an instance is made there when there is none.
    ``module:function``: a team's own adapter; the module is looked for below ``root`` first. The function takes name and settings.
    platform: ``file`` names the file of a platform (accounts, workspaces, forges); it is only read.
    Raises ConfigError for an unknown adapter or settings it cannot use, Unreachable when the system does not start.
    """
    return maker(name, settings)(name, settings)


def maker(name: str, settings: Mapping[str, str]) -> Callable[[str, Mapping[str, str]], Target]:
    """The function that binds a target. Raises ConfigError where there is none."""
    adapter = settings.get("adapter", name)
    if adapter in ADAPTERS:
        made: Callable[[str, Mapping[str, str]], Target] = importlib.import_module(ADAPTERS[adapter]).start
        return made
    if own := _OWN.fullmatch(adapter):
        return _own(name, own["module"], own["function"], settings.get("root", "."))
    raise ConfigError(
        f"no adapter {adapter!r} for the target {name!r}",
        hint=f'adapters: {", ".join(sorted(ADAPTERS))}; your own: adapter = "module:function"',
    )


def _own(name: str, module: str, function: str, root: str) -> Callable[[str, Mapping[str, str]], Target]:
    """A team's own adapter, imported with the project's folder in front of the path."""
    place = str(Path(root).resolve())
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    try:
        found = getattr(importlib.import_module(module), function)
    except Exception as problem:  # a module of others: whatever it raises is the reason why it cannot be used
        raise ConfigError(
            f"the adapter {module}:{function} of the target {name!r} cannot be imported: {type(problem).__name__}: {problem}",
            where="csvgen.toml", hint="the module lies below the project's folder, or is installed",
        ) from problem  # fmt: skip
    finally:
        sys.path.remove(place)
    if not callable(found):
        raise ConfigError(
            f"{module}:{function} is no function; an adapter is a function of name and settings", where="csvgen.toml"
        )
    made: Callable[[str, Mapping[str, str]], Target] = found
    return made


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
