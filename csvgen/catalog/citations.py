"""Mistakes in citations that stand in public validation documents again and again: one function for each, CIT310 to CIT319.

A citation is an entry of a requirement's `clauses`, or a remark with words behind the number ("11.10(d) audit trails"). Words behind
the number say what the writer takes the clause for and are judged strictly. Without them the requirement's own words are taken, and
only a plain contradiction is a finding, because a requirement may say more than the clause does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Literal

from csvgen.catalog.cite import Cited, cited_in, related
from csvgen.catalog.clauses import Clause, clauses
from csvgen.catalog.files import read
from csvgen.catalog.subjects import Sense, sense_of, subjects
from csvgen.catalog.suggest import scores, suggest
from csvgen.catalog.words import MOST, Phrase, folded, grams, stems

_QUOTED = re.compile(r'["“„«]([^"“”„«»]{6,800})["”“»]')
_GAP = re.compile(r"\[?\(?(?:\.{3}|…)\)?\]?")
_TOKEN = re.compile(r"[^\W_]+")
_SUBPART = re.compile(r"\bsubpart\s{0,3}([A-Z])\b", re.IGNORECASE)
_LISTED = re.compile(r"[,;/&+]|\band\b", re.IGNORECASE)
_UNLIKE, _PLAIN = 0.08, 0.6
"""Below the first score the requirement has nothing of the clause it cites; from the second on it plainly names another."""
_SHORTEST, _MOSTLY = 3, 0.7
"""Words of the shortest quotation that is judged; share of its words that must come from the clause when it stands far from it."""
_ENTRIES = 40
"""Citations of one entry that are looked at."""
_NEAR = 60
"""Characters around a citation in which a quotation or a subpart is taken to belong to it."""


@dataclass(frozen=True, slots=True)
class CitationFinding:
    rule: str
    severity: Literal["error", "warning"]
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class _Case:
    """One citation with everything that is said about it."""

    cited: Cited
    claimed: str
    """Words that stand with the number and say what it is taken for."""
    said: str
    beside: tuple[str, ...]
    """Ids of the other clauses cited for the same requirement."""
    mentioned: tuple[Cited, ...]
    """Citations inside `said`."""
    within: tuple[Cited, ...] = ()
    """All citations of the same entry."""

    @property
    def clause(self) -> Clause | None:
        return clauses().get(self.cited.id)

    @property
    def around(self) -> str:
        """The claimed words, and what stands near the same citation in the requirement's text."""
        same = (c for c in self.mentioned if (c.id, c.regulation) == (self.cited.id, self.cited.regulation))
        return "\n".join([self.claimed, *(self.said[max(0, c.start - _NEAR) : c.end + _NEAR] for c in same)])


Rule = Callable[[_Case], Iterator[CitationFinding]]


def findings(citation: str, said: str, beside: Collection[str] = ()) -> Iterator[CitationFinding]:
    """Every mistake in one citation.

    `citation` is one entry of a requirement's clauses, or a remark; `said` its title and statement; `beside` its other citations. What
    is no citation at all gives nothing: that no catalog has it is another rule's finding (CIT301).
    """
    citation, said = citation[:MOST], said[:MOST]
    others = tuple(c.id for text in beside for c in cited_in(text[:MOST]) if c.id)
    mentioned = cited_in(said)
    entries = tuple(islice(_with_words(citation), _ENTRIES))
    within = tuple(cited for cited, _ in entries)
    for cited, claimed in entries:
        case = _Case(cited, claimed, said, others, mentioned, within)
        for rule in _RULES:
            yield from rule(case)


def _with_words(citation: str) -> Iterator[tuple[Cited, str]]:
    """Each citation of an entry with the words up to the next one; words before the first belong to the first."""
    found = cited_in(citation)
    for i, cited in enumerate(found):
        until = found[i + 1].start if i + 1 < len(found) else len(citation)
        before = citation[: cited.start] if i == 0 else ""
        yield cited, f"{before} {citation[cited.end : until]}".strip(" \t\n-–:,;.")


# --- what the words say -------------------------------------------------------------------------------------------------------------


def _subject(case: _Case) -> Iterator[CitationFinding]:
    """CIT310, CIT311, CIT312, CIT315: the words name the subject of another clause."""
    cited = case.cited
    known = [s for s in subjects().values() if related(s.id, cited.id)] if cited.id else []
    if not known or _draft_reason(case):
        return
    if case.claimed:
        yield from _claimed_subject(case)
    elif not any(s.general for s in known):
        yield from _said_subject(case)


