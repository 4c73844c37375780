"""Text that means harm in every field of every kind of document, in all four renderings: it is shown, whole, in its place, and does nothing.

Which fields there are is asked of the models themselves: one that comes later is poisoned too.
"""

from __future__ import annotations

import io
import types
import zipfile
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Union, get_args, get_origin, get_type_hints

import pikepdf
import pytest
from lxml import etree
from openpyxl import load_workbook

from csvgen.canonical import Digest
from csvgen.model.picture import Control, Curve, Place, Reading, Shot, Way
from csvgen.model.report import Report, SignatureSlot, Table
from csvgen.report import excel, html, pdf, readback, readback_html, readback_pdf, readback_word, word
from csvgen.report.excel_text import cell_text
from csvgen.report.outline import outline
from csvgen.verification.equal_workbook import tables_faults

from .material import KINDS, D, report_of
from .sample import HOSTILE

LEFT = {
    (Report, "language"): "chooses the wording file; another than csvgen ships is refused",
    (Report, "glyphs"): "characters that a configured font lends, found by csvgen",
    (Report, "form"): "words of a Word template, compared with it",
    (SignatureSlot, "field"): "the name csvgen gives to a signature field; two of one name are refused",
    (Shot, "png"): "a picture that csvgen made, as base64",
    (Place, "id"): "a key inside the picture, not shown; the loader refuses a way to a place that is not there",
    (Way, "source"): "the same",
    (Way, "target"): "the same",
    (Reading, "value"): "a number, worked with where the chart is drawn",
    (Control, "centre"): "the same",
    (Control, "limits"): "names with numbers; the names are those of csvgen",
    (Control, "process"): "the same",
    (Curve, "points"): "numbers",
    (Curve, "r_squared"): "the same",
}
"""Texts that no project writes."""
ACTS = {"/JS", "/JavaScript", "/URI", "/Launch", "/AA", "/EmbeddedFile", "/RichMedia"}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass
class Poison:
    """Gives another text that means harm each time, with a number of its own."""

    given: int = 0

    def __call__(self) -> str:
        self.given += 1
        return f"{HOSTILE[self.given % len(HOSTILE)]} {self.given}"

    def into(self, value: Any, hint: Any) -> Any:
        """The same value with every free text in it poisoned; a text that has to be one of a few words is not free."""
        kind = get_origin(hint)
        if hint in (str, Digest):
            return self()
        if kind in (Union, types.UnionType):
            return self.into(value, type(value)) if is_dataclass(value) else value
        if kind is tuple and isinstance(value, tuple):
            inner = get_args(hint)
            hints = [inner[0]] * len(value) if len(inner) == 2 and inner[1] is ... else inner
            return tuple(self.into(item, one) for item, one in zip(value, hints, strict=True))
        if is_dataclass(value):
            hints = get_type_hints(type(value))
            free = [f.name for f in fields(value) if (type(value), f.name) not in LEFT]
            return replace(value, **{name: self.into(getattr(value, name), hints[name]) for name in free})
        return value


def poisoned(kind: str) -> tuple[Report, int]:
    """A composed document with every text of it exchanged, and how many there are."""
    poison = Poison()
    return poison.into(report_of(kind), Report), poison.given


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_shown_whole_and_does_nothing(kind):
    report, count = poisoned(kind)
    assert count > 100
    wanted = readback.of_outline(plan := outline(report))
    files = pdf.draw(plan), word.draw(plan)
    assert readback_pdf.differences(wanted, files[0]) == []
    assert readback.differences(wanted, readback_word.read(files[1])) == []
    found, acting = readback_html.read(html.draw(report))
    assert readback.differences(wanted, found) == []
    assert acting == ()
    with pikepdf.open(io.BytesIO(files[0])) as file:
        for thing in file.objects:
            if isinstance(thing, pikepdf.Dictionary):
                assert not ACTS & set(thing.keys())
                assert thing.get("/S") not in {"/URI", "/JavaScript", "/Launch", "/GoToR", "/SubmitForm", "/ImportData"}
    with zipfile.ZipFile(io.BytesIO(files[1])) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name, data in parts.items() if b'TargetMode="External"' in data]
    document = etree.fromstring(parts["word/document.xml"])
    assert {f.get(f"{W}instr").split()[0] for f in document.iter(f"{W}fldSimple")} <= {"SEQ", "PAGE", "NUMPAGES"}
    assert not list(document.iter(f"{W}instrText", f"{W}object", f"{W}altChunk"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_of_a_workbook_is_text_and_the_same_text(kind):
    report, _ = poisoned(kind)
    heads = [
        block.columns for block in report_of(kind).blocks if isinstance(block, Table)
    ]  # Excel wants each title once: two alike would be told apart
    whole = [block for block in report.blocks if isinstance(block, Table)]
    tables = {f"Sheet {n}": replace(t, columns=c) for n, (t, c) in enumerate(zip(whole, heads, strict=True), 1)}
    report = replace(report, blocks=tuple(tables.values()))
    data = excel.draw_tables(
        tables, title=report.title, document_id=report.id, system=report.system, content=Digest(D), made_by=report.made_by,
        revision=1, banner=report.banner, date=report.date,
    )  # fmt: skip
    assert tables_faults(data, readback.of_outline(outline(report)), "x.xlsx") == []
    book = load_workbook(io.BytesIO(data))
    cells = [(sheet.title, cell) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert cells
    assert {cell.data_type for _, cell in cells} == {"s"}
    assert not [cell for _, cell in cells if cell.hyperlink]
    for name, table in tables.items():
        below = [[c.value for c in row[: len(table.columns)]] for row in book[name].iter_rows() if len(row) >= len(table.columns)]
        if table.rows:
            assert below[-len(table.rows) :] == [[cell_text(text, "") for text in row] for row in table.rows]


def test_what_is_left_out_is_there_and_is_said_why():
    for (kind, name), why in LEFT.items():
        assert name in {f.name for f in fields(kind)}
        assert why
