"""The workbook: what a person sees in it, that nothing in it can act, and what is refused when it comes back damaged."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from csvgen.errors import BadInput
from csvgen.exchange import own
from csvgen.exchange.changes import FIELDS
from csvgen.exchange.writers import workbook, workbook_read

from .specs import desk, gathered, written


def book_of(specs: Path) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook.write(gathered(specs))))


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_what_a_person_sees(tmp_path: Path) -> None:
    book = book_of(desk(tmp_path))
    assert book.sheetnames == ["Requirements", "Criteria", "About"]
    sheet = book["Requirements"]
    header = [c.value for c in sheet[1]]
    assert header == [*(f for f in FIELDS if f != "criteria"), "risks", "csvgen.requirements/1"]
    assert [r[0].value for r in sheet.iter_rows(min_row=2)] == ["URS-D-001", "URS-D-002", "URS-D-003"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:Q4")
    row = dict(zip(header, sheet[2], strict=True))
    assert row["clauses"].value == "11.10(a)\n11.10(c)"
    assert row["risks"].value == "RA-D-1"
    assert row["statement"].alignment.wrap_text
    assert row["id"].fill.fgColor.rgb != row["title"].fill.fgColor.rgb, "what is not for editing looks so"
    assert [c.value for c in book["Criteria"][2]][:5] == ["URS-D-001", "ac-1", "Kept", "file-integrity@1", 'file: a.txt\nlimits:\n  - "1.10"\n  - "0123"']  # fmt: skip
    about = {r[0].value: r[1].value for r in book["About"].iter_rows()}
    assert about["System"] == "desk"
    assert about["Digest"] == gathered(desk(tmp_path)).digest
    assert "csvgen import" in about["Import"]


def area(validation: Any) -> Any:
    (found,) = validation.sqref.ranges
    return found


def test_lists_to_choose_from_are_those_of_the_model(tmp_path: Path) -> None:
    book = book_of(desk(tmp_path))
    sheet = book["Requirements"]
    header = [c.value for c in sheet[1]]
    chosen = {header[area(v).min_col - 1]: v for v in sheet.data_validations.dataValidation}
    assert set(chosen) == {"category", "gxp", "priority", "phase", "verification"}
    assert chosen["phase"].formula1 == '"IQ,OQ,PQ"'
    assert "e-signature" in chosen["category"].formula1
    assert all(area(v).max_row > 1000 for v in chosen.values()), "new rows have them too"
    assert all(len(v.formula1) <= 257 for v in chosen.values())
    assert [v.formula1 for v in book["Criteria"].data_validations.dataValidation] == [
        '"positive,negative,boundary,boundary-3,combination,transition,sneak,audit-content,no-change"'
    ]


def test_nothing_in_it_is_a_formula_or_a_number(tmp_path: Path) -> None:
    data = workbook.write(gathered(desk(tmp_path)))
    for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.value is None or cell.data_type == "s", cell.coordinate
                assert cell.number_format == "@", cell.coordinate
                if str(cell.value or "")[:1] in set("=+-@"):
                    assert cell.quotePrefix, cell.coordinate
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not any(b"<f>" in archive.read(n) for n in archive.namelist())


def test_the_same_requirements_are_the_same_bytes(tmp_path: Path) -> None:
    """In other processes with other hash seeds, too."""
    specs = desk(tmp_path)
    code = (
        "import sys, hashlib; from pathlib import Path; from csvgen.exchange.export import gather; "
        "from csvgen.exchange.writers import workbook; "
        f"print(hashlib.sha256(workbook.write(gather(Path({str(specs)!r}), 'desk', 'csvgen test'))).hexdigest())"
    )
    seen = {
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": s, "TZ": z}, capture_output=True, text=True, check=True).stdout
        for s, z in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }  # fmt: skip
    assert len(seen) == 1


def test_a_text_no_cell_can_hold_is_refused_by_its_id(tmp_path: Path) -> None:
    base = {"id": "URS-H-1", "title": "t", "statement": "s", "rationale": "r", "category": "function", "gxp": "no", "phase": "OQ"}
    just = written(tmp_path / "a", [base | {"attributes": {"x": "y" * 19_000}}])
    assert own.read(workbook.write(gathered(just)), "x") is not None
    long = written(tmp_path / "b", [base | {"attributes": {"x": "y" * 19_000, "z": "\U0001d11e" * 9_000}}])
    with pytest.raises(BadInput, match="a cell holds 32767") as caught:
        workbook.write(gathered(long))
    assert caught.value.where == "URS-H-1, attributes"


def put(sheet: str, cell: str, value: Any) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet][cell] = value

    return change


def column_twice(book: Any) -> None:
    book["Requirements"].cell(row=1, column=3).value = "title"


def no_id(book: Any) -> None:
    book["Requirements"].cell(row=1, column=1).value = "name"


def no_pattern(book: Any) -> None:
    book["Criteria"].delete_cols(4)


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        (put("Requirements", "B2", 1.1), "Requirements!B2", "a number"),
        (put("Requirements", "B2", "=1+1"), "Requirements!B2", "a formula"),
        (put("Requirements", "B2", True), "Requirements!B2", "a truth value"),
        (put("Criteria", "E2", "file: [a"), "Criteria!E2", "not YAML"),
        (put("Criteria", "E2", "- a"), "Criteria!E2", "keys with values"),
        (put("Criteria", "F3", "[1, 2]"), "Criteria!F3", "JSON"),
        (put("Criteria", "A2", None), "Criteria!A2", "names no requirement"),
        (lambda b: b["Requirements"].merge_cells("A2:A3"), "Requirements!A2:A3", "merged"),
        (put("Requirements", "XFD1048576", "far"), "Requirements", "1048576 rows"),
        (column_twice, "Requirements!1", "twice"),
        (no_id, "Requirements!1", "no column 'id'"),
        (no_pattern, "Criteria!1", "no column 'pattern'"),
    ],
)  # fmt: skip
def test_what_is_damaged_is_refused_with_its_place(tmp_path: Path, change: Any, where: str, said: str) -> None:
    book = book_of(desk(tmp_path))
    change(book)
    with pytest.raises(BadInput, match=said) as caught:
        own.read(saved(book), "edited.xlsx")
    assert caught.value.where == f"edited.xlsx {where}"


def test_columns_and_rows_nobody_knows_are_left_over(tmp_path: Path) -> None:
    book = book_of(desk(tmp_path))
    book["Requirements"]["R1"], book["Requirements"]["R2"] = "Remark", "see mail"
    book["Criteria"].append(["URS-D-404", "ac-1", "Orphan"])
    found = own.read(saved(book), "e.xlsx")
    assert found is not None
    assert [(o.text, o.place.file, o.place.line) for o in found.leftovers] == [
        ("see mail", "e.xlsx Requirements", 2),
        ("Orphan", "e.xlsx Criteria", 4),
    ]


def test_other_workbooks_are_not_ours(tmp_path: Path) -> None:
    assert own.read(saved(openpyxl.Workbook()), "x.xlsx") is None
    assert own.read(b"PK\x03\x04 no archive", "x.xlsx") is None
    with pytest.raises(BadInput, match="no mark"):
        workbook_read.read(saved(openpyxl.Workbook()), "x.xlsx")
    charts = openpyxl.Workbook()
    charts.create_chartsheet("Requirements")
    assert own.read(saved(charts), "x.xlsx") is None
    book = book_of(desk(tmp_path))
    del book["About"]
    assert own.read(saved(book), "x.xlsx") is not None, "the last column says it too"


def test_every_damage_of_the_bytes_is_an_error_of_ours(tmp_path: Path) -> None:
    """No traceback: a part gone, cut, or turned into something else."""
    data = workbook.write(gathered(desk(tmp_path)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    for name in parts:
        for other in (None, b"", b"<x/>", parts[name][: len(parts[name]) // 2], b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                for n, content in parts.items():
                    if n != name:
                        archive.writestr(n, content)
                    elif other is not None:
                        archive.writestr(n, other)
            try:
                workbook_read.read(out.getvalue(), "x.xlsx")
            except BadInput as problem:
                assert problem.where.startswith("x.xlsx")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
        archive.writestr("xl/sharedStrings.xml", b" " * 70_000_000)
    assert len(out.getvalue()) < 100_000
    with pytest.raises(BadInput, match="limit"):
        workbook_read.read(out.getvalue(), "x.xlsx")
