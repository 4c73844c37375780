"""Blocks about cases, runs, evidence, deviations and the matrix."""

from __future__ import annotations

from collections.abc import Sequence

from csvgen.clock import shown
from csvgen.model.base import Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult, Observation, StepResult, Verdict
from csvgen.model.matrix import Matrix
from csvgen.model.protocol import Protocol, TestCase
from csvgen.model.report import Block, Facts, Heading, Paragraph, Table
from csvgen.model.spec import Spec
from csvgen.report.spec_blocks import table
from csvgen.trace.conclusion import RULE, Conclusion
from csvgen.trace.matrix import Disposed, counts

_ACTION = "(action)"


def case_list(protocol: Protocol, phase: Phase) -> tuple[Block, ...]:
    rows = [(c.id, c.title, ", ".join(c.requirements), ", ".join(c.risks) or "none", f"{c.priority}, {c.technique}") for c in protocol.of(phase)]
    return (table(f"Test cases of the {phase}", "Case:14:id|Title:36|Requirements:18|Risks:16|Priority, technique:16", rows),)


def scripts(protocol: Protocol, phase: Phase, spec: Spec) -> tuple[Block, ...]:
    """Every script as it will be executed: one section a feature, one table a case."""
    blocks: list[Block] = []
    for feature in protocol.features:
        if feature.phase != phase or not feature.cases:
            continue
        blocks.append(Heading(2, feature.title))
        requirement = spec.requirement.get(feature.cases[0].requirements[0]) if feature.cases[0].requirements else None
        if requirement is not None and phase != "PQ":
            blocks.append(Paragraph(requirement.statement, "quote"))
        for case in feature.cases:
            blocks.append(Heading(3, f"{case.id} {case.title}", case.id))
            blocks.append(_case_head(case))
            rows = [(str(n), "check" if s.keyword == "Then" else "action", f"{s.keyword} {s.text}") for n, s in enumerate(case.steps, 1)]
            blocks.append(table("", "Step:8|Kind:12|Instruction, or expected result of a check:80", rows))
    return tuple(blocks)


def _case_head(case: TestCase) -> Facts:
    return Facts(
        (
            ("Shows", f"{', '.join(case.requirements)}; risks {', '.join(case.risks) or 'none'}; priority {case.priority}"),
            ("Technique", case.why or case.technique),
            ("Needs", ", ".join(case.ports) or "what its steps ask the target for"),
        )
    )


def results(protocol: Protocol, phase: Phase, runs: Sequence[Evidence], deviations: Sequence[Disposed]) -> tuple[Block, ...]:
    """One row a case and run: every execution is there, the failed ones too."""
    rows = []
    for case in protocol.of(phase):
        for run in _of_phase(runs, phase):
            for result in run.results:
                if result.case == case.id:
                    opened = next((d.id for d in deviations if d.run == run.run and d.case == case.id), "")
                    when = shown(result.finished) if result.finished else "not executed"
                    rows.append((case.id, case.title, run.run, str(result.verdict), when, opened or "none"))
    return (table("Results of all runs", "Case:14:id|Title:34|Run:10:id|Verdict:14:verdict|Finished:17|Deviation:11:id", rows),)


def totals(conclusion: Conclusion) -> tuple[Block, ...]:
    rows = [("Planned cases", str(conclusion.planned)), ("Passed in their last run", str(conclusion.passed))]
    rows += [(f"{name} in their last run", str(n)) for name, n in conclusion.verdicts.items() if name != "PASSED"]
    rows += [("Formal runs, in order", ", ".join(conclusion.runs) or "none")]
    return (Facts(tuple(rows)),)


def executed(protocol: Protocol, phase: Phase, runs: Sequence[Evidence], deviations: Sequence[Disposed]) -> tuple[Block, ...]:
    """Every executed script, step by step: expected beside observed."""
    blocks: list[Block] = []
    for run in _of_phase(runs, phase):
        blocks.append(Heading(2, f"Run {run.run}"))
        for result in run.results:
            case = protocol.case.get(result.case)
            blocks.append(Heading(3, f"{result.case} {case.title if case else ''} ({run.run})".replace("  ", " "), f"{run.run}-{result.case}"))
            blocks += _executed_case(run, result, case, deviations)
    return tuple(blocks)


def _executed_case(run: Evidence, result: CaseResult, case: TestCase | None, deviations: Sequence[Disposed]) -> list[Block]:
    opened = next((d.id for d in deviations if d.run == run.run and d.case == result.case), "")
    when = f"{shown(result.started)} to {shown(result.finished)}" if result.started and result.finished else "not executed"
    head: list[tuple[str, str]] = [
        ("Shows", f"{', '.join(case.requirements)}; risks {', '.join(case.risks) or 'none'}; {case.technique}" if case else "not in the protocol"),
        ("Executed", when),
        ("Verdict", str(result.verdict) + (f": {result.reason}" if result.reason else "")),
    ]
    if opened:
        head.append(("Deviation", opened))
    rows: list[tuple[str, ...]] = []
    for step in result.steps:
        deviation = opened if step.verdict not in (Verdict.PASSED, Verdict.NOT_RUN) else ""
        rows += _step_rows(step, deviation)
    columns = "Step:6|Instruction:25|Expected:21|Observed:24|Verdict:9:verdict|Evidence:9:id|Dev.:6:id"
    return [Facts(tuple(head)), table("", columns, rows, "No step was reached.")]


