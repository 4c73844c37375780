"""Outline: what a document prints, in which order and in what words, before anyone draws it.

Word and PDF both draw an `Outline`, so they cannot differ in a word: numbers of headings and tables, the identification
block, the sentence that says which file is official, what stands where nothing is to be said. All text in an outline has
passed `text.shown`; digests are those of the report as it was handed in.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from csvgen.canonical import Digest
from csvgen.clock import parsed
from csvgen.errors import BadInput
from csvgen.model.picture import Picture
from csvgen.model.report import (
    ApprovalPage,
    Block,
    Bullets,
    Contents,
    Facts,
    Heading,
    Paragraph,
    Report,
    Table,
    Timeline,
)  # fmt: skip
from csvgen.report import look
from csvgen.report.collecting import collected_later
from csvgen.report.text import BLANK, one_line, shown, shown_all
from csvgen.report.wording import Wording, wording_of

APPROVAL_TITLE, CONTENTS_TITLE = "Approval", "Contents"
APPROVAL_NOTE = (
    "One row for each signature this document needs, in this order. The signature counts, not its picture: some readers leave "
    "pictures out. The file's list of signatures tells which rows are signed and whether validly (PDF: signature panel; Word: "
    "File, Info, View Signatures; LibreOffice: File, Digital Signatures), and so does csvgen verify. The digest in a signature is that of "
    "the record of this revision; the record holds the content digest and the text digest of the first page."
)
PAPER_LINES = ("By hand, on a printed copy", "Name", "Signature", "Date, time and zone")
"""What stands in a row that is signed with a pen. The rest of the row is left blank for it."""
APPROVAL_HEAD = ("Role and meaning", "Signature")
PAGE_HEAD = "Page"
TIMELINE_HEAD = ("When (UTC)", "Kind", "What", "Who")
TIMELINE_SHARES = (0.165, 0.095, 0.39, 0.35)
SOURCES_TITLE, DIGESTS_TITLE = "Made from", "Digests"
IDENTITY = ("Document", "Revision", "Status", "Date", "System")
PAGE = "Page {page} of {total}"
CONTINUED = "{what}, continued"
"""At the top of a page that goes on with a case, another record or a table of its own name."""
NO_SLOTS = "No signature is required on this document."
NO_HEADINGS = "This document has no sections."
NO_ENTRIES = "No approval, run or deviation is recorded."
NO_ITEMS = "None."

_OFFICIAL = {
    "pdf": "The PDF file is the official rendition of this document. The Word file is a copy with the same text.",
    "docx": "The Word file is the official rendition of this document. The PDF file is a copy with the same text.",
    "alone": "This PDF file is the official rendition, and the only one.",
    "none": "This file is a draft and the official rendition of nothing.",
    "elsewhere": "This file is a copy. The record is where it was copied from.",
}
_FEW, _FEW_ROWS = 800, 8
"""Characters of a chapter, and rows of its tables, that has no page for itself before one that lies on its side."""
_SEPARATORS = re.compile(r"([\s,;]+)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,79}")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?.*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading as it is printed and linked to."""

    level: int
    number: str
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Part:
    """A block with what its place in the document gives it."""

    block: Block
    title: Entry | None = None
    """Of a heading: itself. Of an approval page or contents without a heading before them: their own, unnumbered."""
    label: str = ""
    """Of a table or picture with a caption: ``Table 3``, ``Figure 1``."""
    keep: bool = False
    """Stays on one page with the beginning of what follows: the head of a case and its steps, a quoted statement and its first case,
    a sentence and the words of others it announces. Of a table the end does, with the sentence that sums it up."""
    within: str = ""
    """What a page that begins inside of this block goes on with: the id of the case or record it belongs to, else the label of the table."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """From one heading of level 1 to the next, on pages of one orientation."""

    wide: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A document ready to be drawn."""

    report: Report
    """Head of the report; its blocks stand in `chapters`."""
    words: Wording
    """The fixed words of its language."""
    identification: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    digests: tuple[tuple[str, str], ...]
    official: str
    closing: str
    revision: str
    short: str
    """Content digest as the footer shows it."""
    chapters: tuple[Chapter, ...]
    contents: tuple[Entry, ...]
    anchors: Mapping[str, str]
    """Case or record id -> key of the heading it belongs to."""
    date: dt.datetime | None
    """The date of the report as a moment, for file properties; None where it is not a date."""


