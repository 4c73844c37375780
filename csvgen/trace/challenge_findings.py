"""What a challenge leaves to be mended or answered for. Findings of the challenge, never a change of a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from csvgen.diagnostics import Diagnostic, Location, Severity
from csvgen.evidence.challenge_results import further, phrases, rows, scripts
from csvgen.model.challenge import Challenge, Justification, ScriptResult
from csvgen.model.spec import Spec


def justification(spec: Spec, script: ScriptResult) -> Justification | None:
    """The approved justification of an unproven script: the one of its criterion, else the one of its whole requirement."""
    criterion = script.script.criterion.partition(" ")[0]
    fitting = [j for j in spec.unproven if j.requirement in script.script.requirements and j.criterion in (None, criterion)]
    return max(fitting, key=lambda j: j.criterion is not None, default=None)


def findings(challenge: Challenge, spec: Spec) -> tuple[Diagnostic, ...]:
    """By rule: CHL004 a row survived, CHL005 unproven and not justified, CHL006 a justification of nothing, CHL007 a blind Then,
    CHL008 not seeded, CHL010 red without a fault. Unproven scripts are told by a whole challenge alone.
    """
    where = Location(f"challenges/{Path(challenge.folder).name}")
    found = [*_rows(challenge), *(_scripts(challenge, spec) if challenge.plan.scope == "complete" else ()), *_phrases(challenge)]
    return tuple(Diagnostic(rule=r, severity=s, location=where, message=m, about=about, hint=h) for r, s, about, m, h in found)


Found = tuple[str, Severity, str, str, str]


def _rows(challenge: Challenge) -> Iterator[Found]:
    for r in rows(challenge):
        name = r.row.risk or r.row.fault
        if r.state == "survived":
            yield ("CHL004", Severity.ERROR, name, f"{name}: no script noticed the fault {r.row.fault} ({r.row.failure_mode})",
                   "a criterion is missing, or its Then looks at something else")  # fmt: skip
        elif r.state == "not green":
            yield (
                "CHL010",
                Severity.ERROR,
                name,
                f"{name}: {r.reason}",
                "run the scripts; what is red without a fault tells nothing",
            )
        elif r.state in ("not seeded", "not run"):
            yield (
                "CHL008",
                Severity.WARNING,
                name,
                f"{name}: the fault {r.row.fault} was not seeded: {r.reason}"[:400],
                "csvgen explain faults",
            )
    for fault, _, why in further(challenge):
        if why:
            yield "CHL008", Severity.WARNING, fault, f"the fault {fault} was not seeded: {why}"[:400], "csvgen explain faults"


def _scripts(challenge: Challenge, spec: Spec) -> Iterator[Found]:
    justified = set()
    for s in (s for s in scripts(challenge) if not s.proven):
        given = justification(spec, s)
        if given is not None:
            justified.add((given.requirement, given.criterion))
        elif s.script.priority == "high":
            yield ("CHL005", Severity.ERROR, s.script.case, f"{s.script.case} is unproven at high priority, and nobody justified it: {s.reason}"[:400],
                   "unproven.yaml, approved by quality with the risk assessment")  # fmt: skip
    for j in spec.unproven:
        if (j.requirement, j.criterion) not in justified:
            name = f"{j.requirement}{f'/{j.criterion}' if j.criterion else ''}"
            yield (
                "CHL006",
                Severity.WARNING,
                name,
                f"{name} is justified in unproven.yaml and has no unproven script",
                "take it out",
            )


def _phrases(challenge: Challenge) -> Iterator[Found]:
    for p in phrases(challenge):
        if p.noticed is None:
            yield ("CHL007", Severity.ERROR, p.case, f"Then {p.phrase}: noticed no falsified observation: {p.reason}"[:400],
                   "the step looks at nothing that could be otherwise")  # fmt: skip
