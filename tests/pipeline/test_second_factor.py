"""Signatures of an instance that takes a second factor: password and one-time code, each proved for the one signature it is typed for."""

from __future__ import annotations

import base64
import datetime as dt
import json

import pyotp
import pytest

from csvgen.clock import SystemClock
from csvgen.errors import CsvgenError, Refused
from csvgen.pipeline.release import QcRelease

from .conftest import Lab

STEP = dt.timedelta(seconds=30)


class Guarded(Lab):
    """A laboratory whose signatures take a code; people with devices in their pockets."""

    def __init__(self, home) -> None:
        with QcRelease(home, SystemClock()) as app:
            core = app._core
            with core.ledger.change(core.directory._claimed(""), "as it would be installed") as change:
                change.put("configuration", "second_factor", {"key": "second_factor", "value": "signing"})
        super().__init__(home)
        self.keys: dict[str, str] = {}

    def enrol(self, who: str) -> None:
        session = self.session(who, anew=True)
        self.keys[who] = self.app.access.enrol_device(session, self.password(who))
        self.app.access.confirm_device(session, self.password(who), self.code(who))
        self.clock.ahead += STEP
        self.session(who, anew=True)

    def code(self, who: str) -> str:
        return pyotp.TOTP(self.keys[who]).at(self.clock.now())

    def sign_with(self, lot: str, meaning: str, who: str, code: str | None):
        if meaning == "reviewed":
            self.app.decisions.review_packet(self.session(who), lot)
        if code is not None:
            self.app.access.type_code(self.session(who), code)
        given = (self.session(who), lot, meaning, "checked", self.user(who), self.password(who))
        return self.app.decisions.sign(*given)

    def signed(self, lot: str) -> list[dict]:
        """What the signatures of a lot say in the bytes that were signed."""
        kept = [v for v in self.app._core.ledger.all("signature") if v.content["of"] == f"lot/{lot}"]
        return [json.loads(base64.b64decode(v.content["body"])) for v in sorted(kept, key=lambda v: v.event)]

    def refusals(self) -> list[str]:
        return [e.reason for e in self.events("signing-refused")]


@pytest.fixture
def guarded(home):
    made = Guarded(home)
    yield made
    made.app.close()


def test_every_signature_takes_both_and_says_so(guarded):
    guarded.enrol("reviewer")
    for lot in ("L-1", "L-2"):
        guarded.processed(lot)
        outcome = guarded.sign_with(lot, "reviewed", "reviewer", guarded.code("reviewer"))
        assert "one-time code" in outcome.facts["components"]
        guarded.clock.ahead += STEP
    first, second = guarded.signed("L-1") + guarded.signed("L-2")
    assert first["components"] == ["user id", "password", "one-time code"]
    assert second["components"] == ["password", "one-time code"], "a later signature of the session takes the code too"
    assert (first["first_in_session"], second["first_in_session"]) == (True, False)


def test_the_password_alone_signs_nothing(guarded):
    guarded.enrol("reviewer")
    guarded.processed("L-1")
    for code in (None, "", "000000"):
        with pytest.raises(Refused):
            guarded.sign_with("L-1", "reviewed", "reviewer", code)
    assert guarded.signed("L-1") == []
    assert guarded.refusals() == ["wrong one-time code"] * 3


def test_nobody_signs_without_a_device(guarded):
    guarded.processed("L-1")
    with pytest.raises(Refused, match="takes a one-time code; no device is enrolled") as refusal:
        guarded.sign_with("L-1", "reviewed", "reviewer", "123456")
    assert refusal.value.hint == "csvgen pipeline account device"
    assert guarded.signed("L-1") == []


def test_a_code_signs_once(guarded):
    guarded.enrol("reviewer")
    for lot in ("L-1", "L-2"):
        guarded.processed(lot)
    code = guarded.code("reviewer")
    guarded.sign_with("L-1", "reviewed", "reviewer", code)
    with pytest.raises(Refused):
        guarded.sign_with("L-2", "reviewed", "reviewer", code)
    with pytest.raises(Refused):
        guarded.sign_with("L-2", "reviewed", "reviewer", None)  # nor is it kept for the next signature
    assert guarded.signed("L-2") == []
    assert guarded.refusals() == ["this one-time code, or a later one, was used before", "wrong one-time code"]


