"""Execution: what happened. Verdicts, observations and results, each tied to a case id and a run."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pydantic import Field

from csvgen.model.attended import Correction, Flag, Performer
from csvgen.model.base import Grown, Phase, Sha256, Stamp, Value, later
from csvgen.model.counterpart import Counterpart
from csvgen.model.shard import Merged, ShardOf
from csvgen.model.unscripted import SessionEntry


class Verdict(StrEnum):
    """The verdict of a step or a case. Only PASSED is passed."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    ERROR = "ERROR"
    """The step broke without deciding anything: exception, coroutine, nothing observed, target unreachable."""
    SKIPPED = "SKIPPED"
    NOT_RUN = "NOT_RUN"
    UNDEFINED = "UNDEFINED"
    """No step definition, or more than one, fits the step."""
    BLOCKED = "BLOCKED"
    """The target lacks a port the case needs, or its precondition cannot be had there."""
    NOT_APPLICABLE = "NOT_APPLICABLE"


UNEXECUTED = frozenset({Verdict.NOT_RUN, Verdict.SKIPPED, Verdict.BLOCKED, Verdict.NOT_APPLICABLE})
"""Not carried out, or not to its end: each needs a reason, and none is passed."""
WORST = (
    Verdict.FAILED, Verdict.ERROR, Verdict.UNDEFINED, Verdict.BLOCKED,
    Verdict.SKIPPED, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE, Verdict.PASSED,
)  # fmt: skip
"""The fixed table: of two verdicts the one that stands first here is the verdict of both. docs/evidence.md prints it."""


EXECUTED = frozenset({Verdict.PASSED, Verdict.FAILED, Verdict.ERROR, Verdict.UNDEFINED, Verdict.BLOCKED, Verdict.SKIPPED})
"""Verdicts of cases that were begun and came to an end; a run is complete when every planned case has one of these."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole from those of its parts; nothing at all is NOT_RUN, never PASSED."""
    return min(verdicts, key=WORST.index, default=Verdict.NOT_RUN)


Comparison = Literal[
    "equal", "not-equal", "contains", "contains-each", "at-least", "at-most", "digits",
    "same-number", "rounds-to", "within", "blank", "refused", "recorded", "judged",
]  # fmt: skip
"""How expected and actual were compared. `contains-each`: every line of the expectation stands in the actual text;
`digits`: agreement in at least so many significant digits; `same-number`: one value, however it is spelled; `rounds-to`: the
actual number, rounded half up to the decimals of the expected one, is that one; `within`: no further from the expected number
than the tolerance, exactly; `blank`: nothing is there;
`refused`: the system declined; `recorded`: an action with no expectation of its own; `judged`: a person compared, and the actual text
begins with their verdict."""


class Observation(Grown):
    """One thing looked at: expected beside actual, how they compare, where the actual value was read."""

    what: str
    comparison: Comparison
    expected: str
    actual: str
    unit: str = ""
    source: str
    """Where the value was read: port and verb, file, record id."""
    holds: bool
    tolerance: str = later("", "How far the actual number may be from the expected one; with the comparison `within` only.")
    redacted: tuple[str, ...] = later((), "Names of the secrets that were taken out of this observation after it was judged.")


AttachmentKind = Literal[
    "text", "json", "csv", "table", "log-extract", "audit-trail-extract", "image", "screenshot", "playwright-trace", "file",
]  # fmt: skip
"""What people attach. `table`: rows of text with a head, kept as JSON."""


class Attachment(Grown):
    """A piece of evidence in the content-addressed store."""

    id: str
    """Names protocol case, step and number: ``TC-OQ-0014.3.1``."""
    name: str
    media_type: str
    size: int
    sha256: Sha256
    captured: Stamp
    kind: AttachmentKind = later("file", "What it is, checked against the content where that can be; `file` says nothing of it.")
    redacted: int = later(0, "Places a secret was taken out of before the file was kept.")


class StepCode(Value):
    """The step definition that ran: step code is part of the script."""

    file: str
    line: int
    function: str
    sha256: Sha256


class CodeFile(Value):
    """A file of step code, as a run found it."""

    file: str
    """``csvgen/...``, ``project/...`` below the folder of the project, or ``elsewhere/...``."""
    sha256: str
    """Empty for a file that was not there any more."""


