"""The subject of each paragraph: the words that name it and the words that go with it, as data (``data/subjects.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from csvgen.catalog.cite import related
from csvgen.catalog.files import read
from csvgen.catalog.words import Phrase, grams, stems


@dataclass(frozen=True, slots=True)
class Subject:
    id: str
    """Canonical id of the paragraph."""
    names: tuple[Phrase, ...]
    """Each of them alone names the subject."""
    hints: tuple[Phrase, ...]
    """Each of them goes with the subject; none names it alone."""
    claims: tuple[Phrase, ...]
    """Each of them names the subject where it stands beside a clause number, and nowhere else."""
    general: bool
    """A requirement of any subject may cite the paragraph."""


@cache
def subjects() -> Mapping[str, Subject]:
    """Every subject, by canonical id, in the order of the regulations."""
    return {
        entry["id"]: Subject(
            id=entry["id"],
            names=_phrases(entry["names"]),
            hints=_phrases(entry["hints"]),
            claims=_phrases(entry.get("claims", ())),
            general=entry.get("general") == "yes",
        )
        for entry in read("subjects")["subjects"]
    }


@cache
def owners(*, claimed: bool = False) -> Mapping[Phrase, tuple[str, ...]]:
    """Each naming phrase with the paragraphs it names; one phrase may belong to several ("audit trail": 11.10(e) and A11-9).

    With `claimed` the phrases are among them that name a subject only beside a clause number.
    """
    named: dict[tuple[str, ...], tuple[Phrase, list[str]]] = {}
    for subject in subjects().values():
        for phrase in (*subject.names, *(subject.claims if claimed else ())):
            ids = named.setdefault(phrase.parts, (phrase, []))[1]
            if subject.id not in ids:
                ids.append(subject.id)
    return {phrase: tuple(ids) for phrase, ids in named.values()}


@dataclass(frozen=True, slots=True)
class Sense:
    """What a text names, seen from one clause."""

    home: bool
    """It names the clause's own subject, or goes with it."""
    foreign: tuple[tuple[Phrase, tuple[str, ...]], ...]
    """Phrases that name other subjects only, each with the clauses of those."""


def sense_of(text: str, identity: str, *, claimed: bool) -> Sense:
    """Sort what a text names into the clause's own and other subjects; `claimed` as in `owners`."""
    found = grams(stems(text))
    named = _named(found, claimed=claimed)
    foreign = tuple((phrase, ids) for phrase, ids in named if not any(related(i, identity) for i in ids))
    return Sense(len(foreign) < len(named) or any(h.stands_in(found) for h in _hints_of(identity)), foreign)


@lru_cache(maxsize=64)
def _named(found: frozenset[str], *, claimed: bool) -> tuple[tuple[Phrase, tuple[str, ...]], ...]:
    """Naming phrases that stand in a text, in the order of the regulations; looked up by their first part."""
    begun = _by_first_part(claimed=claimed)
    there = sorted(place for part in found & begun.keys() for place, phrase, _ in begun[part] if phrase.stands_in(found))
    listed = tuple(owners(claimed=claimed).items())
    return tuple(listed[place] for place in there)


@cache
def _by_first_part(*, claimed: bool) -> Mapping[str, tuple[tuple[int, Phrase, tuple[str, ...]], ...]]:
    begun: dict[str, list[tuple[int, Phrase, tuple[str, ...]]]] = {}
    for place, (phrase, ids) in enumerate(owners(claimed=claimed).items()):
        begun.setdefault(phrase.parts[0], []).append((place, phrase, ids))
    return {part: tuple(entries) for part, entries in begun.items()}


@lru_cache(maxsize=512)
def _hints_of(identity: str) -> tuple[Phrase, ...]:
    """Phrases that go with a clause or one inside it."""
    return tuple(h for s in subjects().values() if related(s.id, identity) for h in s.hints)


def _phrases(texts: Sequence[str]) -> tuple[Phrase, ...]:
    """Phrases without doubles: two spellings of the same stems are one reason, not two."""
    unlike: dict[frozenset[str], Phrase] = {}
    for text in texts:
        phrase = Phrase.of(text)
        unlike.setdefault(frozenset(phrase.parts), phrase)
    return tuple(unlike.values())
