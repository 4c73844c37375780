"""The traceability matrix as a workbook: `draw`.

A working copy for people who filter and sort; the record is the matrix itself, named by its digest on every printed page.
Text is always text: nothing from a specification can become a formula. Totals are formulas (COUNTIF), so that a reader can
check them, with the values csvgen counted stored beside them. The same matrix gives the same bytes.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table as ExcelTable
from openpyxl.worksheet.table import TableColumn, TableStyleInfo

from csvgen.canonical import Digest, digest, normalised_zip
from csvgen.model.execution import Verdict
from csvgen.model.matrix import Coverage, Gap, Matrix
from csvgen.model.report import SignatureSlot, Table
from csvgen.report import excel_signatures as signatures
from csvgen.report import look
from csvgen.report.collecting import collected_later
from csvgen.report.excel_rows import FORMULA, LINK, SLOT, Body
from csvgen.report.excel_sheets import Grid, about, about_tables, extra_grid, grids, worded
from csvgen.report.excel_text import cell_text, finished_parts, margin_text, row_height, sheet_name
from csvgen.report.lines import UNTOLD
from csvgen.report.outline import PAGE, moment
from csvgen.report.text import one_line, visible
from csvgen.report.wording import IN_ENGLISH, Wording
from csvgen.trace.open_clauses import KIND

_FONT = "Arial"
_A3, _A4 = 8, 9
_WORDS = (*(v.value for v in Verdict), *get_args(Coverage))
"""Everything a verdict or coverage cell can say."""
_TROUBLE = tuple(v.value for v in Verdict if look.tone(v.value) in {look.BAD, look.OPEN})
_COLUMN_LIMIT = 60.0
_FACTS = (30.0, 76.0)
"""Columns of Summary and About."""


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands above and around every sheet."""

    title: str
    document: str
    system: str
    made_by: str
    banner: str
    date: str
    short: str
    wording: Wording

    def over(self, title: str) -> str:
        """The first line of a sheet."""
        return one_line(f"{title} · {self.document} · {self.system}")


@collected_later
def draw(
    matrix: Matrix, *, title: str, document_id: str, made_by: str, banner: str = "", date: str = "",
    extra: Mapping[str, Table | Grid] | None = None, slots: Sequence[SignatureSlot] = (), revision: int = 1,
    separation: Sequence[tuple[str, str]] = (), wording: Wording = IN_ENGLISH, clauses: Sequence[str] = (),
) -> bytes:  # fmt: skip
    """The workbook of a matrix: Summary, Matrix, Reverse, Gaps, Evidence, About, and a sheet for each `extra` table by name.

    With `slots` a sheet Signatures comes last, with a signature line for each: their ids are those of `signature_line_id` for
    `document_id` and `revision`; `separation`: pairs of meanings that take two people.
    `date`: as printed, from the record; without one the file says no date. Raises BadInput for a text longer than a cell
    can hold (32,767 characters), naming sheet and cell: Excel would cut it in silence. `wording`: of the language of the document.
    `clauses`: those that nothing answers, listed with the gaps.
    """
    short = wording.say("Content {digest}", digest=digest(matrix).short)
    head = _Head(title, document_id, f"{matrix.system} {matrix.version}", made_by, banner, date, short, wording)
    sheets = grids(matrix, extra or {}, wording, clauses)
    _refuse_long(head, sheets)
    book = Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    cached = _summary(book, head, matrix, sheets, clauses)
    used = {wording.say(name).lower() for name in ("Summary", "About", signatures.SHEET)}
    bodies = dict(_sheet(book, head, grid, sheet_name(grid.name, used), number) for number, grid in enumerate(sheets, 1))
    _about(book, head, matrix, sheets, signed=bool(slots))
    if slots:
        _signatures(book, head, slots, separation)
    properties = book.properties
    properties.title, properties.creator = (visible(one_line(text))[:255] for text in (title, made_by))
    properties.subject, properties.identifier = (visible(one_line(text))[:255] for text in (head.system, document_id))
    properties.description = head.short
    out = io.BytesIO()
    book.save(out)
    return _packed(out, book, head, cached, bodies, date, slots, document_id=document_id, revision=revision)


