"""What is combined: factors with their values, and which combinations cannot be. Nouns only; generator and checker share no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from csvgen.errors import BadInput

Row = Mapping[str, str]
"""Factor -> value, every factor of the model."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that varies: a role, a state, an option."""

    name: str
    values: tuple[str, ...]
    """In the order of the specification; the first is the usual one."""

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) != len(self.values):
            raise BadInput(f"the factor {self.name!r} needs values, each once")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A combination that cannot be, with the id under which the specification names it: ``C-2``."""

    id: str
    forbids: tuple[tuple[str, str], ...]
    """Factor and value of each part; a row that has all of them is excluded."""


@dataclass(frozen=True, slots=True)
class Model:
    """Factors in order, and the constraints between them. Raises BadInput for a constraint that names what is not there."""

    factors: tuple[Factor, ...]
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        values = {f.name: f.values for f in self.factors}
        if len(values) != len(self.factors):
            raise BadInput("two factors have the same name")
        for constraint in self.constraints:
            if len(dict(constraint.forbids)) != len(constraint.forbids) or not constraint.forbids:
                raise BadInput(f"the constraint {constraint.id} forbids nothing, or names a factor twice")
            for name, value in constraint.forbids:
                if value not in values.get(name, ()):
                    raise BadInput(f"the constraint {constraint.id} names {name} = {value!r}, which is not there")

    def fits(self, row: Row) -> bool:
        """Whether a row gives each factor one of its values; constraints are not asked."""
        return set(row) == {f.name for f in self.factors} and all(row[f.name] in f.values for f in self.factors)
