"""A result out of specification: its investigation, the signed cause, the planned retests, and every way around them refused."""

from __future__ import annotations

import pytest

from csvgen.crypto.trust import trust_at
from csvgen.errors import BadInput, Refused
from csvgen.verification.outside import Outside
from csvgen.verification.verify import verify

INV = "INV-0001"
CAUSE = "pipette PIP-07 delivered 10 % too little"
EVIDENCE = ("file/L-1:plate.csv", "calibration note of the pipette, logbook page 41")


def failed(lab, lot: str = "L-1", signal: str = "0.900") -> None:
    lab.processed(lot, signal)
    assert lab.view(lot).verdict == "out of specification"


def investigate(
    lab, phase: str = "laboratory investigation", cause: str = CAUSE, who: str = "reviewer", evidence=EVIDENCE, inv: str = INV
):
    return lab.app.investigations.investigate(
        lab.session(who), inv, phase, "weighed out anew, short", cause, evidence if cause else ()
    )


def invalidate(lab, who: str = "quality", retests: str = "1", reason: str = "cause established", inv: str = INV):
    return lab.app.investigations.invalidate(lab.session(who), inv, retests, reason, lab.user(who), lab.password(who))


def record(lab, name: str) -> dict[str, str]:
    return dict(lab.app.records.read(lab.session("auditor"), name).fields)


def retest(lab, lot: str = "L-1", signal: str = "1.000", name: str = "retest.csv", who: str = "analyst-2"):
    lab.ingest(lot, lab.plate(signal), name, who=who)
    return lab.process(lot, who)


# ------------------------------------------------------------------ the way


def test_a_signed_cause_allows_the_planned_retest_and_the_old_result_stays_to_be_seen(lab) -> None:
    failed(lab)
    assert "assignable cause: pipette" in investigate(lab).message
    assert invalidate(lab).message == f"{INV}: potency of RUN-0001 is invalid ({CAUSE}); 1 retest planned"
    view = lab.view("L-1")
    assert (view.state, view.verdict, view.tests) == ("processed", "incomplete", ())
    assert retest(lab).message == "lot L-1 processed in run RUN-0002: in specification"
    (test,) = lab.view("L-1").tests
    assert (test.name, test.reported) == ("potency, retest 1 of 1", "100.0")
    for form in lab.app.decisions.forms():
        text = lab.app.decisions.manifestation(lab.session("auditor"), "L-1", form)
        assert "90.0" in text, form
        assert CAUSE in text, form
    (signature,) = lab.app.decisions.signatures(lab.session("auditor"), f"deviation/{INV}")
    assert (signature.user_id, signature.meaning, signature.valid) == (lab.user("quality"), "invalidated", True)
    lab.sign("L-1", "reviewed", "reviewer")
    assert lab.sign("L-1", "released", "quality").accepted


def test_who_when_cause_and_evidence_are_in_the_record(lab) -> None:
    failed(lab)
    investigate(lab)
    invalidate(lab)
    fields = record(lab, f"deviation/{INV}")
    assert (fields["decision"], fields["retests"], fields["run"], fields["part"]) == ("invalidate", "1", "RUN-0001", "potency")
    for part in (CAUSE, *EVIDENCE, lab.user("reviewer"), lab.user("quality"), "laboratory investigation", "conclusion"):
        assert part in fields["phases"]


def test_without_a_cause_the_result_stands(lab) -> None:
    failed(lab)
    investigate(lab, cause="")
    with pytest.raises(Refused, match="no assignable cause; without one the result stands"):
        invalidate(lab)
    investigate(lab, "full investigation", cause="")
    with pytest.raises(Refused, match="no assignable cause"):
        invalidate(lab)
    lab.app.decisions.dispose(lab.session("quality"), INV, "reject", "confirmed", lab.user("quality"), lab.password("quality"))
    assert record(lab, f"deviation/{INV}")["phases"].count('"phase":"conclusion"') == 1
    lab.sign("L-1", "reviewed", "reviewer")
    with pytest.raises(Refused, match="is out of specification and cannot be released"):
        lab.sign("L-1", "released", "quality")
    assert lab.sign("L-1", "rejected", "quality").accepted


def test_a_cause_may_be_found_in_the_full_investigation(lab) -> None:
    failed(lab)
    investigate(lab, cause="")
    investigate(lab, "full investigation", cause="sample drawn from the wrong drum")
    assert invalidate(lab).accepted


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        (["full investigation"], "cannot begin the full investigation; still missing: laboratory investigation"),
        (
            ["laboratory investigation", "laboratory investigation"],
            "the laboratory investigation of INV-0001 is on record already",
        ),
        (["conclusion"], "no phase 'conclusion'"),
        (["guess"], "no phase 'guess'; the phases are laboratory investigation, full investigation"),
    ],
)
def test_phases_have_an_order(lab, phases: list[str], words: str) -> None:
    failed(lab)
    for phase in phases[:-1]:
        investigate(lab, phase, cause="")
    with pytest.raises((Refused, BadInput), match=words):
        investigate(lab, phases[-1], cause="")


