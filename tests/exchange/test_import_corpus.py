"""Real files of others, whole: every line of 17 specifications accounted for, 106 and 77 rows of tables, 70 test cases; nothing lost.

What must be found is counted here with a few lines of our own, not with the readers.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from csvgen.exchange.accounting import account
from csvgen.exchange.export import gather
from csvgen.exchange.readers import read_file
from csvgen.exchange.readers.base import Aside, Options
from csvgen.exchange.writers import csv_file, json_lines, needs_json, reqif_file, workbook
from csvgen.spec.load import load_system

from ..tiny import make_project
from .project import CORPUS, GENERATOR, csvgen, make, preview, written

URS = {
    "ambiguous__URS-004.md": 21, "ambiguous__URS-005.md": 24, "category_3__URS-001.md": 15, "category_3__URS-006.md": 21,
    "category_3__URS-007.md": 23, "category_3__URS-008.md": 21, "category_3__URS-009.md": 25, "category_4__URS-002.md": 17,
    "category_4__URS-010.md": 35, "category_4__URS-011.md": 37, "category_4__URS-012.md": 27, "category_4__URS-013.md": 28,
    "category_5__URS-003.md": 16, "category_5__URS-014.md": 30, "category_5__URS-015.md": 35, "category_5__URS-016.md": 34,
    "category_5__URS-017.md": 33,
}  # fmt: skip
"""Requirements in each document."""
SUITES = {
    "URS-001_test_suite.json": (10, 24, 19), "URS-002_test_suite.json": (20, 38, 42),
    "URS-003_test_suite.json": (20, 42, 44), "URS-004_test_suite.json": (20, 48, 31),
}  # fmt: skip
"""Test cases, steps and acceptance criteria in each suite."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """A project into which all 17 documents were imported; never to be changed."""
    project = make(tmp_path_factory.mktemp("corpus"))
    done = csvgen("import", CORPUS / "urs", "-s", "lab", "--write", cwd=project)
    assert done.returncode == 0, done.stderr
    return project


def by_hand(text: str) -> dict[str, list[str]]:
    """Id -> its lines, each without marks, counted without any reader."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.split("\n"):
        if match := re.match(r"- \*\*(URS-[A-Z]+-\d+)\*\*: (.+)$", line):
            current = found.setdefault(match[1], [])
            current.append(match[2])
        elif line.startswith("  - ") and current is not None:
            current.append(line[2:])
        elif line.strip():
            current = None
    return found


def test_there_are_17_documents_with_442_requirements():
    assert sorted(p.name for p in (CORPUS / "urs").glob("*.md")) == sorted(URS)
    assert sum(URS.values()) == 442


