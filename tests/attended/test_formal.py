"""A formal run with attended cases: one order, one folder, one seal; the automated part first, then the person's, then the seal."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from csvgen.canonical import canonical_json, digest_bytes, read_canonical
from csvgen.errors import Refused
from csvgen.model.execution import Verdict
from csvgen.protocol.adopt import number
from csvgen.report.case_blocks import executed
from csvgen.report.thumbnails import Thumbnails, nothing_kept
from csvgen.verification.history import told_runs
from csvgen.verification.package import verify_package
from csvgen.workflow.attending import open_formal
from csvgen.workflow.gates import performers
from csvgen.workflow.signing import apart, waiting

from ..flow.test_terminal import csvgen
from ..tiny import OPERATOR, Tiny, runner
from .conftest import ACTUAL, HAND, ME, VERDICT, Sitting

BY_HAND = HAND.replace("@PQ @URS-TNY-002 @RA-TNY-002", "@IQ @URS-TNY-001 @RA-TNY-001").replace("@attended", "@attended @witness")
SECOND, REVIEWER = "oskar.lindqvist", "pavel.broz"
GO_ON = ("IQ", "--formal", "--resume", "IQ-001")


@pytest.fixture
def ordered(tiny) -> Tiny:
    """The installation is right, its protocol with a case by hand is approved, and its execution is issued."""
    made = tiny("specified")
    folder = made.root / "protocols" / "tiny"
    (case,) = number(folder, "IQ", ["label"]).values()
    (folder / "IQ" / "by-hand.feature").write_text(BY_HAND.replace("TC-PQ-0101", case), encoding="utf-8")
    made.configure("failures_to_lock", "3")
    made.approve_protocols("IQ")
    made.order("IQ")
    return made


def texts(blocks) -> str:
    return "\n".join(repr(b) for b in blocks)


def test_automated_then_attended_then_sealed_signed_and_reported(ordered):
    early = Sitting(ordered, "IQ", "--formal")
    code, shown = early.end()
    assert (code, "no run of the IQ waits for its attended cases" in shown) == (1, True)
    done = csvgen(ordered.root, "run", "IQ", "--formal", env=runner(ordered.root))
    assert done.returncode == 1, "an attended case that nobody carried out is no pass"
    assert "1 attended cases wait for a person: csvgen run IQ --formal --attended" in done.stderr
    run = ordered.state.run("IQ-001")
    assert (run.seal, run.waits, [r.verdict for r in run.results]) == (None, True, [Verdict.PASSED, Verdict.NOT_RUN])
    (order,) = (a for a in ordered.state.approvals if a.document.kind == "execution-order")
    assert list(run.plan.attended) == order.content["attended"] == [run.results[1].case]
    assert ordered.state.opened == (), "what still waits for a person is no deviation"

    assert "IQ-001 waits for the cases that a person carries out" in csvgen(ordered.root, "status").stdout

    steps = ordered.root / "protocols" / "tiny" / "conftest.py"
    approved = steps.read_bytes()
    steps.write_bytes(approved + b"\n# another\n")
    with pytest.raises(Refused, match="the step code is not the code that TNY-IQP r1 was approved with"):
        open_formal(ordered.state, "IQ", "", ordered.ledger, ordered.directory.account(ME), ordered.clock)
    steps.write_bytes(approved)

    sitting = Sitting(ordered, "IQ", "--formal")
    sitting.answers("lamp on")
    sitting.type((ACTUAL, "q"))
    sitting.end()
    with pytest.raises(Refused, match="IQ-001 waits for the cases that a person carries out"):
        ordered.publisher().order("IQ", (), "ci-runner", "tomas.feld")
    with pytest.raises(Refused, match=r"exists already|no execution of the IQ is ordered"):
        ordered.run("IQ")
    again = Sitting(ordered, *GO_ON)
    again.answers("one label came")
    again.type((ACTUAL, "LOT 7 in black"), (VERDICT, "p"))
    again.type(("Is the second person here", "y"), ("User id", ME), ("Password", ordered.password(ME)))
    again.child.expect_exact("the second person is another one")
    again.child.expect_exact("the step stays open")
    again.type(
        (ACTUAL, "LOT 7 in black"),
        (VERDICT, "p"),
        ("Is the second person here", "y"),
        ("User id", SECOND),
        ("Password", "wrong wrong wrong"),
    )
    again.child.expect_exact("the step stays open")
    again.type(
        (ACTUAL, "LOT 7 in black"),
        (VERDICT, "p"),
        ("Is the second person here", "y"),
        ("User id", SECOND),
        ("Password", ordered.password(SECOND)),
    )
    again.type(("is the answer as you see it", "y"))
    again.type(("Enter finishes", "c"), ("Number of the step", "2"), ("Corrected actual", "two labels came"), (VERDICT, "p"))
    again.type(("Why the first answer", "counted again"))
    again.finish_case()
    code, shown = again.end()
    assert code == 0, shown

    run = ordered.state.run("IQ-001")
    assert run.sealed and run.seal.complete
    result = run.results[1]
    assert (result.steps[2].witness.person, result.performed_by[0].person) == (SECOND, ME)
    events = [e for e in ordered.ledger.events() if e.record == "IQ-001"]
    assert [(e.action, e.person) for e in events] == [
        ("run-begin", "ci-runner"), ("run-part", "ci-runner"), ("run-part", ME), ("run-seal", ME),
    ]  # fmt: skip

    ordered.publisher().run_record("IQ-001")
    record = ordered.state.latest("TNY-RUN-IQ-001")
    assert record.content["attended_by"] == ["Nadia Corso (fictitious) (nadia.corso)"]
    assert any("answered 0." in flag for flag in record.content["flags"]), "who signs is shown what to look at"
    ordered.sign_all(ME)
    state = ordered.state
    (item,) = (w for w in waiting(state) if w.document.id == "TNY-RUN-IQ-001")
    for person in (SECOND, ME):
        refusal = apart(state, item, person, "reviewed")
        assert refusal is not None and refusal.rule == "RR-G02", person
    unsigned = SimpleNamespace(runs=state.runs, approvals=(), document_id=state.document_id, noted={})
    case = f"{result.case} in IQ-001"
    assert performers(unsigned, record.document) == {ME: f"attended {case}", SECOND: f"second person at {case}"}
    assert apart(state, item, REVIEWER, "reviewed") is None

    printed = texts(executed(ordered.state.protocol, "IQ", ordered.state.runs, (), Thumbnails(nothing_kept)))
    for words in (
        "two labels came",
        "one label came",
        "counted again",
        "Carried out by",
        SECOND,
        "answered 0.",
        "begun again: paused",
    ):
        assert words in printed, words
    row = next(r for r in ordered.state.matrix.rows if r.requirement == "URS-TNY-001")
    assert row.coverage == "passed"
    ordered.sign_all(REVIEWER)
    ordered.close_phase("IQ")
    failed = {c.name: c.detail for c in verify_package(ordered.export(ordered.root / "package"), ordered.state.trust).failed}
    assert failed == {}, "a package with an attended run verifies"


def test_what_may_not_be_gone_on_with(ordered):
    """Before the seal whoever can write the folder can mend the chain; the trail holds with which line each part ended."""
    csvgen(ordered.root, "run", "IQ", "--formal", env=runner(ordered.root))
    run = ordered.state.run("IQ-001")
    events = ordered.ledger.events()
    material = type("M", (), {"runs": (run,)})()
    assert not [f for f in told_runs(material, events) if "journal" in f]
    path = ordered.root / "output" / "tiny" / "runs" / "IQ-001" / "journal.main.jsonl"
    head, lines = digest_bytes(path.with_name("run.json").read_bytes()), []
    for line in path.read_bytes().splitlines(keepends=True):
        entry = {**read_canonical(line), "prev": head}
        if entry["kind"] == "worker-finished":
            entry["at"] = entry["at"].replace("2026", "2027")
        lines.append(canonical_json(entry))
        head = digest_bytes(lines[-1])
    path.write_bytes(b"".join(lines))
    assert ordered.state.run("IQ-001").problems == (), "the chain is whole"
    assert [f for f in told_runs(material, events) if "journal of main ended otherwise" in f]
    code, shown = Sitting(ordered, "IQ", "--formal").end()
    assert (code, "the journal of main is not what it was" in shown) == (1, True)
    untrained_and_died(ordered, path)


def untrained_and_died(ordered: Tiny, journal: Path) -> None:
    """Without training nobody attends a formal run, and a run whose automated part died is not gone on with: it is closed as aborted first."""
    account = ordered.directory.account(ME).model_dump()
    with ordered.ledger.change(OPERATOR, "for the test") as change:  # the record of training is taken away
        change.put("account", ME, {**account, "training": ()})
    code, shown = Sitting(ordered, "IQ", "--formal").end()
    assert (code, "has no training record" in shown) == (1, True)
    with ordered.ledger.change(OPERATOR, "for the test") as change:
        change.put("account", ME, account)
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    assert not ordered.state.run("IQ-001").waits
    code, shown = Sitting(ordered, "IQ", "--formal").end()
    assert (code, "did not come to its end" in shown) == (1, True)
    with pytest.raises(Refused, match="csvgen abandon IQ-001"):
        ordered.publisher().order("IQ", (), "ci-runner", "tomas.feld")


TEAM = """
from pytest_bdd import given

