"""What is exported and read back unchanged changes nothing; what was edited changes exactly that."""

from __future__ import annotations

import difflib
import io
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csvgen.exchange import own
from csvgen.exchange.export import Export, Own
from csvgen.exchange.plan import Plan, apply, held, plan, texts
from csvgen.exchange.writers import csv_file, json_lines, needs_json, reqif_file, workbook

from .specs import REQUIREMENTS, SYSTEM, desk, gathered, written

SHIPPED = Path(__file__).parents[2] / "requirements_specs"
WRITERS: dict[str, Callable[[Export], bytes]] = {
    "csv": csv_file.write,
    "csv-bom": lambda e: csv_file.write(e, bom=True),
    "jsonl": json_lines.write,
    "needs": needs_json.write,
    "reqif": reqif_file.write,
    "xlsx": workbook.write,
}
ALL = pytest.mark.parametrize("form", WRITERS)


def back(data: bytes) -> Own:
    found = own.read(data, "copy")
    assert found is not None
    return found


def compared(specs: Path, found: Own, system: str = SYSTEM) -> Plan:
    return plan(held(specs, system), found.entries, found.columns, found.bases)


def strict(specs: Path, found: Own, system: str = SYSTEM) -> Plan:
    """Without what the file says it was: every difference counts."""
    return plan(held(specs, system), found.entries, found.columns)


@ALL
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(REQUIREMENTS)
def test_any_requirement_comes_back_as_it_was(form: str, requirements: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        specs = written(Path(folder), requirements)
        data = WRITERS[form](gathered(specs))
        assert data == WRITERS[form](gathered(specs))
        found = back(data)
        assert [e.id for e in found.entries] == [r["id"] for r in requirements]
        assert found.leftovers == ()
        made = strict(specs, found)
        assert (made.changes, made.added, made.absent, made.conflicts) == ((), (), (), ())
        for entry, fields in zip(found.entries, requirements, strict=True):  # and not only by the planner's judgement
            for name in ("title", "clauses", "origin", "attributes", "covered"):
                assert (entry.fields.get(name) or None) == (fields.get(name) or None)
            assert entry.fields["statement"].strip("\n") == fields["statement"].strip("\n")


@ALL
@pytest.mark.parametrize("system", ["qc-release", "csvgen"])
def test_the_shipped_systems_come_back_as_they_were(form: str, system: str) -> None:
    from csvgen.exchange.export import gather

    export = gather(SHIPPED, system, "csvgen test")
    found = back(WRITERS[form](export))
    made = strict(SHIPPED, found, system)
    assert not made
    assert not made.conflicts
    assert len(made.unchanged) == len(export.requirements) >= (73 if system == "qc-release" else 10)


# ------------------------------------------------------------------ editing


def diff(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}]


