"""csvgen export results as people run it; what every copy says of itself; and that it is the record, the same bytes each time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.errors import NotIntact, Refused
from csvgen.evidence.read import read_run
from csvgen.exchange.results import allure, attestation, ctrf, junit, messages
from csvgen.exchange.results.copied import Copy, clean, copy_of
from csvgen.exchange.results.verdicts import SEVERITY, WORDS
from csvgen.model.execution import Verdict
from csvgen.model.protocol import Protocol

from ..tiny import REPOSITORY, clean_environment
from . import executed
from .project import csvgen, make

FORMATS = ("cucumber-messages", "junit", "allure", "ctrf")


def texts(copy: Copy) -> dict[str, bytes]:
    """What each format of a copy holds, in one piece."""
    return {
        "cucumber-messages": b"".join(messages.write(copy)), "junit": b"".join(junit.write(copy)), "ctrf": b"".join(ctrf.write(copy)),
        "allure": b"".join(name.encode() + data for name, data in allure.files(copy)),
    }  # fmt: skip


@pytest.fixture(scope="module")
def sealer():
    return executed.sealer()


@pytest.fixture(scope="module")
def full(tmp_path_factory, sealer) -> Path:
    """A sealed run with every verdict in it. Tests change copies of it."""
    return executed.every_verdict(tmp_path_factory.mktemp("runs") / "OQ-001", sealer)


# ------------------------------------------------------------ the table


def test_every_verdict_has_its_words_and_only_passed_is_a_pass() -> None:
    assert set(WORDS) == set(Verdict)
    passes = {"PASSED", "", "passed", "passedTests"}
    for verdict, words in WORDS.items():
        mine = {words.cucumber, words.junit, words.allure, words.ctrf, words.in_toto}
        assert mine <= passes if verdict is Verdict.PASSED else not mine & passes, verdict
        assert words.cucumber in SEVERITY


def test_the_page_shows_the_table_the_code_has() -> None:
    page = (REPOSITORY / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = {cells[0]: cells[1:] for line in page.splitlines() if (cells := [c.strip(" `") for c in line.strip("|").split("|")])}
    for verdict, words in WORDS.items():
        said = ["none" if w == "" else w for w in (words.cucumber, words.junit, words.allure, words.ctrf, words.in_toto)]
        assert rows[str(verdict)] == said


# ------------------------------------------------------------ what a copy says of itself


def test_every_format_says_whose_copy_it_is(full) -> None:
    copy = executed.copied(full)
    assert copy.seal == digest_bytes((full / "seal.json").read_bytes())
    for name, data in texts(copy).items():
        for said in (copy.seal, "copy of run OQ-001", "The record is the run folder OQ-001"):
            assert said.encode() in data, (name, said)


@pytest.mark.parametrize(
    ("changed", "mark"),
    [
        ({"mode": "engineering"}, "ENGINEERING RUN: it counts for nothing"),
        ({"scope": "partial"}, "PARTIAL: not all cases were planned"),
        ({"scope": "retest"}, "RETEST: only the cases of a retest were planned"),
    ],
)
def test_what_keeps_a_run_from_counting_stands_in_every_format(tmp_path, sealer, changed, mark) -> None:
    copy = executed.copied(executed.plain(tmp_path / "OQ-001", sealed_with=sealer, **changed))
    whole = executed.copied(executed.plain(tmp_path / "OQ-002", sealed_with=sealer))
    assert whole.marks == ()
    short = mark.split(":")[0].encode()
    for name, data in texts(copy).items():
        assert mark.encode() in data, name
        assert short not in texts(whole)[name], name


def test_a_run_without_seal_is_marked_with_what_does_not_hold(tmp_path) -> None:
    """The process was killed while it wrote its last line."""
    folder = executed.plain(tmp_path / "OQ-001")
    journal = folder / "journal.main.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b'"kind":"case-finished"' in line)
    journal.write_bytes(b"".join(lines[: at + 3]) + lines[at + 3][:40])
    copy = executed.copied(folder)
    assert [c.result.verdict for c in copy.cases] == [Verdict.PASSED, Verdict.ERROR]
    for name, data in texts(copy).items():
        assert b"NOT SEALED" in data, name
        assert b"is cut off" in data, name
        assert b"the run ended in step 1" in data, name
    assert not json.loads(texts(copy)["cucumber-messages"].splitlines()[-1])["testRunFinished"]["success"]


def test_an_incomplete_run_says_how_much_of_it_ran(full) -> None:
    assert executed.copied(full).marks == ("NOT COMPLETE: 8 of 10 planned cases were executed",)


# ------------------------------------------------------------ the record, and nothing but the record


@pytest.mark.parametrize("damage", ["plan", "journal", "evidence", "strange"])
def test_a_run_that_is_not_what_was_sealed_is_not_copied(tmp_path, full, damage) -> None:
    folder = Path(shutil.copytree(full, tmp_path / "OQ-001"))
    if damage == "plan":
        executed.rewritten(folder, account="somebody")
    elif damage == "journal":
        journal = folder / "journal.main.jsonl"
        journal.write_bytes(journal.read_bytes().replace(b'"verdict":"FAILED"', b'"verdict":"PASSED"'))
    elif damage == "evidence":
        next(p for p in (folder / "evidence").rglob("*") if p.is_file()).write_bytes(b"another")
    else:
        (folder / "more.txt").write_bytes(b"")
    with pytest.raises(NotIntact, match="not what was sealed"):
        executed.copied(folder)


@pytest.mark.parametrize("size", [6, 300_000])
def test_evidence_that_changes_while_it_is_exported_is_noticed(tmp_path, full, size) -> None:
    """The run was read and found whole; then a file of it is changed: a picture that is copied, or one that is only named."""
    folder = Path(shutil.copytree(full, tmp_path / "OQ-001"))
    copy = executed.copied(folder)
    for path in (p for p in (folder / "evidence").rglob("*") if p.is_file() and p.stat().st_size == size):
        path.write_bytes(b"another")
    for write in (messages.write, allure.files):
        with pytest.raises(NotIntact, match="was changed"):
            list(write(copy))


def test_the_words_of_a_case_are_those_that_were_executed(tmp_path, sealer) -> None:
    """The feature was edited after the run: its new words are not put into the mouth of the old run."""
    folder = executed.plain(tmp_path / "OQ-001", sealed_with=sealer)
    known = executed.copied(folder)
    assert [c.requirements for c in known.cases] == [("URS-X-001",), ("URS-X-001",)]
    assert known.cases[0].risks == ("RA-X-001",)
    edited, _ = executed.read_feature(executed.FEATURE.replace("it answers", "it sings"), "OQ/limits.feature")
    for words in (Protocol(system="probe", features=(edited,)), Protocol(system="probe", features=())):
        other = executed.copied(folder, words)
        assert [c.wording for c in other.cases] == [None, None]
        assert other.cases[0].name == "TC-OQ-0001 a limit of 4.0", "the title is in the journal"
        for name, data in texts(other).items():
            assert b"sings" not in data, name
            assert b"it answers" in data, name
            assert b"as recorded" in data or b"as-recorded" in data, name


def test_nothing_of_the_machine_that_exports_gets_into_a_copy(full) -> None:
    for name, data in texts(executed.copied(full)).items():
        for secret in (str(full.parent), str(REPOSITORY), os.uname().nodename, os.uname().release):
            assert secret.encode() not in data, name


def test_text_without_utf8_form_becomes_text(full) -> None:
    """No record holds one; a writer that is given one still writes what a reader can read."""
    half = "a\ud800b\udfff"
    assert clean(half) == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    copy = executed.copied(full)
    broken = Copy(copy.evidence, tuple(type(c)(c.result, None, half) for c in copy.cases), {})
    for name, data in texts(broken).items():
        assert b"ud800" not in data.lower(), name
    assert "\N{REPLACEMENT CHARACTER}" in texts(broken)["junit"].decode()


# ------------------------------------------------------------ the same bytes

ALL = """
import sys
from pathlib import Path
from tests.exchange import executed
from tests.exchange.test_results_export import texts
for name, data in sorted(texts(executed.copied(Path(sys.argv[1]))).items()):
    sys.stdout.buffer.write(name.encode() + b"\\n" + data)
