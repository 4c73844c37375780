"""A report for the screen: one self-contained HTML file, drawn from the same `Outline` as Word and PDF. Never official, and it says so.

Review by exception: what did not pass comes first, and of the executed scripts only those stand open. No script is needed; without
style it still reads in order. `class="aside"` marks what only this form says; all the rest is the text of the record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
)
from csvgen.report import look, outline
from csvgen.report.html_page import facts, lines, page, table, text, word
from csvgen.report.outline import Outline, Part
from csvgen.report.text import BLANK, is_digest, one_line

ENDING = ".html"
_UNOFFICIAL = "A page for the screen, drawn from the same text. It is not the official rendition and carries no signature."
_SIGNATURES = "see the signatures in the PDF file"
_TIMELINE = "Timeline"
_CASE = 3
"""Level of the headings below which one case stands."""


def draw(report: Report) -> bytes:
    """The page of a report. The same report gives the same bytes. Raises BadInput where `outline.outline` does."""
    plan = outline.outline(report)
    writer = _Writer(plan)
    return page(f"{report.id} {report.title}", writer.body(), plan.words)


@dataclass(frozen=True, slots=True)
class _Writer:
    plan: Outline

    def body(self) -> Iterator[str]:
        report, plan = self.plan.report, self.plan
        yield "<header>"
        if report.banner.strip():
            yield f'<p class="aside banner">{lines(report.banner)}</p>'
        yield f'<p class="organisation">{lines(report.organisation)}</p>'
        yield f"<h1>{lines(report.title)}</h1>"
        yield f'<p class="subtitle">{lines(report.subtitle)}</p>'
        yield f'<p class="aside notice"><strong>{lines(report.id)}, {text(plan.revision.lower())}.</strong> {text(plan.words.say(_UNOFFICIAL))}</p>'
        yield "</header>"
        yield from self._first()
        yield '<main id="main">'
        yield from self._facts(plan.identification)
        yield from self._bound((self.plan.words.say(outline.DIGESTS_TITLE), plan.digests))
        yield from self._parts([part for chapter in plan.chapters for part in chapter.parts])
        yield f'<p class="soft">{lines(plan.closing)}</p>'
        yield from self._bound(
            (self.plan.words.say(outline.SOURCES_TITLE), plan.sources), (self.plan.words.say(outline.DIGESTS_TITLE), plan.digests)
        )
        yield "</main>"
        head = (
            report.banner, report.organisation, report.title, f"{report.id} · {plan.revision}", report.status, f"{plan.short} · {report.made_by}",
        )  # fmt: skip
        yield '<footer class="furniture">' + "".join(f"<p>{lines(t)}</p>" for t in head if t.strip()) + "</footer>"

    # -------------------------------------------------------------- first of all

    def _first(self) -> Iterator[str]:
        """Every verdict that is not good, with the place it stands; and how many there are of each."""
        counted: Counter[str] = Counter()
        odd: list[tuple[str, str, str, str]] = []
        say = self.plan.words.say
        key, place = "", say("the beginning")
        for part in (p for c in self.plan.chapters for p in c.parts):
            if part.title:
                key, place = part.title.key, f"{part.title.number} {part.title.text}".strip()
            columns = (
                [n for n, c in enumerate(part.block.columns) if c.kind == "verdict"] if isinstance(part.block, Table) else []
            )
            for row in part.block.rows if isinstance(part.block, Table) else ():
                for n in columns:
                    counted[one_line(row[n])] += 1
                    if look.tone(row[n]) in (look.BAD, look.OPEN):
                        odd.append((key, f"{place}, {part.label}" if part.label else place, row[0].partition("\n")[0], row[n]))
        if not counted:
            return
        yield (
            '<section class="aside first" aria-labelledby="first"><h2 id="first">'
            + text(say("What did not pass, first"))
            + "</h2>"
        )
        yield '<ul class="chips">' + "".join(f"<li>{word(said)} {n}</li>" for said, n in counted.most_common()) + "</ul>"
        if odd:
            rows = ((f'<a href="#{text(k)}">{lines(where)}</a>', lines(row), word(said)) for k, where, row, said in odd)
            yield from table(map(say, ("Where", "Row", "Verdict")), rows, label=say("What did not pass, first"))
        else:
            none = "None of the {number} verdicts on this page is anything but passed or not applicable."
            yield f"<p>{text(say(none, number=str(sum(counted.values()))))}</p>"
        yield "</section>"

    # -------------------------------------------------------------- blocks in their order

    def _parts(self, parts: Sequence[Part]) -> Iterator[str]:
        """Sections by their headings; a case is a fold, open where its verdict is not good."""
        folded = False
        for n, part in enumerate(parts):
            title = part.title
            if title and folded:
                yield "</details>"
                folded = False
            if title and title.level == _CASE and title.number:
                said = _verdict(parts, n)
                opened = " open" if look.tone(said) in (look.BAD, look.OPEN) else ""
                mark = f'<span class="aside">{word(said)}</span>' if said else ""
                yield f'<details{opened}><summary><h4 id="{text(title.key)}">{self._numbered(part)}</h4>{mark}</summary>'
                folded = True
            elif title:
                level = 2 if title.level == 1 else 3
                yield f'<h{level} id="{text(title.key)}">{self._numbered(part)}</h{level}>'
            yield from self._block(part)
        if folded:
            yield "</details>"

    @staticmethod
    def _numbered(part: Part) -> str:
        title = part.title
        return f"{text(title.number)} {lines(title.text)}".strip() if title else ""

    def _block(self, part: Part) -> Iterator[str]:
        block = part.block
        match block:
            case Heading() | PageBreak():
                return
            case Paragraph():
                yield f'<p class="{block.style}">{lines(block.text)}</p>'
            case Bullets():
                # the mark is part of the text, as in the other renditions; a list of its own would number twice
                marks = (f"{n}." if block.numbered else "•" for n in range(1, len(block.items) + 1))
                yield from (f"<p>{mark} {lines(item)}</p>" for mark, item in zip(marks, block.items, strict=True))
            case Facts():
                yield from self._facts(block.rows)
            case Table():
                yield from self._table(block, part.label)
            case ApprovalPage():
                yield from self._approval(block.slots)
            case Timeline():
                yield from self._timeline(block)
            case Contents():
                yield from self._contents()
            case Picture():
                yield from self._picture(block, part.label)

    def _facts(self, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
        shown = rows or ((self.plan.words.say(outline.NO_ITEMS), BLANK),)
        yield from facts((name, f"<code>{text(value)}</code>" if is_digest(value) else lines(value)) for name, value in shown)

    def _bound(self, *lists: tuple[str, tuple[tuple[str, str], ...]]) -> Iterator[str]:
        for title, rows in lists:
            yield f'<p class="soft">{text(title)}</p>'
            yield from self._facts(rows)
        yield f'<p class="note">{text(self.plan.official)}</p>'

    def _table(self, block: Table, label: str) -> Iterator[str]:
        caption = f"{text(label)} {lines(block.caption)}" if label else ""
        kinds = [c.kind for c in block.columns]
        rows = [[self._cell(kind, cell) for kind, cell in zip(kinds, row, strict=True)] for row in block.rows] or [
            [lines(block.empty)]
        ]
        drawn = table(
            [c.title for c in block.columns], rows, caption=caption, label=one_line(block.caption) or self.plan.words.say("Steps")
        )
        verdicts = [n for n, kind in enumerate(kinds) if kind == "verdict"]
        odd = iter([_odd([row[n] for n in verdicts]) for row in block.rows])
        for line in drawn:
            mark = next(odd, "") if line.startswith("<tr><td data-title") else ""
            yield line.replace("<tr>", f'<tr class="{mark}">', 1) if mark else line

    def _cell(self, kind: str, cell: str) -> str:
        if kind == "verdict":
            return word(cell)
        if kind == "mono" or is_digest(cell):
            return f"<code>{lines(cell)}</code>"
        if kind in ("id", "place"):
            pieces = outline.fragments(cell, self.plan.anchors)
            return "".join(f'<a href="#{text(key)}">{lines(piece)}</a>' if key else lines(piece) for piece, key in pieces)
        return lines(cell)

    def _approval(self, slots: Sequence[SignatureSlot]) -> Iterator[str]:
        if not slots:
            yield f"<p>{text(self.plan.words.say(outline.NO_SLOTS))}</p>"
            return
        yield f"<p>{text(self.plan.words.say(outline.APPROVAL_NOTE))}</p>"
        rows = (
            (
                f"<strong>{s.number} {lines(s.role)}</strong><br>{lines(s.meaning)}<br>{lines(s.statement)}",
                f'<span class="aside soft">{text(self.plan.words.say(_SIGNATURES))}</span>'
                if s.field
                else "<br>".join(map(text, self.plan.words.all(outline.PAPER_LINES))),
            )
            for s in slots
        )
        yield from table(self.plan.words.all(outline.APPROVAL_HEAD), rows, label=self.plan.words.say(outline.APPROVAL_TITLE))

    def _timeline(self, block: Timeline) -> Iterator[str]:
        if not block.entries:
            yield f"<p>{text(self.plan.words.say(outline.NO_ENTRIES))}</p>"
            return
        rows = ((lines(e.when), f"<strong>{lines(e.kind)}</strong>", lines(e.what), lines(e.who)) for e in block.entries)
        yield from table(self.plan.words.all(outline.TIMELINE_HEAD), rows, label=self.plan.words.say(_TIMELINE))

    def _contents(self) -> Iterator[str]:
        if not self.plan.contents:
            yield f"<p>{text(self.plan.words.say(outline.NO_HEADINGS))}</p>"
            return
        yield f'<nav aria-label="{text(self.plan.words.say(outline.CONTENTS_TITLE))}"><ol>'
        for e in self.plan.contents:
            kind = ' class="sub"' if e.level > 1 else ""
            yield f'<li{kind}><a href="#{text(e.key)}">{text(e.number)} {text(one_line(e.text))}</a></li>'
        yield "</ol></nav>"

    @staticmethod
    def _picture(block: Picture, label: str) -> Iterator[str]:
        """Its caption, and in words what it shows; the drawing itself stands in the other renditions."""
        yield f'<p class="soft">{text(label)} {lines(block.caption)}</p>'
        if block.shows is None:
            yield f"<p>{lines(block.empty)}</p>"
        else:
            yield f'<p class="aside note">{lines(block.alt)}</p>'


def _verdict(parts: Sequence[Part], at: int) -> str:
    """The verdict of the case below a heading: the first fact, where it is a word for one."""
    after = parts[at + 1].block if at + 1 < len(parts) else None
    name = after.rows[0][0] if isinstance(after, Facts) and after.rows else ""
    return name if look.tone(name) is not look.PLAIN else ""


def _odd(words: Sequence[str]) -> str:
    tones = [look.tone(w) for w in words]
    return "bad" if look.BAD in tones else "open" if look.OPEN in tones else ""
