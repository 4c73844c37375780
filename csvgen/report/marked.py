"""A copy of a signed PDF for reading, marked on every page with what became of the original (21 CFR 11.10(k)).

The original cannot be marked: any byte more would break its signatures, and it stays as it is. A copy has no signatures, only the
pictures of them, and says so; where to find the original stands on each page.
"""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Name
from reportlab.pdfgen.canvas import Canvas

from csvgen.report import look
from csvgen.report.fonts import Face
from csvgen.report.pdf_page import register_fonts
from csvgen.report.text import one_line, shown

_SIZE = 7.0
_ACROSS = 46.0


def marked_copy(data: bytes, word: str, about: tuple[str, ...]) -> bytes:
    """The pages of `data` with `word` across each and `about` at its head; without signature fields, scripts or attachments.

    `word`: COPY, SUPERSEDED, VOID and the like; `about`: lines that name the original. Raises pikepdf.PdfError for what is no PDF.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("all")
        for key in (Name.AcroForm, Name.Names, Name.AF, Name.Perms, Name.DSS, Name.OpenAction):
            if key in pdf.Root:
                del pdf.Root[key]
        for page in pdf.pages:
            if Name.Annots in page.obj:
                del page.obj.Annots  # what of them can be seen is part of the page now
            left, bottom, right, top = (float(edge) for edge in page.mediabox)
            with pikepdf.open(io.BytesIO(_layer(word, about, right - left, top - bottom))) as layer:
                page.add_overlay(layer.pages[0], None)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
        return out.getvalue()


def _layer(word: str, about: tuple[str, ...], width: float, height: float) -> bytes:
    """A page of the same size that holds the mark and nothing else."""
    register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height), invariant=1)
    canvas.setFillColor(f"#{look.ALARM}")
    canvas.setFont(Face.BOLD.value, _SIZE)
    for n, line in enumerate((f"{word} - {about[0]}", *about[1:]), 1):
        canvas.drawCentredString(width / 2, height - 1.3 * _SIZE * n, shown(one_line(line)))
    canvas.saveState()
    canvas.setFillAlpha(0.16)
    canvas.translate(width / 2, height / 2)
    canvas.rotate(54)
    canvas.setFont(Face.BOLD.value, _ACROSS)
    canvas.drawCentredString(0, -_ACROSS / 3, one_line(word))
    canvas.restoreState()
    canvas.save()
    return out.getvalue()
