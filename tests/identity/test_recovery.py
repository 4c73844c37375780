"""The last way in: an administrator whom somebody locked from any terminal comes back by the custodian's hand, and by no other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from csvgen.config import load_config
from csvgen.errors import Refused
from csvgen.model.audit import Actor
from csvgen.model.people import Account, IdentityCheck
from csvgen.workflow.authority import Authority
from csvgen.workflow.keys import make_authority

from .house import PASSWORD, WRONG, House

PASSPHRASE = "the custodian knows this"
CUSTODIAN = Actor("custodian", "custodian of the authority", "custodian", "tests")
OFFICE = Actor("os:test", "operating system account test", "founder", "tests")
SEEN = IdentityCheck(method="passport", verified_by="registrar", on="2026-11-01")


@pytest.fixture
def authority(tmp_path: Path):
    house = House(tmp_path)
    (tmp_path / "csvgen.toml").write_text(f'[csvgen]\nproject = "p"\nrecords = "{house.url}"\n', encoding="utf-8")
    directory = house.directory()
    for person, name, role in (
        ("ines.halvorsen", "Ines Halvorsen (fictitious)", "administrator"),
        ("tor.hals", "Tor Hals (fictitious)", "tester"),
    ):
        directory.add(OFFICE, Account(id=person, kind="person", printed_name=name, roles=(role,), identity=SEEN))
        directory.set_password(Actor(person, name, role, "tests"), person, PASSWORD)
    config = load_config(tmp_path)
    make_authority(
        config,
        directory.ledger,
        house.clock,
        OFFICE,
        organisation="Works (fictitious)",
        demonstration=True,
        passphrase=PASSPHRASE,
    )
    yield Authority(config, directory, house.clock, CUSTODIAN, "")
    for database in house.databases:
        database.close()


def lock(authority: Authority, person: str) -> None:
    for _ in range(authority.directory.policy.failures_to_lock):
        with pytest.raises(Refused):
            authority.directory.log_in(person, WRONG)
    assert authority.directory.account(person).state == "locked"


def test_the_custodian_brings_back_the_last_administrator(authority: Authority) -> None:
    lock(authority, "ines.halvorsen")
    authority.recover("ines.halvorsen", PASSPHRASE, "locked from a terminal in the hall")
    assert authority.directory.account("ines.halvorsen").state == "active"
    assert authority.directory.log_in("ines.halvorsen", PASSWORD)
    told = [e for e in authority.ledger.events() if e.person == "custodian"]
    assert {e.action for e in told} >= {"modify", "unlock"}
    assert all(e.reason == "locked from a terminal in the hall" for e in told)


def test_a_wrong_passphrase_is_refused_and_told(authority: Authority) -> None:
    lock(authority, "ines.halvorsen")
    with pytest.raises(Refused):
        authority.recover("ines.halvorsen", "not the passphrase", "please")
    assert authority.directory.account("ines.halvorsen").state == "locked"
    refused = [e for e in authority.ledger.events() if e.person == "custodian"]
    assert refused
    assert "passphrase" in refused[-1].reason
    assert "not the passphrase" not in repr(refused)


@pytest.mark.parametrize("locked", [(), ("tor.hals",)])
def test_not_while_an_administrator_is_active(authority: Authority, locked: tuple[str, ...]) -> None:
    for person in locked:
        lock(authority, person)
    with pytest.raises(Refused, match="an administrator is active"):
        authority.recover("tor.hals", PASSPHRASE, "please")


def test_nobody_but_a_locked_administrator(authority: Authority) -> None:
    lock(authority, "ines.halvorsen")
    for person in ("tor.hals", "nobody.here"):
        with pytest.raises(Refused, match="not a locked administrator"):
            authority.recover(person, PASSPHRASE, "please")


def test_time_of_the_recovery_is_that_of_the_clock(authority: Authority) -> None:
    lock(authority, "ines.halvorsen")
    authority.recover("ines.halvorsen", PASSPHRASE, "locked by mistake")
    assert authority.ledger.events()[-1].at.startswith(dt.date(2026, 11, 21).isoformat())
