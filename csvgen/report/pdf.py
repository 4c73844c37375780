"""A report as PDF/A-3b: `draw`.

The same report gives the same bytes. Each signature slot has an empty signature field, named as the slot says, over its box
in the approval table. Header, footer and banner stand on every page; the banner has its own room and covers nothing.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from csvgen.errors import BadInput
from csvgen.model.report import PageBreak, Paragraph, Report
from csvgen.report import look, outline
from csvgen.report.collecting import collected_later
from csvgen.report.fonts import Face
from csvgen.report.fonts.further import used
from csvgen.report.outline import Chapter, Outline
from csvgen.report.pdf_blocks import CAPTION, Setter
from csvgen.report.pdf_finish import finish
from csvgen.report.pdf_page import Ink, Page, Strip, Type, nothing, paginate, register_fonts, reserved, text_lines
from csvgen.report.pdf_tags import Tags
from csvgen.report.theme import FILE, PLAIN, Theme
from csvgen.report.wording import Wording

_TITLE = Type(Face.BOLD, look.TITLE, look.ACCENT)
_SUBTITLE = Type(Face.SANS, look.SUBTITLE)
_ORGANISATION = Type(Face.BOLD, look.BODY, look.SOFT)
_SMALL, _SMALL_BOLD = Type(Face.SANS, look.SMALL), Type(Face.BOLD, look.SMALL)
_SMALL_SOFT = Type(Face.SANS, look.SMALL, look.SOFT)
_BANNER = Type(Face.BOLD, look.LABEL, look.ALARM)
_LEFT, _RIGHT = 0.56, 0.42
"""Parts of the header that its two columns have."""
_LEAST_ROOM = 200.0
_LOGO = (180.0, 40.0)
"""A logo is at most so wide and high."""
DRAFT = "DRAFT"
"""Across every page of a file that nobody will ever sign. One that will be signed says so in its signature boxes."""
_LAST, _LAST_ROOM = 2, 0.25
"""So many lines or rows stay with the end of the document, and the part of a page that they may take."""
_GAP = 18.0
"""Between header and body, and body and footer."""


@collected_later
def draw(report: Report | Outline, theme: Theme = PLAIN) -> bytes:
    """The PDF rendition of a report, planned or not, in the colours of a theme, with its logo on the cover.

    Raises BadInput where `outline.outline` does, and if banner and header would leave no room for text.
    """
    head = report.report if isinstance(report, Outline) else report
    lacking = sorted(c for c in head.glyphs if not any(c in f.advances for f in theme.fonts))
    if lacking:
        raise BadInput(
            f"no font at hand has {', '.join(f'U+{ord(c):04X}' for c in lacking)}", where=head.id, hint=f"[fonts] in {FILE}"
        )
    with used(theme.fonts if head.glyphs else ()):
        plan = outline.planned(report)
        raw, ink = _drawn(plan, theme)
        return finish(raw, plan, ink)


def _drawn(plan: Outline, theme: Theme) -> tuple[io.BytesIO, Ink]:
    """The pages, and the pen that drew them. Strips and canvas are let go here: the last pass needs the room."""
    register_fonts()
    tags = Tags()
    pages = [(sheet, page) for sheet, stacked in _sheets(plan, tags, theme) for page in stacked]
    places = {strip.key: n for n, (_, page) in enumerate(pages, 1) for _, strip in page if strip.key}
    raw = io.BytesIO()
    canvas = Canvas(raw, pagesize=look.PAGE, invariant=1, pageCompression=1, initialFontName=Face.SANS.value)
    ink = Ink(canvas, places, tags=tags, inks=theme.inks)
    for sheet, page in pages:
        ink.turn(sheet.size)
        with ink.tagged(None):
            sheet.paint(ink, len(pages))
        top = sheet.body_top
        for y, strip in page:
            ink.strip(strip, look.SIDE, top - y)
    canvas.showPage()
    canvas.save()
    ink.done()
    return raw, ink


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page without its body: size, banner, header and footer as wrapped lines, and the room they leave."""

    size: tuple[float, float]
    banner: tuple[str, ...]
    left: tuple[tuple[str, Type], ...]
    right: tuple[tuple[str, Type], ...]
    foot: tuple[str, ...]
    is_draft: bool
    words: Wording

    @classmethod
    def of(cls, plan: Outline, *, wide: bool) -> Sheet:
        """The sheet of a document in one orientation."""
        report = plan.report
        size = (look.PAGE[1], look.PAGE[0]) if wide else look.PAGE
        width = size[0] - 2 * look.SIDE

        def column(share: float, *texts: tuple[str, Type]) -> tuple[tuple[str, Type], ...]:
            return tuple((line, kind) for text, kind in texts for line in kind.wrap(text, share * width))

        sheet = cls(
            size=size,
            banner=_BANNER.wrap(report.banner, width - 16) if report.banner.strip() else (),
            left=column(_LEFT, (report.organisation, _SMALL_SOFT), (report.title, _SMALL_BOLD)),
            right=column(_RIGHT, (f"{report.id} · {plan.revision}", _SMALL), (report.status, _SMALL_BOLD)),
            foot=_SMALL.wrap(f"{plan.short} · {report.made_by}", 0.8 * width),
            is_draft=report.official == "none",
            words=plan.words,
        )
        if sheet.room < _LEAST_ROOM:
            raise BadInput("banner, title, status and the like leave no room for text on a page", where=report.id)
        return sheet

    @property
    def width(self) -> float:
        """Width between the margins."""
        return self.size[0] - 2 * look.SIDE

    @property
    def body_top(self) -> float:
        """Height of the top edge of the body above the bottom of the page."""
        return self.size[1] - look.EDGE - self._banner_height - self._header_height - _GAP

    @property
    def room(self) -> float:
        """Height of the body."""
        return self.body_top - look.EDGE - self._footer_height - _GAP

    @property
    def _banner_height(self) -> float:
        return len(self.banner) * _BANNER.pitch + 16 if self.banner else 0.0

    @property
    def _header_height(self) -> float:
        return max(len(self.left), len(self.right)) * _SMALL.pitch + 4

    @property
    def _footer_height(self) -> float:
        return len(self.foot) * _SMALL.pitch + 4

    def paint(self, ink: Ink, total: int) -> None:
        """Draw header, footer and banner on the page in hand, which is one of `total`."""
        left, right, top = look.SIDE, self.size[0] - look.SIDE, self.size[1] - look.EDGE
        if self.is_draft:
            ink.across(self.size, self.words.say(DRAFT))
        if self.banner:
            ink.frame((left, top - self._banner_height + 6, right, top), look.ALARM, 1.2)
        for n, line in enumerate(self.banner):
            ink.centred((left + right) / 2, top - 5 - n * _BANNER.pitch - _BANNER.drop, line, _BANNER)
        top -= self._banner_height
        for n, (line, kind) in enumerate(self.left):
            ink.text(left, top - n * kind.pitch - kind.drop, line, kind)
        for n, (line, kind) in enumerate(self.right):
            ink.right(right, top - n * kind.pitch - kind.drop, line, kind)
        rule = top - self._header_height
        ink.line((left, rule, right, rule), look.ACCENT, 0.8)
        rule = look.EDGE + self._footer_height
        ink.line((left, rule, right, rule), look.RULE, 0.5)
        first = rule - 4 - _SMALL.drop
        for n, line in enumerate(self.foot):
            ink.text(left, first - n * _SMALL.pitch, line, _SMALL_SOFT)
        ink.right(right, first, self.words.say(outline.PAGE, page=str(ink.page), total=str(total)), _SMALL)


