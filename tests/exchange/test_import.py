"""csvgen import from outside: what is shown, what is written, what is refused; and nothing is written that was not asked for."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from csvgen.marks import load
from csvgen.model.urs import Requirement

from ..tiny import clean_environment
from .project import csvgen, files, make, preview, written


@pytest.fixture
def project(tmp_path) -> Path:
    return make(tmp_path / "project")


def table(folder: Path, *rows: list[str], name: str = "x.csv") -> Path:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    (folder / name).write_text(out.getvalue(), encoding="utf-8", newline="")
    return folder / name


# ------------------------------------------------------------ preview and writing


def test_a_preview_writes_nothing_and_says_everything(project):
    file = table(project, ["Key", "Requirement", "Owner"], ["CF1004.1", "The system shall lock per 21 CFR 11.10(d).", "QC"])
    before = files(project)
    code, found = preview(file, cwd=project)
    assert code == 0
    assert files(project) == before
    assert found["written"] == []
    (entry,) = found["entries"]
    assert entry["place"] == "x.csv:2"
    assert entry["fields"] == {
        "id": "URS-CF1004-1", "title": "The system shall lock per 21 CFR 11.10(d)", "statement": "The system shall lock per 21 CFR 11.10(d).",
        "rationale": "TO BE WRITTEN", "category": "function", "clauses": ["11.10(d)"], "gxp": "yes", "phase": "OQ", "origin": "x.csv:2",
        "attributes": {
            "Original id": "CF1004.1", "Owner": "QC", "Assumed on import": "category, gxp, phase, priority, rationale, verification",
        },
    }  # fmt: skip
    assert found["renamed"] == [{"from": "CF1004.1", "to": "URS-CF1004-1", "place": "x.csv:2"}]
    assert {(a["field"], a["value"], a["entries"]) for a in found["assumed"]} == {
        ("rationale", "TO BE WRITTEN", 1), ("category", "function", 1), ("gxp", "yes", 1), ("phase", "OQ", 1), ("priority", "must", 1),
        ("verification", "test", 1), ("title", "the first words of the statement", 1), ("clauses", "as the statement names them", 1),
    }  # fmt: skip
    assert found["columns"][0]["fields"] == {"Key": "id", "Requirement": "statement"}
    assert found["attributes"] == {"Original id": 1, "Owner": 1}
    text = csvgen("import", file, "-s", "lab", cwd=project)
    assert "URS-CF1004-1 (was CF1004.1)" in text.stdout and "rationale: TO BE WRITTEN  1 times" in text.stdout
    assert "add --write" in text.stderr


def test_written_requirements_are_requirements(project):
    file = table(project, ["ID", "Requirement"], ["A-1", "One shall."], ["A-2", "Two\nshall."])
    code, found = preview(file, "--write", "--into", "urs/mine.yaml", cwd=project)
    assert (code, found["written"]) == (0, ["requirements_specs/lab/urs/mine.yaml"])
    there = written(project, "urs/mine.yaml")
    assert [Requirement.model_validate(r).id for r in there.values()] == ["URS-A-1", "URS-A-2"]
    assert there["URS-A-2"]["statement"] == "Two\nshall."


def test_a_changed_file_changes_its_fields_and_nothing_else(project):
    preview(
        table(project, ["ID", "Requirement", "Rationale"], ["A-1", "One shall.", "r"], ["A-2", "Two shall.", "r"]),
        "--write",
        cwd=project,
    )
    target = project / "requirements_specs/lab/urs/imported.yaml"
    edited = (
        target.read_text().replace("    rationale: r\n", "    rationale: r  # by hand\n", 1).replace('gxp: "yes"', 'gxp: "no"', 1)
    )
    target.write_text(edited)
    code, found = preview(
        table(project, ["ID", "Requirement"], ["A-1", "One shall."], ["A-2", "Two shall be."], ["A-3", "Three shall."]),
        "--write",
        cwd=project,
    )
    assert code == 0
    assert [(c["id"], c["field"], c["new"]) for c in found["plan"]["changes"]] == [("URS-A-2", "statement", "Two shall be.")]
    assert found["plan"]["unchanged"] == ["URS-A-1"]
    text = target.read_text()
    assert "# by hand" in text
    there = written(project)
    assert there["URS-A-1"]["gxp"] == "no", "what the file does not say stays as people wrote it"
    assert there["URS-A-2"]["statement"] == "Two shall be." and there["URS-A-3"]["origin"] == "x.csv:4"


def test_leftovers_stop_the_writing_until_they_are_accepted(project):
    file = table(project, ["ID", "Requirement"], ["A-1", "One shall."], ["", "Two shall."])
    code, found = preview(file, "--write", cwd=project)
    assert (code, found["written"]) == (1, [])
    assert found["not_understood"] == [
        {
            "place": "x.csv:3",
            "text": "Two shall.",
            "why": "a requirement without an id: --prefix URS-NAME numbers such requirements",
        }
    ]
    assert not (project / "requirements_specs/lab/urs").exists()
    code, found = preview(file, "--write", "--accept-leftovers", cwd=project)
    assert (code, len(found["not_understood"])) == (0, 1)
    assert set(written(project)) == {"URS-A-1"}


def test_more_than_one_file_can_hold_is_said_before_it_is_written(project):
    file = table(project, ["ID", "Requirement"], *(["R-" + str(n), "It shall."] for n in range(12_000)))
    before = files(project)
    done = csvgen("import", file, "-s", "lab", "--write", cwd=project)
    assert done.returncode == 2 and "--into another file" in done.stderr
    assert files(project) == before


# ------------------------------------------------------------ ids


def test_a_prefix_begins_and_numbers_ids(project):
    file = table(
        project, ["ID", "Requirement"], ["7", "One shall."], ["", "Two shall."], ["URS-A-9", "Three shall."], ["", "Four shall."]
    )
    code, found = preview(file, "--write", "--prefix", "URS-LAB", cwd=project)
    assert code == 0
    assert list(written(project)) == ["URS-LAB-7", "URS-LAB-001", "URS-A-9", "URS-LAB-002"]
    assert {"field": "id", "value": "numbered under URS-LAB", "entries": 2} in found["assumed"]


@pytest.mark.parametrize("pair", [("A-1.1", "A-1-1"), ("a-2", "A-2"), ("A_3", "A-3"), ("A-4", "A-4")])
def test_ids_that_become_one_are_both_refused_with_both_places(project, pair):
    file = table(project, ["ID", "Requirement"], [pair[0], "One shall."], [pair[1], "Two shall."], ["B-1", "Three shall."])
    code, found = preview(file, cwd=project)
    assert code == 1
    assert [(x["place"], "x.csv:3" in x["why"], "x.csv:2" in x["why"]) for x in found["not_understood"]] == [
        ("x.csv:2", True, False),
        ("x.csv:3", False, True),
    ]
    assert [e["fields"]["id"] for e in found["entries"]] == ["URS-B-1"]


@pytest.mark.parametrize(
    ("identity", "named"),
    [("URS-QС-1", "CYRILLIC CAPITAL LETTER ES"), ("URS-A\u200b-1", "ZERO WIDTH SPACE"), ("URS\u2011A\u20111", "NON-BREAKING HYPHEN"),
     ("\u202eURS-A-1", "RIGHT-TO-LEFT OVERRIDE"), ("URS-Ａ-1", "FULLWIDTH LATIN"), ("URS-A-" + "1" * 60, "longer than 48"), ("---", "no letter")],
)  # fmt: skip
def test_ids_that_look_like_others_are_refused_by_name(project, identity, named):
    code, found = preview(table(project, ["ID", "Requirement"], [identity, "It shall."]), cwd=project)
    assert code == 1
    assert named in found["not_understood"][0]["why"]
    shown = csvgen("import", project / "x.csv", "-s", "lab", cwd=project).stdout
    assert "\u202e" not in shown and "\u200b" not in shown


# ------------------------------------------------------------ text


def test_harmless_characters_are_made_plain_and_counted(project):
    file = table(project, ["ID", "Requirement"], ["A-1", " One\u00a0shall\tlock.  \r\nAt once. "])
    code, found = preview(file, cwd=project)
    assert code == 0
    assert found["entries"][0]["fields"]["statement"] == "One shall lock.\nAt once."
    assert found["made_plain"]["no-break spaces became blanks"] == 1 and found["made_plain"]["tabs became blanks"] == 1


@pytest.mark.parametrize(
    ("char", "named"),
    [
        ("\u2028", "LINE SEPARATOR"),
        ("\u202e", "RIGHT-TO-LEFT OVERRIDE"),
        ("\x07", "control character"),
        ("\u00ad", "SOFT HYPHEN"),
    ],
)
def test_hidden_characters_are_named_and_not_imported(project, char, named):
    file = table(
        project,
        ["ID", "Requirement", "Rationale", "Note"],
        ["A-1", f"One{char} shall.", "r", "n"],
        ["A-2", "Two shall.", f"r{char}r", f"n{char}n"],
    )
    code, found = preview(file, cwd=project)
    assert code == 1
    assert [x["place"] for x in found["not_understood"]] == ["x.csv:2", "x.csv:3", "x.csv:3"]
    assert all(named in x["why"] for x in found["not_understood"])
    (entry,) = found["entries"]
    assert entry["fields"]["rationale"] == "TO BE WRITTEN" and "Note" not in entry["fields"]["attributes"]


def test_a_statement_too_long_is_left_over(project):
    code, found = preview(table(project, ["ID", "Requirement"], ["A-1", "shall " * 5000]), cwd=project)
    assert code == 1
    assert "20000" in found["not_understood"][0]["why"]


def test_words_of_other_tools_for_closed_sets(project):
    file = table(
        project, ["ID", "Requirement", "Conformance", "GxP", "Type", "Verification Method", "Regulation"],
        ["A-1", "One shall.", "MAY", "No", "Security", "Inspection", "21 CFR 11.10(e); SOP-7"],
        ["A-2", "Two shall.", "perhaps", "x", "Colour", "Demonstration", "Annex 11, 9"],
    )  # fmt: skip
    _, found = preview(file, cwd=project)
    first, second = (e["fields"] for e in found["entries"])
    assert (first["priority"], first["gxp"], first["category"], first["verification"], first["clauses"]) == (
        "could",
        "no",
        "access",
        "inspection",
        ["21 CFR 11.10(e)"],
    )
    assert first["attributes"]["Citations no catalog has"] == "SOP-7"
    assert first["attributes"]["Priority in the file"] == "MAY" and first["attributes"]["Category in the file"] == "Security"
    assert "priority" not in second and "verification" not in second and second["category"] == "function"
    assert (
        second["attributes"]["Priority in the file"] == "perhaps"
        and second["attributes"]["Verification in the file"] == "Demonstration"
    )
    assert second["clauses"] == ["Annex 11, 9"]


# ------------------------------------------------------------ what a person says


def test_columns_are_remembered_for_their_header_row(project):
    file = table(project, ["Nr", "Was", "Warum"], ["A-1", "Es soll.", "Darum."])
    code, found = preview(file, cwd=project)
    assert code == 1 and len(found["not_understood"]) == 2
    code, found = preview(file, "--map", "Nr=id", "--map", "Was=statement", "--map", "Warum=rationale", "--write", cwd=project)
    assert (code, found["columns"][0]["source"]) == (0, "--map")
    path = project / ".csvgen/import-mappings.yaml"
    assert load(path.read_bytes(), "x")[0].value == {
        "format": "csvgen.import-mappings/1",
        "mappings": [{"header": ["Nr", "Was", "Warum"], "columns": {"Nr": "id", "Was": "statement", "Warum": "rationale"}}],
    }
    code, found = preview(table(project, ["Nr", "Was", "Warum"], ["A-2", "Es soll auch.", "Eben."]), "--write", cwd=project)
    assert (code, found["columns"][0]["source"]) == (0, "remembered")
    assert written(project)["URS-A-2"]["rationale"] == "Eben."
    path.write_text("format: other\n")
    assert preview(file, cwd=project)[0] == 2


def test_values_for_what_the_files_do_not_say(project):
    file = table(project, ["ID", "Requirement", "Rationale"], ["A-1", "One shall.", "mine"], ["A-2", "Two shall.", ""])
    _, found = preview(file, "--set", "gxp=no", "--set", "rationale=agreed with QA", "--set", "phase=PQ", cwd=project)
    first, second = (e["fields"] for e in found["entries"])
    assert (first["rationale"], second["rationale"]) == ("mine", "agreed with QA")
    assert {first["gxp"], first["phase"]} == {"no", "PQ"}
    assert {"field": "gxp", "value": "no", "entries": 2} in found["assumed"]


def test_words_that_are_not_understood_are_said_with_row_and_column(project):
    file = table(
        project, ["ID", "Requirement", "GxP", "Prio", "Phase"],
        ["A-1", "One shall.", "ja", "hoch", "SAT"], ["A-2", "Two shall.", "yes", "must", "OQ"],
    )  # fmt: skip
    code, found = preview(file, "--map", "Prio=priority", cwd=project)
    assert code == 1
    assert [(x["place"], x["text"]) for x in found["not_understood"]] == [
        ("x.csv:2", "GxP: ja"), ("x.csv:2", "Prio: hoch"), ("x.csv:2", "Phase: SAT"),
    ]  # fmt: skip
    assert "one of yes, no" in found["not_understood"][0]["why"] and "--set phase=" in found["not_understood"][2]["why"]
    assert {"field": "gxp", "value": "yes, for a word that is not understood", "entries": 1} in found["assumed"]
    code, found = preview(
        file, "--map", "Prio=priority", "--set", "gxp=no", "--set", "priority=must", "--set", "phase=PQ", cwd=project
    )
    assert (code, found["not_understood"]) == (0, [])
    assert (found["entries"][0]["fields"]["gxp"], found["entries"][0]["fields"]["phase"]) == ("no", "PQ")
    assert found["entries"][0]["fields"]["attributes"]["Gxp in the file"] == "ja"


def test_what_was_assumed_is_marked_until_somebody_looked_at_it(project):
    file = table(
        project, ["ID", "Requirement", "Rationale", "GxP"], ["A-1", "One shall.", "r", "no"], ["A-2", "Two shall.", "", ""]
    )
    preview(file, "--set", "phase=PQ", "--write", cwd=project)
    there = written(project)
    assert there["URS-A-1"]["attributes"]["Assumed on import"] == "category, priority, verification"
    assert there["URS-A-2"]["attributes"]["Assumed on import"] == "category, gxp, priority, rationale, verification"
    target = project / "requirements_specs/lab/urs/imported.yaml"
    before = target.read_bytes()
    code, found = preview(file, "--set", "phase=PQ", "--write", cwd=project)
    assert (code, found["written"], target.read_bytes()) == (0, [], before)
    target.write_text(target.read_text().replace("      Assumed on import: category, priority, verification\n", ""))
    before = target.read_bytes()
    code, found = preview(file, "--write", cwd=project)
    assert (code, found["written"], target.read_bytes()) == (0, [], before), "what a person struck off is not put on again"
    table(project, ["ID", "Requirement", "Rationale", "GxP"], ["A-2", "Two shall.", "because", "no"])
    preview(file, "--write", cwd=project)
    assert written(project)["URS-A-2"]["attributes"]["Assumed on import"] == "category, priority, verification"


def test_the_preview_shows_leftovers_in_full_and_acts_on_no_terminal(project):
    long = "lock " * 80 + "end"
    file = table(project, ["ID", "Requirement", "Note"], ["", f"It shall {long}", ""], ["A-1", "One shall.", "x\x9b31m\u202ey"])
    done = csvgen("import", file, "-s", "lab", cwd=project)
    assert long in done.stdout
    done = csvgen("import", file, "-s", "lab", "--format", "json", cwd=project)
    assert "\\u009b" in done.stdout and "\\u202e" in done.stdout
    assert all(c.isprintable() or c == "\n" for c in done.stdout)
    assert json.loads(done.stdout)["not_understood"][-1]["text"] == "Note: x\x9b31m\u202ey"


def test_requirements_in_folders_below_urs_are_seen(project):
    file = table(project, ["ID", "Requirement"], ["A-1", "One shall."])
    preview(file, "--write", cwd=project)
    folder = project / "requirements_specs/lab/urs"
    (folder / "below").mkdir()
    (folder / "imported.yaml").rename(folder / "below" / "a.yaml")
    code, found = preview(file, "--write", cwd=project)
    assert (code, found["plan"]["unchanged"], found["written"]) == (0, ["URS-A-1"], [])
    done = csvgen("export", "requirements", "-s", "lab", "--to", "csv", "--out", "copy.csv", cwd=project)
    assert "1 requirements of lab" in done.stderr


@pytest.fixture
def copied(project) -> Path:
    """A project with two requirements, a risk of the first, and copies of all that."""
    preview(table(project, ["ID", "Requirement"], ["A-1", "One shall."], ["A-2", "Two shall."]), "--write", cwd=project)
    risk = project / "requirements_specs/lab/risk/r.yaml"
    risk.parent.mkdir()
    risk.write_text("format: csvgen.risk/1\nrisks:\n  - {id: RA-1, requirements: [URS-A-1], failure_mode: lost}\n")
    for form in ("csv", "xlsx"):
        csvgen("export", "requirements", "-s", "lab", "--to", form, "--out", f"copy.{form}", cwd=project)
    return project


def test_a_copy_says_nothing_about_a_system_it_does_not_know(copied):
    done = csvgen("import", copied / "copy.csv", "-s", "lab", cwd=copied)
    assert done.returncode == 0 and "was exported from" not in done.stderr
    assert "2 unchanged" in done.stdout


@pytest.mark.parametrize(
    ("form", "phase", "risks"), [("csv", "x.csv:2 column phase", "x.csv:4 column risks"), ("xlsx", "!", "!")]
)
def test_an_edited_copy_names_the_cell(copied, form, phase, risks):
    if form == "csv":
        rows = list(csv.reader(io.StringIO((copied / "copy.csv").read_text(), newline="")))
        header = rows[0]
        rows[1][header.index("phase")], rows[2][header.index("risks")] = "pq", "RA-9"
        file = table(copied, *rows)
    else:
        book = openpyxl.load_workbook(copied / "copy.xlsx")
        sheet = book["Requirements"]
        where = {c.value: c.column_letter for c in sheet[1]}
        sheet[f"{where['phase']}2"], sheet[f"{where['risks']}3"] = "pq", "RA-9"
        phase, risks = f"x.xlsx Requirements!{where['phase']}2", f"x.xlsx Requirements!{where['risks']}3"
        file = copied / "x.xlsx"
        book.save(file)
    code, found = preview(file, "--write", cwd=copied)
    assert (code, found["written"]) == (1, [])
    assert found["plan"]["conflicts"] == [{"id": "URS-A-1", "why": "phase: 'pq' is not one of IQ, OQ, PQ", "place": phase}]
    (left,) = found["not_understood"]
    assert (left["place"], left["text"]) == (risks, "risks of URS-A-2: RA-9") and "not read back" in left["why"]
    text = csvgen("import", file, "-s", "lab", cwd=copied).stdout
    assert f"'pq' is not one of IQ, OQ, PQ  ({phase})" in text


def test_struck_out_text_in_a_copy_is_refused(copied):
    book = openpyxl.load_workbook(copied / "copy.xlsx")
    cell = next(c for c in book["Requirements"][2] if c.value == "One shall.")
    cell.font = openpyxl.styles.Font(strike=True)
    book.save(copied / "x.xlsx")
    done = csvgen("import", copied / "x.xlsx", "-s", "lab", "--write", cwd=copied)
    assert done.returncode == 1 and f"Requirements!{cell.coordinate}" in done.stderr
    assert "struck-out text: One shall." in done.stderr
    cell.font = openpyxl.styles.Font()
    struck = openpyxl.cell.rich_text.TextBlock(openpyxl.cell.text.InlineFont(strike=True), "never ")
    cell.value = openpyxl.cell.rich_text.CellRichText("One ", struck, "shall.")
    book.save(copied / "x.xlsx")
    done = csvgen("import", copied / "x.xlsx", "-s", "lab", "--write", cwd=copied)
    assert done.returncode == 1 and "struck out" in done.stderr


def test_drafted_text_is_marked(project):
    _, found = preview(
        table(project, ["ID", "Requirement"], ["A-1", "One shall."]), "--drafted-by", "some model 2.1", cwd=project
    )
    assert found["entries"][0]["fields"]["drafted"] == {"generator": "some model", "version": "2.1"}


@pytest.mark.parametrize(
    "arguments",
    [["--map", "Nr"], ["--map", "Nr=colour"], ["--map", "a=id", "--map", "b=id"], ["--set", "id=X"], ["--set", "gxp"], ["--prefix", "REQ"],
     ["--drafted-by", "model"], ["--into", "../x.yaml"], ["--into", "urs/x.txt"], ["--into", "/tmp/x.yaml"], ["--from", "guess"], ["-s", "nobody"]],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(project, arguments):
    file = table(project, ["ID", "Requirement"], ["A-1", "One shall."])
    before = files(project)
    done = csvgen("import", file, "-s", "lab", "--write", *arguments, cwd=project)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert files(project) == before


def test_a_file_that_is_there_is_never_overwritten(project):
    target = project / "requirements_specs/lab/urs/imported.yaml"
    target.parent.mkdir()
    target.write_text("# mine\nformat: csvgen.urs/1\nrequirements: []\n")
    preview(table(project, ["ID", "Requirement"], ["A-1", "One shall."]), "--write", cwd=project)
    assert target.read_text().startswith("# mine\n") and set(written(project)) == {"URS-A-1"}
    target.write_text("not: requirements\n")
    code, found = preview(project / "x.csv", "--write", cwd=project)
    assert code != 0 and target.read_text() == "not: requirements\n"
    assert "imported.yaml" in found["error"]


def test_several_files_and_folders_at_once(project):
    folder = project / "in"
    folder.mkdir()
    table(folder, ["ID", "Requirement"], ["A-1", "One shall."], name="a.csv")
    (folder / "b.md").write_text("- **B-1**: Two shall.\n")
    (folder / "notes.unknown").write_text("x")
    code, found = preview(folder, cwd=project)
    assert code == 1
    assert [f["reader"] for f in found["files"]] == ["csv", "markdown"]
    assert found["not_understood"] == [{"place": "notes.unknown", "text": "notes.unknown", "why": "not read: suffix .unknown"}]
    (folder / "notes.unknown").unlink()
    assert preview(folder, cwd=project)[0] == 0


def test_a_test_case_of_two_files_is_not_overwritten(project):
    folder = project / "in"
    folder.mkdir()
    table(folder, ["ID", "Requirement"], ["A-1", "One shall."], name="a.csv")
    for name, action in (("b.json", "press"), ("c.json", "wait")):
        case = {"test_id": "T-1", "test_name": "t", "urs_requirements": ["URS-A-1"], "test_steps": [{"action": action}]}
        (folder / name).write_text(json.dumps({"generator": "m", "generator_version": "1", "test_cases": [case]}))
    code, found = preview(folder, cwd=project)
    assert code == 1
    assert [c["when"] for c in found["entries"][0]["fields"]["criteria"]] == [["press"]]
    assert ["wait" in x["text"] for x in found["not_understood"]] == [True]


# ------------------------------------------------------------ hostile files

_BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


def archive(name: str, content: bytes, times: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for n in range(times):
            target.writestr(f"{n or ''}{name}", content)
    return out.getvalue()


def workbook_with_entities() -> bytes:
    book, out, made = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(made, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            target.writestr(info, content if info.filename != "xl/workbook.xml" else _BOMB.encode() + content)
    return made.getvalue()


HOSTILE = {
    "entities.reqif": f"{_BOMB}<REQ-IF>&i;</REQ-IF>".encode,
    "utf16.reqif": lambda: ('<?xml version="1.0" encoding="UTF-16"?>' + _BOMB + "<REQ-IF>&i;</REQ-IF>").encode("utf-16"),
    "outside.reqif": lambda: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><REQ-IF>&a;</REQ-IF>',
    "deep.reqif": lambda: b"<REQ-IF>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</REQ-IF>",
    "bomb.reqifz": lambda: archive("x.reqif", b" " * 250_000_000),
    "many.reqifz": lambda: archive("x.reqif", b"", 6000),
    "bomb.xlsx": lambda: archive("xl/worksheets/sheet1.xml", b"<" * 250_000_000),
    "entities.xlsx": workbook_with_entities,
    "cut.xlsx": lambda: workbook_with_entities()[:-200],
    "bomb.docx": lambda: archive("word/document.xml", b" " * 250_000_000),
    "empty.docx": lambda: archive("word/document.xml", b"<w/>"),
    "deep.json": lambda: b'{"catalog": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep2.json": lambda: (
        b'{"versions": {"1": {"needs": {"A": {"id": "A", "type": "req", "x": ' + b"[" * 500 + b"]" * 500 + b"}}}}}"
    ),
    "oscal.json": lambda: b'{"catalog": {"groups": [1, 2]}}',
    "twice.json": lambda: b'{"generator": "m", "generator_version": "1", "test_cases": [], "test_cases": []}',
    "cell.csv": lambda: b"ID,Requirement\nA-1," + b"x" * 1_000_000 + b"\n",
    "open.csv": lambda: b'ID,Requirement\nA-1,"never closed\n',
    "zeros.csv": lambda: b"\x00" * 1000,
    "bytes.md": lambda: b"# T\n\x81\x8d\n",
    "bytes.json": lambda: b'{"test_cases": "\xff"}',
    "alias.yml": lambda: b"text: &a x\nlevel: *a\n",
    "deep.yml": lambda: b"text: " + b"[" * 5000 + b"]" * 5000 + b"\nlevel: 1\n",
    "bad.sdoc": lambda: b"[DOCUMENT\nTITLE: x\n",
    "empty.md": lambda: b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_words(project, name):
    (project / name).write_bytes(HOSTILE[name]())
    before = {k: v for k, v in files(project).items() if k != name}
    done = csvgen("import", project / name, "-s", "lab", "--write", cwd=project)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == "" and name in done.stderr
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr and "root:" not in done.stderr
    assert {k: v for k, v in files(project).items() if k != name} == before


def test_quadratic_text_is_read_in_bounded_time(project):
    """A process of its own, so that a reader that hangs is seen and ended."""
    (project / "x.md").write_text("- **A-1**: " + "[" * 20_000 + "*a" * 20_000 + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "csvgen", "import", "x.md", "-s", "lab", "--format", "json"],
        cwd=project, capture_output=True, text=True, check=False, timeout=120, env=clean_environment(),
    )  # fmt: skip
    assert done.returncode in {0, 1} and "Traceback" not in done.stderr
    assert json.loads(done.stdout)["not_understood"], "longer than a requirement may be"


def test_a_file_that_is_not_there(project):
    done = csvgen("import", "nothing.csv", "-s", "lab", cwd=project)
    assert done.returncode == 2 and "nothing.csv" in done.stderr
