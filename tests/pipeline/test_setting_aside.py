"""A file that came by accident is set aside by two people before it is processed; and every way to choose among results by it, closed."""

from __future__ import annotations

import json

import pytest

from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, Refused
from csvgen.pipeline.nouns import FileRecord, Lot

FAILS, PASSES, STEEP = "0.800", "1.000", (("0", "0.000"), ("500", "0.900"), ("1000", "0.100"), ("1500", "1.500"))


def propose(
    lab, file: str, lot: str = "L-1", who: str = "reviewer", cause: str = "wrong sample", evidence: tuple = ("logbook 41",)
):
    return lab.app.aside.propose(lab.session(who), lot, file, cause, evidence)


def sign(lab, record: str = "SA-0001", who: str = "quality"):
    return lab.app.aside.sign(lab.session(who), record, "logbook read", lab.user(who), lab.password(who))


def aside(lab, file: str, lot: str = "L-1", record: str = "SA-0001"):
    propose(lab, file, lot)
    return sign(lab, record)


def two(lab, first: str = PASSES, second: str = "1.010") -> None:
    lab.ingest("L-1", lab.plate(first), "first.csv")
    lab.ingest("L-1", lab.plate(second), "second.csv")


def dispose(lab) -> None:
    """Every open deviation of the lot."""
    for found in lab.app.lots.deviations(lab.session("auditor"), "L-1"):
        if found.state == "open":
            who = (lab.user("quality"), lab.password("quality"))
            lab.app.decisions.dispose(lab.session("quality"), found.id, "accept", "told in SA-0001", *who)


def lot(lab, name: str = "L-1") -> Lot:
    return lab.app._core.known("lot", name, Lot)[0]


def file(lab, name: str) -> FileRecord:
    return lab.app._core.known("file", f"L-1:{name}", FileRecord)[0]


def fields(lab, record: str) -> dict[str, str]:
    return dict(lab.app.records.read(lab.session("auditor"), record).fields)


# ------------------------------------------------------------ the way out


def test_two_files_of_one_test_stop_a_lot_until_one_is_set_aside(lab) -> None:
    two(lab)
    with pytest.raises(Refused, match=r"has 2 files for potency \(first[.]csv, second[.]csv\)") as caught:
        lab.process("L-1")
    assert "csvgen pipeline aside propose" in caught.value.hint
    told = propose(lab, "second.csv")
    assert told.message == "SA-0001: second.csv of lot L-1 is to be set aside; quality must sign it"
    assert told.facts["reads"].startswith("potency 101.0 %, in specification")
    assert file(lab, "second.csv").standing == "accepted", "nothing changes before quality has signed"
    assert sign(lab).message == "second.csv of lot L-1 is set aside by SA-0001: wrong sample"
    assert lab.process("L-1").accepted
    assert [t.reported for t in lab.view("L-1").tests] == ["100.0"]
    dispose(lab)
    lab.sign("L-1", "reviewed", "reviewer")
    assert lab.sign("L-1", "released", "quality").accepted


def test_it_stays_where_it_lies_and_is_shown_wherever_its_lot_is(lab) -> None:
    two(lab)
    aside(lab, "second.csv")
    lab.process("L-1")
    dispose(lab)
    content = lab.plate("1.010")
    assert lab.stored(digest_bytes(content)).read_bytes() == content
    assert lab.app.lots.check_file(lab.session("auditor"), "L-1", "second.csv").accepted
    assert lab.app.arrivals.register.check_landing(lab.session("auditor")).accepted
    why = "wrong sample; proposed by Validation Reviewer (val.reviewer), signed by Validation Quality (val.quality)"
    assert file(lab, "second.csv").decision == f"SA-0001: {why}"
    actions = [(e.action, e.record, e.user_id) for e in lab.app.trail.about("lot/L-1") if "aside" in e.action]
    assert {*actions} == {
        ("propose-aside", "set-aside/SA-0001", lab.user("reviewer")),
        ("set-aside", "set-aside/SA-0001", lab.user("quality")),
        ("set-aside", "file/L-1:second.csv", lab.user("quality")),
    }
    packet = lab.app.decisions.review_packet(lab.session("reviewer"), "L-1")
    assert why in packet.human.decode()
    assert "set-aside/SA-0001" in [r["record"] for r in json.loads(packet.electronic)["records"]]
    trace = lab.app.provenance.trace(lab.session("auditor"), "second.csv")
    words = "set aside: wrong sample; proposed by Validation Reviewer, signed by Validation Quality"
    assert ("set-aside/SA-0001", words) in [(s.target, s.words) for s in trace.down]
    lab.sign("L-1", "reviewed", "reviewer")
    lab.sign("L-1", "released", "quality")
    copy = lab.app.certificates.certificate(lab.session("quality"), "L-1")
    assert [(a["file"], a["told"]) for a in json.loads(copy.electronic)["set_aside"]] == [("second.csv", why)]
    (signature,) = lab.app.decisions.signatures(lab.session("auditor"), "set-aside/SA-0001")
    assert (signature.meaning, signature.user_id, signature.valid) == ("set aside", lab.user("quality"), True)


