"""Two texts beside each other, with what differs marked: by words, so that one wrong digit stands out in a line."""

from __future__ import annotations

import difflib
import re

_MOST = 4_000
Piece = tuple[bool, str]
"""Whether it differs, and the text."""


def marked(expected: str, actual: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces. Very long ones are compared as a whole: looking for the difference would take longer than reading."""
    if expected == actual:
        return [(False, expected)], [(False, actual)]
    if len(expected) > _MOST or len(actual) > _MOST or not expected or not actual:
        return [(bool(expected), expected)], [(bool(actual), actual)]
    first, second = _words(expected), _words(actual)
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        differs = kind != "equal"
        if a < b:
            left.append((differs, "".join(first[a:b])))
        if c < d:
            right.append((differs, "".join(second[c:d])))
    return left, right


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\w+|[^\w\s]", text)
