"""Blocks about results: totals, coverage, gaps, attachments and the conclusion."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from csvgen.model.base import PHASES, Phase
from csvgen.model.evidence import Evidence
from csvgen.model.execution import Attachment, CaseResult, Verdict
from csvgen.model.matrix import Gap, Link, Matrix, Row
from csvgen.model.protocol import Protocol
from csvgen.model.report import Block, Facts, Paragraph
from csvgen.model.signature import WrittenConclusion
from csvgen.model.spec import Spec
from csvgen.report.case_blocks import in_rows, of_phase, titles, utc
from csvgen.report.spec_blocks import table
from csvgen.report.thumbnails import Opened, nothing_kept, pages_of
from csvgen.report.wording import joined, own, say, spelled, told
from csvgen.trace.conclusion import RULE, Conclusion
from csvgen.trace.matrix import Disposed

_BY_ONE = re.compile(r"residual (\w+), supported by 1 passed cases")
_CLAIMED = re.compile(r" claimed, ")
_MOST = 15
"""So many names are told in the summary."""
PLANNED, PASSED, OTHERS = "Planned cases", "Passed in their last run", "{verdict} in their last run"
"""The totals of a report, by which verification finds them."""
CASES_AGAIN, DEVIATIONS, AND_MORE = "Cases executed more than once", "Deviations", " and {number} more"
"""What the review by exception counts and names one by one."""
OUTCOMES = {
    "eligible": "ELIGIBLE: the phase may be concluded as passed",
    "eligible with restrictions": "ELIGIBLE WITH RESTRICTIONS: the phase may be concluded, and the restrictions below hold",
    "not eligible": "NOT ELIGIBLE: the phase may not be concluded as passed",
}


def totals(conclusion: Conclusion, runs: Sequence[Evidence] = ()) -> tuple[Block, ...]:
    """The numbers of a phase; every run is counted, those that were aborted by name."""
    aborted = [r.run for r in of_phase(runs, conclusion.phase) if r.aborted]
    rows = [(PLANNED, str(conclusion.planned)), (PASSED, str(conclusion.passed))]
    rows += [(say(OTHERS, verdict=spelled(name)), str(n)) for name, n in conclusion.verdicts.items() if name != "PASSED"]
    rows += [("Formal runs, in order", ", ".join(conclusion.runs) or say("none"))]
    rows += [("Runs closed as aborted", ", ".join(aborted))] if aborted else []
    return (Facts(tuple(rows)),)


def exceptions(
    protocol: Protocol, phase: Phase, runs: Sequence[Evidence], deviations: Sequence[Disposed], matrix: Matrix, flags: Sequence[str] = ()
) -> tuple[Block, ...]:  # fmt: skip
    """Review by exception: what a reviewer should look at first."""
    here = of_phase(runs, phase)
    not_passed = [
        say("{case} {verdict} in {run}", case=r.case, verdict=spelled(r.verdict), run=run.run)
        for run in here
        for r in run.results
        if r.verdict is not Verdict.PASSED
    ]
    times = Counter(case for run in here for case in {r.case for r in run.results})
    repeated = [c.id for c in protocol.of(phase) if times[c.id] > 1]
    found = [joined("", (f"{d.id} (", _decided(d), ")")) for d in deviations if d.run.startswith(phase)]
    open_gaps = list(dict.fromkeys(g.subject for g in _gaps_up_to(matrix, phase, protocol)))
    rows = [
        (say("Executions that did not pass"), str(len(not_passed)), some(not_passed, "; ")),
        (say(CASES_AGAIN), str(len(repeated)), some(repeated)),
        (say(DEVIATIONS), str(len(found)), some(found)),
        (say("Gaps up to and with this phase"), str(len(open_gaps)), some(open_gaps)),
    ]
    odd = [joined(": ", (run.run, told(fault))) for run in here for fault in run.irregular]
    rows += [(say("Faults of runs as a whole"), str(len(odd)), some(odd, "; "))] if odd else []
    apart = [r.run for r in here if r.clocks and not any(c.seconds for _, c in r.clocks)]
    rows += [(say("Runs whose clock was compared with no standard"), str(len(apart)), some(apart))] if apart else []
    rows += [(say("Flags for the reviewer of a run"), str(len(flags)), some(list(map(told, flags)), "; "))] if flags else []
    return (table("Review by exception", "What:34|Number:10|Which:56", rows),)


def some(names: Sequence[str], between: str = ", ") -> str:
    """The first of the names and how many follow: the chapters list them all."""
    if not names:
        return say("none")
    more = [say(AND_MORE, number=str(len(names) - _MOST))] if len(names) > _MOST else []
    return joined("", (joined(between, names[:_MOST]), *more))


def _decided(d: Disposed) -> str:
    """The decision of a deviation in words; it is one of a closed list."""
    return say(d.decision.replace("-", " "))


def written_rows(written: WrittenConclusion | None) -> list[tuple[str, str]]:
    """What a named person concludes; nothing where nobody wrote a conclusion."""
    if written is None:
        return []
    return [("Conclusion", say(written.outcome.upper())), ("In the words of", written.by), ("Words", written.text)]


def conclusion_blocks(
    conclusion: Conclusion, deviations: Sequence[Disposed], written: WrittenConclusion | None = None
) -> tuple[Block, ...]:  # fmt: skip
    """The stated rule, what it gives, what earlier phases left behind, and what a person concludes."""
    earlier = [
        joined("", (say("{deviation} ({case} in {run}): ", deviation=d.id, case=d.case, run=d.run), _restriction(d)))
        for d in deviations
        if d.record is not None and d.decision == "accept-with-restriction" and not d.run.startswith(conclusion.phase)
    ]
    rows = [
        ("Outcome by this rule", say(OUTCOMES[conclusion.outcome])),
        (
            "Against a better outcome",
            _lines(conclusion.reasons, "the restrictions below" if conclusion.restrictions else "nothing"),
        ),
        ("Restrictions of this phase", _lines(conclusion.restrictions, "none")),
    ]
    if conclusion.phase != PHASES[0]:
        rows.append(("Restrictions of other phases", joined("\n", earlier) if earlier else say("none")))
    rows += written_rows(written)
    drawn = (
        "The conclusion is drawn by the people who sign this report. It cannot be better than the rule gives, "
        "and the restrictions of the other phases remain in force."
        if earlier
        else "The conclusion is drawn by the people who sign this report. It cannot be better than the rule gives."
    )
    return (Paragraph(RULE, "quote"), Facts(tuple(rows)), Paragraph(drawn))


def _lines(sentences: Sequence[str], nothing: str) -> str:
    """Sentences of a rule one below the other."""
    return joined("\n", map(told, sentences)) if sentences else say(nothing)


def _restriction(d: Disposed) -> str:
    return (d.record.investigation.restriction if d.record else None) or say("no restriction stated")


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
    for case in sorted(protocol.of(phase), key=lambda c: c.id):
        for run, result in executions.get(case.id, ()):
            opened = next((d.id for d in deviations if d.run == run.run and (d.case == case.id or (d.whole and run.aborted))), "")
            when = utc(result.finished) if result.finished else say("not executed")
            rows.append((case.id, named[case.id], run.run, spelled(result.verdict), when, opened or say("none")))
    blocks: list[Block] = [
        table("Results of all runs", "Case:13:place|Title:35|Run:8|Verdict:12:verdict|Finished (UTC):19|Deviation:13:id", rows)
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
        priority = say(row.priority) if row.priority == "not rated" else row.priority
        rows.append((row.requirement, row.title, priority, state, reason))
    caption = "Coverage of all requirements" if is_last else say("Coverage of the requirements of the {phase}", phase=phase)
    counted = "; ".join(f"{state} {n}" for state, n in states.items()) or say("none")
    columns = "Requirement:14:id|Title:24|Priority:9|State:15:verdict|Cases passed, or reason:38"
    return Facts((("Requirements by state", counted),)), table(caption, columns, rows)


def _standing(row: Row, phase: Phase, protocol: Protocol) -> tuple[str, str]:
    """The state of a requirement as a report of a phase tells it: what later phases still have to show is not yet a gap."""
    numbers = []
    for p in PHASES:
        links = [link for link in row.links if _phase(link, protocol) == p]
        if links:
            done = sum(link.final is Verdict.PASSED for link in links)
            numbers.append(say("{phase} {done} of {all}", phase=p, done=str(done), all=str(len(links))))
    if _is_ahead(row, phase, protocol):
        later = [link.case for link in row.links if _is_later(link, phase, protocol)]
        return "PASSED SO FAR", joined("; ", (joined(", ", numbers), say("to be executed: {cases}", cases=", ".join(later))))
    state = {"passed": "PASSED", "failed": "FAILED", "gap": "GAP", "not-applicable": "N/A", "restricted": "GAP, RESTRICTED"}
    word = state.get(row.coverage, row.coverage.replace("-", " ").upper())
    reason = [] if row.coverage == "passed" or not row.reason else [reason_of(row)]
    return word, joined("; ", [*([joined(", ", numbers)] if numbers else []), *reason])


def reason_of(row: Row) -> str:
    """Why a requirement stands as it does: words of the project where something else than a test shows it."""
    return own(row.reason) if row.coverage in BY_OTHER_MEANS and not row.imported else told(row.reason)


BY_OTHER_MEANS = ("procedure", "vendor-evidence", "inspection", "not-applicable")
"""States whose reason the specification gives."""


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


_LATER = (
    "Not listed as gaps: what later phases have yet to execute, {first} to {last} (number of cases: {number}). "
    "The reports of those phases tell of it; the traceability matrix lists it until then."
)
_LAST = (
    "Not listed as a gap: what a later phase has yet to execute, {case}. "
    "The report of that phase tells of it; the traceability matrix lists it until then."
)


def gaps(matrix: Matrix, phase: Phase, protocol: Protocol) -> tuple[Block, ...]:
    """The gaps up to and with a phase; what is to come is counted, not listed as one."""
    due = _gaps_up_to(matrix, phase, protocol)
    rows = [gap_row(g) for g in due]
    made: list[Block] = [table("Gaps", "Kind:26|Subject:16:id|Detail:58", rows, "There is no gap.")]
    later = [c.id for c in protocol.cases if PHASES.index(c.phase) > PHASES.index(phase)]
    if later:
        made.append(
            Paragraph(
                say(_LATER, first=later[0], last=later[-1], number=str(len(later)))
                if len(later) > 1
                else say(_LAST, case=later[0])
            )
        )
    return tuple(made)


def gap_row(gap: Gap) -> tuple[str, str, str]:
    """Kind, subject and detail of a gap; some details are titles of the project."""
    return say(gap.kind.replace("-", " ")), gap.subject, gap.detail if gap.kind in OWN_DETAIL else told(gap.detail)


OWN_DETAIL = ("risk-without-test", "case-without-requirement", "case-not-run")
"""Kinds of gap whose detail is the project's own."""