@given("the printer is switched on")
def printer(observe):
    observe("printer", expected="on", actual="on", source="the printer")
"""


@pytest.mark.slow
def test_other_step_code_of_a_library_elsewhere_is_told_with_its_rule_and_the_run_goes_on_once_it_is_back(
    tiny, tmp_path, monkeypatch
):
    """Where a library outside of the project lies only the executing process knows; it refuses by itself, and records nothing of that part."""
    library = tmp_path / "library" / "teamsteps.py"
    library.parent.mkdir()
    library.write_text(TEAM, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(library.parent), prepend=os.pathsep)
    monkeypatch.syspath_prepend(str(library.parent))
    made = tiny("specified")
    folder = made.root / "protocols" / "tiny"
    (folder / "conftest.py").write_text(
        f"{(folder / 'conftest.py').read_text(encoding='utf-8')}\nfrom teamsteps import *\n", encoding="utf-8"
    )
    (case,) = number(folder, "IQ", ["label"]).values()
    (folder / "IQ" / "by-hand.feature").write_text(
        BY_HAND.replace("TC-PQ-0101", case).replace("@attended @witness", "@attended"), encoding="utf-8"
    )
    made.configure("failures_to_lock", "3")
    made.approve_protocols("IQ")
    made.order("IQ")
    assert csvgen(made.root, "run", "IQ", "--formal", env=runner(made.root)).returncode == 1
    before = {p.name for p in (made.root / "output" / "tiny" / "runs" / "IQ-001").iterdir()}

    library.write_text(TEAM.replace('actual="on"', 'actual="ON".lower()'), encoding="utf-8")
    code, shown = Sitting(made, "IQ", "--formal").end()
    said = " ".join(shown.split())
    assert code == 1
    assert "RR-F02" in said
    assert f"{case} step 1 runs elsewhere/library/teamsteps.py" in said
    assert said.count("sha256:") >= 2, "which code it is, and which was approved"
    assert "put the files back as they were approved" in said
    assert "csvgen abandon" in said
    assert "pytest ended" not in said
    run = made.state.run("IQ-001")
    assert {p.name for p in (made.root / "output" / "tiny" / "runs" / "IQ-001").iterdir()} == before, "nothing was recorded"
    assert run.waits
    assert run.unsealable == ()

    library.write_text(TEAM, encoding="utf-8")
    sitting = Sitting(made, "IQ", "--formal")
    sitting.answers("one label came out")
    sitting.answers("LOT 7 in black")
    sitting.finish_case()
    code, shown = sitting.end()
    assert code == 0, shown
    assert made.state.run("IQ-001").sealed
