"""A formal run with attended cases: one order, one folder, one seal; the automated part first, then the person's, then the seal."""

from __future__ import annotations

import json

import pytest

from csvgen.canonical import canonical_json, digest_bytes, read_canonical
from csvgen.errors import Refused
from csvgen.model.execution import Verdict
from csvgen.protocol.adopt import number
from csvgen.report.case_blocks import executed
from csvgen.verification.history import told_runs
from csvgen.workflow.signing import for_person

from ..flow.test_terminal import csvgen
from ..tiny import OPERATOR, Tiny, runner
from .conftest import ACTUAL, HAND, ME, VERDICT, Sitting

BY_HAND = HAND.replace("@PQ @URS-TNY-002 @RA-TNY-002", "@IQ @URS-TNY-001 @RA-TNY-001").replace("@attended", "@attended @witness")
SECOND = "pavel.broz"
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
    assert ordered.state.opened == (), "what still waits for a person is no deviation"

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
    again.type(("User id of the second person", ME), ("Password", ordered.password(ME)))
    again.child.expect_exact("the second person is another one")
    again.child.expect_exact("the step stays open")
    again.type((ACTUAL, "LOT 7 in black"), (VERDICT, "p"), ("User id of the second", SECOND), ("Password", "wrong wrong wrong"))
    again.child.expect_exact("the step stays open")
    again.type(
        (ACTUAL, "LOT 7 in black"), (VERDICT, "p"), ("User id of the second", SECOND), ("Password", ordered.password(SECOND))
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
    item = list(for_person(ordered.state, ordered.directory.account(SECOND), "2026-12-01T00:00:00.000000Z"))
    assert item == [], "the second person of a step does not review the run (RR-G02)"

    printed = texts(executed(ordered.state.protocol, "IQ", ordered.state.runs, ()))
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


def test_a_changed_automated_part_is_not_gone_on_with_and_the_trail_knows(ordered):
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


def test_without_training_nobody_attends_a_formal_run_and_a_died_automated_part_is_ordered_anew(ordered):
    csvgen(ordered.root, "run", "IQ", "--formal", env=runner(ordered.root))
    folder = ordered.root / "output" / "tiny" / "runs" / "IQ-001"
    account = ordered.directory.account(ME).model_dump()
    with ordered.ledger.change(OPERATOR, "for the test") as change:  # the record of training is taken away
        change.put("account", ME, {**account, "training": ()})
    code, shown = Sitting(ordered, "IQ", "--formal").end()
    assert (code, "has no training record" in shown) == (1, True)
    with ordered.ledger.change(OPERATOR, "for the test") as change:
        change.put("account", ME, account)
    journal = folder / "journal.main.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    assert not ordered.state.run("IQ-001").waits
    code, shown = Sitting(ordered, "IQ", "--formal").end()
    assert (code, "did not come to its end" in shown) == (1, True)
    assert ordered.publisher().order("IQ", (), "ci-runner", "tomas.feld").id == "TNY-XO-IQ-002"


def test_order_and_plan_name_the_cases_of_people(ordered):
    """An older order names none: its attended cases are recorded as not run, as before."""
    (order,) = (a for a in ordered.state.approvals if a.document.kind == "execution-order")
    (case,) = order.content["attended"]
    csvgen(ordered.root, "run", "IQ", "--formal", env=runner(ordered.root))
    plan = json.loads((ordered.root / "output" / "tiny" / "runs" / "IQ-001" / "run.json").read_text(encoding="utf-8"))
    assert plan["attended"] == [case] and case in [p["case"] for p in plan["planned"]]
