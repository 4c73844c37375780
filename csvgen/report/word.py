"""A report as a Word file: `draw`.

A reference document gives page size, margins, styles, and what its header and footer hold (a logo); its text is ignored.
Only named styles are used, so a corporate template changes the look and nothing else. What is printed comes from the same
`Outline` the PDF is drawn from. Numbers of headings and tables are text: they cannot differ from the PDF, and no field has
to be updated in a file that will be signed.
"""

from __future__ import annotations

import copy
import io
import zipfile
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
from csvgen.report.form_tags import values
from csvgen.report.lines import LINE, UNTOLD, line_picture, signature_line_id
from csvgen.report.outline import Chapter, Entry, Outline, Part
from csvgen.report.picture_layout import HIGHEST, HIGHEST_WIDE, laid
from csvgen.report.picture_png import png
from csvgen.report.text import BLANK, column_widths, is_digest, one_line
from csvgen.report.theme import PLAIN, Theme
from csvgen.report.word_form import Form
from csvgen.report.word_package import PARAGRAPH_STYLES, Package
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
    qn,
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
    writer = _Writer(plan, package, theme)
    for element in writer.document() if package.form is None else writer.on_form(package.form):
        package.body.append(element)
    return _normalised(package.saved())


def default_reference() -> bytes:
    """The reference document that ships with csvgen: in the installed package, or in a source tree beside it."""
    package = Path(__file__).parents[1]
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / "reference.docx").is_file():
            return (folder / "reference.docx").read_bytes()
    raise ConfigError("templates/reference.docx is missing from this installation", hint="reinstall csvgen")


