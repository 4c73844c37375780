"""Faults in the code of steps. A run makes its modules from the bytes that were approved (`csvgen.pipeline.flow.loading`), apart from those
that Python imports: a function of such a module is replaced in both, so that all of the process is broken alike.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from csvgen.pipeline.flow.loading import Code
from csvgen_faults.patching import NothingToReplace, replace


def replace_in_steps(module: str, name: str, wrapper: Callable[..., Any]) -> None:
    """As `patching.replace`, of a function or ``Class.method`` of a module below ``csvgen.pipeline``. Raises NothingToReplace."""
    _in(import_module(module), name, wrapper)

    def made(original: Callable[..., ModuleType], code: Code, asked: str) -> ModuleType:
        loaded = original(code, asked)
        if asked == module:
            _in(loaded, name, wrapper)
        return loaded

    replace(Code, "_made", made)


def _in(module: ModuleType, name: str, wrapper: Callable[..., Any]) -> None:
    owner, _, function = name.rpartition(".")
    if owner and not isinstance(vars(module).get(owner), type):
        raise NothingToReplace(f"{module.__name__} has no class {owner}")
    replace(vars(module)[owner] if owner else module, function, wrapper)
