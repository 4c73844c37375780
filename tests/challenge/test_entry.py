"""Data entry: every fault that its patterns list can be seeded, and a refusal that is not the end of it is found. All pairs: test_matrix."""

from __future__ import annotations

import pytest
from csvgen_faults import FAULTS

from csvgen.patterns.catalogue import catalogue

from . import matrix

PATTERNS = tuple(name for name, p in catalogue().items() if "Entry" in p.ports)


def test_each_fault_of_entry_can_be_seeded() -> None:
    listed = {f for name in PATTERNS for f in catalogue()[name].faults if f.startswith("entry-")}
    assert {name for name in FAULTS if name.startswith("entry-")} == listed
    assert len(PATTERNS) == 7


@pytest.mark.slow
def test_a_version_that_a_refusal_made_is_found_after_every_kind_of_act() -> None:
    one = matrix.seen(["no-change-on-reject@1"], "entry-refusal-makes-version")["no-change-on-reject@1"]
    assert len(one.right) == len(one.results) == 5, one.told
    assert "as before" in one.told
