"""Guessing: counted by account and by source, in whatever process; one answer and the same work for every account there is or is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from csvgen.identity import factors, passwords
from csvgen.identity.directory import UNIFORM, Directory
from csvgen.model.people import Policy

from .house import ADMIN, OTHER, PASSWORD, WRONG, House, actions, person, refused, technical

GUESSES = """
import sys, threading
from argon2 import PasswordHasher
from csvgen.audit.ledger import open_ledger
from csvgen.clock import SystemClock
from csvgen.errors import Refused
from csvgen.identity import passwords
from csvgen.identity.directory import Directory
from csvgen.model.people import Policy
from csvgen.store.database import open_database

passwords.hasher = lambda _policy: PasswordHasher(1, 8, 1)
url, secrets = sys.argv[1], sys.argv[2:]
people = Directory(open_ledger(open_database(url), SystemClock()), SystemClock(), Policy(failures_to_lock=3), "csvgen on attacker")
print("ready", flush=True)
sys.stdin.readline()
for secret in secrets:
    try:
        people.log_in("anna", secret)
        print("IN")
    except Refused as refusal:
        print(refusal.message)
"""


def guess_from_processes(house: House, tmp_path: Path, guesses: list[list[str]]) -> list[str]:
    script = tmp_path / "guesses.py"
    script.write_text(GUESSES)
    pipe = subprocess.PIPE
    command = [sys.executable, str(script), house.url]
    started = [subprocess.Popen([*command, *own], stdin=pipe, stdout=pipe, text=True) for own in guesses]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:  # all at once
        process.stdin.write("go\n")
        process.stdin.flush()
    return [line for process in started for line in process.communicate(timeout=120)[0].split("\n") if line]


def test_twenty_guesses_from_four_processes_count_twenty_and_none_gets_in_behind_the_lock(
    people: Directory, house: House, tmp_path: Path
) -> None:
    """The right password is among the last guesses of each process: by then the account is locked, and it is refused."""
    own = [f"wrong-Guess-of-many-{n}" for n in range(4)] + [PASSWORD]
    said = guess_from_processes(house, tmp_path, [own] * 4)
    assert said == [UNIFORM] * 20
    refusals = people.ledger.events(action="log-in-refused")
    assert len(refusals) == 20
    looked_at = [e for e in refusals if "too many failures from this source" not in e.reason]
    counts = sorted(int(c.new) for e in looked_at for c in e.changes)
    assert counts == list(range(1, len(counts) + 1)), "each guess that was looked at has a number of its own"
    assert people.ledger.secret("anna", "failures") == str(len(counts))
    assert people.account("anna").state == "locked"
    assert people.ledger.problems() == ()


# ------------------------------------------------------------------ a source is slowed


def test_a_source_waits_longer_with_every_failure_whatever_the_accounts(house: House) -> None:
    house.policy = Policy(source_failures=5, source_wait_seconds=60)
    people = house.directory()
    people.add(ADMIN, person("anna"))
    people.set_password(ADMIN, "anna", PASSWORD)
    for number in range(5):
        refused(lambda n=number: people.log_in(f"nobody-{n}", WRONG))
    refused(lambda: people.log_in("anna", PASSWORD), "RR-D02")  # 2 s to wait now: what comes too early doubles it
    house.clock.wait(1.9)
    refused(lambda: people.log_in("anna", PASSWORD), "RR-D02")
    house.clock.wait(3.9)
    refused(lambda: people.log_in("anna", PASSWORD), "RR-D02")
    house.clock.wait(8)
    assert people.log_in("anna", PASSWORD), "who waits is let in"
    waited = [e for e in people.ledger.events(action="log-in-refused") if "too many failures from this source" in e.reason]
    assert len(waited) == 3
    assert people.ledger.secret("anna", "failures") in ("", "0"), "what was not looked at locks nobody out"


def test_the_wait_has_an_end_and_quiet_begins_the_count_anew(house: House) -> None:
    house.policy = Policy(source_failures=2, source_wait_seconds=60, failures_to_lock=1_000)
    people = house.directory()
    people.add(ADMIN, person("anna"))
    people.set_password(ADMIN, "anna", PASSWORD)
    for _ in range(40):
        refused(lambda: people.log_in("anna", WRONG))
    house.clock.wait(60)
    assert people.log_in("anna", PASSWORD)
    house.clock.wait(1)
    refused(lambda: people.log_in("anna", WRONG))
    assert people.log_in("anna", PASSWORD), "one failure after a quiet minute is the first again"


def test_another_source_is_not_slowed_and_another_process_of_the_same_is(people: Directory, house: House) -> None:
    house.policy = Policy(source_failures=3, failures_to_lock=1_000)
    here = house.directory("QC release, process 17")
    for _ in range(6):
        refused(lambda: here.log_in("nobody", WRONG))
    refused(lambda: house.directory("QC release, process 18").log_in("anna", PASSWORD), "RR-D02")
    assert house.directory("csvgen on bench-2").log_in("anna", PASSWORD)


# ------------------------------------------------------------------ one answer, the same work


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What slow work was done, in order."""
    done: list[str] = []
    matches, derived = passwords.matches, passwords.derived
    monkeypatch.setattr(passwords, "matches", lambda *a: done.append("hash") or matches(*a))
    monkeypatch.setattr(passwords, "derived", lambda *a: done.append("key") or derived(*a))
    return done


