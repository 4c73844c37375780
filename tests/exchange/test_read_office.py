"""Excel and Word, from files made by their own libraries: what is merged, hidden, computed, tracked or attached is read or said."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import docx
import openpyxl
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from openpyxl.comments import Comment

from csvgen.exchange.readers import read_file
from csvgen.exchange.readers.base import Aside, Options, Unreadable

NONE = Options()


def bytes_of(thing) -> bytes:
    out = io.BytesIO()
    thing.save(out)
    return out.getvalue()


def reasons(found, *, lost: bool) -> dict[str, str]:
    return {x.text: x.why for x in found.leftovers if isinstance(x, Aside) is not lost}


def changed(data: bytes, part: str, old: str, new: str) -> bytes:
    """The archive with a text in one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == part:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(info, content)
    return out.getvalue()


# ------------------------------------------------------------ Excel


def test_workbook_with_everything_people_do_to_one():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "URS"
    for row in (
        ["Requirements of the lab"], [], ["Req ID", "Requirement", "Owner", "Limit"],
        ["A-1", "The system shall:", "QC", 1.10], [None, "- lock", "QC", None], [None, "- tell", "QA", None],
        ["2 Access", None, None, None], ["A-2", '=B4&" computed"', "QC", dt.date(2024, 2, 3)], ["A-3", "text 1.10", None, "1.10"],
    ):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("A4:A6")
    sheet.merge_cells("A7:D7")
    sheet["D4"].number_format = "0.00"
    sheet["B9"].comment = Comment("ask QA", "somebody")
    sheet.row_dimensions[9].hidden = True
    sheet.column_dimensions["C"].hidden = True
    other = book.create_sheet("Old")
    other.append(["ID", "Requirement"])
    other.append(["B-1", "The system shall not be seen."])
    other.sheet_state = "hidden"
    book.create_sheet("Notes").append(["nothing to demand"])
    book.create_sheet("Empty")
    data = changed(bytes_of(book), "xl/worksheets/sheet1.xml", ' computed"</f><v></v>', ' computed"</f><v>It shall compute.</v>')
    data = changed(data, "xl/worksheets/sheet1.xml", '<c r="B8"', '<c t="str" r="B8"')
    found = read_file(data, "x.xlsx", NONE)
    assert [(e.id, e.fields["statement"], e.place.file, e.place.line) for e in found.entries] == [
        ("A-1", "The system shall:\n- lock\n- tell", "x.xlsx sheet URS", 4),
        ("A-2", "It shall compute.", "x.xlsx sheet URS", 8),
        ("A-3", "text 1.10", "x.xlsx sheet URS", 9),
        ("B-1", "The system shall not be seen.", "x.xlsx sheet Old", 2),
    ]
    assert found.entries[0].fields["attributes"] == {"Owner": "QC\nQC\nQA", "Limit": "1.10"}
    assert found.entries[1].fields["attributes"] == {"Owner": "QC", "Limit": "2024-02-03", "Section": "2 Access"}
    assert found.entries[2].fields["attributes"] == {"Limit": "1.10", "Section": "2 Access"}
    said = reasons(found, lost=False)
    assert said["D4: 1.10"] == "a number, taken as 1.10"
    assert said["D8: 2024-02-03"] == "a date with the format yyyy-mm-dd; value taken: 2024-02-03"
    assert "last computed value" in next(w for t, w in said.items() if t.startswith("B8"))
    assert said["row 9"].startswith("a hidden row") and said["column C"].startswith("a hidden column")
    assert said["Old"].startswith("a hidden sheet")
    assert said["nothing to demand"] == "a sheet without requirements"
    assert said["Empty"] == "a sheet with nothing in it"
    assert "rows 4 to 6 are one requirement" in said["A-1"]
    assert reasons(found, lost=True) == {"B9: ask QA": "a comment of a cell is not imported"}


def test_formula_that_was_never_computed_is_left_over():
    book = openpyxl.Workbook()
    book.active.append(["ID", "Requirement"])
    book.active.append(["A-1", "=1+1"])
    found = read_file(bytes_of(book), "x.xlsx", NONE)
    assert "not in the file" in reasons(found, lost=True)["B2: =1+1"]