def residual_state(state: str, waits_for: str = "") -> str:
    """What the tests say of a residual rating; the sentence of the matrix counts one case as it counts many. `waits_for`: cases of a claim."""
    if one := _BY_ONE.fullmatch(state):
        return say("residual {priority}, supported by {number} passed case", priority=one[1], number="1")
    return joined("; ", (told(state), say("it waits for {cases}", cases=waits_for))) if waits_for else told(state)


def waiting(matrix: Matrix) -> Mapping[str, str]:
    """Risk -> what its claimed residual rating waits for: the cases that name it and have not passed, or that there is none."""
    claimed = {name for row in matrix.rows for name, state in (r.split(": ", 1) for r in row.residual) if _CLAIMED.search(state)}
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in claimed}
    for case in matrix.reverse if claimed else ():
        for name in claimed.intersection(case.risks) if case.final is not Verdict.PASSED else ():
            found[name].append((case.case, str(case.final)))
    return {name: joined(", ", in_rows(cases)) if cases else say("a case: none names it") for name, cases in found.items()}


def residuals(matrix: Matrix) -> tuple[Block, ...]:
    """The state of every residual rating."""
    seen, waits = dict.fromkeys(r for row in matrix.rows for r in row.residual), waiting(matrix)
    rows = [(name, residual_state(state, waits.get(name, ""))) for name, state in (r.split(": ", 1) for r in sorted(seen))]
    return (table("Residual risk: a rating holds only while its tests pass", "Risk:16:id|State:84", rows),)


# ------------------------------------------------------------------ what was kept


def attachments(runs: Sequence[Evidence], phase: Phase, opened: Opened = nothing_kept) -> tuple[Block, ...]:
    """Every attachment of a phase, one line each."""
    columns = "Run:6|Attachment:11:id|Name:23|Kind:11|Bytes:7|Captured (UTC):12|SHA-256:30:mono"
    return (
        table("Index of attachments", columns, attachment_rows(of_phase(runs, phase), opened=opened), "No attachment was kept."),
    )


def attachment_rows(runs: Sequence[Evidence], case: str = "", opened: Opened = nothing_kept) -> list[tuple[str, ...]]:
    """Every attachment of some runs, of one case where it is named; with the number of its pages where it has pages."""
    return [
        (
            run.run,
            a.id,
            joined("\n", (a.name, say("pages: {number}", number=str(n)))) if (n := pages_of(run, a, opened)) else a.name,
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
    kind = a.media_type if a.kind == "file" else joined(", ", (say(a.kind), a.media_type))
    return joined("; ", (kind, say("secrets taken out: {places}", places=places(a.redacted)))) if a.redacted else kind


def places(number: int) -> str:
    """How many places, in words."""
    return say("{number} place" if number == 1 else "{number} places", number=str(number))
