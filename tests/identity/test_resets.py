"""No single person can sign as another: what an administrator may do with another's credentials, and what they try (RR-N07)."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import create_engine, text

from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential
from csvgen.identity import passwords
from csvgen.identity.directory import UNIFORM, Directory
from csvgen.identity.rights import signing_refusal
from csvgen.model.people import Accountability, IdentityCheck, Training

from .house import ADMIN, OTHER, PASSWORD, WRONG, House, actions, person, refused

CHECK = IdentityCheck(method="passport seen", verified_by="personnel office", on="2026-11-20")


@pytest.fixture(scope="module")
def credential() -> Credential:
    now = dt.datetime.now(dt.UTC)
    root = certificates.make_root("Probe", now, demonstration=True)
    return certificates.issue_person(root, person="anna", printed_name="Anna Example (fictitious)", organisation="Probe", now=now)


@pytest.fixture
def signer(people: Directory, credential: Credential) -> Directory:
    """anna has everything a signer needs."""
    people.identify(ADMIN, "anna", CHECK)
    people.train(ADMIN, "anna", Training(role="tester", subject="csvgen", on="2026-11-20"))
    people.acknowledge("anna", PASSWORD, "SOP-QC-014 r3")
    people.keep_key(ADMIN, "anna", credential, PASSWORD, "certificate")
    assert signing_refusal(people.account("anna"), "tester", "2026-11-21") is None
    return people


def test_a_reset_takes_password_key_and_rights_at_once(signer: Directory) -> None:
    session = signer.log_in("anna", PASSWORD)
    once = signer.reset(ADMIN, "anna", "password forgotten")
    refused(lambda: signer.session(session.id), "RR-N04", "password reset")
    refused(lambda: signer.log_in("anna", PASSWORD), "RR-D02")
    refused(lambda: signer.open_key("anna", PASSWORD), "RR-U02")
    account = signer.account("anna")
    assert (account.state, account.certificate, account.identity_due is None) == ("active", "", False)
    assert signing_refusal(account, "tester", "2026-11-21").rule == "RR-P03"
    told = signer.ledger.events(action="reset")
    assert [(e.person, e.record, e.reason) for e in told] == [(ADMIN.person, "account/anna", "password forgotten")]
    assert once not in "".join(b.decode() for b in signer.ledger.bodies())


def test_the_one_time_secret_does_nothing_but_choose_a_new_password(signer: Directory, credential: Credential) -> None:
    once = signer.reset(ADMIN, "anna", "password forgotten")
    refused(lambda: signer.log_in("anna", once), "RR-D02")
    refused(lambda: signer.acknowledge("anna", once, "SOP"), "RR-D02")
    refused(lambda: signer.change_password("anna", once, OTHER), "RR-D02")
    refused(lambda: signer.open_key("anna", once), "RR-U02")
    refused(lambda: signer.keep_key(ADMIN, "anna", credential, once, "x"), "RR-P03", "identity")
    signer.put_into(ADMIN, "anna", "active", "three attempts above")
    refused(lambda: signer.redeem("anna", once, PASSWORD), "RR-P02", "may not be used again")
    signer.redeem("anna", once, OTHER)
    assert signer.log_in("anna", OTHER)
    refused(lambda: signer.redeem("anna", once, OTHER + "-2"), "RR-D02")
    assert signing_refusal(signer.account("anna"), "tester", "2026-11-21").rule == "RR-P03", "the identity is verified first"
    signer.identify(ADMIN, "anna", CHECK)
    signer.keep_key(ADMIN, "anna", credential, OTHER, "a new certificate")
    assert signing_refusal(signer.account("anna"), "tester", "2026-11-21") is None


def test_the_one_time_secret_expires_and_wrong_ones_lock(signer: Directory, house: House) -> None:
    once = signer.reset(ADMIN, "anna", "password forgotten")
    house.clock.wait(86_400)
    assert refused(lambda: signer.redeem("anna", once, OTHER), "RR-D02").message == UNIFORM
    assert signer.ledger.events(action="reset-refused")[-1].reason == "the one-time secret has expired"
    again = signer.reset(ADMIN, "anna", "too late")
    refused(lambda: signer.redeem("anna", once, OTHER), "RR-D02")
    refused(lambda: signer.redeem("anna", WRONG, OTHER), "RR-D02")
    refused(lambda: signer.redeem("bert", again, OTHER), "RR-D02")
    refused(lambda: signer.redeem("nobody", again, OTHER), "RR-D02")
    refused(lambda: signer.redeem("anna", "", OTHER), "RR-D02")
    assert signer.account("anna").state == "locked"
    refused(lambda: signer.redeem("anna", again, OTHER), "RR-D02")


def test_the_owner_is_told_of_a_reset(house: House) -> None:
    people = house.directory(alerts=True)
    people.add(ADMIN, person("anna", email="anna@example.org"))
    people.set_password(ADMIN, "anna", PASSWORD)
    once = people.reset(ADMIN, "anna", "password forgotten")
    mail = house.mails()[-1]
    assert "To: security@example.org, anna@example.org" in mail
    assert f"password reset by {ADMIN.person}" in mail
    assert once not in mail


# ------------------------------------------------------------------ what an administrator tries


def test_an_administrator_cannot_reset_their_own_account_or_one_that_never_began(people: Directory) -> None:
    refused(lambda: people.reset(people.as_owner(people.account("anna")), "anna", "easier"), "RR-N07")
    refused(lambda: people.reset(ADMIN, "bert", "x"), "RR-N07")
    refused(lambda: people.reset(ADMIN, "anna", "  "), "RR-E07")
    assert "reset" not in {e.action for e in people.ledger.events()}
    assert people.log_in("anna", PASSWORD), "nothing of it was done"


def test_an_administrator_cannot_activate_again_who_has_a_password(signer: Directory) -> None:
    """The way to another's password and certificate without them knowing is shut."""
    refused(lambda: signer.begins(signer.account("anna"), founding=False), "RR-N07", "only its owner replaces it")
    signer.put_into(ADMIN, "anna", "locked", "for the test")
    refused(lambda: signer.begins(signer.account("anna"), founding=False), "RR-N07")
    signer.reset(ADMIN, "anna", "for the test")
    refused(lambda: signer.begins(signer.account("anna"), founding=False), "RR-P03", "identity")
    assert signer.begins(signer.account("bert"), founding=False) is False
    refused(lambda: signer.begins(signer.account("bert"), founding=True), "RR-D01", "the first person to be activated")


