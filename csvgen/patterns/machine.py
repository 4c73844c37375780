"""Rows of a state machine: the way to each state, each declared transition, and each pair of state and act that none is declared for.

A machine is data of a criterion: `states`, `initial`, `acts`, `transitions` (from, act, role, to) and, where a pair cannot be tried,
`excluded` (id, reason, state, act). What the rows prove about the pairs is counted apart from making them (`counted`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from csvgen.errors import BadInput
from csvgen.patterns.factors import Row

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """States, acts and transitions as a criterion declares them."""

    states: tuple[str, ...]
    initial: str
    acts: tuple[str, ...]
    transitions: tuple[Row, ...]
    """Each with from, act, role and to."""
    excluded: Mapping[tuple[str, str], str]
    """State and act -> id of the reason why the pair cannot be tried."""

    def roles(self, act: str) -> tuple[str, ...]:
        """Who may do an act in some state, in the order of the declarations: with authority, so that a refusal is for the state."""
        return tuple(dict.fromkeys(t["role"] for t in self.transitions if t["act"] == act))


def machine(given: Mapping[str, Any]) -> Machine:
    """The machine of a criterion. Raises BadInput for one that contradicts itself, or names what is not there."""
    transitions = tuple(given["transitions"])
    excluded = {(str(e.get("state", "")), str(e.get("act", ""))): str(e["id"]) for e in given.get("excluded", ())}
    made = Machine(tuple(given["states"]), str(given["initial"]), tuple(given["acts"]), transitions, excluded)
    for problem in _problems(made):
        raise BadInput(problem)
    return made


def _problems(made: Machine) -> Sequence[str]:
    """What speaks against a machine, one fault a line."""
    found = [
        f"{what} {name!r} stands twice" for what, names in (("state", made.states), ("act", made.acts)) for name in _twice(names)
    ]
    named = [(made.initial, "initial state")]
    named += [
        (t[end], f"transition from {t['from']!r} by {t['act']!r}: state") for t in made.transitions for end in ("from", "to")
    ]
    named += [(state, f"exclusion {name}: state") for (state, _), name in made.excluded.items()]
    found += [f"{what} {state!r} is not among the states" for state, what in named if state not in made.states]
    acts = [(t["act"], f"transition from {t['from']!r}") for t in made.transitions]
    acts += [(act, f"exclusion {name}") for (_, act), name in made.excluded.items()]
    found += [f"{what}: act {act!r} is not among the acts" for act, what in acts if act not in made.acts]
    found += [
        f"act {act!r} has no transition: nobody may ever do it, so nobody can try it" for act in made.acts if not made.roles(act)
    ]
    targets: dict[tuple[str, str, str], set[str]] = {}
    for t in made.transitions:
        targets.setdefault((t["from"], t["act"], t["role"]), set()).add(t["to"])
    found += [
        f"{act!r} by {role!r} leads from {state!r} to two states" for (state, act, role), to in targets.items() if len(to) > 1
    ]
    declared = {(t["from"], t["act"]) for t in made.transitions}
    found += [f"{act!r} in {state!r} is declared and excluded" for state, act in made.excluded if (state, act) in declared]
    if not found:
        reached = {made.initial, *(row["state"] for row in _ways(made))}
        found += [f"no transition leads to the state {state!r}" for state in made.states if state not in reached]
    return found


def _twice(names: Sequence[str]) -> list[str]:
    return [name for index, name in enumerate(names) if name in names[:index]]


def _ways(made: Machine) -> tuple[Row, ...]:
    """The shortest way to each state but the first: nearest first, declared order within."""
    ways: dict[str, tuple[Row, ...]] = {made.initial: ()}
    waiting = [made.initial]
    while waiting:
        state = waiting.pop(0)
        for t in made.transitions:
            if t["from"] == state and t["to"] not in ways:
                ways[t["to"]] = (*ways[state], t)
                waiting.append(t["to"])
    told = {state: "; ".join(f"{t['role']}: {t['act']}" for t in way) for state, way in ways.items() if way}
    return tuple({"way": way, "state": state} for state, way in told.items())


def ways(given: Mapping[str, Any]) -> tuple[Row, ...]:
    """Rows: way (``analyst: be processed; reviewer: be signed as reviewed``), state."""
    return _ways(machine(given))


def declared(given: Mapping[str, Any]) -> tuple[Row, ...]:
    """Rows: from, act, role, to."""
    return tuple({name: t[name] for name in ("from", "act", "role", "to")} for t in machine(given).transitions)


def sneaks(given: Mapping[str, Any]) -> tuple[Row, ...]:
    """Rows: state, act, role, for each pair that is neither declared nor excluded; one for each role that may do the act elsewhere."""
    made = machine(given)
    allowed = {(t["from"], t["act"]) for t in made.transitions}
    return tuple(
        {"state": state, "act": act, "role": role}
        for state in made.states
        for act in made.acts
        if (state, act) not in allowed and (state, act) not in made.excluded
        for role in made.roles(act)
    )


def counted(given: Mapping[str, Any], transitions: Sequence[Row], tried: Sequence[Row]) -> str:
    """What rows of both kinds prove, counted from them alone: every pair of state and act stands on exactly one side, or is excluded.

    Raises BadInput for a pair on no side or on two: such a table is never printed as complete.
    """
    sides: dict[tuple[str, str], set[str]] = {pair: set() for pair in product(given["states"], given["acts"])}
    for name, pairs in (
        ("declared", [(r["from"], r["act"]) for r in transitions]),
        ("tried", [(r["state"], r["act"]) for r in tried]),
        ("excluded", [(e["state"], e["act"]) for e in given.get("excluded", ())]),
    ):
        for pair in pairs:
            sides.setdefault(pair, set()).add(name)
    if wrong := [f"{act!r} in {state!r}" for (state, act), names in sides.items() if len(names) != 1]:
        raise BadInput(f"these pairs of state and act stand on no side or on two: {', '.join(wrong[:_SHOWN])}")
    held = {name: sum(names == {name} for names in sides.values()) for name in ("declared", "tried", "excluded")}
    reasons = ", ".join(sorted({str(e["id"]) for e in given.get("excluded", ())}))
    left_out = f"{held['excluded']} excluded by {reasons}" if reasons else "none excluded"
    size = f"{len(given['states'])} states x {len(given['acts'])} acts = {len(sides)} pairs"
    return f"{size}: {held['declared']} declared, {held['tried']} not declared and tried, {left_out}"


MACHINES: Mapping[str, Callable[[Mapping[str, Any]], tuple[Row, ...]]] = {
    "machine-ways": ways,
    "machine-declared": declared,
    "machine-sneaks": sneaks,
}
"""Generators that read tables, beside those of `rows` that read single values."""


def proof(generator: str | None, given: Mapping[str, Any]) -> str:
    """The sentence for the line above a table of a machine; empty for any other table."""
    if generator not in ("machine-declared", "machine-sneaks"):
        return ""
    return counted(given, declared(given), sneaks(given))
