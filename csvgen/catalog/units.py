"""The closed list of units a typed value may have, by dimension (``data/units.yaml``; docs/decisions/0004-units.md says why closed)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

from csvgen.catalog.subjects import read


@cache
def units() -> Mapping[str, str]:
    """Unit -> dimension."""
    return {unit: dimension for dimension, listed in _data()["dimensions"].items() for unit in listed}


def printed(unit: str) -> str:
    """A unit as documents print it: ug is µg, Cel is °C."""
    says: Mapping[str, str] = _data()["says"]
    return says.get(unit, unit)


def nearest(unit: str) -> tuple[str, ...]:
    """What was probably meant by a unit that is not in the list, best first."""
    meant: Mapping[str, str] = _data()["meant"]
    if unit in meant:
        return (meant[unit],)
    folded = {u.casefold(): u for u in units()}
    near = difflib.get_close_matches(unit.casefold(), folded, n=3, cutoff=0.6)
    return tuple(folded[n] for n in near)


@cache
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read("units")
    return found
