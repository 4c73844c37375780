"""Pictures in a PDF: the marks as vectors, the words as text that can be searched; images stay images."""

from __future__ import annotations

import io

from reportlab.lib.utils import ImageReader

from csvgen.report.pdf_page import Ink, Type
from csvgen.report.picture_marks import Area, Laid, Photo, Rule, Shape, Words


def paint(picture: Laid, ink: Ink, x: float, top: float) -> None:
    """Draw a picture; its left and upper edge are given, in points from the lower left corner of the page."""
    for mark in picture.marks:
        match mark:
            case Rule():
                ends = (x + mark.x, top - mark.y, x + mark.to_x, top - mark.to_y)
                ink.line(ends, mark.ink, mark.thick, (2.4, 1.8) if mark.dashed else ())
            case Area():
                box = (x + mark.x, top - mark.y - mark.height, x + mark.x + mark.width, top - mark.y)
                if mark.fill:
                    ink.fill(box, mark.fill)
                if mark.edge:
                    ink.frame(box, mark.edge, 0.7, (2.4, 1.8) if mark.dashed else ())
            case Shape():
                _shape(mark, ink, x, top)
            case Photo():
                place = (x + mark.x, top - mark.y - mark.height)
                ink.canvas.drawImage(ImageReader(io.BytesIO(mark.png)), *place, mark.width, mark.height)
            case Words():
                ink.text(x + mark.left, top - mark.y, mark.text, Type(mark.face, mark.size, mark.ink))


def _shape(mark: Shape, ink: Ink, x: float, top: float) -> None:
    path = ink.canvas.beginPath()
    corners = [(x + cx, top - cy) for cx, cy in mark.corners]
    if mark.radius:
        path.circle(*corners[0], mark.radius)
    else:
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.close()
    ink.shape(path, mark.edge, mark.fill)
