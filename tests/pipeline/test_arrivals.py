"""Arrival: who, when, from what, by which calibration; what happens to bytes that come again; quarantine and the way out of it."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest

from csvgen.audit.ledger import system_actor
from csvgen.canonical import digest_bytes
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline.acquired import acquired, after_arrival
from csvgen.pipeline.judging import judge, judge_sender
from csvgen.pipeline.register import Arriving
from csvgen.pipeline.sources import Instrument, Sender, in_force

from .conftest import DATA, Lab
from .test_landing import MEGABYTE, Stream

GEN5 = (DATA / "gen5-bca-plate.txt").read_bytes()
NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def fields(lab: Lab, record: str) -> dict[str, str]:
    return dict(lab.app.records.read(lab.session("auditor"), record).fields)


def at_work(lab: Lab) -> None:
    """As an instance for work is installed: repeated data open a deviation. A bench is told of them only."""
    with lab.app._core.ledger.change(system_actor("test"), "as installed for work") as change:
        change.put("configuration", "repeated_data", {"key": "repeated_data", "value": "deviation"})


def deviations(lab: Lab, lot: str) -> list[tuple[str, str]]:
    found = lab.app.lots.deviations(lab.session("auditor"), lot)
    return [(d.state, d.reason) for d in found]


def raw_files(lab: Lab) -> list[Path]:
    return [p for p in (lab.home / "raw").rglob("*") if p.is_file()]


# ------------------------------------------------------------------ registration


@pytest.mark.parametrize("spelled", [str, str.upper, "sha256:{}".format])
def test_a_digest_that_the_sender_declares_is_compared(lab, spelled) -> None:
    """As of the files of a study: another file than the one declared is refused, and nothing of it is kept."""
    said = {"method": "BCA-01", "sample": "SPL1", "instrument": "PR-001"}
    session, before = lab.session("analyst"), raw_files(lab)
    with pytest.raises(BadInput, match="its manifest says"):
        lab.app.arrivals.ingest(session, "L-1", "plate.txt", GEN5, said | {"sha256": spelled(digest_bytes(b"other").hex)})
    assert raw_files(lab) == before
    assert lab.app.arrivals.ingest(session, "L-1", "plate.txt", GEN5, said | {"sha256": spelled(digest_bytes(GEN5).hex)}).accepted


def test_what_is_registered(lab) -> None:
    lab.app.arrivals.bring(
        lab.session("analyst"), "L-1", "plate.txt", io.BytesIO(GEN5),
        {"method": "BCA-01", "sample": "SPL1", "instrument": "PR-001"}, "watched folder",
    )  # fmt: skip
    found = fields(lab, "file/L-1:plate.txt")
    assert found["digest"] == digest_bytes(GEN5)
    assert (found["size"], found["by"], found["through"]) == (str(len(GEN5)), lab.user("analyst"), "watched folder")
    assert (found["measured"], found["subject"], found["place"]) == ("2022-10-10T21:00:04", "lot/L-1", "local")
    assert found["calibration"].startswith("no certificate number, due 20")


def test_a_stream_too_long_for_an_instrument_file_is_not_read_to_its_end(lab) -> None:
    source = Stream(1024)
    with pytest.raises(BadInput, match="the file has more than 20000000 bytes"):
        lab.app.arrivals.bring(lab.session("analyst"), "L-1", "plate.txt", source, {"method": "BCA-01"}, "folder")
    assert source._left > 1000 * MEGABYTE
    assert lab.view("L-1") is None
    assert raw_files(lab) == []
    assert len(lab.events("ingest-refused")) == 1


def test_files_of_a_study_are_registered_in_the_same_way(lab) -> None:
    core, source = lab.app._core, Stream(40)
    acting = core.admit(lab.session("analyst"), "ingest")
    seen = []
    arrived = lab.app.arrivals.register.arrive(
        acting,
        Arriving("study/S-1", "scan.raw", sender="CRO-01", through="transfer"),
        source,
        lambda change, told: seen.append((told.id, change.latest("file", told.id).number)),
    )
    assert seen == [("study/S-1:scan.raw", 1)]
    assert (arrived.file.size, arrived.file.digest) == (40 * MEGABYTE, f"sha256:{source.hashed.hexdigest()}")
    assert core.ledger.latest("file", "study/S-1:scan.raw").content["sender"] == "CRO-01"


def test_nothing_lands_when_the_consequences_fail(lab) -> None:
    acting = lab.app._core.admit(lab.session("analyst"), "ingest")

    def fail(*_: object) -> None:
        raise Refused("the study is locked")

    with pytest.raises(Refused, match="the study is locked"):
        lab.app.arrivals.register.arrive(acting, Arriving("study/S-1", "dm.xpt"), b"HEADER", fail)
    assert raw_files(lab) == []
    assert lab.app._core.ledger.latest("file", "study/S-1:dm.xpt") is None


# ------------------------------------------------------------------ the same bytes again


def test_the_same_file_again_is_told_as_a_duplicate(lab) -> None:
    content = lab.plate("1.000")
    lab.ingest("L-1", content)
    before = lab.app._core.ledger.latest("lot", "L-1").number
    again = lab.ingest("L-1", content)
    assert again.facts["duplicate"] == "yes"
    assert "registered already as version 1 with these bytes; nothing was added" in again.message
    assert len(lab.app.records.history(lab.session("auditor"), "file/L-1:plate.csv")) == 1
    assert lab.app._core.ledger.latest("lot", "L-1").number == before
    assert {(e.record, e.user_id) for e in lab.events("duplicate-arrival")} == {("file/L-1:plate.csv", lab.user("analyst"))}


def test_other_particulars_of_the_same_bytes_are_a_version(lab) -> None:
    content = lab.plate("1.000")
    lab.ingest("L-1", content, operator="A")
    assert lab.ingest("L-1", content, operator="B").facts["version"] == "2"


def test_what_was_replaced_does_not_come_back(lab) -> None:
    first = lab.plate("1.000")
    lab.ingest("L-1", first)
    lab.ingest("L-1", lab.plate("0.990"))
    with pytest.raises(Refused, match=r"these bytes are version 1 of plate.csv, which a later version replaced"):
        lab.ingest("L-1", first)
    assert lab.view("L-1").files["plate.csv"] == digest_bytes(lab.plate("0.990"))


def test_the_same_bytes_under_another_name_are_refused(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    with pytest.raises(Refused, match=r"the same bytes are registered as plate.csv version 1; one measurement counts once"):
        lab.ingest("L-1", lab.plate("1.000"), "second.csv")
    assert set(lab.view("L-1").files) == {"plate.csv"}
    assert len(raw_files(lab)) == 1


def test_the_same_bytes_for_another_lot_open_a_deviation(lab) -> None:
    at_work(lab)
    lab.ingest("L-1", lab.plate("1.000"))
    outcome = lab.ingest("L-2", lab.plate("1.000"))
    assert "deviation DV-0001 opened: the same data stand elsewhere" in outcome.message
    assert outcome.facts["also"] == "file/L-1:plate.csv version 1"
    ((state, reason),) = deviations(lab, "L-2")
    assert (state, "file plate.csv version 1 has the bytes of file plate.csv version 1 of lot L-1" in reason) == ("open", True)
    assert deviations(lab, "L-1") == []
    lab.process("L-2")
    with pytest.raises(Refused, match="lot L-2 has an open deviation: DV-0001"):
        lab.sign("L-2", "reviewed", "reviewer")


def test_one_plate_may_serve_two_lots_by_two_samples(lab) -> None:
    at_work(lab)
    given = {"method": "BCA-01", "instrument": "PR-001"}
    lab.ingest("L-1", GEN5, "plate.txt", sample="SPL1", **given)
    outcome = lab.ingest("L-2", GEN5, "plate.txt", sample="SPL2", **given)
    assert outcome.accepted
    assert outcome.facts["also"] == "file/L-1:plate.txt version 1"
    assert deviations(lab, "L-2") == []


def test_a_bench_is_told_of_repeated_data(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    assert lab.ingest("L-2", lab.plate("1.000")).accepted
    assert deviations(lab, "L-2") == []
    assert {e.record for e in lab.events("repeated-data")} == {"lot/L-2"}


def test_repeated_data_are_no_setting_of_an_administrator(lab) -> None:
    with pytest.raises(Refused, match="was fixed at installation"):
        lab.app.records.configure(lab.session("administrator"), "repeated_data", "told", "less work")


def test_the_index_of_digests_is_read_again_when_an_instance_opens(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    lab.app.close()
    other = Lab(lab.home)
    try:
        with pytest.raises(Refused, match="one measurement counts once"):
            other.ingest("L-1", other.plate("1.000"), "second.csv")
    finally:
        other.app.close()


def test_a_file_swapped_for_another_kind_is_refused(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    with pytest.raises(BadInput, match=r"plate.csv of lot L-1 holds potency, this file impurity: was it swapped"):
        lab.ingest("L-1", lab.peaks(Main="99.8"), "plate.csv", instrument="HP-001")
    assert lab.view("L-1").files["plate.csv"] == digest_bytes(lab.plate("1.000"))


@pytest.mark.parametrize("key", ["product", "supplier", "supplier_lot"])
def test_two_lots_with_one_id(lab, key: str) -> None:
    lab.ingest("L-1", lab.plate("1.000"), **{key: "first"})
    with pytest.raises(
        BadInput, match=rf"lot L-1 is registered with the {key.replace('_', ' ')} 'first', not 'second'; two lots"
    ):
        lab.ingest("L-1", lab.peaks(Main="99.8"), "peaks.csv", instrument="HP-001", **{key: "second"})
    assert set(lab.view("L-1").files) == {"plate.csv"}
    assert lab.ingest("L-1", lab.peaks(Main="99.8"), "peaks.csv", instrument="HP-001", **{key: "first"}).accepted


# ------------------------------------------------------------------ calibration


def calibrated(lab: Lab, since: str, due: str, certificate: str = "CAL-1", content: bytes = b"%PDF-1.7 certificate"):
    session = lab.session("administrator")
    return lab.app.sources.calibrate(session, "PR-001", certificate, since, due, content, "yearly calibration")


def test_a_calibration_is_a_version_with_its_certificate(lab) -> None:
    outcome = calibrated(lab, "2026-01-10", "2027-01-10")
    assert outcome.accepted, outcome.message
    found = fields(lab, "instrument/PR-001")
    assert (found["certificate"], found["calibrated_on"], found["calibration_due"]) == ("CAL-1", "2026-01-10", "2027-01-10")
    certificate = fields(lab, found["certificate_file"])
    assert (certificate["digest"], certificate["subject"]) == (digest_bytes(b"%PDF-1.7 certificate"), "instrument/PR-001")
    assert lab.stored(certificate["digest"]).read_bytes() == b"%PDF-1.7 certificate"
    assert len(lab.app.records.history(lab.session("auditor"), "instrument/PR-001")) == 2
    assert lab.ingest("L-1", lab.plate("1.000")).accepted
    assert fields(lab, "file/L-1:plate.csv")["calibration"] == "certificate CAL-1, from 2026-01-10 due 2027-01-10"


@pytest.mark.parametrize(
    ("since", "due", "certificate", "words"),
    [
        ("2026-01-10", "2025-01-10", "CAL-1", "cannot have been due"),
        ("2999-01-10", "2999-02-10", "CAL-1", "has not happened yet"),
        ("yesterday", "2027-01-10", "CAL-1", "calibrated_on"),
        ("", "2027-01-10", "CAL-1", "the day it was done"),
        ("2026-01-10", "2027-01-10", "../CAL", "not a certificate number"),
        ("2026-01-10", "2027-01-10", "", "not a certificate number"),
    ],
)
def test_a_calibration_that_cannot_be(lab, since: str, due: str, certificate: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        calibrated(lab, since, due, certificate)
    assert len(lab.app.records.history(lab.session("auditor"), "instrument/PR-001")) == 1
    assert raw_files(lab) == []


def test_a_certificate_is_used_once_and_not_empty(lab) -> None:
    with pytest.raises(BadInput, match="the file is empty"):
        calibrated(lab, "2026-01-10", "2027-01-10", content=b"")
    calibrated(lab, "2026-01-10", "2027-01-10")
    with pytest.raises(BadInput, match="certificate CAL-1 is registered for PR-001 already"):
        calibrated(lab, "2026-06-10", "2027-06-10", content=b"%PDF-1.7 another")


@pytest.mark.parametrize(
    ("since", "standing", "words"),
    [
        ("2022-10-10", "accepted", ""),
        ("2022-10-11", "quarantined", "no calibration of PR-001 holds on 2022-10-10; the last one begins on 2022-10-11"),
    ],
)
def test_a_file_is_judged_by_the_calibration_of_the_day_it_was_measured(lab, since: str, standing: str, words: str) -> None:
    """The plate says it was measured on 2022-10-10; the instrument's first version, without a certificate, was closed before."""
    lab.app.records.change(lab.session("administrator"), "instrument/PR-001", "calibration_due", "2022-01-01", "as it was")
    calibrated(lab, since, "2099-01-01")
    outcome = lab.ingest("L-1", GEN5, "plate.txt", method="BCA-01", sample="SPL1")
    assert outcome.facts["standing"] == standing
    assert words in outcome.message


