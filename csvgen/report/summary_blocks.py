"""Blocks that sum a validation up: outcome, phases, documents, deviations, residual risk, coverage, what keeps it valid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csvgen.model.challenge import Challenge
from csvgen.model.evidence import Evidence
from csvgen.model.matrix import Matrix
from csvgen.model.protocol import Protocol
from csvgen.model.report import Block, Facts, Paragraph
from csvgen.model.signature import WrittenConclusion
from csvgen.model.spec import Spec
from csvgen.report.case_blocks import run_time
from csvgen.report.result_blocks import gap_row, residual_state, waiting, written_rows
from csvgen.report.spec_blocks import table
from csvgen.report.unweighed_blocks import conditions, unweighed
from csvgen.report.wording import joined, say, spelled, told
from csvgen.risk.scheme import LEVELS
from csvgen.spec.proposal import Proposed, proposed
from csvgen.trace.conclusion import stand_ins
from csvgen.trace.matrix import Disposed, reported
from csvgen.trace.open_clauses import KIND, WHY
from csvgen.trace.overall import RULE, Overall

OUTCOMES = {
    "eligible": "ELIGIBLE: the validation may be concluded as passed",
    "eligible with restrictions": "ELIGIBLE WITH RESTRICTIONS: the validation may be concluded, and the restrictions below hold",
    "not eligible": "NOT ELIGIBLE: the validation may not be concluded as passed",
}
_RELEASES = {
    "eligible": "The system may be used as intended, in so far as the conditions below are met.",
    "eligible with restrictions": "The system may be used as intended only so far as no restriction below forbids it and the conditions below are met.",
    "not eligible": "The system may not be used: the validation does not allow it.",
}
_WITHOUT_CONDITIONS = {
    **_RELEASES,
    "eligible": "The system may be used as intended.",
    "eligible with restrictions": "The system may be used as intended only so far as no restriction below forbids it.",
}
_STOOD_IN = "The system may not be used before the same protocol has passed against the system itself: an emulator or a stub answered in its place."
_UNANSWERED = (
    "A clause that nothing answers is no row of the matrix, and the rule of the conclusion does not count it: whoever signs weighs whether it "
    "concerns this system, and who answers it."
)
_CLASSES = ("critical", "major", "minor")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A document of the validation as it stands."""

    kind: str
    id: str
    title: str
    revision: int
    standing: str
    """``approved``, or what it lacks."""
    when: str
    """When its last signature was made, as shown; empty while it waits for one."""
    signers: str


def outcome(whole: Overall, written: WrittenConclusion | None = None) -> tuple[Block, ...]:
    """The printed rule, what it gives, what stands against a better outcome, and what a person concludes."""
    return (
        Paragraph(RULE, "quote"),
        Facts(
            (
                ("Outcome by this rule", say(OUTCOMES[whole.outcome])),
                (
                    "Against a better outcome",
                    _lines(whole.reasons, "the restrictions below" if whole.restrictions else "nothing"),
                ),
                ("Restrictions", _lines(whole.restrictions, "none")),
                *written_rows(written),
            )
        ),
        Paragraph(
            "The conclusion is drawn by the people who sign this report. It cannot be better than the rule gives, and the restrictions "
            "remain in force until a later revision of this report says that they were lifted."
            if whole.restrictions
            else "The conclusion is drawn by the people who sign this report. It cannot be better than the rule gives."
        ),
    )


def _lines(sentences: Sequence[str], nothing: str) -> str:
    """Sentences of the rule one below the other."""
    return joined("\n", map(told, sentences)) if sentences else say(nothing)


