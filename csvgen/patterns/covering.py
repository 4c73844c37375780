"""What a set of rows proves about combinations, counted from the rows alone. Shares no code with the generator.

Every combination of t values is looked for in the rows. One that is in no row must be one that no row could hold, and then
the constraint that says so is named. The sentence this gives is printed in the protocol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

from csvgen.patterns.factors import Constraint, Model, Row

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Proof:
    """What was counted."""

    strength: int
    held: int
    """Possible combinations that stand in some row."""
    possible: int
    excluded: tuple[tuple[str, int], ...]
    """Constraint id -> combinations it makes impossible; ids joined by ``+`` where only several together do."""
    missing: tuple[tuple[tuple[str, str], ...], ...]
    unfit: tuple[int, ...]
    """Numbers of rows, from 1, that are no rows of the model or break a constraint."""

    @property
    def holds(self) -> bool:
        return not self.missing and not self.unfit and self.possible > 0

    @property
    def sentence(self) -> str:
        """``t=2, 412 of 412 tuples, 6 excluded by constraint C-2``; what is missing, in words, behind it."""
        text = f"t={self.strength}, {self.held} of {self.possible} tuples"
        text += "".join(f", {n} excluded by constraint {name}" for name, n in self.excluded)
        if self.missing:
            shown = "; ".join(" and ".join(f"{f}={v}" for f, v in part) for part in self.missing[:_SHOWN])
            text += f"; MISSING: {shown}" + (f" and {len(self.missing) - _SHOWN} more" if len(self.missing) > _SHOWN else "")
        if self.unfit:
            text += f"; rows {', '.join(map(str, self.unfit))} are not possible"
        return text


def prove(model: Model, strength: int, rows: Sequence[Row]) -> Proof:
    """Count. Rows that are not possible hold nothing."""
    unfit = tuple(n for n, row in enumerate(rows, 1) if not model.fits(row) or _broken(model, dict(row)))
    good = [row for n, row in enumerate(rows, 1) if n not in unfit]
    held, missing, excluded = 0, [], Counter[str]()
    for chosen in combinations(model.factors, strength):
        names = [f.name for f in chosen]
        there = {tuple(row[name] for name in names) for row in good}
        for values in product(*(f.values for f in chosen)):
            if values in there:
                held += 1
            elif why := _impossible(model, dict(zip(names, values, strict=True))):
                excluded[why] += 1
            else:
                missing.append(tuple(zip(names, values, strict=True)))
    return Proof(strength, held, held + len(missing), tuple(sorted(excluded.items())), tuple(missing), unfit)


def _broken(model: Model, row: dict[str, str]) -> list[Constraint]:
    return [c for c in model.constraints if all(row.get(name) == value for name, value in c.forbids)]


def _impossible(model: Model, part: dict[str, str]) -> str:
    """Ids of the constraints that leave no row with this part, or an empty string."""
    if broken := _broken(model, part):
        return broken[0].id
    concerned = _concerned(model, set(part))
    if any(not _broken(model, {**part, **choice}) for choice in _choices(model, concerned, part)):
        return ""
    return "+".join(c.id for c in model.constraints if {name for name, _ in c.forbids} <= concerned | set(part))


def _concerned(model: Model, names: set[str]) -> set[str]:
    """The factors that constraints tie to these, directly or through others."""
    found, grown = set(names), True
    while grown:
        linked = {n for c in model.constraints for n, _ in c.forbids if found & {m for m, _ in c.forbids}}
        grown = not linked <= found
        found |= linked
    return found


def _choices(model: Model, concerned: set[str], part: dict[str, str]) -> list[dict[str, str]]:
    """Every choice of the concerned factors that the part leaves open, kept only while no constraint is broken."""
    found: list[dict[str, str]] = [{}]
    for factor in model.factors:
        if factor.name in concerned and factor.name not in part:
            found = [
                wider
                for choice in found
                for value in factor.values
                if not _broken(model, {**part, **(wider := {**choice, factor.name: value})})
            ]
    return found
