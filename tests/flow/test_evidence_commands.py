"""`csvgen evidence`: size, step code and keeping of a formal run, through the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from csvgen.cli import cli
from csvgen.errors import CsvgenError
from csvgen.evidence.attachments import attachment_path
from csvgen.evidence.keeping import LockedStore, check
from csvgen.evidence.read import read_run
from csvgen.store.worm import WormStore
from csvgen.verification.kept import NAME
from csvgen.verification.package import verify_package

from ..counterparts.seaweedfs import Store, seaweedfs
from ..tiny import TOML, Tiny, clean_environment, runner

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
    checks = {c.name: c for c in verify_package(Tiny(root).export(root / "package"), Tiny(root).state.trust).checks}
    (event,) = Tiny(root).ledger.events(record_id="IQ-001", action="run-keep")
    until = {c.field: c.new for c in event.changes}["until"]
    assert checks[NAME].outcome == "holds"
    assert checks[NAME].detail == f"IQ-001 in kept until {until}"
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


# ------------------------------------------------------------------ kept when it is sealed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as found:
        yield found


def settle(project: Tiny, store: str, monkeypatch: pytest.MonkeyPatch, server: Store) -> None:
    """csvgen.toml names a store; its credentials are in the environment."""
    (project.root / "csvgen.toml").write_text(f'{TOML}\n[evidence]\nstore = "{store}"\nretention_days = 30\n', encoding="utf-8")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def command(project: Tiny, *arguments: str) -> tuple[int, str]:
    """A command of the technical account: its exit code, and all it said."""
    made = CliRunner().invoke(cli, ["-C", str(project.root), *arguments], env=runner(project.root), standalone_mode=False)
    assert made.exception is None or isinstance(made.exception, CsvgenError), made.exception
    return (1, str(made.exception)) if made.exception is not None else (int(made.return_value), made.output)


@pytest.mark.slow
@pytest.mark.needs("weed")
def test_a_formal_run_is_under_lock_when_it_is_sealed(
    tiny: Callable[[str], Tiny], server: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tiny("iq-closed")
    bucket = server.bucket()
    project.order("OQ")
    settle(project, f"s3://{bucket}/e/?endpoint={server.endpoint}", monkeypatch, server)
    code, said = command(project, "run", "OQ", "--formal")
    assert code == 0, said
    assert f"OQ-001 is kept in s3://{bucket}/e/, " in said
    store = LockedStore(WormStore(bucket, "e/", server.endpoint))
    folder = project.root / "output" / "tiny" / "runs" / "OQ-001"
    assert check("tiny", "OQ-001", folder, store, 30).faults == ()
    (event,) = project.ledger.events(record_id="OQ-001", action="run-keep")
    assert {c.field: c.new for c in event.changes}["seal"] == str(read_run(folder).digest)
    _, status = command(project, "status")
    assert "NOT KEPT YET: OQ-001" not in status
    assert "NOT KEPT YET: IQ-001" in status, "sealed before the store was named"


@pytest.mark.needs("weed")
def test_a_store_that_cannot_be_reached_leaves_the_run_sealed_and_is_told_until_it_is_kept(
    tiny: Callable[[str], Tiny], server: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tiny("iq-closed")
    project.order("OQ")
    settle(project, "s3://nowhere/?endpoint=http://127.0.0.1:9", monkeypatch, server)
    code, said = command(project, "run", "OQ", "--formal")
    assert code == 1
    assert "NOT KEPT YET: OQ-001 is sealed here and nowhere else: the store cannot be asked" in said
    assert "csvgen evidence keep OQ-001" in said
    assert project.state.run("OQ-001").sealed
    assert "NOT KEPT YET: OQ-001 is sealed, and not in s3://nowhere/" in command(project, "status")[1]
    assert not project.ledger.events(action="run-keep")
    settle(project, f"s3://{server.bucket()}/?endpoint={server.endpoint}", monkeypatch, server)
    for times in (1, 2):
        code, said = command(project, "evidence", "keep", "OQ-001")
        assert code == 0, said
        assert len(project.ledger.events(record_id="OQ-001", action="run-keep")) == 1, times
    assert "NOT KEPT YET: OQ-001" not in command(project, "status")[1]
