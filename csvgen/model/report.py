"""Report: neutral blocks, drawn once as Word, once as PDF, once as a workbook. No renderer knows a stage of the flow.

All text in blocks is literal: no markup, no formulas, no field codes. A renderer escapes at its own border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from csvgen.canonical import Digest, digest_bytes, plain, spelled
from csvgen.model.picture import Picture


@dataclass(frozen=True, slots=True)
class Heading:
    level: Literal[1, 2, 3]
    text: str
    anchor: str = ""
    """A case or record id other blocks may link to."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    style: Literal["body", "note", "warning", "mono", "quote"] = "body"


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Name and value pairs: identification blocks, case heads."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: float
    """Share of the text width; the shares of a table add up to 1."""
    kind: Literal["text", "id", "verdict", "mono", "place", "page"] = "text"
    """``place``: an id whose own part of the document a reader goes to from here: where there are pages, a column tells on which it stands.
    ``page``: that column, which a rendition with pages adds itself."""


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    empty: str = "None."
    """Printed instead of an empty table: nothing is left blank."""


@dataclass(frozen=True, slots=True)
class SignatureSlot:
    """One row of the approval page."""

    number: int
    field: str
    """Name of the signature field: ``signature-1``; empty for a row to be signed by hand on a printed copy."""
    role: str
    meaning: str
    statement: str


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    slots: tuple[SignatureSlot, ...]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    when: str
    kind: Literal["approval", "run", "deviation", "record"]
    what: str
    who: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Approvals and runs on one page, in order of time."""

    entries: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """Table of contents over the headings of level 1 and 2."""


@dataclass(frozen=True, slots=True)
class PageBreak:
    pass


Block = Heading | Paragraph | Bullets | Facts | Table | Picture | ApprovalPage | Timeline | Contents | PageBreak


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One controlled document before it is drawn."""

    id: str
    title: str
    subtitle: str
    revision: int
    organisation: str
    system: str
    status: str
    """DRAFT, FOR APPROVAL, ...: printed in the header."""
    banner: str
    """Printed on every page (demonstration mark), or empty."""
    date: str
    """Date printed on the cover, from the record; never from the clock while drawing."""
    made_by: str
    made_from: tuple[tuple[str, str], ...]
    """Name and digest of what the document was made from."""
    content: str
    """Digest of the content the document binds; both renditions carry it."""
    official: Literal["pdf", "docx", "elsewhere", "alone", "none"]
    """Which file is the official rendition; of a copy of something that is no document, neither; ``alone``: there is only the PDF; ``none``: a draft."""
    cover: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    language: str = ""
    """Short name of the language of its fixed words (``de``); empty for English."""
    glyphs: str = ""
    """Characters no bundled face has which this document shows by a further font, in order; pictures do without."""
    words: tuple[tuple[str, str], ...] = ()
    """Phrase and wording, where the language is a project's own: what drew the document must be known to whoever reads it back."""
    form: tuple[str, ...] = ()
    """The company's own words around the document, where its Word template is a form: bound like the rest of the text."""

    @property
    def digest(self) -> Digest:
        """SHA-256 over the neutral content; every rendition of the document carries it."""
        return digest_bytes(spelled(content_of(self)))

    @property
    def slots(self) -> tuple[SignatureSlot, ...]:
        return tuple(s for b in self.blocks if isinstance(b, ApprovalPage) for s in b.slots)


_LATER = frozenset({"form", "glyphs", "language", "words"})
"""Parts of a report that came later: not used, they are no part of the text, so that older texts keep their digest."""


def content_of(report: Report) -> dict[str, object]:
    """The neutral content as plain values; see `csvgen.report.neutral` for the way back."""
    head = {name: plain(getattr(report, name)) for name in report.__slots__ if name != "blocks"}
    head = {name: value for name, value in head.items() if value or name not in _LATER}
    return {"type": "report", **head, "blocks": [[type(block).__name__, _plain_block(block)] for block in report.blocks]}


def _plain_block(block: Block) -> object:
    if isinstance(block, Table):
        columns = [[c.title, str(c.width), c.kind] for c in block.columns]
        return {"columns": columns, "rows": block.rows, "caption": block.caption, "empty": block.empty}
    return plain(block)
