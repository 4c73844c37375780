"""Line by line: what became of each line of an imported text. Used by the readers on themselves, so that nothing is lost in silence.

A piece (entry or leftover) owns the lines from its own to the next piece's. A line is carried by its owner when every word of it is
found in the text of the owner, each word as often as it is used up; a line that is not carried is lost, and a reader makes it a leftover.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from csvgen.exchange.model import Entry, Leftover
from csvgen.exchange.readers.base import Aside

Kind = Literal["entry", "context", "leftover", "lost"]


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    kind: Kind
    owner: str
    """Id of the entry, or why it is context or a leftover."""


def account(text: str, entries: Sequence[Entry], leftovers: Sequence[Leftover]) -> tuple[Line, ...]:
    """What became of each line of `text` that is not blank."""
    at: dict[int, list[Entry | Leftover]] = {}
    pieces: list[Entry | Leftover] = [*entries, *leftovers]
    for piece in pieces:
        at.setdefault(max(piece.place.line, 1), []).append(piece)
    found: list[Line] = []
    owners: list[Entry | Leftover] = []
    words: Counter[str] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        if number in at:
            owners = at[number]
            words = Counter(w for piece in owners for w in _words(_text(piece)))
        if not line.strip():
            continue
        needed = Counter(_words(_marks_off(line)))
        if not needed - words:
            words -= needed
            found.append(Line(number, *_owner(owners)))
        else:
            found.append(Line(number, "lost", ""))
    return tuple(found)


def _owner(owners: Sequence[Entry | Leftover]) -> tuple[Kind, str]:
    for piece in owners:
        if isinstance(piece, Entry):
            return "entry", piece.id
    for piece in owners:
        if not isinstance(piece, Aside):
            assert isinstance(piece, Leftover)
            return "leftover", piece.why
    return "context", next((p.why for p in owners if isinstance(p, Leftover)), "")


def _text(piece: Entry | Leftover) -> str:
    return piece.text if isinstance(piece, Leftover) else " ".join(_all(piece.fields))


def _all(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [t for k, v in value.items() for t in (str(k), *_all(v))]
    return [t for v in value for t in _all(v)]


def _marks_off(line: str) -> str:
    """A line of Markdown without the marks that are not words: the number of a list, a named character."""
    return html.unescape(re.sub(r"^\s*\d{1,9}[.)]\s", " ", line))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)
