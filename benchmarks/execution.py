"""What it costs to execute scenarios and to keep what was observed, beside the runners that keep less, in one run.

    python -m venv .venv-peers && .venv-peers/bin/pip install behave==1.3.3 robotframework==7.5
    python benchmarks/execution.py [--sizes 100 1000 5000 20000] [--definitions 5 500] [--minutes 20] [--only csvgen ...] [--write]

CPU seconds are user + system of the command and its children; memory is the peak of its largest process. Every run is a process of its own,
the runners take turns, and the smallest of the takes counts, because other work on the machine only ever adds. First every cell of the table
is taken once; then again and again, up to `--repeats`, what fits into `--minutes`, so that the takes of a cell lie far apart. A cell that would
take more than `--limit` CPU seconds, to go by the size before it, is left out, and the table says so.

csvgen writes its whole record: plan, journal with a line for each step as it begins and ends, synced for each case. "sealed" does that, reads
the record back, and seals it. behave and Robot Framework live in an environment of their own (`--peers`); without it they are left out, and the
table says so. A runner that did not pass exactly the scenarios it was given ends the benchmark.

Runners are measured as they are installed: their byte code is there (a first run of ten scenarios, which is not counted, makes it), that of
the suite is not. An environment that forbids byte code (PYTHONDONTWRITEBYTECODE) would have each run compile whatever lies in a source tree.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import suites
from results import write_section

from csvgen.canonical import digest
from csvgen.clock import SystemClock, stored
from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential
from csvgen.evidence.attachments import keep
from csvgen.evidence.read import read_outcome, read_run
from csvgen.evidence.seal import seal
from csvgen.execution.session import WorkerRecorder, planned, write_plan
from csvgen.model.execution import RunPlan, StepCode, Verdict
from csvgen.model.protocol import Step, TestCase

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"]
STEPS_OF_RECORD = 20_000


MEASURES = """
import os, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as out:
    print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=out)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Starts the command from a process with hardly any memory: the peak of a child begins with that of its parent."""


@dataclass(frozen=True)
class Spent:
    cpu: float
    wall: float
    megabytes: float
    output: str


@dataclass(frozen=True)
class Runner:
    name: str
    make: Callable[[Path, int, int], None]
    command: list[str]
    passed: str
    """Finds in the output how many scenarios passed."""


def runners(peers: Path) -> list[Runner]:
    return [
        Runner("plain pytest", suites.for_pytest, PYTEST, r"(\d+) passed"),
        Runner("pytest-bdd", suites.for_pytest_bdd, [*PYTEST, "-p", "pytest_bdd.plugin"], r"(\d+) passed"),
        Runner("behave", suites.for_behave, [str(peers / "bin" / "behave"), "-f", "progress", "--no-color"], r"(\d+) scenarios? passed"),
        Runner("robot", suites.for_robot, [str(peers / "bin" / "robot"), "-d", "out", "--console", "quiet", "."], ""),
        Runner("csvgen", suites.for_csvgen, [*PYTEST, "-p", "pytest_bdd.plugin", "-p", "csvgen.pytest_plugin", "protocols"], r"(\d+) passed"),
        Runner("csvgen, sealed", sealing, [*PYTEST, "-p", "pytest_bdd.plugin", "-p", "csvgen.pytest_plugin", "protocols"], r"(\d+) passed"),
    ]  # fmt: skip


def sealing(folder: Path, count: int, groups: int) -> None:
    """A project with the key of a recording system, so that every run ends with reading back and a seal."""
    from csvgen.config import load_config
    from csvgen.crypto.keys import lock
    from csvgen.workflow.keys import keep_private

    suites.for_csvgen(folder, count, groups)
    keep_private(load_config(folder).state / "seal.p12", lock(_credential(), None))


def _credential() -> Credential:
    now = dt.datetime.now(dt.UTC)
    root = certificates.make_root("Benchmark", now, demonstration=True)
    return certificates.issue_system(root, name="recorder", organisation="Benchmark", now=now)


def spend(command: list[str], folder: Path) -> Spent:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_") and k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder.parent / "bytecode")
    begun = time.monotonic()
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as used:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", MEASURES, used.name, *command], cwd=folder, capture_output=True, text=True, env=environment, check=False
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}")
        cpu, kilobytes = used.read().split()
    return Spent(float(cpu), time.monotonic() - begun, int(kilobytes) / 1024, done.stdout + done.stderr)


def measure(runner: Runner, count: int, groups: int, folder: Path) -> Spent:
    place = folder / "suite"
    runner.make(place, count, groups)
    try:
        spent = spend(runner.command, place)
        text = (place / "out" / "output.xml").read_text(encoding="utf-8") if runner.name == "robot" else spent.output
        found = re.search(runner.passed or r'<stat pass="(\d+)" fail="0"', text)
        if found is None or int(found[1]) != count:
            raise SystemExit(
                f"{runner.name} was given {count} scenarios and passed {found and found[1]}:\n{spent.output[-4000:]}"
            )
        if runner.name.startswith("csvgen"):
            _recorded(place, count, sealed="sealed" in runner.name)
        return spent
    finally:
        shutil.rmtree(place)
        shutil.rmtree(Path(f"{folder}/bytecode{place}"), ignore_errors=True)


def _recorded(place: Path, count: int, *, sealed: bool) -> None:
    """What csvgen says it recorded is there: every step of every scenario, without a problem."""
    (folder,) = (place / "output" / "bench" / "runs").iterdir()
    outcome = read_outcome(folder)
    steps = sum(len(used) for used in outcome.used.values())  # a step that ran names its code
    if outcome.problems or steps != count * suites.STEPS or outcome.sealed != sealed:
        raise SystemExit(f"the record holds {steps} steps, sealed {outcome.sealed}: {outcome.problems}")


# ------------------------------------------------------------------ what a step of the record costs


def cost_of_record(folder: Path) -> list[str]:
    """CPU microseconds for each step, beside writing and digesting the very same bytes; and for each file attached."""
    clock, count = SystemClock(), STEPS_OF_RECORD // suites.STEPS
    steps = tuple(Step(keyword=w, text=t) for w, t in zip(suites.WORDS, suites.scenario(1, 1), strict=True))  # type: ignore[arg-type]
    cases = [
        TestCase(id=f"TC-OQ-{n:05d}", title="bench", phase="OQ", requirements=(), risks=(), priority="low", technique="positive", rule="",
                 why="", ports=(), tags=(), steps=steps) for n in range(1, count + 1)
    ]  # fmt: skip
    plan = RunPlan(
        run="OQ-001", system="bench", phase="OQ", mode="engineering", protocol=digest("p"), target="none", scope="complete",
        planned=planned(cases), created=stored(clock.now()), account="benchmark",
    )  # fmt: skip
    run, code = folder / "OQ-001", StepCode(file="bench.py", line=1, function="bench", sha256=digest("code"))
    write_plan(run, plan)
    recorder = WorkerRecorder(run, "main", clock, folder)

    def record() -> None:
        for case in cases:
            each = recorder.case(case)
            for step in case.steps:
                each.open(step)
                each.code(code)
                if step.keyword == "Then":
                    each.observe("result", "equal", "7", "7", "bench", "")
                each.close(Verdict.PASSED)
            each.finish()

    recorded = _cpu(record)
    recorder.close()
    lines = (run / "journal.main.jsonl").read_bytes().splitlines(keepends=True)

    def limit() -> None:
        with (folder / "limit").open("xb", buffering=0) as stream:
            for number, line in enumerate(lines):
                stream.write(line)
                hashlib.sha256(line).digest()
                if number % (len(lines) // count) == 0:
                    os.fsync(stream.fileno())

    least = _cpu(limit)
    reading = _cpu(lambda: read_run(run))
    sealed = _cpu(lambda: seal(run, _credential(), clock))
    size = sum(len(line) for line in lines)

    def each(seconds: float) -> str:
        return f"{seconds / STEPS_OF_RECORD * 1e6:,.1f}"

    told = [
        f"The record of {STEPS_OF_RECORD:,} steps in {count:,} cases, {len(lines):,} lines, {size / STEPS_OF_RECORD:,.0f} bytes a step:",
        "",
        "| | CPU microseconds a step | x the least |",
        "|---|---|---|",
    ]
    for name, seconds in (
        ("the least: write and SHA-256 of the same lines, synced for each case", least),
        ("recorded, with all it is told of a step", recorded),
        ("read back and held against the plan", reading),
        ("sealed (reads, digests all files, signs, digests them again)", sealed),
    ):
        told.append(f"| {name} | {each(seconds)} | {seconds / least:.1f} |")
    return [*told, "", *cost_of_files(folder)]


def cost_of_files(folder: Path) -> list[str]:
    """CPU microseconds for an attached file, beside a plain write of it."""
    told = ["| an attached file of | the least, us | kept, us | x |", "|---|---|---|---|"]
    for kilobytes, number in ((1, 400), (100, 400), (10_000, 20)):
        contents = [os.urandom(kilobytes * 1024) for _ in range(number)]
        low = min(_cpu(lambda: _plain_files(folder, contents)) for _ in range(3))  # noqa: B023 - called at once
        high = min(_cpu(lambda: _kept_files(folder, contents)) for _ in range(3))  # noqa: B023
        told.append(f"| {kilobytes:,} kB | {low / number * 1e6:,.0f} | {high / number * 1e6:,.0f} | {high / low:.1f} |")
    return [
        *told,
        "",
        "The least of a file: SHA-256, create, write, sync. Kept: that, under its digest, whole or not at all, written once.",
    ]


def _plain_files(folder: Path, contents: list[bytes]) -> None:
    place = Path(tempfile.mkdtemp(dir=folder))
    for number, data in enumerate(contents):
        hashlib.sha256(data).hexdigest()
        with (place / str(number)).open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    shutil.rmtree(place)


def _kept_files(folder: Path, contents: list[bytes]) -> None:
    place = Path(tempfile.mkdtemp(dir=folder))
    for number, data in enumerate(contents):
        keep(
            place,
            data,
            identity=f"TC-OQ-00001.1.{number}",
            name="file",
            media_type="text/plain",
            captured=stored(SystemClock().now()),
        )
    shutil.rmtree(place)


def _cpu(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


# ------------------------------------------------------------------ told


Key = tuple[str, int, int]
"""Runner, scenarios, step definitions."""
Table = dict[Key, list[Spent]]
"""Every take of a cell."""


@dataclass
class Taken:
    table: Table
    missing: list[str]
    """Runners that are not installed."""
    left_out: dict[Key, float]
    """Cells that were not taken -> CPU seconds one would have needed, to go by the size before it."""

    def best(self, name: str, count: int, definitions: int) -> Spent | None:
        return min(self.table.get((name, count, definitions), ()), key=lambda spent: spent.cpu, default=None)


def compare(asked: argparse.Namespace, folder: Path) -> Taken:
    """Every cell once, the runners taking turns; then once more, as often as was asked and as time is left."""
    end = time.monotonic() + asked.minutes * 60
    there = [r for r in runners(asked.peers) if not asked.only or r.name in asked.only]
    made = Taken({}, [r.name for r in there if not shutil.which(r.command[0])], {})
    there = [r for r in there if r.name not in made.missing]
    for runner in there:
        measure(runner, 10, 1, folder)
    sizes = sorted(asked.sizes)
    cells = [(count, definitions, runner) for count in sizes for definitions in asked.definitions for runner in there]
    for take in range(asked.repeats):
        for count, definitions, runner in cells:
            key = (runner.name, count, definitions)
            expected = _expected(made, key, sizes)
            if expected and not take and expected.cpu > asked.limit:
                made.left_out[key] = expected.cpu
            if key in made.left_out or (take and expected and time.monotonic() + expected.wall > end):
                continue
            spent = measure(runner, count, definitions // suites.STEPS, folder)
            made.table.setdefault(key, []).append(spent)
            print(
                f"{runner.name:>16} {count:>6} x {definitions:>3}: {spent.cpu:8.2f} s CPU, {spent.wall:8.2f} s, {spent.megabytes:5.0f} MB",
                file=sys.stderr,
            )
    return made


def _expected(made: Taken, key: Key, sizes: list[int]) -> Spent | None:
    """What a take will need: as much as the one before, or in proportion to the next smaller size; None where nothing is known."""
    name, count, definitions = key
    for size in reversed([s for s in sizes if s <= count]):
        if takes := made.table.get((name, size, definitions)):
            last, more = takes[-1], count / size
            return Spent(last.cpu * more, last.wall * more, last.megabytes, "")
    return None


def told(made: Taken, asked: argparse.Namespace) -> list[str]:
    names = [r.name for r in runners(asked.peers) if any(key[0] == r.name for key in made.table)]
    lines = []
    for definitions in asked.definitions:
        lines += ["", f"CPU seconds with {definitions} step definitions, in brackets the peak in MB and the number of takes:", ""]
        lines += ["| scenarios x 5 steps | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
        for count in sorted(asked.sizes):
            lines.append(f"| {count:,} | " + " | ".join(_cell(made, (name, count, definitions)) for name in names) + " |")
    lines += ["", *_goals(made)]
    for (name, count, definitions), seconds in made.left_out.items():
        lines.append(
            f"- {name} was not given {count:,} scenarios with {definitions} definitions: a take would have needed about {seconds:,.0f} s of CPU."
        )
    if made.missing:
        lines.append(f"- Not installed here, and so not compared: {', '.join(made.missing)}.")
    return lines


def _cell(made: Taken, key: Key) -> str:
    best = made.best(*key)
    return f"{best.cpu:.2f} ({best.megabytes:.0f}; {len(made.table[key])})" if best else "-"


def _goals(made: Taken) -> list[str]:
    def ratio(count: int, definitions: int, name: str = "csvgen") -> str | None:
        mine, stock = made.best(name, count, definitions), made.best("pytest-bdd", count, definitions)
        return f"{mine.cpu / stock.cpu:.2f}" if mine and stock else None

    lines = []
    for count in (100, 1_000, 5_000, 20_000):
        for definitions, goal in ((500, "under 0.25 at 5,000"), (5, "at most 1 at 5,000")):
            if value := ratio(count, definitions):
                with_seal = ratio(count, definitions, "csvgen, sealed")
                sealed = f", sealed {with_seal}" if with_seal else ""
                lines.append(
                    f"- csvgen : pytest-bdd, {count:,} scenarios, {definitions} definitions: {value}{sealed} (asked: {goal})."
                )
    for definitions in (5, 500):
        for name in ("csvgen", "csvgen, sealed"):
            large, middle = made.best(name, 20_000, definitions), made.best(name, 5_000, definitions)
            if large and middle:
                lines.append(
                    f"- {name}, per scenario, 20,000 against 5,000, {definitions} definitions: {large.cpu / 4 / middle.cpu:.2f} (linear: 1)."
                )
            if middle:
                lines.append(
                    f"- {name}, peak at 5,000 with {definitions} definitions: {middle.megabytes:.0f} MB (asked: under 200)."
                )
    return lines


def file_system(folder: Path) -> str:
    """Kind of the file system a folder lies on: what a sync costs depends on it."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    above = [m for m in mounts if folder.resolve().is_relative_to(m[1])]
    return max(above, key=lambda m: len(m[1]))[2] if above else "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 5_000, 20_000])
    parser.add_argument("--definitions", type=int, nargs="+", default=[5, 500])
    parser.add_argument("--repeats", type=int, default=3, help="takes of each cell, as far as there is time")
    parser.add_argument("--minutes", type=float, default=20, help="no cell is taken again that would end after so many minutes")
    parser.add_argument("--limit", type=float, default=120, help="CPU seconds; a cell whose take would need more is left out")
    parser.add_argument("--only", nargs="*", default=[], help="names of runners")
    parser.add_argument("--peers", type=Path, default=PEERS, help="environment with behave and robot")
    parser.add_argument("--record-only", action="store_true", help="only the cost of a step of the record")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    load, begun = f"{os.getloadavg()[0]:.1f}", time.monotonic()
    with tempfile.TemporaryDirectory(prefix="csvgen-bench-") as name:
        kind = file_system(Path(name))
        made = Taken({}, [], {}) if asked.record_only else compare(asked, Path(name))
        record = [] if asked.only else cost_of_record(Path(name))
    command = " ".join(["python benchmarks/execution.py", *(a for a in sys.argv[1:] if "/" not in a and a != "--peers")])
    head = (
        f"`{command}`, Python {platform.python_version()}, {os.cpu_count()} cores, files on {kind}, "
        f"{(time.monotonic() - begun) / 60:.0f} minutes, load {load} at the start and {os.getloadavg()[0]:.1f} at the end."
    )
    text = "\n".join([head, *(told(made, asked) if made.table else []), "", *record])
    print(text)
    if asked.write:
        write_section("Executing scenarios and keeping the record", text)


if __name__ == "__main__":
    main()
