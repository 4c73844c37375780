"""The shard function: every case once, groups whole, shares even, and little moves when the protocol changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen.errors import ConfigError
from csvgen.execution.sharding import Group, assign, groups
from csvgen.model.protocol import TestCase


def case(number: int, feature: str, *requirements: str, tags: tuple[str, ...] = ()) -> TestCase:
    return TestCase(
        id=f"TC-OQ-{number:04d}", title="probe", phase="OQ", requirements=requirements, risks=(), priority="low", technique="positive",
        rule="", why="", ports=(), tags=tags, steps=(), feature=f"OQ/{feature}.feature",
    )  # fmt: skip


SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=40)


def protocol(sizes: list[int]) -> list[TestCase]:
    """One feature for each size, with so many cases of one requirement."""
    places = [(f, n) for f, size in enumerate(sizes) for n in range(size)]
    return [case(number, f"URS-P-{f:03d}", f"URS-P-{f:03d}") for number, (f, _) in enumerate(places, 1)]


@settings(max_examples=150, deadline=None)
@given(SIZES, st.integers(1, 60))
def test_shards_are_disjoint_complete_and_keep_groups_whole(sizes: list[int], n: int) -> None:
    cases = protocol(sizes)
    found = groups(cases, {})
    placed = assign(found, n)
    assert placed.keys() == {c.id for c in cases}, "every case, and no other"
    assert sum(len(g.cases) for g in found) == len(cases), "no case is in two groups"
    assert set(placed.values()) <= set(range(1, n + 1))
    assert [len(g.cases) for g in found] == sizes
    assert all(len({placed[c] for c in g.cases}) == 1 for g in found)
    assert list(placed.values()) == sorted(placed.values()), "the order of the protocol is the order of the shards"


@settings(max_examples=150, deadline=None)
@given(SIZES, st.integers(1, 60))
def test_no_shard_has_more_than_its_share_and_one_group(sizes: list[int], n: int) -> None:
    placed = list(assign(groups(protocol(sizes), {}), n).values())
    assert max(placed.count(s) for s in range(1, n + 1)) <= sum(sizes) / n + max(sizes)


@settings(max_examples=200, deadline=None)
@given(SIZES, st.integers(1, 20), st.data())
def test_one_case_more_moves_groups_at_the_cuts_only_and_to_their_neighbour(
    sizes: list[int], n: int, data: st.DataObject
) -> None:
    n = min(n, sum(sizes))
    before = protocol(sizes)
    place = data.draw(st.integers(0, len(sizes) - 1))
    first = next(k for k, c in enumerate(before) if c.feature == f"OQ/URS-P-{place:03d}.feature")
    into = data.draw(st.booleans())
    feature = f"URS-P-{place:03d}" if into else "URS-NEW"
    after = [*before[:first], case(9999, feature, feature), *before[first:]]
    was, now = assign(groups(before, {}), n), assign(groups(after, {}), n)
    assert all(abs(was[c] - now[c]) <= 1 for c in was)
    moved = {c.feature for c in before if was[c.id] != now[c.id]}
    assert len(moved) <= 2 * (n - 1)


def test_the_same_protocol_gives_the_same_shards() -> None:
    cases = protocol([3, 1, 4, 1, 5])
    assert assign(groups(cases, {}), 3) == assign(groups(list(cases), {}), 3)
    sizes = [list(assign(groups(cases, {}), 3).values()).count(s) for s in (1, 2, 3)]
    assert sizes == [4, 5, 5]


def test_two_files_of_one_requirement_stay_together() -> None:
    cases = [case(1, "URS-P-001", "URS-P-001"), case(2, "URS-P-002", "URS-P-002"), case(3, "by-hand", "URS-P-001")]
    assert groups(cases, {}) == (
        Group("URS-P-001", ("TC-OQ-0001", "TC-OQ-0003")),
        Group("URS-P-002", ("TC-OQ-0002",)),
    )


def test_a_business_process_ties_its_requirements_not_together() -> None:
    cases = [case(1, "a", "URS-P-001"), case(2, "b", "URS-P-002"), case(3, "process", "URS-P-001", "URS-P-002")]
    assert [g.cases for g in groups(cases, {})] == [("TC-OQ-0001",), ("TC-OQ-0002",), ("TC-OQ-0003",)]


@pytest.mark.parametrize("by", ["tag", "csvgen.toml, requirement", "csvgen.toml, case"])
def test_a_declared_resource_is_kept_whole(by: str) -> None:
    cases = [case(n, f"URS-P-{n:03d}", f"URS-P-{n:03d}") for n in range(1, 7)]
    declared = {
        "tag": {},
        "csvgen.toml, requirement": {"reader": "URS-P-002 URS-P-005"},
        "csvgen.toml, case": {"reader": "TC-OQ-0002 TC-OQ-0005"},
    }[by]
    if by == "tag":
        cases = [replace(c, tags=("resource-reader",)) if c.id in ("TC-OQ-0002", "TC-OQ-0005") else c for c in cases]
    found = groups(cases, declared)
    assert Group("resource reader", ("TC-OQ-0002", "TC-OQ-0005")) in found
    for n in range(1, 8):
        placed = assign(found, n)
        assert placed["TC-OQ-0002"] == placed["TC-OQ-0005"]
    alone = assign(groups([replace(c, tags=()) for c in cases], {}), 6)
    assert alone["TC-OQ-0002"] != alone["TC-OQ-0005"], "without the declaration they would be apart"


def test_no_shards_is_no_number_of_shards() -> None:
    with pytest.raises(ConfigError, match="0 is no number of shards"):
        assign((Group("a", ("b",)),), 0)