def test_a_cause_is_found_once(lab) -> None:
    failed(lab)
    investigate(lab)
    with pytest.raises(Refused, match="has an assignable cause already"):
        investigate(lab, "full investigation", cause="another one")


@pytest.mark.parametrize(
    ("cause", "evidence", "words"),
    [
        (CAUSE, (), "an assignable cause needs evidence"),
        ("--", ("x",), "the assignable cause is missing"),
        (CAUSE, ("file/L-1:nowhere.csv",), "names a record that is not there"),
        (CAUSE, ("\u202e",), "the evidence holds"),
    ],
)
def test_causes_that_are_none(lab, cause: str, evidence: tuple[str, ...], words: str) -> None:
    failed(lab)
    with pytest.raises((Refused, BadInput), match=words):
        lab.app.investigations.investigate(lab.session("reviewer"), INV, "laboratory investigation", "seen", cause, evidence)
    assert record(lab, f"deviation/{INV}")["phases"] == ""


# ------------------------------------------------------------------ separation of duties


@pytest.mark.parametrize(("who", "words"), [("analyst", "may not"), ("reviewer", "may not"), ("administrator", "may not")])
def test_only_quality_invalidates(lab, who: str, words: str) -> None:
    failed(lab)
    investigate(lab)
    with pytest.raises(Refused, match=words):
        invalidate(lab, who)
    assert lab.view("L-1").tests[0].reported == "90.0"


def test_who_recorded_the_cause_does_not_sign_it(lab) -> None:
    failed(lab)
    investigate(lab, who="reviewer-quality")
    with pytest.raises(Refused, match="recorded the cause of INV-0001; another person must sign it"):
        invalidate(lab, "reviewer-quality")
    assert invalidate(lab).accepted


def test_who_measured_does_not_invalidate(lab) -> None:
    lab.app.access.create_account(
        lab.session("administrator"), "qa.lab", "Quality and Analyst", ("analyst", "quality"), "first password 1"
    )
    session = lab.app.access.log_in("qa.lab", "first password 1").reference
    lab.app.access.set_password(session, "my own password 2")
    session = lab.app.access.log_in("qa.lab", "my own password 2").reference
    meta = {"method": "LIN-01", "sample": "S1", "instrument": "PR-001"}
    lab.app.arrivals.ingest(session, "L-1", "plate.csv", lab.plate("0.900"), meta)
    lab.process("L-1")  # by another analyst: who brought the data in is kept apart as well
    investigate(lab)
    with pytest.raises(Refused, match="measured or brought in the result of INV-0001 and may not invalidate it"):
        lab.app.investigations.invalidate(session, INV, "1", "cause", "qa.lab", "my own password 2")


def test_a_wrong_password_invalidates_nothing(lab) -> None:
    failed(lab)
    investigate(lab)
    with pytest.raises(Refused):
        lab.app.investigations.invalidate(lab.session("quality"), INV, "1", "cause", lab.user("quality"), "wrong")
    assert lab.view("L-1").tests[0].reported == "90.0"
    assert record(lab, f"deviation/{INV}")["state"] == "open"


# ------------------------------------------------------------------ the plan


@pytest.mark.parametrize("retests", ["0", "3", "-1", "", "many", "1.0", "99999999999"])
def test_the_number_of_retests_is_fixed_within_the_method(lab, retests: str) -> None:
    failed(lab)
    investigate(lab)
    with pytest.raises(Refused, match="the method LIN-01 allows 1 to 2 retests, fixed before any of them is measured"):
        invalidate(lab, retests=retests)


def test_every_planned_retest_is_measured_and_reported(lab) -> None:
    failed(lab)
    investigate(lab)
    invalidate(lab, retests="2")
    (waiting,) = lab.app.standing.lots(lab.session("auditor"))
    assert (waiting.waits_for, waiting.what) == ("analyst", f"retests: 2 of potency ({INV})")
    assert "RUN-0002: incomplete" in retest(lab, signal="1.000", name="one.csv").message
    lab.sign("L-1", "reviewed", "reviewer")
    with pytest.raises(Refused, match="lot L-1 is incomplete and cannot be released: no result for potency"):
        lab.sign("L-1", "released", "quality")
    lab.ingest("L-1", lab.plate("1.010"), "two.csv", who="analyst-2")
    lab.process("L-1", "analyst-2")
    told = {t.name: t.reported for t in lab.view("L-1").tests}
    assert told == {"potency, retest 1 of 2": "100.0", "potency, retest 2 of 2": "101.0"}  # side by side, no mean of them
    with pytest.raises(Refused, match="a repeat needs a signed assignable cause"):
        retest(lab, signal="1.002", name="three.csv")


