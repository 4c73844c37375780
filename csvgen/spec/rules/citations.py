"""Citations of regulations."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.catalog.clauses import find, nearest
from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, error, rule


@error("CIT301", "requirement")
def known_clauses(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A cited clause is in none of the catalogs. Wrong paragraph letters are the most frequent citation mistake."""
    for number, citation in enumerate(r.clauses):
        if find(citation) is None:
            near = nearest(citation)
            known = "known catalogs: 21 CFR Part 11, EU GMP Annex 11, 21 CFR 211 (selection)"
            hint = f"did you mean {', '.join(near)}?" if near else known
            yield Hit(f"{r.id} cites {citation!r}, which no catalog has", ("clauses", number), hint)


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
