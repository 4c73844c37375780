"""The workbook, read by openpyxl, lxml and LibreOffice."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import openpyxl
import pytest
from lxml import etree

from csvgen.canonical import digest
from csvgen.errors import BadInput
from csvgen.model.execution import Verdict
from csvgen.model.matrix import Matrix
from csvgen.model.report import Column, Table
from csvgen.report import excel, look
from csvgen.report.excel_sheets import Grid, Made
from csvgen.report.text import visible

from .outside import calls, digest_elsewhere, office, packed, page_texts, part, sha256
from .sample import HOSTILE, matrix

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HEAD = {"title": "Traceability matrix", "document_id": "QC-TM-001", "made_by": "csvgen 0.1.0"}
BANNER, DATE = "DEMONSTRATION & not for use", "2026-11-21 09:30:00 +00:00"
EVERY_SHEET_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


def drawn(source: Matrix | None = None, **changes) -> bytes:
    return excel.draw(source or matrix(), **{**HEAD, "banner": BANNER, "date": DATE, **changes})


@pytest.fixture(scope="module")
def data() -> bytes:
    return drawn()


@pytest.fixture
def book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def changed(source: Matrix, **values) -> Matrix:
    return source.model_copy(update=values)


def empty() -> Matrix:
    return Matrix(system="s", version="1", spec=digest("spec"), protocol={}, runs={}, rows=(), reverse=(), gaps=())


def values(sheet, column: str, first: int = 4) -> list[str]:
    return [sheet[f"{column}{n}"].value for n in range(first, sheet.max_row + 1)]


def sheets_of(data: bytes):
    names = sorted(
        name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)
    )
    return [etree.fromstring(part(data, name)) for name in names]


def test_the_sheets_stand_in_reading_order(book):
    assert book.sheetnames == ["Summary", "Matrix", "Reverse", "Gaps", "Evidence", "About"]
    assert all(sheet.sheet_state == "visible" for sheet in book)


def test_there_is_one_row_for_each_requirement_case_gap_and_attempt(book):
    assert values(book["Matrix"], "A") == [row.requirement for row in matrix().rows]
    assert values(book["Reverse"], "A") == [row.case for row in matrix().reverse]
    assert values(book["Gaps"], "A") == [gap.kind for gap in matrix().gaps]
    attempts = [(k.case, a.run) for k in {k.case: k for r in matrix().rows for k in r.links}.values() for a in k.attempts]
    assert sorted(zip(values(book["Evidence"], "A"), values(book["Evidence"], "B"), strict=True)) == sorted(attempts)


def test_a_requirement_names_its_cases_by_phase_with_their_verdicts(book):
    titles = [cell.value for cell in book["Matrix"][3]]
    first = dict(zip(titles, (cell.value for cell in book["Matrix"][4]), strict=True))
    assert (first["IQ"], first["OQ"], first["PQ"]) == ("TC-IQ-0001 PASSED", "TC-OQ-0001 PASSED", "–")
    assert first["Coverage"] == "passed"
    second = dict(zip(titles, (cell.value for cell in book["Matrix"][5]), strict=True))
    assert second["Deviations"] == "DEV-QC-003"


def test_a_case_without_phase_is_not_lost():
    source = changed(matrix(), reverse=())
    sheet = openpyxl.load_workbook(io.BytesIO(drawn(source)))["Matrix"]
    titles = [cell.value for cell in sheet[3]]
    assert "TC-OQ-0001 PASSED" in sheet.cell(4, titles.index("Other") + 1).value


def test_no_text_is_a_formula_and_every_formula_is_a_count(data):
    formulas = []
    for number, root in enumerate(sheets_of(data)):
        for cell in root.iter(f"{S}c"):
            if cell.find(f"{S}f") is not None:
                formulas.append((number, cell.find(f"{S}f").text))
            elif len(cell):
                assert cell.get("t") == "inlineStr", etree.tostring(cell)
    assert {number for number, _ in formulas} == {0}
    assert all(text.startswith("COUNTIF('") for _, text in formulas)
    text = b"".join(part(data, name) for name in zipfile.ZipFile(io.BytesIO(data)).namelist())
    assert b"externalLink" not in text
    assert b"vbaProject" not in text


def test_text_that_looks_like_a_formula_stays_text_after_an_edit(book):
    cells = {cell.value: cell for row in book["Matrix"].iter_rows(min_row=4) for cell in row}
    for text in HOSTILE[1:5]:
        assert cells[text].quotePrefix, text
        assert cells[text].data_type == "s"
    assert not cells["high"].quotePrefix


def test_an_error_word_is_text():
    row = matrix().rows[0].model_copy(update={"title": "#N/A", "category": "TRUE", "priority": "1E5"})
    sheet = openpyxl.load_workbook(io.BytesIO(drawn(changed(matrix(), rows=(row,)))))["Matrix"]
    assert [(sheet[c].value, sheet[c].data_type) for c in ("B4", "C4", "G4")] == [("#N/A", "s"), ("TRUE", "s"), ("1E5", "s")]


def test_totals_are_formulas_with_their_values_beside_them(data):
    formulas = openpyxl.load_workbook(io.BytesIO(data))
    cached = openpyxl.load_workbook(io.BytesIO(data), data_only=True)["Summary"]
    seen = 0
    for row in formulas["Summary"].iter_rows(max_col=2):
        if match := re.fullmatch(r"=COUNTIF\('(\w+)'!\$(\w)\$(\d+):\$\w\$(\d+),\"(.+)\"\)", str(row[1].value)):
            sheet, letter, first, last, word = match.groups()
            said = [formulas[sheet][f"{letter}{n}"].value for n in range(int(first), int(last) + 1)]
            assert word == row[0].value
            assert cached[row[1].coordinate].value == said.count(word)
            seen += said.count(word)
    assert seen == len(matrix().rows) + len(matrix().reverse) + len(matrix().gaps)


@pytest.mark.needs("soffice")
def test_libreoffice_reads_every_text_as_it_was_written(data, tmp_path):
    source = tmp_path / "matrix.xlsx"
    source.write_bytes(data)
    folder = office(source, EVERY_SHEET_AS_CSV, tmp_path)
    lines = list(csv.reader(io.StringIO((folder / "matrix-Matrix.csv").read_text("utf-8"))))
    titles = lines[2]
    read = [line[titles.index("Title")] for line in lines[3:]]
    assert read == [visible(row.title) for row in matrix().rows]
    summary = dict(line[:2] for line in csv.reader(io.StringIO((folder / "matrix-Summary.csv").read_text("utf-8"))))
    assert (summary["failed"], summary["NOT_RUN"], summary["case-not-run"]) == ("15", "1", "1")


@pytest.mark.needs("soffice", "pdftotext")
def test_a_print_has_titles_banner_and_page_numbers(data, tmp_path):
    source = tmp_path / "matrix.xlsx"
    source.write_bytes(data)
    pages = page_texts(office(source, "pdf", tmp_path) / "matrix.pdf")
    for n, text in enumerate(pages, 1):
        for said in (f"Page {n} of {len(pages)}", BANNER, f"QC-TM-001 · Content {digest(matrix()).short}", "Traceability matrix"):
            assert packed(said) in packed(text), (n, said)


def test_sheets_can_be_read_filtered_and_printed(book):
    for name, frozen in (("Matrix", "C4"), ("Reverse", "C4"), ("Gaps", "B4"), ("Evidence", "B4")):
        sheet = book[name]
        (table,) = sheet.tables.values()
        assert sheet.freeze_panes == frozen
        assert table.autoFilter.ref == table.ref
        assert table.ref.startswith("A3:")
        assert table.ref.endswith(str(sheet.max_row))
        assert [c.name for c in table.tableColumns] == [cell.value for cell in sheet[3]]
        assert sheet.print_title_rows == "$3:$3"
        assert sheet.page_setup.orientation == "landscape"
    for sheet in book:
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.oddFooter.right.text == "Page &P of &N"
        assert sheet.oddHeader.center.text == "DEMONSTRATION && not for use"
        title = "Traceability matrix" if sheet.page_setup.orientation == "landscape" else None  # no room beside the banner
        assert sheet.oddHeader.left.text == title
    assert max(d.width for d in book["Matrix"].column_dimensions.values()) <= 60


def test_rows_are_tall_enough_for_their_text(book):
    sheet = book["Matrix"]
    heights = {sheet[f"A{n}"].value: sheet.row_dimensions[n].height for n in range(4, sheet.max_row + 1)}
    assert heights["URS-QC-108"] > heights["URS-QC-102"] > 25  # four lines; two lines of clauses


def test_colour_follows_the_word(book):
    rules = book["Matrix"].conditional_formatting
    coverage = next(r for r in rules if str(r.sqref).startswith("M4"))
    words = {rule.formula[0].strip('"'): rule.dxf.font.color.rgb[-6:] for rule in coverage.rules}
    washes = {rule.formula[0].strip('"'): rule.dxf.fill.bgColor.rgb[-6:] for rule in coverage.rules if rule.dxf.fill}
    assert (washes["failed"], washes["restricted"]) == (look.BAD.wash, look.OPEN.wash)
    assert "passed" not in washes
    assert words["failed"] == look.BAD.ink
    assert words["passed"] == look.GOOD.ink
    assert words["gap"] == look.BAD.ink
    cases = next(r for r in rules if str(r.sqref).startswith("J4"))
    assert any("FAILED" in rule.formula[0] for rule in cases.rules)


def test_links_lead_to_the_row_of_the_same_id(book):
    seen = set()
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.hyperlink:
                    assert cell.hyperlink.target is None
                    name, place = re.fullmatch(r"'(\w+)'!([A-Z]+\d+)", cell.hyperlink.location).groups()
                    assert str(cell.value).startswith(book[name][place].value), (sheet.title, cell.coordinate)
                    seen.add((sheet.title, name))
    assert seen == {
        ("Matrix", "Reverse"),
        ("Reverse", "Evidence"),
        ("Reverse", "Matrix"),
        ("Gaps", "Matrix"),
        ("Gaps", "Reverse"),
        ("Evidence", "Reverse"),
    }


def test_about_names_what_it_was_made_from(book):
    text = " ".join(str(cell.value) for row in book["About"].iter_rows() for cell in row if cell.value)
    for found in (matrix().spec, *matrix().protocol.values(), *matrix().runs.values(), digest(matrix())):
        assert found in text
    assert "working copy" in text


def test_an_empty_matrix_says_so_on_every_sheet():
    book = openpyxl.load_workbook(io.BytesIO(drawn(empty(), banner="")))
    for name in ("Matrix", "Reverse", "Gaps", "Evidence"):
        assert [cell.value for cell in book[name][3]] == ["None.", *["–"] * (book[name].max_column - 1)]
    cached = openpyxl.load_workbook(io.BytesIO(drawn(empty(), banner="")), data_only=True)["Summary"]
    assert {row[1].value for row in cached.iter_rows(min_row=12, max_col=2) if row[0].value and row[1].value is not None} == {0}


def test_a_text_longer_than_a_cell_is_refused_by_its_place():
    row = matrix().rows[0].model_copy(update={"reason": "x" * 32_768})
    with pytest.raises(BadInput, match="32767") as refusal:
        drawn(changed(matrix(), rows=(row,)))
    assert refusal.value.where == "Matrix!N4"
    fits = matrix().rows[0].model_copy(update={"reason": "x" * 32_767})
    book = openpyxl.load_workbook(io.BytesIO(drawn(changed(matrix(), rows=(fits,)))))
    assert len(book["Matrix"]["N4"].value) == 32_767


def test_rows_of_a_sheet_need_not_be_in_memory():
    alive: list[int] = []

    class Row(tuple):
        """A row that says how many of its like there are at once."""

        __slots__ = ()

        def __new__(cls, cells):
            alive.append(alive[-1] + 1 if alive else 1)
            return super().__new__(cls, cells)

        def __del__(self):
            alive.append(alive[-1] - 1)

    texts = [(f"row {n}", "PASSED") for n in range(3000)]
    columns = {"titles": ("A", "B"), "widths": (20.0, 12.0), "styles": ("csv cell", "csv word")}
    made = Grid("Listing", "Listing", rows=Made(len(texts), lambda: map(Row, texts)), **columns)
    held = Grid("Listing", "Listing", rows=texts, **columns)
    data = drawn(matrix(), extra={"Listing": made})
    assert data == drawn(matrix(), extra={"Listing": held})
    assert len(alive) == 2 * len(texts), "each was made once"
    assert max(alive) <= 2
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Listing"]
    assert [row[0].value for row in sheet.iter_rows(min_row=4)] == [text for text, _ in texts]


def test_a_cell_counts_as_excel_counts():
    row = matrix().rows[0].model_copy(update={"reason": "\U0001f600" * 16_384})
    with pytest.raises(BadInput):
        drawn(changed(matrix(), rows=(row,)))


def test_further_tables_get_sheets_of_their_own():
    table = Table(
        (Column("Step", 0.5, "id"), Column("step", 0.3, "verdict"), Column("=1+1\n", 0.2, "mono")),
        (("a", "FAILED", "=2"),),
        "All steps",
    )
    nothing = Table((Column("A", 1.0),), (), "", "No step.")
    book = openpyxl.load_workbook(io.BytesIO(drawn(extra={"Steps: [a/b]?" + "x" * 40: table, "summary": nothing})))
    assert book.sheetnames[5:7] == [("Steps   a b  " + "x" * 40)[:31], "summary (2)"]
    sheet = book.worksheets[5]
    assert [cell.value for cell in sheet[3]] == ["Step", "step (2)", "=1+1"]
    assert [cell.data_type for cell in sheet[4]] == ["s"] * 3
    assert book["summary (2)"]["A4"].value == "No step."


def test_a_row_that_does_not_fit_its_table_is_refused():
    with pytest.raises(BadInput, match="does not have 2 cells"):
        drawn(extra={"x": Table((Column("A", 0.5), Column("B", 0.5)), (("one",),))})


def test_another_process_draws_the_same_bytes():
    expression = "excel.draw(sample.matrix(), title='t', document_id='D-1', made_by='m', date='2026-11-21')"
    assert len({digest_elsewhere(expression, seed) for seed in "01"}) == 1
    assert digest_elsewhere(expression, "0") == sha256(
        excel.draw(matrix(), title="t", document_id="D-1", made_by="m", date="2026-11-21")
    )


def test_dates_come_from_the_caller_or_are_not_claimed(data):
    core = part(data, "docProps/core.xml").decode()
    assert core.count("2026-11-21T09:30:00Z") == 2
    assert "modified" not in part(drawn(date=""), "docProps/core.xml").decode()
    assert "openpyxl" not in core


def test_what_excel_would_decode_is_written_so_that_it_does_not(data):
    text = part(data, "xl/worksheets/sheet2.xml").decode()  # no other program at hand decodes _x0041_ to a letter as Excel does
    assert "<t>_x005F_x0041_ is five letters</t>" in text


def test_hidden_characters_are_seen(book):
    titles = values(book["Matrix"], "B")
    assert "bell[U+0007] null[U+0000] tab[U+0009] return[U+000D] end" in titles
    assert "over[U+202E]ride and zero[U+200B]width and [U+FEFF] mark" in titles
    assert "no glyph: \u4e2d\u6587 \U0001f600 \u2713 and Hebrew \u05d0\u05d1" in titles


def test_work_grows_with_the_rows_and_nothing_else():
    def many(count: int) -> Matrix:
        row = matrix().rows[0]
        return changed(matrix(), rows=tuple(row.model_copy(update={"requirement": f"URS-QC-{n:04d}"}) for n in range(count)))

    drawn(many(2))
    small, large = many(100), many(1000)
    few, lots = calls(lambda: drawn(small)), calls(lambda: drawn(large))
    assert lots < few * 11


def test_neighbouring_cases_of_one_verdict_are_one_line_and_no_case_is_lost():
    link = matrix().rows[0].links[0]
    said = [
        (1, "PASSED"),
        (2, "PASSED"),
        (3, "PASSED"),
        (4, "BLOCKED"),
        (5, "PASSED"),
        (9, "PASSED"),
        (10, "PASSED"),
        (999, "PASSED"),
    ]
    links = tuple(changed(link, case=f"TC-OQ-{n:04d}", final=Verdict(verdict), attempts=()) for n, verdict in said)
    same = tuple(changed(link, case=f"TC-OQ-{n:04d}", attempts=()) for n in range(20, 53))
    source = matrix()
    reverse = tuple(changed(source.reverse[0], case=k.case, phase="OQ") for k in (*links, *same))
    rows = (changed(source.rows[0], links=links), changed(source.rows[0], requirement="URS-QC-099", links=same))
    sheet = openpyxl.load_workbook(io.BytesIO(drawn(changed(source, rows=rows, reverse=reverse))))["Matrix"]
    column = [cell.value for cell in sheet[3]].index("OQ") + 1
    assert sheet.cell(4, column).value.split(",\n") == [
        "TC-OQ-0001 to 0003: 3 PASSED", "TC-OQ-0004 BLOCKED", "TC-OQ-0005 PASSED", "TC-OQ-0009 to 0010: 2 PASSED", "TC-OQ-0999 PASSED",
    ]  # fmt: skip
    assert sheet.cell(4, column).hyperlink is None  # LibreOffice would put all of it on one line
    assert sheet.cell(5, column).value == "TC-OQ-0020 to 0052: 33 PASSED"
    assert sheet.cell(5, column).hyperlink.location == "'Reverse'!A12"
