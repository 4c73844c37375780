"""Signatures: components, separation, what is signed, what is shown, what makes them void or invalid."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess

import pytest

from csvgen.canonical import canonical_json
from csvgen.clock import shown
from csvgen.crypto import certificates, cms
from csvgen.errors import BadInput, CsvgenError, Refused
from csvgen.model.signature import REASONS, SignatureRecord
from csvgen.pipeline import keyring, signing
from csvgen.pipeline.record_keeping import signature_files


def sign(lab, who: str, user_id: str, password: str, lot: str = "L-1", meaning: str = "reviewed"):
    lab.app.decisions.review_packet(lab.session(who), lot)
    return lab.app.decisions.sign(lab.session(who), lot, meaning, "checked", user_id, password)


def files(lab, record: str = "L-1"):
    return signature_files(lab.app.records.copy(lab.session("auditor"), record).electronic)


def offered(lab, record: str, signatures):
    return lab.app.decisions.check_signatures(lab.session("auditor"), record, [{"record": r, "cms": c} for r, c in signatures])


# ------------------------------------------------------------------ components


def test_first_signing_takes_both_and_later_ones_the_password(lab) -> None:
    for lot in ("L-1", "L-2", "L-3"):
        lab.processed(lot)
    assert sign(lab, "reviewer", lab.user("reviewer"), lab.password("reviewer")).facts["components"] == "user id, password"
    assert sign(lab, "reviewer", "", lab.password("reviewer"), "L-2").facts["components"] == "password"
    lab.session("reviewer", anew=True)
    with pytest.raises(Refused, match="the first signing of a session takes user id and password"):
        sign(lab, "reviewer", "", lab.password("reviewer"), "L-3")


@pytest.mark.parametrize("wrong", ["nothing", "no password", "wrong password", "other person"])
def test_anything_less_does_not_sign_later_either(lab, wrong: str) -> None:
    lab.processed("L-1")
    lab.processed("L-2")
    sign(lab, "reviewer", lab.user("reviewer"), lab.password("reviewer"))
    user_id, password, words = {
        "nothing": ("", "", "a component that only the signer knows"),
        "no password": (lab.user("reviewer"), "", "a component that only the signer knows"),
        "wrong password": ("", "this is wrong", "is not right"),
        "other person": (lab.user("analyst"), lab.password("reviewer"), "user id and password of the person logged in"),
    }[wrong]
    with pytest.raises(Refused, match=words):
        sign(lab, "reviewer", user_id, password, "L-2")
    assert lab.app.decisions.signatures(lab.session("auditor"), "L-2") == ()


@pytest.mark.parametrize("wrong", ["no password", "nothing", "wrong password", "other person", "other password"])
def test_anything_less_does_not_sign(lab, wrong: str) -> None:
    lab.processed("L-1")
    user_id, password = {
        "no password": (lab.user("reviewer"), ""),
        "nothing": ("", ""),
        "wrong password": (lab.user("reviewer"), "this is wrong"),
        "other person": (lab.user("reviewer-quality"), lab.password("reviewer-quality")),
        "other password": (lab.user("reviewer"), lab.password("analyst")),
    }[wrong]
    with pytest.raises(Refused):
        sign(lab, "reviewer", user_id, password)
    assert lab.app.decisions.signatures(lab.session("auditor"), "L-1") == ()
    assert lab.view("L-1").state == "processed"
    assert "lot/L-1" in {e.record for e in lab.events("sign-reviewed-refused")}


def test_failures_at_signing_lock_the_account(lab) -> None:
    lab.processed("L-1")
    for _ in range(3):
        with pytest.raises(Refused):
            sign(lab, "reviewer", lab.user("reviewer"), "this is wrong")
    with pytest.raises(Refused, match="the session has ended: account locked"):
        sign(lab, "reviewer", lab.user("reviewer"), lab.password("reviewer"))
    assert lab.events("security-alert")


def test_a_first_password_set_by_somebody_else_cannot_sign(lab) -> None:
    lab.processed("L-1")
    lab.app.access.create_account(lab.session("administrator"), "new.reviewer", "New Reviewer", ("reviewer",), "first password 1")
    session = lab.app.access.log_in("new.reviewer", "first password 1").reference
    lab.app.decisions.review_packet(session, "L-1")
    with pytest.raises(Refused, match="this account cannot sign yet: its owner must first set a password of their own"):
        lab.app.decisions.sign(session, "L-1", "reviewed", "", "new.reviewer", "first password 1")
    lab.app.access.set_password(session, "my own password 2")
    session = lab.app.access.log_in("new.reviewer", "my own password 2").reference
    lab.app.decisions.review_packet(session, "L-1")
    assert lab.app.decisions.sign(session, "L-1", "reviewed", "", "new.reviewer", "my own password 2").accepted


def test_signatures_outlive_a_new_password(lab) -> None:
    lab.bring("L-1", "reviewed")
    lab.app.access.set_password(lab.session("reviewer"), "another password 3")
    (signature,) = lab.app.decisions.signatures(lab.session("auditor"), "L-1")
    assert signature.valid


# ------------------------------------------------------------------ who, what


@pytest.mark.parametrize("meaning", ["", "noted", "Reviewed", "disposed", "approved"])
def test_meanings_are_a_closed_list(lab, meaning: str) -> None:
    lab.processed("L-1")
    with pytest.raises(BadInput, match="a lot is signed as reviewed, released, rejected"):
        lab.sign("L-1", meaning, "reviewer")


@pytest.mark.parametrize("record", ["deviation/DV-0001", "file/L-1:plate.csv", "lot/L-9", "nothing/x"])
def test_only_lots_are_signed(lab, record: str) -> None:
    lab.processed("L-1")
    with pytest.raises(BadInput):
        lab.sign(record, "reviewed", "reviewer")


def test_nobody_reviews_their_own_work(lab) -> None:
    lab.processed("L-1", who="analyst-reviewer")
    with pytest.raises(Refused, match="Validation Analyst and Reviewer processed lot L-1 and may not review it"):
        lab.sign("L-1", "reviewed", "analyst-reviewer")
    lab.ingest("L-2", lab.plate("1.000"), who="analyst-reviewer")
    lab.process("L-2")
    with pytest.raises(Refused, match="brought in data of lot L-2 and may not review it"):
        lab.sign("L-2", "reviewed", "analyst-reviewer")
    lab.processed("L-3")
    assert lab.sign("L-3", "reviewed", "analyst-reviewer").accepted


@pytest.mark.parametrize("meaning", ["released", "rejected"])
def test_who_reviewed_does_not_decide(lab, meaning: str) -> None:
    lab.processed("L-1")
    lab.sign("L-1", "reviewed", "reviewer-quality")
    with pytest.raises(Refused, match="reviewed lot L-1 and may not decide on its release"):
        lab.sign("L-1", meaning, "reviewer-quality")
    assert lab.sign("L-1", meaning, "quality").accepted


def test_what_is_signed(lab) -> None:
    lab.bring("L-1", "released")
    first, second = (SignatureRecord.model_validate(json.loads(body)) for body, _ in files(lab))
    newest = lab.app.records.read(lab.session("auditor"), "L-1")
    assert (first.record, first.revision) == ("lot/L-1", newest.version)
    assert first.record_digest == second.record_digest
    assert (first.person, first.printed_name, first.role) == (lab.user("reviewer"), "Validation Reviewer", "reviewer")
    assert (first.components, first.first_in_session) == (("user id", "password"), True)
    assert (first.meaning, second.meaning) == ("reviewed", "approved")
    assert second.statement.startswith("released: ")
    assert second.previous == (first.digest,)
    assert first.demonstration
    assert first.audit_head in {e.new for e in lab.events()} | {first.audit_head}


def test_each_signs_with_a_key_of_their_own(lab) -> None:
    lab.bring("L-1", "released")
    signers = [cms.verify(body, signed, "test").certificate for body, signed in files(lab)]
    assert [certificates.person_id(c) for c in signers] == [lab.user("reviewer"), lab.user("quality")]
    assert len({c.public_key().public_numbers().x for c in signers}) == 2


def test_openssl_finds_the_signature_good_and_a_changed_one_bad(lab, tmp_path) -> None:
    lab.bring("L-1", "reviewed")
    ((body, signed),) = files(lab)
    (tmp_path / "s.json").write_bytes(body)
    (tmp_path / "s.p7s").write_bytes(signed)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "s.p7s", "-content", "s.json", "-CAfile", str(lab.home / "keys" / "ca.pem"), "-purpose", "any", "-out", "out"]  # fmt: skip
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "s.json").write_bytes(body.replace(b"reviewed", b"rejected", 1))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


# ------------------------------------------------------------------ shown


def test_every_form_shows_name_time_and_meaning_of_every_signature(lab) -> None:
    lab.bring("L-1", "released")
    views = lab.app.decisions.signatures(lab.session("auditor"), "L-1")
    assert [v.meaning for v in views] == ["reviewed", "released"]
    for form in lab.app.decisions.forms():
        text = lab.app.decisions.manifestation(lab.session("analyst"), "L-1", form)
        for view in views:
            for part in (view.printed_name, shown(view.at), view.meaning, view.status):
                assert part in text, (form, part)
        assert "DEMONSTRATION" in text or '"demonstration": true' in text
    with pytest.raises(BadInput, match="the forms are screen, print, data"):
        lab.app.decisions.manifestation(lab.session("analyst"), "L-1", "fax")


def test_the_data_form_shows_the_time_with_its_offset_too(lab) -> None:
    lab.bring("L-1", "reviewed")
    (view,) = lab.app.decisions.signatures(lab.session("auditor"), "L-1")
    assert shown(view.at) in lab.app.decisions.manifestation(lab.session("analyst"), "L-1", "data")


def test_hostile_text_stays_text(lab) -> None:
    lab.processed("L-1")
    lab.app.records.change(lab.session("analyst"), "L-1", "comment", "<script>alert(1)</script>", "label & co")
    human = lab.app.records.copy(lab.session("auditor"), "L-1").human
    assert b"<script" not in human
    assert b"&lt;script&gt;" in human
    assert "<script>alert(1)</script>" in lab.app.decisions.manifestation(lab.session("auditor"), "L-1", "print")
    with pytest.raises(BadInput, match="holds U\\+202E"):
        lab.app.records.change(lab.session("analyst"), "L-1", "comment", "abc\u202edef", "label")


# ------------------------------------------------------------------ void and invalid


def test_a_change_makes_the_signature_void_and_a_new_one_valid(lab) -> None:
    lab.bring("L-1", "reviewed")
    lab.app.records.change(lab.session("analyst"), "L-1", "storage", "shelf 7", "moved")
    assert [s.status for s in lab.app.decisions.signatures(lab.session("auditor"), "L-1")] == [signing.VOID]
    assert lab.view("L-1").state == "processed"
    for form in ("screen", "print", "data"):
        assert lab.app.decisions.manifestation(lab.session("auditor"), "L-1", form).count(signing.VOID) == 1
    lab.sign("L-1", "reviewed", "reviewer")
    assert [s.valid for s in lab.app.decisions.signatures(lab.session("auditor"), "L-1")] == [False, True]
    lab.app.records.change(lab.session("analyst"), "L-1", "storage", "", "back to what was signed first")
    assert not any(s.valid for s in lab.app.decisions.signatures(lab.session("auditor"), "L-1"))


def test_a_void_review_does_not_release(lab) -> None:
    lab.bring("L-1", "reviewed")
    lab.app.records.change(lab.session("analyst"), "L-1", "storage", "shelf 7", "moved")
    with pytest.raises(Refused, match="still missing: review signature"):
        lab.sign("L-1", "released", "quality")


def test_an_untouched_set_is_valid_and_every_other_is_not(lab) -> None:
    lab.bring("L-1", "released")
    lab.bring("L-2", "released")
    one, two = files(lab), files(lab, "L-2")
    assert offered(lab, "L-1", one).accepted
    for wrong, words in (
        (two, "this signature stands on lot/L-2, not on lot/L-1"),
        (one[:1], "that is not here"),
        ((), "that is not here"),
        ((one[0], (one[1][0], one[0][1])), "the signed record was changed"),
        ((one[0], (b"{}\n", one[1][1])), "INVALID"),
        ((one[0], (one[1][0], b"")), "cannot be read"),
    ):
        refused = offered(lab, "L-1", wrong)
        assert not refused.accepted
        assert words in refused.message


def test_a_signature_of_another_system_is_not_valid(lab, tmp_path) -> None:
    lab.bring("L-1", "reviewed")
    ((body, _),) = files(lab)
    root = certificates.make_root("Elsewhere", lab.clock.now(), demonstration=True)
    forger = certificates.issue_person(
        root, person=lab.user("reviewer"), printed_name="Validation Reviewer", organisation="Elsewhere", now=lab.clock.now()
    )
    forged = canonical_json(json.loads(body) | {"certificate": forger.fingerprint})
    signed = cms.sign(forged, forger, lab.clock.now().fromisoformat(json.loads(body)["signed"].replace("Z", "+00:00")))
    refused = offered(lab, "L-1", [(forged, signed)])
    assert "the certificate was not issued by this system" in refused.message


def test_a_signature_the_trail_does_not_know_is_not_valid(lab) -> None:
    lab.bring("L-1", "reviewed")
    ((body, _),) = files(lab)
    record = SignatureRecord.model_validate(json.loads(body))
    own = keyring.open_own(lab.app._core.directory, lab.user("reviewer"), lab.password("reviewer"))
    again = record.model_copy(update={"reason": "made past the application"})
    signed = cms.sign(canonical_json(again), own, lab.clock.now().fromisoformat(record.signed.replace("Z", "+00:00")))
    assert "the audit trail does not tell of this signature" in offered(lab, "L-1", [(canonical_json(again), signed)]).message


def test_a_signature_falsified_in_the_database_is_shown_as_invalid(lab) -> None:
    lab.bring("L-1", "reviewed")
    connection = sqlite3.connect(lab.home / "qc.db")
    connection.execute("DROP TRIGGER record_no_update")
    (body,) = connection.execute("SELECT body FROM record WHERE kind = 'signature' AND id LIKE 'lot/%'").fetchone()
    content = json.loads(body)
    content["body"] = base64.b64encode(
        base64.b64decode(content["body"]).replace(b"Validation Reviewer", b"Somebody Else Here!")
    ).decode()
    connection.execute("UPDATE record SET body = ? WHERE kind = 'signature' AND id LIKE 'lot/%'", (canonical_json(content),))
    connection.commit()
    connection.close()
    (view,) = lab.app.decisions.signatures(lab.session("auditor"), "L-1")
    assert not view.valid
    assert view.status.startswith("INVALID: ")
    for form in ("screen", "print", "data"):
        assert "INVALID: " in lab.app.decisions.manifestation(lab.session("auditor"), "L-1", form)
    with pytest.raises(CsvgenError, match="no valid review signature"):
        lab.sign("L-1", "released", "quality")


def test_every_meaning_is_one_a_signature_record_can_carry() -> None:
    assert {
        "reviewed",
        "released",
        "rejected",
        "disposed",
        "invalidated",
        "integration reviewed",
        "integration approved",
        "corrected",
    } <= set(signing.meanings())
    for meaning in signing.meanings().values():
        assert meaning.code in REASONS[meaning.record]
    assert all(m.statement.startswith(f"{word}: ") for word, m in signing.meanings().items())
