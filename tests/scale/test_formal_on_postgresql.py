"""A formal execution on two machines that share one records database: real processes, a real PostgreSQL, the rights of the application."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.evidence.read import read_run
from csvgen.model.execution import Verdict

from ..counterparts.postgres import Cluster
from ..on_server import cluster_with_roles, on_server
from ..tiny import Stages, Tiny, cheap_secrets, runner

pytestmark = [pytest.mark.slow, pytest.mark.needs("postgresql")]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with cluster_with_roles(tmp_path) as server:
        yield server


@pytest.fixture
def first(stages: Stages, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """The project after its IQ, its records moved to the server; seal key and root in the data folder of the user."""
    with cheap_secrets():
        tiny = on_server(stages.at("iq-closed").copy(tmp_path / "machine-1"), cluster, tmp_path / "data", monkeypatch)
        yield tiny
        tiny.database.close()


def begun(project: Tiny, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "csvgen", *arguments]
    return subprocess.Popen(
        command, cwd=project.root, env=runner(project.root), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str], code: int = 0) -> str:
    out, said = process.communicate()
    assert process.returncode == code, out + said
    return out + said


def test_two_machines_execute_at_once_and_one_trail_tells_of_both(first: Tiny, tmp_path: Path) -> None:
    before = len(first.ledger.events())
    first.order("OQ")
    ended(begun(first, "plan", "OQ", "--formal", "--shards", "2", "--out", "shards.json"))
    second = first.copy(tmp_path / "machine-2")
    both = [begun(m, "run", "--plan", "shards.json", "--shard", f"{n}/2", "--formal") for n, m in enumerate((first, second), 1)]
    for process in both:
        ended(process)
    again = ended(begun(second, "run", "--plan", "shards.json", "--shard", "1/2", "--formal"), 1)
    assert "OQ-001.1of2 began already" in again, "the trail knows it, on whatever machine"
    shards = [m.root / "output" / "tiny" / "shards" / "OQ-001" / f"{n}of2" for n, m in enumerate((first, second), 1)]
    missing = ended(begun(first, "merge", "--formal", str(shards[0])), 1)
    assert "shard 2 of 2 is missing" in missing
    ended(begun(first, "merge", "--formal", *map(str, shards)))

    run = read_run(first.root / "output" / "tiny" / "runs" / "OQ-001")
    assert run.sealed and run.seal is not None and run.seal.complete
    assert [r.verdict for r in run.results] == [Verdict.PASSED, Verdict.PASSED]
    events = first.ledger.events()[before:]
    told = [(e.action, e.record) for e in events if e.action.startswith(("shard", "run-"))]
    assert sorted(told) == sorted([
        ("shards-begin", "shard/OQ-001"), ("run-begin", "OQ-001"), ("run-merge", "OQ-001"), ("run-seal", "OQ-001"),
        *((f"shard-{what}", f"shard/OQ-001.{n}of2") for n in (1, 2) for what in ("begin", "seal")),
    ])  # fmt: skip
    assert told[:2] == [("shards-begin", "shard/OQ-001"), ("run-begin", "OQ-001")]
    assert [e.seq for e in events] == list(range(before + 1, before + 1 + len(events))), "no gap, no double"
    first.review("OQ-001")
    first.close_phase("OQ")
    first.export(tmp_path / "package")
    verified = ended(begun(first, "verify", str(tmp_path / "package"), "--trust", "trust/roots.pem"))
    assert "VERIFIED" in verified.upper()