def written_past_us(house: House, person: str, name: str, value: str) -> None:
    """With a database program, as somebody with write access to the file would."""
    engine = create_engine(house.url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM secret WHERE owner = :o AND name = :n"), {"o": person, "n": name})
        connection.execute(
            text("INSERT INTO secret (owner, name, value) VALUES (:o, :n, :v)"), {"o": person, "n": name, "v": value}
        )
    engine.dispose()


def test_a_verifier_written_into_the_database_opens_no_key_and_the_attempt_is_an_event(signer: Directory, house: House) -> None:
    """The administrator logs in as anna with a password of theirs; the private key stays closed: nothing is signed."""
    mine = "password-of-the-Administrator-7"
    written_past_us(house, "anna", "password", json.dumps([passwords.hashed(mine, house.policy)]))
    session = signer.log_in("anna", mine)
    assert signer.components(session, "anna", mine) == ("user id", "password")
    refused(lambda: signer.open_key("anna", mine), words="could not be opened")
    event = signer.ledger.events()[-1]
    assert (event.action, event.record) == ("signing-refused", "account/anna")
    assert "does not open" in event.reason


def test_nor_does_a_code_key_written_into_the_database(signer: Directory, house: House) -> None:
    import pyotp

    key = signer.enrol("anna", PASSWORD)
    signer.confirm_enrolment("anna", PASSWORD, pyotp.TOTP(key).at(house.clock.at))
    house.clock.wait(60)
    mine, my_key = "password-of-the-Administrator-7", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    from csvgen.identity import factors

    written_past_us(house, "anna", "password", json.dumps([passwords.hashed(mine, house.policy)]))
    refused(
        lambda: signer.log_in("anna", mine, pyotp.TOTP(key).at(house.clock.at)), "RR-D02"
    )  # her device opens with her password only
    written_past_us(house, "anna", "code-key", factors.lock(my_key, mine, house.policy))
    assert signer.log_in("anna", mine, pyotp.TOTP(my_key).at(house.clock.at)), "who writes everything comes in"
    refused(lambda: signer.open_key("anna", mine), words="could not be opened")  # and still signs nothing


def test_the_key_of_another_person_put_in_place_is_another_persons_key(
    signer: Directory, house: House, credential: Credential
) -> None:
    """What opens with the administrator's own password is the administrator's certificate: it names them, not anna."""
    own_root = certificates.make_root("Probe", dt.datetime.now(dt.UTC), demonstration=True)
    own = certificates.issue_person(
        own_root, person="cleo", printed_name="Anna Example (fictitious)", organisation="Probe", now=dt.datetime.now(dt.UTC)
    )
    signer.add(ADMIN, person("cleo", "Anna Example (fictitious)"))
    signer.set_password(ADMIN, "cleo", OTHER)
    signer.keep_key(ADMIN, "cleo", own, OTHER, "own")
    written_past_us(house, "anna", "key", signer.ledger.secret("cleo", "key"))
    written_past_us(house, "anna", "password", json.dumps([passwords.hashed(OTHER, house.policy)]))
    opened = signer.open_key("anna", OTHER)
    assert certificates.common_name(opened.certificate) == certificates.common_name(credential.certificate)
    assert certificates.person_id(opened.certificate) == "cleo", "the id in the certificate tells two people of one name apart"
    assert opened.fingerprint != credential.fingerprint


def test_a_new_password_without_the_old_one_leaves_the_key_closed(signer: Directory) -> None:
    assert signer.open_key("anna", PASSWORD)
    signer.set_password(ADMIN, "anna", OTHER)
    refused(lambda: signer.open_key("anna", OTHER), words="could not be opened")


def test_the_owner_takes_the_key_along_to_a_new_password(signer: Directory, credential: Credential) -> None:
    signer.change_password("anna", PASSWORD, OTHER)
    assert signer.open_key("anna", OTHER).fingerprint == credential.fingerprint
    refused(lambda: signer.open_key("anna", PASSWORD), words="could not be opened")


def test_an_administrator_cannot_acknowledge_for_another(people: Directory) -> None:
    own_password_of_somebody_else = OTHER
    refused(lambda: people.acknowledge("anna", own_password_of_somebody_else, "SOP"), "RR-D02")
    people.add(ADMIN, person("cleo", accountability=Accountability(policy="SOP", on="2026-11-01")))
    assert "acknowledge" not in actions(people), "what was brought in from an earlier system says so: it has no time of its own"
    assert people.account("cleo").accountability.made is None
