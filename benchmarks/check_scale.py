"""How `csvgen check` grows, what an edit costs, and the same content in StrictDoc, side by side in one run.

    python benchmarks/check_scale.py [--quick] [--write]

CPU seconds are user + system of the command and its children; memory is the peak of its largest process. Each command is a process
of its own; the smallest of the repeats counts, because other work on the machine only ever adds. `--write` replaces the section of
this benchmark in benchmarks/RESULTS.md; `--quick` leaves out 50,000 requirements and StrictDoc.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import corpus

HERE = Path(__file__).parent
SMALL = HERE.parent / "tests" / "spec" / "small" / "probe"
BIN = Path(sys.executable).parent
RESULTS = HERE / "RESULTS.md"


@dataclass(frozen=True)
class Spent:
    cpu: float
    wall: float
    megabytes: float
    code: int


def spend(command: list[str], folder: Path, repeats: int = 1) -> Spent:
    """Run a command; the repeat with the least CPU time counts."""
    found = []
    for _ in range(repeats):
        begun = time.monotonic()
        with tempfile.TemporaryFile() as sink:
            process = subprocess.Popen(
                command, cwd=folder, stdout=sink, stderr=sink, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        found.append(Spent(usage.ru_utime + usage.ru_stime, time.monotonic() - begun, usage.ru_maxrss / 1024, process.returncode))
    return min(found, key=lambda s: s.cpu)


def findings(folder: Path, *more: str) -> object:
    done = subprocess.run(
        [BIN / "csvgen", "check", "--format", "json", *more], cwd=folder, capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = measured(Path(folder), quick=asked.quick)
    text = "\n".join(lines)
    print(text)
    if asked.write:
        before = (
            RESULTS.read_text(encoding="utf-8")
            if RESULTS.exists()
            else "# Measured\n\nRatios and figures of single runs; never asserted in a test.\n"
        )
        kept = re.sub(r"\n## csvgen check.*?(?=\n## |\Z)", "", before, flags=re.DOTALL).rstrip()
        RESULTS.write_text(f"{kept}\n\n{text}\n", encoding="utf-8")


def measured(base: Path, *, quick: bool) -> list[str]:
    csvgen = str(BIN / "csvgen")
    lines = [
        "## csvgen check on large specifications", "",
        f"`python benchmarks/check_scale.py{' --quick' if quick else ''} --write`, Python {platform.python_version()}, {os.cpu_count()} cores.",
        "Each requirement has a criterion, and a risk with seven reasoned ratings; 100 to a file.", "",
        "| requirements | CPU s, from scratch | per requirement, ms | peak MB |", "|---|---|---|---|",
    ]  # fmt: skip
    each: dict[int, float] = {}
    for n in (10, 100, 1_000, 10_000, *(() if quick else (50_000,))):
        folder = base / str(n)
        corpus.write_csvgen(folder, n, SMALL)
        spent = spend([csvgen, "check", "--anew"], folder, 5 if n <= 1_000 else 2)  # noqa: PLR2004
        assert spent.code == 0, f"the corpus of {n} has findings"
        each[n] = spent.cpu / n * 1000
        lines.append(f"| {n:,} | {spent.cpu:.2f} | {each[n]:.3f} | {spent.megabytes:.0f} |")
    largest = max(each)
    lines += ["", f"- Per requirement, {largest:,} against 1,000: {each[largest] / each[1_000]:.2f} (asked: at most 1.3)."]
    lines += edit(base / "10000", csvgen)
    for command in (["--help"], ["check", "--anew"]):
        spent = spend([csvgen, *command], base / "10", 7)
        lines.append(
            f"- `csvgen {command[0]}`{' on 10 requirements' if len(command) > 1 else ''}: {spent.cpu:.2f} s of CPU (asked: under 0.35)."
        )
    if not quick:
        lines += strictdoc(base, spend([csvgen, "check", "--anew"], base / "10000"))
    return lines


def edit(folder: Path, csvgen: str) -> list[str]:
    """One edit in 10,000, with what was remembered; then the same findings as from scratch."""
    spend([csvgen, "check"], folder)
    found = []
    for number in range(3):
        path = folder / "requirements_specs" / "bench" / "urs" / f"{20 + number:04d}.yaml"
        path.write_text(
            path.read_text(encoding="utf-8").replace(
                "phase: OQ", "phase: XQ" if number == 1 else "priority: should\n    phase: OQ", 1
            ),
            encoding="utf-8",
        )
        found.append(spend([csvgen, "check"], folder))
    same = findings(folder) == findings(folder, "--anew")
    best = min(found, key=lambda s: s.wall)
    return [
        (
            f"- One edit in 10,000: {best.wall:.2f} s on the clock, {best.cpu:.2f} s of CPU, {best.megabytes:.0f} MB (asked: under 1 s); "
            f"findings {'identical to' if same else 'DIFFERENT FROM'} those from scratch."
        )
    ]


def strictdoc(base: Path, ours: Spent) -> list[str]:
    """StrictDoc's fastest export of the same words: every field of requirement, criterion and risk is in its files."""
    folder = base / "strictdoc"
    corpus.write_strictdoc(folder, 10_000)
    found = {}
    for name, more in (
        ("excel", ["--formats", "excel", "--fields", "UID,TITLE,STATEMENT"]),
        ("reqif", ["--formats", "reqif-sdoc"]),
    ):
        found[name] = spend([str(BIN / "strictdoc"), "export", ".", *more, "--output-dir", str(base / f"out-{name}")], folder)
        assert found[name].code == 0, name
    name, best = min(found.items(), key=lambda item: item[1].cpu)
    return [
        (
            f"- StrictDoc, the same 10,000, its fastest export ({name}): {best.cpu:.1f} s of CPU, {best.megabytes:.0f} MB; csvgen in the same run: "
            f"{ours.cpu:.1f} s, {ours.megabytes:.0f} MB: {best.cpu / ours.cpu:.1f} times less CPU (asked: at least 6)."
        )
    ]


if __name__ == "__main__":
    main()
