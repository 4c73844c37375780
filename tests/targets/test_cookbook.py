"""docs/cookbook.md as it is printed: its files are written, its commands given, and what they bind is executed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run
from tests.counterparts import free_port
from tests.targets.serving import wait_for

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = dict(re.findall(r"^## (\d)\. [^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


class Terminal:
    """Somebody who types what the page prints. Ports of the page are exchanged for one that is free."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.at = folder
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self.stack = stack
        self.port = str(free_port())

    def types(self, text: str) -> str:
        """All lines of a block; each has to end well. What they printed."""
        return "".join(self._line(line) for line in text.replace("8770", self.port).splitlines())

    def _line(self, line: str) -> str:
        program, *words = shlex.split(line)
        if program == "cd":
            self.at = self.at / words[0]
        elif program == "export":
            self.environment |= dict(w.split("=", 1) for w in words)
        elif words[-1:] == ["&"]:
            self._serve(words[:-1])
        else:
            assert program == "csvgen", line
            done = subprocess.run(
                [sys.executable, "-m", "csvgen", *words],
                cwd=self.at,
                env=self.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            return done.stdout + done.stderr
        return ""

    def _serve(self, words: list[str]) -> None:
        running = self.stack.enter_context(
            subprocess.Popen([sys.executable, *words], cwd=self.at, env=self.environment, stderr=subprocess.DEVNULL)
        )
        self.stack.callback(running.terminate)
        wait_for(running, int(self.port))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as the page begins it."""
    folder = tmp_path_factory.mktemp("cookbook")
    with ExitStack() as stack:
        terminal = Terminal(folder, stack)
        terminal.types(next(m["body"] for m in FENCE.finditer(PAGE) if (m["kind"], m["file"]) == ("sh", "start")))
    return terminal.at


@pytest.fixture
def terminal(begun: Path, tmp_path: Path) -> Iterator[Terminal]:
    with ExitStack() as stack:
        yield Terminal(Path(shutil.copytree(begun, tmp_path / "project")), stack)


def followed(section: str, terminal: Terminal) -> str:
    """Everything a section prints, done; what was printed back."""
    told = ""
    for block in FENCE.finditer(SECTIONS[section]):
        if block["file"]:
            path = terminal.at / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["body"], encoding="utf-8")
        else:
            told += terminal.types(block["body"])
    return told


def verdicts(terminal: Terminal) -> dict[str, list[str]]:
    """Verdicts of the run, and the files that bound its target."""
    (run,) = (terminal.at / "output" / "fridge" / "runs").iterdir()
    evidence = read_run(run)
    return {
        "verdicts": [str(r.verdict) for r in evidence.results],
        "bound": sorted(f.file for f in evidence.code if f.file.startswith("project/")),
    }


def test_ports_in_python(terminal: Terminal) -> None:
    told = followed("1", terminal)
    assert verdicts(terminal) == {"verdicts": ["PASSED", "PASSED"], "bound": ["project/fridge_adapter.py"]}
    assert told.count("Counterpart: real server Temperature log 1.0") == 2  # of the check, and of the run
    program = next(m["body"] for m in FENCE.finditer(SECTIONS["1"]) if m["file"] == "fridge_adapter.py")
    assert len([line for line in program.splitlines() if line.strip()]) <= 60


@pytest.mark.slow
def test_step_definitions_of_ones_own(terminal: Terminal) -> None:
    followed("2", terminal)
    assert verdicts(terminal) == {"verdicts": ["PASSED"], "bound": ["project/protocols/fridge/conftest.py"]}


@pytest.mark.slow
def test_a_description_of_an_interface(terminal: Terminal) -> None:
    followed("3", terminal)
    assert verdicts(terminal) == {"verdicts": ["PASSED", "PASSED"], "bound": ["project/target/fridge.yaml"]}


def test_the_page_names_every_way() -> None:
    assert sorted(SECTIONS) == ["1", "2", "3"]
