"""Blocks about deviations: the log, one form for each, and what became of the original result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from csvgen.clock import shown
from csvgen.model.base import Phase
from csvgen.model.deviation import Deviation
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult
from csvgen.model.report import Block, Facts, Heading, Paragraph
from csvgen.report.case_blocks import expected, observed, of_phase, utc
from csvgen.report.spec_blocks import table
from csvgen.report.wording import joined, say, spelled, told
from csvgen.trace.matrix import Disposed


@dataclass(frozen=True, kw_only=True)
class SignatureLine:
    """A signature of another record, as a document lists it."""

    record: str
    title: str
    meaning: str
    printed_name: str
    role: str
    signed: str
    """Time of record; empty where nothing can be believed of it."""
    person: str = ""
    """User id of the signer, where a document needs it."""
    invalid: str = ""
    """Why the signature does not hold; it is shown, and shown as INVALID."""

    @property
    def told(self) -> str:
        """Meaning, person and time in one line."""
        mark = [f"INVALID ({self.invalid}) "] if self.invalid else []
        when = shown(self.signed) if self.signed else say("no time")
        return joined("", (*mark, f"{self.meaning}: {self.printed_name} ({self.role}), ", when))


def deviations_table(
    deviations: Sequence[Disposed], phase: Phase, runs: Sequence[Evidence], signatures: Sequence[SignatureLine], prefix: str
) -> tuple[Block, ...]:  # fmt: skip
    """The deviation log of a phase and one form for each."""
    found = [d for d in deviations if d.run.startswith(phase)]
    rows = [
        (d.id, _where(d), d.run, _class(d), say(d.decision.replace("-", " ")), say("signed" if d.signed else "not signed"))
        for d in found
    ]
    columns = "Deviation:13:id|Case and step:27|Run:10|Class:12|Disposition:24|Signatures:14"
    log = table("Deviation log", columns, rows, "No deviation was opened in this phase.")
    return log, *_forms(found, runs, signatures, prefix)


def deviation_forms(
    deviations: Sequence[Disposed], runs: Sequence[Evidence], signatures: Sequence[SignatureLine], prefix: str
) -> tuple[Block, ...]:  # fmt: skip
    """One form for each deviation of all phases."""
    return _forms(deviations, runs, signatures, prefix) or (Paragraph("None: no deviation was opened."),)


def _forms(
    deviations: Sequence[Disposed], runs: Sequence[Evidence], signatures: Sequence[SignatureLine], prefix: str
) -> tuple[Block, ...]:  # fmt: skip
    blocks: list[Block] = []
    for d in deviations:
        blocks.append(Heading(2, title_of(d), d.id))
        blocks += deviation_form(d, runs, signatures, prefix)
    return tuple(blocks)


def title_of(d: Disposed) -> str:
    """Number and place of a deviation."""
    if d.whole:
        return say("{deviation} {run} as a whole", deviation=d.id, run=d.run)
    return say("{deviation} {case} in {run}", deviation=d.id, case=d.case, run=d.run)


def deviation_form(
    d: Disposed, runs: Sequence[Evidence], signatures: Sequence[SignatureLine], prefix: str
) -> tuple[Block, ...]:  # fmt: skip
    """One deviation: what the signed record says, and every execution of what it is about."""
    phase = cast("Phase", d.run.partition("-")[0])
    there = of_phase(runs, phase)
    form: Block = Paragraph("Not investigated yet.", "warning")
    if d.record is not None:
        signed = [s.told for s in signatures if s.record == f"{prefix}-{d.id}"]
        form = _form(d, d.record, _step(d, runs), signed)
    return form, _whole(d, there) if d.whole else _attempts(d, there, signatures, prefix)


def _class(d: Disposed) -> str:
    return say(d.record.investigation.classification if d.record else "open")


def _where(d: Disposed) -> str:
    if d.whole:
        return say("the run as a whole")
    return say("{case} step {step}", case=d.case, step=str(d.step)) if d.step else say("{case}, the whole case", case=d.case)


def _step(d: Disposed, runs: Sequence[Evidence]) -> str:
    """The words of the step that did not pass."""
    if d.whole:
        return say("none: the run as a whole")
    found = [
        s for run in runs if run.run == d.run for r in run.results if r.case == d.case for s in r.steps if s.number == d.step
    ]
    return f"{d.step}: {found[0].keyword} {found[0].text}" if found else say("none: the whole case")


def _form(d: Disposed, record: Deviation, step: str, signed: Sequence[str]) -> Facts:
    i = record.investigation
    decision = say(i.decision.replace("-", " "))
    return Facts(
        (
            ("Opened", say("{when} by the run itself", when=shown(record.opened))),
            ("Requirements", ", ".join(record.requirements) or say("none")),
            ("Step", step),
            ("Expected", record.expected),
            ("Observed", record.actual),
            ("Cause", joined(": ", (say(i.cause.replace("-", " ")), i.root_cause))),
            ("Classification", say(i.classification)),
            ("Impact", i.impact),
            ("Correction", f"{i.correction} ({i.change_reference})"),
            ("Disposition", decision if d.signed else say("{decision}, proposed and not signed", decision=decision)),
            ("Restriction", i.restriction or say("none")),
            ("Retest released for", ", ".join(i.retest) or say("no case")),
            ("Signed", joined("\n", signed) if signed else say("not signed")),
            ("Digest of the original result", record.result_digest),
        )
    )  # fmt: skip


def _whole(d: Disposed, runs: Sequence[Evidence]) -> Block:
    """What stands against a run as a whole, and the runs after it: nothing is replaced."""
    rows: list[tuple[str, str]] = [(run.run, told(fault)) for run in runs if run.run == d.run for fault in run.irregular]
    rows += [(run.run, say("a later run of the phase, {scope}", scope=say(run.plan.scope))) for run in runs if run.run > d.run]
    return table(say("What stands against {run} as a whole", run=d.run), "Run:14|What:86", rows)


def _attempts(d: Disposed, runs: Sequence[Evidence], signatures: Sequence[SignatureLine], prefix: str) -> Block:
    """Every execution of the case, the original first: nothing is replaced."""
    rows: list[tuple[str, ...]] = []
    for run in runs:
        for result in run.results:
            if result.case != d.case:
                continue
            issued = next((s for s in signatures if s.record == f"{prefix}-XO-{run.run}"), None)
            order = (
                say("{record} {meaning} by {person}", record=issued.record, meaning=issued.meaning, person=issued.printed_name)
                if issued
                else say("order not at hand")
            )
            name = joined("", (f"{run.run}, ", say(run.plan.scope), "\n", order))
            when = utc(result.finished) if result.finished else say("not executed")
            rows += [(name, *texts, when) for texts in _deciding(d, result)]
    columns = "Run and its order:22|Step:7|Expected:20|Observed:22|Verdict:11:verdict|Finished (UTC):18"
    return table(say("Every execution of {case}: the original result is kept", case=d.case), columns, rows)


def _deciding(d: Disposed, result: CaseResult) -> list[tuple[str, ...]]:
    """Step, expected, observed and verdict of the step the deviation is about; of the case where it is about no step."""
    steps = [step for step in result.steps if step.number == d.step]
    if not steps:
        seen = result.reason or say("every step passed")
        return [(say("all"), say("the case is carried out and passes"), seen, spelled(result.verdict))]
    pairs = [(s, o) for s in steps for o in s.observations]
    found: list[tuple[str, ...]] = [(str(s.number), expected(o), observed(o), spelled(s.verdict)) for s, o in pairs]
    return found or [(str(s.number), s.text, s.reason or say("nothing was recorded"), spelled(s.verdict)) for s in steps]