def test_the_right_file_can_come_under_the_same_name(lab) -> None:
    """A lot with one wrong file and nothing else: set aside, measured, processed, with no second measurement to explain."""
    lab.ingest("L-1", lab.plate("1.010"))
    aside(lab, "plate.csv")
    with pytest.raises(Refused, match=r"has no file that can be processed: file plate.csv is set aside"):
        lab.process("L-1")
    lab.ingest("L-1", lab.plate(PASSES))
    assert lab.app.lots.deviations(lab.session("auditor"), "L-1") == ()
    assert lab.process("L-1").accepted
    assert lot(lab).files["plate.csv"].standing == "accepted"
    assert [a.file for a in lot(lab).aside] == ["plate.csv"]


def test_a_file_behind_a_result_is_set_aside_and_the_lot_names_what_was_processed(lab) -> None:
    lab.processed("L-1")
    lab.ingest("L-1", lab.plate("1.010"))
    lab.ingest("L-1", lab.peaks(Main="99.9", A="0.1"), "peaks.csv", instrument="HP-001")
    with pytest.raises(Refused, match="has a reportable result for potency"):
        lab.process("L-1")
    aside(lab, "plate.csv")
    assert lot(lab).files["plate.csv"].sha256 == digest_bytes(lab.plate(PASSES))
    assert lab.process("L-1").accepted
    assert {t.name for t in lab.view("L-1").tests} >= {"potency", "total impurities"}


def test_a_file_without_result_is_set_aside_too(lab) -> None:
    """It fails its suitability: processed alone it would be an invalid run; here it stands in the way of another."""
    lab.ingest("L-1", lab.plate(PASSES, standards=STEEP), "first.csv")
    lab.ingest("L-1", lab.plate(PASSES), "second.csv")
    assert propose(lab, "first.csv").facts["reads"].startswith("no result: ")
    assert sign(lab).accepted
    assert lab.process("L-1").accepted


def test_quality_may_refuse(lab) -> None:
    two(lab)
    propose(lab, "second.csv")
    for act in (lambda: lab.process("L-1"), lambda: propose(lab, "second.csv")):
        with pytest.raises(Refused, match="SA-0001"):
            act()
    assert lab.app.standing.lots(lab.session("analyst"))[0].what == "SA-0001: whether a file is set aside"
    told = lab.app.aside.refuse(lab.session("quality"), "SA-0001", "the logbook says otherwise")
    assert told.message == "SA-0001 refused: second.csv stays as it is"
    assert (file(lab, "second.csv").standing, fields(lab, "set-aside/SA-0001")["state"]) == ("accepted", "refused")
    with pytest.raises(Refused, match="SA-0001 is decided: refused"):
        sign(lab)
    with pytest.raises(Refused, match="has 2 files for potency"):
        lab.process("L-1")


# ------------------------------------------------------------ testing into compliance


def test_a_file_that_reads_out_of_limit_is_not_set_aside(lab) -> None:
    """What the file says is calculated before anybody may put it away; the failing one is processed and investigated."""
    two(lab, FAILS, PASSES)
    with pytest.raises(
        Refused, match=r"first.csv of lot L-1 reads out of specification: potency 80.0 %.*is investigated, never"
    ) as c:
        propose(lab, "first.csv")
    assert "process it and investigate the result" in c.value.hint
    assert "propose-aside-refused" in {e.action for e in lab.events()}, "that it was tried is told"
    aside(lab, "second.csv")  # the way out: what reads in limit goes, what fails stays
    assert "out of specification; investigation INV-0001 opened" in lab.process("L-1").message


def test_alone_a_failing_file_is_no_file_to_set_aside(lab) -> None:
    lab.ingest("L-1", lab.plate(FAILS))
    with pytest.raises(Refused, match="reads out of specification"):
        propose(lab, "plate.csv")


