"""What was drawn is read back and held against the neutral text: one word another, anywhere, and it is named with its place."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pikepdf
import pytest

from csvgen.canonical import digest_bytes
from csvgen.errors import NotIntact
from csvgen.model.execution import Verdict
from csvgen.model.picture import Bars, Picture
from csvgen.model.report import Column, Heading, Table
from csvgen.report import excel, neutral, pdf, pdf_table, readback, readback_pdf, readback_word, word
from csvgen.report.outline import outline
from csvgen.verification.equal_workbook import matrix_faults, tables_faults

from .material import report_of
from .outside import packed, page_texts
from .sample import matrix, report


def text_of(document):
    return readback.of_outline(outline(document))


@pytest.fixture(scope="module")
def told():
    """A report whose every table we know, its text, and its two files."""
    document = report_of("oq-report", poisoned=True)
    return document, text_of(document), word.draw(document), pdf.draw(document)


# ------------------------------------------------------------------ the neutral text as a file


@pytest.mark.parametrize("kind", ["plan", "urs", "risk", "oq-protocol", "pq-report"])
def test_the_text_of_a_document_comes_back_and_its_digest_is_the_one_the_record_binds(kind):
    document = report_of(kind, poisoned=True)
    data = neutral.kept(document)
    assert neutral.read(data) == document
    assert digest_bytes(data) == document.digest


def test_a_file_that_is_no_text_of_a_document_is_refused_in_words():
    good = neutral.kept(report())
    for bad in (b"", b"{}\n", b"[]\n", good[:-20], good.replace(b'"Heading"', b'"Unheard"', 1)):
        with pytest.raises(NotIntact):
            neutral.read(bad, "x.text.json")


# ------------------------------------------------------------------ an honest drawing


def test_everything_hostile_is_read_back_as_it_was_meant(drawn_pdf, drawn_docx):
    wanted = text_of(report())
    assert readback_pdf.differences(wanted, drawn_pdf.read_bytes()) == []
    assert readback.differences(wanted, readback_word.read(drawn_docx.read_bytes())) == []


@pytest.mark.parametrize("kind", ["urs", "fs", "risk", "iq-protocol", "oq-protocol", "iq-report", "pq-report"])
def test_every_kind_of_document_reads_back(kind):
    document = report_of(kind, poisoned=True)
    assert readback_pdf.differences(text_of(document), pdf.draw(document)) == []
    assert readback.differences(text_of(document), readback_word.read(word.draw(document))) == []


def test_the_seams_of_pages_a_cell_of_three_pages_and_long_ids():
    columns = (Column("Id", 0.2, "id"), Column("Text", 0.6), Column("Verdict", 0.2, "verdict"))
    rows = [("TC-" + "9" * 60, "word " * 2500, "PASSED"), *((f"TC-{n}", f"line {n} " * (n % 40), "FAILED") for n in range(1, 90))]
    document = replace(report(), blocks=(Heading(1, "Seams"), Table(columns, tuple(rows), caption="Cut")))
    drawn = pdf.draw(document)
    assert readback_pdf.differences(text_of(document), drawn) == []
    assert readback_pdf.runs(drawn)[0] > 5


def test_every_page_of_a_row_says_which_row_it_is(monkeypatch):
    columns = (Column("Step", 0.1, "id"), Column("Observed", 0.9))
    rows = (("TC-77", "word " * 6000), ("TC-78", "short"))
    document = replace(report(), blocks=(Heading(1, "Seams"), Table(columns, rows, caption="Cut")))
    wanted, drawn = text_of(document), pdf.draw(document)
    pages, runs = readback_pdf.runs(drawn)
    full = [n for n in range(1, pages + 1) if sum("word" in r.text for r in runs if r.page == n) > 1]
    named = [[r.text for r in runs if r.page == n and r.text.startswith("TC-7")] for n in full]
    assert len(full) > 2
    assert named[:-1] == [["TC-77"]] * (len(full) - 1)
    assert named[-1][0] == "TC-77"
    assert readback_pdf.differences(wanted, drawn) == []
    other = replace(document, blocks=(Heading(1, "Seams"), Table(columns, (("TC-79", rows[0][1]), rows[1]), caption="Cut")))
    cut = pdf_table.Row._cut

    def lying(row, first_room, room):
        """Goes on under the name of another row."""
        for n, part in enumerate(cut(row, first_room, room)):
            first = part.cells[0]
            yield replace(part, cells=(first._replace(lines=("TC-79",)), *part.cells[1:])) if n and first.lines else part

    assert readback_pdf.differences(wanted, pdf.draw(other))
    monkeypatch.setattr(pdf_table.Row, "_cut", lying)
    assert any("TC-79" in fault for fault in readback_pdf.differences(wanted, pdf.draw(document)))


def test_poppler_reads_the_same_text(drawn_pdf):
    """Our reader and somebody else's, character by character."""
    pages, runs = readback_pdf.runs(drawn_pdf.read_bytes())
    theirs = page_texts(drawn_pdf)
    assert pages == len(theirs)
    for number, text in enumerate(theirs, 1):
        ours = "".join(run.text for run in runs if run.page == number)
        assert sorted(packed(ours)) == sorted(packed(text)), f"page {number}"


