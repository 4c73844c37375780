"""Evidence that is a picture, laid out small and side by side: the image, and below it what it is and the digest of the original."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from csvgen.model.picture import Shot, Shots
from csvgen.report import look
from csvgen.report.fonts import Face
from csvgen.report.picture_marks import PITCH, SIZE, Area, Laid, Mark, Photo, Words
from csvgen.report.text import wrap
from csvgen.report.wording import IN_ENGLISH, Wording

ACROSS = 3
_GAP, _HIGH, _PAD = 14.0, 112.0, 2.0
_MONO = 6.0


def shots(shows: Shots, total: float, words: Wording = IN_ENGLISH) -> Laid:
    """Rows of three; a picture that is not shown has an empty frame, and the reason below it."""
    wide = (total - _GAP * (ACROSS - 1)) / ACROSS
    marks: list[Mark] = []
    y = 2.0
    for n in range(0, len(shows.shots), ACROSS):
        row = shows.shots[n : n + ACROSS]
        high = max((_size(shot, wide)[1] for shot in row), default=0.0)
        lowest = y
        for k, shot in enumerate(row):
            found = list(_shot(shot, k * (wide + _GAP), y, wide, high, words))
            marks += found
            lowest = max(lowest, *(mark.y for mark in found if isinstance(mark, Words)))
        y = lowest + PITCH + 4.0
    return Laid(total, y - PITCH, tuple(marks))


def _size(shot: Shot, wide: float) -> tuple[float, float]:
    """Width and height of the small picture on the page."""
    if not shot.png:
        return wide - 2 * _PAD, 3 * PITCH
    part = min((wide - 2 * _PAD) / shot.width, _HIGH / shot.height, 1.0)
    return shot.width * part, shot.height * part


def _shot(shot: Shot, x: float, y: float, wide: float, high: float, words: Wording) -> Iterator[Mark]:
    across, up = _size(shot, wide)
    yield Area(x, y, wide, high + 2 * _PAD, "", look.RULE, dashed=not shot.png)
    if shot.png:
        yield Photo(x + (wide - across) / 2, y + _PAD + (high - up) / 2, across, up, base64.b64decode(shot.png))
    else:
        yield Words(x + wide / 2, y + _PAD + high / 2 + 2.5, words.say("not shown"), ink=look.SOFT, anchor="middle")
    at = y + high + 2 * _PAD + SIZE + 3.0
    lines = [(line, Face.BOLD, SIZE) for line in wrap(shot.id, wide, Face.BOLD, SIZE)]
    lines += [(line, Face.SANS, SIZE) for line in wrap(shot.told, wide, Face.SANS, SIZE)]
    lines += [(line, Face.MONO, _MONO) for line in wrap(shot.sha256, wide, Face.MONO, _MONO)]
    for line, face, size in lines:
        yield Words(x, at, line, face, look.INK if face is Face.BOLD else look.SOFT, size)
        at += PITCH