@pytest.mark.parametrize("name", URS)
def test_every_line_of_a_document_is_accounted_for(name):
    data = (CORPUS / "urs" / name).read_bytes()
    text = data.decode("utf-8")
    found = read_file(data, name, Options())
    assert len(found.entries) == URS[name] == len(re.findall(r"^- \*\*URS-", text, re.MULTILINE))
    lines = account(text, found.entries, found.leftovers)
    assert [x.number for x in lines] == [n for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    kinds = Counter(x.kind for x in lines)
    bullets = len(re.findall(r"^\s*- ", text, re.MULTILINE))
    assert kinds == {"entry": bullets, "context": len(lines) - bullets}, "no leftover, nothing lost"
    assert all(isinstance(x, Aside) for x in found.leftovers)


@pytest.mark.parametrize("name", URS)
def test_every_requirement_says_what_its_lines_say(name, corpus):
    there = written(corpus)
    for identity, lines in by_hand((CORPUS / "urs" / name).read_text(encoding="utf-8")).items():
        assert there[identity]["statement"].split("\n") == lines
        assert there[identity]["origin"].startswith(f"{name}:")


def test_the_accounting_sees_a_line_that_is_dropped():
    """The judge above can say no."""
    name = "category_4__URS-002.md"
    data = (CORPUS / "urs" / name).read_bytes()
    text = data.decode("utf-8")
    found = read_file(data, name, Options())
    without = [e for e in found.entries if e.id != "URS-LIMS-004"]
    lost = [x.number for x in account(text, without, found.leftovers) if x.kind == "lost"]
    first = text.split("\n").index("- **URS-LIMS-004**: Configure sample login screens to capture site-specific attributes:") + 1
    assert lost == list(range(first, first + 5))
    poorer = [
        e
        if e.id != "URS-LIMS-004"
        else type(e)(fields={**e.fields, "statement": e.fields["statement"].replace("Manufacturing date", "")}, place=e.place)
        for e in found.entries
    ]
    assert [x.number for x in account(text, poorer, found.leftovers) if x.kind == "lost"] == [first + 2]


def test_all_documents_in_one_import(corpus):
    there = written(corpus)
    assert len(there) == 442
    assert all(r["rationale"] == "TO BE WRITTEN" and r["gxp"] == "yes" for r in there.values()), "nothing is invented"
    performance = {i for i, r in there.items() if "Performance" in r["attributes"]["Section"]}
    assert performance == {i for i, r in there.items() if r["category"] == "performance"}
    assert not any("clauses" in r for r in there.values()), "21 CFR Part 11 as a whole is no clause"


def test_a_second_import_changes_nothing(corpus, tmp_path):
    project = Path(shutil.copytree(corpus, tmp_path / "again"))
    before = (project / "requirements_specs/lab/urs/imported.yaml").read_bytes()
    done = csvgen("import", CORPUS / "urs", "-s", "lab", "--write", cwd=project)
    assert done.returncode == 0
    assert "442 unchanged" in done.stdout
    assert (project / "requirements_specs/lab/urs/imported.yaml").read_bytes() == before


def test_the_nasa_rows(tmp_path):
    project = make(tmp_path)
    file = CORPUS / "cf_FunctionalRequirements.csv"
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))[1:]
    assert len(rows) == 106
    code, found = preview(file, "--write", cwd=project)
    assert code == 0
    assert found["not_understood"] == []
    there = written(project)
    assert len(there) == 106 == len(found["renamed"])
    for row in rows:
        summary, identity, *more = row
        statement, rationale = (*more, "", "")[:2]
        mine = there["URS-" + identity.replace(".", "-")]
        assert {k: v for k, v in mine["attributes"].items() if k != "Assumed on import"} == {
            "Original id": identity
        } and summary == identity
        assert mine["statement"].split() == (statement.split() or ["TO", "BE", "WRITTEN"])
        assert mine["statement"].count("\n") == statement.strip().count("\n")
        assert mine["rationale"].split() == (rationale.split() or ["TO", "BE", "WRITTEN"])
    silent = {a["field"]: a["entries"] for a in found["assumed"] if a["value"] == "TO BE WRITTEN"}
    assert silent == {"statement": 4, "rationale": 7, "title": 4}


def test_the_onc_rows(tmp_path):
    project = make(tmp_path)
    file = CORPUS / "requirements.csv"
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    assert len(rows) == 77
    code, found = preview(file, "--write", cwd=project)
    assert (code, found["not_understood"]) == (0, [])
    there = written(project)
    assert len(there) == 77
    for row in rows:
        mine = there[f"URS-{row['ID']}"]
        assert mine["statement"] == "\n".join(line.rstrip() for line in row["Requirement"].split("\n")).strip()
        assert mine["priority"] == "must"
        kept = {**mine["attributes"], "ID": mine["attributes"]["Original id"], "Requirement": row["Requirement"]}
        kept["Conformance"] = kept.pop("Priority in the file")
        assert {k: v for k, v in row.items() if v} == {k: v for k, v in kept.items() if k in row}


