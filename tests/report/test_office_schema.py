"""Word and Excel files against the validator of Microsoft's Open XML SDK: the best substitute for Word's own repair prompt there is here."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from csvgen.report import excel, word
from csvgen.report.compose import compose
from csvgen.report.markdown import escape
from csvgen.report.set_inserts import sheets
from csvgen.report.theme import read_theme
from csvgen.templates import Templates

from ..counterparts.ooxml_validator import faults
from .material import material, report_of

HOUSE = Path(__file__).parents[2] / "examples" / "house" / "templates"
pytestmark = pytest.mark.needs("ooxml-validator")


def edited(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as made:
        for name in archive.namelist():
            content = archive.read(name)
            if name == part:
                assert old in content
                content = content.replace(old, new, 1)
            made.writestr(name, content)
    return out.getvalue()


def workbooks() -> dict[str, bytes]:
    m, report = material("oq-report"), report_of("risk", poisoned=True)
    slots = tuple(s for s in report.slots if s.field)
    tables = excel.draw_tables(
        sheets("risk", report),
        title="T",
        document_id="X",
        system="S",
        content=report.digest,
        made_by="csvgen",
        revision=1,
        slots=slots,
    )
    matrix = excel.draw(m.matrix, title="T", document_id="X", made_by="csvgen", banner="=1+1", date="2026-11-21", slots=slots)
    return {"tables.xlsx": tables, "matrix.xlsx": matrix}


def test_word_files_are_what_office_expects():
    """Every kind of block, hostile text, pictures, signature lines; and a company's form with drawings of its own."""
    reference = (HOUSE / "reference.docx").read_bytes()
    m = material("pq-report")
    house = replace(m, spec=replace(m.spec, system=m.spec.system.model_copy(update={"language": "de"})), history=(), timeline=())
    files = {
        "report.docx": word.draw(report_of("pq-report", poisoned=True)),
        "protocol.docx": word.draw(report_of("oq-protocol")),
        "house.docx": word.draw(compose(house, Templates(HOUSE, escape)), reference, read_theme(HOUSE)),
        "form.docx": reference,
    }
    assert faults(files) == dict.fromkeys(files, ())


def test_workbooks_are_what_office_expects():
    files = workbooks()
    assert faults(files) == dict.fromkeys(files, ())


def test_the_validator_finds_what_is_wrong():
    data = word.draw(report_of("oq-protocol"))
    turned = edited(data, "word/document.xml", b"<w:tblGrid>", b"<w:tblGrid/><w:tblGrid>")
    book = workbooks()["matrix.xlsx"]
    moved = edited(book, "xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData/><sheetData>")
    found = faults({"turned.docx": turned, "moved.xlsx": moved})
    assert any("tblGrid" in f for f in found["turned.docx"])
    assert any("sheetData" in f for f in found["moved.xlsx"])
