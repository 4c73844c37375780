"""Accounts, log-in, lock-out, sessions and passwords."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

from pytest_bdd import given, then, when

from csvgen.errors import CsvgenError
from csvgen.ports import Outcome, Secret, TestAccount
from csvgen.steps.common import Bench, answer, last, phrase
from csvgen.steps.refusing import UNSAID, refused_for

WRONG = Secret("this is not the password 1!")


def good_password(length: int = 20) -> str:
    """A random password of exactly this length that meets every rule."""
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"
    while True:
        text = "".join(secrets.choice(alphabet) for _ in range(length))
        if len(set(text)) >= min(5, length):
            return text


def kind_of(outcome: Outcome) -> str:
    """What the system says a refusal is about: authority, session, credentials, input, a rule of the process."""
    return outcome.facts.get("kind", UNSAID)


@then(phrase('the system refuses it because of the "{kind}"'))
def refuses_because(bench: Bench, kind: str) -> None:
    """A refusal for another reason (a session that idled away, a missing lot) proves nothing about this one."""
    refused_for(bench, kind)


@given(phrase('the "{role}" is logged in'))
def logged_in(bench: Bench, role: str) -> None:
    account, outcome = bench.actors.log_in(role)
    if not outcome.accepted:
        raise CsvgenError(f"the {role} could not log in: {outcome.message}")
    bench.observe.note(f"session of the {role}", f"open for {account.user_id} ({account.printed_name})", source="Access.log_in")


@given(phrase('the "{role}" is logged in anew'))
@when(phrase('the "{role}" is logged in anew'))
def logged_in_anew(bench: Bench, role: str) -> None:
    account, outcome = bench.actors.log_in(role, anew=True)
    if not outcome.accepted:
        raise CsvgenError(f"the {role} could not log in: {outcome.message}")
    bench.observe.note(f"new session of the {role}", f"opened for {account.user_id}", source="Access.log_in")


def create(bench: Bench, user_id: str, role: str, *, by: str = "administrator") -> Outcome:
    _, opened = bench.actors.log_in(by)
    if not opened.accepted:
        raise CsvgenError(f"the {by} could not log in: {opened.message}")
    password = Secret(good_password())
    printed = f"Test User {user_id[-12:]}"
    outcome = bench.actors.access.create_account(bench.actors.session(by), user_id, printed, (role,), password)
    bench.world.account = TestAccount(user_id, printed, role, password)
    return outcome


@given(phrase('a new account with the role "{role}"'))
def new_account(bench: Bench, role: str) -> None:
    outcome = create(bench, bench.user("new"), role)
    if not outcome.accepted:
        raise CsvgenError(f"the account could not be created: {outcome.message}")
    bench.observe.note("new account", account(bench).user_id, source="Access.create_account")


def account(bench: Bench) -> TestAccount:
    if bench.world.account is None:
        raise CsvgenError("no step before this one made an account")
    return bench.world.account


@when(phrase("the new account logs in {count:d} times with a wrong password"))
def wrong_log_ins(bench: Bench, count: int) -> None:
    for number in range(1, count + 1):
        bench.world.take("Access.log_in", bench.actors.access.log_in(account(bench).user_id, WRONG))
        what = f"attempt {number} with a wrong password"
        bench.observe(what, expected="a refusal", actual=answer(last(bench)), by="refused", source="Access.log_in")


@given("the new account has logged in with its password")
@when("the new account logs in with its password")
def right_log_in(bench: Bench) -> None:
    outcome = bench.world.take("Access.log_in", bench.actors.access.log_in(account(bench).user_id, account(bench).password))
    bench.observe.note("log-in with the right password", answer(outcome), source="Access.log_in")


@when(phrase('somebody tries to log in as the "{role}" with "{password}"'))
def log_in_as(bench: Bench, role: str, password: str) -> None:
    """A prepared account, which the system keeps; the session of who it belongs to is not touched."""
    known = bench.actors.account(role)
    right = known.password.reveal()
    entered = {
        "a wrong password": WRONG,
        "no password": Secret(""),
        "its password without the last character": Secret(right[:-1]),
        "its password in capital and small letters exchanged": Secret(right.swapcase()),
    }
    if password not in entered:
        raise CsvgenError(f"the step library knows no such password {password!r}; it knows {', '.join(entered)}")
    outcome = bench.world.take("Access.log_in", bench.actors.access.log_in(known.user_id, entered[password]))
    bench.observe.note(f"log-in as {known.user_id} with {password}", answer(outcome), source="Access.log_in")


@then("the audit trail tells of a security alert for the new account")
def alert(bench: Bench) -> None:
    entries = bench.port("AuditTrail").entries(bench.actors.session("auditor"), "")
    found = [e for e in entries if e.action == "security-alert" and account(bench).user_id in e.record]
    actual = f"entry {found[-1].number}: {found[-1].reason}" if found else "no such entry"
    bench.observe("security alert", expected="locked", actual=actual, by="contains", source="AuditTrail.entries")


# ------------------------------------------------------------ who may come in


@when(phrase('a caller who is "{caller}" tries to log in'))
def unauthorized(bench: Bench, caller: str) -> None:
    """The account is shown to be good first: what is refused then is refused for what the caller is."""
    access, known = bench.actors.access, account(bench)
    before = access.log_in(known.user_id, known.password)
    bench.observe("log-in before", expected="accepted: ", actual=answer(before), by="contains", source="Access.log_in")
    bench.world.facts["wrong password"] = access.log_in(known.user_id, WRONG)
    user_id, password = known.user_id, known.password
    match caller:
        case "unknown":
            user_id = bench.user("nobody")
        case "retired":
            gone = access.retire_account(bench.actors.session("administrator"), known.user_id, "left the laboratory")
            bench.observe("retirement", expected="accepted: ", actual=answer(gone), by="contains", source="Access.retire_account")
        case "without password":
            password = Secret("")
        case "locked":
            lock(bench, known)
        case "with the password of another person":
            password = bench.actors.account("analyst").password
        case "the system's own actor":
            user_id = "system"
        case _:
            raise CsvgenError(f"the step library knows no caller {caller!r}")
    outcome = bench.world.take("Access.log_in", access.log_in(user_id, password))
    bench.observe.note(f"log-in of a caller who is {caller}", answer(outcome), source="Access.log_in")


_MOST_ATTEMPTS = 20


def lock(bench: Bench, known: TestAccount) -> None:
    """Wrong passwords until the list of accounts says that the account is locked."""
    bench.actors.log_in("administrator")
    for _ in range(_MOST_ATTEMPTS):
        views = bench.actors.access.accounts(bench.actors.session("administrator"))
        state = next((v.state for v in views if v.user_id == known.user_id), "(no account)")
        if state == "locked":
            bench.observe.note("state of the account", state, source="Access.accounts")
            return
        bench.actors.access.log_in(known.user_id, WRONG)
    raise CsvgenError(f"the account was not locked by {_MOST_ATTEMPTS} wrong passwords")


@then("the answer is the same as for a wrong password")
def uniform(bench: Bench) -> None:
    wrong: Outcome = bench.world.facts["wrong password"]
    bench.observe("outward message", expected=wrong.message, actual=last(bench).message, source="Access.log_in, twice")


# ------------------------------------------------------------ unique ids


@when(phrase('the "{role}" creates an account with a new id'))
@given(phrase('the "{role}" has created an account with a new id'))
def create_new(bench: Bench, role: str) -> None:
    outcome = bench.world.take("Access.create_account", create(bench, bench.user("unique"), "analyst", by=role))
    bench.observe.note(f"account {account(bench).user_id} created by the {role}", answer(outcome), source="Access.create_account")


@given(phrase('the "{role}" has retired that account'))
def retire(bench: Bench, role: str) -> None:
    outcome = bench.actors.access.retire_account(bench.actors.session(role), account(bench).user_id, "left the laboratory")
    bench.observe.note("retirement", answer(outcome), source="Access.retire_account")


@when(phrase('the "{role}" creates an account with the id "{form}" made from it'))
def create_variant(bench: Bench, role: str, form: str) -> None:
    taken = account(bench).user_id
    variants = {
        "{id}": taken,
        "upper case": taken.upper(),
        "leading space": f" {taken}",
        "full-width letter": chr(ord(taken[0]) - ord("a") + 0xFF41) + taken[1:],
        "Cyrillic look-alike": taken.replace("a", "\u0430", 1).replace("e", "\u0435", 1),
        "dots for hyphens": taken.replace("-", "."),
        "without hyphens": taken.replace("-", ""),
        "zero for o": "0".join(taken.rsplit("o", 1)),
        "one for i": "1".join(taken.rsplit("i", 1)),
        "l for i": "l".join(taken.rsplit("i", 1)),
    }
    if form not in variants:
        raise CsvgenError(f"the step library knows no variant {form!r}")
    if variants[form] == taken and form != "{id}":
        raise CsvgenError(f"the id {taken!r} has no variant {form!r}")
    kept = bench.world.account
    outcome = bench.world.take("Access.create_account", create(bench, variants[form], "analyst", by=role))
    bench.world.account = kept
    bench.observe.note(
        f"account with the id in the form {form}", f"{variants[form]!r}: {answer(outcome)}", source="Access.create_account"
    )


# ------------------------------------------------------------ sessions


@when(phrase('{seconds:g} seconds pass without use of the session of the "{role}"'))
def pause(bench: Bench, seconds: float, role: str) -> None:
    begun = time.monotonic()
    time.sleep(seconds)
    bench.observe.note(
        f"time without use of the session of the {role}",
        f"{time.monotonic() - begun:.2f}",
        unit="s",
        source="recorder's monotonic clock",
    )


@then(phrase('the session of the "{role}" is {state}'))
def session_state(bench: Bench, role: str, state: str) -> None:
    outcome = bench.actors.access.whoami(bench.actors.raw_session(role))
    reason = kind_of(outcome)
    actual = "open" if outcome.accepted else "over" if reason == "session" else f"refused, reason {reason}"
    bench.observe(f"session of the {role}", expected=state, actual=actual, source=f"Access.whoami: {answer(outcome)}")


# ------------------------------------------------------------ passwords


def _set(bench: Bench, password: str, what: str) -> Outcome:
    known = account(bench)
    opened = bench.actors.access.log_in(known.user_id, known.password)
    if not opened.accepted:
        raise CsvgenError(f"the new account could not log in: {opened.message}")
    bench.world.facts.setdefault("passwords", []).append(Secret(password))
    outcome = bench.world.take("Access.set_password", bench.actors.access.set_password(opened.reference, Secret(password)))
    bench.observe.note(what, answer(outcome), source="Access.set_password")
    if outcome.accepted:
        bench.world.facts["password before"] = known.password
        bench.world.account = replace(known, password=Secret(password))
    return outcome


@when(phrase("the new account sets a password of {length:d} characters"))
def password_of_length(bench: Bench, length: int) -> None:
    _set(bench, good_password(length), f"password of {length} characters")


@when(phrase('the new account sets a password that "{weakness}"'))
def weak_password(bench: Bench, weakness: str) -> None:
    """Each is long enough and has but the one weakness."""
    known = account(bench)
    weak = {
        "repeats one character": "a" * 24,
        "holds the user id": f"{known.user_id}-Xy2",
        "was used before": known.password.reveal(),
        "is a common word with digits": "Password1234",
        "is a common word written with digits and signs": "P@ssw0rd-2024!",
        "counts digits": "123456789012",
        "is a row of the keyboard": "qwertyuiop12",
        "is the alphabet": "abcdefghijklmn",
    }
    if weakness not in weak:
        raise CsvgenError(f"the step library knows no weakness {weakness!r}")
    _set(bench, weak[weakness], f"password that {weakness}")


@given(phrase("the new account has since set {count:d} other passwords"))
def further_passwords(bench: Bench, count: int) -> None:
    bench.world.facts["first password"] = account(bench).password
    for number in range(1, count + 1):
        outcome = _set(bench, good_password(), f"other password, number {number}")
        if not outcome.accepted:
            raise CsvgenError(f"another password could not be set: {outcome.message}")


@when("the new account sets its first password again")
def first_password_again(bench: Bench) -> None:
    _set(bench, bench.world.facts["first password"].reveal(), "first password again")