class StepResult(Grown):
    number: int
    keyword: str
    text: str
    verdict: Verdict
    reason: str = ""
    """Why the verdict is not PASSED; empty otherwise."""
    started: Stamp | None = None
    finished: Stamp | None = None
    observations: tuple[Observation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    code: StepCode | None = None
    by: Performer | None = later(None, "Who carried the step out and judged it; nobody for a step of the step library.")
    witness: Performer | None = later(None, "The second person, where the script asks for one.")
    note: str = later("", "What a person wrote for the deviation.")
    flags: tuple[Flag, ...] = later((), "What the reviewer should look at.")
    corrections: tuple[Correction, ...] = later((), "Earlier answers, oldest first.")


class CaseResult(Grown):
    case: str
    case_digest: Sha256
    """Digest of the case that was executed; counts only if it equals the digest approved."""
    verdict: Verdict
    reason: str = ""
    started: Stamp | None = None
    finished: Stamp | None = None
    steps: tuple[StepResult, ...] = ()
    worker: str = "main"
    performed_by: tuple[Performer, ...] = later((), "Who carried out steps of an attended case, in their order.")
    session: tuple[SessionEntry, ...] = later((), "Notes, issues and conclusion of an unscripted session.")

    @property
    def attached(self) -> tuple[Attachment, ...]:
        """What its steps attached."""
        return tuple(a for s in self.steps for a in s.attachments)

    @property
    def used(self) -> tuple[StepCode, ...]:
        """The step definitions that ran in it, as often as they did."""
        return tuple(s.code for s in self.steps if s.code is not None)


class Component(Value):
    name: str
    version: str
    sha256: str = ""


class Environment(Grown):
    """The recording instance, and what it could learn about where it ran. Unknown is said, never invented."""

    csvgen: str
    python: str
    platform: str
    packages: tuple[Component, ...]
    commit: str
    dirty: str
    clock: str
    time_zone: str
    step_code: tuple[StepCode, ...] = ()


class ClockOffset(Value):
    """How far the recorder's clock was from a standard outside, read at the start or at the end of a run."""

    source: str
    standard: str
    """Whom the clock was compared with, or why with nobody."""
    seconds: str = ""
    """Standard minus recorder, in seconds to the millisecond; empty when it could not be learned."""
    limit_seconds: str
    """Further off than this is flagged."""

    @property
    def flagged(self) -> bool:
        """Whether the offset is known and beyond the limit."""
        return bool(self.seconds) and abs(float(self.seconds)) > float(self.limit_seconds)

    @property
    def shown(self) -> str:
        if not self.seconds:
            return f"{self.source}; offset to a standard: unavailable ({self.standard})"
        verdict = "BEYOND THE LIMIT of" if self.flagged else "within the limit of"
        return f"{self.source}; {float(self.seconds):+.3f} s to {self.standard}, {verdict} {self.limit_seconds} s"


class TargetState(Grown):
    """Version and configuration of the system under validation, as it reported itself."""

    name: str
    instance: str
    components: tuple[Component, ...]
    configuration: tuple[tuple[str, str], ...]
    read_at: Stamp
    counterparts: tuple[Counterpart, ...] = later(
        (), "Who answered: real server, emulator or stub; several for a target of several parts."
    )


class PlannedCase(Value):
    case: str
    digest: Sha256


class RunPlan(Grown):
    """run.json, written before anything runs."""

    format: Literal["csvgen.run/1"] = "csvgen.run/1"
    run: str
    """``OQ-001``: phase and number without gaps; ``dev-...`` for engineering runs."""
    system: str
    phase: Phase | Literal["mixed"]
    mode: Literal["formal", "engineering"]
    order: Sha256 | None = None
    """Digest of the signed execution order of a formal run."""
    protocol: Sha256
    spec: Sha256 | None = None
    """Bound by a formal run; an engineering run binds none."""
    target: str
    scope: Literal["complete", "retest", "partial"]
    planned: tuple[PlannedCase, ...]
    attended: tuple[str, ...] = later(
        (), "Planned cases that a person carries out in the same run, after its automated part; the run is sealed after them."
    )
    created: Stamp
    account: str
    """Technical account or person that started the run. A technical account can never sign."""
    account_owner: str = ""
    shard: ShardOf | None = later(None, "The part of a whole that this run is; a shard alone never counts as evidence.")
    merged: Merged | None = later(None, "The shards that this run was put together from.")


class RunSummary(Grown):
    """What a sealed run says in one look."""

    planned: int
    executed: int
    verdicts: dict[str, int] = Field(default_factory=dict)


class SealedFile(Value):
    path: str
    size: int
    sha256: Sha256


class Seal(Grown):
    """seal.json, written last: everything in the run folder by digest, planned against executed.

    Signed by the key of the recording system (seal.p7s). A seal is not anybody's signature.
    """

    format: Literal["csvgen.seal/1"] = "csvgen.seal/1"
    run: str
    plan: Sha256
    heads: dict[str, Sha256]
    """Worker -> SHA-256 of the last line of its journal."""
    files: tuple[SealedFile, ...]
    summary: RunSummary
    complete: bool
    """Every planned case was executed to a verdict; a partial run can never be sealed as complete."""
    sealed: Stamp
    ended: str = later("", "How the test runner ended, where it did not end with results: its own error, a wrong use, a signal.")
    aborted: str = later("", "Why a person closed a run that never came to its end. It never counts as complete.")
    aborted_by: str = later("", "Account of who closed it.")
    faults: tuple[str, ...] = later((), "What did not hold when it was closed: a torn last line, a missing file.")
