"""A changed integration of a chromatogram: recorded peak by peak, signed by a second person, flagged when it makes a result pass."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from csvgen.errors import BadInput, Refused

DATA = Path(__file__).parents[2] / "requirements_specs" / "qc-release" / "data"
RI = "RI-0001"
GOOD = {"Solvent": "500", "Main": "99.80", "Imp_A": "0.20"}
BAD = {"Solvent": "500", "Main": "99.70", "Imp_A": "0.30"}
REASON = "baseline drawn through the valley between main peak and Imp A"


def processed(lab, lot: str = "L-1", areas: dict[str, str] = GOOD, who: str = "analyst") -> None:
    lab.ingest(lot, lab.peaks(**areas), "peaks.csv", instrument="HP-001", method="LIN-01", who=who)
    lab.process(lot, who)


def complete(lab, lot: str = "L-1", areas: dict[str, str] = GOOD) -> None:
    """With the potency the method asks for, so that the verdict is about the impurities."""
    lab.ingest(lot, lab.plate("1.000"))
    processed(lab, lot, areas)


def reintegrate(
    lab, areas: dict[str, str], reason: str = REASON, lot: str = "L-1", who: str = "analyst", file: str = "peaks.csv"
):
    return lab.app.integrations.reintegrate(lab.session(who), lot, file, lab.peaks(**areas), reason)


def sign(lab, who: str, ri: str = RI, reason: str = "compared with the raw data"):
    return lab.app.integrations.sign_integration(lab.session(who), ri, reason, lab.user(who), lab.password(who))


def fields(lab, name: str) -> dict[str, str]:
    return dict(lab.app.records.read(lab.session("auditor"), name).fields)


def reported(lab, lot: str = "L-1") -> dict[str, str]:
    return {t.name: t.reported for t in lab.view(lot).tests}


# ------------------------------------------------------------------ recorded


def test_old_and_new_of_each_peak_and_of_each_result_are_on_record(lab) -> None:
    complete(lab)
    outcome = reintegrate(lab, {"Solvent": "500", "Main": "99.85", "Imp_A": "0.15"})
    assert outcome.message == f"{RI} recorded: Main 99.80 -> 99.85; Imp A 0.20 -> 0.15; it waits for review"
    record = fields(lab, f"reintegration/{RI}")
    assert json.loads(record["peaks"]) == [
        {"injection": "1", "new": "99.85", "old": "99.80", "peak": "Main"},
        {"injection": "1", "new": "0.15", "old": "0.20", "peak": "Imp A"},
    ]
    assert (record["before.impurity Imp A.reported"], record["after.impurity Imp A.reported"]) == ("0.20", "0.15")
    assert (record["reason"], record["by"], record["state"], record["turns"]) == (REASON, lab.user("analyst"), "waiting", "no")
    assert record["at"].endswith("Z")
    assert reported(lab)["impurity Imp A"] == "0.20", "nothing takes effect before it is signed"


def test_with_the_second_signature_it_takes_effect_and_the_original_stays(lab) -> None:
    complete(lab)
    old = lab.view("L-1").files["peaks.csv"]
    reintegrate(lab, {"Solvent": "500", "Main": "99.85", "Imp_A": "0.15"})
    assert sign(lab, "reviewer").message == f"{RI} signed as integration reviewed; it takes effect"
    assert reported(lab)["impurity Imp A"] == "0.15"
    new = lab.view("L-1").files["peaks.csv"]
    assert lab.stored(old).is_file()
    assert lab.stored(new).is_file()
    versions = lab.app.records.history(lab.session("auditor"), "file/L-1:peaks.csv")
    assert [v.fields["digest"] for v in versions] == [old, new]
    assert versions[1].fields["metadata.reintegration"] == RI
    (gone, *_) = json.loads(fields(lab, "lot/L-1")["withdrawn"])
    assert (gone["value"]["reported"], gone["by"], gone["reason"]) == ("0.20", f"reintegration/{RI}", REASON)
    (signature,) = lab.app.decisions.signatures(lab.session("auditor"), f"reintegration/{RI}")
    assert (signature.user_id, signature.meaning, signature.valid) == (lab.user("reviewer"), "integration reviewed", True)
    lab.sign("L-1", "reviewed", "reviewer")
    assert lab.sign("L-1", "released", "quality").accepted


def test_before_the_first_result_it_is_recorded_as_well(lab) -> None:
    lab.ingest("L-1", lab.peaks(**GOOD), "peaks.csv", instrument="HP-001")
    outcome = reintegrate(lab, BAD)
    assert "no result of the integration before it is on record" in outcome.message
    with pytest.raises(Refused, match="a changed integration that waits"):
        lab.process("L-1")
    sign(lab, "reviewer")
    with pytest.raises(Refused, match="a changed integration that waits"):
        lab.process("L-1")
    sign(lab, "quality")
    assert lab.view("L-1").state == "registered"
    lab.process("L-1")
    assert reported(lab)["impurity Imp A"] == "0.30"


def test_peaks_that_come_and_go_are_named(lab) -> None:
    processed(lab)
    reintegrate(lab, {"Solvent": "500", "Main": "99.80", "Imp_B": "0.20"})
    peaks = json.loads(fields(lab, f"reintegration/{RI}")["peaks"])
    assert [(p["peak"], p["old"], p["new"]) for p in peaks] == [
        ("Imp A", "0.20", "(no such peak)"), ("Imp B", "(no such peak)", "0.20"),
    ]  # fmt: skip


def test_a_real_sample_set_of_several_injections(lab) -> None:
    data = (DATA / "empower-pq.json").read_bytes()
    lab.ingest("L-1", data, "set.json", method="LCA-01", sample="PQ Std 5.0x", instrument="HP-001")
    lab.process("L-1")
    content = json.loads(data)
    text = json.dumps(content)
    areas = sorted({str(p["Area"]) for p in _peaks(content)}, key=float)
    changed = text.replace(f'"Area": {areas[-1]}', f'"Area": {float(areas[-1]) + 1000}')
    assert changed != text
    outcome = lab.app.integrations.reintegrate(lab.session("analyst"), "L-1", "set.json", changed.encode(), REASON)
    assert outcome.accepted
    assert float(json.loads(fields(lab, f"reintegration/{RI}")["peaks"])[0]["old"]) * 1000 == float(
        areas[-1]
    )  # the reader gives mV.s as the standard unit


def _peaks(value):
    if isinstance(value, dict):
        if "Area" in value:
            yield value
        for inner in value.values():
            yield from _peaks(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _peaks(inner)


# ------------------------------------------------------------------ from failing to passing


def test_a_failing_result_that_would_pass_is_flagged_and_needs_quality_too(lab) -> None:
    complete(lab, areas=BAD)
    assert lab.view("L-1").verdict == "out of specification"
    outcome = reintegrate(lab, GOOD)
    assert "it turns a failing result into a passing one and needs the signature of quality as well" in outcome.message
    assert outcome.facts["needs"] == "integration reviewed, integration approved"
    assert "waits for: integration approved" in sign(lab, "reviewer").message
    assert reported(lab)["impurity Imp A"] == "0.30", "the second person alone is not enough"
    assert sign(lab, "quality").message.endswith("it takes effect")
    assert reported(lab)["impurity Imp A"] == "0.20"
    deviation = fields(lab, "deviation/INV-0001")
    assert (deviation["state"], deviation["decision"], deviation["disposition"]) == ("closed", "reintegrate", f"{RI}: {REASON}")
    packet = lab.app.decisions.review_packet(lab.session("reviewer"), "L-1")
    assert b"this changed integration turns a failing result into a passing one" in packet.human


def test_order_and_people_of_the_two_signatures(lab) -> None:
    complete(lab, areas=BAD)
    reintegrate(lab, GOOD)
    with pytest.raises(Refused, match="waits for integration reviewed; that is for the role reviewer"):
        sign(lab, "quality")
    sign(lab, "reviewer-quality")
    with pytest.raises(Refused, match="changed or signed RI-0001 already; another person must sign it as integration approved"):
        sign(lab, "reviewer-quality")
    with pytest.raises(Refused, match="that is for the role quality"):
        sign(lab, "reviewer")
    assert sign(lab, "quality").accepted
    with pytest.raises(Refused, match="waits for no signature: it is in effect"):
        sign(lab, "quality")


def test_still_failing_keeps_the_investigation_open(lab) -> None:
    complete(lab, areas=BAD)
    assert reintegrate(lab, {"Solvent": "500", "Main": "99.75", "Imp_A": "0.25"}).facts["turns"] == "no"
    sign(lab, "reviewer")
    deviation = fields(lab, "deviation/INV-0001")
    assert (deviation["state"], deviation["run"]) == ("open", lab.view("L-1").run_record["id"])
    assert len(lab.app.lots.deviations(lab.session("auditor"), "L-1")) == 1


def test_one_value_passing_while_another_fails_is_flagged_but_decides_nothing(lab) -> None:
    complete(lab, areas={"Main": "99.40", "Imp_A": "0.30", "Imp_B": "0.30"})
    assert reintegrate(lab, {"Main": "99.50", "Imp_A": "0.20", "Imp_B": "0.30"}).facts["turns"] == "yes"
    sign(lab, "reviewer")
    sign(lab, "quality")
    assert fields(lab, "deviation/INV-0001")["state"] == "open"


def test_a_failing_peak_that_is_renamed_away_is_flagged(lab) -> None:
    complete(lab, areas=BAD)
    assert reintegrate(lab, {"Solvent": "500.3", "Main": "99.70"}).facts["turns"] == "yes"


def test_from_passing_to_failing_opens_an_investigation(lab) -> None:
    complete(lab)
    reintegrate(lab, BAD)
    sign(lab, "reviewer")
    assert lab.view("L-1").verdict == "out of specification"
    (investigation,) = lab.app.lots.deviations(lab.session("auditor"), "L-1")
    assert (investigation.id, investigation.state) == ("INV-0001", "open")


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize("reason", ["", " - ", "\u202e"])
def test_a_reason_is_needed(lab, reason: str) -> None:
    processed(lab)
    with pytest.raises((Refused, BadInput), match="the reason"):
        reintegrate(lab, BAD, reason)
    assert lab.app.records.read(lab.session("auditor"), f"reintegration/{RI}") is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("same", "the same peaks and areas"),
        ("plate", "only the integration of a chromatogram can be changed"),
        ("empty", "the file is empty"),
        ("cut", "truncated"),
    ],
)
def test_what_is_no_changed_integration(lab, content: str, words: str) -> None:
    processed(lab)
    data = {"same": lab.peaks(**GOOD), "plate": lab.plate("1.000"), "empty": b"", "cut": lab.peaks(**BAD)[:-9]}[content]
    with pytest.raises(BadInput, match=words):
        lab.app.integrations.reintegrate(lab.session("analyst"), "L-1", "peaks.csv", data, REASON)


def test_other_injections_are_a_new_measurement(lab) -> None:
    data = (DATA / "empower-pq.json").read_bytes()
    lab.ingest("L-1", data, "set.json", method="LCA-01", sample="PQ Std 5.0x", instrument="HP-001")
    with pytest.raises(BadInput, match="not of the same injections on the same instrument: that is a new measurement"):
        lab.app.integrations.reintegrate(
            lab.session("analyst"), "L-1", "set.json", data.replace(b"PQ Std 5.0x", b"PQ Std 5.1x"), REASON
        )


@pytest.mark.parametrize("state", ["reviewed", "released", "rejected"])
def test_after_review_the_integration_stays(lab, state: str) -> None:
    complete(lab)
    lab.sign("L-1", "reviewed", "reviewer")
    if state != "reviewed":
        lab.sign("L-1", state, "quality")
    with pytest.raises(Refused, match=f"lot L-1 cannot have its integration changed: it is already {state}"):
        reintegrate(lab, BAD)


def test_a_lot_is_not_reviewed_while_a_changed_integration_waits(lab) -> None:
    complete(lab)
    reintegrate(lab, BAD)
    with pytest.raises(Refused, match="lot L-1 has a changed integration that is not signed: RI-0001"):
        lab.sign("L-1", "reviewed", "reviewer")
    lab.app.integrations.refuse_integration(lab.session("reviewer"), RI, "the valley was right")
    assert reported(lab)["impurity Imp A"] == "0.20"
    assert fields(lab, f"reintegration/{RI}")["state"] == "refused"
    assert lab.sign("L-1", "reviewed", "reviewer").accepted


def test_one_at_a_time(lab) -> None:
    processed(lab)
    reintegrate(lab, BAD)
    with pytest.raises(Refused, match=r"RI-0001 changes the integration of peaks\.csv and is not signed yet"):
        reintegrate(lab, {"Solvent": "500", "Main": "99.90", "Imp_A": "0.10"})


@pytest.mark.parametrize(("who", "words"), [("analyst", "may not"), ("analyst-2", "may not"), ("auditor", "may not")])
def test_who_does_not_sign(lab, who: str, words: str) -> None:
    processed(lab)
    reintegrate(lab, BAD)
    with pytest.raises(Refused, match=words):
        sign(lab, who)


def test_nobody_signs_their_own_change_or_run(lab) -> None:
    processed(lab, who="analyst")
    reintegrate(lab, BAD, who="analyst-reviewer")
    with pytest.raises(Refused, match="changed or signed RI-0001 already"):
        sign(lab, "analyst-reviewer")
    processed(lab, "L-2", areas={"Main": "99.81", "Imp_A": "0.19"}, who="analyst-reviewer")
    reintegrate(lab, BAD, lot="L-2")
    with pytest.raises(Refused, match="processed lot L-2 and may not sign RI-0002"):
        sign(lab, "analyst-reviewer", "RI-0002")


def test_a_quiet_new_version_is_no_way_around(lab) -> None:
    """Two exports of one injection, the second with better areas, before anything was calculated."""
    lab.ingest("L-1", lab.peaks(**BAD), "peaks.csv", instrument="HP-001")
    lab.ingest("L-1", lab.peaks(**GOOD), "peaks.csv", instrument="HP-001")
    words = (
        "came a second time with Main 99.70 -> 99.80; Imp A 0.30 -> 0.20; a changed integration is put on record with its reason"
    )
    with pytest.raises(Refused, match=words):
        lab.process("L-1")
    assert lab.view("L-1").tests == ()


def test_a_new_measurement_after_failed_suitability_is_one(lab) -> None:
    lab.ingest("L-1", lab.peaks(Imp_A="1.0"), "peaks.csv", instrument="HP-001")
    assert "no peak 'Main'" in lab.process("L-1").message
    lab.ingest("L-1", lab.peaks(**GOOD), "peaks.csv", instrument="HP-001")
    assert lab.process("L-1").accepted


def test_a_confirmed_result_is_not_integrated_away(lab) -> None:
    complete(lab, areas=BAD)
    lab.app.decisions.dispose(
        lab.session("quality"), "INV-0001", "reject", "confirmed", lab.user("quality"), lab.password("quality")
    )
    with pytest.raises(Refused, match="the result was confirmed by INV-0001; its integration stays"):
        reintegrate(lab, GOOD)


def test_without_suitability_the_attempt_is_on_record_and_the_old_result_stays(lab) -> None:
    complete(lab)
    outcome = reintegrate(lab, {"Solvent": "500", "Imp_A": "0.20"})
    assert not outcome.accepted
    assert fields(lab, f"reintegration/{RI}")["state"] == "refused"
    assert reported(lab)["impurity Imp A"] == "0.20"


def test_the_signature_binds_what_was_changed(lab) -> None:
    complete(lab)
    reintegrate(lab, BAD)
    sign(lab, "reviewer")
    (body,) = (
        base64.b64decode(v.content["body"])
        for v in lab.app._core.ledger.all("signature")
        if v.content["of"] == f"reintegration/{RI}"
    )
    signed = json.loads(body)
    version = lab.app._core.ledger.latest("reintegration", RI)
    assert (signed["record_digest"], signed["reason_code"], signed["format"]) == (
        version.sha256, "agrees-with-source", "csvgen.signature/2",
    )  # fmt: skip


def test_the_new_export_is_a_registered_file_from_its_arrival_on(lab) -> None:
    """While it waits, after it was refused, and once it is in effect: the check of the landing has nothing to say."""
    landing = lab.app.arrivals.register
    complete(lab)
    reintegrate(lab, BAD)
    assert landing.check_landing(lab.session("auditor")).facts["findings"] == "0"
    sign(lab, "reviewer")
    assert landing.check_landing(lab.session("auditor")).facts["findings"] == "0"
    newest = lab.app._core.ledger.latest("file", "L-1:peaks.csv")
    export = lab.app._core.ledger.latest("file", f"reintegration/{RI}:peaks.csv")
    assert newest.number == 2
    assert (
        {newest.content["digest"]}
        == {export.content["digest"]}
        == {lab.app._core.ledger.latest("reintegration", RI).content["new"]}
    )
    where = lab.stored(newest.content["digest"])
    where.chmod(0o644)
    where.write_bytes(where.read_bytes() + b" ")
    where.chmod(0o444)
    assert landing.check_landing(lab.session("auditor")).facts["findings"] == "1"


# ------------------------------------------------------------------ in small steps


STEPS = ("0.27", "0.24", "0.22", "0.205", "0.20")
"""From 0.30, which fails, to 0.20, the limit: no step is larger than what scatter would explain."""


def step(lab, area: str, ri: str, *signers: str):
    outcome = reintegrate(lab, {"Solvent": "500", "Main": str(100 - float(area)), "Imp_A": area})
    for who in signers:
        sign(lab, who, ri)
    return outcome


def test_many_small_changes_need_quality_where_the_verdict_turns_and_all_are_shown(lab) -> None:
    complete(lab, areas=BAD)
    needs = []
    for number, area in enumerate(STEPS, 1):
        needs.append(step(lab, area, f"RI-{number:04d}", "reviewer").facts["needs"])
    assert needs == ["integration reviewed"] * 4 + ["integration reviewed, integration approved"]
    assert lab.view("L-1").verdict == "out of specification", "the reviewer alone carries no lot over the limit"
    assert fields(lab, "deviation/INV-0001")["state"] == "open"
    sign(lab, "quality", "RI-0005")
    assert lab.view("L-1").verdict == "in specification"
    packet = lab.app.decisions.review_packet(lab.session("reviewer"), "L-1").human
    assert all(f"RI-{number:04d}".encode() in packet for number in range(1, 6)), (
        "the reviewer of the lot sees every step of the way"
    )
    gone = [
        w["value"]["reported"] for w in json.loads(fields(lab, "lot/L-1")["withdrawn"]) if w["value"]["name"] == "impurity Imp A"
    ]
    assert gone == ["0.30", "0.27", "0.24", "0.22", "0.21"]


def test_before_the_first_result_no_number_of_steps_goes_past_quality(lab) -> None:
    """A failing chromatogram that is never processed as it came: nobody could say that the verdict turned."""
    lab.ingest("L-1", lab.plate("1.000"))
    lab.ingest("L-1", lab.peaks(**BAD), "peaks.csv", instrument="HP-001", method="LIN-01")
    assert "approved" in step(lab, "0.22", "RI-0001", "reviewer").facts["needs"]
    with pytest.raises(Refused, match="waits for its signature: RI-0001"):
        lab.process("L-1")
    sign(lab, "quality", "RI-0001")
    assert "approved" in step(lab, "0.20", "RI-0002", "reviewer").facts["needs"]
