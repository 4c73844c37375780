"""What counts prove: the exact (Clopper-Pearson) one-sided lower bound of a share. Source: Clopper and Pearson, Biometrika 26 (1934)."""

from __future__ import annotations

import math

CONFIDENCE = 0.95


def lower_bound(hits: int, of: int, confidence: float = CONFIDENCE) -> float:
    """The share p at which `hits` or more `of` so many come about with a probability of 1 - confidence; 0 for no hit."""
    if not 0 <= hits <= of or of == 0:
        raise ValueError(f"{hits} of {of}")
    if hits == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        tail = math.fsum(math.comb(of, n) * middle**n * (1 - middle) ** (of - n) for n in range(hits, of + 1))
        low, high = (middle, high) if tail < 1 - confidence else (low, middle)
    return low


def told(bound: float) -> str:
    """Four decimals, cut off: a bound is never told better than it is."""
    return f"{math.floor(bound * 10_000) / 10_000:.4f}"