def release(
    whole: Overall, spec: Spec, protocol: Protocol, runs: Sequence[Evidence], challenge: Challenge | None
) -> tuple[Block, ...]:  # fmt: skip
    """What the signatures on a certificate allow: never more than the rule, and what is tied to what the rule does not weigh."""
    tied = conditions(spec, protocol, runs, challenge)
    allowed = (_RELEASES if tied else _WITHOUT_CONDITIONS)[whole.outcome]
    if whole.outcome != "not eligible" and any(stand_ins(r) for r in runs if reported(r)):
        allowed = _STOOD_IN
    return (
        Facts(
            (
                ("System", f"{spec.system.name} ({spec.system.id})"),
                ("Version released", spec.system.version),
                ("Release of the baseline", spec.installation.release),
                ("Intended use", spec.system.intended_use),
                ("Outcome of the validation", say(OUTCOMES[whole.outcome])),
                ("What is allowed", say(allowed)),
                ("Restrictions", _lines(whole.restrictions, "none")),
                ("Conditions, beside the rule", joined("\n", tied) if tied else say("none")),
            )
        ),
        *unweighed(spec, protocol, runs, challenge),
    )


def at_a_glance(
    whole: Overall,
    matrix: Matrix,
    deviations: Sequence[Disposed],
    runs: Sequence[Evidence],
    clauses: Sequence[str],
    beside: Sequence[tuple[str, str]],
) -> tuple[Block, ...]:
    """The numbers somebody asks for first. `clauses`: those that nothing answers; `beside`: what the rule does not weigh, in a line each."""
    formal = [r for r in runs if reported(r)]
    counted = Counter(row.coverage.replace("-", " ") for row in matrix.rows)
    return (
        Facts(
            (
                ("Outcome by rule", say(whole.outcome)),
                ("Requirements", joined(": ", (str(len(matrix.rows)), _counted(counted)))),
                (
                    "Cases",
                    say(
                        "{planned} planned, {passed} passed in their last run",
                        planned=str(len(matrix.reverse)),
                        passed=str(sum(r.final == "PASSED" for r in matrix.reverse)),
                    ),
                ),
                ("Formal runs", joined(": ", (str(len(formal)), ", ".join(r.run for r in formal) or say("none")))),
                (
                    "Deviations",
                    say(
                        "{number}, of them without signed disposition {open}",
                        number=str(len(deviations)),
                        open=str(sum(d.open for d in deviations)),
                    ),
                ),
                ("Gaps of the matrix", str(len(matrix.gaps))),
                ("Restrictions", str(len(whole.restrictions))),
                (
                    "Clauses of the regulations that nothing answers",
                    joined(": ", (str(len(clauses)), ", ".join(clauses))) if clauses else say("none"),
                ),
                *beside,
            )
        ),
    )


def _counted(words: Mapping[str, int]) -> str:
    return joined(", ", [joined(" ", (str(n), say(word))) for word, n in words.items()])


def phases(whole: Overall, documents: Sequence[DocumentLine]) -> tuple[Block, ...]:
    """One row a phase: its report, and what the rule gives."""
    by_kind = {d.kind: d for d in documents}
    rows = []
    for c in whole.phases:
        report = by_kind.get(f"{c.phase.lower()}-report")
        counted = say("{done} of {all}", done=str(c.passed), all=str(c.planned))
        standing = _standing(report) if report else say("no report")
        rows.append((c.phase, standing, ", ".join(c.runs) or say("none"), counted, say(c.outcome.upper())))
    columns = "Phase:8:id|Report:32|Runs that count:24|Cases passed:14|Outcome by rule:22"
    return (table("Outcome of each phase", columns, rows),)


def documents(lines: Sequence[DocumentLine]) -> tuple[Block, ...]:
    """Every document of the validation with its approval."""
    rows = [
        (d.id, d.title, str(d.revision), joined("\n", (d.standing, d.when)) if d.when else d.standing, d.signers or say("nobody"))
        for d in lines
    ]
    columns = "Document:14:id|Title:28|Rev.:6|Standing (UTC):22|Signed by:30"
    return (table("Documents of this validation", columns, rows),)


