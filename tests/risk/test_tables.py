"""Every scheme that comes with csvgen, over every combination of its grades, against lists written out by hand."""

from __future__ import annotations

import itertools

import pytest

from csvgen.errors import BadInput
from csvgen.risk.check import scheme_problems
from csvgen.risk.read import shipped
from csvgen.risk.scheme import rate, scheme

THREE = {
    "low": "1 2 3 4",
    "medium": "6 8 9",
    "high": "12 18 27",
}
FIVE = {
    "low": "1 2 3 4 5 6 8 9 10 12",
    "medium": "15 16 18 20 24 25 27 30 32 36",
    "high": "40 45 48 50 60 64 75",
    "high, critical": "80 100 125",
}
TEN = {
    "low": "1 2 3 4 5 6 7 8 9 10 12 14 15 16 18 20 21 24 25 27 28 30 32 35 36 40 42 45 48 49",
    "medium": "50 54 56 60 63 64 70 72 75 80 81 84 90 96 98",
    "high": "100 105 108 112 120 125 126 128 135 140 144 147 150 160 162 168 175 180 189 192 196 200 210 216 224 225 240 243 245"
    " 250 252 256 270 280 288 294 300 315 320 324 336 343 350 360 378 384 392 400 405 420 432 441 448 450 480 486 490 500 504 512"
    " 540 560 567 576 600 630 640 648 700 720 729 800 810 900 1000",
}
WITH_OCCURRENCE = {"1": "18 24 27 36 54", "2": "6 8 9 12 16", "3": "1 2 3 4"}
WITHOUT_OCCURRENCE = {"1": "9 12 18", "2": "3 4 6 8", "3": "1 2"}
OPENDEVSTACK = {"1": "high", "2": "medium", "3": "low"}
WORDS = {"low": 1, "medium": 2, "high": 3}
DETECTED = {"immediate": 1, "before-impact": 2, "after-impact": 3}
RELEVANT = {"r2": 2, "n2": 2, "n1": 1}


def by_number(table: dict[str, str]) -> dict[int, str]:
    return {int(n): name for name, numbers in table.items() for n in numbers.split()}


def test_each_scheme_has_its_table_here() -> None:
    names = {"gamp5-two-step", "rpn-1-3", "rpn-1-5", "rpn-1-10", "opendevstack", "opendevstack-no-occurrence", "fda-csa"}
    assert set(shipped()) == names
    assert all(scheme(name).id == name and not scheme_problems(scheme(name)) for name in names)
    assert all(scheme(name).note for name in names - {"gamp5-two-step"}), "a scheme says where its values come from"


@pytest.mark.parametrize(("top", "table"), [(3, THREE), (5, FIVE), (10, TEN)])
def test_risk_priority_numbers(top: int, table: dict[str, str]) -> None:
    grades = range(1, top + 1)
    expected, seen = by_number(table), set()
    for s, p, d in itertools.product(grades, grades, grades):
        found = rate(scheme(f"rpn-1-{top}"), {"severity": str(s), "probability": str(p), "detectability": str(d)})
        priority, _, label = expected[s * p * d].partition(", ")
        assert (found.risk_class, found.priority) == (f"RPN {s * p * d}" + (f", {label}" if label else ""), priority)
        seen.add(s * p * d)
    assert seen == set(expected)


def test_opendevstack_with_occurrence() -> None:
    expected, seen = by_number(WITH_OCCURRENCE), set()
    for s, p, d, r in itertools.product(WORDS, WORDS, DETECTED, RELEVANT):
        found = rate(scheme("opendevstack"), {"severity": s, "probability": p, "detectability": d, "relevance": r})
        number = RELEVANT[r] * WORDS[p] * WORDS[s] * DETECTED[d]
        assert found.risk_class == f"RPN {number}, OpenDevStack priority {expected[number]}"
        assert found.priority == OPENDEVSTACK[expected[number]]
        seen.add(number)
    assert seen == set(expected)


def test_opendevstack_without_occurrence() -> None:
    expected, seen = by_number(WITHOUT_OCCURRENCE), set()
    for s, d, r in itertools.product(WORDS, DETECTED, RELEVANT):
        found = rate(scheme("opendevstack-no-occurrence"), {"severity": s, "detectability": d, "relevance": r})
        number = RELEVANT[r] * WORDS[s] * DETECTED[d]
        assert found.risk_class == f"RPN {number}, OpenDevStack priority {expected[number]}"
        assert found.priority == OPENDEVSTACK[expected[number]]
        seen.add(number)
    assert seen == set(expected)


@pytest.mark.parametrize(
    ("name", "ratings", "number", "priority"),
    [
        ("opendevstack", ("high", "high", "after-impact", "r2"), 54, "high"),
        ("opendevstack", ("medium", "medium", "before-impact", "n1"), 8, "medium"),
        ("opendevstack-no-occurrence", ("high", None, "after-impact", "r2"), 18, "high"),
        ("opendevstack-no-occurrence", ("medium", None, "before-impact", "n1"), 4, "medium"),
        ("opendevstack-no-occurrence", ("low", None, "immediate", "n1"), 1, "low"),
    ],
)
def test_opendevstack_says_the_same(name: str, ratings: tuple[str | None, ...], number: int, priority: str) -> None:
    """The examples that the end-to-end tests of OpenDevStack expect from its issue tracker."""
    given = dict(zip(("severity", "probability", "detectability", "relevance"), ratings, strict=True))
    found = rate(scheme(name), {factor: grade for factor, grade in given.items() if grade})
    assert found.risk_class.startswith(f"RPN {number},")
    assert found.priority == priority


@pytest.mark.parametrize(
    ("grade", "said", "priority"), [("high", "high process risk", "high"), ("not-high", "process risk not high", "low")]
)
def test_process_risk(grade: str, said: str, priority: str) -> None:
    found = rate(scheme("fda-csa"), {"severity": grade})
    assert (found.risk_class, found.priority) == (said, priority)


@pytest.mark.parametrize(
    ("name", "ratings", "said", "hint"),
    [
        ("fda-csa", {"severity": "medium"}, "severity 'medium'", "not-high, high"),
        ("fda-csa", {"severity": "high", "probability": "low"}, "probability 'low'", "it rates severity"),
        ("gamp5-two-step", {"severity": "high", "probability": "low"}, "detectability 'left out'", "high, medium, low"),
        ("rpn-1-5", {"severity": "6", "probability": "1", "detectability": "1"}, "severity '6'", "1, 2, 3, 4, 5"),
    ],
)
def test_ratings_of_another_scheme_are_refused(name: str, ratings: dict[str, str], said: str, hint: str) -> None:
    with pytest.raises(BadInput, match=f"{name} does not know {said}") as caught:
        rate(scheme(name), ratings)
    assert hint in caught.value.hint
