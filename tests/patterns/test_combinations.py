"""Covering arrays: made by one piece of code, counted by another, and both held against counting by hand."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvgen.errors import BadInput
from csvgen.patterns.combinations import cover
from csvgen.patterns.covering import prove
from csvgen.patterns.factors import Constraint, Factor, Model


def square(values: int, factors: int) -> Model:
    return Model(tuple(Factor(f"f{n:02d}", tuple(f"v{m}" for m in range(values))) for n in range(factors)))


PRINTER = Model(
    (
        Factor("system", ("linux", "windows")),
        Factor("store", ("file", "server", "bucket")),
        Factor("role", ("analyst", "quality")),
    ),
    (
        Constraint("C-1", (("system", "windows"), ("store", "bucket"))),
        Constraint("C-2", (("store", "server"), ("role", "analyst"))),
    ),
)


@pytest.mark.parametrize(
    ("values", "factors", "strength", "most"), [(3, 4, 2, 13), (4, 10, 2, 40), (4, 6, 3, 130), (2, 8, 4, 50), (3, 5, 1, 3)]
)
def test_every_combination_is_held_in_few_rows(values: int, factors: int, strength: int, most: int) -> None:
    model = square(values, factors)
    rows = cover(model, strength)
    proof = prove(model, strength, rows)
    assert proof.holds
    total = len(list(combinations(range(factors), strength))) * values**strength
    assert proof.sentence == f"t={strength}, {total} of {total} tuples"
    assert len(rows) <= most


def test_constraints_are_kept_and_named_with_what_they_exclude() -> None:
    rows = cover(PRINTER, 2)
    assert not [
        r for r in rows if (r["system"], r["store"]) == ("windows", "bucket") or (r["store"], r["role"]) == ("server", "analyst")
    ]
    assert prove(PRINTER, 2, rows).sentence == "t=2, 14 of 14 tuples, 1 excluded by constraint C-1, 1 excluded by constraint C-2"


def test_a_combination_that_only_several_constraints_exclude_is_named_with_all_of_them() -> None:
    model = Model(
        (Factor("a", ("0", "1")), Factor("b", ("0", "1")), Factor("c", ("0", "1"))),
        (Constraint("C-1", (("a", "0"), ("c", "0"))), Constraint("C-2", (("b", "0"), ("c", "1")))),
    )
    rows = cover(model, 2)
    assert not [r for r in rows if r["a"] == "0" and r["b"] == "0"], "c can then be neither"
    proof = prove(model, 2, rows)
    assert proof.holds
    assert ("C-1+C-2", 1) in proof.excluded


@pytest.mark.parametrize("strength", [2, 3])
def test_one_row_less_is_found_with_the_combinations_it_alone_held(strength: int) -> None:
    model = square(3, 5)
    rows = cover(model, strength)
    for left_out in range(len(rows)):
        rest = [*rows[:left_out], *rows[left_out + 1 :]]
        proof = prove(model, strength, rest)
        alone = [
            part
            for part in combinations(rows[left_out].items(), strength)
            if not any(all(row[f] == v for f, v in part) for row in rest)
        ]
        assert sorted(proof.missing) == sorted(tuple(part) for part in alone)
        assert proof.holds is not bool(alone)


def test_pairs_do_not_pass_for_triples() -> None:
    """A library that gives the pairs when asked for triples would be found out here."""
    model = square(4, 6)
    proof = prove(model, 3, cover(model, 2))
    assert not proof.holds
    assert "MISSING" in proof.sentence


def test_rows_that_are_not_possible_hold_nothing() -> None:
    rows = [*cover(PRINTER, 2), {"system": "windows", "store": "bucket", "role": "quality"}, {"system": "linux"}]
    proof = prove(PRINTER, 2, rows)
    assert proof.unfit == (len(rows) - 1, len(rows))
    assert not proof.holds


def test_no_rows_prove_nothing() -> None:
    assert not prove(square(2, 3), 2, []).holds


def test_adding_a_value_keeps_every_approved_row() -> None:
    before = square(3, 6)
    approved = cover(before, 2)
    first, *others = before.factors
    after = Model((Factor(first.name, (*first.values, "new")), *others))
    rows = cover(after, 2, approved)
    assert rows[: len(approved)] == approved
    assert prove(after, 2, rows).holds
    assert all(row[first.name] == "new" for row in rows[len(approved) :])


def test_seeds_that_do_not_fit_any_more_are_left_out_and_what_they_held_is_held_anew() -> None:
    before = square(3, 5)
    approved = cover(before, 2)
    after = Model((Factor("f00", ("v0", "v1")), *before.factors[1:]))
    rows = cover(after, 2, approved)
    kept = [row for row in approved if row["f00"] != "v2"]
    assert list(rows[: len(kept)]) == kept
    assert prove(after, 2, rows).holds


models = st.integers(2, 5).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(1, 4), min_size=n, max_size=n),
        st.lists(st.dictionaries(st.integers(0, n - 1), st.integers(0, 3), min_size=1, max_size=3), max_size=4),
    )
)


def built(sizes: list[int], bans: list[dict[int, int]]) -> Model:
    factors = tuple(Factor(f"f{n}", tuple(f"v{m}" for m in range(size))) for n, size in enumerate(sizes))
    constraints = tuple(
        Constraint(f"C-{n}", tuple((f"f{f}", f"v{v % sizes[f]}") for f, v in ban.items())) for n, ban in enumerate(bans, 1)
    )
    return Model(factors, constraints)


@settings(max_examples=150, deadline=None)
@given(models, st.integers(1, 3))
def test_any_model_is_covered_as_counting_by_hand_says(model_of: tuple[list[int], list[dict[int, int]]], strength: int) -> None:
    """By hand: all rows there are, those the constraints allow, and the combinations in them."""
    model = built(*model_of)
    strength = min(strength, len(model.factors))
    every = [
        dict(zip([f.name for f in model.factors], values, strict=True)) for values in product(*(f.values for f in model.factors))
    ]
    allowed = [row for row in every if not any(all(row[f] == v for f, v in c.forbids) for c in model.constraints)]
    wanted = {part for row in allowed for part in combinations(row.items(), strength)}
    if not allowed:
        with pytest.raises(BadInput, match="no row"):
            cover(model, strength)
        return
    rows = cover(model, strength)
    assert all(row in allowed for row in rows)
    assert {part for row in rows for part in combinations(row.items(), strength)} == wanted
    proof = prove(model, strength, rows)
    assert proof.holds
    assert proof.possible == len(wanted)
    total = sum(1 for chosen in combinations(model.factors, strength) for _ in product(*(f.values for f in chosen)))
    assert sum(n for _, n in proof.excluded) == total - len(wanted)


def test_the_same_on_any_hash_seed() -> None:
    code = (
        "from csvgen.patterns.factors import *; from csvgen.patterns.combinations import cover;"
        "m = Model(tuple(Factor(f'f{n}', tuple('abcd')) for n in range(7)), (Constraint('C-1', (('f0', 'a'), ('f3', 'b'))),));"
        "print(cover(m, 2), cover(m, 3))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(printed) == 1


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Factor("a", ()), "needs values"),
        (lambda: Factor("a", ("x", "x")), "each once"),
        (lambda: Model((Factor("a", ("x",)), Factor("a", ("y",)))), "same name"),
        (lambda: Model((Factor("a", ("x",)),), (Constraint("C-1", (("a", "z"),)),)), "C-1 names a = 'z'"),
        (lambda: Model((Factor("a", ("x",)),), (Constraint("C-1", ()),)), "forbids nothing"),
        (lambda: cover(square(2, 2), 3), "cannot be combined by 3"),
        (lambda: cover(square(2, 2), 0), "cannot be combined by 0"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(make, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        make()
