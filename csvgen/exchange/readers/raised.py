"""Raised and lowered characters as plain text that says the same: 10^3, H_2O. Flattened, the first would be another figure.

While a text is gathered its raised pieces stand between marks no XML file can hold, so that 10⁻³ of three runs becomes one piece.
"""

from __future__ import annotations

import re

_UP, _DOWN, _END = "\x01", "\x02", "\x03"
_SIGN = {_UP: "^", _DOWN: "_"}
_PIECE = re.compile(f"([{_UP}{_DOWN}])([^{_UP}{_DOWN}{_END}]*){_END}(?=(\\w?))")


def raised(text: str) -> str:
    return f"{_UP}{text}{_END}" if text else ""


def lowered(text: str) -> str:
    return f"{_DOWN}{text}{_END}" if text else ""


def resolved(text: str) -> str:
    """The text with its marks written out; brackets where the end of a raised piece could not be seen."""
    for sign in (_UP, _DOWN):
        text = _joined(text, sign)
    return re.sub(f"[{_UP}{_DOWN}{_END}]", "", _PIECE.sub(_written, text))


def _joined(text: str, sign: str) -> str:
    """Neighbours of one kind as one piece."""
    before = None
    while before != text:
        before = text
        text = re.sub(f"({sign}[^{_UP}{_DOWN}{_END}]*){_END}{sign}", r"\1", text)
    return text


def _written(match: re.Match[str]) -> str:
    sign, said, after = _SIGN[match[1]], match[2], match[3]
    words = said.strip()
    if not words:
        return said
    head, tail = said[: len(said) - len(said.lstrip())], said[len(said.rstrip()) :]
    plain = re.fullmatch(r"[+\-−–]?\w+(?:[.,]\w+)?", words) and (len(words) == 1 or tail or not after)
    return f"{head}{sign}{words}{tail}" if plain else f"{head}{sign}({words}){tail}"
