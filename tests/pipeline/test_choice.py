"""Nobody chooses among measurements unseen, and nobody judges the own work: the ways to test a lot into compliance, each closed."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from csvgen.errors import BadInput, Refused
from csvgen.pipeline.methods import read_method
from csvgen.pipeline.nouns import FileRecord

FAILS, PASSES = "0.800", "1.000"


def deviations(lab, lot: str) -> list[tuple[str, str]]:
    return [(d.state, d.reason) for d in lab.app.lots.deviations(lab.session("auditor"), lot)]


def chromatogram(lab, lot: str, name: str = "peaks.csv", **areas: str) -> None:
    lab.ingest(lot, lab.peaks(**areas), name, method="BCA-01", instrument="HP-001")


def both(lab, *roles: str) -> str:
    """One person with several roles, trained like everybody else."""
    user, first, own = "val.both", "first password of both", "the password of both 7"
    access, administrator = lab.app.access, lab.session("administrator")
    access.create_account(administrator, user, "Validation Both", roles, first)
    access.set_password(access.log_in(user, first).reference, own)
    lab.accounts["both"] = {"user_id": user, "password": own}
    day = lab.clock.now().date()
    until = (day + dt.timedelta(days=300)).isoformat()
    lab.app.conditions.register_training(administrator, user, "SOP-QC-001", "1", day.isoformat(), until, "course")
    return "both"


def dispose(lab, deviation: str, who: str) -> None:
    lab.app.decisions.dispose(lab.session(who), deviation, "accept", "looked at", lab.user(who), lab.password(who))


# ------------------------------------------------------------ a second measurement


@pytest.mark.parametrize("name", ["plate.csv", "other.csv"])
@pytest.mark.parametrize("processed", [True, False], ids=["after its result", "before it was processed"])
def test_data_that_come_a_second_time_wait_for_quality(lab, name: str, processed: bool) -> None:
    lab.ingest("L-1", lab.plate(PASSES if processed else FAILS))
    if processed:
        lab.process("L-1")
    told = lab.ingest("L-1", lab.plate(FAILS if processed else PASSES), name)
    version = 2 if name == "plate.csv" else 1
    words = f"file {name} version {version} measures the potency again; plate.csv version 1 was accepted before it"
    assert deviations(lab, "L-1") == [("open", f"second measurement: {words}")]
    assert "deviation DV-0001 opened: a second measurement" in told.message
    if name == "plate.csv" and not processed:
        lab.process("L-1")
    if lab.view("L-1").tests:
        with pytest.raises(Refused, match="open deviation: DV-0001; quality must dispose it first"):
            lab.sign("L-1", "reviewed", "reviewer")
        dispose(lab, "DV-0001", "quality")
        assert lab.sign("L-1", "reviewed", "reviewer").accepted


def test_the_same_bytes_with_other_particulars_are_no_second_measurement(lab) -> None:
    lab.ingest("L-1", lab.plate(PASSES))
    lab.ingest("L-1", lab.plate(PASSES), supplier="told later")
    assert deviations(lab, "L-1") == []


def test_another_sample_of_the_same_plate_is_a_second_measurement(lab) -> None:
    """The plate holds both; whoever names the one that passes after the other has chosen."""
    plate = lab.plate(FAILS, PASSES).replace(f"sample,S1,1,{PASSES}".encode(), f"sample,S2,1,{PASSES}".encode())
    lab.ingest("L-1", plate)
    lab.ingest("L-1", plate, sample="S2")
    words = "file plate.csv version 2 measures the potency again; plate.csv version 1, sample S1, was accepted before it"
    assert deviations(lab, "L-1") == [("open", f"second measurement: {words}")]
    lab.process("L-1")
    with pytest.raises(Refused, match="open deviation: DV-0001"):
        lab.sign("L-1", "reviewed", "reviewer")


def test_after_its_own_suitability_failed_a_test_is_measured_again(lab) -> None:
    steep = (("0", "0.000"), ("500", "0.900"), ("1000", "0.100"), ("1500", "1.500"))
    lab.ingest("L-1", lab.plate(PASSES, standards=steep))
    assert not lab.process("L-1").accepted
    lab.ingest("L-1", lab.plate(PASSES))
    assert deviations(lab, "L-1") == []
    assert lab.process("L-1").accepted


def test_a_bad_chromatogram_makes_no_way_for_another_plate(lab) -> None:
    lab.ingest("L-1", lab.plate(FAILS), method="BCA-01")
    chromatogram(lab, "L-1", Other="100")
    assert "no peak 'Main'" in lab.process("L-1").message
    lab.ingest("L-1", lab.plate(PASSES), method="BCA-01")
    assert [reason.split(":")[0] for _, reason in deviations(lab, "L-1")] == ["second measurement"]
    chromatogram(lab, "L-1", Main="100", Solvent="3")
    assert len(deviations(lab, "L-1")) == 1  # the chromatogram was at fault


def test_a_bad_plate_makes_no_way_for_another_chromatogram(lab) -> None:
    steep = (("0", "0.000"), ("500", "0.900"), ("1000", "0.100"), ("1500", "1.500"))
    lab.ingest("L-1", lab.plate(PASSES, standards=steep), method="BCA-01")
    chromatogram(lab, "L-1", Main="90", Impurity="10")
    assert not lab.process("L-1").accepted
    lab.ingest("L-1", lab.plate(PASSES), method="BCA-01")
    chromatogram(lab, "L-1", Main="100", Impurity="0.01")
    with pytest.raises(Refused, match=r"came a second time with Main 90 -> 100; Impurity 10 -> 0[.]01"):
        lab.process("L-1")


def test_a_planned_retest_is_asked_for(lab) -> None:
    lab.processed("L-1", FAILS)
    lab.app.investigations.investigate(
        lab.session("reviewer"), "INV-0001", "laboratory investigation", "weighed anew", "pipette out of order", ("logbook 41",)
    )
    lab.app.investigations.invalidate(
        lab.session("quality"), "INV-0001", "1", "cause shown", lab.user("quality"), lab.password("quality")
    )
    lab.ingest("L-1", lab.plate(PASSES), "retest.csv", who="analyst-2")
    assert [state for state, _ in deviations(lab, "L-1")] == ["closed"]  # the investigation alone
    lab.process("L-1", "analyst-2")
    lab.ingest("L-1", lab.plate("1.001"), "once-more.csv", who="analyst-2")
    assert [state for state, _ in deviations(lab, "L-1")] == ["open", "closed"]


# ------------------------------------------------------------ the own work


@pytest.mark.parametrize("meaning", ["released", "rejected"])
def test_who_brought_in_or_processed_does_not_decide(lab, meaning: str) -> None:
    who = both(lab, "analyst", "quality")
    lab.processed("L-1", PASSES, who=who)
    lab.ingest("L-2", lab.plate("1.001"), who=who)
    lab.process("L-2")
    for lot, act in (("L-1", "processed lot L-1"), ("L-2", "brought in data of lot L-2")):
        lab.sign(lot, "reviewed", "reviewer")
        with pytest.raises(Refused, match=f"Validation Both {act} and may not decide on its release"):
            lab.sign(lot, meaning, who)
        assert lab.sign(lot, meaning, "quality").accepted


def test_who_brought_in_does_not_dispose_of_the_deviation(lab) -> None:
    who = both(lab, "analyst", "quality")
    lab.ingest("L-1", lab.plate(PASSES), who=who, instrument="")
    with pytest.raises(Refused, match="brought in data of lot L-1 and may not dispose of DV-0001"):
        dispose(lab, "DV-0001", who)
    dispose(lab, "DV-0001", "quality")


def test_an_earlier_version_counts_as_brought_in(lab) -> None:
    who = both(lab, "analyst", "quality")
    lab.ingest("L-1", lab.plate(PASSES), who=who, instrument="")
    lab.ingest("L-1", lab.plate(PASSES))
    assert lab.app._core.known("file", "L-1:plate.csv", FileRecord)[0].by == lab.user("analyst")
    with pytest.raises(Refused, match="brought in data of lot L-1"):
        dispose(lab, "DV-0001", who)


# ------------------------------------------------------------ data left lying


def test_data_that_were_brought_in_are_processed_before_review(lab) -> None:
    """The method does not ask for impurities; whoever measured them reports them all the same."""
    lab.processed("L-1", PASSES)
    lab.ingest("L-1", lab.peaks(Main="90", Impurity="10"), "peaks.csv", instrument="HP-001")
    with pytest.raises(Refused, match=r"has data that were not processed: peaks[.]csv; what was measured is reported"):
        lab.sign("L-1", "reviewed", "reviewer")
    assert "out of specification" in lab.process("L-1").message
    assert lab.sign("L-1", "reviewed", "reviewer").accepted
    with pytest.raises(Refused, match="is out of specification and cannot be released"):
        lab.sign("L-1", "released", "quality")


def test_data_whose_suitability_failed_were_processed(lab) -> None:
    lab.processed("L-1", PASSES)
    lab.ingest("L-1", lab.peaks(Other="100"), "peaks.csv", instrument="HP-001")
    assert not lab.process("L-1").accepted
    assert lab.sign("L-1", "reviewed", "reviewer").accepted


# ------------------------------------------------------------ limits that decide nothing


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('low: "95.0"', 'low: "105.1"', "the lower limit 105.1 lies above the upper limit 105.0"),
        ('label_claim: "1000"', 'label_claim: "0"', "the label claim must be above zero"),
        ('label_claim: "1000"', 'label_claim: "-1"', "the label claim must be above zero"),
        ('r_squared: "0.990"', 'r_squared: "-0.1"', "R squared lies between 0 and 1, not at -0.1"),
        ('r_squared: "0.990"', 'r_squared: "1.1"', "R squared lies between 0 and 1, not at 1.1"),
        ('each: "0.20"', 'each: "-0.20"', "a limit of impurities is not below zero"),
        ('total: "0.50"', 'total: "-0.50"', "a limit of impurities is not below zero"),
    ],
)
def test_a_method_whose_limits_decide_nothing_is_none(old: str, new: str, words: str) -> None:
    document = """id: LIN-02
title: constructed
potency: {model: linear, label_claim: "1000", unit: ug/mL, r_squared: "0.990", low: "95.0", high: "105.0", decimals: "1"}
impurity: {main: Main, excluded: [Solvent], each: "0.20", total: "0.50", decimals: "2"}
"""
    assert read_method(document).parts == ("potency", "impurity")
    with pytest.raises(BadInput, match=re.escape(words)):
        read_method(document.replace(old, new))
