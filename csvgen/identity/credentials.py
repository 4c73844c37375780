"""Credentials: what only their owner can execute - password, device for one-time codes, signing key - and how each is given and taken.

Nobody sets another's password here: an administrator's reset makes a one-time secret that can do nothing but let the owner choose a
new password, and it takes key and device with it, for both lie under the old password (21 CFR 11.200(a)(3), 11.300(c)).
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
from dataclasses import dataclass, field

from csvgen.audit.ledger import Change
from csvgen.canonical import digest_bytes
from csvgen.clock import parsed, stored
from csvgen.crypto.keys import Credential, lock, unlock
from csvgen.errors import Refused
from csvgen.identity import factors, passwords
from csvgen.identity.accounts import UNIFORM, Accounts
from csvgen.identity.alerts import Bell, raise_alert, tell
from csvgen.model.audit import Actor
from csvgen.model.people import Account

_PASSWORD, _SET, _KEY, _RESET, _TOKEN = "password", "password-set", "key", "reset", "token"
_CODE, _NEW_CODE, _STEP, _GENERATION = "code-key", "code-key-new", "code-step", "generation"


@dataclass
class Credentials(Accounts):
    """Credentials of the accounts. Every giving, change and loss is an event and ends the sessions of the owner."""

    bell: Bell | None = field(default=None, kw_only=True)

    # ------------------------------------------------------------ passwords

    def begins(self, account: Account, *, founding: bool) -> bool:
        """Whether a person may set a first password now; True when it takes the one-time secret of a reset.

        Raises Refused for an account that has a password: nobody but its owner replaces it (RR-N07).
        """
        if account.kind != "person":
            raise Refused(f"{account.id} is a {account.kind} account; it has no password", rule="RR-N10")
        if founding and not self.matrix.administers(account):
            raise Refused(
                "the first person to be activated is an administrator; the others are activated by an administrator",
                rule="RR-D01",
            )
        if account.state == "pending":
            return False
        if account.state == "active" and self.ledger.secret(account.id, _RESET):
            if account.identity_due is not None:
                raise Refused(
                    f"the identity of {account.printed_name} has to be verified again first",
                    rule="RR-P03",
                    hint="csvgen people identify",
                )
            return True
        raise Refused(
            f"the account {account.id} is {account.state} and has a password; only its owner replaces it", rule="RR-N07",
            hint="csvgen people password, or csvgen people reset",
        )  # fmt: skip

    def password_problem(self, person: str, password: str) -> str:
        """Why a password may not be used, or an empty string."""
        return passwords.problem(person, password, self._verifiers(person), self.policy)

    def set_password(
        self, actor: Actor, person: str, password: str, reason: str = "password set by its owner", *, old: str = ""
    ) -> None:
        """Set a password; a pending account becomes active. Raises Refused by the password rules.

        Signing key and device lie under the old password: with `old` they are put under the new one, without it they are lost, and
        the device has to be enrolled again after an identity check.
        """
        account = self._known(person)
        if account.kind != "person":
            raise Refused(f"a {account.kind} account has no password here and can never sign with one", rule="RR-N10")
        if account.state == "retired":
            raise Refused(UNIFORM)
        if problem := self.password_problem(person, password):
            raise Refused(problem, rule="RR-P02")
        history = [passwords.hashed(password, self.policy), *self._verifiers(person)][: self.policy.password_history + 1]
        moved = self._under(person, old, password)
        with self.ledger.change(actor, reason) as change:
            change.keep_secret(person, _PASSWORD, json.dumps(history))
            change.keep_secret(person, _SET, stored(self.clock.now()))
            change.keep_secret(person, _RESET, "")
            change.keep_secret(person, "failures", "0")
            for name, value in moved.items():
                change.keep_secret(person, name, value)
            self._changed(change, person)
            change.note("password-set", f"account/{person}")
            lost = account.factor == "enrolled" and _CODE not in moved
            if account.state == "pending" or lost:
                values = {"state": "active"} if account.state == "pending" else {}
                self._alter(change, person, lambda _account: {**values, **(self._lost() if lost else {})})
        self._end_sessions_of(person, "password changed")

    def _under(self, person: str, old: str, new: str) -> dict[str, str]:
        """Key and device under the new password, as far as the old one opens them."""
        moved: dict[str, str] = {}
        if not old:
            return moved
        kept = self.ledger.secret(person, _KEY)
        if kept:
            moved[_KEY] = _text(lock(unlock(base64.b64decode(kept), old), new))
        if code := factors.unlock(self.ledger.secret(person, _CODE), old, self.policy):
            moved[_CODE] = factors.lock(code, new, self.policy)
        return moved

    def expired(self, person: str) -> bool:
        """Whether a password is older than the policy allows (21 CFR 11.300(b))."""
        since = self.ledger.secret(person, _SET)
        if not self.policy.password_days or not since:
            return False
        return self.clock.now() - parsed(since) >= dt.timedelta(days=self.policy.password_days)

    def _verifiers(self, person: str) -> list[str]:
        return list(json.loads(self.ledger.secret(person, _PASSWORD) or "[]"))

    # ------------------------------------------------------------ keys

    def keep_key(self, actor: Actor, person: str, credential: Credential, password: str, certificate_pem: str) -> None:
        """Keep a person's private key under the person's own password, and the certificate with the account."""
        account = self._known(person)
        if account.identity_due is not None:
            raise Refused(
                f"the identity of {account.printed_name} has to be verified again before a new certificate", rule="RR-P03",
                hint="csvgen people identify",
            )  # fmt: skip
        kept = _text(lock(credential, password))
        with self.ledger.change(actor, "certificate issued") as change:
            change.keep_secret(person, _KEY, kept)
            self._alter(change, person, lambda _account: {"certificate": certificate_pem})

    def open_key(self, person: str, password: str) -> Credential:
        """The person's credential. Call only after `components` proved the password.

        Raises Refused, with a security event, when the password is proved but the key is closed to it: somebody wrote another
        verifier into the database, and still cannot sign.
        """
        kept = self.ledger.secret(person, _KEY)
        if not kept:
            raise Refused(f"{person} has no signing key yet", hint="csvgen people activate", rule="RR-U02")
        try:
            return unlock(base64.b64decode(kept), password)
        except Refused:
            self._event(self._claimed(person), "signing-refused", person, "the signing key does not open with this password")
            raise

    # ------------------------------------------------------------ device for one-time codes

    def asks_code(self, person: str) -> bool:
        """Whether a log-in and a first signing of this person take a one-time code; where all have one, so it seems for unknown ids."""
        account = self.account(person)
        enrolled = account is not None and account.kind == "person" and account.factor == "enrolled"
        return enrolled or (account is None and self.policy.second_factor == "required")

    def _begin_enrolment(self, account: Account, password: str) -> str:
        """A new key for a device, kept under the password of its owner, which was just proved; in use when a first code confirms it."""
        if account.identity_due is not None:
            raise Refused("the identity has to be verified again before another device is enrolled", rule="RR-P03")
        if account.factor == "enrolled":
            raise Refused("a device is enrolled; report it lost first", hint="csvgen people lost", rule="RR-P03")
        key = factors.new_key()
        kept = factors.lock(key, password, self.policy)
        with self.ledger.change(self.as_owner(account)) as change:
            change.keep_secret(account.id, _NEW_CODE, kept)
            change.note("enrolment-begun", f"account/{account.id}")
        return key

    def confirm_enrolment(self, person: str, password: str, code: str) -> None:
        """The first code of a device puts it in use. Raises Refused when it is not the code; nothing was changed then."""
        account = self._known(person)
        new = self.ledger.secret(person, _NEW_CODE)
        step = factors.step_of(factors.unlock(new, password, self.policy), code, self.clock.now())
        if step < 0:
            self._event(self._claimed(person), "enrolment-refused", person, "not the code of the new device")
            raise Refused(
                "this is not the code of the new device now; nothing was changed", hint="is its clock right?", rule="RR-P03"
            )
        with self.ledger.change(self.as_owner(account), "device confirmed by its first code") as change:
            change.keep_secret(person, _CODE, new)
            change.keep_secret(person, _NEW_CODE, "")
            change.keep_secret(person, _STEP, str(step))
            self._changed(change, person)
            self._alter(change, person, lambda _account: {"factor": "enrolled"}, action="enrol")
        self._end_sessions_of(person, "credential changed")

    def report_lost(self, actor: Actor, person: str, reason: str) -> None:
        """A lost or suspect device is out of use at once; another one needs an identity check (21 CFR 11.300(c))."""
        with self.ledger.change(actor, reason) as change:
            for name in (_CODE, _NEW_CODE):
                change.keep_secret(person, name, "")
            self._changed(change, person)
            self._alter(change, person, lambda _account: self._lost(), action="device-lost")
            self._alert(change, person, "device reported lost", reason)
        self._end_sessions_of(person, "device reported lost")
        self.tell()

    def _lost(self) -> dict[str, object]:
        return {"factor": "lost", "identity_due": stored(self.clock.now())}

    # ------------------------------------------------------------ reset by an administrator

    def reset(self, actor: Actor, person: str, reason: str) -> str:
        """A one-time secret for a person who forgot the password: it expires, and all it can do is choose a new password.

        The old password, the signing key and the device under it are gone at once; the owner is told, and the identity has to be
        verified again before a certificate is issued (RR-N07). Raises Refused for an administrator's own account.
        """
        if actor.person == person:
            raise Refused("nobody resets their own password; change it instead", hint="csvgen people password", rule="RR-N07")
        account = self._known(person)
        if account.kind != "person" or account.state in ("retired", "pending"):
            raise Refused(f"the account {person} is {account.kind}, {account.state}; there is nothing to reset", rule="RR-N07")
        once = secrets.token_urlsafe(18)
        until = self.clock.now() + dt.timedelta(seconds=self.policy.reset_seconds)
        kept = json.dumps({"verifier": passwords.hashed(once, self.policy), "until": stored(until)})
        with self.ledger.change(actor, reason) as change:
            history = list(json.loads(change.read_secret(person, _PASSWORD) or "[]"))
            change.keep_secret(person, _PASSWORD, json.dumps(["", *history]))
            change.keep_secret(person, _RESET, kept)
            for name in (_KEY, _CODE, _NEW_CODE):
                change.keep_secret(person, name, "")
            change.keep_secret(person, "failures", "0")
            self._changed(change, person)
            values = {"state": "active", "certificate": "", "identity_due": stored(self.clock.now())}
            device = {"factor": "lost"} if account.factor == "enrolled" else {}
            self._alter(change, person, lambda _account: {**values, **device}, action="reset")
            self._alert(change, person, f"password reset by {actor.person}", reason, owner=account.email)
        self._end_sessions_of(person, "password reset")
        self.tell()
        return once

    def redeem(self, person: str, once: str, password: str) -> None:
        """Choose a new password with the one-time secret of a reset. Raises Refused, uniformly, when it is not that or too late."""
        account = self.account(person)
        kept = json.loads(self.ledger.secret(person, _RESET) or "{}") if account else {}
        right = passwords.matches(str(kept.get("verifier", "")), once, self.policy)
        late = bool(kept) and self.clock.now() >= parsed(kept["until"])
        if account is None or not right or late or account.state != "active":
            why = "the one-time secret has expired" if right and late else "not the one-time secret of a reset"
            self._failed(account, person, "reset", why)
            raise Refused(UNIFORM, rule="RR-D02")
        actor = Actor(account.id, account.printed_name, ", ".join(account.roles), self.source)
        self.set_password(actor, person, password, "new password after a reset, chosen by its owner")

    # ------------------------------------------------------------ tokens of technical accounts

    def make_token(self, actor: Actor, account: str, reason: str) -> str:
        """A token of 256 bits for a technical account; an earlier one ends. Only its digest is kept."""
        found = self._known(account)
        if found.kind != "technical":
            raise Refused(f"{account} is a {found.kind}'s account; only technical accounts have tokens", rule="RR-D01")
        if why := self.without_owner(found):
            raise Refused(why, rule="RR-D01")
        token = secrets.token_urlsafe(32)
        with self.ledger.change(actor, reason) as change:
            change.keep_secret(account, _TOKEN, _token_digest(token))
            change.note("token-made", f"account/{account}")
            if found.state == "pending":
                self._alter(change, account, lambda _account: {"state": "active"})
        return token

    def enter(self, account: str, token: str) -> Account:
        """The technical account a token belongs to. Raises Refused with the uniform message; the attempt is an event."""
        found = self.account(account)
        kept = self.ledger.secret(account, _TOKEN) if found and found.kind == "technical" else ""
        right = secrets.compare_digest(kept.encode(), _token_digest(token).encode())
        why = "" if right else "not the token of a technical account"
        if found is not None and right:
            why = self.without_owner(found) or ("" if found.state == "active" else f"account is {found.state}")
        if found is None or why:
            self._failed(None, account, "log-in", why)
            raise Refused(UNIFORM, rule="RR-D02")
        return found

    # ------------------------------------------------------------ shared with heirs

    def _failed(self, account: Account | None, person: str, what: str, why: str) -> None:
        """An attempt that failed; counted further down."""
        self._event(self._claimed(person), f"{what}-refused", person if account else "", why)

    def _event(self, actor: Actor, action: str, person: str, why: str) -> None:
        """A security event with its alert."""
        about = f"account/{person}" if person else ""
        with self.ledger.change(actor) as change:
            change.note(action, about, reason=why)
            self._alert(change, person or actor.person, action.replace("-", " "), why)
        self.tell()

    def _alert(self, change: Change, about: str, what: str, why: str, *, owner: str = "") -> None:
        raise_alert(change, self.bell, self.clock, about=about, what=what, why=why, source=self.source, owner=owner)

    def tell(self) -> bool:
        """Send the alerts that are due. Whether none is left."""
        return tell(self.ledger, self.bell, Actor("system", "security alerts", "system", self.source))

    def as_owner(self, account: Account) -> Actor:
        return Actor(account.id, account.printed_name, ", ".join(account.roles), self.source)

    @staticmethod
    def _changed(change: Change, person: str) -> None:
        """Credentials of another generation: what was begun with the old ones ends, in every process."""
        change.keep_secret(person, _GENERATION, str(int(change.read_secret(person, _GENERATION) or "0") + 1))

    def _generation(self, person: str) -> str:
        return self.ledger.secret(person, _GENERATION)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _token_digest(token: str) -> str:
    return digest_bytes(token.encode("utf-8"))
