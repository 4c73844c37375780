"""Directory: accounts, passwords and sessions of one system.

Used by csvgen for its own people and by the shipped QC release system for its users; the rules are the same.
Every act is an event of the audit trail; a refused one too, and never with the secret that was tried.
"""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from csvgen.audit.ledger import Change, Ledger, Version
from csvgen.clock import Clock, stored
from csvgen.crypto.keys import Credential, lock, unlock
from csvgen.errors import BadInput, Refused
from csvgen.model.audit import Actor
from csvgen.model.people import Account, Policy, State

_DIFFERENT_CHARACTERS = 5

UNIFORM = "user id or password is not right, or the account may not be used"
"""One outward message for unknown, locked, retired and wrong (RR-D02)."""

_HASHER = PasswordHasher(time_cost=4, memory_cost=9_216, parallelism=1)
"""Argon2id with 9 MiB and four passes, one of the settings OWASP calls equal in strength."""


@dataclass
class Session:
    """A continuous period of controlled access of one person, in one process (21 CFR 11.200(a)(1)(i))."""

    id: str
    account: Account
    started: dt.datetime
    last_used: dt.datetime
    signings: int = 0
    ended: str = ""
    """Why it ended; empty while it goes on."""


@dataclass
class Directory:
    """Accounts of one system, kept in its ledger."""

    ledger: Ledger
    clock: Clock
    policy: Policy
    source: str
    sessions: dict[str, Session] = field(default_factory=dict)

    # ------------------------------------------------------------ accounts

    def accounts(self) -> tuple[Account, ...]:
        return tuple(Account.model_validate(v.content) for v in self.ledger.all("account"))

    def account(self, person: str) -> Account | None:
        found = self.ledger.latest("account", person)
        return Account.model_validate(found.content) if found else None

    def add(self, actor: Actor, account: Account) -> None:
        """Create an account in state pending. Raises Refused for an id that is, was or looks like another's."""
        self.check_free(account.id)
        if account.kind == "technical" and not account.owner:
            raise Refused("a technical account needs a named owner", rule="RR-D01")
        new = account.model_copy(update={"state": "pending", "created": stored(self.clock.now()), "certificate": ""})
        with self.ledger.change(actor) as change:
            change.put("account", account.id, new.model_dump())

    def check_free(self, person: str) -> None:
        """Raises Refused for an id that is, was or looks like another's (21 CFR 11.100(a), 11.300(a))."""
        taken = {alike(a.id): a.id for a in self.accounts()}
        if (other := taken.get(alike(person))) is not None:
            raise Refused(
                f"the id {person[:80]!r} belongs, or belonged, to the account {other!r}; ids are never reused", rule="RR-U01"
            )

    def set_state(self, actor: Actor, person: str, state: State, reason: str) -> None:
        account = self._known(person)
        if account.state == "retired":
            raise Refused("a retired account stays retired; its id stays taken", rule="RR-U01")
        with self.ledger.change(actor, reason) as change:
            _put(change, account.model_copy(update={"state": state}))
            if state == "active":
                change.keep_secret(person, "failures", "0")
        self._end_sessions_of(person, f"account set to {state}")

    def set_roles(self, actor: Actor, person: str, roles: tuple[str, ...], reason: str) -> None:
        account = self._known(person)
        with self.ledger.change(actor, reason) as change:
            _put(change, account.model_copy(update={"roles": roles}))
        self._end_sessions_of(person, "roles changed")

    # ------------------------------------------------------------ passwords

    def password_problem(self, person: str, password: str) -> str:
        """Why a password may not be used, or an empty string."""
        if len(password) < self.policy.minimum_length:
            return f"a password needs at least {self.policy.minimum_length} characters"
        if folded(person) in folded(password):
            return "a password may not hold the user id"
        if len(set(password)) < _DIFFERENT_CHARACTERS:
            return f"a password needs at least {_DIFFERENT_CHARACTERS} different characters"
        if why := trivial(password):
            return why
        for old in self._password_hashes(person)[: self.policy.password_history or 0]:
            if _matches(old, password):
                return f"the last {self.policy.password_history} passwords may not be used again"
        return ""

    def set_password(self, actor: Actor, person: str, password: str, reason: str = "password set by its owner") -> None:
        """Set a password; a pending account becomes active. Raises Refused by the password rules."""
        account = self._known(person)
        if account.kind == "technical":
            raise Refused("a technical account has no password and can never sign", rule="RR-N10")
        if account.state == "retired":
            raise Refused(UNIFORM)
        if problem := self.password_problem(person, password):
            raise Refused(problem, rule="RR-P02")
        history = [_HASHER.hash(password), *self._password_hashes(person)][: self.policy.password_history + 1]
        with self.ledger.change(actor, reason) as change:
            change.keep_secret(person, "password", json.dumps(history))
            change.keep_secret(person, "failures", "0")
            change.note("password-set", f"account/{person}")
            if account.state == "pending":
                _put(change, account.model_copy(update={"state": "active"}))
        self._end_sessions_of(person, "password changed")

    def _password_hashes(self, person: str) -> list[str]:
        return list(json.loads(self.ledger.secret(person, "password") or "[]"))

    # ------------------------------------------------------------ keys

    def keep_key(self, actor: Actor, person: str, credential: Credential, password: str, certificate_pem: str) -> None:
        """Keep a person's private key under the person's own password, and the certificate with the account."""
        account = self._known(person)
        with self.ledger.change(actor, "certificate issued") as change:
            change.keep_secret(person, "key", base64.b64encode(lock(credential, password)).decode("ascii"))
            _put(change, account.model_copy(update={"certificate": certificate_pem}))

    def open_key(self, person: str, password: str) -> Credential:
        """The person's credential. Call only after `components` proved the password."""
        kept = self.ledger.secret(person, "key")
        if not kept:
            raise Refused(f"{person} has no signing key yet", hint="csvgen people activate", rule="RR-U02")
        return unlock(base64.b64decode(kept), password)

    # ------------------------------------------------------------ sessions

    def log_in(self, person: str, password: str) -> Session:
        """Begin a session. Raises Refused with one uniform message whatever was wrong; the attempt is an event."""
        account = self.account(person)
        if account is None or account.kind == "technical":
            _HASHER.hash(password)  # the same work as for a known account: the answer's time tells nothing
            with self.ledger.change(self._claimed(person)) as change:
                change.note("log-in-refused", "", reason="unknown or technical account", facts={"claimed": person[:80]})
            raise Refused(UNIFORM, rule="RR-D02")
        self._prove(account, password, "log-in")
        now = self.clock.now()
        session = Session(secrets.token_urlsafe(24), account, now, now)
        self.sessions[session.id] = session
        with self.ledger.change(self.actor(session)) as change:
            change.note("log-in", f"account/{person}")
        return session

    def log_out(self, session: Session) -> None:
        with self.ledger.change(self.actor(session)) as change:
            change.note("log-out", f"account/{session.account.id}")
        self._end(session, "logged out")

    def session(self, identity: str) -> Session:
        """The session by its id, still alive and now used. Raises Refused when it ended or idled too long."""
        session = self.sessions.get(identity)
        if session is None:
            raise Refused("not logged in", rule="RR-D01")
        now = self.clock.now()
        if not session.ended and (now - session.last_used).total_seconds() >= self.policy.idle_seconds:
            self._end(session, f"idle for {self.policy.idle_seconds} s or more")
            with self.ledger.change(self.actor(session)) as change:
                change.note("session-locked", f"account/{session.account.id}", reason=session.ended)
        if session.ended:
            raise Refused(f"the session has ended: {session.ended}; log in again", rule="RR-N04")
        session.last_used = now
        session.account = self._known(session.account.id)
        return session

    def actor(self, session: Session) -> Actor:
        account = session.account
        return Actor(account.id, account.printed_name, ", ".join(account.roles), f"{self.source}, session {session.id[:8]}")

    # ------------------------------------------------------------ signing components

    def components(self, session: Session, person: str, password: str) -> tuple[str, ...]:
        """Prove the identification components of one signing; returns the names of those executed.

        The first signing of a session takes all components (user id and password), a later one at least the password
        (21 CFR 11.200(a)(1)(i)). Being logged in counts for neither. Raises Refused; every failure counts to the lock.
        """
        account = session.account = self._known(session.account.id)  # as it is now: another process may have locked it
        if account.kind != "person":
            raise Refused("a technical account can never sign", rule="RR-N10")
        first = session.signings == 0
        if (first or person) and person != account.id:
            self._fail(account, "signing", "user id is not that of the session")
            raise Refused("the first signing of a session takes user id and password of the person logged in", rule="RR-N02")
        if not password:
            raise Refused("a signing takes a component that only the signer knows: the password", rule="RR-N03")
        self._prove(account, password, "signing")
        session.signings += 1
        return ("user id", "password") if first else ("password",)

    def _prove(self, account: Account, password: str, what: str) -> None:
        hashes = self._password_hashes(account.id)
        right = bool(hashes) and _matches(hashes[0], password)
        if not hashes:
            _HASHER.hash(password)
        if account.state != "active" or not right:
            reason = f"account is {account.state}" if account.state != "active" else "wrong password"
            self._fail(account, what, reason)
            raise Refused(UNIFORM, rule="RR-D02")
        if self.ledger.secret(account.id, "failures") not in ("", "0"):
            with self.ledger.change(self._claimed(account.id)) as change:
                change.keep_secret(account.id, "failures", "0")

    def _fail(self, account: Account, what: str, reason: str) -> None:
        """Count a failure in the same transaction that reads the count, so that parallel guesses count each."""
        with self.ledger.change(self._claimed(account.id)) as change:
            count = int(change.read_secret(account.id, "failures") or "0") + 1
            change.keep_secret(account.id, "failures", str(count))
            change.note(f"{what}-refused", f"account/{account.id}", reason=reason, facts={"failures": str(count)})
            latest = change.latest("account", account.id)
            if count >= self.policy.failures_to_lock and latest is not None and latest.content["state"] == "active":
                locked = Account.model_validate(latest.content).model_copy(update={"state": "locked"})
                change.put("account", account.id, locked.model_dump(), action="lock", reason=f"{count} failures in a row")
                change.note("security-alert", f"account/{account.id}", reason=f"locked after {count} failures in a row")
                self._end_sessions_of(account.id, "account locked")

    def _claimed(self, person: str) -> Actor:
        return Actor(person[:80], "(not authenticated)", "none", self.source)

    def _end(self, session: Session, why: str) -> None:
        session.ended = session.ended or why

    def _end_sessions_of(self, person: str, why: str) -> None:
        for session in self.sessions.values():
            if session.account.id == person:
                self._end(session, why)

    def _known(self, person: str) -> Account:
        account = self.account(person)
        if account is None:
            raise BadInput(f"no account {person!r}")
        return account