@collected_later
def outline(report: Report) -> Outline:
    """Plan a report. Raises BadInput for a table whose rows do not fit its columns and for two equal signature fields."""
    fields = [slot.field for slot in report.slots if slot.field]
    if twice := sorted({name for name in fields if fields.count(name) > 1}):
        raise BadInput(f"two signature slots share the field {', '.join(twice)}", where=report.id)
    text_digest = report.digest
    safe: Report = replace(
        shown_all(replace(report, blocks=()), report.glyphs),
        form=report.form,
        glyphs=report.glyphs,
        blocks=tuple(_filled(shown_all(b, "" if isinstance(b, Picture) else report.glyphs), report.id) for b in report.blocks),
    )
    words = wording_of(report)
    parts = tuple(_numbered(safe.blocks, words))
    entries = [p.title for p in parts if p.title]
    anchors: dict[str, str] = {}
    headings = [(part.block, part.title.key) for part in parts if isinstance(part.block, Heading) and part.title]
    for block, key in headings:
        if block.anchor:
            anchors.setdefault(block.anchor, key)
    for block, key in headings:
        if name := named(block):
            anchors.setdefault(name, key)
    first = zip(words.all(IDENTITY), (safe.id, str(report.revision), safe.status, safe.date, safe.system), strict=True)
    identity = (*first, *safe.cover)
    return Outline(
        report=safe,
        words=words,
        identification=tuple((name or BLANK, value if value.strip() else BLANK) for name, value in identity),
        sources=tuple((name or BLANK, value or BLANK) for name, value in safe.made_from),
        digests=((words.say("Content digest"), safe.content or BLANK), (words.say("Text digest"), str(text_digest))),
        official=words.say(_OFFICIAL[report.official]),
        closing=words.say("End of {document}, revision {number}.", document=one_line(safe.id), number=str(report.revision)),
        revision=words.say("Revision {number}", number=str(report.revision)),
        short=words.say("Content {digest}", digest=_short(report.content)),
        chapters=tuple(_chapters(parts)),
        contents=tuple(e for e in entries if e.number and e.level <= 2),  # noqa: PLR2004 - the levels Contents promises
        anchors=anchors,
        date=moment(report.date),
    )


def planned(report: Report | Outline) -> Outline:
    """The plan of a report. Whoever draws it more than once plans it once and hands the plan in."""
    return report if isinstance(report, Outline) else outline(report)


def moment(text: str) -> dt.datetime | None:
    """The instant a printed date names (a stored stamp, ``2026-11-21`` or ``2026-11-21 08:33:01 +00:00``), or None."""
    try:
        return parsed(text)
    except ValueError:
        found = _DATE.fullmatch(text.strip())
    try:
        return dt.datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00:00'}+00:00") if found else None
    except ValueError:
        return None