def instrument(since: str = "", due: str = "", state: str = "in use") -> Instrument:
    return Instrument(id="PR-001", kind="reader", named="R1", calibration_due=due, calibrated_on=since, state=state)


def test_the_calibration_in_force() -> None:
    old, new = instrument("2024-01-01", "2024-12-31"), instrument("2025-02-01", "2026-01-31")
    for day, wanted in (
        ("2023-12-31", None), ("2024-01-01", old), ("2024-12-31", old), ("2025-01-15", None), ("2025-02-01", new), ("2026-02-01", None),
    ):  # fmt: skip
        assert in_force([old, new], day) == wanted, day
    withdrawn = instrument("2025-02-01", "2025-03-01")
    assert in_force([old, new, withdrawn], "2025-06-01") is None, "a corrected due date is not believed any more"
    assert in_force([instrument(state="not calibrated")], "2025-06-01") is None


@pytest.mark.parametrize(
    ("given", "named", "measured", "versions", "standing", "words"),
    [
        ("PR-001", "", (), [instrument("2026-01-01", "2026-12-31")], "accepted", ""),
        ("PR-001", "", ("2025-12-31T08:00:00",), [instrument("2026-01-01", "2026-12-31")], "quarantined", "no calibration of"),
        (
            "PR-001",
            "",
            (),
            [instrument("2025-01-01", "2026-11-20")],
            "quarantined",
            "was due on 2026-11-20, the file is of 2026-11-21",
        ),
        ("PR-001", "", (), [instrument("2026-01-01", "2026-12-31", "retired")], "quarantined", "is retired"),
        ("PR-001", "", (), [instrument(state="not calibrated")], "quarantined", "was never calibrated"),
        ("PR-002", "", (), [instrument()], "quarantined", "'PR-002' is not registered"),
        ("", "R1", (), [instrument()], "accepted", ""),
        ("", "", ("2026-11-21T12:00:00Z",), [instrument()], "accepted", ""),
        ("", "", ("2026-11-21T12:06:00Z",), [instrument()], "quarantined", "measured at 2026-11-21T12:06:00Z, after it arrived"),
        ("PR-001", "", ("2020-01-01T00:00:00", "2026-11-22T03:00:00"), [instrument()], "quarantined", "after it arrived"),
    ],
)
def test_judging(
    given: str, named: str, measured: tuple[str, ...], versions: list[Instrument], standing: str, words: str
) -> None:
    found = judge({"PR-001": versions}, given, named, measured, NOW, 300)
    assert found.standing == standing
    assert words in found.why


