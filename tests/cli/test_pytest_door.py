"""`pytest protocols/` and `csvgen run` are two doors into one room: the same cases, steps, verdicts and observations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run

from ..tiny import SYSTEM, clean_environment, make_project


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    root = make_project(tmp_path_factory.mktemp("doors") / "project")
    (root / "two.txt").write_text("3\n", encoding="utf-8")  # one case fails
    return root


def start(root: Path, *arguments: str) -> tuple[int, str, Path]:
    """Exit code, output, and the run folder that came of it."""
    runs = root / "output" / SYSTEM / "runs"
    before = set(runs.glob("*"))
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
    )
    (made,) = set(runs.glob("*")) - before
    return done.returncode, done.stdout + done.stderr, made


def told(folder: Path) -> list[dict]:
    """The journal without what must differ: times, digests, the name of the run, and the plugins that plain pytest found."""
    entries = [json.loads(line) for path in sorted(folder.glob("journal.*")) for line in path.read_bytes().splitlines()]

    def plain(value):
        if isinstance(value, dict):
            return {
                k: plain(v)
                for k, v in value.items()
                if k not in ("at", "prev", "started", "finished", "captured", "read_at", "plugins")
            }
        return [plain(v) for v in value] if isinstance(value, list) else value

    return [plain(e) for e in entries]


def test_both_doors_record_the_same(project):
    folder = f"protocols/{SYSTEM}/OQ"
    code, output, by_pytest = start(project, "pytest", "-p", "no:cacheprovider", folder)
    assert code == 1, output
    again, _, by_csvgen = start(project, "csvgen", "run", "OQ")
    assert again == 1
    assert told(by_pytest) == told(by_csvgen)
    first, second = read_run(by_pytest), read_run(by_csvgen)
    assert [(r.case, str(r.verdict)) for r in first.results] == [("TC-OQ-0001", "PASSED"), ("TC-OQ-0002", "FAILED")]
    assert not first.problems
    assert not second.problems
    assert {first.plan.mode, second.plan.mode} == {"engineering"}
    assert first.plan.planned == second.plan.planned
    assert "run recorded in" in output, "pytest says where the record is"


def test_two_phases_in_one_go(project):
    code, output, folder = start(project, "pytest", "-q", f"protocols/{SYSTEM}/OQ", f"protocols/{SYSTEM}/PQ")
    assert code == 1
    assert "2 failed, 1 passed" in output
    found = read_run(folder)
    assert {r.case: str(r.verdict) for r in found.results} == {
        "TC-OQ-0001": "PASSED",
        "TC-OQ-0002": "FAILED",
        "TC-PQ-0001": "FAILED",
    }
    assert found.plan.phase == "mixed"


def test_one_case_by_its_id(project):
    code, output, folder = start(project, "pytest", "-q", f"protocols/{SYSTEM}/OQ/URS-TNY-002.feature::TC-OQ-0001")
    assert (code, [r.case for r in read_run(folder).results]) == (0, ["TC-OQ-0001"]), output
    assert read_run(folder).plan.scope == "partial"
