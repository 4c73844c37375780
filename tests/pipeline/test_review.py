"""Second-person review: of the lot together with its own audit trail, as it was shown and no other."""

from __future__ import annotations

import hashlib
import json

import pytest

from csvgen.errors import BadInput, Refused


def packet(lab, lot: str = "L-1", who: str = "reviewer"):
    return lab.app.decisions.review_packet(lab.session(who), lot)


def sign(lab, lot: str = "L-1", who: str = "reviewer", packet: str = "", password: str = ""):
    return lab.app.decisions.sign(
        lab.session(who), lot, "reviewed", "checked", lab.user(who), password or lab.password(who), packet=packet
    )


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------ what it shows


def test_every_event_of_the_lot_is_in_it(lab) -> None:
    """Versions, refusals, a changed integration, a deviation, an invalid run: everything, and nothing of another lot."""
    lab.processed("L-2")
    bad = (("0", "0"), ("500", "0.9"), ("1000", "0.8"), ("1500", "1.5"))
    lab.ingest("L-1", lab.plate("1.000", standards=bad))
    lab.process("L-1")
    lab.ingest("L-1", lab.plate("1.001"), instrument="")
    lab.process("L-1")
    lab.ingest("L-1", lab.peaks(Main="99.8", Imp_A="0.2"), "peaks.csv", instrument="HP-001")
    lab.process("L-1")
    lab.app.integrations.reintegrate(lab.session("analyst"), "L-1", "peaks.csv", lab.peaks(Main="99.9", Imp_A="0.1"), "valley")
    with pytest.raises(Refused):
        lab.process("L-1")
    lab.app.records.change(lab.session("analyst"), "L-1", "storage", "shelf 7", "moved")
    copy = packet(lab)
    shown = json.loads(copy.electronic)
    expected = {e.number for e in lab.app.trail.entries(lab.session("auditor"), "lot/L-1")}
    assert {e["number"] for e in shown["audit_trail"]} == expected
    actions = {e["action"] for e in shown["audit_trail"]}
    assert {"ingest", "process", "reintegrate", "process-refused", "open-deviation", "modify"} <= actions
    assert {r["record"] for r in shown["records"]} >= {
        "file/L-1:plate.csv", "run/RUN-0002", "run/RUN-0003", "deviation/DV-0001", "reintegration/RI-0001",
    }  # fmt: skip
    assert [r["version"] for r in shown["records"] if r["record"] == "file/L-1:plate.csv"] == [1, 2]
    page = copy.human.decode()
    assert "L-2" not in page
    for words in (
        "RI-0001",
        "valley",
        "DV-0001",
        "system suitability not met",
        "process-refused",
        "shelf 7",
        digest(copy.electronic),
    ):
        assert words in page, words


def test_hostile_words_stay_words(lab) -> None:
    lab.processed("L-1")
    lab.app.records.change(lab.session("analyst"), "L-1", "comment", "<script>alert(1)</script>", "label & co")
    assert b"<script" not in packet(lab).human


# ------------------------------------------------------------------ what is signed


def test_the_signature_binds_what_was_shown(lab) -> None:
    lab.processed("L-1")
    shown = packet(lab).electronic
    assert sign(lab).facts["packet"] == digest(shown)
    fields = lab.app.records.read(lab.session("auditor"), "L-1").fields
    assert fields["review.packet"] == digest(shown)
    assert fields["review.events"] == str(len({e["number"] for e in json.loads(shown)["audit_trail"]}))
    signature = lab.app._core.ledger.latest("signature", "lot/L-1#1")
    lot = lab.app._core.ledger.latest("lot", "L-1")
    assert lab.app.decisions.signatures(lab.session("auditor"), "L-1")[0].valid
    assert signature.content["lot"] == "L-1"
    assert lot.content["review"]["packet"] == digest(shown)
    kept = lab.home / "results" / digest(shown)[7:9] / digest(shown)[7:]
    assert kept.read_bytes() == shown
    for form in lab.app.decisions.forms():
        assert digest(shown) in lab.app.decisions.manifestation(lab.session("auditor"), "L-1", form)


def test_a_packet_may_be_named_and_then_it_is_that_one(lab) -> None:
    lab.processed("L-1")
    shown = digest(packet(lab).electronic)
    with pytest.raises(Refused, match="is not the one shown in this session"):
        sign(lab, packet="sha256:" + "0" * 64)
    packet(lab)
    with pytest.raises(Refused, match="is not the one shown in this session"):
        sign(lab, packet=shown)  # the refusal above is an event of the lot, and so the packet is another now
    assert sign(lab, packet=digest(packet(lab).electronic)).accepted


# ------------------------------------------------------------------ refused


def test_without_a_packet_there_is_no_review(lab) -> None:
    lab.processed("L-1")
    with pytest.raises(
        Refused, match="the audit trail of lot L-1 was not shown in this session; ask for its review packet first"
    ):
        sign(lab)
    assert lab.app.decisions.signatures(lab.session("auditor"), "L-1") == ()


def test_the_packet_of_another_session_person_or_lot_does_not_do(lab) -> None:
    lab.processed("L-1")
    lab.processed("L-2")
    packet(lab, who="reviewer-quality")
    packet(lab, "L-2")
    with pytest.raises(Refused, match="was not shown in this session"):
        sign(lab)
    packet(lab)
    lab.session("reviewer", anew=True)
    with pytest.raises(Refused, match="was not shown in this session"):
        sign(lab)


