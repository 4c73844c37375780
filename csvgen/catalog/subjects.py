"""The subject of each paragraph: the words that name it and the words that go with it, as data (``data/subjects.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from csvgen.catalog.words import Phrase
from csvgen.errors import BadInput
from csvgen.marks import load


@dataclass(frozen=True, slots=True)
class Subject:
    id: str
    """Canonical id of the paragraph."""
    names: tuple[Phrase, ...]
    """Each of them alone names the subject."""
    hints: tuple[Phrase, ...]
    """Each of them goes with the subject; none names it alone."""
    general: bool
    """A requirement of any subject may cite the paragraph."""


@cache
def subjects() -> Mapping[str, Subject]:
    """Every subject, by canonical id, in the order of the regulations."""
    return {
        entry["id"]: Subject(
            id=entry["id"],
            names=tuple(Phrase.of(text) for text in entry["names"]),
            hints=tuple(Phrase.of(text) for text in entry["hints"]),
            general=entry.get("general") == "yes",
        )
        for entry in read("subjects")["subjects"]
    }


@cache
def owners() -> Mapping[Phrase, frozenset[str]]:
    """Each naming phrase with the paragraphs it names; one phrase may belong to several ("audit trail": 11.10(e) and A11-9)."""
    named: dict[tuple[str, ...], set[str]] = {}
    first: dict[tuple[str, ...], Phrase] = {}
    for subject in subjects().values():
        for phrase in subject.names:
            first.setdefault(phrase.parts, phrase)
            named.setdefault(phrase.parts, set()).add(subject.id)
    return {first[parts]: frozenset(ids) for parts, ids in named.items()}


def read(name: str) -> Any:
    """One data file of the catalog, as text values. Raises BadInput with the place when it is not strict YAML."""
    data = resources.files("csvgen.catalog").joinpath("data", f"{name}.yaml").read_bytes()
    marked, findings = load(data, f"{name}.yaml")
    if marked is None:
        raise BadInput(findings[0].message, where=str(findings[0].location))
    return marked.value