def test_numbers_keep_their_digits():
    book = openpyxl.Workbook()
    book.active.append(["ID", "Requirement", "a", "b", "c", "d"])
    book.active.append(["A-1", "x shall", 1.1, 3, True, 0.1234])
    book.active["F2"].number_format = "0.0"
    (entry,) = read_file(bytes_of(book), "x.xlsx", NONE).entries
    assert entry.fields["attributes"] == {"a": "1.1", "b": "3", "c": "TRUE", "d": "0.1234"}


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04broken", b"not a zip", bytes_of(docx.Document())],
    ids=["cut", "text", "a Word document"],
)
def test_what_is_no_workbook_is_refused(data):
    with pytest.raises(Unreadable):
        read_file(data, "x.xlsx", NONE)


def test_a_sheet_that_reaches_to_the_last_cell_is_refused_at_once():
    book = openpyxl.Workbook()
    book.active["A1"] = "ID"
    book.active["XFD1048576"] = "far"
    with pytest.raises(Unreadable, match="the limit is"):
        read_file(bytes_of(book), "x.xlsx", NONE)


# ------------------------------------------------------------ Word


def bold(paragraph, text: str, rest: str):
    paragraph.add_run(text).bold = True
    paragraph.add_run(rest)


def test_headings_paragraphs_and_lists():
    document = docx.Document()
    document.add_heading("Lab system", 0)
    document.add_paragraph("Domain: Laboratory")
    document.add_heading("1 Introduction", 1)
    document.add_paragraph("What this is about.")
    document.add_heading("2 Access requirements", 1)
    bold(document.add_paragraph(), "URS-AB-001", ": The system shall lock:")
    document.add_paragraph("at once", style="List Bullet")
    document.add_paragraph("for all", style="List Bullet")
    document.add_paragraph("Rationale: guessing is easy")
    bold(document.add_paragraph(style="List Bullet"), "URS-AB-002 ", "The system shall tell.")
    document.add_paragraph("URS-AB-003\tThe system shall\nkeep lines.")
    document.add_heading("URS-AB-004 Opened by people", 2)
    document.add_paragraph("An administrator shall open it.")
    document.add_paragraph("Nobody else.")
    document.add_heading("3 Rest", 1)
    document.add_paragraph("Somebody shall give this one an id.")
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [(e.id, e.fields["statement"], e.fields["attributes"]["Section"]) for e in found.entries] == [
        ("URS-AB-001", "The system shall lock:\n- at once\n- for all", "2 Access requirements"),
        ("URS-AB-002", "The system shall tell.", "2 Access requirements"),
        ("URS-AB-003", "The system shall\nkeep lines.", "2 Access requirements"),
        ("URS-AB-004", "An administrator shall open it.\nNobody else.", "2 Access requirements"),
        ("", "Somebody shall give this one an id.", "3 Rest"),
    ]
    assert found.entries[0].fields["rationale"] == "guessing is easy"
    assert found.entries[3].fields["title"] == "Opened by people"
    assert reasons(found, lost=False)["What this is about."] == "prose"
    assert reasons(found, lost=False)["Lab system"] == "the title"
    assert reasons(found, lost=True) == {}


def test_ids_that_word_numbers_by_itself():
    document = docx.Document()
    numbering = document.part.numbering_part.element
    numbering.append(
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="5"/><w:numFmt w:val="decimal"/>'
            '<w:lvlText w:val="URS-LAB-00%1"/></w:lvl></w:abstractNum>'
        )
    )
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for text in ("The system shall a.", "The system shall b."):
        paragraph = document.add_paragraph(text)
        properties = paragraph._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="77"/></w:numPr>'))
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [(e.id, e.fields["statement"]) for e in found.entries] == [
        ("URS-LAB-005", "The system shall a."),
        ("URS-LAB-006", "The system shall b."),
    ]
    assert "Word writes before" in reasons(found, lost=False)["URS-LAB-005"]