def _claimed_subject(case: _Case) -> Iterator[CitationFinding]:
    sense = sense_of(_QUOTED.sub(" ", case.claimed), case.cited.id, claimed=True)
    if not sense.home and sense.foreign:
        yield _shift(case, sense, "error")
    elif sense.home:
        for part in _LISTED.split(case.claimed):
            inner = sense_of(part, case.cited.id, claimed=False)
            if inner.foreign and not inner.home and (ids := _same(case, inner)):
                names = _listed(inner)
                yield CitationFinding(
                    "CIT312", "warning", f"{case.cited.text} is made to carry {names} too, the subject of {_titles(ids)}",
                    f"cite {' and '.join(ids)} for it separately",
                )  # fmt: skip


def _said_subject(case: _Case) -> Iterator[CitationFinding]:
    whole = sense_of(case.said, case.cited.id, claimed=False)
    # Words that stand together and a subject of its own: "signer" and "name" far apart, or "validation", contradict nothing.
    plain = ((p, tuple(i for i in ids if not subjects()[i].general)) for p, ids in whole.foreign if len(p.parts) == 1)
    sense = Sense(whole.home, tuple((p, ids) for p, ids in plain if ids))
    if sense.home or not _same(case, sense) or any(related(i, b) for b in case.beside for _, ids in whole.foreign for i in ids):
        return
    own = scores(case.said, [i for i in subjects() if related(i, case.cited.id)])
    if max(own.values()) < _UNLIKE and max(scores(case.said, _same(case, sense)).values()) >= _PLAIN:
        yield _shift(case, sense, "warning")


def _same(case: _Case, sense: Sense) -> tuple[str, ...]:
    """Clauses of the cited regulation that the foreign phrases name, those of the same section first."""
    ids = dict.fromkeys(i for _, owned in sense.foreign for i in owned if clauses()[i].catalog == case.cited.regulation)
    return tuple(sorted(ids, key=lambda i: not _same_section(i, case.cited.id)))


def _shift(case: _Case, sense: Sense, severity: Literal["error", "warning"]) -> CitationFinding:
    ids, names = _same(case, sense), _listed(sense)
    own = clauses().get(case.cited.id)
    about = f"{case.cited.text} is about {own.heading[:1].lower()}{own.heading[1:]}" if own else case.cited.text
    if not ids:
        elsewhere = tuple(dict.fromkeys(i for _, owned in sense.foreign for i in owned))
        return CitationFinding(
            "CIT312", severity, f"{about}; {names} is no subject of it",
            f"nearest in other catalogs: {_titles(elsewhere)}; keep separate subjects under separate clauses",
        )  # fmt: skip
    if case.cited.regulation == "annex11":
        rule, kind = "CIT315", "of Annex 11 (2011)"
    elif _same_section(ids[0], case.cited.id):
        ids = tuple(i for i in ids if _same_section(i, case.cited.id))
        rule, kind = "CIT310", "of the same section"
    else:
        rule, kind = "CIT311", "of another section"
    return CitationFinding(rule, severity, f"{about}; {names} belongs to another clause {kind}", f"did you mean {_titles(ids)}?")


def _same_section(one: str, other: str) -> bool:
    return one.partition("(")[0] == other.partition("(")[0]


def _listed(sense: Sense) -> str:
    return ", ".join(f'"{p.text}"' for p, _ in sense.foreign[:3])


def _titles(ids: Collection[str]) -> str:
    return ", ".join(f"{i} ({clauses()[i].heading})" for i in list(ids)[:4])


# --- the other rules ----------------------------------------------------------------------------------------------------------------


def _quotation(case: _Case) -> Iterator[CitationFinding]:
    """CIT313: words in quotation marks that are not in the clause. Only clauses whose exact text the catalog holds are judged."""
    clause = case.clause
    if clause is None or not clause.exact:
        return
    whole = _tokens(" ".join(c.text for c in clauses().values() if c.exact and related(c.id, clause.id)))
    held = set(whole.split())
    quotes = [q for q in _QUOTED.findall(case.around) if len(_tokens(q).split()) >= _SHORTEST]
    for quote in _QUOTED.findall(case.said):
        words = _tokens(quote).split()
        # Far from the citation it is judged only when most of its words come from the clause: it may be a label on a screen.
        if len(words) >= 2 * _SHORTEST and sum(w in held for w in words) >= _MOSTLY * len(words):
            quotes.append(quote)
    for quote in dict.fromkeys(quotes):
        if any(f" {_tokens(piece)} " not in f" {whole} " for piece in _GAP.split(quote) if _tokens(piece)):
            hint = f'the catalog has: "{_cut(clause.text, 240)}"'
            yield CitationFinding("CIT313", "error", f'{clause.id} does not say "{_cut(quote)}"', hint)


