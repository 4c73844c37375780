"""Citations in a text: where they stand, which clause they mean, and whether they are written as the regulation numbers it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from csvgen.catalog.clauses import canonical, clauses

Regulation = Literal["part11", "annex11", "annex22", "predicate", "guidance"]

# Look-alikes of Cyrillic and Greek, and the dashes people paste; one character for one.
_ALIKE = str.maketrans("аеосіјкѕАЕОСІαοΟ‐‑–—", "aeocijksAEOCIaoO----")
_OCR = str.maketrans("OoQlI|SZB", "000111528")

_SPACE = r"\s{0,3}"
_CFR = rf"21{_SPACE}C\.?F\.?R\.?[\s,]{{0,3}}"
_WORD = rf"(?:(?:part|section|sec\.|§{{1,2}}|clause|paragraph|para\.?){_SPACE})"
_PARAGRAPH = r"\(\s{0,2}(?:[A-Za-z]|[ivxIVX]{1,4}|[0-9]{1,2})\s{0,2}\)"
# Case is fixed in the numbers: with re.IGNORECASE the classes would take in letters that stand for no digit.
_SECTION = re.compile(
    rf"(?<![\w.§])(?P<lead>(?i:(?:{_CFR})?{_WORD}{{0,2}}))"
    r"(?P<id>(?P<section>[1lI|]{2}\.[0-9OoQlI|SZB]{1,4}|(?:58|211|212|312|812|820)\.[0-9]{1,4})"
    rf"(?P<paragraphs>(?:\s{{0,2}}{_PARAGRAPH}){{1,4}}|(?:\.(?:[a-z]|[ivx]{{1,4}}|[0-9]{{1,2}})(?!\w)){{1,4}}|[a-kA-K](?!\w))?)(?!\w)",
)
_PART = re.compile(
    rf"(?<![\w.])(?:(?i:{_CFR}(?:part\s{{0,3}})?)|P(?:art|ART)\s{{1,3}})11(?!\w|\.[0-9]|\s{{0,2}}\(|\s{{1,3}}of\b)"
)
_EDITION = r"(?:[\s,(]{0,3}(?:(?:19|20)[0-9]{2}|draft|revised|revision)\)?){0,2}"
_ANNEX = re.compile(
    rf"(?<!\w)(?P<draft>(?:draft|revised|new){_SPACE}(?:of{_SPACE})?)?(?:EU[\s-]{{0,3}})?(?:GMP{_SPACE})?Annex{_SPACE}(?P<annex>11|22)(?!\w)"
    rf"(?P<edition>{_EDITION})"
    rf"(?P<key>[\s,:-]{{0,3}}(?:clause|section|sec\.|§|paragraph|para\.?|chapter|point|no\.)?{_SPACE})"
    rf"(?P<number>P(?!\w)|[0-9]{{1,2}}(?:\.[0-9]{{1,2}})?(?!\w|\.[0-9]|\s{{0,2}}{_PARAGRAPH}))?",
    re.IGNORECASE,
)
_SHORT = re.compile(r"(?<!\w)(?P<id>A11-(?P<number>P|[0-9]{1,3}(?:\.[0-9]{1,3})?))(?!\w|\.[0-9])", re.IGNORECASE)
_MONTH = r"(?:sep(?:t\.?|\.|tember)?\s{0,3}(?:24,?\s{0,3})?2025|24\s{1,3}sept(?:ember)?\.?\s{1,3}2025|2025-09(?:-24)?)"
_CSA = r"(?:\bCSA\b|computer software assurance)"
_GUIDANCE = re.compile(rf"{_CSA}[^.;\n]{{0,60}}?{_MONTH}|{_MONTH}[^.;\n]{{0,60}}?{_CSA}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cited:
    text: str
    """As it stands in the text, from `start` to `end`."""
    start: int
    end: int
    regulation: Regulation
    id: str
    """Canonical id of the clause meant; empty where a regulation is cited as a whole. The id need not exist."""
    tidy: bool
    """Whether it is numbered as the regulation numbers it: no padding, no letters for digits, no missing brackets."""
    draft: bool = False
    """Whether it says itself that it means a draft."""


def cited_in(text: str) -> tuple[Cited, ...]:
    """Every citation in the order of the text. A number without a lead word counts only with a paragraph or at the very beginning."""
    seen = _Text.of(text)
    apart: list[Cited] = []
    for cited in sorted(
        (c for kind in (_sections, _wholes, _annexes, _guidance) for c in kind(seen)), key=lambda c: (c.start, -c.end)
    ):
        if not apart or cited.start >= apart[-1].end:  # "Annex 11 clause 11.3" is one citation, not two
            apart.append(cited)
    return tuple(apart)


def related(one: str, other: str) -> bool:
    """Whether two ids are the same clause, or one stands inside the other."""
    return one == other or one.startswith(f"{other}(") or other.startswith(f"{one}(")


def _repaired(section: str, paragraphs: str) -> str:
    """The id as the regulation would number it: 11.010, e -> 11.10(e). Small L for one only where one exists."""
    part, _, number = section.partition(".")
    steps = [p.casefold() for p in re.findall(r"[A-Za-z0-9]+", paragraphs)]
    identity = f"{part}.{int(number)}" + "".join(f"({s})" for s in steps)
    if identity not in clauses() and (other := identity.replace("(l)", "(1)")) in clauses():
        return other
    return identity


def _annex(number: str) -> str:
    return f"A11-{'.'.join(p if p.isalpha() else str(int(p)) for p in number.upper().split('.'))}" if number else ""


@dataclass(frozen=True, slots=True)
class _Text:
    raw: str
    plain: str
    """In compatibility forms, without invisible format characters, look-alikes replaced."""
    places: Sequence[int]
    """For each character of `plain` its place in `raw`."""

    @classmethod
    def of(cls, raw: str) -> _Text:
        if raw.isascii():
            return cls(raw, raw, range(len(raw)))
        kept: list[str] = []
        places: list[int] = []
        for place, char in enumerate(raw):
            if unicodedata.category(char) != "Cf":
                form = unicodedata.normalize("NFKC", char).translate(_ALIKE)
                kept.append(form)
                places.extend([place] * len(form))
        return cls(raw, "".join(kept), places)

    def written(self, match: re.Match[str], group: str) -> str:
        """What the original has where the plain text has this group."""
        return self.raw[self.places[match.start(group)] : self.places[match.end(group) - 1] + 1]

    def cited(
        self,
        match: re.Match[str],
        regulation: Regulation,
        identity: str,
        *,
        last: int = 0,
        tidy: bool = True,
        draft: bool = False,
    ) -> Cited:
        """The match as a citation; it ends with the match, or before at `last`."""
        end = match.start() + len(self.plain[match.start() : last or match.end()].rstrip(" \t\n,:-"))
        start, stop = self.places[match.start()], self.places[end - 1] + 1
        return Cited(self.raw[start:stop], start, stop, regulation, identity, tidy, draft)


def _sections(text: _Text) -> Iterator[Cited]:
    begin = len(text.plain) - len(text.plain.lstrip())
    for match in _SECTION.finditer(text.plain):
        paragraphs = match["paragraphs"] or ""
        ours = match["section"][0] in "1lI|"
        identity = _repaired(match["section"].translate(_OCR) if ours else match["section"], paragraphs)
        named = match["lead"] or paragraphs.lstrip().startswith("(") or match.start() == begin
        if named and (match["lead"] or not ours or identity.partition("(")[0] in clauses()):
            tidy = canonical(text.written(match, "id")) == identity
            yield text.cited(match, "part11" if identity.startswith("11.") else "predicate", identity, tidy=tidy)


def _wholes(text: _Text) -> Iterator[Cited]:
    for match in _PART.finditer(text.plain):
        yield text.cited(match, "part11", "")


def _annexes(text: _Text) -> Iterator[Cited]:
    for match in _ANNEX.finditer(text.plain):
        draft = bool(match["draft"]) or any(word in match["edition"].casefold() for word in ("2025", "draft", "revis"))
        number = match["number"] or ""
        announced = match["key"].strip(" \t\n,:-")
        alone = match.end() == len(text.plain.rstrip())
        if not announced and not draft and (number in clauses() or ("." not in number and not alone)):
            number = ""  # "Annex 11, 11.10" goes on with Part 11; "Annex 11 12 months" with something else
        last = match.end() if number else match.start("key")
        yield text.cited(match, "annex22" if match["annex"] == "22" else "annex11", _annex(number), last=last, draft=draft)
    for match in _SHORT.finditer(text.plain):
        yield text.cited(match, "annex11", _annex(match["number"]), tidy=text.written(match, "id") == _annex(match["number"]))


def _guidance(text: _Text) -> Iterator[Cited]:
    for match in _GUIDANCE.finditer(text.plain):
        yield text.cited(match, "guidance", "fda-csa-2025")
