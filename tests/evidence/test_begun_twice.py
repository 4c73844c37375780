"""Two processes begin the same formal run at the same moment: one executes it, the other is told so, and the trail tells of one."""

from __future__ import annotations

import multiprocessing as mp
from collections.abc import Callable
from typing import Any

from csvgen.errors import CsvgenError
from csvgen.evidence.read import read_run
from csvgen.workflow import running


def _execute(project: Any, together: Any, told: Any) -> None:
    state, ledger = project.state, project.ledger
    together.wait(60)
    try:
        evidence = running.formal_run(state, "IQ", ledger, project.clock, lambda _: None, "ci-runner")
        told.put(("executed", evidence.run, ""))
    except CsvgenError as problem:
        told.put(("refused", problem.message, problem.rule))


def test_a_formal_run_is_begun_by_one_of_two(tiny: Callable[[str], Any]) -> None:
    project = tiny("approved")
    project.order("IQ")
    fork = mp.get_context("fork")
    together, told = fork.Barrier(2), fork.Queue()
    processes = [fork.Process(target=_execute, args=(project, together, told)) for _ in range(2)]
    for process in processes:
        process.start()
    ends = sorted(told.get(timeout=300) for _ in processes)
    for process in processes:
        process.join()
    assert [end for end, *_ in ends] == ["executed", "refused"]
    assert ends[0][1] == "IQ-001"
    assert "a run is never executed twice" in ends[1][1]
    assert ends[1][2] == "RR-X03"
    evidence = read_run(project.config.runs("tiny") / "IQ-001")
    assert evidence.sealed
    assert evidence.results
    assert all(r.finished for r in evidence.results), "the one that was begun went on to its end"
    assert [e.action for e in project.ledger.events(record_id="IQ-001")] == ["run-begin", "run-seal"]
