"""A report as a Word file: `draw`.

A reference document gives page size, margins, styles, and what its header and footer hold (a logo); its text is ignored.
Only named styles are used, so a corporate template changes the look and nothing else. What is printed comes from the same
`Outline` the PDF is drawn from. Numbers of headings and tables are text: they cannot differ from the PDF, and no field has
to be updated in a file that will be signed.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from csvgen.canonical import normalised_zip
from csvgen.errors import ConfigError
from csvgen.model.picture import Picture
from csvgen.model.report import (
    ApprovalPage,
    Bullets,
    Contents,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Report,
    SignatureSlot,
    Table,
    Timeline,
)  # fmt: skip
from csvgen.report import look, outline
from csvgen.report.lines import LINE, line_picture, signature_line_id
from csvgen.report.outline import Chapter, Entry, Outline, Part
from csvgen.report.picture_layout import HIGHEST, HIGHEST_WIDE, laid
from csvgen.report.picture_png import png
from csvgen.report.text import BLANK, column_widths, is_digest, one_line
from csvgen.report.theme import PLAIN, Theme
from csvgen.report.word_package import PARAGRAPH_STYLES, Package
from csvgen.report.word_stream import Listing, Rows, Stream
from csvgen.report.word_xml import (
    Element,
    Prototype,
    bookmark,
    cell_paragraph,
    drawing,
    el,
    field,
    link,
    paragraph,
    pictures,
    row,
    run,
    section,
    shape_kind,
    signature_line,
    spanning,
    tab,
    table,
)  # fmt: skip

_FACT_SHARE = 0.28
_SPOOL = 4_000_000
"""Bytes of a body that stay in memory; what is more lies in a temporary file until it is packed."""
_CELLS = {"text": "CSV Cell", "id": "CSV Cell", "verdict": "CSV Cell", "mono": "CSV Cell Code"}
_PARAGRAPHS = {"body": "Body Text", "note": "CSV Note", "warning": "CSV Warning", "mono": "CSV Code", "quote": "Quote"}
_TONES = {"good": "CSV Good", "bad": "CSV Bad", "open": "CSV Open", "quiet": "CSV Quiet"}


def draw(report: Report, reference: bytes | None = None, theme: Theme = PLAIN) -> bytes:
    """The Word rendition of a report on the styles of a reference .docx (the one that ships with csvgen if None).

    Pictures take the colours of a theme. The same report, reference and theme give the same bytes. Raises BadInput where `outline.outline` does, and if the reference
    is not a Word file or lacks a style; the message lists every missing one.
    """
    plan = outline.outline(report)
    package = Package(reference if reference is not None else default_reference())
    package.describe(plan)
    package.head(plan)
    stream = Stream(package.body)
    with tempfile.SpooledTemporaryFile(_SPOOL) as body:
        stream.write(_Writer(plan, package, stream, theme).document(), body)
        return normalised_zip(package.parts(body), first="[Content_Types].xml")


def default_reference() -> bytes:
    """The reference document that ships with csvgen: in the installed package, or in a source tree beside it."""
    package = Path(__file__).parents[1]
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / "reference.docx").is_file():
            return (folder / "reference.docx").read_bytes()
    raise ConfigError("templates/reference.docx is missing from this installation", hint="reinstall csvgen")


class _Writer:
    """Turns an outline into the children of `w:body`, in order."""

    def __init__(self, plan: Outline, package: Package, stream: Stream, theme: Theme) -> None:
        self._plan, self._package, self._stream, self._theme = plan, package, stream, theme
        self._style = package.style
        self._fresh = False
        self._wide = False
        self._marks = package.bookmarks(plan)
        self._count = self._figures = 0
        self._lines = False
        self._numbering = {name for name in PARAGRAPH_STYLES if package.numbers(name)}

    def document(self) -> Iterator[Element | Listing]:
        runs = [(wide, list(chapters)) for wide, chapters in groupby(self._plan.chapters, key=lambda chapter: chapter.wide)]
        yield from self._cover()
        self._fresh = True
        for wide, chapters in runs:
            if wide != self._wide:
                yield section(self._package.page(wide=self._wide))
                self._wide, self._fresh = wide, False
            yield from self._chapters(chapters)
        yield from self._closing()
        yield self._package.page(wide=self._wide)

    @property
    def _total(self) -> float:
        """Text width of the section in hand, in points."""
        return self._package.text_width(wide=self._wide)

    @property
    def _measure(self) -> float:
        return self._package.text_width(wide=False)

    def _paragraph(self, style: str, *children: Element, keep: bool = False) -> Element:
        """A paragraph of a style by name. Numbers are text here: a style of the reference that numbers is told not to."""
        fresh, self._fresh = self._fresh, False
        return paragraph(self._style(style), *children, fresh=fresh, unnumbered=style in self._numbering, keep=keep)

    def _gap(self, *, keep: bool = False) -> Element:
        """Between two tables there must be a paragraph, else Word joins them."""
        return self._paragraph("CSV Gap", keep=keep)

    def _cover(self) -> Iterator[Element]:
        report = self._plan.report
        yield self._paragraph("CSV Organisation", run(report.organisation))
        yield self._paragraph("Title", run(report.title))
        yield self._paragraph("Subtitle", run(report.subtitle))
        yield from self._facts(self._plan.identification)
        yield from self._bound((outline.DIGESTS_TITLE, self._plan.digests))

    def _closing(self) -> Iterator[Element]:
        yield self._paragraph("CSV Label", run(self._plan.closing))
        yield from self._bound((outline.SOURCES_TITLE, self._plan.sources), (outline.DIGESTS_TITLE, self._plan.digests))

    def _bound(self, *lists: tuple[str, tuple[tuple[str, str], ...]]) -> Iterator[Element]:
        """Named lists of digests, and the sentence that says which file is official."""
        for title, rows in lists:
            yield self._paragraph("CSV Label", run(title))
            yield from self._facts(rows)
        yield self._paragraph("CSV Note", run(self._plan.official))

    def _chapters(self, chapters: list[Chapter]) -> Iterator[Element | Listing]:
        for chapter in chapters:
            for part in chapter.parts:
                self._fresh = self._fresh or isinstance(part.block, PageBreak)
                if part.title:
                    yield self._heading(part.title)
                yield from self._part(part)

    def _part(self, part: Part) -> Iterator[Element | Listing]:
        block = part.block
        match block:
            case Heading() | PageBreak():
                return
            case Paragraph():
                yield self._paragraph(_PARAGRAPHS[block.style], run(block.text), keep=part.keep)
            case Bullets():
                yield from self._bullets(block)
            case Facts():
                yield self._gap(keep=True)
                yield from self._facts(block.rows, keep=part.keep)
            case Table():
                yield from self._table(block, part.label)
            case Picture():
                yield from self._picture(block, part.label)
            case ApprovalPage():
                yield from self._approval(block)
            case Timeline():
                yield from self._timeline(block)
            case Contents():
                yield from self._contents()

    def _heading(self, entry: Entry) -> Element:
        runs = [run(entry.number), tab(), run(entry.text)] if entry.number else [run(entry.text)]
        style = f"Heading {entry.level}" if entry.number else "TOC Heading"
        self._count += 1
        return self._paragraph(style, *bookmark(self._count, self._marks[entry.key], *runs))

    def _bullets(self, block: Bullets) -> Iterator[Element]:
        style = "List Number" if block.numbered else "List Bullet"
        for n, item in enumerate(block.items, 1):
            yield self._paragraph(style, run(f"{n}." if block.numbered else "•"), tab(), run(item))

    def _contents(self) -> Iterator[Element]:
        if not self._plan.contents:
            yield self._paragraph("Body Text", run(outline.NO_HEADINGS))
        for entry in self._plan.contents:
            target = link(self._marks[entry.key], run(entry.number), tab(), run(one_line(entry.text)))
            yield self._paragraph(f"toc {entry.level}", target)

    def _facts(self, rows: tuple[tuple[str, str], ...], *, keep: bool = False) -> Iterator[Element]:
        widths = (_FACT_SHARE * self._measure, (1 - _FACT_SHARE) * self._measure)
        plain = Prototype(widths, (self._style("CSV Cell Label"), self._style("CSV Cell")))
        digests = Prototype(widths, (self._style("CSV Cell Label"), self._style("CSV Cell Code")))
        made = table(self._style("CSV Facts"), widths, head=False)
        last = len(rows) - 1
        for n, (name, value) in enumerate(rows or ((outline.NO_ITEMS, BLANK),)):
            made.append((digests if is_digest(value) else plain).filled((name, value), keep=keep or n < last))
        yield from self._standing(made, keep=keep)

    def _standing(self, made: Element | Listing, *, keep: bool = False) -> Iterator[Element | Listing]:
        """A table, with a page break before it if one is due, and a gap after it."""
        if self._fresh:
            yield self._gap()
        yield made
        yield self._gap(keep=keep)

    def _head(self, style: str, widths: tuple[float, ...], titles: tuple[str, ...]) -> Element:
        made = table(self._style(style), widths, head=True)
        made.append(
            row(widths, ([paragraph(self._style("CSV Cell Head"), run(title), keep=True)] for title in titles), head=True)
        )
        return made

    def _table(self, block: Table, label: str) -> Iterator[Element | Listing]:
        widths = column_widths(block.columns, self._total)
        if label:
            yield self._caption(label, block.caption)
        else:
            yield self._gap(keep=True)
        made = self._head("CSV Table", widths, tuple(column.title for column in block.columns))
        if not block.rows:
            empty = row((sum(widths),), [[paragraph(self._style("CSV Cell"), run(block.empty, self._style("CSV Quiet")))]])
            made.append(spanning(empty, len(widths)))
        yield from self._standing(Listing(made, self._rows(block, widths)))

    def _rows(self, block: Table, widths: tuple[float, ...]) -> Iterator[str]:
        rows = Rows(self._stream, widths, tuple(self._style(_CELLS[column.kind]) for column in block.columns))
        ways = {"verdict": self._verdict, "id": self._linked}
        runs = [ways.get(column.kind, self._stream.run) for column in block.columns]
        whole, last = len(block.rows) <= look.WHOLE, len(block.rows) - 1
        for n, texts in enumerate(block.rows):
            yield rows.filled([made(text) for made, text in zip(runs, texts, strict=True)], keep=whole and n < last)

    def _caption(self, label: str, text: str) -> Element:
        word, _, number = label.partition(" ")
        return self._paragraph("Caption", run(f"{word} "), field(f"SEQ {word} \\* ARABIC", number), run(f"  {text}"))

    def _picture(self, block: Picture, label: str) -> Iterator[Element]:
        yield self._caption(label, block.caption)
        if block.shows is None:
            yield self._paragraph("Body Text", run(block.empty))
            return
        shown = laid(block, min(self._measure, look.MEASURE), HIGHEST_WIDE if self._wide else HIGHEST)
        self._figures += 1
        size = (shown.width, shown.height)
        yield self._paragraph(
            "Body Text", drawing(self._package.picture(png(shown, self._theme.inks)), self._figures, size, label, block.alt)
        )

    def _verdict(self, text: str) -> str:
        style = _TONES.get(look.tone(text).name)
        return self._stream.run(text, self._style(style) if style else "")

    def _linked(self, text: str) -> str:
        pieces = list(outline.fragments(text, self._plan.anchors))
        if not any(key for _, key in pieces):
            return self._stream.run(text)
        linked, run, style = self._stream.link, self._stream.run, self._style("Hyperlink")
        return "".join(linked(self._marks[key], piece, style) if key else run(piece) for piece, key in pieces)

    def _approval(self, block: ApprovalPage) -> Iterator[Element]:
        if not block.slots:
            yield self._paragraph("Body Text", run(outline.NO_SLOTS))
            return
        yield self._paragraph("Body Text", run(outline.APPROVAL_NOTE))
        yield self._gap()
        right = LINE[0] + 4 * look.PAD
        widths = (self._measure - right, right)
        made = self._head("CSV Table", widths, outline.APPROVAL_HEAD)
        for slot in block.slots:
            made.append(self._slot(slot, widths))
        yield from self._standing(made)

    def _slot(self, slot: SignatureSlot, widths: tuple[float, float]) -> Element:
        left = [
            paragraph(self._style("CSV Cell Head"), run(f"{slot.number}  {slot.role}")),
            paragraph(self._style("CSV Cell Label"), run(slot.meaning)),
            paragraph(self._style("CSV Cell"), run(slot.statement)),
        ]
        if not slot.field:
            lines = (label if n == 0 else f"{label}: ".ljust(44, "_") for n, label in enumerate(outline.PAPER_LINES))
            blank = [paragraph(self._style("CSV Cell"), run(text)) for text in lines]
            return row(widths, (left, blank), height=LINE[1] + 4 * look.PAD)
        line: list[Element] = [] if self._lines else [shape_kind()]
        self._lines = True
        picture = self._package.picture(line_picture((slot.role, slot.meaning), kind="unsigned"))
        guid = signature_line_id(self._plan.report.id, self._plan.report.revision, slot.field)
        line += [signature_line(picture, guid, LINE, signer=slot.role, title=slot.meaning, instructions=slot.statement)]
        return row(widths, (left, [paragraph(self._style("CSV Cell"), pictures(*line))]), height=LINE[1] + 4 * look.PAD)

    def _timeline(self, block: Timeline) -> Iterator[Element]:
        if not block.entries:
            yield self._paragraph("Body Text", run(outline.NO_ENTRIES))
            return
        widths = tuple(share * self._total for share in outline.TIMELINE_SHARES)
        made = self._head("CSV Timeline", widths, outline.TIMELINE_HEAD)
        prototype = Prototype(widths, (self._style("CSV Cell Small"),) * len(widths))
        strong = el("w:rPr", None, el("w:rStyle", {"w:val": self._style("Strong")}))
        for entry in block.entries:
            filled = prototype.filled((entry.when, entry.kind, entry.what, entry.who))
            cell_paragraph(filled, 1)[1].insert(0, copy.deepcopy(strong))
            made.append(filled)
        yield from self._standing(made)