def _step_rows(step: StepResult, deviation: str) -> list[tuple[str, ...]]:
    evidence = ", ".join(a.id.rsplit(".", 2)[1] + "." + a.id.rsplit(".", 1)[1] for a in step.attachments) or "none"
    instruction = f"{step.keyword} {step.text}"
    expected = _ACTION if step.keyword != "Then" else "see instruction"
    observed = step.reason or "nothing was recorded"
    seen = [(_expected(o), _observed(o)) for o in step.observations] or [(expected, observed)]
    if step.observations and step.reason and all(o.holds for o in step.observations):
        seen.append((expected, step.reason))
    first = (str(step.number), instruction, *seen[0], str(step.verdict), evidence, deviation or "none")
    return [first, *(("", "", *more, "", "", "") for more in seen[1:])]


def _expected(seen: Observation) -> str:
    unit = f" {seen.unit}" if seen.unit else ""
    words = {
        "equal": f"{seen.what}: {seen.expected or '(blank)'}{unit}",
        "not-equal": f"{seen.what}: anything but {seen.expected}{unit}",
        "contains": f"{seen.what}: contains {seen.expected}",
        "at-least": f"{seen.what}: at least {seen.expected}{unit}",
        "at-most": f"{seen.what}: at most {seen.expected}{unit}",
        "digits": f"{seen.what}: agree in at least {seen.expected} digits",
        "refused": f"{seen.what}: {seen.expected}",
        "recorded": f"{_ACTION} {seen.what}",
    }
    return words[seen.comparison]


def _observed(seen: Observation) -> str:
    unit = f" {seen.unit}" if seen.unit else ""
    actual = seen.actual if len(seen.actual) <= _SHOWN else f"{seen.actual[:_SHOWN]} ... ({len(seen.actual)} characters)"
    return f"{actual or '(blank)'}{unit}\n[{seen.source}]"


_SHOWN = 300
"""Characters of an observed value printed in a step table; the record and its evidence hold all of it."""


def deviations_table(deviations: Sequence[Disposed], phase: Phase) -> tuple[Block, ...]:
    """The deviation log of a phase and one form for each."""
    found = [d for d in deviations if d.run.startswith(phase)]
    rows = [(d.id, f"{d.case} step {d.step}" if d.step else d.case, d.run, d.record.investigation.classification if d.record else "open", d.decision, "signed" if d.signed else "not signed") for d in found]
    blocks: list[Block] = [table("Deviation log", "Deviation:14:id|Case and step:24|Run:12:id|Class:14|Disposition:22|Signatures:14", rows, "No deviation was opened in this phase.")]
    for d in found:
        blocks.append(Heading(2, f"{d.id} {d.case} in {d.run}", d.id))
        if d.record is None:
            blocks.append(Paragraph("Not investigated yet.", "warning"))
            continue
        i = d.record.investigation
        blocks.append(
            Facts(
                (
                    ("Opened", f"{shown(d.record.opened)} by the run itself"),
                    ("Requirements", ", ".join(d.record.requirements) or "none"),
                    ("Expected", d.record.expected),
                    ("Observed", d.record.actual),
                    ("Cause", f"{i.cause}: {i.root_cause}"),
                    ("Classification", i.classification),
                    ("Impact", i.impact),
                    ("Correction", f"{i.correction} ({i.change_reference})"),
                    ("Disposition", i.decision),
                    ("Retest released", ", ".join(i.retest) or "not applicable: no retest"),
                    ("Restriction", i.restriction or "not applicable: no restriction"),
                    ("Original result", f"kept in {d.run}, digest {d.record.result_digest}"),
                )
            )
        )
    return tuple(blocks)


def coverage(matrix: Matrix, phase: Phase, spec: Spec) -> tuple[Block, ...]:
    """Requirements of the phase with the state of their coverage; gaps are rows."""
    rows = []
    for row in matrix.rows:
        links = [link for link in row.links if link.case.startswith(f"TC-{phase}")]
        if spec.requirement[row.requirement].phase != phase and not links:
            continue
        passed = sum(link.final is Verdict.PASSED for link in links)
        rows.append((row.requirement, row.title, row.priority, f"{passed} of {len(links)}", _coverage_word(row.coverage), row.reason))
    return (table("Coverage of the requirements", "Requirement:14:id|Title:22|Priority:10|Cases passed:10|State:14:verdict|Reason:30", rows),)


def _coverage_word(state: str) -> str:
    return {"passed": "PASSED", "failed": "FAILED", "gap": "GAP", "not-applicable": "N/A", "restricted": "GAP, RESTRICTED"}.get(state, state.upper())


def gaps(matrix: Matrix) -> tuple[Block, ...]:
    rows = [(g.kind.replace("-", " "), g.subject, g.detail) for g in matrix.gaps]
    return (table("Gaps", "Kind:26|Subject:16:id|Detail:58", rows, "There is no gap."),)