@collected_later
def draw_tables(
    tables: Mapping[str, Table], *, title: str, document_id: str, system: str, content: Digest, made_by: str, revision: int,
    banner: str = "", date: str = "", slots: Sequence[SignatureSlot] = (), separation: Sequence[tuple[str, str]] = (),
    wording: Wording = IN_ENGLISH,
) -> bytes:  # fmt: skip
    """Tables of a document as a workbook: a sheet for each, About and Signatures; the same text that the document prints.

    `content` is the digest the document binds; the parameters are else those of `draw`.
    """
    short = wording.say("Content {digest}", digest=content.short)
    head = _Head(title, document_id, system, made_by, banner, date, short, wording)
    sheets = [extra_grid(wording.say(name), table) for name, table in tables.items()]
    _refuse_long(head, sheets)
    book = Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    used = {wording.say(name).lower() for name in ("About", signatures.SHEET)}
    bodies = dict(_sheet(book, head, grid, sheet_name(grid.name, used), number) for number, grid in enumerate(sheets, 1))
    _about_rows(book, head, about_tables(content, sheets, made_by, wording))
    if slots:
        _signatures(book, head, slots, separation)
    properties = book.properties
    properties.title, properties.creator = (visible(one_line(text))[:255] for text in (title, made_by))
    properties.subject, properties.identifier = (visible(one_line(text))[:255] for text in (head.system, document_id))
    properties.description = head.short
    out = io.BytesIO()
    book.save(out)
    return _packed(out, book, head, {}, bodies, date, slots, document_id=document_id, revision=revision)


def _packed(
    out: io.BytesIO, book: Workbook, head: _Head, cached: Mapping[str, str], bodies: Mapping[str, Body], date: str,
    slots: Sequence[SignatureSlot], *, document_id: str, revision: int,
) -> bytes:  # fmt: skip
    """The saved book with its rows, a signature line for each slot, and bytes that depend on nothing else."""
    parts = finished_parts(out.getvalue(), cached, moment(date))
    if slots:
        sheet = f"xl/worksheets/sheet{len(book.worksheets)}.xml"
        parts = signatures.with_lines(
            parts, sheet, slots, first=_top(head) + 1, record=document_id, revision=revision, untold=head.wording.say(UNTOLD)
        )
    whole = ((name, bodies[name].around(data) if name in bodies else data) for name, data in parts.items())
    return normalised_zip(whole, first="[Content_Types].xml")


def _refuse_long(head: _Head, sheets: Sequence[Grid]) -> None:
    """Refuse what no cell above the rows can hold before the first byte is written: openpyxl cannot be left in the middle of a sheet."""
    for name in ("document", "system", "made_by", "banner", "date"):
        cell_text(getattr(head, name), name)
    cell_text(head.over(head.title), "title")
    for grid in sheets:
        cell_text(head.over(grid.title), f"title of {grid.name}")


def _styles() -> Iterator[NamedStyle]:
    top = Alignment(vertical="top", wrap_text=True)
    rule = Border(bottom=Side("thin", color=look.RULE))
    yield NamedStyle("csv title", font=Font(_FONT, 14, bold=True, color=look.ACCENT))
    yield NamedStyle("csv banner", font=Font(_FONT, 11, bold=True, color=look.ALARM))
    yield NamedStyle("csv label", font=Font(_FONT, 10, color=look.SOFT), alignment=top, border=rule)
    yield NamedStyle("csv section", font=Font(_FONT, 10, bold=True, color=look.SOFT))
    yield NamedStyle("csv cell", font=Font(_FONT, 10), alignment=top, border=rule)
    yield NamedStyle("csv count", font=Font(_FONT, 10), alignment=Alignment(horizontal="left", vertical="top"), border=rule)
    yield NamedStyle("csv link", font=Font(_FONT, 10, color=look.ACCENT, underline="single"), alignment=top, border=rule)
    yield NamedStyle("csv word", font=Font(_FONT, 10, bold=True), alignment=top, border=rule)
    yield NamedStyle("csv code", font=Font("Courier New", 9), alignment=top, border=rule)
    yield NamedStyle(
        "csv head", font=Font(_FONT, 10, bold=True), alignment=Alignment(vertical="center", wrap_text=True),
        fill=PatternFill("solid", look.WASH), border=Border(bottom=Side("medium", color=look.ACCENT)),
    )  # fmt: skip


def _text(sheet: Any, text: str, style: str, where: str, target: str = "") -> Any:
    """A cell of type string, whatever the text looks like; `target`: the cell it leads to."""
    cell = WriteOnlyCell(sheet)
    text = cell_text(text, where)
    cell.value = text
    cell.data_type = "s"  # openpyxl takes '=1+1' for a formula and '#N/A' for an error
    cell.style = style
    cell.quotePrefix = text.startswith(FORMULA)  # stays text also after somebody edits the cell
    if target:
        cell.hyperlink = Hyperlink(ref="A1", location=target)
    return cell