def test_tables_with_merged_cells():
    document = docx.Document()
    document.add_heading("1 Functions", 1)
    table = document.add_table(rows=6, cols=3)
    cells = [
        ["ID", "Requirement", "Owner"], ["A-1", "The system shall:", "QC"], ["", "lock", "QC"], ["Security", "", ""],
        ["A-2", "It shall tell.", ""], ["", "", "nobody"],
    ]  # fmt: skip
    for row, texts in zip(table.rows, cells, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 0).merge(table.cell(3, 2))
    inner = table.cell(4, 2).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "in", "side"
    other = document.add_table(rows=1, cols=2)
    other.cell(0, 0).text, other.cell(0, 1).text = "Version", "2"
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [(e.id, e.fields["statement"], e.place.file, e.place.line) for e in found.entries] == [
        ("A-1", "The system shall:\nlock", "x.docx table 1", 2), ("A-2", "It shall tell.", "x.docx table 1", 5),
    ]  # fmt: skip
    assert found.entries[1].fields["attributes"] == {"Owner": "in\nside", "Section": "Security"}
    said = reasons(found, lost=False)
    assert said["Version | 2"] == "a table that is not one of requirements"
    assert "a table inside a cell" in next(w for t, w in said.items() if "side" in t)
    assert "without an id" in reasons(found, lost=True)["nobody"]


def test_what_a_text_cannot_hold_is_said():
    document = docx.Document()
    paragraph = document.add_paragraph()
    bold(paragraph, "URS-AB-001", ": The system shall ")
    inserted = OxmlElement("w:ins")
    inserted.append(parse_xml(f"<w:r {nsdecls('w')}><w:t>really </w:t></w:r>"))
    deleted = OxmlElement("w:del")
    deleted.append(parse_xml(f"<w:r {nsdecls('w')}><w:delText>never </w:delText></w:r>"))
    paragraph._p.append(inserted)
    paragraph._p.append(deleted)
    paragraph.add_run("lock.")
    box = parse_xml(
        f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape><v:textbox><w:txbxContent><w:p><w:r>'
        "<w:t>The box shall be seen.</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )
    document.add_paragraph("URS-AB-002: With a box.")._p.append(box)
    commented = document.add_paragraph("URS-AB-003: With a comment.")
    document.add_comment(commented.runs, text="is this so?", author="A", initials="A")
    document.add_paragraph("URS-AB-004: With a symbol ")._p.append(
        parse_xml(f'<w:r {nsdecls("w")}><w:sym w:font="Symbol" w:char="F0B3"/></w:r>')
    )
    document.sections[0].header.paragraphs[0].text = "Confidential"
    linked = document.add_paragraph("URS-AB-005: See ")
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), "x")
    link.append(parse_xml(f"<w:r {nsdecls('w')}><w:t>chapter 4</w:t></w:r>"))
    linked._p.append(link)
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [e.fields["statement"] for e in found.entries] == [
        "The system shall really lock.", "With a box.", "With a comment.", "With a symbol", "See chapter 4",
    ]  # fmt: skip
    lost = reasons(found, lost=True)
    assert set(lost) == {"never ", "The box shall be seen.", "is this so?", "a symbol of a special font"}
    assert (
        "tracked deletion" in lost["never "] and "text box" in lost["The box shall be seen."] and "comment" in lost["is this so?"]
    )
    assert reasons(found, lost=False)["really "].startswith("a tracked insertion")
    assert reasons(found, lost=False)["Confidential"] == "a header or footer"


def test_footnotes_and_content_controls():
    document = docx.Document()
    document.add_paragraph("URS-AB-001: The system shall lock")
    document.paragraphs[0]._p.append(parse_xml(f'<w:r {nsdecls("w")}><w:footnoteReference w:id="2"/></w:r>'))
    control = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>URS-AB-002: Inside a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    document.element.body.insert(1, control)
    out = io.BytesIO(bytes_of(document))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(
            "word/footnotes.xml",
            f'<w:footnotes {nsdecls("w")}><w:footnote w:id="2"><w:p><w:r><w:t>after 3</w:t></w:r></w:p></w:footnote></w:footnotes>',
        )
    found = read_file(out.getvalue(), "x.docx", NONE)
    assert [e.id for e in found.entries] == ["URS-AB-001", "URS-AB-002"]
    assert reasons(found, lost=True) == {"after 3": "a footnote is not imported"}