def test_a_time_without_zone_may_be_of_the_zone_farthest_ahead() -> None:
    tolerance = dt.timedelta(minutes=5)
    assert not after_arrival("2026-11-22T02:00:00", NOW, tolerance)
    assert after_arrival("2026-11-22T02:06:00", NOW, tolerance)
    assert after_arrival("2026-11-21T12:06:00+00:00", NOW, tolerance)
    assert not after_arrival("2026-11-21T22:00:00+10:00", NOW, tolerance)


def test_the_times_files_say() -> None:
    assert acquired("plate.txt", GEN5) == ("2022-10-10T21:00:04",)
    assert acquired("peaks.json", (DATA / "empower-pq.json").read_bytes())[0].startswith("1997-09-17T")
    assert acquired("plate.csv", b"#qc-plate/1\n") == ()
    with pytest.raises(BadInput, match="the time of measurement cannot be read: '31/31/2022"):
        acquired("plate.txt", GEN5.replace(b"10/10/2022", b"31/31/2022"))


# ------------------------------------------------------------------ sources


def test_a_new_instrument_waits_for_its_calibration(lab) -> None:
    admin = lab.session("administrator")
    lab.app.sources.register_instrument(admin, "PR-009", "plate reader", "PR-9", "bought")
    outcome = lab.ingest("L-1", lab.plate("1.000"), instrument="PR-009")
    assert "the instrument PR-009 was never calibrated" in outcome.message
    lab.app.sources.calibrate(admin, "PR-009", "CAL-9", "2026-01-01", "2099-01-01", b"%PDF", "first calibration")
    assert lab.ingest("L-1", lab.plate("1.000"), instrument="PR-009").accepted
    lab.app.sources.retire(admin, "instrument/PR-009", "broken")
    assert "PR-009 is retired" in lab.ingest("L-2", lab.plate("1.000"), instrument="PR-009").message
    with pytest.raises(Refused, match="PR-009 is retired"):
        lab.app.sources.calibrate(admin, "PR-009", "CAL-10", "2026-02-01", "2099-01-01", b"%PDF 2", "again")
    with pytest.raises(BadInput, match="ids are never given again"):
        lab.app.sources.register_instrument(admin, "PR-009", "plate reader", "PR-9", "another")


