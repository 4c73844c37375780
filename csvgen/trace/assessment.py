"""Paragraph by paragraph: which requirement answers it, which cases show that, what people do for it, and what is open.

Pure. It says which paragraphs have evidence; whether a system complies is for people to say who know it and its use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from csvgen.catalog.clauses import canonical, clauses
from csvgen.model.execution import Verdict
from csvgen.model.matrix import Matrix, Row
from csvgen.model.plan import ClauseAnswer
from csvgen.model.spec import Spec
from csvgen.trace.clauses import CLOSED_SYSTEM, Answer, Citing, answers

_BELOW = ("(", ".", "-")
"""What begins a part of a paragraph in the numbers of Annex 11."""
Standing = Literal["PASSED", "PROCEDURE", "DOCUMENT", "RESTRICTED", "GAP", "OPEN", "N/A"]


@dataclass(frozen=True, slots=True)
class Assessed:
    """One paragraph."""

    clause: str
    heading: str
    requirements: tuple[str, ...]
    cases: tuple[tuple[str, str], ...]
    """Each case with its final verdict."""
    procedural: tuple[str, ...]
    """Requirements for which people do something; empty where it is answered by tests alone."""
    standing: Standing
    gap: str
    """Why no requirement answers it; empty where one does."""
    against: tuple[str, ...] = ()
    """What is missing, requirement by requirement."""
    by_plan: ClauseAnswer | None = None
    """What the plan says of a paragraph: which documents answer it. No case shows that."""


@dataclass(frozen=True, slots=True)
class Regulation:
    """A regulation with its paragraphs, or the reason why none is listed."""

    title: str
    rows: tuple[Assessed, ...]
    empty: str = ""


def assessment(spec: Spec, matrix: Matrix) -> tuple[Regulation, ...]:
    """21 CFR Part 11 whole; Annex 11 whole where a requirement cites it or the plan answers it; every other text that is cited."""
    known = clauses()
    found = answers(spec, matrix)
    part11 = [a for a in found if a.clause in known and known[a.clause].catalog == "part11"]
    named = {*(a.clause for a in found), *(canonical(a.clause) for a in spec.plan.answers)}
    annex_cited = any(name in known and known[name].catalog == "annex11" for name in named)
    others = [a for a in found if a.clause not in known or known[a.clause].catalog not in ("part11", "annex11")]
    annex: list[Answer] = []
    if annex_cited:
        citing = Citing(matrix)
        annex = [
            Answer(c.id, c.heading, tuple(row.requirement for row in citing.rows(c.id, _BELOW)), "")
            for c in known.values()
            if c.catalog == "annex11" and c.citable == "yes"
        ]
    return (
        Regulation("21 CFR Part 11", tuple(_assessed(a, spec, matrix) for a in part11)),
        Regulation(
            "EU GMP Annex 11",
            tuple(_assessed(a, spec, matrix) for a in annex),
            "Not assessed: no requirement of this specification cites a clause of Annex 11, and the plan names no document that answers one.",
        ),
        Regulation(
            "Other texts that requirements cite",
            tuple(_assessed(a, spec, matrix) for a in others),
            "None: no requirement cites another text.",
        ),
    )


def _assessed(answer: Answer, spec: Spec, matrix: Matrix) -> Assessed:
    wanted = frozenset(answer.requirements)
    rows = [row for row in matrix.rows if row.requirement in wanted]
    cases = {link.case: link.final for row in rows for link in row.links}
    told = tuple((case, str(verdict)) for case, verdict in cases.items())
    procedural = tuple(row.requirement for row in rows if not row.links and row.coverage != "gap")
    by_plan = next((a for a in spec.plan.answers if canonical(a.clause) == answer.clause), None)
    if not rows and by_plan is not None:
        return Assessed(answer.clause, answer.heading, (), (), (), "DOCUMENT", "", by_plan=by_plan)
    if not rows:
        closed = answer.state == CLOSED_SYSTEM
        reason = f"closed system: {spec.system.classification.reason}" if closed else "no requirement cites it"
        return Assessed(answer.clause, answer.heading, (), (), (), "N/A" if closed else "OPEN", reason)
    against = [f"{row.requirement}: {row.reason}" for row in rows if row.coverage in ("gap", "failed")]
    restricted = [f"{row.requirement}: {row.reason}" for row in rows if row.coverage == "restricted"]
    standing = _standing(rows, against, restricted, list(cases.values()))
    return Assessed(
        answer.clause, answer.heading, answer.requirements, told, procedural, standing, "", (*against, *restricted), by_plan
    )


def _standing(rows: Sequence[Row], against: Sequence[str], restricted: Sequence[str], verdicts: Sequence[Verdict]) -> Standing:
    if against:
        return "GAP"
    if restricted:
        return "RESTRICTED"
    if verdicts:
        return "PASSED"
    return "N/A" if all(row.coverage == "not-applicable" for row in rows) else "PROCEDURE"
