"""Imported evidence in a project: kept once, mapped by a visible table, accepted by a person, shown beside what was executed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.crypto.trust import trust_at
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.exchange.readers.base import Unreadable
from csvgen.exchange.results.kept import import_id
from csvgen.exchange.results.recognise import read
from csvgen.exchange.results.taking import raws
from csvgen.model.audit import Actor
from csvgen.model.imported import RawFile, raw_digest
from csvgen.model.verification import Outcome
from csvgen.verification.outside import NOTHING
from csvgen.verification.verify import verify
from csvgen.workflow.imported import import_results

from ..tiny import OPERATOR, Tiny, cheap_secrets, once, runner

CORPUS = Path(__file__).parent / "corpus" / "results"
MAPPING = """format: csvgen.imported-mapping/1
source: Example Software Ltd, release tests of version 1.0, run of 2026-10-01
mappings:
- result: test_numbers::test_rows*
  to: [TC-OQ-0002, URS-TNY-003]
  reason: Each row asks for one of the two numbers.
- result: test_numbers::test_fails
  to: URS-TNY-003
  reason: It asks for the second number.
- result: test_numbers::test_skipped
  to: none
  reason: It is about a machine that is not used here.
"""


def take(project, source=CORPUS / "pytest-junit.xml", mapping: str | None = MAPPING, actor=OPERATOR, form=None):
    file = None
    if mapping is not None:
        file = project.root / "mapping.yaml"
        file.write_text(mapping, encoding="utf-8")
    return import_results(project.state, project.ledger, project.clock, actor, Path(source), form, file)


def accept(project, kept):
    made = project.publisher().imported_evidence(kept)
    project.sign_all("ruth.amsel")
    return made


def left(project) -> list[str]:
    folder = project.root / "output" / "tiny" / "imported"
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*")) if folder.is_dir() else []


# ------------------------------------------------------------ kept, once


def test_the_files_are_kept_as_they_came_with_who_when_and_by_what(tiny):
    """RR-X10: raw file unchanged, importer and its version on record."""
    project = tiny("founded")
    raw = (CORPUS / "pytest-junit.xml").read_bytes()
    kept = take(project).kept
    assert (kept.folder / "raw" / "file").read_bytes() == raw
    assert kept.record.name == "pytest-junit.xml"
    assert (kept.record.by, kept.record.by_name) == (OPERATOR.person, OPERATOR.printed_name)
    assert kept.record.importer.endswith("reader junit 1") and kept.record.importer.startswith("csvgen ")
    assert left(project) == sorted(
        [
            kept.record.id,
            *(
                f"{kept.record.id}/{n}"
                for n in ("import.json", "mapping-001.yaml", "raw", "raw/file", "results.json", "table-001.json")
            ),
        ]
    )
    event = project.ledger.events(record_id=kept.record.id)[0]
    facts = {c.field: c.new for c in event.changes}
    assert (event.action, facts["raw"], facts["results"]) == ("import-results", kept.record.raw, kept.record.results)


def test_the_same_file_again_is_the_same_import_under_whatever_name_it_comes(tiny):
    """RR-X10: the same raw file is the same run."""
    project = tiny("founded")
    first = take(project)
    before = {p: p.read_bytes() for p in first.kept.folder.rglob("*") if p.is_file()}
    other = project.root / "renamed.txt"
    shutil.copyfile(CORPUS / "pytest-junit.xml", other)
    again = take(project, other)
    assert (first.again, again.again, again.mapped) == (False, True, False)
    assert again.kept.record == first.kept.record
    assert {p: p.read_bytes() for p in again.kept.folder.rglob("*") if p.is_file()} == before
    assert len(project.ledger.events(action="import-results")) == 1


def test_another_mapping_of_the_same_files_is_a_next_table_and_the_first_stays(tiny):
    project = tiny("founded")
    first = take(project, mapping=None)
    assert [r.to for r in first.kept.table.rows if r.how == "mapping"] == []
    again = take(project)
    assert (again.again, again.mapped) == (True, True)
    assert [t.number for t, _ in again.kept.tables] == [1, 2]
    assert again.kept.tables[0][0] == first.kept.table
    assert not take(project).mapped, "the same mapping once more changes nothing"


def test_a_folder_with_another_file_is_another_import(tiny):
    project = tiny("founded")
    folder = Path(shutil.copytree(CORPUS / "allure-results", project.root / "allure"))
    one = take(project, folder, mapping=None).kept
    attachment = next(folder.glob("*-attachment.txt"))
    attachment.write_bytes(attachment.read_bytes() + b"more")
    two = take(project, folder, mapping=None).kept
    assert one.record.id != two.record.id
    assert one.results.results == two.results.results


def test_what_was_begun_and_never_recorded_is_no_import_and_is_done_again(tiny):
    """As a process leaves it that is killed between the files and the event."""
    project = tiny("founded")
    data = (CORPUS / "pytest-junit.xml").read_bytes()
    raw = raw_digest([RawFile(path="file", size=len(data), sha256=digest_bytes(data))])
    place = project.root / "output" / "tiny" / "imported" / import_id(raw)
    (place / "raw").mkdir(parents=True)
    (place / "raw" / "file").write_bytes(b"half")
    assert project.state.imports == ()
    done = take(project)
    assert (done.kept.folder, done.again) == (place, False)
    assert (place / "raw" / "file").read_bytes() == data


@pytest.mark.parametrize("where", ["result", "mapping"])
def test_nothing_stays_of_what_is_refused(tiny, where):
    project = tiny("founded")
    bad = project.root / "bad.xml"
    bad.write_bytes((CORPUS / "pytest-junit.xml").read_bytes()[:-40])
    with pytest.raises((Unreadable, BadInput)):
        take(
            project,
            bad if where == "result" else CORPUS / "pytest-junit.xml",
            MAPPING.replace("TC-OQ-0002", "TC-OQ-0999") if where == "mapping" else MAPPING,
        )
    assert left(project) == []
    assert project.ledger.events(action="import-results") == ()


def test_a_link_is_not_followed(tiny):
    project = tiny("founded")
    (project.root / "link.xml").symlink_to(CORPUS / "pytest-junit.xml")
    with pytest.raises(Unreadable, match="link"):
        take(project, project.root / "link.xml")
    folder = Path(shutil.copytree(CORPUS / "allure-results", project.root / "allure"))
    (folder / "key.txt").symlink_to(project.root / "csvgen.toml")
    with pytest.raises(Unreadable, match="link"):
        take(project, folder)
    assert left(project) == []


# ------------------------------------------------------------ mapped, visibly


def test_the_table_says_of_every_result_what_it_is_about_and_why(tiny):
    project = tiny("founded")
    rows = {r.result: r for r in take(project).kept.table.rows}
    auto = rows["test_numbers::test_passes"]
    assert (auto.to, auto.how, auto.reason) == (("URS-TNY-002",), "automatic", "it carries requirement=URS-TNY-002")
    explicit = rows["test_numbers::test_rows[1]"]
    assert (explicit.to, explicit.how) == (("TC-OQ-0002", "URS-TNY-003"), "mapping")
    assert explicit.reason == "Each row asks for one of the two numbers."
    assert (rows["test_numbers::test_skipped"].how, rows["test_numbers::test_skipped"].to) == ("left out", ())
    nothing = rows["test_numbers::test_named_in_nothing"]
    assert (nothing.how, nothing.to) == ("unmapped", ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("format: csvgen.imported-mapping/1", "format: something/1"), "no mapping of results"),
        (("to: URS-TNY-003", "to: URS-TNY-999"), "no case or requirement 'URS-TNY-999'"),
        (("  reason: It asks for the second number.\n", ""), "reason"),
        (("source:", "sauce:"), "unknown key 'sauce'"),
        (("source: Example Software Ltd, release tests of version 1.0, run of 2026-10-01\n", ""), "source"),
        (("- result: test_numbers::test_skipped", "- result: test_numbers::test_fails"), "leaves .* out and another maps it"),
        (("mappings:\n- result", "mappings:\n- &a result"), "anchor"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(tiny, change, words):
    project = tiny("founded")
    with pytest.raises(BadInput, match=words):
        take(project, mapping=MAPPING.replace(*change))
    assert left(project) == []


def test_rows_without_a_result_and_ids_that_nobody_knows_are_told(tiny):
    project = tiny("founded")
    file = project.root / "carries.xml"
    file.write_text(
        '<testsuite><testcase classname="a" name="b"><properties><property name="requirement" value="URS-TNY-777"/></properties>'
        "</testcase></testsuite>",
        encoding="utf-8",
    )
    done = take(project, file)
    assert any("no result fits the mapping of 'test_numbers::test_fails'" in r for r in done.remarks)
    assert any("URS-TNY-777" in r for r in done.remarks)
    assert done.kept.table.rows[0].how == "unmapped"


def test_an_id_inside_a_name_or_a_longer_word_maps_nothing(tiny):
    project = tiny("founded")
    file = project.root / "names.xml"
    file.write_text(
        '<testsuite><testcase classname="URS-TNY-002" name="TC-OQ-0001 works"><properties>'
        '<property name="see" value="URS-TNY-0021 XURS-TNY-002 urs-tny-002"/></properties></testcase></testsuite>',
        encoding="utf-8",
    )
    assert [r.how for r in take(project, file, mapping=None).kept.table.rows] == ["unmapped"]


# ------------------------------------------------------------ pre-filled copies (RR-X02)


@pytest.mark.parametrize(
    "property_",
    [
        'name="csvgen.run" value="OQ-001"', 'name="run" value="OQ-001"', 'name="order" value="TNY-XO-OQ-001"',
        'name="recorded by" value="csvgen 0.2.0"', 'name="paper copy" value="3"',
    ],
)  # fmt: skip
def test_results_that_say_they_are_of_an_execution_here_are_refused(tiny, property_):
    project = tiny("founded")
    file = project.root / "filled.xml"
    file.write_text(
        f'<testsuite><properties><property {property_}/></properties><testcase classname="a" name="b"/></testsuite>',
        encoding="utf-8",
    )
    with pytest.raises(Refused, match="no such run was executed here") as refusal:
        take(project, file, mapping=None)
    assert refusal.value.rule == "RR-X02"
    assert left(project) == []


def test_a_copy_of_a_run_that_was_executed_here_is_no_second_evidence(tiny):
    project = tiny("iq-failed")
    file = project.root / "copy.xml"
    file.write_text(
        '<testsuite><testcase name="b"><properties><property name="run" value="IQ-001"/></properties></testcase></testsuite>',
        encoding="utf-8",
    )
    with pytest.raises(Refused, match="the run IQ-001 was executed here and is evidence by itself"):
        take(project, file, mapping=None)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("cucumber-messages.ndjson", '"name":"cucumber-js"', '"name":"csvgen"'),
        ("pytest-ctrf.json", '"name": "pytest",', '"name": "csvgen",'),
        ("robot-output.xml", 'generator="Robot 7.5', 'generator="csvgen 7.5'),
    ],
)
def test_files_that_csvgen_wrote_are_no_imported_evidence(tiny, name, old, new):
    project = tiny("founded")
    text = (CORPUS / name).read_text(encoding="utf-8")
    assert old in text
    (project.root / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Refused, match="csvgen"):
        take(project, project.root / name, mapping=None)


# ------------------------------------------------------------ accepted, and beside


def test_nothing_counts_before_a_person_accepted_it_and_then_it_stands_beside(tiny):
    project = tiny("specified")
    before = project.state.matrix
    kept = take(project).kept
    made = project.publisher().imported_evidence(kept)
    assert (made.id, [(s.meaning, s.role) for s in made.signatures]) == (f"TNY-{kept.record.id}", [("approved", "quality")])

    def row(name: str):
        return next(r for r in project.state.matrix.rows if r.requirement == name)

    waiting = row("URS-TNY-002")
    assert [s.accepted for s in waiting.imported] == [False]
    assert "not accepted by signature, which count for nothing" in waiting.reason
    project.sign_all("ruth.amsel")
    matrix = project.state.matrix
    accepted = row("URS-TNY-003")
    assert all(s.accepted for s in accepted.imported)
    assert {(s.result, s.verdict.value, s.about) for s in accepted.imported} >= {
        ("test_numbers::test_fails", "FAILED", "URS-TNY-003"), ("test_numbers::test_rows[1]", "PASSED", "TC-OQ-0002"),
    }  # fmt: skip
    assert "1 FAILED" in accepted.reason, "a failure is not lost among passes"
    assert [(r.requirement, r.coverage) for r in matrix.rows] == [(r.requirement, r.coverage) for r in before.rows]
    assert [(g.kind, g.subject) for g in matrix.gaps] == [(g.kind, g.subject) for g in before.gaps]


def test_a_high_priority_requirement_with_only_imported_evidence_stays_a_gap_with_that_reason(tiny):
    """RR-X13, of results of other tools."""
    project = tiny("specified")
    accept(project, take(project).kept)
    matrix = project.state.matrix
    row = next(r for r in matrix.rows if r.requirement == "URS-TNY-002")
    assert row.priority == "high" or pytest.fail("the example has no high priority any more")
    assert row.coverage == "gap"
    gap = next(g for g in matrix.gaps if g.subject == "URS-TNY-002")
    assert "it never stands alone (RR-X13)" in gap.detail


def test_the_digest_of_a_matrix_without_imports_says_nothing_of_them(tiny):
    project = tiny("specified")
    assert b'"imported"' not in json.dumps(project.state.matrix.model_dump(mode="json")).encode()


def test_who_imported_or_mapped_does_not_accept(tiny):
    project = tiny("founded")
    ruth = Actor("ruth.amsel", "Ruth Amsel", "quality", "test")
    kept = take(project, actor=ruth).kept
    project.publisher().imported_evidence(kept)
    assert project.sign("ruth.amsel") == []
    assert project.state.approved("imported-evidence", kept.record.id) is False


def test_a_new_mapping_needs_a_new_acceptance(tiny):
    project = tiny("founded")
    accept(project, take(project).kept)
    assert project.state.accepted(project.state.imports[0])
    again = take(project, mapping=MAPPING.replace("TC-OQ-0002, ", ""))
    assert again.mapped
    assert not project.state.accepted(project.state.imports[0])
    assert accept(project, again.kept).revision == 2
    assert project.state.accepted(project.state.imports[0])


@pytest.mark.parametrize("name", ["raw/file", "results.json", "table-001.json", "mapping-001.yaml"])
def test_what_was_changed_after_the_import_cannot_be_accepted_or_counted(tiny, name):
    project = tiny("founded")
    kept = take(project).kept
    project.publisher().imported_evidence(kept)
    file = kept.folder / name
    file.write_bytes(file.read_bytes().replace(b"test_fails", b"test_wins_", 1))
    assert project.sign("ruth.amsel") == []
    assert not any(s.accepted for r in project.state.matrix.rows for s in r.imported)
    with pytest.raises((NotIntact, BadInput)):
        take(project)


# ------------------------------------------------------------ in the package


@pytest.fixture(scope="module")
def made(stages, tmp_path_factory):
    """A project with one accepted import."""

    def make(folder: Path) -> None:
        with cheap_secrets():
            project = stages.at("iq-closed").copy(folder)
            accept(project, take(project).kept)

    return Tiny(once(tmp_path_factory.mktemp("imports") / "made", make))


@pytest.fixture(scope="module")
def packed(made, tmp_path_factory):
    """Its package, and the roots it is verified with."""
    return made.copy(tmp_path_factory.mktemp("packed") / "project").export(tmp_path_factory.mktemp("package") / "p"), trust_at(
        made.root / "trust" / "roots.pem"
    )


def checked(package: Path, trust) -> dict[str, bool]:
    return {c.name: c.outcome is Outcome.HOLDS for c in verify(package, trust, NOTHING).decided}


IMPORTED = (
    "imported files are those that were taken in", "imported results follow from the files", "tables of imported results follow from their mappings",
    "imported evidence was accepted as it is here", "imports and audit trail tell of each other",
)  # fmt: skip


def test_a_package_carries_the_import_and_verifies(packed):
    package, trust = packed
    found = checked(package, trust)
    assert {n: found.get(n) for n in IMPORTED} == dict.fromkeys(IMPORTED, True)
    assert [n for n, ok in found.items() if not ok] == []
    matrix = json.loads((package / "matrix.json").read_bytes())
    assert [i["accepted"] for r in matrix["rows"] if r["requirement"] == "URS-TNY-002" for i in r["imported"]] == [True]


def raw_changed(folder: Path) -> None:
    """Everything that no signature and no event fixes, made anew by whoever has the folder."""
    file = folder / "raw" / "file"
    file.write_bytes(file.read_bytes().replace(b"<failure", b"<skipped").replace(b"</failure", b"</skipped"))
    files = (RawFile(path="file", size=file.stat().st_size, sha256=digest_bytes(file.read_bytes())),)
    results, _ = read(raws(folder / "raw", files), None)
    (folder / "results.json").write_bytes(canonical_json(results))
    record = json.loads((folder / "import.json").read_bytes())
    raw = raw_digest(files)
    record |= {
        "id": import_id(raw),
        "raw": raw,
        "files": [f.model_dump() for f in files],
        "results": digest_bytes(canonical_json(results)),
    }
    (folder / "import.json").write_bytes(canonical_json(record))
    made = json.loads((folder / "table-001.json").read_bytes())
    verdicts = {r.identity: str(r.verdict) for r in results.results}
    made |= {
        "import_id": record["id"],
        "results": record["results"],
        "rows": [{**r, "verdict": verdicts[r["result"]]} for r in made["rows"]],
    }
    (folder / "table-001.json").write_bytes(canonical_json(made))
    folder.rename(folder.with_name(record["id"]))


def result_changed(folder: Path) -> None:
    """A failure becomes a pass in what was read, everywhere but in the raw file."""
    results = json.loads((folder / "results.json").read_bytes())
    results["results"] = [
        r | ({"verdict": "PASSED", "reason": ""} if r["verdict"] == "FAILED" else {}) for r in results["results"]
    ]
    (folder / "results.json").write_bytes(canonical_json(results))
    record = json.loads((folder / "import.json").read_bytes()) | {"results": digest_bytes(canonical_json(results))}
    (folder / "import.json").write_bytes(canonical_json(record))
    table = json.loads((folder / "table-001.json").read_bytes()) | {"results": record["results"]}
    table["rows"] = [{**r, "verdict": "PASSED" if r["verdict"] == "FAILED" else r["verdict"]} for r in table["rows"]]
    (folder / "table-001.json").write_bytes(canonical_json(table))


def row_changed(folder: Path) -> None:
    file = folder / "table-001.json"
    table = json.loads(file.read_bytes())
    table["rows"] = [{**r, "to": ["URS-TNY-003"], "how": "automatic"} if r["how"] == "unmapped" else r for r in table["rows"]]
    file.write_bytes(canonical_json(table))


def raw_alone_changed(folder: Path) -> None:
    (folder / "raw" / "file").write_bytes(b"<testsuite/>")


def file_added(folder: Path) -> None:
    (folder / "raw" / "more.xml").write_bytes(b"<testsuite/>")


def mapping_changed(folder: Path) -> None:
    (folder / "mapping-001.yaml").write_text(MAPPING.replace("Example", "Other"), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (raw_changed, {IMPORTED[3], IMPORTED[4]}),
        (result_changed, {IMPORTED[1], IMPORTED[3], IMPORTED[4]}),
        (row_changed, {IMPORTED[2], IMPORTED[3], IMPORTED[4]}),
        pytest.param(raw_alone_changed, {IMPORTED[0]}, marks=pytest.mark.slow),
        pytest.param(file_added, {IMPORTED[0]}, marks=pytest.mark.slow),
        pytest.param(mapping_changed, {IMPORTED[0], IMPORTED[3]}, marks=pytest.mark.slow),
        pytest.param(shutil.rmtree, {IMPORTED[3], IMPORTED[4]}, marks=pytest.mark.slow),
    ],
)
def test_whoever_holds_folder_and_seal_key_changes_no_accepted_import_unseen(made, tmp_path, change, finding):
    """The package is exported and sealed afterwards, so that only signature, trail and raw files can tell."""
    project = made.copy(tmp_path / "project")
    change(next((project.root / "output" / "tiny" / "imported").iterdir()))
    package = project.export(tmp_path / "package")
    found = checked(package, trust_at(project.root / "trust" / "roots.pem"))
    assert finding <= {name for name, holds in found.items() if not holds}


def test_an_import_by_itself_verifies_and_says_what_is_missing(packed, tmp_path):
    package, trust = packed
    folder = Path(
        shutil.copytree(next((package / "imported").iterdir()), tmp_path / "x" / next((package / "imported").iterdir()).name)
    )
    found = verify(folder, trust, NOTHING)
    assert not found.failed
    assert "whether anybody accepted it" in found.missing
    (folder / "raw" / "file").write_bytes(b"<testsuite/>")
    assert [c.name for c in verify(folder, trust, NOTHING).failed] == [IMPORTED[0]]


def test_the_command_keeps_shows_and_puts_up_and_says_so_the_second_time(tiny):
    project = tiny("founded")
    (project.root / "mapping.yaml").write_text(MAPPING, encoding="utf-8")

    def csvgen(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "csvgen", *words], cwd=project.root, env=runner(project.root), capture_output=True, text=True, check=False
        )  # fmt: skip

    command = ("import-results", str(CORPUS / "pytest-junit.xml"), "--map", "mapping.yaml", "--statuses")
    first = csvgen(*command)
    assert first.returncode == 1, first.stderr
    assert "statuses of junit: no child element = PASSED; failure = FAILED" in first.stdout
    assert "every other word = UNKNOWN" in first.stdout
    assert "UNMAPPED         unmapped   test_numbers::test_named_in_nothing" in first.stdout
    assert "URS-TNY-002      automatic  test_numbers::test_passes" in first.stdout
    assert "UNKNOWN   UNMAPPED" in first.stdout
    assert "waits for 1 signature(s)" in first.stderr
    again = csvgen(*command)
    assert again.returncode == 0
    assert "The same files are the same import" in again.stderr
    shutil.rmtree(next((project.root / "protocols" / "tiny" / "approvals").glob("TNY-IMP-*")))  # as if it had died before
    third = csvgen(*command)
    assert "waits for 1 signature(s)" in third.stderr
    told = csvgen("trace", "URS-TNY-002")
    assert "NOT ACCEPTED, counts for nothing" in told.stdout
    assert "imported IMP-" in told.stdout
    refused = csvgen("import-results", str(project.root / "csvgen.toml"))
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert "none of the formats" in refused.stderr