@pytest.mark.parametrize("who", ["analyst", "reviewer", "quality", "auditor"])
def test_only_the_administrator_keeps_sources(lab, who: str) -> None:
    session = lab.session(who)
    for act in (
        lambda: lab.app.sources.register_instrument(session, "PR-009", "reader", "R", "why"),
        lambda: lab.app.sources.calibrate(session, "PR-001", "C", "2026-01-01", "2027-01-01", b"x", "why"),
        lambda: lab.app.sources.register_sender(session, "CRO-01", "Contract laboratory", "laboratory", "why"),
        lambda: lab.app.sources.retire(session, "instrument/PR-001", "why"),
    ):
        with pytest.raises(Refused, match="may not"):
            act()


def test_senders(lab) -> None:
    lab.app.sources.register_sender(lab.session("administrator"), "CRO-01", "A contract laboratory", "laboratory", "contract")
    found = Sender.model_validate(lab.app._core.ledger.latest("sender", "CRO-01").content)
    assert judge_sender(found, "CRO-01").standing == "accepted"
    assert judge_sender(None, "CRO-02").why == "the sender 'CRO-02' is not registered"
    assert judge_sender(None, "").why == "no sender was given"
    assert judge_sender(found.model_copy(update={"state": "retired"}), "CRO-01").standing == "quarantined"


