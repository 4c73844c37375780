"""A report as a Word file: `draw`.

A reference document gives page size, margins, styles, and what its header and footer hold (a logo); its text is ignored.
Only named styles are used, so a corporate template changes the look and nothing else. What is printed comes from the same
`Outline` the PDF is drawn from. Numbers of headings and tables are text: they cannot differ from the PDF, and no field has
to be updated in a file that will be signed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
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
from csvgen.report.collecting import collected_later
from csvgen.report.form_tags import values
from csvgen.report.lines import LINE, UNTOLD, empty_line, signature_line_id
from csvgen.report.outline import Chapter, Entry, Outline, Part
from csvgen.report.picture_layout import HIGHEST, HIGHEST_WIDE, laid
from csvgen.report.picture_png import png
from csvgen.report.text import BLANK, apart, column_widths, escaped, is_digest, one_line
from csvgen.report.theme import PLAIN, Theme
from csvgen.report.together import estimated, kept
from csvgen.report.word_form import Form, Specimen
from csvgen.report.word_package import PARAGRAPH_STYLES, Package
from csvgen.report.word_stream import SLOT, Listing, Piece, Stream, Widths, filled
from csvgen.report.word_xml import (
    Element,
    drawing,
    paragraph,
    pictures,
    row,
    run,
    section,
    shape_kind,
    signature_line,
    spanning,
)  # fmt: skip

_FACT_SHARE = 0.28
_PAGES = tuple(edge - 4 * look.EDGE for edge in (look.PAGE[1], look.PAGE[0]))
"""About how high the text of a page is: upright, and on its side."""
_LOW = 16
"""A list of digests of at most so many rows stays with what follows it."""
_SPOOL = 4_000_000
"""Bytes of a body that stay in memory; what is more lies in a temporary file until it is packed."""
_CELLS = {"text": "CSV Cell", "id": "CSV Cell", "place": "CSV Cell", "verdict": "CSV Cell", "mono": "CSV Cell Code"}
_PARAGRAPHS = {"body": "Body Text", "note": "CSV Note", "warning": "CSV Warning", "mono": "CSV Code", "quote": "Quote"}
_TONES = {"good": "CSV Good", "bad": "CSV Bad", "open": "CSV Open", "quiet": "CSV Quiet"}


@collected_later
def draw(report: Report | Outline, reference: bytes | None = None, theme: Theme = PLAIN) -> bytes:
    """The Word rendition of a report, planned or not, on the styles of a reference .docx (the one that ships with csvgen if None).

    Pictures take the colours of a theme. The same report, reference and theme give the same bytes. Raises BadInput where `outline.outline` does, and if the reference
    is not a Word file or lacks a style; the message lists every missing one.
    """
    plan = outline.planned(report)
    package = Package(reference if reference is not None else default_reference())
    package.describe(plan)
    package.head(plan)
    stream = Stream(package.body)
    writer = _Writer(plan, package, stream, theme)
    with tempfile.SpooledTemporaryFile(_SPOOL) as body:
        stream.write(writer.document() if package.form is None else writer.on_form(package.form), body)
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
        self._style, self._form, self._run, self._say = package.style, package.form, stream.run, plan.words.say
        self._widths = {wide: package.text_width(wide=wide) for wide in (False, True)}
        self._fresh = False
        self._wide = False
        self._marks = package.bookmarks(plan)
        self._count, self._figures = 0, self._form.drawn if self._form is not None else 0
        self._lines = False
        self._numbering = {name for name in PARAGRAPH_STYLES if package.numbers(name)}

    def document(self) -> Iterator[Piece]:
        yield from self._cover()
        yield from self._body()
        yield self._package.page(wide=self._wide)

    def on_form(self, form: Form) -> Iterator[Piece]:
        """The same on a company's form: its own pages, filled, with the body where it wants it."""
        form.fill(values(self._plan), self._plan.identification)
        if form.places_approval:
            form.sign(self._plan.report.slots, self._place_to_sign, self._say(outline.NO_SLOTS))
        yield from form.around(self._upright())
        yield self._package.page(wide=False)

    def _upright(self) -> Iterator[Piece]:
        """The body, ended by a section of its own where its last pages lie on their side."""
        yield from self._body()
        if self._wide:
            yield section(self._package.page(wide=True))

    def _body(self) -> Iterator[Piece]:
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
        return self._widths[self._wide]

    @property
    def _measure(self) -> float:
        return self._widths[False]

    def _paragraph(self, style: str, *runs: str, keep: bool = False) -> str:
        """A paragraph of a style by name. Numbers are text here: a style of the reference that numbers is told not to."""
        fresh, self._fresh = self._fresh, False
        return self._stream.paragraph(
            self._style(style), "".join(runs), fresh=fresh, unnumbered=style in self._numbering, keep=keep
        )

    def _gap(self, *, keep: bool = False) -> str:
        """Between two tables there must be a paragraph, else Word joins them."""
        return self._paragraph("CSV Gap", keep=keep)

    def _cover(self) -> Iterator[Piece]:
        report = self._plan.report
        yield self._paragraph("CSV Organisation", self._run(report.organisation))
        yield self._paragraph("Title", self._run(report.title))
        yield self._paragraph("Subtitle", self._run(report.subtitle))
        yield from self._facts(self._plan.identification)
        yield from self._bound((self._say(outline.DIGESTS_TITLE), self._plan.digests))

    def _closing(self) -> Iterator[Piece]:
        """The end of the document: on one page, where it is not a long list of what the document was made from."""
        yield self._paragraph("CSV Label", self._run(self._plan.closing), keep=True)
        yield from self._bound(
            (self._say(outline.SOURCES_TITLE), self._plan.sources), (self._say(outline.DIGESTS_TITLE), self._plan.digests)
        )

    def _bound(self, *lists: tuple[str, tuple[tuple[str, str], ...]]) -> Iterator[Piece]:
        """Named lists of digests, and the sentence that says which file is official."""
        for title, rows in lists:
            yield self._paragraph("CSV Label", self._run(title), keep=True)
            yield from self._facts(rows, keep=len(rows) <= _LOW)
        yield self._paragraph("CSV Note", self._run(self._plan.official))

    def _chapters(self, chapters: list[Chapter]) -> Iterator[Piece]:
        for chapter in chapters:
            for part in chapter.parts:
                if self._form is not None and self._form.places_approval and isinstance(part.block, ApprovalPage):
                    continue
                self._fresh = self._fresh or isinstance(part.block, PageBreak)
                if part.title:
                    yield self._heading(part.title)
                yield from self._part(part)

    def _part(self, part: Part) -> Iterator[Piece]:
        block = part.block
        match block:
            case Heading() | PageBreak():
                return
            case Paragraph():
                yield self._paragraph(_PARAGRAPHS[block.style], self._run(block.text), keep=part.keep)
            case Bullets():
                yield from self._bullets(block)
            case Facts():
                yield self._gap(keep=True)
                yield from self._facts(block.rows, keep=part.keep)
            case Table():
                yield from self._table(block, part.label, part.within)
            case Picture():
                yield from self._picture(block, part.label)
            case ApprovalPage():
                yield from self._approval(block)
            case Timeline():
                yield from self._timeline(block)
            case Contents():
                yield from self._contents()

    def _heading(self, entry: Entry) -> str:
        style = f"Heading {entry.level}" if entry.number else "TOC Heading"
        number = self._run(entry.number) + self._stream.tab() if entry.number else ""
        self._count += 1
        return self._paragraph(style, self._stream.bookmark(self._count, self._marks[entry.key], number + self._run(entry.text)))

    def _bullets(self, block: Bullets) -> Iterator[Piece]:
        style = "List Number" if block.numbered else "List Bullet"
        for n, item in enumerate(block.items, 1):
            yield self._paragraph(style, self._run(f"{n}." if block.numbered else "•"), self._stream.tab(), self._run(item))

    def _contents(self) -> Iterator[Piece]:
        if not self._plan.contents:
            yield self._paragraph("Body Text", self._run(self._say(outline.NO_HEADINGS)))
        for entry in self._plan.contents:
            runs = self._run(entry.number) + self._stream.tab() + self._run(one_line(entry.text))
            yield self._paragraph(f"toc {entry.level}", self._stream.link(self._marks[entry.key], runs))

    def _facts(self, rows: tuple[tuple[str, str], ...], *, keep: bool = False) -> Iterator[Piece]:
        widths = (_FACT_SHARE * self._measure, (1 - _FACT_SHARE) * self._measure)
        yield from self._standing(
            self._stream.listing(self._style("CSV Facts"), widths, self._pairs(rows, widths, keep)), keep=keep
        )

    def _pairs(self, rows: tuple[tuple[str, str], ...], widths: Widths, keep: bool) -> Iterator[str]:
        name_style, last = self._style("CSV Cell Label"), len(rows) - 1
        low = sum(estimated(pair, widths) for pair in rows) <= _PAGES[0] / 2
        for n, (name, value) in enumerate(rows or ((self._say(outline.NO_ITEMS), BLANK),)):
            styles = (name_style, self._style("CSV Cell Code" if is_digest(value) else "CSV Cell"))
            yield filled(self._stream.row(widths, styles, keep=low and n < last, leads=keep), (self._run(name), self._run(value)))

    def _standing(self, made: Listing, *, keep: bool = False) -> Iterator[Piece]:
        """A table, with a page break before it if one is due, and a gap after it."""
        if self._fresh:
            yield self._gap()
        yield made
        yield self._gap(keep=keep)

    def _headed(self, style: str, widths: Widths, titles: tuple[str, ...], rows: Iterable[str], again: str = "") -> Listing:
        said = (again, self._style("CSV Cell Label")) if again else ("", "")
        return self._stream.listing(self._style(style), widths, rows, titles, self._style("CSV Cell Head"), said)

    def _table(self, block: Table, label: str, within: str) -> Iterator[Piece]:
        widths = column_widths(block.columns, self._total)
        if label:
            yield self._caption(label, block.caption)
        else:
            yield self._gap(keep=True)
        own = self._form.specimen(block, label) if self._form is not None else None
        titles = tuple(column.title for column in block.columns)
        rows = self._listed(block, widths, own)
        if own is None:
            yield from self._standing(self._headed("CSV Table", widths, titles, rows, outline.repeated(block, within)))
        else:
            yield from self._standing(self._stream.around(own.table(titles, self._total), rows))

    def _listed(self, block: Table, widths: Widths, own: Specimen | None) -> Iterable[str]:
        if not block.rows:
            return [self._empty(block, widths)]
        return self._rows(block, widths) if own is None else self._rows_as(own, block)

    def _empty(self, block: Table, widths: Widths) -> str:
        said = paragraph(self._style("CSV Cell"), run(block.empty, self._style("CSV Quiet")))
        return self._stream.text(spanning(row((sum(widths),), [[said]]), len(widths)))

    def _rows(self, block: Table, widths: Widths) -> Iterator[str]:
        styles = tuple(self._style(_CELLS[column.kind]) for column in block.columns)
        alone, together = (self._stream.row(widths, styles, keep=keep) for keep in (False, True))
        rooms = [width - 4 * look.PAD for width in widths]
        ways = {"verdict": self._verdict, "id": self._linked, "place": self._linked}
        runs = [ways.get(column.kind, self._run) for column in block.columns]
        high = partial(estimated, widths=widths)
        for texts, keep in kept(block.rows, len(block.rows), high, _PAGES[self._wide], script=not block.caption):
            cells = [made(apart(text, room, look.CELL)) for made, text, room in zip(runs, texts, rooms, strict=True)]
            yield filled(together if keep else alone, cells)

    def _rows_as(self, own: Specimen, block: Table) -> Iterator[str]:
        """The rows as a company's form wants them: its row is cut once, and a run of each column and tone."""
        parts, kinds = self._stream.text(own.row()).split(SLOT), [column.kind for column in block.columns]
        moulds: dict[tuple[int, str], list[str]] = {}

        def cell(n: int, text: str) -> str:
            if kinds[n] in ("id", "place") and outline.leads(text, self._plan.anchors):
                return self._linked(text)
            tone = _TONES.get(look.tone(text).name, "") if kinds[n] == "verdict" else ""
            if (n, tone) not in moulds:
                moulds[n, tone] = self._stream.text(own.run(n, self._style(tone) if tone else "")).split(SLOT)
            opened, between, closed = moulds[n, tone]
            return opened + between.join(map(escaped, text.split("\n"))) + closed

        for texts in block.rows:
            yield filled(parts, [cell(n, text) for n, text in enumerate(texts)])

    def _caption(self, label: str, text: str) -> str:
        word, _, number = label.partition(" ")
        shown = self._stream.field(f"SEQ {word} \\* ARABIC", number)
        return self._paragraph("Caption", self._run(f"{word} "), shown, self._run(f"  {text}"))

    def _picture(self, block: Picture, label: str) -> Iterator[Piece]:
        yield self._caption(label, block.caption)
        if block.shows is None:
            yield self._paragraph("Body Text", self._run(block.empty))
            return
        shown = laid(block, min(self._measure, look.MEASURE), HIGHEST_WIDE if self._wide else HIGHEST, self._plan.words)
        self._figures += 1
        size = (shown.width, shown.height)
        picture = self._package.picture(png(shown, self._theme.inks))
        yield self._paragraph("Body Text", self._stream.text(drawing(picture, self._figures, size, label, block.alt)))

    def _verdict(self, text: str) -> str:
        style = _TONES.get(look.tone(text).name)
        return self._run(text, self._style(style) if style else "")

    def _linked(self, text: str) -> str:
        if not outline.leads(text, self._plan.anchors):
            return self._run(text)
        pieces = outline.fragments(text, self._plan.anchors)
        style = self._style("Hyperlink")
        return "".join(
            self._stream.link(self._marks[key], self._run(piece, style)) if key else self._run(piece) for piece, key in pieces
        )

    def _approval(self, block: ApprovalPage) -> Iterator[Piece]:
        if not block.slots:
            yield self._paragraph("Body Text", self._run(self._say(outline.NO_SLOTS)))
            return
        yield self._paragraph("Body Text", self._run(self._say(outline.APPROVAL_NOTE)))
        yield self._gap()
        right = LINE[0] + 4 * look.PAD
        widths = (self._measure - right, right)
        rows = (self._stream.text(self._slot(slot, widths)) for slot in block.slots)
        yield from self._standing(self._headed("CSV Table", widths, self._plan.words.all(outline.APPROVAL_HEAD), rows))

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
        picture = self._package.picture(empty_line(slot.role, slot.meaning, self._say(UNTOLD)))
        guid = signature_line_id(self._plan.report.id, self._plan.report.revision, slot.field)
        line += [signature_line(picture, guid, LINE, signer=slot.role, title=slot.meaning, instructions=slot.statement)]
        return [pictures(*line)]

    def _timeline(self, block: Timeline) -> Iterator[Piece]:
        if not block.entries:
            yield self._paragraph("Body Text", self._run(self._say(outline.NO_ENTRIES)))
            return
        widths = tuple(share * self._total for share in outline.TIMELINE_SHARES)
        parts = self._stream.row(widths, (self._style("CSV Cell Small"),) * len(widths))
        run, strong = self._run, self._style("Strong")
        rows = (filled(parts, (run(e.when), run(e.kind, strong), run(e.what), run(e.who))) for e in block.entries)
        yield from self._standing(self._headed("CSV Timeline", widths, self._plan.words.all(outline.TIMELINE_HEAD), rows))
