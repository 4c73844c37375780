"""The life of a controlled record: what is not in the table is refused (RR-F01)."""

from __future__ import annotations

import itertools

import pytest

from csvgen.errors import Refused
from csvgen.model.lifecycle import STATES, STEPS, step

ROAD = ("draft", "in review", "approved", "issued", "in execution", "executed", "reviewed", "closed")
"""21 CFR 11.10(f) as the rules of this project write it."""


def allowed(before: str, after: str) -> bool:
    """The rule in words: along the road, approved may be superseded, review may be declined, and whatever is not closed may be withdrawn."""
    along = (before, after) in itertools.pairwise(ROAD)
    aside = (before, after) in (("approved", "superseded"), ("in review", "declined"))
    return along or aside or (after == "withdrawn" and before in (*ROAD[:-1], "declined"))


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATES, STATES)))
def test_every_pair_of_states(before, after):
    if allowed(before, after):
        assert step("TNY-URS", before, after) == f"{before} -> {after}"
    else:
        with pytest.raises(Refused, match="cannot become") as refusal:
            step("TNY-URS", before, after)
        assert refusal.value.rule == "RR-F01"


def test_table_says_each_step_once_and_by_what():
    assert len({(a, b) for a, b, _ in STEPS}) == len(STEPS)
    assert all(by for _, _, by in STEPS)
    assert {s for a, b, _ in STEPS for s in (a, b)} == set(STATES)
