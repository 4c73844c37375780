"""Where the pages of a Word file end: judged on pages that LibreOffice made of it, and by the rules Word goes by."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from csvgen.model.report import Bullets, Column, Facts, Heading, Paragraph, Table
from csvgen.report import readback, readback_word, word
from csvgen.report.outline import outline
from csvgen.report.text import apart

from .outside import office, page_texts, tool
from .sample import report
from .test_word import W, body, small

STEPS = tuple(Column(title, share, "text") for title, share in zip(
    ("Step", "Instruction", "Expected", "Observed", "Verdict", "Evidence", "Dev."), (0.05, 0.24, 0.23, 0.25, 0.09, 0.08, 0.06), strict=True,
))  # fmt: skip


def a_case(number: int):
    """As an executed script begins: its id, a block with verdict and times, its steps."""
    rows = (("1", "When the installation is read", "installation", "as\nit was\nread\nnow", "PASSED", "1.1", "none"),
            ("2", "Then it is as released", "1.0", "1.0", "PASSED", "record", "none"))  # fmt: skip
    return (
        Heading(3, f"TC-IQ-{number:04d} A package is as released"),
        Facts((("PASSED", "2026-11-23 03:34:07 (UTC)\nshows URS-QC-033"),)),
        Table(STEPS, rows),
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    cases = (block for n in range(1, 16) for block in a_case(n))
    blocks = (
        Heading(1, "Rules"),
        Bullets(tuple(f"Rule that is number {n}" for n in range(1, 12)), numbered=True),
        Heading(1, "Scripts"),
        *cases,
    )
    (folder / "cases.docx").write_bytes(word.draw(small(*blocks)))
    return office(folder / "cases.docx", "pdf", folder) / "cases.pdf"


@pytest.mark.needs("soffice", "pdftotext")
def test_no_case_begins_at_the_foot_of_a_page_without_its_steps(pages):
    texts = page_texts(pages)
    begun = [text for text in texts if "TC-IQ-" in text]
    assert len(begun) > 3
    for text in begun:
        assert "Instruction" in text[text.rindex("TC-IQ-") :], text


@pytest.mark.needs("soffice", "pdftotext")
def test_numbers_of_a_list_do_not_touch_its_text(pages):
    words = re.findall(
        r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="[\d.]+">([^<]+)<', tool("pdftotext", "-bbox", pages, "-")
    )
    ends = {y: float(end) for _, y, end, text in words if text in ("9.", "10.", "11.")}
    begins = {y: float(begin) for begin, y, _, text in words if text == "Rule"}
    assert len(ends) == 3
    assert min(begins[y] - end for y, end in ends.items()) > 2


def test_the_end_of_a_document_is_one_block():
    made = small(Paragraph("text"), made_from=(("specification", "sha256:" + "0" * 64), ("matrix", "sha256:" + "1" * 64)))
    root = body(word.draw(made))
    closing = next(n for n, p in enumerate(root) if "End of" in "".join(p.itertext()))
    last = len(root) - 2  # before the properties of the section
    held = [p.find(f"{W}pPr/{W}keepNext") is not None for child in root[closing:last] for p in child.iter(f"{W}p")]
    assert len(held) > 8
    assert all(held)
    assert "official rendition" in "".join(root[last].itertext())


def test_a_long_list_of_sources_is_not_held_together():
    made = small(Paragraph("text"), made_from=tuple((f"run {n}", "sha256:" + "0" * 64) for n in range(60)))
    rows = [row for row in body(word.draw(made)).iter(f"{W}tr") if "run " in "".join(row.itertext())]
    assert not any(row.find(f".//{W}keepNext") is not None for row in rows)


IDS = ", ".join(f"RA-QC-{n:03d}" for n in range(1, 8))


def test_a_list_of_ids_breaks_between_ids_and_is_read_and_found_as_it_was():
    told = small(Table((Column("Risks", 0.2, "id"), Column("What", 0.8, "text")), ((IDS, "a text, with a COMMA-1, in it"),)))
    data = word.draw(told)
    cell = next(c for c in body(data).iter(f"{W}tc") if "RA-QC" in "".join(c.itertext()))
    lines = "".join("\n" if e.tag == f"{W}br" else e.text or "" for e in cell.iter(f"{W}br", f"{W}t")).split("\n")
    assert len(lines) > 2
    assert all(re.fullmatch(r"(RA-QC-\d{3},? ?)+", line) for line in lines)
    assert " ".join(lines) == IDS  # with the hyphen one types to search for it
    assert readback.differences(readback.of_outline(outline(told)), readback_word.read(data)) == []
    other = replace(
        told, blocks=(Table(told.blocks[0].columns, ((IDS.replace("007", "008"), "a text, with a COMMA-1, in it"),)),)
    )
    assert readback.differences(readback.of_outline(outline(other)), readback_word.read(data)) != []


def test_only_lists_of_ids_are_laid_out():
    for text in ("RA-QC-001", "RA-QC-001 and more, RA-QC-002", "a, b", "2026-11-23, 2026-11-24", ""):
        assert apart(text, 10, 8) == text
    assert apart(IDS, 1000, 8) == IDS
    assert apart(IDS, 1, 8).split(",\n") == IDS.split(", ")


def test_what_the_sample_says_is_read_back(drawn_docx):
    assert readback.differences(readback.of_outline(outline(report())), readback_word.read(drawn_docx.read_bytes())) == []


def test_a_sentence_stays_with_the_words_it_announces():
    made = small(
        Paragraph("The plan asks for this:"), Paragraph("Changes are controlled.", "note"), Paragraph("Then it goes on.")
    )
    kept = {"".join(p.itertext()): p.find(f"{W}pPr/{W}keepNext") is not None for p in body(word.draw(made)).iter(f"{W}p")}
    assert (kept["The plan asks for this:"], kept["Changes are controlled."], kept["Then it goes on."]) == (True, False, False)


def long_case(number: int, steps: int):
    rows = tuple((str(n), "Then it is read", "1.0", "1.0", "PASSED", "record", "none") for n in range(1, steps + 1))
    case = f"TC-IQ-{number:04d}"
    return Heading(3, f"{case} A package is as released", case), Facts((("PASSED", "shows"),)), Table(STEPS, rows)


def heads(table):
    return [r for r in table.iter(f"{W}tr") if r.find(f"{W}trPr/{W}tblHeader") is not None]


def test_a_table_of_steps_that_may_go_over_a_page_repeats_the_id_of_its_case():
    made = small(*long_case(1, 30), *long_case(2, 3))
    data = word.draw(made)
    long, short = (t for t in body(data).iter(f"{W}tbl") if "Instruction" in "".join(t.itertext()))
    _, again = heads(long)
    assert "".join(again.itertext()) == "TC-IQ-0001"
    assert len(heads(short)) == 1, "it ends where it begins"
    plan = outline(made)
    wanted, found = readback.of_outline(plan), readback_word.read(data)
    assert readback.differences(wanted, found) == []
    other = readback_word.read(word.draw(small(*long_case(7, 30), *long_case(2, 3))))
    assert any("the head of the table says 'TC-IQ-0007'" in fault for fault in readback.differences(wanted, other))


@pytest.mark.needs("soffice", "pdftotext")
def test_each_page_of_a_long_script_says_whose_it_is(tmp_path):
    (tmp_path / "long.docx").write_bytes(word.draw(small(Heading(1, "Scripts"), *long_case(1, 120))))
    texts = page_texts(office(tmp_path / "long.docx", "pdf", tmp_path) / "long.pdf")
    scripts = [text for text in texts if "Then it is read" in text]
    assert len(scripts) > 2
    assert all("TC-IQ-0001" in text for text in scripts)
