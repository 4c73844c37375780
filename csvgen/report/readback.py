"""What a document says, in order: lines and tables, the same whether read from the neutral blocks or back out of a drawn file.

The readers of files (`readback_word`, `readback_pdf`, `readback_html`) share nothing with the writers but this page, and the layout
that decides which words a picture holds. Only white space is free: a renderer may break a line anywhere. Everything else must be
there, once, in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from csvgen.model.picture import Picture
from csvgen.model.report import (
    ApprovalPage,
    Bullets,
    Contents,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    SignatureSlot,
    Table,
    Timeline,
)
from csvgen.report import outline
from csvgen.report.form_read import Form
from csvgen.report.form_tags import APPROVAL, BODY, FACTS, PREFIX, REQUIRED, carries, values
from csvgen.report.look import MEASURE
from csvgen.report.outline import Outline, Part
from csvgen.report.picture_layout import laid
from csvgen.report.text import BLANK, one_line
from csvgen.report.wording import IN_ENGLISH, Wording

MOST = 12
"""So many differences are told of one file; more would only be the same one again."""
_PEN = re.compile(r":? ?_{3,}")
"""Room to write on, in a row that is signed by hand."""
_TOLD = 90


@dataclass(frozen=True, slots=True)
class Line:
    """A heading, paragraph, list item or caption."""

    text: str
    leads: bool = False
    """A line of the table of contents: in a file with pages a page number follows."""
    heading: bool = False
    again: str = field(default="", compare=False)
    """What a page may say at its top that goes on with this."""
    key: str = field(default="", compare=False)
    """The heading that this is, or to which it leads."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table or a list of facts, row by row."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    again: str = field(default="", compare=False)
    pages: tuple[str, tuple[str, ...]] | None = field(default=None, compare=False)
    """In a file with pages one more column: its title, and the heading whose page number stands in each row."""
    over: str = field(default="", compare=False)
    """What the head of the table may repeat on each page below its titles."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture: a PDF holds its words, the page for the screen says in words what it shows, a Word file holds an image."""

    words: str
    alt: str
    again: str = field(default="", compare=False)


Piece = Line | Grid | Drawn


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole document."""

    furniture: tuple[str, ...]
    """What every page carries: banner, organisation, title, id and revision, status, digest and maker."""
    pieces: tuple[Piece, ...]
    words: Wording = IN_ENGLISH
    """The fixed words of the document's language; known of a text, not of a file."""
    form: Form | None = None
    """Of a Word file on a company's form: what stands outside of its body."""
    apart: Apart | None = None
    """Of a text: which of its pieces a form may place itself, and what must stand there."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What a company's form takes out of the order of the document."""

    cover: int
    """So many pieces at the beginning."""
    approval: tuple[int, int]
    """Pieces of the approval page, from and to."""
    values: Mapping[str, str]
    facts: tuple[tuple[str, ...], ...]
    slots: tuple[tuple[str, ...], ...]
    fixed: tuple[str, ...]
    """The company's own words in the form."""


def plain(text: str) -> str:
    """Text with every run of white space as one blank, and without room for a pen."""
    return " ".join((_PEN.sub(" ", text) if "___" in text else text).split())


def squeezed(text: str) -> str:
    """Text without any white space: what is left when lines may be cut anywhere."""
    return "".join((_PEN.sub(" ", text) if "___" in text else text).split())


# ------------------------------------------------------------------ from the neutral blocks


def of_outline(plan: Outline) -> Reading:
    """What a drawing of this document must say."""
    report = plan.report
    pieces: list[Piece] = [Line(plain(text)) for text in (report.organisation, report.title, report.subtitle)]
    pieces.append(_facts(plan, plan.identification))
    pieces += _bound(plan, (plan.words.say(outline.DIGESTS_TITLE), plan.digests))
    cover, approval = len(pieces), (0, 0)
    for chapter in plan.chapters:
        for part in chapter.parts:
            before = len(pieces)
            again = plan.words.say(outline.CONTINUED, what=part.within) if part.within else ""
            pieces += (replace(piece, again=plain(again)) for piece in _part(plan, part)) if again else _part(plan, part)
            if isinstance(part.block, ApprovalPage):
                approval = (before, len(pieces))
    pieces.append(Line(plain(plan.closing)))
    pieces += _bound(
        plan, (plan.words.say(outline.SOURCES_TITLE), plan.sources), (plan.words.say(outline.DIGESTS_TITLE), plan.digests)
    )
    head = (
        report.banner, report.organisation, report.title, f"{report.id} · {plan.revision}", report.status, f"{plan.short} · {report.made_by}",
    )  # fmt: skip
    kept = tuple(p for p in pieces if not isinstance(p, Line) or p.text)
    lost = [sum(isinstance(p, Line) and not p.text for p in pieces[:n]) for n in (cover, *approval)]
    cover, *between = (n - gone for n, gone in zip((cover, *approval), lost, strict=True))
    apart = Apart(cover, (between[0], between[1]), *_placed(plan), tuple(map(plain, report.form)))
    return Reading(tuple(plain(t) for t in head if t.strip()), kept, plan.words, apart=apart)


