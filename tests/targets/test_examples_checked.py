"""`csvgen target check` over the adapter of each worked example, as its README says it: exit code 0, the counterpart named, nothing blocked for want of a part."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..counterparts import free_port, running
from .serving import served

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def csvgen(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "csvgen", "-C", str(project), *arguments]
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    return subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, check=False)


def web(module: str, about: str, variable: str) -> Callable[[Path], Iterator[dict[str, str]]]:
    @contextmanager
    def started(project: Path) -> Iterator[dict[str, str]]:
        with served([module, "instance"], project, project, about) as address:
            yield {variable: address}

    return started


@contextmanager
def workspace(project: Path) -> Iterator[dict[str, str]]:
    platform = project / "instance" / "platform.yaml"
    with running([sys.executable, "-m", "stub", project / "instance"], platform.is_file, project / "log", cwd=project):
        yield {"CSVGEN_PLATFORM": "instance/platform.yaml", "STUB_TOKEN": "any"}


@contextmanager
def account(project: Path) -> Iterator[dict[str, str]]:
    platform = project / "instance" / "platform.yaml"
    command = [sys.executable, "-m", "emulator", project / "instance", "--port", str(free_port())]
    with running(command, platform.is_file, project / "log", cwd=project):
        yield {"CSVGEN_PLATFORM": "instance/platform.yaml", "AWS_ACCESS_KEY_ID": "emulated", "AWS_SECRET_ACCESS_KEY": "emulated"}


@contextmanager
def tracker(project: Path) -> Iterator[dict[str, str]]:
    platform, variables = project / "instance" / "platform.yaml", {"QC_TRACKING_PASSWORD": "of this test alone 7"}
    command = [sys.executable, "-m", "server", project / "instance", "--port", str(free_port())]
    with running(command, platform.is_file, project / "log", cwd=project, env=variables, seconds=180):
        yield variables | {"CSVGEN_PLATFORM": "instance/platform.yaml"}


SYSTEMS = {
    "lims-http": (web("lims", "/api/about", "LIMS_URL"), "real server Example LIMS 2.4.1, digest sha256:"),
    "vial-inspection": (web("vials", "/api/about", "VIALS_URL"), "real server Vial inspection station 1.0.0, digest sha256:"),
    "stability-tool": (web("stability", "/about", "STABILITY_URL"), "real server Stability tool 5.1, digest sha256:"),
    "qc-databricks": (workspace, "stub qc-databricks 1, digest sha256:"),
    "qc-tracking": (tracker, "real server MLflow 3.17.2, digest sha256:"),
    "clinical-aws": (account, "emulator moto 5"),
}


EMULATED = "70 holds, 0 FINDING, 2 BLOCKED"
"""What moto cannot show is blocked and no finding: the rights of a role, and the look at an object past the policy of the bucket."""


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.needs("chromium") if n == "stability-tool" else ()) for n in SYSTEMS]
)
def test_target_check_over_each_example(name: str, tmp_path: Path) -> None:
    project, (system, who) = tmp_path / "project", SYSTEMS[name]
    done = csvgen(ROOT, "init", str(project), "--example", name)
    assert done.returncode == 0, done.stdout + done.stderr
    with system(project) as variables:
        done = csvgen(project, "target", "check", "validation", **variables)
    told = done.stdout + done.stderr
    assert "Traceback" not in told
    assert who in told, told
    assert " 0 FINDING" in told, told
    assert done.returncode == (1 if name == "clinical-aws" else 0), told
    assert name != "clinical-aws" or EMULATED in told


def test_target_check_over_the_shipped_pipeline(home: Path, tmp_path: Path) -> None:
    """The adapter local, as `make demo` has it."""
    (tmp_path / "csvgen.toml").write_text(
        '[csvgen]\nproject = "own"\nrecords = "sqlite:///records/records.db"\n\n[target.validation]\nadapter = "local"\nhome = "instance"\n'
    )
    done = csvgen(tmp_path, "target", "check", "validation")
    told = done.stdout + done.stderr
    assert " 0 FINDING" in told, told
    assert (done.returncode, "Traceback" in told) == (0, False), told
    assert "real server" in told
