"""The closed list of units a typed value may have, by dimension (``data/units.yaml``; docs/decisions/0004-units.md says why closed)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

from csvgen.catalog.files import read


@cache
def units() -> Mapping[str, str]:
    """Unit -> dimension: by its code, and by the one form in which it is printed."""
    codes = {unit: dimension for dimension, listed in _data()["dimensions"].items() for unit in listed}
    return codes | {shown: codes[unit] for unit, shown in _data()["says"].items()}


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
