"""Mistakes in citations that stand in validation documents again and again; `csvgen.catalog.citations` finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from csvgen.catalog.citations import findings
from csvgen.catalog.cite import cited_in, related
from csvgen.catalog.clauses import canonical, clauses, find
from csvgen.catalog.subjects import owners
from csvgen.catalog.suggest import suggest
from csvgen.catalog.words import Phrase, grams, stems
from csvgen.diagnostics import Severity
from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, rule

_RULES: Mapping[str, tuple[Severity, str]] = {
    "CIT310": (Severity.WARNING, "The words belong to another paragraph of the section that is cited: 11.10(d) is not the audit trail."),
    "CIT311": (Severity.WARNING, "The words belong to another section than the one that is cited: 11.70 has no identification components."),
    "CIT312": (Severity.WARNING, "One clause is made to carry the subject of another one as well: 11.10(f) has no input checks."),
    "CIT313": (Severity.ERROR, "Words in quotation marks are not in the clause they are said to come from."),
    "CIT314": (Severity.ERROR, "A section of Part 11 is placed in a subpart it does not stand in."),
    "CIT315": (Severity.WARNING, "A clause of Annex 11 is cited for the subject of another: the numbers of a list that was renumbered."),
    "CIT316": (Severity.ERROR, "A draft is cited as if it were in force, or a clause that only the draft has."),
    "CIT317": (Severity.WARNING, "A whole regulation is cited where one paragraph is meant: nobody can check it."),
    "CIT318": (Severity.WARNING, "An edition or a regulation is cited that another has taken the place of."),
    "CIT319": (Severity.ERROR, "A clause is not written as the regulation numbers it: padded, letters for digits, look-alike characters."),
}  # fmt: skip

_MAYBE = re.compile(
    r"\bpart\s{0,3}11|annex|\bcfr\b|§|\bcsa\b|assurance|\bA11-|(?<![\w.])(?:[1lI|]{2}|58|211|212|312|812|820)\.[0-9OolIS]",
    re.IGNORECASE,
)
"""What every citation holds some of; most statements hold none and need no closer look."""
_FIGURE = re.compile(r"[0-9§]")
_MOST = 2500
"""Characters of a statement that are read for citations; no sentence is longer."""
_SAYS_MORE = re.compile(r"[\"“„«]|subpart", re.IGNORECASE)


@lru_cache(maxsize=64)
def _judged(citations: tuple[str, ...], title: str, statement: str) -> Mapping[str, tuple[Hit, ...]]:
    """Code -> findings, about the entries of `clauses` and about what the statement cites. Kept for the rules that ask in turn."""
    statement = statement[:_MOST]
    said = f"{title}\n{statement}"
    found: dict[str, dict[str, Hit]] = {}

    def judge(citation: str, at: tuple[str | int, ...], beside: list[str]) -> None:
        for f in findings(citation, said, beside):
            found.setdefault(f.rule, {}).setdefault(f.message, Hit(f.message, at, f.hint))

    inside = _cited(statement)
    unlike = _SAYS_MORE.search(statement) is not None or _names_others(citations, said)
    for number, citation in enumerate(citations):
        if unlike or inside or not _sound(citation):
            judge(citation, ("clauses", number), [c for n, c in enumerate(citations) if n != number])
    for text in dict.fromkeys(inside):
        if not any(canonical(text) == canonical(c) for c in citations):
            judge(text, ("statement",), list(citations))
    return {code: tuple(hits.values()) for code, hits in found.items()}


def _cited(statement: str) -> list[str]:
    return [c.text for c in cited_in(statement)] if _FIGURE.search(statement) and _MAYBE.search(statement) else []


@lru_cache(maxsize=4096)
def _sound(citation: str) -> bool:
    """A bare clause of a catalog without a mistake of its own: only words of the requirement could speak against it."""
    return find(citation) is not None and not any(findings(citation, ""))


def _names_others(citations: tuple[str, ...], said: str) -> bool:
    """Whether the text names subjects, and none of a clause that is cited. Only then can bare clauses be the wrong ones."""
    ids = [canonical(c) for c in citations]
    words = stems(said) if ids else ()
    near = [entry for word in dict.fromkeys(words) for entry in _by_first_word().get(word, ())]
    found = grams(words) if near else frozenset()
    named = [i for phrase, owned in near if phrase.stands_in(found) for i in owned]
    return bool(named) and not any(related(i, cited) for i in named for cited in ids)


@cache
def _by_first_word() -> Mapping[str, tuple[tuple[Phrase, tuple[str, ...]], ...]]:
    """Naming phrases by their first stem."""
    begun: dict[str, list[tuple[Phrase, tuple[str, ...]]]] = {}
    for phrase, ids in owners().items():
        begun.setdefault(phrase.parts[0].split()[0], []).append((phrase, ids))
    return {word: tuple(entries) for word, entries in begun.items()}


def _register(code: str, severity: Severity, title: str) -> None:
    def check(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
        for hit in _judged(r.clauses, r.title, r.statement).get(code, ()):
            yield Hit(f"{r.id}: {hit.message}", hit.at, hit.hint)

    check.__doc__ = title
    rule(code, "requirement", severity=severity)(check)


for _code, (_severity, _title) in _RULES.items():
    _register(_code, _severity, _title)


def judged_entries(r: noun.Requirement) -> frozenset[str]:
    """Cited clauses of which one of these rules speaks."""
    hits = (h for hits in _judged(r.clauses, r.title, r.statement).values() for h in hits)
    return frozenset(r.clauses[h.at[1]] for h in hits if h.at[0] == "clauses" and isinstance(h.at[1], int))


_REGULATED = frozenset({"audit-trail", "e-signature", "access"})


@rule("CIT320", "requirement")
def regulated_subjects_cite(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A GxP requirement about audit trail, signature or access cites no clause: no sheet by clause will list it."""
    if r.gxp == "yes" and r.category in _REGULATED and not r.clauses and not _cited(r.statement[:_MOST]):
        near = suggest(f"{r.title}\n{r.statement}", 3)
        listed = "; ".join(f"{s.clause.id} {s.clause.heading} (for: {', '.join(s.words[:3])})" for s in near)
        yield Hit(f"{r.id} is of the category {r.category} and cites no clause", ("clauses",),
                  f"near to the text, for a person to confirm: {listed}" if near else "cite the paragraph it answers")  # fmt: skip


