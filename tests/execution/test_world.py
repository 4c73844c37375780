"""What a case did so far: a refusal that no step looked at is never passed over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from csvgen.errors import CsvgenError
from csvgen.ports import Outcome
from csvgen.steps.common import World, last

YES, NO = Outcome(True, "done"), Outcome(False, "not now")


def world(*taken: tuple[Outcome, bool]) -> World:
    """Each answer, and whether a step looked at it before the next one came."""
    made = World()
    bench: Any = SimpleNamespace(world=made)
    for outcome, looked_at in taken:
        made.take("Port.verb", outcome)
        if looked_at:
            assert last(bench) is outcome
    return made


@pytest.mark.parametrize(
    "looked_at", [(), ((YES, False),), ((NO, True),), ((YES, False), (NO, True)), ((NO, True), (YES, False))]
)
def test_a_case_that_looked_at_every_refusal_ends_well(looked_at: tuple[tuple[Outcome, bool], ...]) -> None:
    made = world(*looked_at)
    made.settle()
    made.take("Port.verb", NO)
    with pytest.raises(CsvgenError, match="refused what no step looked at"):
        made.settle()


@pytest.mark.parametrize(
    "overlooked", [((NO, False),), ((NO, False), (YES, True)), ((NO, False), (NO, True)), ((NO, True), (NO, False))]
)
def test_a_refusal_nobody_looked_at_is_an_error_of_the_case(overlooked: tuple[tuple[Outcome, bool], ...]) -> None:
    with pytest.raises(CsvgenError, match=r"refused what no step looked at: Port\.verb: refused: not now$"):
        world(*overlooked).settle()
