"""From a picture to a score: a few measures anybody can repeat, and a model that is a file of numbers.

The model is JSON and no pickle: reading it runs nothing, a reviewer can read it, and its digest is that of its text. A regression over four
measures needs no run time for networks; a larger model would be ONNX, for the same reasons.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vials.pictures import WIDTH, Picture, digest

MEASURES = ("low", "blob", "dark_pixels", "dark_rows")
"""Rows by which the surface of the liquid lies too low; darkest spot of 2 by 2; pixels, and rows, that are darker than their row of the picture."""
FORMAT = "vial-model/1"
_FROM, _TO = 12, 55
_DARK = 9.0
"""Grey levels below the median of its row from which a pixel counts as dark."""
_BESIDE = 3
_MIDDLE = WIDTH // 2
_LOWEST = 26
"""Row above which the surface of a filled vial lies: how full it is beyond that says nothing of a defect."""


def brightness(picture: Picture) -> float:
    return float(picture.mean())


def measured(picture: Picture) -> tuple[float, ...]:
    """The measures of a picture, in the order of `MEASURES`."""
    body = picture[_FROM:_TO].astype(np.float64)
    columns = body.mean(axis=0)
    left, right = int(columns[:_MIDDLE].argmin()), _MIDDLE + int(columns[_MIDDLE:].argmin())
    inside = body[:, left + 2 : right - 1]
    rows = np.median(inside, axis=1)
    steps = [rows[r - _BESIDE : r].mean() - rows[r + 1 : r + 1 + _BESIDE].mean() for r in range(_BESIDE, len(rows) - _BESIDE)]
    surface = _FROM + _BESIDE + int(np.argmax(steps))
    darker = rows[:, None] - inside
    spots = (darker[:-1, :-1] + darker[1:, :-1] + darker[:-1, 1:] + darker[1:, 1:]) / 4
    dark = darker >= _DARK
    return (float(max(0, surface - _LOWEST)), float(spots.max()), float(dark.sum()), float(dark.any(axis=1).sum()))


@dataclass(frozen=True)
class Model:
    """A trained model as it lies in its file."""

    version: str
    threshold: str
    training: str
    """Digest of the list of pictures it was trained on."""
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    digest: str

    def score(self, picture: Picture) -> float:
        """From 0 to 1: how much the vial looks like one with a defect."""
        found = zip(measured(picture), self.means, self.scales, self.weights, strict=True)
        sum_ = self.bias + math.fsum((value - mean) / scale * weight for value, mean, scale, weight in found)
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, sum_))))


def model_of(path: Path) -> Model:
    """The model in a file. Raises ValueError for what is none, OSError where there is no file."""
    data = path.read_bytes()
    said = json.loads(data)
    if said.get("format") != FORMAT or tuple(said["measures"]) != MEASURES:
        raise ValueError(f"{path.name} is no model of these measures")
    numbers = {name: tuple(float(n) for n in said[name]) for name in ("means", "scales", "weights")}
    return Model(
        version=said["version"], threshold=said["threshold"], training=said["training"], bias=float(said["bias"]), digest=digest(data),
        **numbers,
    )  # fmt: skip
