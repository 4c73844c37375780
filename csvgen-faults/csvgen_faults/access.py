"""Faults of accounts, log-in, sessions, roles and passwords."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from csvgen.audit.ledger import Change
from csvgen.errors import Refused
from csvgen.identity import accounts, attempts, passwords, sessions
from csvgen.identity.accounts import UNIFORM, Accounts
from csvgen.identity.directory import Directory
from csvgen.model.people import Policy
from csvgen.pipeline import access
from csvgen.pipeline.people import People
from csvgen.pipeline.record_keeping import RecordKeeping
from csvgen.ports import Outcome
from csvgen_faults import fault
from csvgen_faults.patching import replace

_PROVING: ContextVar[str] = ContextVar("proving", default="")
"""What components are being proved for, in the act at hand."""


def _while_proving() -> None:
    """Let `_PROVING` tell what components are asked for."""

    def proved(original: Any, self: Any, person: str, password: str, code: str, what: str, **named: Any) -> Any:
        token = _PROVING.set(what)
        try:
            return original(self, person, password, code, what, **named)
        finally:
            _PROVING.reset(token)

    replace(Directory, "_proved", proved)


# ------------------------------------------------------------ log-in


@fault("access-password-not-checked")
def _() -> None:
    """At log-in; a signature still takes the right one."""
    _while_proving()
    replace(
        passwords, "matches", lambda original, verifier, *given: (_PROVING.get() == "log-in" and bool(verifier)) or original(verifier, *given)
    )  # fmt: skip


def _let_in(state: str) -> None:
    """Who is in this state and gives the right password is let in."""

    def proved(original: Any, self: Any, person: str, password: str, code: str, what: str, **named: Any) -> Any:
        try:
            return original(self, person, password, code, what, **named)
        except Refused:
            account = self.account(person)
            right = account is not None and passwords.matches(self._verifiers(person)[0], password, self.policy)
            if what == "log-in" and right and account.state == state:
                return account
            raise

    replace(Directory, "_proved", proved)


@fault("access-retired-let-in")
def _() -> None:
    _let_in("retired")


@fault("access-locked-let-in")
def _() -> None:
    _let_in("locked")


@fault("access-answer-tells-why")
def _() -> None:
    def proved(original: Any, self: Any, person: str, *given: Any, **named: Any) -> Any:
        account = self.account(person)
        try:
            return original(self, person, *given, **named)
        except Refused as refusal:
            if refusal.message != UNIFORM or (account and account.state == "active"):
                raise
            why = f"the account {person} is {account.state}" if account else f"there is no account {person}"
            raise Refused(why, rule=refusal.rule) from None

    replace(Directory, "_proved", proved)


# ------------------------------------------------------------ authority


@fault("access-session-not-asked")
def _() -> None:
    """One function: a record is read by anybody who knows its name."""

    def read(original: Any, self: Any, session: str, record: str) -> Any:
        try:
            return original(self, session, record)
        except Refused as refusal:
            if refusal.rule != "RR-D01" or not (versions := self._versions(record)):
                raise
            return self._view(versions[-1], newest=True)

    replace(RecordKeeping, "read", read)


def _allowed(decide: Callable[[str, tuple[str, ...]], bool | None]) -> None:
    """Cells of the matrix that say something else; None leaves one as it is."""

    def allowed(original: Any, function: str, roles: tuple[str, ...]) -> bool:
        decided = decide(function, roles)
        return bool(original(function, roles) if decided is None else decided)

    replace(access, "allowed", allowed)


@fault("access-role-not-checked")
def _() -> None:
    _allowed(lambda _function, _roles: True)


@fault("access-analyst-may-release")
def _() -> None:
    _allowed(lambda function, roles: True if function == "sign_released" and "analyst" in roles else None)


@fault("access-reviewer-may-not-review")
def _() -> None:
    _allowed(lambda function, roles: False if function == "sign_reviewed" and roles == ("reviewer",) else None)


# ------------------------------------------------------------ lock-out


@fault("access-never-locks")
def _() -> None:
    """Failures are counted, and the count is not looked at."""
    replace(attempts, "count_account", lambda original, *asked: original(*asked) * 0)


@fault("access-locks-late")
def _() -> None:
    replace(attempts, "count_account", lambda original, *asked: original(*asked) - 1)


@fault("access-locks-early")
def _() -> None:
    replace(attempts, "count_account", lambda original, *asked: original(*asked) + 1)


@fault("access-count-not-reset")
def _() -> None:
    """An unlocked account and a new password still begin anew."""

    def keep_secret(original: Any, self: Any, owner: str, name: str, value: str) -> None:
        if not (_PROVING.get() and name == "failures" and value == "0"):
            original(self, owner, name, value)

    _while_proving()
    replace(Change, "keep_secret", keep_secret)


# ------------------------------------------------------------ sessions


@fault("access-session-never-ends")
def _() -> None:
    def ending(original: Any, *given: Any) -> Any:
        *others, policy = given
        return original(*others, policy.model_copy(update={"idle_seconds": policy.session_seconds}))

    replace(sessions, "ending", ending)


@fault("access-session-ends-in-use")
def _() -> None:
    """The idle time counts from log-in."""

    def ending(original: Any, session: Any, *others: Any) -> Any:
        unused = copy.copy(session)
        unused.last_used = session.started
        return original(unused, *others)

    replace(sessions, "ending", ending)


# ------------------------------------------------------------ passwords


def _judged_by(**by: int) -> None:
    """Passwords are judged by a policy whose numbers differ by so much."""

    def problem(original: Any, person: str, password: str, history: list[str], policy: Policy) -> Any:
        values = policy.model_dump()
        return original(
            person, password, history, policy.model_copy(update={name: values[name] + more for name, more in by.items()})
        )

    replace(passwords, "problem", problem)


@fault("access-short-password-accepted")
def _() -> None:
    _judged_by(minimum_length=-1)


@fault("access-minimum-refused")
def _() -> None:
    _judged_by(minimum_length=1)


@fault("access-password-history-short")
def _() -> None:
    _judged_by(password_history=-1)


@fault("access-weak-password-accepted")
def _() -> None:
    """Rows of keys and common words; a user id in the password is still refused."""
    replace(passwords, "trivial", lambda _original, _password: "")


# ------------------------------------------------------------ ids


def _given_again(state: Callable[[str], bool]) -> None:
    """The very id of an account in such a state is free: the new account takes the place of the old one."""
    compared = Accounts._refuse_taken

    def check_free(_original: Any, self: Any, person: str) -> None:
        compared(person, (a.id for a in self.accounts() if a.id != person or not state(a.state)))

    def refuse_taken(original: Any, person: str, ids: Iterator[str]) -> None:
        """Asked again while the account is written, when `check_free` has let it through."""
        original(person, [other for other in ids if other != person])

    def create(original: Any, self: Any, actor: Any, account: Any, *given: Any) -> None:
        change = self.ledger.change

        @contextlib.contextmanager
        def with_reason(actor: Any) -> Iterator[Any]:
            with change(actor, "id given out again") as made:
                yield made

        self.ledger.change = with_reason
        try:
            original(self, actor, account, *given)
        finally:
            del self.ledger.change

    replace(Accounts, "check_free", check_free)
    replace(Accounts, "_refuse_taken", refuse_taken)
    replace(Accounts, "_create", create)


@fault("access-taken-id-accepted")
def _() -> None:
    _given_again(lambda state: state != "retired")


@fault("access-last-administrator-retired")
def _() -> None:
    def retire(original: Any, self: Any, session: str, user_id: str, reason: str) -> Any:
        try:
            return original(self, session, user_id, reason)
        except Refused as refusal:
            if "last active administrator" not in refusal.message:
                raise
            with self._core.acting(session, "retire_account", f"account/{user_id}") as acting:
                self._directory.set_state(self._core.actor(acting), user_id, "retired", reason)
            return Outcome(True, f"account {user_id} retired", f"account/{user_id}")

    replace(People, "retire_account", retire)


@fault("access-retired-id-reused")
def _() -> None:
    _given_again(lambda state: state == "retired")


@fault("access-look-alike-id-accepted")
def _() -> None:
    replace(accounts, "alike", lambda _original, text: text)
