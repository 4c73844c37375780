"""One-time codes: right by the RFC, asked for always once enrolled, good for one use, and closed to everybody but their owner."""

from __future__ import annotations

import datetime as dt
import threading

import pyotp
import pytest

from csvgen.errors import Refused
from csvgen.identity import factors
from csvgen.identity.directory import Directory
from csvgen.model.people import IdentityCheck, Policy

from .house import ADMIN, OTHER, PASSWORD, WRONG, House, actions, person, refused

# RFC 6238, appendix B: key "12345678901234567890", SHA-1; the last six of the eight digits given there.
RFC_KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert factors.step_of(RFC_KEY, code, at) == seconds // 30
    assert factors.step_of(RFC_KEY, code, at + dt.timedelta(seconds=30)) == seconds // 30, "a clock half a minute off"
    assert factors.step_of(RFC_KEY, code, at - dt.timedelta(seconds=30)) == seconds // 30
    for beyond in (-90, 90):
        assert factors.step_of(RFC_KEY, code, at + dt.timedelta(seconds=beyond)) == -1
    assert factors.step_of(RFC_KEY, code[:5] + str((int(code[5]) + 1) % 10), at) == -1
    assert factors.step_of(RFC_KEY, "", at) == factors.step_of("", code, at) == -1


class Device:
    """What the person holds in the hand."""

    def __init__(self, key: str, house: House) -> None:
        self._totp, self._house = pyotp.TOTP(key), house

    def code(self) -> str:
        return self._totp.at(self._house.clock.at)


@pytest.fixture
def device(people: Directory, house: House) -> Device:
    """anna's, enrolled half a minute ago."""
    made = Device(people.enrol("anna", PASSWORD), house)
    people.confirm_enrolment("anna", PASSWORD, made.code())
    house.clock.wait(30)
    return made


def test_the_first_code_confirms_a_device_and_nothing_is_asked_before(people: Directory, house: House) -> None:
    key = people.enrol("anna", PASSWORD)
    assert not people.asks_code("anna")
    assert people.log_in("anna", PASSWORD), "a device that never worked locks nobody out"
    refused(lambda: people.confirm_enrolment("anna", PASSWORD, "000000"), "RR-P03", "nothing was changed")
    refused(lambda: people.confirm_enrolment("anna", WRONG, Device(key, house).code()), "RR-P03")
    assert people.account("anna").factor == ""
    people.confirm_enrolment("anna", PASSWORD, Device(key, house).code())
    assert people.asks_code("anna")
    assert actions(people)[-1] == "enrol"
    refused(lambda: people.enrol("anna", PASSWORD), "RR-D02")  # a code is asked for now, and one device is enough
    assert factors.enrolment_uri(key, "anna", "csvgen x") == f"otpauth://totp/csvgen%20x:anna?secret={key}&issuer=csvgen%20x"


def test_an_enrolled_code_is_asked_at_log_in_and_at_the_first_signing(people: Directory, house: House, device: Device) -> None:
    refused(lambda: people.log_in("anna", PASSWORD), "RR-D02")
    refused(lambda: people.log_in("anna", PASSWORD, "123456"), "RR-D02")
    session = people.log_in("anna", PASSWORD, device.code())
    house.clock.wait(30)
    refused(lambda: people.components(session, "anna", PASSWORD), "RR-D02")
    assert people.components(session, "anna", PASSWORD, device.code()) == ("user id", "password", "one-time code")
    assert people.components(session, "", PASSWORD) == ("password",), "a later signing takes what only the signer knows"
    house.clock.wait(30)
    assert people.components(session, "", PASSWORD, device.code()) == ("password", "one-time code")


def test_a_code_alone_is_no_component_of_its_own(people: Directory, device: Device, house: House) -> None:
    session = people.log_in("anna", PASSWORD, device.code())
    house.clock.wait(30)
    refused(lambda: people.components(session, "anna", "", device.code()), "RR-N03")
    refused(lambda: people.components(session, "anna", WRONG, device.code()), "RR-D02")
    assert session.signings == 0


def test_a_code_is_good_once(people: Directory, house: House, device: Device) -> None:
    """pyotp takes a code twice; we do not: not in this process, not in another, not an earlier one, not at another door."""
    code = device.code()
    session = people.log_in("anna", PASSWORD, code)
    refused(lambda: people.log_in("anna", PASSWORD, code), "RR-D02")
    refused(lambda: people.components(session, "anna", PASSWORD, code), "RR-D02")
    people.set_state(ADMIN, "anna", "active", "for the test")  # begins the count of failures anew
    refused(lambda: house.directory().log_in("anna", PASSWORD, code), "RR-D02")
    house.clock.wait(30)
    assert people.log_in("anna", PASSWORD, device.code())
    refused(lambda: people.log_in("anna", PASSWORD, code), "RR-D02")
    assert {e.reason for e in people.ledger.events(action="log-in-refused")} == {
        "this one-time code, or a later one, was used before"
    }


