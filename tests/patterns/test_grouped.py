"""Many values in one row: each is compared, a difference has its own name, and the list is kept."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from csvgen.errors import CsvgenError
from csvgen.execution.observe import ExpectationFailed
from csvgen.ports import Outcome
from csvgen.steps.common import World, refuses_with
from csvgen.steps.grouped import LONG, in_one
from csvgen.steps.refusing import refused_for, refuses_for_authority

from ..targets.cases import Observed


def bench(outcome: Outcome | None = None) -> SimpleNamespace:
    kept: list[tuple[str, str]] = []
    world = World()
    if outcome is not None:
        world.take("Port.verb", outcome)
    return SimpleNamespace(
        observe=Observed(), world=world, kept=kept, attach=lambda data, *, name, media_type: kept.append((name, data))
    )


def test_values_that_agree_are_one_row_that_holds_them_all():
    b = bench()
    in_one(b, "fields", {"a": "1", "b": ""}, {"b": "", "a": "1"}, source="s")
    (seen,) = b.observe.made
    assert (seen.what, seen.comparison, seen.expected, seen.actual) == (
        "fields (2)",
        "equal",
        "a: 1\nb: (blank)",
        "a: 1\nb: (blank)",
    )
    assert b.kept == [], "a short list stands in the row"


@pytest.mark.parametrize(
    ("expected", "actual", "name"),
    [
        ({"a": "1"}, {"a": "2"}, "a"),
        ({"a": "1"}, {}, "a"),
        ({"a": ""}, {"a": "2"}, "a"),
        ({"a": "(blank)"}, {"a": ""}, "a"),
        ({"a": "1"}, {"a": "1", "more": "2"}, "more"),
        ({"a": "1\nb: 2", "b": "3"}, {"a": "1", "b": "2\nb: 3"}, "a"),
    ],
)
def test_a_difference_fails_under_its_own_name(expected, actual, name):
    b = bench()
    with pytest.raises(ExpectationFailed, match=f"fields: {name}"):
        in_one(b, "fields", expected, actual, source="s")
    assert [seen.holds for seen in b.observe.made] == [False]


def test_a_long_list_is_kept_as_a_file_with_what_was_expected_and_seen():
    b, values = bench(), {f"field {n}": "x" * 40 for n in range(LONG // 40)}
    in_one(b, "fields", values, dict(values), source="s")
    ((name, text),) = b.kept
    assert name == "fields" and text.count("expected x") == text.count("observed x") == len(values)


def test_nothing_to_compare_with_is_no_agreement():
    with pytest.raises(CsvgenError, match="nothing to compare"):
        in_one(bench(), "fields", {}, {}, source="s")


@pytest.mark.parametrize(
    "outcome",
    [Outcome(True, "done", "", {"kind": "authority"}), Outcome(False, "no lot", "", {"kind": "rule"}), Outcome(False, "no lot")],
    ids=["accepted", "another reason", "no reason"],
)
def test_only_a_refusal_for_that_reason_counts(outcome):
    with pytest.raises(ExpectationFailed):
        refuses_for_authority(bench(outcome))
    with pytest.raises(ExpectationFailed):
        refused_for(bench(outcome), "authority")
    b = bench(Outcome(False, "the analyst may not", "", {"kind": "authority"}))
    refuses_for_authority(b)
    assert b.observe.made[0].actual == "refused; reason: authority" and "may not" in b.observe.made[0].source


def test_words_of_an_acceptance_are_no_refusal():
    with pytest.raises(ExpectationFailed):
        refuses_with(bench(Outcome(True, "no lot")), "no lot")
    with pytest.raises(ExpectationFailed):
        refuses_with(bench(Outcome(False, "another")), "no lot")
    refuses_with(bench(Outcome(False, "there is no lot")), "no lot")
