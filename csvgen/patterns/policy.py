"""The depth policy that comes with csvgen, for every system that brings none of its own.

It stays ``default@1`` for ever: what was approved without a depth.yaml was approved under it. A better one gets another version, and
reaches a project by being written into its depth.yaml.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from csvgen.errors import BadInput
from csvgen.marks import own_data
from csvgen.model.depth import Depth, DepthPolicy
from csvgen.patterns.tables import Strength

DEFAULT = "default@1"


@cache
def default() -> DepthPolicy:
    """The shipped policy. Raises BadInput when this installation's copy is damaged."""
    path = resources.files("csvgen.patterns").joinpath("depth", f"{DEFAULT}.yaml")
    found = DepthPolicy.model_validate(own_data(path.read_bytes(), path.name))
    if found.name != DEFAULT:
        raise BadInput(f"holds the policy {found.name}", where=path.name)
    return found


def strength_of(depth: Depth) -> Strength:
    """How thoroughly a priority has factors combined; pairs where a policy names combinations and nothing more."""
    return Strength(int(depth.strength or "2"), int(depth.full_table), int(depth.row_limit))