def test_of_many_who_use_one_code_at_once_one_gets_in(people: Directory, house: House, device: Device) -> None:
    house.policy = Policy(failures_to_lock=100, source_failures=0)
    doors = [house.directory() for _ in range(6)]
    code, start, inside = device.code(), threading.Barrier(len(doors)), []

    def enter(door: Directory) -> None:
        start.wait()
        try:
            inside.append(door.log_in("anna", PASSWORD, code))
        except Refused as problem:
            assert problem.rule == "RR-D02"

    threads = [threading.Thread(target=enter, args=(d,)) for d in doors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inside) == 1
    assert len(people.ledger.events(action="log-in-refused")) == 5


def test_wrong_codes_lock_as_wrong_passwords_do(people: Directory, device: Device) -> None:
    for _ in range(3):
        refused(lambda: people.log_in("anna", PASSWORD, "000000"), "RR-D02")
    assert people.account("anna").state == "locked"
    refused(lambda: people.log_in("anna", PASSWORD, device.code()), "RR-D02")


def test_the_key_of_a_device_opens_with_the_password_only_and_is_nowhere_in_clear(house: House, people: Directory) -> None:
    key = people.enrol("anna", PASSWORD)
    people.confirm_enrolment("anna", PASSWORD, Device(key, house).code())
    kept = people.ledger.secret("anna", "code-key")
    assert factors.unlock(kept, PASSWORD, house.policy) == key
    assert factors.unlock(kept, OTHER, house.policy) == ""
    assert factors.unlock(kept, "", house.policy) == ""
    assert key.encode() not in house.written()
    assert factors.lock(key, PASSWORD, house.policy) != factors.lock(key, PASSWORD, house.policy), "its own salt each time"


def test_a_policy_of_another_cost_leaves_devices_as_they_are(
    people: Directory, house: House, device: Device, monkeypatch
) -> None:
    monkeypatch.undo()  # the hash at its real cost from here on
    assert people.log_in("anna", PASSWORD, device.code())
    assert "m=9216" in people.ledger.secret("anna", "password")


def test_a_new_password_takes_the_device_along_when_the_old_one_is_given(people: Directory, house: House, device: Device) -> None:
    people.change_password("anna", PASSWORD, OTHER, device.code())
    house.clock.wait(30)
    assert people.log_in("anna", OTHER, device.code())
    refused(lambda: people.log_in("anna", PASSWORD, device.code()), "RR-D02")


def test_a_password_set_without_the_old_one_loses_the_device(people: Directory, device: Device) -> None:
    """Whoever writes a password past its owner does not come into the second component."""
    people.set_password(ADMIN, "anna", OTHER)
    account = people.account("anna")
    assert (account.factor, account.identity_due) == ("lost", "2026-11-21T08:00:30.000000Z")
    session = people.log_in("anna", OTHER)
    refused(lambda: people.components(session, "anna", OTHER), "RR-N01", "reported lost")


def test_a_lost_device_is_out_of_use_at_once_and_another_needs_an_identity_check(
    people: Directory, house: House, device: Device
) -> None:
    """RR-P03, in every process."""
    session, elsewhere = people.log_in("anna", PASSWORD, device.code()), house.directory()
    elsewhere.lose("anna", PASSWORD, "left on the train")
    house.clock.wait(30)
    refused(lambda: people.session(session.id), "RR-N04", "credential changed")
    refused(lambda: people.components(people.log_in("anna", PASSWORD, device.code()), "anna", PASSWORD, device.code()), "RR-N01")
    refused(lambda: people.enrol("anna", PASSWORD), "RR-P03", "identity has to be verified again")
    house.clock.wait(60)
    people.identify(ADMIN, "anna", IdentityCheck(method="passport seen again", verified_by="personnel", on="2026-11-21"))
    new = Device(people.enrol("anna", PASSWORD), house)
    people.confirm_enrolment("anna", PASSWORD, new.code())
    house.clock.wait(30)
    refused(lambda: people.log_in("anna", PASSWORD, device.code()), "RR-D02")
    assert people.log_in("anna", PASSWORD, new.code())
    assert [a for a in actions(people) if a in ("device-lost", "identify", "enrol")] == [
        "enrol",
        "device-lost",
        "identify",
        "enrol",
    ]


def test_a_policy_that_requires_a_code_lets_nobody_sign_without_a_device(house: House) -> None:
    house.policy = Policy(second_factor="required")
    people = house.directory()
    people.add(ADMIN, person("anna"))
    people.set_password(ADMIN, "anna", PASSWORD)
    session = people.log_in("anna", PASSWORD)
    refused(lambda: people.components(session, "anna", PASSWORD), "RR-N01", "takes a one-time code")
    assert people.ledger.events()[-1].action == "signing-refused"
    device = Device(people.enrol("anna", PASSWORD), house)
    people.confirm_enrolment("anna", PASSWORD, device.code())
    house.clock.wait(30)
    session = people.log_in("anna", PASSWORD, device.code())
    house.clock.wait(30)
    assert "one-time code" in people.components(session, "anna", PASSWORD, device.code())
