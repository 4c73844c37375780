"""The bundled fonts: where they lie, which characters they have, how wide each is.

Liberation Sans and Liberation Mono 2.1.5 (SIL Open Font License 1.1, see OFL.txt). They travel with csvgen so that a
document looks the same, and has the same bytes, on every machine. Character and width tables are read from the font
files themselves (OpenType 1.9: `cmap` format 4, `hmtx`), so that Word pictures and PDF pages agree on what can be
printed without either of them loading the other's library.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from csvgen.report.fonts import further


class Face(StrEnum):
    """A bundled font; the value is its PostScript name and the stem of its file."""

    SANS = "LiberationSans-Regular"
    BOLD = "LiberationSans-Bold"
    ITALIC = "LiberationSans-Italic"
    BOLD_ITALIC = "LiberationSans-BoldItalic"
    MONO = "LiberationMono-Regular"

    __hash__ = str.__hash__  # widths are looked up by face for every word: an enumeration asks for its name first


def path(face: Face) -> Path:
    """The TrueType file of a face."""
    return Path(__file__).with_name(f"{face.value}.ttf")


@cache
def advances(face: Face) -> Mapping[str, float]:
    """Character -> how far it moves the pen, in units of the font size; one of no bundled face as the font in use has it."""
    return MappingProxyType(_Advances(read_advances(path(face).read_bytes())))


class _Advances(dict[str, float]):
    def __missing__(self, char: str) -> float:
        return further.advance(char)


def read_advances(data: bytes) -> dict[str, float]:
    """The same of any TrueType file; of a collection the first font."""
    tables = _tables(data)
    units = struct.unpack_from(">H", data, tables["head"] + 18)[0]
    count = struct.unpack_from(">H", data, tables["hhea"] + 34)[0]
    metrics = struct.unpack_from(f">{2 * count}h", data, tables["hmtx"])
    # Glyphs past the last full record share its advance (OpenType, hmtx).
    return {c: metrics[2 * min(g, count - 1)] / units for c, g in _glyphs(data, tables["cmap"]).items()}


@cache
def characters() -> frozenset[str]:
    """The characters every bundled face has: a text prints alike in body, bold and mono, or not at all."""
    return frozenset.intersection(*(frozenset(advances(face)) for face in Face))


def width(text: str, face: Face, size: float) -> float:
    """How wide one line of printable text is, in points, at a font size in points."""
    short = len(text) <= _WORD and text.isascii()  # a further font may lend any other character, and differs by document
    return (_units(text, face) if short else sum(map(_advance(face), text))) * size


_WORD = 24
"""Characters of a text whose width is worth remembering: the same words come by again and again."""


@lru_cache(maxsize=1 << 14)
def _units(text: str, face: Face) -> float:
    return sum(map(_advance(face), text))


class _Spaced(dict[str, float]):
    """ASCII word -> its width with the space after it, in units of the font size.

    Advances are whole parts of 1/2048, which floats add exactly: a text is as wide as its words, in whatever order they are added.
    """

    def __init__(self, face: Face) -> None:
        super().__init__()
        self._own = _advance(face)

    def __missing__(self, word: str) -> float:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[word] = sum(map(self._own, word)) + self._own(" ")
        return found


_REMEMBERED = 1 << 14


@cache
def spaced(face: Face) -> Mapping[str, float]:
    """The widths of words without spaces in them, each with one space behind it; for words of ASCII only."""
    return _Spaced(face)


@cache
def _advance(face: Face) -> Callable[[str], float]:
    return advances(face).__getitem__


def pieces(text: str, face: Face) -> Iterator[tuple[str, str]]:
    """Text in pieces of one font: the name of the font, and the piece. What no font in use has does not come here (see `shown`)."""
    own = advances(face)
    for name, chars in groupby(
        text, key=lambda c: face.value if c in own else (f.name if (f := further.lending(c)) else face.value)
    ):
        yield name, "".join(chars)


def _tables(data: bytes) -> dict[str, int]:
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    count = struct.unpack_from(">H", data, start + 4)[0]
    records = (struct.unpack_from(">4sIII", data, start + 12 + 16 * n) for n in range(count))
    return {tag.decode("ascii"): offset for tag, _, offset, _ in records}


def _glyphs(data: bytes, cmap: int) -> dict[str, int]:
    """Character -> glyph from the Unicode BMP subtable (platform 3, encoding 1)."""
    count = struct.unpack_from(">H", data, cmap + 2)[0]
    records = [struct.unpack_from(">HHI", data, cmap + 4 + 8 * n) for n in range(count)]
    start = cmap + next(offset for platform, encoding, offset in records if (platform, encoding) == (3, 1))
    segments = struct.unpack_from(">H", data, start + 6)[0] // 2
    columns = [start + 14, *(start + 16 + 2 * segments * n for n in (1, 2, 3))]
    ends, starts, deltas, ranges = (struct.unpack_from(f">{segments}H", data, at) for at in columns)
    glyphs: dict[str, int] = {}
    for n in range(segments):
        for code in range(starts[n], min(ends[n], 0xFFFE) + 1):
            glyph = code
            if ranges[n]:
                glyph = struct.unpack_from(">H", data, columns[3] + 2 * n + ranges[n] + 2 * (code - starts[n]))[0]
            if ranges[n] == 0 or glyph:
                glyph = (glyph + deltas[n]) & 0xFFFF
            if glyph:
                glyphs[chr(code)] = glyph
    return glyphs
