"""Nested values in words, for people: ``reported 100.5, unit %``; what has no value is not told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIRST = ("phase", "step", "name")
"""What a thing is called comes before what is said of it."""


def words(value: Any) -> str:
    """A value of a record as text. Tables as ``name value``, what is nested in brackets."""
    if isinstance(value, Mapping):
        told = ((str(name), words(inner), isinstance(inner, Mapping | list)) for name, inner in _ordered(value))
        return ", ".join(f"{name} ({text})" if nested else f"{name} {text}" for name, text, nested in told if text)
    if isinstance(value, list | tuple):
        told_each = [words(v) for v in value]
        nested = any(isinstance(v, Mapping | list) for v in value)
        return "; ".join(f"({t})" for t in told_each if t) if nested else ", ".join(t for t in told_each if t)
    return "" if value is None else str(value)


def _ordered(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(value.items(), key=lambda item: item[0] not in _FIRST)