def fragments(text: str, anchors: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Text in pieces, each with the key of the heading it names, or an empty key."""
    for piece in _SEPARATORS.split(text):
        if piece:
            yield piece, anchors.get(piece, "")


def place(row: Sequence[str], cell: int, anchors: Mapping[str, str]) -> str:
    """The key of the heading that an id in a row leads to: its execution in the run that the row names, if there are several; empty for none."""
    own = (f"{other}-{row[cell]}" for other in row)
    return next((anchors[name] for name in own if name in anchors), anchors.get(row[cell], ""))


def leads(text: str, anchors: Mapping[str, str]) -> bool:
    """Whether any piece of a text names a heading."""
    return not anchors.keys().isdisjoint(_SEPARATORS.split(text))


def _short(content: str) -> str:
    try:
        return Digest(content).short
    except ValueError:
        return shown(content)[:12] or BLANK


def _filled(block: Block, where: str) -> Block:
    """The block with a mark in every place that would print blank."""
    match block:
        case Facts():
            return Facts(tuple((name or BLANK, value if value.strip() else BLANK) for name, value in block.rows))
        case Bullets():
            return replace(block, items=tuple(item if item.strip() else BLANK for item in block.items) or (NO_ITEMS,))
        case Timeline():
            rows = (replace(e, when=e.when or BLANK, what=e.what or BLANK, who=e.who or BLANK) for e in block.entries)
            return Timeline(tuple(rows))
        case Table():
            return _filled_table(block, where)
        case Heading() | Picture():
            return _filled_words(block)
    return block


def _filled_table(block: Table, where: str) -> Table:
    if not block.columns or any(len(row) != len(block.columns) for row in block.rows):
        raise BadInput(f"a row of the table {block.caption!r} does not have {len(block.columns)} cells", where=where)
    if block.empty and all(all(map(str.strip, row)) for row in block.rows):
        return block
    rows = tuple([row if all(map(str.strip, row)) else tuple(c if c.strip() else BLANK for c in row) for row in block.rows])
    return replace(block, rows=rows, empty=block.empty or NO_ITEMS)


def _filled_words(block: Heading | Picture) -> Heading | Picture:
    if isinstance(block, Heading):
        return block if block.text.strip() else replace(block, text=BLANK)
    return replace(block, caption=block.caption or BLANK, alt=block.alt or block.empty, empty=block.empty or NO_ITEMS)


def _numbered(blocks: tuple[Block, ...], words: Wording) -> Iterator[Part]:
    counts, tables, figures, used = [0, 0, 0], 0, 0, set[str]()
    before: Block | None = None
    within = ""
    for n, block in enumerate(blocks):
        after = blocks[n + 1] if n + 1 < len(blocks) else None
        title, label = None, ""
        keep = isinstance(after, Table) and (isinstance(block, Paragraph) or (isinstance(block, Facts) and not after.caption))
        keep = keep or (isinstance(block, Paragraph) and block.style == "quote" and isinstance(after, Heading | Facts))
        keep = keep or (isinstance(block, Paragraph) and isinstance(after, Paragraph) and after.style == "note")
        keep = keep or (isinstance(block, Table) and isinstance(after, Paragraph))
        if isinstance(block, Heading):
            counts[block.level - 1] += 1
            counts[block.level :] = [0] * (3 - block.level)
            number = ".".join(str(count) for count in counts[: block.level])
            title = Entry(block.level, number, block.text, _key(block.anchor, n, used))
            within = named(block)
        elif isinstance(block, ApprovalPage | Contents) and not isinstance(before, Heading):
            own = words.say(APPROVAL_TITLE if isinstance(block, ApprovalPage) else CONTENTS_TITLE)
            title = Entry(1, "", own, _key("", n, used))
        elif isinstance(block, Table) and block.caption:
            tables += 1
            label = words.say("Table {number}", number=str(tables))
        elif isinstance(block, Picture):
            figures += 1
            label = words.say("Figure {number}", number=str(figures))
        yield Part(block, title, label, keep, "" if title else within or label)
        before = block


def named(block: Heading) -> str:
    """The case or record whose heading this is: the id with which it begins, where its anchor ends with that; else nothing."""
    first = block.text.split(maxsplit=1)[0] if block.text.strip() else ""
    return first if first and block.anchor.endswith(first) else ""


def repeated(block: Table, within: str) -> str:
    """What the head of a table repeats on each page where pages have no lines of their own for it: the id of the case or record, of steps
    that may go over a page.
    """
    return one_line(within) if not block.caption and len(block.rows) > look.WHOLE else ""


def _key(anchor: str, n: int, used: set[str]) -> str:
    """A destination name: the anchor where it can be one (so that links from outside can use it), else a number."""
    key = anchor if _NAME.fullmatch(anchor) and anchor not in used else f"section:{n}"
    used.add(key)
    return key


def _chapters(parts: tuple[Part, ...]) -> Iterator[Chapter]:
    starts = [n for n, p in enumerate(parts) if n == 0 or (isinstance(p.block, Heading) and p.block.level == 1)]
    chapters = [parts[start:end] for start, end in pairwise([*starts, len(parts)])]
    wide = [any(isinstance(p.block, Table) and len(p.block.columns) >= look.WIDE for p in chapter) for chapter in chapters]
    for n in reversed(range(len(chapters) - 1)):
        wide[n] = wide[n] or (wide[n + 1] and _is_short(chapters[n]))
    return map(Chapter, wide, chapters)


def _is_short(chapter: tuple[Part, ...]) -> bool:
    """Whether a chapter is a few lines or rows: they go on the page of what follows, and have no upright page for themselves."""
    blocks = [part.block for part in chapter]
    tables = [b for b in blocks if isinstance(b, Table)]
    said = sum(len(b.text) for b in blocks if isinstance(b, Paragraph)) + sum(
        len(c) for t in tables for row in t.rows for c in row
    )
    rows = sum(len(t.rows) for t in tables)
    plain = isinstance(blocks[0], Heading) and all(isinstance(b, Heading | Paragraph | Table) for b in blocks)
    return plain and said <= _FEW and rows <= _FEW_ROWS
