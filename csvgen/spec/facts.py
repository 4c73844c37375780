"""What rules across files need to know of each entry, as plain JSON values that a cache can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from typing import Any

from csvgen.model import spec as noun
from csvgen.model.scheme import FACTORS
from csvgen.spec.proposal import settings_of
from csvgen.spec.read import Part
from csvgen.spec.registry import Item

Fact = tuple[str, str, tuple[int, int], dict[str, tuple[int, int]], dict[str, Any]]
"""Kind, id, place, places of keys, what it says."""

_KEYS = {
    "requirement": ("statement", "title", "verification", "phase"),
    "risk": ("requirements", "failure_mode", *FACTORS, "residual"),
    "function": ("implements",),
    "scenario": ("covers",),
}


def facts_of(part: Part) -> list[Fact]:
    """The facts of every sound entry of a file."""
    return [_fact(part, index, entry) for index, entry in part.entries]


def section_facts(part: Part) -> list[Fact]:
    """The sections of installation.yaml."""
    found: list[Fact] = []
    for index, section in enumerate(part.value.sections if part.value is not None else ()):
        base = ("sections", index)
        found.append(("section", section.id, _place(part, (*base, "id")), {"requirement": _place(part, (*base, "requirement"))},
                      {"requirement": section.requirement, "settings": settings_of(section)}))  # fmt: skip
    return found


def plan_facts(part: Part) -> list[Fact]:
    """Where the plan decides about documents; what it decides stands in the context."""
    return [("plan", part.file, _place(part, ("deliverables",)), {}, {})] if part.value is not None else []


def items(file: str, facts: Iterable[Any]) -> list[Item]:
    """Facts as they came, or as JSON gave them back."""
    return [Item(kind, identity, file, tuple(place), marks, says) for kind, identity, place, marks, says in facts]


def _place(part: Part, path: tuple[str | int, ...]) -> tuple[int, int]:
    location = part.at(path)
    return location.line, location.column


def _fact(part: Part, index: int, entry: Any) -> Fact:
    base = (part.kind.entries, index)
    match entry:
        case noun.Requirement():
            kind, says = "requirement", _requirement(entry)
        case noun.Risk():
            kind, says = "risk", _risk(entry, part.value.scheme if part.value is not None else "")
        case noun.FunctionalItem():
            kind, says = (
                "function",
                {"implements": list(entry.implements), "level": entry.level, "drafted": entry.drafted is not None},
            )
        case noun.Scenario():
            kind, says = "scenario", {"covers": list(entry.covers), "drafted": entry.drafted is not None}
        case _:
            kind, says = "oracle", {}
    assert part.marked is not None  # an entry came out of it
    there = part.marked.marks
    marks = {key: there[path] for key in _KEYS.get(kind, ()) if (path := (*base, key)) in there}
    return kind, entry.id, _place(part, (*base, "id")), marks, says


def _requirement(r: noun.Requirement) -> dict[str, Any]:
    return {
        "gxp": r.gxp,
        "verification": r.verification,
        "phase": r.phase,
        "criteria": len(r.criteria),
        "title": text_key(said(r.title)),
        "words": [word_key(w) for w in sorted(content_words(r.statement))],
        "drafted": r.drafted is not None,
    }


def _risk(r: noun.Risk, scheme: str) -> dict[str, Any]:
    initial = {factor: rating for factor in FACTORS if (rating := getattr(r, factor)) is not None}
    claimed = {
        factor: rating for factor in ("probability", "detectability") if (rating := getattr(r.residual, factor, None)) is not None
    }
    return {
        "requirements": list(r.requirements),
        "failure": text_key(said(f"{r.failure_mode} | {r.cause}")),
        "scheme": scheme,
        "grades": {factor: rating.rating for factor, rating in initial.items()},
        "improved": any(factor in initial and rating.rating != initial[factor].rating for factor, rating in claimed.items()),
        "reasons": [text_key(said(rating.reason)) for rating in initial.values()],
        "challenge": r.challenge is not None,
        "drafted": r.drafted is not None,
    }


_WORD = re.compile(r"[^\W_]+(?:[.,:/-][^\W_]+)*")
_NO_SUBJECT = (
    "a an and any are as at be been by can for from has have if in into is it its may must of on or shall should so system that the"
    " their then there these this those to was were when where which while will with within"
)
_EMPTY = frozenset(_NO_SUBJECT.split())


def content_words(text: str) -> frozenset[str]:
    """The words that carry the sense of a statement, without their commonest endings. Numbers count as words."""
    return frozenset(_stem(w) for w in _WORD.findall(text.casefold()) if w not in _EMPTY)


def _stem(word: str) -> str:
    for ending in ("ies", "es", "s", "ed", "ing"):
        if word.endswith(ending) and len(word) - len(ending) >= 4 and word.isalpha():  # noqa: PLR2004 - a stem of four letters still tells words apart
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


@cache
def word_key(word: str) -> int:
    """The same number for a word on every machine. 53 bits: exact in JSON, and chance collisions in sums stay out of reach."""
    return text_key(word)


def text_key(text: str) -> int:
    """As `word_key`, of any text; texts are too many to be kept."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 11


def said(text: str) -> str:
    """The words of a text and nothing else of it: what two texts must share to say the same."""
    return " ".join(_WORD.findall(text.casefold()))
