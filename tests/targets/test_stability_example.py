"""examples/stability-tool from outside: written by init, drafted, and executed through a browser; the tool spoilt in one line is found."""

from __future__ import annotations

import os
import shutil
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
SYSTEM = "stability-tool"
pytestmark = pytest.mark.slow


def csvgen(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", "-C", str(project), *arguments]
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def tool(project: Path) -> Iterator[str]:
    """The tool of a project, running; its address."""
    with served(["stability", "instance"], project, project, "/about") as address:
        yield address


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("stability") / "project"
    for done in (csvgen(ROOT, "init", str(project), "--example", SYSTEM), csvgen(project, "check"), csvgen(project, "draft")):
        assert done.returncode == 0, done.stdout + done.stderr
    return project


def executed(project: Path, what: str, address: str) -> tuple[Evidence, dict[str, str], str]:
    """A run: its evidence, the requirement of each case, and what was printed."""
    chosen = str(project / what) if "/" in what else what
    done = csvgen(project, "run", chosen, STABILITY_URL=address)
    run = max((project / "output" / SYSTEM / "runs").iterdir(), key=lambda p: p.name)
    protocol, _ = read_protocol(project / "protocols" / SYSTEM, SYSTEM)
    return read_run(run), {c.id: c.requirements[0] for c in protocol.cases}, done.stdout + done.stderr


@pytest.mark.needs("chromium")
def test_the_example_passes_and_its_looks_are_evidence(drafted: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    with tool(project) as address:
        installed, _, _ = executed(project, "IQ", address)
        evidence, requirement, told = executed(project, "OQ", address)
    assert {str(r.verdict) for r in (*installed.results, *evidence.results)} == {"PASSED"}
    assert set(requirement.values()) == {f"URS-STB-{n:03d}" for n in range(1, 8)}
    for result in evidence.results:
        pictures = [a for step in result.steps for a in step.attachments if a.kind == "screenshot"]
        assert pictures, f"{result.case} looked at nothing"
        assert {a.media_type for a in pictures} == {"image/png"}
    secrets = [p.read_text() for p in (project / "instance" / "secrets").iterdir()]
    held = b"".join(p.read_bytes() for p in (project / "output").rglob("*") if p.is_file())
    assert not [s for s in secrets if s.encode() in held]
    assert "real server Stability tool 5.1" in told


@pytest.mark.needs("chromium")
def test_a_tool_that_forgets_re_validation_is_found(drafted: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    app = project / "stability" / "app.py"
    sound = app.read_text(encoding="utf-8")
    assert 'if found[-1]["state"] == DUE:' in sound
    app.write_text(sound.replace('if found[-1]["state"] == DUE:', 'if found[-1]["state"] == "never":'), encoding="utf-8")
    with tool(project) as address:
        evidence, requirement, _ = executed(project, "protocols/stability-tool/OQ/URS-STB-004.feature", address)
    failed = [r.case for r in evidence.results if str(r.verdict) == "FAILED"]
    assert {requirement[case] for case in failed} == {"URS-STB-004"}
    assert len(failed) == 2, "a result and a study under a changed method"


def test_without_browser_or_tool_the_cases_are_blocked(drafted: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    feature = "protocols/stability-tool/OQ/URS-STB-002.feature"
    settings = (project / "csvgen.toml").read_text()
    (project / "csvgen.toml").write_text(settings + 'browser = "/nowhere/chromium"\n')
    evidence, _, _ = executed(project, feature, "http://127.0.0.1:9")
    assert {str(r.verdict) for r in evidence.results} == {"BLOCKED"}
    assert all("no browser /nowhere/chromium" in r.reason for r in evidence.results)


@pytest.mark.needs("chromium")
def test_a_tool_that_is_down_blocks(drafted: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(drafted, tmp_path / "p"))
    secrets = project / "instance" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "analyst").write_text("of-nobody")
    evidence, _, _ = executed(project, "protocols/stability-tool/OQ/URS-STB-002.feature", "http://127.0.0.1:9")
    assert {str(r.verdict) for r in evidence.results} == {"BLOCKED"}
    assert all("nobody answers" in r.reason or "ERR_" in r.reason for r in evidence.results)
