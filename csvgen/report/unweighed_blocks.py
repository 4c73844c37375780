"""Blocks about what the rule of a validation does not weigh: the challenge that was asked for, and installations without an IQ of their own."""

from __future__ import annotations

from collections.abc import Sequence

from csvgen.clock import shown
from csvgen.evidence.challenge_results import summary
from csvgen.model.challenge import Challenge
from csvgen.model.evidence import Evidence
from csvgen.model.protocol import Protocol
from csvgen.model.report import Block, Facts
from csvgen.model.spec import Spec
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say
from csvgen.trace.unweighed import demanded, elsewhere, installed, unqualified

_NOT_SHOWN = (
    "That these scripts fail when the system is broken is not shown: a script that passed may be one that cannot fail. No verdict and no "
    "outcome of the rule changes by it. Whoever signs accepts that, or asks for a challenge first."
)
_UNPROVEN = "What the challenge left unproven or found blind is named in the report of the OQ. It changes no verdict and no outcome of the rule."
_NO_IQ = (
    "No IQ of this validation was executed on it: what is concluded here is not concluded of it. It is not used as intended before an IQ "
    "was executed on it, with the values approved for it, and the report of that IQ is approved."
)


def unweighed(
    spec: Spec, protocol: Protocol, runs: Sequence[Evidence], challenge: Challenge | None
) -> tuple[Block, ...]:  # fmt: skip
    """Both, with what follows from each."""
    challenged = (("Challenge of the scripts", state(spec, protocol, challenge)), *_what_follows(spec, protocol, challenge))
    return Facts(challenged), *installations(spec, runs)


def state(spec: Spec, protocol: Protocol, challenge: Challenge | None) -> str:
    """What the depth policy asks to be challenged, and what there is."""
    asked = demanded(spec, protocol)
    if challenge is not None:
        n = summary(challenge)
        return say(
            "{challenge}, sealed {when}: rows challenged {rows}, noticed by a script {noticed}; scripts {scripts}, unproven {unproven}",
            challenge=challenge.plan.challenge, when=shown(challenge.seal.sealed) if challenge.seal else say("not"),
            rows=str(n.rows), noticed=str(n.killed), scripts=str(n.scripts), unproven=str(n.unproven),
        )  # fmt: skip
    if not asked.levels:
        return say("the depth policy asks for none, and none was made")
    return say(
        "NOT SHOWN: the depth policy asks for it at priority {levels} (risks: {risks}, scripts of the OQ: {scripts}), and no whole challenge "
        "was made and sealed",
        levels=", ".join(asked.levels), risks=str(asked.risks), scripts=str(asked.scripts),
    )  # fmt: skip


def _what_follows(spec: Spec, protocol: Protocol, challenge: Challenge | None) -> tuple[tuple[str, str], ...]:
    if challenge is not None:
        return (("What follows", say(_UNPROVEN)),)
    return (("What follows", say(_NOT_SHOWN)),) if demanded(spec, protocol).levels else ()


def installations(spec: Spec, runs: Sequence[Evidence]) -> tuple[Block, ...]:
    """Every environment with its IQ; of one without, what follows. Nothing where the specification describes none."""
    rows = [
        (
            i.environment.name,
            i.environment.purpose,
            ", ".join(i.runs) if i.runs else say("NONE"),
            say("What is concluded here was shown on it.") if i.runs else say(_NO_IQ),
        )
        for i in installed(spec, runs)
    ]
    rows += [
        (name, say("not described in the specification"), _made_on(name, runs), say("What is concluded here was shown on it."))
        for name in elsewhere(spec, runs)
    ]
    if not rows:
        return ()
    columns = "Environment:18|Purpose:24|IQ executed on it:15:verdict|What follows:43"
    return (table("Environments of the system, and the IQ of each", columns, rows),)


def _made_on(target: str, runs: Sequence[Evidence]) -> str:
    return ", ".join(r.run for r in runs if r.plan.phase == "IQ" and r.plan.target == target)


def in_short(
    spec: Spec, protocol: Protocol, runs: Sequence[Evidence], challenge: Challenge | None
) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """Both in a line each; of environments only where the specification describes some."""
    names = [e.name for e in unqualified(spec, runs)]
    without = joined(": ", (str(len(names)), ", ".join(names))) if names else say("none")
    told = (("Environments without an IQ of their own", without),) if spec.system.environments else ()
    return (("Challenge of the scripts", state(spec, protocol, challenge)), *told)


def conditions(spec: Spec, protocol: Protocol, runs: Sequence[Evidence], challenge: Challenge | None) -> tuple[str, ...]:
    """What a release is tied to beside the restrictions of the rule, a sentence each."""
    lines = [
        say(
            "{name}: no part of this release. No IQ of this validation was executed on it; see the table of environments.",
            name=e.name,
        )
        for e in unqualified(spec, runs)
    ]
    lines += [
        say("{name}: written for this purpose (category 5), and no review of its source is recorded.", name=c.name)
        for c in spec.system.components
        if c.gamp == "5" and c.review is None
    ]
    if challenge is None and demanded(spec, protocol).levels:
        lines.append(
            say(
                "The release rests on scripts that nobody saw fail on a system broken on purpose; see the challenge of the scripts."
            )
        )
    return tuple(lines)
