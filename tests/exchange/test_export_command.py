"""csvgen export requirements, and its way back through csvgen import, as a person runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.exchange.writers import csv_file

from .specs import SYSTEM, desk, gathered

FORMS = {"reqif": ".reqif", "xlsx": ".xlsx", "csv": ".csv", "needs": ".needs.json", "jsonl": ".jsonl"}


def csvgen(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "csvgen", *arguments], cwd=folder, capture_output=True, check=False, timeout=120,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr, done.stderr
    return done


@pytest.fixture
def project(tmp_path: Path) -> Path:
    desk(tmp_path)
    (tmp_path / "csvgen.toml").write_text('[csvgen]\nproject = "x"\nrecords = "sqlite:///r.db"\n')
    return tmp_path


@pytest.mark.parametrize("form", FORMS)
def test_each_format_is_written_and_comes_back_without_a_change(project: Path, form: str) -> None:
    before = {p: p.read_bytes() for p in project.rglob("*.yaml")}
    done = csvgen(project, "export", "requirements", "--to", form)
    assert done.returncode == 0
    place = project / f"desk-requirements{FORMS[form]}"
    assert digest_bytes(place.read_bytes()).encode() in done.stderr
    assert b"3 requirements of desk" in done.stderr
    back = csvgen(project, "import", place.name, "--write")
    assert back.returncode == 0, back.stderr
    assert {p: p.read_bytes() for p in project.rglob("*.yaml")} == before


def test_a_file_that_is_there_is_not_replaced(project: Path) -> None:
    place = project / "mine.csv"
    place.write_text("edited for hours")
    done = csvgen(project, "export", "requirements", "--to", "csv", "--out", "mine.csv")
    assert done.returncode == 2
    assert b"--force" in done.stderr
    assert place.read_text() == "edited for hours"
    assert csvgen(project, "export", "requirements", "--to", "csv", "--out", "mine.csv", "--force").returncode == 0
    assert place.read_text() != "edited for hours"


def test_standard_output_gets_the_bytes_and_nothing_else(project: Path) -> None:
    done = csvgen(project, "export", "requirements", "--to", "csv", "--bom", "-o", "-")
    assert done.stdout == csv_file.write(gathered(project / "requirements_specs"), bom=True)
    binary = csvgen(project, "export", "requirements", "--to", "xlsx", "-o", "-")
    assert binary.stdout.startswith(b"PK")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "pdf"], b"reqif"),
        ([], b"--to"),
        (["--to", "jsonl", "--bom"], b"--bom is for csv"),
        (["--to", "csv", "--out", "."], b"folder"),
        (["--to", "csv", "--out", "no/such/file.csv"], b"no such folder"),
        (["--to", "csv", "--system", "nobody"], b"desk"),
    ],
)
def test_what_cannot_be_done_is_said(project: Path, arguments: list[str], said: bytes) -> None:
    done = csvgen(project, "export", "requirements", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_an_edited_copy_is_previewed_and_written(project: Path) -> None:
    csvgen(project, "export", "requirements", "--to", "csv", "-o", "x.csv")
    place = project / "x.csv"
    place.write_bytes(place.read_bytes().replace(b'"Trail"', b'"Audit trail"'))
    path = project / "requirements_specs" / SYSTEM / "urs" / "b.yaml"
    before = path.read_text()
    shown = csvgen(project, "import", "x.csv")
    assert b"- Trail" in shown.stdout
    assert b"+ Audit trail" in shown.stdout
    assert path.read_text() == before
    assert csvgen(project, "import", "x.csv", "--write").returncode == 0
    assert path.read_text() == before.replace("title: Trail", "title: Audit trail")


def test_a_row_without_id_is_refused_with_its_place(project: Path) -> None:
    csvgen(project, "export", "requirements", "--to", "csv", "-o", "x.csv")
    place = project / "x.csv"
    place.write_bytes(place.read_bytes().replace(b'"URS-D-002","', b'"","'))
    done = csvgen(project, "import", "x.csv", "--write")
    assert done.returncode == 1
    assert b"no id" in done.stdout
    assert b"x.csv:" in done.stdout


def test_making_the_package_is_as_it_was(project: Path) -> None:
    assert b"package" in csvgen(project, "export", "--help").stdout
    assert b"DESTINATION" in csvgen(project, "export", "package", "--help").stdout