def edited_book(data: bytes, edits: dict[tuple[str, str, int], str]) -> bytes:
    """The workbook with other texts in some cells: (sheet, column, row) -> text."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for (sheet, column, row), text in edits.items():
        names = [c.value for c in book[sheet][1]]
        cell = book[sheet].cell(row=row, column=names.index(column) + 1)
        cell.value = text
        if text:
            cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def through_libreoffice(data: bytes, folder: Path) -> bytes:
    """The same workbook, written anew from the first byte to the last by another program."""
    (folder / "in").mkdir()
    (folder / "in" / "book.xlsx").write_bytes(data)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out"), str(folder / "in" / "book.xlsx")],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return (folder / "out" / "book.xlsx").read_bytes()


EDITS = {
    ("Requirements", "title", 3): "=2+2 is text too",
    ("Requirements", "statement", 2): "The desk shall keep every file that arrives, for 1.10 years.",
    ("Requirements", "rationale", 2): "The file is the record.\nNothing else may be.",
    ("Requirements", "priority", 3): "could",
    ("Requirements", "clauses", 2): "11.10(a)\n11.10(e)",
    ("Criteria", "parameters", 2): 'file: a.txt\nlimits: ["1.20", "0123"]',
    ("Criteria", "when", 3): "it is read twice",
}
EXPECTED = [
    "-      The desk shall keep every file that arrives",
    "-      unaltered.",
    "+      The desk shall keep every file that arrives, for 1.10 years.",
    "-      Nothing else is.",
    "+      Nothing else may be.",
    "-    clauses: [\"11.10(a)\", '11.10(c)']",
    "+    clauses: [\"11.10(a)\", '11.10(e)']",
    '-        parameters: {file: a.txt, limits: ["1.10", "0123"]}',
    '+        parameters: {file: a.txt, limits: ["1.20", "0123"]}',
    "-        when: [it is read]",
    "+        when: [it is read twice]",
    '-    title: "=1+1 is text"',
    "-    importance: should",
    '+    title: "=2+2 is text too"',
    "+    importance: could",
]


@pytest.mark.parametrize("office", [False, pytest.param(True, marks=pytest.mark.needs("soffice"))])
def test_only_edited_cells_change(tmp_path: Path, office: bool) -> None:
    """Also when the whole file was written anew by another program."""
    specs = desk(tmp_path)
    data = edited_book(workbook.write(gathered(specs)), EDITS)
    if office:
        data = through_libreoffice(data, tmp_path)
    path, other = specs / SYSTEM / "urs" / "a.yaml", specs / SYSTEM / "urs" / "b.yaml"
    before, untouched = path.read_text(), other.read_bytes()
    made = compared(specs, back(data))
    assert apply(made, specs / SYSTEM / "urs" / "new.yaml") == (path,)
    shown = diff(before, path.read_text())
    assert sorted(shown) == sorted(
        line
        if "that arrives, for" not in line
        else "+    statement: The desk shall keep every file that arrives, for 1.10 years."
        for line in [*EXPECTED, "-    statement: >-"]
    )
    assert other.read_bytes() == untouched
    assert not compared(specs, back(workbook.write(gathered(specs))))


@pytest.mark.needs("soffice")
def test_another_office_changes_nothing(tmp_path: Path) -> None:
    from csvgen.exchange.export import gather

    data = through_libreoffice(workbook.write(gather(SHIPPED, "qc-release", "csvgen test")), tmp_path)
    made = strict(SHIPPED, back(data), "qc-release")
    assert not made
    assert len(made.unchanged) == 82


@ALL
def test_one_edit_in_each_format(tmp_path: Path, form: str) -> None:
    """The title of one requirement, changed in the bytes of the copy, is one changed line."""
    specs = desk(tmp_path)
    data = WRITERS[form](gathered(specs))
    if form == "xlsx":
        data = edited_book(data, {("Requirements", "title", 4): "Trail & more <b>"})
    else:
        told = {"reqif": b'"Trail &amp; more &lt;b&gt;"'}.get(form, b'"Trail & more <b>"')
        assert data.count(b'"Trail"') == 1
        data = data.replace(b'"Trail"', told)
    path = specs / SYSTEM / "urs" / "b.yaml"
    before = path.read_text()
    apply(compared(specs, back(data)), specs / "x.yaml")
    assert diff(before, path.read_text()) == ["-  title: Trail", '+  title: "Trail & more <b>"'] or diff(
        before, path.read_text()
    ) == ["-  title: Trail", "+  title: Trail & more <b>"]


def rows_changed(data: bytes, change: Callable[[Any], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_new_row_is_a_new_requirement_and_a_missing_one_is_reported(tmp_path: Path) -> None:
    specs = desk(tmp_path)

    def change(book: Any) -> None:
        sheet = book["Requirements"]
        names = [c.value for c in sheet[1]]
        copied = {n: sheet.cell(row=2, column=i + 1).value for i, n in enumerate(names)} | {"id": "URS-D-900", "title": "New"}
        sheet.append([copied[n] for n in names])
        sheet.delete_rows(3)
        book["Criteria"].append(["URS-D-900", "ac-1", "New one", None, None, "a", "b", "c", None, None])

    found = back(rows_changed(workbook.write(gathered(specs)), change))
    made = compared(specs, found)
    assert [h.id for h in made.absent] == ["URS-D-002"]
    assert not made.changes
    assert not made.conflicts
    (added,) = made.added
    assert added.id == "URS-D-900"
    new = specs / SYSTEM / "urs" / "new.yaml"
    assert apply(made, new) == (new,)
    assert [h.id for h in held(specs, SYSTEM)] == ["URS-D-001", "URS-D-002", "URS-D-003", "URS-D-900"]
    assert held(specs, SYSTEM)[3].fields["criteria"] == [
        {"id": "ac-1", "title": "New one", "given": ["a"], "when": ["b"], "then": ["c"]}
    ]


def test_a_changed_id_is_reported_and_nothing_is_done(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    data = edited_book(workbook.write(gathered(specs)), {("Requirements", "id", 2): "URS-D-777"})
    made = compared(specs, back(data))
    assert [(c.id, "URS-D-001" in c.why) for c in made.conflicts] == [("URS-D-777", True)]
    assert not made


def test_what_changed_on_both_sides_is_a_conflict_and_on_one_side_is_not(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    data = workbook.write(gathered(specs))
    path = specs / SYSTEM / "urs" / "b.yaml"
    path.write_text(path.read_text().replace("title: Trail", "title: Audit trail"))
    stale = compared(specs, back(data))
    assert not stale, "nobody touched the row: the newer word of the specification stays"
    assert not stale.conflicts
    both = compared(specs, back(edited_book(data, {("Requirements", "rationale", 4): "Changed here."})))
    assert [c.id for c in both.conflicts] == ["URS-D-003"]
    assert not both


def test_a_deleted_column_or_sheet_changes_nothing(tmp_path: Path) -> None:
    specs = desk(tmp_path)

    def change(book: Any) -> None:
        names = [c.value for c in book["Requirements"][1]]
        book["Requirements"].delete_cols(names.index("rationale") + 1)
        del book["Criteria"]

    made = strict(specs, back(rows_changed(workbook.write(gathered(specs)), change)))
    assert not made
    assert len(made.unchanged) == 3


def test_an_emptied_cell_takes_the_value_away_but_never_a_needed_one(tmp_path: Path) -> None:
    specs = desk(tmp_path)
    data = workbook.write(gathered(specs))
    made = compared(specs, back(edited_book(data, {("Requirements", "clauses", 2): ""})))
    (text,) = texts(made, specs / "x.yaml").values()
    assert diff((specs / SYSTEM / "urs" / "a.yaml").read_text(), text.decode()) == ["-    clauses: [\"11.10(a)\", '11.10(c)']"]
    refused = compared(specs, back(edited_book(data, {("Requirements", "statement", 2): ""})))
    assert [(c.id, c.why) for c in refused.conflicts] == [("URS-D-001", "statement: a value is needed here")]


@ALL
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(REQUIREMENTS, REQUIREMENTS, st.randoms(use_true_random=False))
def test_what_is_written_is_what_was_edited(form: str, old: list[dict[str, Any]], new: list[dict[str, Any]], dice: Any) -> None:
    """Requirements replaced in a copy by any others are, after the import, what the copy says: word for word."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        specs, target = written(Path(one), new), written(Path(other), old)
        data = WRITERS[form](gathered(specs))
        found = back(data)
        made = strict(target, found)
        assert not made.conflicts
        apply(made, target / SYSTEM / "urs" / "more.yaml")
        again = strict(target, found)
        assert not again
        assert {h.id for h in held(target, SYSTEM)} == {r["id"] for r in (*old, *new)}
