"""Two processes begin the same formal run at the same moment: one executes it, the other is told so at once, and the trail tells of one."""

from __future__ import annotations

import multiprocessing as mp
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from csvgen.errors import CsvgenError
from csvgen.evidence.read import read_run
from csvgen.workflow import running

from ..flow.test_terminal import csvgen
from ..tiny import runner


def _execute(project: Any, together: Any, told: Any) -> None:
    state, ledger = project.state, project.ledger
    assert state.run("IQ-001") is None, "what each of them knows of the runs is from before either began"
    together.wait(60)
    try:
        evidence = running.formal_run(state, "IQ", ledger, project.clock, lambda _: None, "ci-runner")
        told.put(("executed", evidence.run, ""))
    except CsvgenError as problem:
        told.put(("refused", problem.message, problem.rule))


@pytest.mark.parametrize("share_files", [True, False], ids=["one machine", "two machines"])
def test_a_formal_run_is_begun_by_one_of_two(
    tiny: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, share_files: bool
) -> None:
    """On two machines there is no lock on a folder that both see; there the audit trail decides."""
    if not share_files:
        monkeypatch.setattr(running, "_one_process", lambda *_: nullcontext())
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
    assert ("is being executed by another process at this moment" if share_files else "a run is never executed twice") in ends[1][
        1
    ]
    assert ends[1][2] == "RR-X03"
    evidence = read_run(project.config.runs("tiny") / "IQ-001")
    assert evidence.sealed
    assert evidence.results
    assert all(r.finished for r in evidence.results), "the one that was begun went on to its end"
    assert [e.action for e in project.ledger.events(record_id="IQ-001")] == ["run-begin", "run-seal"]


def test_who_comes_while_a_run_goes_on_or_after_it_died_is_told_which(
    tiny: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, said = tiny("approved"), []
    project.order("IQ")

    class Died(BaseException):
        """As if the process were killed in the middle of its cases."""

    def meanwhile(*_: Any, **__: Any) -> int:
        said.append(csvgen(project.root, "run", "IQ", "--formal", env=runner(project.root)))
        raise Died

    monkeypatch.setattr(running, "run_pytest", meanwhile)
    with pytest.raises(Died):
        project.run("IQ")
    said.append(csvgen(project.root, "run", "IQ", "--formal", env=runner(project.root)))
    going, died = said
    assert (going.returncode, died.returncode) == (1, 1)
    assert "IQ-001 is being executed by another process at this moment" in going.stderr
    assert "wait for its end" in going.stderr
    assert "no execution of the IQ is ordered that was not begun: IQ-001 began 2" in died.stderr
    assert "csvgen abandon IQ-001 --reason" in died.stderr
    assert [e.action for e in project.ledger.events(record_id="IQ-001")] == ["run-begin"]
