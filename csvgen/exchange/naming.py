"""Ids and text of other tools made fit for a specification, by rules a reader can follow; what cannot be made fit is refused.

    CF1004.1      URS-CF1004-1         capital letters and digits joined by hyphens, beginning with URS-
    app reg 1     URS-APP-REG-1
    URS-EMS-001   URS-EMS-001          as it is

Look-alike and hidden characters are never replaced: nobody can see what was meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from csvgen.model.base import hazard

_VALID = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+")
_LONGEST = 48
_BLANKS = "\u00a0\u202f\u2007"
TITLE = 80
"""Characters of a title made from a statement."""


def made_valid(raw: str, prefix: str = "URS") -> str:
    """The id a requirement gets here. Raises ValueError, naming the character or the limit, for an id that is refused."""
    text = raw.strip()
    for char in text:
        if not char.isascii() or not char.isprintable():
            name = unicodedata.name(char, "control character")
            raise ValueError(f"the id {_visible(text)} holds U+{ord(char):04X} {name}; ids are written in ASCII letters")
    parts = re.findall(r"[A-Z0-9]+", text.upper())
    if not parts:
        raise ValueError(f"the id {text!r} has no letter or digit")
    found = "-".join(parts)
    if parts[0] != "URS":
        found = f"{prefix}-{found}"
    if not _VALID.fullmatch(found):
        raise ValueError(f"no id can be made of {text!r}")
    if len(found) > _LONGEST:
        raise ValueError(f"the id {found} is longer than {_LONGEST} characters")
    return found


def _visible(text: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def cleaned(text: str, changes: Counter[str]) -> str:
    """Text with harmless characters made plain, each kind counted in `changes`. Raises ValueError naming one that is not harmless."""
    for olds, new, why in (
        (("\r\n", "\r"), "\n", "line ends of Windows became line ends"),
        (("\x0b", "\x0c"), "\n", "line and page breaks of Word became line ends"),
        (("\t",), " ", "tabs became blanks"),
        (tuple(_BLANKS), " ", "no-break spaces became blanks"),
    ):
        for old in olds:
            if old in text:
                changes[why] += text.count(old)
                text = text.replace(old, new)
    stripped = "\n".join(line.rstrip() for line in text.split("\n")).strip()
    if stripped != text.strip("\n"):
        changes["texts whose lines began or ended with blanks"] += 1
    if found := hazard(stripped, newline=True):
        raise ValueError(f"the text holds {found}, which is hidden or would change how it is read")
    return stripped


def short_title(statement: str) -> str:
    """The first sentence of a statement, shortened at a word."""
    first = re.split(r"(?<=[a-z0-9)\"'”])[.;](?=\s|$)|:\s*\n|\n\s*\n|\n\s*(?:[-*•]|\d+[.)])\s", statement.strip(), maxsplit=1)[0]
    first = " ".join(first.split()).rstrip(".:;, ")
    if len(first) <= TITLE:
        return first or " ".join(statement.split())[:TITLE]
    cut = first[: TITLE - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(",;: ") + "…"
