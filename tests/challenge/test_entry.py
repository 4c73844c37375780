"""The scripts of the patterns of data entry: green on the system as released, red on each fault they say they detect."""

from __future__ import annotations

import pytest
from csvgen_faults import FAULTS

from csvgen.patterns.catalogue import catalogue

from . import matrix

PATTERNS = tuple(name for name, p in catalogue().items() if "Entry" in p.ports)
SEEDED = sorted(name for name in FAULTS if name.startswith("entry-"))


def test_each_fault_of_entry_can_be_seeded() -> None:
    listed = {f for name in PATTERNS for f in catalogue()[name].faults if f.startswith("entry-")}
    assert set(SEEDED) == listed
    assert len(PATTERNS) == 7


@pytest.mark.slow
def test_the_scripts_are_green_on_the_system_as_released() -> None:
    found = matrix.seen(PATTERNS)
    assert {name: one.told for name, one in found.items() if one.red} == {}
    assert min(len(one.results) for one in found.values()) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("fault", SEEDED)
def test_every_pattern_that_lists_a_fault_turns_red_on_it(fault: str) -> None:
    assert matrix.unseen(fault) == {}