def folded(text: str) -> str:
    """Text without its differences of case, width and outer blanks (RR-P01)."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


_ALIKE = str.maketrans("oil\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u03bf", "011ae0pcxy1js0")
"""What the eye takes for the same: 0 and o, 1 and i and l, and letters of other scripts that are drawn as Latin ones."""


def alike(text: str) -> str:
    """Two ids that a reader could take for each other give the same text: `folded`, without separators, look-alikes as one."""
    return "".join(c for c in folded(text).translate(_ALIKE) if c.isalnum())


_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_NEIGHBOURS = frozenset(pair for run in _RUNS for a, b in itertools.pairwise(run) for pair in (a + b, b + a))
_WRITTEN_AS = {"a": "a4@", "e": "e3", "i": "i1!", "l": "l1", "o": "o0", "s": "s5$", "t": "t7"}


@cache
def _common_words() -> tuple[re.Pattern[str], ...]:
    """The words guessing begins with, each also as it is written with digits and signs for letters."""
    lines = resources.files("csvgen.identity").joinpath("data", "common-words.txt").read_text("utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return tuple(re.compile("".join(f"[{re.escape(_WRITTEN_AS.get(c, c))}]" for c in word)) for word in words)


def trivial(password: str) -> str:
    """Why a password is one of the first to be guessed, or an empty string: rows of keys, or common words among no letters."""
    text = folded(password)
    free = 1 + sum(a != b and a + b not in _NEIGHBOURS for a, b in itertools.pairwise(text))
    if free < _DIFFERENT_CHARACTERS:
        return "a password may not consist of rows of the keyboard, the alphabet or the digits"
    reached = {0}
    for at, character in enumerate(text):
        if at in reached:
            reached |= {at + 1} if not character.isalpha() else set()
            reached |= {found.end() for word in _common_words() if (found := word.match(text, at))}
    return "a password may not consist of common words, digits and signs alone" if len(text) in reached else ""


def signing_right(account: Account, role: str, on: str) -> str:  # noqa: PLR0911 - one line for each condition
    """Why a person may not sign in a role today, or an empty string (11.10(i), 11.10(j), 11.100(b))."""
    if account.kind != "person":
        return f"{account.id} is a technical account; it can never sign (its owner is {account.owner})"
    if account.state != "active":
        return f"the account {account.id} is {account.state}"
    if role not in account.roles:
        return f"{account.printed_name} does not hold the role {role}"
    if account.identity is None:
        return f"the identity of {account.printed_name} has not been verified (21 CFR 11.100(b))"
    if account.accountability is None:
        return f"{account.printed_name} has not acknowledged the accountability policy (21 CFR 11.10(j))"
    if not any(t.role == role and t.on <= on[:10] for t in account.training):
        return f"{account.printed_name} has no training record for the role {role} dated on or before {on[:10]} (21 CFR 11.10(i))"
    return ""


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _put(change: Change, account: Account) -> Version:
    return change.put("account", account.id, account.model_dump())


__all__ = ["UNIFORM", "Directory", "Session", "alike", "folded", "signing_right", "trivial"]
