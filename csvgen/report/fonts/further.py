"""Fonts beside the bundled faces: signs that ship with csvgen, and what a project names in its theme (Chinese, Japanese, Korean ...).

A further font lends single characters, in one weight. Which of them a document uses is part of its text (`Report.glyphs`), so that it
is read back without the font. While a document is drawn the fonts in use are known to whoever measures a text (`used`).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from csvgen.errors import BadInput

_WHOLE = 1.0
"""Of a character whose font is not at hand: as wide as it is high. It is never drawn so."""


@dataclass(frozen=True, slots=True)
class Further:
    """A TrueType font; two with the same bytes are the same."""

    name: str
    file: Path

    @property
    def advances(self) -> Mapping[str, float]:
        """Character -> how far it moves the pen, in units of the font size."""
        return _advances(self.file, self.name)


_IN_USE: ContextVar[tuple[Further, ...]] = ContextVar("further fonts in use", default=())


def further(file: Path, where: str = "") -> Further:
    """A font file. Raises BadInput for what cannot be embedded: outlines of another kind than TrueType, no table of characters."""
    where = where or file.name
    try:
        data = file.read_bytes()
        start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
        tags = [data[start + 12 + 16 * n : start + 16 + 16 * n] for n in range(struct.unpack_from(">H", data, start + 4)[0])]
        if b"glyf" not in tags:
            raise BadInput(
                "the font has no TrueType outlines", where=where, hint="take its .ttf, not an .otf with PostScript outlines"
            )
        found = Further(f"Further-{hashlib.sha256(data).hexdigest()[:12]}", file)
        if not found.advances:
            raise BadInput("the font has no character at all", where=where)
    except (OSError, struct.error, StopIteration, KeyError, IndexError) as problem:
        raise BadInput(f"no font that can be read: {type(problem).__name__} {problem}", where=where) from None
    return found


@cache
def signs() -> Further:
    """The signs that ship with csvgen: ✓ and the like."""
    return further(Path(__file__).with_name("CsvgenSymbols.ttf"))


@cache
def _advances(file: Path, _name: str) -> Mapping[str, float]:
    from csvgen.report.fonts import read_advances

    return read_advances(file.read_bytes())


@contextmanager
def used(fonts: Sequence[Further]) -> Iterator[None]:
    """While a document is drawn with these."""
    token = _IN_USE.set(tuple(fonts))
    try:
        yield
    finally:
        _IN_USE.reset(token)


def in_use() -> tuple[Further, ...]:
    """The fonts in use."""
    return _IN_USE.get()


def lending(char: str) -> Further | None:
    """The font in use that has a character."""
    return next((f for f in _IN_USE.get() if char in f.advances), None)


def advance(char: str) -> float:
    """How far a character no bundled face has moves the pen."""
    found = lending(char)
    return found.advances[char] if found is not None else _WHOLE
