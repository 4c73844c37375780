r"""Text at the border of the renderers: what cannot be printed is made visible, and lines are cut to a width.

>>> shown("1\u202e2 \u4e2d")
'1[U+202E]2 [U+4E2D]'
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache, lru_cache
from itertools import accumulate
from operator import is_
from typing import Any, TypeVar

from csvgen.canonical import Digest
from csvgen.model.report import Column
from csvgen.report import look
from csvgen.report.fonts import Face, advances, characters, spaced, width
from csvgen.report.fonts.further import Further, in_use

T = TypeVar("T")

BLANK = "–"
"""Stands where nothing is: an empty cell would leave open whether something was forgotten."""

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def _escape(code: int) -> str:
    return f"[U+{code:04X}]"


class _Visible(dict[int, str]):
    """Code point -> itself, or its name where it would hide something; filled as texts come by."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        hidden = char != "\n" and unicodedata.category(char) in _HIDDEN
        self[code] = _escape(code) if hidden else char
        return self[code]


class _Shown(_Visible):
    """The same for documents, whose fonts are fixed and whose lines run from left to right."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        fits = char == "\n" or (
            (char in characters() or char in self._more) and unicodedata.bidirectional(char) not in _RIGHT_TO_LEFT
        )
        self[code] = super().__missing__(code) if fits else _escape(code)
        return self[code]

    def __init__(self, more: str = "") -> None:
        super().__init__()
        self._more = frozenset(more)


class _Escaped(_Visible):
    """The same for XML: what has a meaning there is written as a reference."""

    def __missing__(self, code: int) -> str:
        self[code] = _REFERENCES.get(chr(code)) or super().__missing__(code)
        return self[code]


_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;"}
_SAFE = re.compile(r"[\n !#-%'-;=?-~]*")
"""Means itself in XML, character by character; only a line end is written otherwise."""
_VISIBLE, _ESCAPED = _Visible(), _Escaped()


@lru_cache(maxsize=64)
def _shown(more: str) -> _Shown:
    """The table for documents that show these characters too, by a further font."""
    return _Shown(more)


def visible(text: str) -> str:
    """Text with every control, format and direction character but the newline written as ``[U+202E]``."""
    return text if _plain(text) else text.translate(_VISIBLE)


def _plain(text: str) -> bool:
    """Whether every character of a text shows itself, and every font has it; nearly all texts."""
    return text.isascii() and (text.isprintable() or text.replace("\n", "").isprintable())


def escaped(text: str) -> str:
    """Text as XML writes it, between tags and between quotation marks alike: `visible`, and no character of it is markup.

    Every text that a writer puts into XML without a library goes through here.
    """
    return text.replace("\n", _REFERENCES["\n"]) if _SAFE.fullmatch(text) else text.translate(_ESCAPED)


def shown(text: str, more: str = "") -> str:
    """Text as Word and PDF print it: `visible`, and what no bundled font can show written as ``[U+4E2D]`` too.

    `more`: characters that a further font of the document has. Right-to-left letters never are: set from left to right they would read
    as another word.
    """
    return (
        text if text.isascii() and (text.isprintable() or text.replace("\n", "").isprintable()) else text.translate(_shown(more))
    )


def shown_all(value: T, more: str = "") -> T:
    """The same value with `shown` applied to every text in it; dataclasses and tuples are walked, and kept where nothing changes."""
    return _walk(value, more)  # type: ignore[no-any-return]


def _walk(value: Any, more: str) -> Any:
    if isinstance(value, str):
        return shown(value, more)
    if isinstance(value, tuple):
        found = tuple([shown(item, more) if type(item) is str else _walk(item, more) for item in value])
        return value if all(map(is_, found, value)) else found
    kind: Any = type(value)
    names = _names(kind)
    if not names:
        return value
    old = [getattr(value, name) for name in names]
    new = [_walk(item, more) for item in old]
    return value if all(map(is_, new, old)) else replace(value, **dict(zip(names, new, strict=True)))


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass; none of anything else."""
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else ()


def one_line(text: str) -> str:
    """Text for a place that has one line only: bookmarks, contents, document properties."""
    return " ".join(text.split("\n"))


def is_digest(text: str) -> bool:
    """Whether a text is a digest and nothing else: it is set in mono type."""
    try:
        return bool(Digest(text))
    except ValueError:
        return False


