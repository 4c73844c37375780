"""The PDF, read by poppler, qpdf, pikepdf and pyHanko."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pikepdf
import pytest
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from csvgen.errors import BadInput
from csvgen.model.report import (
    ApprovalPage,
    Bullets,
    Column,
    Contents,
    Facts,
    Heading,
    Paragraph,
    Table,
    Timeline,
    TimelineEntry,
)
from csvgen.report import look, pdf
from csvgen.report.text import shown

from .outside import (
    bodies,
    calls,
    cover,
    digest_elsewhere,
    expected,
    packed,
    page_texts,
    sha256,
    tool,
)
from .sample import HOSTILE, SLOTS, STEP_COLUMNS, long_report, report

poppler = pytest.mark.needs("pdftotext")


def drawn(tmp_path, source):
    path = tmp_path / "drawn.pdf"
    path.write_bytes(pdf.draw(source))
    return path


def small(*blocks, **changes):
    return replace(report(banner=""), blocks=blocks, **changes)


@pytest.mark.needs("qpdf")
def test_the_file_is_sound(drawn_pdf):
    assert "No syntax or stream encoding errors" in tool("qpdf", "--check", drawn_pdf)


@poppler
def test_banner_header_footer_and_page_numbers_stand_on_every_page(drawn_pdf):
    assert len(bodies(drawn_pdf, report())) > 10  # `bodies` looks at every page


@poppler
def test_the_cover_says_what_the_document_is(drawn_pdf):
    assert bodies(drawn_pdf, report())[0] == "".join(cover(report()))


@poppler
def test_every_block_is_printed_in_order_and_nothing_else(drawn_pdf):
    titles = {packed("".join(c.title for c in b.columns)) for b in report().blocks if isinstance(b, Table)}
    again = re.compile(rf"(?:Table\d+|[A-Z]+-[A-Z0-9-]*\d),continued(?:{'|'.join(map(re.escape, titles))})?")
    text = "".join(body[found.end() if (found := again.match(body)) else 0 :] for body in bodies(drawn_pdf, report())[1:])
    position, between = 0, []
    for piece in expected(report()):
        found = text.find(piece, position)
        assert found >= 0, (piece, text[position : position + 200])
        between.append(text[position:found])
        position = found + len(piece)
    rest = {
        piece.strip("W") for piece in between if piece and not piece.isdecimal()
    }  # page numbers of the contents; a cell in parts
    assert rest <= titles | {""}  # heads of tables, repeated
    assert text[position:] == ""


@poppler
def test_contents_name_the_page_of_each_heading_and_lead_there(drawn_pdf):
    pages = page_texts(drawn_pdf)
    listing = next(text for text in pages if re.search(r"^Contents$", text, re.MULTILINE))
    lines = re.findall(r"^(\d(?:\.\d)?) ([^\n]+?) (\d+)$", listing, re.MULTILINE)
    assert [number for number, _, _ in lines] == ["1", "1.1", "1.2", "1.3", "2", "3", "4", "4.1", "4.2", "4.3", "5", "5.1", "6"]
    for number, title, page in lines:
        assert packed(f"{number}{title}") in packed(pages[int(page) - 1]), (number, page)
    with pikepdf.open(drawn_pdf) as document:
        numbers = {page.obj.objgen: n for n, page in enumerate(document.pages, 1)}
        place = next(n for n, text in enumerate(pages) if text is listing)
        links = document.pages[place].obj.Annots
        assert [numbers[link.Dest[0].objgen] for link in links] == [int(page) for _, _, page in lines]


def test_bookmarks_are_the_headings_of_the_two_highest_levels(drawn_pdf):
    def walk(items, depth=0):
        for item in items:
            yield depth, " ".join(item.title.split())
            yield from walk(item.children, depth + 1)

    with pikepdf.open(drawn_pdf) as document, document.open_outline() as outline:
        found = list(walk(outline.root))
    assert found[:4] == [(0, "Approval"), (0, "Contents"), (0, "1 Purpose and scope"), (1, "1.1 In scope")]
    assert {depth for depth, _ in found} == {0, 1}
    assert len(found) == 2 + sum(isinstance(block, Heading) and block.level <= 2 for block in report().blocks)


def test_a_heading_that_skips_a_level_still_has_its_bookmark(tmp_path):
    with (
        pikepdf.open(drawn(tmp_path, small(Heading(2, "deep"), Heading(2, "as deep"), Heading(1, "less")))) as document,
        document.open_outline() as outline,
    ):
        assert [" ".join(item.title.split()) for item in outline.root] == ["0.1 deep", "1 less"]
        assert [" ".join(item.title.split()) for item in outline.root[0].children] == ["0.2 as deep"]


def test_each_slot_has_one_empty_signature_field_over_its_box(drawn_pdf):
    with drawn_pdf.open("rb") as stream:
        fields = list(enumerate_sig_fields(PdfFileReader(stream)))
    assert [name for name, _, _ in fields] == [slot.field for slot in SLOTS]
    assert all(value is None for _, value, _ in fields)
    with pikepdf.open(drawn_pdf) as document:
        tops = []
        for field in document.Root.AcroForm.Fields:
            left, bottom, right, top = (float(edge) for edge in field.Rect)
            assert (right - left, top - bottom) == pytest.approx(look.BOX, abs=0.02)
            assert field.P.objgen == document.pages[1].obj.objgen
            assert field.AP.N.read_bytes().endswith(b" S")  # strokes and nothing else: not a text of the document
            assert int(field.F) & 4
            tops.append(top)
        assert tops == sorted(tops, reverse=True)


@poppler
def test_the_boxes_of_the_approval_page_are_empty(drawn_pdf):
    with pikepdf.open(drawn_pdf) as document:
        boxes = [[float(edge) for edge in field.Rect] for field in document.Root.AcroForm.Fields]
        height = float(document.pages[1].mediabox[3])
    words = re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">',
        tool("pdftotext", "-bbox", "-f", 2, "-l", 2, drawn_pdf, "-"),
    )
    assert len(words) > 40
    for left, bottom, right, top in boxes:
        inside = [
            w
            for w in words
            if float(w[2]) > left and float(w[0]) < right and height - float(w[1]) > bottom and height - float(w[3]) < top
        ]
        assert inside == []


@poppler
def test_a_long_banner_covers_nothing(tmp_path):
    text = "DEMONSTRATION WITHOUT VALUE " * 20
    path = drawn(tmp_path, replace(small(Paragraph("first words of the body")), banner=text))
    page = tool("pdftotext", "-bbox", "-f", 2, "-l", 2, path, "-")
    spots = [
        (word, float(low), float(high))
        for low, high, word in re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]*)<', page)
    ]
    banner = [high for word, _, high in spots if word in text]
    others = [low for word, low, _ in spots if word not in text]
    assert len(banner) == 60
    assert max(banner) < min(others)


@poppler
def test_without_a_banner_there_is_none(tmp_path):
    path = drawn(tmp_path, small(Paragraph("text")))
    assert "DEMONSTRATION" not in tool("pdftotext", path, "-")


@poppler
def test_text_that_means_harm_is_text(drawn_pdf):
    text = packed(" ".join(bodies(drawn_pdf, report())))
    for source in HOSTILE:
        assert text.count(packed(shown(source))) >= 3, source
    assert "[U+4E2D][U+6587]" in text
    assert "[U+202E]" in text
    with pikepdf.open(drawn_pdf) as document:
        assert not {"/JavaScript", "/OpenAction", "/AA"} & set(document.Root.keys())


def test_fonts_are_embedded_and_none_is_borrowed(drawn_pdf):
    with pikepdf.open(drawn_pdf) as document:
        names = set()
        for page in document.pages:
            for font in page.obj.Resources.Font.values():
                names.add(str(font.BaseFont))
                assert "/FontFile2" in font.FontDescriptor
    assert len(names) >= 4
    assert all("Liberation" in name for name in names)


def test_every_stream_is_packed_but_the_metadata(drawn_pdf):
    with pikepdf.open(drawn_pdf) as document:
        streams = [o for o in document.objects if isinstance(o, pikepdf.Stream)]
        plain = [str(o.get("/Type")) for o in streams if "/Filter" not in o]
        assert len(streams) > 10
        assert plain == ["/Metadata"]
        assert all(o.read_bytes() for o in streams)


def test_the_file_describes_itself_from_the_report(drawn_pdf):
    with pikepdf.open(drawn_pdf) as document:
        info, meta = document.docinfo, document.open_metadata()
        assert str(info["/Title"]) == meta["dc:title"] == "QC-OQR-001 Operational qualification report"
        assert str(info["/Author"]) == meta["dc:creator"][0] == report().organisation
        assert str(info["/CreationDate"]) == str(info["/ModDate"]) == "D:20261121093000+00'00'"
        assert meta["xmp:CreateDate"] == "2026-11-21T09:30:00+00:00"
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "B")
        assert document.Root.OutputIntents[0].S == pikepdf.Name.GTS_PDFA1
        assert all("/F" in annotation for page in document.pages for annotation in page.obj.get("/Annots", []))


def test_a_report_without_a_date_claims_none(tmp_path):
    with pikepdf.open(drawn(tmp_path, small(date="when approved"))) as document:
        assert "/CreationDate" not in document.docinfo
        assert "xmp:CreateDate" not in document.open_metadata()


def test_another_process_draws_the_same_bytes(drawn_pdf):
    digests = {digest_elsewhere("pdf.draw(sample.report())", seed) for seed in "01"}
    assert digests == {sha256(drawn_pdf.read_bytes())}
    assert pdf.draw(report(banner="")) != drawn_pdf.read_bytes()


@poppler
def test_a_table_of_5000_rows_is_whole_and_has_its_head_on_each_page(tmp_path):
    source = long_report(5000)
    pages = bodies(drawn(tmp_path, source), source)[1:]
    head = packed("".join(column.title for column in STEP_COLUMNS))
    assert all(page.count(head) == 1 for page in pages if "TC-OQ-0099." in page)
    cases = re.findall(r"TC-OQ-0099\.(\d+)\.1", "".join(pages))
    assert cases == [str(n) for n in range(1, 5001)]


def test_work_grows_with_the_rows_and_nothing_else():
    pdf.draw(long_report(10))  # fonts and tables of widths are read once
    few, many = (calls(lambda n=n: pdf.draw(long_report(n))) for n in (500, 5000))
    assert many < few * 11


@poppler
def test_a_row_taller_than_a_page_is_cut_and_whole(tmp_path):
    words = [f"w{n:04d}" for n in range(3000)]
    source = small(Table((Column("Long", 0.5), Column("Short", 0.5)), ((" ".join(words), "short"), ("next", "row"))))
    pages = bodies(drawn(tmp_path, source), source)
    assert len(pages) > 3
    assert "".join(pages[1:]).replace("LongShort", "").replace("short", "", 1).startswith("".join(words))


@poppler
def test_a_timeline_stays_on_one_page_if_one_page_can_hold_it(tmp_path):
    entries = tuple(TimelineEntry(f"2026-11-{n + 1:02d}", "run", f"entry{n:02d}", "ci") for n in range(20))
    for before in range(10, 40):
        pages = bodies(drawn(tmp_path, source := small(*[Paragraph("x")] * before, Timeline(entries))), source)
        assert [("entry00" in page, "entry19" in page) for page in pages].count((True, True)) == 1, before


@poppler
def test_a_timeline_never_spills_a_row_or_two_onto_a_page_of_their_own(tmp_path):
    on_one = []
    for rows in (44, 48, 49, 50, 51, 52, 53, 54, 56, 58, 60):
        entries = tuple(TimelineEntry(f"2026-11-{n:02d}", "run", f"entry{n:02d}", "ci") for n in range(rows))
        source = small(Heading(1, "Timeline"), Timeline(entries))
        counts = [n for page in bodies(drawn(tmp_path, source), source) if (n := page.count("entry"))]
        assert sum(counts) == rows
        assert min(counts) >= 8, (rows, counts)
        on_one += [rows] if len(counts) == 1 else []
    assert 44 in on_one
    assert 60 not in on_one


@poppler
def test_a_timeline_longer_than_a_page_is_whole(tmp_path):
    words = [f"w{n:04d}" for n in range(2500)]
    entries = (TimelineEntry("a", "run", " ".join(words), "b"), *(TimelineEntry("a", "record", f"e{n}", "b") for n in range(90)))
    source = small(Timeline(entries))
    text = "".join(bodies(drawn(tmp_path, source), source)[1:])
    assert re.findall(r"w\d{4}", text) == words
    assert re.findall(r"recorde(\d+)b", text) == [str(n) for n in range(90)]


def test_a_banner_that_leaves_no_room_is_refused():
    with pytest.raises(BadInput, match="leave no room"):
        pdf.draw(replace(report(), banner="word " * 2000))


@poppler
def test_no_row_stands_alone_on_the_last_page_of_its_table(tmp_path):
    for rows in range(30, 40):
        source = small(Table((Column("A", 1.0),), tuple((f"row{n}",) for n in range(rows))))
        counts = [page.count("row") for page in bodies(drawn(tmp_path, source), source)]
        assert 1 not in counts, rows


@pytest.mark.needs("pdftoppm")
def test_a_verdict_that_is_not_passed_has_a_second_sign(tmp_path):
    def colours(verdict: str) -> set[str]:
        source = small(Table((Column("Verdict", 1.0, "verdict"),), ((verdict,),)))
        tool("pdftoppm", "-r", 72, "-f", 2, "-l", 2, "-singlefile", "-png", drawn(tmp_path, source), tmp_path / "page")
        with Image.open(tmp_path / "page.png") as image:
            return {f"{r:02X}{g:02X}{b:02X}" for _, (r, g, b) in image.convert("RGB").getcolors(10**6)}

    assert look.BAD.wash in colours("FAILED")
    assert look.OPEN.wash in colours("NOT_RUN")
    assert not {look.BAD.wash, look.OPEN.wash} & colours("PASSED")


@poppler
def test_every_empty_block_says_so(tmp_path):
    table = Table((Column("A", 1.0),), (), "Findings", "No finding was made.")
    source = small(Contents(), ApprovalPage(()), Timeline(()), Facts(()), Bullets(()), table)
    text = bodies(drawn(tmp_path, source), source)[1]
    for said in (
        "This document has no sections.",
        "No signature is required",
        "No approval, run or deviation",
        "None.",
        "No finding was made.",
    ):
        assert packed(said) in text, said


@poppler
def test_a_report_without_blocks_is_cover_and_closing(tmp_path):
    source = small()
    assert len(bodies(drawn(tmp_path, source), source)) == 2


@poppler
def test_white_space_alone_never_makes_a_page(tmp_path):
    for rows in range(30, 40):  # somewhere here a table ends where its page ends, and the next page is another sheet
        source = small(Table((Column("A", 1.0),), (("x",),) * rows), Heading(1, "wide"), Table(STEP_COLUMNS, ()))
        assert all(bodies(drawn(tmp_path, source), source)), rows


def test_wide_chapters_lie_on_landscape_pages_and_others_do_not(drawn_pdf):
    with pikepdf.open(drawn_pdf) as document:
        shapes = ["wide" if page.mediabox[2] > page.mediabox[3] else "tall" for page in document.pages]
    runs = [shape for n, shape in enumerate(shapes) if n == 0 or shape != shapes[n - 1]]
    assert runs == ["tall", "wide", "tall"]


@poppler
def test_an_id_leads_to_the_heading_it_names(drawn_pdf):
    with pikepdf.open(drawn_pdf) as document:
        names = list(document.Root.Names.Dests.Names)
        places = {str(name): place[0].objgen for name, place in zip(names[::2], names[1::2], strict=True)}
        assert sorted(places) == ["TC-OQ-0001", "TC-OQ-0002", "TC-OQ-0003"]
        results = next(
            page for n, page in enumerate(document.pages) if "Requirements and their verdicts" in page_texts(drawn_pdf)[n]
        )
        assert [link.Dest[0].objgen for link in results.obj.Annots] == [places[f"TC-OQ-000{n}"] for n in (1, 2, 3, 1, 3)]


@poppler
def test_all_text_lies_within_the_margins(drawn_pdf):
    for match in re.finditer(
        r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', tool("pdftotext", "-bbox", drawn_pdf, "-"), re.DOTALL
    ):
        width, height = float(match[1]), float(match[2])
        for left, low, right, high in re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"', match[3]):
            assert float(left) >= look.SIDE - 1
            assert float(right) <= width - look.SIDE + 1
            assert float(low) >= look.EDGE - 2
            assert float(high) <= height - look.EDGE + 2


def test_drawing_twice_in_one_process_gives_the_same_bytes():
    first, second = (pdf.draw(small(Paragraph(text))) for text in ("a", "a"))
    assert first == second
    assert pikepdf.open(io.BytesIO(first)).pages


STEPS = Table((Column("Step", 0.5), Column("Verdict", 0.5, "verdict")), tuple((f"step{n}", "PASSED") for n in range(9)))


@poppler
def test_the_head_of_a_case_stays_with_its_steps_and_a_small_table_in_one_piece(tmp_path):
    few = Table(
        (Column("Priority", 0.5), Column("Techniques", 0.5)), tuple((f"level{n}", "x") for n in range(look.WHOLE)), "Depth"
    )
    for filler in range(20, 34):
        lines = tuple(Facts(((f"filler{n}", "x"),)) for n in range(filler))
        case = (Heading(3, "TC-OQ-0001 title"), Facts((("PASSED", "head-one"), ("Deviation", "head-two"))), STEPS)
        form = Facts(tuple((f"fact{n}", "x") for n in range(6)))
        for blocks, words in (
            (case, ("TC-OQ-0001title", "head-one", "head-two", "step0")),
            ((few,), ("Techniques", "level0", "level4")),
            ((form,), ("fact0", "fact5")),
        ):
            path = drawn(tmp_path, small(*lines, *blocks))
            pages = [packed(page) for page in page_texts(path)]
            found = {n for n, page in enumerate(pages) for word in words if word in page}
            assert len(found) == 1, (filler, words, found)
