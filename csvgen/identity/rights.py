"""Rights: the role x function matrix as data, and what a person needs besides before signing.

A cell says whether a role may use a function (21 CFR 11.10(g)). The functions are a closed list that comes with csvgen; which
role holds which is the project's: `roles.yaml` beside csvgen.toml replaces the roles of `data/functions.yaml` as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import ValidationError, model_validator

from csvgen.canonical import Digest, digest
from csvgen.errors import BadInput
from csvgen.marks import own_data
from csvgen.model.base import Line, Name, Value
from csvgen.model.people import Account, Policy

FILE = "roles.yaml"
SIGNING = "sign "
"""Functions of signing are named by it and the meaning: "sign approved"."""


class Function(Value):
    """A row of the matrix."""

    words: Line
    """As in "the role tester may not ..."."""
    duty: Literal["administration", "work", "other"] = "other"
    """Administration and work (executing, reviewing, approving) are kept apart (FDA data integrity guidance 2018, question 4)."""


class Role(Value):
    words: Line
    functions: tuple[Line, ...]


class Matrix(Value):
    """Functions, roles, and which function each command of the command line is."""

    format: Literal["csvgen.functions/1"]
    functions: Mapping[Line, Function]
    roles: Mapping[Name, Role]
    commands: Mapping[Line, Line]
    open: tuple[Line, ...]
    """Commands that change no controlled record and need nobody's authority."""
    founding: tuple[Line, ...]
    """Functions the founder of a project may use until the first administrator is active."""

    @model_validator(mode="after")
    def _closed(self) -> Matrix:
        named = [f for role in self.roles.values() for f in role.functions] + [*self.commands.values(), *self.founding]
        if unknown := sorted({*named} - {*self.functions}):
            raise ValueError(f"there is no function {unknown[0]!r}")
        return self

    @property
    def digest(self) -> Digest:
        """What an event names when the roles of a project change."""
        return digest({name: sorted(role.functions) for name, role in self.roles.items()})

    def holds(self, role: str, function: str) -> bool:
        """One cell. Raises KeyError for a function that is not in the list."""
        _ = self.functions[function]
        return role in self.roles and function in self.roles[role].functions

    def may(self, account: Account, function: str, policy: Policy) -> str:
        """Why an account may not use a function, or an empty string. Raises KeyError for a function that is not in the list."""
        if account.kind == "technical" and function.startswith(SIGNING):
            return f"{account.id} is a technical account; it can never sign (its owner is {account.owner})"
        if account.state != "active":
            return f"the account {account.id} is {account.state}"
        words = self.functions[function].words
        if not any(self.holds(role, function) for role in account.roles):
            return f"the role {', '.join(account.roles)} may not {words}"
        if policy.administrators == "apart" and (duty := self.two_duties(account, function)):
            return duty
        return ""

    def two_duties(self, account: Account, function: str) -> str:
        """Why an act is one an administrator keeps away from, or an empty string (RR-G03). Refused, or flagged, by policy."""
        if self.functions[function].duty == "work" and self.administers(account):
            return f"{account.printed_name} has administrator rights and may not {self.functions[function].words}"
        return ""

    def administers(self, account: Account) -> bool:
        """Whether a role of the account holds a function of administration."""
        return any(f.duty == "administration" and self.holds(r, n) for n, f in self.functions.items() for r in account.roles)


@cache
def own_matrix() -> Matrix:
    """The matrix that comes with csvgen."""
    data = resources.files("csvgen.identity").joinpath("data", "functions.yaml").read_bytes()
    return Matrix.model_validate(own_data(data, "functions.yaml"))


def project_matrix(root: Path) -> Matrix:
    """The matrix of a project: its own roles, if it has `roles.yaml`. Raises BadInput, naming the fault."""
    path = root / FILE
    if not path.is_file():
        return own_matrix()
    value = own_data(path.read_bytes(), FILE)
    if not isinstance(value, dict) or set(value) != {"format", "roles"} or value["format"] != "csvgen.roles/1":
        raise BadInput("this file holds `format: csvgen.roles/1` and `roles`, nothing else", where=FILE)
    try:
        return Matrix.model_validate({**own_matrix().model_dump(), "roles": value["roles"]})
    except ValidationError as problem:
        first = problem.errors()[0]
        raise BadInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}".lstrip(": "), where=FILE) from None


class Refusal(NamedTuple):
    rule: str
    words: str


def signing_refusal(account: Account, role: str, on: str) -> Refusal | None:  # noqa: PLR0911 - one line for each condition
    """Why a person may not sign in a role on a day (``2026-11-21...``), with the rule, or None."""
    name, day = account.printed_name, on[:10]
    if account.kind == "technical":
        return Refusal("RR-N10", f"{account.id} is a technical account; it can never sign (its owner is {account.owner})")
    if account.state != "active":
        return Refusal("RR-D02", f"the account {account.id} is {account.state}")
    if role not in account.roles:
        return Refusal("RR-G01", f"{name} does not hold the role {role}")
    if account.identity is None:
        return Refusal("RR-U02", f"the identity of {name} has not been verified (21 CFR 11.100(b))")
    if account.identity_due is not None:
        return Refusal(
            "RR-P03", f"the identity of {name} has to be verified again since {account.identity_due[:10]} (21 CFR 11.300(c))"
        )
    if account.factor == "lost":
        return Refusal("RR-P03", f"the device of {name} was reported lost; enrol another first (21 CFR 11.300(c))")
    if account.accountability is None:
        return Refusal("RR-J01", f"{name} has not acknowledged the accountability policy (21 CFR 11.10(j))")
    if account.accountability.on > day:
        return Refusal(
            "RR-J01", f"{name} acknowledged the accountability policy on {account.accountability.on} only (21 CFR 11.10(j))"
        )
    if not any(t.role == role and t.on <= day for t in account.training):
        return Refusal("RR-I01", f"{name} has no training record for the role {role} dated on or before {day} (21 CFR 11.10(i))")
    return None


def signing_right(account: Account, role: str, on: str) -> str:
    """Why a person may not sign in a role today, or an empty string (11.10(i), 11.10(j), 11.100(b))."""
    refusal = signing_refusal(account, role, on)
    return refusal.words if refusal else ""
