"""Accounts: who there is, since when, with which roles, training and checks. Ids are never reused; the earlier state stays readable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from csvgen.audit.ledger import Change, Ledger
from csvgen.clock import Clock, stored
from csvgen.errors import BadInput, Refused
from csvgen.identity.names import alike, claimed, shared
from csvgen.identity.rights import Matrix, own_matrix
from csvgen.model.audit import Actor
from csvgen.model.people import Account, Accountability, IdentityCheck, Policy, State, Training

UNIFORM = "user id or password is not right, or the account may not be used"
"""One outward message for unknown, locked, retired, expired and wrong (RR-D02)."""

_TAKEN = "ids"
"""Ids that were ever given, as the eye reads them: looked at under the write lock, so that of two who add at once one is refused."""


@dataclass
class Accounts:
    """Accounts of one system, kept in its ledger. Every act is an event; a change of an account ends the sessions of its owner."""

    ledger: Ledger
    clock: Clock
    policy: Policy
    source: str
    matrix: Matrix = field(default_factory=own_matrix, kw_only=True)

    # ------------------------------------------------------------ reading

    def accounts(self) -> tuple[Account, ...]:
        return tuple(Account.model_validate(v.content) for v in self.ledger.all("account"))

    def account(self, person: str) -> Account | None:
        found = self.ledger.latest("account", person)
        return Account.model_validate(found.content) if found else None

    def may(self, account: Account, function: str) -> str:
        """Why an account may not use a function now, or an empty string; a technical account needs an active owner (RR-D01)."""
        if account.kind == "technical" and (why := self.without_owner(account)):
            return why
        return self.matrix.may(account, function, self.policy)

    def without_owner(self, account: Account) -> str:
        """Why a technical account may not act for want of an owner, or an empty string."""
        owner = self.account(account.owner)
        if owner is None or owner.kind != "person" or owner.state != "active":
            return f"the technical account {account.id} has no active owner ({account.owner} is {owner.state if owner else 'unknown'})"
        return ""

    def administrators(self) -> tuple[Account, ...]:
        """Active people who may administer people."""
        return tuple(
            a for a in self.accounts() if a.state == "active" and not self.matrix.may(a, "administer people", self.policy)
        )

    # ------------------------------------------------------------ beginning and end

    def add(self, actor: Actor, account: Account) -> None:
        """Create an account in state pending. Raises Refused for an id that is, was or looks like another's, and for a shared one."""
        self.check_free(account.id)
        if account.kind == "technical" and not account.owner:
            raise Refused("a technical account needs a named owner", rule="RR-D01")
        if account.kind == "external":
            raise Refused("an external person is registered with a certificate", rule="RR-D01")
        if account.kind == "person" and self.policy.shared_names == "refused" and (why := shared(account)):
            raise Refused(
                why, rule="RR-D03", hint="one person, one account; a name that is a person's all the same needs a reason"
            )
        self._refuse_two_duties(account.roles)
        self._create(actor, account, "pending", "")

    def register_external(self, actor: Actor, account: Account, certificate: str) -> None:
        """Register a person of another organisation with the certificate (PEM) of a key of their own. Active at once, never logs in.

        Raises Refused without an identity check (21 CFR 11.100(b)) or for an id that is, was or looks like another's.
        """
        self.check_free(account.id)
        if account.kind != "external" or not certificate.strip():
            raise Refused("an external person is registered with a certificate of their own organisation", rule="RR-D01")
        if account.identity is None:
            raise Refused(f"the identity of {account.printed_name} has not been verified", rule="RR-U02")
        if why := shared(account):
            raise Refused(why, rule="RR-D03")
        self._create(actor, account, "active", certificate)

    def _create(self, actor: Actor, account: Account, state: State, certificate: str) -> None:
        now = stored(self.clock.now())
        given = {"factor": "", "identity_due": None, "certificate": certificate, "state": state, "created": now}
        new = account.model_copy(update=given)
        with self.ledger.change(actor) as change:
            self._refuse_taken(account.id, filter(None, [change.read_secret(_TAKEN, alike(account.id))]))  # two may add at once
            change.keep_secret(_TAKEN, alike(account.id), account.id)
            change.put("account", account.id, new.model_dump())

    def check_free(self, person: str) -> None:
        """Raises Refused for an id that is, was or looks like another's (21 CFR 11.100(a), 11.300(a))."""
        self._refuse_taken(person, (a.id for a in self.accounts()))

    @staticmethod
    def _refuse_taken(person: str, ids: Iterable[str]) -> None:
        other = next((i for i in ids if alike(i) == alike(person)), None)
        if other is not None:
            raise Refused(
                f"the id {person[:80]!r} belongs, or belonged, to the account {other!r}; ids are never reused", rule="RR-U01"
            )

    def set_state(self, actor: Actor, person: str, state: State, reason: str) -> None:
        """Lock, unlock or retire. The reason is kept; unlocking begins the count of failures anew."""

        def changed(account: Account) -> dict[str, object]:
            if account.state == "retired":
                raise Refused("a retired account stays retired; its id stays taken", rule="RR-U01")
            return {"state": state}

        action = {"locked": "lock", "retired": "retire"}.get(state, "")
        with self.ledger.change(actor, reason) as change:
            before = self._alter(change, person, changed, action=action)
            if state == "active":
                change.keep_secret(person, "failures", "0")
                if before.state == "locked":
                    change.note("unlock", f"account/{person}")
        self._end_sessions_of(person, f"account set to {state}")

    def put_into(self, actor: Actor, person: str, state: State, reason: str) -> None:
        """Lock, unlock or retire, as an administrator: nobody their own account, and never the last administrator."""
        account = self._known(person)
        if actor.person == person:
            raise Refused("nobody locks, unlocks or retires their own account", rule="RR-D01")
        if state == "active" and account.state != "locked":
            raise Refused(f"the account {person} is {account.state}, not locked", rule="RR-D02")
        if state != "active":
            self.refuse_last_administrator(person)
        self.set_state(actor, person, state, reason)

    def give_roles(self, actor: Actor, person: str, roles: tuple[str, ...], reason: str) -> None:
        """Give roles, as an administrator: nobody themself, only roles there are, and an administrator stays."""
        if actor.person == person:
            raise Refused("nobody gives themself roles", rule="RR-G01")
        self.refuse_unknown(roles)
        if not any(self.matrix.holds(r, "administer people") for r in roles):
            self.refuse_last_administrator(person)
        self.set_roles(actor, person, roles, reason)

    def reviewed(self, actor: Actor, reason: str) -> None:
        """Put a periodic check of accounts and passwords on record (21 CFR 11.300(b))."""
        if not any(c.isalnum() for c in reason):
            raise Refused("a check says what was found", rule="RR-E07")
        with self.ledger.change(actor, reason) as change:
            change.note("password-review")

    def security_days(self) -> tuple[str, str, str]:
        """First electronic signature, last periodic check, and today, as far as there are any: for `Security.open_points`."""
        signed = next((e.at for e in self.ledger.events(action="sign")), "")
        checked = [e.at for e in self.ledger.events(action="password-review")]
        return signed, checked[-1] if checked else "", stored(self.clock.now())

    def refuse_last_administrator(self, person: str) -> None:
        """Raises Refused when nobody would be left who can administer people."""
        if [a.id for a in self.administrators()] == [person]:
            raise Refused("the last active administrator stays: nobody could administer people any more", rule="RR-D01")

    # ------------------------------------------------------------ roles and what they need

    def set_roles(self, actor: Actor, person: str, roles: tuple[str, ...], reason: str) -> None:
        self._refuse_two_duties(roles)
        with self.ledger.change(actor, reason) as change:
            self._alter(change, person, lambda _account: {"roles": roles})
        self._end_sessions_of(person, "roles changed")

    def refuse_unknown(self, roles: Iterable[str]) -> None:
        """Raises Refused for a role that is not in force: a right or a training that nobody has by a slip of the pen."""
        if unknown := [r for r in roles if r not in self.matrix.roles]:
            raise Refused(f"there is no role {unknown[0][:80]!r}", hint=f"roles: {', '.join(self.matrix.roles)}", rule="RR-G01")

    def _refuse_two_duties(self, roles: tuple[str, ...]) -> None:
        """Administration and work are no duties of one person (RR-G03), unless the policy lets them be and flags the acts."""
        if self.policy.administrators == "flagged":
            return
        functions = self.matrix.functions
        kinds = {f.duty for name, f in functions.items() if any(self.matrix.holds(r, name) for r in roles)}
        if {"administration", "work"} <= kinds:
            raise Refused(
                f"the roles {', '.join(roles)} join administration with execution, review or approval; one person does not do both",
                rule="RR-G03",
            )

    def identify(self, actor: Actor, person: str, check: IdentityCheck, reason: str = "identity verified") -> None:
        """Put on record how the person's identity was established; by another person than the one it is about (21 CFR 11.100(b))."""
        if actor.person == person:
            raise Refused("nobody verifies their own identity", rule="RR-U02")
        self._refuse_future(check.on)
        done = check.model_copy(update={"recorded": stored(self.clock.now())})
        with self.ledger.change(actor, reason) as change:
            self._alter(change, person, lambda _account: {"identity": done, "identity_due": None}, action="identify")

    def train(self, actor: Actor, person: str, training: Training, reason: str = "training recorded") -> None:
        """Add a training record for a role; the person does not write it (21 CFR 11.10(i))."""
        if actor.person == person:
            raise Refused("nobody records their own training", rule="RR-I01")
        self._refuse_future(training.on)
        with self.ledger.change(actor, reason) as change:
            self._alter(change, person, lambda account: {"training": (*account.training, training)}, action="train")

    def _acknowledged(self, actor: Actor, person: str, policy: str) -> None:
        now = stored(self.clock.now())
        made = Accountability(policy=policy, on=now[:10], made=now)
        with self.ledger.change(actor, f"policy {policy} acknowledged") as change:
            self._alter(change, person, lambda _account: {"accountability": made}, action="acknowledge")

    def _refuse_future(self, day: str) -> None:
        try:
            given = dt.date.fromisoformat(day)
        except ValueError:
            raise BadInput(f"{day[:40]!r} is no date", hint="as 2026-11-21") from None
        if given > self.clock.now().date():
            raise BadInput(f"{day} is in the future; a record tells of what happened")

    # ------------------------------------------------------------ shared with heirs

    def _alter(self, change: Change, person: str, changed: Callable[[Account], dict[str, Any]], *, action: str = "") -> Account:
        """Write a new version from the one that is there now, inside the transaction. Gives back the account as it was."""
        latest = change.latest("account", person)
        if latest is None:
            raise BadInput(f"no account {person!r}")
        account = Account.model_validate(latest.content)
        new = Account.model_validate({**account.model_dump(), **_plain(changed(account))})
        change.put("account", person, new.model_dump(), action=action)
        return account

    def _known(self, person: str) -> Account:
        account = self.account(person)
        if account is None:
            raise BadInput(f"no account {person!r}")
        return account

    def _claimed(self, person: str) -> Actor:
        return Actor(claimed(person), "(not authenticated)", "none", self.source)

    def _end_sessions_of(self, person: str, why: str) -> None:
        """Sessions are kept further down; here there are none."""


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.model_dump() if hasattr(v, "model_dump") else v for k, v in values.items()}
