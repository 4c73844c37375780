"""Our YAML as text: what `dump` writes, `csvgen.marks.load` reads back letter by letter.

Values are mappings, lists and texts, as in a specification. The style is the one people write by hand: block style, plain
words where no reader of YAML could take them for anything but text, folded paragraphs, literal lines. Text that a block cannot
carry exactly (blanks at an end, hidden characters) is quoted, with what cannot be seen written as an escape.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from csvgen.diagnostics import one_line

WIDTH = 120
"""No line is longer, as long as the nesting leaves room for a word."""
_STEP = 2
_LEAST = 20
_LONGEST_KEY = 100
"""A key longer than this is written with a question mark before it; YAML bounds the others at 1024 characters."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./()+-]*(?:,? [A-Za-z0-9_./()+§-]+)*")
_TYPED = re.compile(
    r"(?i:y|n|yes|no|on|off|true|false|null|none|nan|inf|infinity)|[-+.]?[0-9][0-9_.,:eExXoO+-]*(?:[tTzZ ].*)?|[-+]?\.(?i:inf|nan)|~|="
)
_SAFE_BLANKS = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_NOT_TEXT = "not text, a list or a mapping: {}"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def dump(value: Any, comment: str = "") -> str:
    """A value as a YAML document, with `comment` above it. Raises ValueError for what is not text, list or mapping of text."""
    head = "".join(f"# {one_line(line)}".rstrip() + "\n" for line in comment.split("\n")) if comment else ""
    return head + "\n".join(_document(value)) + "\n"


def _document(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        first, *rest = _scalar(value, _STEP, 0)
        yield first
        yield from rest
    elif not value:
        yield _empty(value)
    elif isinstance(value, Mapping | list | tuple):
        yield from _block(value, 0)
    else:
        raise ValueError(_NOT_TEXT.format(type(value).__name__))


def _block(value: Any, indent: int) -> Iterator[str]:
    """The lines of a mapping or list that is not empty."""
    pad = " " * indent
    if isinstance(value, Mapping):
        for key, inner in value.items():
            name = _key(key)
            if len(name) > _LONGEST_KEY:
                yield f"{pad}? {name}"
                yield from _entry(f"{pad}:", inner, indent)
            else:
                yield from _entry(f"{pad}{name}:", inner, indent)
        return
    for inner in value:
        if isinstance(inner, Mapping | list | tuple) and inner:
            lines = _block(inner, indent + _STEP)
            yield f"{pad}- {next(lines)[indent + _STEP :]}"
            yield from lines
        else:
            yield from _entry(f"{pad}-", inner, indent)


def _entry(head: str, value: Any, indent: int) -> Iterator[str]:
    """``head value``: on one line, or with what follows on deeper lines."""
    if isinstance(value, str):
        first, *rest = _scalar(value, indent + _STEP, len(head) + 1)
        yield f"{head} {first}"
        yield from rest
    elif not value:
        yield f"{head} {_empty(value)}"
    elif isinstance(value, Mapping | list | tuple):
        yield head
        yield from _block(value, indent + _STEP)
    else:
        raise ValueError(_NOT_TEXT.format(type(value).__name__))


def _empty(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    raise ValueError(_NOT_TEXT.format(type(value).__name__))


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a key must be text: {key!r}")  # noqa: TRY004 - one error for one kind of mistake
    return key if _is_plain(key) else quoted(key)


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and _TYPED.fullmatch(text) is None


def _scalar(text: str, indent: int, column: int) -> list[str]:
    """A text as the rest of the line that begins it, and the lines below; `column` is where it begins."""
    room = max(WIDTH - indent, _LEAST)
    short = "\n" not in text and len(text) <= WIDTH - column - 2
    if short and _is_plain(text):
        return [text]
    if short and len(one := quoted(text)) <= max(WIDTH - column, _LEAST):
        return [one]
    pad = " " * indent
    if _fits_block(text):
        lines = text.split("\n")
        if len(lines) > 1 and all(len(line) <= room for line in lines):
            return ["|-", *(pad + line if line else "" for line in lines)]
        if (folded := _folded(lines, room)) is not None:
            return [">-", *(pad + line if line else "" for line in folded)]
    return _quoted_lines(text, pad, room, column)


def _fits_block(text: str) -> bool:
    """Whether a literal or folded block can carry this text exactly."""
    return (
        bool(text)
        and not text.startswith((" ", "\n"))
        and not text.endswith("\n")
        and all(c == "\n" or _shown(c) for c in text)
        and not any(line != line.rstrip() for line in text.split("\n"))
    )


def _shown(char: str) -> bool:
    """A character that stands for itself; others are escaped. Blanks of typography count as shown, marks of order do not."""
    return char.isprintable() or char in _SAFE_BLANKS


def _folded(lines: list[str], room: int) -> list[str] | None:
    """Paragraphs wrapped at single blanks; None where wrapping would change a blank, or a word has no room."""
    if any(line.startswith((" ", *_SAFE_BLANKS)) for line in lines):
        return None  # such a line is kept as it is by a reader, and so cannot be wrapped
    folded: list[str] = []
    for number, line in enumerate(lines):
        if number and line:
            folded.append("")  # a line break of a text is an empty line of a folded block
        if not line:
            folded.append("")
            continue
        wrapped = _wrapped(line, room)
        if wrapped is None:
            return None
        folded += wrapped
    return folded


def _wrapped(line: str, room: int) -> list[str] | None:
    """A line broken at single blanks between two words."""
    words = re.split(r"(?<! ) (?! )", line)
    out = [words[0]]
    for word in words[1:]:
        if len(out[-1]) + 1 + len(word) <= room and not word.startswith("\t"):
            out[-1] += " " + word
        else:
            out.append(word)
    return out if all(len(part) <= room for part in out) else None


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _shown(char):
        return char
    if unicodedata.category(char) == "Cs":
        raise ValueError(f"half a character cannot be written: U+{ord(char):04X}")
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def quoted(text: str) -> str:
    """A text in double quotes on one line, with what cannot be seen written as an escape. Raises ValueError for half a character."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _quoted_lines(text: str, pad: str, room: int, column: int) -> list[str]:
    """Double-quoted over several lines: each ends with a backslash, so nothing is added; a blank that begins one is escaped."""
    lines, current, left = [], '"', max(WIDTH - column, _LEAST)
    pieces = [_escaped(c) for c in text]
    for index, piece in enumerate(pieces):
        full = len(current) + len(piece) >= left - 1
        breathe = index and pieces[index - 1] in {" ", "\\n"} and len(current) > left * 2 // 3 and piece != " "
        if full or (breathe and not _next_blank_fits(pieces, index, left - len(current))):
            lines.append(current + "\\")
            current, left = "", room
        current += "\\ " if piece == " " and not current else piece
        if piece == "\\n" and index + 1 < len(pieces):
            lines.append(current + "\\")
            current, left = "", room
    lines.append(current + '"')
    return [lines[0], *(pad + line for line in lines[1:])]


def _next_blank_fits(pieces: Sequence[str], index: int, left: int) -> bool:
    """Whether the word that begins here ends before the line does."""
    length = 0
    for piece in pieces[index:]:
        if piece in {" ", "\\n"}:
            return True
        length += len(piece)
        if length >= left - 2:
            return False
    return True
