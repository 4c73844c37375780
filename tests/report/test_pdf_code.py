"""The operators of a line of text are those ReportLab writes, whatever the line holds."""

from __future__ import annotations

import io
import random

import pytest
from reportlab.pdfgen.canvas import Canvas

from csvgen.report.fonts import Face, characters
from csvgen.report.pdf_code import Speller
from csvgen.report.pdf_page import Ink, Type, register_fonts, rgb
from csvgen.report.text import shown

from .sample import HOSTILE


def drawn(lines, *, spelled: bool) -> tuple[list[str], bytes]:
    """The operators of a page of lines, and the whole file."""
    register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=0, initialFontName=Face.SANS.value)
    ink = Ink(canvas, {})
    if not spelled:
        ink._speller = Left(canvas)
    for x, y, text, kind in lines:
        ink.text(x, y, text, kind)
        ink.line((x, y, y, x), kind.ink, kind.size / 7)
        ink.fill((x, y, x + kind.size, y + 2 * kind.size), kind.ink)
    code = list(canvas._code)
    canvas.showPage()
    canvas.save()
    return code, out.getvalue()


class Left:
    """Leaves everything to ReportLab."""

    def __init__(self, canvas) -> None:
        self._canvas = canvas

    def draw(self, *_: object) -> bool:
        return False

    def line(self, points, colour, thick) -> None:
        self._canvas.setStrokeColorRGB(*colour)
        self._canvas.setLineWidth(thick)
        self._canvas.setDash([])
        self._canvas.line(*points)

    def fill(self, left, bottom, wide, high, colour) -> None:
        self._canvas.setFillColorRGB(*colour)
        self._canvas.rect(left, bottom, wide, high, stroke=0, fill=1)


def lines(seed: int):
    chance = random.Random(seed)
    every = sorted(characters())
    chance.shuffle(every)
    texts = [line for text in HOSTILE for line in shown(text).split("\n")]
    texts += ["".join(every[n : n + 40]) for n in range(0, 900, 40)]  # more than one subset of a font can hold
    texts += ["a" + chance.choice(every) for _ in range(60)]
    chance.shuffle(texts)
    for text in texts:
        kind = Type(chance.choice(list(Face)), chance.choice((7.5, 8.0, 9.5 * 0.9, 25.0)), chance.choice(("000000", "1B4B66")))
        yield chance.uniform(0, 800), chance.uniform(-5, 600), text, kind


@pytest.mark.parametrize("seed", range(3))
def test_the_file_is_the_one_reportlab_alone_would_write(seed):
    told = list(lines(seed))
    assert drawn(told, spelled=True) == drawn(told, spelled=False)


def test_plain_lines_are_not_left_to_reportlab():
    register_fonts()
    speller = Speller(Canvas(io.BytesIO(), initialFontName=Face.SANS.value))
    every = sorted(characters())
    told = [
        speller.draw(1.0, 2.0, text, Face.SANS, 8.0, rgb("000000")) for text in ("plain (text)", "µ ≤", "".join(every[:400]), "")
    ]
    assert told == [True, True, False, False]
