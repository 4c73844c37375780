"""Replacing a part of the released code in this process. What is not there cannot be replaced: that is an error, never silence."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class NothingToReplace(LookupError):
    """The released code is not what the fault was written for."""


def replace(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Let calls of a function go to ``wrapper(original, *arguments)``.

    `owner` is the class that defines it, or the module in which the name is looked up: a module that imported a function by name is its
    own owner. Properties, static and class methods stay what they are. Raises NothingToReplace.
    """
    found = _own(owner, name)
    if isinstance(found, property):
        if found.fget is None:
            raise NothingToReplace(f"{_told(owner)}.{name} cannot be read")
        setattr(owner, name, property(_wrapped(found.fget, wrapper)))
    elif isinstance(found, staticmethod | classmethod):
        setattr(owner, name, type(found)(_wrapped(found.__func__, wrapper)))
    elif callable(found):
        setattr(owner, name, _wrapped(found, wrapper))
    else:
        raise NothingToReplace(f"{_told(owner)}.{name} is no function")


def swap(owner: Any, name: str, value: Any) -> None:
    """Put another value in the place of a constant. Raises NothingToReplace when it is not there, or is that value already."""
    if _own(owner, name) == value:
        raise NothingToReplace(f"{_told(owner)}.{name} is {value!r} already")
    setattr(owner, name, value)


def _own(owner: Any, name: str) -> Any:
    """The attribute as it stands in the owner itself, not in what it inherits from."""
    try:
        return vars(owner)[name]
    except KeyError:
        raise NothingToReplace(f"{_told(owner)} has no {name} of its own") from None


def _wrapped(original: Callable[..., Any], wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """Its name and signature stay: the server compares arguments with them."""

    @functools.wraps(original)
    def broken(*arguments: Any, **named: Any) -> Any:
        return wrapper(original, *arguments, **named)

    return broken


def _told(owner: Any) -> str:
    return str(getattr(owner, "__qualname__", None) or getattr(owner, "__name__", owner))