def test_where_all_fail_one_may_go_and_the_lot_is_never_released(lab) -> None:
    """Nothing to choose. But a cause found for the other one later must not make the lot pass with this one never looked into."""
    two(lab, FAILS, "0.810")
    propose(lab, "first.csv")
    assert sign(lab).message.endswith("it read out of specification, so the lot can only be rejected")
    lab.process("L-1")
    found = ("weighed anew", "pipette out of order", ("logbook 42",))
    lab.app.investigations.investigate(lab.session("reviewer"), "INV-0001", "laboratory investigation", *found)
    who = (lab.user("quality"), lab.password("quality"))
    lab.app.investigations.invalidate(lab.session("quality"), "INV-0001", "1", "cause shown", *who)
    lab.ingest("L-1", lab.plate(PASSES), "retest.csv", who="analyst-2")
    lab.process("L-1", "analyst-2")
    dispose(lab)
    lab.sign("L-1", "reviewed", "reviewer")
    with pytest.raises(
        Refused, match=r"first[.]csv \(SA-0001\) was set aside and read out of specification, .* it can be rejected"
    ):
        lab.sign("L-1", "released", "quality")
    assert lab.sign("L-1", "rejected", "quality").accepted


def test_what_came_meanwhile_is_looked_at_again_before_the_signature(lab) -> None:
    """All failed when it was proposed; now one stands beside it that passes: to set the failing one aside would be to choose."""
    two(lab, FAILS, "0.810")
    propose(lab, "first.csv")
    lab.ingest("L-1", lab.plate(PASSES), "third.csv")
    with pytest.raises(Refused, match="reads out of specification"):
        sign(lab)
    assert file(lab, "first.csv").standing == "accepted"


def test_an_earlier_failing_version_does_not_vanish_behind_its_name(lab) -> None:
    lab.ingest("L-1", lab.plate(FAILS))
    lab.ingest("L-1", lab.plate(PASSES))
    with pytest.raises(Refused, match=r"plate.csv of lot L-1 reads out of specification: potency 80.0 %"):
        propose(lab, "plate.csv")


def test_a_failing_sample_does_not_vanish_behind_another_of_the_same_plate(lab) -> None:
    plate = lab.plate(FAILS, PASSES).replace(f"sample,S1,1,{PASSES}".encode(), f"sample,S2,1,{PASSES}".encode())
    lab.ingest("L-1", plate)
    lab.ingest("L-1", plate, sample="S2")
    with pytest.raises(Refused, match=r"plate.csv of lot L-1 reads out of specification: potency 80.0 %"):
        propose(lab, "plate.csv")


def test_what_was_processed_stands(lab) -> None:
    lab.processed("L-1")
    with pytest.raises(Refused, match=r"plate.csv of lot L-1 was processed in RUN-0001; what a run has read stands"):
        propose(lab, "plate.csv")
    lab.ingest("L-2", lab.plate(PASSES, standards=STEEP))
    assert not lab.process("L-2").accepted
    with pytest.raises(Refused, match="was processed in RUN-0002"):
        propose(lab, "plate.csv", "L-2")


def test_after_a_failing_result_nothing_of_that_test_is_set_aside(lab) -> None:
    lab.processed("L-1", FAILS)
    lab.ingest("L-1", lab.plate(PASSES), "more.csv")
    with pytest.raises(Refused, match="the potency of lot L-1 is out of specification in RUN-0001; after a failing result"):
        propose(lab, "more.csv")
    found = ("weighed anew", "pipette out of order", ("logbook 42",))
    lab.app.investigations.investigate(lab.session("reviewer"), "INV-0001", "laboratory investigation", *found)
    who = (lab.user("quality"), lab.password("quality"))
    lab.app.investigations.invalidate(lab.session("quality"), "INV-0001", "2", "cause shown", *who)
    for name, signal in (("r1.csv", "1.001"), ("r2.csv", "0.952")):
        lab.ingest("L-1", lab.plate(signal), name, who="analyst-2")
    with pytest.raises(Refused, match="out of specification in RUN-0001; after a failing result"):
        propose(lab, "r2.csv")  # retests: all of them are reported


def test_data_that_failed_in_another_lot_were_seen(lab) -> None:
    lab.processed("L-2", FAILS)
    lab.ingest("L-1", lab.plate(FAILS).replace(b"0.800", b"0.8000"), "first.csv")
    lab.ingest("L-1", lab.plate("0.810"), "second.csv")
    with pytest.raises(Refused, match="those of lot L-2, out of specification in RUN-0001; they were seen out of limit"):
        propose(lab, "first.csv")


def test_a_changed_integration_is_not_put_away(lab) -> None:
    lab.ingest("L-1", lab.peaks(Main="90", Impurity="10"), "peaks.csv", instrument="HP-001")
    lab.app.integrations.reintegrate(
        lab.session("analyst"), "L-1", "peaks.csv", lab.peaks(Main="99.9", Impurity="0.1"), "baseline"
    )
    with pytest.raises(Refused, match=r"the integration of peaks.csv of lot L-1 was changed in RI-0001"):
        propose(lab, "peaks.csv")