def _fact(sheet: Any, row: int, name: str, value: str, style: str) -> None:
    """Row number `row`: a name and its value."""
    sheet.row_dimensions[row].height = row_height((name, value), _FACTS)
    label = f"{sheet.title}, {one_line(name)}"
    sheet.append([_text(sheet, name, "csv label", label), _text(sheet, value, style, label)])


def _open(book: Workbook, head: _Head, name: str, widths: Sequence[float], *, paper: int, wide: bool = True) -> Any:
    """A new sheet with its page set up and its title rows written."""
    sheet = book.create_sheet(name)
    for n, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(n)].width = min(width, _COLUMN_LIMIT)
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.orientation = "landscape" if wide else "portrait"
    sheet.page_setup.paperSize = paper
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.oddHeader.left.text = margin_text(head.title) if wide else None  # a narrow page has no room beside the banner
    sheet.oddHeader.center.text = margin_text(head.banner)
    sheet.oddHeader.right.text = margin_text(name)
    sheet.oddFooter.left.text = margin_text(f"{head.document} · {head.short}")
    sheet.oddFooter.center.text = margin_text(head.made_by)
    sheet.oddFooter.right.text = head.wording.say(PAGE, page="&P", total="&N")
    return sheet


def _start(sheet: Any, head: _Head, title: str) -> int:
    """Write title and banner; gives the number of the next row."""
    sheet.append([_text(sheet, head.over(title), "csv title", "title")])
    if head.banner.strip():
        sheet.append([_text(sheet, one_line(head.banner), "csv banner", "banner")])
        return 3
    return 2


def _top(head: _Head) -> int:
    """Number of the row that holds the column titles of a sheet."""
    return 3 if head.banner.strip() else 2


def _sheet(book: Workbook, head: _Head, grid: Grid, name: str, number: int) -> tuple[str, Body]:
    """A sheet with one row in the place of all of its own; gives the name of its part and its rows."""
    top = _top(head)
    last = top + len(grid.rows)
    letters = [get_column_letter(n) for n in range(1, len(grid.titles) + 1)]
    area = f"A{top}:{letters[-1]}{last}"
    sheet = _open(book, head, name, grid.widths, paper=_A3 if len(grid.titles) > 8 else _A4)  # noqa: PLR2004 - what A4 can hold
    sheet.freeze_panes = f"{grid.frozen}{top + 1}"
    sheet.print_title_rows = f"{top}:{top}"
    _start(sheet, head, grid.title)
    sheet.row_dimensions[top].height = row_height(grid.titles, grid.widths) + 4
    sheet.append([_text(sheet, text, "csv head", f"{name}, titles") for text in grid.titles])
    body = Body.of(sheet, grid, top)
    sheet.append([_place(sheet)])
    for letter, style in zip(letters, grid.styles, strict=True):
        if style == "csv word":
            _say(sheet, f"{letter}{top + 1}:{letter}{last}", grid, letter, top + 1, head.wording)
    table = ExcelTable(
        id=number, name=f"csvgen_{number}", displayName=f"csvgen_{number}", ref=area, autoFilter=AutoFilter(ref=area),
        tableStyleInfo=TableStyleInfo(name="TableStyleLight1", showRowStripes=False),
    )  # fmt: skip
    table.tableColumns.extend(TableColumn(id=n, name=cell_text(text, name)) for n, text in enumerate(grid.titles, 1))
    sheet.tables.add(table)
    return f"xl/worksheets/sheet{len(book.worksheets)}.xml", body


def _place(sheet: Any) -> Any:
    """The cell that stands for all rows until they are put in."""
    cell = _text(sheet, "", LINK, "", SLOT)
    cell.value = SLOT
    return cell


def _say(sheet: Any, area: str, grid: Grid, letter: str, first: int, wording: Wording) -> None:
    """Colour that follows the word in a cell, also after somebody edits it."""
    if letter in grid.lists:  # several cases in one cell: coloured when one of them is not passed
        for word in _TROUBLE:
            sheet.conditional_formatting.add(area, FormulaRule([f'ISNUMBER(SEARCH(" {word}",{letter}{first}))'], **_paint(word)))
        return
    for word in _WORDS:
        said = word if word in set(Verdict) else worded(word, wording)
        sheet.conditional_formatting.add(area, CellIsRule("equal", [f'"{said}"'], **_paint(word)))


def _paint(word: str) -> dict[str, Any]:
    tone = look.tone(word)
    found: dict[str, Any] = {"font": Font(color=tone.ink)}
    if tone.wash:
        found["fill"] = PatternFill("solid", bgColor=tone.wash)
    return found


