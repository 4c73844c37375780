"""The worked example in the middle of its way, with the passwords its people were given: a project of real size and history for browsers.

Everything up to the execution of the OQ is as `make demo` does it: specification, protocols, an IQ with its deviation, retest and report.
There it stops: a deviation of the OQ is open, and the executed record waits for its reviewer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from csvgen.config import Config, load_config
from csvgen.workflow.state import ProjectState, read_state

from ..tiny import clean_environment

ROOT = Path(__file__).parents[2]
SYSTEM = "qc-release"
_SECRETS = "passwords.json"
_DRIVER = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import demo
folder = Path(sys.argv[2])
demo.project(folder)
class Halfway(Exception):
    pass
class Half(demo.Demonstration):
    def investigate(self, deviation, file, case):
        if deviation != "DEV-001":
            raise Halfway
        super().investigate(deviation, file, case)
held = Half(folder)
Path(sys.argv[3]).write_text(json.dumps(held.passwords))
try:
    held.whole()
    sys.exit("the demonstration came to its end, and should have been left in the middle")
except Halfway:
    held.csvgen("record", "OQ-001")
    held.signed_by("nadia.corso", reason="execution watched from begin to seal")
"""


@dataclass(frozen=True)
class Worked:
    """The project, and what its fictitious people would type."""

    root: Path
    passwords: dict[str, str]

    def password(self, person: str) -> str:
        return self.passwords[person]

    @property
    def config(self) -> Config:
        return load_config(self.root, environ={})

    @cached_property
    def state(self) -> ProjectState:
        """As it was when it was first asked for."""
        return read_state(self.config, SYSTEM)

    @property
    def now(self) -> ProjectState:
        return read_state(self.config, SYSTEM)

    def edit(self, requirement: str, old: str, new: str) -> None:
        """Change a requirement as an author does, in its file."""
        folder = self.root / "requirements_specs" / SYSTEM / "urs"
        path = next(p for p in sorted(folder.glob("*.yaml")) if f"id: {requirement}\n" in p.read_text(encoding="utf-8"))
        before, mark, after = path.read_text(encoding="utf-8").partition(f"id: {requirement}\n")
        assert old in after, f"{requirement} does not say {old!r}"
        path.write_text(before + mark + after.replace(old, new, 1), encoding="utf-8")


def worked(base: Path) -> Worked:
    """Made below a folder, by a process, in about a minute; once made it is taken as it is."""
    folder, kept = base / "demo", base / _SECRETS
    if not folder.exists():
        command = [sys.executable, "-c", _DRIVER, str(ROOT / "examples" / SYSTEM), str(folder), str(kept)]
        environment = clean_environment() | {"PYTHONPATH": str(ROOT)}
        before = _source()
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3600, cwd=base, env=environment)
        mixed = "" if _source() == before else "\nThe source changed while it ran: older and newer code worked together."
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}{mixed}"
    return Worked(folder, json.loads(kept.read_text(encoding="utf-8")))


def _source() -> dict[str, int]:
    """When each file of csvgen was last written. The demonstration loads some of them at its begin and others an hour later."""
    return {str(p): p.stat().st_mtime_ns for p in sorted((ROOT / "csvgen").rglob("*")) if p.suffix in (".py", ".yaml")}


@contextmanager
def engineering(project: Worked, phase: str) -> Iterator[str]:
    """The name of an engineering run that goes on while the block lasts, by the command itself."""
    runs = project.config.runs(SYSTEM)
    before = {p.name for p in runs.iterdir()}
    environment = clean_environment() | {"PYTHONPATH": str(ROOT), "CSVGEN_ACCOUNT": "ci-runner"}
    environment["CSVGEN_TOKEN_FILE"] = str(project.root / "ci-runner.token")
    command = [sys.executable, "-m", "csvgen", "-C", str(project.root), "run", phase]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not (new := sorted({p.name for p in runs.iterdir() if (p / "run.json").exists()} - before)):
                assert process.poll() is None, "the run ended before it began"
                os.sched_yield()
            yield new[-1]
        finally:
            process.terminate()
            process.wait(120)
