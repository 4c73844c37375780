"""What stands in the box of a signature field until it is signed: NOT SIGNED, in the language of the document, in strokes.

The mark is the appearance of the field itself, and a signature brings an appearance of its own in its place: it is the only mark on a
page that can go when a document is signed, because no byte of a page may change any more. Strokes need no font, so the mark is not a
text of the document and weighs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.report import look

_LETTERS = {
    "N": "0004 0440 4044", "O": "0004 0444 4440 4000", "T": "0444 2420", "S": "4404 0402 0242 4240 4000", "I": "2024",
    "C": "4404 0400 0040", "H": "0004 4044 0242", "R": "0004 0434 3443 4332 3202 1240",
    "G": "4404 0400 0040 4042 4222", "E": "0004 0444 0232 0040", "D": "0004 0434 3443 4341 4130 3000",
}  # fmt: skip
"""Letter -> strokes from corner to corner, each as x, y, x, y on a grid of 5 x 5, y upwards."""
WORD = "NOT SIGNED"
_STEP, _HIGH = 2.4, 3.0
"""Points between two places of the grid, across and up."""
_PITCH = 5.6 * _STEP


def strokes(width: float, height: float, word: str = WORD) -> bytes:
    """A content stream that draws the mark in the middle of a box of so many points."""
    left = (width - len(word) * _PITCH + 1.6 * _STEP) / 2
    bottom = height / 2 - 2 * _HIGH
    colour = " ".join(f"{int(look.ALARM[n : n + 2], 16) / 255:.3f}" for n in (0, 2, 4))
    lines = (
        f"{left + n * _PITCH + x * _STEP:.2f} {bottom + y * _HIGH:.2f} m {left + n * _PITCH + to_x * _STEP:.2f} {bottom + to_y * _HIGH:.2f} l"
        for n, letter in enumerate(word)
        for x, y, to_x, to_y in _corners(letter)
    )
    return f"{colour} RG 1.4 w 1 J 1 j {' '.join(lines)} S".encode("ascii")


def _corners(letter: str) -> Iterator[tuple[int, int, int, int]]:
    for stroke in _LETTERS.get(letter, "").split():
        x, y, to_x, to_y = (int(digit) for digit in stroke)
        yield x, y, to_x, to_y
