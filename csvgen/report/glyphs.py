"""Characters no font has: which of them a further font shows in a document, and findings about the rest before anything is drawn."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any

from csvgen.diagnostics import Diagnostic, Findings, Location, Severity, many
from csvgen.model.picture import Picture
from csvgen.model.report import Facts, Heading, Paragraph, Report, Table
from csvgen.report.fonts import characters
from csvgen.report.fonts.further import Further
from csvgen.report.text import shown, visible

_WORDS = 60


@dataclass(frozen=True, slots=True)
class _Place:
    where: str
    text: str
    picture: bool = False


def with_glyphs(report: Report, fonts: Sequence[Further]) -> Report:
    """The report with the characters that these fonts lend it."""
    used = {c for p in _places(report) if not p.picture and not p.text.isascii() for c in p.text} - characters()
    lent = "".join(sorted(c for c in used if any(c in f.advances for f in fonts) and shown(c, c) == c))
    return replace(report, glyphs=lent)


def missing_glyphs(report: Report) -> Findings:
    """One warning for each character that is printed as its number, with its first place. Hidden characters are none: their number is meant."""
    first: dict[str, _Place] = {}
    count: Counter[str] = Counter()
    for place in _places(report):
        for char in _lacking(place.text, "" if place.picture else report.glyphs) if not place.text.isascii() else ():
            first.setdefault(char, place)
            count[char] += 1
    return Findings.of(_finding(report, char, first[char], count[char]) for char in sorted(first))


def found_before(first: Mapping[str, Location], count: Mapping[str, int]) -> Iterator[Diagnostic]:
    """The same of the texts of a specification: character -> its first place, and in how many texts it stands."""
    for char in sorted(first):
        if not _lacking(char, ""):
            continue
        name, hint = _named(char)
        more = f", in {many(count[char], 'text')}" if count[char] > 1 else ""
        yield Diagnostic(
            rule="FNT001", severity=Severity.WARNING, location=first[char], hint=hint,
            message=f"U+{ord(char):04X} ({name}) has no glyph in any font: documents will print it as [U+{ord(char):04X}]{more}",
        )  # fmt: skip


def _named(char: str) -> tuple[str, str]:
    """What a character is called, and how to mend that no font has it."""
    name = unicodedata.name(char, "a character without a name")
    if unicodedata.bidirectional(char) in ("R", "AL", "AN"):
        return name, "letters that run from right to left are not set: write the text in another script"
    return name, "name a TrueType font that has it in templates/theme.toml: [fonts] further = [...]; or write it otherwise"


def _lacking(text: str, glyphs: str) -> set[str]:
    return {c for c in text if c != "\n" and visible(c) == c and shown(c, glyphs) != c}


def _finding(report: Report, char: str, place: _Place, times: int) -> Diagnostic:
    name, hint = _named(char)
    if char in report.glyphs and "right to left" not in hint:
        hint = (
            "a further font has it, but pictures and signature lines are drawn with the bundled faces: write it otherwise there"
        )
    more = f", {many(times, 'text')} in all" if times > 1 else ""
    return Diagnostic(
        rule="FNT001", severity=Severity.WARNING, location=Location(report.id), about=report.id, hint=hint,
        message=f"U+{ord(char):04X} ({name}) has no glyph in any font and is printed as [U+{ord(char):04X}]: {place.where}{more}",
    )  # fmt: skip


def _places(report: Report) -> Iterator[_Place]:
    """Every text of a document with where it stands, in words."""
    for name in ("organisation", "title", "subtitle", "system", "status", "banner"):
        yield _Place(f"cover, {name}", getattr(report, name))
    for name, value in report.cover:
        yield from (_Place(f"cover, {name}", t) for t in (name, value))
    section = "before the first heading"
    for block in report.blocks:
        match block:
            case Heading():
                section = f"section '{_short(block.text)}'"
                yield _Place(section, block.text)
            case Paragraph():
                yield _Place(f"{section}, the paragraph '{_short(block.text)}'", block.text)
            case Facts():
                for name, value in block.rows:
                    yield from (_Place(f"{section}, '{_short(name)}'", t) for t in (name, value))
            case Table():
                yield from _of_table(block, section)
            case _:
                picture = isinstance(block, Picture)
                kind = type(block).__name__.lower()
                yield from (_Place(f"{section}, {kind}", t, picture) for t in _texts(block))


def _of_table(block: Table, section: str) -> Iterator[_Place]:
    table = f"{section}, table '{_short(block.caption)}'" if block.caption else f"{section}, table"
    yield _Place(table, block.caption)
    yield from (_Place(table, c.title) for c in block.columns)
    for row in block.rows:
        for column, cell in zip(block.columns, row, strict=False):
            if not cell.isascii():
                yield _Place(f"{table}, row '{_short(row[0])}', column {column.title}", cell)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for name in _names(type(value)):
            yield from _texts(getattr(value, name))


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


def _short(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= _WORDS else f"{line[:_WORDS]}..."
