"""csvgen challenge from outside: real instances, broken by a distribution of the test, and records that are never taken for runs."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from csvgen.canonical import Digest
from csvgen.challenge.stage import require_disposable
from csvgen.clock import SystemClock
from csvgen.config import load_config
from csvgen.errors import ConfigError, NotIntact, Refused
from csvgen.evidence.challenge_record import read_challenge
from csvgen.evidence.read import read_run
from csvgen.model.report import Table
from csvgen.pipeline import setup
from csvgen.report.challenge_blocks import challenged, justifications
from csvgen.report.unweighed_blocks import in_short
from csvgen.targets.local.adapter import LocalTarget
from csvgen.trace.challenge_findings import findings
from csvgen.workflow import set_told
from csvgen.workflow.documents import Publisher
from csvgen.workflow.state import read_state

from ..tiers import each
from ..tiny import REPOSITORY, SYSTEM
from .broken import csvgen, distribution, project, told


@pytest.fixture(scope="module")
def faults(tmp_path_factory) -> Path:
    return distribution(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def challenged_project(tmp_path_factory, faults) -> tuple[Path, dict, int]:
    """One whole challenge, and what the command told of it."""
    root = project(tmp_path_factory.mktemp("challenged"))
    done = csvgen(root, "challenge", "--format", "json", faults=faults)
    return root, told(done), done.returncode


@pytest.fixture
def copied(challenged_project, tmp_path) -> Path:
    return Path(shutil.copytree(challenged_project[0], tmp_path / "copy"))


def rows(result: dict) -> dict[str, dict]:
    return {r["row"]["risk"]: r for r in result["rows"]}


def ledger(root: Path) -> Path:
    return root / "output" / SYSTEM / "challenges"


# ------------------------------------------------------------ what it finds


def test_a_fault_is_noticed_at_a_then_by_what_was_observed(challenged_project):
    row = rows(challenged_project[1])["RA-TNY-002"]
    assert row["state"] == "killed"
    (kill,) = row["kills"]
    assert (
        kill["text"] == "Then the system refuses it"
        and kill["expected"] == "a refusal"
        and kill["observed"].startswith("accepted")
    )


def test_a_fault_that_changes_nothing_survives(challenged_project):
    _, result, code = challenged_project
    row = rows(result)["RA-TNY-003"]
    assert row["state"] == "survived" and row["silent"] and not row["kills"]
    assert code == 1 and "CHL004" in {f["rule"] for f in result["findings"] if f["about"] == "RA-TNY-003"}


def test_a_system_that_breaks_down_is_no_kill(challenged_project):
    """Every script of the row ends in ERROR: that says nothing about what they look at."""
    row = rows(challenged_project[1])["RA-TNY-004"]
    assert row["state"] == "survived" and not row["kills"]
    assert any("ERROR" in why for _, why in row["other"])


def test_faults_of_patterns_are_seeded_for_scripts_nobody_saw_red(challenged_project):
    further = {fault: kills for fault, kills, why in challenged_project[1]["further"] if not why}
    (kill,) = further["installation-setting-other-value"]
    assert kill["case"].startswith("TC-IQ-") and kill["observed"] == "4"


def test_a_script_nobody_saw_red_is_unproven_and_keeps_its_verdict(challenged_project):
    _, result, _ = challenged_project
    unproven = {s["script"]["title"] for s in result["scripts"] if s["kill"] is None}
    assert unproven == {"Fine", "Said"} and result["summary"]["unproven"] == 2
    asked = {f["about"] for f in result["findings"] if f["rule"] == "CHL005"}
    assert asked == {s["script"]["case"] for s in result["scripts"] if s["kill"] is None and s["script"]["priority"] == "high"}


def test_a_then_that_looks_at_nothing_is_blind(challenged_project):
    """One looks at nothing, one does not stand on the bench; both are told by name. The others noticed what was falsified."""
    seen = {p["phrase"]: p for p in challenged_project[1]["phrases"]}
    assert seen["everything is fine"]["noticed"] is None and seen["everything is fine"]["tried"] > 0
    assert "bench" in seen["the file {name} says {text}"]["reason"]
    noticed = seen["the system refuses it"]
    assert noticed["noticed"]["holds"] is False and "accepted: turned" in noticed["falsified"]
    blind = {p["phrase"] for p in seen.values() if p["noticed"] is None}
    assert blind == {"everything is fine", "the file {name} says {text}"}


# ------------------------------------------------------------ where it may not be done


def test_options_of_mutation_belong_to_it_alone(challenged_project):
    root = challenged_project[0]
    handed, wrong = csvgen(root, "challenge", "--mutate", "--sample", "0"), csvgen(root, "challenge", "--sample", "5")
    assert handed.returncode == 2 and "--sample" in handed.stderr and "0" in handed.stderr
    assert wrong.returncode == 2 and "--sample belongs to --mutate" in wrong.stderr


def test_without_a_distribution_that_breaks_things_nothing_is_begun(challenged_project):
    root, _, _ = challenged_project
    done = csvgen(root, "challenge")
    assert done.returncode == 2 and "CHL001" in done.stderr and "csvgen-faults" in done.stderr
    assert [p.name for p in ledger(root).iterdir()] == ["CH-001"]


def small_instance(home: Path, **configuration: str) -> Path:
    setup.create(
        home, SystemClock(), organisation="Example (fictitious)", configuration=configuration, instruments=(), methods=(),
        administrator=("admin", "A. Admin (example)", "first-word-of-27"), demonstration=True,
    )  # fmt: skip
    return home


def test_an_instance_that_is_not_disposable_is_never_broken(tmp_path, faults, monkeypatch):
    monkeypatch.syspath_prepend(str(faults))
    target = LocalTarget("validation", small_instance(tmp_path / "kept"))
    try:
        assert target.port("Faults") is None
        with pytest.raises(Refused, match="not disposable") as caught:
            require_disposable(target)
        assert caught.value.rule == "CHL002"
    finally:
        target.close()


def test_the_port_is_offered_by_entry_point_and_mark_together(tmp_path, faults, monkeypatch):
    home = small_instance(tmp_path / "thrown-away", disposable="yes")
    target = LocalTarget("validation", home)
    with pytest.raises(ConfigError, match="Faults"):
        require_disposable(target)
    target.close()
    monkeypatch.syspath_prepend(str(faults))
    monkeypatch.setenv("PYTHONPATH", str(faults))
    target = LocalTarget("validation", home)
    try:
        port = require_disposable(target)
        assert (
            not port.inject("no-such-fault").accepted and target.port("Installation").configuration()["failures_to_lock"] == "3"
        )
        assert target.beside({"idle_seconds": "30"}).port("Installation").configuration()["failures_to_lock"] == "3"
        assert port.inject("installation-setting-other-value").accepted
        assert target.port("Installation").configuration()["failures_to_lock"] == "4"
        beside = target.beside({"idle_seconds": "30"})
        assert beside.port("Installation").configuration()["failures_to_lock"] == "4", "what stands beside it is broken too"
        assert port.withdraw("installation-setting-other-value").accepted
        assert target.port("Installation").configuration()["failures_to_lock"] == "3"
    finally:
        target.close()


@pytest.mark.parametrize(
    ("fault", "name", "seen"),
    each(
        2,
        [("installation-component-altered", "identity", "sha256"), ("installation-package-other-version", "alembic", "version")],
    ),
)
def test_a_fault_that_lays_code_into_the_instance_is_served_over_its_door(tmp_path, monkeypatch, fault, name, seen):
    """These two write below the folder of the instance, and one becomes another process: both are told folder and door."""
    home = small_instance(tmp_path / "thrown-away", disposable="yes")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "csvgen-faults"))))
    released, broken = LocalTarget("validation", home), None
    try:
        right = {c.name: getattr(c, seen) for c in released.port("Installation").components()}
        released.close()
        broken = LocalTarget("validation", home, ("csvgen_faults.server", fault, "--"))
        other = {c.name: getattr(c, seen) for c in broken.port("Installation").components()}
        broken.port("Connections").another().close()
    finally:
        if broken is not None:
            broken.close()
    assert {n for n in right if right[n] != other[n]} == {name}


def test_only_a_validation_instance_can_be_marked(tmp_path):
    with pytest.raises(Refused, match="disposable"):
        setup.create(
            tmp_path / "work", SystemClock(), organisation="Example (fictitious)", configuration={"disposable": "yes"}, instruments=(),
            methods=(), administrator=("admin", "A. Admin (example)", "first-word-of-27"), demonstration=False,
        )  # fmt: skip


# ------------------------------------------------------------ records


def test_the_ledger_verifies_and_says_what_it_is(challenged_project):
    root, result, _ = challenged_project
    done = csvgen(root, "verify", str(ledger(root)), "--trust", str(root / "trust" / "roots.pem"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "broken on purpose" in done.stdout and result["seal"]


@pytest.mark.parametrize(
    "what", ["a line of a journal", "a trial taken out", "a file laid in", "the plan", "the seal", "an attachment"]
)
def test_tampering_is_found(copied, what):
    folder = ledger(copied) / "CH-001"
    journal = folder / "trials" / "T002" / "journal.main.jsonl"
    match what:
        case "a line of a journal":
            journal.write_bytes(journal.read_bytes().replace(b'"accepted: logged in', b'"refused!: logged in', 1))
        case "a trial taken out":
            shutil.rmtree(folder / "trials" / "T002")
        case "a file laid in":
            (folder / "trials" / "T002" / "note.txt").write_text("fine", encoding="utf-8")
        case "the plan":
            plan = json.loads((folder / "challenge.json").read_bytes())
            plan["rows"][0]["failure_mode"] = "Something else"
            (folder / "challenge.json").write_bytes(json.dumps(plan, separators=(",", ":"), sort_keys=True).encode() + b"\n")
        case "the seal":
            seal = (folder / "seal.json").read_bytes()
            (folder / "seal.json").write_bytes(seal.replace(b'"killed":', b'"killed": ', 1))
        case "an attachment":
            kept = min((folder / "trials").glob("*/evidence/*/*"))
            kept.write_bytes(kept.read_bytes() + b" ")
    done = csvgen(copied, "verify", str(folder), "--trust", str(copied / "trust" / "roots.pem"))
    assert done.returncode == 1, done.stdout


def test_a_trial_is_never_taken_for_a_run(copied):
    trial = ledger(copied) / "CH-001" / "trials" / "T001"
    done = csvgen(copied, "verify", str(trial), "--trust", str(copied / "trust" / "roots.pem"))
    assert done.returncode == 1 and "broken on purpose" in done.stdout
    shutil.copytree(trial, copied / "output" / SYSTEM / "runs" / "OQ-001")
    with pytest.raises(NotIntact) as caught:
        read_run(copied / "output" / SYSTEM / "runs" / "OQ-001")
    assert caught.value.rule == "CHL003"
    for command in (["trace"], ["status"]):
        done = csvgen(copied, *command)
        assert done.returncode == 1 and "CHL003" in done.stderr, done.stderr


def test_a_trial_renamed_into_a_run_has_a_journal_of_something_else(copied):
    """The journal names the digest of its plan: with the plan of a run before it, it does not follow."""
    folder = ledger(copied) / "CH-001" / "trials" / "T002"
    plan = json.loads((folder / "run.json").read_bytes())
    made = {
        "format": "csvgen.run/1", "run": "OQ-001", "system": SYSTEM, "phase": "OQ", "mode": "formal", "order": None, "spec": None,
        "protocol": "sha256:" + "0" * 64, "target": "validation", "scope": "complete", "planned": plan["planned"],
        "created": plan["created"], "account": "ci-runner", "account_owner": "",
    }  # fmt: skip
    (folder / "run.json").write_bytes(
        json.dumps(made, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode() + b"\n"
    )
    assert any("does not follow" in p for p in read_run(folder).problems)


@pytest.mark.slow
def test_challenges_follow_each_other(copied, faults):
    done = csvgen(copied, "challenge", "--risk", "RA-TNY-002", "--format", "json", faults=faults)
    assert done.returncode == 0, done.stderr
    assert told(done)["challenge"] == "CH-002" and told(done)["scope"] == "partial"
    first, second = (read_challenge(ledger(copied) / name) for name in ("CH-001", "CH-002"))
    assert second.plan.previous == first.digest and second.sealed
    shutil.rmtree(ledger(copied) / "CH-001")
    done = csvgen(copied, "verify", str(ledger(copied)), "--trust", str(copied / "trust" / "roots.pem"))
    assert done.returncode == 1 and "CH-001 is expected" in done.stdout


# ------------------------------------------------------------ what a report tells


def text_of(blocks) -> str:
    return "\n".join("\n".join(" | ".join(r) for r in b.rows) if isinstance(b, Table) else str(b) for b in blocks)


def test_the_report_tells_of_rows_unproven_scripts_and_phrases(challenged_project):
    root, _, _ = challenged_project
    state = read_state(load_config(root), SYSTEM)
    shown = text_of(challenged(state.challenge, state.spec, state.protocol))
    assert "RA-TNY-002 | It goes wrong | access-never-locks | NOTICED" in shown and "SURVIVED" in shown
    assert "MISSING" in shown and "BLIND" in shown and "CHL004" in shown
    assert "says something" not in shown and "nothing is said here about whether" in text_of(
        challenged(None, state.spec, state.protocol)
    )


@pytest.mark.parametrize("kind", ["validation-summary", "release-certificate"])
def test_the_documents_that_close_a_validation_tell_of_the_challenge_and_name_its_seal(challenged_project, kind):
    root, _, _ = challenged_project
    state = read_state(load_config(root), SYSTEM)
    assert state.challenge is not None
    made_from = Publisher(state, *[None] * 4)._derived_from(kind, None)  # type: ignore[arg-type]
    assert made_from[f"challenge {state.challenge.plan.challenge}, seal"] == str(state.challenge.digest)
    told = set_told.material(
        state, kind, "X", 1, "2026-11-21T12:00:00.000000Z", Digest("sha256:" + "0" * 64), made_from, lambda: ()
    )
    facts = dict(in_short(state.spec, state.protocol, state.runs, told.challenge))
    assert re.match(
        rf"{state.challenge.plan.challenge}, sealed .* rows challenged \d+, noticed by a script \d+;",
        facts["Challenge of the scripts"],
    )
    assert "no whole challenge" not in facts["Challenge of the scripts"]


def test_a_justification_approved_with_the_risks_answers_for_a_script(copied):
    given = {
        "format": "csvgen.unproven/1",
        "justifications": [
            {
                "requirement": "URS-TNY-002", "criterion": "ac-2", "negative_test": "the lock-out of ac-1",
                "falsified_observation": "none: the step looks at nothing", "no_fault": "The weather cannot be broken.",
            }
        ],
    }  # fmt: skip
    before = read_state(load_config(copied), SYSTEM)
    (copied / "requirements_specs" / SYSTEM / "unproven.yaml").write_text(json.dumps(given), encoding="utf-8")
    after = read_state(load_config(copied), SYSTEM)
    asked = [{f.about for f in findings(s.challenge, s.spec) if f.rule == "CHL005"} for s in (before, after)]
    assert len(asked[0] - asked[1]) == 1 and asked[1] < asked[0]
    assert "The weather cannot be broken." in text_of(challenged(after.challenge, after.spec, after.protocol))
    assert "The weather cannot be broken." in text_of(justifications(after.spec))
    assert before.content("risk") != after.content("risk"), "quality approves it with the risk assessment"
    assert before.content("oq-report") == after.content("oq-report"), "it changes no conclusion"