"""


def test_the_same_run_gives_the_same_bytes(full, tmp_path) -> None:
    """Two hash seeds, two locales, two places of the run."""
    moved = Path(shutil.copytree(full, tmp_path / "elsewhere" / "OQ-001"))
    made = set()
    for seed, language, place in (("1", "C.UTF-8", full), ("4242", "C", moved)):
        environ = clean_environment() | {"PYTHONHASHSEED": seed, "LC_ALL": language, "PYTHONPATH": str(REPOSITORY)}
        done = subprocess.run([sys.executable, "-c", ALL, place], env=environ, capture_output=True, check=True)
        made.add(done.stdout)
    assert len(made) == 1
    assert len(made.pop()) > 50_000


# ------------------------------------------------------------ the command


@pytest.fixture
def project(tmp_path, full) -> Path:
    """An empty project in whose output the run lies."""
    root = make(tmp_path / "project")
    shutil.copytree(full, root / "output" / "lab" / "runs" / "OQ-001")
    return root


@pytest.mark.parametrize(
    ("wanted", "place"),
    [("cucumber-messages", "OQ-001.ndjson"), ("junit", "OQ-001.junit.xml"), ("ctrf", "OQ-001.ctrf.json"), ("allure", "OQ-001-allure-results")],
)  # fmt: skip
def test_a_run_is_exported_by_its_name(project, wanted, place) -> None:
    done = csvgen("export", "results", "OQ-001", "--to", wanted, cwd=project)
    assert done.returncode == 0, done.stderr
    assert "NOT COMPLETE: 8 of 10 planned cases were executed" in done.stderr
    assert (project / place).exists()
    assert not list(project.glob(".*")), "nothing staged is left behind"
    again = csvgen("export", "results", "OQ-001", "--to", wanted, cwd=project)
    assert again.returncode == 2, "what is there is not replaced"
    assert "is there already" in again.stderr


def test_a_run_is_exported_from_its_folder_outside_of_every_project(tmp_path, full) -> None:
    command = [sys.executable, "-m", "csvgen", "export", "results", full, "--to", "ctrf", "-o", "-"]
    done = subprocess.run(command, cwd=tmp_path, env=clean_environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"]["summary"]["tests"] == 10
    assert done.stdout == b"".join(ctrf.write(copy_of(read_run(full), None)))


def test_the_name_of_a_run_from_elsewhere_is_no_path(tmp_path) -> None:
    folder = executed.plain(tmp_path / "given")
    executed.rewritten(folder, run="../../outside")
    (tmp_path / "a" / "b").mkdir(parents=True)
    done = csvgen("export", "results", folder, "--to", "ctrf", cwd=tmp_path / "a" / "b")
    assert done.returncode == 2
    assert "no name for a file" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "given"]


def test_a_damaged_run_leaves_no_file(project) -> None:
    (project / "output/lab/runs/OQ-001/journal.main.jsonl").write_bytes(b"")
    for wanted in FORMATS:
        done = csvgen("export", "results", "OQ-001", "--to", wanted, "-o", "x", cwd=project)
        assert done.returncode == 1
        assert "not what was sealed" in done.stderr
        assert not (project / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("OQ-002", "--to", "junit"), "there is no run 'OQ-002'"),
        (("../runs/OQ-001", "--to", "junit"), "there is no run"),
        (("OQ-001", "--to", "pdf"), "cucumber-messages"),
        (("OQ-001", "--to", "junit", "-o", "no/such/file"), "no such folder"),
        (("OQ-001", "--to", "junit", "-o", "requirements_specs"), "folder"),
        (("OQ-001", "--to", "allure", "-o", "-"), "folder of files"),
        (("OQ-001", "--to", "allure", "-o", "requirements_specs"), "never mixed"),
        (("OQ-001", "--to", "allure", "-o", "no/such/folder"), "no such folder"),
    ],
)
def test_what_cannot_be_done_is_said(project, arguments, said) -> None:
    done = csvgen("export", "results", *arguments, cwd=project)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_edited_run_without_seal_file_is_no_sealed_one(project) -> None:
    """Whoever takes the seal away gets a copy that says so, and no attestation."""
    folder = project / "output/lab/runs/OQ-001"
    (folder / "seal.json").unlink()
    done = csvgen("export", "results", "OQ-001", "--to", "junit", "-o", "x", cwd=project)
    assert done.returncode == 0
    assert "NOT SEALED" in done.stderr
    with pytest.raises(Refused, match="never sealed"):
        attestation.statement(executed.copied(folder))