def _summary(book: Workbook, head: _Head, matrix: Matrix, sheets: Sequence[Grid], clauses: Sequence[str]) -> dict[str, str]:
    """The first sheet; gives the value of each formula in it by cell."""
    say = head.wording.say
    sheet = _open(book, head, say("Summary"), _FACTS, paper=_A4, wide=False)
    row = _start(sheet, head, head.title)
    pairs = (
        (say("Document"), head.document), (say("System"), head.system), (say("Date"), head.date),
        (say("Requirements"), str(len(matrix.rows))), (say("Cases"), str(len(matrix.reverse))), (say("Gaps"), str(len(matrix.gaps))),
        *(((say("Clauses that nothing answers"), str(len(clauses))),) if clauses else ()),
        (say("Complete"), say("yes: no gap" if matrix.complete else "no: see sheet Gaps")), (say("Made by"), head.made_by),
    )  # fmt: skip
    for n, (name, value) in enumerate(pairs, row):
        _fact(sheet, n, name, value, "csv cell")
    row += len(pairs)
    grid_of = {grid.name: grid for grid in sheets}
    kinds_of_gap = (*get_args(Gap.model_fields["kind"].annotation), *((KIND,) if clauses else ()))
    totals: tuple[tuple[str, str, str, Sequence[str], Counter[str]], ...] = (
        ("Requirements by coverage", "Matrix", "Coverage", get_args(Coverage), Counter(r.coverage for r in matrix.rows)),
        ("Cases by final verdict", "Reverse", "Final verdict", list(Verdict), Counter(r.final for r in matrix.reverse)),
        ("Gaps by kind", "Gaps", "Gap", kinds_of_gap, Counter((*(g.kind for g in matrix.gaps), *(KIND for _ in clauses)))),
    )
    cached: dict[str, str] = {}
    for title, name, column, kinds, counted in totals:
        grid = grid_of[say(name)]
        letter, top = grid.column(say(column)), _top(head)
        area = f"'{grid.name}'!${letter}${top + 1}:${letter}${top + len(grid.rows)}"
        sheet.append([])
        sheet.append([_text(sheet, say(title), "csv section", "Summary")])
        row += 2
        for kind in kinds:
            word = kind if kind in set(Verdict) else worded(kind, head.wording)
            count = WriteOnlyCell(sheet, value=f'=COUNTIF({area},"{word}")')
            count.style = "csv count"
            cached[f"B{row}"] = str(counted[kind])
            sheet.append([_text(sheet, word, "csv label", "Summary"), count])
            row += 1
    return cached


def _signatures(book: Workbook, head: _Head, slots: Sequence[SignatureSlot], separation: Sequence[tuple[str, str]]) -> None:
    """The last sheet: a row for each signature, with room for its line."""
    say = head.wording.say
    sheet = _open(book, head, say(signatures.SHEET), signatures.WIDTHS, paper=_A4)
    top = _start(sheet, head, say("Signatures: each covers the whole workbook"))
    sheet.freeze_panes = f"A{top + 1}"
    sheet.append([_text(sheet, text, "csv head", signatures.SHEET) for text in head.wording.all(signatures.TITLES)])
    for n, slot in enumerate(slots, top + 1):
        sheet.row_dimensions[n].height = signatures.ROW
        who = signatures.who_may_sign(slot, separation, head.wording)
        texts = (str(slot.number), slot.meaning, slot.role, who, slot.statement)
        below = WriteOnlyCell(sheet)  # the line stands over it
        below.style = "csv cell"
        sheet.append([*(_text(sheet, text, "csv cell", f"{signatures.SHEET}!{n}") for text in texts), below])


def _about(book: Workbook, head: _Head, matrix: Matrix, sheets: Sequence[Grid], *, signed: bool) -> None:
    _about_rows(book, head, about(matrix, sheets, head.made_by, signed=signed, wording=head.wording))


def _about_rows(book: Workbook, head: _Head, sections: Iterable[tuple[str, list[tuple[str, str, str]]]]) -> None:
    sheet = _open(book, head, head.wording.say("About"), _FACTS, paper=_A4, wide=False)
    row = _start(sheet, head, head.wording.say("About: {title}", title=head.title))
    for section, rows in sections:
        sheet.append([])
        sheet.append([_text(sheet, section, "csv section", "About")])
        for n, (name, value, style) in enumerate(rows, row + 2):
            _fact(sheet, n, name, value, style)
        row += 2 + len(rows)
