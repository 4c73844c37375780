"""Scripts of reports, rounding, interfaces and acts at the same time: green on the system as released, red on each fault they must detect."""

from __future__ import annotations

import pytest
from csvgen_faults import FAULTS

from csvgen.patterns.faults import faults

from . import matrix

PATTERNS = ("report-content@1", "calculation@2", "interface-transfer@1", "concurrency@1")
ROOMS = ("report", "calculation", "interface", "concurrency")
ALONE = {
    "concurrency-lost-update": "changes/",
    "concurrency-both-sign": "signatures/",
    "concurrency-signed-unseen": "change-while-signing",
    "concurrency-loser-not-told": "changes/",
    "concurrency-one-id-twice": "registrations",
    "concurrency-file-overwritten": "files",
}
"""Meeting of two that a fault is about: the script that must see it."""


def test_each_of_these_faults_can_be_seeded_and_is_listed() -> None:
    mine = {name for name, f in faults().items() if f.room in ROOMS}
    assert mine <= set(FAULTS)
    assert {name for name in mine if not set(matrix.listing(name)) & set(PATTERNS)} == set()


@pytest.mark.slow
def test_a_tie_rounded_to_the_even_digit_is_seen_at_the_tie() -> None:
    one = matrix.seen(["calculation@2"], "calculation-rounds-half-even")["calculation@2"]
    assert [one.keys[r.case].partition("/")[2] for r in one.red] == ["ties/class=tie after an even digit"]
    assert len(one.right) == 1


@pytest.mark.slow
def test_the_scripts_are_green_on_the_system_as_released() -> None:
    assert {name: one.told for name, one in matrix.seen(PATTERNS).items() if one.red} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "script"), ALONE.items(), ids=list(ALONE))
def test_the_meeting_that_a_fault_is_about_shows_it(fault: str, script: str) -> None:
    one = matrix.seen(["concurrency@1"], fault)["concurrency@1"]
    assert [r for r in one.right if one.keys[r.case].partition("/")[2].startswith(script)]
    assert one.red == one.right
