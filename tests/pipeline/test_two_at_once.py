"""Two processes at one instance, and people who press Ctrl-C: a named refusal for one of them, the whole act or nothing, and the next goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import csvgen
from csvgen.pipeline.flow import check
from csvgen.pipeline.landing.inventory import inventory

from ..tiers import some
from ..tiny import clean_environment
from .conftest import Lab

ROOT = Path(csvgen.__file__).parents[1]
BOTH = """
import sys
from pathlib import Path
from csvgen.errors import CsvgenError
from tests.pipeline.conftest import Lab
print("ready", flush=True)
sys.stdin.readline()
try:
    lab = Lab(Path(sys.argv[1]))
    if sys.argv[2] == "ingest":
        print(lab.ingest("L-1", lab.plate("1.000")).message)
    else:
        print(lab.process("L-1").message)
    lab.app.close()
except CsvgenError as problem:
    print(f"refused: {problem.message}")
"""
COMMAND = """
import os, sys
from contextlib import contextmanager
from pathlib import Path
from tests.pipeline.conftest import Lab
from csvgen.audit.ledger import Change
from csvgen.cli import instance_many, main
from csvgen.cli.instances import Desk
from csvgen.pipeline.flow import flows
from csvgen.pipeline import many
home, where = Path(sys.argv[1]), sys.argv[2]

@contextmanager
def at_desk(folder, person):
    lab = Lab(folder)
    try:
        yield Desk(lab.app, person, lab.session(person))
    finally:
        lab.app.close()

def stopped():
    print("working", flush=True)
    sys.stdin.readline()  # Ctrl-C comes while we wait here

carry_out, done, kept = flows.carry_out, many.Crew.perform, Change.put
if where == "steps":
    def waits(*a, **k):
        stopped()
        return carry_out(*a, **k)
    flows.carry_out = waits
elif where == "change":
    def waits(change, kind, *a, **k):
        made = kept(change, kind, *a, **k)
        if kind == "lot":
            stopped()
        return made
    Change.put = waits
else:
    def waits(crew, jobs):
        for outcome in done(crew, jobs):
            stopped()
            yield outcome
    many.Crew.perform = waits
instance_many.desk = at_desk
more = ["--workers", "1"] if where == "batch" else []
if __name__ == "__main__":
    sys.argv = ["csvgen", "pipeline", "process", "L-1", "L-2", *more, "--home", str(home), "--as", "analyst"]
    main()
"""


def started(code: str, *arguments: str, group: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=clean_environment() | {"PYTHONPATH": str(ROOT)}, start_new_session=group,
    )  # fmt: skip


def whole(lab: Lab) -> None:
    core = lab.app._core
    assert (core.ledger.problems(), check.problems(core), inventory(core.raw, core.files.landed())) == ((), (), ())


@pytest.mark.parametrize("act", some(["ingest", "process"], lambda act: act == "process"))
def test_two_processes_at_one_lot(home: Path, act: str) -> None:
    lab = Lab(home)
    if act == "process":
        lab.ingest("L-1", lab.plate("1.000"))
    lab.app.close()
    both = [started(BOTH, str(home), act) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    told = sorted(process.communicate()[0].strip() for process in both)
    good = "file plate.csv registered as version 1" if act == "ingest" else "lot L-1 processed in run RUN-0001: in specification"
    others = (
        "refused: this instance is open already",
        "file plate.csv is registered already",
        "refused: lot L-1 has a reportable",
    )
    assert sum(t.startswith(good) for t in told) == 1, told
    assert sum(t.startswith(others) for t in told) == 1, told
    again = Lab(home)
    core = again.app._core
    assert [v.number for v in core.ledger.all("file")] == [1]
    assert len(core.ledger.all("run")) == (act == "process")
    whole(again)
    assert again.ingest("L-2", again.plate("1.001")).accepted
    again.app.close()


@pytest.mark.parametrize("where", some(["steps", "change", "batch"], lambda where: where != "steps"))
def test_ctrl_c_while_lots_are_processed(home: Path, where: str) -> None:
    lab = Lab(home)
    for name, measured in (("L-1", "1.000"), ("L-2", "1.001")):
        lab.ingest(name, lab.plate(measured))
    lab.app.close()
    process = started(COMMAND, str(home), where, group=True)
    lines = []
    while (line := process.stdout.readline()) and line != "working\n":
        lines.append(line)
    assert line == "working\n", process.communicate()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the command and its workers
    out, said = process.communicate()
    assert process.returncode == 130, said
    assert "Traceback" not in out + said
    assert "internal error" not in said
    again = Lab(home)
    core = again.app._core
    assert core.ledger.all("run") == ()
    assert [core.state(name) for name in ("L-1", "L-2")] == ["registered"] * 2
    whole(again)
    assert ("--resume BATCH-0001" in said) == (where == "batch")
    told = (
        again.app.many.process_batch(again.session("analyst"), ["L-1", "L-2"], workers=1, resume="BATCH-0001")
        if (where == "batch")
        else tuple(again.app.many.process_each(again.session("analyst"), ["L-1", "L-2"]))
    )
    assert all(o.accepted for o in told)
    assert len(core.ledger.all("run")) == 2
    assert check.orphans(core) == ()
    again.app.close()


@pytest.mark.slow  # the demonstration, twice
def test_ctrl_c_in_the_demonstration(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "csvgen", "pipeline", "run", "qc-release"]
    environment = clean_environment() | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert "an instance is installed" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, said = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert out == "", "no result of half a demonstration"
    again = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, env=environment, check=False)
    assert again.returncode == 0, again.stderr
    assert "was moved to" in again.stderr
    assert (tmp_path / "output" / "pipeline" / "qc-release-1" / "instance" / "qc.db").is_file()
