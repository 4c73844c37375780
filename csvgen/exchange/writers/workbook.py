"""A workbook to edit requirements in: a row each on ``Requirements``, a row for each criterion on ``Criteria``, and ``About``.

Columns are named as the fields in urs/*.yaml. Every cell is text, so that 1.10 stays 1.10 and nothing becomes a formula; a text
that no cell can hold (32,767 UTF-16 units) is refused by its id, never cut. The same requirements give the same bytes.
`csvgen.exchange.writers.workbook_read` reads it back.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from csvgen.errors import BadInput
from csvgen.exchange.cells import flat
from csvgen.exchange.changes import FIELDS
from csvgen.exchange.export import FORMAT, Export, exported
from csvgen.model.urs import Criterion, Requirement
from csvgen.report import look
from csvgen.report.excel_text import CELL_LIMIT, finished, row_height

REQUIREMENTS, CRITERIA, ABOUT = "Requirements", "Criteria", "About"
COLUMNS: Mapping[str, float] = {
    name: {"id": 16.0, "title": 30.0, "statement": 60.0, "rationale": 46.0, "category": 16.0, "clauses": 22.0, "covered": 30.0,
           "impact": 18.0, "drafted": 20.0, "origin": 24.0, "attributes": 34.0}.get(name, 12.0)
    for name in FIELDS if name != "criteria"
} | {"risks": 16.0, FORMAT: 20.0}  # fmt: skip
"""Columns of Requirements with their width in characters."""
PARTS: tuple[str, ...] = tuple(Criterion.model_fields)
CRITERIA_COLUMNS: Mapping[str, float] = {"requirement": 16.0} | {
    name: {"id": 10.0, "title": 34.0, "pattern": 24.0, "parameters": 60.0, "inputs": 34.0, "technique": 12.0}.get(name, 40.0)
    for name in PARTS
}
_FIXED = frozenset({"id", "requirement", "risks", FORMAT})
"""Columns that are not for editing; they look so."""
_SPARE = 1000
"""Rows below the last one that have lists to choose from too."""
_FONT = "Arial"
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def write(export: Export) -> bytes:
    """The workbook. Raises BadInput, naming the requirement, for a text that no cell can hold."""
    sheets = (
        (REQUIREMENTS, COLUMNS, Requirement, list(_requirements(export))),
        (CRITERIA, CRITERIA_COLUMNS, Criterion, list(_criteria(export))),
        (ABOUT, {"About": 26.0, "": 100.0}, None, [(ABOUT, row) for row in _about(export)]),
    )
    for _, columns, _, rows in sheets:  # before the first byte is written: openpyxl cannot be left in the middle of a sheet
        for subject, row in rows:
            for column, text in zip(columns, row, strict=True):
                _refuse_what_no_cell_holds(text, f"{subject}, {column}")
    book = Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    for name, columns, model, rows in sheets:
        _sheet(book, name, columns, [row for _, row in rows], model)
    book.properties.creator = "csvgen"
    book.properties.title = f"Requirements of {export.system}"
    out = io.BytesIO()
    book.save(out)
    return finished(out.getvalue(), {}, None)


def _styles() -> Iterator[NamedStyle]:
    top = Alignment(vertical="top", wrap_text=True)
    rule = Border(bottom=Side("thin", color=look.RULE))
    yield NamedStyle("csv cell", font=Font(_FONT, 10), alignment=top, border=rule, number_format="@")
    for name, wraps in (("csv fixed", True), ("csv mark", False)):
        yield NamedStyle(
            name, font=Font(_FONT, 10, color=look.SOFT), alignment=Alignment(vertical="top", wrap_text=wraps), border=rule,
            number_format="@", fill=PatternFill("solid", look.WASH),
        )  # fmt: skip
    yield NamedStyle(
        "csv head", font=Font(_FONT, 10, bold=True), alignment=Alignment(vertical="center", wrap_text=True), number_format="@",
        fill=PatternFill("solid", look.WASH), border=Border(bottom=Side("medium", color=look.ACCENT)),
    )  # fmt: skip


def _requirements(export: Export) -> Iterator[tuple[str, Sequence[str]]]:
    for h in export.requirements:
        fields = (flat(f, h.fields.get(f)) for f in COLUMNS if f in FIELDS)
        yield h.id, (*fields, flat("impact", list(export.threats[h.id])), exported(h))


def _criteria(export: Export) -> Iterator[tuple[str, Sequence[str]]]:
    for h in export.requirements:
        for c in h.fields.get("criteria") or ():
            yield f"{h.id}/{c['id']}", (h.id, *(flat(part, c.get(part)) for part in PARTS))


def _sheet(book: Workbook, name: str, columns: Mapping[str, float], rows: Sequence[Sequence[str]], model: Any) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 8  # A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    last = get_column_letter(len(columns))
    for n, (column, width) in enumerate(columns.items(), 1):
        dimension = sheet.column_dimensions[get_column_letter(n)]
        dimension.width = width
        dimension.number_format = "@"  # a row somebody adds is text too
        dimension.alignment = Alignment(vertical="top", wrap_text=True)
        if model is not None and (words := _words(model, column)):
            chosen = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True, showErrorMessage=True)
            chosen.error = f"one of: {', '.join(words)}"
            chosen.add(f"{get_column_letter(n)}2:{get_column_letter(n)}{len(rows) + 1 + _SPARE}")
            sheet.data_validations.append(chosen)
    sheet.auto_filter.ref = f"A1:{last}{len(rows) + 1}" if model is not None else None
    sheet.append([_cell(sheet, column, "csv head") for column in columns])
    for n, row in enumerate(rows, 2):
        seen = [(text, width) for text, (column, width) in zip(row, columns.items(), strict=True) if column != FORMAT]
        sheet.row_dimensions[n].height = row_height([text for text, _ in seen], [width for _, width in seen])
        styles = ("csv mark" if column == FORMAT else "csv fixed" if column in _FIXED else "csv cell" for column in columns)
        sheet.append([_cell(sheet, text, style) for text, style in zip(row, styles, strict=True)])


def _words(model: Any, column: str) -> tuple[str, ...]:
    """The closed set of words a field is chosen from; nothing for any other field."""
    found = model.model_fields.get(column)
    arguments = get_args(found.annotation) if found is not None else ()
    return arguments if arguments and all(isinstance(a, str) for a in arguments) else ()


def _refuse_what_no_cell_holds(text: str, where: str) -> None:
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > CELL_LIMIT:
        raise BadInput(
            f"this text has {len(text)} characters; a cell holds {CELL_LIMIT}", where=where,
            hint="shorten it, or export as csv, jsonl, needs or reqif",
        )  # fmt: skip
    if any(c in "\ufffe\uffff" or "\ud800" <= c <= "\udfff" for c in text):
        raise BadInput("this text holds a character that XML cannot hold", where=where, hint="export as csv or jsonl")


def _cell(sheet: Any, text: str, style: str) -> Any:
    """A cell of type string, whatever the text looks like."""
    cell = WriteOnlyCell(sheet)
    cell.value = _ESCAPED.sub("_x005F_", text) or None
    if text:
        cell.data_type = "s"  # openpyxl takes '=1+1' for a formula and '#N/A' for an error
    cell.style = style
    cell.quotePrefix = text[:1] in {"=", "+", "-", "@", "'"}  # stays text also after somebody edits the cell
    return cell


def _about(export: Export) -> Iterator[tuple[str, str]]:
    yield "Format", FORMAT
    yield "System", export.system
    yield "Made by", export.made_by
    yield "Requirements", str(len(export.requirements))
    yield "Digest", export.digest
    yield (
        "Edit",
        "Change cells on Requirements and Criteria. Every cell is text. A list stands one entry a line; what has keys, as key: value, one a line.",
    )
    yield (
        "Add",
        "A new row with an id of its own is a new requirement. A new row on Criteria is a new criterion of the requirement it names.",
    )
    yield "Clear", "An emptied cell takes the value away. A deleted column, or a deleted sheet Criteria, changes nothing."
    yield (
        "Delete",
        "A deleted row of Requirements deletes nothing; the import says which requirements the file does not speak of.",
    )
    yield "Delete", "A deleted row of Criteria takes that criterion out of its requirement."
    yield "Never", "Do not change an id, merge cells, or write formulas; the import refuses them."
    yield (
        "Not read back",
        "risks, and this sheet. The last column says what a requirement was when this file was made: what was changed since in the specification is not overwritten.",
    )
    yield "Import", f"csvgen import FILE --system {export.system}"
