"""Accounts and sessions of the application (port Access)."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from csvgen.clock import stored
from csvgen.errors import BadInput, Refused
from csvgen.model.base import in_words
from csvgen.model.people import Account, IdentityCheck
from csvgen.pipeline import access
from csvgen.pipeline.core import Core, line
from csvgen.ports import AccountView, Outcome

_NAME = 64


class People:
    """The functions raise Refused or BadInput when the system says no; an Outcome they return is always accepted."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._directory = core.directory

    def log_in(self, user_id: str, password: str) -> Outcome:
        """Begin a session; its token is the reference of the outcome."""
        session = self._directory.log_in(user_id, password)
        account = session.account
        return Outcome(True, f"logged in: {account.printed_name}", session.id, {"roles": ", ".join(account.roles)})

    def log_out(self, session: str) -> Outcome:
        """End a session."""
        self._directory.log_out(self._core.admit(session, "log_out"))
        return Outcome(True, "logged out")

    def whoami(self, session: str) -> Outcome:
        """Who is logged in; a use of the session."""
        account = self._core.admit(session, "whoami").account
        facts = {"user_id": account.id, "printed_name": account.printed_name, "roles": ", ".join(account.roles)}
        return Outcome(True, f"{account.printed_name} ({', '.join(account.roles)})", account.id, facts)

    def create_account(self, session: str, user_id: str, printed_name: str, roles: tuple[str, ...], password: str) -> Outcome:
        """A person's account with a first password. It can log in; it cannot sign before its owner sets a password."""
        with self._core.acting(session, "create_account", f"account/{user_id[:100]}") as acting:
            access.check_roles(roles)
            self._directory.check_free(user_id)  # before anything is said of its form: a taken id in other spelling is taken
            if len(printed_name) > _NAME:
                raise BadInput(f"the printed_name has more than {_NAME} characters; a certificate cannot carry it")
            try:
                account = Account(id=user_id, kind="person", printed_name=printed_name, roles=roles)
            except ValidationError as problem:
                raise BadInput(f"the {problem.errors()[0]['loc'][0]} cannot be used: {in_words(problem.errors()[0])}") from None
            if why := self._directory.password_problem(user_id, password):
                raise Refused(why, rule="RR-P02")
            actor = self._core.actor(acting)
            self._directory.add(actor, account)
            self._directory.set_password(actor, user_id, password, reason="first password, set by the administrator")
        return Outcome(True, f"account {user_id} created", f"account/{user_id}")

    def retire_account(self, session: str, user_id: str, reason: str) -> Outcome:
        """End an account for ever; its id stays taken. The last administrator stays."""
        with self._core.acting(session, "retire_account", f"account/{user_id[:100]}") as acting:
            line(reason, "reason")
            administrators = [a.id for a in self._directory.accounts() if "administrator" in a.roles and a.state == "active"]
            if administrators == [user_id]:
                raise Refused("the last active administrator cannot be retired")
            self._directory.set_state(self._core.actor(acting), user_id, "retired", reason)
        return Outcome(True, f"account {user_id} retired", f"account/{user_id}")

    def unlock_account(self, session: str, user_id: str, reason: str) -> Outcome:
        """Open a locked account again; its password stays."""
        with self._core.acting(session, "unlock_account", f"account/{user_id[:100]}") as acting:
            line(reason, "reason")
            account = self._directory.account(user_id)
            if account is None or account.state != "locked":
                raise Refused(f"the account {user_id[:40]!r} is not locked")
            self._directory.set_state(self._core.actor(acting), user_id, "active", reason)
        return Outcome(True, f"account {user_id} unlocked", f"account/{user_id}")

    def set_password(self, session: str, password: str, old: str = "") -> Outcome:
        """The owner's own password, and with it a new signing key. All sessions of the person end.

        Whoever has a device gives the `old` one too: the device lies under it and goes under the new one.
        """
        with self._core.acting(session, "set_password") as acting:
            account, actor = acting.account, self._core.actor(acting)
            if account.identity_due is not None:
                raise Refused(f"the identity of {account.printed_name} has to be verified again first", rule="RR-P03")
            if account.factor == "enrolled":
                self._directory.change_password(account.id, old, password)
            else:
                self._directory.set_password(actor, account.id, password)
            self._core.keys.issue(self._directory, actor, account, password, self._core.clock)
        return Outcome(True, "password set; log in again", f"account/{account.id}")

    # ------------------------------------------------------------ the second factor of signatures

    def takes_code(self, session: str) -> bool:
        """Whether a signature of this instance takes a one-time code beside the password."""
        self._core.admit(session, "whoami")
        return self._directory.policy.second_factor == "signing"

    def enrol_device(self, session: str, password: str) -> str:
        """Begin with a device of one's own: the key it shares, for its owner's eyes, given once. `confirm_device` puts it in use."""
        with self._core.acting(session, "enrol_device") as acting:
            if self._directory.policy.second_factor != "signing":
                raise Refused("signatures of this instance take no one-time code; that was fixed at installation")
            return self._directory.enrol(acting.account.id, password)

    def confirm_device(self, session: str, password: str, code: str) -> Outcome:
        """The first code of the device puts it in use; nothing else does. The sessions of the person end."""
        with self._core.acting(session, "enrol_device") as acting:
            person = acting.account.id
            self._directory.confirm_enrolment(person, password, code)
        return Outcome(True, "device enrolled: every signature takes its code; log in again", f"account/{person}")

    def rehearse(self, act: Callable[[], Outcome]) -> Outcome | None:
        """Let an act go as far as its signature: what it would refuse is refused before anybody is asked for a secret.

        Nothing is done, and None comes back; an act that asks for no signature is done, and its outcome comes back.
        """
        with self._core.rehearsal():
            return act()
        return None

    def type_code(self, session: str, code: str) -> None:
        """The one-time code for the next signature of this session; judged there, with the password, and used up whatever comes of it."""
        self._core.typed(self._core.admit(session, "type_code"), code)

    def report_device(self, session: str, user_id: str, reason: str) -> Outcome:
        """A lost or suspect device is out of use at once: one's own, or any by an administrator, who gains nothing by it.

        Another one is enrolled by its owner, with the own password, when the identity was verified again (21 CFR 11.300(c)).
        """
        with self._core.acting(session, "report_device", f"account/{user_id[:100]}") as acting:
            line(reason, "reason")
            if user_id != acting.account.id and "administrator" not in acting.account.roles:
                raise Refused("the device of somebody else is reported by an administrator", rule="RR-P03")
            account = self._directory.account(user_id)
            if account is None or account.factor != "enrolled":
                raise Refused(f"the account {user_id[:40]!r} has no device in use")
            self._directory.report_lost(self._core.actor(acting), user_id, reason)
        return Outcome(True, f"device of {user_id} out of use; another takes an identity check", f"account/{user_id}")

    def verify_identity(self, session: str, user_id: str, method: str, reason: str) -> Outcome:
        """Put on record how a person's identity was established anew; never by that person (21 CFR 11.100(b))."""
        with self._core.acting(session, "verify_identity", f"account/{user_id[:100]}") as acting:
            line(method, "method", longest=200)
            line(reason, "reason")
            if self._directory.account(user_id) is None:
                raise Refused(f"no account {user_id[:40]!r}")
            check = IdentityCheck(method=method, verified_by=acting.account.id, on=stored(self._core.clock.now())[:10])
            self._directory.identify(self._core.actor(acting), user_id, check, reason)
        return Outcome(True, f"identity of {user_id} verified: {method}", f"account/{user_id}")

    def accounts(self, session: str) -> tuple[AccountView, ...]:
        """Every account there ever was."""
        self._core.admit(session, "accounts")
        return tuple(AccountView(a.id, a.printed_name, a.roles, a.state) for a in self._directory.accounts())
