"""What the later kinds of documents bind: parts of the specification, results, and the records they stand on.

A document of the set is made from what lies before it. It binds that by its digests, so that a later change of any of it makes the
document void, and so that whoever verifies a package can work the same out again from the package alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from csvgen.canonical import digest
from csvgen.model.evidence import Evidence
from csvgen.model.matrix import Matrix
from csvgen.model.protocol import Protocol
from csvgen.model.settings import TITLES
from csvgen.model.spec import DocumentKind, Spec
from csvgen.spec.proposal import proposed
from csvgen.trace.assessment import Assessed, assessment
from csvgen.trace.matrix import Disposed, reported
from csvgen.trace.overall import overall

SPECIFIED: tuple[DocumentKind, ...] = ("plan", "urs", "fs", "risk")
PLANNED: tuple[DocumentKind, ...] = (*SPECIFIED, "iq-protocol", "oq-protocol", "pq-protocol")
REPORTED: tuple[DocumentKind, ...] = (*PLANNED, "iq-report", "oq-report", "pq-report")
AROUND: tuple[DocumentKind, ...] = tuple(k for k in TITLES if k not in ("validation-summary", "release-certificate"))
EXECUTED: tuple[DocumentKind, ...] = ("execution-order", "run-record", "deviation", "conditional-release")


@dataclass(frozen=True)
class Bound:
    """What a kind of the set binds."""

    parts: tuple[str, ...] = ()
    """Parts of the specification, beside the system itself."""
    results: bool = False
    """It tells of executions: without one there is nothing to say."""
    on: tuple[DocumentKind, ...] = ()
    """Kinds of records it stands on, each in its newest revision with its signatures."""


SET: Mapping[DocumentKind, Bound] = {
    "system-description": Bound(("pq",)),
    "supplier-assessment": Bound(("suppliers",)),
    "design-specification": Bound(("fs", "installation")),
    "configuration-baseline": Bound(("installation", "settings"), results=True),
    "training-log": Bound(("plan",), results=True, on=(*REPORTED, "procedure", *EXECUTED)),
    "deviation-log": Bound((), results=True, on=("deviation",)),
    "evidence-index": Bound((), results=True),
    "traceability-matrix": Bound((), results=True),
    "regulatory-assessment": Bound(("urs",), results=True),
    "validation-summary": Bound(("plan", "suppliers"), results=True, on=(*REPORTED, "procedure", *AROUND, *EXECUTED)),
    "release-certificate": Bound(("plan",), results=True, on=("validation-summary",)),
}
"""Kinds of the set, in the order of a validation."""
assert set(SET) == set(TITLES)
Records = Callable[[Sequence[DocumentKind]], Mapping[str, str]]
"""Newest records of some kinds: ``QCR-VP r1`` -> digest over the record and its signatures."""


def no_records(_kinds: Sequence[DocumentKind]) -> Mapping[str, str]:
    """Where nobody tells of other records, there are none."""
    return {}


def set_content(
    kind: DocumentKind,
    spec: Spec,
    protocol: Protocol,
    matrix: Callable[[], Matrix],
    runs: Sequence[Evidence],
    deviations: Sequence[Disposed],
    records: Records,
) -> dict[str, Any]:
    """Part -> what is bound of it. The digest of all this is the content of the document; the same words say later what changed."""
    bound, parts = SET[kind], spec.parts()
    found: dict[str, Any] = {name: parts[name] for name in ("system", *bound.parts) if name in parts}
    found["records"] = dict(records(bound.on))
    if bound.results:
        found["runs"] = {r.run: r.digest for r in runs if reported(r)}
        found["matrix"] = digest(matrix())
    match kind:
        case "deviation-log":
            found["deviations"] = [{"id": d.id, "decision": d.decision, "record": d.record} for d in deviations]
        case "regulatory-assessment":
            found["answers"] = [_told(a) for r in assessment(spec, matrix()) for a in r.rows]
        case "validation-summary" | "release-certificate":
            whole = overall(spec, protocol, matrix(), runs, deviations)
            found["conclusion"] = {
                "outcome": whole.outcome, "reasons": whole.reasons, "restrictions": whole.restrictions,
                "phases": {c.phase: c.outcome for c in whole.phases},
            }  # fmt: skip
            found["proposed"] = [[p.kind, p.proposal, p.decision] for p in proposed(spec)]
        case _:
            pass
    return found


def _told(a: Assessed) -> list[Any]:
    """A paragraph with its answer; what the plan says of it stands there where the plan says something."""
    return [a.clause, a.standing, a.requirements, a.gap, *([] if a.by_plan is None else [a.by_plan])]
