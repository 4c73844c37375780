"""Pictures of a report: what they show, as plain values. How they are laid out and drawn is the renderers' business.

A picture holds its data, not its lines, so the digest of a report binds what is shown. Every text is literal, every number a
whole number or a decimal text. Its alternative text says in words all that the picture shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ToneName = Literal["good", "bad", "open", "quiet"]
"""The second sign of a part; the first is a word or a number."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its parts, from left to right."""

    label: str
    parts: tuple[tuple[str, int, ToneName], ...]
    """Word, number and tone of each part that is not zero."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars below each other on one scale."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """A table of two scales; each cell says how many of which level lie there."""

    title: str
    down: str
    rows: tuple[str, ...]
    """Grades from the worst to the best."""
    across: str
    columns: tuple[str, ...]
    cells: tuple[tuple[tuple[tuple[str, int, ToneName], ...], ...], ...]
    """Row by row, cell by cell: level, number and tone, the worst first; empty where nothing lies."""


@dataclass(frozen=True, slots=True)
class Heat:
    """Panels side by side: before and after."""

    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A box of a flow."""

    id: str
    name: str
    about: str
    outside: bool
    """Not a part of the system: its frame is dashed."""


@dataclass(frozen=True, slots=True)
class Way:
    """From one place to another, with what goes there and how."""

    source: str
    target: str
    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Net:
    """Places and the ways between them."""

    places: tuple[Place, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One observed number, in the order of time."""

    label: str
    value: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Readings of one quantity in the order of time, and the limits they are held against."""

    quantity: str
    unit: str
    readings: tuple[Reading, ...]
    limits: tuple[tuple[str, str], ...]
    """Name and value."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its caption; `shows` is None where there are no data, and `empty` is printed instead of a frame."""

    caption: str
    alt: str
    shows: Bars | Heat | Net | Chart | None
    empty: str = "There is nothing to show."
