"""Ratings taken together: what a table of risks shows that no single row does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from csvgen.model import spec as noun
from csvgen.model.base import PLACEHOLDER, Level
from csvgen.patterns.policy import default
from csvgen.risk.rate import LEVELS
from csvgen.spec.facts import said, text_key
from csvgen.spec.registry import Context, Found, Hit, Index, rule
from csvgen.spec.rules.priorities import priorities

_MANY = 10
"""Risks from which equal ratings are no accident."""
_COPIED = 5
"""Ratings with the same reason from which it is nobody's judgement."""


@rule("RSK209", "index")
def high_risks_are_tested(index: Index, context: Context) -> Iterator[Found]:
    """A risk of high priority touches no requirement that is verified by test: nothing would show that its controls work."""
    if not index.complete:
        return
    rated = priorities(index, context)
    for risk in index.of("risk"):
        named = [index.requirement[u] for u in risk.says["requirements"] if u in index.requirement]
        if rated.get(risk.id) == "high" and named and not any(r.says["verification"] == "test" for r in named):
            how = ", ".join(sorted({r.says["verification"] for r in named}))
            yield Found(risk, f"{risk.id} has high priority, and its requirements are met by {how}", "requirements",
                        "verify one of them by test, or set this finding aside with its reason")  # fmt: skip


@rule("RSK210", "index")
def residuals_can_be_shown(index: Index, _context: Context) -> Iterator[Found]:
    """A residual rating claims that controls help, but no requirement of the risk has anything to show it by.

    Requirements without any criterion are gap rows (URS102), and the plan for them is open; a claim about them is another matter.
    """
    if not index.complete:
        return
    shown = {i.says["requirement"] for i in index.of("section")} | {u for i in index.of("scenario") for u in i.says["covers"]}
    for risk in index.of("risk"):
        named = [index.requirement[u] for u in risk.says["requirements"] if u in index.requirement]
        if risk.says["improved"] and named and all(
            r.says["verification"] == "test" and not r.says["criteria"] and r.id not in shown for r in named
        ):  # fmt: skip
            yield Found(risk, f"{risk.id} claims a better residual rating, and no criterion of its requirements could show it", "residual",
                        "add a criterion that shows the control, or claim the initial ratings")  # fmt: skip


_UNWRITTEN = text_key(said(PLACEHOLDER))
"""No reason yet: URS110 says so."""


@rule("RSK211", "index")
def reasons_are_own(index: Index, _context: Context) -> Iterator[Found]:
    """The same reason stands behind many initial ratings: judged once and copied (ICH Q9(R1) asks for less subjectivity)."""
    counted = Counter(key for risk in index.of("risk") for key in risk.says["reasons"])
    reported: set[int] = set()
    for risk in index.of("risk"):
        for factor, key in zip(risk.says["grades"], risk.says["reasons"], strict=True):
            if counted[key] >= _COPIED and key not in reported and key != _UNWRITTEN:
                reported.add(key)
                yield Found(risk, f"the reason for the {factor} of {risk.id} stands behind {counted[key]} initial ratings", factor,
                            "say for each why this grade and not the next")  # fmt: skip


@rule("RSK212", "index")
def challenges_are_planned(index: Index, context: Context) -> Iterator[Found]:
    """The depth policy asks for a challenge at this priority, but the risk does not say how its failure is brought about."""
    asked: set[Level] = set()
    if context.settings is not None and context.settings.depth:
        asked = {level for level, wanted in context.settings.depth.items() if "challenge" in wanted}
    elif context.settings is not None:
        policy = context.depth or default()
        asked = {level for level in LEVELS if policy.of(level).challenge == "yes"}
    rated = priorities(index, context) if asked else {}
    for risk in index.of("risk"):
        if rated.get(risk.id) in asked and not risk.says["challenge"]:
            yield Found(risk, f"{risk.id} has {rated[risk.id]} priority and no challenge", hint="add challenge: {how}")


@rule("RSK215", "index")
def severities_differ(index: Index, _context: Context) -> Iterator[Found]:
    """Ten risks or more, and all of one severity: the scale did not tell anything apart."""
    risks = index.of("risk")
    grades = {risk.says["grades"].get("severity") for risk in risks}
    if len(risks) >= _MANY and len(grades) == 1:
        yield Found(risks[0], f"all {len(risks)} risks have the severity {grades.pop()}", "severity",
                    "compare the worst with the least bad; the effect decides, not the cause")  # fmt: skip


@rule("RSK213", "assessment")
def raters_are_known(a: noun.RiskAssessment, context: Context) -> Iterator[Hit]:
    """A rater is no role of system.yaml, or one role rated alone although owners and quality are declared."""
    if context.system is None or context.roles is None:
        return
    for number, rater in enumerate(a.raters):
        if rater not in context.roles:
            yield Hit(
                f"the rater {rater!r} is no role of system.yaml", ("raters", number), f"roles: {', '.join(sorted(context.roles))}"
            )
    if len(set(a.raters)) < 2 and (context.system.process_owner or context.system.quality):  # noqa: PLR2004 - one view is no second one
        yield Hit("one role rated all risks", ("raters",), "ICH Q9(R1): several views; severity is the process owner's")
