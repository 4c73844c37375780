"""Rows that tell rounding rules apart, held against each other and against Decimal; what does not fit is told by name."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest

from csvgen.errors import BadInput
from csvgen.patterns import bind
from csvgen.patterns.catalogue import catalogue
from csvgen.patterns.rows import rounding

NEAR = {"digits": "1", "near": "100.0", "step": "0.001", "scale": "100"}


def rows(rule: str, **other: str) -> dict[str, tuple[str, str, str]]:
    return {r["class"]: (r["value"], r["signal"], r["reported"]) for r in rounding(NEAR | {"rule": rule} | other)}


def test_half_up_by_hand():
    assert rows("half-up") == {
        "tie after an even digit": ("100.05", "1.0005", "100.1"),
        "tie after an odd digit": ("100.15", "1.0015", "100.2"),
        "one step below the tie": ("100.049", "1.00049", "100.0"),
        "one step above the tie": ("100.051", "1.00051", "100.1"),
        "one step below the next digit": ("100.099", "1.00099", "100.1"),
        "the next digit": ("100.1", "1.001", "100.1"),
    }


@pytest.mark.parametrize("near", ["100.0", "0.3", "99.97", "-100.0", "-7.1", "0"])
@pytest.mark.parametrize("digits", ["0", "1", "2"])
def test_every_rule_differs_from_every_other_in_a_row(near, digits):
    of = {rule: rows(rule, near=near, digits=digits) for rule in ("half-up", "half-even", "truncate")}
    assert of["half-up"]["tie after an even digit"] != of["half-even"]["tie after an even digit"]
    assert of["half-even"]["tie after an odd digit"] != of["truncate"]["tie after an odd digit"]
    assert of["half-up"]["one step below the next digit"] != of["truncate"]["one step below the next digit"]


@pytest.mark.parametrize("near", ["100.0", "99.97", "-7.1"])
def test_rounding_twice_shows_one_step_below_the_tie(near):
    """First to two digits, then to one: the other way, and so seen."""
    value, _, reported = rows("half-up", near=near)["one step below the tie"]
    twice = Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert Decimal(reported) != twice


@pytest.mark.parametrize(("rule", "name"), [("half-up", ROUND_HALF_UP), ("half-even", ROUND_HALF_EVEN), ("truncate", ROUND_DOWN)])
def test_expected_values_are_those_of_the_rule(rule, name):
    for value, signal, reported in rows(rule).values():
        assert Decimal(value).quantize(Decimal("0.1"), name) == Decimal(reported)
        assert Decimal(signal) * 100 == Decimal(value)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"rule": "half-down"}, "half-up, half-even, truncate"),
        ({"step": "0.05"}, "below half a unit"),
        ({"step": "0"}, "above zero"),
        ({"scale": "0"}, "scale above zero"),
        ({"digits": "1.5"}, "whole number"),
        ({"near": "NaN"}, "finite"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(other, named):
    with pytest.raises(BadInput, match=named):
        rounding({"rule": "half-up"} | NEAR | other)


def test_a_calculation_names_its_oracles_and_its_rule():
    pattern = catalogue()["calculation@2"]
    given = dict(pattern.example)
    files = frozenset({f"data/{row['file']}" for row in given["invalid"]})
    told = list(bind.problems(pattern, given, frozenset(), files))
    assert any("names the oracle 'ORA-POTENCY-1', which is not under oracles/" in p for p in told)
    wrong = list(bind.problems(pattern, given | {"rule": "bankers"}, frozenset({"ORA-POTENCY-1"}), files))
    assert wrong == ["the rounding rules are half-up, half-even, truncate, not 'bankers'"]


def test_rows_of_each_technique():
    pattern = catalogue()["calculation@2"]
    by = {
        s.id: [r.get("class") or r.get("case") or r.get("value") for r in bind.rows_of(s, pattern.example)]
        for s in pattern.scripts
    }
    assert by["ties"] == ["tie after an even digit", "tie after an odd digit", "one step below the tie"]
    assert by["beside"] == ["one step above the tie", "one step below the next digit", "the next digit"]
    assert by["unchanged"] == ["truncated file"]  # the other one is accepted on arrival
    assert by["worked"] == ["potency unrounded", "potency reported"]
