"""The whole way with real processes: each machine a fresh copy of the project, shards at the same time, handed over as folders."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from csvgen.canonical import canonical_json
from csvgen.config import load_config
from csvgen.errors import Refused
from csvgen.evidence.read import read_run, read_shard_plan
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Verdict
from csvgen.workflow.scaling import make_plan, merge
from csvgen.workflow.state import read_state

from ..tiny import SYSTEM, clean_environment
from .conftest import CLOCK, command
from .pipelines import Github, Gitlab, Machine

SHARDS = 3


@dataclass
class Done:
    """A run that was planned, executed in three shards and merged, by the lines of the CI file that is shipped."""

    machines: dict[str, Machine]
    merged: Path
    unsharded: Evidence

    @property
    def run(self) -> Evidence:
        return read_run(self.merged)


@pytest.fixture(scope="module")
def done(wide: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    base = tmp_path_factory.mktemp("github")
    machines = Github().execute(wide, base)
    alone = Path(shutil.copytree(wide, base / "alone"))
    told = command(alone, "run")
    assert told.returncode == 1, told.stderr
    (unsharded,) = (alone / "output" / SYSTEM / "runs").iterdir()
    (merged,) = (machines["merge"].folder / "output" / SYSTEM / "runs").iterdir()
    return Done(machines, merged, read_run(unsharded))


def test_the_github_workflow_as_it_is_shipped(done: Done) -> None:
    """A case of the project fails: its shard and the merge are red, every other job is green, and nothing is lost."""
    codes = {name: m.codes for name, m in done.machines.items()}
    assert codes["plan"] == {"Plan": 0}
    executed = [m for n, m in done.machines.items() if n.startswith("shard")]
    assert sorted(m.codes["Execute"] for m in executed) == [0, 0, 1], [m.said for m in executed]
    assert codes["merge"]["Merge"] == 1
    assert codes["merge"]["Verify"] == 0
    said = done.machines["merge"].said["Merge"]
    assert "3 shards, complete: 1 FAILED, 6 PASSED" in said


def test_the_result_is_that_of_the_unsharded_run(done: Done) -> None:
    def results(run: Evidence) -> list[object]:
        return [(r.case, r.case_digest, r.verdict, r.reason, [(s.text, s.verdict) for s in r.steps]) for r in run.results]

    run = done.run
    assert run.sealed and done.unsharded.sealed
    assert results(run) == results(done.unsharded)
    assert [str(r.verdict) for r in run.results].count("PASSED") == 6
    assert run.seal is not None and done.unsharded.seal is not None
    assert run.seal.complete is done.unsharded.seal.complete is True
    assert run.seal.summary == done.unsharded.seal.summary
    assert run.plan.protocol == done.unsharded.plan.protocol


def test_two_workers_of_a_shard_wrote_a_journal_each(done: Done) -> None:
    journals = {p.name for p in done.merged.glob("shards/*/journal.*.jsonl")}
    assert journals == {"journal.shard.jsonl", "journal.gw0.jsonl", "journal.gw1.jsonl"}
    assert {r.worker.partition(".")[2] for r in done.run.results} == {"gw0", "gw1"}


def test_a_resource_was_used_by_one_shard_and_in_it_by_one_worker(done: Done) -> None:
    plan = read_shard_plan(done.merged / "shards.json")
    together = {c.case for c in plan.cases if c.group == "resource reader"}
    assert len(together) == 3
    assert len({r.worker for r in done.run.results if r.case in together}) == 1


def test_a_shard_is_never_executed_twice_in_one_place(done: Done) -> None:
    machine = done.machines["shard 1"]
    again = command(machine.folder, "run", "--plan", "shards.json", "--shard", "1/3")
    assert again.returncode == 1
    assert "was begun here already; a shard is never executed twice [RR-X03]" in again.stderr


def test_a_shard_of_another_state_of_the_project_is_refused(done: Done, tmp_path: Path) -> None:
    """Before anything is executed: the feature file was edited since the plan was made."""
    machine = shutil.copytree(done.machines["shard 1"].folder, tmp_path / "machine")
    shutil.rmtree(machine / "output")
    feature = next((machine / "protocols" / SYSTEM / "OQ").glob("*.feature"))
    feature.write_text(feature.read_text(encoding="utf-8").replace("says 1", "says 11"), encoding="utf-8")
    told = command(machine, "run", "--plan", "shards.json", "--shard", "1/3")
    assert told.returncode == 1
    assert "is not here in the wording that was planned" in told.stderr
    assert not (machine / "output").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--shard", "4/4"), "'4/4' is no shard of this plan, which has 3"),
        (("--shard", "4/3"), "the plan has 3 shards, and no shard 4"),
        (("--shard", "one"), "'one' is no shard of this plan"),
        (("OQ", "--shard", "1/3"), "a shard needs its plan, and takes no phase"),
        ((), "a shard needs its plan, and takes no phase"),
    ],
)
def test_what_cannot_be_meant_is_told(done: Done, arguments: tuple[str, ...], words: str) -> None:
    from click.testing import CliRunner

    from csvgen.cli import cli
    from csvgen.errors import CsvgenError

    machine = done.machines["shard 1"].folder
    result = CliRunner().invoke(cli, ["-C", str(machine), "run", "--plan", str(machine / "shards.json"), *arguments])
    assert isinstance(result.exception, CsvgenError)
    assert words in str(result.exception)


def test_a_shard_of_a_project_without_seal_key_is_not_begun(done: Done, tmp_path: Path) -> None:
    machine = shutil.copytree(done.machines["plan"].folder, tmp_path / "machine")
    told = command(machine, "run", "--plan", "shards.json", "--shard", "1/3")
    assert told.returncode == 2
    assert "no seal key here, and a shard that is not sealed can never be merged" in told.stderr


# ------------------------------------------------------------ processes that die

HANGING = """
import os, signal
from pathlib import Path
from pytest_bdd import given, parsers