def test_every_refusal_sounds_the_same_and_costs_the_same(people: Directory, house: House, work: list[str]) -> None:
    """Unknown, pending, locked, retired, expired, technical, reset, without its device, wrong: nothing tells them apart (RR-D02)."""
    house.policy = Policy(source_failures=0, failures_to_lock=1_000, password_days=90)
    people.add(ADMIN, technical())
    for name in ("locked-one", "retired-one", "reset-one", "coded-one"):
        people.add(ADMIN, person(name, "Some Body (fictitious)"))
        people.set_password(ADMIN, name, OTHER)
    people.set_state(ADMIN, "locked-one", "locked", "test")
    people.set_state(ADMIN, "retired-one", "retired", "test")
    people.reset(ADMIN, "reset-one", "forgotten")
    people.policy = house.policy
    key = people.enrol("coded-one", OTHER)
    import pyotp

    people.confirm_enrolment("coded-one", OTHER, pyotp.TOTP(key).at(house.clock.at))
    house.clock.wait(90 * 86_400)
    people.add(ADMIN, person("fresh-one", "Some Body (fictitious)"))
    people.set_password(ADMIN, "fresh-one", PASSWORD)
    said = set()
    tries = [
        ("nobody", OTHER), ("bert", OTHER), ("ci-runner", OTHER), ("locked-one", OTHER), ("retired-one", OTHER), ("reset-one", OTHER),
        ("coded-one", OTHER), ("anna", PASSWORD), ("fresh-one", WRONG), ("", ""), (PASSWORD, ""),
    ]  # fmt: skip
    for name, password in tries:
        work.clear()
        refusal = refused(lambda n=name, p=password: people.log_in(n, p))
        said.add((str(refusal), refusal.rule, tuple(work)))
    assert len(said) == 1, said
    assert said.pop()[2] == ("hash", "key")
    reasons = [e.reason for e in people.ledger.events(action="log-in-refused")]
    assert len(reasons) == len(tries)
    assert len(set(reasons)) >= 6, "the trail knows which it was"


def test_the_work_of_a_right_log_in_is_that_of_a_refused_one(people: Directory, work: list[str]) -> None:
    people.log_in("anna", PASSWORD)
    right = tuple(work)
    work.clear()
    refused(lambda: people.log_in("anna", WRONG))
    assert tuple(work) == right


