"""What every reader gives and every writer takes: entries in the words of urs/*.yaml, and what was not understood.

Nothing of an imported file is dropped in silence: a piece of it becomes part of an `Entry`, or it is a `Leftover` with its
place and the reason. The preview shows both before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from csvgen.diagnostics import Location
from csvgen.model.base import PLACEHOLDER

__all__ = ["PLACEHOLDER", "Entry", "Leftover", "Read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One requirement as found: keys and values spelled as in urs/*.yaml (text, lists and mappings of text only)."""

    fields: Mapping[str, Any]
    place: Location
    """Where it stands in the imported file: line of a text, row of a sheet, paragraph of a document."""
    places: Mapping[str, Location] = field(default_factory=dict)
    """Field -> its own cell, where the file is a table of ours."""

    @property
    def id(self) -> str:
        return str(self.fields.get("id", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A piece of the imported file that became part of no entry."""

    place: Location
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a reader found in one file."""

    source: str
    """Name of the file, without folders."""
    reader: str
    """Name of the reader, for example ``markdown``."""
    entries: tuple[Entry, ...]
    leftovers: tuple[Leftover, ...] = ()
    assumed: Mapping[str, str] = field(default_factory=dict)
    """Key -> value the reader put in because the file does not say it; shown with the number of entries."""