def test_a_code_that_failed_is_used_up(guarded):
    guarded.enrol("reviewer")
    guarded.processed("L-1")
    guarded.app.access.type_code(guarded.session("reviewer"), guarded.code("reviewer"))
    guarded.app.decisions.review_packet(guarded.session("reviewer"), "L-1")
    with pytest.raises(Refused):
        guarded.app.decisions.sign(guarded.session("reviewer"), "L-1", "reviewed", "checked", guarded.user("reviewer"), "wrong 1")
    with pytest.raises(Refused):
        guarded.sign_with("L-1", "reviewed", "reviewer", None)


def test_a_code_belongs_to_the_session_it_was_typed_in(guarded):
    guarded.enrol("reviewer")
    guarded.enrol("quality")
    guarded.processed("L-1")
    guarded.app.access.type_code(guarded.session("quality"), guarded.code("reviewer"))
    with pytest.raises(Refused):
        guarded.sign_with("L-1", "reviewed", "reviewer", None)
    assert guarded.signed("L-1") == []


def test_wrong_codes_lock_the_account(guarded):
    guarded.enrol("reviewer")
    guarded.processed("L-1")
    for _ in range(3):
        with pytest.raises(Refused):
            guarded.sign_with("L-1", "reviewed", "reviewer", "000000")
    assert {e.record for e in guarded.events("lock")} == {f"account/{guarded.user('reviewer')}"}
    with pytest.raises(CsvgenError):
        guarded.sign_with("L-1", "reviewed", "reviewer", guarded.code("reviewer"))


def test_the_log_in_takes_no_code(guarded):
    """A code of the log-in would be used up for the signature that follows within its thirty seconds."""
    guarded.enrol("reviewer")
    assert guarded.session("reviewer", anew=True)


def test_a_builder_signs_an_artifact_with_both(guarded):
    guarded.enrol("analyst")
    given = ("qc-release", "CHG-0009 (example)", "release 1.0", guarded.user("analyst"), guarded.password("analyst"))
    with pytest.raises(Refused):
        guarded.app.artifacts.build(guarded.session("analyst"), *given)
    guarded.app.access.type_code(guarded.session("analyst"), guarded.code("analyst"))
    assert guarded.app.artifacts.build(guarded.session("analyst"), *given).accepted


def test_the_key_of_a_device_is_nowhere_in_clear(guarded):
    guarded.enrol("reviewer")
    guarded.processed("L-1")
    code = guarded.code("reviewer")
    guarded.sign_with("L-1", "reviewed", "reviewer", code)
    key = guarded.keys["reviewer"]
    for path in guarded.home.rglob("*"):
        if path.is_file():
            found = path.read_bytes()
            assert key.encode() not in found, path
            assert base64.b32decode(key) not in found, path
    trail = b"".join(guarded.app._core.ledger.bodies()).decode()
    assert f'"{code}"' not in trail
    assert key not in trail


# ------------------------------------------------------------ devices


def test_only_its_first_code_puts_a_device_in_use(guarded):
    session = guarded.session("reviewer")
    guarded.keys["reviewer"] = guarded.app.access.enrol_device(session, guarded.password("reviewer"))
    with pytest.raises(Refused, match="not the code of the new device"):
        guarded.app.access.confirm_device(session, guarded.password("reviewer"), "000000")
    guarded.processed("L-1")
    with pytest.raises(Refused, match="no device is enrolled"):
        guarded.sign_with("L-1", "reviewed", "reviewer", guarded.code("reviewer"))


def test_a_device_is_enrolled_with_the_password_of_its_owner(guarded):
    with pytest.raises(Refused):
        guarded.app.access.enrol_device(guarded.session("reviewer"), guarded.password("quality"))
    with pytest.raises(Refused, match="the role administrator may not enrol a device"):
        guarded.app.access.enrol_device(guarded.session("administrator"), guarded.password("administrator"))
    guarded.enrol("reviewer")
    with pytest.raises(Refused, match="report it lost first"):
        guarded.app.access.enrol_device(guarded.session("reviewer"), guarded.password("reviewer"))


