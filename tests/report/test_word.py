"""The Word file, read by python-docx, lxml and LibreOffice, and compared with the PDF."""

from __future__ import annotations

import io
import re
import runpy
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Mm
from lxml import etree

from csvgen.canonical import normalised_zip
from csvgen.errors import BadInput
from csvgen.model.report import (
    ApprovalPage,
    Bullets,
    Column,
    Contents,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Table,
    Timeline,
    TimelineEntry,
)
from csvgen.report import word
from csvgen.report.lines import signature_line_id
from csvgen.report.text import shown
from csvgen.report.word_package import CHARACTER_STYLES, PARAGRAPH_STYLES, TABLE_STYLES

from .outside import bodies, calls, cover, digest_elsewhere, expected, office, packed, page_texts, part, sha256
from .sample import HOSTILE, SLOTS, long_report, report

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
O = "{urn:schemas-microsoft-com:office:office}"  # noqa: E741 - the prefix every Office file uses
ENTRY = TimelineEntry("2026-11-21", "run", "what", "who")
SCRIPT = Path(__file__).parents[2] / "scripts" / "make_reference_docx.py"
TEMPLATE = Path(__file__).parents[2] / "templates" / "reference.docx"


def small(*blocks, **changes):
    return replace(report(banner=""), blocks=blocks, **changes)


def body(data: bytes):
    return etree.fromstring(part(data, "word/document.xml")).find(f"{W}body")


def paragraphs(root) -> list[str]:
    """Packed text of each paragraph, in the order of the document."""
    return [packed("".join(t.text or "" for t in p.iter(f"{W}t"))) for p in root.iter(f"{W}p")]


@pytest.fixture(scope="module")
def office_pdf(drawn_docx, tmp_path_factory):
    return office(drawn_docx, "pdf", tmp_path_factory.mktemp("office")) / "sample.pdf"


def test_what_is_written_is_exactly_what_the_report_says(drawn_docx):
    text = "".join(paragraphs(body(drawn_docx.read_bytes())))
    assert text == "".join([*cover(report()), *expected(report())])


@pytest.mark.needs("pdftotext")
def test_word_and_pdf_say_the_same(drawn_docx, drawn_pdf):
    printed, position = "".join(bodies(drawn_pdf, report())), 0
    for piece in filter(None, paragraphs(body(drawn_docx.read_bytes()))):
        found = printed.find(piece, position)
        assert found >= 0, (piece, printed[position : position + 120])
        position = found + len(piece)


@pytest.mark.needs("soffice", "pdftotext")
def test_libreoffice_shows_every_piece_in_order(office_pdf):
    texts = [packed(text) for text in page_texts(office_pdf)]
    around = re.compile(r"DEMONSTRATION-notforuseinaregulatedprocess.*?FORAPPROVAL|Content\w{12}·csvgen0\.1\.0Page\d+of\d+")
    printed, position = "".join(around.sub("", text) for text in texts), 0
    for piece in [*cover(report()), *expected(report())]:
        found = printed.find(piece, position)
        assert found >= 0, (piece, printed[position : position + 200])
        position = found + len(piece)


@pytest.mark.needs("soffice", "pdftotext")
def test_libreoffice_shows_header_footer_and_banner_on_every_page(office_pdf):
    texts = page_texts(office_pdf)
    assert len(texts) > 10
    for n, text in enumerate(texts, 1):
        for said in (
            f"Page {n} of {len(texts)}", report().banner, report().organisation, report().title, "QC-OQR-001 · Revision 2",
            "FOR APPROVAL", f"Content {report().content[7:19]} · csvgen 0.1.0",
        ):  # fmt: skip
            assert packed(said) in packed(text), (n, said)


@pytest.mark.needs("soffice", "pdftotext")
def test_libreoffice_repeats_the_head_of_a_table_on_each_page(tmp_path):
    source = tmp_path / "long.docx"
    source.write_bytes(word.draw(long_report(60)))
    pages = page_texts(office(source, "pdf", tmp_path) / "long.pdf")
    with_rows = [text for text in pages if re.search(r"TC-OQ-0099\.\d+\.1", text)]
    assert len(with_rows) > 3
    assert all("StepInstructionExpectedObservedVerdictEvidenceDeviation" in packed(text) for text in with_rows)


def test_only_named_styles_are_used_and_all_of_them_exist(drawn_docx):
    document = docx.Document(str(drawn_docx))
    names = {style.style_id: style.name for style in document.styles}
    parts = [
        part(drawn_docx.read_bytes(), name)
        for name in zipfile.ZipFile(drawn_docx).namelist()
        if re.search("document|header|footer", name) and name.endswith(".xml")
    ]
    used = {
        e.get(f"{W}val") for xml in parts for tag in ("pStyle", "rStyle", "tblStyle") for e in etree.fromstring(xml).iter(W + tag)
    }
    known = {name.lower() for name in (*PARAGRAPH_STYLES, *CHARACTER_STYLES, *TABLE_STYLES)}
    assert {names[identifier].lower() for identifier in used} <= known
    direct = {"rFonts", "sz", "color", "b", "i", "u", "shd", "pBdr", "ind"}
    assert not [e.tag for xml in parts for e in etree.fromstring(xml).iter() if etree.QName(e).localname in direct]


