"""State machines: the pairs nobody declared are found, counted apart from being made, and a machine that contradicts itself is refused."""

from __future__ import annotations

import random

import pytest

from csvgen.errors import BadInput
from csvgen.model.depth import Depth
from csvgen.patterns import bind
from csvgen.patterns.machine import counted, declared, sneaks, ways
from csvgen.protocol.design import designed

GIVEN = {
    "signal": "1.000",
    "states": ("new", "done", "signed", "shut"),
    "initial": "new",
    "acts": ("do", "sign", "shut"),
    "transitions": (
        {"from": "new", "act": "do", "role": "analyst", "to": "done"},
        {"from": "done", "act": "do", "role": "helper", "to": "done"},
        {"from": "done", "act": "sign", "role": "reviewer", "to": "signed"},
        {"from": "signed", "act": "shut", "role": "quality", "to": "shut"},
    ),
}
EXCLUDED = {**GIVEN, "excluded": ({"id": "X-1", "reason": "nothing to sign", "state": "new", "act": "sign"},)}


def test_rows_of_each_kind():
    assert [r["state"] for r in ways(GIVEN)] == ["done", "signed", "shut"]
    assert ways(GIVEN)[1] == {"way": "analyst: do; reviewer: sign", "state": "signed"}
    assert declared(GIVEN) == GIVEN["transitions"]
    assert sneaks(EXCLUDED) == tuple(
        {"state": s, "act": a, "role": r}
        for s, a, r in [
            ("new", "shut", "quality"), ("done", "shut", "quality"),
            ("signed", "do", "analyst"), ("signed", "do", "helper"), ("signed", "sign", "reviewer"),
            ("shut", "do", "analyst"), ("shut", "do", "helper"), ("shut", "sign", "reviewer"), ("shut", "shut", "quality"),
        ]
    )  # fmt: skip


def test_the_sentence_counts_every_pair():
    text = "4 states x 3 acts = 12 pairs: 4 declared, 7 not declared and tried, 1 excluded by X-1"
    assert counted(EXCLUDED, declared(EXCLUDED), sneaks(EXCLUDED)) == text
    assert counted(GIVEN, declared(GIVEN), sneaks(GIVEN)).endswith("8 not declared and tried, none excluded")


@pytest.mark.parametrize("lost", range(9))
def test_the_count_finds_each_pair_that_is_left_out(lost):
    tried = sneaks(EXCLUDED)
    rest = tried[:lost] + tried[lost + 1 :]
    if (tried[lost]["state"], tried[lost]["act"]) in {(r["state"], r["act"]) for r in rest}:
        pytest.skip("the other role still tries the pair")
    with pytest.raises(BadInput, match="stand on no side or on two"):
        counted(EXCLUDED, declared(EXCLUDED), rest)


def test_the_count_finds_a_pair_on_two_sides():
    row = {"state": "new", "act": "do", "role": "analyst"}
    with pytest.raises(BadInput, match="'do' in 'new'"):
        counted(GIVEN, declared(GIVEN), (*sneaks(GIVEN), row))


def test_random_machines_against_an_enumeration_of_its_own():
    chance = random.Random(20260623)
    for _ in range(200):
        states = tuple(f"s{n}" for n in range(chance.randint(2, 6)))
        acts = tuple(f"a{n}" for n in range(chance.randint(1, 5)))
        chain = [(states[n], chance.choice(acts), states[n + 1]) for n in range(len(states) - 1)]
        more = [(chance.choice(states), a, chance.choice(states)) for a in acts]
        moves: dict[tuple[str, str], str] = {}
        for start, act, end in (*chain, *more):
            moves.setdefault((start, act), end)
        rows = tuple({"from": s, "act": a, "role": "r", "to": e} for (s, a), e in moves.items())
        given = {"states": states, "initial": "s0", "acts": acts, "transitions": rows}
        expected = []
        for state in states:
            for act in acts:
                if not [r for r in rows if r["from"] == state and r["act"] == act]:
                    expected.append((state, act))
        assert [(r["state"], r["act"]) for r in sneaks(given)] == expected
        assert f"= {len(states) * len(acts)} pairs: {len(moves)} declared, {len(expected)} not declared" in counted(
            given, declared(given), sneaks(given)
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"states": ("new", "done", "signed", "shut", "new")}, "state 'new' stands twice"),
        ({"initial": "old"}, "initial state 'old' is not among the states"),
        ({"acts": ("do", "sign", "shut", "burn")}, "act 'burn' has no transition"),
        ({"acts": ("do", "sign")}, "act 'shut' is not among the acts"),
        ({"states": ("new", "done", "signed", "shut", "lost")}, "no transition leads to the state 'lost'"),
        (
            {"transitions": (*GIVEN["transitions"], {"from": "new", "act": "do", "role": "analyst", "to": "shut"})},
            "'do' by 'analyst' leads from 'new' to two states",
        ),
        ({"excluded": ({"id": "X-1", "reason": "why", "state": "new", "act": "do"},)}, "'do' in 'new' is declared and excluded"),
        ({"excluded": ({"id": "X-1", "reason": "why", "state": "old", "act": "do"},)}, "exclusion X-1: state 'old'"),
    ],
)
def test_a_machine_that_contradicts_itself_is_a_finding(change, words):
    found = list(bind.problems(bind.find("state-machine@1"), GIVEN | change, (), ()))
    assert any(words in problem for problem in found), found


def test_depth_decides_what_is_drafted():
    pattern = bind.find("state-machine@1")
    medium = Depth(techniques=("positive", "negative", "boundary"), evidence="observed", challenge="no")
    high = Depth(techniques=("positive", "negative", "transition", "sneak"), evidence="observed", challenge="no")
    guarded = GIVEN | {"refusals": ({"state": "new", "role": "reviewer", "act": "sign", "words": "not yet"},)}
    assert [d.script.technique for d in designed(pattern, guarded, medium)] == ["positive", "negative"]
    found = {d.script.technique: d for d in designed(pattern, guarded, high)}
    assert list(found) == ["positive", "negative", "transition", "sneak"]
    assert found["sneak"].proof == "4 states x 3 acts = 12 pairs: 4 declared, 8 not declared and tried, none excluded"
    assert len(found["sneak"].rows) == 10
