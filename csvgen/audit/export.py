"""Copies of the trail for others: as data (JSON Lines, CSV), and the text each line of a printed copy says.

A complete copy in JSON Lines is the trail itself: the exact bytes that were hashed, so that everything can be verified from it. A
copy that leaves anything out says PARTIAL with its filter, in the first line and in every row (rule RR-B04).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csvgen.audit.selection import Selection
from csvgen.canonical import Digest, canonical_json
from csvgen.clock import shown
from csvgen.model.audit import Event, Head

COMPLETE = "COMPLETE"
COLUMNS = (
    "copy", "number", "time (UTC)", "offset", "person", "printed name", "role", "action", "record", "version", "field",
    "old value", "new value", "reason", "source", "csvgen", "clock", "previous event",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True)
class TrailCopy:
    """Events taken from a trail, and what of it they are."""

    selection: Selection
    events: tuple[tuple[bytes, Event], ...]
    """Exact bytes, and what they say."""
    head: Head
    """The whole trail at that moment."""
    root: Digest
    """Merkle root over the whole trail at that moment."""
    made: str
    """Time of record."""

    @property
    def label(self) -> str:
        """What stands on every page and in every row."""
        if not self.selection.partial:
            return COMPLETE
        return f"PARTIAL: {self.selection}"


def take(bodies: Iterable[bytes], selection: Selection, head: Head, root: bytes, made: str) -> TrailCopy:
    """What `selection` takes of the first `head.count` events."""
    first = (body for _, body in zip(range(head.count), bodies, strict=False))
    return TrailCopy(selection, tuple(selection.of(first)), head, Digest(f"sha256:{root.hex()}"), made)


def json_lines(copy: TrailCopy) -> bytes:
    """One event a line; a partial copy begins with a line that says so."""
    lines = [body for body, _ in copy.events]
    if copy.selection.partial:
        said = {
            "format": "csvgen.trail-copy/1",
            "copy": copy.label,
            "events": len(copy.events),
            "of": copy.head.count,
            "head": copy.head.hash,
            "root": copy.root,
            "made": copy.made,
        }
        lines.insert(0, canonical_json(said))
    return b"".join(lines)


def csv_table(copy: TrailCopy) -> bytes:
    """One row for each changed field, or for an event without any. RFC 4180, UTF-8; no cell can be taken for a formula."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for _, event in copy.events:
        for field, old, new in [(c.field, c.old, c.new) for c in event.changes] or [("", "", "")]:
            row = (
                copy.label, str(event.seq), shown(event.at), event.offset, event.person, event.printed_name, event.role, event.action,
                event.record, str(event.version or ""), field, old, new, event.reason, event.source, event.csvgen, event.clock,
                event.previous,
            )  # fmt: skip
            table.writerow([_cell(value) for value in row])
    return out.getvalue().encode("utf-8")


def _cell(text: str) -> str:
    """A value behind an apostrophe where a spreadsheet would calculate it. Offsets such as +01:00 are values too."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain_lines(event: Event, nothing: str = NOTHING) -> Iterator[str]:
    """What an event says, for people: each changed field from its old to its new value, in full. `nothing`: the word for no value."""
    for change in event.changes:
        if change.field == "sha256" and not change.old:
            continue
        if not change.old and not event.version:
            yield f"{change.field}: {change.new or nothing}"
        else:
            yield f"{change.field}: {change.old or nothing} -> {change.new or nothing}"