# ------------------------------------------------------------------ one thing another, in each rendition


def cell(document, caption: str, row: int, column: int) -> str:
    table = next(b for b in document.blocks if isinstance(b, Table) and b.caption.startswith(caption))
    return table.rows[row][column]


def elsewhere(document, caption: str, row: int, column: int, text: str):
    """The document with another text in one cell: as a writer would draw it that lies there, and looks as good as ever."""

    def changed(block):
        if not (isinstance(block, Table) and block.caption.startswith(caption)):
            return block
        rows = [list(r) for r in block.rows]
        rows[row][column] = text
        return replace(block, rows=tuple(map(tuple, rows)))

    return replace(document, blocks=tuple(map(changed, document.blocks)))


CHANGES = [
    ("verdict", "Results of all runs", 0, 3, "BLOCKED"),
    ("id", "Results of all runs", 0, 0, "TC-OQ-9999"),
    ("count", "Review by exception", 0, 1, "17"),
    ("run", "Results of all runs", 1, 2, "OQ-009"),
]


@pytest.mark.parametrize(("what", "caption", "row", "column", "text"), CHANGES, ids=[c[0] for c in CHANGES])
@pytest.mark.parametrize("form", ["word", "pdf"])
def test_one_cell_another_is_named_with_both_texts(told, form, what, caption, row, column, text):
    document, wanted, *_ = told
    before = cell(document, caption, row, column)
    assert before != text
    lie = elsewhere(document, caption, row, column, text)
    found = (
        readback.differences(wanted, readback_word.read(word.draw(lie)))
        if form == "word"
        else readback_pdf.differences(wanted, pdf.draw(lie))
    )
    named = [f for f in found if f"'{text}" in f and f"'{readback.squeezed(before)[:20]}" in readback.squeezed(f)]
    assert named, found
    assert caption.split()[0] in named[0]


@pytest.mark.parametrize("form", ["word", "pdf"])
def test_an_observed_value_another_is_named_with_its_step(told, form):
    """A step table has no caption; the heading above it names the case and the run."""
    document, wanted, *_ = told
    at = next(n for n, b in enumerate(document.blocks) if isinstance(b, Table) and len(b.columns) == 7 and not b.caption)
    rows = [list(r) for r in document.blocks[at].rows]
    before, rows[-1][3] = rows[-1][3], "99.9 %\n[Pipeline.lot]"
    assert before != rows[-1][3]
    lie = replace(
        document,
        blocks=(*document.blocks[:at], replace(document.blocks[at], rows=tuple(map(tuple, rows))), *document.blocks[at + 1 :]),
    )
    found = (
        readback.differences(wanted, readback_word.read(word.draw(lie)))
        if form == "word"
        else readback_pdf.differences(wanted, pdf.draw(lie))
    )
    assert any("Observed" in f and "99.9 %" in f and "TC-OQ-" in f for f in found), found


@pytest.mark.parametrize("form", ["word", "pdf"])
@pytest.mark.parametrize(
    "change", ["row gone", "row twice", "rows exchanged", "columns exchanged", "paragraph more", "block gone"]
)
def test_what_is_missing_doubled_or_moved_is_found(told, form, change):
    document, wanted, *_ = told
    at = next(n for n, b in enumerate(document.blocks) if isinstance(b, Table) and b.caption.startswith("Results of all runs"))
    table = document.blocks[at]
    first, second, *rest = table.rows
    swapped = tuple((r[0], r[1], r[3], r[2], *r[4:]) for r in table.rows)
    others = {
        "row gone": replace(table, rows=(first, *rest)),
        "row twice": replace(table, rows=(first, first, second, *rest)),
        "rows exchanged": replace(table, rows=(second, first, *rest)),
        "columns exchanged": replace(table, rows=swapped),
        "paragraph more": table,
        "block gone": None,
    }
    more = (Heading(3, "All of it is approved"),) if change == "paragraph more" else ()
    middle = (others[change],) if others[change] is not None else ()
    lie = replace(document, blocks=(*document.blocks[:at], *more, *middle, *document.blocks[at + 1 :]))
    found = (
        readback.differences(wanted, readback_word.read(word.draw(lie)))
        if form == "word"
        else readback_pdf.differences(wanted, pdf.draw(lie))
    )
    own = [f for f in found if "sha256" not in f]  # the digest of the text, printed on the cover, is another too
    assert own, found


