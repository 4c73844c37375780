"""Blocks about where the runs of a phase were executed: recorder, clock, system under validation, its components."""

from __future__ import annotations

from collections.abc import Sequence

from csvgen.clock import shown
from csvgen.model.base import Phase
from csvgen.model.counterpart import UNREAD, WORTH, Counterpart
from csvgen.model.evidence import Evidence
from csvgen.model.execution import TargetState
from csvgen.model.report import Block, Facts, Heading, Paragraph
from csvgen.model.spec import Spec
from csvgen.report.case_blocks import of_phase
from csvgen.report.result_blocks import places, some
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say, told

_UNKNOWN = "unavailable"


def _handled(run: Evidence) -> list[tuple[str, str]]:
    """What was taken out of the record of a run, and in which order its cases were executed where that is not the planned one."""
    taken = [
        joined(", ", (joined(": ", (name, told(state))), *([places(number)] if number else [])))
        for name, state, number in run.redactions
    ]
    found: list[tuple[str, str]] = [("Secrets", joined("; ", taken))] if taken else []
    turned = [
        say("in {shard} another than planned from case {place} on: {cases}", shard=shard, place=str(place), cases=some(cases))
        if shard
        else say("another than planned from case {place} on: {cases}", place=str(place), cases=some(cases))
        for shard, place, cases in run.turned
    ]
    return (
        [*found, ("Order of execution", say("{turned} (all of it in the journal)", turned=joined("; ", turned)))]
        if turned
        else found
    )


def answered(c: Counterpart) -> str:
    """Who answered, as `Counterpart.words` says it."""
    silent = c.kind == "not said"
    name, version = (say(c.name), say(c.version)) if silent else (c.name, c.version)
    told = say("digest not known") if c.digest == UNREAD else say("digest {digest}", digest=c.digest)
    return say(
        "{kind} {name} {version}, {digest}; {worth}",
        kind=say(c.kind), name=name, version=version, digest=told, worth=say(WORTH[c.kind]),
    )  # fmt: skip


def environments(runs: Sequence[Evidence], phase: Phase, spec: Spec | None = None) -> tuple[Block, ...]:
    """Recorder and system of each run, read by the run itself."""
    blocks: list[Block] = []
    before: Evidence | None = None
    for run in of_phase(runs, phase):
        e, t, plan = run.environment, run.target_start, run.plan
        blocks.append(Heading(2, say("Environment of run {run}", run=run.run)))
        facts = [
            (
                "Run",
                say(
                    "{mode}, {scope}, executed by {account} (owner {owner})",
                    mode=say(plan.mode), scope=say(plan.scope), account=plan.account, owner=plan.account_owner or say("none"),
                ),
            ),
            ("Sealed", shown(run.seal.sealed) if run.seal else say("not sealed")),
            ("Digest of the seal", str(run.digest) if run.digest else say("none")),
        ]  # fmt: skip
        if plan.merged is not None:
            shards = [f"{s.number}: {s.left_out or s.seal}" for s in plan.merged.shards]
            facts += [("Put together from shards", "; ".join(shards)), ("Plan of the shards", plan.merged.plan)]
            facts += [("Merged incomplete, because", plan.merged.reason)] if plan.merged.reason else []
        if e is not None:
            facts += [
                ("Recorder", f"csvgen {e.csvgen}, {e.python}, {e.platform}"),
                (
                    "Project",
                    say("its commit could not be read: under no version control, or without git")
                    if e.commit == _UNKNOWN
                    else joined(", ", (say("commit {name}", name=e.commit), told(e.dirty))),
                ),
                *_clock(run),
            ]
        facts += _handled(run)
        if t is None:
            blocks.append(Facts((*facts, ("System under validation", say("not read")))))
            continue
        same = run.target_end is not None and _identity(t) == _identity(run.target_end)
        instances = list(dict.fromkeys(x.instance for x in run.targets))
        if run.plan.merged is not None:  # machines may have an instance each; that all are one system is proven at the merge
            same = len({x.model_copy(update={"instance": "", "read_at": t.read_at}) for x in run.targets}) == 1
        facts += [
            ("System under validation", _system(t, spec)),
            ("Its instance", ", ".join(instances) or t.instance),
            *(("Counterpart", answered(c)) for c in t.counterparts),
            ("Equal at start and end", say(_compared(t) if same else "NO, or not read at the end")),
            *_since(before, t),
        ]
        before = run
        rows = [(c.name, c.version, c.sha256) for c in t.components if c.sha256]
        rows = rows or [(c.name, c.version, say("not known")) for c in t.components]
        packages = len(t.components) - len(rows)
        blocks.append(Facts(tuple(facts)))
        blocks.append(
            table(
                say("Components as read in {run}", run=run.run),
                "Component:18|Version:14|SHA-256:68:mono",
                rows,
                "No component was reported.",
            )
        )
        if spec is not None and any(c.version != spec.system.version for c in t.components if c.sha256):
            blocks.append(
                Paragraph(
                    say(
                        "These components are the release {release} of the system in version {version}. Each carries the version of the "
                        "distribution it is delivered in; what identifies it is its digest.",
                        release=spec.installation.release, version=spec.system.version,
                    )
                )
            )  # fmt: skip
        if packages:
            blocks.append(
                Paragraph(
                    say("In the record of the run, packages without a digest of their own: {number}.", number=str(packages))
                )
            )
    return tuple(blocks) or (Paragraph("No formal run."),)


