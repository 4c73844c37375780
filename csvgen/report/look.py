"""Look: colours, sizes and spacing of every rendition, in one place.

Black text on white, one accent. Colour never says anything alone: a verdict is a word first. Colours are six hex digits
(sRGB), lengths are points (1/72 inch). Contrast of every text colour on white is at least 4.5 : 1 (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

INK = "000000"
PAPER = "FFFFFF"
SOFT = "55606B"
"""Labels, header and footer."""
ACCENT = "1B4B66"
RULE = "C3CAD1"
WASH = "EEF2F5"
"""Behind table heads."""
ALARM = "B00020"
"""Frame and text of the banner, bar of a warning."""

PAGE = (595.276, 841.89)
"""A4 portrait, width and height."""
SIDE = 56.7
"""Left and right margin: 20 mm."""
EDGE = 34.0
"""From the edge of the sheet to header and footer: 12 mm."""
MEASURE = PAGE[0] - 2 * SIDE
"""Text is never set wider than on a portrait page, also not on a landscape one."""
WHOLE = 5
"""A table of at most so many rows stays on one page if it is low; see `together`."""
WIDE = 7
"""A table of so many columns turns its chapter to landscape."""

BODY = 9.5
SMALL = 7.5
CELL = 8.0
LABEL = 8.5
MONO = 0.9
"""Mono type is set at this part of the size of the text around it."""
LEAD = 1.36
"""Line pitch as a multiple of the type size."""
HEADINGS = (15.0, 11.5, 10.0)
TITLE = 25.0
SUBTITLE = 13.0
PAD = 3.2
"""Between the text of a cell and its borders."""
TIMELINE, TIGHT = (7.2, 6.8, 6.4), 1.5
"""Type sizes of the timeline, the first at which it stands on one page, and the space above and below its rows."""
TOGETHER = 8
"""Rows that stay together at the end of a timeline that no page can hold."""
PARAGRAPH_GAP = 6.0
BLOCK_GAP = 10.0

BOX = (226.0, 82.0)
"""Room for one visible signature: width and height."""


@dataclass(frozen=True, slots=True)
class Tone:
    """The second sign of a verdict, after its word."""

    name: str
    ink: str
    wash: str = ""
    """Colour behind the word, or empty."""


GOOD = Tone("good", "1A6334")
BAD = Tone("bad", "9C1420", "FBE6E6")
OPEN = Tone("open", "7A4B00", "FFF1D6")
QUIET = Tone("quiet", SOFT)
PLAIN = Tone("plain", INK)
TONES = (GOOD, BAD, OPEN, QUIET, PLAIN)

_WORDS = {
    "passed": GOOD, "failed": BAD, "error": BAD, "gap": BAD, "invalid": BAD,
    "skipped": OPEN, "not run": OPEN, "undefined": OPEN, "blocked": OPEN, "open": OPEN, "restricted": OPEN,
    "not applicable": QUIET, "procedure": QUIET, "vendor evidence": QUIET, "inspection": QUIET, "closed": QUIET,
}  # fmt: skip


@lru_cache(maxsize=1024)
def tone(text: str) -> Tone:
    """The tone of a verdict cell, by the word it starts with; any other text is plain."""
    said = re.sub(r"[\s_-]+", " ", text).strip().lower()
    return next((t for word, t in _WORDS.items() if re.match(rf"{word}\b", said)), PLAIN)
