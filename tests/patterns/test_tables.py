"""Tables of combined rows: full or covering, decided by rules, limited without a cut, and seeded with what was approved."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from csvgen.errors import BadInput
from csvgen.model.depth import Depth
from csvgen.patterns.bind import problems
from csvgen.patterns.catalogue import Pattern, Script, catalogue
from csvgen.patterns.policy import default, strength_of
from csvgen.patterns.tables import Strength, combined, key_of, model_of, row_of
from csvgen.protocol.design import designed


def script(**changed: Any) -> Script:
    values = {
        "id": "mixed", "technique": "combination", "title": "T", "why": "W", "steps": ["Then it is so"],
        "factors": {"system": "systems", "store": "stores", "role": "roles"}, "columns": ["system", "store", "role"],
        "key": ["system", "store", "role"], "constraints": "never",
    }  # fmt: skip
    return Script.model_validate({**values, **changed})


GIVEN: dict[str, Any] = {
    "systems": ("linux", "windows"), "stores": ("file", "server", "bucket"), "roles": ("analyst", "quality"),
    "never": ({"id": "C-2", "reason": "No such driver.", "system": "windows", "store": "bucket"},),
}  # fmt: skip


def test_strength_is_that_of_the_policy_and_the_checker_says_what_it_counted() -> None:
    table = combined(script(), GIVEN, Strength(t=2))
    assert not table.full
    assert table.proof.holds
    assert table.proof.sentence == "t=2, 15 of 15 tuples, 1 excluded by constraint C-2"


def test_a_small_table_is_made_whole_where_the_policy_says_so() -> None:
    table = combined(script(), GIVEN, Strength(t=2, full_table=12))
    assert table.full
    assert len(table.rows) == 10
    assert table.proof.sentence == "t=3, 10 of 10 tuples, 2 excluded by constraint C-2"
    assert not combined(script(), GIVEN, Strength(t=2, full_table=11)).full


def test_a_pattern_may_demand_the_whole_table_at_any_priority() -> None:
    assert combined(script(strength="full"), GIVEN, Strength(t=2)).full


@pytest.mark.parametrize("wish", [Strength(t=2, row_limit=5), Strength(t=2, full_table=12, row_limit=9)])
def test_more_rows_than_the_limit_are_an_error_with_the_figures_and_never_a_cut(wish: Strength) -> None:
    with pytest.raises(
        BadInput, match=rf"of system \(2\) x store \(3\) x role \(2\) has \d+ rows; the limit is {wish.row_limit}"
    ):
        combined(script(), GIVEN, wish)


def test_a_table_nobody_could_review_is_refused_before_it_is_made() -> None:
    many = {**GIVEN, "stores": tuple(f"s{n}" for n in range(30_000)), "never": GIVEN["never"][:0]}
    with pytest.raises(BadInput, match="more than 40000 combinations of 2 values"):
        combined(script(), many, Strength(t=2))


RULED = script(
    technique="positive", constraints=None, rules="rights", strength="full", columns=["role", "function", "outcome"],
    factors={"role": "roles", "function": "functions"}, key=["role", "function"],
)  # fmt: skip
RIGHTS: dict[str, Any] = {
    "roles": ("analyst", "quality"), "functions": ("ingest", "release"),
    "rights": ({"role": "analyst", "function": "ingest", "outcome": "allowed"}, {"outcome": "denied"}),
}  # fmt: skip


def pattern_of(one: Script) -> Pattern:
    return Pattern.model_validate({
        "format": "csvgen.pattern/1", "id": "probe", "version": "1", "title": "T", "purpose": "P", "ports": [], "scripts": [one],
        "parameters": [
            {"name": "roles", "kind": "list", "about": "R"}, {"name": "functions", "kind": "list", "about": "F"},
            {"name": "rights", "kind": "rules", "about": "R", "columns": ["role", "function", "outcome"]},
        ],
    })  # fmt: skip


def test_rules_decide_each_combination_and_the_rest_falls_to_the_one_without_conditions() -> None:
    assert not list(problems(pattern_of(RULED), RIGHTS, (), ()))
    found = {(r["role"], r["function"]): r["outcome"] for r in combined(RULED, RIGHTS, Strength()).rows}
    assert found.pop(("analyst", "ingest")) == "allowed"
    assert set(found.values()) == {"denied"}
    assert len(found) == 3


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        (RIGHTS["rights"][:1], "no rule decides"),
        (
            (*RIGHTS["rights"], {"role": "analyst", "outcome": "denied"}),
            "two rules decide role=analyst and function=ingest differently",
        ),
        ((*RIGHTS["rights"], {"outcome": "allowed"}), "two rules without conditions"),
        ((*RIGHTS["rights"], {"role": "auditor", "outcome": "allowed"}), "names role = 'auditor', which is not there"),
        ((*RIGHTS["rights"], {"role": "quality"}), "does not say 'outcome'"),
        ((*RIGHTS["rights"], {"rol": "quality", "outcome": "allowed"}), "has the key 'rol'"),
    ],
)
def test_rules_that_leave_something_open_are_found(rights: tuple[dict[str, str], ...], said: str) -> None:
    found = list(problems(pattern_of(RULED), {**RIGHTS, "rights": rights}, (), ()))
    assert [text for text in found if said in text], found


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rows": "table"}, "not from two of them"),
        ({"key": ["system"]}, "the key of combined rows is their factors"),
        ({"factors": {}, "constraints": None}, "a combination needs factors"),
        ({"factors": {}, "technique": "positive"}, "are about factors"),
    ],
)
def test_a_script_says_where_its_rows_come_from(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        script(**changed)


def test_two_constraints_with_one_id_and_values_that_stand_twice_are_refused() -> None:
    with pytest.raises(BadInput, match="two constraints have the id C-2"):
        model_of(script(), {**GIVEN, "never": (*GIVEN["never"], {**GIVEN["never"][0], "store": "file"})})
    with pytest.raises(BadInput, match="each once"):
        model_of(script(), {**GIVEN, "roles": ("analyst", "analyst")})


# ------------------------------------------------------------------ what was approved stays

words = st.text("ab/=", min_size=1, max_size=5)


@given(st.lists(words, min_size=1, max_size=4, unique=True), st.lists(words, min_size=1, max_size=4, unique=True))
def test_a_key_gives_its_row_back_whatever_the_values_hold(left: list[str], right: list[str]) -> None:
    one = script(factors={"a": "p", "b": "q"}, key=["a", "b"], columns=["a", "b"], constraints=None)
    model = model_of(one, {"p": tuple(left), "q": tuple(right)})
    for a in left:
        for b in right:
            key = key_of({"a": a, "b": b}, ("a", "b"))
            found = row_of(key, model)
            assert found is not None
            assert key_of(found, ("a", "b")) == key
    assert row_of("/a=nothing/b=there", model) is None


sizes = st.lists(st.integers(2, 4), min_size=3, max_size=5)


@settings(max_examples=25, deadline=None)
@given(sizes, st.integers(0, 4), st.integers(1, 3), st.sampled_from([Strength(t=2), Strength(t=3), Strength(t=2, full_table=99)]))
def test_a_value_more_keeps_every_approved_row(factors: list[int], where: int, more: int, wish: Strength) -> None:
    names = [f"f{n}" for n in range(len(factors))]
    one = script(factors={n: f"p{n}" for n in names}, key=names, columns=names, constraints=None)
    given_ = {f"p{n}": tuple(f"v{m}" for m in range(size)) for n, size in zip(names, factors, strict=True)}
    approved = combined(one, given_, wish).rows
    changed = f"pf{where % len(factors)}"
    wider = {**given_, changed: (*given_[changed], *(f"new{m}" for m in range(more)))}
    after = combined(one, wider, wish, approved)
    assert after.rows[: len(approved)] == approved
    assert after.proof.holds
    assert combined(one, wider, wish, after.rows).rows == after.rows, "drafting again changes nothing"


def test_keys_of_the_lock_seed_a_covering_array_so_that_no_row_goes_and_no_id_is_retired() -> None:
    """Without them another array of the same strength would be made, and half of the approved rows would be gone."""
    names = ["a", "b", "c", "d"]
    one = script(factors={n: f"p-{n}" for n in names}, key=names, columns=names, constraints=None)
    pattern = pattern_of(RULED).model_copy(update={"scripts": (one,)})
    given_ = {f"p-{n}": tuple("xyz") for n in names}
    (before,) = designed(pattern, given_, default().medium)
    approved = [("mixed", key_of(row, names)) for row in before.rows]
    wider = {**given_, "p-a": ("new", *given_["p-a"])}
    (after,) = designed(pattern, wider, default().medium, approved)
    assert after.rows[: len(before.rows)] == before.rows
    assert {row["a"] for row in after.rows[len(before.rows) :]} == {"new"}
    assert "MISSING" not in after.proof
    (anew,) = designed(pattern, wider, default().medium)
    assert not all(row in anew.rows for row in before.rows)


# ------------------------------------------------------------------ by priority


def test_an_array_follows_the_priority_and_authority_does_not() -> None:
    medium, high = (default().of(level) for level in ("medium", "high"))
    matrix = catalogue()["permission-matrix@2"]
    wide = {"systems": tuple("abcdefgh"), "stores": tuple("abcde"), "roles": ("x", "y", "z")}
    mixed = script(constraints=None)
    assert combined(mixed, wide, strength_of(medium)).proof.strength == 2
    assert combined(mixed, wide, strength_of(high)).proof.strength == 3
    for depth in (default().low, medium, high):
        found = {d.script.id: d for d in designed(matrix, matrix.example, depth)}
        assert sum(len(found[name].rows) for name in ("allowed", "denied")) == 16
        assert found["denied"].proof == "full decision table together with allowed: t=2, 16 of 16 tuples"


def test_a_part_of_a_table_claims_no_more_than_it_holds() -> None:
    """Without the negative half the positive rows prove nothing about combinations, and say so."""
    matrix = catalogue()["permission-matrix@2"].model_copy(update={"floor": ()})
    (allowed, *_) = designed(
        matrix, matrix.example, Depth.model_validate({"techniques": ("positive",), "evidence": "observed", "challenge": "no"})
    )
    assert allowed.proof == "4 of 16 rows of the full decision table; this depth does not ask for the others"
