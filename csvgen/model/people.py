"""People and technical accounts: who they are, what they are trained for, what they may do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from csvgen.model.base import Line, Name, Stamp, Value

PersonId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$", min_length=3, max_length=40)]
"""Lower-case ASCII user id. Look-alike letters of other scripts cannot occur; never reused, never renamed."""

State = Literal["pending", "active", "locked", "retired"]


class IdentityCheck(Value):
    """How a person's identity was established before signing rights were given (21 CFR 11.100(b))."""

    method: Line
    verified_by: Line
    on: Line


class Training(Value):
    """A training record for a role, with the day from which it holds (21 CFR 11.10(i))."""

    role: Name
    subject: Line
    on: Line


class Accountability(Value):
    """Acknowledgement of the policy that holds a person accountable for actions under their signature (21 CFR 11.10(j))."""

    policy: Line
    on: Line


class Account(Value):
    """One account: a natural person's, or a technical one with a named owner that can never sign."""

    id: PersonId
    kind: Literal["person", "technical"]
    printed_name: Line
    owner: str = ""
    """Of a technical account: the person who answers for it."""
    roles: tuple[Name, ...] = Field(min_length=1)
    state: State = "pending"
    identity: IdentityCheck | None = None
    training: tuple[Training, ...] = ()
    accountability: Accountability | None = None
    certificate: str = ""
    """PEM of the person's certificate; empty until issued."""
    created: Stamp | None = None


class Policy(Value):
    """Rules for passwords, lock-out and sessions. Values are configuration and are compared by the IQ."""

    minimum_length: int = Field(default=12, ge=8)
    failures_to_lock: int = Field(default=3, ge=1)
    idle_seconds: int = Field(default=900, ge=1)
    password_history: int = Field(default=5, ge=0)
