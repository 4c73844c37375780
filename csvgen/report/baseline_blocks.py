"""Blocks of the configuration baseline: what must be installed, beside what the IQ read from the system, and what it read beyond that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from csvgen.clock import shown
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, TargetState, Verdict
from csvgen.model.protocol import Protocol
from csvgen.model.qualification import BaselineItem, BaselineSection
from csvgen.model.report import Block, Facts, Paragraph
from csvgen.model.spec import Spec
from csvgen.report.environment_blocks import answered
from csvgen.report.excerpts import excerpt
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say
from csvgen.trace.matrix import counts, reported

KINDS = {
    "component": "Components", "package": "Packages", "configuration": "Configured values", "time-source": "Time", "storage": "Storage",
    "account": "Accounts", "platform": "Platform",
}  # fmt: skip
_HOW_TO_READ = (
    "How to read the tables: the baseline is the value that the approved specification fixes; beside it stands what the run named above read "
    "from the system. Of a component both its version and its digest were read: it is equal if its digest is, and the version is that of the "
    "distribution it was delivered in. What the system reports no value of, the cases of the IQ asked for: their value, their last verdict "
    "and their number stand in its place."
)
_BEYOND = (
    "The IQ read these too. The baseline fixes no value of them, and no case compared them. A change of one of them while a run goes opens a "
    "deviation; a change between two runs is seen only by comparing this table with that of the next revision."
)


def baseline(spec: Spec, runs: Sequence[Evidence], protocol: Protocol | None = None) -> tuple[Block, ...]:
    """What must be installed, beside what the last counted run of the IQ read from the system; then what it read that has no baseline."""
    read = [r for r in runs if reported(r) and not r.aborted and r.plan.phase == "IQ" and r.target_start is not None]
    seen = read[-1].target_start if read else None
    there = {c.name: tuple(v for v in (c.version, c.sha256) if v) for c in seen.components} if seen else {}
    there |= {name: (value,) for name, value in seen.configuration} if seen else {}
    source = (
        say("{run}, read {when}", run=read[-1].run, when=shown(seen.read_at)) if seen else say("no run of the IQ read the system")
    )
    who = tuple(("Counterpart", answered(c)) for c in seen.counterparts) if seen else ()
    blocks: list[Block] = [
        Facts((("Release", spec.installation.release), ("Read from the system by", source), *who)),
        Paragraph(_HOW_TO_READ),
    ]
    asked = _Asked(protocol, runs)
    for kind, title in KINDS.items():
        items = [(s, i) for s in spec.installation.sections for i in s.items if i.kind == kind]
        if not items:
            continue
        rows = [
            (
                s.id,
                f"{i.title} ({i.subject})",
                i.expected,
                *(_told(i.subject, read) if kind == "platform" else _read(i, there.get(i.subject, ()), asked.of(s, i))),
                i.source,
            )
            for s, i in items
        ]
        item, value = (26, 18) if kind == "platform" else (20, 22)
        columns = f"Section:9:id|Item:{item}|Baseline:{value}:mono|As read:{value}:mono|Compared:14:verdict|Source:{91 - item - 2 * value - 14}"
        blocks.append(table(title, columns, rows))
    return (*blocks, *_beyond(spec, seen))


def _beyond(spec: Spec, seen: TargetState | None) -> Iterator[Block]:
    """What the system reported of itself that is no item of the baseline."""
    if seen is None:
        return
    fixed = {i.subject for s in spec.installation.sections for i in s.items}
    rows = [(c.name, "\n".join(v for v in (c.version, c.sha256) if v)) for c in seen.components if c.name not in fixed]
    rows += [pair for pair in seen.configuration if pair[0] not in fixed]
    if rows:
        yield Paragraph(_BEYOND)
        yield table(
            "Read from the system, without a value in the baseline",
            "Item:34|As read:34:mono|Compared:32:verdict",
            [(name, value, say("not compared")) for name, value in rows],
        )


class _Asked:
    """The cases of the IQ that ask for an item, each with its last counted execution."""

    def __init__(self, protocol: Protocol | None, runs: Sequence[Evidence]) -> None:
        self._cases = protocol.of("IQ") if protocol is not None else ()
        self._last: Mapping[str, CaseResult] = {r.case: r for run in runs if counts(run) for r in run.results}

    def of(self, section: BaselineSection, item: BaselineItem) -> Sequence[tuple[str, CaseResult | None]]:
        """A case asks for an item if it shows the requirement of its section and names its subject."""
        named = f'"{item.subject}"'
        return [
            (c.id, self._last.get(c.id))
            for c in self._cases
            if section.requirement in c.requirements and any(named in step.text for step in c.steps)
        ]


def _told(subject: str, runs: Sequence[Evidence]) -> tuple[str, str]:
    """What a platform told last of one of its facts, and how it compares as its case judged it; what no case could read says so."""
    found = [o for r in runs for c in r.results for s in c.steps for o in s.observations if o.what == subject]
    if not found:
        return say("not read"), say("NOT READ")
    return found[-1].actual, str(Verdict.PASSED) if found[-1].holds else say("FAILED: DIFFERS")


def _read(item: BaselineItem, read: tuple[str, ...], asked: Sequence[tuple[str, CaseResult | None]]) -> tuple[str, str]:
    """What was read of an item, and how it compares; of what is no value of its own, what its cases observed and came to."""
    if read:
        return "\n".join(read), say("equal" if item.expected in read else "FAILED: DIFFERS")
    if not asked:
        return say("not read"), say("NOT READ")
    values = [value for _, result in asked for value in _observed(result)]
    came_to = [joined("\n", (str(result.verdict if result else Verdict.NOT_RUN), case)) for case, result in asked]
    return joined("\n", values) if values else say("not read"), joined("\n", came_to)


def _observed(result: CaseResult | None) -> Iterator[str]:
    """The first value that decided a case."""
    seen = (o for step in result.steps for o in step.observations if o.comparison != "recorded") if result else iter(())
    for o in seen:
        yield joined("", (excerpt(o), f" {o.unit}" if o.unit else ""))
        return
