"""Records: change with reason, history, configuration, copies, retention."""

from __future__ import annotations

import datetime as dt
import html
import json

import pytest

from csvgen.errors import BadInput, Refused
from csvgen.pipeline import settings


def change(lab, field: str = "storage", value: str = "shelf 7", reason: str = "moved", record: str = "L-1", who: str = "analyst"):
    return lab.app.records.change(lab.session(who), record, field, value, reason)


# ------------------------------------------------------------------ change


def test_a_change_is_a_version_and_an_entry(lab) -> None:
    lab.processed("L-1")
    before = lab.app.records.read(lab.session("auditor"), "L-1")
    assert change(lab).accepted
    after = lab.app.records.read(lab.session("auditor"), "L-1")
    assert (after.version, after.fields["storage"], before.fields["storage"]) == (before.version + 1, "shelf 7", "")
    (entry,) = [e for e in lab.app.trail.entries(lab.session("auditor"), "L-1") if e.field == "storage" and e.new == "shelf 7"]
    assert (entry.user_id, entry.old, entry.reason, entry.action) == (lab.user("analyst"), "", "moved", "modify")


def test_every_earlier_value_stays(lab) -> None:
    lab.processed("L-1")
    for number in range(5):
        change(lab, value=f"shelf {number}")
    history = lab.app.records.history(lab.session("auditor"), "lot/L-1")
    assert [v.fields["storage"] for v in history][-5:] == [f"shelf {n}" for n in range(5)]
    assert [v.state for v in history] == ["superseded"] * (len(history) - 1) + ["processed"]
    assert [v.version for v in history] == list(range(1, len(history) + 1))


@pytest.mark.parametrize("reason", ["", " ", "...", "-", "\u202e", "moved \u202e", "x" * 401])
def test_a_change_needs_a_reason(lab, reason: str) -> None:
    lab.processed("L-1")
    with pytest.raises((Refused, BadInput), match="reason"):
        change(lab, reason=reason)
    assert lab.app.records.read(lab.session("auditor"), "L-1").fields["storage"] == ""


@pytest.mark.parametrize("field", ["verdict", "tests", "files", "method", "lot", "runs", "no-such-field", "state"])
def test_what_the_system_wrote_nobody_changes(lab, field: str) -> None:
    lab.processed("L-1")
    with pytest.raises(Refused, match="cannot be changed by hand; these can: comment, sampled_on, storage"):
        change(lab, field=field)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("sampled_on", "tomorrow", "cannot be 'tomorrow'"),
        ("sampled_on", "2026-02-30", "cannot be"),
        ("storage", "", "already"),
        ("comment", "x" * 401, "401"),
    ],
)
def test_values_that_cannot_be(lab, field: str, value: str, words: str) -> None:
    lab.processed("L-1")
    with pytest.raises(BadInput, match=words):
        change(lab, field=field, value=value)


def test_other_kinds_are_not_changed_by_hand(lab) -> None:
    lab.processed("L-1")
    for record in ("file/L-1:plate.csv", "run/RUN-0001", "method/LIN-01", "account/val.analyst"):
        with pytest.raises(BadInput, match="cannot be changed by hand"):
            change(lab, record=record)
    with pytest.raises(BadInput, match="no kind of record 'status'"):
        change(lab, record="status/L-1")


@pytest.mark.parametrize("decision", ["released", "rejected"])
@pytest.mark.parametrize("field", ["comment", "storage", "sampled_on"])
def test_nobody_undoes_a_decision_by_changing_the_lot(lab, decision: str, field: str) -> None:
    lab.bring("L-1", decision)
    before = lab.app.records.read(lab.session("auditor"), "L-1")
    with pytest.raises(Refused, match=f"lot L-1 cannot be changed: it is already {decision}"):
        change(lab, field=field, value="2026-11-20")
    assert lab.app.records.read(lab.session("auditor"), "L-1") == before
    assert [(s.meaning, s.valid) for s in lab.app.decisions.signatures(lab.session("auditor"), "L-1")] == [
        ("reviewed", True),
        (decision, True),
    ]


# ------------------------------------------------------------------ configuration


def test_settings_are_checked_recorded_and_in_force_at_once(lab) -> None:
    session = lab.session("administrator")
    assert lab.app.records.configure(session, "failures_to_lock", "1", "stricter").message == "failures_to_lock is now 1"
    assert lab.app.installation.configuration()["failures_to_lock"] == "1"
    with pytest.raises(Refused):
        lab.app.access.log_in(lab.user("analyst-2"), "wrong")
    assert {a.user_id: a.state for a in lab.app.access.accounts(session)}[lab.user("analyst-2")] == "locked"
    (entry,) = [e for e in lab.events("modify") if e.record == "configuration/failures_to_lock" and e.field == "value"]
    assert (entry.old, entry.new, entry.reason) == ("3", "1", "stricter")
    assert change(lab, record="configuration/idle_seconds", value="60", who="administrator").accepted
    assert lab.app.installation.configuration()["idle_seconds"] == "60"