def test_retests_brought_in_together_are_processed_one_by_one(lab) -> None:
    failed(lab)
    investigate(lab)
    invalidate(lab, retests="2")
    lab.ingest("L-1", lab.plate("1.010"), "one.csv", who="analyst-2")
    lab.ingest("L-1", lab.plate("1.000"), "two.csv", who="analyst-2")
    assert "RUN-0002: incomplete" in lab.process("L-1", "analyst-2").message
    assert "RUN-0003: in specification" in lab.process("L-1", "analyst-2").message
    told = {t.name: t.reported for t in lab.view("L-1").tests}
    assert told == {"potency, retest 1 of 2": "101.0", "potency, retest 2 of 2": "100.0"}  # in the order they came


def test_what_could_never_count_as_a_retest_is_refused_on_arrival(lab) -> None:
    failed(lab)
    investigate(lab)
    invalidate(lab, retests="1")
    with pytest.raises(Refused, match=r"measured the result that INV-0001 invalidated; the method asks for another analyst"):
        lab.ingest("L-1", lab.plate("1.000"), "mine.csv", who="analyst")
    lab.ingest("L-1", lab.plate("0.910"), "one.csv", who="analyst-2")
    with pytest.raises(Refused, match=r"INV-0001 plans 1 retest of potency; there already: one\.csv"):
        lab.ingest("L-1", lab.plate("1.000"), "two.csv", who="analyst-2")
    assert set(lab.view("L-1").files) == {"plate.csv", "one.csv"}


def test_a_retest_that_is_replaced_before_it_is_processed_waits_for_quality(lab) -> None:
    failed(lab)
    investigate(lab)
    invalidate(lab, retests="1")
    lab.ingest("L-1", lab.plate("0.910"), "one.csv", who="analyst-2")
    told = lab.ingest("L-1", lab.plate("1.000"), "one.csv", who="analyst-2")
    assert "a second measurement" in told.message


def test_a_failing_retest_is_a_new_investigation(lab) -> None:
    failed(lab)
    investigate(lab)
    invalidate(lab)
    assert retest(lab, signal="0.910").facts["investigation"] == "INV-0002"
    assert lab.view("L-1").verdict == "out of specification"
    with pytest.raises(Refused, match="a repeat needs a signed assignable cause"):
        retest(lab, signal="1.000", name="again.csv")


def test_the_first_analyst_does_not_retest_where_the_method_says_so(lab) -> None:
    failed(lab)
    investigate(lab)
    invalidate(lab)
    lab.ingest("L-1", lab.plate("1.000"), "retest.csv", who="analyst-2")
    with pytest.raises(
        Refused, match=r"val\.analyst measured the result that INV-0001 invalidated; the method asks for another analyst"
    ):
        lab.process("L-1", "analyst")
    assert lab.process("L-1", "analyst-2").accepted


def test_data_measured_before_the_plan_are_no_retest(lab) -> None:
    failed(lab)
    lab.ingest("L-1", lab.plate("1.000"), "early.csv", who="analyst-2")
    investigate(lab)
    invalidate(lab)
    with pytest.raises(Refused, match="a retest needs a new measurement, brought in after its plan was approved"):
        lab.process("L-1", "analyst-2")
    assert retest(lab, signal="1.001").accepted


def test_a_retest_without_suitability_does_not_use_up_the_plan(lab) -> None:
    failed(lab)
    investigate(lab)
    invalidate(lab)
    bad = (("0", "0"), ("500", "0.9"), ("1000", "0.8"), ("1500", "1.5"))
    lab.ingest("L-1", lab.plate("1.000", standards=bad), "bad.csv", who="analyst-2")
    assert not lab.process("L-1", "analyst-2").accepted
    lab.ingest("L-1", lab.plate("1.000"), "bad.csv", who="analyst-2")
    assert lab.process("L-1", "analyst-2").accepted
    assert [t.name for t in lab.view("L-1").tests] == ["potency, retest 1 of 1"]


# ------------------------------------------------------------------ testing into compliance


