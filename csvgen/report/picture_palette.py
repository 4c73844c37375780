"""The few colours of a picture that csvgen draws: its inks, and the steps between each two of them.

A picture of lines and words is made of a handful of inks; every other colour in it is a soft edge between two. So its colours are known
before it is drawn. Counting them dot by dot, to choose among them, took longer than drawing, and gave no ink exactly for sure.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache

from PIL import Image

MOST = 256
"""A PNG of one byte for each dot has no more."""
_SHADES = 20
"""Steps between two inks, at most."""
_FEWEST = 3
"""Steps below which colours are counted instead: what has so many inks is rather a photograph."""
_APART = 12
"""So far, in one part of the colour, a step stays away from every ink: Pillow looks for the nearest in fours, and an ink stays what it is."""


def few_colours(image: Image.Image, inks: Iterable[str], most: int = MOST) -> Image.Image:
    """The image in at most `most` colours, each dot in the nearest. `inks`: six hex digits each; without any they are counted."""
    palette = _palette(tuple(dict.fromkeys(inks)), most)
    if palette is None:
        return image.quantize(most, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


@lru_cache(maxsize=32)
def _palette(inks: tuple[str, ...], most: int) -> Image.Image | None:
    colours = [(int(ink[:2], 16), int(ink[2:4], 16), int(ink[4:], 16)) for ink in inks]
    pairs = list(itertools.combinations(colours, 2))
    shades = min((most - len(colours)) // len(pairs), _SHADES) if pairs else 0
    if shades < _FEWEST:
        return None
    between = (
        tuple((a * n + b * (shades + 1 - n)) // (shades + 1) for a, b in zip(one, other, strict=True))
        for one, other in pairs
        for n in range(1, shades + 1)
    )
    steps = [s for s in between if all(max(abs(a - b) for a, b in zip(s, ink, strict=True)) >= _APART for ink in colours)]
    palette = Image.new("P", (1, 1))
    palette.putpalette(list(itertools.chain.from_iterable((*colours, *steps))))
    return palette