@pytest.mark.parametrize("key", list(settings.known()))
def test_bounds_of_every_setting(lab, key: str) -> None:
    setting = settings.known()[key]
    assert settings.checked(key, setting.default) == setting.default
    if setting.choices:
        assert [settings.checked(key, choice) for choice in setting.choices] == list(setting.choices)
        for value in ("0", "", "x", setting.choices[0].upper(), f"{setting.choices[0]} "):
            with pytest.raises(BadInput, match="must be one of"):
                settings.checked(key, value)
        return
    for value in (setting.least, setting.most):
        assert settings.checked(key, value) == value
    for value in (str(int(setting.least) - 1), str(int(setting.most) + 1), "", "x", "1.5", "\u0663", "off"):
        with pytest.raises(BadInput, match="must be a whole number"):
            settings.checked(key, value)


@pytest.mark.parametrize("key", ["audit", "audit_trail", "trail", "audit.enabled", "Audit"])
def test_the_audit_trail_has_no_setting(lab, key: str) -> None:
    with pytest.raises(Refused, match=f"there is no setting '{key}'"):
        lab.app.records.configure(lab.session("administrator"), key, "off", "performance")
    assert lab.events("configure-refused")
    assert not [k for k in settings.known() if "audit" in k or "trail" in k]


def test_configuration_needs_a_reason(lab) -> None:
    with pytest.raises(Refused, match="the reason is missing"):
        lab.app.records.configure(lab.session("administrator"), "idle_seconds", "60", " ")
    assert lab.app.installation.configuration()["idle_seconds"] == "900"


# ------------------------------------------------------------------ copies


def test_a_copy_holds_all_there_is(lab) -> None:
    lab.ingest("L-1", lab.plate("1.000"), instrument="")
    lab.process("L-1")
    change(lab, field="comment", value="first & second")
    change(lab, field="comment", value="third")
    lab.app.decisions.dispose(
        lab.session("quality"), "DV-0001", "accept", "logbook", lab.user("quality"), lab.password("quality")
    )
    lab.sign("L-1", "reviewed", "reviewer")
    copy = lab.app.records.copy(lab.session("auditor"), "L-1")
    data, page = json.loads(copy.electronic), html.unescape(copy.human.decode())
    assert (copy.human_type, copy.electronic_type) == ("text/html", "application/json")
    record = lab.app.records.read(lab.session("auditor"), "L-1")
    assert data["fields"] == dict(record.fields)
    assert [v["version"] for v in data["versions"]] == list(range(1, record.version + 1))
    entries = lab.app.trail.entries(lab.session("auditor"), "L-1")
    assert [e["number"] for e in data["audit_trail"]] == [e.number for e in entries]
    assert {e.action for e in entries} >= {"ingest", "create", "process", "modify", "sign", "open-deviation", "copy"}
    assert len(data["signature_files"]) == 1
    for text in ("first & second", "third", "Validation Reviewer", "reviewed", "100.0 %", "valid", "DV-0001", "Version 1"):
        assert text in page, text
    for inert in ("<script", "href", "src=", "http"):
        assert inert not in copy.human.decode()
    assert lab.app.records.copy(lab.session("auditor"), "L-9") is None


def test_reading_what_is_not_there(lab) -> None:
    assert lab.app.records.read(lab.session("auditor"), "L-9") is None
    assert lab.app.records.history(lab.session("auditor"), "L-9") == ()
    with pytest.raises(BadInput, match="no kind of record"):
        lab.app.records.read(lab.session("auditor"), "secret/val.analyst")


def test_accounts_can_be_read_and_their_secrets_cannot(lab) -> None:
    fields = lab.app.records.read(lab.session("auditor"), "account/val.reviewer").fields
    assert fields["printed_name"] == "Validation Reviewer"
    assert not any("argon2" in v or "PRIVATE" in v for v in fields.values())


# ------------------------------------------------------------------ retention


@pytest.mark.parametrize("role", ["administrator", "analyst", "reviewer", "quality", "auditor"])
def test_nobody_deletes_before_the_end_of_retention(lab, role: str) -> None:
    lab.processed("L-1")
    end = (lab.clock.now() + dt.timedelta(days=3650)).strftime("%Y-%m-%d")
    with pytest.raises(Refused, match=f"lot/L-1 must be kept until {end}: retention is 3650 days; nobody can delete it before"):
        lab.app.records.delete(lab.session(role), "L-1", "space is needed")
    assert lab.view("L-1").state == "processed"
    assert lab.events("delete-refused")[-1].record == "lot/L-1"


def test_after_retention_the_system_still_deletes_nothing(lab) -> None:
    lab.processed("L-1")
    lab.app.records.configure(lab.session("administrator"), "retention_days", "365", "new rule")
    lab.clock.ahead = dt.timedelta(days=366)
    with pytest.raises(Refused, match="this system deletes nothing"):
        lab.app.records.delete(lab.session("quality", anew=True), "L-1", "retention is over")
    with pytest.raises(BadInput, match="no record 'L-9'"):
        lab.app.records.delete(lab.session("quality"), "L-9", "x")
