"""Words of a statement: vague ones, ways out, absolutes, weak and mixed verbs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from csvgen.catalog.files import read
from csvgen.model import spec as noun
from csvgen.spec.registry import Context, Hit, rule
from csvgen.spec.rules.texts import plain, unquoted

FIGURE = re.compile(
    r"[0-9]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|hundred"
    r"|thousand|million|half|twice|once|double|every second|sub-second|sub-minute)\b",
    re.IGNORECASE,
)
"""A number, in figures or in words."""


@cache
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read("wording")
    return found


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """The words of a folded text, the longest first; a part of a compound is no hit."""
    listed = "|".join(re.escape(w) for w in sorted(words, key=lambda w: (-len(w), w)))
    return re.compile(rf"(?<![\w-])(?:{listed})(?![\w-])")


@cache
def _vague() -> tuple[re.Pattern[str], Mapping[str, tuple[bool, str]]]:
    """The vague words; each with whether it does no harm beside a figure, and what to say instead."""
    known = {w: (entry.get("figure") == "yes", entry["instead"]) for entry in _data()["vague"] for w in entry["words"]}
    return _any_of(known), known


@cache
def _terms() -> re.Pattern[str]:
    """Names of things and methods that hold a vague word: nobody judges anything with the easy axis of a magnet."""
    return _any_of(_data()["terms"])


@cache
def _escapes() -> re.Pattern[str]:
    # "as required by 21 CFR 211.194" is no way out: it says who requires.
    return re.compile(rf"{_any_of(_data()['escapes']).pattern}(?!\s(?:by|in|under|to)\b)")


@cache
def _absolutes() -> re.Pattern[str]:
    return _any_of(_data()["absolutes"])


@rule("URS112", "requirement")
def words_of_one_meaning(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A statement has words that every reader measures differently: fast, appropriate, user-friendly, and/or, etc."""
    text = unquoted(r.statement).casefold()
    pattern, known = _vague()
    text = _terms().sub(" ", text) if pattern.search(text) else ""
    if not (found := pattern.findall(text)):
        return
    if len(found) != len(kept := pattern.findall(_escapes().sub(" ", text))):
        found = kept  # "where appropriate" is the finding of another rule
    if FIGURE.search(text):
        found = [w for w in found if not known[w][0]]
    if found := list(dict.fromkeys(found)):
        words = ", ".join(f'"{w}"' for w in found)
        said: dict[str, list[str]] = {}
        for w in found:
            said.setdefault(known[w][1], []).append(f'"{w}"')
        hints = [f"{', '.join(ws)}: {hint}" for hint, ws in said.items()] if len(said) > 1 else list(said)
        yield Hit(f"readers of {r.id} will understand {words} differently", ("statement",), "; ".join(hints))


@rule("URS117", "requirement")
def can_be_shown(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A statement promises what no test can show: always, never, at all times, under all circumstances, without any error."""
    if found := _absolutes().search(unquoted(r.statement).casefold()):
        yield Hit(f'{r.id} promises "{found[0]}", and no test is long enough to show it', ("statement",),
                  "say in which situation, and what is observed then; of a prohibition, what is refused")  # fmt: skip


@rule("URS118", "requirement")
def no_way_out(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A statement leaves a way out: if possible, where appropriate, as needed. Then nothing that happens can fail it."""
    if found := _escapes().search(unquoted(r.statement).casefold()):
        yield Hit(
            f'"{found[0]}" leaves {r.id} a way out',
            ("statement",),
            "say when it is asked for and when not, or lower its priority",
        )


_SHALL = re.compile(r"\bshall\b", re.IGNORECASE)
_OBLIGED = r"(?P<verb>must|will|should|has\sto|have\sto|needs?\sto)\s"
_NEXT_SENTENCE = re.compile(rf"[.;]\s{{1,3}}[^.;]{{1,120}}?\s{_OBLIGED}", re.IGNORECASE)
_SAME_SENTENCE = re.compile(rf"\b(?:and|but)\s(?:it\s|also\s){{0,2}}{_OBLIGED}", re.IGNORECASE)
_RELATIVE = re.compile(r"\b(?:that|which|who|whose|what|where|when|if|because)\b", re.IGNORECASE)


@rule("URS119", "requirement")
def one_demand(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A statement makes a second demand with another verb than shall: must, will or should in the same breath."""
    statement = plain(r.statement)
    shalls = [m.end() for m in _SHALL.finditer(statement)]
    if len(shalls) != 1:
        return
    found = _SAME_SENTENCE.search(statement, shalls[0])
    if found is not None and _RELATIVE.search(statement, shalls[0], found.start()):
        found = None  # "lots that will be released and must be reviewed": said about the lots, not demanded
    if found := found or _NEXT_SENTENCE.search(statement):
        verb = " ".join(found["verb"].casefold().split())
        yield Hit(f'{r.id} demands something with "shall" and something more with "{verb}"', ("statement",),
                  "make two requirements of it, each with its own shall")  # fmt: skip


_WEAK = re.compile(r"\b(should|may|could|can|might|will|ought to|is able to|is capable of)\b", re.IGNORECASE)


def wish(r: noun.Requirement) -> str:
    """The verb of a wish, where a requirement that must be met has no shall."""
    statement = plain(r.statement)
    found = _WEAK.search(statement) if r.priority == "must" and not _SHALL.search(statement) else None
    return found[0].casefold() if found is not None else ""


@rule("URS120", "requirement")
def strong_verb(r: noun.Requirement, _context: Context) -> Iterator[Hit]:
    """A requirement that must be met is worded as a wish or a possibility: should, may, could, can, will."""
    if verb := wish(r):
        yield Hit(f'{r.id} must be met, but its statement says "{verb}"', ("statement",),
                  "write shall, or set priority to should or could")  # fmt: skip
