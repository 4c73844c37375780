"""The matrix as workbook and as JSON: the same statements, and no text that becomes a formula."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import openpyxl
import pytest

from csvgen.canonical import canonical_json
from csvgen.errors import NotIntact
from csvgen.report import excel
from csvgen.verification.workbook import workbook_faults

from .conftest import B, F, P


@pytest.fixture
def matrix(bench):
    bench.run("IQ-001", {"TC-IQ-0001": F})
    bench.run("IQ-002", {"TC-IQ-0001": P})
    bench.run("OQ-001", {"TC-OQ-0001": P, "TC-OQ-0002": B})
    bench.dispose("DEV-001", "IQ-001", "TC-IQ-0001", "retest")
    return bench.matrix


def drawn(matrix) -> bytes:
    return excel.draw(matrix, title="T", document_id="TNY-RTM", made_by="csvgen", banner="")


def table(data: bytes, sheet: str) -> list[dict[str, str]]:
    rows = [[c.value for c in row] for row in openpyxl.load_workbook(io.BytesIO(data))[sheet].iter_rows()]
    start = next(n for n, row in enumerate(rows) if sum(bool(c) for c in row) > 1)
    return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]]


def test_workbook_and_json_say_the_same(matrix):
    said = json.loads(canonical_json(matrix))
    data = drawn(matrix)
    assert [(r["Requirement"], r["Coverage"], r["Reason"]) for r in table(data, "Matrix")] == [
        (r["requirement"], r["coverage"], r["reason"]) for r in said["rows"]
    ]
    assert [(r["Case"], r["Final verdict"]) for r in table(data, "Reverse")] == [(r["case"], r["final"]) for r in said["reverse"]]
    assert [(r["Gap"], r["Subject"], r["Detail"]) for r in table(data, "Gaps")] == [
        (g["kind"], g["subject"], g["detail"]) for g in said["gaps"]
    ]
    attempts = {(link["case"], a["run"], a["verdict"]) for r in said["rows"] for link in r["links"] for a in link["attempts"]}
    assert {(r["Case"], r["Run"], r["Verdict"]) for r in table(data, "Evidence")} == attempts


def test_same_matrix_same_bytes(matrix):
    assert drawn(matrix) == drawn(matrix)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0"])
def test_text_of_a_specification_is_never_a_formula(bench, text):
    bench.run("OQ-001", {"TC-OQ-0001": P, "TC-OQ-0002": P})
    first, *others = bench.spec.requirements
    hostile = first.model_copy(update={"title": text, "rationale": text})
    bench.spec = replace(bench.spec, requirements=(hostile, *others))
    sheets = openpyxl.load_workbook(io.BytesIO(drawn(bench.matrix)))
    cells = [c for c in sheets["Matrix"]["B"] if c.value and text in str(c.value)]
    assert cells, "the text itself must be shown as it is"
    assert all(c.data_type == "s" for c in cells)
    assert not any(
        c.data_type == "f" for name in ("Matrix", "Reverse", "Gaps", "Evidence") for row in sheets[name].iter_rows() for c in row
    )


def test_workbook_of_the_matrix_has_no_fault(matrix):
    assert workbook_faults(drawn(matrix), matrix) == []


def test_workbook_of_an_empty_history_has_no_fault(bench):
    assert workbook_faults(drawn(bench.matrix), bench.matrix) == []
    bench.run("IQ-001", {"TC-IQ-0001": P})
    bench.run("OQ-001", {"TC-OQ-0001": P, "TC-OQ-0002": P})
    bench.run("PQ-001", {"TC-PQ-0001": P})
    assert not bench.matrix.gaps
    assert workbook_faults(drawn(bench.matrix), bench.matrix) == []


def test_clauses_without_answer_are_rows_of_the_gaps_and_are_held_against_the_specification(matrix):
    whole = ("A11-12.3", "A11-16")
    data = excel.draw(matrix, title="Matrix", document_id="TNY-RTM", made_by="csvgen", clauses=whole)
    book = openpyxl.load_workbook(io.BytesIO(data))
    rows = [tuple(c.value for c in row[:2]) for row in book["Gaps"].iter_rows()]
    assert [row for row in rows if row[0] == "clause-unanswered"] == [("clause-unanswered", c) for c in whole]
    said = {row[0].value: row[1].value for row in book["Summary"].iter_rows() if row[0].value}
    assert said["Clauses that nothing answers"] == "2"
    assert said["Gaps"] == str(len(matrix.gaps)), "the matrix has no more gaps for it"
    assert workbook_faults(data, matrix) == workbook_faults(data, matrix, clauses=whole) == []
    assert any("other clauses" in f for f in workbook_faults(data, matrix, clauses=whole[:1]))
    odd = excel.draw(matrix, title="Matrix", document_id="TNY-RTM", made_by="csvgen", clauses=("A11-99",))
    assert any("other clauses" in f for f in workbook_faults(odd, matrix)), "no clause is called that"


@pytest.mark.parametrize(
    ("sheet", "old", "new"),
    [
        ("Matrix", "gap", "passed"),
        ("Reverse", "BLOCKED", "PASSED"),
        ("Evidence", "FAILED", "PASSED"),
        ("Gaps", "case-not-run", ""),
    ],
)
def test_changed_cell_is_found(matrix, sheet, old, new):
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(drawn(matrix))) as book, zipfile.ZipFile(out, "w") as copy:
        number = [s.title for s in openpyxl.load_workbook(io.BytesIO(drawn(matrix)))].index(sheet) + 1
        for name in book.namelist():
            data = book.read(name)
            if name == f"xl/worksheets/sheet{number}.xml":
                assert f">{old}<".encode() in data
                data = data.replace(f">{old}<".encode(), f">{new}<".encode(), 1)
            copy.writestr(name, data)
    found = workbook_faults(out.getvalue(), matrix)
    assert any(f"the sheet {sheet} says otherwise" in f for f in found), found


def test_hidden_row_beside_the_true_ones_is_found(matrix):
    book = openpyxl.load_workbook(io.BytesIO(drawn(matrix)))
    book["Matrix"].delete_rows(4)
    out = io.BytesIO()
    book.save(out)
    assert workbook_faults(out.getvalue(), matrix)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a workbook"])
def test_what_is_no_workbook(matrix, data):
    with pytest.raises(NotIntact):
        workbook_faults(data, matrix)