def _tokens(text: str) -> str:
    return " ".join(_TOKEN.findall(folded(text)))


def _cut(text: str, most: int = 90) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _subpart(case: _Case) -> Iterator[CitationFinding]:
    """CIT314: a section of Part 11 placed in a subpart it does not stand in."""
    section = case.cited.id.partition("(")[0]
    right = next((name for name, held in _subparts().items() if section in held), "")
    for named in dict.fromkeys(m.upper() for m in _SUBPART.findall(case.around)):
        if right and named != right:
            hint = f"{section} is in Subpart {right} of 21 CFR Part 11"
            yield CitationFinding("CIT314", "error", f"{section} does not stand in Subpart {named}", hint)


def _draft(case: _Case) -> Iterator[CitationFinding]:
    """CIT316: a clause of a draft, or a number of Annex 11 that the edition in force does not have."""
    if reason := _draft_reason(case):
        yield CitationFinding(
            "CIT316", "error", f"{case.cited.text}: {reason}",
            "a draft obliges nobody and its numbers change; cite Annex 11 of 2011 (A11-1 to A11-17)",
        )  # fmt: skip


def _draft_reason(case: _Case) -> str:
    cited = case.cited
    if cited.regulation == "annex22":
        return "Annex 22 is known as a draft only"
    if cited.regulation != "annex11":
        return ""
    if cited.draft or re.search(r"\b(?:draft|consultation)\b", case.claimed, re.IGNORECASE):
        return "the revision of Annex 11 is known as a draft only"
    if cited.id and cited.id not in clauses():
        return f"Annex 11 of 2011 has no clause {cited.id.removeprefix('A11-')}; the draft of 2025 may"
    found = grams(stems(case.claimed))
    if named := next((p.text for p in _draft_subjects() if p.stands_in(found)), ""):
        return f'no clause of 2011 speaks of "{named}"; the draft of 2025 does, under other numbers'
    return ""


def _broad(case: _Case) -> Iterator[CitationFinding]:
    """CIT317: a whole regulation instead of the paragraph that is meant."""
    cited = case.cited
    beside = [*case.beside, *(c.id for c in case.mentioned)]
    if cited.id or cited.draft or cited.regulation not in {"part11", "annex11"}:
        return
    if any(i in clauses() and clauses()[i].catalog == cited.regulation for i in beside):
        return  # the paragraph is named beside it
    if any(c.id and c.regulation == cited.regulation for c in case.within):
        return  # "21 CFR Part 11, 11.10(e)"
    near = [s for s in suggest(f"{case.said}\n{case.claimed}", len(subjects())) if s.clause.catalog == cited.regulation][:3]
    listed = ", ".join(f"{s.clause.id} ({s.clause.heading})" for s in near)
    yield CitationFinding(
        "CIT317", "warning", f"{cited.text} as a whole says nothing about what is meant",
        f"near to the text: {listed}; a person decides" if near else "name the paragraph; no paragraph is near to the text",
    )  # fmt: skip


def _superseded(case: _Case) -> Iterator[CitationFinding]:
    """CIT318: an edition or a regulation that another has taken the place of."""
    for entry in _superseded_entries():
        if related(entry["id"], case.cited.id) and case.cited.id.startswith(entry["id"]):
            yield CitationFinding("CIT318", "warning", f"{case.cited.text} is {entry['was']}", entry["use"])


def _untidy(case: _Case) -> Iterator[CitationFinding]:
    """CIT319: padded with noughts, letters for digits, look-alike or invisible characters, missing brackets."""
    if not case.cited.tidy:
        known = f" ({clauses()[case.cited.id].heading})" if case.cited.id in clauses() else ", which no catalog has"
        yield CitationFinding(
            "CIT319", "error", f"{_visible(case.cited.text)} is not how the regulation numbers it",
            f"write {case.cited.id} if that is meant{known}; 11.10 is not 11.1",
        )  # fmt: skip


def _visible(text: str) -> str:
    """Look-alike and invisible characters as their codes, so that the difference can be seen."""
    return ascii(text).replace("\\xa7", "§")


@cache
def _subparts() -> Mapping[str, Sequence[str]]:
    held: Mapping[str, Sequence[str]] = read("citation_rules")["subparts"]
    return held


@cache
def _superseded_entries() -> Sequence[Mapping[str, str]]:
    held: Sequence[Mapping[str, str]] = read("citation_rules")["superseded"]
    return held


@cache
def _draft_subjects() -> tuple[Phrase, ...]:
    return tuple(Phrase.of(text) for text in read("citation_rules")["draft_subjects"])


_RULES: tuple[Rule, ...] = (_subject, _quotation, _subpart, _draft, _broad, _superseded, _untidy)
