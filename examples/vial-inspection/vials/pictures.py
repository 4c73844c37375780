"""Pictures of vials, drawn: 64 rows by 40 columns of grey, from a seed, the same to the byte on every machine.

Whole numbers only, and the generator of numpy whose stream never changes (RandomState, NEP 19).
"""

from __future__ import annotations

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 64, 40
KINDS = ("good", "particle", "crack", "underfill")
Picture = NDArray[np.uint8]
_TOP, _BOTTOM = 10, 58
_HEADER = re.compile(rb"P5\n(\d{1,4}) (\d{1,4})\n255\n")
DIM = -55
"""Change of the light in grey levels when the lamp of the station ages."""


def drawn(kind: str, seed: int, number: int, light: int = 0) -> Picture:
    """One vial of a kind. `light` makes the whole picture brighter or darker."""
    chance = np.random.RandomState([seed, KINDS.index(kind), number])
    lamp, shift = int(chance.randint(-6, 7)) + light, int(chance.randint(-2, 3))
    left, right = 8 + shift, 31 + shift
    level = int(chance.randint(29, 44) if kind == "underfill" else chance.randint(20, 26))
    grey = np.full((HEIGHT, WIDTH), 205, dtype=np.int64)
    grey[4:_TOP, left + 5 : right - 4] = 70  # stopper
    grey[_TOP:_BOTTOM, left : right + 1] = 188  # glass, with air behind it
    grey[level:_BOTTOM, left : right + 1] = 150  # liquid
    grey[level, left : right + 1] = 120  # its surface
    for wall in (left, right):
        grey[_TOP:_BOTTOM, wall] = 85
    grey[_BOTTOM - 1, left : right + 1] = 85
    if kind == "particle":
        _particle(grey, chance, (left, right, level))
    elif kind == "crack":
        _crack(grey, chance, (left, right))
    elif kind == "good" and chance.randint(0, 4) == 0:
        _smudge(grey, chance, (left, right))
    noise = chance.randint(-3, 4, grey.shape) + chance.randint(-3, 4, grey.shape)
    return np.clip(grey + noise + lamp, 0, 255).astype(np.uint8)


def _particle(grey: NDArray[np.int64], chance: np.random.RandomState, place: tuple[int, int, int]) -> None:
    left, right, level = place
    size, darker = int(chance.randint(2, 4)), int(chance.randint(9, 45))
    row, column = int(chance.randint(level + 4, _BOTTOM - 6)), int(chance.randint(left + 4, right - 6))
    grey[row : row + size, column : column + size] -= darker


def _crack(grey: NDArray[np.int64], chance: np.random.RandomState, place: tuple[int, int]) -> None:
    """A line from a wall inwards, one or two columns wide."""
    left, right = place
    length, darker, wide = int(chance.randint(8, 20)), int(chance.randint(14, 45)), int(chance.randint(1, 3))
    row, from_left = int(chance.randint(_TOP + 3, _BOTTOM - 24)), chance.randint(0, 2) == 0
    for step in range(length):
        column = left + 2 + step * 2 // 3 if from_left else right - 3 - step * 2 // 3
        grey[row + step, column : column + wide] -= darker


def _smudge(grey: NDArray[np.int64], chance: np.random.RandomState, place: tuple[int, int]) -> None:
    """A harmless mark on the outside of the glass, faint and small."""
    left, right = place
    row, column = int(chance.randint(_TOP + 4, _BOTTOM - 8)), int(chance.randint(left + 4, right - 6))
    grey[row : row + 2, column : column + 2] -= int(chance.randint(2, 10))


# ------------------------------------------------------------ as files: PGM, a header and the grey values


def written(picture: Picture) -> bytes:
    return f"P5\n{WIDTH} {HEIGHT}\n255\n".encode() + picture.tobytes()


def read(data: bytes) -> Picture:
    """A picture from its file. Raises ValueError for what is none of this station's."""
    found = _HEADER.match(data)
    if found is None or (int(found[1]), int(found[2])) != (WIDTH, HEIGHT) or len(data) != found.end() + WIDTH * HEIGHT:
        raise ValueError(f"no grey picture (PGM) of {WIDTH} by {HEIGHT}")
    return np.frombuffer(data, dtype=np.uint8, offset=found.end()).reshape(HEIGHT, WIDTH)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


_KIT_SEED = 7001
KIT = {
    "TEST-GOOD": ("good", 1),
    "TEST-PARTICLE": ("particle", 3),
    "TEST-CRACK": ("crack", 1),
    "TEST-UNDERFILL": ("underfill", 1),
    "TEST-BELOW": ("good", 1123),
    "TEST-ABOVE": ("particle", 1045),
}
"""The test kit: vials that are kept at the station, and what each is. The last two are close to the threshold of model 1.0.0, one on either side;
TEST-DIM is the good one under an aged lamp."""


def kit() -> dict[str, bytes]:
    """Name -> picture of each vial of the test kit."""
    found = {name: written(drawn(kind, _KIT_SEED, number)) for name, (kind, number) in KIT.items()}
    return {**found, "TEST-DIM": written(drawn("good", _KIT_SEED, 1, DIM))}
