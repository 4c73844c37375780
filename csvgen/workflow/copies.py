"""Forms of one thing, drawn on demand from sealed and signed records: the executed script of a case, a deviation with its disposition.

They are copies for reading: the record is the sealed run, or the signed deviation, which each names by its digest. Nothing is signed
here, nothing is published, and a later copy shows what the records say then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from csvgen import __version__
from csvgen.canonical import Digest, digest, write
from csvgen.clock import shown
from csvgen.errors import BadInput
from csvgen.evidence import attachments
from csvgen.model.evidence import Evidence
from csvgen.model.execution import CaseResult
from csvgen.model.report import Block, Facts, Heading, Paragraph, Report
from csvgen.report.case_blocks import executed_case, titles
from csvgen.report.compose import BANNER, language_of, system_line
from csvgen.report.deviation_blocks import SignatureLine, deviation_form, title_of
from csvgen.report.languages import wording_for
from csvgen.report.result_blocks import attachment_rows
from csvgen.report.spec_blocks import table
from csvgen.report.thumbnails import Thumbnails
from csvgen.report.wording import in_language, joined, say
from csvgen.templates import Templates
from csvgen.workflow.set_told import deviation_lines
from csvgen.workflow.state import ProjectState
from csvgen.workflow.telling import standing_word

_SIGNED = "Record:20|Meaning:14|Signer:36|Signed:30"
_STRANGE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 120


def script(state: ProjectState, case: str, run: str = "") -> Report:
    """The executed script of a case: in the run named, or in the last formal run that executed it. Raises BadInput where there is none."""
    executions = [(r, x) for r in state.runs if r.plan.mode == "formal" for x in r.results if x.case == case]
    if not executions:
        known = "no formal run executed it" if case in state.protocol.case else "no case is called that"
        raise BadInput(f"there is no executed script of {case!r}: {known}", hint="csvgen trace")
    chosen = [(r, x) for r, x in executions if run in ("", r.run)]
    if not chosen:
        raise BadInput(f"{case} was not executed in {run!r}", hint=f"runs: {', '.join(r.run for r, _ in executions)}")
    evidence, result = chosen[-1]
    title = titles(state.protocol).get(case) or say("is not in the protocol")
    blocks = (
        Facts(_head(state, evidence, result, len(executions))),
        Heading(1, "Steps"),
        *executed_case(evidence, result, state.protocol.case.get(case), state.deviations, Thumbnails(attachments.content)),
        Heading(1, "Evidence"),
        table(
            "Evidence of this script",
            "Attachment:16:id|Name:20|Kind:16|Bytes:8|Captured (UTC):14|SHA-256:26:mono",
            [row[1:] for row in attachment_rows([evidence], case, attachments.content)],
            "No file was attached: the observations above, in the sealed record of the run, are the evidence.",
        ),
        Heading(1, "Signatures on the executed record"),
        _signatures(state, "run-record", evidence.run),
    )
    made_from: dict[str, str] = {
        say("run {run}, seal", run=evidence.run): str(evidence.digest) if evidence.digest else say("never sealed"),
        say("case result"): str(digest(result)),
    }
    identity = f"{state.spec.system.prefix}-TS-{case}-{evidence.run}"
    return _report(
        state,
        identity,
        "Executed Test Script",
        say("{case} {title}, run {run}", case=case, title=title, run=evidence.run),
        digest(result),
        made_from,
        blocks,
    )


def deviation(state: ProjectState, identity: str) -> Report:
    """One deviation as its record says it, with every execution of its case. Raises BadInput where there is none."""
    found = next((d for d in state.deviations if d.id == identity), None)
    if found is None:
        raise BadInput(
            f"there is no deviation {identity!r}", hint=f"there: {', '.join(d.id for d in state.deviations) or 'none'}"
        )
    approval = state.latest(state.document_id("deviation", identity))
    standing = (
        standing_word(state, approval) if approval is not None else say("not investigated: nobody has put up a disposition")
    )
    opened = next(o for o in state.opened if o.id == identity)
    lines = deviation_lines(state)
    blocks = (
        Facts(
            (
                ("Deviation", identity),
                ("System", f"{state.spec.system.name} {state.spec.system.version}"),
                ("Where", title_of(found)),
                ("Opened", say("{when} by the run itself", when=shown(opened.opened))),
                ("Verdict of the original result", str(opened.verdict)),
                ("Standing of the disposition", standing),
            )
        ),
        Heading(1, "Investigation and disposition"),
        *deviation_form(found, state.runs, lines, state.spec.system.prefix),
        Heading(1, "Signatures"),
        _signatures(state, "deviation", identity),
    )
    record = approval.document.digest if approval is not None else digest(opened)
    made_from: dict[str, str] = (
        {f"{approval.document.id} r{approval.document.revision}": str(record)}
        if approval is not None
        else {say("deviation, open"): str(record)}
    )
    name = f"{state.spec.system.prefix}-DF-{identity}"
    revision = approval.document.revision if approval is not None else 1
    return _report(state, name, "Deviation Form", title_of(found), record, made_from, blocks, revision)


def save(state: ProjectState, report: Report) -> tuple[Path, ...]:
    """Draw a form as PDF and Word in the folder of copies, in place of an older copy of the same."""
    from csvgen.report import outline, pdf, word

    reference = Templates(state.config.templates, str).path("reference.docx").read_bytes()
    folder = state.config.documents(state.spec.system.id).with_name("copies")
    folder.mkdir(parents=True, exist_ok=True)
    stem = _file_name(report.id)
    plan = outline.outline(report)
    files = {folder / f"{stem}.pdf": pdf.draw(plan), folder / f"{stem}.docx": word.draw(plan, reference)}
    for path, data in files.items():
        write(path, data)
    return tuple(files)


def _file_name(identity: str) -> str:
    """A name that stays in its folder on every file system; what had to be changed is told apart by its digest."""
    safe = _STRANGE.sub("_", identity)[:_LONGEST]
    return safe if safe == identity else f"{safe}-{digest(identity).short}"


def _head(state: ProjectState, run: Evidence, result: CaseResult, times: int) -> tuple[tuple[str, str], ...]:
    """What identifies an execution before its steps are read."""
    case, plan, target = state.protocol.case.get(result.case), run.plan, run.target_start
    same = case is not None and case.digest == result.case_digest
    wording = say(
        "the wording the protocol has now" if same else "ANOTHER WORDING than the protocol has now: this execution does not count"
    )
    executed = say(
        "{run}, {scope}; this case was executed in {times} formal run"
        if times == 1
        else "{run}, {scope}; this case was executed in {times} formal runs",
        run=run.run, scope=say(plan.scope), times=str(times),
    )  # fmt: skip
    account = say("{account} (owner {owner})", account=plan.account, owner=plan.account_owner or say("none"))
    there = say("{name}, instance {instance}", name=target.name, instance=target.instance) if target else say("not read")
    record = state.latest(state.document_id("run-record", run.run))
    rows = [
        ("Case", result.case),
        ("Title", titles(state.protocol).get(result.case) or say("is not in the protocol")),
        ("Run", executed),
        ("Executed by", account),
        ("System under validation", there),
        ("Wording", joined(": ", (str(result.case_digest), wording))),
        ("Criterion", (case.rule if case else "") or say("none beside the steps")),
        ("Verdict", str(result.verdict)),
        ("Sealed", shown(run.seal.sealed) if run.seal else say("never sealed: it counts for nothing")),
        ("Executed record", standing_word(state, record) if record is not None else say("not put up for signature")),
    ]
    return tuple(rows)


def _signatures(state: ProjectState, kind: str, part: str) -> Block:
    """Who signed the record behind a copy, with which meaning and when: a copy shows it as every form does (21 CFR 11.50(b))."""
    wanted = state.document_id(kind, part)  # type: ignore[arg-type]
    rows = [_row(s) for s in deviation_lines(state) if s.record == wanted]
    return table(say("Signatures on {record}", record=wanted), _SIGNED, rows, "Nobody has signed it.")


def _row(s: SignatureLine) -> tuple[str, ...]:
    meaning = f"INVALID {s.meaning}: {s.invalid}" if s.invalid else s.meaning
    return s.record, meaning, f"{s.printed_name} ({s.role})", shown(s.signed) if s.signed else say("no time can be believed")


def _report(
    state: ProjectState,
    identity: str,
    title: str,
    subtitle: str,
    content: Digest,
    made_from: Mapping[str, str],
    blocks: tuple[Block, ...],
    revision: int = 1,
) -> Report:
    system = state.spec.system
    latest = max((a.completed or a.document.composed for a in state.approvals), default="")
    told = Paragraph(
        "This is a copy for reading, drawn from the record that is named at its end. It is not signed itself.", "note"
    )
    report = Report(
        id=identity,
        title=say(title),
        subtitle=subtitle,
        revision=revision,
        organisation=system.organisation,
        system=system_line(state.spec),
        status="COPY FOR READING",
        banner=BANNER if system.demonstration == "yes" else "",
        date=shown(latest) if latest else say("no record is signed yet"),
        made_by=f"csvgen {__version__}",
        made_from=tuple(made_from.items()),
        content=content,
        official="elsewhere",
        cover=((say("Copy of"), joined(", ", tuple(made_from))),),
        blocks=(told, *blocks),
    )
    return in_language(report, wording_for(language_of(state.spec), Templates(state.config.templates, str)))
