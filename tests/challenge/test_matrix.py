"""Every fault that a pattern lists turns one of its scripts red, at a Then that expected something else; nothing else does.

The normal tier takes a sample, another one for each version of csvgen; the whole matrix is slow.
"""

from __future__ import annotations

import random

import pytest
from csvgen_faults import FAULTS

import csvgen
from csvgen.model.execution import CaseResult, Observation, StepResult, Verdict
from csvgen.patterns.catalogue import catalogue
from csvgen.patterns.faults import faults

from . import matrix

ROOMS = ("audit", "signature", "access", "record")
"""Rooms of which every fault can be seeded."""
WAITING = {"record-restore-loses-field", "record-restore-alters-value"}
"""What breaks a restore needs the port Continuity, which the local target does not offer yet."""
PAIRS = [(fault, name) for fault in sorted(FAULTS) for name in matrix.listing(fault)]
QUICK = (
    "audit-entry@1",
    "record-copy@1",
    "retention@1",
    "second-person@1",
    "value-history@1",
    "review-of-trail@1",
    "trail-copy@1",
)
"""Patterns of few cases and without pauses."""
SAMPLE = random.Random(csvgen.__version__).sample([(f, p) for f, p in PAIRS if p in QUICK], 1)


def ids(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{name}-{fault}" for fault, name in pairs]


def judge(fault: str, name: str) -> None:
    one = matrix.seen([name], fault)[name]
    assert one.right, f"{name} does not see {fault}: {one.told}"


@pytest.mark.parametrize(("fault", "name"), SAMPLE, ids=ids(SAMPLE))
def test_a_fault_is_seen_at_a_then(fault, name):
    judge(fault, name)


def test_without_a_fault_the_same_scripts_are_green():
    names = {name for _, name in SAMPLE}
    assert {name: one.told for name, one in matrix.seen(names).items() if one.red} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "name"), PAIRS, ids=ids(PAIRS))
def test_each_fault_is_seen_by_each_pattern_that_lists_it(fault, name):
    judge(fault, name)


@pytest.mark.slow
def test_without_a_fault_every_script_is_green():
    assert {name: one.told for name, one in matrix.seen(matrix.scripts().paths).items() if one.red} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_every_fault_of_the_room_can_be_seeded_and_is_listed_by_a_pattern(room):
    named = {name for name, fault in faults().items() if fault.room == room}
    assert named - WAITING == {name for name in FAULTS if faults()[name].room == room} - WAITING
    assert not [name for name in named if not matrix.listing(name)]


def test_every_pattern_has_scripts_in_the_matrix():
    here = set(catalogue()) - {"platform-state@1"}  # of a port that this target has not: tests/targets/platforms/
    assert set(matrix.scripts().paths) == here
    assert {name for name, _ in matrix.scripts().cases.values()} == here


# ------------------------------------------------------------ the matrix judges rightly


def result(keyword: str, verdict: Verdict, *, holds: bool | None) -> CaseResult:
    """A case of two steps, of which the first ended so, with an observation that holds or not, or none."""
    told = {"what": "answer", "comparison": "equal", "expected": "a", "source": "port"}
    observed = () if holds is None else (Observation(actual="a" if holds else "b", holds=holds, **told),)
    first = StepResult(number=1, keyword=keyword, text="it is a", verdict=verdict, observations=observed)
    last = StepResult(number=2, keyword="Then", text="so is this", verdict=Verdict.NOT_RUN)
    return CaseResult(case="TC-OQ-0001", case_digest="sha256:" + "0" * 64, verdict=verdict, steps=(first, last))


@pytest.mark.parametrize(
    ("keyword", "verdict", "holds", "right"),
    [
        ("Then", Verdict.FAILED, False, True),
        ("When", Verdict.FAILED, False, False),
        ("Given", Verdict.FAILED, False, False),
        ("Then", Verdict.ERROR, False, False),
        ("Then", Verdict.BLOCKED, None, False),
        ("Then", Verdict.FAILED, None, False),
        ("Then", Verdict.FAILED, True, False),
        ("Then", Verdict.PASSED, True, False),
    ],
)
def test_only_a_then_whose_observation_does_not_hold_counts(keyword, verdict, holds, right):
    one = matrix.Seen("pattern@1", (result(keyword, verdict, holds=holds),), {"TC-OQ-0001": "ac-1/script"})
    assert bool(one.right) is right
    assert ("expected 'a', observed 'b'" in one.told) is right
    assert bool(one.red) is (verdict is not Verdict.PASSED)