def deliverables(spec: Spec, lines: Sequence[DocumentLine]) -> tuple[Block, ...]:
    """What was proposed, what the plan decides, and what there is."""
    there: Mapping[str, DocumentLine] = {d.kind: d for d in lines}
    rows = [(say(p.title), _why(p), _decision(p.decision, p.words), _made(p.kind, p.decision, there)) for p in proposed(spec)]
    columns = "Document:20|Proposed, and why:34|Decided in the plan:26|Made:20"
    return (table("Documents proposed, decided and made", columns, rows),)


def proposals(spec: Spec) -> tuple[Block, ...]:
    """What is proposed beside what the plan decides, for the plan itself."""
    rows = [(say(p.title), _why(p), _decision(p.decision, p.words), say(p.standing)) for p in proposed(spec)]
    columns = "Document:21|Proposed, and why:37|Decided in this plan:25|Standing:17"
    return (table("Documents proposed from category, risk, complexity, novelty and suppliers", columns, rows),)


def _decision(decision: str, words: str) -> str:
    if words.lower().startswith(decision):
        return words
    return joined(": ", (say(decision), words)) if words else say(decision)


def _why(p: Proposed) -> str:
    return joined(": ", (say(p.proposal), joined("; ", map(told, p.reasons))))


def _made(kind: str, decision: str, there: Mapping[str, DocumentLine]) -> str:
    """What there is of a document as a validation summary tells it, which is made before the certificate that stands on it."""
    if kind == "validation-summary":
        return say("this report")
    if kind in there:
        return _standing(there[kind])
    return say("follows this report") if kind == "release-certificate" and decision == "needed" else say("not made")


def _standing(line: DocumentLine) -> str:
    return joined("", (f"{line.id} r{line.revision}, ", line.standing))


def deviation_counts(deviations: Sequence[Disposed]) -> tuple[Block, ...]:
    """How many of which class ended how."""
    classes: Counter[tuple[str, str]] = Counter(
        (d.record.investigation.classification if d.record else "not classified", d.decision) for d in deviations
    )
    decisions = list(dict.fromkeys(decision for _, decision in classes))
    order = [*_CLASSES, *(["not classified"] if any(c == "not classified" for c, _ in classes) else [])]
    counted = [
        (say(name), _counted({d.replace("-", " "): classes[name, d] for d in decisions if classes[name, d]}) or say("none"),
         str(sum(n for (c, _), n in classes.items() if c == name)))
        for name in order
    ]  # fmt: skip
    return (table("Deviations by class", "Class:24|Dispositions:60|Number:16", counted),)


def deviation_list(deviations: Sequence[Disposed]) -> tuple[Block, ...]:
    """Each with its disposition and what it restricts."""
    rows = [
        (
            d.id,
            d.run if d.whole else say("{case} in {run}", case=d.case, run=d.run),
            _told(d),
            say("signed" if d.signed else "NOT SIGNED"),
            _restriction(d),
        )
        for d in deviations
    ]
    columns = "Deviation:13:id|Where:24|Class and disposition:20|Signatures:14|Restriction:29"
    return (table("Deviation log", columns, rows, "No deviation was opened."),)


def deviation_story(deviations: Sequence[Disposed]) -> tuple[Block, ...]:
    """What was expected, observed, found and done, one line a deviation."""
    rows = []
    for d in deviations:
        if d.record is None:
            rows.append((d.id, *map(say, ("in the run", "in the run", "not investigated", "none", "no case"))))
            continue
        i = d.record.investigation
        rows.append((d.id, d.record.expected, d.record.actual, joined(": ", (say(i.cause.replace("-", " ")), i.root_cause)),
                     f"{i.correction} ({i.change_reference})", ", ".join(i.retest) or say("no case")))  # fmt: skip
    columns = "Deviation:13:id|Expected:15|Observed:15|Cause:22|Correction:21|Retest:14"
    return (table("What was found and done", columns, rows, "No deviation was opened."),)