def test_a_picture_with_another_number_is_found():
    """The page is drawn from a document whose picture says otherwise; its tables are the same."""
    document = report_of("oq-report")
    at = next(n for n, b in enumerate(document.blocks) if isinstance(b, Picture) and isinstance(b.shows, Bars))
    picture = document.blocks[at]
    (first, *others) = picture.shows.bars
    (state, number, ink), *rest = first.parts
    shows = replace(picture.shows, bars=(replace(first, parts=((state, number + 7, ink), *rest)), *others))
    lie = replace(document, blocks=(*document.blocks[:at], replace(picture, shows=shows), *document.blocks[at + 1 :]))
    found = [f for f in readback_pdf.differences(text_of(document), pdf.draw(lie)) if "sha256" not in f]
    assert any(picture.caption[:20] in f and f"{state} {number + 7}" in f for f in found), found


def test_a_value_under_the_wrong_head_is_found_although_every_word_is_there(told):
    """Two columns exchanged as a whole, head and all: only the places differ from the record."""
    _document, wanted, _, good = told
    lie = pikepdf.open(io.BytesIO(good))
    moved = 0
    for page in lie.pages:
        done = []
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) == "Tj" and bytes(operands[0]) == b"PASSED" and done and str(done[-4][1]) == "Tm" and not moved:
                x = list(done[-4][0])
                x[4] = float(x[4]) - 60
                done[-4] = (x, done[-4][1])
                moved += 1
            done.append((operands, operator))
        page.Contents = lie.make_stream(pikepdf.unparse_content_stream(done))
    out = io.BytesIO()
    lie.save(out)
    assert moved == 1
    assert readback_pdf.differences(wanted, out.getvalue())


def test_text_that_no_page_shows_is_told(told):
    _, wanted, _, good = told
    lie = pikepdf.open(io.BytesIO(good))
    page = lie.pages[3]
    page.Contents = lie.make_stream(page.Contents.read_bytes().replace(b"BT", b"3 Tr BT", 1))
    out = io.BytesIO()
    lie.save(out)
    assert any("no page shows" in f for f in readback_pdf.differences(wanted, out.getvalue()))


def test_words_drawn_by_a_form_over_a_page_are_read_too(told):
    _, wanted, _, good = told
    lie = pikepdf.open(io.BytesIO(good))
    page = lie.pages[4]
    name = str(next(iter(page.Resources.Font.keys())))
    form = lie.make_stream(f"BT {name} 9 Tf 1 0 0 1 100 100 Tm (FAILED) Tj ET".encode())
    form.Type, form.Subtype, form.BBox, form.Resources = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 600, 800], page.Resources
    page.Resources.XObject = pikepdf.Dictionary(Lie=form)
    page.Contents = lie.make_stream(page.Contents.read_bytes() + b"\nq /Lie Do Q")
    out = io.BytesIO()
    lie.save(out)
    assert any("page 5" in f or "page 6" in f for f in readback_pdf.differences(wanted, out.getvalue()))


def test_a_page_that_carries_another_number_or_id_is_named(told):
    document, wanted, *_ = told
    for lie in (replace(document, id="QCR-XXX"), replace(document, revision=7), replace(document, status="DRAFT")):
        found = readback_pdf.differences(wanted, pdf.draw(lie))
        assert any("page 2 does not carry" in f for f in found), found
        assert any("no page carries" in f for f in readback.differences(wanted, readback_word.read(word.draw(lie))))
    short = pikepdf.open(io.BytesIO(pdf.draw(document)))
    del short.pages[3]
    out = io.BytesIO()
    short.save(out)
    assert any("does not carry 'Page" in f for f in readback_pdf.differences(wanted, out.getvalue()))


