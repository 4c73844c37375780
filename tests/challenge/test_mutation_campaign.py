"""Mutation end to end: what is planted is found, what changes nothing is not, and a campaign that was killed goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from csvgen.canonical import digest
from csvgen.challenge.mutation import campaign
from csvgen.challenge.mutation.campaign import Campaign, Journal, Plan
from csvgen.challenge.mutation.levels import protocols
from csvgen.challenge.mutation.mutants import Mutant, text_of
from csvgen.challenge.mutation.processes import scratch
from csvgen.challenge.mutation.reach import Bench, measure
from csvgen.config import load_config

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.needs("cosmic-ray")]
CASES = ("URS-QC-003/", "URS-QC-006/ac-1/inside")
"""Certified statistics, which need no lot, and a lot that is processed by the pinned steps of its pipeline."""


def _line(path: str, words: str) -> int:
    return next(n for n, line in enumerate(text_of(path).splitlines(), 1) if words in line)


def test_what_is_planted_is_found_and_what_changes_nothing_is_not(tmp_path, monkeypatch):
    statistics = "pipeline/statistics.py"
    steps = "pipeline/qc/steps.py"
    planted = {
        "M-wrong": (statistics, text_of(statistics).replace("mean = ", "mean = 1 + ", 1)),
        "M-broken": (statistics, text_of(statistics).replace("mean = ", "mean = nobody_knows + ", 1)),
        "M-endless": (statistics, text_of(statistics).replace("    mean = ", "    while True: pass\n    mean = ", 1)),
        "M-remark": (statistics, f"{text_of(statistics)}\n# the same in other bytes\n"),
        "M-step-remark": (steps, f"{text_of(steps)}\n# the same in other bytes\n"),
        "M-no-start": (statistics, "raise SystemExit(3)\n"),
    }
    monkeypatch.setattr(campaign, "mutated", lambda mutant: planted[mutant.id][1])
    config = load_config(ROOT)
    features = tmp_path / "features"
    cases = tuple(c for c in protocols(config, "qc-release", features) if c.key.startswith(CASES))
    with scratch(tmp_path / "out") as place:
        bench = Bench(ROOT, "qc-release", features, place, ("failures_to_lock=3", "idle_seconds=30"))
        reach = measure(bench, cases, lambda _: None)
        assert not reach.unfit
        monkeypatch.setattr("csvgen.challenge.mutation.reach.LIMIT_SECONDS", 1.0)
        lines = {statistics: _line(statistics, "mean = "), steps: min(_executed(reach, steps))}
        plan = Plan(
            digest("x"), 1, len(planted), tuple(Mutant(i, p, "planted", 0, lines[p], 8) for i, (p, _) in planted.items()), 0, {}
        )
        journal = Journal(tmp_path / "journal.jsonl", plan)
        Campaign(bench, cases, reach, plan, journal).run(lambda _: None)
    found = {e["mutant"]: e for e in journal.entries}
    assert {i: e["outcome"] for i, e in found.items()} == {
        "M-wrong": "killed", "M-broken": "error", "M-endless": "timeout", "M-remark": "survived", "M-step-remark": "survived",
        "M-no-start": "error",
    }  # fmt: skip
    assert "Then" in found["M-wrong"]["reason"] or "And" in found["M-wrong"]["reason"]
    assert found["M-wrong"]["case"].startswith("URS-QC-003/")
    assert found["M-step-remark"]["cases"] == found["M-step-remark"]["ran"] > 0


def _executed(reach, path):
    """Lines in function bodies that a case executes."""
    from csvgen.challenge.mutation.mutants import Syntax

    lines = {line for files in reach.lines.values() for line in files.get(path, ())}
    return {line for line in lines if Syntax.of(path).when_called((line, 8))}


def test_a_campaign_that_was_killed_goes_on_and_leaves_no_process(tmp_path):
    command = [sys.executable, "-m", "csvgen.challenge.mutation", "--project", str(ROOT), "-s", "qc-release", "--sample", "6", "--seed", "3",
               "--files", "pipeline/statistics", "--only", "URS-QC-003", "--folder", str(tmp_path / "out"), "--page", str(tmp_path / "page.md")]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    journal = tmp_path / "out" / "journal-3-6.jsonl"
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        while first.poll() is None and not (journal.is_file() and journal.read_bytes().count(b"\n") >= 3):
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
    before = journal.read_bytes()
    assert 3 <= before.count(b"\n") < 7
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    after = journal.read_bytes()
    assert after.startswith(before[: before.rfind(b"\n") + 1])
    assert len({json.loads(line)["mutant"] for line in after.splitlines()[1:]}) == 6
    assert "not an acceptance criterion" in done.stdout
    assert "6 of 6 mutants tried" in (tmp_path / "page.md").read_text("utf-8")
    assert not _of(str(tmp_path))


def _of(words: str) -> list[str]:
    """Processes whose command line names something."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if words in line:
            found.append(line)
    return found
