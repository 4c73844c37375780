"""Blocks about a challenge: what was broken, which script noticed and by what, which scripts nobody saw red, and what each Then notices."""

from __future__ import annotations

from collections.abc import Sequence

from csvgen.clock import shown
from csvgen.evidence.challenge_results import further, phrases, rows, scripts, summary
from csvgen.model.challenge import Challenge, Kill, ScriptResult
from csvgen.model.protocol import Protocol
from csvgen.model.report import Block, Facts, Heading, Paragraph
from csvgen.model.spec import Spec
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say, told
from csvgen.trace.challenge_findings import findings, justification

_LONG = 160
"""Characters of an expected or observed value in a table; the whole value stands in the record of the trial."""
_STATES = {
    "killed": "NOTICED",
    "survived": "SURVIVED",
    "not seeded": "NOT SEEDED",
    "not green": "NOT GREEN",
    "not run": "NOT RUN",
}
_NONE = "No whole challenge was made and sealed: nothing is said here about whether the scripts can fail."
_WHAT = (
    "Each failure was brought about on purpose in a disposable instance, never in the one that recorded the results above. The linked "
    "scripts first had to be green there; then one of them had to fail at a Then by what it observed. An error or a failed set-up does not count."
)
_PHRASES = (
    "Each Then was carried out again on the answers it had read, first unchanged and then with one of them falsified, "
    "until an observation did not hold."
)


def challenged(challenge: Challenge | None, spec: Spec, protocol: Protocol) -> tuple[Block, ...]:
    """The chapter of a report of the OQ."""
    if challenge is None:
        return (Paragraph(_NONE),)
    n, plan = summary(challenge), challenge.plan
    other = [s.case for s in plan.scripts if s.case not in protocol.case or protocol.case[s.case].digest != s.digest]
    new = [c.id for c in protocol.of("OQ") if c.id not in {s.case for s in plan.scripts}]
    facts = [
        (
            "Challenge",
            say(
                "{challenge}, sealed {when}; seal {digest}",
                challenge=plan.challenge, digest=str(challenge.digest),
                when=shown(challenge.seal.sealed) if challenge.seal else say("not"),
            ),
        ),
        ("Faults seeded by", plan.faults),
        (
            "Instance before and after each fault",
            say("the same at each reading: components and configuration {digest}", digest=str(plan.baseline)),
        ),
        (
            "Rows of the risk assessment challenged",
            say("{number}; noticed by a script: {noticed}", number=str(n.rows), noticed=str(n.killed)),
        ),
        ("Scripts", say("{number}; unproven: {unproven}", number=str(n.scripts), unproven=str(n.unproven))),
        ("Phrases of Then", say("{number}; blind: {blind}", number=str(n.phrases), blind=str(n.blind))),
        ("Challenged in another wording", ", ".join(other) or say("none")),
        ("Scripts of the OQ that were not challenged", ", ".join(new) or say("none")),
    ]  # fmt: skip
    return (
        Paragraph(_WHAT), Facts(tuple(facts)), _rows(challenge), *_further(challenge), Heading(2, "Unproven scripts"),
        *_unproven(challenge, spec), Heading(2, "Falsified observations"), Paragraph(_PHRASES), _phrases(challenge),
        Heading(2, "Findings of the challenge"), _findings(challenge, spec),
    )  # fmt: skip


def _rows(challenge: Challenge) -> Block:
    made = []
    for r in rows(challenge):
        failed = _failed(r.kills) if r.kills else told(r.reason)
        made.append((r.row.risk or say("none"), r.row.failure_mode, r.row.fault, _STATES[r.state], failed, _seen(r.kills)))
    columns = "Risk:11:id|Failure mode:18|Fault:16|Outcome:10:verdict|Failed at:22|What was observed:23"
    return table("Challenge: failures brought about on purpose", columns, made, "No row was challenged.")


def _failed(kills: Sequence[Kill]) -> str:
    """Where the first script failed, and which others did."""
    first = say("{case} step {step}: {text}", case=kills[0].case, step=str(kills[0].step), text=kills[0].text)
    also = [say("also {cases}", cases=", ".join(k.case for k in kills[1:]))] if len(kills) > 1 else []
    return joined("; ", (first, *also))


def _seen(kills: Sequence[Kill]) -> str:
    if not kills:
        return say("no observation that decides")
    return _compared(kills[0].what, kills[0].expected, kills[0].observed)


def _compared(what: str, expected: str, seen: str) -> str:
    return say(
        "{what}: expected {expected}, observed {observed}", what=what, expected=repr(_cut(expected)), observed=repr(_cut(seen))
    )


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[:_LONG]} ..."


def _further(challenge: Challenge) -> tuple[Block, ...]:
    found = further(challenge)
    if not found:
        return ()
    made = [
        (
            fault, "NOT SEEDED" if why else "NOTICED" if kills else "SURVIVED",
            told(_cut(why)) if why else _failed(kills) if kills else say("no script failed for the right reason"), _seen(kills),
        )
        for fault, kills, why in found
    ]  # fmt: skip
    columns = "Fault:22|Outcome:12:verdict|Failed at:34|What was observed:32"
    return (table("Further faults, which the patterns of the scripts must detect", columns, made),)


def _unproven(challenge: Challenge, spec: Spec) -> tuple[Block, ...]:
    left = [s for s in scripts(challenge) if not s.proven]
    what = "A script is unproven when no fault that was seeded turned it red. Its verdict stays what it is."
    made = [(s.script.case, s.script.title, s.script.priority, told(s.reason), _justified(s, spec)) for s in left]
    columns = "Script:12:id|Title:22|Priority:9|Why unproven:27|Justification, approved with the risk assessment:30"
    return Paragraph(what), table("Unproven scripts", columns, made, "Every script was seen red.")


def _justified(script: ScriptResult, spec: Spec) -> str:
    given = justification(spec, script)
    if given is None:
        return say("MISSING" if script.script.priority == "high" else "not needed at this priority")
    return say(
        "Negative test: {negative}\nFalsified observation: {falsified}\nNo fault: {reason}",
        negative=given.negative_test, falsified=given.falsified_observation, reason=given.no_fault,
    )  # fmt: skip


def _phrases(challenge: Challenge) -> Block:
    made = []
    for p in phrases(challenge):
        seen = p.noticed
        noticed = _compared(seen.what, seen.expected, seen.actual) if seen is not None else told(p.reason)
        made.append(
            (p.phrase, p.case, p.falsified or say("nothing noticed"), "NOTICED" if seen is not None else "BLIND", noticed)
        )
    columns = "Then:27|Case:11:id|What was falsified:22|Outcome:10:verdict|What did not hold:30"
    return table("Every Then against a falsified observation", columns, made, "No Then was looked at.")


def _findings(challenge: Challenge, spec: Spec) -> Block:
    made = [(d.rule, d.about, told(d.message)) for d in findings(challenge, spec)]
    return table("Findings", "Rule:10|About:18:id|Finding:72", made, "The challenge left no finding.")


def justifications(spec: Spec) -> tuple[Block, ...]:
    """What unproven.yaml says, for the risk assessment that approves it."""
    made = [
        (j.requirement, j.criterion or say("all"), j.negative_test, j.falsified_observation, j.no_fault) for j in spec.unproven
    ]
    columns = "Requirement:13:id|Criterion:9|Negative test:25|Falsified observation:25|Why no fault can be seeded:28"
    return (table("Justifications of unproven scripts", columns, made),)
