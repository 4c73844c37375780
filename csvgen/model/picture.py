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
class Control:
    """A control chart of individual values: the readings in the order of time, their mean, and limits of two kinds."""

    quantity: str
    unit: str
    readings: tuple[Reading, ...]
    limits: tuple[tuple[str, str], ...]
    """Name and value of the limits that were approved: what a reading is held against."""
    centre: str
    """Mean of the readings."""
    process: tuple[tuple[str, str], ...]
    """Name and value of the limits computed from the readings; none where there are too few of them."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A calibration: signals at their levels, the line through them, and below what is left between both."""

    level: str
    signal: str
    """Names of the two quantities, with their units."""
    points: tuple[tuple[str, str, str], ...]
    """Level, signal, and the value of the line at that level; by level."""
    r_squared: str


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture that was kept as evidence, made small."""

    id: str
    """Of the attachment: case, step and number."""
    told: str
    """Name, media type and size of the original; where it is not shown, why."""
    sha256: str
    """Of the original."""
    width: int
    height: int
    """Dots of the small picture; both 0 where it is not shown."""
    png: str
    """The small picture, base64; empty where it is not shown."""


@dataclass(frozen=True, slots=True)
class Shots:
    """Pictures that were kept as evidence, side by side."""

    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its caption; `shows` is None where there are no data, and `empty` is printed instead of a frame."""

    caption: str
    alt: str
    shows: Bars | Heat | Net | Control | Curve | Shots | None
    empty: str = "There is nothing to show."
