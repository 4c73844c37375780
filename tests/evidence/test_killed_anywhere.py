"""Killed at random moments: what was handed over is there, to the last line; what is not whole never reads as complete.

A process that records tells each line it has handed over. After SIGKILL the journal must hold exactly those lines, or one more (the
one it had no time to tell of), and half a line at most behind them; what a reader makes of it follows from that number alone.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from csvgen.clock import SystemClock
from csvgen.crypto.trust import Trust
from csvgen.errors import NotIntact
from csvgen.evidence.attachments import attachment_path
from csvgen.evidence.read import read_run
from csvgen.evidence.seal import seal
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Verdict
from csvgen.verification.outside import Outside
from csvgen.verification.verify import verify

from .recording import CASES, STEPS, WORDS_OF_A_CASE

ROOT = Path(__file__).parents[2]
HEAD = 3
"""Lines before the first case: the worker, its environment, its clock."""
ALL_WORDS = 1 + CASES * len(WORDS_OF_A_CASE)


class Recorders:
    """The process that records runs."""

    word_seconds = 0.0
    """How long one word of a run takes here: a disk and a folder in memory are far apart, and a kill is to come within a few words."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.evidence.recording"]
        path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )

    def killed(self, folder: Path, words: int, delay: float) -> list[str]:
        """Begin a run and kill it `delay` seconds after so many words. Returns every word it had said when it died."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(folder, file=self.process.stdin, flush=True)
        child, said = int(self.process.stdout.readline()), []
        while len(said) < words:
            said.append(self.process.stdout.readline().strip())
        time.sleep(delay)
        with contextlib.suppress(ProcessLookupError):  # it was quicker, and is done
            os.kill(child, signal.SIGKILL)
        for line in iter(self.process.stdout.readline, ""):
            if line.startswith("dead"):
                assert line.split()[1] in ("-9", "0"), line
                return said
            said.append(line.strip())
        raise AssertionError("the recorders died themselves")


@pytest.fixture(scope="module")
def recorders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorders]:
    made = Recorders()
    folder = tmp_path_factory.mktemp("pace") / "OQ-001"
    made.killed(folder, 1, 0)  # the first one opens what all later ones share
    began = time.monotonic()
    made.killed(folder.with_name("OQ-002"), ALL_WORDS + 1, 0)
    made.word_seconds = (time.monotonic() - began) / ALL_WORDS
    yield made
    made.process.communicate()
    assert made.process.returncode == 0


def moments(count: int, word_seconds: float) -> list[tuple[int, float]]:
    """Words after which, and seconds later (the time of up to eight words), the process is killed; the machine decides what they hit."""
    chance = random.Random(7)
    return [(chance.randrange(ALL_WORDS + 1), chance.random() * 8 * word_seconds) for _ in range(count)]


def judge_killed(folder: Path, said: list[str], credential) -> str:
    """Hold what is there against what was said. Returns how the run ended: torn, between, whole."""
    if not (folder / "run.json").exists():
        assert said == []
        with pytest.raises(NotIntact, match="cannot be read"):
            read_run(folder)
        return "nothing"
    journal = folder / "journal.main.jsonl"
    data = journal.read_bytes() if journal.exists() else b""
    whole, torn = data.count(b"\n"), bool(data) and not data.endswith(b"\n")
    finished = "finished" in said
    told = HEAD + len([w for w in said if w not in ("begun", "finished")]) if said else 0
    if not said:
        assert whole <= HEAD + 1
    else:
        assert told <= whole <= told + (1 if whole < HEAD + CASES * len(WORDS_OF_A_CASE) else 2), (
            "each line said is there, one more may be"
        )
    evidence = read_run(folder)
    assert not evidence.sealed
    assert [p for p in evidence.problems if "cut off" not in p] == []
    assert bool(evidence.problems) is torn
    if torn:
        assert evidence.problems == (f"journal.main.jsonl: line {whole + 1} is cut off; the process died while writing it",)
    check_results(evidence, folder, whole)
    ended = whole > 0 and b'"kind":"worker-finished"' in data.splitlines()[whole - 1]
    assert ended or not finished
    if torn:
        with pytest.raises(NotIntact, match=r"cannot be sealed: .* is cut off"):
            seal(folder, credential, SystemClock())
        assert not (folder / "seal.json").exists()
        return "torn"
    made = seal(folder, credential, SystemClock())
    assert made.seal is not None
    assert made.seal.complete is ended, "only a run that ended by itself is complete"
    assert made.problems == ()
    assert made.ends == tuple(r.model_copy(update={"steps": ()}) for r in evidence.results), (
        "a seal changes nothing of what is told"
    )
    assert read_run(folder).results == evidence.results
    return "whole" if ended else "between"


def check_results(evidence: Evidence, folder: Path, whole: int) -> None:
    """What a reader makes of so many whole lines: passed cases, at most one that was going on with its step, the rest never begun."""
    assert len(evidence.results) == CASES, "every planned case has its row"
    done, inside = divmod(max(whole - HEAD, 0), len(WORDS_OF_A_CASE))
    done = min(done, CASES)
    inside = 0 if done == CASES else inside
    for result in evidence.results[:done]:
        assert (result.verdict, len(result.steps)) == (Verdict.PASSED, len(STEPS))
    if inside:
        going = evidence.results[done]
        assert going.verdict is Verdict.ERROR
        closed, open_ = divmod(inside - 1, 2)
        where = f"in step {closed + 1} ({STEPS[closed].keyword} {STEPS[closed].text})" if open_ else "between two steps"
        assert going.reason == f"the run ended {where}; nothing after it was recorded"
        assert [s.verdict for s in going.steps] == [Verdict.PASSED] * closed
    rest = evidence.results[done + bool(inside) :]
    assert {(r.verdict, r.reason) for r in rest} <= {(Verdict.NOT_RUN, "planned, and never started")}
    for step in (s for r in evidence.results for s in r.steps):
        (attached,) = step.attachments
        assert (folder / attachment_path(attached.sha256)).stat().st_size == attached.size


def test_the_run_that_is_let_alone_is_complete(tmp_path: Path, recorders: Recorders, credential) -> None:
    said = recorders.killed(tmp_path / "OQ-001", ALL_WORDS + 1, 0)
    assert said[-1] == "finished"
    assert judge_killed(tmp_path / "OQ-001", said, credential) == "whole"


def test_a_run_killed_at_any_moment(tmp_path: Path, recorders: Recorders, credential) -> None:
    killed_in_it(12, tmp_path, recorders, credential)


@pytest.mark.slow
def test_a_run_killed_at_two_hundred_moments(tmp_path: Path, recorders: Recorders, credential) -> None:
    killed_in_it(200, tmp_path, recorders, credential)


def killed_in_it(count: int, place: Path, recorders: Recorders, credential) -> None:
    """So many runs that were killed before they were done. One that was quicker than its kill is judged too, and does not count."""
    struck = 0
    for n, moment in enumerate(moments(5 * count, recorders.word_seconds)):
        struck += killed_once(place / str(n), moment, recorders, credential) != "whole"
        if struck == count:
            return
    raise AssertionError(f"the kills came too late to say anything: {struck} of {5 * count} met a run that was going on")


def killed_once(folder: Path, moment: tuple[int, float], recorders: Recorders, credential) -> str:
    run = folder / "OQ-001"
    return judge_killed(run, recorders.killed(run, *moment), credential)


def test_a_run_that_died_verifies_as_what_it_is(tmp_path: Path, recorders: Recorders, credential) -> None:
    """Unsealed: the check of the seal fails. Sealed by whoever outlived it: nothing is broken, and nothing calls it complete."""
    folder = tmp_path / "OQ-001"
    judged = judge_killed(folder, recorders.killed(folder, 40, 0), credential) if not folder.exists() else ""
    found = verify(folder, Trust.none, Outside())
    by_name = {check.name: check for check in found.checks}
    if judged == "torn":
        assert by_name["run is sealed"].outcome == "fails"
    else:
        assert by_name["run is sealed"].outcome == "holds"
        assert "NOT_RUN" in by_name["what it says"].detail
        assert '"complete":false' in (folder / "seal.json").read_text(encoding="utf-8")


def test_a_case_torn_at_the_very_end_is_not_complete(begun) -> None:
    """All planned cases have an executed verdict then, the last one ERROR: still nobody finished it."""
    begun.record(begun.case(1), begun.case(2))
    lines = begun.lines()
    last = next(n for n, line in enumerate(lines) if b'"kind":"case-finished"' in line and b"TC-OQ-0002" in line)
    begun.journal.write_bytes(b"".join(lines[:last]))
    evidence = begun.seal()
    assert evidence.seal is not None
    assert evidence.seal.summary.executed == evidence.seal.summary.planned
    assert not evidence.seal.complete


def test_a_seal_that_calls_a_torn_run_complete_is_found(begun, monkeypatch: pytest.MonkeyPatch) -> None:
    begun.record(begun.case(1), begun.case(2))
    begun.journal.write_bytes(b"".join(begun.lines()[:-1]))
    monkeypatch.setattr("csvgen.evidence.seal.complete", lambda _: True)
    evidence = begun.seal()
    assert evidence.seal is not None
    assert evidence.seal.complete
    monkeypatch.undo()
    found = verify(begun.folder, Trust.none, Outside())
    sealed = next(c for c in found.checks if c.name == "run is sealed")
    assert (sealed.outcome, sealed.detail) == ("fails", "its seal says complete, but a case has no end or a process died over it")
