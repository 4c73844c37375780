"""Few rows that hold every combination of t values: a greedy covering array, the same on every machine.

One row at a time, each begun with the first combination that is still missing and filled, factor by factor, with the value that brings
most missing combinations; ties go to the earlier value (Cohen et al. 1997, AETG, without its dice). Constraints are looked
ahead at, so that a begun row can always be finished. Approved rows are handed in as seeds and stay as they are: what a new
value needs is added behind them.

What this makes is never believed: `csvgen.patterns.covering` counts on its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from csvgen.errors import BadInput
from csvgen.patterns.factors import Model, Row

_Part = tuple[tuple[int, int], ...]
"""A combination: index of the factor and of its value, factors ascending."""


def cover(model: Model, strength: int, seeds: Sequence[Row] = ()) -> tuple[Row, ...]:
    """Rows that hold each possible combination of `strength` values; the seeds that still fit come first, unchanged.

    Raises BadInput for a strength below 1 or above the number of factors, and for constraints that leave no row at all.
    """
    if not 1 <= strength <= len(model.factors):
        raise BadInput(f"{len(model.factors)} factors cannot be combined by {strength}")
    search = _Search(model, strength)
    kept = [row for row in seeds if model.fits(row) and search.allowed(search.indices(row))]
    rows = [search.indices(row) for row in kept]
    for row in rows:
        search.strike(row)
    while (found := search.next_row()) is not None:
        rows.append(found)
        search.strike(found)
    if not rows:
        raise BadInput("the constraints leave no row at all")
    return tuple({f.name: f.values[i] for f, i in zip(model.factors, row, strict=True)} for row in rows)


class _Search:
    """Combinations that are missing, and the row under construction."""

    def __init__(self, model: Model, strength: int) -> None:
        self._model = model
        self._strength = strength
        self._sizes = [len(f.values) for f in model.factors]
        order = {f.name: n for n, f in enumerate(model.factors)}
        self._forbidden = [
            frozenset((order[name], model.factors[order[name]].values.index(value)) for name, value in c.forbids)
            for c in model.constraints
        ]
        self._missing = dict.fromkeys(self._possible())  # a dictionary keeps its order; a set would not, across hash seeds

    def indices(self, row: Row) -> list[int]:
        return [f.values.index(row[f.name]) for f in self._model.factors]

    def allowed(self, row: Sequence[int]) -> bool:
        return not any(all(row[f] == v for f, v in bad) for bad in self._forbidden)

    def strike(self, row: Sequence[int]) -> None:
        for chosen in combinations(range(len(row)), self._strength):
            self._missing.pop(tuple((f, row[f]) for f in chosen), None)

    def next_row(self) -> list[int] | None:
        """A row that holds at least the first missing combination; None when nothing is missing."""
        first = next(iter(self._missing), None)
        if first is None:
            return None
        row = dict(first)
        while len(row) < len(self._sizes):
            free = self._factor(row)
            row[free] = self._value(row, free)
        return [row[f] for f in range(len(self._sizes))]

    def _factor(self, row: dict[int, int]) -> int:
        """The factor that takes part in most missing combinations comes next: choices that matter are made early."""
        free = [f for f in range(len(self._sizes)) if f not in row]
        if self._strength == 1 or len(free) == 1:
            return free[0]
        parts = list(combinations(sorted(row.items()), self._strength - 1))
        counts = {
            f: sum(self._part(others, f, v) in self._missing for others in parts for v in range(self._sizes[f])) for f in free
        }
        return max(counts, key=lambda f: (counts[f], -f))

    @staticmethod
    def _part(others: _Part, factor: int, value: int) -> _Part:
        return tuple(sorted((*others, (factor, value))))

    def _value(self, row: dict[int, int], free: int) -> int:
        fixed = sorted(row.items())
        best, most = -1, -1
        for value in range(self._sizes[free]):
            row[free] = value
            if not self._completable(row):
                continue
            gain = sum(self._part(others, free, value) in self._missing for others in combinations(fixed, self._strength - 1))
            if gain > most:
                best, most = value, gain
        if best < 0:
            raise AssertionError("a row that could be finished cannot")
        return best

    def _possible(self) -> Iterator[_Part]:
        for chosen in combinations(range(len(self._sizes)), self._strength):
            for values in product(*(range(self._sizes[f]) for f in chosen)):
                part = tuple(zip(chosen, values, strict=True))
                if not self._forbidden or self._completable(dict(part)):
                    yield part

    def _completable(self, row: dict[int, int]) -> bool:
        """Whether some choice of the open factors breaks no constraint. Only factors that constraints name are tried."""
        relevant = [bad for bad in self._forbidden if all(row.get(f, v) == v for f, v in bad)]
        if any(all(f in row for f, _ in bad) for bad in relevant):
            return False
        open_ones = sorted({f for bad in relevant for f, _ in bad if f not in row})
        return not open_ones or any(self._completable({**row, open_ones[0]: v}) for v in range(self._sizes[open_ones[0]]))
