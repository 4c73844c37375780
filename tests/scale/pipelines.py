"""The CI files that are shipped, executed: every job a fresh copy of the project with the shell lines of the file, artifacts handed over.

What the services do around the lines (checkout, expressions, artifacts, the matrix) is done here in a few lines of our own; the lines
themselves run in bash as they stand in the files. Installing is left out: the csvgen under test is installed.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..tiny import clean_environment

CI = Path(__file__).parents[2] / "examples" / "ci"
GITHUB, GITLAB = CI / "github-csvgen.yml", CI / "gitlab-csvgen.yml"


@dataclass
class Machine:
    """A job: where it ran, how its steps ended, what they said."""

    folder: Path
    codes: dict[str, int] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def run(self, name: str, lines: str, environ: dict[str, str]) -> int:
        env = {**clean_environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **environ}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", lines], cwd=self.folder, env=env, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip
        self.codes[name] = done.returncode
        self.said[name] = done.stdout + done.stderr
        return done.returncode


def fresh(project: Path, folder: Path) -> Machine:
    """A checkout: the project without its records and its output; the seal key is a secret, and in no repository."""
    return Machine(Path(shutil.copytree(project, folder, ignore=shutil.ignore_patterns("records", "output"))))


def secret(project: Path) -> str:
    return base64.b64encode((project / "records" / "seal.p12").read_bytes()).decode("ascii")


class Github:
    def __init__(self) -> None:
        self.file: dict[str, Any] = yaml.safe_load(GITHUB.read_text(encoding="utf-8"))
        self.artifacts: dict[str, list[tuple[Path, Path]]] = {}
        """Name -> files with their place in the artifact."""

    def execute(self, project: Path, base: Path) -> dict[str, Machine]:
        known = {"secrets.CSVGEN_SEAL_P12": secret(project)}
        machines = {"plan": fresh(project, base / "plan")}
        self.job("plan", machines["plan"], known)
        output = (machines["plan"].folder / "GITHUB_OUTPUT").read_text(encoding="utf-8").strip()
        name, _, value = output.partition("=")
        assert self.file["jobs"]["plan"]["outputs"] == {name: f"${{{{ steps.plan.outputs.{name} }}}}"}
        matrix = self.file["jobs"]["shard"]["strategy"]["matrix"]
        assert matrix == {"shard": f"${{{{ fromJSON(needs.plan.outputs.{name}) }}}}"}
        numbers = json.loads(value)
        machines |= {f"shard {n}": fresh(project, base / f"shard-{n}") for n in numbers}
        with ThreadPoolExecutor(len(numbers)) as pool:
            list(pool.map(lambda n: self.job("shard", machines[f"shard {n}"], {**known, "matrix.shard": str(n)}), numbers))
        machines["merge"] = fresh(project, base / "merge")
        self.job("merge", machines["merge"], known)
        return machines

    def job(self, name: str, machine: Machine, known: dict[str, str]) -> None:
        environ = {**self.file["env"], "GITHUB_OUTPUT": str(machine.folder / "GITHUB_OUTPUT")}
        red = False
        for step in self.file["jobs"][name]["steps"]:
            if red and "cancelled()" not in step.get("if", ""):
                continue
            if "run" in step and step["name"] != "Install":
                own = {k: filled(v, known) for k, v in step.get("env", {}).items()}
                assert "${{" not in step["run"], "an expression inside a script is a hole for what others write"
                red |= machine.run(step["name"], step["run"], {**environ, **own}) != 0
            elif "artifact" in step.get("uses", ""):
                told = {k: filled(str(v), known) for k, v in step["with"].items()}
                self.upload(machine, told) if "upload" in step["uses"] else self.download(machine, told)

    def upload(self, machine: Machine, told: dict[str, str]) -> None:
        """Paths in an artifact begin behind the least common ancestor of what the pattern found, as actions/upload-artifact has it."""
        matched = sorted(machine.folder.glob(told["path"].rstrip("/")))
        assert matched, f"{told['path']}: no files found"
        root = matched[0] if matched[0].is_dir() else matched[0].parent
        files = [p for m in matched for p in ([m] if m.is_file() else sorted(m.rglob("*"))) if p.is_file()]
        assert told["name"] not in self.artifacts, "the name of an artifact is given once"
        self.artifacts[told["name"]] = [(p, p.relative_to(root)) for p in files]

    def download(self, machine: Machine, told: dict[str, str]) -> None:
        pattern = re.compile(re.escape(told.get("name", told.get("pattern", ""))).replace(r"\*", ".*"))
        for name, files in self.artifacts.items():
            if pattern.fullmatch(name):
                folder = machine.folder / told.get("path", "") / (name if "pattern" in told else "")
                for source, place in files:
                    (folder / place).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, folder / place)


def filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda m: known[m[1]], text)


class _Reference(list[str]):
    """What !reference points to."""


def _loader() -> type[yaml.SafeLoader]:
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("!reference", lambda made, node: _Reference(made.construct_sequence(node)))
    return loader


class Gitlab:
    def __init__(self) -> None:
        self.file: dict[str, Any] = yaml.load(GITLAB.read_text(encoding="utf-8"), _loader())

    def script(self, job: str, part: str = "script") -> str:
        lines: list[str] = []
        for line in self.file[job].get(part, ()):
            lines += self.file[line[0]][line[1]] if isinstance(line, _Reference) else [line]
        return "\n".join(lines)

    def execute(self, project: Path, base: Path) -> dict[str, Machine]:
        environ = {**self.file["variables"], "CSVGEN_SEAL_P12": secret(project)}
        machines = {"plan": fresh(project, base / "plan")}
        machines["plan"].run("script", self.script("plan"), environ)
        total = self.file["shard"]["parallel"]
        numbers = range(1, total + 1)
        machines |= {f"shard {n}": fresh(project, base / f"shard-{n}") for n in numbers}
        for n in numbers:
            self.hand_over("plan", machines["plan"], machines[f"shard {n}"])
            node = {"CI_NODE_INDEX": str(n), "CI_NODE_TOTAL": str(total)}
            machines[f"shard {n}"].run("script", self.script("shard"), {**environ, **node})
        machines["merge"] = fresh(project, base / "merge")
        for name in self.file["merge"]["needs"]:
            for there in [m for n, m in machines.items() if n.split()[0] == name]:
                self.hand_over(name, there, machines["merge"])
        machines["merge"].run("script", self.script("merge"), environ)
        machines["merge"].run("after_script", self.script("merge", "after_script"), environ)
        return machines

    def hand_over(self, job: str, there: Machine, here: Machine) -> None:
        """Artifacts of a job are unpacked where they lay."""
        for pattern in self.file[job]["artifacts"]["paths"]:
            for found in there.folder.glob(pattern.rstrip("/")):
                place = here.folder / found.relative_to(there.folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                if found.is_dir():
                    shutil.copytree(found, place, dirs_exist_ok=True)
                else:
                    shutil.copyfile(found, place)
