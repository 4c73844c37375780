"""The visible signature of a PDF, drawn as a page of its own with the fonts of the report.

Drawn by ReportLab and imported as the appearance of the field, because pyHanko's own text stamps spread the letters of
fonts with 2048 units per em and so break both the picture and PDF/A (measured with 0.38).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from csvgen.errors import Refused
from csvgen.report import look
from csvgen.report.fonts import Face, path
from csvgen.report.text import shown, wrap
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.signature.manifestation import DEMONSTRATION, Manifestation

_PAD = 5.0
"""Between the text and the frame, in points."""
_LEAD = 1.25
_LARGEST, _READABLE, _SMALLEST = 8.0, 6.5, 5.5
"""Type sizes in points: the reason is shortened before anything is set smaller than `_READABLE`."""
_STEP = 0.25
_ROOMS = (300, 220, 160, 120, 90, 60, 40, 24)


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    face: Face
    alarm: bool


def appearance(manifestation: Manifestation, width: float, height: float, words: Wording = IN_ENGLISH) -> bytes:
    """A PDF with one page of `width` x `height` points that shows the manifestation in a frame, in the language of the document.

    Raises Refused when the fonts cannot print the name, or when the box is too small for name, meaning, time and record:
    these are never cut.
    """
    refuse_unprintable(manifestation)
    for size, room in _attempts():
        lines = manifestation.lines(room, words)
        faces = _faces(lines, words.say(DEMONSTRATION))
        rows = [_Row(row, face, alarm) for text, face, alarm in faces for row in _rows(text, face, size, width)]
        if len(rows) * size * _LEAD <= height - 2 * _PAD:
            return _drawn(rows, size, width, height)
    raise Refused(
        f"the signature does not fit into its box of {width:.0f} x {height:.0f} points",
        hint="a box for a visible signature needs about 226 x 82 points",
    )


def refuse_unprintable(manifestation: Manifestation) -> None:
    """Raises Refused when the fonts cannot print the name: code points instead of letters are not a printed name."""
    if shown(manifestation.printed_name) != manifestation.printed_name:
        raise Refused(
            f"the fonts of the document cannot print the name {manifestation.printed_name}",
            hint="have the certificate issued with the name in Latin, Greek or Cyrillic letters",
            rule="RR-M01",
        )


def _faces(lines: tuple[str, ...], mark: str) -> Iterator[tuple[str, Face, bool]]:
    """Each line with its face, the name and the demonstration mark in bold, and whether it is that mark."""
    return ((text, Face.BOLD if n == 0 or text == mark else Face.SANS, text == mark) for n, text in enumerate(lines))


def _rows(text: str, face: Face, size: float, width: float) -> tuple[str, ...]:
    return wrap(shown(text), width - 2 * _PAD, face, size)


def _attempts() -> Iterator[tuple[float, int | None]]:
    """Type sizes and rooms for the reason, the best first."""
    sizes = [_LARGEST - _STEP * n for n in range(int((_LARGEST - _SMALLEST) / _STEP) + 1)]
    yield from ((size, None) for size in sizes if size >= _READABLE)
    yield from ((_READABLE, room) for room in _ROOMS)
    yield from ((size, room) for size in sizes if size < _READABLE for room in _ROOMS)


def _drawn(rows: list[_Row], size: float, width: float, height: float) -> bytes:
    from reportlab.lib.colors import HexColor
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    for face in (Face.SANS, Face.BOLD):
        if face.value not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(face.value, str(path(face))))
    out = io.BytesIO()
    # The first font of a page stands in its preamble; ReportLab's default there would be Helvetica, which is not embedded.
    canvas = Canvas(out, pagesize=(width, height), invariant=1, pageCompression=1, initialFontName=Face.SANS.value)
    canvas.setLineWidth(0.5)
    canvas.setStrokeColor(HexColor(f"#{look.ACCENT}"))
    canvas.rect(0.5, 0.5, width - 1, height - 1)
    # The block of text stands in the middle of the box; ascender and descender share what the lead leaves.
    baseline = (height + len(rows) * size * _LEAD) / 2 - size
    for row in rows:
        canvas.setFont(row.face.value, size)
        canvas.setFillColor(HexColor(f"#{look.ALARM if row.alarm else look.INK}"))
        canvas.drawString(_PAD, baseline, row.text)
        baseline -= size * _LEAD
    canvas.showPage()
    canvas.save()
    return out.getvalue()
