"""Signature lines of Word: their identifiers and their pictures.

Office ties a signature to its line by a GUID ([MS-OFFCRYPTO] 2.5.2.5, SetupID) and shows one of two pictures kept in the
signature, valid or invalid; before that it shows the picture in the document. All three are drawn here, so that they agree.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from csvgen.report import look
from csvgen.report.fonts import Face, path
from csvgen.report.picture_palette import few_colours
from csvgen.report.text import shown, wrap

Kind = Literal["unsigned", "signed", "invalid"]

LINE = (216.0, 84.0)
"""Width and height of a signature line in a Word file, in points."""
UNTOLD, NOT_VALID = "Signed or not: see the file's signatures", "INVALID: this signature does not hold"
"""A reader may show the picture of the empty line although the line is signed (LibreOffice does from the third signature on):
so it says where to look and never that nobody signed."""

_COLOURS = 32
"""Text in a few inks with its soft edges; each signature carries two pictures for ever."""
_INKS: Mapping[Kind, tuple[str, ...]] = {
    "unsigned": (look.PAPER, look.INK, look.SOFT),
    "signed": (look.PAPER, look.INK, look.ACCENT),
    "invalid": (look.PAPER, look.SOFT, look.ALARM),
}

_SCALE = 8 / 3
"""Pixels for each point: twice the 96 dpi of a screen."""
_SIZES = (26, 24, 22, 20, 18, 16, 14)
"""Type sizes in pixels, the first that holds all lines is taken."""
_MARGIN = 16
_MORE = "…"


def signature_line_id(report_id: str, revision: int, field: str) -> str:
    """The GUID of a signature line, upper case in braces; the same for the same slot of the same revision, for ever."""
    name = f"csvgen signature line\n{report_id}\n{revision}\n{field}"
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_OID, name)).upper() + "}"


def line_picture(lines: Sequence[str], *, kind: Kind, untold: str = "", alarm: str = "") -> bytes:
    """A signature line as PNG, for a shape of `LINE` points: the first line bold, further lines below it.

    Text that does not fit is set smaller; what does not fit at the smallest size ends in an ellipsis (the picture is a
    view; the signature record holds the whole text). `untold`, `alarm`: `UNTOLD` and `NOT_VALID` in another language. The same lines give the same bytes.
    """
    size = (round(LINE[0] * _SCALE), round(LINE[1] * _SCALE))
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    head = {"unsigned": 96, "signed": _MARGIN, "invalid": 50}[kind]
    if kind == "unsigned":
        pen.text((_MARGIN, 46), "X", font=_font(Face.SANS, 34), fill=f"#{look.SOFT}")
        pen.text((size[0] - _MARGIN, 54), untold or UNTOLD, font=_font(Face.SANS, 22), fill=f"#{look.SOFT}", anchor="ra")
        pen.line((_MARGIN, 90, size[0] - _MARGIN, 90), fill=f"#{look.INK}", width=2)
    if kind == "invalid":
        pen.rectangle((0, 0, size[0], 40), fill=f"#{look.ALARM}")
        pen.text((_MARGIN, 7), alarm or NOT_VALID, font=_font(Face.BOLD, 24), fill="white")
    if kind != "unsigned":
        frame = look.ALARM if kind == "invalid" else look.ACCENT
        pen.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=f"#{frame}", width=2)
    colour = look.INK if kind == "signed" else look.SOFT
    y = float(head)
    for text, face, pixels in _fitted([shown(line) for line in lines], size[0] - 2 * _MARGIN, size[1] - head - 8):
        pen.text((_MARGIN, y), text, font=_font(face, pixels), fill=f"#{colour}")
        y += pixels * 1.25
    out = io.BytesIO()
    few = few_colours(image, _INKS[kind], _COLOURS)
    few.save(out, "PNG", optimize=True, dpi=(192, 192))
    return out.getvalue()


@lru_cache(maxsize=64)
def empty_line(role: str, meaning: str, untold: str = UNTOLD) -> bytes:
    """The picture of a line that nobody has signed: drawn once for all documents of a process that have it."""
    return line_picture((role, meaning), kind="unsigned", untold=untold)


def _fitted(texts: Sequence[str], limit: float, room: float) -> list[tuple[str, Face, int]]:
    for pixels in _SIZES:
        faces = (Face.BOLD if n == 0 else Face.SANS for n in range(len(texts)))
        set_lines = [
            (line, face, pixels) for text, face in zip(texts, faces, strict=True) for line in wrap(text, limit, face, pixels)
        ]
        if len(set_lines) * pixels * 1.25 <= room:
            return set_lines
    fitting = set_lines[: int(room / (pixels * 1.25))]
    last, face, pixels = fitting[-1]
    return [*fitting[:-1], (last[:-2] + _MORE, face, pixels)]


def _font(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    # The basic layout engine is always there; Raqm is not, and would set the same text otherwise.
    return ImageFont.truetype(str(path(face)), pixels, layout_engine=ImageFont.Layout.BASIC)