_ID = r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+"
_IDS = re.compile(rf"{_ID}(?:, {_ID})+")
_CAPITAL = 0.66
"""Width of a capital letter or figure, as a part of the type size: rather too wide, for whose font is used is not known here."""


def apart(text: str, width: float, size: float) -> str:
    """A list of ids with its lines broken between ids; any other text as it is. `width` of the line and type `size` in points.

    Word and LibreOffice break a line after any hyphen, also within an id. A hyphen at which no line breaks would prevent that, but
    whoever then searches for the id with an ordinary hyphen does not find it.
    """
    if ", " not in text or not _IDS.fullmatch(text):
        return text
    letters, lines = int(width / (size * _CAPITAL)), [""]
    for item in text.split(", "):
        if lines[-1] and len(lines[-1]) + len(item) + 3 > letters:
            lines.append("")
        lines[-1] += f", {item}" if lines[-1] else item
    return ",\n".join(lines)


_WORD = re.compile(r"([^ ]*)( *)")
_WORD_LIKE = 24
"""Characters of a text whose width is remembered as a whole."""
_WIDEST = 1.02
"""No ASCII character of a bundled face is wider, in units of the font size: so short a text needs no measuring."""
_SOFT_ENDS = frozenset("/-_.,:;=&?@+|")
_WHOLE = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Z]{2,}(?:-[A-Z0-9]+)*-\d+(?:\.\d+)*(?![A-Za-z0-9])|\d{4}-\d\d-\d\d(?![A-SU-Za-z0-9])"
    r"|[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?(?![A-Za-z0-9]))|(?<![A-SU-Za-z0-9])\d\d:\d\d:\d\d(?:\.\d+)?(?![0-9])"
)
"""Ids, dates, times and numbers with their sign and exponent: within a longer word, they are not cut where a line can hold them."""
_LONGEST_WHOLE = 40
"""Characters of such a piece that is looked for behind the end of a line."""


def wrap(text: str, limit: float, face: Face, size: float) -> tuple[str, ...]:
    """Printable text cut into lines no wider than `limit` points; spaces inside a line stay as they are.

    A word wider than a line is cut after a hyphen, slash or the like, or where the line is full.
    """
    if len(text) * _WIDEST * size <= limit and text.isascii() and "\n" not in text:
        return (text,)
    return _wrapped(text, limit, face, size, in_use())


@lru_cache(maxsize=4096)
def _wrapped(text: str, limit: float, face: Face, size: float, _fonts: tuple[Further, ...]) -> tuple[str, ...]:
    if "\n" not in text:
        return tuple(_wrap_line(text, limit, face, size))
    return tuple(line for part in text.split("\n") for line in _wrap_line(part, limit, face, size))


def lines_needed(text: str, limit: float, face: Face, size: float) -> int:
    """How many lines `wrap` gives."""
    if len(text) * _WIDEST * size <= limit and text.isascii() and "\n" not in text:
        return 1
    if "\n" not in text:
        return len(_wrap_line(text, limit, face, size))
    return sum([len(_wrap_line(part, limit, face, size)) for part in text.split("\n")])


def _wrap_line(text: str, limit: float, face: Face, size: float) -> list[str]:
    if len(text) <= _WORD_LIKE:
        return [text] if width(text, face, size) <= limit else _wrap_words(text, limit, face, size)
    if text.isascii() and "  " not in text and text[0] != " " != text[-1]:
        return _wrap_known(text, limit, face, size) or _wrap_words(text, limit, face, size)
    ends = list(accumulate(map(advances(face).__getitem__, text), initial=0.0))
    if ends[-1] * size <= limit:
        return [text]
    return _wrap_between(text, ends, limit / size) or _wrap_words(text, limit, face, size)


def _wrap_known(text: str, limit: float, face: Face, size: float) -> list[str]:
    """`_wrap_between` of a text whose words stand one space apart: they come again and again, so each is measured once."""
    words, table = text.split(" "), spaced(face)
    ends, space = list(accumulate(map(table.__getitem__, words))), table[""]
    if (ends[-1] - space) * size <= limit:
        return [text]
    lines: list[str] = []
    start, room = 0, limit / size + space
    while start < len(words):
        cut = bisect_right(ends, (ends[start - 1] if start else 0.0) + room, start)
        if cut == start:
            return []
        lines.append(" ".join(words[start:cut]))
        start = cut
    return lines


