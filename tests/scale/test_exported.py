"""Copies of a run that was put together from shards: its cases, evidence and seal are those of the whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from csvgen.canonical import digest_bytes, digest_file
from csvgen.cli.scaling import told
from csvgen.errors import Exit
from csvgen.exchange.results import allure, ctrf, junit, messages
from csvgen.exchange.results.copied import copy_of
from csvgen.model.execution import Verdict
from csvgen.report.environment_blocks import _handled

from .conftest import Shards


def test_a_merged_run_is_copied_whole_with_the_evidence_of_its_shards(shards: Shards) -> None:
    shards.make(1)
    shards.make(2, fail="TC-OQ-0003")
    shards.make(3)
    evidence = shards.merge()
    copy = copy_of(evidence, None)
    assert [c.id for c in copy.cases] == [c.id for c in shards.cases], "in the order of the protocol, not of the shards"
    failed = [c.id for c in copy.cases if c.result.verdict is not Verdict.PASSED]
    assert failed == ["TC-OQ-0003"]
    assert copy.facts["seal"] == str(evidence.digest)
    assert "order of execution" not in copy.facts, "shards go on beside each other; none of them was turned round"
    report = json.loads(b"".join(ctrf.write(copy)))
    tests = report["results"]["tests"]
    assert {t["name"].split()[0]: t["status"] for t in tests} == {
        c.id: "failed" if c.id in failed else "passed" for c in shards.cases
    }
    for test, case in zip(tests, shards.cases, strict=True):
        assert len(test["attachments"]) == len(case.steps)
        for kept in test["attachments"]:
            path = copy.folder / kept["path"]
            assert kept["path"].startswith("shards/") and path.read_bytes() == case.id.encode()
            assert kept["extra"]["sha256"] == digest_bytes(case.id.encode())
    written = dict(allure.files(copy))
    assert {data for name, data in written.items() if "-attachment" in name} == {c.id.encode() for c in shards.cases}
    assert b"".join(junit.write(copy)).count(b"<testcase ") == len(shards.cases)
    finished = [json.loads(line) for line in b"".join(messages.write(copy)).splitlines() if b"testCaseFinished" in line]
    assert len(finished) == len(shards.cases)


def test_a_run_merged_without_a_lost_shard_says_so_in_its_copy(shards: Shards) -> None:
    shards.make(1)
    shards.make(3)
    copy = copy_of(shards.merge(reason="the machine burned"), None)
    (mark,) = [m for m in copy.marks if m.startswith("NOT COMPLETE")]
    assert mark == "NOT COMPLETE: 4 of 6 planned cases were executed"
    lost = [c for c in copy.cases if c.result.verdict is Verdict.NOT_RUN]
    assert len(lost) == 2
    for data in (b"".join(junit.write(copy)), b"".join(ctrf.write(copy)), b"".join(messages.write(copy))):
        assert b"NOT COMPLETE" in data
    assert b"".join(junit.write(copy)).count(b"<skipped ") == len(lost)


def test_what_stands_against_a_run_as_a_whole_is_told_and_no_success(shards: Shards, capsys: pytest.CaptureFixture[str]) -> None:
    shards.all()
    evidence = shards.merge()
    assert told(evidence) is Exit.FINE
    assert evidence.seal is not None
    broken = evidence.seal.model_copy(update={"ended": "pytest did not end with results: it was killed by the signal SIGKILL"})
    assert told(replace(evidence, seal=broken)) is Exit.FINDINGS
    assert "dev-1 as a whole: pytest did not end with results" in capsys.readouterr().err


def test_what_a_reader_must_know_of_a_single_run_is_told_of_a_merged_one(
    shards: Shards, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tolerances, secrets that were taken out, and another order than planned, each by the shard it happened in."""
    shards.make(1, secret="blue-lagoon-77")
    shards.make(2, secret="blue-lagoon-77", turned=True)
    shards.make(3, within="0.1")
    evidence = shards.merge()
    copy = copy_of(evidence, None)
    assert copy.facts["secrets taken out"] == "DB_PASSWORD: taken out, 8 places"
    turned = "in shard 2 another than planned from case 1 on: TC-OQ-0004, TC-OQ-0003"
    assert copy.facts["order of execution"] == turned
    for data in (b"".join(junit.write(copy)), b"".join(ctrf.write(copy)), b"".join(messages.write(copy))):
        assert turned.encode() in data
        assert b"DB_PASSWORD: taken out, 8 places" in data
        assert b"blue-lagoon" not in data
    for data in (b"".join(junit.write(copy)), b"".join(messages.write(copy)), *dict(allure.files(copy)).values()):
        assert data.count(b"within +/- 0.1") == data.count(b"7.05")
    assert b"".join(junit.write(copy)).count(b"within +/- 0.1") == 4
    assert b'"tolerance":"0.1"' in b"".join(ctrf.write(copy)).replace(b": ", b":")
    shown = dict(_handled(evidence))
    assert shown == {
        "Secrets": "DB_PASSWORD: taken out, 8 places",
        "Order of execution": f"{turned} (all of it in the journal)",
    }
    told(evidence)
    said = capsys.readouterr().err
    assert "secret DB_PASSWORD: taken out, 8 places" in said
    assert "shard 2 executed in another order than planned from case 1 on" in said


def test_step_code_of_a_merged_run_is_that_of_its_shards(shards: Shards, tmp_path: Path) -> None:
    steps, helper = tmp_path / "conftest.py", tmp_path / "helper.py"
    steps.write_text("X = 1\n", encoding="utf-8")
    helper.write_text("Y = 2\n", encoding="utf-8")
    for number in (1, 2, 3):
        shards.make(number, code={"project/conftest.py": steps} | ({"project/helper.py": helper} if number == 3 else {}))
    found = {f.file: f.sha256 for f in shards.merge().code}
    assert found == {"project/conftest.py": digest_file(steps), "project/helper.py": digest_file(helper)}
