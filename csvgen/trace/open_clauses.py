"""Clauses that nothing answers: no requirement cites them, and the plan names no document for them.

They stand beside the gaps of the matrix and are none of its rows: no phase can mend them, and no rule of a conclusion counts them.
"""

from __future__ import annotations

from csvgen.model.matrix import Matrix
from csvgen.model.spec import Spec
from csvgen.trace.assessment import assessment

KIND = "clause-unanswered"
"""The word for them where gaps are listed by kind."""
WHY = "no requirement cites it, and the plan names no document for it"


def open_clauses(spec: Spec, matrix: Matrix) -> tuple[str, ...]:
    """By number, in the order of the regulations. Pure."""
    return tuple(a.clause for regulation in assessment(spec, matrix) for a in regulation.rows if a.standing == "OPEN")