def test_a_lost_device_comes_back_through_an_administrator_who_cannot_use_it(guarded):
    guarded.enrol("reviewer")
    guarded.processed("L-1")
    access, boss, person = guarded.app.access, guarded.session("administrator"), guarded.user("reviewer")
    with pytest.raises(Refused, match="reported by an administrator"):
        access.report_device(guarded.session("quality"), person, "found on a desk")
    with pytest.raises(Refused, match="no device in use"):
        access.report_device(boss, guarded.user("quality"), "none there")
    access.report_device(boss, person, "left in a train")
    with pytest.raises(Refused, match="the session has ended"):
        access.whoami(guarded.session("reviewer"))
    guarded.session("reviewer", anew=True)
    with pytest.raises(Refused, match="reported lost"):
        guarded.sign_with("L-1", "reviewed", "reviewer", guarded.code("reviewer"))
    with pytest.raises(Refused, match="identity has to be verified again"):
        access.enrol_device(guarded.session("reviewer"), guarded.password("reviewer"))
    with pytest.raises(Refused, match="may not put an identity check on record"):
        access.verify_identity(guarded.session("quality"), person, "seen", "new device")
    with pytest.raises(Refused):  # the administrator has no signature, and no password but the own
        access.type_code(boss, "123456")
    access.verify_identity(boss, person, "passport seen in person", "new device")
    with pytest.raises(Refused):
        access.enrol_device(guarded.session("reviewer"), guarded.password("administrator"))
    old = guarded.keys["reviewer"]
    guarded.enrol("reviewer")
    with pytest.raises(Refused):
        guarded.sign_with("L-1", "reviewed", "reviewer", pyotp.TOTP(old).at(guarded.clock.now()))
    assert guarded.sign_with("L-1", "reviewed", "reviewer", guarded.code("reviewer")).accepted
    told = {e.action: e.user_id for e in guarded.events() if e.action in ("device-lost", "identify", "enrol")}
    assert told == {"device-lost": guarded.user("administrator"), "identify": guarded.user("administrator"), "enrol": person}


def test_the_owner_reports_the_own_device(guarded):
    guarded.enrol("reviewer")
    assert guarded.app.access.report_device(guarded.session("reviewer"), guarded.user("reviewer"), "it fell into a bath").accepted


def test_a_new_password_keeps_the_device(guarded):
    guarded.enrol("reviewer")
    guarded.processed("L-1")
    access, new = guarded.app.access, "Another-word-of-mine-71"
    with pytest.raises(Refused):
        access.set_password(guarded.session("reviewer"), new)
    assert guarded.session("reviewer", anew=True), "the password is the old one still"
    access.set_password(guarded.session("reviewer"), new, guarded.password("reviewer"))
    guarded.accounts["reviewer"]["password"] = new
    guarded.session("reviewer", anew=True)
    assert guarded.sign_with("L-1", "reviewed", "reviewer", guarded.code("reviewer")).accepted


def test_after_a_loss_no_password_and_key_are_given_before_the_identity_check(guarded):
    guarded.enrol("reviewer")
    guarded.app.access.report_device(guarded.session("administrator"), guarded.user("reviewer"), "lost")
    session = guarded.session("reviewer", anew=True)
    with pytest.raises(Refused, match="identity"):
        guarded.app.access.set_password(session, "Another-word-of-mine-71", guarded.password("reviewer"))
    assert guarded.session("reviewer", anew=True), "nothing was changed by halves"


# ------------------------------------------------------------ the setting


def test_nobody_switches_it_off(guarded):
    with pytest.raises(Refused, match="fixed at installation"):
        guarded.app.records.configure(guarded.session("administrator"), "second_factor", "none", "codes are tiresome")
    guarded.processed("L-1")
    with pytest.raises(Refused):
        guarded.sign_with("L-1", "reviewed", "reviewer", None)


def test_where_none_is_taken_no_device_is_enrolled(lab):
    assert not lab.app.access.takes_code(lab.session("reviewer"))
    with pytest.raises(Refused, match="take no one-time code"):
        lab.app.access.enrol_device(lab.session("reviewer"), lab.password("reviewer"))
