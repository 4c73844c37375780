"""Blocks about the depth policy: what the priority of a risk asks of the scripts."""

from __future__ import annotations

from collections.abc import Iterator

from csvgen.model.protocol import Protocol
from csvgen.model.report import Block, Paragraph
from csvgen.model.spec import Spec
from csvgen.patterns.policy import default as shipped_policy
from csvgen.protocol.draft import priority_of
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say
from csvgen.risk.scheme import LEVELS

UNRATED = "not rated"
_WORDS = {
    "positive": "the function does what it is for, with input it must take",
    "negative": "what must not be is refused: each invalid kind of input, and each act without the right to it",
    "boundary": "a limit and its neighbour outside are tried together",
    "boundary-3": "the neighbour inside the limit too: three values at each limit",
    "combination": "values of several inputs together, so that each combination of so many values occurs in a case",
    "t=2": "values go together in pairs (t is how many); behind it how many of the tuples that can occur the cases have",
    "excluded": "a combination that cannot be, and the constraint that says why",
    "transition": "each step from a state to the next that is allowed",
    "sneak": "each step from a state that must not be there, attempted",
    "audit-content": "what the entry of the audit trail says is read, not only that there is one",
    "no-change": "after a refusal the record is as it was",
    "challenge": "the system is broken on purpose, and the script has to fail",
    "oracle": "an expected value that was worked out apart from the system, by a named author and checker",
    "RR-": "before a letter and a number: a rule of csvgen about records and evidence; its text stands in the documentation of csvgen",
}
"""What techniques and notes of coverage in the scripts are called, for readers who know neither."""
_NOTES = ("t=2", "excluded", "oracle", "RR-")
"""Words that stand in scripts of other phases than the IQ."""
_COMPARES = (
    "An IQ case reads one item of the installation and compares it with the baseline. It puts nothing in, combines nothing, leads from no "
    "state to another and asks for no act that could be refused."
)
_FAILS = "The comparison itself is the challenge: another value than that of the baseline fails the case."


def depth(spec: Spec, phase: str = "") -> tuple[Block, ...]:
    """What a priority asks of the scripts. `phase`: of the protocol it is printed in, empty elsewhere."""
    words = [(word, say(meaning)) for word, meaning in _WORDS.items() if phase != "IQ" or word not in _NOTES]
    tested = [priority_of(spec, r.id) if spec.risks_of(r.id) else UNRATED for r in spec.requirements if r.verification == "test"]
    levels = [*reversed(LEVELS), *([UNRATED] if UNRATED in tested else [])]
    counts = joined(
        ", ", [joined(": ", (say(level) if level == UNRATED else level, str(tested.count(level)))) for level in levels]
    )
    unrated = (
        [Paragraph("What no risk names is not rated, and is tested as what has a low priority.")] if UNRATED in tested else []
    )
    return (
        *_policy(spec),
        table("Words of the depth policy", "Word:20|What it means:80", words),
        Paragraph(
            say(
                "Tested requirements by priority: {counts}. "
                "Access, audit and signature patterns keep their negative tests at every priority.",
                counts=counts,
            )
        ),
        *unrated,
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


def not_for_items(spec: Spec, protocol: Protocol) -> Iterator[tuple[str, str, str]]:
    """Requirement, techniques and reason: what the policy asks for at its priority and a comparison with the baseline cannot have."""
    shown_by = {s.requirement for s in spec.installation.sections}
    for requirement in (r for r in spec.requirements if r.id in shown_by):
        asked = spec.asked(priority_of(spec, requirement.id))
        drafted = {c.technique for c in protocol.of("IQ") if requirement.id in c.requirements}
        left = [technique for technique in asked.techniques if technique not in drafted]
        if drafted and left:
            yield requirement.id, ", ".join(left), say(_COMPARES)
        if drafted and asked.challenge == "yes":
            yield requirement.id, "challenge", say(_FAILS)
