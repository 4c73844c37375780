"""`csvgen evidence`: size, step code and keeping of a formal run, through the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from csvgen.evidence.attachments import attachment_path
from csvgen.evidence.read import read_run

from ..tiny import Tiny, clean_environment, runner

STORE = ("--store", "kept", "--retention-days", "30")


def csvgen(root: Path, *arguments: str, account: bool = False) -> subprocess.CompletedProcess[str]:
    environment = runner(root) if account else clean_environment()
    command = [sys.executable, "-m", "csvgen", "-C", str(root), "evidence", *arguments]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_a_formal_run_is_weighed_compared_kept_and_checked(tiny: Callable[[str], Tiny]) -> None:
    root = tiny("iq-failed").root
    folder = root / "output" / "tiny" / "runs" / "IQ-001"
    weighed = csvgen(root, "size", "IQ-001")
    total = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    assert weighed.returncode == 0, weighed.stderr
    assert f"IQ-001: {sum(p.is_file() for p in folder.rglob('*'))} files, {total / 1000:.1f} kB" in weighed.stdout
    assert "journal" in weighed.stdout
    evidence = read_run(folder)
    assert evidence.sealed
    assert "project/protocols/tiny/conftest.py" in {f.file for f in evidence.code}
    assert csvgen(root, "code", "IQ-001").returncode == 0
    steps = root / "protocols" / "tiny" / "conftest.py"
    steps.write_text(steps.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    compared = csvgen(root, "code", "IQ-001")
    assert compared.returncode == 1
    assert "project/protocols/tiny/conftest.py was changed" in compared.stdout
    assert csvgen(root, "code", "IQ-001", "IQ-001").returncode == 0

    assert csvgen(root, "keep", "IQ-001", *STORE).returncode == 1, "nobody in particular may not"
    assert not (root / "kept").exists()
    kept = csvgen(root, "keep", "IQ-001", *STORE, account=True)
    assert kept.returncode == 0, kept.stderr
    assert "there already" in kept.stderr
    assert csvgen(root, "check", "IQ-001", *STORE).returncode == 0
    one = next((root / "kept" / "sha256").rglob("*"))
    victim = next(p for p in one.rglob("*") if p.is_file()) if one.is_dir() else one
    victim.unlink()
    checked = csvgen(root, "check", "IQ-001", *STORE)
    assert checked.returncode == 1
    assert f"{victim.name}) is not there" in checked.stdout
    assert csvgen(root, "check", "IQ-001").returncode == 2, "nothing says where"


def test_weight_counts_by_kind_and_names_the_largest(tmp_path: Path) -> None:
    from csvgen.canonical import digest_bytes
    from csvgen.clock import FixedClock
    from csvgen.evidence.size import in_words, weigh
    from csvgen.execution.session import write_plan

    from ..evidence.conftest import START, Run, case, plan

    folder = tmp_path / "OQ-001"
    write_plan(folder, plan(case(1), case(2)))
    run = Run(folder, None, FixedClock(START, 1))  # type: ignore[arg-type]
    run.record(case(1), case(2), attach=b"x" * 50_000)
    weight = weigh(run.read())
    assert ("file", 1, 50_000) in weight.kinds, "one content is one file, however often it was attached"
    assert weight.largest[0] == (50_000, "TC-OQ-0001.3.1", "screen")
    (folder / attachment_path(digest_bytes(b"x" * 50_000))).with_name("stray").write_bytes(b"y")
    assert ("belongs to no step", 1, 1) in weigh(run.read()).kinds
    assert [in_words(n) for n in (0, 999, 1000, 1_500_000)] == ["0 B", "999 B", "1.0 kB", "1.5 MB"]
