"""People, technical accounts and people of other organisations: who they are, what they are trained for, what they may do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from csvgen.model.base import Grown, Line, Name, Stamp, Value, later

PersonId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$", min_length=3, max_length=40)]
"""Lower-case ASCII user id. Look-alike letters of other scripts cannot occur; never reused, never renamed."""

State = Literal["pending", "active", "locked", "retired"]

Factor = Literal["", "enrolled", "lost"]
"""The device that shows one-time codes: none, in use, or reported lost and out of use since (21 CFR 11.300(c))."""


class IdentityCheck(Grown):
    """How a person's identity was established before signing rights were given (21 CFR 11.100(b))."""

    method: Line
    verified_by: Line
    on: Line
    recorded: Stamp | None = later(None, "When this was put on record; empty for what was imported by the first version.")


class Training(Value):
    """A training record for a role, with the day from which it holds (21 CFR 11.10(i))."""

    role: Name
    subject: Line
    on: Line


class Accountability(Grown):
    """Acknowledgement of the policy that holds a person accountable for actions under their signature (21 CFR 11.10(j))."""

    policy: Line
    """Name and revision of the policy."""
    on: Line
    made: Stamp | None = later(None, "When the person acknowledged it with their password; empty for what was imported.")


class Account(Grown):
    """One account: a natural person's, a technical one with a named owner, or one of a person of another organisation.

    A technical account can never sign. An external person signs with a key and a certificate of their own organisation, and has
    neither password nor session here (21 CFR 11.30).
    """

    id: PersonId
    kind: Literal["person", "technical", "external"]
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
    email: str = later(
        "", "Where the owner is told of a reset; empty when unknown.", max_length=200, pattern=r"^[^\s@,;<>]+@[^\s@,;<>]+$|^$"
    )
    name_reason: str = later("", "Why this printed name is a person's although it does not read like one.", max_length=400)
    factor: Factor = later("", "The device for one-time codes.")
    identity_due: Stamp | None = later(
        None, "Since when the identity has to be established again: after a reset, or a lost device (21 CFR 11.300(c))."
    )


class Policy(Value):
    """Rules for ids, passwords, lock-out and sessions. Values are configuration and are compared by the IQ."""

    minimum_length: int = Field(default=12, ge=8)
    failures_to_lock: int = Field(default=3, ge=1)
    idle_seconds: int = Field(default=900, ge=1)
    password_history: int = Field(default=5, ge=0)
    session_seconds: int = Field(default=43_200, ge=60)
    """Longest life of a session, however busy it is."""
    password_days: int = Field(default=0, ge=0)
    """Age at which a password has to be replaced; 0 where another periodic check is chosen (21 CFR 11.300(b))."""
    second_factor: Literal["optional", "required", "signing"] = "optional"
    """One-time codes: of whoever has a device, at the log-in and the first signing of a session; of everybody so; or at every signing and
    nowhere else."""
    reset_seconds: int = Field(default=86_400, ge=60)
    """Life of the one-time secret of a reset."""
    source_failures: int = Field(default=10, ge=0)
    """Failures from one source, whatever the accounts, after which each further one doubles its waiting time; 0 for a server to which
    all users come from one source."""
    source_wait_seconds: int = Field(default=900, ge=1)
    """Longest waiting time of a source; after that long without a failure its count begins anew."""
    argon2_passes: int = Field(default=4, ge=1)
    argon2_kib: int = Field(default=9_216, ge=8)
    """Argon2id with 9 MiB and four passes, one of the settings OWASP calls equal in strength."""
    shared_names: Literal["refused", "allowed"] = "refused"
    """Whether an id or name that reads like a shared account may stand for a person: only where no account is a real person's."""
    administrators: Literal["apart", "flagged"] = "apart"
    """Whether an administrator may also execute, review or approve: never, or with a flag on each such act."""