def test_headings_are_headings(drawn_docx):
    document = docx.Document(str(drawn_docx))
    found = [(p.style.name, p.text.split("\t")[0]) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert found[:3] == [("Heading 1", "1"), ("Heading 2", "1.1"), ("Heading 2", "1.2")]
    assert ("Heading 3", "5.1.1") in found


def test_rows_stay_whole_and_head_rows_repeat(drawn_docx):
    root = body(drawn_docx.read_bytes())
    rows = list(root.iter(f"{W}tr"))
    assert len(rows) > 100
    for row in rows:  # a row that may be cut holds paragraphs that may not, and that stay with what follows
        cut = row.find(f"{W}trPr/{W}cantSplit") is None
        held = all(
            p.find(f"{W}pPr/{W}keepLines") is not None and p.find(f"{W}pPr/{W}keepNext") is not None for p in row.iter(f"{W}p")
        )
        assert not cut or held
    tables = [t for t in root.iter(f"{W}tbl") if t.find(f"{W}tblPr/{W}tblStyle").get(f"{W}val") in {"CSVTable", "CSVTimeline"}]
    assert len(tables) == 1 + sum(isinstance(b, Table | Timeline) for b in report().blocks)
    for table in tables:
        heads = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in table.iter(f"{W}tr")]
        assert heads == [True, *[False] * (len(heads) - 1)]


def test_every_link_leads_to_a_bookmark_word_accepts(drawn_docx):
    root = body(drawn_docx.read_bytes())
    starts = list(root.iter(f"{W}bookmarkStart"))
    names = [start.get(f"{W}name") for start in starts]
    assert len({n.lower() for n in names}) == len(names)
    assert len({start.get(f"{W}id") for start in starts}) == len(starts)
    assert all(re.fullmatch(r"[A-Za-z]\w{0,39}", name, re.ASCII) for name in names)
    assert "TC_OQ_0001" in names
    links = [link.get(f"{W}anchor") for link in root.iter(f"{W}hyperlink")]
    assert len(links) >= 13
    assert set(links) <= set(names)


def test_an_id_in_a_table_leads_to_its_heading(drawn_docx):
    cells = [link for cell in body(drawn_docx.read_bytes()).iter(f"{W}tc") for link in cell.iter(f"{W}hyperlink")]
    assert [("".join(link.itertext()), link.get(f"{W}anchor")) for link in cells] == [
        (f"TC-OQ-000{n}", f"TC_OQ_000{n}") for n in (1, 2, 3, 1, 3)
    ]


def test_a_verdict_has_the_style_of_its_word(drawn_docx):
    styles = {}
    for run in body(drawn_docx.read_bytes()).iter(f"{W}r"):
        style = run.find(f"{W}rPr/{W}rStyle")
        if style is not None and style.get(f"{W}val").startswith("CSV"):
            styles.setdefault("".join(run.itertext()), set()).add(style.get(f"{W}val"))
    assert {word: styles[word] for word in ("PASSED", "FAILED", "NOT_RUN", "BLOCKED", "NOT_APPLICABLE")} == {
        "PASSED": {"CSVGood"}, "FAILED": {"CSVBad"}, "NOT_RUN": {"CSVOpen"}, "BLOCKED": {"CSVOpen"}, "NOT_APPLICABLE": {"CSVQuiet"},
    }  # fmt: skip


def test_long_and_alike_anchors_get_names_of_their_own():
    data = word.draw(small(*(Heading(1, "x", anchor) for anchor in ("A-B", "A.B", "a-b", "L" * 60, "L" * 61))))
    names = [start.get(f"{W}name") for start in body(data).iter(f"{W}bookmarkStart")]
    assert len({name.lower() for name in names}) == 5
    assert max(map(len, names)) <= 40


def test_fields_carry_their_result_and_nothing_asks_to_update_them(drawn_docx):
    data = drawn_docx.read_bytes()
    footer = next(
        part(data, name) for name in zipfile.ZipFile(drawn_docx).namelist() if "footer" in name and name.endswith(".xml")
    )
    assert [f.get(f"{W}instr").split()[0] for f in etree.fromstring(footer).iter(f"{W}fldSimple")] == ["PAGE", "NUMPAGES"]
    sequence = [(f.get(f"{W}instr").split()[0], "".join(f.itertext())) for f in body(data).iter(f"{W}fldSimple")]
    assert sequence == [("SEQ", str(n)) for n in range(1, 8)]
    assert b"updateFields" not in part(data, "word/settings.xml")
    assert b"w:dirty" not in part(data, "word/document.xml")
    assert b"TOC \\" not in part(data, "word/document.xml")