def residuals(matrix: Matrix) -> tuple[Block, ...]:
    seen = dict.fromkeys(r for row in matrix.rows for r in row.residual)
    rows = [tuple(r.split(": ", 1)) for r in sorted(seen)]
    return (table("Residual risk: a rating holds only while its tests pass", "Risk:16:id|State:84", rows),)


def attachments(runs: Sequence[Evidence], phase: Phase) -> tuple[Block, ...]:
    rows = [
        (f"{run.run} {a.id}", a.name, f"{a.size} bytes, {a.media_type}, captured {shown(a.captured)}", a.sha256)
        for run in _of_phase(runs, phase)
        for result in run.results
        for step in result.steps
        for a in step.attachments
    ]
    return (table("Index of attachments", "Attachment:22:id|Name:24|Size, kind, time of capture:26|SHA-256:28:mono", rows, "No attachment was kept."),)


def environments(runs: Sequence[Evidence], phase: Phase) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for run in _of_phase(runs, phase):
        e, t = run.environment, run.target_start
        blocks.append(Heading(2, f"Environment of run {run.run}"))
        facts = [
            ("Run", f"{run.run}, {run.plan.mode}, {run.plan.scope}, started by {run.plan.account} (owner {run.plan.account_owner or 'none'})"),
            ("Seal", f"{run.digest}, {shown(run.seal.sealed) if run.seal else 'not sealed'}"),
        ]
        if e is not None:
            facts += [
                ("Recorder", f"csvgen {e.csvgen}, {e.python}, {e.platform}"),
                ("Project", f"commit {e.commit}, {e.dirty}"),
                ("Clock of the recorder", e.clock),
            ]
        if t is not None:
            same = run.target_end is not None and _identity(t) == _identity(run.target_end)
            facts += [
                ("System under validation", f"{t.name}, instance {t.instance}"),
                ("Its components", "\n".join(f"{c.name} {c.version} {c.sha256}" for c in t.components if c.sha256) or "not reported"),
                ("Unchanged during the run", "yes, components and configuration equal at start and end" if same else "NO, or not captured at the end"),
            ]
        blocks.append(Facts(tuple(facts)))
    return tuple(blocks) or (Paragraph("No formal run."),)


def _identity(state: object) -> object:
    return (state.instance, state.components, state.configuration)  # type: ignore[attr-defined]


def exceptions(protocol: Protocol, phase: Phase, runs: Sequence[Evidence], deviations: Sequence[Disposed], matrix: Matrix) -> tuple[Block, ...]:
    """Review by exception: what a reviewer should look at first."""
    of_phase = _of_phase(runs, phase)
    not_passed = [f"{r.case} {r.verdict} in {run.run}" for run in of_phase for r in run.results if r.verdict is not Verdict.PASSED]
    repeated = [c.id for c in protocol.of(phase) if sum(any(r.case == c.id for r in run.results) for run in of_phase) > 1]
    found = [d.id for d in deviations if d.run.startswith(phase)]
    open_gaps = [g.subject for g in matrix.gaps if phase in g.detail or g.subject in {r.requirement for r in matrix.rows if any(link.case.startswith(f"TC-{phase}") for link in r.links)}]
    rows = [
        ("Executions that did not pass", str(len(not_passed)), "; ".join(not_passed) or "none"),
        ("Cases executed more than once", str(len(repeated)), ", ".join(repeated) or "none"),
        ("Deviations", str(len(found)), ", ".join(found) or "none"),
        ("Requirements of this phase with a gap", str(len(open_gaps)), ", ".join(open_gaps) or "none"),
    ]
    return (table("Review by exception", "What:34|Number:10|Which:56", rows),)


def conclusion_blocks(conclusion: Conclusion) -> tuple[Block, ...]:
    blocks: list[Block] = [
        Paragraph(RULE, "quote"),
        Facts(
            (
                ("By this rule the phase is", conclusion.outcome.upper()),
                ("What stands against a better outcome", "\n".join(conclusion.reasons) or "nothing"),
                ("Restrictions", "\n".join(conclusion.restrictions) or "none"),
            )
        ),
        Paragraph("The conclusion is drawn by the people who sign this report; it cannot be better than the rule gives."),
    ]
    return tuple(blocks)


def _of_phase(runs: Sequence[Evidence], phase: Phase) -> list[Evidence]:
    return [r for r in runs if counts(r) and r.plan.phase == phase]


def shortfalls(protocol: Protocol, remarks: dict[str, tuple[str, ...]]) -> tuple[Block, ...]:
    rows = [(s.requirement, s.what, s.reason) for s in protocol.shortfalls]
    noted = [(r, text.partition(": ")[0], text.partition(": ")[2]) for r, texts in sorted(remarks.items()) for text in texts]
    none = "The policy asked for nothing that could not be drafted."
    made: list[Table] = [
        table("Asked for by the depth policy and not drafted: gaps", "Requirement:16:id|Technique:18|Reason:66", rows, none),
        table("Techniques without meaning for a pattern", "Requirement:16:id|Technique:18|Reason:66", noted, "None."),
    ]
    return tuple(made)
