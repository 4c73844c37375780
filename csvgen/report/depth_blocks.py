"""Blocks about the depth policy: what the priority of a risk asks of the scripts."""

from __future__ import annotations

from csvgen.model.report import Block, Paragraph
from csvgen.model.spec import Spec
from csvgen.patterns.policy import default as shipped_policy
from csvgen.protocol.draft import priority_of
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say
from csvgen.risk.scheme import LEVELS


def depth(spec: Spec) -> tuple[Block, ...]:
    """What a priority asks of the scripts."""
    tested = [(r.id, priority_of(spec, r.id)) for r in spec.requirements if r.verification == "test"]
    counts = ", ".join(f"{level}: {sum(p == level for _, p in tested)}" for level in reversed(LEVELS))
    return (
        *_policy(spec),
        Paragraph(
            say(
                "Tested requirements by priority: {counts}. "
                "Access, audit and signature patterns keep their negative tests at every priority.",
                counts=counts,
            )
        ),
    )


def _policy(spec: Spec) -> tuple[Block, ...]:
    """The policy: the first form names techniques, depth.yaml or the shipped one says more, and why."""
    title = "Depth policy: what a risk priority asks of the scripts"
    if spec.depth is None:
        return (
            table(
                title, "Priority:30|Techniques:70", [(level, ", ".join(spec.settings.depth[level])) for level in reversed(LEVELS)]
            ),
        )
    rows = []
    for level in reversed(LEVELS):
        depth = spec.depth.of(level)
        most = say("at most {number} rows", number=str(depth.row_limit))
        if depth.full_table != "0":
            most = joined("; ", (say("every combination up to {number} rows", number=str(depth.full_table)), most))
        combined = (
            joined("; ", (say("{number} values", number=str(depth.strength)), most)) if depth.strength else say("not asked for")
        )
        session = say("a session by charter, {minutes} minutes, for scripts", minutes=str(depth.time_box))
        techniques = joined("; ", [*([session] if depth.charter == "charter" else []), ", ".join(depth.techniques)])
        evidence = say("at every step" if depth.evidence == "every-step" else "of what is observed")
        rows.append((level, techniques, combined, evidence, say(depth.challenge)))
    columns = "Priority:12|Techniques:32|Combined:24|Evidence:16|Challenge:16"
    reason = say(spec.depth.reason) if spec.depth == shipped_policy() else spec.depth.reason
    bound = say("Policy {name}, digest {digest}. {reason}", name=spec.depth.name, digest=spec.depth.digest, reason=reason)
    return table(title, columns, rows), Paragraph(bound)
