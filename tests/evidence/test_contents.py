"""What a run says of itself: form, surroundings, planned against executed."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes
from csvgen.execution.environment import UNAVAILABLE, environment
from csvgen.execution.session import WorkerRecorder
from csvgen.model.execution import Component, TargetState, Verdict

# ------------------------------------------------------------------ form


def test_every_record_names_the_version_of_its_form(sealed) -> None:
    said = {name: json.loads((sealed.folder / name).read_bytes())["format"] for name in ("run.json", "seal.json")}
    assert said == {"run.json": "csvgen.run/1", "seal.json": "csvgen.seal/1"}
    assert {json.loads(line)["format"] for line in sealed.lines()} == {"csvgen.journal/1"}


def test_the_journal_is_a_chain_from_the_plan(sealed) -> None:
    """Walked here without the reader of csvgen: SHA-256 of the line before, beginning with the plan."""
    import hashlib

    head = "sha256:" + hashlib.sha256((sealed.folder / "run.json").read_bytes()).hexdigest()
    for number, line in enumerate(sealed.lines(), 1):
        entry = json.loads(line)
        assert (entry["seq"], entry["prev"]) == (number, head)
        head = "sha256:" + hashlib.sha256(line).hexdigest()
    seal = json.loads((sealed.folder / "seal.json").read_bytes())
    assert seal["heads"] == {"main": head}
    assert seal["plan"] == "sha256:" + hashlib.sha256((sealed.folder / "run.json").read_bytes()).hexdigest()


def test_the_seal_names_every_file_by_size_and_digest(sealed) -> None:
    seal = json.loads((sealed.folder / "seal.json").read_bytes())
    there = {p.relative_to(sealed.folder).as_posix(): p.read_bytes() for p in sealed.folder.rglob("*") if p.is_file()}
    assert set(there) - {f["path"] for f in seal["files"]} == {"seal.json", "seal.p7s"}
    for listed in seal["files"]:
        data = there[listed["path"]]
        assert (listed["size"], listed["sha256"]) == (len(data), digest_bytes(data))


def test_attachments_are_named_by_case_step_and_number_and_kept_once(sealed) -> None:
    steps = [r.steps[2] for r in sealed.read().results]
    assert [s.attachments[0].id for s in steps] == ["TC-OQ-0001.3.1", "TC-OQ-0002.3.1"]
    assert len({s.attachments[0].sha256 for s in steps}) == 1
    assert [p.read_bytes() for p in (sealed.folder / "evidence").rglob("*") if p.is_file()] == [b"what was seen"]


def test_a_long_value_is_attached_whole(begun) -> None:
    recorder = WorkerRecorder(begun.folder, "main", begun.clock, begun.folder)
    one = begun.case(1)
    each = recorder.case(one)
    each.open(one.steps[0])
    each.observe("text", "recorded", "", "ä" * 5_000, "probe", "")
    result = each.close(Verdict.PASSED)
    seen = result.observations[0].actual
    assert seen.startswith("ä" * 4_000 + " ... (5000 characters; whole value in TC-OQ-0001.1.1")
    assert begun.attachment().read_bytes().decode() == "ä" * 5_000
    each.finish()
    recorder.close()


# ------------------------------------------------------------------ planned against executed


def test_a_case_that_was_planned_and_never_ran_is_told(begun) -> None:
    begun.record(begun.case(1))
    evidence = begun.seal()
    assert [(r.case, r.verdict) for r in evidence.ends] == [("TC-OQ-0001", Verdict.PASSED), ("TC-OQ-0002", Verdict.NOT_RUN)]
    assert evidence.ends[1].reason == "planned, and never started"
    assert evidence.seal is not None
    assert evidence.seal.complete is False
    assert evidence.seal.summary.model_dump() == {"planned": 2, "executed": 1, "verdicts": {"NOT_RUN": 1, "PASSED": 1}}


def test_a_whole_run_is_complete(sealed) -> None:
    seal = sealed.read().seal
    assert seal.complete is True
    assert seal.summary.model_dump() == {"planned": 2, "executed": 2, "verdicts": {"PASSED": 2}}


def test_a_partial_run_is_never_complete(begun) -> None:
    other = begun.begin("OQ-002", begun.case(1), scope="partial")
    other.record(begun.case(1))
    seal = other.seal().seal
    assert seal is not None
    assert seal.summary.executed == seal.summary.planned == 1
    assert seal.complete is False


def test_a_case_that_was_never_planned_is_told(begun) -> None:
    begun.record(begun.case(1), begun.case(2), begun.case(3))
    assert begun.read().problems == ("TC-OQ-0003 was executed but never planned",)


def test_a_case_executed_twice_is_told(begun) -> None:
    begun.record(begun.case(1), worker="gw0")
    begun.record(begun.case(1), begun.case(2), worker="gw1")
    assert begun.read().problems == ("TC-OQ-0001 was executed twice in one run",)


def test_a_case_in_another_wording_is_told(begun) -> None:
    from dataclasses import replace

    begun.record(replace(begun.case(1), title="another title"), begun.case(2))
    assert begun.read().problems == ("TC-OQ-0001 was executed in another wording than planned",)


def test_journals_of_several_workers_are_one_run(begun) -> None:
    begun.record(begun.case(2), worker="gw0")
    begun.record(begun.case(1), worker="gw1")
    evidence = begun.seal()
    assert evidence.sealed
    assert [(r.case, r.worker) for r in evidence.ends] == [("TC-OQ-0001", "gw1"), ("TC-OQ-0002", "gw0")]
    assert set(evidence.seal.heads) == {"gw0", "gw1"}


def test_a_journal_of_another_run_does_not_fit(begun) -> None:
    other = begun.begin("OQ-002", begun.case(1))
    other.record(begun.case(1))
    begun.journal.write_bytes(other.journal.read_bytes())
    assert begun.read().problems == (
        "journal.main.jsonl: line 1 does not follow the line before it (changed, removed, inserted or reordered)",
    )


# ------------------------------------------------------------------ surroundings


def test_the_environment_is_recorded_as_it_is(sealed) -> None:
    found = sealed.read().environment
    assert found.python == f"{platform.python_implementation()} {platform.python_version()}"
    assert found.platform == f"{platform.system()} {platform.release()} {platform.machine()}"
    assert found.csvgen == version("csvgen")
    installed = {c.name: c.version for c in found.packages}
    for name in ("csvgen", "pytest", "pytest-bdd", "pydantic", "cryptography", "sqlalchemy", "gherkin-official"):
        assert installed[name] == version(name)
    assert "pluggy" in installed, "packages of packages too"
    assert found.time_zone == "UTC"
    assert "clock" in found.clock
    clocks = sealed.read().clocks
    assert [when for when, _ in clocks] == ["start", "end"]
    assert all("unavailable" in read.shown for _, read in clocks), "an offset is not claimed where nobody was asked"
    assert (found.commit, found.dirty) == (UNAVAILABLE, UNAVAILABLE), "the run folder is in no repository"


def git(folder: Path, *arguments: str) -> str:
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-C", str(folder), "-c", "user.name=probe", "-c", "user.email=probe@example.invalid", *arguments]
    return subprocess.run(command, env=quiet, capture_output=True, text=True, check=True).stdout.strip()


def test_commit_and_state_of_the_project(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "first")
    clean = environment(tmp_path)
    assert (clean.commit, clean.dirty) == (git(tmp_path, "rev-parse", "HEAD"), "clean")
    (tmp_path / "a").write_text("2")
    (tmp_path / "b").write_text("3")
    assert environment(tmp_path).dirty == "2 files differ from the commit"


def test_without_git_commit_and_state_are_unavailable_and_not_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = environment(Path(__file__).parent)
    assert (found.commit, found.dirty) == (UNAVAILABLE, UNAVAILABLE)


def test_the_state_of_the_target_is_kept_from_start_and_end(begun) -> None:
    recorder = WorkerRecorder(begun.folder, "main", begun.clock, begun.folder)
    for when, number in (("start", "1.0"), ("end", "1.1")):
        component = Component(name="core", version=number)
        recorder.target(
            TargetState(
                name="t",
                instance="i",
                components=(component,),
                configuration=(("k", "v"),),
                read_at="2026-11-21T08:00:00.000000Z",
            ),
            when,
        )
    recorder.close()
    evidence = begun.read()
    assert [t.components[0].version for t in (evidence.target_start, evidence.target_end)] == ["1.0", "1.1"]
