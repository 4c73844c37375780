"""The clock of a restored environment: moved by the harness alone, and nowhere else."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from csvgen.clock import SystemClock, parsed
from csvgen.targets.local.bench_clock import SHIFT, BenchClock, clock_of


def test_only_a_folder_prepared_before_has_a_clock_of_its_own(tmp_path: Path) -> None:
    found = clock_of(tmp_path)
    assert type(found) is SystemClock
    (tmp_path / SHIFT).write_text("3600", "ascii")
    ahead = found.now() - dt.datetime.now(dt.UTC)
    assert abs(ahead) < dt.timedelta(minutes=1)  # what is served already goes on with the clock of the host
    shifted = clock_of(tmp_path)
    assert type(shifted) is BenchClock
    assert abs(shifted.now() - dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)) < dt.timedelta(minutes=1)
    assert abs(shifted.steady() - SystemClock().steady()) < 60
    (tmp_path / SHIFT).write_text("-60", "ascii")
    assert shifted.now() < dt.datetime.now(dt.UTC)


def _ahead(target) -> float:
    return (parsed(target.port("Installation").clock().utc) - dt.datetime.now(dt.UTC)).total_seconds()


def test_the_clock_of_a_restored_environment_is_moved_and_that_of_the_system_is_not(bench) -> None:
    continuity, session = bench.port("Continuity"), bench.session("administrator")
    saved = continuity.backup(session)
    done = continuity.restore(session, saved.reference, "empty")
    assert done.accepted
    there = continuity.set_clock(done.reference, 86_400)
    first = there.pid
    assert 86_000 < _ahead(there) < 87_000
    assert continuity.set_clock(done.reference, -3_600) is there
    assert -3_700 < _ahead(there) < -3_500
    os.kill(first, 0)  # the same process, still there
    again = continuity.set_clock(done.reference, 0, "anew")
    assert again.pid != first
    assert abs(_ahead(again)) < 60
    assert abs(_ahead(bench.target)) < 60
    assert not [name for name in continuity.permissions(done.reference) if SHIFT in name]
