"""Patterns of data entry: the rows they give, to the letter, and what they ask for at each priority."""

from __future__ import annotations

from typing import Any

import pytest

from csvgen.errors import BadInput
from csvgen.model.protocol import TECHNIQUES
from csvgen.patterns.bind import find, phrase, problems
from csvgen.patterns.policy import default
from csvgen.patterns.rows import entered_limits, most_characters
from csvgen.protocol.design import designed

WORDS = {"below": "too small", "above": "too large"}
ENTRY = (
    "range@1", "enumeration@1", "required-field@1", "format@1", "uniqueness@1", "no-change-on-reject@1", "field-combination@1",
)  # fmt: skip


def told(**parameters: str) -> list[tuple[str, ...]]:
    return [(r["technique"], r["value"], r["outcome"], r["words"]) for r in entered_limits({**parameters, **WORDS})]


def test_limits_of_a_number_with_the_words_of_each_refusal() -> None:
    assert told(low="0.000", high="1.000", resolution="0.001") == [
        ("positive", "0.500", "accepts", ""),
        ("negative", "-0.010", "refuses", "too small"),
        ("boundary", "0.000", "accepts", ""),
        ("boundary", "-0.001", "refuses", "too small"),
        ("boundary-3", "0.001", "accepts", ""),
        ("negative", "1.010", "refuses", "too large"),
        ("boundary", "1.000", "accepts", ""),
        ("boundary", "1.001", "refuses", "too large"),
        ("boundary-3", "0.999", "accepts", ""),
    ]


def test_of_exclusive_limits_the_limit_itself_is_refused_with_the_words_of_its_side() -> None:
    assert ("boundary", "0", "refuses", "too small") in told(low="0", high="9", resolution="1", limits="exclusive")
    assert ("boundary", "9", "refuses", "too large") in told(low="0", high="9", resolution="1", limits="exclusive")
    assert ("boundary-3", "10", "refuses", "too large") in told(low="0", high="9", resolution="1", limits="exclusive")


def test_days_are_counted_from_the_day_of_the_system() -> None:
    assert told(low="0", resolution="1", counted="days") == [
        ("positive", "{today+10}", "accepts", ""),
        ("negative", "{today-10}", "refuses", "too small"),
        ("boundary", "{today}", "accepts", ""),
        ("boundary", "{today-1}", "refuses", "too small"),
        ("boundary-3", "{today+1}", "accepts", ""),
    ]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"low": "0", "high": "9", "resolution": "1", "below": "too small"}, "above does not say in which words"),
        ({"low": "0", "resolution": "1"}, "below does not say in which words"),
        ({"low": "0", "resolution": "1", "counted": "weeks", **WORDS}, "counted in days or not at all"),
        ({"low": "0.5", "resolution": "0.5", "counted": "days", **WORDS}, "not a whole number"),
    ],
)
def test_limits_that_cannot_be_tried_are_refused_by_name(parameters: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        entered_limits(parameters)


def test_lengths_around_the_greatest() -> None:
    assert [tuple(row.values()) for row in most_characters({"longest": "100"})] == [
        ("boundary", "100 characters long", "accepts"),
        ("boundary", "101 characters long", "refuses"),
        ("boundary-3", "99 characters long", "accepts"),
    ]
    with pytest.raises(BadInput, match="whole number of 2 or more"):
        most_characters({"longest": "1"})


def keys(name: str, level: str) -> dict[str, list[tuple[str, ...]]]:
    """Script -> keys of its rows, as the example of a pattern is drafted at a priority."""
    pattern = find(name)
    drafted = designed(pattern, pattern.example, getattr(default(), level))
    return {d.script.id: [tuple(row[k] for k in d.script.key) for row in d.rows] for d in drafted}


def test_each_priority_asks_for_more() -> None:
    assert list(keys("range@1", "low")) == ["inside"]
    assert list(keys("range@1", "medium")) == ["inside", "outside", "last-in", "first-out"]
    assert list(keys("range@1", "high")) == ["inside", "outside", "last-in", "first-out", "further-in", "unchanged"]
    assert list(keys("no-change-on-reject@1", "low")) == ["refused"], "its floor"
    assert list(keys("field-combination@1", "low")) == ["accepted", "refused"], "its floor"


def test_each_required_field_is_missing_in_each_manner_one_at_a_time() -> None:
    found = keys("required-field@1", "high")
    every = [
        (f, m) for f in ("name", "manufacturer", "address", "specification") for m in ("left out", "blank", "as spaces only")
    ]
    assert found["missing"] == found["unchanged"] == every
    assert found["optional"] == [("grade",), ("laboratory",)]


def proofs(name: str, level: str) -> list[str]:
    pattern = find(name)
    return [d.proof for d in designed(pattern, pattern.example, getattr(default(), level))]


def test_fields_together_are_pairs_at_medium_and_threes_at_high_counted_by_the_checker() -> None:
    """2 x 4 x 3 x 2 values: 44 pairs; the full table of 48 rows is not larger than the limit of high, and holds everything."""
    medium, high = proofs("field-combination@1", "medium"), proofs("field-combination@1", "high")
    assert medium == [f"covering array together with {other}: t=2, 44 of 44 tuples" for other in ("refused", "accepted")]
    assert high == [f"full decision table together with {other}: t=4, 48 of 48 tuples" for other in ("refused", "accepted")]
    wider = {**find("field-combination@1").example, "fourth": ("a", "b", "c")}
    threes = [d.proof for d in designed(find("field-combination@1"), wider, default().high)]
    assert threes[0] == "covering array together with refused: t=3, 102 of 102 tuples"
    refused = keys("field-combination@1", "medium")["refused"]
    assert refused
    assert {row[:2] for row in refused} == {("{today+30}", "{today+29}")}


@pytest.mark.parametrize("name", ENTRY)
def test_what_is_not_drafted_at_high_has_its_reason(name: str) -> None:
    pattern = find(name)
    drafted = {s.technique for s in pattern.scripts}
    assert drafted | set(pattern.absent) >= set(TECHNIQUES) - {"scenario"}
    assert not drafted & set(pattern.absent)


def without(name: str, *gone: str, **other: Any) -> list[str]:
    pattern = find(name)
    return list(problems(pattern, {k: v for k, v in pattern.example.items() if k not in gone} | other, (), ()))


def test_a_criterion_that_leaves_something_out_is_told() -> None:
    assert "needs the parameter 'record'" in without("range@1", "record")[0]
    assert "above does not say in which words" in without("range@1", "above")[0]
    assert "is no multiple of the resolution" in without("range@1", low="0.0005")[0]
    assert "must be a list of texts" in without("enumeration@1", listed="expiry")[0]
    assert "no rule decides field=name" in without("required-field@1", words=({"field": "address", "words": "x"},))[0]
    assert (
        "two rows have the same value"
        in without("format@1", invalid=({"value": "1", "words": "a"}, {"value": "1", "words": "b"}))[0]
    )
    assert "names first = 'x', which is not there" in without("field-combination@1", outcomes=({"first": "x", "outcome": "accepted", "words": "-"}, {"outcome": "accepted", "words": "-"}))[0]  # fmt: skip


def test_the_words_of_a_step_are_plain() -> None:
    step = find("range@1").scripts[0].steps[2]
    assert phrase(step, find("range@1").example) == 'When the "analyst" enters that form with "<value>" as "r_squared"'
