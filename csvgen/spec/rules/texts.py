"""All texts of a noun with the path that leads to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

Path = tuple[str | int, ...]

NOUNS = (
    "requirement", "risk", "function", "scenario", "oracle", "system", "plan", "protocol", "suppliers", "suppressions", "installation",
    "assessment", "scenarios",
)  # fmt: skip
"""Whatever holds text that somebody wrote."""

_NOT_PROSE = frozenset({"id", "format", "attributes", "origin", "drafted"})
"""Names that csvgen or another tool gave; what was imported beside the fields of a requirement is carried along, never judged."""


def texts(noun: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text inside a model, a list or a mapping."""
    if isinstance(noun, str):
        yield path, noun
    elif isinstance(noun, BaseModel):
        for name, value in noun.__dict__.items():
            if value and name not in _NOT_PROSE:
                yield from texts(value, (*path, name))
    elif isinstance(noun, dict):
        for key, value in noun.items():
            yield from texts(value, (*path, key))
    elif isinstance(noun, (tuple, list)):
        for number, value in enumerate(noun):
            yield from texts(value, (*path, number))


_JOINER = re.compile("[\u200c\u200d]")


@lru_cache(maxsize=16)  # several rules look at the same statement in turn
def plain(text: str) -> str:
    """A text as rules about words look at it: one blank for each run of white space, hard blanks and line breaks among it."""
    return folded(text)


def folded(text: str) -> str:
    """The same, of a text that is looked at once."""
    return " ".join((text if text.isascii() else _JOINER.sub("", text)).split())


_QUOTED = re.compile(
    r"\"[^\"]{0,400}\"|“[^“”]{0,400}”|„[^„“”]{0,400}[“”]|«[^«»]{0,400}»|‘[^‘’]{0,200}’|`[^`]{0,200}`|(?<!\w)'[^']{0,200}'(?!\w)"
)


_MARK = re.compile("[\"“„«‘`']")


@lru_cache(maxsize=16)
def unquoted(text: str) -> str:
    """`plain` without what stands in quotation marks: that is a value, or a label on a screen, and no wording of the writer's own."""
    text = plain(text)
    return _QUOTED.sub('""', text) if _MARK.search(text) else text


_whole: tuple[Any, str] = (None, "")


def whole(noun: Any) -> str:
    """All texts of a noun in one, for a first look; kept for the rules that look at the same noun in turn."""
    global _whole  # noqa: PLW0603 - models with mappings cannot be keys of a cache
    if _whole[0] is not noun:
        _whole = (noun, "\n".join(text for _, text in texts(noun)))
    return _whole[1]


def quoted(text: str, most: int = 60) -> str:
    """A text as a message shows it: one line, not too long."""
    line = " ".join(text.split())
    return repr(line if len(line) <= most else f"{line[: most - 1]}…")
