"""The validated state: when it ends, what then waits, and who lets it wait or brings it back. And methods that change."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing

import pytest
import yaml

from csvgen.canonical import canonical_json, digest_bytes
from csvgen.errors import BadInput, NotIntact, Refused
from csvgen.pipeline import judged, methods, revalidation
from csvgen.pipeline.deviations import Deviation
from csvgen.pipeline.flow.approved import approved
from csvgen.pipeline.revalidation import Revalidation, ended
from csvgen.targets.local.install import master
from tests.pipeline.promoting import EVIDENCE, STEPS, Hands, team

OTHER = "sha256:" + "6" * 64


@pytest.fixture
def hands(lab) -> Hands:
    return Hands(lab)


def began(hands: Hands) -> dt.date:
    """The day of the installation, which may be yesterday: all tests share one, and midnight may have passed since."""
    return dt.date.fromisoformat(min(e.at for e in hands.lab.events())[:10])


def on(hands: Hands, days: int) -> str:
    """Noon of the day so many days after the installation, which it now is."""
    noon = dt.datetime.combine(began(hands) + dt.timedelta(days=days), dt.time(12), dt.UTC)
    hands.lab.clock.ahead += noon - hands.lab.clock.now()
    hands.lab._sessions.clear()
    return revalidation.today(hands.core)


def state(hands: Hands, subject: str = "qc-release") -> Revalidation:
    return hands.core.known("revalidation", subject, Revalidation)[0]


def waiting(hands: Hands, *lots: str) -> None:
    """Lots whose data arrive today, while the instrument is in calibration."""
    for number, lot in enumerate(lots or ("L-1",)):
        hands.lab.ingest(lot, hands.lab.plate(f"1.00{number}"))


def deviations(hands: Hands, subject: str = "pipeline/qc-release") -> list[Deviation]:
    found = (Deviation.model_validate(v.content) for v in hands.core.ledger.all("deviation"))
    return [d for d in found if d.kind == "overdue revalidation" and subject in ("", d.subject)]


def complete(hands: Hands, evidence: str = EVIDENCE, subject: str = "qc-release", who: str = "quality"):
    told = (subject, evidence, "judged", *hands.components(who))
    return hands.lab.app.revalidations.complete(hands.lab.session(who), *told)


def extend(
    hands: Hands, until: str, subject: str = "qc-release", who: str = "quality", reason: str = "the report is being written"
):
    told = (subject, until, reason, *hands.components(who))
    return hands.lab.app.revalidations.extend(hands.lab.session(who), *told)


# ------------------------------------------------------------------ the interval


def test_the_interval_begins_with_the_first_promotion(hands) -> None:
    day = began(hands) + dt.timedelta(days=365)
    now = state(hands)
    assert (now.state, now.due, now.act) == ("current", day.isoformat(), "")
    assert now.why == f"artifact {approved(hands.core, 'qc-release').artifact} promoted to qualification"


def test_on_its_last_day_it_holds_and_the_day_after_it_does_not(hands) -> None:
    waiting(hands, "L-1", "L-2")
    on(hands, 365)
    hands.lab.process("L-1")
    on(hands, 366)
    with pytest.raises(Refused, match=f"re-validation of qc-release was due on {state(hands).due}; nothing is processed until"):
        hands.lab.process("L-2")
    assert not [v for v in hands.core.ledger.all("run") if "L-2" in v.content["subject"]]


def test_overdue_opens_one_deviation_that_is_routed_to_quality(hands) -> None:
    waiting(hands)
    on(hands, 366)
    for _ in range(2):
        with pytest.raises(Refused, match="was due on"):
            hands.lab.process("L-1")
    hands.lab.app.revalidations.due(hands.lab.session("auditor"))
    [deviation] = deviations(hands)
    assert (deviation.subject, deviation.state) == ("pipeline/qc-release", "open")
    opened = [e for e in hands.lab.events("open-deviation") if e.record == f"deviation/{deviation.id}"]
    assert {e.user_id for e in opened} == {"system"}
    assert state(hands).deviation == deviation.id


def test_the_daily_look_opens_it_too_and_changes_nothing_before(hands) -> None:
    on(hands, 365)
    states = hands.lab.app.revalidations.due(hands.lab.session("analyst"))
    assert {s.subject for s in states} == {"qc-release", "clinical"}
    assert deviations(hands, "") == []
    on(hands, 366)
    hands.lab.app.revalidations.due(hands.lab.session("analyst"))
    assert {d.subject for d in deviations(hands, "")} == {"pipeline/qc-release", "pipeline/clinical"}


# ------------------------------------------------------------------ extension


def test_quality_extends_by_signature_until_a_day(hands) -> None:
    waiting(hands, "L-1", "L-2", "L-3")
    on(hands, 366)
    hands.lab.app.revalidations.due(hands.lab.session("quality"))
    last = (dt.date.fromisoformat(state(hands).due) + dt.timedelta(days=10)).isoformat()
    extend(hands, last)
    assert [d.state for d in deviations(hands)] == ["closed"]
    hands.lab.process("L-1")
    on(hands, 375)
    hands.lab.process("L-2")
    on(hands, 376)
    with pytest.raises(Refused, match=f"and was extended until {last}"):
        hands.lab.process("L-3")
    act = hands.core.ledger.latest("revalidation-act", "RV-0001").content
    assert (act["act"], act["until"], act["reason"]) == ("extended", last, "the report is being written")
    [view] = hands.lab.app.decisions._sheets.signature_views("revalidation-act", "RV-0001")
    assert (view.user_id, view.meaning, view.valid) == (hands.lab.user("quality"), "extended", True)


def test_extensions_do_not_add_up(hands) -> None:
    on(hands, 366)
    due = dt.date.fromisoformat(state(hands).due)
    extend(hands, (due + dt.timedelta(days=90)).isoformat())
    for days in (91, 365):
        with pytest.raises(Refused, match="it may be extended by 90 days at most"):
            extend(hands, (due + dt.timedelta(days=days)).isoformat())
    with pytest.raises(Refused, match="not into the past"):
        extend(hands, due.isoformat())
    with pytest.raises(BadInput, match="not a day"):
        extend(hands, "soon")
    with pytest.raises(Refused, match="reason is missing"):
        extend(hands, (due + dt.timedelta(days=5)).isoformat(), reason=" ")


@pytest.mark.parametrize("who", ["administrator", "analyst", "reviewer", "auditor"])
def test_only_quality_extends_and_completes(hands, who: str) -> None:
    with pytest.raises(Refused, match="may not extend a due re-validation"):
        extend(hands, state(hands).due, who=who)
    with pytest.raises(Refused, match="may not sign that re-validation was done"):
        complete(hands, who=who)


# ------------------------------------------------------------------ completion


def test_completion_names_evidence_and_begins_the_interval_anew(hands) -> None:
    waiting(hands)
    on(hands, 400)
    with pytest.raises(Refused, match="was due on"):
        hands.lab.process("L-1")
    for evidence in ("", "none: no time", "a report"):
        with pytest.raises(Refused, match="with the digest of its evidence"):
            complete(hands, evidence)
    complete(hands)
    due = (dt.date.fromisoformat(revalidation.today(hands.core)) + dt.timedelta(days=365)).isoformat()
    assert (state(hands).state, state(hands).due, state(hands).act) == ("current", due, "RV-0001")
    assert hands.lab.process("L-1").accepted
    assert [d.state for d in deviations(hands)] == ["closed"]
    with pytest.raises(Refused, match="was used for an earlier re-validation"):
        complete(hands)


def test_an_end_after_that_opens_another_deviation(hands) -> None:
    on(hands, 400)
    hands.lab.app.revalidations.due(hands.lab.session("quality"))
    complete(hands)
    on(hands, 766)
    hands.lab.app.revalidations.due(hands.lab.session("quality"))
    assert [d.state for d in deviations(hands)] == ["closed", "open"]


def test_an_act_altered_in_the_database_does_not_hold(hands) -> None:
    waiting(hands)
    on(hands, 400)
    complete(hands)
    with closing(sqlite3.connect(hands.lab.home / "qc.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER record_no_update")
        [body] = database.execute("SELECT body FROM record WHERE kind = 'revalidation-act'").fetchone()
        other = canonical_json(json.loads(body) | {"until": "2099-01-01"})
        database.execute("UPDATE record SET body = ?, sha256 = ? WHERE kind = 'revalidation-act'", (other, digest_bytes(other)))
    with pytest.raises(NotIntact, match="the signature of quality does not hold: INVALID"):
        hands.lab.process("L-1")


def test_policy_may_let_processing_go_on_and_release_still_waits(hands) -> None:
    actor = hands.core.actor(hands.core.admit(hands.lab.session("administrator"), "configure"))
    with hands.core.ledger.change(actor, "as if installed so") as change:
        change.put("configuration", "revalidation_blocks", {"key": "revalidation_blocks", "value": "no"})
    waiting(hands)
    on(hands, 366)
    hands.lab.process("L-1")
    hands.lab.sign("L-1", "reviewed", "reviewer")
    [deviation] = deviations(hands)
    with pytest.raises(Refused, match=deviation.id):
        hands.lab.sign("L-1", "released", "quality")


def test_a_state_is_judged_by_the_day_alone() -> None:
    held = Revalidation(subject="qc-release", state="current", due="2026-11-21", why="x")
    assert (ended(held, "2026-11-21"), ended(held, "2026-11-22") != "") == ("", True)
    waiting = held.model_copy(update={"extended": "2026-12-01"})
    assert (ended(waiting, "2026-12-01"), ended(waiting, "2026-12-02") != "") == ("", True)
    changed = held.model_copy(update={"state": "due"})
    assert ended(changed, "2026-01-01") == "re-validation of qc-release is due: x"


# ------------------------------------------------------------------ changes trigger it


def test_another_artifact_without_evidence_makes_re_validation_due(hands, tmp_path) -> None:
    """A retrained model is a file of the bundle: another file, another artifact."""
    source = team(tmp_path / "team")
    (source / "model.json").write_text('{"weight": "1.0"}')
    older = hands.build(source)
    hands.promote(older)
    hands.run()
    (source / "model.json").write_text('{"weight": "1.1"}')
    newer = hands.build(source)
    hands.promote(newer)
    assert state(hands, "doubling").state == "due"
    with pytest.raises(Refused, match=f"re-validation of doubling is due: artifact {newer} replaced {older} in qualification"):
        hands.run()
    assert [d.subject for d in deviations(hands, "")] == ["pipeline/doubling"]
    complete(hands, subject="doubling")
    assert hands.run().record.artifact == newer


def test_another_artifact_with_evidence_does_not(hands, tmp_path) -> None:
    hands.promote(hands.build(team(tmp_path / "team")))
    newer = hands.build(team(tmp_path / "more", steps=STEPS.replace("2 *", "3 *")))
    hands.promote(newer, evidence=EVIDENCE)
    now = state(hands, "doubling")
    assert (now.state, EVIDENCE in now.why) == ("current", True)
    assert hands.run().record.artifact == newer


def test_nothing_is_promoted_while_the_deviation_waits_for_quality(hands, tmp_path) -> None:
    hands.promote(hands.build(team(tmp_path / "team")))
    hands.promote(hands.build(team(tmp_path / "more", version="2")))
    hands.lab.app.revalidations.due(hands.lab.session("quality"))
    [deviation] = deviations(hands, "pipeline/doubling")
    third = hands.build(team(tmp_path / "third", version="3"))
    with pytest.raises(Refused, match=f"open deviation: {deviation.id}"):
        hands.review(third, "development")
    complete(hands, subject="doubling")
    hands.promote(third, evidence=OTHER)
    assert hands.run().record.artifact == third


def test_other_pipelines_are_not_affected(hands, tmp_path) -> None:
    hands.promote(hands.build(team(tmp_path / "team")))
    hands.promote(hands.build(team(tmp_path / "more", version="2")))
    with pytest.raises(Refused, match="doubling is due"):
        hands.run()
    assert hands.lab.processed("L-1").accepted


# ------------------------------------------------------------------ methods


def document(**potency: str) -> str:
    """LIN-01 as it is installed, with another potency part."""
    method = next(m for m in master().methods if m.id == "LIN-01")
    told = json.loads(canonical_json(method.model_dump(exclude_defaults=True)))
    told["potency"] |= potency
    return yaml.safe_dump(json.loads(json.dumps(told), parse_int=str))


def propose(hands: Hands, text: str, evidence: str = "none: a wider limit", who: str = "analyst", ticket: str = "CHG-0077"):
    return hands.lab.app.methods.change(hands.lab.session(who), text, ticket, evidence, "as agreed with the sponsor")


def effective(hands: Hands, identity: str = "MC-0001", who: str = "quality"):
    return hands.lab.app.methods.approve(hands.lab.session(who), identity, "agreed", *hands.components(who))


def version(hands: Hands) -> int:
    return hands.core.ledger.latest("method", "LIN-01").number


def test_a_proposed_method_changes_nothing_before_quality_signed(hands) -> None:
    propose(hands, document(low="90.0"))
    assert version(hands) == 1
    assert hands.lab.processed("L-1", "0.930").facts["verdict"] != "in specification"
    assert hands.core.ledger.latest("method-change", "MC-0001").content["ticket"] == "CHG-0077"


def test_an_approved_method_holds_for_new_lots_and_earlier_lots_keep_theirs(hands) -> None:
    hands.lab.ingest("L-OLD", hands.lab.plate("0.930"))
    propose(hands, document(low="90.0"), evidence=EVIDENCE)
    answer = effective(hands)
    assert (answer.facts["version"], version(hands)) == ("2", 2)
    hands.lab.ingest("L-NEW", hands.lab.plate("0.931"))
    old, new = hands.lab.process("L-OLD"), hands.lab.process("L-NEW")
    runs = {v.content["subject"]: v.content["method_version"] for v in hands.core.ledger.all("run")}
    assert runs == {"lot/L-OLD": 1, "lot/L-NEW": 2}
    assert old.facts["verdict"] != new.facts["verdict"]
    assert methods.at(hands.core, "LIN-01", 1).potency.low == "95.0"


def test_a_changed_method_without_evidence_makes_its_re_validation_due(hands) -> None:
    propose(hands, document(low="90.0"))
    effective(hands)
    hands.lab.ingest("L-1", hands.lab.plate("1.000"))
    with pytest.raises(Refused, match="re-validation of LIN-01 is due: method LIN-01 is version 2 by MC-0001"):
        hands.lab.process("L-1")
    assert [d.subject for d in deviations(hands, "")] == ["method/LIN-01"]
    complete(hands, subject="LIN-01")
    assert hands.lab.process("L-1").accepted


def test_who_proposes_does_not_approve_and_only_quality_does(hands) -> None:
    propose(hands, document(low="90.0"))
    for who in ("analyst", "reviewer", "administrator"):
        with pytest.raises(Refused, match="may not approve a change of a method"):
            effective(hands, who=who)
    with pytest.raises(Refused, match="may not propose a change of a method"):
        propose(hands, document(low="80.0"), who="quality")
    assert version(hands) == 1


def test_a_proposer_who_is_quality_too_does_not_approve_the_own_method(hands) -> None:
    propose(hands, document(low="90.0"), evidence=EVIDENCE, who=hands.somebody("both", "analyst", "quality"))
    with pytest.raises(Refused, match="Validation Both proposed MC-0001 and may not approve it"):
        effective(hands, who="both")
    assert version(hands) == 1
    effective(hands)
    assert version(hands) == 2


def test_a_change_of_a_method_needs_ticket_evidence_and_something_new(hands) -> None:
    for given, words in (
        ({"ticket": " "}, "change ticket is missing"),
        ({"evidence": ""}, "evidence is missing"),
        ({"evidence": "trust me"}, "evidence is a digest"),
        ({"text": document()}, "says this already"),
        ({"text": "id: [\n"}, "method.yaml"),
        ({"text": document(low="a lot")}, "method.yaml"),
    ):
        with pytest.raises((BadInput, Refused), match=words):
            propose(hands, given.pop("text", document(low="90.0")), **given)
    assert not hands.core.ledger.all("method-change")


def test_a_proposal_against_an_older_version_is_not_approved(hands) -> None:
    propose(hands, document(low="90.0"))
    propose(hands, document(low="91.0"))
    effective(hands, "MC-0002")
    with pytest.raises(Refused, match="MC-0001 was written against version 1 of LIN-01"):
        effective(hands, "MC-0001")
    assert methods.at(hands.core, "LIN-01", 2).potency.low == "91.0"


def test_a_version_that_nobody_signed_does_not_run(hands) -> None:
    """Put into the database by the ledger's own means, as a program with the rights of the application could."""
    actor = hands.core.actor(hands.core.admit(hands.lab.session("analyst"), "process"))
    kept = hands.core.ledger.latest("method", "LIN-01")
    wider = json.loads(json.dumps(kept.content)) | {"potency": kept.content["potency"] | {"low": "10.0"}}
    with hands.core.ledger.change(actor, "wider") as change:
        change.put("method", "LIN-01", wider)
    hands.lab.ingest("L-1", hands.lab.plate("0.500"))
    with pytest.raises(NotIntact, match="no valid signature of quality stands behind this version"):
        hands.lab.process("L-1")


def test_a_signed_change_whose_content_was_altered_does_not_stand_behind_a_version(hands) -> None:
    propose(hands, document(low="90.0"), evidence=EVIDENCE)
    effective(hands)
    with closing(sqlite3.connect(hands.lab.home / "qc.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER record_no_update")
        rows = database.execute(
            "SELECT kind, version, body FROM record WHERE kind IN ('method', 'method-change') AND version > 0"
        )
        for kind, number, body in rows.fetchall():
            other = body.replace(b'"low":"90.0"', b'"low":"10.0"')
            told = (other, digest_bytes(other), kind, number, body)
            database.execute("UPDATE record SET body = ?, sha256 = ? WHERE kind = ? AND version = ? AND body = ?", told)
    judged._good.clear()
    hands.lab.ingest("L-1", hands.lab.plate("0.500"))
    with pytest.raises(NotIntact, match="no valid signature of quality"):
        hands.lab.process("L-1")
