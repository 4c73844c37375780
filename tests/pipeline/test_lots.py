"""Lots: arrival of files, quarantine, deviations, processing, results that stand."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from csvgen.errors import BadInput, NotIntact, Refused

DATA = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data"
GEN5 = (DATA / "gen5-bca-plate.txt").read_bytes()
EMPOWER = (DATA / "empower-pq.json").read_bytes()


# ------------------------------------------------------------------ arrival


def test_a_file_is_registered_with_its_digest_and_kept(lab) -> None:
    content = lab.plate("1.000")
    outcome = lab.ingest("L-1", content)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    assert outcome.accepted
    assert outcome.facts["sha256"] == digest == lab.view("L-1").files["plate.csv"]
    kept = lab.stored(digest)
    assert kept.read_bytes() == content
    assert kept.stat().st_mode & 0o777 == 0o444
    fields = lab.app.records.read(lab.session("auditor"), "file/L-1:plate.csv").fields
    assert (fields["by"], fields["instrument"], fields["metadata.method"]) == (lab.user("analyst"), "PR-001", "LIN-01")
    assert fields["at"].endswith("Z")


def test_a_second_file_of_one_name_is_a_new_version(lab) -> None:
    first, second = lab.plate("1.000"), lab.plate("1.001")
    lab.ingest("L-1", first)
    assert lab.ingest("L-1", second).facts["version"] == "2"
    versions = lab.app.records.history(lab.session("auditor"), "file/L-1:plate.csv")
    assert [v.fields["digest"].removeprefix("sha256:") for v in versions] == [
        hashlib.sha256(c).hexdigest() for c in (first, second)
    ]
    assert all(lab.stored(v.fields["digest"]).is_file() for v in versions)
    lab.process("L-1")
    assert lab.view("L-1").tests[0].reported == "100.1"
    assert lab.app.lots.check_file(lab.session("analyst"), "L-1", "plate.csv").facts["versions"] == "2"


@pytest.mark.parametrize(
    ("lot", "name", "content", "metadata", "words"),
    [
        ("../x", "plate.csv", None, {}, "not a lot number"),
        ("", "plate.csv", None, {}, "not a lot number"),
        ("L" * 97, "plate.csv", None, {}, "not a lot number"),
        ("L-1", "../plate.csv", None, {}, "not a file name"),
        ("L-1", "a/../plate.csv", None, {}, "not a file name"),
        ("L-1", "/etc/plate.csv", None, {}, "not a file name"),
        ("L-1", "pl\nate.csv", None, {}, "not a file name"),
        ("L-1", "plate.csv", None, {"method": ""}, "must name its method"),
        ("L-1", "plate.csv", None, {"method": "NO-01"}, "no method 'NO-01' is registered"),
        ("L-1", "plate.csv", None, {"sample": "S9"}, "holds no sample 'S9'; it holds S1"),
        ("L-1", "plate.csv", None, {"note": "\u202e"}, "metadatum note holds"),
        ("L-1", "plate.csv", None, {f"k{i}": "v" for i in range(50)}, "the limit is 40"),
        ("L-1", "plate.csv", b"", {}, "the file is empty"),
        ("L-1", "plate.csv", b"#qc-plate/1\n", {}, "line 2 must be"),
        ("L-1", "plate.exe", None, {}, "no reader"),
        ("L-1", "plate.txt", GEN5[:3000], {}, "truncated"),
    ],
)
def test_what_is_refused_on_arrival_leaves_nothing(
    lab, lot: str, name: str, content: bytes | None, metadata: dict[str, str], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        lab.ingest(lot, lab.plate("1.000") if content is None else content, name, **metadata)
    assert lab.view("L-1") is None
    assert not [p for p in (lab.home / "raw").rglob("*") if p.is_file()]
    told = lab.events("ingest-refused")
    assert len(told) == 1
    assert words in told[0].reason


def test_another_method_for_a_known_lot(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    with pytest.raises(BadInput, match="lot L-1 is tested by method LIN-01, not BCA-01"):
        lab.ingest("L-1", lab.plate("1.000"), method="BCA-01")


def test_several_samples_need_a_name(lab) -> None:
    with pytest.raises(BadInput, match="the metadata must name one"):
        lab.ingest("L-1", GEN5, "plate.txt", method="BCA-01", sample="")


# ------------------------------------------------------------------ instruments


@pytest.mark.parametrize(
    ("instrument", "serial", "standing", "words"),
    [
        ("PR-001", None, "accepted", "registered as version 1"),
        ("PR-001", "PR-2301-0417", "accepted", "registered as version 1"),
        ("PR-001", "OTHER-1", "quarantined", "the file names the instrument 'OTHER-1', but PR-001 is 'PR-2301-0417'"),
        ("XX-999", None, "quarantined", "the instrument 'XX-999' is not registered"),
        ("", "PR-2301-0417", "accepted", "registered as version 1"),
        ("", "OTHER-1", "quarantined", "the file names the instrument 'OTHER-1', which is not registered"),
        ("", None, "accepted", "deviation DV-0001 opened"),
    ],
)
def test_where_data_come_from(lab, instrument: str, serial: str | None, standing: str, words: str) -> None:
    content = GEN5 if serial is None else GEN5.replace(b"Reader Serial Number:\tn/a", f"Reader Serial Number:\t{serial}".encode())
    outcome = lab.ingest("L-1", content, "plate.txt", method="BCA-01", sample="SPL1", instrument=instrument)
    assert outcome.accepted == (standing == "accepted")
    assert outcome.facts["standing"] == standing
    assert words in outcome.message
    assert lab.view("L-1").files["plate.txt"] == outcome.facts["sha256"]
    expected = 1 if "deviation" in words else 0
    assert len(lab.app.lots.deviations(lab.session("auditor"), "L-1")) == expected
    if standing == "quarantined":
        with pytest.raises(Refused, match=r"lot L-1 has no file that can be processed: file plate.txt is quarantined"):
            lab.process("L-1")
    else:
        assert lab.process("L-1").accepted


def test_an_instrument_past_its_calibration(lab) -> None:
    record = "instrument/PR-001"
    lab.app.records.change(lab.session("administrator"), record, "calibration_due", "2026-01-01", "certificate withdrawn")
    outcome = lab.ingest("L-1", lab.plate("1.000"))
    assert not outcome.accepted
    assert "the calibration of PR-001 was due on 2026-01-01" in outcome.message
    today = lab.clock.now().date()
    lab.app.records.change(lab.session("administrator"), record, "calibration_due", today.isoformat(), "calibrated again")
    assert lab.ingest("L-1", lab.plate("1.000")).accepted
    lab.clock.ahead = dt.timedelta(days=1)
    lab.session("analyst", anew=True)
    assert not lab.ingest("L-2", lab.plate("1.000")).accepted


def test_a_quarantined_file_is_replaced_by_a_good_one(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"), instrument="XX-1")
    assert lab.ingest("L-1", lab.plate("1.000")).accepted
    assert lab.process("L-1").accepted


# ------------------------------------------------------------------ deviations


def without_instrument(lab, lot: str = "L-1") -> None:
    lab.ingest(lot, lab.plate("1.000"), instrument="")
    lab.process(lot)


def dispose(lab, deviation: str, decision: str, reason: str = "logbook of that day", who: str = "quality"):
    return lab.app.decisions.dispose(lab.session(who), deviation, decision, reason, lab.user(who), lab.password(who))


def test_a_deviation_blocks_review_until_quality_has_decided(lab) -> None:
    without_instrument(lab)
    (open_one,) = lab.app.lots.deviations(lab.session("auditor"), "L-1")
    assert (open_one.id, open_one.state) == ("DV-0001", "open")
    assert "no instrument was given and the file names none" in open_one.reason
    with pytest.raises(Refused, match="lot L-1 has an open deviation: DV-0001; quality must dispose it first"):
        lab.sign("L-1", "reviewed", "reviewer")
    assert dispose(lab, "DV-0001", "accept").message == "DV-0001 disposed: accept"
    (closed,) = lab.app.lots.deviations(lab.session("auditor"), "L-1")
    assert (closed.state, closed.decision) == ("closed", "accept")
    (signature,) = lab.app.decisions.signatures(lab.session("auditor"), "deviation/DV-0001")
    assert (signature.user_id, signature.meaning, signature.valid) == (lab.user("quality"), "disposed", True)
    lab.sign("L-1", "reviewed", "reviewer")
    assert lab.sign("L-1", "released", "quality").accepted


def test_a_deviation_decided_with_reject_forbids_release(lab) -> None:
    without_instrument(lab)
    dispose(lab, "DV-0001", "reject")
    lab.sign("L-1", "reviewed", "reviewer")
    with pytest.raises(Refused, match="DV-0001 was decided with reject"):
        lab.sign("L-1", "released", "quality")
    assert lab.sign("L-1", "rejected", "quality").accepted


@pytest.mark.parametrize(
    ("deviation", "decision", "reason", "words"),
    [("DV-0001", "ignore", "x", "no decision 'ignore'; the decisions are accept, reject"), ("DV-0001", "accept", " - ", "the reason is missing"),
     ("DV-0009", "accept", "x", "no deviation 'DV-0009'")],
)  # fmt: skip
def test_dispositions_that_are_none(lab, deviation: str, decision: str, reason: str, words: str) -> None:
    without_instrument(lab)
    with pytest.raises((BadInput, Refused), match=words):
        dispose(lab, deviation, decision, reason)
    assert lab.app.lots.deviations(lab.session("auditor"), "L-1")[0].state == "open"


def test_a_deviation_is_decided_once_and_with_both_components(lab) -> None:
    without_instrument(lab)
    with pytest.raises(Refused):
        lab.app.decisions.dispose(lab.session("quality"), "DV-0001", "accept", "x", lab.user("quality"), "wrong")
    with pytest.raises(Refused, match="takes user id and password"):
        lab.app.decisions.dispose(lab.session("quality"), "DV-0001", "accept", "x", lab.user("analyst"), lab.password("quality"))
    dispose(lab, "DV-0001", "accept")
    with pytest.raises(Refused, match="DV-0001 is closed: it was decided with accept"):
        dispose(lab, "DV-0001", "reject")


def test_numbers_of_deviations_run_over_all_lots(lab) -> None:
    without_instrument(lab, "L-1")
    without_instrument(lab, "L-2")
    assert lab.app.lots.deviations(lab.session("auditor"), "L-2")[0].id == "DV-0002"


# ------------------------------------------------------------------ results


def test_results_and_their_run_record(lab) -> None:
    lab.ingest("L-1", lab.plate("0.9996"), method="BCA-01")
    lab.ingest(
        "L-1", lab.peaks(Solvent="500", Main="99.6", Imp_A="0.2", Imp_B="0.2"), "peaks.csv", instrument="HP-001", method="BCA-01"
    )
    outcome = lab.process("L-1")
    assert outcome.message == "lot L-1 processed in run RUN-0001: out of specification; investigation INV-0001 opened"
    view = lab.view("L-1")
    assert {t.name: t.reported for t in view.tests} == {
        "potency": "83.3", "impurity Imp A": "0.20", "impurity Imp B": "0.20", "total impurities": "0.40", "area Main": "99.60",
    }  # fmt: skip
    run = view.run_record
    assert run["operator"] == lab.user("analyst")
    assert run["inputs.plate.csv"] == view.files["plate.csv"]
    assert run["started"] <= run["ended"]
    assert run["parameters.potency.label_claim"] == "1200"
    assert run["code"] == next(c.sha256 for c in lab.app.installation.components() if c.name == "pipeline")
    assert (
        lab.app.records.read(lab.session("auditor"), "run/RUN-0001").fields["outputs"]
        == run["outputs"]
        == outcome.facts["outputs"]
    )


def test_real_files_end_to_end(lab) -> None:
    lab.ingest("L-1", GEN5, "plate.txt", method="BCA-01", sample="SPL1")
    lab.ingest("L-1", (DATA / "peaks-lot-a.csv").read_bytes(), "peaks-lot-a.csv", method="BCA-01", instrument="HP-001")
    assert lab.process("L-1").facts["verdict"] == "in specification"
    told = {t.name: t.reported for t in lab.view("L-1").tests}
    assert (told["potency"], told["impurity Imp-A"], told["total impurities"]) == ("100.5", "0.20", "0.34")
    lab.ingest("L-2", EMPOWER, "set.json", method="LCA-01", sample="PQ Std 5.0x", instrument="HP-001")
    lab.process("L-2")
    assert {t.name: t.reported for t in lab.view("L-2").tests}["impurity Butyrophenone"] == "22.33"


@pytest.mark.parametrize(
    ("plate", "peaks", "method", "verdict"),
    [
        (True, False, "LIN-01", "in specification"),
        (False, True, "LIN-01", "incomplete"),
        (True, False, "BCA-01", "out of specification"),
        (False, True, "BCA-01", "incomplete"),
        (True, True, "LIN-01", "in specification"),
    ],
)
def test_verdicts(lab, plate: bool, peaks: bool, method: str, verdict: str) -> None:
    if plate:
        lab.ingest("L-1", lab.plate("1.000"), method=method)
    if peaks:
        lab.ingest("L-1", lab.peaks(Main="99.9", A="0.1"), "peaks.csv", method=method, instrument="HP-001")
    lab.process("L-1")
    assert lab.view("L-1").verdict == verdict


def test_an_incomplete_lot_is_completed_or_not_released(lab) -> None:
    def lot(name: str) -> None:
        lab.ingest(name, GEN5, "plate.txt", method="BCA-01", sample="SPL1")
        lab.process(name)
        lab.sign(name, "reviewed", "reviewer")

    lot("L-1")
    with pytest.raises(Refused, match="lot L-1 is incomplete and cannot be released: no result for impurity"):
        lab.sign("L-1", "released", "quality")
    lab.ingest("L-1", lab.peaks(Main="99.9", A="0.1"), "peaks.csv", method="BCA-01", instrument="HP-001")
    assert lab.view("L-1").state == "processed"
    assert lab.process("L-1").facts["verdict"] == "in specification"
    assert [t.reported for t in lab.view("L-1").tests if t.name == "potency"] == ["100.5"]
    with pytest.raises(Refused):  # the review was of less
        lab.sign("L-1", "released", "quality")
    lab.sign("L-1", "reviewed", "reviewer")
    assert lab.sign("L-1", "released", "quality").accepted


def test_identical_inputs_give_identical_outputs(lab) -> None:
    digests = set()
    for lot in ("A", "B", "C"):
        lab.processed(lot, "0.987")
        digests.add(lab.view(lot).run_record["outputs"])
    assert len(digests) == 1
    lab.processed("D", "0.988")
    assert lab.view("D").run_record["outputs"] not in digests


# ------------------------------------------------------------------ no testing into compliance


def test_a_result_stands(lab) -> None:
    lab.processed("L-1", "0.900")
    assert lab.view("L-1").verdict == "out of specification"
    words = "lot L-1 has a reportable result for potency; a repeat needs a signed assignable cause"
    with pytest.raises(Refused, match=words):
        lab.process("L-1")
    lab.ingest("L-1", lab.plate("1.000"))
    with pytest.raises(Refused, match=words):
        lab.process("L-1")
    lab.ingest("L-1", lab.plate("1.001"), "second.csv")
    with pytest.raises(Refused, match=words):
        lab.process("L-1")
    lab.ingest("L-1", lab.peaks(Main="99.9", A="0.1"), "peaks.csv", instrument="HP-001")
    with pytest.raises(Refused, match=words):  # not even beside something that may still be calculated
        lab.process("L-1")
    assert [t.reported for t in lab.view("L-1").tests] == ["90.0"]


def test_two_files_are_neither_chosen_nor_averaged(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    lab.ingest("L-1", lab.plate("0.900"), "other.csv")
    with pytest.raises(Refused, match=r"2 files for potency .*neither chosen nor averaged"):
        lab.process("L-1")


def test_out_of_specification_goes_to_quality(lab) -> None:
    lab.processed("L-1", "0.900")
    (investigation,) = lab.app.lots.deviations(lab.session("auditor"), "L-1")
    assert (investigation.id, investigation.state) == ("INV-0001", "open")
    assert "potency 90.0 %, limit 95.0 to 105.0 %" in investigation.reason
    lab.sign("L-1", "reviewed", "reviewer")
    with pytest.raises(Refused, match="lot L-1 is out of specification and cannot be released"):
        lab.sign("L-1", "released", "quality")
    with pytest.raises(Refused, match="it cannot be accepted"):
        dispose(lab, "INV-0001", "accept")
    with pytest.raises(Refused, match="the reason is missing"):
        lab.sign("L-1", "rejected", "quality", reason="")
    assert lab.sign("L-1", "rejected", "quality", reason="confirmed").accepted
    (closed,) = lab.app.lots.deviations(lab.session("auditor"), "L-1")
    assert (closed.state, closed.decision) == ("closed", "reject")


def test_a_failed_suitability_gives_no_result_and_can_be_repeated(lab) -> None:
    bad = (("0", "0"), ("500", "0.9"), ("1000", "0.8"), ("1500", "1.5"))
    lab.ingest("L-1", lab.plate("1.000", standards=bad))
    outcome = lab.process("L-1")
    assert not outcome.accepted
    assert "run RUN-0001 of lot L-1 is invalid: system suitability not met: R squared" in outcome.message
    view = lab.view("L-1")
    assert (view.state, view.verdict, view.tests, view.run_record["valid"]) == ("registered", "invalid run", (), "no")
    lab.ingest("L-1", lab.plate("1.000"))
    assert lab.process("L-1").accepted
    assert lab.app.records.read(lab.session("auditor"), "run/RUN-0001").fields["why"] == view.run_record["why"]


def test_a_plate_that_cannot_be_calibrated_is_refused(lab) -> None:
    lab.ingest("L-1", (DATA / "bad" / "plate-one-calibrator.csv").read_bytes())
    with pytest.raises(BadInput, match="too few points: 1"):
        lab.process("L-1")
    assert lab.view("L-1").tests == ()
    with pytest.raises(BadInput, match="no lot 'L-9' is registered"):
        lab.process("L-9")


# ------------------------------------------------------------------ stored files


@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_damaged_file_is_noticed_before_it_is_used(lab, how: str) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    lab.processed("L-2", "1.001")
    for lot in ("L-1", "L-2"):
        path = lab.stored(lab.view(lot).files["plate.csv"])
        path.chmod(0o600)
        path.write_bytes(path.read_bytes().replace(b"0.500", b"0.501")) if how == "changed" else path.unlink()
    words = "has the digest" if how == "changed" else "is missing"
    assert words in lab.app.lots.check_file(lab.session("analyst"), "L-1", "plate.csv").message
    ((record, person, reason),) = {(e.record, e.user_id, e.reason) for e in lab.events("landing-fault")}
    assert (record, person) == ("file/L-1:plate.csv", lab.user("analyst"))
    assert words in reason, "a finding is an event, by whoever looked"
    with pytest.raises(NotIntact, match=words):
        lab.process("L-1")
    with pytest.raises(NotIntact, match=words):
        lab.sign("L-2", "reviewed", "reviewer")
    assert lab.view("L-2").state == "processed"