def _sheets(plan: Outline, tags: Tags, theme: Theme) -> Iterator[tuple[Sheet, list[Page]]]:
    """The document as runs of pages of one orientation: cover, chapters, closing."""
    runs = [(wide, list(chapters)) for wide, chapters in groupby(plan.chapters, key=lambda chapter: chapter.wide)]
    upright = Sheet.of(plan, wide=False)
    yield upright, paginate(_cover(Setter(plan, upright.width, upright.room, tags), theme.logo), upright.room)
    for n, (wide, chapters) in enumerate(runs or [(False, [])], 1):
        sheet = Sheet.of(plan, wide=wide)
        setter = Setter(plan, sheet.width, sheet.room, tags)
        strips = list(_body(setter, chapters))
        if n >= len(runs):
            strips = [*_held(strips, sheet.room), *_closing(setter)]
        yield sheet, paginate(strips, sheet.room)


def _body(setter: Setter, chapters: Iterable[Chapter]) -> Iterator[Strip]:
    fresh = False
    for chapter in chapters:
        for part in chapter.parts:
            fresh = fresh or isinstance(part.block, PageBreak)
            for strip in setter.part(part):
                yield strip._replace(fresh=True) if fresh else strip
                fresh = False


def _held(strips: list[Strip], room: float) -> list[Strip]:
    """The same strips, the last few of them kept with what follows: the end of a document has no page for itself."""
    start, high, rows = len(strips), 0.0, 0
    while start and rows < _LAST and high + strips[start - 1].height <= _LAST_ROOM * room:
        start -= 1
        high += strips[start].height
        rows += strips[start].paint is not nothing
    return [*strips[:start], *(strip._replace(keep=True) for strip in strips[start:])]