def _since(before: Evidence | None, now: TargetState) -> tuple[tuple[str, str], ...]:
    """What differs from the run before: why the results of that run still say something, or do not."""
    was = before.target_end or before.target_start if before is not None else None
    if before is None or was is None:
        return ()
    then, there = _facts(was), _facts(now)
    changed = [
        say(
            "{name}: {was}, now {now}", name=name, was=then.get(name) or say("not there"), now=there.get(name) or say("not there")
        )
        for name in dict.fromkeys((*then, *there))
        if then.get(name) != there.get(name)
    ]
    nothing = say("nothing: instance, components and configuration are the same")
    return ((say("Changed since {run}", run=before.run), joined("\n", changed) if changed else nothing),)


def _facts(state: TargetState) -> dict[str, str]:
    """What identifies a system, by the names it has there."""
    parts = {c.name: " ".join(v for v in (c.version, c.sha256) if v) for c in state.components}
    return {"instance": state.instance} | parts | dict(state.configuration)


def _compared(state: TargetState) -> str:
    """What was compared: a system that tells neither components nor configuration was not seen to be unchanged."""
    if state.components and state.configuration:
        return "yes, components and configuration"
    if state.components or state.configuration:
        return "yes, components; it told no configuration" if state.components else "yes, configuration; it told no components"
    return "yes, the name of the instance alone: it told neither components nor configuration"


def _identity(state: TargetState) -> object:
    return (state.instance, state.components, state.configuration)


def _system(state: TargetState, spec: Spec | None) -> str:
    """What was validated, and by which name the run reached it."""
    if spec is None:
        return state.name
    return say("{system} {version}, reached as {name}", system=spec.system.name, version=spec.system.version, name=state.name)


def _clock(run: Evidence) -> list[tuple[str, str]]:
    """The clock of the recorder, and how far it was from a standard; one line where there was no standard to compare it with."""
    e, read = run.environment, list(run.clocks)
    assert e is not None
    reasons = {(c.source, c.standard) for _, c in read}
    if read and not any(c.seconds for _, c in read) and len(reasons) == 1:
        ((source, why),) = reasons
        words = say(
            "{source}; it was compared with no standard at the start and at the end of the run: {why}",
            source=told(source),
            why=told(why),
        )
        return [("Clock of the recorder", words)]
    rows = dict.fromkeys((say("Clock of the recorder at the {when}", when=say(when)), told(c.shown)) for when, c in read)
    return [("Clock of the recorder", told(e.clock)), *rows]
