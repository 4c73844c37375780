"""Faults of the local target, by the names of csvgen's own list: each patches the released code in the process that calls it.

A module of this package holds the faults of one room; it is found by being there.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from csvgen.patterns.faults import faults

Fault = Callable[[], None]
"""Breaks the code of this process; there is no way back but its end."""

_NO_ROOMS = ("patching", "server")
_made: dict[str, Fault] = {}
FAULTS: Mapping[str, Fault] = MappingProxyType(_made)
"""Every fault that can be seeded, by name."""


def fault(name: str) -> Callable[[Fault], Fault]:
    """Register a function as the fault of this name. Raises KeyError for a name that csvgen does not list, or that is taken."""
    if name not in faults():
        raise KeyError(f"{name} is no fault that csvgen lists (csvgen/patterns/faults.yaml)")
    if name in _made:
        raise KeyError(f"{name} is registered already")

    def register(made: Fault) -> Fault:
        _made[name] = made
        return made

    return register


def apply(name: str) -> None:
    """Break the code of this process. Raises KeyError for an unknown name, `patching.NothingToReplace` when the code is another."""
    FAULTS[name]()


for _room in pkgutil.iter_modules(__path__):
    if _room.name not in _NO_ROOMS:
        import_module(f"{__name__}.{_room.name}")
