"""A copy of a signed PDF for reading and printing that says of each signature what was found: INVALID stands where it would else look good.

A picture of a signature stays in a file that was changed behind it, and on every print of it (21 CFR 11.50(b), 11.70). The copy is no
signed file: its form is gone, the findings lie over the boxes of the signatures and at the head of every page.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from csvgen.errors import BadInput
from csvgen.report import look
from csvgen.report.fonts import Face
from csvgen.report.pdf_page import register_fonts
from csvgen.report.text import shown as printable
from csvgen.report.text import wrap
from csvgen.signature.pdf_found import PdfInspection, shown

if TYPE_CHECKING:
    import pikepdf

_SIZE, _LEAD, _PAD = 7.0, 8.75, 4.0
_MOST = 12
"""Lines at the head of a page; the rest is told by `csvgen verify`."""


def marked(pdf: bytes, found: PdfInspection, moment: dt.datetime) -> bytes:
    """The copy. `moment` is when `found` was found. Raises BadInput for a file that has no pages that could be copied."""
    import pikepdf

    register_fonts()
    told = {signature.field: shown(signature, moment) for signature in found.signatures}
    try:
        with pikepdf.open(io.BytesIO(pdf)) as file:
            boxes = [
                (page, [float(edge) for edge in note.Rect], told[str(note.T)])
                for page in file.pages
                for note in page.obj.get("/Annots", ())
                if str(note.get("/T", "")) in told
            ]
            _flatten(file)
            for page, box, lines in boxes:
                if not lines[0].startswith("Valid"):
                    _cover(page, box, lines)
            for page in file.pages:
                _head(page, _summary(found, told.values()))
            out = io.BytesIO()
            file.save(out, deterministic_id=True)
    except pikepdf.PdfError as problem:
        raise BadInput(f"this PDF cannot be copied ({problem})") from None
    return out.getvalue()


def _summary(found: PdfInspection, told: Iterable[tuple[str, ...]]) -> list[str]:
    """What stands at the head of every page: the file as a whole, then each signature that is not valid."""
    lines = [first for first, *_ in told]
    invalid = sum(line.startswith("INVALID") for line in lines)
    bad = [f"{words[0]}. {words[1]}" for words in told if not words[0].startswith("Valid")]
    problems = [f"INVALID FILE: {problem}" for problem in found.problems]
    state = "INVALID" if invalid or problems else "NOT DECIDED" if bad or not lines else "valid"
    counted = f"{len(lines)} {'signature' if len(lines) == 1 else 'signatures'}"
    return [f"UNSIGNED COPY. {counted} in the original: {state} ({invalid} invalid)", *problems, *bad]


def _flatten(file: pikepdf.Pdf) -> None:
    """Looks become part of the pages; no form, no permissions and no store are left that could pass for signatures."""
    file.flatten_annotations("all")
    for page in file.pages:  # what has no look is left over: invisible fields
        if "/Annots" in page.obj:
            del page.obj.Annots
    for key in ("/AcroForm", "/Perms", "/DSS"):
        if key in file.Root:
            del file.Root[key]


def _cover(page: pikepdf.Page, box: list[float], lines: tuple[str, ...]) -> None:
    left, bottom, right, top = min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
    if right - left > 2 * _PAD and top - bottom > _LEAD:
        _draw(page, (left, bottom, right, top), lines)


def _head(page: pikepdf.Page, lines: list[str]) -> None:
    """A strip of its own above the page, so that nothing of the page is covered."""
    import pikepdf

    left, bottom, right, top = (float(edge) for edge in page.cropbox)
    rows = [row for line in lines for row in wrap(printable(line), right - left - 4 * _PAD, Face.BOLD, _SIZE)]
    height = min(len(rows), _MOST) * _LEAD + 2 * _PAD
    taller = pikepdf.Rectangle(left, bottom, right, top + height + 2 * _PAD)
    page.mediabox = taller
    page.cropbox = taller
    _draw(page, (left + _PAD, top + _PAD, right - _PAD, top + _PAD + height), lines)


def _draw(page: pikepdf.Page, box: tuple[float, float, float, float], lines: Iterable[str]) -> None:
    """A white box with a red frame and text, over what was there."""
    import pikepdf
    from reportlab.lib.colors import HexColor, white
    from reportlab.pdfgen.canvas import Canvas

    left, bottom, right, top = box
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(right - left, top - bottom), invariant=1, initialFontName=Face.SANS.value)
    canvas.setFillColor(white)
    canvas.setStrokeColor(HexColor(f"#{look.ALARM}"))
    canvas.rect(0.5, 0.5, right - left - 1, top - bottom - 1, fill=1)
    canvas.setFillColor(HexColor(f"#{look.ALARM}"))
    canvas.setFont(Face.BOLD.value, _SIZE)
    rows = [row for line in lines for row in wrap(printable(line), right - left - 2 * _PAD, Face.BOLD, _SIZE)]
    for number, row in enumerate(rows):
        height = top - bottom - _PAD - _SIZE - number * _LEAD
        if height < _PAD / 2:
            break
        canvas.drawString(_PAD, height, row)
    canvas.showPage()
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as drawn:
        page.add_overlay(drawn.pages[0], pikepdf.Rectangle(left, bottom, right, top))