# ------------------------------------------------------------------ quarantine


def quarantined(lab: Lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"), instrument="XX-1")


def decide(lab: Lab, decision: str, who: str = "quality", reason: str = "reader on loan, certificate seen", password: str = ""):
    session = lab.session(who)
    return lab.app.arrivals.decide_quarantined(
        session, "L-1", "plate.csv", decision, reason, lab.user(who), password or lab.password(who)
    )


def test_quality_accepts_a_file_by_signature(lab) -> None:
    quarantined(lab)
    with pytest.raises(Refused, match="no file that can be processed"):
        lab.process("L-1")
    assert decide(lab, "accept").accepted
    (signature,) = lab.app.decisions.signatures(lab.session("auditor"), "file/L-1:plate.csv")
    assert (signature.meaning, signature.valid, signature.user_id) == ("quarantine decided", True, lab.user("quality"))
    found = fields(lab, "file/L-1:plate.csv")
    assert (found["standing"], found["why"], found["decision"]) == (
        "accepted", "the instrument 'XX-1' is not registered", "reader on loan, certificate seen",
    )  # fmt: skip
    assert lab.process("L-1").accepted
    assert lab.ingest("L-1", lab.plate("1.000"), instrument="XX-1").facts["duplicate"] == "yes", "decided once"


def test_quality_rejects_a_file_by_signature(lab) -> None:
    quarantined(lab)
    assert decide(lab, "reject").accepted
    with pytest.raises(Refused, match="no file that can be processed"):
        lab.process("L-1")
    with pytest.raises(Refused, match="not in quarantine: it is rejected"):
        decide(lab, "accept")
    with pytest.raises(Refused, match=r"these bytes are version 2 of plate[.]csv, which quality rejected"):
        lab.ingest("L-1", lab.plate("1.000"))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"decision": "maybe"}, BadInput, "no decision 'maybe'"),
        ({"decision": "accept", "reason": " "}, Refused, "the reason is missing"),
        ({"decision": "accept", "who": "reviewer"}, Refused, "may not decide on a file in quarantine"),
        ({"decision": "accept", "who": "analyst"}, Refused, "may not decide on a file in quarantine"),
        ({"decision": "accept", "password": "wrong"}, Refused, "."),
    ],
)
def test_a_decision_that_does_not_count(lab, change: dict[str, str], error: type[Exception], words: str) -> None:
    quarantined(lab)
    with pytest.raises(error, match=words):
        decide(lab, **change)
    assert fields(lab, "file/L-1:plate.csv")["standing"] == "quarantined"
    assert len(lab.app.records.history(lab.session("auditor"), "file/L-1:plate.csv")) == 1


