"""Combined rows: the full decision table, or a covering array, from lists of values, constraints and rules.

What the rows hold is counted by `csvgen.patterns.covering`, which shares no code with what made them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from math import prod
from typing import Any

from csvgen.errors import BadInput
from csvgen.patterns.catalogue import Script
from csvgen.patterns.combinations import cover
from csvgen.patterns.covering import Proof, prove
from csvgen.patterns.factors import Constraint, Factor, Model, Row

_MOST_TUPLES = 40_000
"""Combinations of t values that are looked for in one table; beyond it nobody reviews the table, and making it takes minutes."""
_SAID = ("id", "reason")
"""Keys of a constraint or rule that are no columns."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How thoroughly factors are combined, as a depth policy says it."""

    t: int = 2
    full_table: int = 0
    """A full decision table is made instead of a covering array when it has no more rows than this."""
    row_limit: int = 1000
    """More rows than this are an error, never a cut."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with every column, and what they prove. `full`: each possible combination of all factors is a row."""

    rows: tuple[Row, ...]
    proof: Proof
    full: bool


def model_of(script: Script, given: Mapping[str, Any]) -> Model:
    """Factors and constraints of a script. Raises BadInput for values that stand twice and constraints that name what is not there."""
    constraints = given.get(script.constraints or "", ())
    return _model(
        tuple((column, tuple(given.get(parameter, ()))) for column, parameter in script.factors.items()),
        tuple((c["id"], tuple((k, v) for k, v in c.items() if k not in _SAID)) for c in constraints),
    )


@cache
def _model(
    factors: tuple[tuple[str, tuple[str, ...]], ...], constraints: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
) -> Model:
    names = [name for name, _ in constraints]
    if twice := [name for name in names if names.count(name) > 1]:
        raise BadInput(f"two constraints have the id {twice[0]}")
    return Model(tuple(Factor(*f) for f in factors), tuple(Constraint(*c) for c in constraints))


def combined(script: Script, given: Mapping[str, Any], wish: Strength, seeds: Sequence[Row] = ()) -> Table:
    """The rows of a script with factors, the seeds that still fit first and unchanged.

    Raises BadInput, with the figures, where the rows would be more than the limit, and for constraints that leave none.
    """
    model = model_of(script, given)
    sizes = sorted((len(f.values) for f in model.factors), reverse=True)
    full = script.strength == "full" or prod(sizes) <= wish.full_table or wish.t >= len(sizes)
    t = len(sizes) if full else wish.t
    spelled = " x ".join(f"{f.name} ({len(f.values)})" for f in model.factors)
    if sum(prod(chosen) for chosen in combinations(sizes, t)) > _MOST_TUPLES:
        raise _too_many(f"{spelled} has more than {_MOST_TUPLES} combinations of {t} values", wish)
    rows = _every(model, seeds) if full else cover(model, t, seeds)
    if len(rows) > wish.row_limit:
        what = "the full decision table" if full else f"a covering array of strength {t}"
        raise _too_many(f"{what} of {spelled} has {len(rows)} rows; the limit is {wish.row_limit}", wish)
    proof = prove(model, t, rows)
    return Table(tuple({**row, **decided(script, given, row)} for row in rows), proof, full)


def _too_many(said: str, wish: Strength) -> BadInput:
    hint = f"fewer values, a constraint, or another row_limit ({wish.row_limit}) in depth.yaml; rows are never left out"
    return BadInput(said, hint=hint, rule="PRT446")


def _every(model: Model, seeds: Sequence[Row]) -> tuple[Row, ...]:
    names = [f.name for f in model.factors]
    every = [dict(zip(names, values, strict=True)) for values in product(*(f.values for f in model.factors))]
    possible = [row for row in every if not any(all(row[f] == v for f, v in c.forbids) for c in model.constraints)]
    if not possible:
        raise BadInput("the constraints leave no row at all")
    rest = {tuple(row.values()): row for row in possible}
    kept = [found for row in seeds if model.fits(row) and (found := rest.pop(tuple(row[n] for n in names), None)) is not None]
    return (*kept, *rest.values())


# ------------------------------------------------------------------ what a combination leads to


def decided(script: Script, given: Mapping[str, Any], row: Row) -> Row:
    """The columns of a row that are no factors, from the rules: the rule whose conditions it meets, or else the rule without any.

    Raises BadInput when two rules with conditions decide it differently, and when none decides it.
    """
    if script.rules is None:
        return {}
    fallback: Row | None = None
    found: Row | None = None
    for rule in given.get(script.rules, ()):
        conditions = {k: v for k, v in rule.items() if k in script.factors}
        outcome = {k: v for k, v in rule.items() if k not in script.factors and k not in _SAID}
        if not conditions:
            fallback = outcome
        elif all(row[k] == v for k, v in conditions.items()):
            if found is not None and found != outcome:
                raise BadInput(f"two rules decide {_spelled(row)} differently")
            found = outcome
    if (outcome_ := found if found is not None else fallback) is None:
        raise BadInput(f"no rule decides {_spelled(row)}", hint="add a rule, or one without conditions for all that is left")
    return outcome_


def faults_of(script: Script, given: Mapping[str, Any]) -> Iterable[str]:
    """What is wrong with factors, constraints and rules, as far as it can be said at any strength."""
    try:
        model = model_of(script, given)
        cover(model, 1)
    except BadInput as problem:
        yield problem.message
        return
    yield from _rule_faults(script, given, model)


def _rule_faults(script: Script, given: Mapping[str, Any], model: Model) -> Iterable[str]:
    values = {f.name: f.values for f in model.factors}
    outcomes = [c for c in script.columns if c not in script.factors]
    rules = given.get(script.rules, ()) if script.rules is not None else ()
    for number, rule in enumerate(rules, 1):
        if lost := [c for c in (*outcomes, *script.when) if c not in rule and c not in script.factors]:
            yield f"rule {number} of {script.rules!r} does not say {lost[0]!r}"
            return
        for name, value in rule.items():
            if name in values and value not in values[name]:
                yield f"rule {number} of {script.rules!r} names {name} = {value!r}, which is not there"
                return
    if len([r for r in rules if not set(r) & set(values)]) > 1:
        yield f"{script.rules!r} has two rules without conditions"
        return
    if prod(len(v) for v in values.values()) <= _MOST_TUPLES:
        try:
            for row in _every(model, ()):
                decided(script, given, row)
        except BadInput as problem:
            yield problem.message


def _spelled(row: Row) -> str:
    return " and ".join(f"{name}={value}" for name, value in row.items())


# ------------------------------------------------------------------ rows as keys of the lock


def key_of(row: Row, names: Iterable[str]) -> str:
    """``/role=analyst/function=ingest``: the part of a permanent key that tells rows of one script apart."""
    return "".join(f"/{name}={row[name]}" for name in names)


def row_of(key: str, model: Model) -> Row | None:
    """The row a key was made from; None when it names a factor or a value that the model does not have (any more)."""
    found = _parsed(key, model.factors)
    return None if found is None else {f.name: v for f, v in zip(model.factors, found, strict=True)}


def _parsed(key: str, factors: tuple[Factor, ...]) -> tuple[str, ...] | None:
    if not factors:
        return None if key else ()
    for value in factors[0].values:
        begin = f"/{factors[0].name}={value}"
        if key.startswith(begin) and (rest := _parsed(key[len(begin) :], factors[1:])) is not None:
            return (value, *rest)
    return None
