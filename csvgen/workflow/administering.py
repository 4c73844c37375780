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
from csvgen.identity import tightening
from csvgen.identity.access_list import SETTINGS
from csvgen.identity.admission import Gate, contents, floor, put_in_force
from csvgen.identity.directory import Directory
from csvgen.identity.rights import Matrix, project_matrix, signing_refusal
from csvgen.identity.settings import Security, read_security
from csvgen.model.audit import Actor
from csvgen.model.people import Account, IdentityCheck, Policy, State, Training

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


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule for passwords, lock-out or sessions, with where its value comes from."""

    name: str
    words: str
    unit: str
    least: int
    most: int
    endless: bool
    """Whether 0 stands for: without end."""
    in_force: int
    configured: int
    """In csvgen.toml."""
    on_record: int | None
    """As an act put the file on record; None before the first."""
    by_act: int | None
    """As an administrator set it; None where nobody did."""

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")


def policy_rules(directory: Directory, configured: Policy) -> tuple[PolicyRule, ...]:
    """Every rule that may be tightened; `configured` is what csvgen.toml says."""
    kept = directory.ledger.latest(SETTINGS, "policy")
    recorded: Mapping[str, Any] = kept.content["policy"] if kept is not None else {}
    now, file, acts = directory.policy.model_dump(), configured.model_dump(), tightening.acts(directory)
    return tuple(
        PolicyRule(
            name,
            rule.words,
            rule.unit,
            rule.least,
            rule.most,
            rule.endless,
            now[name],
            file[name],
            recorded.get(name),
            acts.get(name),
        )
        for name, rule in tightening.RULES.items()
    )


@dataclass(frozen=True, slots=True)
class Differs:
    """Something of the security settings or roles that the files of the project say otherwise than the record."""

    name: str
    on_record: str
    in_file: str


def settings_apart(directory: Directory, security: Security) -> tuple[Differs, ...]:
    """What [security] of csvgen.toml says otherwise than what is on record; nothing before the first act that puts it there."""
    kept = directory.ledger.latest(SETTINGS, "policy")
    return _apart(_flat(kept.content), _flat(security.model_dump())) if kept is not None else ()


def roles_apart(directory: Directory, offered: Matrix) -> tuple[Differs, ...]:
    """What roles.yaml says otherwise than the roles on record."""
    kept = directory.ledger.latest(SETTINGS, "roles")
    if kept is None:
        return ()
    before, after = ({n: ", ".join(sorted(f)) for n, f in c["roles"].items()} for c in (kept.content, contents(offered)))
    return _apart(before, after)


def _apart(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Differs, ...]:
    names = sorted({*before, *after})
    return tuple(Differs(n, before.get(n, ""), after.get(n, "")) for n in names if before.get(n, "") != after.get(n, ""))


def _flat(content: Mapping[str, Any]) -> dict[str, str]:
    found = {n: str(v) for n, v in content.items() if n != "policy"}
    return found | {n: str(v) for n, v in content.get("policy", {}).items()}


def tighten(config: Config, directory: Directory, actor: Actor, given: Mapping[str, str], reason: str) -> Mapping[str, int]:
    """Set rules by an act, as `csvgen people policy`."""
    base = floor(directory, read_security(config.security).policy)
    return tightening.tighten(directory, actor, base, given, reason)


def take_over_settings(config: Config, directory: Directory, actor: Actor, reason: str) -> None:
    """Put [security] of csvgen.toml on record, as every command of somebody admitted does, with a reason of one's own."""
    Gate(directory, actor).settle(actor, read_security(config.security).model_dump(), said(reason, "a change of the settings"))


def take_over_roles(config: Config, directory: Directory, actor: Actor, reason: str) -> int:
    """Put roles.yaml in force, as `csvgen people roles`; how many roles there are now."""
    offered = project_matrix(config.root)
    put_in_force(directory, actor, offered, said(reason, "a change of the roles"))
    return len(offered.roles)


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


def said(reason: str, what: str = "a change of an account") -> str:
    """A reason that says something. Raises BadInput."""
    if not any(c.isalnum() for c in reason):
        raise BadInput(f"{what} needs a reason", rule="RR-E07")
    return reason.strip()


def _of(kind: type[M], values: Mapping[str, Any]) -> M:
    try:
        return kind.model_validate(values)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise BadInput(f"{'.'.join(map(str, first['loc'])).replace('_', ' ')}: {first['msg']}") from None
