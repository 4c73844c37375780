"""What the JSON interface answers with: plain values, made of the same things the pages show."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from csvgen.errors import CsvgenError


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Answer):
    """An error: what, where, how to mend it, and the rule behind it."""

    message: str
    where: str
    hint: str
    rule: str

    @classmethod
    def of(cls, problem: CsvgenError) -> Problem:
        return cls(message=problem.message, where=problem.where, hint=problem.hint, rule=problem.rule)


class Part(Answer):
    """One part of a list."""

    page: int
    pages: int
    total: int
    """Lines in all parts."""


class QueueLine(Answer):
    record: str
    revision: int
    digest: str
    title: str
    since: str
    station: int
    meaning: str
    role: str
    not_now: str
    """Why nobody can sign it yet; empty when it is ready."""
    not_mine: str
    """Why it does not wait for whoever asks; empty when it does."""
    who: str
    """Who can sign it, where it waits for others."""


class TaskLine(Answer):
    kind: str
    about: str
    words: str
    since: str


class Queue(Answer):
    mine: tuple[QueueLine, ...]
    others: tuple[QueueLine, ...]
    work: tuple[TaskLine, ...]
    """What whoever asks can do that is no signature."""


class MatrixLine(Answer):
    requirement: str
    title: str
    coverage: str
    reason: str
    priority: str
    phase: str
    risks: tuple[str, ...]
    cases: tuple[str, ...]
    cases_passed: int


class MatrixPart(Part):
    complete: bool
    """No gap: every requirement is passed, or met otherwise with a reason."""
    lines: tuple[MatrixLine, ...]


class Execution(Answer):
    run: str
    verdict: str
    reason: str
    evidence: tuple[str, ...]
    deviation: str


class Case(Answer):
    case: str
    title: str
    technique: str
    final: str
    executions: tuple[Execution, ...]


class Requirement(Answer):
    id: str
    title: str
    statement: str
    rationale: str
    phase: str
    coverage: str
    reason: str
    priority: str
    clauses: tuple[str, ...]
    functions: tuple[str, ...]
    risks: tuple[str, ...]
    cases: tuple[Case, ...]
    approved_in: str
    """The last approved revision of the requirements specification; empty when none is."""
    changed_since: int
    """So many fields of it say something else now."""


class Found(Answer):
    kind: str
    id: str
    revision: int
    title: str
    digest: str


class Chain(Answer):
    about: Found
    requirements: tuple[str, ...]
    risks: tuple[str, ...]
    cases: tuple[str, ...]
    """At most sixty; `cases_in_all` counts them."""
    cases_in_all: int
    runs: tuple[str, ...]
    deviations: tuple[str, ...]
    records: tuple[Found, ...]


class Trace(Answer):
    chains: tuple[Chain, ...]
    """Of what carries exactly this id or digest; at most five."""
    near: tuple[Found, ...]
    more: int


class RunLine(Answer):
    run: str
    what: str
    phase: str
    standing: str
    planned_at: str
    ended_at: str
    account: str
    planned: int
    executed: int
    verdicts: dict[str, int]
    counted: bool


class RunPart(Part):
    lines: tuple[RunLine, ...]


class DeviationLine(Answer):
    id: str
    run: str
    case: str
    step: int
    life: str
    open: bool
    classification: str
    decision: str
    opened: str
    closed: str
    expected: str
    observed: str


class DeviationPart(Part):
    lines: tuple[DeviationLine, ...]


class ChangeLine(Answer):
    field: str
    old: str
    new: str


class EventLine(Answer):
    seq: int
    at: str
    person: str
    printed_name: str
    role: str
    action: str
    record: str
    version: int
    changes: tuple[ChangeLine, ...]
    reason: str
    source: str


class EventPart(Part):
    events_in_all: int
    head: str
    """Digest of the last event of the whole trail."""
    lines: tuple[EventLine, ...]