def test_it_does_not_come_back(lab) -> None:
    """Put away, and fetched again once the other reads worse: neither under its name, nor another, nor in another spelling."""
    again = lab.plate("1.010", "1.011").replace(b"sample,S1,1,1.011", b"sample,S2,1,1.011")
    lab.ingest("L-1", lab.plate(PASSES), "first.csv")
    lab.ingest("L-1", again, "second.csv")
    aside(lab, "second.csv")
    same = "second.csv says the same, and was set aside by SA-0001"
    for content, name, sample, words in (
        (again, "second.csv", "S1", same),
        (again, "other.csv", "S1", same),
        (again.replace(b"1.010", b"1.01"), "other.csv", "S1", same),
        (again, "second.csv", "S2", "these bytes are version 2 of second.csv, which quality set aside"),
        (again, "other.csv", "S2", "the same bytes are registered as second.csv version"),
    ):
        with pytest.raises(Refused, match=words):
            lab.ingest("L-1", content, name, sample=sample)
    with pytest.raises(Refused, match=r"second.csv of lot L-1 is set aside already"):
        propose(lab, "second.csv")


def test_after_review_nothing_is_set_aside(lab) -> None:
    lab.bring("L-1", "reviewed")
    with pytest.raises(Refused, match="lot L-1 cannot have a file set aside: it is already reviewed"):
        propose(lab, "plate.csv")


def test_a_file_that_changed_since_it_was_proposed(lab) -> None:
    two(lab)
    propose(lab, "second.csv")
    lab.ingest("L-1", lab.plate("1.010"), "second.csv", supplier="told later")
    with pytest.raises(Refused, match=r"second.csv of lot L-1 has another version since SA-0001"):
        sign(lab)


# ------------------------------------------------------------ who, and why


def test_who_may_not(lab) -> None:
    two(lab)
    with pytest.raises(Refused, match=r"Validation Analyst brought in second.csv; .* must be proposed by another person"):
        propose(lab, "second.csv", who="analyst")
    for who in ("quality", "administrator", "auditor"):
        with pytest.raises(Refused, match="may not propose to set a file aside"):
            propose(lab, "second.csv", who=who)
    propose(lab, "second.csv", who="reviewer-quality")
    for who in ("analyst", "reviewer", "administrator", "auditor"):
        with pytest.raises(Refused, match="may not set a file aside"):
            sign(lab, who=who)
    with pytest.raises(Refused, match="proposed SA-0001; another person must decide it"):
        sign(lab, who="reviewer-quality")
    with pytest.raises(Refused, match="proposed SA-0001; another person must decide it"):
        lab.app.aside.refuse(lab.session("reviewer-quality"), "SA-0001", "after all not")
    assert file(lab, "second.csv").standing == "accepted"


def test_without_cause_and_evidence_nothing_is_proposed(lab) -> None:
    two(lab)
    for given, words in (
        ({"cause": " - "}, "the cause is missing"),
        ({"evidence": ()}, "a cause needs evidence"),
        ({"evidence": ("file/L-1:none.csv",)}, "names a record that is not there"),
    ):
        with pytest.raises((Refused, BadInput), match=words):
            propose(lab, "second.csv", **given)
    with pytest.raises(BadInput, match=r"lot L-1 has no file 'none.csv'; it has first.csv, second.csv"):
        propose(lab, "none.csv")
    assert lab.app._core.ledger.all("set-aside") == ()


def test_a_review_waits_for_the_decision(lab) -> None:
    lab.processed("L-1")
    lab.ingest("L-1", lab.plate("1.010"), "second.csv")
    propose(lab, "second.csv")
    dispose(lab)
    with pytest.raises(Refused, match="SA-0001 wants a file set aside; quality must decide it first"):
        lab.sign("L-1", "reviewed", "reviewer")
    sign(lab)
    assert lab.sign("L-1", "reviewed", "reviewer").accepted


# ------------------------------------------------------------ who has left since


def test_that_the_reviewer_was_retired_is_said_where_it_is_released(lab) -> None:
    lab.bring("L-1", "reviewed")
    lab.app.access.retire_account(lab.session("administrator"), lab.user("reviewer"), "left the company")
    words = "Validation Reviewer (val.reviewer), who signed as reviewed, was retired on "
    for form in ("screen", "print", "data"):
        assert words in lab.app.decisions.manifestation(lab.session("quality"), "L-1", form), form
    packet = lab.app.decisions.review_packet(lab.session("quality"), "L-1").human.decode()
    assert words in packet
    outcome = lab.sign("L-1", "released", "quality")
    assert words in outcome.facts["notes"]
    assert "after signing; the signature stays valid" in outcome.facts["notes"]