def events_after(lab) -> dict[str, object]:
    return {
        "a new file": lambda: lab.ingest("L-1", lab.plate("0.900"), supplier="told later"),
        "a changed field": lambda: lab.app.records.change(lab.session("analyst"), "L-1", "storage", "shelf 7", "moved"),
        "a refused attempt": lambda: lab.process("L-1"),
        "an investigation": lambda: lab.app.investigations.investigate(
            lab.session("quality"), "INV-0001", "laboratory investigation", "looked again", "", ()
        ),
        "a copy": lambda: lab.app.records.copy(lab.session("auditor"), "L-1"),
    }  # fmt: skip


@pytest.mark.parametrize("event", sorted(events_after(None)))
def test_a_stale_packet_does_not_do(lab, event: str) -> None:
    lab.processed("L-1", "0.900")
    packet(lab)
    try:
        events_after(lab)[event]()
    except Refused:
        assert event == "a refused attempt"
    with pytest.raises(
        Refused, match=r"the review packet of lot L-1 is stale: event \d+ .* came after it was shown; ask for it again"
    ):
        sign(lab)
    packet(lab)
    assert sign(lab).accepted


def test_a_wrong_password_does_not_make_it_stale(lab) -> None:
    lab.processed("L-1")
    packet(lab)
    with pytest.raises(Refused):
        sign(lab, password="this is wrong")
    assert sign(lab).accepted


def test_what_happens_to_another_lot_does_not_make_it_stale(lab) -> None:
    lab.processed("L-1")
    packet(lab)
    lab.processed("L-2")
    assert sign(lab).accepted


@pytest.mark.parametrize("who", ["analyst", "administrator"])
def test_who_may_not_ask(lab, who: str) -> None:
    lab.processed("L-1")
    with pytest.raises(Refused, match="may not ask for a review packet"):
        packet(lab, who=who)


def test_of_a_lot_that_is_not_there(lab) -> None:
    with pytest.raises(BadInput, match="no lot 'L-9' is registered"):
        packet(lab, "L-9")


# ------------------------------------------------------------------ after the review


def test_a_new_file_makes_the_review_no_longer_valid(lab) -> None:
    lab.bring("L-1", "reviewed")
    lab.ingest("L-1", lab.peaks(Main="99.8", A="0.2"), "peaks.csv", instrument="HP-001")
    assert lab.view("L-1").state == "processed"
    with pytest.raises(Refused, match="still missing: review signature"):
        lab.sign("L-1", "released", "quality")
    with pytest.raises(Refused, match=r"data that were not processed: peaks[.]csv"):
        sign(lab)
    lab.process("L-1")
    with pytest.raises(Refused, match="is stale"):
        sign(lab)


def test_a_deviation_opened_after_the_review_asks_for_a_new_one(lab) -> None:
    from csvgen.pipeline.deviations import open_deviation

    lab.bring("L-1", "reviewed")
    core = lab.app._core
    with core.ledger.change(core.actor(core.directory.session(lab.session("quality")))) as change:
        open_deviation(core, change, "lot/L-1", "not reproducible", "a repeat gave 99.1")
    assert lab.view("L-1").state == "processed"
    with pytest.raises(Refused, match="still missing: review signature"):
        lab.sign("L-1", "released", "quality")
    lab.sign("L-1", "reviewed", "reviewer")
    with pytest.raises(Refused, match="lot L-1 has an open deviation: DV-0001"):
        lab.sign("L-1", "released", "quality")


def test_what_came_past_the_review_is_seen_at_release(lab) -> None:
    """A record of the lot that changed without the lot's own version or state telling of it."""
    lab.bring("L-1", "reviewed")
    core = lab.app._core
    file = core.ledger.latest("file", "L-1:plate.csv")
    with core.ledger.change(core.actor(core.directory.session(lab.session("quality"))), "past the application") as change:
        change.put("file", "L-1:plate.csv", {**file.content, "by": "somebody.else"})
    with pytest.raises(
        Refused, match=r"lot L-1 was reviewed before event \d+ \(modify file/L-1:plate.csv\); it must be reviewed again"
    ):
        lab.sign("L-1", "released", "quality")


def test_a_quarantined_file_is_not_reviewed_away(lab) -> None:
    lab.processed("L-1")
    lab.ingest("L-1", lab.peaks(Main="99.8", A="0.2"), "peaks.csv", instrument="XX-999")
    with pytest.raises(Refused, match=r"lot L-1 has a file in quarantine: peaks\.csv"):
        lab.sign("L-1", "reviewed", "reviewer")


def test_who_changed_the_integration_does_not_review(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"))
    lab.ingest("L-1", lab.peaks(Main="99.8", Imp_A="0.2"), "peaks.csv", instrument="HP-001")
    who = "analyst-reviewer"
    lab.app.integrations.reintegrate(lab.session(who), "L-1", "peaks.csv", lab.peaks(Main="99.9", Imp_A="0.1"), "valley")
    lab.app.integrations.refuse_integration(lab.session("reviewer"), "RI-0001", "no")
    lab.process("L-1")
    with pytest.raises(Refused, match="changed an integration of lot L-1 and may not review it"):
        lab.sign("L-1", "reviewed", who)
