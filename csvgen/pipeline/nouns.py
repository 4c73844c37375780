"""The records of the application: lots, files, instruments. Frozen; a change is a new version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from csvgen.model.base import Sha256, Value
from csvgen.pipeline.evaluation import ReportedValue
from csvgen.pipeline.files import FileEntry, FileRecord, Part, Standing
from csvgen.pipeline.method import Method
from csvgen.pipeline.rounding import IN, OUT
from csvgen.pipeline.sources import Day, Instrument

__all__ = [
    "BY_HAND",
    "INCOMPLETE",
    "INVALID",
    "NOT_PROCESSED",
    "Aside",
    "Day",
    "FileEntry",
    "FileRecord",
    "Instrument",
    "Lot",
    "Part",
    "Result",
    "RetestPlan",
    "ReviewedTrail",
    "Standing",
    "Withdrawn",
    "verdict",
]

INCOMPLETE = "incomplete"
NOT_PROCESSED = "not processed"
INVALID = "invalid run"


class Result(ReportedValue):
    """A reportable value, and the run that gave it."""

    run: str = ""


class Withdrawn(Value):
    """A value that counts no more and stays to be seen, with what took its place and why."""

    value: Result
    by: str
    """The record that says so: ``deviation/INV-0001``, ``reintegration/RI-0001``."""
    reason: str


class RetestPlan(Value):
    """Retests of one part, fixed by signature before any of them was measured (21 CFR 211.192; FDA, out of specification results, IV)."""

    investigation: str
    part: Part
    count: int = Field(ge=1)
    """All of them are measured, and all are reported."""
    after: int
    """Number of the event that approved the plan: only files that arrived later are retests."""
    not_by: tuple[str, ...]
    """Persons who may not measure: who measured first, where the method asks for another analyst."""
    runs: tuple[str, ...] = ()
    """Runs done so far."""

    @property
    def remaining(self) -> int:
        """Retests still to be done."""
        return self.count - len(self.runs)


class Aside(Value):
    """A file that is never processed, by a signature of quality given before anything was calculated from it for the record."""

    file: str
    version: int
    sha256: Sha256
    part: Part
    by: str
    """The record that says so: ``set-aside/SA-0001``."""
    told: str
    """Cause, who proposed it, who signed."""


class ReviewedTrail(Value):
    """What the reviewer was shown of the audit trail."""

    packet: Sha256
    """Digest of the review packet; its bytes lie in the results store."""
    events: int
    """How many events it shows."""
    through: int
    """Number of the last event of the whole trail when it was drawn."""


class Lot(Value):
    """The lot record: what its signatures bind.

    Its place in life is kept beside it (record kind ``status``): a signature changes the state, not what it signs.
    """

    lot: str
    method: str
    method_version: int
    files: Mapping[str, FileEntry]
    tests: tuple[Result, ...] = ()
    verdict: str = NOT_PROCESSED
    runs: tuple[str, ...] = ()
    material: str = ""
    """What it is a lot of; empty when nobody said."""
    material_version: int = 0
    manufactured_on: Day = ""
    expires_on: Day = ""
    """Expiry or retest date, whichever its material has."""
    sampled_on: Day = ""
    storage: str = Field(default="", max_length=400)
    comment: str = Field(default="", max_length=400)
    withdrawn: tuple[Withdrawn, ...] = ()
    retests: tuple[RetestPlan, ...] = ()
    aside: tuple[Aside, ...] = ()
    review: ReviewedTrail | None = None

    @property
    def done(self) -> tuple[str, ...]:
        """Parts that have a reportable result and wait for no retest."""
        parts = dict.fromkeys(t.part for t in self.tests)
        return tuple(p for p in parts if self.plan(p) is None)

    def plan(self, part: str) -> RetestPlan | None:
        """The retests of a part that are still to be done, or None."""
        return next((r for r in self.retests if r.part == part and r.remaining), None)

    def missing(self, method: Method) -> tuple[str, ...]:
        """Parts the method needs that have no result yet, and those with retests to be done."""
        waiting = [r.part for r in self.retests if r.remaining]
        return tuple(p for p in method.parts if (p in method.needed and p not in self.done) or p in waiting)


BY_HAND = ("comment", "sampled_on", "storage")
"""Fields of a lot that a person may change; all others are the system's."""


def verdict(tests: Sequence[ReportedValue], missing: tuple[str, ...]) -> str:
    """Out of specification wins over incomplete: a bad result is not softened by what is still to come."""
    if any(t.verdict == OUT for t in tests):
        return OUT
    return INCOMPLETE if missing else IN
