"""The operators that show a line of text, spelled as ReportLab spells them, each part of them once.

ReportLab looks up every character and formats every number anew for each line. A listing has some hundred thousand lines and few
different fonts, colours and columns: here they are remembered. What a line needs beyond that (a character outside the first subset
of its font) is left to ReportLab; a test holds that the bytes are the same either way.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from reportlab.lib.rl_accel import fp_str
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from csvgen.report.fonts import Face, advances

_ELSEWHERE = "\ufffe"
"""Stands for a character of a further subset, or of another font; no printable text holds it."""


@lru_cache(maxsize=1 << 16)
def number(value: float) -> str:
    """A number as ReportLab writes it."""
    return str(fp_str(value))


@cache
def _parts(colour: tuple[float, float, float]) -> str:
    return " ".join(map(number, colour))


class _Codes(dict[int, str]):
    """Character -> its code in the first subset of a font, escaped. The first use of a character gives it a code."""

    def __init__(self, canvas: Canvas, face: Face) -> None:
        super().__init__()
        self._canvas: Any = canvas
        self._font, self._own = pdfmetrics.getFont(face.value), advances(face)

    def __missing__(self, char: int) -> str:
        if chr(char) not in self._own:
            return _ELSEWHERE
        ((subset, data),) = self._font.splitString(chr(char), self._canvas._doc)  # noqa: SLF001 - as ReportLab's own canvas does
        self[char] = _ELSEWHERE if subset else self._canvas._escape(data)  # noqa: SLF001
        return self[char]

    def set_in(self, size: float) -> str:
        """The operators that choose the font; its first use gives it a name."""
        name = self._font.getSubsetInternalName(0, self._canvas._doc)  # noqa: SLF001
        return f"{name} {number(size)} Tf {number(size * 1.2)} TL"


class Speller:
    """Lines of text of one canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas: Any = canvas
        self._codes = {face: _Codes(canvas, face) for face in Face}
        self._styles: dict[tuple[Face, float, tuple[float, float, float]], str] = {}

    def draw(self, x: float, y: float, text: str, face: Face, size: float, colour: tuple[float, float, float]) -> bool:
        """Draw a line, left edge and baseline given; False where ReportLab has to."""
        codes = text.translate(self._codes[face])
        if not text or _ELSEWHERE in codes:
            return False
        style = self._styles.get((face, size, colour))
        if style is None:
            style = self._styles[face, size, colour] = f"Tm {_parts(colour)} rg {self._codes[face].set_in(size)}"
        self._canvas._code.append(f"BT 1 0 0 1 {number(x)} {number(y)} {style} ({codes}) Tj ET")  # noqa: SLF001
        return True

    def fill(self, left: float, bottom: float, wide: float, high: float, colour: tuple[float, float, float]) -> None:
        """Draw a box of one colour."""
        box = " ".join(map(number, (left, bottom, wide, high)))
        self._canvas._code += (f"{_parts(colour)} rg", f"n {box} re f*")  # noqa: SLF001

    def line(self, points: tuple[float, ...], colour: tuple[float, float, float], thick: float) -> None:
        """Draw a straight line without gaps, from x, y to x, y."""
        left, first, right, last = map(number, points)
        self._canvas._code += (  # noqa: SLF001
            f"{_parts(colour)} RG", f"{number(thick)} w", "[] 0 d", f"n {left} {first} m {right} {last} l S",
        )  # fmt: skip
