"""Whether a value is of the type that a port declares, down to its parts."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

_FEW = 50
"""Members of a long answer that are looked at: first ones; an adapter that is wrong is wrong in all of them."""


def misfit(value: Any, wanted: Any, where: str = "the answer") -> str:
    """What does not fit, in words; empty where all of it fits."""
    origin, inner = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return "" if any(not misfit(value, one, where) for one in inner) else f"{where} is {_said(value)}, not {_called(wanted)}"
    if origin is typing.Literal:
        return "" if value in inner else f"{where} is {value!r}, not one of {', '.join(map(str, inner))}"
    if origin is tuple:
        return _members(value, inner, where)
    if origin is not None and issubclass(origin, Mapping):
        return _pairs(value, inner, where)
    return "" if wanted is Any or wanted is object else _plain(value, wanted, where)


def _members(value: Any, inner: tuple[Any, ...], where: str) -> str:
    if not isinstance(value, tuple):
        return f"{where} is {_said(value)}, not a tuple"
    each = [inner[0]] * len(value) if inner[-1:] == (Ellipsis,) else list(inner)
    found = (misfit(v, t, f"{where}[{n}]") for n, (v, t) in enumerate(zip(value[:_FEW], each, strict=False)))
    return next(filter(None, found), "")


def _pairs(value: Any, inner: tuple[Any, ...], where: str) -> str:
    if not isinstance(value, Mapping):
        return f"{where} is {_said(value)}, not a mapping"
    pairs = list(value.items())[:_FEW]
    found = (misfit(k, inner[0], f"a key of {where}") or misfit(v, inner[1], f"{where}[{k!r}]") for k, v in pairs)
    return next(filter(None, found), "")


def _plain(value: Any, wanted: Any, where: str) -> str:
    if wanted is None or wanted is type(None):
        return "" if value is None else f"{where} is {_said(value)}, not None"
    if not isinstance(wanted, type):
        return ""
    protocol = getattr(wanted, "_is_protocol", False)
    if not protocol and (not isinstance(value, wanted) or (isinstance(value, bool) and wanted is int)):
        return f"{where} is {_said(value)}, not {wanted.__name__}"
    if dataclasses.is_dataclass(wanted):
        hints = typing.get_type_hints(wanted)
        found = (misfit(getattr(value, f.name), hints[f.name], f"{where}.{f.name}") for f in dataclasses.fields(wanted))
        return next(filter(None, found), "")
    return ""


def _said(value: Any) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"


def _called(wanted: Any) -> str:
    return " or ".join("None" if t is type(None) else getattr(t, "__name__", str(t)) for t in typing.get_args(wanted))
