"""Paragraphs that a statement may be about: suggestions with their reasons, for a person to confirm or refuse.

A paragraph collects three kinds of reasons: phrases that name its subject, phrases that go with it (both from
``data/subjects.yaml``), and words the statement shares with its text in the catalog. Each reason has a strength between 0 and 1 and
what is left of the doubt is their product, so that a score says nothing about a probability but never falls by one more reason. The
weight of shared words is BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the paragraphs, as a share
of what the paragraph's own text would reach.

Nothing is learned while it runs and nothing is written. `scripts/measure_suggester.py` measures it against lines labelled by hand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from csvgen.catalog.clauses import Clause, clauses
from csvgen.catalog.subjects import Subject, subjects
from csvgen.catalog.words import grams, stems

NEAR = 0.5
"""Below this score a paragraph is not near. Chosen on the development part of ``tests/catalog/labelled.yaml``: one naming phrase or
three that go with the subject pass, a chance word does not."""

_NAME, _HINT, _TEXT = 0.6, 0.2, 0.5
_K1, _B = 1.2, 0.75
_EMPTY = frozenset({"with"})  # needed in phrases ("interface with"), no reason by itself


@dataclass(frozen=True, slots=True)
class Suggestion:
    clause: Clause
    score: float
    """From 0 to 1, two decimals; a strength of reasons, not a probability."""
    words: tuple[str, ...]
    """What spoke for it, strongest first: naming phrases, phrases that go with it, words of the paragraph's text."""


@dataclass(frozen=True, slots=True)
class _Index:
    """For each stem the paragraphs that have it and what it is worth there; what each paragraph is worth in full."""

    worth: Mapping[str, Mapping[str, float]]
    full: Mapping[str, float]


def suggest(text: str, limit: int = 5) -> tuple[Suggestion, ...]:
    """The paragraphs nearest to a statement, best first; none when nothing is near. Equal scores keep the order of the regulations."""
    near = (s for s in weigh(text) if s.score >= NEAR)
    return tuple(sorted(near, key=lambda s: -s.score)[:limit])


def weigh(text: str) -> tuple[Suggestion, ...]:
    """Every paragraph with its score, near or not, in the order of the regulations."""
    words = stems(text)
    found, alike = grams(words), _alike(words)
    return tuple(_weighed(subject, found, alike) for subject in subjects().values())


def scores(text: str, ids: Collection[str]) -> Mapping[str, float]:
    """The scores of some paragraphs only."""
    words = stems(text)
    found, alike = grams(words), _alike(words)
    return {i: _weighed(subjects()[i], found, alike).score for i in ids}


def _weighed(subject: Subject, found: frozenset[str], alike: Mapping[str, Mapping[str, float]]) -> Suggestion:
    names = [p.text for p in subject.names if p.stands_in(found)]
    hints = [p.text for p in subject.hints if p.stands_in(found)]
    shared = alike.get(subject.id, {})
    closeness = min(1.0, math.fsum(shared.values()))
    doubt = (1 - _NAME) ** min(len(names), 3) * (1 - _HINT) ** min(len(hints), 4) * (1 - _TEXT * closeness)
    strongest = sorted(shared, key=lambda w: (-shared[w], w))[:3]
    return Suggestion(clauses()[subject.id], round(1 - doubt, 2), tuple(dict.fromkeys((*names, *hints, *strongest))))


def _alike(words: Iterable[str]) -> Mapping[str, Mapping[str, float]]:
    """For each paragraph the stems it shares with the statement, each as its share of the paragraph's full worth."""
    index = _index()
    shared: dict[str, dict[str, float]] = {}
    for word in (set(words) & index.worth.keys()) - _EMPTY:
        for clause, worth in index.worth[word].items():
            shared.setdefault(clause, {})[word] = worth / index.full[clause]
    return shared


@cache
def _index() -> _Index:
    texts = {i: Counter(stems(f"{clauses()[i].heading} {clauses()[i].text}")) for i in subjects()}
    mean = sum(c.total() for c in texts.values()) / len(texts)
    spread = Counter(word for c in texts.values() for word in c)
    worth: dict[str, dict[str, float]] = {}
    for clause, counted in texts.items():
        length = _K1 * (1 - _B + _B * counted.total() / mean)
        for word, count in counted.items():
            rare = math.log(1 + (len(texts) - spread[word] + 0.5) / (spread[word] + 0.5))
            worth.setdefault(word, {})[clause] = rare * count * (_K1 + 1) / (count + length)
    full = {clause: math.fsum(worth[word][clause] for word in counted) for clause, counted in texts.items()}
    return _Index(worth, full)
