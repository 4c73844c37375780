"""Text that somebody meant to write later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from csvgen.spec.registry import Context, Hit, error
from csvgen.spec.rules.texts import NOUNS, quoted, texts, whole

# Capitals only: "to be defined by the administrator" is a requirement, "TODO list" may be a title, X marks a place in a number.
_SURE = re.compile(
    r"\bTO BE (?:WRITTEN|DEFINED|DECIDED|DETERMINED|CONFIRMED|COMPLETED|SPECIFIED|AGREED)\b|\bTBD\b|\bT\.B\.[DC]\."
    r"|\bTBC\b(?=\s{0,3}(?:$|[)\].,;:?!]|with\b|by\b))|\b(?:TODO|FIXME)\b(?!-|\s(?i:list|item|app|entr|board|manage))"
)
_PROSE = re.compile(
    r"(?:^|[\[(<:=]\s?|\b(?:is|are|still|yet|remains?)\s)to be (?:written|defined|decided|determined|confirmed|completed|specified|agreed)"
    r"\s{0,2}(?=[.;)\]>]|$)|(?<![\"'“?])\?{3,}|(?<![\w\"'“./#_-])XXX(?![\w\"'”/#_-]|\.\w)|\blorem ipsum\b"
    r"|[\[<](?:insert|fill in|please (?:add|describe|enter)|your text)\b[^\]>\n]{0,80}[\]>]",
    re.IGNORECASE,
)


_SIGNS = (
    "to be ", "tbd", "t.b.", "tbc", "todo", "fixme", "???", "xxx", "lorem", "insert", "fill in", "please", "your text",
)  # fmt: skip
"""Every placeholder holds one of these; most texts hold none and need no closer look."""


@error("URS110", *NOUNS)
def nothing_left_to_write(noun: Any, _context: Context) -> Iterator[Hit]:
    """A placeholder stands where text belongs: nobody can approve what is still to be written."""
    seen = whole(noun).casefold()
    for path, text in texts(noun) if any(sign in seen for sign in _SIGNS) else ():
        # Parameters and inputs are data: three question marks may be what a test sends.
        data = "parameters" in path or "inputs" in path
        if found := _SURE.search(text) or (None if data else _PROSE.search(text)):
            key = next((str(p) for p in reversed(path) if isinstance(p, str)), "")
            yield Hit(
                f"{key} still has a placeholder: {quoted(found[0].strip())}", path, "write what belongs here, or remove the key"
            )