_AT_HOME: Mapping[str, tuple[str, ...]] = {
    "audit-trail": ("11.10(e)", "A11-9"),
    "e-signature": ("11.50", "11.70", "11.100", "11.200", "11.300", "11.10(g)", "11.10(j)", "A11-14"),
    "access": ("11.10(d)", "11.10(g)", "11.300", "11.200", "A11-12"),
}
"""Category -> clauses of Part 11 and Annex 11 that speak of it."""


@rule("CIT321", "requirement")
def category_and_clauses_agree(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A requirement about audit trail, signature or access cites Part 11 or Annex 11, and no clause of them that speaks of it."""
    own = _AT_HOME.get(r.category)
    if own is None or not r.clauses:
        return
    ids = [i for i in (canonical(c) for c in r.clauses) if i in clauses() and clauses()[i].catalog in {"part11", "annex11"}]
    if (
        ids
        and not any(_within(i, one) or _within(one, i) for i in ids for one in own)
        and judged_entries(r).isdisjoint(r.clauses)
    ):
        listed = ", ".join(i if i in clauses() else f"{i}(...)" for i in own)
        yield Hit(f"{r.id} is of the category {r.category}, and {', '.join(ids)} is not about that", ("clauses",),
                  f"add the clause that is: {listed}; or correct the category")  # fmt: skip


def _within(one: str, other: str) -> bool:
    """Whether a clause is another one or stands inside it."""
    return one == other or one.startswith((f"{other}(", f"{other}."))
