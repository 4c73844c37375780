"""Finding one's way in a long PDF: pages that say what they go on with, results that lead to their scripts, bookmarks."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pikepdf
import pytest

from csvgen.model.report import Column, Facts, Heading, PageBreak, Paragraph, Report, Table
from csvgen.report import look, outline, pdf, pdf_blocks, pdf_table, readback, readback_pdf, readback_word, word
from csvgen.report.pdf_page import marked

from .outside import packed, page_texts
from .sample import report

STEPS = (Column("Step", 0.1), Column("Instruction", 0.6), Column("Observed", 0.2), Column("Verdict", 0.1, "verdict"))
RESULTS = (Column("Case", 0.2, "place"), Column("Title", 0.5), Column("Run", 0.1), Column("Verdict", 0.2, "verdict"))
TITLE = "a title that is so long that a bookmark has no room for all of its words but the page has (with its values)"


def script(case: str, run: str, rows: int) -> list:
    lines = tuple((str(n), "what is done\nin two lines", "seen", "PASSED") for n in range(rows))
    return [Heading(3, f"{case} {TITLE} ({run})", f"{run}-{case}"), Facts((("PASSED", "in time"),)), Table(STEPS, lines)]


def document(**changes) -> Report:
    ids = [f"TC-OQ-{n:04d}" for n in (7, 2, 5, 3)]
    rows = [(case, TITLE, run, "PASSED") for case in sorted(ids) for run in ("OQ-001", "OQ-002")]
    rows.append(("TC-OQ-0099", "was never reached", "OQ-002", "NOT_RUN"))
    blocks = [Heading(1, "Results"), Table(RESULTS, tuple(rows), "Results of all runs"), PageBreak(), Heading(1, "Scripts")]
    for run in ("OQ-001", "OQ-002"):
        blocks.append(Heading(2, f"URS-QC-001 Of the run ({run})"))
        for n, case in enumerate(ids):
            blocks += script(case, run, 3 + 45 * (n % 2))
    blocks += [
        Heading(1, "Attachments"),
        Table(STEPS, tuple((str(n), "file", "x", "y") for n in range(120)), "Index of attachments"),
    ]
    return replace(report(), blocks=tuple(blocks), **changes)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("ways") / "ways.pdf"
    path.write_bytes(pdf.draw(document()))
    return path


def bodies(path) -> list[list[str]]:
    """Lines of each page below its header."""
    return [text.split(report().status, 1)[1].strip().splitlines() for text in page_texts(path)]


def text_of(source):
    return readback.of_outline(outline.outline(source))


def test_every_page_of_a_script_names_its_case(drawn):
    case, continued = "", 0
    for page in bodies(drawn):
        lines = [line for line in page if not line.startswith(("Content ", "Page "))]
        said = [found[1] for line in lines if (found := re.match(r"[\d.]+ (TC-OQ-\d{4}) ", line))]
        if lines[0].endswith(", continued"):
            assert lines[0] in (f"{case}, continued", "Table 2, continued"), lines[:3]
            assert lines[1].split()[0] == "Step"
            continued += 1
        elif case and not said:
            assert not any(line.endswith("PASSED") for line in lines), lines[:3]
        case = said[-1] if said else case
        case = "" if any(line.endswith("Attachments") for line in lines) else case
    assert continued > 6


def test_a_page_under_the_name_of_another_case_is_a_difference(monkeypatch):
    source = document()
    assert readback_pdf.differences(text_of(source), pdf.draw(source)) == []
    honest = pdf_table.goes_on
    monkeypatch.setattr(pdf_blocks, "goes_on", lambda text: honest(text.replace("0002", "0003")))
    assert any("TC-OQ-0003, continued" in fault for fault in readback_pdf.differences(text_of(source), pdf.draw(source)))


def test_a_file_without_those_lines_reads_back_as_it_always_did(monkeypatch):
    """Documents that an earlier csvgen drew."""
    source = document()
    monkeypatch.setattr(pdf_table, "_below", lambda _line, head: head)
    assert readback_pdf.differences(text_of(source), pdf.draw(source)) == []


def places(path) -> dict[str, int]:
    """Heading -> its page, from what the pages say."""
    found = {}
    for n, page in enumerate(page_texts(path), 1):
        for heading in re.findall(r"^[\d.]+ (TC-OQ-\d{4} [^\n]+(?:\n[^\n]+)?)", page, re.MULTILINE):
            run = re.search(r"\((OQ-00\d)\)", heading)
            if run:
                found[f"{heading[:10]} {run[1]}"] = n
    return found


def test_results_lead_to_the_script_of_their_run_and_tell_its_page(drawn):
    stands = places(drawn)
    assert len(stands) == 8
    n, page = next((n, text) for n, text in enumerate(page_texts(drawn)) if "Results of all runs" in text)
    rows = re.findall(r"(TC-OQ-\d{4})(.*?)(?:PASSED|NOT_RUN) (\d+|–)", page.replace("\n", " "))
    told = {f"{case} {re.search(r'OQ-00[12]', rest)[0]}": number for case, rest, number in rows}
    assert {key: int(number) for key, number in told.items() if number != "–"} == stands
    assert told["TC-OQ-0099 OQ-002"] == "–"
    with pikepdf.open(drawn) as file:
        numbers = {page.obj.objgen: n for n, page in enumerate(file.pages, 1)}
        links = [numbers[link.Dest[0].objgen] for link in file.pages[n].obj.Annots]
    assert links == [page for key in sorted(stands) for page in (stands[key], stands[key])]  # the id, and the page number


def test_a_page_number_that_is_wrong_is_a_difference(monkeypatch):
    source = document()

    def lying(cell, ink, x, y):
        ink.text(x, y, str(ink.places[cell.place] + 1), cell.kind)

    monkeypatch.setattr(pdf_table.Cell, "_paint_page", lying)
    faults = readback_pdf.differences(text_of(source), pdf.draw(source))
    assert any(re.search(r"OQ-001-TC-OQ-0002 is said to stand on page \d+, and stands on page \d+", fault) for fault in faults)


def test_word_leads_there_too_and_has_no_page_numbers():
    source = document()
    drawn = word.draw(source)
    assert readback.differences(text_of(source), readback_word.read(drawn)) == []
    reading = readback_word.read(drawn)
    table = next(p for p in reading.pieces if isinstance(p, readback.Grid) and p.titles[:2] == ("Case", "Title"))
    assert table.titles == ("Case", "Title", "Run", "Verdict")


def test_bookmarks_go_down_to_each_requirement_and_the_page_has_all_of_a_heading(drawn):
    def walk(items, depth=0):
        for item in items:
            yield depth, " ".join(item.title.split()), item.is_closed
            yield from walk(item.children, depth + 1)

    with pikepdf.open(drawn) as file, file.open_outline() as tree:
        found = list(walk(tree.root))
    assert {depth for depth, _, _ in found} == {0, 1}
    assert any(title.startswith("2.") for depth, title, _ in found if depth == 1)
    assert packed(f"2.1.1 TC-OQ-0007 {TITLE} (OQ-001)") in packed("".join(page_texts(drawn)))


def test_a_long_bookmark_ends_with_a_word():
    whole = f"2.1.1 TC-OQ-0007 {TITLE} (OQ-001)"
    told = marked(whole)
    assert len(told) <= 90 < len(whole)
    assert told.endswith(" …")
    assert whole.startswith(told.removesuffix("…"))
    assert marked("short") == "short"


def test_the_name_of_a_heading_is_the_id_it_begins_with():
    assert outline.named(Heading(3, "TC-OQ-0001 title (OQ-001)", "OQ-001-TC-OQ-0001")) == "TC-OQ-0001"
    assert outline.named(Heading(2, "DEV-002 TC-OQ-0411 in OQ-001", "DEV-002")) == "DEV-002"
    assert outline.named(Heading(2, "Environment of run OQ-001", "env")) == ""
    assert outline.named(Heading(1, "Results")) == ""


def test_the_end_of_a_document_has_no_page_for_itself():
    for filler in range(0, 60, 4):
        source = replace(report(), blocks=(Heading(1, "One"), *(Paragraph(f"word{n}") for n in range(10 + filler))))
        _, runs = readback_pdf.runs(pdf.draw(source))
        last = runs[-1].page
        assert any(r.text.startswith("word") for r in runs if r.page == last) or last == 2, filler
    assert last > 2


def test_a_page_break_after_a_few_lines_is_no_page():
    def pages_of(lines: int) -> int:
        blocks = (
            Heading(1, "One"),
            *(Paragraph(f"word{n}") for n in range(lines)),
            PageBreak(),
            Heading(1, "Two"),
            Paragraph("end"),
        )
        _, runs = readback_pdf.runs(pdf.draw(replace(report(), blocks=blocks)))
        one, two = (next(r.page for r in runs if r.text == word) for word in ("word0", "end"))
        return two - one

    assert [pages_of(lines) for lines in (2, 20)] == [0, 1]


def test_a_long_list_of_facts_fills_the_page_and_no_row_of_it_stands_alone():
    seen = set[int]()
    for filler in range(14, 32):
        facts = Facts(tuple((f"fact{n}", "x") for n in range(16)))
        blocks = (Heading(1, "One"), *(Paragraph(f"word{n}") for n in range(filler)), facts, Paragraph("after " * 300))
        _, runs = readback_pdf.runs(pdf.draw(replace(report(), blocks=blocks)))
        counts = [sum(r.text.startswith("fact") for r in runs if r.page == page) for page in (2, 3)]
        assert sum(counts) == 16
        assert 1 not in counts, (filler, counts)
        seen.add(counts[0])
    assert len(seen) > 2  # not the whole list on one page or the other


def test_the_sentence_that_sums_a_table_up_stands_below_two_of_its_rows():
    copies = Table((Column("Copy", 1.0),), tuple((f"row{n}",) for n in range(9)), "Copies")
    for filler in range(21, 26):
        blocks = (Heading(1, "One"), *(Paragraph(f"word{n}") for n in range(filler)), copies, Paragraph("the sum"))
        _, runs = readback_pdf.runs(pdf.draw(replace(report(), blocks=(*blocks, *(Paragraph("more"),) * 40))))
        (page,) = (r.page for r in runs if r.text == "the sum")
        assert sum(r.page == page and r.text.startswith("row") for r in runs) >= 2, filler


def test_facts_are_as_wide_as_their_page():
    wide = Table(tuple(Column(f"C{n}", 1 / look.WIDE) for n in range(look.WIDE)), (("x",) * look.WIDE,))
    value = "word " * 25
    source = replace(report(), blocks=(Heading(1, "On its side"), Facts((("Name", value),)), wide))
    _, runs = readback_pdf.runs(pdf.draw(source))
    said = [r for r in runs if r.text.startswith("word word")]
    assert len(said) == 1  # on an upright page it takes two lines
    upright = replace(source, blocks=source.blocks[:2])
    assert sum(r.text.startswith("word word") for r in readback_pdf.runs(pdf.draw(upright))[1]) > 1


def test_a_very_high_row_begins_below_what_stands_before_it_and_leaves_no_line_alone():
    rows = [("1", "line\n" * 30 + "line", "x", "PASSED"), ("2", "a", "y", "PASSED")]
    for filler in range(8, 34, 3):
        blocks = (Heading(1, "One"), *(Paragraph(f"word{n}") for n in range(filler)), Table(STEPS, tuple(rows), "Cut"))
        drawn = pdf.draw(replace(report(), blocks=blocks))
        pages, runs = readback_pdf.runs(drawn)
        counts = [n for page in range(1, pages + 1) if (n := sum(r.text == "line" for r in runs if r.page == page))]
        assert sum(counts) == 31
        assert min(counts) >= 4, (filler, counts)
        assert readback_pdf.differences(text_of(replace(report(), blocks=blocks)), drawn) == []
    with pikepdf.open(io.BytesIO(drawn)) as file:
        assert len(file.pages) == pages
