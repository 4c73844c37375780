"""A long list in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
SIZE = 50
"""Lines on a page."""


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One page of a list."""

    shown: tuple[T, ...]
    number: int
    pages: int
    total: int
    first: int
    """Number of the first line shown; 0 when there is none."""


def part(lines: Sequence[T], number: int, size: int = SIZE) -> Part[T]:
    """Page `number`, counted from 1; a number beyond the end is the last page."""
    pages = max(1, -(-len(lines) // size))
    number = min(max(1, number), pages)
    first = (number - 1) * size
    shown = tuple(lines[first : first + size])
    return Part(shown, number, pages, len(lines), first + 1 if shown else 0)
