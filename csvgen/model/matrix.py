"""Matrix: what is covered and what is not. Gaps are rows."""

from __future__ import annotations

from typing import Literal

from csvgen.model.base import Grown, Sha256, Value, later
from csvgen.model.execution import Verdict
from csvgen.model.imported import Support

Coverage = Literal["passed", "failed", "gap", "procedure", "vendor-evidence", "inspection", "not-applicable", "restricted"]


class Attempt(Value):
    """One execution of a case, numbered by its run; never overwritten."""

    run: str
    verdict: Verdict
    reason: str = ""
    evidence: tuple[str, ...] = ()
    deviation: str = ""


class Link(Value):
    """One requirement -> risk -> case -> verdict -> evidence -> deviation link."""

    case: str
    title: str
    technique: str
    attempts: tuple[Attempt, ...]
    final: Verdict


class Row(Grown):
    requirement: str
    title: str
    category: str
    clauses: tuple[str, ...]
    functions: tuple[str, ...]
    risks: tuple[str, ...]
    priority: str
    verification: str
    links: tuple[Link, ...]
    coverage: Coverage
    reason: str
    """Why the coverage is what it is: the rule that decided, the procedure, the missing thing."""
    residual: tuple[str, ...] = ()
    """Risk id and state of its residual rating: claimed, supported by passing tests, or back to initial."""
    imported: tuple[Support, ...] = later((), "Results of other tools beside it. They never decide the coverage.")


class ReverseRow(Value):
    case: str
    title: str
    phase: str
    requirements: tuple[str, ...]
    risks: tuple[str, ...]
    final: Verdict
    runs: tuple[str, ...]


class Gap(Value):
    kind: Literal[
        "requirement-without-test", "requirement-not-passed", "risk-without-test", "case-without-requirement", "case-not-run",
        "deviation-open", "policy-shortfall",
    ]  # fmt: skip
    subject: str
    detail: str


class Matrix(Value):
    format: Literal["csvgen.matrix/1"] = "csvgen.matrix/1"
    system: str
    version: str
    spec: Sha256
    protocol: dict[str, Sha256]
    runs: dict[str, Sha256]
    rows: tuple[Row, ...]
    reverse: tuple[ReverseRow, ...]
    gaps: tuple[Gap, ...]

    @property
    def complete(self) -> bool:
        """No gap row: every requirement is passed, or met otherwise with a reason."""
        return not self.gaps