def _logo(data: bytes, setter: Setter) -> Strip:
    """The logo at the left margin, no larger than its room."""
    image = ImageReader(io.BytesIO(data))
    wide, high = image.getSize()
    part = min(_LOGO[0] / wide, _LOGO[1] / high)
    tag = setter.tags.root.add(
        "Figure", alt=setter.plan.words.say("Logo of {organisation}", organisation=setter.plan.report.organisation)
    )

    def paint(ink: Ink, x: float, top: float) -> None:
        ink.canvas.drawImage(image, x, top - high * part, wide * part, high * part)

    return Strip(_LOGO[1] + 6.0, paint, tag=tag)


def _cover(setter: Setter, logo: bytes) -> Iterator[Strip]:
    plan, measure = setter.plan, setter.measure
    report = plan.report
    yield _logo(logo, setter) if logo else Strip(_LOGO[1] + 6.0, reserved)
    lines = ((report.organisation, _ORGANISATION, 0.0), (report.title, _TITLE, 36.0), (report.subtitle, _SUBTITLE, 4.0))
    for text, kind, before in lines:
        yield from text_lines(kind.wrap(text, measure), kind, before=before, tag=setter.tags.root.add("P"))
    yield Strip(34.0, nothing)
    yield from setter.facts(plan.identification)
    yield from _bound(setter, (plan.words.say(outline.DIGESTS_TITLE), plan.digests))


def _closing(setter: Setter) -> Iterator[Strip]:
    """The end of the document says so, and tells what it was made from and what ties it to its record; if it is short, in one piece."""
    plan = setter.plan
    *strips, last = [
        Strip(30.0, nothing, keep=True),
        *text_lines(CAPTION.wrap(plan.closing, setter.measure), CAPTION, keep=True, tag=setter.tags.root.add("P")),
        *_bound(
            setter, (plan.words.say(outline.SOURCES_TITLE), plan.sources), (plan.words.say(outline.DIGESTS_TITLE), plan.digests)
        ),
    ]
    together = sum(strip.height + strip.before for strip in strips) <= setter.room / 2
    yield from (strip._replace(keep=strip.keep or together) for strip in strips)
    yield last


def _bound(setter: Setter, *lists: tuple[str, tuple[tuple[str, str], ...]]) -> Iterator[Strip]:
    """Named lists of digests, and the sentence that says which file is official."""
    for title, rows in lists:
        yield from text_lines((title,), CAPTION, before=14.0, keep=True, tag=setter.tags.root.add("P"))
        yield from setter.facts(rows)
    yield Strip(look.BLOCK_GAP, nothing)
    yield from setter.paragraph(Paragraph(setter.plan.official, "note"))