def attempts(lab) -> dict[str, object]:
    return {
        "again": lambda: lab.process("L-1"),
        "a new version of the file": lambda: (lab.ingest("L-1", lab.plate("1.000")), lab.process("L-1")),
        "a file of another name": lambda: (lab.ingest("L-1", lab.plate("1.000"), "better.csv"), lab.process("L-1")),
        "by another person": lambda: lab.process("L-1", "analyst-2"),
        "the same bytes, renamed": lambda: (lab.ingest("L-1", lab.plate("0.900"), "renamed.csv"), lab.process("L-1")),
        "an average with good wells": lambda: (lab.ingest("L-1", lab.plate("0.900", "1.100")), lab.process("L-1")),
        "deleting the file": lambda: lab.app.records.delete(lab.session("quality"), "file/L-1:plate.csv", "wrong data"),
        "deleting the run": lambda: lab.app.records.delete(lab.session("administrator"), "run/RUN-0001", "wrong data"),
        "changing the result": lambda: lab.app.records.change(lab.session("analyst"), "L-1", "tests", "[]", "typo"),
        "changing the verdict": lambda: lab.app.records.change(lab.session("analyst"), "L-1", "verdict", "in specification", "typo"),
        "changing the method": lambda: lab.app.records.change(lab.session("administrator"), "method/LIN-01", "potency", "{}", "wider"),
        "another method": lambda: lab.ingest("L-1", lab.plate("1.000"), "other.csv", method="BCA-01"),
        "accepting the deviation": lambda: lab.app.decisions.dispose(
            lab.session("quality"), INV, "accept", "fits", lab.user("quality"), lab.password("quality")
        ),
        "deciding it like a cause": lambda: lab.app.decisions.dispose(
            lab.session("quality"), INV, "invalidate", "fits", lab.user("quality"), lab.password("quality")
        ),
    }  # fmt: skip


@pytest.mark.parametrize("attempt", sorted(attempts(None)))
def test_nothing_makes_a_failing_result_pass(lab, attempt: str) -> None:
    failed(lab)
    with pytest.raises((Refused, BadInput)):
        attempts(lab)[attempt]()
    view = lab.view("L-1")
    assert ([t.reported for t in view.tests], view.verdict) == (["90.0"], "out of specification")
    assert record(lab, f"deviation/{INV}")["state"] == "open"
    assert any(e.action.endswith("-refused") for e in lab.events())


def test_the_same_data_under_another_lot_are_refused(lab) -> None:
    failed(lab)
    lab.ingest("L-2", lab.plate("0.900"))
    with pytest.raises(Refused, match="are those of lot L-1, out of specification in RUN-0001"):
        lab.process("L-2")
    lab.ingest("L-3", lab.plate("0.900"), method="BCA-01")  # with limits that might suit them better
    with pytest.raises(Refused, match="data stand for one lot and are not judged again under another name"):
        lab.process("L-3")
    assert lab.view("L-2").tests == lab.view("L-3").tests == ()


def test_after_the_decision_there_is_no_investigation(lab) -> None:
    failed(lab)
    investigate(lab)
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", "rejected", "quality")
    with pytest.raises(Refused, match="INV-0001 is closed: it was decided with reject"):
        invalidate(lab)
    with pytest.raises(Refused, match="is closed"):
        investigate(lab, "full investigation")


def test_a_cause_signed_after_review_asks_for_a_new_review(lab) -> None:
    failed(lab)
    lab.sign("L-1", "reviewed", "reviewer")
    investigate(lab)
    invalidate(lab)
    assert lab.view("L-1").state == "processed"
    assert not any(s.valid for s in lab.app.decisions.signatures(lab.session("auditor"), "L-1"))


def test_another_sample_of_a_plate_that_failed_for_one_is_judged(lab) -> None:
    """One plate holds several samples; that one of them failed says nothing about the others, whatever was tried for its lot."""
    two = (
        lab.plate("0.900").replace(b"sample,S1,1,0.900\n", b"sample,S1,1,0.900\nsample,S2,1,1.000\n").replace(b"end,5", b"end,6")
    )
    lab.ingest("L-1", two, sample="S1")
    lab.process("L-1")
    lab.ingest("L-1", two, sample="S2")  # a try to have another sample's result for this lot
    with pytest.raises(Refused, match="a repeat needs a signed assignable cause"):
        lab.process("L-1")
    lab.ingest("L-2", two, sample="S2")
    assert lab.process("L-2").facts["verdict"] == "in specification"
    lab.ingest("L-3", two, sample="S1")
    with pytest.raises(Refused, match="are those of lot L-1, out of specification"):
        lab.process("L-3")


def test_an_instance_with_a_retest_can_be_verified(lab) -> None:
    """A retest is called another name in the lot than in its run; that is no difference."""
    failed(lab)
    investigate(lab)
    invalidate(lab, retests="2")
    retest(lab)
    retest(lab, signal="1.001", name="retest-2.csv")
    assert [t.name for t in lab.view("L-1").tests] == ["potency, retest 1 of 2", "potency, retest 2 of 2"]
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", "released", "quality")
    found = verify(lab.home, trust_at(lab.home / "keys" / "ca.pem"), Outside())
    assert [f"{c.name}: {c.detail}" for c in found.failed] == []
