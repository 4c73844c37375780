"""What a PDF says when it is read aloud: the structure tree, walked by pikepdf and held against the pages."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import partialmethod

import pikepdf
import pytest

from csvgen.model.report import Bullets, Column, Facts, Heading, Paragraph, Table
from csvgen.report import pdf
from csvgen.report.pdf_tags import CELLS, Tags

from .sample import long_report, report
from .test_pictures import EVERY


def opened(source):
    return pikepdf.open(io.BytesIO(pdf.draw(source)))


def small(*blocks):
    return replace(report(banner=""), blocks=blocks)


def kids(element):
    found = element.get("/K", [])
    return list(found) if isinstance(found, pikepdf.Array) else [found]


def elements(element):
    """Every element in reading order, with its level."""
    for kid in kids(element):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements(kid)


def roles(file) -> list[str]:
    return [str(e.S)[1:] for e in elements(file.Root.StructTreeRoot)]


def pieces(page) -> list[tuple[str, int | None]]:
    """Marked content of a page in order: role and number, None for an artifact; fails on content outside of any."""
    found, depth = [], 0
    for operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name in ("BDC", "BMC"):
            assert depth == 0
            depth += 1
            found.append((str(operands[0])[1:], int(operands[1].MCID) if name == "BDC" and "/MCID" in operands[1] else None))
        elif name == "EMC":
            depth -= 1
        elif name in ("Tj", "TJ", "f", "S", "B", "f*", "B*"):
            assert depth == 1, (name, operands)
    return found


@pytest.mark.parametrize("source", [report(), small(*EVERY)], ids=["sample", "pictures"])
def test_all_that_is_drawn_is_an_artifact_or_has_its_element_which_knows_it(source):
    with opened(source) as file:
        parents = file.Root.StructTreeRoot.ParentTree.Nums
        by_key = {int(parents[n]): parents[n + 1] for n in range(0, len(parents), 2)}
        for page in file.pages:
            tied = [(role, number) for role, number in pieces(page) if number is not None]
            owners = by_key[int(page.obj.StructParents)]
            assert [number for _, number in tied] == list(range(len(owners)))
            assert [str(owner.S)[1:] for owner in owners] == [role for role, _ in tied]
            for note in page.obj.get("/Annots", ()):
                owner = by_key[int(note.StructParent)]
                assert ("/Form" if note.Subtype == "/Widget" else "/Link") == owner.S


def test_blocks_are_read_as_what_they_are_and_in_their_order():
    columns = (Column("A", 0.5, "id"), Column("B", 0.5))
    blocks = (
        Heading(1, "First"), Paragraph("text"), Bullets(("one", "two")), Facts((("name", "value"),)), Heading(3, "Deep"),
        Table(columns, (("1", "2"),), "Caption"), Table(columns, (), "", "Nothing."), EVERY[0],
    )  # fmt: skip
    with opened(small(*blocks)) as file:
        said = roles(file)
        start = said.index("H1")
        end = len(said) - said[::-1].index("Figure")
        assert said[start:end] == [
            "H1", "P", "L", *["LI", "Lbl", "LBody"] * 2, "Table", "TR", "TH", "TD", "H2",
            "Table", "Caption", "TR", "TH", "TH", "TR", "TD", "TD", "Table", "TR", "TH", "TH", "TR", "TD", "P", "Figure",
        ]  # fmt: skip
        figure = next(e for e in elements(file.Root.StructTreeRoot) if e.S == "/Figure")
        assert str(figure.Alt) == EVERY[0].alt
        note = next(e for e in elements(file.Root.StructTreeRoot) if e.S == "/TD" and "/A" in e)
        assert int(note.A.ColSpan) == 2


def test_the_head_of_a_table_is_read_once_however_often_it_is_drawn():
    with opened(long_report(120)) as file:
        assert len(file.pages) > 3
        heads = [e for e in elements(file.Root.StructTreeRoot) if e.S == "/TH" and e.A.Scope == "/Column"]
        assert len(heads) == len(long_report(1).blocks[1].columns)
        assert all(isinstance(e.K, int) for e in heads)  # one piece of one page


def claim(file) -> bool:
    return bool(re.search(rb"<pdfuaid:part>1</pdfuaid:part>", file.Root.Metadata.read_bytes()))


def test_a_bulk_listing_is_not_tagged_and_the_file_claims_nothing_it_does_not_hold():
    width = len(long_report(1).blocks[1].columns)
    rows = CELLS // width
    with opened(long_report(rows - 1)) as file:
        assert claim(file)
        assert roles(file).count("TD") > (rows - 2) * width
    with opened(long_report(rows + 1)) as file:
        assert not claim(file)
        assert roles(file).count("TD") < 100
        assert "Caption" not in roles(file)
        assert "H1" in roles(file)


def test_many_small_tables_share_the_same_room():
    table = Table((Column("A", 1.0),), tuple((str(n),) for n in range(399)))
    with opened(small(table, table)) as file:
        assert claim(file)
    with opened(small(table, table, table)) as file:
        assert not claim(file)
        assert roles(file).count("Table") >= 2


def test_the_facts_of_very_many_cases_are_tagged_no_further_than_its_bulk_tables(monkeypatch):
    monkeypatch.setattr(Tags, "__init__", partialmethod(Tags.__init__, cells=40, facts=40))
    bulk = Table((Column("A", 1.0),), tuple((str(n),) for n in range(40)))
    facts = Facts((("Objective", "To see"), ("Run", "OQ-001")))

    def values(*blocks) -> tuple[int, bool]:
        with opened(small(*blocks)) as file:
            return roles(file).count("TD"), claim(file)

    none, _ = values()
    assert values(*[facts] * 30) == (none + 60, True), "a document that is tagged as a whole keeps every list"
    first, claimed = values(bulk, facts)
    assert first > none - 40
    assert not claimed
    assert values(bulk, facts, facts)[0] == first + 2
    assert values(bulk, *[facts] * 30) == values(bulk, *[facts] * 20), "40 cells are 20 values, however many there are"
