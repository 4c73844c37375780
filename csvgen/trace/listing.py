"""The matrix as lists to be read: from requirements to cases and from cases to requirements, what is open first; filters over both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from csvgen.model.execution import WORST, Verdict
from csvgen.model.matrix import Coverage, Gap, Link, Matrix, ReverseRow, Row
from csvgen.model.spec import Spec

OPEN_FIRST: tuple[Coverage, ...] = (
    "failed", "gap", "restricted", "passed", "procedure", "vendor-evidence", "inspection", "not-applicable"
)  # fmt: skip
"""Order of the list of requirements: what is against completeness stands before what is not."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter; empty parts take everything, parts together must all fit."""

    words: str = ""
    """Each word stands somewhere in the line: ids of either side, titles, clauses, statement."""
    standing: str = ""
    """Coverage of a requirement, or final verdict of a case."""
    phase: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True)
class RequirementLine:
    row: Row
    phase: str
    words: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    row: ReverseRow
    priority: str
    deviations: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Listing:
    """All lines of a matrix, in the order in which they are shown."""

    requirements: tuple[RequirementLine, ...]
    cases: tuple[CaseLine, ...]
    gaps: tuple[Gap, ...]
    coverage: Mapping[str, int] = field(default_factory=dict)
    """Coverage -> how many requirements, in the order of the list."""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    """Final verdict -> how many cases, worst first."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Kind of gap -> how many."""


def listing(spec: Spec, matrix: Matrix, priorities: Mapping[str, str]) -> Listing:
    """`priorities` by case id. A pure function of what the matrix was made from."""
    forward = tuple(RequirementLine(row, spec.requirement[row.requirement].phase, _of_row(spec, row)) for row in matrix.rows)
    links = {link.case: link for row in matrix.rows for link in row.links}
    backward = tuple(
        CaseLine(row, priorities.get(row.case, ""), _deviations(links.get(row.case)), _of_case(row)) for row in matrix.reverse
    )
    coverage = Counter(row.coverage for row in matrix.rows)
    verdicts = Counter(str(row.final) for row in matrix.reverse)
    return Listing(
        requirements=tuple(sorted(forward, key=lambda line: OPEN_FIRST.index(line.row.coverage))),  # stable: else as specified
        cases=tuple(sorted(backward, key=lambda line: WORST.index(line.row.final))),
        gaps=matrix.gaps,
        coverage={name: coverage[name] for name in OPEN_FIRST if coverage[name]},
        verdicts={str(v): verdicts[str(v)] for v in WORST if verdicts[str(v)]},
        kinds=dict(sorted(Counter(gap.kind for gap in matrix.gaps).items())),
    )


def _of_row(spec: Spec, row: Row) -> str:
    said = spec.requirement[row.requirement].statement
    parts = (
        row.requirement,
        row.title,
        said,
        row.category,
        *row.clauses,
        *row.risks,
        *row.functions,
        *(k.case for k in row.links),
    )
    return " ".join(parts).casefold()


def _of_case(row: ReverseRow) -> str:
    return " ".join((row.case, row.title, *row.requirements, *row.risks, *row.runs)).casefold()


def _deviations(link: Link | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a.deviation for a in link.attempts if a.deviation)) if link is not None else ()


def requirements(found: Listing, wanted: Wanted) -> tuple[RequirementLine, ...]:
    words = wanted.words.casefold().split()
    return tuple(
        line
        for line in found.requirements
        if wanted.standing in ("", line.row.coverage)
        and wanted.phase in ("", line.phase)
        and wanted.priority in ("", line.row.priority)
        and all(w in line.words for w in words)
    )


def cases(found: Listing, wanted: Wanted) -> tuple[CaseLine, ...]:
    words = wanted.words.casefold().split()
    return tuple(
        line
        for line in found.cases
        if wanted.standing in ("", str(line.row.final))
        and wanted.phase in ("", line.row.phase)
        and wanted.priority in ("", line.priority)
        and all(w in line.words for w in words)
    )


def gaps(found: Listing, wanted: Wanted) -> tuple[Gap, ...]:
    words = wanted.words.casefold().split()
    return tuple(
        gap
        for gap in found.gaps
        if wanted.standing in ("", gap.kind) and all(w in f"{gap.subject} {gap.detail}".casefold() for w in words)
    )


def passed(links: Sequence[Link]) -> int:
    """How many of the cases passed in their last counted run."""
    return sum(link.final is Verdict.PASSED for link in links)