def _placed(plan: Outline) -> tuple[dict[str, str], tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    """What stands at the single tags of a form, in its identification, and in its rows of signatures."""
    single = {tag: plain(text) for tag, text in values(plan).items()}
    slots = tuple(
        tuple(map(plain, (str(s.number), s.role, s.meaning, s.statement, "" if s.field else " ".join(plan.words.all(outline.PAPER_LINES)))))
        for b in plan.report.blocks if isinstance(b, ApprovalPage) for s in b.slots
    )  # fmt: skip
    none = ((BLANK, plain(plan.words.say(outline.NO_SLOTS)), BLANK, BLANK, BLANK),)
    return single, tuple((plain(name), plain(value)) for name, value in plan.identification), slots or none


def _bound(plan: Outline, *lists: tuple[str, tuple[tuple[str, str], ...]]) -> Iterator[Piece]:
    for title, rows in lists:
        yield Line(plain(title))
        yield _facts(plan, rows)
    yield Line(plain(plan.official))


def _facts(plan: Outline, rows: tuple[tuple[str, str], ...]) -> Grid:
    return Grid((), tuple((plain(name), plain(value)) for name, value in rows or ((plan.words.say(outline.NO_ITEMS), BLANK),)))


def _part(plan: Outline, part: Part) -> Iterator[Piece]:  # noqa: C901, PLR0912 - one line a kind of block
    block = part.block
    if part.title:
        yield Line(plain(f"{part.title.number} {part.title.text}"), heading=True, key=part.title.key)
    match block:
        case Heading() | PageBreak():
            return
        case Paragraph():
            yield Line(plain(block.text))
        case Bullets():
            for n, item in enumerate(block.items, 1):
                yield Line(plain(f"{n}. {item}" if block.numbered else f"• {item}"))
        case Facts():
            yield _facts(plan, block.rows)
        case Table():
            if part.label:
                yield Line(plain(f"{part.label} {block.caption}"))
            rows = tuple(tuple(map(plain, row)) for row in block.rows) or ((plain(block.empty),),)
            over = plain(outline.repeated(block, part.within))
            yield Grid(tuple(plain(c.title) for c in block.columns), rows, pages=_pages(plan, block), over=over)
        case ApprovalPage():
            yield from _approval(plan, block.slots)
        case Timeline():
            yield from _timeline(plan, block)
        case Contents():
            if not plan.contents:
                yield Line(plain(plan.words.say(outline.NO_HEADINGS)))
            for entry in plan.contents:
                yield Line(plain(f"{entry.number} {one_line(entry.text)}"), leads=True, key=entry.key)
        case Picture():
            yield from _picture(block, part.label, plan.words)


def _pages(plan: Outline, block: Table) -> tuple[str, tuple[str, ...]] | None:
    at = next((n for n, column in enumerate(block.columns) if column.kind == "place"), None)
    if at is None:
        return None
    return plain(plan.words.say(outline.PAGE_HEAD)), tuple(outline.place(row, at, plan.anchors) for row in block.rows)


def _picture(block: Picture, label: str, words: Wording) -> Iterator[Piece]:
    """Its caption, and its words or the sentence that stands where there is nothing to draw."""
    yield Line(plain(f"{label} {block.caption}"))
    if block.shows is None:
        yield Line(plain(block.empty))
    else:
        yield Drawn(plain(" ".join(laid(block, MEASURE, words=words).words)), plain(block.alt))


def _approval(plan: Outline, slots: tuple[SignatureSlot, ...]) -> Iterator[Piece]:
    if not slots:
        yield Line(plain(plan.words.say(outline.NO_SLOTS)))
        return
    yield Line(plain(plan.words.say(outline.APPROVAL_NOTE)))
    rows = []
    for slot in slots:
        pen = "" if slot.field else " ".join(plan.words.all(outline.PAPER_LINES))
        rows.append((plain(f"{slot.number} {slot.role} {slot.meaning} {slot.statement}"), plain(pen)))
    yield Grid(tuple(plain(t) for t in plan.words.all(outline.APPROVAL_HEAD)), tuple(rows))


def _timeline(plan: Outline, block: Timeline) -> Iterator[Piece]:
    if not block.entries:
        yield Line(plain(plan.words.say(outline.NO_ENTRIES)))
        return
    rows = tuple(tuple(plain(t) for t in (e.when, e.kind, e.what, e.who)) for e in block.entries)
    yield Grid(tuple(plain(t) for t in plan.words.all(outline.TIMELINE_HEAD)), rows)


# ------------------------------------------------------------------ one reading against another


def differences(wanted: Reading, found: Reading) -> list[str]:
    """Where a reading says otherwise than wanted, in words; the first ones only. What every page carries is compared too."""
    said, pieces = " ".join(found.furniture), wanted.pieces
    faults = [f"no page carries {_short(text)}" for text in _carried(wanted, found) if text not in said]
    if found.form is not None and wanted.apart is not None:
        pieces, told = _on_form(pieces, wanted.apart, found.form)
        faults += told
    place, theirs = "the beginning", list(found.pieces)
    at = 0
    for piece in pieces:
        if isinstance(piece, Drawn):
            at += at < len(theirs) and theirs[at] == Line(piece.alt)
            continue
        other = theirs[at] if at < len(theirs) else None
        at += 1
        if isinstance(piece, Line) and isinstance(other, Line):
            if piece.text != other.text:
                faults.append(f"after {place}: {_short(other.text)} stands where {_short(piece.text)} belongs")
            place = _short(piece.text)
        elif isinstance(piece, Grid) and isinstance(other, Grid):
            faults += [f"after {place}: {fault}" for fault in _rows(piece, other)]
        else:
            faults.append(f"after {place}: {_kind(other)} stands where {_kind(piece)} belongs; the rest was not compared")
            return faults[:MOST]
        if len(faults) >= MOST:
            return faults[:MOST]
    if at < len(theirs):
        faults.append(f"behind the end there is more: {_kind(theirs[at])}")
    return faults


def _carried(wanted: Reading, found: Reading) -> tuple[str, ...]:
    """What the lines of header and footer must hold. Where a form says it by tags, `_on_form` compares them, and the banner is left."""
    if found.form is None or wanted.apart is None or not carries(found.form.carried):
        return wanted.furniture
    return tuple(text for text in wanted.furniture if text == wanted.apart.values["banner"])


def _on_form(pieces: tuple[Piece, ...], apart: Apart, form: Form) -> tuple[tuple[Piece, ...], list[str]]:
    """The pieces left for the body of a form, and where the rest of the form says otherwise than it must."""
    rows = dict(form.rows)
    faults = [
        f"the form: {_short(text)} stands at {PREFIX}{tag} where {_short(apart.values.get(tag, 'nothing'))} belongs"
        for tag, text in form.values
        if text != apart.values.get(tag)
    ]
    faults += [f"the form has nothing at {PREFIX}{t}" for t in REQUIRED if t != BODY and t not in dict(form.values)]
    wanted = {FACTS: apart.facts, **({APPROVAL: apart.slots} if APPROVAL in rows else {})}
    for name, texts in wanted.items():
        told = list(_rows(Grid((), texts), Grid((), rows.get(name, ()))))
        faults += [f"the form, {name}: {fault}" for fault in told]
    if form.fixed != apart.fixed:
        odd = next((t for t in form.fixed if t not in apart.fixed), "") or next(
            (t for t in apart.fixed if t not in form.fixed), ""
        )
        faults.append(f"the form's own words are not those it had when the document was composed: {_short(odd)}")
    start, end = apart.approval if APPROVAL in rows else (0, 0)
    left = (p for n, p in enumerate(pieces) if n >= apart.cover and not start <= n < end)
    return tuple(left), faults


def _rows(wanted: Grid, found: Grid) -> Iterator[str]:
    if found.over not in ("", wanted.over):
        yield f"the head of the table says {_short(found.over)}, not {_short(wanted.over)}"
    if wanted.titles != found.titles:
        yield f"the columns are {_short(', '.join(found.titles))}, not {_short(', '.join(wanted.titles))}"
    if len(wanted.rows) != len(found.rows):
        yield f"the table has {len(found.rows)} rows, not {len(wanted.rows)}"
    for n, (row, other) in enumerate(zip(wanted.rows, found.rows, strict=False)):
        if row == other:
            continue
        if len(row) != len(other):
            yield f"row {n + 1} ({_short(row[0])}) has {len(other)} cells, not {len(row)}"
        for k, (text, theirs) in enumerate(zip(row, other, strict=False)):
            if text != theirs:
                yield f"{cell_name(wanted, n, k)}: {_short(theirs)} stands where {_short(text)} belongs"


def cell_name(grid: Grid, row: int, column: int) -> str:
    """A cell as a person finds it: by the first cell of its row and the title of its column."""
    title = grid.titles[column] if column < len(grid.titles) else "value"
    return f"row {row + 1} ({_short(grid.rows[row][0])}), {title}"


def _kind(piece: Piece | None) -> str:
    if piece is None:
        return "nothing"
    return _short(piece.text) if isinstance(piece, Line) else "a table"


def _short(text: str) -> str:
    return f"'{text if len(text) <= _TOLD else text[:_TOLD] + '...'}'"
