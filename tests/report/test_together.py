"""Where tables are cut between pages: pages are filled, headings stand above what they name, and no row stands alone."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from lxml import etree

from csvgen.model.report import Column, Facts, Heading, Paragraph, Report, Table
from csvgen.report import look, pdf, word
from csvgen.report.fonts import Face
from csvgen.report.outline import outline
from csvgen.report.pdf import Sheet, _body
from csvgen.report.pdf_blocks import Setter
from csvgen.report.pdf_page import Page, paginate
from csvgen.report.pdf_tags import Tags
from csvgen.report.text import wrap
from csvgen.report.together import estimated, kept

from .material import report_of

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
COLUMNS = tuple(Column(f"Column {n}", 1 / look.WIDE) for n in range(look.WIDE))


def flags(heights: list[float], room: float = 400.0) -> list[bool]:
    asked = [keep for _, keep in kept(heights, len(heights), float, room)]
    assert [row for row, _ in kept(iter(heights), len(heights), float, room)] == heights
    return asked


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([], []),
        ([300.0], [False]),
        ([16.0] * 5, [True, True, True, True, False]),
        ([25.0] * 5, [True, False, False, True, False]),
        ([30.0] * 5, [False] * 5),
        ([16.0] * 6, [True, False, False, False, True, False]),
        ([70.0] * 5, [False] * 5),
        ([50.0, 200.0, 20.0, 20.0], [False, False, True, False]),
    ],
)
def test_low_tables_are_whole_and_others_keep_two_rows_at_either_end(heights, expected):
    assert flags(heights) == expected


def test_the_steps_of_a_script_may_go_on_below_two_of_them_however_few_they_are():
    asked = [keep for _, keep in kept([16.0] * 5, 5, float, 400.0, script=True)]
    assert asked == [True, False, False, True, False]


def test_heights_are_asked_for_at_the_ends_of_a_long_table_only():
    asked: list[int] = []

    def height(n: int) -> float:
        asked.append(n)
        return 10.0

    assert sum(keep for _, keep in kept(range(20_000), 20_000, height, 400.0)) == 2
    assert set(asked) == {0, 1, 19_998, 19_999}


def cases(count: int, rows: int, lines: int, *, named: bool = False) -> Report:
    """As many cases as an executed script has: a heading, its facts and a table of high rows."""
    text = "\n".join(["observed"] * lines)
    blocks = []
    for n in range(count):
        listed = tuple((str(k), *[text] * (look.WIDE - 1)) for k in range(rows))
        table = Table(COLUMNS, listed, caption="Steps" if named else "")
        blocks += [Heading(3, f"Case {n}"), Facts((("PASSED", "in time"),)), table]
    return replace(report_of("urs"), blocks=(Heading(1, "Scripts"), Paragraph("As executed."), *blocks))


def pages(report: Report) -> tuple[list[Page], float]:
    plan = outline(report)
    sheet = Sheet.of(plan, wide=True)
    return paginate(_body(Setter(plan, sheet.width, sheet.room, Tags()), plan.chapters), sheet.room), sheet.room


@pytest.mark.parametrize("lines", [2, 4, 6])
def test_no_page_but_the_last_stays_half_empty(lines):
    found, room = pages(cases(30, look.WHOLE, lines))
    filled = [(page[-1][0] + page[-1][1].height) / room for page in found]
    assert len(found) > 5
    assert min(filled[:-1]) > 0.55, filled
    assert sum(filled) / len(filled) > 0.75, filled


def test_a_heading_stands_above_two_rows_of_its_table():
    """The last strips of a page are never a heading, facts, the head of a table or its first row alone."""
    for page in pages(cases(30, look.WHOLE, 3))[0][:-1]:
        assert not page[-1][1].keep


def test_a_row_that_no_page_can_hold_begins_below_what_stands_before_it():
    text = "\n".join(f"line {n}" for n in range(150))
    rows = (("1", *["x"] * (look.WIDE - 1)), ("2", text, *["x"] * (look.WIDE - 2)), ("3", *["y"] * (look.WIDE - 1)))
    report = replace(report_of("urs"), blocks=(Heading(1, "Scripts"), Paragraph("As executed."), Table(COLUMNS, rows)))
    found, room = pages(report)
    filled = [(page[-1][0] + page[-1][1].height) / room for page in found]
    assert len(found) > 3
    assert min(filled[:-1]) > 0.9, filled


def rows_of(report: Report) -> list[list[bool]]:
    """Of each table of a Word file with as many columns: whether its rows stay with the next, without its head."""
    with zipfile.ZipFile(io.BytesIO(word.draw(report))) as package:
        body = etree.fromstring(package.read("word/document.xml"))
    tables = [t for t in body.iter(f"{W}tbl") if len(t.find(f"{W}tr").findall(f"{W}tc")) == look.WIDE]
    assert all(r.find(f"{W}trPr/{W}cantSplit") is not None for t in tables for r in t.findall(f"{W}tr"))
    return [[r.find(f".//{W}keepNext") is not None for r in t.findall(f"{W}tr")][1:] for t in tables]


def test_word_keeps_the_same_rows_together():
    assert rows_of(cases(2, look.WHOLE, 1)) == [[True, False, False, True, False]] * 2
    assert rows_of(cases(2, look.WHOLE, 1, named=True)) == [[True] * 4 + [False]] * 2
    assert rows_of(cases(2, look.WHOLE, 2)) == [[True, False, False, True, False]] * 2
    assert rows_of(cases(1, 9, 1)) == [[True, *[False] * 6, True, False]]
    assert rows_of(cases(1, 4, 5)) == [[False] * 4]


def test_an_estimated_height_is_near_what_the_text_takes():
    texts = ("TC-OQ-0001", "Then each certified value agrees in at least 13 significant digits " * 3, "a\nb")
    widths = (60.0, 140.0, 80.0)
    lines = max(len(wrap(t, w - 2 * look.PAD, Face.SANS, look.CELL)) for t, w in zip(texts, widths, strict=True))
    high = lines * look.CELL * look.LEAD + 2 * look.PAD
    assert 0.7 < estimated(texts, widths) / high < 1.5


def test_a_number_is_not_cut_at_its_point():
    assert wrap("0.937989183438248|0.9379891834382480716375565", 149.0, Face.SANS, look.CELL) == (
        "0.937989183438248|",
        "0.9379891834382480716375565",
    )
    assert wrap("protocols/qc-release/OQ/a.very.long.name.of.a.file.feature", 149.0, Face.SANS, look.CELL)[0].endswith(("/", "."))


def test_pages_stay_the_same_bytes():
    report = cases(4, look.WHOLE, 4)
    assert pdf.draw(report) == pdf.draw(report)
    assert word.draw(report) == word.draw(report)


def test_a_few_lines_before_a_chapter_on_its_side_have_no_page_for_themselves():
    wide = Table(COLUMNS, (("x",) * look.WIDE,))
    narrow = Table((Column("A", 1.0),), (("x",),) * 20)
    small = Table((Column("A", 1.0),), (("x",),) * 3)
    few, many = Paragraph("Few words."), Paragraph("Many words. " * 100)

    def sides(*blocks) -> list[bool]:
        return [chapter.wide for chapter in outline(replace(report_of("urs"), blocks=blocks)).chapters]

    first, second, last = (Heading(1, title) for title in ("One", "Two", "Three"))
    assert sides(first, narrow, second, few, last, wide) == [False, True, True]
    assert sides(first, few, second, few, last, wide) == [True, True, True]
    assert sides(first, few, second, small, last, wide) == [True, True, True]
    assert sides(first, few, second, many, last, wide) == [False, False, True]
    assert sides(first, wide, second, few, last, narrow) == [True, False, False]
