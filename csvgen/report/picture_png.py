"""Pictures as PNG, for Word: the same marks as in the PDF, twelve dots a millimetre. The same picture gives the same bytes."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont

from csvgen.report import look
from csvgen.report.fonts import Face, path
from csvgen.report.picture_marks import Area, Laid, Photo, Rule, Shape, Words
from csvgen.report.picture_palette import few_colours

SCALE = 4.0
"""Dots for each point: 288 dots an inch."""
_FINER = 2
"""Drawn so many times larger and made smaller at the end: slanting lines get soft edges."""
_PACKED = 6
"""Level of zlib. Pillow's own search for the smallest file takes five times as long for a tenth fewer bytes."""
_DASH = (2.4, 1.8)


def png(picture: Laid, inks: Mapping[str, str] | None = None) -> bytes:
    """A picture with everything at its place; `inks`: colour of the look -> that of a theme."""
    return _png(picture.coloured(inks or {}))


@lru_cache(maxsize=32)
def _png(picture: Laid) -> bytes:
    """Drawn once: the documents of a package show the same bars and charts again and again."""
    scale = SCALE * _FINER
    size = (_FINER * max(round(picture.width * SCALE), 1), _FINER * max(round(picture.height * SCALE), 1))
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for mark in picture.marks:
        match mark:
            case Rule():
                _line(pen, (mark.x, mark.y), (mark.to_x, mark.to_y), mark.ink, mark.thick, dashed=mark.dashed)
            case Area():
                _area(pen, mark)
            case Shape():
                corners = [(cx * scale, cy * scale) for cx, cy in mark.corners]
                if mark.radius:
                    (cx, cy), r = corners[0], mark.radius * scale
                    pen.ellipse((cx - r, cy - r, cx + r, cy + r), f"#{mark.fill}", f"#{mark.edge}", round(0.9 * scale))
                else:
                    pen.polygon(corners, f"#{mark.fill}", f"#{mark.edge}")
            case Photo():
                where = (round(mark.x * scale), round(mark.y * scale))
                extent = (max(round(mark.width * scale), 1), max(round(mark.height * scale), 1))
                with Image.open(io.BytesIO(mark.png), formats=("PNG",)) as shot:
                    image.paste(shot.convert("RGB").resize(extent, Image.Resampling.BILINEAR), where)
            case Words():
                font = _font(mark.face, round(mark.size * scale))
                pen.text((mark.left * scale, mark.y * scale), mark.text, fill=f"#{mark.ink}", font=font, anchor="ls")
    small = image.reduce(_FINER)
    few = few_colours(small, _inks(picture))
    out = io.BytesIO()
    few.save(out, "PNG", compress_level=_PACKED, dpi=(72 * SCALE, 72 * SCALE))
    return out.getvalue()


def _inks(picture: Laid) -> tuple[str, ...]:
    """The colours a picture is drawn in, its paper first; none of a picture that holds a photograph."""
    found: dict[str, None] = {look.PAPER: None}
    for mark in picture.marks:
        match mark:
            case Rule() | Words():
                found[mark.ink] = None
            case Area() | Shape():
                found |= dict.fromkeys((mark.fill, mark.edge))
            case Photo():
                return ()
    return tuple(name for name in found if name)


def _area(pen: ImageDraw.ImageDraw, mark: Area) -> None:
    scale = SCALE * _FINER
    right, bottom = mark.x + mark.width, mark.y + mark.height
    if mark.fill:
        pen.rectangle((mark.x * scale, mark.y * scale, right * scale, bottom * scale), f"#{mark.fill}")
    if mark.edge:
        corners = [(mark.x, mark.y), (right, mark.y), (right, bottom), (mark.x, bottom), (mark.x, mark.y)]
        for one, other in itertools.pairwise(corners):
            _line(pen, one, other, mark.edge, 0.7, dashed=mark.dashed)


def _line(
    pen: ImageDraw.ImageDraw, one: tuple[float, float], other: tuple[float, float], ink: str, thick: float, *, dashed: bool
) -> None:
    scale = SCALE * _FINER
    (x, y), (to_x, to_y) = one, other
    length = ((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5
    at, pieces = 0.0, []
    while dashed and at < length:
        pieces.append((at / length, min(at + _DASH[0], length) / length))
        at += sum(_DASH)
    for start, end in pieces or [(0.0, 1.0)]:
        ends = [(scale * (x + (to_x - x) * part), scale * (y + (to_y - y) * part)) for part in (start, end)]
        pen.line(ends, f"#{ink}", max(round(thick * scale), 1))


@cache
def _font(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    # The basic layout engine is always there; Raqm is not, and would set the same text otherwise.
    return ImageFont.truetype(str(path(face)), pixels, layout_engine=ImageFont.Layout.BASIC)