def test_a_password_that_was_replaced_while_it_was_looked_at_lets_nobody_in(
    people: Directory, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow look is taken outside of the write lock; what it found counts only if nothing changed until the lock was had."""
    matches, elsewhere = passwords.matches, house.directory()

    def slow(verifier: str, password: str, policy: Policy) -> bool:
        found = matches(verifier, password, policy)
        if password == PASSWORD:
            monkeypatch.setattr(passwords, "matches", matches)
            elsewhere.set_password(ADMIN, "anna", OTHER)
        return found

    monkeypatch.setattr(passwords, "matches", slow)
    refused(lambda: people.log_in("anna", PASSWORD), "RR-D02")
    assert people.ledger.events()[-1].reason == "the password was changed meanwhile"
    assert people.log_in("anna", OTHER)


# ------------------------------------------------------------------ unlocking


def test_an_administrator_unlocks_with_a_reason_and_that_is_an_event(people: Directory) -> None:
    for _ in range(3):
        refused(lambda: people.log_in("anna", WRONG))
    refused(lambda: people.put_into(ADMIN, "anna", "active", " . "), "RR-E07")
    people.put_into(ADMIN, "anna", "active", "identity checked by telephone")
    unlock = people.ledger.events(action="unlock")
    assert [(e.person, e.record, e.reason) for e in unlock] == [(ADMIN.person, "account/anna", "identity checked by telephone")]
    refused(lambda: people.put_into(ADMIN, "anna", "active", "again"), "RR-D02", "is active, not locked")
    assert people.log_in("anna", PASSWORD)


# ------------------------------------------------------------------ aging, review, costs


def test_a_password_is_good_until_its_age_and_its_owner_replaces_it_then(house: House) -> None:
    house.policy = Policy(password_days=90)
    people = house.directory()
    people.add(ADMIN, person("anna"))
    people.set_password(ADMIN, "anna", PASSWORD)
    house.clock.wait(90 * 86_400 - 1)
    session = people.log_in("anna", PASSWORD)
    house.clock.wait(1)
    refused(lambda: people.components(session, "anna", PASSWORD), "RR-D02")
    refused(lambda: people.log_in("anna", PASSWORD), "RR-D02")
    assert [e.reason for e in people.ledger.events()][-1] == "the password has expired"
    refused(lambda: people.change_password("anna", PASSWORD, PASSWORD), "RR-P02", "may not be used again")
    people.change_password("anna", PASSWORD, OTHER)
    assert people.log_in("anna", OTHER)


def test_a_verifier_of_another_cost_is_made_anew_at_the_next_right_log_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """With real costs: those of the policy, before and after it was made stronger."""
    monkeypatch.undo()
    house.policy = Policy(argon2_kib=7_168, argon2_passes=5)
    weaker = house.directory()
    weaker.add(ADMIN, person("anna"))
    weaker.set_password(ADMIN, "anna", PASSWORD)
    house.policy = Policy()
    people = house.directory()
    refused(lambda: people.log_in("anna", WRONG))
    assert "m=7168,t=5" in people.ledger.secret("anna", "password"), "a wrong password changes nothing"
    assert people.log_in("anna", PASSWORD)
    assert "m=9216,t=4" in people.ledger.secret("anna", "password")
    assert people.log_in("anna", PASSWORD)
    assert WRONG not in people.ledger.secret("anna", "password")


def test_a_wrong_password_opens_no_key_of_a_device(house: House) -> None:
    kept = factors.lock("ABCDEFGH", PASSWORD, house.policy)
    assert factors.unlock(kept, WRONG, house.policy) == ""


def test_failures_are_events_in_the_order_in_which_they_came(people: Directory) -> None:
    refused(lambda: people.log_in("nobody", WRONG))
    refused(lambda: people.log_in("anna", WRONG))
    session = people.log_in("anna", PASSWORD)
    refused(lambda: people.components(session, "anna", WRONG))
    assert actions(people)[-4:] == ["log-in-refused", "log-in-refused", "log-in", "signing-refused"]
