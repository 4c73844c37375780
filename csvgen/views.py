"""What a system under validation answers: the values that the ports of `csvgen.ports` give and take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from csvgen.errors import CsvgenError


class Unreachable(CsvgenError):
    """The system under validation gave no answer, or one that cannot be read."""


class Unanswered(CsvgenError):
    """What is asked could not be had of the world: no network, credentials, permission, or a service half set up. Never an answer."""


class NotOffered(Unanswered):
    """A verb of a port that this system has not, though it has others of the port. The case that needs it is BLOCKED."""


class Secret:
    """A secret on its way to the system. It never shows in representations, logs or evidence."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself; only adapters call this."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the system answered to something it was asked to do."""

    accepted: bool
    message: str
    """The system's own words."""
    reference: str = ""
    """Id of what came of it: session, record, deviation."""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TestAccount:
    """An account of the system made for the validation, with its secret. Not a capability of the system."""

    __test__ = False

    user_id: str
    printed_name: str
    role: str
    password: Secret


@dataclass(frozen=True, slots=True)
class ComponentState:
    name: str
    kind: Literal["component", "package"]
    version: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What the system takes for now, in stored form (UTC), and where it has it from."""

    utc: str
    zone: str
    source: str


@dataclass(frozen=True, slots=True)
class AccountView:
    user_id: str
    printed_name: str
    roles: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as its reader sees it."""

    id: str
    version: int
    state: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RecordCopy:
    """A copy for an inspector: one to read, one to process (21 CFR 11.10(b))."""

    human: bytes
    human_type: str
    electronic: bytes
    electronic_type: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    number: int
    at: str
    offset: str
    user_id: str
    printed_name: str
    action: str
    record: str
    field: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class SignatureView:
    printed_name: str
    user_id: str
    at: str
    offset: str
    meaning: str
    valid: bool
    """Whether the system says that the signature still belongs to the record as it is."""
    status: str
    """valid, void, INVALID ..., in the system's words."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """One reportable test of a lot."""

    __test__ = False

    name: str
    unrounded: str
    reported: str
    unit: str
    limit: str
    verdict: str


@dataclass(frozen=True, slots=True)
class LotView:
    lot: str
    state: str
    verdict: str
    tests: tuple[TestResult, ...]
    files: Mapping[str, str]
    """File name -> SHA-256 as registered on arrival."""
    run_record: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LotStanding:
    """Where a lot stands, and what waits for whom."""

    lot: str
    state: str
    verdict: str
    open_deviations: tuple[str, ...]
    waits_for: str
    """Role whose act comes next; empty at the end of the life."""
    what: str
    """The act."""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One edge of a trace: `target` came of `source`."""

    source: str
    words: str
    target: str


@dataclass(frozen=True, slots=True)
class TraceView:
    """What something came from, and what came of it, each nearest first."""

    asked: str
    found: tuple[str, ...]
    """What the question names: several, when a name or digest stands for several."""
    up: tuple[TraceStep, ...]
    down: tuple[TraceStep, ...]


@dataclass(frozen=True, slots=True)
class DeviationView:
    id: str
    lot: str
    state: str
    reason: str
    decision: str


@dataclass(frozen=True, slots=True)
class Message:
    """What passes an interface: the data, and what their sender declares beside them."""

    content: bytes
    manifest: Mapping[str, str]
    """Declared by the sender, under the names of the interface: ``sha256`` is the digest of `content`, ``record`` what it is about."""
    signed: bytes = b""
    """A signed form of the same data (a PDF with its signature); empty where the interface has none."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a platform says of itself, as a probe read it."""

    name: str
    value: str
    """Never blank; ``(none)`` where the platform answered that there is nothing."""
    unit: str
    source: str
    """The call that was made, and who answered it: real server, emulator or stub."""
