"""Accounts, log-in, lock-out, sessions and passwords."""

from __future__ import annotations

import inspect
import secrets
import time
from typing import Any

from pytest_bdd import given, then, when

from csvgen.errors import CsvgenError
from csvgen.ports import PORTS, Outcome, Secret, Target, TestAccount
from csvgen.steps.common import Bench, answer, last, phrase

WRONG = Secret("this is not the password 1!")


def good_password(length: int = 20) -> str:
    """A random password of exactly this length that meets every rule."""
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"
    while True:
        text = "".join(secrets.choice(alphabet) for _ in range(length))
        if len(set(text)) >= min(5, length):
            return text


@given(phrase('the "{role}" is logged in'))
def logged_in(bench: Bench, role: str) -> None:
    account, outcome = bench.actors.log_in(role)
    if not outcome.accepted:
        raise CsvgenError(f"the {role} could not log in: {outcome.message}")
    bench.observe.note(f"session of the {role}", f"open for {account.user_id} ({account.printed_name})", source="Access.log_in")


@given(phrase('the "{role}" is logged in anew'))
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
        outcome = bench.world.take("Access.log_in", bench.actors.access.log_in(account(bench).user_id, WRONG))
        bench.observe.note(f"attempt {number} with a wrong password", answer(outcome), source="Access.log_in")


@when("the new account logs in with its password")
def right_log_in(bench: Bench) -> None:
    outcome = bench.world.take("Access.log_in", bench.actors.access.log_in(account(bench).user_id, account(bench).password))
    bench.observe.note("log-in with the right password", answer(outcome), source="Access.log_in")


@then("the audit trail tells of a security alert for the new account")
def alert(bench: Bench) -> None:
    entries = bench.port("AuditTrail").entries(bench.actors.session("auditor"), "")
    found = [e for e in entries if e.action == "security-alert" and account(bench).user_id in e.record]
    actual = f"entry {found[-1].number}: {found[-1].reason}" if found else "no such entry"
    bench.observe("security alert", expected="locked", actual=actual, by="contains", source="AuditTrail.entries")


# ------------------------------------------------------------ who may come in


@when(phrase('a caller who is "{caller}" tries to log in'))
def unauthorized(bench: Bench, caller: str) -> None:
    known = account(bench)
    bench.world.facts["wrong password"] = bench.actors.access.log_in(known.user_id, WRONG)
    match caller:
        case "unknown":
            outcome = bench.actors.access.log_in(bench.user("nobody"), WRONG)
        case "retired":
            bench.actors.access.retire_account(bench.actors.session("administrator"), known.user_id, "left the laboratory")
            outcome = bench.actors.access.log_in(known.user_id, known.password)
        case "without password":
            outcome = bench.actors.access.log_in(known.user_id, Secret(""))
        case "a technical account":
            outcome = bench.actors.access.log_in("system", WRONG)
        case _:
            raise CsvgenError(f"the step library knows no caller {caller!r}")
    bench.world.take("Access.log_in", outcome)
    bench.observe.note(f"log-in of a caller who is {caller}", answer(outcome), source="Access.log_in")


@then("the answer is the same as for a wrong password")
def uniform(bench: Bench) -> None:
    wrong: Outcome = bench.world.facts["wrong password"]
    bench.observe("outward message", expected=wrong.message, actual=last(bench).message, source="Access.log_in, twice")


_NO_SESSION_NEEDED = {
    "test_account",
    "log_in",
    "components",
    "configuration",
    "clock",
    "storage",
    "forms",
    "damage_file",
    "attack",
    "falsify",
}
"""Verbs that begin a session, read the installation, or act on the harness side; everything else takes a session."""


def session_verbs(target: Target) -> list[tuple[str, str]]:
    """Every verb of every port the target offers that takes a session."""
    found = []
    for name, protocol in PORTS.items():
        if target.port(name) is None:
            continue
        for verb, function in inspect.getmembers(protocol, inspect.isfunction):
            if (
                not verb.startswith("_")
                and verb not in _NO_SESSION_NEEDED
                and "session" in inspect.signature(function).parameters
            ):
                found.append((name, verb))
    return found


@when("every function of the system is called with a session that was never opened")
def no_session(bench: Bench) -> None:
    answers: dict[str, str] = {}
    for name, verb in session_verbs(bench.target):
        function = getattr(bench.target.port(name), verb)
        _, *others = inspect.signature(function).parameters
        arguments: list[Any] = ["never-opened", *(_filler(name) for name in others)]
        try:
            answers[f"{name}.{verb}"] = _refusal(function(*arguments))
        except CsvgenError as problem:
            answers[f"{name}.{verb}"] = f"refused: {problem.message}"
    bench.world.facts["answers"] = answers
    bench.observe.note("functions called", str(len(answers)), source="every port of the target")


def _filler(name: str) -> Any:
    return {
        "roles": ("analyst",), "password": WRONG, "content": b"x", "metadata": {}, "x": ("1", "2", "3"), "y": ("1", "2", "3"),
        "values": ("1", "2"), "model": "linear",
    }.get(name, "x")  # fmt: skip


def _refusal(result: Any) -> str:
    if isinstance(result, Outcome):
        return answer(result)
    return "refused: nothing given" if result in (None, (), b"", "", {}) else f"answered with {type(result).__name__}"


@then("the system refuses every one of them")
def all_refused(bench: Bench) -> None:
    answers: dict[str, str] = bench.world.facts["answers"]
    for name, text in sorted(answers.items()):
        bench.observe(f"answer of {name}", expected="a refusal", actual=text, by="refused", source=name)
    bench.observe(
        "functions that were tried", expected="10", actual=str(len(answers)), by="at-least", source="ports of the target"
    )


# ------------------------------------------------------------ unique ids


@when(phrase('the "{role}" creates an account with a new id'))
@given(phrase('the "{role}" has created an account with a new id'))
def create_new(bench: Bench, role: str) -> None:
    outcome = bench.world.take("Access.create_account", create(bench, bench.user("unique"), "analyst"))
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
    }
    if form not in variants:
        raise CsvgenError(f"the step library knows no variant {form!r}")
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
    actual = "open" if outcome.accepted else "over"
    bench.observe(f"session of the {role}", expected=state, actual=actual, source=f"Access.whoami: {answer(outcome)}")


# ------------------------------------------------------------ passwords


def _set(bench: Bench, password: str, what: str) -> None:
    opened = bench.actors.access.log_in(account(bench).user_id, account(bench).password)
    if not opened.accepted:
        raise CsvgenError(f"the new account could not log in: {opened.message}")
    outcome = bench.world.take("Access.set_password", bench.actors.access.set_password(opened.reference, Secret(password)))
    bench.observe.note(what, answer(outcome), source="Access.set_password")


@when(phrase("the new account sets a password of {length:d} characters"))
def password_of_length(bench: Bench, length: int) -> None:
    _set(bench, good_password(length), f"password of {length} characters")


@when(phrase('the new account sets a password that "{weakness}"'))
def weak_password(bench: Bench, weakness: str) -> None:
    known = account(bench)
    weak = {
        "repeats one character": "a" * 24,
        "holds the user id": f"{known.user_id}-Xy2",
        "was used before": known.password.reveal(),
    }
    if weakness not in weak:
        raise CsvgenError(f"the step library knows no weakness {weakness!r}")
    _set(bench, weak[weakness], f"password that {weakness}")