def test_each_slot_has_its_signature_line(drawn_docx):
    lines = list(body(drawn_docx.read_bytes()).iter(f"{O}signatureline"))
    assert [line.get("id") for line in lines] == [signature_line_id("QC-OQR-001", 2, slot.field) for slot in SLOTS]
    assert [line.get(f"{O}suggestedsigner") for line in lines] == [slot.role for slot in SLOTS]
    assert {line.get("issignatureline") for line in lines} == {"t"}
    relations = etree.fromstring(part(drawn_docx.read_bytes(), "word/_rels/document.xml.rels"))
    targets = {r.get("Id"): r.get("Target") for r in relations}
    pictures = [
        line.getparent()[0].get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id") for line in lines
    ]
    assert [part(drawn_docx.read_bytes(), f"word/{targets[p]}")[:4] for p in pictures] == [b"\x89PNG"] * 4


def test_properties_come_from_the_report(drawn_docx):
    properties = docx.Document(str(drawn_docx)).core_properties
    assert properties.title == "Operational qualification report"
    assert properties.author == report().organisation
    assert properties.created == properties.modified
    assert properties.created.isoformat()[:19] == "2026-11-21T09:30:00"
    assert (properties.version, properties.revision, properties.content_status, properties.identifier) == (
        "2",
        2,
        "FOR APPROVAL",
        "QC-OQR-001",
    )
    assert b"python-docx" not in part(drawn_docx.read_bytes(), "docProps/core.xml")
    undated = etree.fromstring(part(word.draw(small(date="later", title="t" * 400)), "docProps/core.xml"))
    assert not [e for e in undated if "created" in e.tag or "modified" in e.tag]


def test_the_package_is_plain_and_its_relations_hold_no_white_space(drawn_docx):
    with zipfile.ZipFile(drawn_docx) as archive:
        names = archive.namelist()
        assert names[0] == "[Content_Types].xml"
        assert names[1:] == sorted(names[1:])
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in names:
            if name.endswith(".rels"):
                assert not re.search(rb">\s+<", archive.read(name).split(b"?>", 1)[1].strip()), name
                assert b"External" not in archive.read(name)
    assert not [name for name in names if "thumbnail" in name or "custom" in name or name.endswith("app.xml")]


def test_another_process_draws_the_same_bytes(drawn_docx):
    digests = {digest_elsewhere("word.draw(sample.report())", seed) for seed in "01"}
    assert digests == {sha256(drawn_docx.read_bytes())}


def test_work_grows_with_the_rows_and_nothing_else():
    word.draw(long_report(10))
    few, many = (calls(lambda n=n: word.draw(long_report(n))) for n in (500, 5000))
    assert many < few * 11
    assert len(list(body(word.draw(long_report(5000))).iter(f"{W}tr"))) > 5000


def test_text_that_means_harm_is_text(drawn_docx):
    found = paragraphs(body(drawn_docx.read_bytes()))
    for source in HOSTILE:
        assert found.count(packed(shown(source))) >= 3, source


def test_every_empty_block_says_so():
    table = Table((Column("A", 0.5), Column("B", 0.5)), (), "Findings", "No finding was made.")
    text = "".join(paragraphs(body(word.draw(small(Contents(), ApprovalPage(()), Timeline(()), Facts(()), Bullets(()), table)))))
    for said in (
        "This document has no sections.",
        "No signature is required",
        "No approval, run or deviation",
        "None.",
        "No finding was made.",
    ):
        assert packed(said) in text, said
    assert "EndofQC-OQR-001" in "".join(paragraphs(body(word.draw(small()))))


def test_the_word_file_can_be_the_official_one():
    text = "".join(paragraphs(body(word.draw(small(Paragraph("x"), official="docx")))))
    assert text.count("TheWordfileistheofficialrendition") == 2


def test_a_page_break_opens_a_page_also_before_a_table():
    for block in (
        Paragraph("x"),
        Table((Column("A", 1.0),), (("x",),)),
        Facts((("a", "b"),)),
        Timeline((ENTRY,)),
        Heading(1, "x"),
    ):
        every = list(body(word.draw(small(Paragraph("first"), PageBreak(), block))).iter(f"{W}p"))
        texts = ["".join(p.itertext()) for p in every]
        assert every[texts.index("first") + 1].find(f"{W}pPr/{W}pageBreakBefore") is not None, block
        assert sum(p.find(f"{W}pPr/{W}pageBreakBefore") is not None for p in every) == 2  # after the cover, and here


