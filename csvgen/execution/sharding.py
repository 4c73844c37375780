"""Which case is executed in which shard: a pure function of the cases, the declared resources and the number of shards.

Cases that share something stay together. The groups stay in the order of the protocol and are cut into as many stretches as there
are shards, each group going where its middle lies. So the function needs no memory, and a change of the protocol moves little:

- no shard has more than its even share and one largest group;
- a case that is added moves every other case at most to the neighbouring shard, and only groups at a cut (`tests/scale`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csvgen.errors import ConfigError
from csvgen.model.protocol import TestCase

RESOURCE = "resource-"
"""Tag of a case that needs a resource which only one shard may use: ``@resource-plate-reader``."""


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that are executed in one shard."""

    name: str
    """Of its first case: the resource, the requirement or the feature that it stands for."""
    cases: tuple[str, ...]


def groups(cases: Sequence[TestCase], resources: Mapping[str, str]) -> tuple[Group, ...]:
    """Cases that share a feature file, a requirement they serve alone, or a resource, in the order of their first case.

    A case that serves several requirements (a business process) does not tie them together: it would tie nearly everything.
    `resources` are those of csvgen.toml: name -> ids of requirements and cases.
    """
    declared = {name: set(ids.split()) for name, ids in resources.items()}
    parent = list(range(len(cases)))

    def top(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    seen: dict[str, int] = {}
    for place, case in enumerate(cases):
        for key in _keys(case, declared):
            first = seen.setdefault(key, place)
            low, high = sorted((top(first), top(place)))
            parent[high] = low
    members: dict[int, list[TestCase]] = {}
    for place, case in enumerate(cases):
        members.setdefault(top(place), []).append(case)
    return tuple(Group(_name(found, declared), tuple(c.id for c in found)) for found in members.values())


def _keys(case: TestCase, declared: Mapping[str, set[str]]) -> list[str]:
    keys = [f"feature {case.feature}"] if case.feature else []
    keys += [f"requirement {case.requirements[0]}"] if len(case.requirements) == 1 else []
    return keys + [f"resource {name}" for name in _resources(case, declared)]


def _resources(case: TestCase, declared: Mapping[str, set[str]]) -> list[str]:
    named = {t.removeprefix(RESOURCE) for t in case.tags if t.startswith(RESOURCE)}
    return sorted(named | {name for name, ids in declared.items() if not ids.isdisjoint((case.id, *case.requirements))})


def _name(cases: Sequence[TestCase], declared: Mapping[str, set[str]]) -> str:
    shared = [r for c in cases for r in _resources(c, declared)]
    if shared:
        return f"resource {shared[0]}"
    first = cases[0]
    return first.requirements[0] if len(first.requirements) == 1 else first.feature or first.id


def assign(found: Sequence[Group], shards: int) -> dict[str, int]:
    """Case -> shard, from 1. A shard can be empty, where a group is larger than an even share or there are fewer groups than shards."""
    if shards < 1:
        raise ConfigError(f"{shards} is no number of shards", hint="--shards 4")
    total = sum(len(g.cases) for g in found)
    placed: dict[str, int] = {}
    before = 0
    for group in found:
        middle = 2 * before + len(group.cases)  # twice, to stay with whole numbers
        placed |= dict.fromkeys(group.cases, middle * shards // (2 * total) + 1)
        before += len(group.cases)
    return placed
