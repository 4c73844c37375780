"""The rules against falsified and back-dated evidence, RR-X01 to RR-X13: what is missing here is shown nowhere.

Each rule has at least one test that names its id, in its name (``test_rr_x01_...``) or its docstring; the last test of this module counts.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import re
from pathlib import Path

import pytest

from csvgen.canonical import read_canonical
from csvgen.clock import parsed, stored
from csvgen.errors import Refused
from csvgen.evidence.attended import attended_flags
from csvgen.execution.process import run_pytest
from csvgen.model.attended import Flag
from csvgen.model.deviation import WHOLE_RUN
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, Observation, StepResult, Verdict
from csvgen.model.package import PackageManifest
from csvgen.model.protocol import ATTENDED
from csvgen.model.verification import Outcome
from csvgen.signature.approvals import load
from csvgen.spec.load import load_system
from csvgen.trace.conclusion import conclude
from csvgen.trace.flags import flags
from csvgen.verification.baseline import check_baseline
from csvgen.verification.checks import Checks
from csvgen.verification.evidence import Material, verdict_faults
from csvgen.verification.evidence import _numbers as gaps_in_numbers
from csvgen.verification.history import times
from csvgen.workflow import gates, running

from ..tiny import OPERATOR, SYSTEM, specification, write_specification

RULES = tuple(f"RR-X{n:02d}" for n in range(1, 14))
PAGE = Path(__file__).parents[2] / "docs" / "rules-of-evidence.md"


@pytest.fixture(scope="module")
def packed(stages) -> Material:
    """The whole way to the approved report of the OQ, read from its package."""
    folder = stages.package()
    manifest = PackageManifest.model_validate(read_canonical((folder / "package.json").read_bytes()))
    return Material.read(folder, manifest, load(folder / "protocols" / "tiny" / "approvals"), stages.at("oq-closed").state.trust)


# ------------------------------------------------------------ X01: the order of times


def earlier(stamp: str, seconds: int = 3600) -> str:
    return stored(parsed(stamp) - dt.timedelta(seconds=seconds))


def later(stamp: str) -> str:
    return earlier(stamp, -3600)


def signed(material: Material, identity: str, stamp: str) -> Material:
    """A record whose signatures were all made at one moment."""

    def moved(a):
        record = (dataclasses.replace(s, record=s.record.model_copy(update={"signed": stamp})) for s in a.signatures)
        return dataclasses.replace(a, signatures=tuple(record)) if a.document.id == identity else a

    return dataclasses.replace(material, approvals=tuple(moved(a) for a in material.approvals))


def with_run(material: Material, changed: Evidence) -> Material:
    return dataclasses.replace(material, runs=tuple(changed if r.run == changed.run else r for r in material.runs))


def with_step(material: Material, name: str, **changes: object) -> Material:
    """The last step of the first case of a run, changed."""
    run = next(r for r in material.runs if r.run == name)
    result = run.results[0]
    step = result.steps[-1].model_copy(update=changes)
    first = result.model_copy(update={"steps": (*result.steps[:-1], step)})
    return with_run(material, dataclasses.replace(run, results=(first, *run.results[1:])))


def _plan(material: Material, stamp: str) -> Material:
    run = material.runs[-1]
    return with_run(material, dataclasses.replace(run, plan=run.plan.model_copy(update={"created": stamp})))


def _seal(material: Material, stamp: str) -> Material:
    run = material.runs[-1]
    return with_run(material, dataclasses.replace(run, seal=run.seal.model_copy(update={"sealed": stamp})))


def _captured(material: Material, stamp: str) -> Material:
    step = material.runs[-1].results[0].steps[-1]
    (kept,) = step.attachments
    return with_step(material, "OQ-001", attachments=(kept.model_copy(update={"captured": stamp}),))


def last_step(material: Material) -> StepResult:
    return material.runs[-1].results[0].steps[-1]


VIOLATIONS = {
    "issue of OQ-001": lambda m: signed(m, "TNY-XO-OQ-001", earlier(m.runs[-1].plan.created, 10**6)),
    "begin of OQ-001": lambda m: _plan(m, earlier(m.runs[-1].plan.created)),
    "first step of OQ-001": lambda m: _plan(m, later(m.runs[-1].plan.created)),
    "capture of TC-OQ-0001.2.1": lambda m: _captured(m, earlier(last_step(m).started)),
    "end of its step": lambda m: _captured(m, later(last_step(m).finished)),
    "its end": lambda m: with_step(m, "OQ-001", finished=earlier(last_step(m).started), attachments=()),
    "seal of OQ-001": lambda m: _seal(m, earlier(m.runs[-1].seal.sealed)),
    "review of OQ-001": lambda m: signed(m, "TNY-RUN-OQ-001", earlier(m.runs[-1].seal.sealed)),
    "report on OQ-001": lambda m: signed(m, "TNY-RUN-OQ-001", later(m.runs[-1].seal.sealed)),
    "approval of the report on OQ-001": lambda m: signed(m, "TNY-OQR", earlier(m.runs[-1].seal.sealed)),
}
"""What comes too early, and a history in which it does: one for each pair of moments that follow each other."""


def test_rr_x01_honest_times_follow_each_other(packed):
    assert times(packed) == []


@pytest.mark.parametrize("what", VIOLATIONS)
def test_rr_x01_each_pair_of_times_in_the_wrong_order_is_an_error(packed, what):
    faults = times(VIOLATIONS[what](packed))
    assert any(re.match(rf"{re.escape(what)} \(.*\) is before ", fault) for fault in faults), faults


# ------------------------------------------------------------ X02, X03, X04


def test_rr_x02_pre_filled_copy_is_refused_and_nothing_was_begun(tiny):
    project = tiny("approved")
    project.order("IQ")
    folder = project.root / "output" / "tiny" / "runs" / "IQ-001"
    folder.mkdir(parents=True)
    (folder / "journal.main.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(Refused, match="issued blank") as refusal:
        project.run("IQ")
    assert refusal.value.rule == "RR-X02"
    assert not [e for e in project.ledger.events() if e.action == "run-begin"]
    (folder / "journal.main.jsonl").unlink()
    assert project.run("IQ").sealed, "moved away, the same order is executed"


def test_rr_x02_an_order_has_no_field_for_a_result(packed):
    (order,) = [a for a in packed.approvals if a.document.id == "TNY-XO-OQ-001"]
    assert not {"result", "verdict", "actual", "observed", "summary"} & set(order.content)


def test_rr_x03_deleted_run_leaves_a_gap(packed):
    assert gaps_in_numbers(packed) == []
    failed = dataclasses.replace(packed, runs=tuple(r for r in packed.runs if r.run != "IQ-001"))
    assert gaps_in_numbers(failed) == ["IQ: found IQ-002, expected IQ-001"]


def test_rr_x04_evidence_is_bound_to_its_digest_and_its_step(tiny):
    """That one file does not serve two steps in silence is asked of people, where they attach it."""
    project = tiny("oq-closed")
    run = project.state.run("OQ-001")
    (kept,) = run.results[0].steps[-1].attachments
    path = next(p for p in Path(run.folder).rglob(kept.sha256.removeprefix("sha256:")))
    path.write_bytes(b"2\n")
    problems = project.state.run("OQ-001").problems
    assert f"evidence {kept.id} was changed" in problems
    assert "OQ-001 is damaged" in gates.may_order(project.state, "OQ"), "over a damaged run nothing new is ordered"


# ------------------------------------------------------------ X05: flags for the reviewer


def by_hand(packed: Material, *answers: tuple[str, str, float], person: str = "nadia.corso") -> tuple[Evidence, object]:
    """OQ-001 as if a person had carried out its first case: expected, actual and seconds of each step."""
    run = packed.runs[-1]
    steps, begun = [], run.plan.created
    for number, (expected, actual, seconds) in enumerate(answers, 1):
        seen = Observation(
            what="label", comparison="recorded", expected=expected, actual=actual, source="read by eye", holds=True
        )
        ended = stored(parsed(begun) + dt.timedelta(seconds=seconds))
        times_of = {"started": begun, "finished": ended}
        words = f"instruction {number}"
        steps.append(
            StepResult(number=number, keyword="Then", text=words, verdict=Verdict.PASSED, observations=(seen,), **times_of)
        )
        begun = ended
    first = run.results[0].model_copy(update={"steps": tuple(steps)})
    plan = run.plan.model_copy(update={"account": person, "account_owner": ""})
    case = packed.protocol.case[first.case]
    attended = dataclasses.replace(case, tags=(*case.tags, ATTENDED))
    features = tuple(
        dataclasses.replace(f, cases=tuple(attended if c.id == case.id else c for c in f.cases)) for f in packed.protocol.features
    )
    return dataclasses.replace(run, plan=plan, results=(first, *run.results[1:])), dataclasses.replace(
        packed.protocol, features=features
    )


def test_rr_x05_honest_answers_are_not_flagged(packed):
    run, protocol = by_hand(packed, ("the label reads 7.35", "7.35, black on white", 20), ("the lamp is green", "it is green", 9))
    assert flags(run, protocol, (run,)) == ()
    assert flags(packed.runs[-1], packed.protocol, packed.runs) == (), "what a machine observed equals its expectation, and fast"


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (
            (("The label reads 7.35.", "the label reads  7.35", 20),),
            "step 1: what was observed is word for word what was expected",
        ),
        ((("a", "looks fine", 20), ("b", "Looks fine.", 20)), "step 2: the same words as at TC-OQ-0001 step 1"),
        ((("a", "it is 7", 0.4),), "step 1: carried out and answered within 0.4 s"),
    ],
    ids=["copied expectation", "copied words", "too fast"],
)
def test_rr_x05_answers_that_were_written_and_not_seen_are_flagged(packed, answers, told):
    run, protocol = by_hand(packed, *answers)
    assert flags(run, protocol, (run,)) == (f"TC-OQ-0001 {told}",)


def test_what_was_flagged_at_the_terminal_is_told_once(packed):
    run, protocol = by_hand(packed, ("a", "it is 7", 0.4))
    step = run.results[0].steps[0]
    marked = step.model_copy(
        update={"flags": (Flag(kind="too-fast", words="answered 0.4 s after it was shown", reason="known label"),)}
    )
    first = run.results[0].model_copy(update={"steps": (marked,)})
    told = dataclasses.replace(run, results=(first, *run.results[1:]))
    assert (*flags(told, protocol, (told,)), *attended_flags(told)) == (
        "TC-OQ-0001 step 1: answered 0.4 s after it was shown (reason: known label)",
    )


def test_rr_x05_one_person_in_two_runs_at_a_time_is_flagged_in_both(packed):
    run, protocol = by_hand(packed, ("a", "b", 20))
    other = dataclasses.replace(run, plan=run.plan.model_copy(update={"run": "OQ-002"}))
    assert flags(run, protocol, (run, other)) == ("nadia.corso was in OQ-002 at the same time",)
    assert flags(other, protocol, (run, other)) == ("nadia.corso was in OQ-001 at the same time",)
    after = dataclasses.replace(other, plan=other.plan.model_copy(update={"created": later(run.seal.sealed)}))
    assert flags(run, protocol, (run, after)) == ()
    machine = dataclasses.replace(other, plan=other.plan.model_copy(update={"account_owner": "tomas.feld"}))
    assert flags(run, protocol, (run, machine)) == ()


@pytest.mark.parametrize("why", ["untrained", "retired", "locked"])
def test_rr_x05_nobody_issues_an_execution_untrained_locked_or_gone(tiny, why):
    """What would be a flag afterwards is a refusal before: without a trained, active tester there is no execution."""
    project = tiny("approved")
    if why == "untrained":
        account = project.directory.account("nadia.corso")
        with project.ledger.change(OPERATOR, "the record was wrong") as change:
            change.put("account", account.id, account.model_copy(update={"training": ()}).model_dump())
    else:
        project.directory.set_state(OPERATOR, "nadia.corso", why, "she left")
    project.publisher().order("IQ", (), "ci-runner", "tomas.feld")
    if why == "untrained":
        assert project.sign("nadia.corso") == []
    else:
        with pytest.raises(Refused):
            project.sign("nadia.corso")
    with pytest.raises(Refused, match="TNY-XO-IQ-001 is not issued"):
        project.run("IQ")


# ------------------------------------------------------------ X06, X08, X11, X12, X13


def test_rr_x06_verdict_follows_from_the_values_and_nothing_overrides_it(packed):
    run = packed.runs[-1]
    wrong = Observation(what="n", comparison="equal", expected="1", actual="2", source="s", holds=False)
    lifted = wrong.model_copy(update={"holds": True})
    for seen, words in (
        (wrong, "says PASSED against its own observation"),
        (lifted, "recorded outcome does not follow from the values"),
    ):
        step = run.results[0].steps[-1].model_copy(update={"observations": (seen,)})
        result = run.results[0].model_copy(update={"steps": (step,)})
        assert any(words in fault for fault in verdict_faults(Path(run.folder), "x", result))


@pytest.mark.parametrize("verdict", [Verdict.NOT_APPLICABLE, Verdict.NOT_RUN, Verdict.SKIPPED, Verdict.BLOCKED])
def test_rr_x08_what_was_not_carried_out_needs_a_reason_and_never_counts_as_passed(packed, verdict):
    run = packed.runs[-1]
    result = run.results[0].model_copy(update={"verdict": verdict, "reason": "the port is not offered"})
    runs = [*packed.runs[:-1], dataclasses.replace(run, results=(result, *run.results[1:]))]
    from csvgen.trace.matrix import trace

    matrix = trace(packed.spec, packed.protocol, runs, ())
    assert conclude("OQ", packed.protocol, matrix, runs, ()).outcome == "not eligible"


@pytest.mark.parametrize("verdict", [Verdict.NOT_APPLICABLE, Verdict.SKIPPED, Verdict.BLOCKED])
def test_rr_x08_blank_reason_becomes_an_error_when_it_is_recorded(packed, verdict):
    from csvgen.clock import SystemClock
    from csvgen.execution.recorder import CaseRecorder

    case = packed.protocol.of("OQ")[0]
    recorder = CaseRecorder(case, SystemClock(), None, None, "main")
    recorder.open(case.steps[0])
    result = recorder.close(verdict, "  ")
    assert (result.verdict, result.reason) == (Verdict.ERROR, f"the step said {verdict} without a reason; a blank is no reason")
    assert recorder.finish().verdict is Verdict.ERROR


def test_rr_x08_blank_reason_in_a_journal_is_a_problem_of_its_run(packed):
    from csvgen.evidence.gathered import Gathered

    gathered = Gathered()
    for entry in ("case-started", "step"):
        step = packed.runs[-1].results[0].steps[0].model_copy(update={"verdict": Verdict.NOT_APPLICABLE, "reason": " "})
        content = {"case": "TC-OQ-0001", "digest": packed.protocol.of("OQ")[0].digest, "result": step.model_dump(mode="json")}
        gathered.take("main", [{"kind": entry, "at": "", "content": content}])
    assert gathered.problems == ["TC-OQ-0001 step 1 says NOT_APPLICABLE and no reason"]


def test_rr_x09_a_run_whose_steps_never_ask_the_system_reads_it_all_the_same(tiny, monkeypatch):
    """At the start what the gate compared with the baseline, at the end what it is then; here somebody changed it meanwhile."""
    project = tiny("iq-closed")
    project.order("OQ")

    def meanwhile(*given, **named):
        project.configure("failures_to_lock", "4")
        return run_pytest(*given, **named)

    monkeypatch.setattr(running, "run_pytest", meanwhile)
    run = project.run("OQ")
    assert [dict(t.configuration)["failures_to_lock"] for t in (run.target_start, run.target_end)] == ["3", "4"]
    assert run.drift == ("configuration failures_to_lock: '3' at the start of system, '4' at the end of system",)
    assert all(r.verdict is Verdict.PASSED for r in run.results)
    assert [o.case for o in project.state.opened if o.run == "OQ-001"] == [WHOLE_RUN]


def test_rr_x09_a_run_that_began_on_another_installation_is_found_in_its_package(packed):
    def checked(material):
        checks = Checks()
        check_baseline(material, checks)
        (check,) = checks.result().checks
        return check

    good = checked(packed)
    assert (good.outcome, good.detail) == (Outcome.HOLDS, "compared: OQ-001")
    run = packed.runs[-1]
    values = tuple((k, "4" if k == "failures_to_lock" else v) for k, v in run.target_start.configuration)
    began = run.target_start.model_copy(update={"configuration": values})
    bad = checked(with_run(packed, dataclasses.replace(run, target_start=began)))
    assert bad.outcome is Outcome.FAILS
    assert "OQ-001: configuration failures_to_lock is '4', the baseline says '3'" in bad.detail
    unread = checked(with_run(packed, dataclasses.replace(run, target_start=None)))
    assert (unread.outcome, unread.detail) == (Outcome.NOTE, "nothing to look at")


def test_rr_x11_a_run_closes_on_native_evidence_without_any_picture(packed):
    kept: list[Attachment] = [a for r in packed.runs for c in r.results for s in c.steps for a in s.attachments]
    assert kept
    assert not [a for a in kept if a.media_type.startswith("image/")]
    assert packed.approval("oq-report").standing(packed.trust).approved


def test_rr_x12_incomplete_investigation_is_not_put_up_and_not_signed(tiny):
    project = tiny("iq-failed")
    for words, changed in (
        ("still says", {"root_cause": "TO BE WRITTEN"}),
        ("states none", {"decision": "accept-with-restriction"}),
    ):
        with pytest.raises(Refused, match=words) as refusal:
            project.investigate("DEV-001", **changed)
        assert refusal.value.rule == "RR-X12"
    project.investigate("DEV-001", retest=("TC-IQ-0001",))
    approval = project.state.latest("TNY-DEV-001")
    assert gates.may_sign(project.state, approval) == ""
    said = {**approval.content, "investigation": {**approval.content["investigation"], "impact": "TO BE WRITTEN"}}
    assert "not complete" in gates.may_sign(project.state, dataclasses.replace(approval, content=said))
    assert "blank" in gates.may_sign(project.state, dataclasses.replace(approval, content=None))


@pytest.mark.parametrize(("probability", "found"), [("high", True), ("low", False)])
def test_rr_x13_supplier_evidence_alone_for_a_high_risk_is_a_finding(tmp_path, probability, found):
    files = specification()
    requirement = files["urs/urs.yaml"]["requirements"][3]
    covered = {"by": "audit report", "reason": "The supplier showed it.", "document": "procedures/SOP-TNY-01.md"}
    requirement |= {"verification": "vendor-evidence", "covered": covered}
    risk = {**files["risk/risk.yaml"]["risks"][0], "id": "RA-TNY-009", "requirements": [requirement["id"]]}
    risk |= {"probability": {"rating": probability, "reason": "as judged"}}
    risk |= {"detectability": {"rating": {"high": "low", "low": "high"}[probability], "reason": "as judged"}}
    files["risk/risk.yaml"]["risks"].append(risk)
    write_specification(tmp_path, files)
    told = [f for f in load_system(tmp_path / "requirements_specs", SYSTEM).findings.items if f.rule == "URS121"]
    assert bool(told) is found
    assert all(
        "URS-TNY-004 has a risk of high priority (RA-TNY-009) and rests on the supplier's evidence alone" in f.message
        for f in told
    )


# ------------------------------------------------------------ the table


def shown() -> dict[str, list[str]]:
    """Rule -> tests that name it, of the whole tree."""
    found: dict[str, list[str]] = {rule: [] for rule in RULES}
    tests = Path(__file__).parents[1]
    for path in sorted(tests.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if not re.search(r"rr[-_]x\d\d", text, re.IGNORECASE):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                named = f"{node.name.replace('_', '-')} {ast.get_docstring(node) or ''}".upper()
                for rule in RULES:
                    if rule in named:
                        found[rule].append(f"{path.relative_to(tests)}::{node.name}")
    return found


def test_every_rule_has_tests_that_name_it_and_the_page_lists_them():
    """The page is the table an inspector reads: each rule, what keeps it, and every test that names it; none left out, none made up."""
    listed: dict[str, list[str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if row := re.match(r"\| (RR-X\d\d) \|(.*)\|$", line):
            listed[row[1]] = re.findall(r"`(\w+/\w+\.py::test_\w+)`", row[2])
    found = shown()
    assert sorted(listed) == list(RULES)
    for rule in RULES:
        assert found[rule], f"no test shows {rule}"
        assert sorted(listed[rule]) == sorted(found[rule]), rule


def test_whole_run_is_no_id_of_a_case():
    assert not re.fullmatch(r"TC-(IQ|OQ|PQ)-\d{4,}", WHOLE_RUN)
