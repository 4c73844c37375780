"""What a process keeps in hand of a run it seals: all that is told of the run, what each case came to, and not one step."""

from __future__ import annotations

import dataclasses
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from csvgen.canonical import digest_file
from csvgen.clock import FixedClock
from csvgen.errors import NotIntact
from csvgen.evidence import read as reading
from csvgen.evidence.read import read_outcome, read_run
from csvgen.evidence.seal import close_aborted, seal
from csvgen.evidence.size import weigh
from csvgen.model.evidence import Evidence, Outcome, RunRecord

from .conftest import START, Run, case


def alike(outcome: Outcome, evidence: Evidence) -> None:
    """Field by field; the cases but for their steps."""
    for field in dataclasses.fields(RunRecord):
        assert getattr(outcome, field.name) == getattr(evidence, field.name), field.name
    assert outcome.ends == tuple(r.model_copy(update={"steps": ()}) for r in evidence.results)
    assert dict(outcome.attached) == dict(evidence.attached)
    assert dict(outcome.used) == dict(evidence.used)
    assert weigh(outcome) == weigh(evidence)


def torn(run: Run) -> None:
    """The process died in the last step of the second case."""
    run.journal.write_bytes(b"".join(run.lines()[:-4]))


def changed(run: Run) -> None:
    run.attachment().write_bytes(b"something else")


def cut(run: Run) -> None:
    run.journal.write_bytes(run.journal.read_bytes()[:-20])


def struck(run: Run) -> None:
    """A line in the middle is no line any more: behind it nothing is read."""
    lines = run.lines()
    run.journal.write_bytes(b"".join([*lines[:-4], b"nothing\n", *lines[-3:]]))


@pytest.mark.parametrize("damage", [None, torn, changed, cut, struck], ids=lambda d: d.__name__ if d else "whole")
def test_an_outcome_tells_what_the_evidence_tells(finished: Run, damage: Callable[[Run], None] | None) -> None:
    if damage is not None:
        damage(finished)
    evidence = read_run(finished.folder)
    assert sum(len(r.attached) for r in evidence.results), "there is something that an outcome could forget"
    alike(read_outcome(finished.folder), evidence)


def test_what_a_seal_gives_is_what_anybody_reads_then(finished: Run) -> None:
    alike(finished.seal(), read_run(finished.folder))


def test_the_seal_names_the_bytes_that_were_looked_at(finished: Run) -> None:
    made = finished.seal()
    assert made.seal is not None
    for file in made.seal.files:
        path = finished.folder / file.path
        assert (file.size, file.sha256) == (path.stat().st_size, digest_file(path)), file.path
    assert {f.path for f in made.seal.files} == {
        p.relative_to(finished.folder).as_posix()
        for p in finished.folder.rglob("*")
        if not p.name.startswith("seal.") and p.is_file()
    }


@pytest.mark.parametrize("name", ["journal.main.jsonl", "run.json", "evidence", "more.txt"])
def test_what_changes_while_a_run_is_sealed_is_found(finished: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the reading and the seal somebody writes: the seal does not cover it, and who sealed is told at once."""
    of = reading.ReadRun.of

    def read_then_meddled(folder: Path, *, steps: bool) -> reading.ReadRun:
        made = of(folder, steps=steps)
        path = finished.attachment() if name == "evidence" else folder / name
        with path.open("ab") as stream:
            stream.write(b"x")
        return made

    monkeypatch.setattr(reading.ReadRun, "of", read_then_meddled)
    made = seal(finished.folder, finished.credential, finished.clock)
    monkeypatch.undo()
    if name == "more.txt":  # was there when the seal was drawn: it is part of the run, and named
        assert made.seal is not None and name in {f.path for f in made.seal.files}
        return
    assert made.problems and not made.sealed
    if name != "run.json":  # which nobody can read any more
        assert read_run(finished.folder).problems


@pytest.mark.parametrize("damage", [cut, struck], ids=lambda d: d.__name__)
def test_an_aborted_run_is_closed_with_the_digest_of_its_whole_journal(finished: Run, damage: Callable[[Run], None]) -> None:
    """Also where nobody read it to its end."""
    damage(finished)
    made = close_aborted(finished.folder, finished.credential, finished.clock, reason="the machine lost power", by="mara.ivens")
    assert made.seal is not None
    assert {f.path: f.sha256 for f in made.seal.files}["journal.main.jsonl"] == digest_file(finished.journal)
    assert made.sealed and made.aborted
    alike(made, read_run(finished.folder))


def test_a_finished_case_that_says_otherwise_than_its_steps_is_looked_at_whole(finished: Run) -> None:
    """Steps that are word for word those of the lines before are not looked at twice; others are."""
    from csvgen.canonical import canonical_json, digest_bytes, read_canonical

    lines = [read_canonical(line) for line in finished.lines()]
    last = max(n for n, entry in enumerate(lines) if entry["kind"] == "case-finished")
    lines[last]["content"]["result"]["steps"][0]["verdict"] = "SPLENDID"
    head, rewritten = lines[0]["prev"], []
    for entry in lines:
        rewritten.append(canonical_json({**entry, "prev": head}))
        head = digest_bytes(rewritten[-1])
    finished.journal.write_bytes(b"".join(rewritten))
    for read in (read_run, read_outcome):
        assert read(finished.folder).problems[0].startswith("journal.main.jsonl: a line is not of a form known here"), read
    with pytest.raises(NotIntact, match="cannot be sealed"):
        finished.seal()


def test_a_seal_holds_a_small_part_of_what_a_reader_holds(tmp_path: Path, begun: Run) -> None:
    """Memory, not time: of two hundred cases the steps are gone when the next case is read."""
    from csvgen.execution.session import write_plan

    from .conftest import plan

    folder = tmp_path / "many"
    cases = [case(n) for n in range(1, 201)]
    write_plan(folder, plan(*cases))
    many = Run(folder, begun.credential, FixedClock(START, 1))
    many.record(*cases)
    shutil.rmtree(begun.folder)

    def peak(act: Callable[[], object]) -> int:
        tracemalloc.start()
        act()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    read_run(folder)  # what is made once in a process
    assert peak(lambda: read_outcome(folder)) * 2 < peak(lambda: read_run(folder))
