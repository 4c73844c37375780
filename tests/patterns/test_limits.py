"""Boundaries from declared limits and resolution: held against counting, in exact decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvgen.errors import BadInput
from csvgen.patterns.rows import limits


def of(technique: str, **parameters: str) -> list[tuple[str, str]]:
    return [(r["value"], r["outcome"]) for r in limits(parameters) if r["technique"] == technique]


def test_two_values_are_the_limit_and_its_neighbour_outside() -> None:
    assert of("boundary", low="95.0", high="105.0", resolution="0.1") == [
        ("95.0", "accepts"), ("94.9", "refuses"), ("105.0", "accepts"), ("105.1", "refuses"),
    ]  # fmt: skip


def test_three_values_add_the_neighbour_inside() -> None:
    assert of("boundary-3", low="95.0", high="105.0", resolution="0.1") == [("95.1", "accepts"), ("104.9", "accepts")]


def test_of_an_exclusive_limit_the_neighbours_change_sides() -> None:
    assert of("boundary", low="0", resolution="0.01", limits="exclusive") == [("0.00", "refuses"), ("0.01", "accepts")]
    assert of("boundary-3", low="0", resolution="0.01", limits="exclusive") == [("-0.01", "refuses")]


def test_one_limit_is_enough() -> None:
    assert {r["class"] for r in limits({"high": "8", "resolution": "1"})} == {
        "well inside", "well above high", "high", "one step above high", "one step below high",
    }  # fmt: skip


def test_a_float_would_give_another_value() -> None:
    """0.1 + 0.2 is 0.3 here, and 8.4 - 0.1 is 8.3."""
    assert ("0.3", "refuses") in of("boundary", high="0.2", resolution="0.1")
    assert ("8.3", "accepts") in of("boundary-3", high="8.4", resolution="0.1")


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"low": "95.05", "high": "105", "resolution": "0.1"}, "low 95.05 is no multiple of the resolution 0.1"),
        ({"low": "5", "high": "4", "resolution": "1"}, "no value lies between 5 and 4"),
        ({"low": "1", "high": "2", "resolution": "1", "limits": "exclusive"}, "no value lies between"),
        ({"resolution": "1"}, "need low or high"),
        ({"low": "1", "resolution": "0"}, "above zero"),
        ({"low": "1", "resolution": "1", "limits": "open"}, "inclusive or exclusive"),
        ({"low": "NaN", "resolution": "1"}, "finite"),
    ],
)
def test_limits_that_make_no_sense_are_refused_by_name(parameters: dict[str, str], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        limits(parameters)


steps = st.tuples(st.integers(1, 25), st.integers(0, 6)).map(lambda p: Decimal(p[0]).scaleb(-p[1]))


@given(steps, st.integers(-(10**6), 10**6), st.integers(3, 10**4), st.sampled_from(["inclusive", "exclusive"]))
def test_any_limits_are_tried_from_both_sides_one_step_apart(step: Decimal, low: int, width: int, kind: str) -> None:
    """By hand: what the rule accepts, and which values lie one step around a limit."""
    first, last = low * step, (low + width) * step
    rows = limits({"low": format(first, "f"), "high": format(last, "f"), "resolution": format(step, "f"), "limits": kind})
    inside = (lambda v: first <= v <= last) if kind == "inclusive" else (lambda v: first < v < last)
    for row in rows:
        value = Decimal(row["value"])
        assert (row["outcome"] == "accepts") is inside(value)
        assert value % step == 0
    for limit in (first, last):
        around = {limit - step, limit, limit + step}
        two = {Decimal(r["value"]) for r in rows if r["technique"] == "boundary"} & around
        three = {Decimal(r["value"]) for r in rows if r["technique"].startswith("boundary")} & around
        assert three == around
        assert {inside(v) for v in two} == {True, False}, "a pair that a shifted limit would split"
        assert len(two) == 2
    assert {inside(Decimal(r["value"])) for r in rows if r["technique"] == "positive"} == {True}
    assert {inside(Decimal(r["value"])) for r in rows if r["technique"] == "negative"} == {False}
