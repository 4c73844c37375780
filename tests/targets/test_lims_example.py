"""examples/lims-http from outside: written by init, drafted, and executed against the LIMS as delivered and repaired, defect by defect."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run
from csvgen.model.evidence import Evidence
from csvgen.protocol.files import read_protocol
from tests.targets.serving import served

ROOT = Path(__file__).parents[2]
SYSTEM = "lims-http"
FOUND_BY = {
    "access-entry": "URS-LIM-002",
    "lock-out": "URS-LIM-003",
    "session": "URS-LIM-004",
    "retired-id": "URS-LIM-005",
    "audit-old-value": "URS-LIM-006",
    "audit-reason": "URS-LIM-007",
    "signature-void": "URS-LIM-008",
    "signature-password": "URS-LIM-009",
    "range": "URS-LIM-010",
    "blank-field": "URS-LIM-011",
    "export": "URS-LIM-012",
    "rounding": "URS-LIM-013",
}
"""Defect of the LIMS -> the requirement whose generated cases have to find it."""


def defects() -> dict[str, str]:
    """Those the LIMS says it has."""
    spec = importlib.util.spec_from_file_location("lims_defects", ROOT / "examples" / SYSTEM / "lims" / "defects.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DEFECTS


def csvgen(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", "-C", str(project), *arguments]
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def lims(project: Path, switched_on: str) -> Iterator[str]:
    """The LIMS of a project, running with these defects; its address."""
    with served(["lims", "instance", "--idle", "4"], project, project, "/api/about", LIMS_DEFECTS=switched_on) as address:
        yield address


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as init writes it, with its protocol."""
    project = tmp_path_factory.mktemp("lims") / "project"
    written = csvgen(ROOT, "init", str(project), "--example", SYSTEM)
    assert written.returncode == 0, written.stderr
    made = csvgen(project, "draft")
    assert made.returncode == 0, made.stderr
    return project


def executed(drafted: Path, folder: Path, switched_on: str, phase: str = "OQ") -> tuple[Evidence, dict[str, str], str]:
    """A run against a fresh instance: its evidence, the requirement of each case, and what was printed."""
    project = Path(shutil.copytree(drafted, folder))
    with lims(project, switched_on) as address:
        done = csvgen(project, "run", phase, LIMS_URL=address)
    (run,) = (project / "output" / SYSTEM / "runs").iterdir()
    protocol, _ = read_protocol(project / "protocols" / SYSTEM, SYSTEM)
    return read_run(run), {c.id: c.requirements[0] for c in protocol.cases}, done.stdout + done.stderr


def failing(evidence: Evidence, requirement: dict[str, str]) -> dict[str, set[str]]:
    """Requirement -> verdicts of its cases that did not pass."""
    found: dict[str, set[str]] = {}
    for r in evidence.results:
        if r.verdict != "PASSED":
            found.setdefault(requirement[r.case], set()).add(str(r.verdict))
    return found


def test_every_defect_has_its_requirement() -> None:
    assert set(defects()) == set(FOUND_BY)


def test_what_init_writes_is_the_example(drafted: Path) -> None:
    there = {p.relative_to(drafted).as_posix() for p in drafted.rglob("*") if p.is_file()}
    assert {"csvgen.toml", ".gitignore", "README.md", "people.yaml", "target/lims.yaml", "lims/app.py"} <= there
    assert not [n for n in there if "instance" in n or "__pycache__" in n]
    again = csvgen(drafted, "init", "--example", SYSTEM)
    assert (again.returncode, "a project of its own" in again.stderr) == (2, True)
    unknown = csvgen(ROOT, "init", str(drafted / "x"), "--example", "nothing")
    assert (unknown.returncode, "examples: " in unknown.stderr) == (2, True)
    assert not (drafted / "x").exists()


def test_as_delivered_each_defect_is_found(drafted: Path, tmp_path: Path) -> None:
    evidence, requirement, told = executed(drafted, tmp_path / "p", "all")
    assert failing(evidence, requirement) == {r: {"FAILED"} for r in FOUND_BY.values()}
    assert [c.words.split(",")[0] for c in evidence.target_start.counterparts] == ["real server Example LIMS 2.4.1"]
    assert "Counterpart: real server Example LIMS 2.4.1" in told
    assert "project/target/lims.yaml" in {f.file for f in evidence.code}  # what binds the system is part of the script
    assert "Traceback" not in told


def test_repaired_the_same_protocol_passes(drafted: Path, tmp_path: Path) -> None:
    evidence, requirement, _ = executed(drafted, tmp_path / "p", "none")
    assert failing(evidence, requirement) == {}
    assert len(evidence.results) == 58
    secrets = [(tmp_path / "p" / "instance" / "secrets" / role).read_text() for role in ("analyst", "reviewer", "administrator")]
    kept = b"".join(p.read_bytes() for p in Path(evidence.folder).rglob("*") if p.is_file())
    assert kept
    assert not [s for s in secrets if s.encode() in kept]


def test_without_the_system_every_case_is_blocked_and_says_why(drafted: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    (project / "instance" / "secrets").mkdir(parents=True)
    (project / "instance" / "secrets" / "analyst").write_text("x")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        done = csvgen(project, "run", "OQ", LIMS_URL=f"http://127.0.0.1:{free.getsockname()[1]}")
    (run,) = (project / "output" / SYSTEM / "runs").iterdir()
    evidence = read_run(run)
    assert {str(r.verdict) for r in evidence.results} == {"BLOCKED"}
    assert len(evidence.results) == 58
    assert all("nobody answers at the address (connection refused)" in r.reason for r in evidence.results)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_the_configuration_of_the_instance_is_the_approved_one(drafted: Path, tmp_path: Path) -> None:
    evidence, requirement, _ = executed(drafted, tmp_path / "p", "all", "IQ")
    assert failing(evidence, requirement) == {}
    assert len(evidence.results) == 4


@pytest.mark.slow
@pytest.mark.parametrize("defect", FOUND_BY)
def test_one_defect_alone_is_found_by_its_requirement_alone(defect: str, drafted: Path, tmp_path: Path) -> None:
    evidence, requirement, _ = executed(drafted, tmp_path / "p", defect)
    assert failing(evidence, requirement) == {FOUND_BY[defect]: {"FAILED"}}