def _wrap_between(text: str, ends: Sequence[float], room: float) -> list[str]:
    """The lines of a text that is cut between words only; none where a word is too wide for a line, or the text begins with a space.

    `ends`: how far the pen is before each character and after the last; `room`: how far it may go in a line, in the same units.
    """
    lines: list[str] = []
    start, last = 0, len(text)
    if text[0] == " ":
        return []
    while start < last:
        end = bisect_right(ends, ends[start] + room, start) - 1
        if end >= last:
            cut = last
        else:
            cut = end if text[end] == " " else text.rfind(" ", start, end)
            if cut < 0:
                return []
        lines.append(text[start:cut].rstrip(" "))
        start = cut
        while start < last and text[start] == " ":
            start += 1
    return lines


def _wrap_words(text: str, limit: float, face: Face, size: float) -> list[str]:
    """The lines of any text, word by word."""
    lines: list[str] = []
    line, used, space = "", 0.0, width(" ", face, size)
    for word, gap in _WORD.findall(text):
        rest, extent = word, width(word, face, size)
        if line and used + extent > limit:
            if line.strip(" "):  # a text that begins with blanks does not begin with an empty line
                lines.append(line.rstrip(" "))
            line, used = "", 0.0
        while extent > limit and len(rest) > 1:
            even = extent / math.ceil(extent / limit) + 0.01  # lines of one length: no digest ends in a line of one digit
            head = _cut(rest, min(limit, even) / size, limit / size, advances(face))
            lines.append(head)
            rest, extent = rest[len(head) :], extent - width(head, face, size)
        line += rest + gap
        used += extent + (space if gap == " " else width(gap, face, size))
    if line.strip(" ") or not lines:
        lines.append(line.rstrip(" "))
    return lines


def _cut(word: str, even: float, limit: float, table: Mapping[str, float]) -> str:
    """The beginning of a word that is too wide for a line: about `even` wide and never wider than `limit`, in units of the font size."""
    count, most = _fitting(word, even, table), _fitting(word, limit, table)
    whole = [m.span() for m in _WHOLE.finditer(word[: most + _LONGEST_WHOLE]) if m.end() - m.start() <= most]
    held = {n for start, end in whole for n in range(start + 1, end)}
    soft = next((n for n in range(count, count // 2, -1) if word[n - 1] in _SOFT_ENDS and n not in held), 0)
    if soft or count not in held:
        return word[: soft or count]
    start, end = next(span for span in whole if span[0] < count < span[1])
    if end > most:
        return word[: start or count]
    return word[: end + 1] if end < most and word[end] in _SOFT_ENDS else word[:end]


def _fitting(word: str, room: float, table: Mapping[str, float]) -> int:
    """How many characters fit; one at least."""
    count = 0
    while count < len(word) and table[word[count]] <= room:
        room -= table[word[count]]
        count += 1
    return max(count, 1)


def column_widths(columns: Sequence[Column], total: float) -> tuple[float, ...]:
    """The shares of a table as points, adding up to `total`; no column narrower than the longest word of its title.

    What a narrow column needs more is taken from the others in proportion to what they can spare.
    """
    return _column_widths(tuple([(c.title, c.width) for c in columns]), total, in_use())


@lru_cache(maxsize=256)
def _column_widths(columns: tuple[tuple[str, float], ...], total: float, _fonts: tuple[Further, ...]) -> tuple[float, ...]:
    whole = sum(share for _, share in columns) or 1.0
    wanted = [share / whole * total for _, share in columns]
    least = [max(width(w, Face.BOLD, look.CELL) for w in (title.split() or [""])) + 2 * look.PAD + 0.5 for title, _ in columns]
    missing = sum(max(low - want, 0.0) for low, want in zip(least, wanted, strict=True))
    spare = sum(max(want - low, 0.0) for low, want in zip(least, wanted, strict=True))
    if missing > spare:
        return tuple(wanted)
    part = missing / spare if spare else 0.0
    return tuple(max(low, want - max(want - low, 0.0) * part) for low, want in zip(least, wanted, strict=True))
