"""The description of an HTTP system (`csvgen.http-target/1`): how to log in, create, read, change, sign, and read the audit trail.

Strict YAML, every finding with its line. Credentials are never in it: it names environment variables or files. Places in braces: ``{name}``
is what the port is asked with, ``{/pointer}`` a part of the answer (RFC 6901), ``{{`` and ``}}`` braces themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from csvgen.model.base import Line, Name, Value, YesNo
from csvgen.model.counterpart import Said
from csvgen.targets.described import read_as, schema_of

_REQUEST = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) (/\S*)")
_STATUS = re.compile(r"[1-5][0-9][0-9]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECONDS = re.compile(r"[0-9]{1,3}(\.[0-9])?")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECRET_WORDS = re.compile(r"bearer\s+[^{\s]{8}|basic\s+[A-Za-z0-9+/]{8}", re.IGNORECASE)


def _request(text: str) -> str:
    if not _REQUEST.fullmatch(text):
        raise ValueError("a request is a method and a path: GET /api/samples/{id}")
    return text


def _status(text: str) -> str:
    if not _STATUS.fullmatch(text):
        raise ValueError(f"{text!r} is no HTTP status")
    return text


def _seconds(text: str) -> str:
    if not _SECONDS.fullmatch(text):
        raise ValueError(f"{text!r} is no number of seconds below 1000")
    return text


Status = Annotated[str, AfterValidator(_status)]
Seconds = Annotated[str, AfterValidator(_seconds)]
Kind = Literal["session", "credentials", "authority", "input", "rule"]
Body = str | Mapping[str, Any]
_REFUSALS: Mapping[Status, Kind] = {"401": "session", "403": "authority", "409": "rule", "422": "input"}


class Kept(Value):
    """Where a secret, or an address, is kept: in an environment variable or in a file, never here."""

    env: Line | None = None
    file: Line | None = None

    @model_validator(mode="after")
    def _one(self) -> Kept:
        if (self.env is None) == (self.file is None):
            raise ValueError(
                "name an environment variable (env) or a file (file), one of them; the value itself has no place here"
            )
        if self.env is not None and not _VARIABLE.fullmatch(self.env):
            raise ValueError(f"{self.env!r} is no name of an environment variable")
        return self


class Call(Value):
    """One request, and how its answer is read."""

    request: Annotated[str, AfterValidator(_request)]
    body: Body | None = None
    """JSON; text in it may hold places. ``{values}`` alone stands for all that was entered."""
    accepted: tuple[Status, ...] = ("200", "201", "202", "204")
    absent: tuple[Status, ...] = ()
    """Status of what is not there: the port then answers with nothing."""
    refusals: Mapping[Status, Kind] = Field(default_factory=dict)
    """Over those of the whole description."""
    reference: Line = ""
    message: Line | None = None
    facts: Mapping[Line, Line] = Field(default_factory=dict)
    reads: YesNo = "no"
    """yes: a POST that only reads, a search."""

    @property
    def method(self) -> str:
        return self.request.split(" ", 1)[0]

    @property
    def path(self) -> str:
        return self.request.split(" ", 1)[1]


class Rows(Call):
    """A list in the answer: where it is, and the parts of each row."""

    rows: Line = "{/}"
    each: Mapping[Line, Line]


class Recorded(Call):
    """A record in the answer."""

    version: Line = "1"
    state: Line = "(not said)"
    fields: Line | Mapping[Line, Line]
    """A pointer to an object, all of whose members are fields; or each field with its place."""


class Versions(Recorded):
    rows: Line = "{/}"


class Copies(Value):
    human: Call
    human_type: Line = "text/html"
    electronic: Call
    electronic_type: Line = "application/json"


class RecordCalls(Value):
    """A kind of record. ``{id}`` is its id behind the kind: of ``sample/S-1`` it is ``S-1``."""

    read: Recorded
    history: Versions | None = None
    change: Call | None = None
    delete: Call | None = None
    copies: Copies | None = None
    sign: Call | None = None
    signatures: Rows | None = None


class FormCalls(Value):
    """A form people fill in."""

    fields: tuple[Line, ...] = Field(min_length=1)
    enter: Call
    shown: Mapping[Line, Line] = Field(default_factory=dict)
    """Field of the form -> name it stands under in the record, where that is another."""


class Account(Value):
    """An account prepared for the validation."""

    user_id: Line
    printed_name: Line
    password: Kept


class AccessCalls(Value):
    log_in: Call
    log_out: Call | None = None
    whoami: Call | None = None
    create_account: Call | None = None
    retire_account: Call | None = None
    set_password: Call | None = None
    accounts: Rows | None = None


class TrailCalls(Value):
    entries: Rows
    actions: Mapping[Line, Line] = Field(default_factory=dict)
    """Names of theirs -> names that the steps know: ``LOGIN_FAILED: log-in-refused``."""
    export: Call | None = None
    integrity: Call | None = None


class ConfigurationCall(Call):
    values: Line = "{/}"


class ClockCall(Call):
    utc: Line
    source: Line = "(not said)"


class InstallationCalls(Value):
    components: Rows | None = None
    configuration: ConfigurationCall | None = None
    clock: ClockCall | None = None


class Description(Value):
    """A system that speaks HTTP."""

    format: Literal["csvgen.http-target/1"]
    name: Line
    address: Line | Kept
    counterpart: Said
    """Who answers at the address: said by whoever wrote the description, and printed in every report."""
    instance: Line
    """What tells this instance from another one of the same system."""
    authority: Line | None = None
    """PEM file of the certificate authority of the server, where it is the organisation's own. Certificates are always checked."""
    openapi: Line | None = None
    """The system's own OpenAPI document (JSON, or YAML without aliases): a request it does not list is a finding."""
    timeout: Seconds = "10"
    patience: Seconds = "5"
    """Longest time to wait, all together, when the system asks to be asked later (429, Retry-After)."""
    skew: Seconds = "300"
    """Seconds by which the clocks may differ."""
    headers: Mapping[Line, Line | Kept] = Field(default_factory=dict)
    """Sent with every request: a service's own key, by env or file."""
    session: Mapping[Line, Line] = Field(default_factory=lambda: {"Authorization": "Bearer {session}"})
    """Sent with a request that belongs to a session."""
    message: Line = "{/detail}"
    refusals: Mapping[Status, Kind] = Field(default_factory=lambda: _REFUSALS)
    accounts: Mapping[Name, Account] = Field(default_factory=dict)
    access: AccessCalls | None = None
    records: Mapping[Name, RecordCalls] = Field(default_factory=dict)
    forms: Mapping[Line, FormCalls] = Field(default_factory=dict)
    audit_trail: TrailCalls | None = None
    installation: InstallationCalls | None = None

    @model_validator(mode="after")
    def _safe(self) -> Description:
        if isinstance(self.address, str):
            refuse_address(self.address)
        for name, value in (*self.headers.items(), *self.session.items()):
            if isinstance(value, str) and (_SECRET_WORDS.search(value) or (name.lower() == "authorization" and "{" not in value)):
                raise ValueError(
                    f"the header {name} holds what looks like a credential; name where it is kept: {{env: VARIABLE}}"
                )
        reading = [
            (f"records.{kind}.{verb}", getattr(calls, verb))
            for kind, calls in self.records.items()
            for verb in ("read", "history", "signatures")
        ]
        trail, place = self.audit_trail, self.installation
        reading += [("audit_trail.entries", trail.entries), ("audit_trail.integrity", trail.integrity)] if trail else []
        reading += [(f"installation.{n}", getattr(place, n)) for n in ("components", "configuration", "clock")] if place else []
        for name, call in reading:
            if call is not None and call.method not in ("GET", "HEAD") and call.reads != "yes":
                raise ValueError(
                    f"{name} claims to read and is a {call.method}; say reads: yes where the system's own documents say so"
                )
        return self


def refuse_address(address: str) -> None:
    """Raises ValueError for an address whose traffic anybody could read, or that holds a credential."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("the address begins with https:// and names a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("the address holds neither credentials nor a query")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("http:// is taken for this very machine (127.0.0.1) only; passwords travel by https://")


def read_description(path: Path, shown: str) -> Description:
    """The description in a file. Raises ConfigError with every finding and its line."""
    return read_as(Description, path, shown)


@cache
def schema() -> dict[str, Any]:
    """JSON Schema of the description, for editors."""
    return schema_of(Description)
