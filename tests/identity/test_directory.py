"""People: unique for ever, active only after their own password, locked after failures, and never a secret in clear.

The password hash runs with a cheap cost here (same algorithm); tests/targets uses the one that ships.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from csvgen.crypto import certificates
from csvgen.crypto.keys import Credential, lock, unlock
from csvgen.errors import BadInput, Refused
from csvgen.identity import passwords
from csvgen.identity.directory import UNIFORM, Directory, folded, signing_right, trivial
from csvgen.model.people import Accountability, IdentityCheck, Policy, Training

from .house import ADMIN, OTHER, PASSWORD, House, actions, person

# ------------------------------------------------------------------ accounts


def test_an_account_is_pending_until_its_password_is_set(people: Directory) -> None:
    bert = people.account("bert")
    assert bert is not None
    assert bert.state == "pending"
    with pytest.raises(Refused, match=UNIFORM):
        people.log_in("bert", PASSWORD)
    people.set_password(ADMIN, "bert", OTHER)
    assert people.log_in("bert", OTHER).account.state == "active"


def test_nobody_registers_already_active_or_with_a_certificate(people: Directory) -> None:
    people.add(ADMIN, person("cleo", state="active", certificate="forged"))
    cleo = people.account("cleo")
    assert cleo is not None
    assert (cleo.state, cleo.certificate) == ("pending", "")


@pytest.mark.parametrize("state", ["pending", "active", "locked", "retired"])
def test_an_id_is_never_given_to_another(people: Directory, state: str) -> None:
    """Whatever became of its first owner (21 CFR 11.100(a), 11.300(a))."""
    if state != "pending":
        people.set_state(ADMIN, "anna", state, "for the test")  # type: ignore[arg-type]
    before = people.account("anna")
    with pytest.raises(Refused, match="ids are never reused") as caught:
        people.add(ADMIN, person("anna", printed_name="Another Anna (fictitious)"))
    assert caught.value.rule == "RR-U01"
    assert people.account("anna") == before


@pytest.mark.parametrize(
    "identity", ["Anna", "ann\u0430", "anna ", " anna", "an na", "anna\u200b", "ａｎｎａ", "a", "-anna", "anna.", "x" * 41, ""]
)
def test_look_alike_ids_cannot_be_written(identity: str) -> None:
    with pytest.raises(ValidationError):
        person("anna", id="anna").model_validate({"id": identity, "kind": "person", "printed_name": "x", "roles": ("tester",)})


@pytest.mark.parametrize("other", ["ANNA", "Anna", " anna ", "ａｎｎａ"])
def test_ids_that_look_alike_fold_to_one(other: str) -> None:
    assert folded(other) == folded("anna")


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text).upper()) == folded(text.upper())


@pytest.mark.parametrize(
    "other",
    [
        "eyes.history",
        "eyeshistory",
        "eyes-hist0ry",
        "eyes-h1story",
        "eyes-hlstory",
        "EYES-HISTORY",
        " eyes-history",
        "\u0435yes-history",
    ],
)
def test_an_id_drawn_like_another_is_taken(people: Directory, other: str) -> None:
    people.add(ADMIN, person("eyes-history"))
    with pytest.raises(Refused, match="belongs, or belonged, to the account 'eyes-history'") as caught:
        people.check_free(other)
    assert caught.value.rule == "RR-U01"


@pytest.mark.parametrize("other", ["eyes-history-2", "eyes-histary", "eye-history", "eyes-history2"])
def test_an_id_that_reads_otherwise_is_free(people: Directory, other: str) -> None:
    people.add(ADMIN, person("eyes-history"))
    people.add(ADMIN, person(other))
    assert people.account(other) is not None


def test_a_retired_account_stays_retired(people: Directory) -> None:
    people.set_state(ADMIN, "anna", "retired", "left the firm")
    for state in ("active", "pending", "locked"):
        with pytest.raises(Refused, match="stays retired"):
            people.set_state(ADMIN, "anna", state, "came back")  # type: ignore[arg-type]
    with pytest.raises(Refused, match=UNIFORM):
        people.set_password(ADMIN, "anna", OTHER)
    with pytest.raises(Refused, match=UNIFORM):
        people.log_in("anna", PASSWORD)


def test_a_change_of_an_account_needs_a_reason(people: Directory) -> None:
    with pytest.raises(Refused, match="needs a reason"):
        people.set_roles(ADMIN, "anna", ("reviewer",), " ")
    with pytest.raises(Refused, match="needs a reason"):
        people.set_state(ADMIN, "anna", "locked", "")
    assert people.account("anna").roles == ("tester",)  # type: ignore[union-attr]


def test_an_unknown_account_is_told(people: Directory) -> None:
    with pytest.raises(BadInput, match="no account 'nobody'"):
        people.set_state(ADMIN, "nobody", "locked", "x")


def test_a_technical_account_has_an_owner_no_password_and_no_session(people: Directory) -> None:
    with pytest.raises(Refused, match="needs a named owner"):
        people.add(ADMIN, person("runner", kind="technical"))
    people.add(ADMIN, person("runner", kind="technical", owner="anna"))
    with pytest.raises(Refused, match="can never sign"):
        people.set_password(ADMIN, "runner", OTHER)
    with pytest.raises(Refused, match=UNIFORM):
        people.log_in("runner", OTHER)


# ------------------------------------------------------------------ passwords


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short-One-1", "at least 12 characters"),
        ("xxx-anna-yyy-1", "may not hold the user id"),
        ("xxx-ANNA-yyy-1", "may not hold the user id"),
        ("xxx-ａｎｎａ-yyy-1", "may not hold the user id"),
        ("ababababababab", "different characters"),
        ("Password1234", "common words"),
        ("P@ssw0rd-2024!", "common words"),
        ("welcomeHello1", "common words"),
        ("840275931846", "common words, digits and signs alone"),
        ("123456789012", "rows of the keyboard"),
        ("abcdefghijklmn", "rows of the keyboard"),
        ("poiuytrewq12", "rows of the keyboard"),
        (PASSWORD, "the last 5 passwords may not be used again"),
    ],
)
def test_a_weak_or_old_password_is_refused_without_repeating_it(people: Directory, password: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        people.set_password(ADMIN, "anna", password)
    assert caught.value.rule == "RR-P02"
    assert password not in str(caught.value)
    assert people.log_in("anna", PASSWORD)


@pytest.mark.parametrize(
    "password", ["correct horse battery", "Password of a house", "winter-in-oslo-7", "abcd-1234-frog-tree", "gT7kq2mZp4Xw"]
)
def test_a_password_with_something_of_its_own_is_not_trivial(password: str) -> None:
    assert trivial(password) == ""


def test_the_history_is_as_long_as_the_policy_says(people: Directory) -> None:
    for number in range(5):
        people.set_password(ADMIN, "anna", f"{OTHER}-{number}")
        with pytest.raises(Refused, match="may not be used again"):
            people.set_password(ADMIN, "anna", PASSWORD if number < 4 else f"{OTHER}-0")
    people.set_password(ADMIN, "anna", PASSWORD)
    assert people.log_in("anna", PASSWORD)


def test_a_new_password_ends_the_old_one_and_the_sessions(people: Directory) -> None:
    session = people.log_in("anna", PASSWORD)
    people.set_password(ADMIN, "anna", OTHER)
    with pytest.raises(Refused, match="session has ended: password changed"):
        people.session(session.id)
    with pytest.raises(Refused, match=UNIFORM):
        people.log_in("anna", PASSWORD)


# ------------------------------------------------------------------ log-in and lock-out


def fail(people: Directory, times: int, name: str = "anna") -> None:
    for _ in range(times):
        with pytest.raises(Refused):
            people.log_in(name, "wrong-" + OTHER)


def test_every_refusal_sounds_the_same(people: Directory) -> None:
    people.add(ADMIN, person("cleo"))
    people.set_password(ADMIN, "cleo", OTHER)
    people.set_state(ADMIN, "cleo", "retired", "left")
    said = set()
    for name, password in (
        ("anna", OTHER),
        ("nobody", PASSWORD),
        ("bert", PASSWORD),
        ("cleo", OTHER),
        ("", ""),
        ("anna\n", PASSWORD),
    ):
        with pytest.raises(Refused) as caught:
            people.log_in(name, password)
        said.add((str(caught.value), caught.value.rule))
    fail(people, 3)
    with pytest.raises(Refused) as caught:
        people.log_in("anna", PASSWORD)
    said.add((str(caught.value), caught.value.rule))
    assert len(said) == 1


def test_failures_lock_and_say_so(people: Directory) -> None:
    fail(people, 2)
    assert people.account("anna").state == "active"  # type: ignore[union-attr]
    fail(people, 1)
    assert people.account("anna").state == "locked"  # type: ignore[union-attr]
    with pytest.raises(Refused, match=UNIFORM):
        people.log_in("anna", PASSWORD)
    alerts = people.ledger.events(action="security-alert")
    assert [(e.record, e.reason) for e in alerts] == [("account/anna", "locked after 3 failures in a row")]
    refused = people.ledger.events(action="log-in-refused")
    assert [e.reason for e in refused] == ["wrong password"] * 3 + ["account is locked"]
    assert [c.new for e in refused for c in e.changes] == ["1", "2", "3", "4"]


def test_a_right_password_begins_the_count_anew(people: Directory) -> None:
    for _ in range(4):
        fail(people, 2)
        assert people.log_in("anna", PASSWORD)
    assert people.account("anna").state == "active"  # type: ignore[union-attr]


def test_locking_ends_the_sessions_that_are_open(people: Directory) -> None:
    session = people.log_in("anna", PASSWORD)
    fail(people, 3)
    with pytest.raises(Refused, match="session has ended: account locked"):
        people.session(session.id)


def test_an_administrator_unlocks_with_a_reason_and_the_count_is_anew(people: Directory) -> None:
    fail(people, 3)
    people.set_state(ADMIN, "anna", "active", "identity checked by telephone")
    fail(people, 2)
    assert people.log_in("anna", PASSWORD)


def test_waiting_does_not_unlock(people: Directory, house: House) -> None:
    fail(people, 3)
    house.clock.wait(10**7)
    with pytest.raises(Refused, match=UNIFORM):
        people.log_in("anna", PASSWORD)


def test_parallel_guesses_count_each(people: Directory, house: House) -> None:
    """Eight guesses at once, each on a connection of its own: none is lost between reading and writing the count."""
    house.policy = Policy(failures_to_lock=100, source_failures=0)
    guessers = [house.directory() for _ in range(8)]
    start = threading.Barrier(len(guessers))

    def guess(own: Directory) -> None:
        start.wait()
        fail(own, 3)

    threads = [threading.Thread(target=guess, args=(g,)) for g in guessers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert people.ledger.secret("anna", "failures") == "24"
    assert people.ledger.problems() == ()


# ------------------------------------------------------------------ sessions


def test_an_idle_session_is_locked_at_the_limit_and_not_before(people: Directory, house: House) -> None:
    session = people.log_in("anna", PASSWORD)
    house.clock.wait(899)
    assert people.session(session.id) is session
    house.clock.wait(899)
    assert people.session(session.id) is session, "each use begins the time anew"
    house.clock.wait(900)
    with pytest.raises(Refused, match="idle for 900 s or more; log in again"):
        people.session(session.id)
    assert actions(people)[-1] == "session-locked"


def test_a_session_that_was_never_opened_or_was_closed_is_refused(people: Directory) -> None:
    with pytest.raises(Refused, match="not logged in"):
        people.session("guessed")
    session = people.log_in("anna", PASSWORD)
    people.log_out(session)
    with pytest.raises(Refused, match="logged out"):
        people.session(session.id)


def test_a_change_of_roles_ends_the_session(people: Directory) -> None:
    session = people.log_in("anna", PASSWORD)
    people.set_roles(ADMIN, "anna", ("reviewer",), "moved")
    with pytest.raises(Refused, match="roles changed"):
        people.session(session.id)


def test_session_ids_cannot_be_guessed_and_are_not_in_the_trail(people: Directory) -> None:
    sessions = [people.log_in("anna", PASSWORD) for _ in range(5)]
    assert len({s.id for s in sessions}) == 5
    assert min(len(s.id) for s in sessions) >= 32
    trail = b"".join(people.ledger.bodies()).decode()
    assert not any(s.id in trail for s in sessions)


# ------------------------------------------------------------------ components of a signing


def test_the_first_signing_takes_both_components_a_later_one_the_password(people: Directory) -> None:
    session = people.log_in("anna", PASSWORD)
    with pytest.raises(Refused, match="takes user id and password"):
        people.components(session, "", PASSWORD)
    assert people.components(session, "anna", PASSWORD) == ("user id", "password")
    assert people.components(session, "", PASSWORD) == ("password",)
    with pytest.raises(Refused, match="only the signer knows"):
        people.components(session, "", "")


def test_signing_with_another_persons_components_is_refused_and_counts(people: Directory) -> None:
    people.set_password(ADMIN, "bert", OTHER)
    session = people.log_in("anna", PASSWORD)
    for _ in range(3):
        with pytest.raises(Refused):
            people.components(session, "bert", OTHER)
    assert people.account("anna").state == "locked"  # type: ignore[union-attr]
    assert "signing-refused" in actions(people)


@pytest.mark.parametrize("state", ["locked", "retired"])
def test_who_was_locked_or_retired_elsewhere_cannot_sign_in_an_open_session(people: Directory, house: House, state: str) -> None:
    """Another process changed the account; what this one remembers of it does not count."""
    session = people.log_in("anna", PASSWORD)
    house.directory().set_state(ADMIN, "anna", state, "for the test")  # type: ignore[arg-type]
    with pytest.raises(Refused, match=UNIFORM):
        people.components(session, "anna", PASSWORD)
    assert session.signings == 0
    assert session.account.state == state


# ------------------------------------------------------------------ who may sign


TODAY = "2026-11-21T08:00:00.000000Z"
CHECKED = IdentityCheck(method="passport", verified_by="hr", on="2026-01-01")
OWNED = Accountability(policy="SOP-1", on="2026-01-02")


def trained(role: str, on: str) -> tuple[Training, ...]:
    return (Training(role=role, subject="csvgen", on=on),)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"training": trained("tester", "2026-11-21")}, ""),
        ({"training": trained("tester", "2026-11-22")}, "no training record for the role tester dated on or before 2026-11-21"),
        ({"training": trained("reviewer", "2026-01-03")}, "no training record for the role tester"),
        ({"training": ()}, "no training record"),
        ({"roles": ("reviewer",)}, "does not hold the role tester"),
        ({"identity": None}, "identity of Anna Example (fictitious) has not been verified"),
        ({"accountability": None}, "has not acknowledged the accountability policy"),
        ({"state": "pending"}, "the account anna is pending"),
        ({"state": "locked"}, "the account anna is locked"),
        ({"state": "retired"}, "the account anna is retired"),
        ({"kind": "technical", "owner": "bert"}, "a technical account; it can never sign"),
    ],
)
def test_the_right_to_sign_in_a_role_on_a_day(changes: dict[str, object], words: str) -> None:
    whole = {"state": "active", "identity": CHECKED, "accountability": OWNED, "training": trained("tester", "2026-01-03")}
    said = signing_right(person("anna", **(whole | changes)), "tester", TODAY)
    assert words in said
    assert bool(said) == bool(words)


# ------------------------------------------------------------------ keys


@pytest.fixture(scope="session")
def credential() -> Credential:
    now = dt.datetime.now(dt.UTC)
    root = certificates.make_root("Probe", now, demonstration=True)
    return certificates.issue_person(root, person="anna", printed_name="Anna (fictitious)", organisation="Probe", now=now)


def test_a_key_opens_with_its_owners_password_only(people: Directory, credential: Credential) -> None:
    with pytest.raises(Refused, match="has no signing key yet"):
        people.open_key("anna", PASSWORD)
    people.keep_key(ADMIN, "anna", credential, PASSWORD, certificates.pem([credential.certificate]).decode())
    assert people.open_key("anna", PASSWORD).fingerprint == credential.fingerprint
    for wrong in (OTHER, "", PASSWORD + " ", PASSWORD.swapcase()):
        with pytest.raises(Refused):
            people.open_key("anna", wrong)


def test_a_wrong_passphrase_and_a_damaged_file_are_refused_alike_and_say_no_secret(credential: Credential) -> None:
    locked = lock(credential, PASSWORD)
    assert unlock(locked, PASSWORD).fingerprint == credential.fingerprint
    middle = len(locked) // 2
    damaged = locked[:middle] + bytes([locked[middle] ^ 1]) + locked[middle + 1 :]
    for data, secret in ((locked, OTHER), (damaged, PASSWORD), (locked[:50], PASSWORD), (b"", PASSWORD), (locked, None)):
        with pytest.raises(Refused) as caught:
            unlock(data, secret)
        assert PASSWORD not in str(caught.value)
        assert OTHER not in str(caught.value)


# ------------------------------------------------------------------ secrets


def test_no_password_is_anywhere_in_clear(
    people: Directory, house: House, credential: Credential, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Everything an account lives through; then every file of the records, the write-ahead log included, every log line, every word."""
    caplog.set_level(logging.DEBUG)
    secrets = [PASSWORD, OTHER, "wrong-" + OTHER, "never-Accepted-99"]
    said: list[str] = []

    def attempt(call) -> None:
        try:
            said.append(repr(call()))
        except (Refused, BadInput) as problem:
            said.append(f"{problem!r} {problem}")

    session = people.log_in("anna", PASSWORD)
    attempt(lambda: people.log_in("anna", secrets[2]))
    attempt(lambda: people.log_in("nobody", secrets[3]))
    attempt(lambda: people.components(session, "anna", PASSWORD))
    attempt(lambda: people.components(session, "anna", secrets[2]))
    attempt(lambda: people.set_password(ADMIN, "anna", PASSWORD))
    people.keep_key(ADMIN, "anna", credential, PASSWORD, "")
    attempt(lambda: people.open_key("anna", OTHER))
    attempt(lambda: people.open_key("anna", PASSWORD))
    people.set_password(ADMIN, "anna", OTHER)
    said += [repr(people.accounts()), repr(session), repr(people)]
    files = [p for p in house.folder.rglob("*") if p.is_file()]
    assert {p.name for p in files} >= {"records.db", "records.db-wal"}
    written = b"".join(p.read_bytes() for p in files)
    assert b"argon2id" in written, "the verifier is there, so the look is at the right place"
    printed = capfd.readouterr()
    for secret in secrets:
        forms = [secret, json.dumps(secret), secret[::-1]]
        for form in forms:
            assert form.encode() not in written
            assert form not in "\n".join(said)
            assert form not in caplog.text + printed.out + printed.err


def test_the_shipped_hash_is_argon2id_with_its_own_salt() -> None:
    first, second = passwords.hashed(PASSWORD, Policy()), passwords.hashed(PASSWORD, Policy())
    assert first != second
    kind, version, cost = first.split("$")[1:4]
    assert (kind, version) == ("argon2id", "v=19")
    memory, passes, _ = (int(part.split("=")[1]) for part in cost.split(","))
    owasp = {47_104: 1, 19_456: 2, 12_288: 3, 9_216: 4, 7_168: 5}  # KiB -> least passes, called equal in strength
    assert passes >= next(p for m, p in owasp.items() if memory >= m), "not below what OWASP recommends"
