"""Phrases of Then steps: which there are, which a step is an instance of, and a small set of cases that uses each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from csvgen.execution import compat
from csvgen.model.protocol import TestCase
from csvgen.steps import modules


def library() -> tuple[str, ...]:
    """Every Then phrase of the built-in steps."""
    modules()
    return tuple(dict.fromkeys(name for name, _, where in compat.phrases("then") if where.startswith("csvgen.steps.")))


def phrase_of(text: str) -> str:
    """The phrase a Then is an instance of; its own text where no step definition that is loaded fits."""
    return next((name for name, fits, _ in compat.phrases("then") if fits(text)), text)


def used(cases: Iterable[TestCase]) -> Mapping[str, tuple[str, ...]]:
    """Phrase -> the cases with a Then of it, in order."""
    modules()
    found: dict[str, list[str]] = {}
    known: dict[str, str] = {}
    for case in cases:
        for step in case.steps:
            if step.keyword == "Then":
                phrase = known.setdefault(step.text, phrase_of(step.text))
                found.setdefault(phrase, []).append(case.id)
    return {phrase: tuple(dict.fromkeys(ids)) for phrase, ids in sorted(found.items())}


def covering(cases: Iterable[TestCase]) -> tuple[TestCase, ...]:
    """Few of the cases that together use every phrase that any of them uses: greedy, the shorter of two, in order of the protocol."""
    cases = tuple(cases)
    by_phrase = used(cases)
    of_case: dict[str, set[str]] = {}
    for phrase, ids in by_phrase.items():
        for identity in ids:
            of_case.setdefault(identity, set()).add(phrase)
    open_, chosen = set(by_phrase), set()
    while open_:
        best = max((c for c in cases if c.id in of_case), key=lambda c: (len(of_case[c.id] & open_), -len(c.steps)))
        chosen.add(best.id)
        open_ -= of_case[best.id]
    return tuple(c for c in cases if c.id in chosen)
