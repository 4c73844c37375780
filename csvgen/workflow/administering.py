"""Administration as people do it: what was typed as values that can be used, and who there is with what is missing before they may sign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from csvgen.clock import parsed, stored
from csvgen.config import Config
from csvgen.crypto.trust import trust_at
from csvgen.errors import BadInput
from csvgen.identity.directory import Directory
from csvgen.identity.rights import signing_refusal
from csvgen.model.audit import Actor
from csvgen.model.people import Account, IdentityCheck, State, Training

M = TypeVar("M", bound=BaseModel)
STATES: Mapping[str, State] = {"lock": "locked", "unlock": "active", "retire": "retired"}


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list of revoked certificates as it lies beside the trust file."""

    issuer: str
    made: str
    """Stamps, as of record."""
    until: str
    """Empty where it names no end."""
    entries: int
    age: int
    """Whole days since it was made."""
    over: bool
    """Whether its time is over: it says nothing of what was revoked since."""


def revocation_lists(config: Config, now: dt.datetime) -> tuple[RevocationList, ...]:
    """The lists that signatures are held against, by issuer, the newest first."""
    found = []
    for crl in trust_at(config.trust).crls:
        made, until = crl.last_update_utc, crl.next_update_utc
        entries = len(crl)
        found.append(
            RevocationList(
                crl.issuer.rfc4514_string(),
                stored(made),
                stored(until) if until else "",
                entries,
                (now - made).days,
                until is not None and now > until,
            )
        )
    return tuple(sorted(found, key=lambda c: (c.issuer, c.age)))


def days_left(until: str, now: dt.datetime) -> int:
    """Whole days until a moment; negative once it is over."""
    return (parsed(until) - now).days


@dataclass(frozen=True, slots=True)
class Person:
    """One account with what keeps it from signing, role by role."""

    account: Account
    missing: tuple[tuple[str, str], ...]
    """Role and why the person may not sign in it today; empty when nothing is missing."""
    signing: tuple[str, ...]
    """Roles of the account in which anything is signed."""


def people(directory: Directory, today: str) -> tuple[Person, ...]:
    """Everybody, also who is retired; active ones first, by id."""
    found = []
    for account in directory.accounts():
        signing = _signing(directory, account)
        refusals = ((role, signing_refusal(account, role, today)) for role in signing)
        found.append(Person(account, tuple((role, r.words) for role, r in refusals if r is not None), signing))
    return tuple(sorted(found, key=lambda p: (p.account.state == "retired", p.account.kind != "person", p.account.id)))


def _signing(directory: Directory, account: Account) -> tuple[str, ...]:
    if account.kind == "technical" or account.state == "retired":
        return ()
    functions = [f for f in directory.matrix.functions if f.startswith("sign ")]
    return tuple(r for r in account.roles if any(directory.matrix.holds(r, f) for f in functions))


def add(directory: Directory, actor: Actor, given: Mapping[str, str], roles: Sequence[str]) -> Account:
    """Register a person, or with an owner a technical account, as `csvgen people add`."""
    owner = given.get("owner", "").strip()
    account = _of(
        Account,
        {
            "id": given.get("id", "").strip(), "kind": "technical" if owner else "person", "printed_name": given.get("printed_name", "").strip(),
            "owner": owner, "roles": tuple(roles), "email": given.get("email", "").strip(), "name_reason": given.get("name_reason", "").strip(),
        },
    )  # fmt: skip
    directory.refuse_unknown(account.roles)
    directory.add(actor, account)
    return account


def train(directory: Directory, actor: Actor, person: str, given: Mapping[str, str]) -> Training:
    """Put a training on record, as `csvgen people train`."""
    made = _of(Training, {n: given.get(n, "").strip() for n in ("role", "subject", "on")})
    directory.refuse_unknown([made.role])
    directory.train(actor, person, made)
    return made


def identify(directory: Directory, actor: Actor, person: str, given: Mapping[str, str]) -> IdentityCheck:
    """Put on record how an identity was established, as `csvgen people identify`."""
    made = _of(IdentityCheck, {n: given.get(n, "").strip() for n in ("method", "verified_by", "on")})
    directory.identify(actor, person, made)
    return made


def put_into(directory: Directory, actor: Actor, person: str, act: str, reason: str) -> State:
    """Lock, unlock or retire, as the commands of these names. Raises BadInput for another word."""
    if act not in STATES:
        raise BadInput("an account is locked, unlocked or retired")
    directory.put_into(actor, person, STATES[act], said(reason))
    return STATES[act]


def said(reason: str) -> str:
    """A reason that says something. Raises BadInput."""
    if not any(c.isalnum() for c in reason):
        raise BadInput("a change of an account needs a reason", rule="RR-E07")
    return reason.strip()


def _of(kind: type[M], values: Mapping[str, Any]) -> M:
    try:
        return kind.model_validate(values)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise BadInput(f"{'.'.join(map(str, first['loc'])).replace('_', ' ')}: {first['msg']}") from None