def _normalised(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return normalised_zip([(name, archive.read(name)) for name in archive.namelist()], first="[Content_Types].xml")


class _Writer:
    """Turns an outline into the children of `w:body`, in order."""

    def __init__(self, plan: Outline, package: Package, theme: Theme) -> None:
        self._plan, self._package, self._theme = plan, package, theme
        self._style, self._form, self._say = package.style, package.form, plan.words.say
        self._fresh = False
        self._wide = False
        self._marks = package.bookmarks(plan)
        self._count = self._figures = 0
        self._lines = False
        self._numbering = {name for name in PARAGRAPH_STYLES if package.numbers(name)}

    def document(self) -> Iterator[Element]:
        yield from self._cover()
        yield from self._body()
        yield self._package.page(wide=self._wide)

    def on_form(self, form: Form) -> Iterator[Element]:
        """The same on a company's form: its own pages, filled, with the body where it wants it."""
        form.fill(values(self._plan), self._plan.identification)
        if form.places_approval:
            form.sign(self._plan.report.slots, self._place_to_sign, self._say(outline.NO_SLOTS))
        yield from form.around(self._upright())
        yield self._package.page(wide=False)

    def _upright(self) -> Iterator[Element]:
        """The body, ended by a section of its own where its last pages lie on their side."""
        yield from self._body()
        if self._wide:
            yield section(self._package.page(wide=True))

    def _body(self) -> Iterator[Element]:
        runs = [(wide, list(chapters)) for wide, chapters in groupby(self._plan.chapters, key=lambda chapter: chapter.wide)]
        self._fresh = True
        for wide, chapters in runs:
            if wide != self._wide:
                yield section(self._package.page(wide=self._wide))
                self._wide, self._fresh = wide, False
            yield from self._chapters(chapters)
        yield from self._closing()

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
        yield from self._bound((self._say(outline.DIGESTS_TITLE), self._plan.digests))

    def _closing(self) -> Iterator[Element]:
        yield self._paragraph("CSV Label", run(self._plan.closing))
        yield from self._bound(
            (self._say(outline.SOURCES_TITLE), self._plan.sources), (self._say(outline.DIGESTS_TITLE), self._plan.digests)
        )

    def _bound(self, *lists: tuple[str, tuple[tuple[str, str], ...]]) -> Iterator[Element]:
        """Named lists of digests, and the sentence that says which file is official."""
        for title, rows in lists:
            yield self._paragraph("CSV Label", run(title))
            yield from self._facts(rows)
        yield self._paragraph("CSV Note", run(self._plan.official))

    def _chapters(self, chapters: list[Chapter]) -> Iterator[Element]:
        for chapter in chapters:
            for part in chapter.parts:
                if self._form is not None and self._form.places_approval and isinstance(part.block, ApprovalPage):
                    continue
                self._fresh = self._fresh or isinstance(part.block, PageBreak)
                if part.title:
                    yield self._heading(part.title)
                yield from self._part(part)

    def _part(self, part: Part) -> Iterator[Element]:
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
            yield self._paragraph("Body Text", run(self._say(outline.NO_HEADINGS)))
        for entry in self._plan.contents:
            target = link(self._marks[entry.key], run(entry.number), tab(), run(one_line(entry.text)))
            yield self._paragraph(f"toc {entry.level}", target)

    def _facts(self, rows: tuple[tuple[str, str], ...], *, keep: bool = False) -> Iterator[Element]:
        widths = (_FACT_SHARE * self._measure, (1 - _FACT_SHARE) * self._measure)
        plain = Prototype(widths, (self._style("CSV Cell Label"), self._style("CSV Cell")))
        digests = Prototype(widths, (self._style("CSV Cell Label"), self._style("CSV Cell Code")))
        made = table(self._style("CSV Facts"), widths, head=False)
        last = len(rows) - 1
        for n, (name, value) in enumerate(rows or ((self._say(outline.NO_ITEMS), BLANK),)):
            made.append((digests if is_digest(value) else plain).filled((name, value), keep=keep or n < last))
        yield from self._standing(made, keep=keep)

    def _standing(self, made: Element, *, keep: bool = False) -> Iterator[Element]:
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

    def _table(self, block: Table, label: str) -> Iterator[Element]:
        widths = column_widths(block.columns, self._total)
        if label:
            yield self._caption(label, block.caption)
        else:
            yield self._gap(keep=True)
        titles = tuple(column.title for column in block.columns)
        own = self._form.specimen(block, label) if self._form is not None else None
        made = self._head("CSV Table", widths, titles) if own is None else own.table(titles, self._total)
        if not block.rows:
            empty = row((sum(widths),), [[paragraph(self._style("CSV Cell"), run(block.empty, self._style("CSV Quiet")))]])
            made.append(spanning(empty, len(widths)))
        prototype = Prototype(widths, tuple(self._style(_CELLS[column.kind]) for column in block.columns))
        verdicts = [n for n, column in enumerate(block.columns) if column.kind == "verdict"]
        ids = [n for n, column in enumerate(block.columns) if column.kind == "id"]
        for left, texts in zip(range(len(block.rows) - 1, -1, -1), block.rows, strict=True):
            keep = 0 < left < look.WHOLE and len(block.rows) <= look.WHOLE
            filled = prototype.filled(texts, keep=keep) if own is None else own.row(texts)
            for n in verdicts:
                self._tone(cell_paragraph(filled, n), texts[n])
            for n in ids:
                self._link(cell_paragraph(filled, n), texts[n])
            made.append(filled)
        yield from self._standing(made)

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

    def _tone(self, place: Element, text: str) -> None:
        name = look.tone(text).name
        if name in _TONES:
            style = el("w:rStyle", {"w:val": self._style(_TONES[name])})
            if place[1][0].tag == qn("w:rPr"):
                place[1][0].insert(0, style)
            else:
                place[1].insert(0, el("w:rPr", None, style))

    def _link(self, place: Element, text: str) -> None:
        pieces = list(outline.fragments(text, self._plan.anchors))
        if any(key for _, key in pieces):
            del place[1:]
            for piece, key in pieces:
                place.append(link(self._marks[key], run(piece, self._style("Hyperlink"))) if key else run(piece))

    def _approval(self, block: ApprovalPage) -> Iterator[Element]:
        if not block.slots:
            yield self._paragraph("Body Text", run(self._say(outline.NO_SLOTS)))
            return
        yield self._paragraph("Body Text", run(self._say(outline.APPROVAL_NOTE)))
        yield self._gap()
        right = LINE[0] + 4 * look.PAD
        widths = (self._measure - right, right)
        made = self._head("CSV Table", widths, self._plan.words.all(outline.APPROVAL_HEAD))
        for slot in block.slots:
            made.append(self._slot(slot, widths))
        yield from self._standing(made)

    def _slot(self, slot: SignatureSlot, widths: tuple[float, float]) -> Element:
        left = [
            paragraph(self._style("CSV Cell Head"), run(f"{slot.number}  {slot.role}")),
            paragraph(self._style("CSV Cell Label"), run(slot.meaning)),
            paragraph(self._style("CSV Cell"), run(slot.statement)),
        ]
        place = [paragraph(self._style("CSV Cell"), made) for made in self._place_to_sign(slot)]
        return row(widths, (left, place), height=LINE[1] + 4 * look.PAD)

    def _place_to_sign(self, slot: SignatureSlot) -> list[Element]:
        """Runs of the place for one signature, a line each: lines for a pen, or a signature line."""
        if not slot.field:
            lines = (
                label if n == 0 else f"{label}: ".ljust(44, "_")
                for n, label in enumerate(self._plan.words.all(outline.PAPER_LINES))
            )
            return [run(text) for text in lines]
        line: list[Element] = [] if self._lines else [shape_kind()]
        self._lines = True
        picture = self._package.picture(line_picture((slot.role, slot.meaning), kind="unsigned", untold=self._say(UNTOLD)))
        guid = signature_line_id(self._plan.report.id, self._plan.report.revision, slot.field)
        line += [signature_line(picture, guid, LINE, signer=slot.role, title=slot.meaning, instructions=slot.statement)]
        return [pictures(*line)]

    def _timeline(self, block: Timeline) -> Iterator[Element]:
        if not block.entries:
            yield self._paragraph("Body Text", run(self._say(outline.NO_ENTRIES)))
            return
        widths = tuple(share * self._total for share in outline.TIMELINE_SHARES)
        made = self._head("CSV Timeline", widths, self._plan.words.all(outline.TIMELINE_HEAD))
        prototype = Prototype(widths, (self._style("CSV Cell Small"),) * len(widths))
        strong = el("w:rPr", None, el("w:rStyle", {"w:val": self._style("Strong")}))
        for entry in block.entries:
            filled = prototype.filled((entry.when, entry.kind, entry.what, entry.who))
            cell_paragraph(filled, 1)[1].insert(0, copy.deepcopy(strong))
            made.append(filled)
        yield from self._standing(made)
