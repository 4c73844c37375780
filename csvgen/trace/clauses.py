"""Clauses: which paragraphs of 21 CFR Part 11 are answered by which requirements, and what those came to.

Pure. A requirement answers the paragraph it cites and everything below it. That a paragraph is answered says nothing about
being compliant with it: that is for people to say who know the system and its use.
"""

from __future__ import annotations

from dataclasses import dataclass

from csvgen.catalog.clauses import canonical, clauses
from csvgen.model.matrix import Matrix, Row
from csvgen.model.spec import Spec

OPEN = "open: no requirement cites it"
CLOSED_SYSTEM = "not applicable: a closed system"


@dataclass(frozen=True, slots=True)
class Answer:
    """A paragraph with the requirements that answer it."""

    clause: str
    heading: str
    requirements: tuple[str, ...]
    state: str
    """Coverage of its requirements, each word once; `OPEN` where there is none."""


def answers(spec: Spec, matrix: Matrix) -> tuple[Answer, ...]:
    """Every paragraph of subparts B and C that says something of its own, then every other clause that is cited."""
    cited = {canonical(c) for row in matrix.rows for c in row.clauses}
    part11 = [
        c for c in clauses().values() if c.catalog == "part11" and c.citable == "yes" and not c.id.startswith(("11.1(", "11.2("))
    ]
    others = [c for c in clauses().values() if c.catalog != "part11" and c.id in cited]
    unknown = sorted(cited - clauses().keys())
    citing = Citing(matrix)
    return (
        *(_answer(clause.id, clause.heading, spec, citing) for clause in (*part11, *others)),
        *(_answer(citation, "csvgen holds no text of this", spec, citing) for citation in unknown),
    )


class Citing:
    """The rows of a matrix by the clauses they cite; made once, for a matrix may have many thousand rows."""

    def __init__(self, matrix: Matrix) -> None:
        self._rows = matrix.rows
        self._places: dict[str, list[int]] = {}
        for place, row in enumerate(matrix.rows):
            for clause in dict.fromkeys(map(canonical, row.clauses)):
                self._places.setdefault(clause, []).append(place)

    def rows(self, identity: str, below: tuple[str, ...] = ("(",)) -> tuple[Row, ...]:
        """In the order of the matrix, those that cite the paragraph or one above it; `below` are the marks that begin a part of one."""
        named = [c for c in self._places if identity == c or any(identity.startswith(c + mark) for mark in below)]
        return tuple(self._rows[place] for place in sorted({place for clause in named for place in self._places[clause]}))


def _answer(identity: str, heading: str, spec: Spec, citing: Citing) -> Answer:
    found = citing.rows(identity)
    state = ", ".join(dict.fromkeys(row.coverage for row in found))
    if not found:
        state = CLOSED_SYSTEM if identity == "11.30" and spec.system.classification.kind == "closed" else OPEN
    return Answer(identity, heading, tuple(row.requirement for row in found), state)
