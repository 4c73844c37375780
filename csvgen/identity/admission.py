"""Admission: who asks for a function, and whether they may. The one place every act on controlled records goes through (21 CFR 11.10(d), (g)).

Four ways in, the first that is offered counts: a technical account with its token; a session kept by `csvgen login`; a person who
types both components now; and, until the first administrator is active, the founder of the project, who can do no more than
register people and issue their certificates. Everything else is refused, and every refusal is an event with an alert.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from csvgen.errors import Refused
from csvgen.identity.access_list import SETTINGS
from csvgen.identity.directory import Directory
from csvgen.identity.rights import Matrix, Role, own_matrix
from csvgen.identity.sessions import Session
from csvgen.identity.tightening import acts, tightened
from csvgen.model.audit import Actor
from csvgen.model.people import Account, Policy

FOUNDER = "founder"
DIFFERS = "the settings of csvgen.toml differ from those on record"


@dataclass(frozen=True)
class Credentials:
    """What a caller brings; what is not there is empty."""

    account: str = ""
    token: str = ""
    session: str = ""
    ask: Callable[[], tuple[str, str, str]] | None = None
    """Asks a person at a terminal for user id, password and one-time code."""


@dataclass(frozen=True)
class Admission:
    """An open door: who came in, and what for."""

    actor: Actor
    function: str
    account: Account | None
    """None for the founder."""
    flag: str = ""
    """What a report has to say of this act: administration and work in one hand (RR-G03)."""


class Gate:
    """The gate in front of one project's records. `caller` is who the operating system says it is; never more than a claim."""

    def __init__(self, directory: Directory, caller: Actor) -> None:
        self._directory = directory
        self._caller = caller

    def admit(self, function: str, brought: Credentials) -> Admission:
        """Raises Refused, with an event, for whoever may not use the function or does not say who they are."""
        directory = self._directory
        if self.founding and not brought.account and not brought.session:
            return self._found(function)
        account, actor = self._who(brought)
        if why := directory.may(account, function):
            directory.refused_function(actor, function, why)
            raise Refused(why, rule="RR-G03" if why == directory.matrix.two_duties(account, function) else "RR-G01")
        flag = directory.matrix.two_duties(account, function)
        if flag:
            with directory.ledger.change(actor) as change:
                change.note("two-duties", f"account/{account.id}", reason=flag, facts={"function": function})
        return Admission(actor, function, account, flag)

    @property
    def founding(self) -> bool:
        """Whether nobody was ever in office who can administer people. It ends for ever with the first active administrator."""
        matrices = (self._directory.matrix, own_matrix())
        ledger = self._directory.ledger
        accounts = (Account.model_validate(v.content) for a in ledger.all("account") for v in ledger.versions("account", a.id))
        return not any(a.state == "active" and m.administers(a) for a in accounts for m in matrices)

    def _found(self, function: str) -> Admission:
        actor = Actor(self._caller.person, self._caller.printed_name, FOUNDER, self._caller.source)
        if function not in self._directory.matrix.founding:
            why = "this project has no active administrator yet; until then people are registered and certificates issued, nothing else"
            self._directory.refused_function(actor, function, why)
            raise Refused(why, rule="RR-D01", hint="csvgen people add, csvgen people activate")
        return Admission(actor, function, None)

    def _who(self, brought: Credentials) -> tuple[Account, Actor]:
        directory = self._directory
        if brought.account:
            account = directory.enter(brought.account, brought.token)
            return account, Actor(account.id, account.printed_name, ", ".join(account.roles), directory.source)
        session: Session | None = None
        if brought.session:
            try:
                session = directory.resume(brought.session)
            except Refused:
                if brought.ask is None:
                    raise
        if session is None and brought.ask is not None:
            session = directory.log_in(*brought.ask())
        if session is None:
            why = "this changes controlled records; say who you are"
            directory.refused_function(self._caller, "(not authenticated)", why)
            raise Refused(why, rule="RR-D01", hint="csvgen login, or CSVGEN_ACCOUNT and CSVGEN_TOKEN_FILE of a technical account")
        return session.account, directory.actor(session)

    # ------------------------------------------------------------ settings in force

    def settle(self, actor: Actor, policy: dict[str, Any], reason: str = DIFFERS) -> None:
        """Put the roles of a new project, and every change of its security settings, on record (RR-E11)."""
        ledger, roles = self._directory.ledger, contents(self._directory.matrix)
        missing = ledger.latest(SETTINGS, "roles") is None
        kept = ledger.latest(SETTINGS, "policy")
        if not missing and kept is not None and kept.content == policy:
            return
        with ledger.change(actor, reason) as change:
            if missing:
                change.put(SETTINGS, "roles", roles)
            change.put(SETTINGS, "policy", policy)


def contents(matrix: Matrix) -> dict[str, Any]:
    """The roles of a matrix, as they are put on record."""
    return {"roles": {name: sorted(role.functions) for name, role in matrix.roles.items()}}


def in_force(directory: Directory, offered: Matrix) -> tuple[Matrix, str]:
    """The matrix that counts, and why the one offered by the project's files does not, if it does not.

    Roles on record count. A file somebody wrote since then counts when an administrator has put it in force: rights are not
    taken by an editor.
    """
    kept = directory.ledger.latest(SETTINGS, "roles")
    if kept is None or kept.content == contents(offered):
        return offered, ""
    words = {name: role.words for name, role in offered.roles.items()}
    roles = {n: Role(words=words.get(n, n), functions=tuple(f)) for n, f in kept.content["roles"].items()}
    return offered.model_copy(update={"roles": roles}), "roles.yaml differs from the roles on record; it is not in force"


def stricter(directory: Directory, offered: Policy) -> Policy:
    """The policy that counts: of the one on record and the one of the project's files, whichever is stricter in each rule.

    An edited file puts nobody out of reach of the lock-out; what it loosens counts from the act that puts it on record (`settle`).
    Above both stands what an administrator tightened by an act (`tightening`).
    """
    return tightened(floor(directory, offered), acts(directory))


def floor(directory: Directory, offered: Policy) -> Policy:
    """The same without acts of administrators."""
    kept = directory.ledger.latest(SETTINGS, "policy")
    if kept is None:
        return offered
    on_record = Policy.model_validate({k: v for k, v in kept.content["policy"].items() if k in Policy.model_fields})
    both = [p.model_dump() for p in (on_record, offered)]
    chosen = {n: min(p[n] for p in both) for n in ("failures_to_lock", "idle_seconds", "session_seconds", "reset_seconds")}
    chosen |= {n: max(p[n] for p in both) for n in ("minimum_length", "password_history", "source_wait_seconds")}
    chosen |= {n: min((p[n] for p in both if p[n]), default=0) for n in ("password_days", "source_failures")}  # 0 is without end
    for name, strict in (("second_factor", "required"), ("administrators", "apart")):
        chosen[name] = strict if strict in [p[name] for p in both] else offered.model_dump()[name]
    return offered.model_copy(update=chosen)


def put_in_force(directory: Directory, actor: Actor, offered: Matrix, reason: str) -> None:
    """Let the roles of the project's files count from now on."""
    with directory.ledger.change(actor, reason) as change:
        change.put(SETTINGS, "roles", contents(offered), action="roles-changed")
    directory.matrix = offered