@given(parsers.parse("the file {name} is there"))
def there(observe, name):
    if name == "two.txt" and "PYTEST_XDIST_WORKER" in os.environ:
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "two.txt":
        (ROOT / "hang").read_text()
    observe("file", expected="yes", actual="yes", source=name)
"""


def hanging(wide: Path, folder: Path) -> Path:
    """The project with a step that never ends, or that takes its worker with it."""
    root = Path(shutil.copytree(wide, folder))
    conftest = root / "protocols" / SYSTEM / "conftest.py"
    rest = conftest.read_text(encoding="utf-8").partition("@then")
    head = HANGING + "\nfrom pytest_bdd import then\nROOT = Path(__file__).parents[2]\n\n\n"
    conftest.write_text(head + rest[1] + rest[2], encoding="utf-8")
    return root


def planned(root: Path, shards: int) -> None:
    plan = make_plan(read_state(load_config(root), SYSTEM), None, shards, CLOCK, formal=False)
    (root / "plan.json").write_bytes(canonical_json(plan))


@pytest.mark.slow
def test_a_killed_worker_is_an_error_of_its_case_which_is_not_executed_again(wide: Path, tmp_path: Path) -> None:
    """xdist hands the case out again. What was executed stands, the shard is sealed, and nothing incomplete reads as complete."""
    root = hanging(wide, tmp_path / "project")
    planned(root, 1)
    told = command(root, "run", "--plan", "plan.json", "--shard", "1/1", "-n", "2")
    assert told.returncode == 1, told.stderr
    run = merge(load_config(root), [root / "output"], CLOCK)
    assert run.sealed, run.problems
    died = [r for r in run.ends if r.verdict is Verdict.ERROR]
    assert len(died) == 1
    assert "the run ended in step 1" in died[0].reason
    rest = {r.verdict for r in run.ends if r is not died[0]}
    assert rest <= {Verdict.PASSED, Verdict.NOT_RUN}
    assert run.seal is not None and not run.seal.complete, "the journal of the worker that died has no end"
    assert len(run.unfinished) == 1


def test_a_killed_shard_is_named_and_never_merged_as_complete(wide: Path, tmp_path: Path) -> None:
    """SIGKILL to csvgen and all it started, inside a step; the step waits at a pipe, nothing depends on time."""
    root = hanging(wide, tmp_path / "project")
    os.mkfifo(root / "hang")
    planned(root, 2)
    process = subprocess.Popen(
        [sys.executable, "-m", "csvgen", "run", "--plan", "plan.json", "--shard", "1/2"], cwd=root, env=clean_environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    with (root / "hang").open("w", encoding="utf-8"):  # opened when the step reads it
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert command(root, "run", "--plan", "plan.json", "--shard", "2/2").returncode == 0
    with pytest.raises(Refused, match="shard 1 of 2: it was never sealed: its process was killed, or goes on still"):
        merge(load_config(root), [root / "output"], CLOCK)
    assert not (root / "output" / SYSTEM / "runs").exists() or not list((root / "output" / SYSTEM / "runs").iterdir())
    told = command(root, "merge", f"output/{SYSTEM}/shards", "--incomplete", "machine 1 lost its power")
    assert told.returncode == 1
    assert "NOT complete" in told.stderr
    (folder,) = (root / "output" / SYSTEM / "runs").iterdir()
    run = read_run(folder)
    assert run.sealed and run.seal is not None and not run.seal.complete
    kept = list(folder.glob("shards/1/journal.main.jsonl"))
    assert kept and b"case-started" in kept[0].read_bytes(), "what it recorded is kept, and counts for nothing"


# ------------------------------------------------------------ the other CI file


@pytest.mark.slow
def test_the_gitlab_pipeline_as_it_is_shipped(wide: Path, tmp_path: Path) -> None:
    machines = Gitlab().execute(wide, tmp_path)
    assert machines["plan"].codes == {"script": 0}
    assert sorted(m.codes["script"] for n, m in machines.items() if n.startswith("shard")) == [0, 0, 1]
    assert machines["merge"].codes == {"script": 1, "after_script": 0}
    assert "3 shards, complete: 1 FAILED, 6 PASSED" in machines["merge"].said["script"]
