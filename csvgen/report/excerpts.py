"""Long values in a step table: their beginning, how long they are, and the digest by which the whole is found in the record."""

from __future__ import annotations

import re
from collections.abc import Mapping

from csvgen.canonical import digest_bytes
from csvgen.model.execution import Observation
from csvgen.report.wording import joined, say

WHOLE = "({number} characters in all)"
WITH_DIGEST = "({number} characters in all, {digest})"
"""How a value that is cut is told; verification reads it back."""
SHOWN, HEAD = 300, 150
"""Characters up to which a value is printed whole, and of a longer one those that are printed."""
_AROUND, _PIECE = 40, 120
"""Characters around a text that was looked for in a longer one, and those of each text where several were looked for."""
KEPT = re.compile(r" \.\.\. \((?P<number>\d+) characters; whole value in (?P<name>\S+)\)$")
"""How the record tells of a value that it keeps as a file."""


def digest_of(text: str) -> str:
    """SHA-256 of the text in UTF-8: that of the file, where the record keeps the value as one."""
    return str(digest_bytes(text.encode("utf-8")))


def beginning(text: str, files: Mapping[str, str] | None = None) -> str:
    """A value; of a long one the beginning, how long it is, and its digest. `files`: attachment -> digest, of values kept as files."""
    if len(text) <= SHOWN:
        return text
    number, digest = str(len(text)), ""
    if (kept := KEPT.search(text)) is not None:
        number, digest = kept["number"], (files or {}).get(kept["name"], "")
    else:
        digest = digest_of(text)
    told = say(WITH_DIGEST, number=number, digest=digest) if digest else say(WHOLE, number=number)
    return joined("", (f"{text[:HEAD].rstrip()} ... ", told))


def pieces(text: str) -> str:
    """Texts that are looked for one by one; of a long one the beginning."""
    lines = text.splitlines()
    if max(map(len, lines), default=0) <= _PIECE:
        return "; ".join(lines)
    return joined("; ", [_piece(line) for line in lines])


def _piece(line: str) -> str:
    return line if len(line) <= _PIECE else joined("", (f"{line[:_PIECE]} ... ", say(WHOLE, number=str(len(line)))))


def excerpt(seen: Observation, files: Mapping[str, str] | None = None) -> str:
    """The observed value; of a long one the part that decides, or its beginning. The record holds all of it."""
    text = seen.actual
    at = text.rfind(seen.expected) if seen.comparison == "contains" and seen.expected else -1
    if at < 0:
        return beginning(text, files)
    if len(text) <= 2 * _AROUND + len(seen.expected):
        return text
    start, end = _words(
        text, max(at - _AROUND, 0), min(at + len(seen.expected) + _AROUND, len(text)), at, at + len(seen.expected)
    )
    part = " / ".join(text[start:end].strip().split("\n"))
    before, after = ("... " if start else ""), (" ..." if end < len(text) else "")
    if not before and not after:
        return text
    kept = KEPT.search(text)
    return joined("", (f"{before}{part}{after} ", say(WHOLE, number=kept["number"] if kept else str(len(text)))))


def _words(text: str, start: int, end: int, least: int, most: int) -> tuple[int, int]:
    """A part of a text, made shorter at both ends to where a word begins and ends."""
    if start and not text[start - 1].isspace():
        found = re.search(r"\s", text[start:least])
        start = start + found.end() if found else start
    if end < len(text) and not text[end].isspace():
        found = re.search(r"\s(?=\S*$)", text[most:end])
        end = most + found.start() if found else end
    return start, end