def corporate(change=lambda document: None) -> bytes:
    document = docx.Document(io.BytesIO(TEMPLATE.read_bytes()))
    change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_reference_gives_the_look_and_not_its_text():
    def change(document):
        section = document.sections[0]
        section.left_margin, section.page_width = Mm(40), Mm(200)
        section.header.paragraphs[0].text = "Corporate header line"
        section.different_first_page_header_footer = True
        section.first_page_header.paragraphs[0].text = "first page only"
        document.add_paragraph("secret draft text")
        document.settings.odd_and_even_pages_header_footer = True
        section.even_page_header.paragraphs[0].text = "even pages only"
        document.core_properties.keywords = "confidential project name"
        document.styles["Body Text"].font.italic = True
        update = document.settings.element.makeelement(f"{W}updateFields", {f"{W}val": "true"})
        document.settings.element.append(update)

    data = word.draw(report(), corporate(change))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    for gone in (
        b"secret draft text",
        b"first page only",
        b"even pages only",
        b"confidential project",
        b"updateFields",
        b"evenAndOdd",
        b"titlePg",
    ):
        assert gone not in everything, gone
    assert b"Corporate header line" in everything
    document = docx.Document(io.BytesIO(data))
    assert {round(section.left_margin.mm) for section in document.sections} == {40}
    assert document.styles["Body Text"].font.italic
    assert [section.orientation for section in document.sections] == [0, 1, 0]
    assert b"Corporate" in part(data, "word/header1.xml")
    assert b"QC-OQR-001" in part(data, "word/header1.xml")


def test_a_heading_style_that_numbers_does_not_number_twice():
    def change(document):
        style = document.styles["Heading 1"].element
        properties = style.find(f"{W}pPr")
        numbering = properties.makeelement(f"{W}numPr")
        numbering.append(properties.makeelement(f"{W}numId", {f"{W}val": "7"}))
        properties.insert(0, numbering)

    root = body(word.draw(report(), corporate(change)))
    styled = [(p, p.find(f"{W}pPr/{W}pStyle")) for p in root.iter(f"{W}p")]
    headings = [p for p, style in styled if style is not None and style.get(f"{W}val") == "Heading1"]
    assert len(headings) == 6
    assert all(p.find(f"{W}pPr/{W}numPr/{W}numId").get(f"{W}val") == "0" for p in headings)
    assert not list(body(word.draw(report())).iter(f"{W}numPr"))


def test_a_reference_that_lacks_styles_is_refused_with_all_of_them():
    def change(document):
        for name in ("CSV Note", "Hyperlink", "CSV Table"):
            document.styles[name].delete()

    with pytest.raises(BadInput, match="lacks 3 style") as refusal:
        word.draw(report(), corporate(change))
    assert all(name in refusal.value.message for name in ("CSV Note", "Hyperlink", "CSV Table"))


def test_a_style_of_the_wrong_kind_does_not_count():
    def change(document):
        document.styles["CSV Note"].delete()
        document.styles.add_style("CSV Note", WD_STYLE_TYPE.CHARACTER)

    with pytest.raises(BadInput, match="CSV Note"):
        word.draw(report(), corporate(change))


@pytest.mark.parametrize("data", [b"", b"not a zip", normalised_zip([("a.txt", b"x")]), TEMPLATE.read_bytes()[:3000]])
def test_what_is_not_a_word_file_is_refused(data):
    with pytest.raises(BadInput, match="not a Word file"):
        word.draw(report(), data)


def test_the_reference_is_what_its_script_makes():
    made = runpy.run_path(str(SCRIPT))["reference"]()
    with zipfile.ZipFile(io.BytesIO(made)) as ours, zipfile.ZipFile(TEMPLATE) as theirs:
        assert {n: ours.read(n) for n in ours.namelist()} == {n: theirs.read(n) for n in theirs.namelist()}


def test_the_head_of_a_case_is_told_to_stay_with_its_steps():
    """Word and LibreOffice read it from the paragraphs of the rows: keep with next."""
    steps = Table((Column("Step", 0.5), Column("Observed", 0.5)), tuple((str(n), "x") for n in range(9)))
    root = body(word.draw(small(Facts((("PASSED", "one"), ("Deviation", "two"))), steps)))
    kept = {
        packed("".join(t.text or "" for t in p.iter(f"{W}t"))): p.find(f"{W}pPr/{W}keepNext") is not None
        for p in root.iter(f"{W}p")
    }
    assert all(kept[text] for text in ("PASSED", "one", "Deviation", "two", "Step", "Observed"))
    assert not kept["8"]
    alone = body(word.draw(small(Facts((("PASSED", "one"), ("Deviation", "two"))))))
    texts = {
        packed("".join(t.text or "" for t in p.iter(f"{W}t"))): p.find(f"{W}pPr/{W}keepNext") is not None
        for p in alone.iter(f"{W}p")
    }
    assert (texts["one"], texts["two"]) == (True, False)
