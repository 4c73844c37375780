"""A picture in few colours: its inks stay what they are, its soft edges stay near, and a picture of too many inks is counted."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageDraw

from csvgen.report import look
from csvgen.report.picture_marks import INKS, WASHES
from csvgen.report.picture_palette import MOST, few_colours

HEAT = tuple(dict.fromkeys((look.PAPER, look.INK, look.SOFT, look.RULE, *WASHES.values())))
BARS = tuple(dict.fromkeys((look.PAPER, look.INK, look.SOFT, *INKS.values())))


SIDE = 160


def drawn(inks: tuple[str, ...]) -> Image.Image:
    """A slanting line of every ink on a ground of every other, with soft edges, and a full square of each; a square is 20 dots."""
    image = Image.new("RGB", (SIDE * len(inks), SIDE * (len(inks) + 1)), f"#{inks[0]}")
    pen = ImageDraw.Draw(image)
    for n, ground in enumerate(inks):
        pen.rectangle((SIDE * n, 0, SIDE * n + SIDE - 1, SIDE * (len(inks) + 1)), f"#{ground}")
        for k, ink in enumerate(inks):
            pen.line((SIDE * n + 16, SIDE * k + 16, SIDE * n + 120, SIDE * k + 140), f"#{ink}", 12)
    return image.reduce(8)


def parts(ink: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(ink))


@pytest.mark.parametrize(
    ("inks", "most", "near"), [(HEAT, MOST, 20), (BARS, MOST, 16), ((look.PAPER, look.INK, look.SOFT), 32, 24)]
)
def test_every_ink_is_exact_and_every_edge_is_near(inks, most, near):
    whole = drawn(inks)
    few = few_colours(whole, inks, most)
    assert few.mode == "P"
    assert len(few.getcolors()) <= most
    shown = few.convert("RGB")
    for n, ink in enumerate(inks):
        assert shown.getpixel((20 * n + 10, 20 * len(inks) + 10)) == parts(ink)
    assert max(high for _, high in ImageChops.difference(whole, shown).getextrema()) <= near
    assert few_colours(whole, inks, most).tobytes() == few.tobytes()


def test_what_has_no_inks_or_too_many_is_counted():
    gradient = Image.linear_gradient("L").convert("RGB")
    many = tuple(f"{n:02X}{255 - n:02X}80" for n in range(0, 250, 10))
    for inks in ((), many):
        shown = few_colours(gradient, inks, 64).convert("RGB")
        assert max(high for _, high in ImageChops.difference(gradient, shown).getextrema()) <= 8