def test_a_hidden_run_in_a_word_file_is_a_difference(told):
    _, wanted, good, _ = told
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    body = parts["word/document.xml"].decode()
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>PASSED</w:t></w:r>"
    at = body.index("<w:r>", body.index("Results of all runs") + 400)
    parts["word/document.xml"] = (body[:at] + hidden + body[at:]).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert readback.differences(wanted, readback_word.read(out.getvalue()))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 nothing", b"PK\x03\x04 nothing"], ids=["empty", "pdf", "zip"])
def test_what_is_no_file_of_its_kind_is_refused_in_words(data):
    for read in (lambda d: readback_pdf.runs(d, "x"), lambda d: readback_word.read(d, "x"), lambda d: matrix_faults(d, matrix())):
        with pytest.raises(NotIntact):
            read(data)


# ------------------------------------------------------------------ the workbook


def drawn_book(source) -> bytes:
    return excel.draw(source, title="Matrix", document_id="QCR-RTM", made_by="csvgen", date="2026-11-21")


def test_an_honest_workbook_says_what_the_matrix_says():
    assert matrix_faults(drawn_book(matrix()), matrix()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.model_copy(update={"rows": m.rows[1:]}), "Requirements"),
        (lambda m: m.model_copy(update={"gaps": m.gaps[1:]}), "Gaps"),
        (
            lambda m: m.model_copy(
                update={"reverse": (m.reverse[0].model_copy(update={"final": Verdict.BLOCKED}), *m.reverse[1:])}
            ),
            "BLOCKED",
        ),
        (lambda m: m.model_copy(update={"rows": (m.rows[0].model_copy(update={"requirement": "URS-X"}), *m.rows[1:])}), "URS-X"),
    ],
    ids=["requirement gone", "gap gone", "verdict", "id"],
)
def test_a_workbook_that_says_otherwise_is_told(change, words):
    found = matrix_faults(drawn_book(change(matrix())), matrix())
    assert any(words in fault for fault in found), found


def test_a_total_that_nobody_computed_again_is_told():
    """The formula stays; only the number that a reader without formulas sees is another."""
    good = drawn_book(matrix())
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    at = sheet.index("<v>", sheet.index("PASSED")) + 3
    end = sheet.index("</v>", at)
    parts["xl/worksheets/sheet1.xml"] = (sheet[:at] + str(int(sheet[at:end]) + 1) + sheet[end:]).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert any("Summary says PASSED" in fault for fault in matrix_faults(out.getvalue(), matrix()))


# ------------------------------------------------------------------ a workbook of a document's own tables

SHEETS = ("Summary", "Matrix", "Reverse", "Gaps", "Evidence", "About", "Signatures")
WORDS = Table(
    (Column("Risk", 0.3, "id"), Column("What", 0.7)),
    (("RA-1", "=1+1"), ("RA-2", "_x0041_ and 中文"), ("RA-3", "two\nlines")),
    caption="Risks",
)


def book_of(table) -> bytes:
    return excel.draw(matrix(), title="M", document_id="X", made_by="csvgen", date="2026-11-21", extra={"Risks": table})


def document_with(*tables):
    return text_of(replace(report(), blocks=(Heading(1, "Tables"), *tables)))


def test_tables_of_a_workbook_are_those_of_the_document_several_of_one_form_included():
    assert tables_faults(book_of(WORDS), document_with(WORDS), "x", SHEETS) == []
    whole = replace(WORDS, rows=(*WORDS.rows, ("RA-4", "more")))
    apart = document_with(WORDS, replace(WORDS, rows=(("RA-4", "more"),), caption="Risks, more"))
    assert tables_faults(book_of(whole), apart, "x", SHEETS) == []
    empty = replace(WORDS, rows=())
    assert tables_faults(book_of(empty), document_with(empty), "x", SHEETS) == []


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (replace(WORDS, rows=(("RA-1", "=1+2"), *WORDS.rows[1:])), "RA-1 =1+2"),
        (replace(WORDS, rows=WORDS.rows[1:]), "RA-2"),
        (replace(WORDS, rows=WORDS.rows * 2), "RA-1"),
        (replace(WORDS, columns=(Column("Risk", 0.3), Column("Other", 0.7))), "a table that the document does not have"),
    ],
    ids=["cell", "row gone", "rows twice", "head"],
)
def test_a_table_of_a_workbook_that_says_otherwise_is_told(lie, words):
    found = tables_faults(book_of(lie), document_with(WORDS), "x", SHEETS)
    assert any(words in fault and "the sheet Risks" in fault for fault in found), found