def test_who_brought_a_file_in_does_not_decide_on_it(lab) -> None:
    access, admin = lab.app.access, lab.session("administrator")
    access.create_account(admin, "val.both", "Validation Analyst and Quality", ("analyst", "quality"), "first password of both")
    access.set_password(access.log_in("val.both", "first password of both").reference, "own password of both roles")
    session = access.log_in("val.both", "own password of both roles").reference
    given = {"method": "LIN-01", "sample": "S1", "instrument": "XX-1"}
    lab.app.arrivals.ingest(session, "L-1", "plate.csv", lab.plate("1.000"), given)
    with pytest.raises(Refused, match="Validation Analyst and Quality brought this file in and may not decide on it"):
        lab.app.arrivals.decide_quarantined(
            session, "L-1", "plate.csv", "accept", "seen", "val.both", "own password of both roles"
        )
    assert fields(lab, "file/L-1:plate.csv")["standing"] == "quarantined"


def test_a_file_in_no_quarantine_and_a_changed_file_are_not_decided_on(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    with pytest.raises(Refused, match="not in quarantine: it is accepted"):
        decide(lab, "accept")
    lab.ingest("L-1", lab.plate("1.001"), instrument="XX-1")
    damage(lab, "L-1")
    with pytest.raises(NotIntact, match="registered on arrival was"):
        decide(lab, "accept")


# ------------------------------------------------------------------ changed bytes


def damage(lab: Lab, lot: str) -> None:
    path = lab.stored(lab.view(lot).files["plate.csv"])
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(0o444)


def test_a_changed_byte_is_found_and_logged_by_the_check_of_the_landing(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    lab.ingest("L-2", lab.plate("1.001"))
    check = lab.app.arrivals.register.check_landing
    assert check(lab.session("quality")).message == "2 stored files are as registered on arrival"
    damage(lab, "L-1")
    found = check(lab.session("quality"))
    assert not found.accepted
    assert "file/L-1:plate.csv version 1: changed: the stored file has the digest" in found.message
    events = {(e.record, e.user_id) for e in lab.events("landing-fault")}
    assert events == {("file/L-1:plate.csv", lab.user("quality"))}
    ((state, reason),) = deviations(lab, "L-1")
    assert (state, "changed" in reason) == ("open", True)
    assert deviations(lab, "L-2") == []
    check(lab.session("quality"))
    assert len(deviations(lab, "L-1")) == 1, "one deviation for one finding"
    with pytest.raises((NotIntact, Refused)):
        lab.process("L-1")


def test_a_file_put_there_by_hand_is_named(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    (lab.home / "raw" / "notes.txt").write_bytes(b"by hand")
    found = lab.app.arrivals.register.check_landing(lab.session("administrator"))
    assert "notes.txt: unregistered: 7 bytes that no record registers" in found.message


def test_the_program_checks_by_itself(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    lab.stored(lab.view("L-1").files["plate.csv"]).unlink()
    (finding,) = lab.app.arrivals.register.sweep(whole=False)
    assert finding.fault == "missing"
    assert {e.user_id for e in lab.events("landing-fault")} == {"system"}
    assert {e.new for e in lab.events("landing-checked") if e.field == "every byte"} == {"no"}


def test_an_arrival_left_by_a_dead_process_is_cleared_at_opening(lab) -> None:
    (lab.home / "raw" / ".arriving-abc").write_bytes(b"half")
    lab.app.close()
    other = Lab(lab.home)
    try:
        assert raw_files(other) == []
    finally:
        other.app.close()


# ------------------------------------------------------------------ deliveries, and instances made before


def test_a_delivery_is_registered_as_a_whole_or_not_at_all(lab) -> None:
    register, acting = lab.app.arrivals.register, lab.app._core.admit(lab.session("analyst"), "ingest")
    files = [(Arriving("study/S-1", name, sender="CRO-01"), name.encode()) for name in ("dm.xpt", "ex.xpt", "ts.xpt")]
    with pytest.raises(BadInput, match=r"empty.xpt: the file is empty"):
        register.arrive_all(acting, [*files, (Arriving("study/S-1", "empty.xpt"), b"")])
    assert raw_files(lab) == []
    twice = (Arriving("study/S-1", "dm copy.xpt"), b"dm.xpt")
    with pytest.raises(Refused, match=r"the same bytes are registered as dm.xpt version 1; one measurement counts once"):
        register.arrive_all(acting, [*files, twice])
    assert raw_files(lab) == []
    before = lab.app._core.ledger.head().count
    assert [a.version for a in register.arrive_all(acting, files)] == [1, 1, 1]
    assert lab.app._core.ledger.head().count == before + 3
    assert len(raw_files(lab)) == 3


def test_files_registered_before_there_were_landings_are_known_and_checked(lab) -> None:
    """The record as earlier versions wrote it: without subject, sender, place; an instance without the newer settings."""
    core, content = lab.app._core, lab.plate("1.000")
    earlier = {
        "lot": "L-1", "name": "plate.csv", "digest": str(digest_bytes(content)), "size": len(content), "part": "potency",
        "standing": "accepted", "why": "", "instrument": "PR-001", "sample": "S1", "metadata": {"method": "LIN-01"},
        "by": lab.user("analyst"), "at": "2026-01-02T03:04:05.000000Z",
    }  # fmt: skip
    entry = {key: earlier[key] for key in ("part", "standing", "instrument", "sample")} | {
        "version": 1,
        "sha256": earlier["digest"],
    }
    lot = {"lot": "L-1", "method": "LIN-01", "method_version": 1, "files": {"plate.csv": entry}}
    with core.raw.kept(content, "plate.csv"), core.ledger.change(system_actor("earlier version"), "as it was") as change:
        change.put("file", "L-1:plate.csv", earlier)
        change.put("lot", "L-1", lot)
        change.put("status", "L-1", {"lot": "L-1", "state": "registered"})
    assert lab.app.arrivals.register.check_landing(lab.session("quality")).accepted
    with pytest.raises(Refused, match=r"the same bytes are registered as plate.csv version 1"):
        lab.ingest("L-1", content, "second.csv")
    assert lab.process("L-1").accepted
    damage(lab, "L-1")
    assert not lab.app.arrivals.register.check_landing(lab.session("quality")).accepted