@pytest.mark.parametrize("name", SUITES)
def test_every_step_of_a_suite_is_in_the_criteria(name, corpus, tmp_path):
    project = Path(shutil.copytree(corpus, tmp_path / "suites"))
    suite = json.loads((CORPUS / "suites" / name).read_text(encoding="utf-8"))
    cases = suite["test_cases"]
    figures = (len(cases), sum(len(c["test_steps"]) for c in cases), sum(len(c["acceptance_criteria"]) for c in cases))
    assert figures == SUITES[name]
    code, found = preview(CORPUS / "suites" / name, "--write", "--drafted-by", GENERATOR, cwd=project)
    assert (code, found["not_understood"]) == (0, [])
    there = written(project)
    assert len(there) == 442
    for case in cases:
        for identity in case["urs_requirements"]:
            mine = there[identity]
            criterion = next(c for c in mine["criteria"] if c["id"] == case["test_id"].lower())
            assert criterion["given"] == case["prerequisites"]
            assert criterion["when"] == [s["action"] for s in case["test_steps"]]
            assert criterion["then"] == [s["expected_result"] for s in case["test_steps"]] + case["acceptance_criteria"]
            rest = mine["attributes"][f"Test {case['test_id']}"]
            for value in (
                case["objective"],
                *case["regulatory_basis"],
                *(d for s in case["test_steps"] for d in s["data_to_capture"]),
            ):
                assert value in rest
            assert mine["drafted"] == {"generator": GENERATOR.split(" ")[0], "version": "2025-08-19"}
    named = {i for c in cases for i in c["urs_requirements"]}
    assert {i for i, r in there.items() if "drafted" in r} == named, "what no suite names is not marked"


def test_a_suite_without_a_version_of_its_generator_is_refused(corpus):
    code, found = preview(CORPUS / "suites", cwd=corpus)
    assert code == 2
    assert "generator and version" in found["error"] and "--drafted-by" in found["error"]


def test_a_suite_for_requirements_that_are_not_there(tmp_path):
    project = make(tmp_path)
    code, found = preview(CORPUS / "suites", "--write", "--drafted-by", GENERATOR, cwd=project)
    assert code == 1
    named = {
        i
        for f in (CORPUS / "suites").glob("*.json")
        for c in json.loads(f.read_text())["test_cases"]
        for i in c["urs_requirements"]
    }
    assert len(found["not_understood"]) == len(named) == 32
    assert all("neither the system nor this import has" in x["why"] for x in found["not_understood"])
    assert not (project / "requirements_specs/lab/urs").exists()


def test_what_is_imported_is_a_specification(tmp_path):
    """The checker reads all of it: no finding about the form of a file, only what is still to be said."""
    project = make_project(tmp_path / "tiny")
    done = csvgen(
        "import", CORPUS / "urs", CORPUS / "cf_FunctionalRequirements.csv", CORPUS / "requirements.csv", "--write", cwd=project
    )
    assert done.returncode == 0, done.stderr
    loaded = load_system(project / "requirements_specs", "tiny")
    assert loaded.spec is not None
    assert len([r for r in loaded.spec.requirements if r.origin]) == 442 + 106 + 77
    assert {d.rule for d in loaded.findings.errors if d.rule.startswith(("YML", "SPC", "TXT"))} == set()


@pytest.mark.parametrize(
    ("writer", "name"),
    [
        (csv_file, "copy.csv"),
        (json_lines, "copy.jsonl"),
        (needs_json, "copy.json"),
        (reqif_file, "copy.reqif"),
        (workbook, "copy.xlsx"),
    ],
)
def test_what_was_imported_leaves_and_returns_without_change(writer, name, tmp_path):
    """All 625 requirements, and the criteria of 70 test cases: exported, imported over themselves, and into an empty system."""
    project = make(tmp_path / "one")
    sources = (CORPUS / "urs", CORPUS / "suites", CORPUS / "cf_FunctionalRequirements.csv", CORPUS / "requirements.csv")
    assert csvgen("import", *sources, "-s", "lab", "--write", "--drafted-by", GENERATOR, cwd=project).returncode == 0
    file = project / "requirements_specs/lab/urs/imported.yaml"
    before, there = file.read_bytes(), written(project)
    (tmp_path / name).write_bytes(writer.write(gather(project / "requirements_specs", "lab", "csvgen 0")))
    code, found = preview(tmp_path / name, "--write", cwd=project)
    assert (code, found["written"], len(found["plan"]["unchanged"])) == (0, [], 625)
    assert file.read_bytes() == before
    other = make(tmp_path / "two")
    assert preview(tmp_path / name, "--write", cwd=other)[0] == 0
    assert written(other) == there
    assert len(there) == 625
