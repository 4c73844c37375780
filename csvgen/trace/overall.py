"""What a validation as a whole may be concluded as, by a rule that is printed. A person signs it; nobody signs a better one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csvgen.model.base import PHASES, Phase
from csvgen.model.evidence import Evidence
from csvgen.model.matrix import Matrix
from csvgen.model.protocol import Protocol
from csvgen.model.spec import DocumentKind, Spec
from csvgen.trace.conclusion import Conclusion, Outcome, conclude
from csvgen.trace.matrix import Disposed

RULE = (
    "The validation is eligible when every phase of the plan is eligible by the rule of its report and the traceability matrix has no "
    "gap. It is eligible with restrictions when what stands against that is restrictions alone: each accepted by a signed disposition "
    "in its phase, an emulator or a stub that answered, or a gap of a requirement that such a disposition restricts. A residual rating "
    "that went back to its initial one, because a test that should support it failed, is told as a restriction. In every other case it is not eligible."
)
_BACK = ": back to initial"


@dataclass(frozen=True)
class Overall:
    """What the rule gives for all phases together."""

    outcome: Outcome
    phases: tuple[Conclusion, ...]
    reasons: tuple[str, ...]
    """What makes it not eligible; empty otherwise."""
    restrictions: tuple[str, ...]


def phases_of(spec: Spec, protocol: Protocol) -> tuple[Phase, ...]:
    """The phases a validation consists of: those with cases, and each whose report the plan decides is needed.

    The plan cannot leave out a phase that has cases to execute: what was drafted has to be shown, or not drafted.
    """
    wanted = {k for d in spec.plan.deliverables if d.needed == "yes" for k in d.kinds}
    return tuple(p for p in PHASES if protocol.of(p) or f"{p.lower()}-report" in wanted)


def overall(
    spec: Spec, protocol: Protocol, matrix: Matrix, runs: Sequence[Evidence], deviations: Sequence[Disposed]
) -> Overall:  # fmt: skip
    """Apply the rule to the whole validation."""
    phases = tuple(conclude(p, protocol, matrix, runs, deviations) for p in phases_of(spec, protocol))
    reasons = [f"{c.phase}: {reason}" for c in phases for reason in c.reasons]
    restrictions = [f"{c.phase}: {text}" for c in phases for text in c.restrictions]
    accepted = {row.requirement: [link.case for link in row.links] for row in matrix.rows if row.coverage == "restricted"}
    for gap in matrix.gaps:
        told = f"gap, {gap.kind.replace('-', ' ')}: {gap.subject}: {gap.detail}"
        if gap.kind != "requirement-not-passed" or gap.subject not in accepted:
            reasons.append(told)
        elif not any(case in text.split() for case in accepted[gap.subject] for text in restrictions):
            restrictions.append(told)  # else the restriction of its phase says the same, and how it was accepted
    back = dict.fromkeys(state for row in matrix.rows for state in row.residual if _BACK in state)
    restrictions += [f"residual risk {state}" for state in back]
    if not phases:
        reasons.append("there is no phase with a case")
    outcome: Outcome = "not eligible" if reasons else "eligible with restrictions" if restrictions else "eligible"
    return Overall(outcome, phases, tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(restrictions)))


def reports_of(spec: Spec, protocol: Protocol) -> tuple[DocumentKind, ...]:
    """The reports that have to be approved before anything can be said of the whole."""
    kinds: dict[Phase, DocumentKind] = {"IQ": "iq-report", "OQ": "oq-report", "PQ": "pq-report"}
    return tuple(kinds[p] for p in phases_of(spec, protocol))
