"""Blocks about results: totals, coverage, gaps, attachments, environments and the conclusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from csvgen.clock import shown
from csvgen.diagnostics import many
from csvgen.model.base import PHASES, Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult, TargetState, Verdict
from csvgen.model.matrix import Gap, Link, Matrix, Row
from csvgen.model.protocol import Protocol
from csvgen.model.report import Block, Facts, Heading, Paragraph
from csvgen.model.signature import WrittenConclusion
from csvgen.model.spec import Spec
from csvgen.report.case_blocks import of_phase, titles, utc
from csvgen.report.spec_blocks import table
from csvgen.report.thumbnails import Opened, nothing_kept, pages_of
from csvgen.trace.conclusion import RULE, Conclusion
from csvgen.trace.matrix import Disposed

_MOST = 15
"""So many names are told in the summary."""
_OUTCOMES = {
    "eligible": "ELIGIBLE: the phase may be concluded as passed",
    "eligible with restrictions": "ELIGIBLE WITH RESTRICTIONS: the phase may be concluded, and the restrictions below hold",
    "not eligible": "NOT ELIGIBLE: the phase may not be concluded as passed",
}


def totals(conclusion: Conclusion, runs: Sequence[Evidence] = ()) -> tuple[Block, ...]:
    """The numbers of a phase; every run is counted, those that were aborted by name."""
    aborted = [r.run for r in of_phase(runs, conclusion.phase) if r.aborted]
    rows = [("Planned cases", str(conclusion.planned)), ("Passed in their last run", str(conclusion.passed))]
    rows += [(f"{name} in their last run", str(n)) for name, n in conclusion.verdicts.items() if name != "PASSED"]
    rows += [("Formal runs, in order", ", ".join(conclusion.runs) or "none")]
    rows += [("Runs closed as aborted", ", ".join(aborted))] if aborted else []
    return (Facts(tuple(rows)),)


def exceptions(
    protocol: Protocol, phase: Phase, runs: Sequence[Evidence], deviations: Sequence[Disposed], matrix: Matrix, flags: Sequence[str] = ()
) -> tuple[Block, ...]:  # fmt: skip
    """Review by exception: what a reviewer should look at first."""
    here = of_phase(runs, phase)
    not_passed = [f"{r.case} {r.verdict} in {run.run}" for run in here for r in run.results if r.verdict is not Verdict.PASSED]
    times = Counter(case for run in here for case in {r.case for r in run.results})
    repeated = [c.id for c in protocol.of(phase) if times[c.id] > 1]
    found = [f"{d.id} ({d.decision})" for d in deviations if d.run.startswith(phase)]
    open_gaps = list(dict.fromkeys(g.subject for g in _gaps_up_to(matrix, phase, protocol)))
    rows = [
        ("Executions that did not pass", str(len(not_passed)), _some(not_passed, "; ")),
        ("Cases executed more than once", str(len(repeated)), _some(repeated)),
        ("Deviations", str(len(found)), _some(found)),
        ("Gaps up to and with this phase", str(len(open_gaps)), _some(open_gaps)),
    ]
    odd = [f"{run.run}: {told}" for run in here for told in run.irregular]
    rows += [("Faults of runs as a whole", str(len(odd)), _some(odd, "; "))] if odd else []
    rows += [("Flags for the reviewer of a run", str(len(flags)), _some(flags, "; "))] if flags else []
    return (table("Review by exception", "What:34|Number:10|Which:56", rows),)


def _some(names: Sequence[str], between: str = ", ") -> str:
    """The first of the names and how many follow: the chapters list them all."""
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return (between.join(names[:_MOST]) or "none") + more


def written_rows(written: WrittenConclusion | None) -> list[tuple[str, str]]:
    """What a named person concludes; nothing where nobody wrote a conclusion."""
    if written is None:
        return []
    return [("Conclusion", written.outcome.upper()), ("In the words of", written.by), ("Words", written.text)]


def conclusion_blocks(
    conclusion: Conclusion, deviations: Sequence[Disposed], written: WrittenConclusion | None = None
) -> tuple[Block, ...]:  # fmt: skip
    """The stated rule, what it gives, what earlier phases left behind, and what a person concludes."""
    earlier = [
        f"{d.id} ({d.case} in {d.run}): {d.record.investigation.restriction or 'no restriction stated'}"
        for d in deviations
        if d.record is not None and d.decision == "accept-with-restriction" and not d.run.startswith(conclusion.phase)
    ]
    rows = [
        ("Outcome by this rule", _OUTCOMES[conclusion.outcome]),
        ("Against a better outcome", "\n".join((*conclusion.reasons, *conclusion.restrictions)) or "nothing"),
        ("Restrictions of this phase", "\n".join(conclusion.restrictions) or "none"),
    ]
    if conclusion.phase != PHASES[0]:
        rows.append(("Restrictions of other phases", "\n".join(earlier) or "none"))
    rows += written_rows(written)
    drawn = "The conclusion is drawn by the people who sign this report. It cannot be better than the rule gives"
    remain = ", and the restrictions of the other phases remain in force." if earlier else "."
    return (Paragraph(RULE, "quote"), Facts(tuple(rows)), Paragraph(drawn + remain))


def results(
    protocol: Protocol, phase: Phase, runs: Sequence[Evidence], deviations: Sequence[Disposed]
) -> tuple[Block, ...]:  # fmt: skip
    """One row a case and run: every execution is there, the failed ones too."""
    rows: list[tuple[str, ...]] = []
    named = titles(protocol)
    executions: dict[str, list[tuple[Evidence, CaseResult]]] = {}
    for run in of_phase(runs, phase):
        for result in run.results:
            executions.setdefault(result.case, []).append((run, result))
    for case in protocol.of(phase):
        for run, result in executions.get(case.id, ()):
            opened = next((d.id for d in deviations if d.run == run.run and (d.case == case.id or (d.whole and run.aborted))), "")
            when = utc(result.finished) if result.finished else "not executed"
            rows.append((case.id, named[case.id], run.run, str(result.verdict), when, opened or "none"))
    blocks: list[Block] = [
        table("Results of all runs", "Case:13:id|Title:36|Run:9|Verdict:12:verdict|Finished (UTC):19|Deviation:11:id", rows)
    ]
    by_case: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        by_case.setdefault(row[0], []).append(row)
    again = [(c, r[0][2], r[0][3], r[-1][2], r[-1][3], str(len(r))) for c, r in by_case.items() if len(r) > 1]
    if again:
        columns = "Case:22:id|First run:15|First result:17:verdict|Last run:15|Last result:17:verdict|Executions:14"
        blocks.append(table("First and last result of every case with more than one", columns, again))
    return tuple(blocks)


# ------------------------------------------------------------------ coverage


def coverage(matrix: Matrix, phase: Phase, protocol: Protocol, spec: Spec) -> tuple[Block, ...]:
    """Requirements of the phase with the state of their coverage, at the last phase of all; gaps are rows."""
    is_last = phase == PHASES[-1]
    rows: list[tuple[str, ...]] = []
    states: dict[str, int] = {}
    for row in matrix.rows:
        touches = any(_phase(link, protocol) == phase for link in row.links)
        if not is_last and spec.requirement[row.requirement].phase != phase and not touches:
            continue
        state, reason = _standing(row, phase, protocol)
        states[state] = states.get(state, 0) + 1
        rows.append((row.requirement, row.title, row.priority, state, reason))
    caption = "Coverage of all requirements" if is_last else f"Coverage of the requirements of the {phase}"
    counted = "; ".join(f"{state} {n}" for state, n in states.items()) or "none"
    columns = "Requirement:13:id|Title:25|Priority:9|State:15:verdict|Cases passed, or reason:38"
    return Facts((("Requirements by state", counted),)), table(caption, columns, rows)


def _standing(row: Row, phase: Phase, protocol: Protocol) -> tuple[str, str]:
    """The state of a requirement as a report of a phase tells it: what later phases still have to show is not yet a gap."""
    numbers = []
    for p in PHASES:
        links = [link for link in row.links if _phase(link, protocol) == p]
        if links:
            numbers.append(f"{p} {sum(link.final is Verdict.PASSED for link in links)} of {len(links)}")
    if _is_ahead(row, phase, protocol):
        later = [link.case for link in row.links if _is_later(link, phase, protocol)]
        return "PASSED SO FAR", f"{', '.join(numbers)}; to be executed: {', '.join(later)}"
    state = {"passed": "PASSED", "failed": "FAILED", "gap": "GAP", "not-applicable": "N/A", "restricted": "GAP, RESTRICTED"}
    word = state.get(row.coverage, row.coverage.replace("-", " ").upper())
    reason = "" if row.coverage == "passed" else row.reason
    return word, "; ".join(part for part in (", ".join(numbers), reason) if part)


def _phase(link: Link, protocol: Protocol) -> Phase:
    return protocol.case[link.case].phase


def _is_later(link: Link, phase: Phase, protocol: Protocol) -> bool:
    return PHASES.index(_phase(link, protocol)) > PHASES.index(phase)


def _is_ahead(row: Row, phase: Phase, protocol: Protocol) -> bool:
    """Whether all that stands against a requirement is what later phases have yet to execute."""
    against = [link for link in row.links if link.final is not Verdict.PASSED]
    return bool(against) and all(link.final is Verdict.NOT_RUN and _is_later(link, phase, protocol) for link in against)


def _gaps_up_to(matrix: Matrix, phase: Phase, protocol: Protocol) -> list[Gap]:
    rows = {row.requirement: row for row in matrix.rows}

    def is_due(gap: Gap) -> bool:
        row, case = rows.get(gap.subject), protocol.case.get(gap.subject)
        if gap.kind == "requirement-not-passed" and row is not None:
            return not _is_ahead(row, phase, protocol)
        if gap.kind == "case-not-run" and case is not None:
            return PHASES.index(case.phase) <= PHASES.index(phase)
        return True

    return [gap for gap in matrix.gaps if is_due(gap)]


def gaps(matrix: Matrix, phase: Phase, protocol: Protocol) -> tuple[Block, ...]:
    """The gaps up to and with a phase; what is to come is counted, not listed as one."""
    due = _gaps_up_to(matrix, phase, protocol)
    rows = [(g.kind.replace("-", " "), g.subject, g.detail) for g in due]
    made: list[Block] = [table("Gaps", "Kind:26|Subject:16:id|Detail:58", rows, "There is no gap.")]
    later = [c.id for c in protocol.cases if PHASES.index(c.phase) > PHASES.index(phase)]
    if later:
        made.append(
            Paragraph(
                f"Not listed as gaps: what later phases have yet to execute, {later[0]} to {later[-1]} "
                f"(number of cases: {len(later)}). "
                "The reports of those phases tell of it; the traceability matrix lists it until then."
            )
        )
    return tuple(made)


def residuals(matrix: Matrix) -> tuple[Block, ...]:
    """The state of every residual rating."""
    seen = dict.fromkeys(r for row in matrix.rows for r in row.residual)
    rows = [tuple(r.split(": ", 1)) for r in sorted(seen)]
    return (table("Residual risk: a rating holds only while its tests pass", "Risk:16:id|State:84", rows),)


# ------------------------------------------------------------------ what was executed where


def attachments(runs: Sequence[Evidence], phase: Phase, opened: Opened = nothing_kept) -> tuple[Block, ...]:
    """Every attachment of a phase, one line each."""
    columns = "Run:6|Attachment:11:id|Name:24|Kind:12|Bytes:5|Captured (UTC):12|SHA-256:30:mono"
    return (
        table("Index of attachments", columns, attachment_rows(of_phase(runs, phase), opened=opened), "No attachment was kept."),
    )


def attachment_rows(runs: Sequence[Evidence], case: str = "", opened: Opened = nothing_kept) -> list[tuple[str, ...]]:
    """Every attachment of some runs, of one case where it is named; with the number of its pages where it has pages."""
    return [
        (
            run.run,
            a.id,
            a.name + (f"\npages: {n}" if (n := pages_of(run, a, opened)) else ""),
            _kind(a),
            str(a.size),
            utc(a.captured),
            a.sha256,
        )
        for run in runs
        for result in run.results
        if case in ("", result.case)
        for step in result.steps
        for a in step.attachments
    ]


def _kind(a: Attachment) -> str:
    """What an attachment is, and whether something was taken out of it before it was kept."""
    taken = f"; secrets taken out: {many(a.redacted, 'place')}" if a.redacted else ""
    return (a.media_type if a.kind == "file" else f"{a.kind}, {a.media_type}") + taken


def _handled(run: Evidence) -> list[tuple[str, str]]:
    """What was taken out of the record of a run, and in which order its cases were executed where that is not the planned one."""
    taken = [f"{name}: {state}" + (f", {many(places, 'place')}" if places else "") for name, state, places in run.redactions]
    found = [("Secrets", "; ".join(taken))] if taken else []
    turned = [
        f"{f'in {shard} ' if shard else ''}another than planned from case {place} on: {_some(cases)}"
        for shard, place, cases in run.turned
    ]
    return [*found, ("Order of execution", f"{'; '.join(turned)} (all of it in the journal)")] if turned else found


def environments(runs: Sequence[Evidence], phase: Phase) -> tuple[Block, ...]:
    """Recorder and system of each run, read by the run itself."""
    blocks: list[Block] = []
    for run in of_phase(runs, phase):
        e, t, plan = run.environment, run.target_start, run.plan
        blocks.append(Heading(2, f"Environment of run {run.run}"))
        facts = [
            ("Run", f"{plan.mode}, {plan.scope}, executed by {plan.account} (owner {plan.account_owner or 'none'})"),
            ("Sealed", shown(run.seal.sealed) if run.seal else "not sealed"),
            ("Digest of the seal", str(run.digest or "none")),
        ]
        if plan.merged is not None:
            shards = [f"{s.number}: {s.left_out or s.seal}" for s in plan.merged.shards]
            facts += [("Put together from shards", "; ".join(shards)), ("Plan of the shards", plan.merged.plan)]
            facts += [("Merged incomplete, because", plan.merged.reason)] if plan.merged.reason else []
        if e is not None:
            facts += [
                ("Recorder", f"csvgen {e.csvgen}, {e.python}, {e.platform}"),
                ("Project", f"commit {e.commit}, {e.dirty}"),
                ("Clock of the recorder", e.clock),
            ]
        facts += [(f"Clock at the {when}", read.shown) for when, read in run.clocks]
        facts += _handled(run)
        if t is None:
            blocks.append(Facts((*facts, ("System under validation", "not read"))))
            continue
        same = run.target_end is not None and _identity(t) == _identity(run.target_end)
        instances = list(dict.fromkeys(x.instance for x in run.targets))
        if run.plan.merged is not None:  # machines may have an instance each; that all are one system is proven at the merge
            same = len({x.model_copy(update={"instance": "", "read_at": t.read_at}) for x in run.targets}) == 1
        facts += [
            ("System under validation", t.name),
            ("Its instance", ", ".join(instances) or t.instance),
            *(("Counterpart", c.words) for c in t.counterparts),
            ("Equal at start and end", "yes, components and configuration" if same else "NO, or not read at the end"),
        ]
        rows = [(c.name, c.version, c.sha256) for c in t.components if c.sha256]
        packages = len(t.components) - len(rows)
        blocks.append(Facts(tuple(facts)))
        blocks.append(
            table(
                f"Components as read in {run.run}", "Component:18|Version:14|SHA-256:68:mono", rows, "No component was reported."
            )
        )
        if packages:
            blocks.append(Paragraph(f"{packages} packages without a digest of their own stand in the record of the run."))
    return tuple(blocks) or (Paragraph("No formal run."),)


def _identity(state: TargetState) -> object:
    return (state.instance, state.components, state.configuration)
