"""Blocks about cases: how a protocol prints them before, and a report after their execution."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from csvgen.clock import shown
from csvgen.model.base import Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, Observation, StepResult, Verdict
from csvgen.model.protocol import Protocol, Step, TestCase
from csvgen.model.report import Block, Facts, Heading, Paragraph
from csvgen.model.spec import Scenario, Spec
from csvgen.protocol.naming import shortened
from csvgen.report import attended_blocks, signs
from csvgen.report.excerpts import beginning, excerpt, pieces
from csvgen.report.spec_blocks import table
from csvgen.report.thumbnails import Thumbnails
from csvgen.report.withdrawn_blocks import withdrawn
from csvgen.report.wording import joined, on_one_line, own, say, spelled
from csvgen.trace.matrix import Disposed, counts, reported

_CHECK = "Then"
_KIND = {"Given": "Precondition", "When": "Action"}
_RECORDED = "none; what happens is recorded"
BLANK_VALUE = "(blank)"
"""How an observation of nothing is told; verification reads it back."""
NOTHING = "-"
"""In the place of an expectation that was never held against anything."""
PAIR = "certified {certified}\ncomputed {computed}"
"""How two numbers are told that agree in so many digits; verification reads it back."""
HOLDS, FAILS, RECORDED = "holds", "does not hold", "recorded"
"""What stands beside a further observation of a step; the last where it was compared with nothing."""
_HOW_TO_READ = (
    "How to read a script: a precondition is brought about before the test, an action is what is tested, a check compares what is seen with "
    "the expected result. Checks decide whether the case passes; a precondition or action that cannot be carried out does not pass either. "
    "Words in quotation marks are the data that are used. What a case needs are the interfaces over which it asks the system; where the "
    "system lacks one, the case is blocked."
)
_HOW_TO_READ_RUNS = (
    "How to read an executed script: the first row of a step carries its verdict, further rows its other observations. Such a row says "
    "whether what was seen holds against what was expected; a row of an action, recorded, expects nothing and tells what was seen. A "
    "passed action was carried out, whatever the system answered to it: whether the answer is right is judged by the checks that follow. "
    "In brackets below a value stands where it was read: the interface of the system and what it was asked, or the answer it came from. Where "
    "several values are compared, each of them is; one row tells them together if all are as expected, and the list is attached. Of a text of "
    "more than 300 characters the beginning, the length and the SHA-256 of the whole are printed; the whole is in the record of the run, and as "
    "an attachment where one is named. An event of the audit trail is one act; it is read as entries, one for each field that it changed. A dash "
    "stands where nothing was compared."
)
_QUOTED = re.compile(r'"([^"]*)"')
_MOST_TOLD_APART = 3
"""Values by which a title is told apart."""


def run_time(started: str | None, finished: str | None) -> str:
    """Start and end of a step or case in one line: ``2026-11-21 08:33:01 to 08:33:09``."""
    if not started or not finished:
        return say("not executed")
    first, last = utc(started), utc(finished)
    return say("{first} to {last}", first=first, last=last[11:] if last[:10] == first[:10] else last)


def utc(stamp: str) -> str:
    """A stored time in a column whose head says UTC: to the second, without its offset."""
    return shown(stamp).removesuffix(" +00:00")


def of_phase(runs: Sequence[Evidence], phase: Phase) -> list[Evidence]:
    """The runs of a phase that a report tells of: those that count, and those closed as aborted."""
    return [r for r in runs if reported(r) and r.plan.phase == phase]


def in_rows(cases: Sequence[tuple[str, str]]) -> Sequence[str]:
    """Cases with their verdicts; neighbours by number and of one verdict are one line: ``TC-OQ-0003 to 0011: 9 PASSED``."""
    rows: list[list[tuple[str, str]]] = []
    for case, verdict in sorted(cases):
        last = rows[-1][-1] if rows else None
        if last is not None and last[1] == verdict and _number(case) == _next(last[0]):
            rows[-1].append((case, verdict))
        else:
            rows.append([(case, verdict)])
    return [
        f"{r[0][0]} {spelled(r[0][1])}"
        if len(r) == 1
        else say("{first} to {last}: {number} {verdict}", first=r[0][0], last=_number(r[-1][0])[1], number=str(len(r)), verdict=spelled(r[0][1]))
        for r in rows
    ]  # fmt: skip


def neighbours(cases: Iterable[str]) -> str:
    """Cases without their verdicts; those whose numbers follow each other are told by the first and the last: ``TC-OQ-0003 to 0011``."""
    rows: list[list[str]] = []
    for case in sorted(cases):
        if rows and _number(case) == _next(rows[-1][-1]):
            rows[-1].append(case)
        else:
            rows.append([case])
    return joined(", ", [r[0] if len(r) == 1 else say("{first} to {last}", first=r[0], last=_number(r[-1])[1]) for r in rows])


def _number(case: str) -> tuple[str, str]:
    """A case id as what stands before its number, and its number."""
    stem = case.rstrip("0123456789")
    return stem, case[len(stem) :]


def _next(case: str) -> tuple[str, str]:
    """What the case after this one would be called; nothing where it has no number."""
    stem, digits = _number(case)
    return (stem, str(int(digits) + 1).zfill(len(digits))) if digits.isascii() and digits.isdigit() else ("", "")


def titles(protocol: Protocol) -> Mapping[str, str]:
    """Case id -> title, no two of them equal. A drafted title is told apart by its data already; of others the criterion says it, then the
    values in which their steps differ, then the number of the case.
    """
    found = {case.id: case.title for case in protocol.cases}
    for tell in (_rules, _values, lambda cases: [case.id for case in cases]):
        same: dict[str, list[TestCase]] = {}
        for case in protocol.cases:
            same.setdefault(found[case.id], []).append(case)
        for title, cases in same.items():
            told = tell(cases) if len(cases) > 1 else [""]
            found |= {c.id: f"{title} ({more})" if more else title for c, more in zip(cases, told, strict=True)}
    return found


def _rules(cases: Sequence[TestCase]) -> Sequence[str]:
    return [c.rule for c in cases] if len({c.rule for c in cases}) > 1 else [""] * len(cases)


def _values(cases: Sequence[TestCase]) -> Sequence[str]:
    """The values in quotation marks that not all of the cases have."""
    values = [[v for step in c.steps for v in _QUOTED.findall(step.text)] for c in cases]
    common = set(values[0]).intersection(*values[1:])
    return [
        ", ".join(map(shortened, list(dict.fromkeys(v for v in seen if v not in common))[:_MOST_TOLD_APART])) for seen in values
    ]


# ------------------------------------------------------------------ before the execution


def case_list(protocol: Protocol, phase: Phase) -> tuple[Block, ...]:
    """Every case of a phase with what it serves."""
    named = titles(protocol)
    rows = [
        (c.id, named[c.id], ", ".join(c.requirements), ", ".join(c.risks) or say("none"), _depth(c))
        for c in sorted(protocol.of(phase), key=lambda c: c.id)
    ]
    columns = "Case:14:place|Title:36|Requirements:16|Risks:15|Priority, technique:19"
    return (table(say("Test cases of the {phase}", phase=phase), columns, rows), *withdrawn(protocol, phase))


def _depth(case: TestCase) -> str:
    return f"{case.priority}, {case.technique}" if case.risks else joined(", ", (priority(case), case.technique))


def priority(case: TestCase) -> str:
    """The priority a case is tested at; where no risk gives one, that is said."""
    return case.priority if case.risks else say("not rated, tested as {level}", level=case.priority)


def scripts(protocol: Protocol, phase: Phase, spec: Spec) -> tuple[Block, ...]:
    """Every script as it will be executed: one section a feature, one table a case."""
    blocks: list[Block] = []
    named, process = titles(protocol), {s.title: s.process for s in spec.scenarios}
    scenario_of = {s.title: s for s in spec.scenarios}
    for feature in protocol.features:
        if feature.phase != phase or not feature.cases:
            continue
        blocks.append(Heading(2, own(feature.title)))
        requirement = spec.requirement.get(feature.cases[0].requirements[0]) if feature.cases[0].requirements else None
        told = process.get(feature.cases[0].title, "") if phase == "PQ" else requirement.statement if requirement else ""
        if told:
            blocks.append(Paragraph(own(told), "quote"))
        if phase == "PQ" and (scenario := scenario_of.get(feature.cases[0].title)) is not None:
            blocks.append(_scenario_head(scenario, spec.environment))
        if not feature.fingerprint and feature.text:
            by_hand = [say("This script was written by hand.")]
            if feature.adopted:
                by_hand.append(say("It was drafted first. Why it was changed by hand: {reason}", reason=feature.adopted))
            blocks.append(Paragraph(joined(" ", by_hand)))
        for case in feature.cases:
            blocks.append(Heading(3, own(f"{case.id} {named[case.id]}"), case.id))
            blocks.append(_case_head(case))
            rows = [(str(n), *_script_step(s)) for n, s in enumerate(case.steps, 1)]
            blocks.append(table("", "Step:7|Kind:13|Instruction:41|Expected result:39", rows))
    return (Paragraph(_HOW_TO_READ), *signs.key(protocol.of(phase)), *blocks) if blocks else ()


def _scenario_head(scenario: Scenario, environment: str) -> Facts:
    facts = [("End users", ", ".join(scenario.users)), ("Configuration", environment)]
    facts += [("Decided by a person", decision) for decision in scenario.attended]
    return Facts(tuple(facts))


def _script_step(step: Step) -> tuple[str, str, str]:
    """Kind, instruction and expected result of a step, in words that need no knowledge of the feature file."""
    words = "\n".join([step.text, *(" | ".join(row) for row in step.table), *([step.doc] if step.doc else [])])
    words = words[:1].upper() + words[1:]
    return (
        (say("Check"), say("Compare with the expected result."), words)
        if step.keyword == _CHECK
        else (say(_KIND[step.keyword]), words, say(_RECORDED))
    )


def _case_head(case: TestCase) -> Facts:
    needs = [say("needs {ports}", ports=", ".join(case.ports))] if case.ports else []
    risks = say("risks {risks}", risks=", ".join(case.risks) or say("none"))
    shows = joined("; ", [", ".join(case.requirements), risks, say("priority {priority}", priority=priority(case)), *needs])
    criterion = [("Criterion", case.rule)] if case.rule else []
    return Facts((("Shows", shows), *criterion, ("Technique", case.why or case.technique)))


# ------------------------------------------------------------------ after the execution


def executed(
    protocol: Protocol, phase: Phase, runs: Sequence[Evidence], deviations: Sequence[Disposed], small: Thumbnails
) -> tuple[Block, ...]:  # fmt: skip
    """Every executed script, step by step: expected beside observed, and the pictures kept as evidence. The cases of a feature stand together."""
    shown_runs = of_phase(runs, phase)
    blocks: list[Block] = [Paragraph(_HOW_TO_READ_RUNS), *signs.key(protocol.of(phase))] if shown_runs else []
    named = titles(protocol)
    features = {case.id: feature.title for feature in protocol.features for case in feature.cases}
    for run in shown_runs:
        groups: dict[str, list[CaseResult]] = {}
        for result in run.results:
            groups.setdefault(features.get(result.case, ""), []).append(result)
        for feature, results in groups.items():
            blocks.append(Heading(2, joined("", (own(feature), f" ({run.run})")) if feature else say("Run {run}", run=run.run)))
            for result in results:
                title = named.get(result.case) or say("is not in the protocol")
                blocks.append(Heading(3, joined("", (f"{result.case} ", title, f" ({run.run})")), f"{run.run}-{result.case}"))
                blocks += executed_case(run, result, protocol.case.get(result.case), deviations, small)
    return tuple(blocks)


def executed_case(
    run: Evidence, result: CaseResult, case: TestCase | None, deviations: Sequence[Disposed], small: Thumbnails
) -> Iterator[Block]:  # fmt: skip
    """One execution of a case: its verdict with what it shows, its steps, its pictures, and what people noted."""
    opened = next((d.id for d in deviations if d.run == run.run and d.case == result.case), "")
    risks = say("risks {risks}", risks=", ".join(case.risks) or say("none")) if case else ""
    shows = joined("; ", (", ".join(case.requirements), risks, case.technique)) if case else say("nothing")
    when = run_time(result.started, result.finished)
    lines = [joined("", (when, " (UTC)")) if result.started else when, say("shows {what}", what=shows)]
    if result.reason:
        lines.insert(0, result.reason)
    deviation = (("Deviation", opened),) if opened else ()
    yield Facts(((own(spelled(result.verdict)), joined("\n", lines)), *deviation, *attended_blocks.facts(result)))
    rows = [row for step in result.steps for row in step_rows(step, opened)]
    columns = "Step:5|Instruction:24|Expected:23|Observed:25|Verdict:9:verdict|Evidence:8:id|Dev.:6:id"
    yield table("", columns, rows, "No step was reached.")
    yield from small.of(run, result)
    yield from attended_blocks.told(result)


def step_rows(step: StepResult, deviation: str) -> list[tuple[str, ...]]:
    """Rows of one step: the first carries its verdict; further observations follow with what each came to."""
    kept = ", ".join(".".join(a.id.rsplit(".", 2)[1:]) for a in step.attachments)
    evidence = kept or say("record" if step.observations else "none")
    files = {a.id: str(a.sha256) for a in step.attachments}
    seen = [(expected(o), observed(o, files)) for o in step.observations]
    standing = [FAILS if not o.holds else RECORDED if o.comparison == "recorded" else HOLDS for o in step.observations]
    if not seen or (step.reason and all(o.holds for o in step.observations)):
        seen.append((NOTHING, step.reason or say("nothing was recorded")))
        standing.append(FAILS)
    of_step = deviation if step.verdict is not Verdict.PASSED else ""
    first = (str(step.number), f"{step.keyword} {step.text}", *seen[0], spelled(step.verdict), evidence, of_step or say("none"))
    more = zip(seen[1:], standing[1:], strict=True)
    same = say("the same step"), say("record"), say("none")
    return [first, *((str(step.number), same[0], *texts, say(word), *same[1:]) for texts, word in more)]


_COMPARED = {
    "not-equal": "{what}: anything but {expected}{unit}",
    "contains": "{what}: contains {expected}",
    "contains-each": "{what}: contains each of {expected}",
    "at-least": "{what}: at least {expected}{unit}",
    "at-most": "{what}: at most {expected}{unit}",
    "digits": "{what}: agree in at least {expected} digits",
    "same-number": "{what}: the number {expected}{unit}",
    "rounds-to": "{what}: rounds to {expected}{unit}",
    "blank": "{what}: (blank)",
    "recorded": "action, recorded: {what}",
}
"""Comparison -> what a step demanded, in words; the others say it in signs."""


def expected(seen: Observation) -> str:
    """What an observation was compared with, in words."""
    unit = f" {seen.unit}" if seen.unit else ""
    match seen.comparison:
        case "judged":
            return seen.expected
        case "refused":
            return f"{seen.what}: {seen.expected}"
        case "equal":
            value = beginning(seen.expected) or say(BLANK_VALUE)
            return f"{seen.what}: {value}{unit}" if type(value) is str else joined("", (f"{seen.what}: ", value, unit))
        case "within":
            return f"{seen.what}: {seen.expected} +/- {seen.tolerance}{unit}"
    wanted = pieces(seen.expected) if seen.comparison == "contains-each" else beginning(seen.expected)
    phrase = _COMPARED[seen.comparison]
    places = {"what": seen.what, "expected": wanted, "unit": unit}
    return say(phrase, **{name: value for name, value in places.items() if f"{{{name}}}" in phrase})


def observed(seen: Observation, files: Mapping[str, str] | None = None) -> str:
    """What was seen and where it was read. `files`: the attachments of its step and their digests."""
    unit = f" {seen.unit}" if seen.unit else ""
    taken = ["; ", say("taken out: {names}", names=", ".join(seen.redacted))] if seen.redacted else []
    value = _pair(seen) or excerpt(seen, files) or say(BLANK_VALUE)
    if type(value) is str and not taken:
        return f"{value}{unit}\n[{seen.source}]"
    return joined("", (value, f"{unit}\n[{seen.source}", *taken, "]"))


def _pair(seen: Observation) -> str:
    """Of two numbers that are held against each other, which is which."""
    if seen.comparison != "digits":
        return ""
    certified, between, computed = seen.actual.partition("|")
    return say(PAIR, certified=certified, computed=computed) if between else ""


# ------------------------------------------------------------------ at a glance

_GLANCE = "Step:7|Expected:42|Observed:40|Verdict:11:verdict"


def scenarios(protocol: Protocol, phase: Phase, runs: Sequence[Evidence], spec: Spec) -> tuple[Block, ...]:
    """What decided each case of a phase, in its last run: the checks and the refusals, without the way to them."""
    blocks: list[Block] = []
    process = {s.title: s.process for s in spec.scenarios}
    for case in protocol.of(phase):
        last = _last(runs, case.id)
        blocks.append(Heading(2, own(f"{case.id} {case.title}"), case.id))
        if case.title in process:
            blocks.append(Paragraph(own(process[case.title]), "quote"))
        rows = list(_decided(last[1])) if last else []
        caption = (
            say("What decided {case}, {run}: {verdict}", case=case.id, run=last[0], verdict=spelled(last[1].verdict))
            if last
            else say("What decided {case}: not executed", case=case.id)
        )
        blocks.append(table(caption, _GLANCE, rows, "Not executed."))
    return tuple(blocks)


def limits(protocol: Protocol, phase: Phase, runs: Sequence[Evidence]) -> tuple[Block, ...]:
    """Boundary cases of earlier phases for the requirements of this one: values at a limit and beside it."""
    here = {r for case in protocol.of(phase) for r in case.requirements}
    named = titles(protocol)
    rows: list[tuple[str, ...]] = []
    for case in protocol.cases:
        last = _last(runs, case.id)
        if case.phase != phase and case.technique == "boundary" and here.intersection(case.requirements) and last:
            decided = list(_decided(last[1]))
            checks = joined("\n", [what for _, what, _, _ in decided])
            values = joined("\n", [on_one_line(seen) for seen in dict.fromkeys(seen for _, _, seen, _ in decided)])
            rows.append(
                (say("{case} in {run}", case=case.id, run=last[0]), named[case.id], checks, values, spelled(last[1].verdict))
            )
    columns = "Case:14|Title:20|Checks:29|Observed:27|Verdict:10:verdict"
    return (table("Values at the limits and beside them, as shown before this phase", columns, rows, "There is none."),)


def _last(runs: Sequence[Evidence], case: str) -> tuple[str, CaseResult] | None:
    found = [(run.run, result) for run in runs if counts(run) for result in run.results if result.case == case]
    return found[-1] if found else None


def _decided(result: CaseResult) -> Iterator[tuple[str, str, str, str]]:
    """Step, what was expected, what was observed, and verdict of whatever compares something; of a refusal, what was refused."""
    action = ""
    for step in result.steps:
        if step.keyword != _CHECK:
            action = step.text
        for seen in step.observations:
            if seen.comparison == "recorded":
                continue
            what = expected(seen) if len(step.observations) > 1 else step.text
            what = say("refused: {action}", action=action) if seen.comparison == "refused" and action else what
            yield str(step.number), what, observed(seen), spelled(step.verdict) if seen.holds else "FAILED"
