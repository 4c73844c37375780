"""What a reader of the file does not see, or must not take as valid, is never imported in silence; a figure is never changed."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font, PatternFill

from csvgen.exchange.readers import read_file
from csvgen.exchange.readers.base import Aside, Options
from csvgen.exchange.readers.raised import lowered, raised, resolved

NONE = Options()


def bytes_of(thing) -> bytes:
    out = io.BytesIO()
    thing.save(out)
    return out.getvalue()


def reasons(found, *, lost: bool) -> dict[str, str]:
    return {x.text: x.why for x in found.leftovers if isinstance(x, Aside) is not lost}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (f"10{raised('3')} cells", "10^3 cells"),
        (f"10{raised('-')}{raised('3')}", "10^-3"),
        (f"H{lowered('2')}O", "H_2O"),
        (f"x{raised('2n')}y", "x^(2n)y"),
        (f"x{raised('a+b')}", "x^(a+b)"),
        (f"a{lowered('i')}{raised('2')}", "a_i^2"),
        (f"a{raised(' ')}b", "a b"),
    ],
)
def test_raised_text_stays_visible(text, plain):
    assert resolved(text) == plain


# ------------------------------------------------------------ Word


def run(text: str, properties: str) -> object:
    return parse_xml(f'<w:r {nsdecls("w")}><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>')


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ("<w:strike/>", "struck-out"),
        ("<w:dstrike/>", "struck-out"),
        ("<w:vanish/>", "hidden"),
        ('<w:color w:val="FFFFFF"/>', "white"),
        ('<w:rStyle w:val="Gone"/>', "struck-out"),
    ],
)
def test_word_text_that_is_struck_out_or_unseen_is_left_over(properties, why):
    document = docx.Document()
    document.styles.element.append(
        parse_xml(f'<w:style {nsdecls("w")} w:type="character" w:styleId="Gone"><w:rPr><w:strike/></w:rPr></w:style>')
    )
    paragraph = document.add_paragraph("URS-AB-001: It shall lock")
    paragraph._p.append(run(" after 5", properties))
    paragraph._p.append(run(" min", properties))
    paragraph.add_run(" at once.")
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [e.fields["statement"] for e in found.entries] == ["It shall lock at once."]
    assert reasons(found, lost=True) == {" after 5 min": f"holds {why} text; it is not imported"}


def test_word_text_that_is_seen_stays():
    document = docx.Document()
    paragraph = document.add_paragraph("URS-AB-001: It shall")
    paragraph._p.append(run(" lock", '<w:strike w:val="0"/><w:vanish w:val="false"/>'))
    paragraph._p.append(run(" white on black", '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="000000"/>'))
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [e.fields["statement"] for e in found.entries] == ["It shall lock white on black"]
    assert reasons(found, lost=True) == {}


def test_word_keeps_figures_and_names_formulas():
    document = docx.Document()
    paragraph = document.add_paragraph("URS-AB-001: It shall count 10")
    paragraph._p.append(run("3", '<w:vertAlign w:val="superscript"/>'))
    paragraph.add_run(" cells in H")
    paragraph._p.append(run("2", '<w:vertAlign w:val="subscript"/>'))
    paragraph.add_run("O by ")
    paragraph._p.append(
        parse_xml(
            '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num>'
            "<m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"
        )
    )
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [e.fields["statement"] for e in found.entries] == ["It shall count 10^3 cells in H_2O by [formula: (a)/(b)]"]
    assert "formula" in reasons(found, lost=True)["(a)/(b)"]


def test_word_rows_that_are_hidden_or_inserted():
    document = docx.Document()
    table = document.add_table(rows=3, cols=2)
    for row, texts in zip(table.rows, (("ID", "Requirement"), ("A-1", "One shall."), ("A-2", "Two shall.")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    for row, mark in ((1, "hidden"), (2, "ins")):
        table.rows[row]._tr.get_or_add_trPr().append(parse_xml(f"<w:{mark} {nsdecls('w')}/>"))
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [e.id for e in found.entries] == ["A-2"]
    assert reasons(found, lost=True) == {"A-1 | One shall.": "a hidden row; it is not imported"}
    assert "tracked" in reasons(found, lost=False)["A-2 | Two shall."]


def test_word_deleted_ends_embedded_files_and_boxes_of_forms():
    document = docx.Document()
    joined = document.add_paragraph("URS-AB-001: It shall lock")
    joined._p.get_or_add_pPr().append(parse_xml(f"<w:rPr {nsdecls('w')}><w:del w:id='1' w:author='a'/></w:rPr>"))
    document.add_paragraph("and tell.")
    form = document.add_paragraph("URS-AB-002: It shall be ")
    for state in ("1", "0"):
        box = f'<w:ffData><w:checkBox><w:default w:val="0"/><w:checked w:val="{state}"/></w:checkBox></w:ffData>'
        form._p.append(parse_xml(f'<w:r {nsdecls("w")}><w:fldChar w:fldCharType="begin">{box}</w:fldChar></w:r>'))
        form.add_run(" GxP ")
    document.element.body.insert(0, parse_xml(f'<w:altChunk {nsdecls("w", "r")} r:id="rId99"/>'))
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [e.fields["statement"] for e in found.entries] == ["It shall lock", "It shall be [x] GxP [ ] GxP"]
    lost = reasons(found, lost=True)
    assert "accept or reject" in lost["URS-AB-001: It shall lock"]
    assert "embedded" in lost["altChunk rId99"]


def test_word_lists_of_one_definition_count_on():
    document = docx.Document()
    numbering = document.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
            '<w:lvlText w:val="URS-LAB-00%1"/></w:lvl></w:abstractNum>'
        ),
    )
    start = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'
    for number, more in (("77", ""), ("78", ""), ("79", start)):
        numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="77"/>{more}</w:num>'))
    for number in ("77", "78", "79", "79"):
        properties = document.add_paragraph("It shall.")._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'))
    found = read_file(bytes_of(document), "x.docx", NONE)
    assert [e.id for e in found.entries] == ["URS-LAB-001", "URS-LAB-002", "URS-LAB-007", "URS-LAB-008"]


# ------------------------------------------------------------ Excel


def book_of(*rows: list) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


HEAD = ["ID", "Requirement", "Limit"]


@pytest.mark.parametrize(
    ("font", "why"),
    [(InlineFont(strike=True), "struck-out"), (InlineFont(color="FFFFFFFF"), "white")],
)
def test_excel_pieces_that_are_struck_out_or_white_are_left_over(font, why):
    book = book_of(HEAD, ["A-1", "x"])
    book.active["B2"] = CellRichText("It shall lock ", TextBlock(font, "after 5 min "), "at once.")
    found = read_file(bytes_of(book), "x.xlsx", NONE)
    assert [e.fields["statement"] for e in found.entries] == ["It shall lock at once."]
    assert reasons(found, lost=True) == {"B2: after 5 min ": f"holds {why} text; it is not imported"}


def test_excel_cells_that_are_struck_out_or_white_are_left_over():
    book = book_of(HEAD, ["A-1", "It shall.", "5"], ["A-2", "Gone.", 6], ["A-3", "It shall.", "seen"])
    for cell in ("A3", "B3", "C3"):
        book.active[cell].font = Font(strike=True)
    book.active["C2"].font = Font(color="FFFFFFFF")
    book.active["C4"].font, book.active["C4"].fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF000080")
    found = read_file(bytes_of(book), "x.xlsx", NONE)
    assert [(e.id, e.fields.get("attributes")) for e in found.entries] == [("A-1", None), ("A-3", {"Limit": "seen"})]
    assert set(reasons(found, lost=True)) == {"A3: A-2", "B3: Gone.", "C3: 6", "C2: 5"}


def test_excel_raised_figures_stay_visible():
    book = book_of(HEAD, ["A-1", "x"])
    book.active["B2"] = CellRichText("It shall count 10", TextBlock(InlineFont(vertAlign="superscript"), "3"), " cells.")
    (entry,) = read_file(bytes_of(book), "x.xlsx", NONE).entries
    assert entry.fields["statement"] == "It shall count 10^3 cells."


@pytest.mark.parametrize(
    ("value", "form", "taken"),
    [(1.25, "0.0", "1.25"), (0.0125, "0.00%", "0.0125"), (2, '"<"0" s"', "2"), (1, '"URS-X-"000', "1"), (1.5, "[h]:mm", "36:00:00")],
)  # fmt: skip
def test_excel_formats_that_change_what_is_shown_are_said(value, form, taken):
    book = book_of(HEAD, ["A-1", "It shall.", value], [value, "It shall too.", ""], ["A-3", value, ""])
    for cell in ("C2", "A3", "B4"):
        book.active[cell].number_format = form
    found = read_file(bytes_of(book), "x.xlsx", NONE)
    assert found.entries[0].fields["attributes"] == {"Limit": taken}
    assert reasons(found, lost=False)[f"C2: {taken}"].endswith(f"with the format {form}; value taken: {taken}")
    assert set(reasons(found, lost=True)) == {f"A3: {taken}", f"B4: {taken}"}


def test_excel_text_boxes_links_and_margins_are_listed():
    book = book_of(HEAD, ["A-1", "It shall.", "here"])
    book.active["C2"].hyperlink = "https://example.org/limit"
    book.active.oddFooter.center.text = "Draft only"
    chart = openpyxl.chart.BarChart()
    book.active.add_chart(chart, "E5")
    data, out = bytes_of(book), io.BytesIO()
    box = (
        b"<xdr:oneCellAnchor><xdr:from><xdr:row>6</xdr:row></xdr:from><xdr:sp><xdr:txBody><a:p><a:r><a:t>It shall be boxed.</a:t></a:r></a:p>"
        b"</xdr:txBody></xdr:sp></xdr:oneCellAnchor>"
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "xl/drawings/drawing1.xml":
                spaces = b'<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
                content = spaces + box + b"</xdr:wsDr>"
            target.writestr(info, content)
    found = read_file(out.getvalue(), "x.xlsx", NONE)
    assert {(x.text, x.place.line, x.why) for x in found.leftovers if not isinstance(x, Aside)} == {
        ("It shall be boxed.", 7, "a text box is not imported")
    }
    said = reasons(found, lost=False)
    assert "address of a link" in said["C2: https://example.org/limit"]
    assert said["Draft only"] == "a header or footer"
    assert "chart" in reasons(read_file(data, "x.xlsx", NONE), lost=True)["Chart 1"]


def test_excel_formats_of_text():
    book = book_of(HEAD, ["1", "It shall.", "about 5"])
    book.active["A2"].number_format = '"URS-"@'
    book.active["C2"].number_format = '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)'
    assert set(reasons(read_file(bytes_of(book), "x.xlsx", NONE), lost=True)) == {"A2: 1"}
