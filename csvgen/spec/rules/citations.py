"""Citations of regulations."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.catalog.cite import cited_in
from csvgen.catalog.clauses import canonical, clauses, find, names_regulation, nearest
from csvgen.diagnostics import Severity
from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, error, rule
from csvgen.spec.rules.misquotes import judged_entries


def _unknown(r: noun.Requirement) -> Iterator[tuple[int, str]]:
    """Number and text of cited clauses that no catalog has and of which no rule about mistakes in citations speaks."""
    unknown = [(number, citation) for number, citation in enumerate(r.clauses) if find(citation) is None]
    spoken = judged_entries(r) if unknown else frozenset()
    return ((number, citation) for number, citation in unknown if citation not in spoken)


def _held_in_whole(citation: str) -> bool:
    """Whether the regulation cited is one the catalog holds from the first clause to the last, or none that can be recognised."""
    cited = cited_in(citation)
    ours = any(c.regulation in {"part11", "annex11"} for c in cited) or canonical(citation).startswith(("11.", "A11-"))
    known = any(c.id in clauses() for c in cited)
    return ours or known or not names_regulation(citation)


@error("CIT301", "requirement")
def known_clauses(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A cited clause is in none of the catalogs. Wrong paragraph letters are the most frequent citation mistake."""
    for number, citation in _unknown(r):
        if not _held_in_whole(citation):
            continue  # CIT304
        cited = cited_in(citation)
        if cited and all(c.id in clauses() for c in cited):
            hint = f"an entry is the number of one clause: {', '.join(c.id for c in cited)}"
            yield Hit(f"{r.id} cites {citation!r}, which is more than a clause", ("clauses", number), hint)
            continue
        near = nearest(citation)
        known = "known catalogs: 21 CFR Part 11, EU GMP Annex 11, 21 CFR 211 (selection); others by their usual name: ICH Q9, ISO 13485"
        hint = f"did you mean {', '.join(near)}?" if near else known
        yield Hit(f"{r.id} cites {citation!r}, which no catalog has", ("clauses", number), hint)


@rule("CIT304", "requirement", severity=Severity.NOTE)
def clauses_nobody_checked(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A cited clause is of a regulation of which csvgen holds no text, or a part only: nobody checked the number."""
    for number, citation in _unknown(r):
        if not _held_in_whole(citation):
            near = nearest(citation)
            also = f"; near to it: {', '.join(near)}" if near else ""
            yield Hit(f"{r.id} cites {citation!r}: csvgen holds no text of it, nobody checked the number", ("clauses", number),
                      f"compare it with the text of the regulation{also}")  # fmt: skip


@rule("CIT302", "requirement")
def citable_clauses(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A cited clause cannot carry a requirement: a definition, a scope, or something for the validation plan."""
    for number, citation in enumerate(r.clauses):
        clause = find(citation)
        if clause is not None and clause.citable in {"no", "plan"}:
            where = "it belongs in the validation plan" if clause.citable == "plan" else "it obliges nobody to anything"
            yield Hit(f"{r.id} cites {clause.id} ({clause.heading}): {where}", ("clauses", number))


@rule("CIT303", "requirement")
def narrow_clauses(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A cited clause is a lead-in: too broad, it hides the paragraph that is meant."""
    for number, citation in enumerate(r.clauses):
        clause = find(citation)
        if clause is not None and clause.citable == "broad":
            yield Hit(f"{r.id} cites {clause.id}, a lead-in", ("clauses", number), "cite the paragraph that is meant")


@rule("CIT305", "requirement")
def procedural_clauses(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A requirement tested as software cites a clause that only people and procedures can meet (RR-R09)."""
    for number, citation in enumerate(r.clauses):
        clause = find(citation)
        if clause is not None and clause.control == "procedural" and r.verification == "test":
            yield Hit(f"{r.id} is tested, but {clause.id} ({clause.heading}) is met by procedure", ("clauses", number),
                      "set verification: procedure and name the document")  # fmt: skip


@error("CIT306", "plan")
def answered_clauses(p: noun.Plan, _context: Context) -> Iterator[Hit]:
    """The plan says which documents answer a clause, and no catalog has the clause, or it stands there twice."""
    seen: set[str] = set()
    for number, answer in enumerate(p.answers):
        clause = find(answer.clause)
        if clause is None:
            near = nearest(answer.clause)
            hint = f"did you mean {', '.join(near)}?" if near else "csvgen explain CIT306"
            yield Hit(f"the plan answers {answer.clause!r}, which no catalog has", ("answers", number, "clause"), hint)
        elif clause.id in seen:
            yield Hit(f"the plan answers {clause.id} twice", ("answers", number, "clause"), "make one answer of both")
        seen.add(clause.id if clause is not None else answer.clause)