def _told(d: Disposed) -> str:
    if d.record is None:
        return say("open")
    return joined(", ", (say(d.record.investigation.classification), say(d.decision.replace("-", " "))))


def _restriction(d: Disposed) -> str:
    return (d.record.investigation.restriction if d.record else None) or say("none")


def residual_counts(matrix: Matrix) -> tuple[Block, ...]:
    """Residual risk by what the tests showed, and each that is not supported."""
    seen = list(dict.fromkeys(r for row in matrix.rows for r in row.residual))
    states = Counter(_state(text) for text in seen)
    claims = [text.split(": ", 1) for text in seen if _state(text) in ("claimed", "back to initial")]
    waits = waiting(matrix)
    open_ones = [(risk, residual_state(state, waits.get(risk, ""))) for risk, state in claims]
    rows = [(say(name), str(states[name]), say(what)) for name, what in _STATES.items()]
    return (
        table("Residual risk by what the tests showed", "State:24|Risks:12|What it means:64", rows),
        table("Residual ratings that are not supported", "Risk:16:id|State:84", open_ones,
              "None: every residual rating is supported by its tests."),
    )  # fmt: skip


_STATES = {
    "shown": "every mitigating case passed in its last run: the residual rating holds",
    "claimed": "a mitigating case is not shown: the residual rating is a claim and nothing more",
    "back to initial": "a mitigating case failed: the initial rating holds",
    "no residual rating": "no control is claimed to change the rating: the initial rating holds",
}


def _state(text: str) -> str:
    if ": back to initial" in text:
        return "back to initial"
    if "no residual rating" in text:
        return "no residual rating"
    return "claimed" if " claimed, " in text else "shown"


def coverage(matrix: Matrix, clauses: Sequence[str] = ()) -> tuple[Block, ...]:
    """Requirements by priority and state, and every gap; then the clauses that nothing answers."""
    levels = [*reversed(LEVELS), "not rated"]
    rows = []
    for level in levels:
        here = [row for row in matrix.rows if row.priority == level]
        counted = _counted(Counter(r.coverage.replace("-", " ") for r in here))
        if here or level != "not rated":
            rows.append((say(level) if level == "not rated" else level, str(len(here)), counted or say("none")))
    gaps = [*map(gap_row, matrix.gaps), *((say(KIND.replace("-", " ")), clause, say(WHY)) for clause in clauses)]
    weighed = [Paragraph(_UNANSWERED)] if clauses else []
    return (
        table("Coverage by priority of risk", "Priority:18|Requirements:18|State:64", rows),
        table("Gaps", "Kind:26|Subject:16:id|Detail:58", gaps, "There is no gap."),
        *weighed,
    )


def retention(spec: Spec) -> tuple[Block, ...]:
    """Where the records are kept and how long."""
    rows = [
        (r.name, say(r.required), r.retention or say("not stated in the specification of the system"))
        for r in spec.system.records
    ]
    return (table("Records and how long they are kept", "Record:34|Demanded by a predicate rule:22|Kept:44", rows),)


def executions(runs: Sequence[Evidence]) -> tuple[Block, ...]:
    """Every formal run with what it came to: the failed and aborted ones too."""
    rows = []
    for run in (r for r in runs if reported(r)):
        verdicts = run.seal.summary.verdicts if run.seal else {}
        counted = ", ".join(f"{n} {spelled(word)}" for word, n in sorted(verdicts.items())) or say("none")
        when = run_time(run.plan.created, run.seal.sealed if run.seal else None)
        counted = joined("; ", (counted, say("aborted"))) if run.aborted else counted
        rows.append((run.run, say(run.plan.scope), when, counted, str(run.digest) if run.digest else say("none")))
    columns = "Run:10:id|Scope:12|From, to (UTC):25|Verdicts:25|Digest of the seal:28:mono"
    return (table("Formal runs, in order", columns, rows),)
